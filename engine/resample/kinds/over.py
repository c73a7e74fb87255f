"""Samplers that add minority rows. Light."""

from __future__ import annotations

from engine.resample.kinds.parts import FAST, Parameter, Sampler
from engine.resample.kinds.shared import COUNTS, NEIGHBORS, RATIO, in_danger

__all__ = ["OVER"]

_SMOTE = "Chawla et al. 2002, doi:10.1613/jair.953"

_SHRINKAGE = Parameter(
    "shrinkage",
    "number",
    0.0,
    0.0,
    10.0,
    "copies are scattered further around their rows; 0 gives plain copies",
    tries=(0.0, 0.25, 0.5, 1.0),
)
_CLUSTERS = Parameter(
    "clusters",
    "integer",
    8,
    1,
    500,
    "smaller clusters, so synthetic rows stay closer to dense spots",
    tries=(4, 8, 16, 32),
    sets="kmeans_estimator",
)
_BALANCE = Parameter(
    "cluster_balance_threshold",
    "number",
    0.5,
    0.0,
    1.0,
    "only clusters with a larger minority share are used",
    tries=(0.01, 0.05, 0.1, 0.25),
)
_DENSITY = Parameter(
    "density_exponent",
    "choice",
    "auto",
    None,
    None,
    "a higher power sends more rows into clusters whose minority rows lie far apart; "
    "auto follows the number of rows in each cluster",
    ("auto", "0", "0.5", "1", "2", "3", "5", "10"),
    ("auto", "0", "1", "2"),
)
_OUT_STEP = Parameter(
    "out_step",
    "number",
    0.5,
    0.0,
    1.0,
    "rows that are made outwards, from safe minority rows, go further",
    tries=(0.25, 0.5, 0.75),
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

OVER: tuple[Sampler, ...] = (
    Sampler(
        "random-over",
        "random oversampling",
        "imblearn.over_sampling.RandomOverSampler",
        "over",
        "Repeats minority rows until the classes are balanced.",
        (RATIO, COUNTS, _SHRINKAGE),
        source="Menardi and Torelli 2014, doi:10.1007/s10618-012-0295-5 (shrinkage)",
        when="As the yardstick of every other over-sampler: with the threshold tuned, "
        "SMOTE and its kin were not better than this in a study of 73 tables.",
        when_not="The model can overfit single rows, or probabilities are wanted: the "
        "copies raise all of them.",
    ),
    Sampler(
        "smote",
        "SMOTE",
        "imblearn.over_sampling.SMOTE",
        "over",
        "Adds minority rows on the lines between near minority rows.",
        (RATIO, COUNTS, NEIGHBORS),
        "k_neighbors",
        _SMOTE,
        when="Numeric, scaled columns and a model that learns little from few rows; "
        "it gives most of what its many descendants give.",
        when_not="Minority rows lie among the majority (lines between them cross it), "
        "most columns are categories, or probabilities are wanted.",
    ),
    Sampler(
        "smotenc",
        "SMOTE-NC",
        "imblearn.over_sampling.SMOTENC",
        "over",
        "SMOTE for numbers and categories: a category is the most common one nearby.",
        (RATIO, COUNTS, NEIGHBORS),
        "k_neighbors",
        _SMOTE,
        dear=True,
        when="Some columns are numbers and some are categories.",
        when_not="All columns are of one kind (smote or smoten then), or a category "
        "has very many levels.",
        columns="mixed",
    ),
    Sampler(
        "smoten",
        "SMOTE-N",
        "imblearn.over_sampling.SMOTEN",
        "over",
        "SMOTE for categories: each is the most common one among near minority rows.",
        (RATIO, COUNTS, NEIGHBORS),
        "k_neighbors",
        _SMOTE,
        when="All columns are categories.",
        when_not="There is a number among the columns: that would be taken as a "
        "category too (use smotenc).",
        columns="categories",
    ),
    Sampler(
        "borderline-smote",
        "Borderline-SMOTE",
        "imblearn.over_sampling.BorderlineSMOTE",
        "over",
        "SMOTE from those minority rows only that mostly have majority neighbours.",
        (
            RATIO,
            COUNTS,
            NEIGHBORS,
            in_danger("a row is judged as noise, in danger or safe by more neighbours"),
            Parameter(
                "kind",
                "choice",
                "borderline-1",
                None,
                None,
                "borderline-1: lines to minority rows; borderline-2: to majority rows "
                "too, but half the way at most",
                ("borderline-1", "borderline-2"),
                ("borderline-1", "borderline-2"),
            ),
        ),
        "k_neighbors",
        "Han, Wang and Mao 2005, doi:10.1007/11538059_91",
        when="The minority forms groups whose edge touches the majority.",
        when_not="The classes are apart (no row is in danger, so nothing is added), or "
        "labels are noisy: the rows added come from the doubtful ones.",
        law="{kind}",
    ),
    Sampler(
        "svm-smote",
        "SVM-SMOTE",
        "imblearn.over_sampling.SVMSMOTE",
        "over",
        "SMOTE at the border that a support vector machine finds.",
        (
            RATIO,
            COUNTS,
            NEIGHBORS,
            in_danger(
                "more neighbours tell whether a border row is noise or in danger"
            ),
            _OUT_STEP,
            _SVM_VARIANT,
        ),
        "k_neighbors",
        "Nguyen, Cooper and Kamei 2011, doi:10.1504/IJKESDP.2011.039875",
        dear=True,
        when="The classes have a border that a support vector machine can find.",
        when_not="They overlap so much that all border rows are noise (it fails then), "
        "or there are over 100,000 rows and the exact variant is wanted.",
    ),
    Sampler(
        "kmeans-smote",
        "KMeans-SMOTE",
        "imblearn.over_sampling.KMeansSMOTE",
        "over",
        "SMOTE inside the clusters where the minority is common enough.",
        (
            RATIO,
            COUNTS,
            NEIGHBORS._replace(
                default=2,
                effect="synthetic rows reach further inside their cluster",
                tries=(2, 5, 10),
            ),
            _CLUSTERS,
            _BALANCE,
            _DENSITY,
        ),
        "k_neighbors",
        "Douzas, Bacao and Last 2018, doi:10.1016/j.ins.2018.06.056",
        when="The minority lives in several dense spots, and rows between them would "
        "be wrong.",
        when_not="The minority is rare everywhere: no cluster holds the share asked "
        "for, and the threshold must be lowered until the clusters mean little.",
    ),
    Sampler(
        "adasyn",
        "ADASYN",
        "imblearn.over_sampling.ADASYN",
        "over",
        "SMOTE that adds more rows where more neighbours are of the majority.",
        (
            RATIO,
            COUNTS,
            NEIGHBORS._replace(
                name="n_neighbors",
                effect="how hard a row is, is judged by more neighbours, and synthetic "
                "rows reach further",
            ),
        ),
        "n_neighbors",
        "He, Bai, Garcia and Li 2008, doi:10.1109/IJCNN.2008.4633969",
        when="The hard minority rows are right and few, and should count most.",
        when_not="Labels are noisy or there are outliers: it adds most rows around "
        "them. Where the classes are apart it fails.",
    ),
)
