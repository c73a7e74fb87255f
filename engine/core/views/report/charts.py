"""The curves of the arms, drawn: pure functions from a result to shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from engine.core.curve import (
    CurvePoint,
    cost_curve,
    decision_curve,
    precision_recall,
    roc,
    treat_all,
)
from engine.core.views.calibration import LABELS, REPAIRS, CurveLabel
from engine.core.views.report import facts as figures
from engine.core.views.report import parts
from engine.core.views.report.facts import Facts, explain
from engine.core.views.report.parts import Plane, linear, logarithmic, look, root

Scored: TypeAlias = tuple[str, int, figures.At]
"""An arm's name, its series, and its scores of one class against the others."""

_EARLY: Final = 0.05
"""Recall below which a precision is of few rows, and has no say in the scale."""
_RARE: Final = 0.2
"""Prevalence below which scales of probabilities are those of square roots."""
PROBABILITIES: Final = tuple(percent / 100 for percent in range(1, 100))
"""Threshold probabilities at which the net benefit is drawn."""
RATIOS: Final = tuple(10 ** (n / 20) for n in range(-20, 61))
"""Cost ratios at which the curve is drawn: from 0.1 to 1,000."""


def _class_sizes(scored: Sequence[Scored]) -> tuple[int, int]:
    """Return the positives and the negatives among the test rows."""
    counts = scored[0][2]["operating_points"][0]["confusion"].value
    return counts.fn + counts.tp, counts.fp + counts.tn


def _with(scored: Sequence[Scored], key: str) -> list[Scored]:
    return [arm for arm in scored if arm[2][key]]


def _on_top(arm: tuple[Any, ...]) -> bool:
    """Sort arms in the order drawn, by their series: the control last."""
    return not arm[1]


def _keys(
    scored: Sequence[Scored], label: CurveLabel | None = None
) -> tuple[parts.Key, ...]:
    """Return the legend, with a figure of each arm if one is named."""
    keys = []
    for name, series, at in scored:
        note: parts.Spans = ()
        if label:
            value = figures.decimals(at["test"][label.metric], 3)
            note = (f"{label.short} ", value)
        keys.append(parts.Key(name, series, note))
    return tuple(keys)


def precision_recall_chart(
    facts: Facts, scored: Sequence[Scored], id: str, about: str = ""
) -> parts.Chart | None:
    """Draw the precision against the recall; guessing reaches the prevalence."""
    scored = _with(scored, "sweep")
    if not scored:
        return None
    positives, negatives = _class_sizes(scored)
    curves = [
        precision_recall(at["sweep"].value, positives, negatives) for _, _, at in scored
    ]
    ever = [point for points in curves for point in points]
    top = min(1.0, 1.1 * max((p.y for p in ever if p.x >= _EARLY), default=1.0))
    plane = Plane(linear("recall", 0.0, 1.0), linear("precision", 0.0, top))
    share = positives / (positives + negatives)
    plane.rule((0.0, share), (1.0, share), "base")
    plane.note(0.3, share, "guessing")
    _draw(plane, facts, scored, curves, lambda tp, fp: (tp / positives, tp / (tp + fp)))
    note = f"Marks: the arms at {facts.point_label(facts.at, facts.rarest)}."
    if max((point.y for point in ever), default=0.0) > plane.y.high:
        note += f" Below a recall of {_EARLY:g} some curves run above what is drawn."
    return parts.Chart(
        f"pr{id}",
        f"Precision and recall{about}",
        explain("precision recall chart"),
        plane.shapes(),
        _keys(scored, LABELS["pr"]),
        (note,),
    )


def roc_chart(
    facts: Facts, scored: Sequence[Scored], id: str, about: str = ""
) -> parts.Chart | None:
    """Draw the recall against the false positive rate."""
    scored = _with(scored, "sweep")
    if not scored:
        return None
    positives, negatives = _class_sizes(scored)
    plane = Plane(linear("false positive rate", 0.0, 1.0), linear("recall", 0.0, 1.0))
    plane.rule((0.0, 0.0), (1.0, 1.0), "base")
    curves = [roc(at["sweep"].value, positives, negatives) for _, _, at in scored]
    _draw(plane, facts, scored, curves, lambda tp, fp: (fp / negatives, tp / positives))
    return parts.Chart(
        f"roc{id}",
        f"ROC{about}",
        explain("ROC chart"),
        plane.shapes(),
        _keys(scored, LABELS["roc"]),
        (f"Marks: the arms at {facts.point_label(facts.at, facts.rarest)}.",),
    )


def _draw(
    plane: Plane,
    facts: Facts,
    scored: Sequence[Scored],
    curves: Sequence[Sequence[CurvePoint]],
    where: Callable[[int, int], tuple[float, float]],
) -> None:
    """Draw a line per arm, and where the arm is at the run's operating point.

    `where` makes a place of true positives and false alarms.
    """
    arms = [(*arm, points) for arm, points in zip(scored, curves, strict=True)]
    arms.sort(key=_on_top)
    for _, series, _, points in arms:
        plane.line([(p.x, p.y) for p in points], look(series))
    for _, series, scores, _ in arms:
        for point in scores["operating_points"].value:
            counts = point.confusion
            if point.name == facts.at and counts.tp + counts.fp:
                plane.mark(*where(counts.tp, counts.fp), series)


def reliability(
    facts: Facts, scored: Sequence[Scored], *, repaired: bool
) -> parts.Chart | None:
    """Draw the share of positives in bins of like scores against the scores.

    Scores are as the models say them, or after the repair that did best out of fold.
    """
    lines: list[tuple[str, int, list[tuple[float, float]], str]] = []
    for name, series, scores in scored:
        method = scores.text("repair") if repaired else "none"
        for calibration in scores["calibration"].value or ():
            if calibration.method == method and calibration.bins:
                bins = [(b.score, b.positives / b.rows) for b in calibration.bins]
                lines.append((name, series, bins, method))
    if not lines:
        return None
    positives, negatives = _class_sizes(scored)
    rare = positives < _RARE * (positives + negatives)
    x, y = (
        root(title, high) if rare else linear(title, 0.0, min(1.0, high) or 1.0)
        for n, title in enumerate(("mean score", "share of positives"))
        for high in [max(point[n] for _, _, bins, _ in lines for point in bins)]
    )
    plane = Plane(x, y)
    ends = [n / 50 * min(x.high, y.high) for n in range(51)]
    plane.line([(end, end) for end in ends], "base")
    for _, series, bins, _ in sorted(lines, key=_on_top):
        plane.line(bins, look(series))
        for point in bins:
            plane.mark(*point, series, 3.2)
    what = "after the repair that did best out of fold" if repaired else "as they are"
    keys = (
        parts.Key(name, series, (REPAIRS[method].table,) if repaired else ())
        for name, series, _, method in lines
    )
    return parts.Chart(
        "repaired" if repaired else "reliability",
        f"Scores {what}",
        explain("reliability chart", what=what),
        plane.shapes(),
        tuple(keys),
        ("Both scales are those of square roots.",) if rare else (),
    )


def cost(facts: Facts, scored: Sequence[Scored]) -> parts.Chart | None:
    """Draw what the thresholds of least cost come to, at every cost ratio."""
    scored = _with(scored, "cost_steps")
    if not scored:
        return None
    positives, negatives = _class_sizes(scored)
    plane = Plane(
        logarithmic("cost ratio: false alarms per missed positive", 0.1, 1000.0),
        linear("cost, of that without a model", 0.0, 1.0),
    )
    costs = facts.result.costs_of(facts.rarest)
    negative = costs.weight_of_negative(positives, negatives) if costs else 1.0
    count = costs.count(positives) if costs else None
    if costs is not None and RATIOS[0] <= costs.ratio <= RATIOS[-1]:
        plane.rule((costs.ratio, 0.0), (costs.ratio, 1.0), "base")
        plane.note(costs.ratio, 0.0, "yours")
    plane.rule((RATIOS[0], 1.0), (RATIOS[-1], 1.0), "axis")
    for _, series, at in sorted(scored, key=_on_top):
        steps = at["cost_steps"].value
        points = cost_curve(steps, positives, negatives, RATIOS, negative, count)
        plane.line([(p.ratio, p.share) for p in points], look(series))
    return parts.Chart(
        "cost",
        "Cost at each cost ratio",
        explain("cost chart"),
        plane.shapes(),
        _keys(scored),
        (explain("cost base"),),
    )


def benefit(facts: Facts, scored: Sequence[Scored]) -> parts.Chart | None:
    """Draw the net benefit of the thresholds of least cost, and of treating all."""
    scored = _with(scored, "cost_steps")
    if not scored:
        return None
    sizes, costs = _class_sizes(scored), facts.result.costs_of(facts.rarest)
    if not all(sizes) or (costs and costs.column):  # a note says why
        return None
    share = (costs.prevalence if costs else UNSET) or sizes[0] / sum(sizes)
    plane = Plane(
        linear("threshold probability", 0.0, 1.0),
        linear("net benefit", -share / 4, share),
    )
    everybody = [(at, treat_all(share, at)) for at in PROBABILITIES]
    plane.line([(0.0, share), *everybody], "base")
    plane.rule((0.0, 0.0), (1.0, 0.0), "axis")
    if costs is not None and costs.ratio > 0:
        own = 1 / (1 + costs.ratio)
        plane.rule((own, -share / 4), (own, share), "base")
        plane.note(own, -share / 4, "yours")
    for _, series, at in sorted(scored, key=_on_top):
        steps = at["cost_steps"].value
        points = decision_curve(steps, *sizes, PROBABILITIES, share)
        plane.line([(p.probability, p.benefit) for p in points], look(series))
        if series == 0 or len(scored) == 1:
            for point in points[4::10]:
                low, high = ((point.probability, limit) for limit in point.ci)
                plane.rule(low, high, look(series))
    return parts.Chart(
        "benefit",
        "Net benefit",
        explain("benefit chart"),
        plane.shapes(),
        _keys(scored),
        (explain("benefit lines"),),
    )
