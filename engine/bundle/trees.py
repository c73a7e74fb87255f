"""A model file as XGBoost may have it: read as what it must be, checked, written anew.

XGBoost takes the numbers in a model on trust: a child or a parent that is not there, or
a column beyond the last, is read all the same, and ends the process or says something
made up. So it never sees the file. It gets what is known of a model and was checked;
whatever else the file holds is left behind.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from engine.bundle.archive import SMALLER
from engine.errors import DataError

__all__ = ["OddError", "follow", "sound"]

MOST_PARTS = 12_000_000
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


class _Size(msgspec.Struct, frozen=True):
    num_nodes: str
    num_deleted: str = "0"
    num_feature: str = "0"
    size_leaf_vector: str = "1"


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
    tree_param: _Size
    categories: list[int] = []
    categories_nodes: list[int] = []
    categories_segments: list[int] = []
    categories_sizes: list[int] = []
    id: int = 0


class _Count(msgspec.Struct, frozen=True):
    num_parallel_tree: str
    num_trees: str


class _Trees(msgspec.Struct):
    gbtree_model_param: _Count
    iteration_indptr: list[int]
    tree_info: list[int]
    trees: list[_Tree]


class _Booster(msgspec.Struct):
    model: _Trees
    name: str


class _Weight(msgspec.Struct, frozen=True):
    scale_pos_weight: str = "1"


class _Classes(msgspec.Struct, frozen=True):
    num_class: str = "0"


class _Objective(msgspec.Struct):
    name: str
    reg_loss_param: _Weight = _Weight()
    softmax_multiclass_param: _Classes = _Classes()


class _About(msgspec.Struct, frozen=True):
    base_score: str
    num_class: str
    num_feature: str
    num_target: str
    boost_from_average: str = "1"


class _Nothing(msgspec.Struct, frozen=True):
    pass


class _Learner(msgspec.Struct):
    gradient_booster: _Booster
    learner_model_param: _About
    objective: _Objective
    attributes: _Nothing = _Nothing()


class _Model(msgspec.Struct):
    learner: _Learner
    version: tuple[int, int, int]


def sound(data: bytes, width: int, classes: int) -> bytearray:
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
    >>> sound(b"[]", 3, 2)
    Traceback (most recent call last):
    ...
    engine.errors.DataError: the model of the bundle is no sound XGBoost model: Expected `object`, got `array`. Export the bundle again
    """  # noqa: E501
    try:
        if data.count(b",") > MOST_PARTS:
            raise DataError(
                f"the model holds more than {MOST_PARTS:,} numbers", SMALLER
            )
        model = msgspec.json.decode(data, type=_Model)
        _check(model, width, classes)
    except (OddError, msgspec.ValidationError) as error:
        raise _unsound(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _unsound("it is no JSON") from None
    except (ValueError, OverflowError):
        raise _unsound("its parts are not what they should be") from None
    found = bytearray()
    msgspec.json.Encoder().encode_into(model, found)
    return found


class OddError(Exception):
    """What is wrong, in a few words."""


def _unsound(why: str) -> DataError:
    return DataError(
        f"the model of the bundle is no sound XGBoost model: {why}",
        "export the bundle again",
    )


def _check(model: _Model, width: int, classes: int) -> None:
    """Refuse what does not fit, and put plain values for what has no say."""
    learner, trees = model.learner, model.learner.gradient_booster.model
    if learner.gradient_booster.name != "gbtree":
        raise OddError("it is no ensemble of trees")
    about, said = learner.learner_model_param, trees.gbtree_model_param
    groups = 1 if classes == 2 else classes
    if int(about.num_feature) != width:
        raise OddError("it takes other columns than the encoding makes")
    if max(1, int(about.num_class)) != groups or int(about.num_target) != 1:
        raise OddError("it has other classes")
    many = str(0 if classes == 2 else classes)
    wanted = "binary:logistic" if classes == 2 else "multi:softprob"
    if learner.objective.name != wanted:
        raise OddError(f"its objective is not {wanted}")
    learner.objective = _Objective(wanted, softmax_multiclass_param=_Classes(many))
    base = _base(about.base_score, groups)
    learner.learner_model_param = _About(base, many, str(width), "1")
    if not all(0 <= part < 1000 for part in model.version):
        raise OddError("it is of no version")
    count, each = len(trees.trees), int(said.num_parallel_tree)
    if not len(trees.tree_info) == int(said.num_trees) == count:
        raise OddError("its trees differ in number from what it says")
    ends = np.asarray(trees.iteration_indptr, dtype=np.int64)
    if not len(ends) or ends[0] or ends[-1] != count or (np.diff(ends) < 0).any():
        raise OddError("its rounds are not those of its trees")
    if not 1 <= each <= max(1, count):
        raise OddError("its rounds are not those of its trees")
    trees.gbtree_model_param = _Count(str(each), str(count))
    if any(not 0 <= owner < groups for owner in trees.tree_info):
        raise OddError("a tree is of no class")
    for place, tree in enumerate(trees.trees):
        tree.id = place
        _walk(tree, width)


def _base(text: str, groups: int) -> str:
    """Return what all scores begin with: one number, or one for each class."""
    if text.count(",") >= groups:
        raise OddError("its base score is not of its classes")
    listed = text.startswith("[") and text.endswith("]")
    numbers = [float(one) for one in text[1:-1].split(",")] if listed else [float(text)]
    if len(numbers) not in (1, groups):
        raise OddError("its base score is not of its classes")
    if groups == 1 and not 0 < numbers[0] < 1:
        raise OddError("its base score is no probability")
    if not all(abs(one) <= _LARGEST_LEAF for one in numbers):
        raise OddError("its base score is no number")
    joined = ",".join(map(repr, numbers))
    return f"[{joined}]" if listed else joined


def _walk(tree: _Tree, width: int) -> None:
    """Check every array of a tree."""
    nodes = len(tree.left_children)
    places = (tree.left_children, tree.right_children, tree.parents, tree.split_indices)
    others = (tree.default_left, tree.split_type)
    numbers = (
        tree.split_conditions,
        tree.base_weights,
        tree.loss_changes,
        tree.sum_hessian,
    )
    if nodes < 1 or any(len(one) != nodes for one in (*places, *others, *numbers)):
        raise OddError("a tree has not as many nodes as it says")
    if int(tree.tree_param.num_nodes) != nodes:
        raise OddError("a tree has not as many nodes as it says")
    if int(tree.tree_param.size_leaf_vector) > 1:
        raise OddError("a leaf holds more than one number")
    # Categories are encoded before: a split by sets of them is not ours.
    parts = ("", "_nodes", "_segments", "_sizes")
    if any(tree.split_type) or any(getattr(tree, f"categories{p}") for p in parts):
        raise OddError("a tree splits by categories")
    left, right, parents, column = (np.asarray(one, dtype=np.int64) for one in places)
    values = np.asarray(tree.split_conditions)
    if not all((np.abs(np.asarray(one)) <= _LARGEST).all() for one in numbers):
        raise OddError("a tree holds what is no number of 32 bits")
    if not set(tree.default_left) <= {0, 1}:
        raise OddError("a split has no side for missing cells")
    seen = follow(left, right, column, width)
    gone = ~seen  # what pruning took out stays in the arrays
    inner = seen & (left != _NO_CHILD)
    if not (np.abs(values[seen & ~inner]) <= _LARGEST_LEAF).all():
        raise OddError("a leaf is too large")
    for child in (left, right):
        if (parents[child[inner]] != np.flatnonzero(inner)).any():
            raise OddError("a node is of another parent")
    known = (parents >= 0) & (parents < nodes)
    fine = known & (column == _GONE)
    for child in (left, right):
        fine &= (child >= _NO_CHILD) & (child < nodes)
    if not fine[gone].all() or parents[0] != _NO_PARENT:
        raise OddError("a node is of another parent")
    tree.tree_param = _Size(str(nodes), str(int(gone.sum())), str(width))


def follow(
    left: _Places, right: _Places, column: _Places, width: int
) -> npt.NDArray[np.bool_]:
    """Return which nodes of a tree are reached from the first, its root.

    Raises
    ------
    OddError
        If a branch does not end at a leaf, comes back, is too long, or asks for a
        column that there is not.
    """
    nodes = len(left)
    seen = np.zeros(nodes, dtype=bool)
    layer, depth = np.array([0]), 0
    while len(layer):
        if seen[layer].any() or len(np.unique(layer)) != len(layer):
            raise OddError("a branch comes back to where it was")
        seen[layer] = True
        inner = layer[(left[layer] != _NO_CHILD) | (right[layer] != _NO_CHILD)]
        if not ((column[inner] >= 0) & (column[inner] < width)).all():
            raise OddError("a tree asks for a column that there is not")
        layer, depth = np.concatenate([left[inner], right[inner]]), depth + 1
        if not ((layer > 0) & (layer < nodes)).all():
            raise OddError("a branch leads to no node")
        if depth > MOST_DEPTH:
            raise OddError(f"a branch is longer than {MOST_DEPTH:,} splits")
    return seen
