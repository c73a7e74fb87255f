"""The model of a bundle, opened once it is checked.

Ensembles of imbalanced-learn are files of skops, which run no code: known types only.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.bundle.archive import SMALLER, damaged_bundle
from engine.core.errors import DataError, UsageError
from engine.core.format import listed
from engine.train.models.ensembles import FittedEnsemble
from engine.train.models.port import FittedModel, find
from engine.train.models.xgboost_file import UnsoundError, follow, require


def open_model_file(raw: bytes, width: int, classes: int, kind: str) -> FittedModel:
    """Return the model that a bundle's file holds, once it is checked.

    Raises
    ------
    DataError
        If it is not sound, or this version of XGBoost cannot read it.
    """
    if kind == "ensemble":
        return FittedEnsemble(load_ensemble(raw, width, classes), classes)
    return find(kind).load(raw, width=width, classes=classes)


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
    require(same, "a tree takes other columns")
    whole = tree.node_count == tree.capacity > 0
    require(whole, "a tree has not as many nodes as it says")
    follow(tree.children_left, tree.children_right, tree.feature, width)


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
