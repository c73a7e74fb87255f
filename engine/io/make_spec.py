"""Made-up tables: what there is to choose, and the source ``make:…`` that says it.

Light on purpose: one table of parameters feeds the source, the command line, the
screen and the checks; `engine.data.synthetic` draws what they say.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from engine.core.errors import DataError
from engine.core.format import check_known

Value: TypeAlias = float | int

SCHEME: Final = "make:"
TARGET: Final = "label"
"""The target column of every made-up table; its labels are 0, 1 and on."""
MOST_CELLS: Final = 40_000_000
"""Numbers that are drawn for one table at most; some 320 MB."""
LEAST_ROWS: Final = 2
"""Rows that the smallest class keeps at least."""
_NEEDED: Final = ((385, 247, 1797), (385, 493, 3593))


class Param(NamedTuple):
    """A parameter: its range, what a slider stops at, and what more of it does."""

    default: Value
    stops: tuple[Value, ...]
    effect: str
    high: Value = 1.0
    low: Value = 0.0

    @property
    def whole(self) -> bool:
        """Whether it is a whole number."""
        return isinstance(self.default, int)

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        kind = "whole numbers" if self.whole else "numbers"
        low, high = (f"{end:,}".removesuffix(".0") for end in (self.low, self.high))
        return f"{kind} from {low} to {high}"


class DatasetShape(NamedTuple):
    """A shape: what it looks like, and its parameters by name."""

    title: str
    description: str
    params: dict[str, Param]


def _param(
    stops: Sequence[Value] = (), *, steps: Sequence[Value] = (), **own: Any
) -> Param:
    if steps:
        stops = [round(n * steps[1], 2) for n in range(int(steps[0]) + 1)]
    return Param(stops=tuple(stops), **own)


_ENTRIES: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_FIRST: Final = _ENTRIES.pop("every")
_LAST: Final = {"seed": _FIRST.pop("seed")}
for _entry in _ENTRIES.values():
    _params = _FIRST | _entry["params"] | _LAST
    _entry["params"] = {name: _param(**own) for name, own in _params.items()}
KINDS: Final = {name: DatasetShape(**entry) for name, entry in _ENTRIES.items()}
"""Every kind, by its name."""


class Make(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up table, checked; `make` and `parse` fill in defaults.

    Examples
    --------
    >>> make("moons", rows=2750).counts
    {'0': 2500, '1': 250}
    """

    kind: str
    rows: int
    ratio: float
    seed: int
    noise: float = 0.0
    overlap: float = 0.0
    classes: int = 2
    features: int = 2
    scenario: int = 0

    def __post_init__(self) -> None:
        label, least = [*self.counts.items()][-1]
        if least < LEAST_ROWS:
            raise DataError(
                f"{self.rows:,} rows at {written(self.ratio)}:1 leave {least} for "
                f"class {label}, and it needs {LEAST_ROWS}",
                "take more rows or a smaller ratio",
            )
        if self.counts["0"] * self.classes * self.features > MOST_CELLS:
            raise DataError(
                f"{self.rows:,} rows of {self.features} features in {self.classes} "
                f"classes are more than the {MOST_CELLS:,} numbers that are drawn",
                "take fewer rows or fewer features",
            )

    @property
    def shape(self) -> DatasetShape:
        """Its kind, with the parameters that it has."""
        return KINDS[self.kind]

    @property
    def values(self) -> dict[str, Value]:
        """The parameters of its kind, in their order."""
        return {name: getattr(self, name) for name in self.shape.params}

    @property
    def source(self) -> str:
        """The one text for this table, with every parameter of its kind.

        Examples
        --------
        >>> make("moons").source
        'make:moons?rows=2000&ratio=10&noise=0.2&overlap=0.5&seed=42'
        """
        pairs = (f"{name}={written(value)}" for name, value in self.values.items())
        return f"{SCHEME}{self.kind}?{'&'.join(pairs)}"

    @property
    def counts(self) -> dict[str, int]:
        """Rows by class label; between the first and the last, by equal factors."""
        shares = [self.ratio ** (-n / (self.classes - 1)) for n in range(self.classes)]
        rest = [round(self.rows * share / sum(shares)) for share in shares[1:]]
        counts = [self.rows - sum(rest), *rest]
        return {str(label): count for label, count in enumerate(counts)}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its features."""
        return tuple(f"feature{n + 1}" for n in range(self.features))


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
        A name in `KINDS`.
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
    check_known(kind, KINDS, f"no kind of table is named {kind!r}", "kinds")
    values = {name: param.default for name, param in KINDS[kind].params.items()}
    asked = {**(given or {}), **more}.items()
    values |= (read := {name: _read(kind, name, value) for name, value in asked})
    if "scenario" in values:
        values |= _of_scenario(int(values["scenario"])) | read
    return msgspec.convert({"kind": kind, **values}, Make)


def _of_scenario(number: int) -> dict[str, Value]:
    """Return what a scenario of Carriero et al. sets: features, ratio and rows.

    `_NEEDED` has the rows that a model with that many features needs where so many
    rows are positive (Riley et al. 2019, as their simulation rounds them).
    """
    place, share = divmod(number - 1, 3)
    group, size = divmod(place, 3)
    rows = math.ceil(_NEEDED[group][share] * (0.5, 1, 2)[size])
    return {"features": 8 * (group + 1), "ratio": (1.0, 4.0, 49.0)[share], "rows": rows}


def parse(source: str, instead: Mapping[str, str | Value] | None = None) -> Make:
    """Read a source: ``make:KIND``, or ``make:KIND?name=number&name=number…``.

    Parameters
    ----------
    source : str
    instead : mapping of str to (str, float or int) or None, default=None
        Parameters that take the place of those in the source.

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
        given[name] = value
    return make(kind, {**given, **(instead or {})})


def change(old: Make, name: str, value: str | Value) -> Make:
    """Return a table with one parameter changed, or of another ``kind``.

    Of another kind, it keeps the rows, the ratio, the overlap and the seed; where a
    scenario sets rows and ratio, these follow it.

    Raises
    ------
    DataError
        If that cannot be.

    Examples
    --------
    >>> change(make("blobs", rows=500), "kind", "moons").source
    'make:moons?rows=500&ratio=10&noise=0.2&overlap=0.5&seed=42'
    """
    if name == "kind":
        new = make(str(value)).values
        same = {"rows", "ratio", "seed", "overlap"} & old.values.keys() & new.keys()
        if "scenario" in new:
            same -= {"rows", "ratio"}
        return make(str(value), {key: old.values[key] for key in same})
    if name == "scenario":
        return make(old.kind, {name: value, "seed": old.seed})
    return msgspec.structs.replace(old, **{name: _read(old.kind, name, value)})


def written(value: Value) -> str:
    """Write a number in its shortest exact form.

    Examples
    --------
    >>> written(10.0), written(0.2), written(1_000_000)
    ('10', '0.2', '1000000')
    """
    return repr(value).removesuffix(".0")


def _read(kind: str, name: str, given: str | Value) -> Value:
    """Return what was given for a parameter of a kind as a number that it may be."""
    params = KINDS[kind].params
    problem = f"{SCHEME}{kind} has no parameter {name!r}"
    check_known(name, params, problem, "parameters")
    param = params[name]
    try:
        value = float(given)
    except ValueError:
        value = float("nan")
    # NaN is not in any range.
    if param.low <= value <= param.high and not (param.whole and value % 1):
        return int(value) if param.whole else value
    raise DataError(
        f"{name} of {SCHEME}{kind} is {given!r}, and takes {param.allowed}",
        f"write {name}={written(param.default)}, for example",
    )
