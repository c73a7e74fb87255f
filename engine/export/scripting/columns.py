"""From a column as pandas reads it to what the run understood of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.export.scripting.words import literal

__all__ = ["Cleaned", "Step", "cleaned", "same"]

MOST_WORDS = 100
"""So many different texts at most are written down with what they mean."""


@dataclass(frozen=True)
class Step:
    """What is done to a column, or to several at once.

    Attributes
    ----------
    expression : str
        Code in which ``{0}`` stands for the column; without any text from data.
    of : callable
        The same, done.
    many : bool
        Whether the code also takes several columns.
    """

    expression: str
    of: Callable[[pd.Series], pd.Series]
    many: bool = False


@dataclass(frozen=True)
class Cleaned:
    """How a column is read.

    Attributes
    ----------
    absent : frozenset of str
        The texts that stand for a missing cell in it.
    known : frozenset of str
        All other texts in it.
    steps : tuple of Step
    wrong : str
        Why it cannot be read; empty if it can.
    """

    absent: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()
    wrong: str = ""


_FLOAT = Step("{0}.astype(float)", lambda s: s.astype(float), many=True)
_STRIP = Step("{0}.str.strip()", lambda s: s.str.strip())
_TEXT = Step("{0}.astype(str)", lambda s: s.astype(str), many=True)
_COMMA = Step(
    '{0}.str.replace(",", ".").astype(float)',
    lambda s: s.str.replace(",", ".").astype(float),
)


def _without(marks: str, comma: bool) -> Step:
    """Return a step that takes marks out of numbers, and may read a decimal comma."""
    code = f'{{0}}.str.replace({literal(marks)}, "", regex=True)'
    after = '.str.replace(",", ".").astype(float)' if comma else ".astype(float)"

    def done(series: pd.Series) -> pd.Series:
        bare = series.str.replace(marks, "", regex=True)
        return (bare.str.replace(",", ".") if comma else bare).astype(float)

    return Step(code + after, done)


def _moments(first: bool) -> tuple[str, Callable[[pd.Series], pd.Series]]:
    code = 'pd.to_datetime({0}, format="mixed", utc=True'
    code += ", dayfirst=True)" if first else ")"

    def done(series: pd.Series) -> pd.Series:
        found: pd.Series = pd.to_datetime(
            series, format="mixed", utc=True, dayfirst=first
        )
        return found

    return f"{code}.dt.tz_localize(None)", lambda s: done(s).dt.tz_localize(None)


def _dates() -> Iterator[Step]:
    for first in (False, True):
        code, done = _moments(first)
        yield Step(code, done)


def _days() -> Iterator[Step]:
    """Yield steps from dates to days since 1970, as a number."""

    def since(moments: Callable[[pd.Series], pd.Series]) -> Callable[..., pd.Series]:
        return lambda s: (moments(s) - pd.Timestamp(0)) / pd.Timedelta(1, "D")

    for one in _dates():
        code = f'({one.expression} - pd.Timestamp(0)) / pd.Timedelta(1, "D")'
        yield Step(code, since(one.of))


_NUMBERS = (
    _FLOAT,
    _COMMA,
    _without("[^0-9.eE+-]", False),
    _without("[^0-9,eE+-]", True),
)


def cleaned(raw: pd.Series, wanted: pd.Series) -> Cleaned:
    """Find out how a column comes to what is wanted.

    Parameters
    ----------
    raw : pandas.Series of shape (n_rows,)
        As pandas reads it.
    wanted : pandas.Series of shape (n_rows,)
        Numbers, moments or words, some missing.

    Returns
    -------
    Cleaned

    Examples
    --------
    >>> raw = pd.Series(["1", " ", "2.50"], dtype="str")
    >>> found = cleaned(raw, pd.Series([1.0, None, 2.5]))
    >>> sorted(found.absent), [step.expression for step in found.steps]
    ([' '], ['{0}.astype(float)'])
    """
    raw = raw.reset_index(drop=True)
    wanted = wanted.reset_index(drop=True)
    codes = pd.factorize(raw)[0]
    first = np.unique(codes, return_index=True)[1]
    # One cell for each different text; the same text must mean the same everywhere.
    cells = wanted.iloc[first].reset_index(drop=True)
    place = np.searchsorted(codes[first], codes)
    if not same(cells.iloc[place].reset_index(drop=True), wanted):
        return Cleaned(wrong="holds cells that mean one thing here and another there")
    found = raw.iloc[first].reset_index(drop=True)
    gone = cells.isna().to_numpy()
    if (found.isna().to_numpy() & ~gone).any():
        return Cleaned(wrong="is empty where the run had a value")
    absent = frozenset(str(t) for t in found[gone] if isinstance(t, str))
    present, values = found[~gone], cells[~gone]
    known = frozenset(str(t) for t in present if isinstance(t, str))
    lost = len(found[gone].dropna()) - len(absent)
    if lost:
        return Cleaned(wrong="holds values that the run read as missing")
    if present.empty or same(present, values):
        return Cleaned(absent, known)
    for step in _tried(values):
        try:
            done = step.of(present)
        except (ValueError, TypeError, AttributeError, OverflowError):
            continue
        if same(done, values):
            return Cleaned(absent, known, (step,))
    if known and len(known) == len(present) <= MOST_WORDS:
        return Cleaned(absent, known, (_meaning(present, values),))
    return Cleaned(wrong="is written in a way that pandas does not read")


def _tried(values: pd.Series) -> Iterator[Step]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        yield from _dates()
    elif pd.api.types.is_numeric_dtype(values.dtype):
        yield from _NUMBERS
        yield from _days()
    else:
        yield from (_STRIP, _TEXT)


def _meaning(present: pd.Series, values: pd.Series) -> Step:
    """Return a step that says of each text what it means."""
    plain = [v.item() if isinstance(v, np.generic) else v for v in values]
    meaning = dict(zip(present, plain, strict=True))
    code = literal(meaning).replace("{", "{{").replace("}", "}}")
    return Step(f"{{0}}.map({code})", lambda s: s.map(meaning))


def same(one: pd.Series, other: pd.Series) -> bool:
    """Tell whether two columns hold the same cells; missing is equal to missing.

    Examples
    --------
    >>> same(pd.Series([1, None]), pd.Series([1.0, float("nan")]))
    True
    >>> same(pd.Series(["1"]), pd.Series([1]))
    False
    """
    numbers = [pd.api.types.is_numeric_dtype(s.dtype) for s in (one, other)]
    moments = [pd.api.types.is_datetime64_any_dtype(s.dtype) for s in (one, other)]
    if numbers[0] != numbers[1] or moments[0] != moments[1]:
        return False
    if all(numbers):
        a, b = (s.to_numpy(dtype=np.float64, na_value=np.nan) for s in (one, other))
        return bool(np.array_equal(a, b, equal_nan=True))
    gone = one.isna().to_numpy()
    if not np.array_equal(gone, other.isna().to_numpy()):
        return False
    left, right = (s[~gone].tolist() for s in (one, other))
    return bool(left == right)
