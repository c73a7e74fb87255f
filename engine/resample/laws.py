"""How every sampler grows, as measured: the table behind `engine.resample.cost`.

One core, 20 columns of noise, 1.8 % positives. Stock samplers of imbalanced-learn
0.14 as they come; the cleaners with our own search of neighbours, exact and fast.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["MODELS", "REFERENCE", "Law", "Model", "Reference", "Term"]


class Reference(NamedTuple):
    """The table that a law's seconds are given for."""

    rows: int
    minority: int
    features: int


REFERENCE = Reference(43_000, 774, 20)


class Term(NamedTuple):
    """Seconds at the reference, and the exponents they grow with."""

    seconds: float
    rows: float = 1.0
    minority: float = 0.0
    features: float = 1.0


class Law(NamedTuple):
    """Seconds and bytes of a sampler.

    Attributes
    ----------
    terms : tuple of Term
        Their sum, and `fixed`, are the seconds.
    fixed : float
        Seconds that any table takes.
    cell : float
        Bytes for each cell of the larger one of the tables before and after.
    pair : float
        Bytes for each pair of a row and a minority row.
    base : int
        Bytes that any table takes.
    """

    terms: tuple[Term, ...]
    fixed: float = 0.004
    cell: float = 9.0
    pair: float = 0.0
    base: int = 0

    @property
    def exponent(self) -> float:
        """The power of the rows that seconds end up growing with, classes in step."""
        return max(term.rows + term.minority for term in self.terms)

    def seconds(self, rows: int, minority: int, features: int) -> float:
        """Return the seconds for a table."""
        by_rows = rows / REFERENCE.rows
        by_minority = minority / REFERENCE.minority
        by_features = features / REFERENCE.features
        return self.fixed + sum(
            term.seconds
            * float(by_rows**term.rows)
            * float(by_minority**term.minority)
            * float(by_features**term.features)
            for term in self.terms
        )

    def bytes(self, rows: int, minority: int, features: int) -> int:
        """Return the bytes for a table."""
        cells = self.cell * rows * features
        return round(self.base + cells + self.pair * rows * minority)


class Model(NamedTuple):
    """All that was measured of a sampler.

    Attributes
    ----------
    kind : {"over", "under", "clean", "combined"}
        What becomes of the number of rows.
    law : Law
        As it runs here: with the exact search of ours where there is one.
    stock : tuple of (int, float)
        Rows and seconds measured of imbalanced-learn's own; an infinite value was
        given up.
    ours : tuple of (int, float)
        The same of `law`, where it is not the stock sampler's.
    fast : Law or None
        The fast variant's.
    faster : tuple of (int, float)
        What was measured of that.
    own : Law or None
        The stock sampler's, where `law` is not.
    """

    kind: Literal["over", "under", "clean", "combined"]
    law: Law
    stock: tuple[tuple[int, float], ...]
    ours: tuple[tuple[int, float], ...] = ()
    fast: Law | None = None
    faster: tuple[tuple[int, float], ...] = ()
    own: Law | None = None


def _points(*seconds: float) -> tuple[tuple[int, float], ...]:
    sizes = (5_000, 20_000, 43_000, 200_000, 1_000_000)
    return tuple(zip(sizes, seconds, strict=False))


_AGAIN = 0.5
"""Distances to all rows cost little more with more columns: most is bookkeeping."""


def _stock(seconds: float, cell: float) -> Law:
    return Law((Term(seconds, 2.0, 0.0, _AGAIN),), fixed=0.03, cell=cell)


def _exact(seconds: float) -> Law:
    # Of all pairs or of the leaves of a tree, whichever is less, and never more.
    return Law((Term(seconds, 2.0, 0.0, 0.6),), fixed=0.03, cell=48.0)


def _fast(seconds: float) -> Law:
    return Law((Term(seconds, 2.0, 0.0, 0.6),), fixed=0.02, cell=44.0)


MODELS: dict[str, Model] = {
    "random-over": Model(
        "over",
        Law((Term(0.012, 1.15),), fixed=0.003),
        _points(0.00315, 0.00874, 0.0132, 0.153, 0.437),
    ),
    "smote": Model(
        "over",
        Law((Term(0.02), Term(0.003, 0.0, 2.0)), fixed=0.003),
        _points(0.00494, 0.0143, 0.0242, 0.109, 1.84),
    ),
    "smotenc": Model(
        "over",
        Law((Term(1.9, 1.08),), fixed=0.02, cell=75.0),
        _points(0.237, 0.896, 1.94, 10.3, 66.6),
    ),
    "smoten": Model(
        "over",
        Law((Term(0.757, 0.65, 1.0),), fixed=0.02, cell=57.0),
        _points(0.0433, 0.191, 0.757, 9.69),
    ),
    "borderline-1": Model(
        "over",
        Law((Term(0.11, 1.0, 1.0),), fixed=0.008),
        _points(0.0154, 0.0346, 0.128, 2.48, 53.9),
    ),
    "borderline-2": Model(
        "over",
        Law((Term(0.145, 1.0, 1.0),), fixed=0.008),
        _points(0.00906, 0.0477, 0.177, 3.38, 71.1),
    ),
    "svm-smote": Model(
        "over",
        Law((Term(6.0, 1.4, 1.0),), fixed=0.005, base=200_000_000),
        _points(0.0644, 0.573, 3.0, 93.8),
        fast=Law((Term(0.06), Term(0.12, 1.0, 1.0)), fixed=0.006),
        faster=_points(0.011, 0.053, 0.192, 3.789),
    ),
    "kmeans-smote": Model(
        "over",
        Law((Term(0.12), Term(0.012, 0.0, 2.0)), fixed=0.02, cell=12.0),
        _points(0.0277, 0.071, 0.166, 0.868, 9.74),
    ),
    "adasyn": Model(
        "over",
        Law((Term(0.105, 1.0, 1.0),), fixed=0.005, cell=12.6),
        _points(0.00671, 0.0355, 0.118, 2.36, 54.4),
    ),
    "smote-enn": Model(
        "combined",
        _exact(4.0),
        _points(0.326, 4.66, 19.6),
        _points(0.18, 1.518, 5.835),
        _fast(1.0),
        _points(0.06, 0.334, 0.878, 44.206),
        _stock(19.6, 25.0),
    ),
    "smote-tomek": Model(
        "combined",
        _exact(3.5),
        _points(0.277, 4.27, 19.6),
        _points(0.119, 1.399, 5.479),
        _fast(0.9),
        _points(0.046, 0.247, 1.15, 34.81),
        _stock(19.6, 23.0),
    ),
    "random-under": Model(
        "under",
        Law((Term(0.0055),), fixed=0.001, cell=4.0),
        _points(0.00152, 0.00339, 0.00639, 0.0263, 0.134),
    ),
    "enn": Model(
        "clean",
        _exact(1.2),
        _points(0.109, 1.13, 4.95),
        _points(0.055, 0.441, 1.81),
        _fast(0.45),
        _points(0.03, 0.184, 0.519, 16.404),
        _stock(4.95, 17.0),
    ),
    "repeated-enn": Model(
        "clean",
        _exact(5.5),
        _points(0.212, 5.36, 20.5),
        _points(0.258, 2.212, 8.348),
        own=_stock(20.5, 27.0),
    ),
    "all-knn": Model(
        "clean",
        _exact(3.0),
        _points(0.232, 3.54, 16.3),
        _points(0.148, 1.309, 5.101),
        _fast(1.2),
        _points(0.084, 0.5, 1.475, 43.937),
        _stock(16.3, 27.0),
    ),
    "condensed": Model(
        "clean",
        Law((Term(776.0, 2.75),), cell=20.0),
        _points(2.09, float("inf")),
    ),
    "neighbourhood-cleaning": Model(
        "clean",
        _exact(1.3),
        _points(0.0801, 1.18, 5.5),
        _points(0.059, 0.51, 1.847),
        _fast(0.5),
        _points(0.041, 0.213, 0.592, 18.038),
        _stock(5.5, 24.0),
    ),
    "one-sided-selection": Model(
        "clean", _stock(5.35, 28.0), _points(0.068, 1.18, 5.35)
    ),
    "tomek-links": Model(
        "clean",
        _exact(1.0),
        _points(0.075, 1.14, 5.34),
        _points(0.046, 0.43, 1.637),
        _fast(0.35),
        _points(0.026, 0.152, 0.426, 13.176),
        _stock(5.34, 8.0),
    ),
    "near-miss-1": Model(
        "under",
        Law((Term(0.11, 1.0, 1.0),), fixed=0.005, cell=4.6),
        _points(0.00753, 0.0467, 0.14, 2.28, 51.8),
    ),
    "near-miss-2": Model(
        "under",
        Law((Term(3.39, 1.28, 1.2),), fixed=0.01, cell=4.0, pair=16.0),
        _points(0.0254, 0.508, 3.39),
    ),
    "near-miss-3": Model(
        "under",
        Law((Term(0.115, 1.0, 1.0),), fixed=0.005, cell=4.0),
        _points(0.00619, 0.056, 0.157, 2.39, 52.3),
    ),
    "cluster-centroids": Model(
        "under",
        Law((Term(4.74, 1.25, 1.0),), cell=23.0),
        _points(0.0416, 0.845, 4.74),
    ),
    "instance-hardness": Model(
        "under",
        Law((Term(74.0, 1.2, 0.0, _AGAIN),), fixed=0.3, cell=30.0),
        _points(5.53, 29.8, 74.0),
    ),
}
"""By what `Sampler.law_of` returns: several of a sampler that comes in kinds."""
