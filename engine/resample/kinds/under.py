"""Samplers that drop majority rows: to a number, or those they object to. Light."""

from __future__ import annotations

from engine.resample.samplers import (
    COUNTS,
    NO_YES,
    RATIO_UNDER,
    Parameter,
    Sampler,
    choice,
    number,
    whole,
)

NEAREST = whole(
    "n_neighbors",
    3,
    1,
    50,
    "more neighbours judge a row, so more rows are contradicted and dropped",
    tries=(3, 5, 10),
)
KIND_SEL = choice(
    "kind_sel",
    ("all", "mode"),
    "all: one neighbour of another class drops a row; mode: most of them must",
    tries=("all", "mode"),
)


def _seeds(effect: str) -> Parameter:
    """Return the number of majority rows that a condensing sampler starts from."""
    return whole("seeds", 1, 1, 1_000, effect, tries=(1, 10, 50), sets="n_seeds_S")


_CENTRES = (
    "where kept rows come from; soft: centres of clusters, which no file held; hard: "
    "the real row nearest to each; auto: soft"
)

UNDER: tuple[Sampler, ...] = (
    Sampler(
        "random-under",
        "random undersampling",
        "imblearn.under_sampling.RandomUnderSampler",
        "under",
        "Drops majority rows at random until the classes are balanced.",
        (
            RATIO_UNDER,
            COUNTS,
            choice(
                "replacement",
                NO_YES,
                "yes: a majority row that is kept may be kept more than once",
            ),
        ),
        when="There are more majority rows than time, or as the yardstick of every "
        "other under-sampler.",
        when_not="The minority has a few dozen rows: down to their number, most of "
        "what is known of the majority is lost.",
    ),
    Sampler(
        "cluster-centroids",
        "cluster centroids",
        "imblearn.under_sampling.ClusterCentroids",
        "under",
        "Puts the centres of k-means clusters in the place of the majority rows.",
        (
            RATIO_UNDER,
            COUNTS,
            choice(
                "voting", ("auto", "hard", "soft"), _CENTRES, tries=("hard", "soft")
            ),
        ),
        source="Yen and Lee 2009, doi:10.1016/j.eswa.2008.06.108",
        dear=True,
        when="The majority lies in compact groups that a few rows can stand for.",
        when_not="Columns are categories (a centre has none), or there are more than "
        "some ten thousand rows: as many clusters are sought as rows are kept.",
    ),
    Sampler(
        "instance-hardness",
        "instance hardness threshold",
        "imblearn.under_sampling.InstanceHardnessThreshold",
        "under",
        "Drops the majority rows that a cross-validated random forest finds hardest.",
        (
            RATIO_UNDER,
            COUNTS,
            whole(
                "folds",
                5,
                2,
                20,
                "the forest that judges a row has seen more of the others; slower",
                tries=(3, 5, 10),
                sets="cv",
            ),
        ),
        source="Smith, Martinez and Giraud-Carrier 2014, doi:10.1007/s10994-013-5422-z",
        dear=True,
        when="Many majority rows are thought to be mislabelled.",
        when_not="Time counts (a minute for 40,000 rows), or the ratio must be met: "
        "rows that are equally hard stay together, so it may keep more than asked.",
    ),
    Sampler(
        "near-miss",
        "NearMiss",
        "imblearn.under_sampling.NearMiss",
        "under",
        "Keeps the majority rows that are nearest to minority rows.",
        (
            RATIO_UNDER,
            COUNTS,
            choice(
                "version",
                ("1", "2", "3"),
                "1: near to their nearest minority rows; 2: near to the farthest ones; "
                "3: around each minority row, those farthest from others",
                tries=("1", "2", "3"),
            ),
            whole(
                "n_neighbors",
                3,
                1,
                50,
                "nearness is judged by the mean distance to more minority rows",
                tries=(3, 5, 10),
            ),
            whole(
                "n_neighbors_ver3",
                3,
                1,
                50,
                "version 3 chooses among more majority rows around each minority row",
            ),
        ),
        "n_neighbors",
        source="Mani and Zhang 2003, ICML workshop on learning from imbalanced data",
        when="The border alone matters, and is clean.",
        when_not="The classes overlap or labels are noisy: it keeps the majority rows "
        "that look most like the minority. Version 2 is slow and takes much memory.",
        beyond=0,
    ),
)

_ONE_NEAREST = NEAREST._replace(
    default=1,
    effect="more kept rows vote on a row, so fewer rows are needed to tell the rest",
    tries=(1, 3, 5),
)

CLEANING: tuple[Sampler, ...] = (
    Sampler(
        "condensed",
        "condensed nearest neighbours",
        "imblearn.under_sampling.CondensedNearestNeighbour",
        "under",
        "Keeps the majority rows that the kept rows get wrong, and drops the rest.",
        (
            _ONE_NEAREST,
            _seeds("starts from more majority rows that are kept whatever they are"),
        ),
        source="Hart 1968, doi:10.1109/TIT.1968.1054155",
        dear=True,
        when="A table of some thousand rows, of which a small one should be left that "
        "a nearest neighbour judges alike.",
        when_not="There are more than 10,000 rows (it does not come to an end), or the "
        "classes are apart: then it leaves one majority row.",
    ),
    Sampler(
        "enn",
        "edited nearest neighbours",
        "imblearn.under_sampling.EditedNearestNeighbours",
        "under",
        "Drops majority rows that their neighbours contradict.",
        (NEAREST, KIND_SEL),
        source="Wilson 1972, doi:10.1109/TSMC.1972.4309137",
        dear=True,
        when="Behind an over-sampler, or where majority rows inside the minority are "
        "thought to be noise.",
        when_not="The classes should become balanced: it drops a few rows and no more. "
        "Of classes of about equal size that overlap, it drops nearly one.",
    ),
    Sampler(
        "repeated-enn",
        "repeated edited nearest neighbours",
        "imblearn.under_sampling.RepeatedEditedNearestNeighbours",
        "under",
        "Drops contradicted majority rows again and again, until none is left.",
        (
            NEAREST,
            KIND_SEL,
            whole(
                "max_iter",
                100,
                1,
                1000,
                "more rounds of dropping, if there is still something to drop",
            ),
        ),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309523",
        dear=True,
        when="One pass of enn leaves majority rows that contradict each other still.",
        when_not="The classes overlap much, or time counts: each round costs as much "
        "as enn does.",
    ),
    Sampler(
        "all-knn",
        "All-KNN",
        "imblearn.under_sampling.AllKNN",
        "under",
        "Drops majority rows that 1, then 2, then 3 neighbours contradict.",
        (
            NEAREST,
            KIND_SEL,
            choice(
                "allow_minority",
                NO_YES,
                "yes: goes on even if the majority becomes the smaller class",
            ),
        ),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309523",
        dear=True,
        when="The majority should be cleaned more deeply than by enn, near rows first.",
        when_not="The classes overlap much: more rows go than with enn, at more than "
        "twice the time.",
    ),
    Sampler(
        "neighbourhood-cleaning",
        "neighbourhood cleaning rule",
        "imblearn.under_sampling.NeighbourhoodCleaningRule",
        "under",
        "Drops contradicted majority rows, and those that outvote a minority row.",
        (
            NEAREST,
            number(
                "threshold_cleaning",
                0.5,
                0.01,
                100.0,
                "the majority is cleaned around minority rows only if it has more "
                "than so many rows for each of theirs",
            ),
        ),
        source="Laurikkala 2001, doi:10.1007/3-540-48229-6_9",
        dear=True,
        when="Minority rows should be freed of the majority rows around them, and "
        "none of theirs be lost.",
        when_not="The classes should become balanced: it only cleans.",
    ),
    Sampler(
        "one-sided-selection",
        "one-sided selection",
        "imblearn.under_sampling.OneSidedSelection",
        "under",
        "Drops majority rows that are far from the border, and those of Tomek links.",
        (
            _ONE_NEAREST,
            _seeds("starts from more majority rows, so more of the others are dropped"),
        ),
        source="Kubat and Matwin 1997, ICML, pages 179-186",
        dear=True,
        when="Most majority rows are far from the minority and say little.",
        when_not="The classes are apart (it leaves one majority row then), or the "
        "first rows drawn are odd: what is kept hangs on them.",
    ),
    Sampler(
        "tomek-links",
        "Tomek links",
        "imblearn.under_sampling.TomekLinks",
        "under",
        "Drops the majority row of two rows that are each other's nearest.",
        (),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309452",
        dear=True,
        when="The border should be cleared by as few rows as possible.",
        when_not="The classes should become balanced: it drops a handful of rows.",
    ),
)
