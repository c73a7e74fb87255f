"""`imbtui curves`: the curves of a stored run, drawn in the terminal or as points."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET

from engine.core.costs import Costs
from engine.core.curve import CURVES, NO_BENEFIT, decision_curve, treat_all
from engine.core.errors import UsageError
from engine.core.experiment import references
from engine.core.outcome import CostWinner, Scored
from engine.core.result import Result
from engine.core.views.calibration import (
    LABELS,
    MOST_ARMS,
    control_of,
    curves_of_scores,
    select_arms,
)
from engine.core.views.comparisons import (
    prevalence_here,
    winners_by_prevalence,
    winners_of,
)
from engine.core.views.report.charts import PROBABILITIES
from tui.charts import curves as charts
from tui.charts.base import ANSI, MONO, Palette
from tui.charts.benefit import net_benefit
from tui.charts.costs import CostSeries, costs_by_ratio
from tui.charts.curves import reliability
from tui.cli.declare import JSON, KLASS, RUN, STORE, Option, command
from tui.cli.output import find_run, open_store, print_json, result_of, width
from tui.cli.streams import write
from tui.terminal.safe_text import clean, clip
from tui.text.lines import style_for

KINDS: Final = (*CURVES, "cost", "prevalence", "benefit", "sweep", "calibration")
"""Names of the curves."""
_LOWEST, _HIGHEST = 15, 40
Arms: TypeAlias = dict[str, Scored]
Room: TypeAlias = tuple[int, int, int, int, Palette]
"""Positives, negatives, then what there is to draw with."""


@command(
    "imbtui curves last --curve roc --arm untreated,smote",
    RUN,
    Option("--curve NAME", ", ".join(KINDS), choices=KINDS, default="pr"),
    Option("--arm ARM,…", f"arms (default: the first {MOST_ARMS}; all with --json)"),
    *(KLASS, STORE, JSON),
)
def curves(args: argparse.Namespace) -> int:
    """Draw the curves of a run, or print their points."""
    kind = str(args.curve)
    with open_store(args.store, create=False) as store:
        run = find_run(store, args.run)
        result = result_of(store, run, run.name)
    klass = result.select_class(args.klass)
    arms = _arms(result, klass, args.arm)
    costs = result.costs_of(klass)
    if kind == "benefit" and costs is not None and costs.column:
        raise UsageError(NO_BENEFIT, "look at curve cost", field="curve")
    positives = result.test_rows.get(klass or result.positive, 0)
    negatives = sum(result.test_rows.values()) - positives
    if args.json:
        rows = positives + negatives
        document: dict[str, object] = {
            "run": run.id,
            "curve": kind,
            "class": klass,
            "prevalence": positives / rows if rows else None,
        }
        if kind == "benefit":
            document |= _benefits(arms, positives, negatives, costs)
        else:
            document["arms"] = [
                {"arm": name, "points": _points(kind, scored, positives, negatives)}
                for name, scored in arms.items()
            ]
        if kind == "cost":
            document["winners"] = winners_of(result, klass)
        if kind == "prevalence":
            document["winners"] = [
                won._asdict() for won in winners_by_prevalence(result)
            ]
        print_json(document)
        return 0
    if args.arm is None:
        arms = {name: arms[name] for name in select_arms(arms)}
    lines = shutil.get_terminal_size((100, 24)).lines
    height = max(_LOWEST, min(_HIGHEST, lines - 1))
    palette = ANSI if style_for(sys.stdout).color else MONO
    room = (positives, negatives, width(), height, palette)
    pictures: Iterable[str]
    if kind == "sweep":
        negative = costs.weight_of_negative(*room[:2]) if costs else 1.0
        pictures = _sweeps(arms, run.experiment.decision.at, room, negative)
    elif kind == "calibration":
        pictures = [reliability(curves_of_scores(arms), *room[2:])]
    elif kind == "benefit":
        steps = [CostSeries(name, scored.cost_steps) for name, scored in arms.items()]
        pictures = [net_benefit(steps, *room, paid=costs)]
    elif kind in ("cost", "prevalence"):
        here = None if kind == "cost" else _prevalence(result)
        first = next(iter(arms), "")
        won = winners_of(result, klass, first)
        control = references(run.experiment.arms).get(first, "")
        pictures = [_costs(arms, costs, won, control, room, here)]
    else:
        series = [
            charts.Series(name, scored.sweep, LABELS[kind].figure(scored.test))
            for name, scored in arms.items()
        ]
        pictures = [charts.DRAWN[kind](series, *room)]
    for picture in pictures:
        write(f"{picture}\n")
    return 0


def _arms(result: Result, klass: str | None, names: str | None) -> Arms:
    """Return the given arms, or all; each must have a result."""
    scores, run = result.scored(klass), result.run
    if not scores:
        wrong = f"no arm of run {run} has a result yet"
        raise UsageError(wrong, f"see it: imbtui show {run}")
    if names is None:
        return scores
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen or [names]:
        if name not in scores:
            wrong = f"no arm {clean(name)!r} with a result in run {run}"
            raise UsageError(wrong, f"choose from: {', '.join(map(clean, scores))}")
    return {name: scores[name] for name in chosen}


def _points(
    kind: str, scored: Scored, positives: int, negatives: int
) -> list[dict[str, object]]:
    """Return a curve as plain values; a threshold that is beyond all scores is null."""
    if kind in ("cost", "prevalence"):
        steps: list[dict[str, object]] = msgspec.to_builtins(scored.cost_steps)
        return steps
    if kind == "calibration":
        return [
            {"method": calibration.method, **msgspec.to_builtins(each)}
            for calibration in scored.calibration
            for each in calibration.bins
        ]
    if kind == "sweep":
        return [
            {
                "threshold": at,
                "false_positives": fp,
                "true_positives": tp,
                "recall": tp / positives if positives else None,
                "precision": tp / (fp + tp) if fp + tp else None,
            }
            for at, fp, tp in scored.sweep
        ]
    curve = CURVES[kind]
    return [
        {"threshold": point.threshold, curve.x: point.x, curve.y: point.y}
        for point in curve.points(scored.sweep, positives, negatives)
    ]


def _benefits(
    arms: Arms, positives: int, negatives: int, costs: Costs | None
) -> dict[str, object]:
    """Return the net benefit of arms, and of predicting every row positive."""
    there = costs.prevalence if costs else UNSET
    share = there or positives / max(1, positives + negatives)
    return {
        "prevalence": share,
        "arms": [
            {
                "arm": name,
                "points": [
                    {"probability": at, "threshold": threshold, "net_benefit": value}
                    | {"net_benefit_ci": ci}
                    for at, threshold, value, ci in decision_curve(
                        scored.cost_steps, positives, negatives, PROBABILITIES, share
                    )
                ],
            }
            for name, scored in arms.items()
        ],
        "all": [
            {"probability": at, "net_benefit": treat_all(share, at)}
            for at in PROBABILITIES
        ],
    }


def _sweeps(arms: Arms, at: str, room: Room, negative: float) -> Iterator[str]:
    """Draw a picture of each arm, at the threshold of the experiment's point."""
    for name, scored in arms.items():
        points = {point.name: point.threshold for point in scored.operating_points}
        threshold = points.get(at, next(iter(points.values()), 0.5))
        about = (scored.sweep, *room[:2], threshold, *room[2:])
        label = clip(name, 40)
        yield charts.threshold_sweep(*about, label=label, negative=negative)


def _prevalence(result: Result) -> float:
    """Return the prevalence that the costs are for."""
    here = prevalence_here(result)
    if here is None:
        wrong = "a prevalence is one of two classes, both among the test rows"
        raise UsageError(wrong, "look at another curve, such as cost", field="curve")
    return here


def _costs(
    arms: Arms,
    costs: Costs | None,
    won: list[CostWinner],
    control: str,
    room: Room,
    here: float | None,
) -> str:
    """Draw the costs, relative to those of the first arm's control."""
    series = [CostSeries(name, scored.cost_steps) for name, scored in arms.items()]
    return costs_by_ratio(
        series,
        *room,
        paid=costs,
        won=won,
        against=control_of(arms, control),
        here=here,
    )
