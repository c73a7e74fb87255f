"""Samplers that add minority rows, and those that clean afterwards. Light."""

from __future__ import annotations

from engine.resample.kinds.under import KIND_SEL, NEAREST
from engine.resample.samplers import (
    COUNTS,
    NEIGHBORS,
    RATIO,
    Parameter,
    Sampler,
    choice,
    number,
    whole,
)

_SMOTE = "Chawla et al. 2002, doi:10.1613/jair.953"


def _in_danger(effect: str) -> Parameter:
    """Return the number of rows that tell noise, danger and safety apart."""
    return whole("m_neighbors", 10, 1, 100, effect, tries=(5, 10, 20))


_SHRINKAGE = number(
    "shrinkage",
    0.0,
    0.0,
    10.0,
    "copies are scattered further around their rows; 0 gives plain copies",
    tries=(0.0, 0.25, 0.5, 1.0),
)
_CLUSTERS = whole(
    "clusters",
    8,
    1,
    500,
    "smaller clusters, so synthetic rows stay closer to dense spots",
    tries=(4, 8, 16, 32),
    sets="kmeans_estimator",
)
_BALANCE = number(
    "cluster_balance_threshold",
    0.5,
    0.0,
    1.0,
    "only clusters with a larger minority share are used",
    tries=(0.01, 0.05, 0.1, 0.25),
)
_DENSITY = choice(
    "density_exponent",
    ("auto", "0", "0.5", "1", "2", "3", "5", "10"),
    "a higher power sends more rows into clusters whose minority rows lie far apart; "
    "auto follows the number of rows in each cluster",
    tries=("auto", "0", "1", "2"),
)
_OUT_STEP = number(
    "out_step",
    0.5,
    0.0,
    1.0,
    "rows that are made outwards, from safe minority rows, go further",
    tries=(0.25, 0.5, 0.75),
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
            _in_danger(
                "a row is judged as noise, in danger or safe by more neighbours"
            ),
            choice(
                "kind",
                ("borderline-1", "borderline-2"),
                "borderline-1: lines to minority rows; borderline-2: to majority rows "
                "too, but half the way at most",
                tries=("borderline-1", "borderline-2"),
            ),
        ),
        "k_neighbors",
        "Han, Wang and Mao 2005, doi:10.1007/11538059_91",
        when="The minority forms groups whose edge touches the majority.",
        when_not="The classes are apart (no row is in danger, so nothing is added), or "
        "labels are noisy: the rows added come from the doubtful ones.",
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
            _in_danger(
                "more neighbours tell whether a border row is noise or in danger"
            ),
            _OUT_STEP,
        ),
        "k_neighbors",
        "Nguyen, Cooper and Kamei 2011, doi:10.1504/IJKESDP.2011.039875",
        dear=True,
        when="The classes have a border that a support vector machine can find.",
        when_not="They overlap so much that all border rows are noise (it fails then), "
        "or there are over 100,000 rows: it takes hours.",
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

_CLEANS = choice(
    "cleans",
    ("all", "auto"),
    "all: rows of every class can be dropped; auto: of every class but the smallest "
    "after SMOTE, which among equally large ones is the first",
    tries=("all", "auto"),
)

COMBINED: tuple[Sampler, ...] = (
    Sampler(
        "smote-enn",
        "SMOTE-ENN",
        "imblearn.combine.SMOTEENN",
        "combined",
        "SMOTE, then drops every row that its neighbours contradict.",
        (RATIO, COUNTS, NEIGHBORS, NEAREST, KIND_SEL, _CLEANS),
        "k_neighbors",
        "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735",
        dear=True,
        when="The classes overlap and a missed positive is what costs: it widens the "
        "minority most, and so finds more of it at the threshold 0.5.",
        when_not="False alarms cost, or probabilities are wanted: `none` with a lower "
        "threshold often finds as many with fewer alarms.",
    ),
    Sampler(
        "smote-tomek",
        "SMOTE-Tomek",
        "imblearn.combine.SMOTETomek",
        "combined",
        "SMOTE, then drops both rows of every pair that is a Tomek link.",
        (RATIO, COUNTS, NEIGHBORS, _CLEANS),
        "k_neighbors",
        "Batista, Bazzan and Monard 2003, WOB, pages 10-18",
        dear=True,
        when="As smote, with the border cleared of pairs that sit on each other.",
        when_not="Time counts: it drops a handful of rows, and takes two hundred times "
        "as long as smote does.",
    ),
)
