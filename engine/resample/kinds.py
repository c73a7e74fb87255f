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
    described,
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


def _sampler(
    name: str,
    home: str,
    group: Group,
    parameters: tuple[Parameter, ...] = (),
    neighbors: str | None = None,
    **more: Any,
) -> Sampler:
    return Sampler(
        name=name,
        home=f"imblearn.{home}",
        group=group,
        neighbors=neighbors,
        **described(name, parameters),
        **more,
    )


SAMPLERS: tuple[Sampler, ...] = (
    _sampler(
        "random-over",
        "over_sampling.RandomOverSampler",
        "over",
        (*_ADDING, number("shrinkage", 0.0, 0.0, 10.0, tries=(0.0, 0.25, 0.5, 1.0))),
    ),
    _sampler("smote", "over_sampling.SMOTE", "over", _SMOTE, "k_neighbors"),
    _sampler(
        "smotenc",
        "over_sampling.SMOTENC",
        "over",
        _SMOTE,
        "k_neighbors",
        dear=True,
        columns="mixed",
    ),
    _sampler(
        "smoten",
        "over_sampling.SMOTEN",
        "over",
        _SMOTE,
        "k_neighbors",
        columns="categories",
    ),
    _sampler(
        "borderline-smote",
        "over_sampling.BorderlineSMOTE",
        "over",
        (
            *_SMOTE,
            _IN_DANGER,
            choice(
                "kind",
                ("borderline-1", "borderline-2"),
                tries=("borderline-1", "borderline-2"),
            ),
        ),
        "k_neighbors",
    ),
    _sampler(
        "svm-smote",
        "over_sampling.SVMSMOTE",
        "over",
        (
            *_SMOTE,
            _IN_DANGER,
            number("out_step", 0.5, 0.0, 1.0, tries=(0.25, 0.5, 0.75)),
        ),
        "k_neighbors",
        dear=True,
    ),
    _sampler(
        "kmeans-smote",
        "over_sampling.KMeansSMOTE",
        "over",
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
        "k_neighbors",
    ),
    _sampler(
        "adasyn",
        "over_sampling.ADASYN",
        "over",
        (*_ADDING, whole("n_neighbors", 5, 1, 50, tries=(3, 5, 10))),
        "n_neighbors",
    ),
    _sampler(
        "random-under",
        "under_sampling.RandomUnderSampler",
        "under",
        (*_DROPPING, choice("replacement", NO_YES)),
    ),
    _sampler(
        "cluster-centroids",
        "under_sampling.ClusterCentroids",
        "under",
        (
            *_DROPPING,
            choice("voting", ("auto", "hard", "soft"), tries=("hard", "soft")),
        ),
        dear=True,
    ),
    _sampler(
        "instance-hardness",
        "under_sampling.InstanceHardnessThreshold",
        "under",
        (*_DROPPING, whole("folds", 5, 2, 20, tries=(3, 5, 10), sets="cv")),
        dear=True,
    ),
    _sampler(
        "near-miss",
        "under_sampling.NearMiss",
        "under",
        (
            *_DROPPING,
            choice("version", ("1", "2", "3"), tries=("1", "2", "3")),
            _NEAREST,
            whole("n_neighbors_ver3", 3, 1, 50),
        ),
        "n_neighbors",
        beyond=0,
    ),
    _sampler(
        "condensed",
        "under_sampling.CondensedNearestNeighbour",
        "under",
        _CONDENSING,
        dear=True,
    ),
    _sampler("enn", "under_sampling.EditedNearestNeighbours", "under", _ENN, dear=True),
    _sampler(
        "repeated-enn",
        "under_sampling.RepeatedEditedNearestNeighbours",
        "under",
        (*_ENN, whole("max_iter", 100, 1, 1000)),
        dear=True,
    ),
    _sampler(
        "all-knn",
        "under_sampling.AllKNN",
        "under",
        (*_ENN, choice("allow_minority", NO_YES)),
        dear=True,
    ),
    _sampler(
        "neighbourhood-cleaning",
        "under_sampling.NeighbourhoodCleaningRule",
        "under",
        (_NEAREST, number("threshold_cleaning", 0.5, 0.01, 100.0)),
        dear=True,
    ),
    _sampler(
        "one-sided-selection",
        "under_sampling.OneSidedSelection",
        "under",
        _CONDENSING,
        dear=True,
    ),
    _sampler("tomek-links", "under_sampling.TomekLinks", "under", dear=True),
    _sampler(
        "smote-enn",
        "combine.SMOTEENN",
        "combined",
        (*_SMOTE, *_ENN, _CLEANS),
        "k_neighbors",
        dear=True,
    ),
    _sampler(
        "smote-tomek",
        "combine.SMOTETomek",
        "combined",
        (*_SMOTE, _CLEANS),
        "k_neighbors",
        dear=True,
    ),
)
"""What adds, what drops, what cleans, what does both."""
