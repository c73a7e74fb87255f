"""Samplers that add minority rows and clean afterwards. Light."""

from __future__ import annotations

from engine.resample.kinds.parts import Parameter, Sampler
from engine.resample.kinds.shared import (
    COUNTS,
    KIND_SEL,
    NEAREST,
    NEIGHBORS,
    NEIGHBORS_VARIANT,
    RATIO,
)

__all__ = ["COMBINED"]

_CLEANS = Parameter(
    "cleans",
    "choice",
    "all",
    None,
    None,
    "all: rows of every class can be dropped; auto: of every class but the smallest "
    "after SMOTE, which among equally large ones is the first",
    ("all", "auto"),
    ("all", "auto"),
)

COMBINED: tuple[Sampler, ...] = (
    Sampler(
        "smote-enn",
        "SMOTE-ENN",
        "imblearn.combine.SMOTEENN",
        "combined",
        "SMOTE, then drops every row that its neighbours contradict.",
        (RATIO, COUNTS, NEIGHBORS, NEAREST, KIND_SEL, _CLEANS, NEIGHBORS_VARIANT),
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
        (RATIO, COUNTS, NEIGHBORS, _CLEANS, NEIGHBORS_VARIANT),
        "k_neighbors",
        "Batista, Bazzan and Monard 2003, WOB, pages 10-18",
        dear=True,
        when="As smote, with the border cleared of pairs that sit on each other.",
        when_not="Time counts: it drops a handful of rows, and takes two hundred times "
        "as long as smote does.",
    ),
)
