"""New cells as what the model learned from, by the training table alone.

A new file may hold only whole numbers where the training table had others, or 1 where
it had a word: what its cells look like decides nothing here. `Fit` collects what is to
be said about them, and what is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from engine.bundle.archive import damaged_bundle
from engine.bundle.manifest import ColumnSpec
from engine.core.errors import DataError
from engine.core.format import listed, meant, plural
from engine.data.readers.raw import Notes
from engine.data.readers.values import (
    TEXT_MISSING,
    Rules,
    grouped,
    is_missing,
    is_number,
    looks,
    text,
)
from engine.data.target import label

# Which columns there are --------------------------------------------------------------

_NUMBERED = re.compile(r"column \d+")
"""What the columns of a table without names are called."""


def lacking(features: Sequence[ColumnSpec], names: Sequence[str], name: str) -> None:
    """Refuse a table that lacks columns which the model needs.

    Raises
    ------
    DataError
        Naming all of them.

    Examples
    --------
    >>> spec = ColumnSpec(name="age", role="feature", kind="integer", cells="number")
    >>> lacking([spec], ["Age", "sex"], "new.csv")
    Traceback (most recent call last):
    ...
    engine.core.errors.DataError: new.csv lacks a column that the model needs: 'age'. Did you mean 'Age'? The columns are: 'Age', 'sex'
    """  # noqa: E501
    gone = [one.name for one in features if one.name not in set(names)]
    if gone and all(map(_NUMBERED.fullmatch, names)):
        raise DataError(
            f"{name} has no line of column names, by which the model finds its columns",
            f"put one before its rows, with: {listed([f.name for f in features])}",
        )
    if gone:
        what = "a column" if len(gone) == 1 else f"{len(gone):,} columns"
        what = f"{name} lacks {what} that the model needs: {listed(gone, most=20)}"
        raise DataError(what, meant(gone[0], list(names)))


def match_columns(columns: Sequence[ColumnSpec], names: Sequence[str]) -> list[str]:
    """Say which columns are new, and whether the others are in another order.

    Examples
    --------
    >>> spec = [ColumnSpec(name=n, role="feature", kind="number") for n in "ab"]
    >>> match_columns(spec, ["b", "x", "a"])
    ["column 'x' is not one of the model's: ignored", 'the columns are in another order: each is taken by its name']
    """  # noqa: E501
    known = [one.name for one in columns]
    more = [one for one in names if one not in set(known)]
    lines = []
    if len(more) == 1:
        lines.append(f"column {more[0]!r} is not one of the model's: ignored")
    elif more:
        lines.append(
            f"{len(more):,} columns are none of the model's: {listed(more)}: ignored"
        )
    common = [one for one in names if one in set(known)]
    if common != [one for one in known if one in set(common)]:
        lines.append("the columns are in another order: each is taken by its name")
    return lines


# What is noted, and what is refused ---------------------------------------------------

MOST_LEVELS = 5
KINDS = {
    "number": "a number",
    "flag": "0 or 1",
    "days": "a date",
    "words": "one of its words",
    "text": "text",
    "codes": "a code",
}
_LOOKS = {
    "whole": "a number",
    "number": "a number",
    "grouped": "a number",
    "date": "a date",
    "word": "a word",
    "missing": "a word",
}


@dataclass
class _Odd:
    """Cells that cannot be what they should: how many, and the first."""

    count: int
    row: int
    looks: str


@dataclass
class Fit:
    """What was noticed in the cells of a new table, over all its blocks.

    Parameters
    ----------
    name : str
        What to call the table.
    coerce : bool, default=False
        Whether cells of the wrong kind are read as missing rather than refused.
    """

    name: str
    coerce: bool = False
    missing_words: dict[str, str] = field(default_factory=dict)
    """By column: what became of cells that pandas, not the model, takes as missing."""
    _new: dict[str, dict[str, int]] = field(default_factory=dict)
    _rare: set[str] = field(default_factory=set)
    _beyond: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    _missing: dict[str, int] = field(default_factory=dict)
    _read: dict[str, _Odd] = field(default_factory=dict)
    _wrong: dict[str, _Odd] = field(default_factory=dict)
    _columns: dict[str, ColumnSpec] = field(default_factory=dict)

    def new(self, spec: ColumnSpec, counts: dict[str, int], *, shared: bool) -> None:
        """Note levels that no training row had; `shared` if the rare ones share one."""
        if counts:
            found = self._new.setdefault(spec.name, {})
            for level, count in counts.items():
                if level in found or len(found) < 1_000:
                    found[level] = found.get(level, 0) + count
            if shared:
                self._rare.add(spec.name)

    def beyond(self, spec: ColumnSpec, count: int, low: float, high: float) -> None:
        """Note numbers outside the range of the training rows."""
        if count:
            self._columns[spec.name] = spec
            n, least, most = self._beyond.get(spec.name, (0, low, high))
            self._beyond[spec.name] = (n + count, min(least, low), max(most, high))

    def absent(self, spec: ColumnSpec, count: int) -> None:
        """Note missing cells of a column that had none."""
        if count and not spec.missing:
            self._missing[spec.name] = self._missing.get(spec.name, 0) + count

    def odd(self, spec: ColumnSpec, count: int, row: int, looks: str) -> None:
        """Note cells that are of the wrong kind."""
        self._columns[spec.name] = spec
        into = self._read if spec.lenient or self.coerce else self._wrong
        found = into.setdefault(spec.name, _Odd(0, row, looks))
        found.count += count

    def refuse(self) -> None:
        """Raise what makes the rows impossible to score.

        Raises
        ------
        DataError
        """
        if not self._wrong:
            return
        lines = []
        for name, odd in self._wrong.items():
            kind = KINDS[self._columns[name].cells]
            more = f" (and {plural(odd.count - 1, 'more cell')})" * (odd.count > 1)
            looks = _LOOKS.get(odd.looks, odd.looks)
            lines.append(
                f"column {name!r}, row {odd.row:,}: {looks} where {kind} is "
                f"expected{more}"
            )
        raise DataError(
            f"{self.name} does not fit the model: {'; '.join(lines)}",
            "correct these cells, or read them as missing",
            field="coerce",
        )

    def lines(self, *, ranges: bool = True) -> list[str]:
        """Return the notes, a line each; numbers out of range only if wanted."""
        lines = [f"{name}: {what}" for name, what in self.missing_words.items()]
        for name, odd in self._read.items():
            kind = KINDS[self._columns[name].cells]
            cells = plural(odd.count, "cell that is", "cells that are")
            lines.append(
                f"{name}: {cells} not {kind} read as missing, the first in row "
                f"{odd.row:,}"
            )
        for name, counts in self._new.items():
            shown = [f"{k!r} ({v:,})" for k, v in list(counts.items())[:MOST_LEVELS]]
            more = len(counts) - len(shown)
            shown += [f"{more:,} more"] if more > 0 else []
            how = "as the rare ones are" if name in self._rare else "as none of them"
            what = "a new level" if len(counts) == 1 else f"{len(counts):,} new levels"
            lines.append(f"{name}: {what}, encoded {how}: {', '.join(shown)}")
        for name, (count, low, high) in self._beyond.items() if ranges else ():
            spec = self._columns[name]
            lines.append(
                f"{name}: {plural(count, 'number lies', 'numbers lie')} beyond the "
                f"training rows' range, {spec.low:g} to {spec.high:g} (here {low:g} to "
                f"{high:g})"
            )
        for name, count in self._missing.items():
            lines.append(
                f"{name}: {plural(count, 'missing cell')}, where the training rows "
                "had none"
            )
        return lines


# A column -----------------------------------------------------------------------------

PANDAS_MISSING = frozenset(
    {"N/A", "NA", "n/a", "None", "-nan", "-NaN", "#N/A N/A", "1.#IND", "1.#QNAN",
     "-1.#IND", "-1.#QNAN"}
)  # fmt: skip
"""What pandas reads as missing by default, and our reader as a level among words."""
_FLAGS = {"true": 1.0, "false": 0.0}


def read_column(
    series: pd.Series,
    spec: ColumnSpec,
    rules: Rules,
    fit: Fit,
    *,
    first: int = 1,
    shared: bool = False,
    from_pandas: bool = False,
) -> pd.Series:
    """Return a column as its encoding takes it.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        As read: text, numbers, flags or moments.
    spec : ColumnSpec
        What it was in the training table.
    rules : Rules
        How its file writes numbers.
    fit : Fit
        Takes what is noticed.
    first : int, default=1
        Number of the first row.
    shared : bool, default=False
        Whether new levels share an indicator with rare ones.
    from_pandas : bool, default=False
        Whether pandas read the file, which takes NA for missing also among words.

    Returns
    -------
    pandas.Series
        float64, or text; missing cells are NaN or None.

    Examples
    --------
    >>> grades = {"kind": "category", "levels": ("1", "2+")}
    >>> spec = ColumnSpec(name="grade", role="feature", **grades)
    >>> read_column(pd.Series([1.0, None]), spec, Rules(), Fit("t")).tolist()
    ['1', None]
    """
    codes, values = _distinct(series)
    if spec.kind == "category":
        words = _levels(values, spec, rules)
        if from_pandas:
            codes = _none_for_na(spec, words, codes, fit)
        seen = np.bincount(codes[codes >= 0], minlength=len(words))
        cells = _look_up(words, codes)
        known = set(spec.levels)
        new: dict[str, int] = {}
        for word, count in zip(words, seen.tolist(), strict=True):
            if word is not None and word not in known and count:
                new[word] = new.get(word, 0) + count
        fit.new(spec, new, shared=shared)
        unnamed = np.array([word is None for word in words], dtype=bool)
        fit.absent(spec, int((codes < 0).sum() + seen[unnamed].sum()))
        return pd.Series(cells, dtype=object, index=series.index)
    found, looked = _numbers(values, spec, rules)
    seen = np.bincount(codes[codes >= 0], minlength=len(values))
    wrong = [place for place, how in enumerate(looked) if how and seen[place]]
    if wrong:
        at = np.isin(codes, wrong)
        row = int(np.argmax(at))
        fit.odd(spec, int(at.sum()), first + row, str(looked[codes[row]]))
    numbers = np.append(found, np.nan)[codes]
    absent = int(np.isnan(numbers).sum())
    fit.absent(spec, absent)
    if spec.low is not None and spec.high is not None and absent < len(numbers):
        out = (numbers < spec.low) | (numbers > spec.high)
        if out.any():
            ends = numbers[out]
            fit.beyond(spec, int(out.sum()), float(ends.min()), float(ends.max()))
    return pd.Series(numbers, index=series.index)


def labels(series: pd.Series, spec: ColumnSpec, rules: Rules) -> list[str | None]:
    """Return the label of each row of a target; None where there is none.

    Examples
    --------
    >>> spec = ColumnSpec(name="y", role="target", kind="boolean", cells="codes")
    >>> labels(pd.Series(["1", " 0", "1.0", None]), spec, Rules())
    ['1', '0', '1', None]
    """
    codes, values = _distinct(series)
    return list(_look_up(_levels(values, spec, rules), codes))


def _distinct(series: pd.Series) -> tuple[np.ndarray, Any]:
    """Return a column as codes, -1 where missing, and distinct values."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = np.asarray(series.cat.codes, dtype=np.int64)
        return codes, series.cat.categories.tolist()
    values: Any
    codes, values = pd.factorize(series)
    numbers = isinstance(values, np.ndarray) and values.dtype.kind in "fiu"
    return codes, values if numbers else list(values)


def _look_up(words: Sequence[Any], codes: np.ndarray) -> np.ndarray:
    lookup = np.array([*words, None], dtype=object)
    return np.asarray(lookup[codes])


# Categories ---------------------------------------------------------------------------


def _levels(values: Sequence[Any], spec: ColumnSpec, rules: Rules) -> list[str | None]:
    """Return the level of each distinct value."""
    if spec.cells == "days":
        moments = _moments(values, spec)
        return [None if pd.isna(m) else str(m) for m in moments]
    by_number = _by_number(spec.levels)
    found: list[str | None] = []
    for value in values:
        if isinstance(value, str):
            found.append(_of_text(value, spec, rules))
        elif isinstance(value, bool | np.bool_):
            found.append(str(bool(value)))
        elif isinstance(value, int | float | np.number):
            number = float(value)
            plain = label(value.item() if isinstance(value, np.generic) else value)
            known = plain in spec.levels
            found.append(plain if known else by_number.get(number, plain))
        else:
            found.append(str(value))
    return found


def _of_text(value: str, spec: ColumnSpec, rules: Rules) -> str | None:
    word = value.strip()
    if word in TEXT_MISSING or word in rules.missing:
        return None
    if spec.cells == "codes":
        if is_missing(word):
            return None
        number = _number(word, rules)
        return word if number is None else label(number)
    return word


def _by_number(levels: Sequence[str]) -> dict[float, str]:
    """Return the levels that are numbers, by their value, if no two have the same."""
    found: dict[float, str] = {}
    twice = set()
    for level in levels:
        if is_number(level):
            number = float(level)
            if number in found:
                twice.add(number)
            found[number] = level
    return {number: level for number, level in found.items() if number not in twice}


def _none_for_na(
    spec: ColumnSpec, words: list[str | None], codes: np.ndarray, fit: Fit
) -> np.ndarray:
    """Take what pandas made missing for the one level that it may have been."""
    meant = [level for level in spec.levels if level in PANDAS_MISSING]
    gone = codes < 0
    if not meant or not gone.any() or set(meant) & set(words):
        return codes  # where it is a level, pandas did not convert it
    if spec.missing or len(meant) > 1:
        fit.missing_words[spec.name] = (
            f"pandas reads {listed(meant)} as missing, which the model knows as a "
            'level: read it with keep_default_na=False, na_values=[""]'
        )
        return codes
    words.append(meant[0])
    fit.missing_words[spec.name] = (
        f"missing cells were taken for the level {meant[0]!r}"
    )
    return np.where(gone, len(words) - 1, codes)


def read_numbers(series: pd.Series, name: str, rules: Rules) -> np.ndarray:
    """Return the numbers of a column that the model does not take; NaN where none is.

    Examples
    --------
    >>> read_numbers(pd.Series(["12.5", "", "x"]), "amount", Rules()).tolist()
    [12.5, nan, nan]
    """
    codes, values = _distinct(series)
    spec = ColumnSpec(name=name, role="feature", kind="number")
    numbers, _ = _numbers(values, spec, rules)
    return np.asarray(np.append(numbers, np.nan)[codes])


# Numbers ------------------------------------------------------------------------------


def _numbers(
    values: Any, spec: ColumnSpec, rules: Rules
) -> tuple[np.ndarray, list[str]]:
    """Return the number of each distinct value, and what it looks like if it is none.

    A missing one is NaN and looks like nothing.
    """
    if spec.cells == "days":
        return _days(values, spec)
    if isinstance(values, np.ndarray):
        return _finite(values.astype(np.float64), rules), [""] * len(values)
    found = np.full(len(values), np.nan)
    looked = [""] * len(values)
    texts = [place for place, value in enumerate(values) if isinstance(value, str)]
    if texts:
        words = [values[place].strip() for place in texts]
        found[texts], how = _read(words, spec, rules)
        for place, one in zip(texts, how, strict=True):
            looked[place] = one
    for place, value in enumerate(values):
        if isinstance(value, str):
            continue
        if isinstance(value, bool | np.bool_) and spec.kind != "boolean":
            looked[place] = "a truth value"
        elif isinstance(value, bool | np.bool_ | int | float | np.number):
            found[place] = float(value)
        elif not pd.isna(value):
            looked[place] = "date" if hasattr(value, "year") else "word"
    return _finite(found, rules), looked


def _finite(numbers: np.ndarray, rules: Rules) -> np.ndarray:
    """Return numbers without the infinite ones, and those that mean missing."""
    gone = np.isinf(numbers)
    for one in rules.missing:
        if is_number(one):
            gone |= numbers == float(one)
    return np.where(gone, np.nan, numbers)


def _read(
    words: list[str], spec: ColumnSpec, rules: Rules
) -> tuple[np.ndarray, list[str]]:
    """Read texts as numbers: as the reader would a column, else one by one."""
    if spec.lenient:  # as the run, which took what is no number as missing
        column = pd.to_numeric(pd.Series(words, dtype=object), errors="coerce")
        numbers = dict(zip(words, column.tolist(), strict=True))
        return _each(
            words, rules, lambda w: None if np.isnan(numbers[w]) else numbers[w]
        )
    if spec.cells == "words":
        return _each(words, rules, lambda word: spec.words.get(word.lower()))
    codes = np.arange(len(words))
    column = text(spec.name, codes, words, rules, Notes())
    if column.dtype.kind in "if":
        return column.to_numpy(dtype=np.float64), [""] * len(words)
    flags = _FLAGS if spec.kind == "boolean" else {}

    def one(word: str) -> float | None:
        flag = flags.get(word.lower())
        return _number(word, rules) if flag is None else flag

    return _each(words, rules, one)


def _each(
    words: list[str], rules: Rules, read: Callable[[str], float | None]
) -> tuple[np.ndarray, list[str]]:
    found, looked = np.full(len(words), np.nan), [""] * len(words)
    for place, word in enumerate(words):
        number = read(word)
        if number is not None:
            found[place] = number
        elif not is_missing(word) and word not in rules.missing:
            looked[place] = looks(word)
    return found, looked


def _number(word: str, rules: Rules) -> float | None:
    """Return the number that a text is, in the notation of its file."""
    mark = rules.decimal or rules.likely
    if is_number(word) and not (rules.proven and grouped(word, ",") is not None):
        return float(word)
    other = "." if mark == "," else ","
    for one in (mark,) if rules.decimal else (mark, other):
        number = grouped(word, one)
        if number is not None:
            return float(number)
    return None


# Dates --------------------------------------------------------------------------------


def _days(values: Sequence[Any], spec: ColumnSpec) -> tuple[np.ndarray, list[str]]:
    moments = _moments(values, spec)
    days = (moments - pd.Timestamp(0)) / pd.Timedelta(1, "D")
    unread = days.isna().tolist()
    looked = [_unlike_day(value) if unread[n] else "" for n, value in enumerate(values)]
    return days.to_numpy(dtype=np.float64), looked


def _unlike_day(value: object) -> str:
    """Return what a cell looks like that is no date; nothing if it is missing."""
    if not isinstance(value, str):
        return "number" if isinstance(value, int | float | np.number) else ""
    how = looks(value)
    return {"missing": "", "date": "a date of another notation"}.get(how, how)


def _moments(values: Sequence[Any], spec: ColumnSpec) -> pd.Series:
    """Return the moment of each distinct value, NaT where it is none."""
    found = pd.Series(pd.NaT, index=range(len(values)), dtype="datetime64[ns]")
    texts = {p: v.strip() for p, v in enumerate(values) if isinstance(v, str)}
    others = {p: v for p, v in enumerate(values) if hasattr(v, "year")}
    if texts:
        some = pd.Series(list(texts.values()), dtype=object)
        form = spec.date or "ISO8601"
        try:
            read = pd.to_datetime(
                some, format=form, errors="coerce", utc=True, dayfirst=spec.day_first
            )
        except ValueError as error:
            what = f"the dates of {spec.name!r} in the bundle have no notation: {error}"
            raise damaged_bundle(what) from None
        if form not in ("mixed", "ISO8601"):
            again = pd.to_datetime(some, format="ISO8601", errors="coerce", utc=True)
            read = read.fillna(again)
        found.iloc[list(texts)] = read.dt.tz_convert(None).astype("datetime64[ns]")
    if others:
        read = pd.to_datetime(pd.Series(list(others.values()), dtype=object), utc=True)
        found.iloc[list(others)] = read.dt.tz_convert(None).astype("datetime64[ns]")
    return found
