"""How a verdict puts numbers: signs, intervals, misses with their price."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import Comparison, OperatingPoint

__all__ = [
    "alarms",
    "arms",
    "at",
    "figures",
    "name",
    "outcome",
    "p_value",
    "sentence",
    "signed",
    "threshold",
]

_NAMES = {
    "recall": ("recall", 2),
    "false_positive_rate": ("false-alarm rate", 3),
    "cost_per_1000": ("cost per 1,000 rows", 1),
    "average_precision": ("average precision", 3),
}
_AT = {
    "default": "at the threshold 0.5",
    "prevalence": "with thresholds at the prevalence",
    "f1": "with thresholds of highest F1",
    "cost": "with thresholds of least cost",
}
_MOST_DIGITS = 6


def at(policy: str) -> str:
    """Say where a decision was made.

    Examples
    --------
    >>> at("recall>=0.8")
    'with thresholds for a recall of 0.8'
    """
    if policy.startswith("recall>="):
        return f"with thresholds for a recall of {policy.removeprefix('recall>=')}"
    return _AT.get(policy, f"at the policy {policy}")


def name(c: Comparison) -> str:
    """Say what was compared, and where."""
    words = _NAMES[c.metric][0]
    return words if c.policy is None else f"{words} {at(c.policy)}"


def figures(c: Comparison) -> str:
    """Say a difference, its interval and its adjusted p.

    Examples
    --------
    >>> change = Comparison(a="smote", b="none", policy="default", metric="recall",
    ...     difference=0.61, ci=(0.53, 0.68), p=1e-9, adjusted_p=1e-9, method="")
    >>> figures(change)
    '+0.61, 95 % interval +0.53 to +0.68, adjusted p < 0.001'
    """
    digits = _NAMES[c.metric][1]
    low, high = (signed(limit, digits) for limit in c.ci)
    return (
        f"{signed(c.difference, digits)}, 95 % interval {low} to {high}, "
        f"adjusted p {p_value(c.adjusted_p)}"
    )


def signed(value: float, digits: int) -> str:
    """Write a number with its sign; more digits rather than a false 0.

    Examples
    --------
    >>> signed(-1234.56, 1), signed(0.0012, 2), signed(0.0, 2)
    ('−1,234.6', '+0.001', '0.00')
    """
    while value and digits < _MOST_DIGITS and not round(value, digits):
        digits += 1
    if not round(value, digits):
        return f"{0:.{digits}f}"
    return f"{value:+,.{digits}f}".replace("-", "−")


def p_value(value: float) -> str:
    """Write a p so that it stays on its side of 0.05.

    Examples
    --------
    >>> p_value(0.00002), p_value(0.0312), p_value(0.04996), p_value(0.4)
    ('< 0.001', '= 0.031', '= 0.04996', '= 0.40')
    """
    if value < 0.001:
        return "< 0.001"
    text = f"{value:.{3 if value < 0.1 else 2}f}"
    return f"= {value:.4g}" if text == "0.050" else f"= {text}"


def outcome(point: OperatingPoint) -> str:
    """Say the misses of an operating point, and their price."""
    counts = point.confusion
    return (
        f"misses {counts.fn:,} of {counts.fn + counts.tp:,} positives with "
        f"{alarms(point)}"
    )


def alarms(point: OperatingPoint) -> str:
    """Say the false alarms of an operating point."""
    count = point.confusion.fp
    return f"{count:,} false alarm" + ("" if count == 1 else "s")


def threshold(point: OperatingPoint) -> str:
    """Write a threshold with three digits that count."""
    return f"{point.threshold:.3g}"


def arms(names: Sequence[str]) -> str:
    """List arms as the subject of a sentence in the present tense.

    Examples
    --------
    >>> arms(["smote"]), arms(["smote", "adasyn"])
    ('`smote` is', '`smote`, `adasyn` are')
    """
    verb = "is" if len(names) == 1 else "are"
    return ", ".join(f"`{name}`" for name in names) + f" {verb}"


def sentence(text: str) -> str:
    """Begin with a capital."""
    return text[:1].upper() + text[1:]
