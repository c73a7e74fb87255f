"""Model files as a library may have them: checked before it sees them.

XGBoost takes the numbers in a model on trust: a child or a parent that is not there, or
a column beyond the last, is read all the same, and ends the process or says something
made up. So it never sees the file. It gets what is known of a model and was checked;
whatever else the file holds is left behind.

Ensembles of imbalanced-learn are files of skops, which run no code: known types only.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from engine.bundle.archive import SMALLER, damaged_bundle
from engine.core.errors import DataError, UsageError, out_of_memory
from engine.core.format import listed


class UnsoundError(Exception):
    """What is wrong, in a few words."""


def open_model_file(raw: bytes, width: int, classes: int, kind: str) -> Any:
    """Return the model that a bundle's file holds, once it is checked.

    Raises
    ------
    DataError
        If it is not sound, or this version of XGBoost cannot read it.
    """
    if kind == "ensemble":
        return load_ensemble(raw, width, classes)
    import xgboost

    booster = xgboost.Booster()
    try:
        booster.load_model(check_booster(raw, width, classes))
    except (xgboost.core.XGBoostError, ValueError) as error:
        if out_of_memory(error):
            raise MemoryError from None
        raise DataError(
            "this version of XGBoost cannot read the model of the bundle",
            "install the version that its manifest.json names",
        ) from None
    booster.set_param({"nthread": 1})
    return booster


# XGBoost ------------------------------------------------------------------------------

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
    engine.core.errors.DataError: the model of the bundle is no sound XGBoost model: Expected `object`, got `array`. Export it again
    """  # noqa: E501
    try:
        if data.count(b",") > MOST_NODES:
            raise DataError(
                f"the model holds more than {MOST_NODES:,} numbers", SMALLER
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
    return damaged_bundle(f"the model of the bundle is no sound XGBoost model: {why}")


def _check(model: _Model, width: int, classes: int) -> None:
    """Refuse what does not fit, and put plain values for what does not matter."""
    learner, found = model.learner, model.learner.gradient_booster.model
    about, groups = learner.learner_model_param, 1 if classes == 2 else classes
    columns = int(about["num_feature"])
    _require(columns == width, "it takes other columns than the encoding makes")
    _require(max(1, int(about["num_class"])) == groups, "it has other classes")
    wanted = "binary:logistic" if classes == 2 else "multi:softprob"
    _require(learner.objective.name == wanted, f"its objective is not {wanted}")
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
    _require(all(0 <= part < 1000 for part in model.version), "it is of no version")
    count, ends = len(found.trees), np.asarray(found.iteration_indptr, dtype=np.int64)
    each = int(found.gbtree_model_param["num_parallel_tree"])
    same = len(found.tree_info) == count
    _require(same, "its trees differ in number from what it says")
    whole = len(ends) > 0 and ends[0] == 0 and ends[-1] == count
    rising = whole and (np.diff(ends) >= 0).all() and 1 <= each <= max(1, count)
    _require(rising, "its rounds are not those of its trees")
    found.gbtree_model_param = {"num_parallel_tree": f"{each}", "num_trees": f"{count}"}
    _require({*found.tree_info} <= {*range(groups)}, "a tree is of no class")
    for place, tree in enumerate(found.trees):
        tree.id = place
        _walk(tree, width)


def _base(text: str, groups: int) -> str:
    """Return what all scores begin with: one number, or one for each class."""
    _require(text.count(",") < groups, "its base score is not of its classes")
    listed = text.startswith("[") and text.endswith("]")
    numbers = [float(item) for item in (text[1:-1].split(",") if listed else [text])]
    _require(len(numbers) in (1, groups), "its base score is not of its classes")
    _require(groups > 1 or 0 < numbers[0] < 1, "its base score is no probability")
    small = all(abs(item) <= _LARGEST_LEAF for item in numbers)
    _require(small, "its base score is no number")
    joined = ",".join(map(repr, numbers))
    return f"[{joined}]" if listed else joined


def _walk(tree: _Tree, width: int) -> None:
    """Check every array of a tree."""
    nodes = len(tree.left_children)
    places = (tree.left_children, tree.right_children, tree.parents, tree.split_indices)
    numbers = (tree.split_conditions, tree.base_weights, tree.loss_changes)
    arrays = (*places, *numbers, tree.sum_hessian, tree.default_left, tree.split_type)
    same = nodes > 0 and all(len(item) == nodes for item in arrays)
    _require(same, "a tree has not as many nodes as it says")
    # Categories are encoded before.
    _require(not any(tree.split_type), "a tree splits by categories")
    _require({*tree.default_left} <= {0, 1}, "a split has no side for missing cells")
    left, right, parents, column = (np.asarray(item, dtype=np.int64) for item in places)
    for item in (*numbers, tree.sum_hessian):
        small = (np.abs(np.asarray(item)) <= _LARGEST).all()
        _require(small, "a tree holds what is no number of 32 bits")
    seen = _follow(left, right, column, width)
    inner = seen & (left != _NO_CHILD)
    leaves = np.asarray(tree.split_conditions)[seen & ~inner]
    _require((np.abs(leaves) <= _LARGEST_LEAF).all(), "a leaf is too large")
    # What pruning took out stays in the arrays; it points somewhere, too.
    fine = (parents >= 0) & (parents < nodes) & (column == _GONE)
    mine = parents[0] == _NO_PARENT
    for child in (left, right):
        fine &= (child >= _NO_CHILD) & (child < nodes)
        mine &= (parents[child[inner]] == np.flatnonzero(inner)).all()
    _require(mine and fine[~seen].all(), "a node is of another parent")
    tree.tree_param = {
        "num_nodes": str(nodes),
        "num_deleted": str(int((~seen).sum())),
        "num_feature": str(width),
        "size_leaf_vector": "1",
    }


def _follow(
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
        _require(new, "a branch comes back to where it was")
        seen[layer] = True
        inner = layer[(left[layer] != _NO_CHILD) | (right[layer] != _NO_CHILD)]
        known = ((column[inner] >= 0) & (column[inner] < width)).all()
        _require(known, "a tree asks for a column that there is not")
        layer, depth = np.concatenate([left[inner], right[inner]]), depth + 1
        _require(((layer > 0) & (layer < nodes)).all(), "a branch leads to no node")
        longer = f"a branch is longer than {MOST_DEPTH:,} splits"
        _require(depth <= MOST_DEPTH, longer)
    return seen


def _require(holds: bool | np.bool_, what: str) -> None:
    """Refuse a model, saying what is wrong, unless something holds."""
    if not holds:
        raise UnsoundError(what)


# Ensembles, by skops ------------------------------------------------------------------

_SAMPLER = "imblearn.under_sampling._prototype_selection._random_under_sampler"
_TREE = "sklearn.tree._tree.Tree"
_ENSEMBLES = (
    "imblearn.ensemble._bagging.BalancedBaggingClassifier",
    "imblearn.ensemble._easy_ensemble.EasyEnsembleClassifier",
    "imblearn.ensemble._forest.BalancedRandomForestClassifier",
    "imblearn.ensemble._weight_boosting.RUSBoostClassifier",
)
_PARTS = ("imblearn.pipeline.Pipeline", f"{_SAMPLER}.RandomUnderSampler")
_STOCK = (
    "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
    "sklearn.tree._classes.DecisionTreeClassifier",
)
_NUMBERS = ("ndarray", "bool", "int32", "int64", "uint32", "float32", "float64")
_TRUSTED: frozenset[str] = frozenset({*_ENSEMBLES, *_PARTS, _TREE})
"""What skops does not trust by itself."""
_KINDS: dict[str, frozenset[str]] = {
    "DictNode": frozenset({"builtins.dict"}),
    "JsonNode": frozenset({"builtins.str"}),
    "ListNode": frozenset({"builtins.list"}),
    "NdArrayNode": frozenset(f"numpy.{name}" for name in _NUMBERS),
    "ObjectNode": frozenset({*_ENSEMBLES, *_PARTS, *_STOCK}),
    "TreeNode": frozenset({_TREE}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "TypeNode": frozenset({"builtins.str", "builtins.int"}),
}
"""All that a bundle's model may be made of, by how skops makes it. What else skops
trusts, of numpy, scipy and scikit-learn, has no place in an ensemble of ours."""
_MOST_PARTS = 2_000_000
"""Things that its description may list: those of about 5,000 trees."""
_SPENT = ("sampling_strategy", "_sampling_strategy", "sampling_strategy_")
"""What only fitting looks at, and holds functions of ours."""


def dump_ensemble(model: Any) -> bytes:
    """Return a fitted ensemble as the bytes of a skops file.

    Raises
    ------
    UsageError
        If skops is not installed.
    DataError
        If it holds a type that nobody should trust.
    """
    skops = _skops()
    for held in _members(model):
        for name in _SPENT:
            if name in held:
                held[name] = "auto"
    raw: bytes = skops.dumps(model)
    _check_types(raw)
    return raw


def load_ensemble(raw: bytes, width: int, classes: int) -> Any:
    """Open a skops file, if it holds known types only.

    Parameters
    ----------
    raw : bytes
    width : int
        Columns that it must take.
    classes : int
        How many it must tell apart.

    Raises
    ------
    UsageError
        If skops is not installed.
    DataError
        If it is no such file, or holds another type.
    """
    skops = _skops()
    _check_types(raw)
    try:
        model = skops.loads(raw, trusted=sorted(_TRUSTED))
        fits = model.n_features_in_ == width and len(model.classes_) <= classes
        if fits and type(model).__name__ in {t.rpartition(".")[2] for t in _ENSEMBLES}:
            for held in _members(model):
                _check_tree(held, width)
            return model
    except UnsoundError as error:
        raise _unreadable(str(error)) from None
    except Exception as error:  # whatever a made-up state leads to
        raise _unreadable(type(error).__name__) from None
    raise _unreadable("it is of other columns or classes")


def _skops() -> Any:
    try:
        import skops.io
    except ImportError:
        what = "a bundle of an ensemble needs skops, which is not installed"
        raise UsageError(what, "install it: pip install 'imbtui[skops]'") from None
    return skops.io


def _check_types(raw: bytes) -> None:
    """Refuse what holds a type that is not one of ours, before any of it is made."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            entries = file.infolist()
            # skops packs nothing, so that nothing can be larger than it looks.
            packed = any(node.compress_type for node in entries)
            if packed or sum(node.file_size for node in entries) > len(raw):
                raise _unreadable("it is packed")
            about = file.read("schema.json")
        if sum(map(about.count, (b"{", b"[", b","))) > _MOST_PARTS:
            raise DataError("the model has too many members", SMALLER)
        found = json.loads(about)
        strange, stack = set(), [found]
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack += node
            elif isinstance(node, dict):
                stack += node.values()
                if "__loader__" in node:
                    name = f"{node['__module__']}.{node['__class__']}"
                    if name not in _KINDS.get(node["__loader__"], ()):
                        strange.add(name)
    except DataError:
        raise
    except Exception as error:  # whatever a made-up file leads to
        raise _unreadable(type(error).__name__) from None
    if strange:
        raise DataError(
            f"the model of the bundle holds types that are not trusted: "
            f"{listed(sorted(strange))}",
            "do not use it; export the bundle again from the run",
        )


def _check_tree(held: dict[str, object], width: int) -> None:
    """Check the tree of a member; scikit-learn takes the places in it on trust."""
    for name, value in (("n_jobs", None), ("verbose", 0)):
        if name in held:
            held[name] = value
    tree: Any = held.get("tree_")
    if type(tree).__name__ != "Tree":
        return
    same = tree.n_features == held["n_features_in_"] == width
    _require(same, "a tree takes other columns")
    whole = tree.node_count == tree.capacity > 0
    _require(whole, "a tree has not as many nodes as it says")
    _follow(tree.children_left, tree.children_right, tree.feature, width)


def _unreadable(why: str) -> DataError:
    return damaged_bundle(f"the model of the bundle cannot be read: {why}")


def _members(model: Any) -> Iterator[dict[str, object]]:
    """Yield what each part of an ensemble holds, that of every part inside as well."""
    seen: set[int] = set()
    stack = [model]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list | tuple):
            stack += node
        elif isinstance(node, dict):
            stack += node.values()
        elif isinstance(node, np.ndarray) and node.dtype == object:
            stack += node.ravel().tolist()
        elif hasattr(node, "get_params"):
            held = vars(node)
            yield held
            own = type(node).__name__ == "DecisionTreeClassifier"
            stack += [v for k, v in held.items() if not (own and k == "tree_")]
        elif type(node).__name__ == "Tree":
            raise UnsoundError("a tree is of no member")
