"""What a single cell may be: a number in one notation or another, missing, a word."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, Literal, TypeAlias

__all__ = [
    "NUMBER_MISSING",
    "TEXT_MISSING",
    "Looks",
    "grouped",
    "is_missing",
    "is_number",
    "kept_as_text",
    "looks",
    "plain",
]

TEXT_MISSING: Final = frozenset(
    {"", "?", "NaN", "nan", "NULL", "null", "#N/A", "#NA", "<NA>", "\\N", "#NULL!"}
)
"""What only a program writes: missing in any column."""
NUMBER_MISSING: Final = frozenset(
    {
        "",
        "na",
        "n/a",
        "n.a.",
        "none",
        "nil",
        "null",
        "nan",
        "-nan",
        "<na>",
        "#n/a",
        "#na",
        "-",
        "--",
        "---",
        ".",
        "..",
        "...",
        "missing",
        "unknown",
        "undefined",
        "unbekannt",
        "#div/0!",
        "#value!",
        "#ref!",
        "#num!",
        "#name?",
        "#null!",
        "(null)",
        "(missing)",
        "(blank)",
        "\\n",
        "?",
        "not available",
    }
)
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
