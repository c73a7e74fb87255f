"""Every built-in method as plain data: controls, ensembles, samplers. Light.

What is said of each, in words, stands in methods.md.

Controls and ensembles change no row. An ensemble takes XGBoost's place in its arm: it
balances by itself, member by member, and scores a row by the mean probability of its
members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from engine.core.methods import ratio
from engine.core.methods.samplers import (
    CONTROL,
    COUNTS,
    NEIGHBORS,
    NO_YES,
    RATIO,
    RATIO_UNDER,
    Method,
    MostRows,
    Parameter,
    ParamValue,
    Range,
    Sampler,
    choice,
    describe,
    number,
    whole,
)


class Control(Method, frozen=True, kw_only=True):
    """An arm that changes no row."""

    weights: bool | Literal["cost"]


_WEIGHTS: dict[str, bool | Literal["cost"]] = {
    CONTROL: False,
    "weights": True,
    "cost-weights": "cost",
}
CONTROLS: tuple[Control, ...] = tuple(
    describe(Control, name, home="", package="", weights=weights)
    for name, weights in _WEIGHTS.items()
)


class Fewer(NamedTuple):
    """What an ensemble balances to: rows per class, from those it has.

    Given as its ``sampling_strategy``, which as a plain fraction would be truncated,
    refused where the rows have that ratio already, and for two classes only.

    Attributes
    ----------
    ratio : float
        Rows of the rarest class for each row of any other, at most.
    rarest : bool
        Whether the rarest class is drawn too, with as many rows as it has.

    Examples
    --------
    >>> Fewer(0.5)([0, 0, 0, 0, 0, 1]), Fewer(1.0, rarest=True)([0, 0, 1])
    ({0: 2}, {0: 1, 1: 1})
    """

    ratio: float
    rarest: bool = False

    def __call__(self, y: Any) -> dict[int, int]:
        """Return the rows of each class that is drawn from."""
        counts = dict(sorted(Counter(map(int, y)).items()))
        wanted = ratio.targets("under", counts, self.ratio)
        rare, _ = ratio.ends(counts)
        return {c: n for c, n in wanted.items() if self.rarest or c != rare}


class Ensemble(Method, frozen=True, kw_only=True):
    """One ensemble of imbalanced-learn.

    `space` is what the search chooses among, by name of a parameter; the others keep
    their defaults. A parameter's `sets` is the path at which scikit-learn's
    ``set_params`` takes it: ``estimator__max_depth`` is the depth of a member's tree.
    `members` names the classes that must be put in place for that, outermost first:
    ``home(estimator=members[0](estimator=members[1]()))``. `takes_weights` tells
    whether its ``fit`` has a ``sample_weight``.
    """

    space: dict[str, Range]
    members: tuple[str, ...] = ()
    takes_weights: bool = False

    def value_of(self, name: str, value: ParamValue) -> Any:
        """Return what ``set_params`` takes for a parameter's value.

        Examples
        --------
        >>> forest = ENSEMBLES[0]
        >>> forest.value_of("max_depth", 0) is None, forest.value_of("ratio", 0.5)
        (True, Fewer(ratio=0.5, rarest=True))
        """
        known = next(p for p in self.parameters if p.name == name)
        if name == "ratio":
            # A forest draws each tree's rows by this; the others draw before it.
            return Fewer(float(value), rarest=self.name == "balanced-random-forest")
        if value == known.absent:
            return "sqrt" if name == "max_features" else None
        return known.to_library(value)

    def library_params(self, values: Mapping[str, ParamValue]) -> dict[str, object]:
        """Return what ``set_params`` takes, by path, for values by our names.

        Examples
        --------
        >>> ENSEMBLES[1].library_params({"max_depth": 2})
        {'estimator__estimator__max_depth': 2}
        """
        paths = {p.name: p.sets or p.name for p in self.parameters}
        return {paths[name]: self.value_of(name, v) for name, v in values.items()}


_TREE = "sklearn.tree.DecisionTreeClassifier"
_DEPTH = whole("max_depth", 0, 0, 64, absent=0)
_LEAF = whole("min_samples_leaf", 1, 1, 1_000)
_RATE = number("learning_rate", 1.0, 0.001, 10.0)
_SHARED = (
    number("ratio", 1.0, 0.01, 1.0, sets="sampling_strategy"),
    choice("replacement", NO_YES),
)
_RATIOS = Range(0.1, 1.0, 1.0, log=True)
_LEAVES = Range(1, 20, 1, log=True, whole=True)


def _ensemble(
    name: str,
    home: str,
    parameters: tuple[Parameter, ...],
    members: tuple[str, ...] = (),
    takes_weights: bool = False,
    **space: Range,
) -> Ensemble:
    home = f"imblearn.ensemble.{home}"
    more = {"space": space, "members": members, "takes_weights": takes_weights}
    return describe(Ensemble, name, parameters, home=home, **more)


ENSEMBLES: tuple[Ensemble, ...] = (
    _ensemble(
        "balanced-random-forest",
        "BalancedRandomForestClassifier",
        (
            whole("n_estimators", 100, 1, 1_000),
            _DEPTH,
            _LEAF,
            number("max_features", 0.0, 0.0, 1.0, absent=0.0),
            _SHARED[0],
            _SHARED[1]._replace(default="yes"),
        ),
        takes_weights=True,
        n_estimators=Range(50, 300, 100, log=True, whole=True),
        max_depth=Range(3, 20, 10, whole=True),
        min_samples_leaf=_LEAVES,
        max_features=Range(0.1, 1.0, 0.3),
        ratio=_RATIOS,
    ),
    _ensemble(
        "easy-ensemble",
        "EasyEnsembleClassifier",
        (
            whole("n_estimators", 10, 1, 1_000),
            whole("rounds", 50, 1, 1_000, sets="estimator__n_estimators"),
            _RATE._replace(sets="estimator__learning_rate"),
            _DEPTH._replace(default=1, sets="estimator__estimator__max_depth"),
            *_SHARED,
        ),
        ("sklearn.ensemble.AdaBoostClassifier", _TREE),
        n_estimators=Range(5, 30, 10, log=True, whole=True),
        rounds=Range(10, 100, 50, log=True, whole=True),
        learning_rate=Range(0.05, 1.0, 1.0, log=True),
        max_depth=Range(1, 4, 1, whole=True),
        ratio=_RATIOS,
    ),
    _ensemble(
        "rus-boost",
        "RUSBoostClassifier",
        (
            whole("n_estimators", 50, 1, 1_000),
            _RATE,
            _DEPTH._replace(default=1, sets="estimator__max_depth"),
            _LEAF._replace(sets="estimator__min_samples_leaf"),
            *_SHARED,
        ),
        (_TREE,),
        takes_weights=True,
        n_estimators=Range(20, 200, 50, log=True, whole=True),
        learning_rate=Range(0.05, 1.0, 1.0, log=True),
        max_depth=Range(1, 6, 1, whole=True),
        min_samples_leaf=_LEAVES,
        ratio=_RATIOS,
    ),
    _ensemble(
        "balanced-bagging",
        "BalancedBaggingClassifier",
        (
            whole("n_estimators", 10, 1, 1_000),
            _DEPTH._replace(sets="estimator__max_depth"),
            _LEAF._replace(sets="estimator__min_samples_leaf"),
            number("max_samples", 1.0, 0.05, 1.0),
            number("max_features", 1.0, 0.05, 1.0),
            *_SHARED,
        ),
        (_TREE,),
        n_estimators=Range(10, 100, 50, log=True, whole=True),
        max_depth=Range(3, 20, 10, whole=True),
        min_samples_leaf=_LEAVES,
        max_features=Range(0.3, 1.0, 1.0),
        ratio=_RATIOS,
    ),
)


_NEAREST = whole("n_neighbors", 3, 1, 50, tries=(3, 5, 10))
_KIND_SEL = choice("kind_sel", ("all", "mode"))
_ENN = (_NEAREST, _KIND_SEL)
_CONDENSING = (
    whole("n_neighbors", 1, 1, 50, tries=(1, 3, 5)),
    whole("seeds", 1, 1, 1_000, tries=(1, 10, 50), sets="n_seeds_S"),
)
_IN_DANGER = whole("m_neighbors", 10, 1, 100, tries=(5, 10, 20))
_CLEANS = choice("cleans", ("all", "auto"))
_ADDING, _DROPPING = (RATIO, COUNTS), (RATIO_UNDER, COUNTS)
_SMOTE = (*_ADDING, NEIGHBORS)
_WITHIN = MostRows(grown=500_000)
_AMONG_ALL = MostRows(rows=2_000_000)
_BOTH = MostRows(_WITHIN.grown, _AMONG_ALL.rows)


_GROUPS = {"over_sampling": "over", "under_sampling": "under", "combine": "combined"}


def _sampler(
    name: str, home: str, parameters: tuple[Parameter, ...] = (), **more: Any
) -> Sampler:
    nearest = next((p.name for p in parameters if p.name == "k_neighbors"), None)
    group = _GROUPS[home.partition(".")[0]]
    fields = {"home": f"imblearn.{home}", "group": group, "neighbors": nearest}
    return describe(Sampler, name, parameters, **fields | more)


SAMPLERS: tuple[Sampler, ...] = (
    _sampler(
        "random-over",
        "over_sampling.RandomOverSampler",
        (*_ADDING, number("shrinkage", 0.0, 0.0, 10.0, tries=(0.0, 0.25, 0.5, 1.0))),
    ),
    _sampler("smote", "over_sampling.SMOTE", _SMOTE, limits=_WITHIN),
    _sampler(
        "smotenc",
        "over_sampling.SMOTENC",
        _SMOTE,
        slow=True,
        columns="mixed",
        limits=_WITHIN,
    ),
    _sampler(
        "smoten", "over_sampling.SMOTEN", _SMOTE, columns="categories", limits=_WITHIN
    ),
    _sampler(
        "borderline-smote",
        "over_sampling.BorderlineSMOTE",
        (
            *_SMOTE,
            _IN_DANGER,
            choice("kind", ("borderline-1", "borderline-2")),
        ),
        limits=_BOTH,
    ),
    _sampler(
        "svm-smote",
        "over_sampling.SVMSMOTE",
        (
            *_SMOTE,
            _IN_DANGER,
            number("out_step", 0.5, 0.0, 1.0, tries=(0.25, 0.5, 0.75)),
        ),
        slow=True,
        limits=_BOTH,
    ),
    _sampler(
        "kmeans-smote",
        "over_sampling.KMeansSMOTE",
        (
            *_ADDING,
            whole("k_neighbors", 2, 1, 50, tries=(2, 5, 10)),
            whole("clusters", 8, 1, 500, tries=(4, 8, 16, 32), sets="kmeans_estimator"),
            number(
                "cluster_balance_threshold",
                0.5,
                0.0,
                1.0,
                tries=(0.01, 0.05, 0.1, 0.25),
            ),
            choice(
                "density_exponent",
                ("auto", "0", "0.5", "1", "2", "3", "5", "10"),
                tries=("auto", "0", "1", "2"),
            ),
        ),
        limits=_WITHIN,
    ),
    _sampler(
        "adasyn",
        "over_sampling.ADASYN",
        (*_ADDING, whole("n_neighbors", 5, 1, 50, tries=(3, 5, 10))),
        neighbors="n_neighbors",
        limits=_BOTH,
    ),
    _sampler(
        "random-under",
        "under_sampling.RandomUnderSampler",
        (*_DROPPING, choice("replacement", NO_YES)),
    ),
    _sampler(
        "cluster-centroids",
        "under_sampling.ClusterCentroids",
        (
            *_DROPPING,
            choice("voting", ("auto", "hard", "soft"), tries=("hard", "soft")),
        ),
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "instance-hardness",
        "under_sampling.InstanceHardnessThreshold",
        (*_DROPPING, whole("folds", 5, 2, 20, tries=(3, 5, 10), sets="cv")),
        slow=True,
    ),
    _sampler(
        "near-miss",
        "under_sampling.NearMiss",
        (
            *_DROPPING,
            choice("version", ("1", "2", "3")),
            _NEAREST,
            whole("n_neighbors_ver3", 3, 1, 50),
        ),
        neighbors="n_neighbors",
        beyond=0,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "condensed",
        "under_sampling.CondensedNearestNeighbour",
        _CONDENSING,
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "enn",
        "under_sampling.EditedNearestNeighbours",
        _ENN,
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "repeated-enn",
        "under_sampling.RepeatedEditedNearestNeighbours",
        (*_ENN, whole("max_iter", 100, 1, 1000)),
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "all-knn",
        "under_sampling.AllKNN",
        (*_ENN, choice("allow_minority", NO_YES)),
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "neighbourhood-cleaning",
        "under_sampling.NeighbourhoodCleaningRule",
        (_NEAREST, number("threshold_cleaning", 0.5, 0.01, 100.0)),
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler(
        "one-sided-selection",
        "under_sampling.OneSidedSelection",
        _CONDENSING,
        slow=True,
        limits=_AMONG_ALL,
    ),
    _sampler("tomek-links", "under_sampling.TomekLinks", slow=True, limits=_AMONG_ALL),
    _sampler(
        "smote-enn",
        "combine.SMOTEENN",
        (*_SMOTE, *_ENN, _CLEANS),
        slow=True,
        limits=_BOTH,
    ),
    _sampler(
        "smote-tomek", "combine.SMOTETomek", (*_SMOTE, _CLEANS), slow=True, limits=_BOTH
    ),
)
"""What adds, what drops, what cleans, what does both."""
