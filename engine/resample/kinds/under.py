"""Samplers that drop majority rows down to a number that is asked for. Light."""

from __future__ import annotations

from engine.resample.kinds.parts import NO_YES, Parameter, Sampler
from engine.resample.kinds.shared import COUNTS, RATIO_UNDER

__all__ = ["UNDER"]

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
            Parameter(
                "replacement",
                "choice",
                "no",
                None,
                None,
                "yes: a majority row that is kept may be kept more than once",
                NO_YES,
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
            Parameter(
                "voting",
                "choice",
                "auto",
                None,
                None,
                _CENTRES,
                ("auto", "hard", "soft"),
                ("hard", "soft"),
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
            Parameter(
                "folds",
                "integer",
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
            Parameter(
                "version",
                "choice",
                "1",
                None,
                None,
                "1: near to their nearest minority rows; 2: near to the farthest ones; "
                "3: around each minority row, those farthest from others",
                ("1", "2", "3"),
                ("1", "2", "3"),
            ),
            Parameter(
                "n_neighbors",
                "integer",
                3,
                1,
                50,
                "nearness is judged by the mean distance to more minority rows",
                tries=(3, 5, 10),
            ),
            Parameter(
                "n_neighbors_ver3",
                "integer",
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
        law="near-miss-{version}",
        beyond=0,
    ),
)
