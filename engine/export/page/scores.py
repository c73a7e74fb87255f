"""The curves, the costs and the calibration of the arms: sections of the page."""

from __future__ import annotations

from typing import Final

from engine.export.page import charts, figures
from engine.export.page.at import At
from engine.export.page.facts import Facts
from engine.export.page.parts import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Fold,
    Section,
    Table,
    cell,
)

__all__ = ["calibration", "costs", "curves", "matched"]

_MOST_CLASSES: Final = 6
"""Classes of more than two that get curves of their own: the rarest."""
_METHODS: Final = {
    "none": "as it is",
    "prior": "shifted to the prevalence",
    "platt": "Platt",
    "isotonic": "isotonic",
}


def _there(*found: Chart | None) -> tuple[Chart, ...]:
    return tuple(chart for chart in found if chart is not None)


def curves(facts: Facts) -> Section | None:
    """Return the curves over all thresholds; of more than two classes for each."""
    blocks: list[Block] = []
    known = facts.classes[:_MOST_CLASSES] or (None,)
    for n, klass in enumerate(known):
        scored, about = facts.scored(klass), ""
        if klass is not None:
            about = f": {klass} against the rest"
        pair = _there(
            charts.precision_recall_chart(facts, scored, str(n), about),
            charts.roc_chart(facts, scored, str(n), about),
        )
        if not pair:
            continue
        block: Block = Charts(pair)
        blocks.append(Fold(f"{klass} against the rest", (block,)) if n else block)
    return Section("curves", "At every threshold", tuple(blocks)) if blocks else None


def matched(facts: Facts) -> Section | None:
    """Return each arm at 0.5 beside the control at a threshold that finds as many."""
    rows = []
    judged = {one.name: one for one in facts.judged("default")}
    order = {name: n for n, name in enumerate(judged)}
    found = sorted(
        facts.all["matched"].each(), key=lambda row: order.get(row.text("arm"), 0)
    )
    for row in found:
        one, counts = judged.get(row.text("arm")), row["confusion"]
        mine: tuple[Cell, ...] = (cell(figures.NOTHING), cell(figures.NOTHING))
        if one is not None:
            mine = cell(figures.count(*one.fn)), cell(figures.count(*one.fp))
        rows.append(
            (
                cell(row.text("arm")),
                *mine,
                cell(figures.count(counts["fn"])),
                cell(figures.count(counts["fp"])),
                cell(figures.threshold(row["threshold"])),
            )
        )
    if not rows:
        return None
    titles = ["arm", "missed at 0.5", "false alarms at 0.5", "none misses"]
    titles += ["none's false alarms", "none's threshold"]
    columns = tuple(Column(title, number=n > 0) for n, title in enumerate(titles))
    note = (
        "The control with its threshold where its out-of-fold recall is that of the "
        "arm at 0.5: what moving a threshold does, without resampling."
    )
    table = Table("", columns, tuple(rows), (note,))
    return Section("matched", "The same by moving a threshold", (table,))


def costs(facts: Facts) -> Section | None:
    """Return who costs the least at which cost ratio."""
    scored = facts.scored(facts.rarest)
    blocks: list[Block] = []
    drawn = _there(charts.cost(facts, scored))
    if drawn:
        blocks.append(Charts(drawn))
    winners = list(facts.all["cost_winners"].each())
    for klass in facts.classes or (None,):
        of = [won for won in winners if won["klass"].value == klass]
        if of:
            blocks.append(_winners(of, klass))
    implied = tuple(
        (cell(name), cell(figures.ratio(scores["implied_cost_ratio"])))
        for name, _, scores in scored
        if scores["implied_cost_ratio"].value is not None
    )
    if implied:
        names = Column("arm", number=False), Column("alarms to a missed positive")
        note = "The cost ratio for which 0.5 would be the right threshold of a model."
        blocks.append(Table("What 0.5 implies", names, implied, (note,)))
    return Section("costs", "Costs", tuple(blocks)) if blocks else None


def _winners(of: list[At], klass: str | None) -> Table:
    rows = []
    for won in of:
        beside: tuple[Cell, ...] = (cell(figures.NOTHING), cell(""))
        if won["difference"].value is not None and not won["ci"]:
            few = cell("too few test rows for an interval", look="dim")
            beside = cell(figures.signed(won["difference"], 1)), few
        if won["ci"]:
            low, high = won["ci"].value
            spans = (
                figures.signed(won["difference"], 1),
                " (",
                *figures.signed_interval(won["ci"], 1),
                ") at ",
                figures.ratio(won["at"]),
            )
            sure = not low <= 0 <= high
            text = "shown" if sure else "chance alone could explain it"
            beside = cell(*spans), cell(text, look="" if sure else "dim")
        end = figures.ratio(won["to"]) if won["to"].value is not None else "∞"
        rows.append(
            (
                cell(won.text("arm")),
                cell(figures.ratio(won["ratio"])),
                cell(end),
                *beside,
            )
        )
    titles = ("arm", "from", "to", "cost per 1,000 rows, minus none's (95 %)", "")
    columns = tuple(Column(title, number=0 < n < 4) for n, title in enumerate(titles))
    title = "Who costs the least, by cost ratio"
    if klass is not None:
        title += f": {klass} against the rest"
    note = "Ratio: how many false alarms a missed positive is worth; an alarm costs 1."
    return Table(title, columns, tuple(rows), (note,))


def calibration(facts: Facts) -> Section | None:
    """Return how far scores can be read as probabilities, as they are and repaired."""
    scored = [one for one in facts.scored(facts.rarest) if one[2]["calibration"]]
    if not scored:
        return None
    drawn = _there(
        charts.reliability(facts, scored, repaired=False),
        charts.reliability(facts, scored, repaired=True),
    )
    blocks: list[Block] = [Charts(drawn)] if drawn else []
    measures = (
        ("brier", "Brier"),
        ("log_loss", "log loss"),
        ("expected_calibration_error", "ECE"),
        ("slope", "slope"),
        ("intercept", "intercept"),
        ("in_the_large", "in the large"),
    )
    titles = ("arm", "scores", *(title for _, title in measures))
    columns = tuple(Column(title, number=n > 1) for n, title in enumerate(titles))
    rows, short = [], []
    for name, _, scores in scored:
        for one in scores["calibration"].each():
            method = one.text("method")
            best = method == scores.text("repair")
            cells = [
                cell(name),
                cell(_METHODS.get(method, method), " ✓" if best else ""),
            ]
            cells += [
                cell(
                    figures.decimals(one[key], 4)
                    if n < 3
                    else figures.signed(one[key], 2)
                )
                for n, (key, _) in enumerate(measures)
            ]
            rows.append(tuple(cells))
            if best or method == "none":
                short.append(rows[-1])
    note = (
        "✓ did best on out-of-fold scores; the test rows had no say in that. Ideal are "
        "a slope of 1, an intercept and a calibration in the large of 0, and an "
        "expected calibration error (ECE) of 0."
    )
    blocks.append(Table("", columns, tuple(short), (note,)))
    if len(short) < len(rows):
        every = Table("", columns, tuple(rows))
        blocks.append(Fold("Every repair that was tried", (every,)))
    title = "Scores as probabilities"
    if facts.rarest is not None:
        title += f": {facts.rarest} against the rest"
    return Section("calibration", title, tuple(blocks))
