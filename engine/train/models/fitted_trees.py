"""Fitted models of trees, of several libraries, as arrays: see `TreeModel`.

While they grow, the library itself scores; what is kept of them are the arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from engine.io.machine import one_thread
from engine.train.models.port import Growing, Model, PlainRows, Tick
from engine.train.models.trees import Link, TreeModel, logit_columns

ToArrays: TypeAlias = Callable[[Any, int], TreeModel]
"""Makes arrays of a fitted classifier, told how many classes there are."""


class ModelOfTrees(Model):
    """A model that is kept as the arrays of its trees."""

    def load(self, raw: bytes, *, width: int, classes: int) -> TreeModel:
        """Return the trees, once they are checked."""
        return TreeModel.load(raw, width, classes)


class GrowingTrees(Growing):
    """Trees of a classifier with scikit-learn's interface.

    Parameters
    ----------
    classifier : classifier
        Fitted once it has advanced.
    to_arrays : callable
        Makes arrays of it, told how many classes there are.
    classes : int
    """

    def __init__(self, classifier: Any, to_arrays: ToArrays, classes: int) -> None:
        self.classifier = classifier
        self._to_arrays = to_arrays
        self._classes = classes

    def scores(self, matrix: PlainRows) -> np.ndarray:
        """Return the scores of rows."""
        return class_scores(self.classifier, matrix.X, self._classes)

    def scorer(self) -> TreeModel:
        """Return the trees as arrays."""
        return self._to_arrays(self.classifier, self._classes)


class WarmTrees(GrowingTrees):
    """Trees that a classifier adds to those it has, by ``warm_start``.

    Parameters
    ----------
    classifier, to_arrays, classes
        As in `GrowingTrees`.
    rows : PlainRows
    weights : numpy.ndarray of shape (n_rows,) or None
        What each row weighs, its class included.
    tick : callable
    counts : str
        The parameter that says how many rounds there are.
    at_once : int
        Rounds from one tick to the next.
    """

    def __init__(
        self,
        classifier: Any,
        to_arrays: ToArrays,
        classes: int,
        *,
        rows: PlainRows,
        weights: np.ndarray | None,
        tick: Tick,
        counts: str,
        at_once: int,
    ) -> None:
        super().__init__(classifier, to_arrays, classes)
        self._rows, self._weights, self._tick = rows, weights, tick
        self._counts, self._at_once, self._done = counts, at_once, 0

    def advance(self, rounds: int) -> None:
        """Grow by so many rounds."""
        X, y, _ = self._rows
        end = self._done + rounds
        while self._done < end:
            self._tick()
            self._done = min(self._done + self._at_once, end)
            self.classifier.set_params(warm_start=True, **{self._counts: self._done})
            with one_thread():
                self.classifier.fit(X, y, sample_weight=self._weights)


def class_scores(classifier: Any, X: np.ndarray, classes: int = 2) -> np.ndarray:
    """Return the probability of the positive class, or of each class, as float32.

    Parameters
    ----------
    classifier : classifier
        Fitted to labels from 0 up.
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    classes : int, default=2
        How many labels there are; it may have seen fewer.
    """
    with one_thread():
        probabilities = classifier.predict_proba(X)
    if classes == 2:
        return np.asarray(probabilities[:, 1].astype(np.float32))
    # A class of which no row was left to learn from has no column.
    by_class = np.zeros((len(X), classes), dtype=np.float32)
    by_class[:, classifier.classes_.astype(np.int64)] = probabilities
    return by_class


# To arrays ----------------------------------------------------------------------------


class _Tree(NamedTuple):
    """One tree, its nodes in any order, the root first.

    Attributes
    ----------
    left, right : numpy.ndarray of shape (n_nodes,)
        Children; negative at leaves.
    feature : numpy.ndarray of shape (n_nodes,)
        Columns that are split; of leaves anything.
    threshold : numpy.ndarray of shape (n_nodes,), dtype float64
        Rows up to this go left.
    missing_left : numpy.ndarray of shape (n_nodes,), dtype bool
        Whether missing values go left.
    value : numpy.ndarray of shape (n_nodes, n_columns), dtype float64
        What leaves add.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray


def _assemble(
    link: Link,
    members: Sequence[Sequence[_Tree]],
    width: int,
    classes: int,
    *,
    known: list[int] | None = None,
    base: np.ndarray | None = None,
    norms: Sequence[float] | None = None,
) -> TreeModel:
    """Return a model of trees, laid out level by level; see `TreeModel`."""
    trees = [tree for member in members for tree in member]
    orders = [_by_level(tree.left, tree.right) for tree in trees]
    laid = [
        _Tree(*(array[order] for array in tree))
        for tree, order in zip(trees, orders, strict=True)
    ]
    whole = _Tree(*map(np.concatenate, zip(*laid, strict=True)))
    inner = whole.left >= 0
    raw = 1 if classes == 2 else classes
    exact = whole.threshold[inner].astype(np.float64)
    with np.errstate(over="ignore"):
        near = exact.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return TreeModel(
        link=link,
        width=width,
        classes=classes,
        known=tuple(range(classes)) if known is None else tuple(known),
        base=np.zeros(raw) if base is None else np.asarray(base, dtype=np.float64),
        norms=np.asarray(norms or np.ones(len(members)), dtype=np.float64),
        members=np.array([len(member) for member in members], dtype=np.int64),
        sizes=np.array([len(order) for order in orders], dtype=np.int64),
        feature=np.where(inner, whole.feature, -1).astype(np.int32),
        threshold=np.where(near > exact, below, near),
        missing_left=whole.missing_left[inner].astype(bool),
        value=np.asarray(whole.value[~inner], dtype=np.float64),
    )


def _by_level(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the nodes of a tree from its root down, children side by side."""
    levels = [np.array([0])]
    while len(levels[-1]):
        inner = levels[-1][left[levels[-1]] >= 0]
        levels.append(np.stack([left[inner], right[inner]], axis=1).ravel())
    return np.concatenate(levels)


def _scikit_tree(fitted: Any, value: np.ndarray, columns: np.ndarray | None) -> _Tree:
    """Return a decision tree of scikit-learn, with what its leaves add."""
    tree = fitted.tree_
    feature = np.maximum(tree.feature, 0)
    return _Tree(
        tree.children_left,
        tree.children_right,
        feature if columns is None else np.asarray(columns)[feature],
        tree.threshold,
        tree.missing_go_to_left,
        value,
    )


def _share(
    fitted: Any, labels: list[int], classes: int, columns: np.ndarray | None = None
) -> _Tree:
    """Return a tree whose leaves hold the share of each class, or of the second."""
    wide = np.zeros((fitted.tree_.node_count, classes))
    wide[:, labels] = fitted.tree_.value[:, 0]
    return _scikit_tree(fitted, wide[:, 1:] if classes == 2 else wide, columns)


def _votes(
    boosted: Any, known: list[int], classes: int, columns: np.ndarray | None = None
) -> Iterator[_Tree]:
    """Yield the trees of an AdaBoost, whose leaves hold their weighted votes."""
    among = len(boosted.classes_)
    pairs = zip(boosted.estimators_, boosted.estimator_weights_, strict=False)
    for fitted, weight in pairs:  # it may have stopped before all had a weight
        label = fitted.classes_.take(np.argmax(fitted.tree_.value[:, 0], axis=1))
        against = -1 / max(1, among - 1) * weight
        wide = np.zeros((len(label), classes))
        wide[:, known] = np.where(label[:, None] == boosted.classes_, weight, against)
        yield _scikit_tree(fitted, wide[:, 1:] if classes == 2 else wide, columns)


def _known(fitted: Any) -> list[int]:
    return [int(label) for label in fitted.classes_]


def of_forest(forest: Any, classes: int) -> TreeModel:
    """Return a fitted RandomForestClassifier, or imbalanced-learn's balanced one.

    Parameters
    ----------
    forest : RandomForestClassifier
        Of labels from 0 up.
    classes : int
        How many there are; it may have seen fewer.
    """
    known = _known(forest)
    trees = [_share(tree, known, classes) for tree in forest.estimators_]
    shape = forest.n_features_in_, classes
    return _assemble("share", [trees], *shape, known=known, norms=[len(trees)])


def of_bagging(bagging: Any, classes: int) -> TreeModel:
    """Return imbalanced-learn's fitted BalancedBagging- or EasyEnsembleClassifier.

    Parameters
    ----------
    bagging : BalancedBaggingClassifier or EasyEnsembleClassifier
        Of trees, or of AdaBoosts of trees.
    classes : int
    """
    known = _known(bagging)
    shape = bagging.n_features_in_, classes
    pairs = list(zip(bagging.estimators_, bagging.estimators_features_, strict=True))
    if hasattr(pairs[0][0][-1], "tree_"):
        trees = [
            _share(
                member[-1],
                [known[label] for label in member[-1].classes_],
                classes,
                columns,
            )
            for member, columns in pairs
        ]
        return _assemble("share", [trees], *shape, known=known, norms=[len(trees)])
    boosted = [member[-1] for member, _ in pairs]
    members = [
        list(_votes(member[-1], known, classes, columns)) for member, columns in pairs
    ]
    norms = [member.estimator_weights_.sum() for member in boosted]
    return _assemble("votes", members, *shape, known=known, norms=norms)


def of_boosting(boosted: Any, classes: int) -> TreeModel:
    """Return a fitted AdaBoostClassifier, or imbalanced-learn's RUSBoostClassifier.

    Parameters
    ----------
    boosted : AdaBoostClassifier
        Of trees.
    classes : int
    """
    known = _known(boosted)
    trees = list(_votes(boosted, known, classes))
    shape, norms = (boosted.n_features_in_, classes), [boosted.estimator_weights_.sum()]
    return _assemble("votes", [trees], *shape, known=known, norms=norms)


def of_hist_gradient_boosting(
    boosted: Any, classes: int, edges: Sequence[np.ndarray] | None = None
) -> TreeModel:
    """Return a fitted HistGradientBoostingClassifier of numbers.

    Parameters
    ----------
    boosted : HistGradientBoostingClassifier
    classes : int
    edges : sequence of numpy.ndarray or None, default=None
        What separates the bins of each column, where it was fitted to their numbers.
    """
    known, trees = _known(boosted), []
    for predictor in (one for each in boosted._predictors for one in each):
        nodes = predictor.nodes
        leaf = nodes["is_leaf"] == 1
        left, right = (
            np.where(leaf, -1, nodes[side].astype(np.int64))
            for side in ("left", "right")
        )
        feature, threshold = nodes["feature_idx"], nodes["num_threshold"]
        if edges is not None:
            threshold = _edges_at(edges, np.where(leaf, 0, feature), threshold)
        gaps, value = nodes["missing_go_to_left"], nodes["value"][:, None]
        trees.append(_Tree(left, right, feature, threshold, gaps, value))
    base = np.zeros(1 if classes == 2 else classes)
    base[logit_columns(known, classes)] = boosted._baseline_prediction.ravel()
    shape = boosted.n_features_in_, classes
    return _assemble("logit", [trees], *shape, known=known, base=base)


def _edges_at(
    edges: Sequence[np.ndarray], feature: np.ndarray, threshold: np.ndarray
) -> np.ndarray:
    """Return which numbers go left, for which bins do; all of them by the last."""
    pairs = zip(feature, threshold, strict=True)
    ends = ((edges[f], int(min(t, len(edges[f])))) for f, t in pairs)
    return np.array([e[k] if k < len(e) else np.inf for e, k in ends])


_NOT_A_NUMBER, _DEFAULT_LEFT = 8, 2
"""Bits of a split's ``decision_type``: missing values have a side; it is the left."""


def of_lightgbm(text: str, width: int, classes: int) -> TreeModel:
    """Return a booster of LightGBM, of numbers and a log loss.

    Parameters
    ----------
    text : str
        Its ``model_to_string()``.
    width : int
    classes : int
    """
    trees = []
    for block in text.partition("\nend of trees")[0].split("\nTree=")[1:]:
        lines = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        left, right, feature, kinds = (
            np.array(lines[name].split(), dtype=np.int64)
            for name in ("left_child", "right_child", "split_feature", "decision_type")
        )
        value = np.array(lines["leaf_value"].split(), dtype=np.float64)
        threshold = np.array(lines["threshold"].split(), dtype=np.float64)
        # Splits come first; -1 - k stands for the leaf number k.
        splits, rest = len(left), np.zeros(len(value))
        left, right = (
            np.where(side < 0, splits - 1 - side, side) for side in (left, right)
        )
        # Without a side of their own, missing values are zeros.
        gaps = np.where(
            kinds & _NOT_A_NUMBER, (kinds & _DEFAULT_LEFT) > 0, threshold >= 0
        )
        trees.append(
            _Tree(
                np.concatenate([left, rest - 1]).astype(np.int64),
                np.concatenate([right, rest - 1]).astype(np.int64),
                np.concatenate([feature, rest]),
                np.concatenate([threshold, rest]),
                np.concatenate([gaps, rest]),
                np.concatenate([np.zeros(splits), value])[:, None],
            )
        )
    return _assemble("logit", [trees], width, classes)
