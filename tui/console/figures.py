"""How numbers are written on screen: one way each."""

from __future__ import annotations

import math

from engine.format import *  # noqa: F403
from engine.format import NOTHING, point_name


def threshold(value: float | None) -> str:
    """Write a threshold with three decimals, or two digits that count.

    Examples
    --------
    >>> threshold(0.5), threshold(0.0179), threshold(0.00042)
    ('0.500', '0.018', '0.00042')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return f"{value:.3f}" if value >= 0.01 or value == 0 else f"{value:.2g}"


def apart(one: float | None, other: float | None) -> tuple[str, str]:
    """Write two thresholds, with as many more digits as it takes to tell them apart.

    Examples
    --------
    >>> apart(0.53, 0.5), apart(0.49987, 0.5), apart(0.5, 0.5)
    (('0.530', '0.500'), ('0.4999', '0.5000'), ('0.500', '0.500'))
    """
    texts = threshold(one), threshold(other)
    for digits in range(4, 9):
        if one is None or other is None or one == other or texts[0] != texts[1]:
            break
        texts = f"{one:.{digits}f}", f"{other:.{digits}f}"
    return texts


def ratio(negatives: int, positives: int) -> str:
    """Write how many negatives there are to a positive, or the other way about.

    Examples
    --------
    >>> ratio(42617, 783), ratio(250, 50), ratio(8, 12), ratio(10, 0)
    ('54:1', '5:1', '1:1.5', '—')
    """
    if not negatives or not positives:
        return NOTHING
    if negatives >= positives:
        return f"{_short(negatives / positives)}:1"
    return f"1:{_short(positives / negatives)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


_SHORT = {"default": "0.5", "prevalence": "prev."}
_SHORTENED = (("recall", "rec."), ("precision", "prec."), (" ", ""))


def point_short(
    at: str, *, cost_fn: float, cost_fp: float, several: bool = False
) -> str:
    """Write an operating point where there is little room.

    Examples
    --------
    >>> short = [point_short(p, cost_fn=10, cost_fp=1) for p in ("default", "cost")]
    >>> [*short, point_short("precision>=0.2", cost_fn=10, cost_fp=1)]
    ['0.5', 'cost 10:1', 'prec.≥0.2']
    """
    if several and at == "default":
        return "prob."
    if at in _SHORT:
        return _SHORT[at]
    name = point_name(at, cost_fn=cost_fn, cost_fp=cost_fp)
    if at == "cost":
        return name
    for long, short in _SHORTENED:
        name = name.replace(long, short)
    return name
