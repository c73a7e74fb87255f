"""Samplers that drop the majority rows they object to, as many as there are. Light."""

from __future__ import annotations

from engine.resample.kinds.parts import NO_YES, Parameter, Sampler
from engine.resample.kinds.shared import KIND_SEL, NEAREST, NEIGHBORS_VARIANT, seeds

__all__ = ["CLEANING"]

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
            seeds("starts from more majority rows that are kept whatever they are"),
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
        (NEAREST, KIND_SEL, NEIGHBORS_VARIANT),
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
            Parameter(
                "allow_minority",
                "choice",
                "no",
                None,
                None,
                "yes: goes on even if the majority becomes the smaller class",
                NO_YES,
            ),
            NEIGHBORS_VARIANT,
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
            Parameter(
                "threshold_cleaning",
                "number",
                0.5,
                0.01,
                100.0,
                "the majority is cleaned around minority rows only if it has more "
                "than so many rows for each of theirs",
            ),
            NEIGHBORS_VARIANT,
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
            seeds("starts from more majority rows, so more of the others are dropped"),
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
        (NEIGHBORS_VARIANT,),
        source="Tomek 1976, doi:10.1109/TSMC.1976.4309452",
        dear=True,
        when="The border should be cleared by as few rows as possible.",
        when_not="The classes should become balanced: it drops a handful of rows.",
    ),
)
