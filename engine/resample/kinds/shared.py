"""Parameters that several samplers have in common. Light."""

from __future__ import annotations

from engine.resample.kinds.parts import FAST, Parameter

__all__ = [
    "COUNTS",
    "KIND_SEL",
    "NEAREST",
    "NEIGHBORS",
    "NEIGHBORS_VARIANT",
    "RATIO",
    "RATIO_UNDER",
    "in_danger",
    "seeds",
]

_RATIOS = (0.1, 0.25, 0.5, 1.0)

RATIO = Parameter(
    "ratio",
    "number",
    1.0,
    0.0001,
    1.0,
    "minority rows for each majority row afterwards: more are added; 1 is balanced",
    tries=_RATIOS,
)
RATIO_UNDER = RATIO._replace(
    effect="minority rows for each majority row afterwards: more majority rows are "
    "dropped; 1 is balanced"
)
COUNTS = Parameter(
    "counts",
    "counts",
    "",
    None,
    None,
    "rows per class afterwards, as LABEL=N/LABEL=N, instead of a ratio",
)
NEIGHBORS = Parameter(
    "k_neighbors",
    "integer",
    5,
    1,
    50,
    "synthetic rows reach further away from the rows they come from",
    tries=(3, 5, 10),
)
NEAREST = Parameter(
    "n_neighbors",
    "integer",
    3,
    1,
    50,
    "more neighbours judge a row, so more rows are contradicted and dropped",
    tries=(3, 5, 10),
)
KIND_SEL = Parameter(
    "kind_sel",
    "choice",
    "all",
    None,
    None,
    "all: one neighbour of another class drops a row; mode: most of them must",
    ("all", "mode"),
    ("all", "mode"),
)
NEIGHBORS_VARIANT = Parameter(
    "variant",
    "choice",
    "exact",
    None,
    None,
    "fast: neighbours that are about the nearest; other rows here and there",
    ("exact", FAST),
)


def in_danger(effect: str) -> Parameter:
    """Return the number of rows that tell noise, danger and safety apart."""
    return Parameter("m_neighbors", "integer", 10, 1, 100, effect, tries=(5, 10, 20))


def seeds(effect: str) -> Parameter:
    """Return the number of majority rows that a condensing sampler starts from."""
    return Parameter(
        "seeds", "integer", 1, 1, 1_000, effect, tries=(1, 10, 50), sets="n_seeds_S"
    )
