"""The curves, the costs and the calibration of the arms: sections of the page."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import compress
from typing import Final

from engine.core.costs import expected_cost
from engine.core.curve import NO_BENEFIT, implied_at
from engine.core.format import (
    NOTHING,
    brief,
    per_mille,
    ratio_text,
    share,
    signed,
    threshold,
)
from engine.core.result import Result
from engine.core.views.calibration import (
    COLUMNS,
    MARK,
    MEASURES,
    REPAIRS,
    has_one_repair,
)
from engine.core.views.comparisons import (
    CHANCE,
    COST_WINNERS,
    IMPLIED,
    NO_LEAD,
    PREVALENCE_WINNERS,
    lead_doubt,
    prevalence_here,
    winners_by_prevalence,
    winners_of,
)
from engine.core.views.report import charts, parts
from engine.core.views.report import facts as figures
from engine.core.views.report.facts import Facts, explain

_MOST_COLUMN: Final = 16
_MOST_CLASSES: Final = 6
"""Classes of more than two that get curves of their own: the rarest."""


def _charts(*maybe: parts.Chart | None) -> list[parts.Block]:
    drawn_charts = tuple(chart for chart in maybe if chart is not None)
    return [parts.Charts(drawn_charts)] if drawn_charts else []


def _against(klass: str | None) -> str:
    return "" if klass is None else f": class {klass} against the rest"


def curves(facts: Facts) -> parts.PageSection | None:
    """Return the curves over all thresholds; of more than two classes for each."""
    blocks: list[parts.Block] = []
    for n, klass in enumerate(facts.classes[:_MOST_CLASSES] or (None,)):
        scored = facts.scored(klass)
        both = charts.precision_recall_chart, charts.roc_chart
        pair = _charts(*(draw(facts, scored, str(n), _against(klass)) for draw in both))
        if pair and n:
            pair = [parts.Details(f"class {klass} against the rest", tuple(pair))]
        blocks += pair
    return parts.section("curves", "At every threshold", blocks)


def matched(facts: Facts) -> parts.PageSection | None:
    """Return each arm at 0.5 beside the control at a threshold that finds as many."""
    arms = {arm.name: arm for arm in facts.arms_at("fixed")}
    order = {name: n for n, name in enumerate(arms)}
    points = facts.all["matched"].each()
    rows: list[parts.Row] = []
    for row in sorted(points, key=lambda row: order.get(row.value.arm, 0)):
        arm, counts = arms.get(row.value.arm), row["confusion"]
        own = (arm.fn, arm.fp) if arm else ((), ())
        moved = (counts["fn"],), (counts["fp"],)
        counts_shown = (figures.count(*ats) for ats in (*own, *moved))
        rows.append((row.value.arm, *counts_shown, figures.threshold(row["threshold"])))
    titles = ["arm", "missed at 0.5", "false alarms at 0.5", "untreated misses"]
    titles += ["untreated's false alarms", "untreated's threshold"]
    note = explain("matched")
    blocks = [parts.table("", titles, rows, note)] if rows else []
    return parts.section(
        "matched", "The same by moving the threshold of untreated", blocks
    )


def costs(facts: Facts) -> parts.PageSection | None:
    """Return who costs the least at which cost ratio."""
    scored = facts.scored(facts.rarest)
    blocks = _charts(charts.cost(facts, scored), charts.benefit(facts, scored))
    for klass in facts.classes or (None,):
        blocks += winners(facts, klass)
    blocks += winners_in_use(facts)
    if any(scores["implied_cost_ratio"].value is not None for _, _, scores in scored):
        # Where thresholds stand is in the other columns, which are of one point.
        implied = implied_ratios(facts, facts.rarest, "fixed").pick(0, 1)
        blocks.append(replace(implied, note=implied.note[:1]))
    return parts.section("costs", "Costs", blocks)


def winners(facts: Facts, klass: str | None) -> list[parts.PageTable]:
    """Return who costs the least at which ratios, of a class against the rest.

    A table for each of several models.
    """
    by_model: dict[str, list[parts.Row]] = {}
    for won in facts.all["cost_winners"].each():
        if won.value.klass != klass:
            continue
        difference, doubt = figures.signed(won["difference"], 1), lead_doubt(won.value)
        change: parts.Spans = (difference,)
        if won["ci"]:
            limits = figures.signed_interval(won["ci"], 1)
            change = (difference, " (", *limits, ") at ", figures.ratio(won["at"]))
        to = figures.ratio(won["to"]) if won.value.to is not None else "∞"
        standing = doubt or ("shown" if won["ci"] else "")
        cell = parts.PageCell((standing,), "dim" if doubt else "")
        row = won.value.arm, figures.ratio(won["ratio"]), to, change, cell
        by_model.setdefault(facts.model_of(won.value.arm), []).append(row)
    note = "Ratio: what a missed positive costs, where a false alarm costs 1."
    note = f"{note} {_by_row(facts.result)}".strip()
    title = f"The cheapest arm by cost ratio{_against(klass)}"
    return [
        parts.table(f"{title}, {model}" if model else title, COST_WINNERS, rows, note)
        for model, rows in by_model.items()
    ]


def winners_in_use(facts: Facts) -> list[parts.PageTable]:
    """Return who costs the least at the run's costs, by the prevalence in use.

    A table for each of several models; none of more than two classes.
    """
    result, by_model = facts.result, dict[str, list[parts.Row]]()
    for won in winners_by_prevalence(result):
        doubt, change = lead_doubt(won), NOTHING
        if won.difference is not None:
            change = signed(won.difference, 1)
        if won.ci:
            low, high = (signed(limit, 1) for limit in won.ci)
            change += f" ({low} to {high}) at {share(won.at, 1)}"
        standing = doubt or ("shown" if won.ci else "")
        by_model.setdefault(facts.model_of(won.arm), []).append(
            (
                won.arm,
                share(won.start, 1),
                share(won.end, 1),
                "–".join(dict.fromkeys(map(_place, won.thresholds))),
                change,
                parts.PageCell((standing,), "dim" if doubt else ""),
            )
        )
    costs, here = result.costs_of(), prevalence_here(result)
    if costs is None or here is None:
        return []
    what = "in use" if result.prevalence else "among the test rows"
    note = (
        f"At {ratio_text(costs.ratio)}:1. The prevalence {what} is {share(here, 1)}; "
        "recall and false positive rate are taken to be the same at any."
    )
    title = "The cheapest arm by prevalence in use"
    return [
        parts.table(
            f"{title}, {model}" if model else title, PREVALENCE_WINNERS, rows, note
        )
        for model, rows in by_model.items()
    ]


def _place(at: float) -> str:
    return "no row" if math.isinf(at) else threshold(at)


_DOUBTED: Final = {
    CHANCE: "an interval that holds 0: ",
    NO_LEAD: "a difference above 0: ",
}


def winner_notes(result: Result, klass: str | None) -> tuple[list[str], list[str]]:
    """Return what is doubtful of leads in cost, and which arm leads at the run's ratio.

    A lead that is too small, or over too few ratios, is none.
    """
    costs = result.costs_of(klass)
    ratio = costs.ratio if costs else math.inf
    won = winners_of(result, klass)
    doubts = dict.fromkeys(filter(None, map(lead_doubt, won)))
    leads = [
        "; ".join(filter(None, (brief(each.arm, COST_WINNERS[0].most), doubt)))
        for each in won
        if each.ratio <= ratio and (each.to is None or ratio < each.to)
        for doubt in [lead_doubt(each)]
    ]
    return (
        [f"{_DOUBTED.get(doubt, '')}{doubt}" for doubt in doubts],
        [f"At the run's ratio of {ratio_text(ratio)} it is {lead}." for lead in leads],
    )


def _by_row(result: Result) -> str:
    """Say what ratios are of where each row has its own cost; nothing elsewhere."""
    if not result.costs or not result.costs.column:
        return ""
    by = brief(result.costs.column, _MOST_COLUMN)
    return (
        f"Costs per row, by {by}: a ratio is that of the mean cost of a miss. There "
        f"are no decision curves: {NO_BENEFIT}."
    )


def implied_ratios(facts: Facts, klass: str | None, at: str) -> parts.PageTable:
    """Return the cost ratios that 0.5 and the thresholds of a point stand for."""
    result, followed = facts.result, facts.result.follow_point(at)
    costs = result.costs_of(klass)
    moved = followed != "fixed"
    shown = (True, True, moved, moved, True, followed != "cost")
    rows: list[parts.Row] = []
    for name, _, scores in facts.scored(klass):
        half, scored = scores["implied_cost_ratio"], scores.value
        point = scored.at(followed)
        stands, implied = point.threshold if point else None, NOTHING
        if stands is not None and half.value is not None:
            implied = f"{ratio_text(implied_at(stands, half.value))}:1"
        row: parts.Row = (
            name,
            parts.PageCell((figures.ratio_to_one(half),), "strong"),
            threshold(stands),
            implied,
            per_mille(expected_cost(point, costs)),
            per_mille(expected_cost(scored.at("cost"), costs)),
        )
        rows.append(tuple(compress(row, shown)))
    note = (
        explain("implied ratios"),
        f" Operating point: {result.point_label(at, klass)}.",
    )
    columns = compress(IMPLIED, shown)
    return parts.table("What thresholds imply", columns, rows, *note)


def calibration(facts: Facts) -> parts.PageSection | None:
    """Return how far scores can be read as probabilities, as they are and repaired."""
    table = calibrations(facts, facts.rarest)
    if table is None:
        return None
    scored = facts.scored(facts.rarest)
    pictures = (charts.reliability(facts, scored, repaired=r) for r in (False, True))
    title = f"Scores as probabilities{_against(facts.rarest)}"
    return parts.section("calibration", title, [*_charts(*pictures), table])


def calibrations(facts: Facts, klass: str | None) -> parts.PageTable | None:
    """Return what is measured of each arm's scores, as they are and repaired."""
    rows: list[parts.Row] = []
    for name, _, scores in facts.scored(klass):
        for fit in scores["calibration"].each():
            method = fit.text("method")
            mark = f" {MARK}" if method == scores.text("repair") else ""
            values = (figures.measure(fit[key], key) for key in MEASURES)
            rows.append((name, REPAIRS[method].table + mark, *values))
    over = ", over all classes"
    if klass is None or not has_one_repair(facts.result):
        over = ""
    note = explain("calibration", over=over)
    return parts.table("", COLUMNS, rows, note) if rows else None
