"""How the numbers of a report are written: one way each, with the exact value kept."""

from __future__ import annotations

import math
from typing import Any, Final

from engine.costs import Costs
from engine.export.page.at import At
from engine.export.page.parts import Figure, Span, Spans

__all__ = [
    "NOTHING",
    "clock",
    "cost_ratio",
    "count",
    "decimals",
    "interval",
    "name_of_policy",
    "number",
    "p_value",
    "percent",
    "ratio",
    "row_share",
    "signed",
    "signed_interval",
    "threshold",
    "to_one",
]

NOTHING: Final = "—"
"""Stands for a number that is not defined, or not there."""

_MOST_DIGITS: Final = 6


def _exact(*ats: At, of: tuple[At, ...] = ()) -> Any:
    """Return the sum of some values, or its share of the sum of others."""
    values, whole = [at.value for at in ats], [at.value for at in of]
    if not values or None in values or None in whole:
        return None
    top = sum(values)
    if not of:
        return top if math.isfinite(top) else None
    return top / sum(whole) if sum(whole) else None


def _figure(text: str, value: Any, ats: tuple[At, ...], of: tuple[At, ...]) -> Figure:
    exact = str(value) if isinstance(value, int) else repr(float(value))
    return Figure(
        text.replace("-", "−"),
        exact,
        " ".join(at.path for at in ats),
        " ".join(at.path for at in of),
    )


def count(*ats: At) -> Span:
    """Write a count, or a sum of counts, with thousands separators.

    Examples
    --------
    >>> count(At(1710, "fp")).text, count(At(None))
    ('1,710', '—')
    """
    value = _exact(*ats)
    return NOTHING if value is None else _figure(f"{value:,}", value, ats, ())


def decimals(at: At, digits: int) -> Span:
    """Write a number with fixed decimals, and no false 0.

    Examples
    --------
    >>> [decimals(At(value), 2).text for value in (0.0521, 0.0021, 0.0)]
    ['0.05', '<0.01', '0.00']
    """
    value = _exact(at)
    if value is None:
        return NOTHING
    least = 10.0**-digits
    text = f"{value:.{digits}f}"
    if 0 < value < least / 2:
        text = f"<{least:.{digits}f}"
    return _figure(text, value, (at,), ())


def threshold(at: At) -> Span:
    """Write a threshold with three decimals, or three digits that count.

    Examples
    --------
    >>> [threshold(At(value)).text for value in (0.5, 0.0179, 0.00042)]
    ['0.500', '0.0179', '0.000420']
    """
    value = _exact(at)
    if value is None:
        return NOTHING
    text = f"{value:.3f}" if value >= 0.1 or value == 0 else f"{value:#.3g}"
    return _figure(text, value, (at,), ())


def number(at: At) -> Span:
    """Write any number with five digits, a whole one with all of its own.

    Examples
    --------
    >>> [number(At(value)).text for value in (300, 0.736892, 13.2342, 1e-7)]
    ['300', '0.73689', '13.234', '1e−07']
    """
    value = _exact(at)
    if value is None:
        return NOTHING
    text = f"{value:,}" if isinstance(value, int) else f"{value:.5g}"
    return _figure(text, value, (at,), ())


def percent(*ats: At, of: tuple[At, ...] = ()) -> Span:
    """Write a share in per cent, with one decimal or two digits that count.

    Examples
    --------
    >>> percent(At(783), of=(At(43_400),)).text, percent(At(0.61)).text
    ('1.8 %', '61.0 %')
    """
    value = _exact(*ats, of=of)
    if value is None:
        return NOTHING
    whole = 100 * value
    text = f"{whole:.1f} %" if whole >= 0.1 or not value else f"{whole:.2g} %"
    return _figure(text, value, ats, of)


def row_share(*ats: At, of: tuple[At, ...]) -> Span:
    """Write a share of a matrix row in whole per cent, 0 and 100 only if exact.

    Examples
    --------
    >>> [row_share(At(n), of=(At(999),)).text for n in (380, 1, 998, 0)]
    ['38 %', '<1 %', '>99 %', '0 %']
    """
    value = _exact(*ats, of=of)
    if value is None:
        return NOTHING
    text = f"{100 * value:.0f} %"
    if 0 < value < 0.005:
        text = "<1 %"
    elif 0.995 <= value < 1:
        text = ">99 %"
    return _figure(text, value, ats, of)


def signed(at: At, digits: int) -> Span:
    """Write a difference with its sign; more digits rather than a false 0.

    Examples
    --------
    >>> [signed(At(v), d).text for v, d in ((-1234.56, 1), (0.0012, 2), (0.0, 2))]
    ['−1,234.6', '+0.001', '0.00']
    """
    value = _exact(at)
    if value is None:
        return NOTHING
    while value and digits < _MOST_DIGITS and not round(value, digits):
        digits += 1
    text = f"{value:+,.{digits}f}" if round(value, digits) else f"{0:.{digits}f}"
    return _figure(text, value, (at,), ())


def interval(at: At, digits: int = 2) -> Spans:
    """Write the two ends of an interval of rates; nothing without one."""
    if not at:
        return ()
    return (" (", decimals(at[0], digits), "–", decimals(at[1], digits), ")")


def signed_interval(at: At, digits: int) -> Spans:
    """Write the two ends of an interval of a difference."""
    if not at:
        return (NOTHING,)
    return (signed(at[0], digits), " to ", signed(at[1], digits))


def p_value(at: At) -> Span:
    """Write a p-value; the smallest are not told apart.

    Examples
    --------
    >>> [p_value(At(value)).text for value in (0.04321, 0.00002, 1.0)]
    ['0.043', '<0.001', '1.000']
    """
    return decimals(at, 3)


def clock(*ats: At) -> Span:
    """Write a duration as mm:ss or h:mm:ss.

    Examples
    --------
    >>> clock(At(70.4), At(2.0)).text, clock(At(3723.0)).text
    ('01:12', '1:02:03')
    """
    value = _exact(*ats)
    if value is None:
        return NOTHING
    hours, rest = divmod(max(0, round(value)), 3600)
    text = f"{rest // 60:02d}:{rest % 60:02d}"
    return _figure(f"{hours}:{text}" if hours else text, value, ats, ())


def ratio(at: At) -> Span:
    """Write a cost ratio.

    Examples
    --------
    >>> [ratio(At(value)).text for value in (0.1, 54.43, 4.333, 2197.0)]
    ['0.1', '54.4', '4.3', '2,197']
    """
    value = _exact(at)
    if value is None:
        return NOTHING
    if value >= 99.95:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.1f}".removesuffix(".0") if value >= 0.995 else f"{value:.2g}"
    return _figure(text, value, (at,), ())


def to_one(many: tuple[At, ...], one: At) -> Span:
    """Write how many there are to one.

    Examples
    --------
    >>> to_one((At(42617),), At(783)).text, to_one((At(8),), At(12)).text
    ('54:1', '0.7:1')
    """
    value = _exact(*many, of=(one,))
    if value is None:
        return NOTHING
    text = f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
    return _figure(f"{text}:1", value, many, (one,))


def cost_ratio(costs: At) -> Span:
    """Write how many false alarms a miss is worth.

    Examples
    --------
    >>> cost_ratio(At({"cost_fn": 54.43, "cost_fp": 1.0})).text
    '54.4:1'
    """
    miss, alarm = costs["cost_fn"], costs["cost_fp"]
    if not miss or not alarm:
        return NOTHING
    found, right = costs["cost_tp"].value or 0.0, costs["cost_tn"].value or 0.0
    value = (miss.value - found) / (alarm.value - right)
    text = f"{_digits(value)}:1"
    # A figure is a value of the document, or two of them in proportion.
    return text if found or right else _figure(text, value, (miss,), (alarm,))


def _digits(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 1000 else f"{ratio:.3g}"


def name_of_policy(
    policy: str, costs: Costs | None, *, several: bool = False, aim: str = ""
) -> str:
    """Write an operating point as a board heads it.

    Parameters
    ----------
    policy : str
    costs : Costs or None
        Those of the run.
    several : bool, default=False
        Whether it is about more than two classes.
    aim : str, default=""
        The operating point that the recommended one follows, to be named with it.

    Examples
    --------
    >>> costs = Costs(cost_fn=10, cost_fp=1)
    >>> [name_of_policy(p, costs) for p in ("default", "cost", "recall>=0.8")]
    ['threshold 0.5', 'cost 10:1', 'recall ≥ 0.8']
    >>> name_of_policy("recommended", costs, aim="cost")
    'recommended (cost 10:1)'
    """
    if policy == "recommended" and aim:
        return f"recommended ({name_of_policy(aim, costs, several=several)})"
    if policy == "default":
        return "most probable class" if several else "threshold 0.5"
    if policy == "cost":
        return "cost" if costs is None else f"cost {_digits(costs.ratio)}:1"
    return policy.replace(">=", " ≥ ").replace("<=", " ≤ ")
