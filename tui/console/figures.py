"""How numbers are written: one way each."""

from __future__ import annotations

import math

__all__ = [
    "NOTHING",
    "apart",
    "clock",
    "count",
    "decimals",
    "interval",
    "plural",
    "policy_name",
    "policy_short",
    "ratio",
    "row_share",
    "share",
    "size",
    "threshold",
]

NOTHING = "—"
"""Stands for a number that is not defined, or not there."""


def count(value: int | None) -> str:
    """Write a count with thousands separators.

    Examples
    --------
    >>> count(1710), count(None)
    ('1,710', '—')
    """
    return NOTHING if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Write a number of bytes in thousands, with three digits.

    Examples
    --------
    >>> size(512), size(12_300_000), size(999_999), size(None)
    ('512 B', '12.3 MB', '1.00 MB', '—')
    """
    if value is None:
        return NOTHING
    if value < 1000:
        return f"{value} B"
    scaled = float(value)
    for unit in ("kB", "MB", "GB", "TB"):
        scaled /= 1000
        if scaled < 999.5 or unit == "TB":
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{digits}f} {unit}"
    return NOTHING


def plural(value: int, noun: str, many: str = "") -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "false alarm"), plural(1710, "false alarm")
    ('1 false alarm', '1,710 false alarms')
    """
    return f"{value:,} {noun if value == 1 else many or noun + 's'}"


def decimals(value: float | None, digits: int) -> str:
    """Write a number with fixed decimals, and no false 0.

    Examples
    --------
    >>> decimals(0.0521, 2), decimals(0.0021, 2), decimals(0.0, 2), decimals(None, 3)
    ('0.05', '<0.01', '0.00', '—')
    """
    if value is None or math.isnan(value):
        return NOTHING
    least = 10.0**-digits
    if 0 < value < least / 2:
        return f"<{least:.{digits}f}"
    return f"{value:.{digits}f}"


def interval(limits: tuple[float, float] | None) -> str:
    """Write an interval of a rate.

    Examples
    --------
    >>> interval((0.5316, 0.6807))
    '(0.53–0.68)'
    """
    return "" if limits is None else f"({limits[0]:.2f}–{limits[1]:.2f})"


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


def share(part: int, whole: int) -> str:
    """Write a share of rows in per cent, with one decimal or two digits.

    Examples
    --------
    >>> share(783, 43_400), share(3, 43_400), share(0, 0)
    ('1.8 %', '0.0069 %', '—')
    """
    if not whole:
        return NOTHING
    percent = 100 * part / whole
    return f"{percent:.1f} %" if percent >= 0.1 or not part else f"{percent:.2g} %"


def row_share(part: int, whole: int) -> str:
    """Write a share of a matrix row in whole per cent, 0 and 100 only if exact.

    Examples
    --------
    >>> row_share(63, 161), row_share(1, 999), row_share(998, 999), row_share(0, 0)
    ('39 %', '<1 %', '>99 %', '—')
    """
    if not whole:
        return NOTHING
    percent = round(100 * part / whole)
    if part and not percent:
        return "<1 %"
    if part < whole and percent == 100:
        return ">99 %"
    return f"{percent} %"


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


def clock(seconds: float | None) -> str:
    """Write a duration as mm:ss or h:mm:ss.

    Examples
    --------
    >>> clock(72.4), clock(3723), clock(None)
    ('01:12', '1:02:03', '—')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{minutes}" if hours else minutes


def policy_name(
    policy: str,
    *,
    cost_fn: float,
    cost_fp: float,
    several: bool = False,
    aim: str = "",
) -> str:
    """Write an operating point as a board heads it.

    Parameters
    ----------
    policy : str
    cost_fn, cost_fp : float
        What a miss and a false alarm cost more than what would have been right.
    several : bool, default=False
        Whether it is about more than two classes.
    aim : str, default=""
        The operating point that the recommended one follows, to be named with it.

    Examples
    --------
    >>> [policy_name(p, cost_fn=10, cost_fp=1) for p in ("cost", "recall>=0.8")]
    ['cost 10:1', 'recall ≥ 0.8']
    >>> policy_name("recommended", cost_fn=54.43, cost_fp=1, aim="cost")
    'recommended (cost 54.4:1)'
    """
    if policy == "recommended" and aim:
        followed = policy_name(aim, cost_fn=cost_fn, cost_fp=cost_fp, several=several)
        return f"recommended ({followed})"
    if policy == "default":
        return "most probable" if several else "default 0.5"
    if policy == "cost":
        if not cost_fn or not cost_fp:
            return "cost"
        if cost_fn >= cost_fp:
            return f"cost {_digits(cost_fn / cost_fp)}:1"
        return f"cost 1:{_digits(cost_fp / cost_fn)}"
    return policy.replace(">=", " ≥ ").replace("<=", " ≤ ")


def _digits(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 1000 else f"{ratio:.3g}"


_SHORT = {"default": "0.5", "prevalence": "prev."}
_SHORTENED = (("recall", "rec."), ("precision", "prec."), (" ", ""))


def policy_short(
    policy: str, *, cost_fn: float, cost_fp: float, several: bool = False
) -> str:
    """Write an operating point where there is little room.

    Examples
    --------
    >>> short = [policy_short(p, cost_fn=10, cost_fp=1) for p in ("default", "cost")]
    >>> [*short, policy_short("precision>=0.2", cost_fn=10, cost_fp=1)]
    ['0.5', 'cost 10:1', 'prec.≥0.2']
    """
    if several and policy == "default":
        return "prob."
    if policy in _SHORT:
        return _SHORT[policy]
    name = policy_name(policy, cost_fn=cost_fn, cost_fp=cost_fp)
    if policy == "cost":
        return name
    for long, short in _SHORTENED:
        name = name.replace(long, short)
    return name
