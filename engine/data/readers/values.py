"""From the texts of a column to its values: numbers, dates, or words; with notes.

Everything works on the distinct texts of a column, most of which have few.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from engine.core.execution import Progress, silent
from engine.data.readers.raw import Notes

if TYPE_CHECKING:
    from engine.core.events import Reader
    from engine.core.experiment import ReadSpec

_ENTRIES = tomllib.loads(
    Path(__file__).parents[1].joinpath("vocabulary.toml").read_text("utf-8")
)
WEIGHTS: Final[dict[str, int]] = _ENTRIES.pop("weight")
"""What each piece of evidence for a target weighs."""
WORDS: Final[dict[str, tuple[str, ...]]] = {n: tuple(w) for n, w in _ENTRIES.items()}
"""Words by what they mean; docs/data.md says what follows from them."""
TEXT_MISSING: Final = frozenset(WORDS["text_missing"])
"""What only a program writes: missing in any column."""
NUMBER_MISSING: Final = frozenset(WORDS["number_missing"])
"""What a missing number is called; among words each of these may be a level."""


# Columns ----------------------------------------------------------------------------


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
    raw: pd.DataFrame,
    names: list[str],
    rules: Rules,
    notes: Notes,
    progress: Progress = silent,
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
    progress : callable, optional
        Called with ``("cleaning", columns, of columns)``.

    Returns
    -------
    pandas.DataFrame
    """
    cleaned: dict[str, pd.Series] = {}
    raw = raw.reset_index(drop=True)
    for place, name in enumerate(names):
        progress("cleaning", place, len(names))
        series = raw.iloc[:, place]
        kind = series.dtype.kind
        if kind == "b":
            words = series.astype(object).map({True: "True", False: "False"})
            cleaned[name] = words.astype(object)
        elif kind == "M":
            cleaned[name] = series
        elif kind in "iuf":
            cleaned[name] = numbers(name, series, rules, notes)
        else:
            if isinstance(series.dtype, pd.CategoricalDtype):
                codes, values = series.cat.codes.to_numpy(), series.cat.categories
            else:
                codes, values = pd.factorize(series)
            cleaned[name] = text(name, codes, list(values), rules, notes)
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
    if absent[counts > 0].all():  # a type of its own is told by no cell
        return pd.Series(np.full(len(codes), np.nan))
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
    if all(map(is_whole, known)):
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


# Cells ------------------------------------------------------------------------------


_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+\Z", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?\Z", re.IGNORECASE)
_SIGNS = re.compile(
    r"\A([+-]?)\s*(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF)\b)?\s*([+-]?.*?)\s*(?:[%$€£¥₹]|USD|EUR|GBP|CHF)?\Z"
)
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?\Z", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?\Z", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?\Z", re.ASCII)
_SPACED = re.compile(r"[+-]?[1-9]\d{0,2}(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d+)?\Z")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?\Z"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4}"
)
DIGITS = 20
"""Characters that a whole number may have to be looked at as one."""

Looks: TypeAlias = Literal["missing", "whole", "number", "grouped", "date", "word"]


def looks(cell: str) -> Looks:
    """Return what a cell looks like by itself.

    Examples
    --------
    >>> [looks(c) for c in ("12", "1.5", "1.234,5", "?", "2024-01-31", "red")]
    ['whole', 'number', 'grouped', 'missing', 'date', 'word']
    """
    text = cell.strip()
    if is_missing(text):
        return "missing"
    if is_whole(text):
        return "whole"
    if is_number(text):
        return "number"
    if _DATE.match(text):
        return "date"
    if grouped(text, ",") is not None or grouped(text, ".") is not None:
        return "grouped"
    return "word"


def is_missing(text: str) -> bool:
    """Tell whether a stripped cell would be missing among numbers."""
    return text.lower() in NUMBER_MISSING


def is_number(text: str) -> bool:
    """Tell whether a stripped cell is a number in the notation of programs."""
    return _PLAIN.match(text) is not None or _INFINITE.match(text) is not None


def is_whole(text: str) -> bool:
    """Tell whether a stripped cell is a whole number."""
    return _WHOLE.match(text) is not None


def grouped(text: str, decimal: str) -> str | None:
    """Return a number in a notation of people as one of programs.

    Parameters
    ----------
    text : str
        A stripped cell; a sign of money or per cent around the number is left out.
    decimal : {".", ","}
        The decimal mark; the other one, a blank or an apostrophe groups thousands.

    Returns
    -------
    str or None
        None if it is no number in that notation.

    Examples
    --------
    >>> grouped("1.234,5", ","), grouped("$1,234.50", "."), grouped("1,5", ".")
    ('1234.5', '1234.50', None)
    """
    found = _SIGNS.match(text)
    if found is None:
        return None
    sign, bare = found.groups()
    if is_number(bare) and (decimal == "." or "." not in bare):
        return sign + bare
    if _SPACED.match(bare):
        whole = re.sub("[ \u00a0\u202f'’]", "", bare)
        if ("," if decimal == "." else ".") in whole:
            return None
        return sign + whole.replace(",", ".")
    if decimal == ",":
        if _POINT_GROUPS.match(bare):
            return sign + bare.replace(".", "").replace(",", ".")
        return sign + bare.replace(",", ".") if _COMMA.match(bare) else None
    return sign + bare.replace(",", "") if _COMMA_GROUPS.match(bare) else None


def kept_as_text(known: Collection[str]) -> str | None:
    """Return why whole numbers stay text, None if they need not.

    Parameters
    ----------
    known : collection of str
        The different cells of a column, stripped, none of them missing.

    Examples
    --------
    >>> kept_as_text(["00501", "90210"])
    'kept as text for the zeros in front (codes, not numbers)'
    >>> kept_as_text(["12345678901234567890"])
    'whole numbers too long to count with: kept as text'
    >>> kept_as_text(["501", "0"]), kept_as_text(["0.5", "007"])
    (None, None)
    """
    if not all(map(is_whole, known)):
        return None
    bare = [text.lstrip("+-") for text in known]
    if any(text[:1] == "0" and len(text) > 1 for text in bare):
        return "kept as text for the zeros in front (codes, not numbers)"
    if any(len(text) > DIGITS or abs(int(text)) > 2**53 for text in known):
        return "whole numbers too long to count with: kept as text"
    return None


# Dates ------------------------------------------------------------------------------


_MAYBE = re.compile(r"\s*(?=.*\d)[\w./\-]+[-/. ][\w.,:/\-+ ]+\Z")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?\Z")
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})\Z")
TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS: Final = (
    *("%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y"),
    *("%d-%m-%Y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y"),
    *("%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_EITHER: Final = {
    "%m/%d/%Y": "%d/%m/%Y",
    "%m-%d-%Y": "%d-%m-%Y",
    "%m/%d/%y": "%d/%m/%y",
}
FIRST = 200
"""Values that a notation is tried on before all of them are."""
_PARTS: Final = {
    "%Y": r"\d{4}",
    "%b": r"\D+",
    "%B": r"\D+",
    "%p": r"\D+",
    " ": r"\s+",
    ".": r"\.",
}
"""What parts of a notation look like at least; other ones are one or two digits."""


def as_dates(texts: pd.Series) -> tuple[pd.Series, str, str] | None:
    """Return texts as dates if every one of them is one in the same notation.

    Parameters
    ----------
    texts : pandas.Series of str
        Stripped, none missing.

    Returns
    -------
    dates : pandas.Series
    notation : str
        As for ``strptime``, or ``ISO8601``.
    note : str
        What had to be guessed; empty if nothing had.
    None
        Instead of all, if they are no dates.

    Examples
    --------
    >>> import pandas as pd
    >>> as_dates(pd.Series(["31.12.2024", "1.2.2025"]))[0].dt.day.tolist()
    [31, 1]
    """
    first = texts.iloc[:FIRST]
    if not len(first) or not all(_MAYBE.match(t) for t in first):
        return None
    if all(_ISO.match(t) for t in first):
        zoned = any(_ZONE.search(t[10:]) for t in first)
        found = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=zoned)
        return None if found.isna().any() else (_in_microseconds(found), "ISO8601", "")
    for day, time in product(DAYS, TIMES):
        # Most texts are no dates: the first one says so, without pandas.
        if not all(map(_shape(day + time).match, first)):
            continue
        dates = _read_dates(texts, day + time)
        if dates is None:
            continue
        other = _EITHER.get(day)
        both = None if other is None else _read_dates(texts, other + time)
        note = "dates were read month first" if other else ""
        if both is not None and not both.equals(dates):
            note += "; day first fits them too"
        return _in_microseconds(dates), day + time, note
    return None


def _in_microseconds(dates: pd.Series) -> pd.Series:
    """Return dates in microseconds, as pandas 3 reads them, if they have no finer."""
    less = dates.dt.as_unit("us")
    return less if (less.eq(dates) | dates.isna()).all() else dates


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Return what every text in a notation matches, and few others do."""
    parts = re.findall(r"%\w|.", form)
    digits = {part: r"\s?\d{1,2}" for part in parts if part[0] == "%"}
    return re.compile("".join({**digits, **_PARTS}.get(p, p) for p in parts) + r"\Z")


def _read_dates(texts: pd.Series, form: str) -> pd.Series | None:
    for part in (texts.iloc[:FIRST], texts):
        dates = pd.to_datetime(part, format=form, errors="coerce")
        if dates.isna().any():
            return None
    return dates
