"""Fitted models as graphs of ONNX: encoded rows in, a probability of each class out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import onnx

OPSET = 15
INPUT, PROBABILITIES = "input", "probabilities"
_ML = "ai.onnx.ml"


def make_graph(
    raws: Sequence[onnx.NodeProto],
    *,
    width: int,
    classes: int,
    link: Literal["identity", "logit"],
    odds: float = 1.0,
) -> onnx.ModelProto:
    """Return a model of nodes that give raw scores, whose probabilities are averaged.

    Parameters
    ----------
    raws : sequence of onnx.NodeProto
        Nodes of the input with one output each: a column of the positive class where
        there are two, else one a class.
    width : int
        Columns of the input.
    classes : int
    link : {"identity", "logit"}
        Whether raw scores are probabilities, or their log odds (log probabilities of
        more than two classes).
    odds : float, default=1
        What the odds of two classes are multiplied by in the end.

    Returns
    -------
    onnx.ModelProto
        Of ``input``, ``label`` and ``probabilities``.
    """
    from onnx import TensorProto, helper

    kind = "Identity" if link == "identity" else "Sigmoid"
    more = {}
    if link == "logit" and classes > 2:
        kind, more = "Softmax", {"axis": 1}
    nodes, parts = [*raws], [f"{node.output[0]}_p" for node in raws]
    for node, part in zip(raws, parts, strict=True):
        nodes.append(helper.make_node(kind, [node.output[0]], [part], **more))
    numbers = {"one": 1.0}
    mean = "positive" if classes == 2 else PROBABILITIES
    if odds == 1.0:
        nodes.append(helper.make_node("Mean", parts, [mean]))
    else:
        numbers["odds"] = odds
        nodes += [
            helper.make_node("Mean", parts, ["mean"]),
            helper.make_node("Mul", ["mean", "odds"], ["for"]),
            helper.make_node("Sub", ["one", "mean"], ["against"]),
            helper.make_node("Add", ["for", "against"], ["both"]),
            helper.make_node("Div", ["for", "both"], [mean]),
        ]
    if classes == 2:
        nodes.append(helper.make_node("Sub", ["one", mean], ["negative"]))
        both = ["negative", mean]
        nodes.append(helper.make_node("Concat", both, [PROBABILITIES], axis=1))
    nodes.append(
        helper.make_node("ArgMax", [PROBABILITIES], ["label"], axis=1, keepdims=0)
    )
    graph = helper.make_graph(
        nodes,
        "imbtui",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info(
                PROBABILITIES, TensorProto.FLOAT, [None, classes]
            ),
        ],
        [
            helper.make_tensor(name, TensorProto.FLOAT, [1], [number])
            for name, number in numbers.items()
        ],
    )
    sets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_ML, 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=8)


def make_raw(kind: str, place: int = 0, **attributes: object) -> onnx.NodeProto:
    """Return a node of machine learning that makes raw scores of the input."""
    from onnx import helper

    return helper.make_node(kind, [INPUT], [f"raw_{place}"], domain=_ML, **attributes)
