"""Around a model as ONNX what the run does before and after it.

In front the encoding: the columns of the table in, a number or a text a row. Behind the
repair of its scores that the run chose. Numbers are of 64 bits, as in the run, until
they are the model's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET

from engine.core.outcome import CalibrationMap
from engine.evaluate.probabilities import CLIP, IDENTITY
from engine.features.encoding import LARGEST, Encoding
from engine.train.models.onnx_graph import INPUT, PROBABILITIES

if TYPE_CHECKING:
    import onnx

CALIBRATED = "calibrated"
_ML, _ML_OPSET = "ai.onnx.ml", 3
_PREFIX = "imbtui_"
_OUTPUTS = ("label", PROBABILITIES, CALIBRATED)
MISSING = ""
"""What stands for a missing text; a missing number is NaN."""


class _Graph:
    """Nodes and constants that are added to a graph, with names of their own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any, kind: type = np.float64) -> str:
        """Add a constant; return its name."""
        from onnx import numpy_helper

        name = f"{_PREFIX}c{len(self.constants)}"
        array: np.ndarray = np.asarray(values, dtype=kind)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, *inputs: str, out: str = "", **more: Any) -> str:
        """Add a node; return the name of what comes out."""
        from onnx import helper

        out = out or f"{_PREFIX}n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **more))
        return out

    def cast(self, name: str, kind: str, out: str = "") -> str:
        """Add a node that makes other numbers of numbers."""
        from onnx import TensorProto

        return self.add("Cast", name, out=out, to=getattr(TensorProto, kind))


def surround(
    model: onnx.ModelProto,
    encoding: Encoding,
    labels: Sequence[str],
    maps: Mapping[str, CalibrationMap],
) -> onnx.ModelProto:
    """Return a model that takes the columns of a table.

    Parameters
    ----------
    model : onnx.ModelProto
        Takes the encoded matrix; it is changed.
    encoding : Encoding
    labels : sequence of str
        The classes, the positive of two the last one.
    maps : mapping of str to CalibrationMap
        The repair by class; a class without one keeps its scores.

    Returns
    -------
    onnx.ModelProto
        An input of one column for each feature, by its name: float64 of numbers, text
        of categories. Besides ``label`` and ``probabilities`` it gives ``calibrated``.
    """
    from onnx import TensorProto, helper

    graph, added = model.graph, _Graph()
    _rename(graph)
    _encode(added, encoding)
    count = len(added.nodes)
    _calibrate(added, labels, maps)
    nodes = [*added.nodes[:count], *graph.node, *added.nodes[count:]]
    inputs = [
        helper.make_tensor_value_info(input_name(one.name), kind, [None, 1])
        for kind, columns in (
            (TensorProto.DOUBLE, encoding.numbers),
            (TensorProto.STRING, encoding.categories),
        )
        for one in columns
    ]
    found = helper.make_tensor_value_info(
        CALIBRATED, TensorProto.DOUBLE, [None, len(labels)]
    )
    for field, values in (("node", nodes), ("input", inputs)):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
    graph.initializer.extend(added.constants)
    graph.output.append(found)
    sets = {one.domain: one for one in model.opset_import}
    if _ML not in sets:
        model.opset_import.append(helper.make_opsetid(_ML, _ML_OPSET))
    else:
        sets[_ML].version = max(sets[_ML].version, _ML_OPSET)
    return model


def input_name(column: str) -> str:
    """Return what the input of a column is called: as the column, where it may.

    Examples
    --------
    >>> input_name("age"), input_name("label")
    ('age', 'label (column)')
    """
    taken = column in _OUTPUTS or column.startswith(_PREFIX)
    return f"{column} (column)" if taken else column


def _own(name: str) -> str:
    return name if name in _OUTPUTS else f"{_PREFIX}model_{name}"


def _rename(graph: onnx.GraphProto) -> None:
    """Give what is inside a model names that no column has."""
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [_own(name) if name else name for name in names]
    for constant in graph.initializer:
        constant.name = _own(constant.name)


def _encode(graph: _Graph, encoding: Encoding) -> None:
    """Add what `Encoding.transform` does."""
    parts: list[str] = []
    if columns := encoding.numbers:
        cells = graph.add("Concat", *(input_name(one.name) for one in columns), axis=1)
        absent = graph.add("IsNaN", cells)
        least, most = graph.constant(-LARGEST), graph.constant(LARGEST)
        filled = graph.constant([[one.fill for one in columns]])
        # What is missing is filled at first in any case: of NaN a bound is undefined.
        values = graph.add(
            "Where", absent, filled, graph.add("Clip", cells, least, most)
        )
        mean, spread = (
            graph.constant([[getattr(one, key) for one in columns]])
            for key in ("mean", "spread")
        )
        scaled = graph.add("Div", graph.add("Sub", values, mean), spread)
        scaled = graph.add("Clip", scaled, least, most)
        which = graph.constant([[one.scaled for one in columns]], np.bool_)
        values = graph.add("Where", which, scaled, values)
        if encoding.missing != "impute":
            values = graph.add("Where", absent, graph.constant(math.nan), values)
        parts.append(graph.cast(values, "FLOAT"))
        if len(encoding.flagged):
            places = graph.constant(encoding.flagged, np.int64)
            parts.append(
                graph.cast(graph.add("Gather", absent, places, axis=1), "FLOAT")
            )
    for one in encoding.categories:
        codes = one.places()
        by_text = {MISSING: int(codes[0])}
        by_text |= {text: int(codes[n]) for n, text in enumerate(one.levels, 1)}
        place = graph.add(
            "LabelEncoder",
            input_name(one.name),
            domain=_ML,
            keys_strings=[text.encode("utf-8", "replace") for text in by_text],
            values_int64s=[*by_text.values()],
            default_int64=int(codes[-1]),
        )
        indicators = graph.constant([range(one.width)], np.int64)
        parts.append(graph.cast(graph.add("Equal", place, indicators), "FLOAT"))
    graph.add("Concat", *parts, out=_own(INPUT), axis=1)


def _calibrate(
    graph: _Graph, labels: Sequence[str], maps: Mapping[str, CalibrationMap]
) -> None:
    """Add what `Scorer.calibrate` does."""
    scores = graph.cast(PROBABILITIES, "DOUBLE")
    if len(labels) == 2:
        positive = _apply(graph, _column(graph, scores, 1), maps.get(labels[-1]))
        negative = graph.add("Sub", graph.constant([1.0]), positive)
        graph.add("Concat", negative, positive, out=CALIBRATED, axis=1)
        return
    every = [maps.get(name, IDENTITY) for name in labels]
    factors = [one.factor for one in every if one.factor is not UNSET]
    if len(factors) == len(every):
        weighed = graph.add("Mul", scores, graph.constant([factors]))
        axes = graph.constant([1], np.int64)
        whole = graph.add("ReduceSum", weighed, axes, keepdims=1)
        graph.add("Div", weighed, whole, out=CALIBRATED)
        return
    columns = [
        _apply(graph, _column(graph, scores, place), one)
        for place, one in enumerate(every)
    ]
    graph.add("Concat", *columns, out=CALIBRATED, axis=1)


def _column(graph: _Graph, matrix: str, place: int) -> str:
    return graph.add("Gather", matrix, graph.constant([place], np.int64), axis=1)


def _apply(graph: _Graph, scores: str, map: CalibrationMap | None) -> str:
    """Add what `engine.evaluate.probabilities.apply` does to a column."""
    if map is None or map == IDENTITY:
        return scores
    if map.scores:
        # A line between points: the sum of the parts of its steps that are behind.
        x, y = np.asarray(map.scores), np.asarray(map.probabilities)
        starts, steps = graph.constant([x[:-1]]), graph.constant([np.diff(x)])
        way = graph.add("Div", graph.add("Sub", scores, starts), steps)
        way = graph.add("Clip", way, graph.constant(0.0), graph.constant(1.0))
        gained = graph.add("Mul", way, graph.constant([np.diff(y)]))
        axes = graph.constant([1], np.int64)
        sums = graph.add("ReduceSum", gained, axes, keepdims=1)
        return graph.add("Add", sums, graph.constant([y[0]]))
    low, high = graph.constant(CLIP), graph.constant(1 - CLIP)
    risks = graph.add("Clip", scores, low, high)
    odds = graph.add("Div", risks, graph.add("Sub", graph.constant([1.0]), risks))
    slope, intercept = graph.constant([map.slope]), graph.constant([map.intercept])
    line = graph.add("Mul", graph.add("Log", odds), slope)
    return graph.add("Sigmoid", graph.add("Add", line, intercept))
