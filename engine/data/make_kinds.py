"""What can be made up: shapes, and the parameters of each with range and effect.

Light on purpose, as the front ends show all of this before anything is drawn.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.errors import DataError

__all__ = ["KINDS", "Kind", "Param", "Value", "find", "written"]

Value: TypeAlias = float | int


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a made-up table.

    Parameters
    ----------
    name : str
        As a source says it: ``noise`` of ``make:moons?noise=0.2``.
    low, high, default : float or int
        What may be given, both ends included, and what is taken if nothing is.
    stops : tuple of float or int
        Values that a slider stops at, growing; none if every whole number will do.
    effect : str
        What more of it does to the table, in plain words.
    whole : bool, default=False
        Whether it must be a whole number.
    """

    name: str
    low: Value
    high: Value
    default: Value
    stops: tuple[Value, ...]
    effect: str
    whole: bool = False

    def read(self, given: str | Value, kind: str) -> Value:
        """Return what was given as a number of this parameter.

        Parameters
        ----------
        given : str, float or int
            A number, perhaps as text.
        kind : str
            Whose parameter it is, to say so.

        Returns
        -------
        float or int

        Raises
        ------
        DataError
            If it is no number, not whole where it must be, or out of range.

        Examples
        --------
        >>> find("moons").param("rows").read("2e3", "moons")
        2000
        """
        try:
            value = float(given)
        except ValueError:
            value = float("nan")
        if not self.low <= value <= self.high:  # which NaN is not
            raise self._refused(given, kind)
        if not self.whole:
            return value
        if not value.is_integer():
            raise self._refused(given, kind)
        return int(value)

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        kind = "whole numbers" if self.whole else "numbers"
        low, high = (f"{end:,}".removesuffix(".0") for end in (self.low, self.high))
        return f"{kind} from {low} to {high}"

    def _refused(self, given: object, kind: str) -> DataError:
        return DataError(
            f"{self.name} of make:{kind} is {given!r}, and takes {self.allowed}",
            f"write {self.name}={written(self.default)}, for example",
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One shape: what it looks like, and its parameters."""

    name: str
    title: str
    description: str
    params: tuple[Param, ...]

    def param(self, name: str) -> Param:
        """Return a parameter by its name.

        Raises
        ------
        DataError
            If there is none; the remedy names the nearest, or all of them.
        """
        for param in self.params:
            if param.name == name:
                return param
        names = [param.name for param in self.params]
        raise DataError(
            f"make:{self.name} has no parameter {name!r}", _near(name, names)
        )


def find(name: str) -> Kind:
    """Look a kind up by its name.

    Parameters
    ----------
    name : str
        As in `KINDS`.

    Returns
    -------
    Kind

    Raises
    ------
    DataError
        If there is none; the remedy names the nearest, or all of them.

    Examples
    --------
    >>> find("moons").title
    'Two interleaving half circles'
    """
    if name in KINDS:
        return KINDS[name]
    raise DataError(f"no kind of table is named {name!r}", _near(name, [*KINDS]))


def written(value: Value) -> str:
    """Write a number in its shortest exact form.

    Examples
    --------
    >>> written(10.0), written(0.2), written(1_000_000)
    ('10', '0.2', '1000000')
    """
    return repr(value).removesuffix(".0")


def _near(name: str, names: list[str]) -> str:
    listed = ", ".join(names)
    near = difflib.get_close_matches(name.lower(), names, n=1)
    return f"did you mean {near[0]!r}? There are {listed}" if near else f"use {listed}"


def _steps(count: int, step: float) -> tuple[float, ...]:
    return tuple(round(n * step, 2) for n in range(count + 1))


_ROWS: Final = Param(
    "rows",
    20,
    1_000_000,
    2_000,
    tuple(digit * 10**power for power in range(1, 6) for digit in (2, 3, 5, 10)),
    "Rows in all classes together. The fewer, the more luck decides a comparison.",
    whole=True,
)
_RATIO: Final = Param(
    "ratio",
    1.0,
    1_000.0,
    10.0,
    (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1_000.0),
    "Rows of the largest class for each row of the smallest (make_imbalance). "
    "Classes between them shrink by equal factors.",
)
_CLASSES: Final = Param(
    "classes",
    2,
    10,
    2,
    tuple(range(2, 11)),
    "Number of classes; 0 is the largest, the last one the smallest.",
    whole=True,
)
_SEED: Final = Param(
    "seed",
    0,
    2**32 - 1,
    42,
    (),
    "Which draw it is: the same seed gives the same table, another seed another.",
    whole=True,
)


def _noise(high: float, default: float, stops: tuple[float, ...], say: str) -> Param:
    return Param("noise", stops[0], high, default, stops, say)


def _overlap(say: str) -> Param:
    return Param("overlap", 0.0, 1.0, 0.5, _steps(20, 0.05), say)


def _features(high: int, default: int, say: str) -> Param:
    stops = (2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100)
    return Param(
        "features", 2, high, default, tuple(s for s in stops if s <= high), say, True
    )


_SPREAD_OF_POINTS: Final = (
    "Standard deviation of each point around its place. More blurs the border "
    "between the classes."
)

_ALL: Final = (
    Kind(
        "moons",
        "Two interleaving half circles",
        "make_moons: no straight line parts them. Two features.",
        (
            _ROWS,
            _RATIO,
            _noise(1.0, 0.2, _steps(20, 0.05), _SPREAD_OF_POINTS),
            _overlap(
                "Pushes one moon into the other. 0 sets them apart, 0.5 is "
                "scikit-learn's place, at 1 they touch at both ends."
            ),
            _SEED,
        ),
    ),
    Kind(
        "blobs",
        "Round clouds of points",
        "make_blobs: a normal cloud per class, around centres that the seed draws.",
        (
            _ROWS,
            _RATIO,
            _CLASSES,
            _features(50, 2, "Number of columns; in all of them the clouds differ."),
            _noise(
                10.0,
                2.0,
                (0.1, *_steps(20, 0.5)[1:]),
                "Standard deviation of each cloud. More lets the clouds run into "
                "each other.",
            ),
            _overlap(
                "Draws the centres together: they lie in a box of half-width "
                "14 × (1 − overlap). At 1 all clouds have one centre."
            ),
            _SEED,
        ),
    ),
    Kind(
        "circles",
        "A ring around a smaller one",
        "make_circles: class 1 is the inner ring. Two features.",
        (
            _ROWS,
            _RATIO,
            _noise(1.0, 0.1, _steps(20, 0.05), _SPREAD_OF_POINTS),
            _overlap(
                "Radius of the inner ring as a share of the outer one's: 0 is a "
                "point in the middle, 1 the outer ring itself."
            ),
            _SEED,
        ),
    ),
    Kind(
        "classification",
        "Clusters at the corners of a cube",
        "make_classification: the first columns tell the classes, the rest nothing.",
        (
            _ROWS,
            _RATIO,
            _CLASSES,
            _features(100, 10, "Number of columns, those of noise included."),
            Param(
                "informative",
                1,
                30,
                4,
                (1, 2, 3, 4, 5, 7, 10, 15, 20, 30),
                "Columns that tell the classes: feature1 and on. All others are noise.",
                True,
            ),
            Param(
                "clusters",
                1,
                8,
                2,
                tuple(range(1, 9)),
                "Clusters of each class. More of them scatter a rare class thinly.",
                True,
            ),
            _noise(
                0.5,
                0.01,
                (0.0, 0.01, 0.02, *_steps(10, 0.05)[1:]),
                "Share of rows of each class whose label is drawn at random. What is "
                "mislabelled cannot be learnt.",
            ),
            _overlap(
                "Draws the corners of the cube together: class_sep is "
                "2 × (1 − overlap), 0.5 is scikit-learn's own."
            ),
            _SEED,
        ),
    ),
)

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _ALL}
"""Every kind, by its name."""
