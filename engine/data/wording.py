"""How advice is written: its wordings by code, and figures one way each."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from engine.core.checks import CODES
from engine.core.events import Advice, FieldChange
from engine.core.format import plural, some

_WORDINGS: Final = tomllib.loads(
    Path(__file__).with_name("advice.toml").read_text("utf-8")
)


class _Formatter(string.Formatter):
    """Writes ``{n:row}``, ``{n:row is|rows are}``, ``{share:%}``, ``{area:score}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value as a wording asks for."""
        if format_spec == "%":
            return percent(value)
        if format_spec == "score":
            return number(value)
        if format_spec[:1].isalpha():
            return plural(value, *format_spec.split("|"))
        return format(value, format_spec)


_FORMATTER: Final = _Formatter()


def advise(
    wording: str,
    column: str | None = None,
    *,
    fix: tuple[str, str] | None = None,
    **found: object,
) -> Advice:
    """Return advice in a wording of advice.toml, filled in with what was found.

    Examples
    --------
    >>> print(advise("IMB007", "sick", why="the last column").message)
    no target given: 'sick' is used (the last column)
    """
    code, texts = wording[:6], _WORDINGS[wording]
    return Advice(
        code=code,
        column=column,
        message=_FORMATTER.format(texts["message"], column=column, **found),
        fix=_FORMATTER.format(texts["fix"], column=column, **found),
        cause=CODES[code].cause,
        change=None if fix is None else FieldChange(field=fix[0], value=fix[1]),
    )


def percent(share: float) -> str:
    """Write a share, 0 and 100 only if exact.

    Examples
    --------
    >>> percent(0.018), percent(0.5), percent(0.9999), percent(0.0002), percent(1)
    ('1.8 %', '50 %', '>99.9 %', '0.02 %', '100 %')
    """
    value = 100 * share
    if 99.95 <= value < 100:
        return ">99.9 %"
    if 0 < value < 0.05:
        return f"{value:.1g} %"
    return f"{value:.1f}".removesuffix(".0") + " %"


def number(value: float) -> str:
    """Write a score with two decimals, or more where that would be 0 or 1.

    Examples
    --------
    >>> number(0.974), number(0.9997), number(1.0), number(0.018)
    ('0.97', '0.9997', '1.00', '0.018')
    """
    if value < 0.1:
        return f"{value:.3f}"
    for digits in (2, 3, 4, 5):
        text = f"{value:.{digits}f}"
        if float(text) < 1 or value >= 1:
            return text
    return text


def listed(texts: Iterable[str]) -> str:
    """Write up to five texts, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed("abcdefg")
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    return some(list(texts), 5)
