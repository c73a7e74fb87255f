"""A made-up table as one frozen value, and as the source ``make:…`` that says it.

Light on purpose: `engine.data.made` draws it, this only says what is to be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.data.make_kinds import Kind, Value, find, written
from engine.errors import DataError

__all__ = [
    "MOST_CELLS",
    "SCHEME",
    "TARGET",
    "Make",
    "change",
    "is_made",
    "make",
    "parse",
]

SCHEME: Final = "make:"
TARGET: Final = "label"
"""The target column of every made-up table; its labels are 0, 1 and on."""
MOST_CELLS: Final = 40_000_000
"""Numbers that are drawn for one table at most; some 320 MB."""
LEAST_ROWS: Final = 2
"""Rows that the smallest class keeps at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """A made-up table; `make` and `parse` give what is not said its default.

    Parameters
    ----------
    kind : str
        A name in `engine.data.make_kinds.KINDS`.
    rows : int
        Rows of all classes together.
    ratio : float
        Rows of the largest class for each row of the smallest; classes between them
        shrink by equal factors.
    noise, overlap : float
        How blurred the classes are, and how near each other; see the kind's own
        parameters for what that is.
    seed : int
        Of the points, and of the rows that `make_imbalance` takes away.
    classes, features : int, default=2
        Number of classes and of columns before the target.
    informative, clusters : int
        For ``classification``: columns that tell the classes, clusters per class.

    Raises
    ------
    DataError
        If a number is out of its range, or the numbers do not go together.

    Examples
    --------
    >>> make("moons", rows=2750).counts
    {'0': 2500, '1': 250}
    """

    kind: str
    rows: int
    ratio: float
    noise: float
    overlap: float
    seed: int
    classes: int = 2
    features: int = 2
    informative: int = 2
    clusters: int = 1

    def __post_init__(self) -> None:
        for param in self.shape.params:
            param.read(getattr(self, param.name), self.kind)
        self._check()

    @property
    def shape(self) -> Kind:
        """Its kind, with the parameters that it has."""
        return find(self.kind)

    @property
    def values(self) -> dict[str, Value]:
        """The parameters of its kind, in their order."""
        return {param.name: getattr(self, param.name) for param in self.shape.params}

    @property
    def source(self) -> str:
        """The one text for this table, with every parameter of its kind.

        Examples
        --------
        >>> make("circles").source
        'make:circles?rows=2000&ratio=10&noise=0.1&overlap=0.5&seed=42'
        """
        said = "&".join(
            f"{name}={written(value)}" for name, value in self.values.items()
        )
        return f"{SCHEME}{self.kind}?{said}"

    @property
    def counts(self) -> dict[str, int]:
        """Rows by class label, the largest class first."""
        shares = [self.ratio ** (-n / (self.classes - 1)) for n in range(self.classes)]
        rest = [round(self.rows * share / sum(shares)) for share in shares[1:]]
        counts = [self.rows - sum(rest), *rest]
        return {str(label): count for label, count in enumerate(counts)}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its features."""
        return tuple(f"feature{n + 1}" for n in range(self.features))

    @property
    def pool(self) -> int:
        """Rows of each class that are drawn before `make_imbalance` takes some away."""
        return self.drawn(max(self.counts.values()))

    def drawn(self, largest: int) -> int:
        """Return the `pool` that gives every class so many rows."""
        if self.kind != "classification":
            return largest
        # Clusters divide a class unevenly, and random labels move rows between them:
        # by eight standard deviations, that is never too few.
        return (
            largest + self.clusters + math.ceil(8 * math.sqrt(2 * largest * self.noise))
        )

    def _check(self) -> None:
        label, least = [*self.counts.items()][-1]
        if least < LEAST_ROWS:
            raise DataError(
                f"{self.rows:,} rows at {written(self.ratio)}:1 leave {least} for "
                f"class {label}, and it needs {LEAST_ROWS}",
                "take more rows or a smaller ratio",
            )
        if self.informative > self.features:
            raise DataError(
                f"informative is {self.informative}, and there are only "
                f"{self.features} features",
                "take more features or fewer informative ones",
            )
        corners = 2**self.informative
        if self.kind == "classification" and self.classes * self.clusters > corners:
            raise DataError(
                f"{self.classes} classes of {self.clusters} clusters need more than "
                f"the {corners} corners of a cube in {self.informative} dimensions",
                "take more informative features, or fewer clusters",
            )
        if self.pool * self.classes * self.features > MOST_CELLS:
            raise DataError(
                f"{self.rows:,} rows of {self.features} features in {self.classes} "
                f"classes are more than the {MOST_CELLS:,} numbers that are drawn",
                "take fewer rows or fewer features",
            )


def is_made(source: object) -> bool:
    """Tell whether a source is a made-up table.

    Examples
    --------
    >>> is_made("make:moons"), is_made("moons.csv")
    (True, False)
    """
    return str(source).startswith(SCHEME)


def make(
    kind: str, given: Mapping[str, str | Value] | None = None, **more: Value
) -> Make:
    """Return a table of a kind, with defaults for what is not given.

    Parameters
    ----------
    kind : str
        A name in `engine.data.make_kinds.KINDS`.
    given, **more : mapping of str to (str, float or int)
        Parameters of that kind; numbers may be text.

    Returns
    -------
    Make

    Raises
    ------
    DataError
        If there is no such kind or parameter, or a number cannot be.

    Examples
    --------
    >>> make("blobs", rows=300, ratio=5, noise=3).counts
    {'0': 250, '1': 50}
    """
    shape = find(kind)
    said = {**(given or {}), **more}
    read = {name: shape.param(name).read(value, kind) for name, value in said.items()}
    values = {param.name: param.default for param in shape.params} | read
    return Make(kind=kind, **values)  # type: ignore[arg-type]


def parse(source: str) -> Make:
    """Read a source.

    Parameters
    ----------
    source : str
        ``make:KIND``, and after a question mark parameters as ``name=number``, parted
        by ``&``.

    Returns
    -------
    Make

    Raises
    ------
    DataError
        If it says no table that can be made.

    Examples
    --------
    >>> parse("make:moons?rows=2750&noise=0.5").source
    'make:moons?rows=2750&ratio=10&noise=0.5&overlap=0.5&seed=42'
    """
    kind, _, query = source.removeprefix(SCHEME).partition("?")
    shape = find(kind)
    given: dict[str, str | Value] = {}
    for part in filter(None, query.split("&")):
        name, sign, value = part.partition("=")
        if not sign:
            raise DataError(
                f"{part!r} in {source!r} is no parameter with its value",
                f"write it like {SCHEME}{kind}?rows=2000&ratio=10",
            )
        if name in given:
            raise DataError(f"{source!r} gives {name} twice", "give it once")
        given[shape.param(name).name] = value
    return make(kind, given)


def change(old: Make, name: str, value: str | Value) -> Make:
    """Return a table with one thing changed, and others where they must follow.

    Parameters
    ----------
    old : Make
    name : str
        A parameter of its kind, or ``kind``: then what both kinds have is kept, if
        the new one takes it.
    value : str, float or int
        The new value; a number may be text.

    Returns
    -------
    Make

    Raises
    ------
    DataError
        If that cannot be.

    Examples
    --------
    >>> change(make("blobs", rows=500), "kind", "moons").source
    'make:moons?rows=500&ratio=10&noise=0.2&overlap=0.5&seed=42'
    >>> change(make("classification", informative=4), "features", 3).informative
    3
    """
    if name == "kind":
        kept = ("rows", "ratio", "seed", "overlap")
        return make(str(value), {k: v for k, v in old.values.items() if k in kept})
    values = {**old.values, name: old.shape.param(name).read(value, old.kind)}
    if name == "features" and "informative" in values:
        values["informative"] = min(values["informative"], values["features"])
    return make(old.kind, values)
