"""From the texts of a column to its values: numbers, dates, or words; with notes.

Everything works on the distinct texts of a column, most of which have few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from engine.data.readers.raw import Notes
from engine.data.readers.values import (
    TEXT_MISSING,
    as_dates,
    grouped,
    is_missing,
    is_number,
    kept_as_text,
    plain,
)

if TYPE_CHECKING:
    from engine.core.events import Reader
    from engine.core.experiment import ReadSpec


class Rules(NamedTuple):
    """What holds for all columns of a file.

    `decimal` is the mark that was given or found, None if unknown; `likely` is the
    one that is taken where both could be, and `proven` whether some column can only
    have commas for it; `missing` are further texts for missing.
    """

    decimal: str | None = None
    likely: str = "."
    proven: bool = False
    missing: frozenset[str] = frozenset()

    @classmethod
    def of(cls, spec: ReadSpec, reader: Reader) -> Rules:
        """Return those of a file, by what is known and what was found."""
        # Who separates fields by semicolons needs the comma for something else.
        likely = reader.decimal or ("," if reader.delimiter == ";" else ".")
        missing = frozenset(text.strip() for text in spec.missing)
        return cls(spec.decimal, likely, reader.decimal == ",", missing)


def columns(
    raw: pd.DataFrame, names: list[str], rules: Rules, notes: Notes
) -> pd.DataFrame:
    """Return the columns of a raw table as what they are.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text as categories, str or objects.
    names : list of str
        One for each of its columns, settled.
    rules : Rules
    notes : Notes
        Takes what is to be said.

    Returns
    -------
    pandas.DataFrame
    """
    cleaned: dict[str, pd.Series] = {}
    raw = raw.reset_index(drop=True)
    for place, name in enumerate(names):
        series = raw.iloc[:, place]
        kind = series.dtype.kind
        if kind == "b":
            cleaned[name] = series.astype(object).map({True: "True", False: "False"})
        elif kind == "M":
            cleaned[name] = series
        elif kind in "iuf":
            cleaned[name] = numbers(name, series, rules, notes)
        else:
            codes, values = _texts(series)
            cleaned[name] = text(name, codes, values, rules, notes)
        blank = not str(raw.columns[place]).strip() and cleaned[name].isna().all()
        if blank and len(names) > 1:
            del cleaned[name]
            notes.say("columns without a name and without a value were left out")
    return pd.DataFrame(cleaned, copy=False)


def text(
    name: str, codes: np.ndarray, values: Sequence[object], rules: Rules, notes: Notes
) -> pd.Series:
    """Return a column of texts as what it is.

    Parameters
    ----------
    name : str
    codes : numpy.ndarray of shape (n_rows,)
        Position of each cell in `values`, -1 if it is missing.
    values : sequence
        The distinct texts.
    rules : Rules
    notes : Notes
        Takes what is to be said.

    Returns
    -------
    pandas.Series of shape (n_rows,)
        float64 or int64, dates, or str and missing values.
    """
    stripped = [str(value).strip() for value in values]
    absent = np.array([t in TEXT_MISSING or t in rules.missing for t in stripped], bool)
    vague = np.array([is_missing(t) for t in stripped], bool)
    counts = np.bincount(codes[codes >= 0], minlength=len(stripped))
    certain = (counts > 0) & ~absent & ~vague
    known = [stripped[place] for place in certain.nonzero()[0]]
    found = _as_numbers(name, known, rules, notes)
    kind: Any = object if found is None else "float64"
    if found is None and (read := as_dates(pd.Series(known, dtype=object))) is not None:
        dates, notes.dates[name], note = read
        found, kind = dict(zip(known, dates, strict=True)), dates.dtype
        if note:
            notes.about(name, note)
    if found is not None:
        absent |= vague
    _say_missing(name, stripped, absent, counts, notes)
    cells = [
        None if gone else t if found is None else found.get(t)
        for t, gone in zip(stripped, absent, strict=True)
    ]
    if kind == "float64" and cells and all(type(cell) is int for cell in cells):
        kind = "int64"
    taken = _take(pd.Series(cells, dtype=kind), codes)
    return taken if taken.dtype.kind not in "if" else numbers(name, taken, rules, notes)


def numbers(name: str, series: pd.Series, rules: Rules, notes: Notes) -> pd.Series:
    """Return a column of numbers as int64 or float64.

    Infinite ones are missing, and those that are said to be.
    """
    for one in sorted(rules.missing):
        absent = (series == float(one)).to_numpy() if is_number(one) else np.array([])
        if absent.any():
            notes.about(name, f"{absent.sum():,} cells {one!r} read as missing")
            series = series.astype("float64").mask(absent)
    if series.dtype.kind == "i":
        return pd.Series(series.to_numpy(dtype="int64"), copy=False)
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    infinite = int(np.isinf(values).sum())
    if infinite:
        notes.about(name, f"{infinite:,} infinite made missing")
        values = np.where(np.isinf(values), np.nan, values)
    return pd.Series(values, copy=False)


def _as_numbers(
    name: str, known: list[str], rules: Rules, notes: Notes
) -> dict[str, object] | None:
    """Return the number of each text; None if they are not all numbers."""
    if not known:
        return None
    if why := kept_as_text(known):
        notes.about(name, why)
        return None
    if all(map(plain, known)):
        return {t: int(t) for t in known}
    by_points = rules.proven and all(grouped(t, ",") for t in known)
    floats = all(map(is_number, known))
    if rules.decimal != "," and not by_points and floats:
        return {t: float(t) for t in known}
    other = "." if rules.likely == "," else ","
    for mark in [rules.decimal] if rules.decimal else [rules.likely, other]:
        read = _each(known, mark)
        if read is not None:
            if (note := _notation(known, mark)) is None:
                return None
            if note:
                notes.about(name, note)
            return read
    # The file's mark is a comma, and this column was written by a program.
    return {t: float(t) for t in known} if rules.decimal == "," and floats else None


def _each(known: list[str], mark: str) -> dict[str, object] | None:
    """Return the number of each text; most columns have a word early on."""
    found: dict[str, object] = {}
    for one in known:
        if (value := grouped(one, mark)) is None:
            return None
        found[one] = float(value)
    return found


def _notation(known: list[str], mark: str) -> str | None:
    """Say how numbers are written; None if they are of several units."""
    notes = []
    if any("," in t for t in known):
        commas = "decimal comma", "commas read as thousands separators"
        notes.append(commas[mark == "."])
    elif mark == "," and any("." in t for t in known):
        notes.append("points read as thousands separators")
    if any(c in " \u00a0\u202f'’" for t in known for c in t.strip("%$€£¥₹ ")):
        notes.append("blanks or apostrophes read as thousands separators")
    signs = sorted({c for t in known for c in t if c in "%$€£¥₹"})
    bare = any(not any(c in t for c in signs) for t in known)
    if len(signs) > 1 or (signs == ["%"] and bare):
        return None
    if signs:
        notes.append(f"{' '.join(signs)} left out")
    return "; ".join(notes)


def _say_missing(
    name: str, stripped: list[str], absent: np.ndarray, counts: np.ndarray, notes: Notes
) -> None:
    """Say which texts were taken for missing; an empty cell needs no word."""
    cells: Counter[str] = Counter()
    for place in (absent & (counts > 0)).nonzero()[0]:
        cells[stripped[place]] += int(counts[place])
    for one, count in cells.items():
        what = f"cells {one!r}" if one else "blank cells"
        notes.about(name, f"{count:,} {what} read as missing")


def _take(lookup: pd.Series, codes: np.ndarray) -> pd.Series:
    """Look codes up; -1 is a missing value, and only it."""
    if lookup.dtype.kind in "iu" and (codes >= 0).all():
        return pd.Series(lookup.to_numpy()[codes])
    if lookup.dtype.kind in "iuf":
        numbers = np.append(lookup.to_numpy(dtype="float64"), np.nan)
        return pd.Series(numbers[codes])
    if lookup.dtype == object:
        words = np.array([*lookup.where(lookup.notna(), None), None], dtype=object)
        return pd.Series(words[codes], dtype=object)
    return lookup.reindex(codes).reset_index(drop=True)


def _texts(series: pd.Series) -> tuple[np.ndarray, Sequence[object]]:
    """Return a column of texts as codes and distinct values."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy(), series.cat.categories.tolist()
    codes, values = pd.factorize(series)
    return codes, list(values)
