"""The curves of the arms, drawn: pure functions from a document to shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from engine.curve import cost_curve, precision_recall, roc
from engine.export.page import figures
from engine.export.page.at import At
from engine.export.page.facts import Facts, point_of
from engine.export.page.parts import Chart, Key, Spans
from engine.export.page.plot import (
    Plane,
    Scale,
    linear,
    logarithmic,
    root,
    steps,
)
from engine.export.page.shapes import look, marker
from engine.outcome import CostStep

__all__ = ["cost", "history", "precision_recall_chart", "reliability", "roc_chart"]

Scored: TypeAlias = tuple[str, int, At]
"""An arm's name, its series, and its scores of one class against the others."""

_EARLY: Final = 0.05
"""Recall below which a precision is of few rows, and has no say in the scale."""
_RARE: Final = 0.2
"""Prevalence below which scales of probabilities are those of square roots."""
RATIOS: Final = tuple(10 ** (n / 20) for n in range(-20, 61))
"""Cost ratios at which the curve is drawn: from 0.1 to 1,000."""


def _sweep(scores: At) -> list[tuple[float, int, int]]:
    return [tuple(step) for step in scores["sweep"].value or ()]


def _counted(scores: At) -> tuple[int, int]:
    """Return the positives and the negatives among the test rows."""
    counts = next(scores["operating_points"].each())["confusion"].value
    return counts["fn"] + counts["tp"], counts["fp"] + counts["tn"]


def _in_front(scored: Sequence[Scored]) -> list[Scored]:
    """Return the arms in the order drawn: the control last, and so on top."""
    return sorted(scored, key=lambda one: one[0] == "none")


def _keys(
    scored: Sequence[Scored], note: Callable[[At], Spans] = lambda scores: ()
) -> tuple[Key, ...]:
    return tuple(Key(name, series, note(scores)) for name, series, scores in scored)


def precision_recall_chart(
    facts: Facts, scored: Sequence[Scored], id: str, about: str = ""
) -> Chart | None:
    """Draw the precision against the recall; guessing reaches the prevalence."""
    scored = [one for one in scored if one[2]["sweep"]]
    if not scored:
        return None
    positives, negatives = _counted(scored[0][2])
    curves = {
        name: [(p.x, p.y) for p in precision_recall(_sweep(at), positives, negatives)]
        for name, _, at in scored
    }
    later = [y for points in curves.values() for x, y in points if x >= _EARLY]
    ever = [y for points in curves.values() for _, y in points]
    top = min(1.0, 1.1 * max(later, default=1.0))
    y = linear("precision", 0.0, top)
    plane = Plane(linear("recall", 0.0, 1.0), y)
    share = positives / (positives + negatives)
    plane.rule((0.0, share), (1.0, share), "base")
    plane.note(0.3, share, "guessing")
    for name, series, _ in _in_front(scored):
        plane.line(curves[name], look(series))
    _operating(plane, facts, scored, lambda tp, fp: (tp / positives, tp / (tp + fp)))
    note = "Marks: the arms at " + facts.called(facts.policy, facts.rarest) + "."
    if max(ever, default=0.0) > y.high:
        note += f" Below a recall of {_EARLY:g} some curves run above what is drawn."
    return Chart(
        id=f"pr{id}",
        title=f"Precision and recall{about}",
        text="Precision against recall over all thresholds, a line per arm, on the "
        "test rows; higher is better. The dashed level is what guessing reaches.",
        width=440,
        height=300,
        shapes=plane.shapes(),
        legend=_keys(
            scored,
            lambda at: ("AP ", figures.decimals(at["test"]["average_precision"], 3)),
        ),
        note=(note,),
    )


def roc_chart(
    facts: Facts, scored: Sequence[Scored], id: str, about: str = ""
) -> Chart | None:
    """Draw the recall against the false positive rate."""
    scored = [one for one in scored if one[2]["sweep"]]
    if not scored:
        return None
    positives, negatives = _counted(scored[0][2])
    plane = Plane(linear("false positive rate", 0.0, 1.0), linear("recall", 0.0, 1.0))
    plane.rule((0.0, 0.0), (1.0, 1.0), "base")
    for _, series, at in _in_front(scored):
        points = roc(_sweep(at), positives, negatives)
        plane.line([(p.x, p.y) for p in points], look(series))
    _operating(plane, facts, scored, lambda tp, fp: (fp / negatives, tp / positives))
    return Chart(
        id=f"roc{id}",
        title=f"ROC{about}",
        text="Recall against the false positive rate over all thresholds, a line per "
        "arm, on the test rows; nearer to the upper left is better. The diagonal is "
        "what guessing reaches.",
        width=440,
        height=300,
        shapes=plane.shapes(),
        legend=_keys(
            scored, lambda at: ("AUC ", figures.decimals(at["test"]["roc_auc"], 3))
        ),
        note=("Marks: the arms at ", facts.called(facts.policy, facts.rarest), "."),
    )


def _operating(
    plane: Plane,
    facts: Facts,
    scored: Sequence[Scored],
    where: Callable[[int, int], tuple[float, float]],
) -> None:
    """Mark where each arm is at the experiment's policy, if it calls anybody."""
    for _, series, scores in _in_front(scored):
        point = point_of(scores, facts.policy)
        if point is None:
            continue
        counts = point["confusion"].value
        if counts["tp"] + counts["fp"]:
            x, y = plane.at(*where(counts["tp"], counts["fp"]))
            plane.drawn.append(marker(x, y, series))


def reliability(
    facts: Facts, scored: Sequence[Scored], *, repaired: bool
) -> Chart | None:
    """Draw the share of positives in bins of like scores against the scores.

    Scores are as the models say them, or after the repair that did best out of fold.
    """
    lines: list[tuple[str, int, list[tuple[float, float]], str]] = []
    for name, series, scores in scored:
        method = scores.text("repair") if repaired else "none"
        for one in scores["calibration"].value or ():
            if one["method"] == method and one["bins"]:
                bins = [(b["score"], b["positives"] / b["rows"]) for b in one["bins"]]
                lines.append((name, series, bins, method))
    if not lines:
        return None
    positives, negatives = _counted(scored[0][2])
    high_x = max(x for _, _, points, _ in lines for x, _ in points)
    high_y = max(y for _, _, points, _ in lines for _, y in points)
    names = "mean score", "share of positives"
    x, y = (
        root(title, high)
        if positives < _RARE * (positives + negatives)
        else linear(title, 0.0, min(1.0, high) or 1.0)
        for title, high in zip(names, (high_x, high_y), strict=True)
    )
    plane = Plane(x, y)
    ends = [n / 50 * min(x.high, y.high) for n in range(51)]
    plane.line([(end, end) for end in ends], "base")
    for _, series, points, _ in sorted(lines, key=lambda one: one[0] == "none"):
        plane.line(points, look(series))
        plane.drawn += [marker(*plane.at(*point), series, 3.2) for point in points]
    what = "after the repair that did best out of fold" if repaired else "as they are"
    return Chart(
        id="repaired" if repaired else "reliability",
        title=f"Scores {what}",
        text=f"Share of positives against the mean score, {what}, in bins of about "
        "equally many test rows, a line per arm; on the dashed line scores are true "
        "probabilities.",
        width=440,
        height=300,
        shapes=plane.shapes(),
        legend=tuple(
            Key(name, series, (_METHODS[method],) if repaired else ())
            for name, series, _, method in lines
        ),
        note=("Both scales are those of square roots.",) if x.bend(4.0) == 2 else (),
    )


_METHODS: Final = {
    "none": "as it is",
    "prior": "prior shift",
    "platt": "Platt",
    "isotonic": "isotonic",
}


def cost(facts: Facts, scored: Sequence[Scored]) -> Chart | None:
    """Draw what the thresholds of least cost come to, at every cost ratio."""
    scored = [one for one in scored if one[2]["cost_steps"]]
    if not scored:
        return None
    positives, negatives = _counted(scored[0][2])
    plane = Plane(
        logarithmic("a missed positive costs as many false alarms", 0.1, 1000.0),
        linear("cost, of that without a model", 0.0, 1.0),
    )
    costs = facts.costs(facts.rarest)
    yours = None if costs is None else costs.ratio
    if yours is not None and RATIOS[0] <= yours <= RATIOS[-1]:
        plane.rule((yours, 0.0), (yours, 1.0), "base")
        plane.note(yours, 0.0, "yours")
    plane.rule((RATIOS[0], 1.0), (RATIOS[-1], 1.0), "axis")
    for _, series, at in _in_front(scored):
        found = msgspec.convert(at["cost_steps"].value, list[CostStep])
        points = cost_curve(found, positives, negatives, RATIOS)
        plane.line([(p.ratio, p.share) for p in points], look(series))
    return Chart(
        id="cost",
        title="Cost at each cost ratio",
        text="The cost of each arm at its own threshold of least cost, as a share of "
        "what calling nobody or calling everybody would cost, whichever costs less, "
        "against the cost ratio; lower is better.",
        width=440,
        height=300,
        shapes=plane.shapes(),
        legend=_keys(scored),
        note=(
            "1 is what it costs without a model: calling nobody, or everybody, "
            "whichever costs less.",
        ),
    )


def history(facts: Facts) -> Chart | None:
    """Draw every trial's score, and the best one so far, of each arm."""
    objective = facts.experiment["search"].text("objective") or "score"
    lower = objective in ("log_loss", "brier")
    found: list[tuple[str, int, list[tuple[int, float]]]] = []
    for arm in facts.arms:
        trials = [
            (int(trial["trial"]), float(trial["score"]))
            for trial in arm["search"]["history"].value or ()
            if not trial["pruned"] and not trial.get("failed")
        ]
        if trials:
            name = arm.text("name")
            found.append((name, facts.series[name], sorted(trials)))
    if not found:
        return None
    scores = [score for _, _, trials in found for _, score in trials]
    last = max(number for _, _, trials in found for number, _ in trials)
    ticks = tuple(tick for tick in steps(0.0, float(last)) if tick == int(tick))
    plane = Plane(
        Scale("trial", -0.5, last + 0.5, ticks),
        linear(objective.replace("_", " "), min(scores), max(scores)),
    )
    for _, series, trials in sorted(found, key=lambda one: one[0] == "none"):
        line: list[tuple[float, float]] = []
        best = math.inf if lower else -math.inf
        for number, score in trials:
            better = min(best, score) if lower else max(best, score)
            if line and better != best:
                line.append((float(number), best))
            best = better
            line.append((float(number), best))
        line.append((last + 0.5, best))
        plane.line(line, look(series))
        plane.drawn += [
            marker(*plane.at(float(number), score), series, 3.2)
            for number, score in trials
        ]
    return Chart(
        id="history",
        title="The search",
        text=f"Mean {objective.replace('_', ' ')} over the validation folds of every "
        "finished trial, a mark each, and the best so far, a line per arm.",
        width=440,
        height=300,
        shapes=plane.shapes(),
        legend=tuple(Key(name, series) for name, series, _ in found),
        note=("Trials that were stopped early are left out.",),
    )
