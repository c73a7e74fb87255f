"""Every sampler there is, as plain data: parameters, bounds, plain words. Light."""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.spec import ParamValue

__all__ = ["FAST", "SAMPLERS", "Kind", "Parameter", "Sampler"]

FAST = "fast"
"""The variant that is faster and about the same."""

Kind = Literal["integer", "number", "choice"]


class Parameter(NamedTuple):
    """One parameter of a sampler.

    `low` and `high` bound it (inclusive); None means unbounded. `effect` says in
    plain words what turning it up does.
    """

    name: str
    kind: Kind
    default: ParamValue
    low: float | None
    high: float | None
    effect: str
    choices: tuple[str, ...] = ()


class Sampler(NamedTuple):
    """One sampler of imbalanced-learn.

    `neighbors` names the parameter that says how many minority rows it needs
    beyond one; None if it needs none. A cleaner is an ``under`` without a ratio. A
    `dear` one takes a time that grows with the square of the rows, so it is worth
    starting early.
    """

    name: str
    title: str
    home: str
    group: Literal["over", "under", "combined"]
    summary: str
    parameters: tuple[Parameter, ...]
    neighbors: str | None = None
    source: str = ""
    dear: bool = False

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of its parameters."""
        return tuple(p.name for p in self.parameters)

    @property
    def has_fast(self) -> bool:
        """Whether there is a variant that is faster and about the same."""
        return "variant" in self.parameter_names

    @property
    def has_ratio(self) -> bool:
        """Whether a ratio can be asked for; a cleaner drops what it must."""
        return "ratio" in self.parameter_names


_RATIO = Parameter(
    "ratio",
    "number",
    1.0,
    0.01,
    1.0,
    "minority rows for each majority row afterwards; 1 is balanced",
)
_NEIGHBORS = Parameter(
    "k_neighbors",
    "integer",
    5,
    1,
    50,
    "synthetic rows reach further away from the rows they come from",
)

_NEAREST = Parameter(
    "n_neighbors",
    "integer",
    3,
    1,
    50,
    "more neighbours judge a row, so more rows are contradicted and dropped",
)
_KIND = Parameter(
    "kind_sel",
    "choice",
    "all",
    None,
    None,
    "all: one neighbour of another class drops a row; mode: most of them must",
    ("all", "mode"),
)
_NEIGHBOURS_VARIANT = Parameter(
    "variant",
    "choice",
    "exact",
    None,
    None,
    "fast: neighbours that are about the nearest; other rows here and there",
    ("exact", FAST),
)
_SVM_VARIANT = Parameter(
    "variant",
    "choice",
    "exact",
    None,
    None,
    "fast: the border of a linear SVM; other rows where the classes are apart",
    ("exact", FAST),
)

SAMPLERS: tuple[Sampler, ...] = (
    Sampler(
        "random-over",
        "random oversampling",
        "imblearn.over_sampling.RandomOverSampler",
        "over",
        "Repeats minority rows until the classes are balanced.",
        (_RATIO,),
    ),
    Sampler(
        "smote",
        "SMOTE",
        "imblearn.over_sampling.SMOTE",
        "over",
        "Adds minority rows on the lines between near minority rows.",
        (_RATIO, _NEIGHBORS),
        "k_neighbors",
        "Chawla et al. 2002, doi:10.1613/jair.953",
    ),
    Sampler(
        "kmeans-smote",
        "KMeans-SMOTE",
        "imblearn.over_sampling.KMeansSMOTE",
        "over",
        "SMOTE inside the clusters where the minority is common enough.",
        (
            _RATIO,
            Parameter(
                "k_neighbors",
                "integer",
                2,
                1,
                50,
                "synthetic rows reach further inside their cluster",
            ),
            Parameter(
                "clusters",
                "integer",
                8,
                1,
                500,
                "smaller clusters, so synthetic rows stay closer to dense spots",
            ),
            Parameter(
                "cluster_balance_threshold",
                "number",
                0.5,
                0.0,
                1.0,
                "only clusters with a larger minority share are used",
            ),
        ),
        "k_neighbors",
        "Douzas, Bacao and Last 2018, doi:10.1016/j.ins.2018.06.056",
    ),
    Sampler(
        "svm-smote",
        "SVM-SMOTE",
        "imblearn.over_sampling.SVMSMOTE",
        "over",
        "SMOTE at the border that a support vector machine finds.",
        (
            _RATIO,
            _NEIGHBORS,
            Parameter(
                "m_neighbors",
                "integer",
                10,
                1,
                100,
                "a border row is judged as noise or in danger by more neighbours",
            ),
            _SVM_VARIANT,
        ),
        "k_neighbors",
        "Nguyen, Cooper and Kamei 2011, doi:10.1504/IJKESDP.2011.039875",
        dear=True,
    ),
    Sampler(
        "random-under",
        "random undersampling",
        "imblearn.under_sampling.RandomUnderSampler",
        "under",
        "Drops majority rows at random until the classes are balanced.",
        (_RATIO,),
    ),
    Sampler(
        "enn",
        "edited nearest neighbours",
        "imblearn.under_sampling.EditedNearestNeighbours",
        "under",
        "Drops majority rows that their neighbours contradict.",
        (_NEAREST, _KIND, _NEIGHBOURS_VARIANT),
        source="Wilson 1972, doi:10.1109/TSMC.1972.4309137",
        dear=True,
    ),
    Sampler(
        "repeated-enn",
        "repeated edited nearest neighbours",
        "imblearn.under_sampling.RepeatedEditedNearestNeighbours",
        "under",
        "Drops contradicted majority rows again and again, until none is left.",
        (
            _NEAREST,
            _KIND,
            Parameter(
                "max_iter",
                "integer",
                100,
                1,
                1000,
                "more rounds of dropping, if there is still something to drop",
            ),
            # No fast variant: neighbours that change a little from round to round
            # keep it dropping rows, for longer than the exact search takes.
        ),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309523",
        dear=True,
    ),
    Sampler(
        "all-knn",
        "All-KNN",
        "imblearn.under_sampling.AllKNN",
        "under",
        "Drops majority rows that 1, then 2, then 3 neighbours contradict.",
        (_NEAREST, _KIND, _NEIGHBOURS_VARIANT),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309523",
        dear=True,
    ),
    Sampler(
        "tomek-links",
        "Tomek links",
        "imblearn.under_sampling.TomekLinks",
        "under",
        "Drops the majority row of two rows that are each other's nearest.",
        (_NEIGHBOURS_VARIANT,),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309452",
        dear=True,
    ),
    Sampler(
        "neighbourhood-cleaning",
        "neighbourhood cleaning rule",
        "imblearn.under_sampling.NeighbourhoodCleaningRule",
        "under",
        "Drops contradicted majority rows, and those that outvote a minority row.",
        (
            _NEAREST,
            Parameter(
                "threshold_cleaning",
                "number",
                0.5,
                0.01,
                100.0,
                "the majority is cleaned around minority rows only if it has more "
                "than so many rows for each of theirs",
            ),
            _NEIGHBOURS_VARIANT,
        ),
        source="Laurikkala 2001, doi:10.1007/3-540-48229-6_9",
        dear=True,
    ),
    Sampler(
        "smote-enn",
        "SMOTE-ENN",
        "imblearn.combine.SMOTEENN",
        "combined",
        "SMOTE, then drops every row that its neighbours contradict.",
        (_RATIO, _NEIGHBORS, _NEIGHBOURS_VARIANT),
        "k_neighbors",
        "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735",
        dear=True,
    ),
    Sampler(
        "smote-tomek",
        "SMOTE-Tomek",
        "imblearn.combine.SMOTETomek",
        "combined",
        "SMOTE, then drops both rows of every pair that is a Tomek link.",
        (_RATIO, _NEIGHBORS, _NEIGHBOURS_VARIANT),
        "k_neighbors",
        "Batista, Bazzan and Monard 2003, WOB, pages 10-18",
        dear=True,
    ),
)
