"""What cells may be: a number in one notation or another, missing, a word, a date."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd


_FILE = Path(__file__).parents[1] / "vocabulary.toml"
_ENTRIES = tomllib.loads(_FILE.read_text("utf-8"))
WEIGHTS: Final[dict[str, int]] = _ENTRIES.pop("weight")
"""What each piece of evidence for a target weighs."""
WORDS: Final[dict[str, tuple[str, ...]]] = {n: tuple(w) for n, w in _ENTRIES.items()}
"""Words by what they mean; docs/data.md says what follows from them."""
TEXT_MISSING: Final = frozenset(WORDS["text_missing"])
"""What only a program writes: missing in any column."""
NUMBER_MISSING: Final = frozenset(WORDS["number_missing"])
"""What a missing number is called; among words each of these may be a level."""

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

Looks: TypeAlias = Literal["missing", "whole", "number", "grouped", "date", "word"]


def looks(cell: str) -> Looks:
    """Return what a cell looks like by itself.

    Examples
    --------
    >>> [looks(c) for c in ("12", "1.5", "1.234,5", "?", "2024-01-31", "red")]
    ['whole', 'number', 'grouped', 'missing', 'date', 'word']
    """
    text = cell.strip()
    if text.lower() in NUMBER_MISSING:
        return "missing"
    if _WHOLE.match(text):
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


def plain(text: str) -> bool:
    """Tell whether a stripped cell is a whole number."""
    return _WHOLE.match(text) is not None


DIGITS = 20
"""Characters that a whole number may have to be looked at as one."""


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
    if not all(map(plain, known)):
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


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Return what every text in a notation matches, and few others do."""
    parts = re.findall(r"%\w|.", form)
    digits = {part: r"\s?\d{1,2}" for part in parts if part[0] == "%"}
    return re.compile("".join({**digits, **_PARTS}.get(p, p) for p in parts) + r"\Z")


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
    import pandas as pd

    first = texts.iloc[:FIRST]
    if not len(first) or not all(_MAYBE.match(t) for t in first):
        return None
    if all(_ISO.match(t) for t in first):
        zoned = any(_ZONE.search(t[10:]) for t in first)
        found = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=zoned)
        return None if found.isna().any() else (found, "ISO8601", "")
    for day, time in product(DAYS, TIMES):
        # Most texts are no dates: the first one says so, without pandas.
        if not all(map(_shape(day + time).match, first)):
            continue
        dates = _read(texts, day + time)
        if dates is None:
            continue
        other = _EITHER.get(day)
        both = None if other is None else _read(texts, other + time)
        note = "dates were read month first" if other else ""
        if both is not None and not both.equals(dates):
            note += "; day first fits them too"
        return dates, day + time, note
    return None


def _read(texts: pd.Series, form: str) -> pd.Series | None:
    import pandas as pd

    for part in (texts.iloc[:FIRST], texts):
        dates = pd.to_datetime(part, format=form, errors="coerce")
        if dates.isna().any():
            return None
    return dates
