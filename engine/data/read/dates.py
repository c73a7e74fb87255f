"""Texts that are dates, in the notations people write them."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_dates"]

_MAYBE = re.compile(r"\s*(?=.*\d)[\w./\-]+[-/. ][\w.,:/\-+ ]+\Z")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?\Z")
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})\Z")
TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS: Final = (
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
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


def as_dates(texts: pd.Series) -> tuple[pd.Series, str | None] | None:
    """Return texts as dates if every one of them is one in the same notation.

    Parameters
    ----------
    texts : pandas.Series of str
        Stripped, none missing.

    Returns
    -------
    dates : pandas.Series
    note : str or None
        What had to be guessed.
    None
        Instead of both, if they are no dates.

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
        return None if found.isna().any() else (found, None)
    for day, time in product(DAYS, TIMES):
        # Most texts are no dates: the first one says so, without pandas.
        if not all(map(_shape(day + time).match, first)):
            continue
        dates = _read(texts, day + time)
        if dates is None:
            continue
        other = _EITHER.get(day)
        both = None if other is None else _read(texts, other + time)
        if both is not None and not both.equals(dates):
            return dates, "dates were read month first; day first fits them too"
        return dates, "dates were read month first" if other else None
    return None


def _read(texts: pd.Series, form: str) -> pd.Series | None:
    import pandas as pd

    for part in (texts.iloc[:FIRST], texts):
        dates = pd.to_datetime(part, format=form, errors="coerce")
        if dates.isna().any():
            return None
    return dates
