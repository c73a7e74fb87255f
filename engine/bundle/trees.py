"""Is a model file safe to open? XGBoost takes the places in its trees on trust.

A child that is not there, or a column beyond the last, is read all the same, and ends
the process or says something made up. So every tree is walked once before.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from engine.errors import DataError

__all__ = ["check", "feature_count"]

_NO_CHILD = -1
_PER_NODE = (
    "left_children",
    "right_children",
    "split_indices",
    "split_conditions",
    "base_weights",
    "default_left",
)


def check(data: bytes, width: int, classes: int) -> None:
    """Refuse a model whose trees lead nowhere.

    Parameters
    ----------
    data : bytes
        The model, as XGBoost's JSON.
    width : int
        Columns of the matrix.
    classes : int

    Raises
    ------
    DataError
        If it is no such model, or would be read beside its nodes or its columns.

    Examples
    --------
    >>> check(b"[]", 3, 2)
    Traceback (most recent call last):
    ...
    engine.errors.DataError: the model of the bundle is no sound XGBoost model: it holds no learner. Export the bundle again
    """  # noqa: E501
    try:
        _check(msgspec.json.decode(data), width, classes)
    except _OddError as error:
        raise _unsound(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _unsound("it is no JSON") from None
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise _unsound("its parts are not what they should be") from None


def feature_count(data: bytes) -> int:
    """Return how many columns a checked model takes."""
    model = msgspec.json.decode(data)
    return int(model["learner"]["learner_model_param"]["num_feature"])


class _OddError(Exception):
    """What is wrong, in a few words."""


def _unsound(why: str) -> DataError:
    return DataError(
        f"the model of the bundle is no sound XGBoost model: {why}",
        "export the bundle again",
    )


def _check(model: Any, width: int, classes: int) -> None:
    if not isinstance(model, dict) or "learner" not in model:
        raise _OddError("it holds no learner")
    learner = model["learner"]
    about = learner["learner_model_param"]
    groups = max(1, int(about["num_class"]))
    if int(about["num_feature"]) != width:
        raise _OddError("it takes other columns than the encoding makes")
    if groups != (1 if classes == 2 else classes) or int(about["num_target"]) != 1:
        raise _OddError("it tells other classes apart")
    wanted = "binary:logistic" if classes == 2 else "multi:softprob"
    if learner["objective"]["name"] != wanted:
        raise _OddError(f"its objective is not {wanted}")
    booster = learner["gradient_booster"]
    if booster["name"] not in ("gbtree", "dart"):
        raise _OddError("it is no ensemble of trees")
    if booster["name"] == "dart":
        weights = booster["weight_drop"]
        booster = booster["gbtree"]
        if len(weights) != len(booster["model"]["trees"]):
            raise _OddError("its trees and their weights differ in number")
    trees, owners = booster["model"]["trees"], booster["model"]["tree_info"]
    ends = booster["model"]["iteration_indptr"]
    count = int(booster["model"]["gbtree_model_param"]["num_trees"])
    if not len(trees) == len(owners) == count:
        raise _OddError("its trees differ in number from what it says")
    steps = np.asarray(ends, dtype=np.int64)
    if len(steps) and (
        steps[0] != 0 or steps[-1] != count or (np.diff(steps) < 0).any()
    ):
        raise _OddError("its rounds are not those of its trees")
    if any(not 0 <= int(owner) < groups for owner in owners):
        raise _OddError("a tree is of no class")
    for tree in trees:
        _walk(tree, width)


def _walk(tree: dict[str, Any], width: int) -> None:
    """Follow every branch of a tree: each ends, and none comes back."""
    nodes = int(tree["tree_param"]["num_nodes"])
    if nodes < 1 or any(len(tree[name]) != nodes for name in _PER_NODE):
        raise _OddError("a tree has not as many nodes as it says")
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise _OddError("a leaf holds more than one number")
    # Categories are encoded before: a split by sets of them is not ours.
    if any(tree.get(f"categories{part}") for part in ("", "_nodes", "_segments")):
        raise _OddError("a tree splits by categories")
    if np.asarray(tree.get("split_type", []), dtype=np.int64).any():
        raise _OddError("a tree splits by categories")
    left = np.asarray(tree["left_children"], dtype=np.int64)
    right = np.asarray(tree["right_children"], dtype=np.int64)
    column = np.asarray(tree["split_indices"], dtype=np.int64)
    if not np.isfinite(np.asarray(tree["split_conditions"], dtype=np.float64)).all():
        raise _OddError("a split is at no number")
    seen = np.zeros(nodes, dtype=bool)
    layer = np.array([0])
    while len(layer):
        if seen[layer].any() or len(np.unique(layer)) != len(layer):
            raise _OddError("a branch comes back to where it was")
        seen[layer] = True
        inner = layer[(left[layer] != _NO_CHILD) | (right[layer] != _NO_CHILD)]
        if not ((column[inner] >= 0) & (column[inner] < width)).all():
            raise _OddError("a tree asks for a column that there is not")
        layer = np.concatenate([left[inner], right[inner]])
        if not ((layer > 0) & (layer < nodes)).all():
            raise _OddError("a branch leads to no node")
