"""Files of XGBoost's models as the library may have them: checked before it sees them.

XGBoost takes the numbers in a model on trust: a child or a parent that is not there, or
a column beyond the last, is read all the same, and ends the process or says something
made up. So it never sees the file. It gets what is known of a model and was checked;
whatever else the file holds is left behind.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from engine.core.errors import DataError
from engine.train.models.port import malformed


class UnsoundError(Exception):
    """What is wrong, in a few words."""


MOST_NODES = 12_000_000
"""Numbers that a model file may hold; each takes up to 40 bytes while it is checked."""
MOST_DEPTH = 1000
_NO_CHILD = -1
_NO_PARENT = 2**31 - 1
_GONE = 2**31 - 1
"""The column of a node that pruning took out."""
_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_LEAF = 1e20
"""Of a sum of leaves every float32 can then be made a probability."""
_Places = npt.NDArray[np.int64]
_Texts: TypeAlias = dict[str, str]


class _Tree(msgspec.Struct):
    left_children: list[int]
    right_children: list[int]
    parents: list[int]
    split_indices: list[int]
    default_left: list[int]
    split_type: list[int]
    split_conditions: list[float]
    base_weights: list[float]
    loss_changes: list[float]
    sum_hessian: list[float]
    tree_param: _Texts
    categories: tuple[()] = ()
    categories_nodes: tuple[()] = ()
    categories_segments: tuple[()] = ()
    categories_sizes: tuple[()] = ()
    id: int = 0


class _Trees(msgspec.Struct):
    gbtree_model_param: _Texts
    iteration_indptr: list[int]
    tree_info: list[int]
    trees: list[_Tree]


class _Booster(msgspec.Struct):
    model: _Trees
    name: Literal["gbtree"]


class _Objective(msgspec.Struct):
    name: str
    reg_loss_param: _Texts = {}
    softmax_multiclass_param: _Texts = {}


class _Learner(msgspec.Struct):
    gradient_booster: _Booster
    learner_model_param: _Texts
    objective: _Objective
    attributes: _Texts = {}


class _Model(msgspec.Struct):
    learner: _Learner
    version: tuple[int, int, int]


def check_booster(data: bytes, width: int, classes: int) -> bytearray:
    """Return a model as XGBoost may have it.

    Parameters
    ----------
    data : bytes
        The model, as XGBoost's JSON.
    width : int
        Columns of the matrix.
    classes : int

    Returns
    -------
    bytearray
        The same model, of nothing but what was checked.

    Raises
    ------
    DataError
        If it is no such model, or would be read beside its nodes or its columns.

    Examples
    --------
    >>> check_booster(b"[]", 3, 2)
    Traceback (most recent call last):
    ...
    engine.core.errors.DataError: the file holds no sound XGBoost model: Expected `object`, got `array`. Export it again
    """  # noqa: E501
    try:
        if data.count(b",") > MOST_NODES:
            raise DataError(
                f"the model holds more than {MOST_NODES:,} numbers",
                "make a smaller model: fewer rounds, or less depth",
            )
        model = msgspec.json.decode(data, type=_Model)
        _check(model, width, classes)
    except (UnsoundError, msgspec.ValidationError) as error:
        raise _unsound(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _unsound("it is no JSON") from None
    except (ValueError, KeyError, OverflowError):
        raise _unsound("its parts are not what they should be") from None
    found = bytearray()
    msgspec.json.Encoder().encode_into(model, found)
    return found


def _unsound(why: str) -> DataError:
    return malformed("XGBoost", why)


def _check(model: _Model, width: int, classes: int) -> None:
    """Refuse what does not fit, and put plain values for what does not matter."""
    learner, found = model.learner, model.learner.gradient_booster.model
    about, groups = learner.learner_model_param, 1 if classes == 2 else classes
    columns = int(about["num_feature"])
    require(columns == width, "it takes other columns than the encoding makes")
    require(max(1, int(about["num_class"])) == groups, "it has other classes")
    wanted = "binary:logistic" if classes == 2 else "multi:softprob"
    require(learner.objective.name == wanted, f"its objective is not {wanted}")
    many = str(0 if classes == 2 else classes)
    learner.objective = _Objective(
        wanted, {"scale_pos_weight": "1"}, {"num_class": many}
    )
    learner.attributes = {}
    learner.learner_model_param = {
        "base_score": _base(about["base_score"], groups),
        "num_class": many,
        "num_feature": str(width),
        "num_target": "1",
        "boost_from_average": "1",
    }
    require(all(0 <= part < 1000 for part in model.version), "it is of no version")
    count, ends = len(found.trees), np.asarray(found.iteration_indptr, dtype=np.int64)
    each = int(found.gbtree_model_param["num_parallel_tree"])
    same = len(found.tree_info) == count
    require(same, "its trees differ in number from what it says")
    whole = len(ends) > 0 and ends[0] == 0 and ends[-1] == count
    rising = whole and (np.diff(ends) >= 0).all() and 1 <= each <= max(1, count)
    require(rising, "its rounds are not those of its trees")
    found.gbtree_model_param = {"num_parallel_tree": f"{each}", "num_trees": f"{count}"}
    require({*found.tree_info} <= {*range(groups)}, "a tree is of no class")
    for place, tree in enumerate(found.trees):
        tree.id = place
        _walk(tree, width)


def _base(text: str, groups: int) -> str:
    """Return what all scores begin with: one number, or one for each class."""
    require(text.count(",") < groups, "its base score is not of its classes")
    listed = text.startswith("[") and text.endswith("]")
    numbers = [float(item) for item in (text[1:-1].split(",") if listed else [text])]
    require(len(numbers) in (1, groups), "its base score is not of its classes")
    require(groups > 1 or 0 < numbers[0] < 1, "its base score is no probability")
    small = all(abs(item) <= _LARGEST_LEAF for item in numbers)
    require(small, "its base score is no number")
    joined = ",".join(map(repr, numbers))
    return f"[{joined}]" if listed else joined


def _walk(tree: _Tree, width: int) -> None:
    """Check every array of a tree."""
    nodes = len(tree.left_children)
    places = (tree.left_children, tree.right_children, tree.parents, tree.split_indices)
    numbers = (tree.split_conditions, tree.base_weights, tree.loss_changes)
    arrays = (*places, *numbers, tree.sum_hessian, tree.default_left, tree.split_type)
    same = nodes > 0 and all(len(item) == nodes for item in arrays)
    require(same, "a tree has not as many nodes as it says")
    # Categories are encoded before.
    require(not any(tree.split_type), "a tree splits by categories")
    require({*tree.default_left} <= {0, 1}, "a split has no side for missing cells")
    left, right, parents, column = (np.asarray(item, dtype=np.int64) for item in places)
    for item in (*numbers, tree.sum_hessian):
        small = (np.abs(np.asarray(item)) <= _LARGEST).all()
        require(small, "a tree holds what is no number of 32 bits")
    seen = follow(left, right, column, width)
    inner = seen & (left != _NO_CHILD)
    leaves = np.asarray(tree.split_conditions)[seen & ~inner]
    require((np.abs(leaves) <= _LARGEST_LEAF).all(), "a leaf is too large")
    # What pruning took out stays in the arrays; it points somewhere, too.
    fine = (parents >= 0) & (parents < nodes) & (column == _GONE)
    mine = parents[0] == _NO_PARENT
    for child in (left, right):
        fine &= (child >= _NO_CHILD) & (child < nodes)
        mine &= (parents[child[inner]] == np.flatnonzero(inner)).all()
    require(mine and fine[~seen].all(), "a node is of another parent")
    tree.tree_param = {
        "num_nodes": str(nodes),
        "num_deleted": str(int((~seen).sum())),
        "num_feature": str(width),
        "size_leaf_vector": "1",
    }


def follow(
    left: _Places, right: _Places, column: _Places, width: int
) -> npt.NDArray[np.bool_]:
    """Return which nodes of a tree are reached from the first, its root.

    Raises
    ------
    UnsoundError
        If a branch does not end at a leaf, comes back, is too long, or asks for a
        column that there is not.
    """
    nodes = len(left)
    seen = np.zeros(nodes, dtype=bool)
    layer, depth = np.array([0]), 0
    while len(layer):
        new = not seen[layer].any() and len(np.unique(layer)) == len(layer)
        require(new, "a branch comes back to where it was")
        seen[layer] = True
        inner = layer[(left[layer] != _NO_CHILD) | (right[layer] != _NO_CHILD)]
        known = ((column[inner] >= 0) & (column[inner] < width)).all()
        require(known, "a tree asks for a column that there is not")
        layer, depth = np.concatenate([left[inner], right[inner]]), depth + 1
        require(((layer > 0) & (layer < nodes)).all(), "a branch leads to no node")
        longer = f"a branch is longer than {MOST_DEPTH:,} splits"
        require(depth <= MOST_DEPTH, longer)
    return seen


def require(holds: bool | np.bool_, what: str) -> None:
    """Refuse a model, saying what is wrong, unless something holds."""
    if not holds:
        raise UnsoundError(what)
