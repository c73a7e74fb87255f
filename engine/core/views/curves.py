"""Curves in words: names, figures of legends, and which arms are drawn together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.arm_result import ArmAtPoint
from engine.core.methods.samplers import CONTROL
from engine.core.outcome import Point, Scored

MOST_ARMS: Final = 6
"""As many arms as can be distinguished in a picture."""


class CurveLabel(NamedTuple):
    """A curve's name, and the metric that sums it up with its short name."""

    title: str
    metric: str = ""
    short: str = ""

    def figure(self, test: Mapping[str, float | None]) -> str:
        """Write the metric for a legend; nothing where none sums the curve up.

        Examples
        --------
        >>> LABELS["pr"].figure({"average_precision": 0.25}), LABELS["det"].figure({})
        ('AP 0.250', '')
        """
        if not self.metric:
            return ""
        return f"{self.short} {figures.decimals(test.get(self.metric), 3)}"


LABELS: Final = {
    "pr": CurveLabel("PR", "average_precision", "AP"),
    "roc": CurveLabel("ROC", "roc_auc", "AUC"),
    "det": CurveLabel("DET"),
    "lift": CurveLabel("lift"),
    "gain": CurveLabel("gain"),
}
"""By the names of `engine.core.curve.CURVES`."""


def select_arms(names: Collection[str], focused: str = "") -> list[str]:
    """Return at most so many arms as can be distinguished, in their order.

    The control and the focused arm are among them, and then the first ones.

    Examples
    --------
    >>> select_arms([*"abcdefgh", "untreated"], "h")
    ['a', 'b', 'c', 'd', 'h', 'untreated']
    """
    first = sorted(names, key=lambda name: name not in (CONTROL, focused))
    chosen = set(first[:MOST_ARMS])
    return [name for name in names if name in chosen]


def control_of(scored: Mapping[str, Scored]) -> str | None:
    """Return the control, where costs of others can be drawn relative to its own."""
    known = [name for name, scores in scored.items() if scores.cost_steps]
    return CONTROL if CONTROL in known and len(known) > 1 else None


def threshold_figures(at: ArmAtPoint) -> dict[str, str]:
    """Return what an arm comes to where it stands, each figure by its name."""
    point, c = at.point, at.counts
    shown = {
        "recall": _with_interval(point, "recall"),
        "precision": _with_interval(point, "precision"),
        "alerts": f"{c.tp + c.fp:,} of {c.tn + c.fp + c.fn + c.tp:,} rows",
        "cost/1,000": figures.per_mille(point.metric("cost_per_1000")),
    }
    for name in ("specificity", "F1", "MCC"):
        shown[name] = figures.decimals(point.metric(name.lower()), 3)
    return shown


def _with_interval(point: Point, name: str) -> str:
    limits = point.metrics.get(f"{name}_ci")
    interval = figures.interval(limits if isinstance(limits, tuple) else None)
    return f"{figures.decimals(point.metric(name), 3)} {interval}"
