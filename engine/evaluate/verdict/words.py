"""The texts of a verdict: phrases of differences and intervals, sentences by code.

The sentences are in verdict.md beside this module; docs/verdict.md is a copy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from statistics import NormalDist
from typing import Final, NamedTuple

from msgspec import UnsetType

from engine.core.costs import METRICS, wilson
from engine.core.format import amount, p_value, plural, signed
from engine.core.format import share as percent
from engine.core.outcome import Comparison, FoldComparison, OperatingPoint, Remark
from engine.core.points import parse
from engine.core.prevalence import Prevalence
from engine.core.views.comparisons import FEWEST_FOLDS

SIMPLER = {
    "nobody": "predicting no row positive",
    "everybody": "predicting every row positive",
    "fixed": "`untreated` at 0.5",
    "cost": "`untreated` at its threshold of least cost",
    "frequent": "predicting the most frequent class",
}
"""Simpler decisions than a recommendation (`engine.core.outcome.Alternative`)."""


def name(c: Comparison, where: Callable[[str], str] | None = None) -> str:
    """Say what was compared, and where; by the point's own phrase unless another is.

    Examples
    --------
    >>> matched = Comparison(a="smote", b="untreated", at="recall>=0.8", difference=0.1,
    ...     metric="false_positive_rate", ci=(0, 0.2), p=0.1, adjusted_p=0.1, method="")
    >>> name(matched)
    'false positive rate at an equal recall of 0.8'
    """
    words, at = METRICS[c.metric].title, c.at
    if at is None or c.metric == "f1":
        return words
    point = parse(at)
    if not point.matched or c.metric != point.kind.metric:
        return f"{words} {where(at) if where else point.phrase}"
    if point.kind.counts:
        return f"{words} {point.kind.equal.replace('at', 'with', 1)}, {point.request}"
    return f"{words} at an equal {point.request.removeprefix('a ')}"


def figures(c: Comparison) -> str:
    """Say a difference, its interval and its adjusted p.

    Examples
    --------
    >>> change = Comparison(a="smote", b="untreated", at="fixed", metric="recall",
    ...     difference=0.61, ci=(0.53, 0.68), p=1e-9, adjusted_p=1e-9, method="")
    >>> figures(change)
    '+0.61, 95 % interval +0.53 to +0.68, adjusted p < 0.001'
    """
    digits = METRICS[c.metric].digits
    low, high = (signed(limit, digits) for limit in c.ci)
    return (
        f"{signed(c.difference, digits)}, 95 % interval {low} to {high}, "
        f"adjusted p {p_value(c.adjusted_p, '= ')}"
    )


def fold_figures(c: FoldComparison) -> str:
    """Say a mean difference over folds, and its corrected interval.

    Examples
    --------
    >>> change = FoldComparison(a="smote", b="untreated", metric="roc_auc", folds=5,
    ...     difference=0.02, ci=(0.01, 0.03), p=0.01, adjusted_p=0.02, rope=0.01,
    ...     worse=0.0, same=0.1, better=0.9, method="")
    >>> fold_figures(change)
    'ROC AUC +0.020, 95 % interval +0.010 to +0.030'
    """
    words, digits, _ = METRICS[c.metric]
    text = f"{words} {signed(c.difference, digits)}"
    if c.folds < FEWEST_FOLDS:
        return f"{text}, over too few folds for an interval"
    low, high = (signed(limit, digits) for limit in c.ci)
    return f"{text}, 95 % interval {low} to {high}"


def share(part: int, whole: int) -> str:
    """Say a recall with its interval (Wilson's).

    Examples
    --------
    >>> share(98, 161)
    'recall 0.61, 95 % interval 0.53 to 0.68'
    """
    low, high = wilson(part, whole) or (0.0, 1.0)
    return f"recall {part / whole:.2f}, 95 % interval {low:.2f} to {high:.2f}"


def precision_there(point: OperatingPoint, prevalence: Prevalence) -> str:
    """Say the precision at the prevalence in use; nothing if none is given."""
    value, ci = point.metric("precision"), point.metrics.get("precision_ci")
    if not prevalence or value is None or not isinstance(ci, tuple):
        return ""
    low, high = (f"{limit:.2g}" for limit in ci)
    return (
        f", at a prevalence of {percent(prevalence, 1)} a precision of {value:.2g} "
        f"(95 % interval {low} to {high})"
    )


def amount_found(point: OperatingPoint, column: str | UnsetType) -> str:
    """Say the share of a column's costs that is found; nothing without one."""
    found = point.metric("amount_recall")
    return "" if found is None or not column else f", {found:.2f} of their `{column}`,"


def half_width(positives: int) -> float:
    """Return the half width of the 95 % interval of a recall of 0.50.

    Parameters
    ----------
    positives : int
        Positives in the test rows, at least 1.

    Returns
    -------
    float
        Half the width of Wilson's 95 % interval around one half [1]_.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> round(half_width(161), 2)
    0.08
    """
    z = NormalDist().inv_cdf(0.975)
    return z / (2 * math.sqrt(positives + z * z))


def outcome(point: OperatingPoint) -> str:
    """Return the positives found and the false alarms of an operating point."""
    counts = point.confusion
    return f"{counts.tp:,} of {counts.fn + counts.tp:,} positives, {alarms(point)}"


def money(value: float) -> str:
    """Write a cost per 1,000 rows."""
    return f"{value:,.1f}"


def alarms(point: OperatingPoint) -> str:
    """Say the false alarms of an operating point."""
    return plural(point.confusion.fp, "false alarm")


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
    return f"{quote_names(names)} {verb}"


def quote_names(names: Sequence[str]) -> str:
    """List arms."""
    return ", ".join(f"`{name}`" for name in names)


def sentence(text: str) -> str:
    """Begin with a capital."""
    return text[:1].upper() + text[1:]


PAGE: Final = files("engine.evaluate.verdict").joinpath("verdict.md").read_text("utf-8")
_ENTRY: Final = re.compile(
    r"### (VRD\d+): (.+)\n\n(.+)\n\nWhat to do: (.+)\n((?:\n- .+)*)"
)
_TEXT: Final = re.compile(r"^- (\w+): (.+)$", re.MULTILINE)


class VerdictCode(NamedTuple):
    """A code of a verdict: its condition `when`, and its `fix`."""

    title: str
    when: str
    fix: str


CODES: Final = {code: VerdictCode(*about) for code, *about, _ in _ENTRY.findall(PAGE)}
_TEXTS: Final = {
    code: dict(_TEXT.findall(texts)) for code, *_, texts in _ENTRY.findall(PAGE)
}


def say(code: str, which: str = "text", /, **values: object) -> Remark:
    """Return a sentence of verdict.md with its values.

    Examples
    --------
    >>> say("VRD203", rows=100_000, of=12_000_000).text
    '100,000 of the 12,000,000 rows were read: the whole table may give another result.'
    """
    return Remark(code, _TEXTS[code][which].format(**values))


def join_remarks(*remarks: Remark | None) -> Remark | None:
    """Join the sentences of a code; None if there are none."""
    known = [remark for remark in remarks if remark is not None]
    return Remark(known[0].code, " ".join(r.text for r in known)) if known else None


def amounts(point: OperatingPoint, column: str | UnsetType) -> list[Remark]:
    """Say which share of a column's costs is found, and what is missed."""
    found = point.metric("amount_recall")
    if not column or found is None:
        return []
    missed, interval = point.metric("missed_amount") or 0.0, ""
    if (limits := point.interval("amount_recall_ci")) is not None:
        low, high = limits
        interval = f", 95 % interval {low:.2f} to {high:.2f}"
    values = {"missed": amount(missed), "found": found, "interval": interval}
    return [say("VRD112", "amount", column=column, **values)]
