"""Every sampler of imbalanced-learn as plain data: parameters and bounds. Light.

What is said of each, in words, stands in methods.md.
"""

from __future__ import annotations

from typing import Any

from engine.resample.samplers import (
    COUNTS,
    NEIGHBORS,
    NO_YES,
    RATIO,
    RATIO_UNDER,
    Group,
    Parameter,
    Sampler,
    choice,
    description,
    number,
    whole,
)

_NEAREST = whole("n_neighbors", 3, 1, 50, tries=(3, 5, 10))
_KIND_SEL = choice("kind_sel", ("all", "mode"), tries=("all", "mode"))
_ENN = (_NEAREST, _KIND_SEL)
_CONDENSING = (
    whole("n_neighbors", 1, 1, 50, tries=(1, 3, 5)),
    whole("seeds", 1, 1, 1_000, tries=(1, 10, 50), sets="n_seeds_S"),
)
_IN_DANGER = whole("m_neighbors", 10, 1, 100, tries=(5, 10, 20))
_CLEANS = choice("cleans", ("all", "auto"), tries=("all", "auto"))
_ADDING, _DROPPING = (RATIO, COUNTS), (RATIO_UNDER, COUNTS)
_SMOTE = (*_ADDING, NEIGHBORS)


_GROUPS: dict[str, Group] = {
    "over_sampling": "over",
    "under_sampling": "under",
    "combine": "combined",
}


def _sampler(
    name: str, home: str, parameters: tuple[Parameter, ...] = (), **more: Any
) -> Sampler:
    neighbors = [p.name for p in parameters if p.name == "k_neighbors"]
    given = {
        "name": name,
        "home": f"imblearn.{home}",
        "group": _GROUPS[home.partition(".")[0]],
        "neighbors": neighbors[0] if neighbors else None,
    }
    return Sampler(**given | description(name, parameters) | more)


SAMPLERS: tuple[Sampler, ...] = (
    _sampler(
        "random-over",
        "over_sampling.RandomOverSampler",
        (*_ADDING, number("shrinkage", 0.0, 0.0, 10.0, tries=(0.0, 0.25, 0.5, 1.0))),
    ),
    _sampler("smote", "over_sampling.SMOTE", _SMOTE),
    _sampler("smotenc", "over_sampling.SMOTENC", _SMOTE, slow=True, columns="mixed"),
    _sampler("smoten", "over_sampling.SMOTEN", _SMOTE, columns="categories"),
    _sampler(
        "borderline-smote",
        "over_sampling.BorderlineSMOTE",
        (
            *_SMOTE,
            _IN_DANGER,
            choice(
                "kind",
                ("borderline-1", "borderline-2"),
                tries=("borderline-1", "borderline-2"),
            ),
        ),
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
    ),
    _sampler(
        "adasyn",
        "over_sampling.ADASYN",
        (*_ADDING, whole("n_neighbors", 5, 1, 50, tries=(3, 5, 10))),
        neighbors="n_neighbors",
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
            choice("version", ("1", "2", "3"), tries=("1", "2", "3")),
            _NEAREST,
            whole("n_neighbors_ver3", 3, 1, 50),
        ),
        neighbors="n_neighbors",
        beyond=0,
    ),
    _sampler(
        "condensed", "under_sampling.CondensedNearestNeighbour", _CONDENSING, slow=True
    ),
    _sampler("enn", "under_sampling.EditedNearestNeighbours", _ENN, slow=True),
    _sampler(
        "repeated-enn",
        "under_sampling.RepeatedEditedNearestNeighbours",
        (*_ENN, whole("max_iter", 100, 1, 1000)),
        slow=True,
    ),
    _sampler(
        "all-knn",
        "under_sampling.AllKNN",
        (*_ENN, choice("allow_minority", NO_YES)),
        slow=True,
    ),
    _sampler(
        "neighbourhood-cleaning",
        "under_sampling.NeighbourhoodCleaningRule",
        (_NEAREST, number("threshold_cleaning", 0.5, 0.01, 100.0)),
        slow=True,
    ),
    _sampler(
        "one-sided-selection",
        "under_sampling.OneSidedSelection",
        _CONDENSING,
        slow=True,
    ),
    _sampler("tomek-links", "under_sampling.TomekLinks", slow=True),
    _sampler("smote-enn", "combine.SMOTEENN", (*_SMOTE, *_ENN, _CLEANS), slow=True),
    _sampler("smote-tomek", "combine.SMOTETomek", (*_SMOTE, _CLEANS), slow=True),
)
"""What adds, what drops, what cleans, what does both."""
