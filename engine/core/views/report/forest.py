"""Differences from the control with their intervals, drawn and in tables."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from engine.core.costs import metric
from engine.core.format import brief
from engine.core.views import comparisons as compared
from engine.core.views.comparisons import standing
from engine.core.views.report import facts as figures
from engine.core.views.report import parts
from engine.core.views.report.facts import Facts, explain
from engine.core.views.report.parts import Plane, Scale, steps

_MOST_NAME: Final = 18
_MOST_DRAWN: Final = 6
_FOLDED: Final = {
    "average_precision": "",
    "roc_auc": "",
    "log_loss": "",
    "brier": "",
    "cost_per_1000": "",
    "false_positive_rate": " at equal recall",
    "recall": " at the same operating point",
    "f1": "",
}
"""What is compared over folds, and where."""
_ROW, _AROUND = 26, 58


class Contrasted(NamedTuple):
    """What is compared; of several models which one, or all of them."""

    model: str
    at: str | None
    metric: str
    klass: str | None

    def title(self, facts: Facts) -> str:
        """Say it."""
        of = "" if self.klass is None else f" of class {self.klass}"
        where = "" if self.at is None else f" at {facts.point_label(self.at)}"
        model = f", {self.model}" if self.model else ""
        return f"{metric(self.metric).title}{of}{where}{model}"


def _groups(facts: Facts) -> dict[Contrasted, list[figures.At]]:
    """Return what is compared across models, then model by model."""
    groups: dict[Contrasted, list[figures.At]] = {}
    for part in ("across", "comparison"):
        for row in facts.all[part].each():
            model = "across models"
            if part == "comparison":
                model = facts.models.get(row.text("b"), "")
            at, klass = row["at"].value, row["klass"].value
            key = Contrasted(model, at, row.text("metric"), klass)
            groups.setdefault(key, []).append(row)
    return groups


def forest(
    facts: Facts, rows: list[figures.At], id: str, title: str, name: str
) -> parts.Chart:
    """Draw differences with their intervals, a row per arm, around no difference."""
    values = [row["difference"].value for row in rows] + [0.0]
    values += [limit for row in rows for limit in row["ci"].value]
    ticks = steps(min(values), max(values), 5)
    height, control = _AROUND + _ROW * len(rows), rows[0].text("b")
    better = "right" if metric(name).more else "left"
    names = [brief(row.text("a"), _MOST_NAME) for row in rows]
    many = float(len(rows))
    x = Scale(f"{metric(name).title}, minus {control}", ticks[0], ticks[-1], ticks)
    left = 16 + 7 * max(map(len, names))
    plane = Plane(x, Scale("", 0.0, many, ()), height=height, left=left)
    plane.rule((0.0, 0.0), (0.0, many), "zero")
    for n, row in enumerate(rows):
        level, series = many - n - 0.5, facts.series.get(row.text("a"), n)
        low, high = row["ci"].value
        look = "whisker" if standing(row.value) == "not shown" else "whisker sure"
        plane.rule((low, level), (high, level), look)
        plane.mark(row["difference"].value, level, series, 5.0)
    return parts.Chart(
        id,
        title[0].upper() + title[1:],
        explain("forest chart", control=control, title=title, better=better),
        plane.shapes(rows=names),
        note=(f"Better is to the {better}; thick: shown to differ.",),
        height=height,
    )


def statistics(facts: Facts) -> parts.PageSection | None:
    """Return what differs from the control, drawn, and every test in tables."""
    groups = _groups(facts)
    blocks: list[parts.Block] = []
    if groups:
        whole = [key for key in groups if key.klass is None] or [*groups]
        first = (facts.result.aim, None, "cost", "fixed")
        keys = [key for key in whole if key.at in first][:_MOST_DRAWN] or whole[:1]
        charts = (
            forest(facts, groups[key], f"forest{n}", key.title(facts), key.metric)
            for n, key in enumerate(keys)
        )
        tables = tuple(comparisons(facts))
        blocks.append(parts.TextBlock((explain("statistics"),), "dim"))
        every = parts.Details("Every comparison, with p-values and methods", tables)
        blocks += [parts.Charts(tuple(charts)), every]
    if few := facts.result.scarcity:
        blocks.append(parts.TextBlock((few,), "dim"))
    if over := folds(facts):
        methods = dict.fromkeys(f"{row.method}." for row in facts.result.folds)
        text = " ".join((*methods, compared.ALSO_CHOSE))
        inside: tuple[parts.Block, ...] = (*over, parts.TextBlock((text,), "dim"))
        blocks.append(parts.Details("Over the folds of cross-validation", inside))
    if smallest := detectable(facts):
        inside = (replace(smallest, title=""),)
        blocks.append(parts.Details(smallest.title, inside))
    return parts.section("statistics", "Is it real?", blocks)


_LOOKS: Final = {"better": "good", "worse": "bad", "not shown": "dim"}


def comparisons(
    facts: Facts, points: Container[str | None] | None = None
) -> Iterator[parts.PageTable]:
    """Yield a table of differences for each metric; those at some points only."""
    for key, rows in _groups(facts).items():
        if points is None or key.at in points:
            yield _comparison(key.title(facts), key.metric, rows)


def _comparison(title: str, name: str, rows: list[figures.At]) -> parts.PageTable:
    digits = metric(name).digits
    body = []
    for row in rows:
        verdict = standing(row.value)
        body.append(
            (
                row.text("a"),
                row.text("b"),
                figures.signed(row["difference"], digits),
                figures.signed_interval(row["ci"], digits),
                figures.p_value(row["p"]),
                figures.p_value(row["adjusted_p"]),
                parts.PageCell((verdict,), _LOOKS[verdict]),
            )
        )
    methods = "; ".join(dict.fromkeys(row.text("method") for row in rows))
    title = title[0].upper() + title[1:]
    return parts.table(title, compared.ON_TEST_ROWS, body, f"{methods}.")


def folds(
    facts: Facts, rows_of: figures.At | None = None, over: str = "folds"
) -> tuple[parts.PageTable, ...]:
    """Return how arms differ over the folds, or over splits: a table per metric."""
    groups: dict[tuple[str, str], list[figures.At]] = {}
    for row in (rows_of or facts.all["folds"]).each():
        groups.setdefault((row.text("metric"), row.text("b")), []).append(row)
    metrics = [*_FOLDED, *(name for name, _ in groups)]
    order = sorted(groups, key=lambda group: metrics.index(group[0]))
    return tuple(_over_folds(group[0], groups[group], over) for group in order)


def _over_folds(name: str, rows: list[figures.At], over: str) -> parts.PageTable:
    title, digits, _ = metric(name)
    first = rows[0]
    count = first["folds"].value
    body: list[parts.Row] = []
    for row in rows:
        look = "strong" if row["adjusted_p"].value < compared.LEVEL else ""
        limits: parts.Spans = (f"too few {over}",)
        if count >= compared.FEWEST_FOLDS:
            limits = figures.signed_interval(row["ci"], digits)
        body.append(
            (
                row.text("a"),
                parts.PageCell((figures.signed(row["difference"], digits),), look),
                limits,
                figures.p_value(row["p"]),
                parts.PageCell((figures.p_value(row["adjusted_p"]),), look),
                *(
                    parts.PageCell(
                        (figures.decimals(row[key], 2),), bars=(row[key].value,)
                    )
                    for key in ("worse", "same", "better")
                ),
            )
        )
    title = f"{title[0].upper()}{title[1:]}{_FOLDED.get(name, '')}"
    note = (
        "The same in practice: within ±",
        figures.decimals(first["rope"], digits),
        ".",
    )
    title += f" over {count:,} {over}, minus {first.text('b')}"
    return parts.table(title, compared.OVER_FOLDS, body, *note)


def detectable(facts: Facts) -> parts.PageTable | None:
    """Return the smallest differences that so few positives can show."""
    rows: list[parts.Row] = []
    for row in facts.all["detectable"].each():
        smallest = figures.decimals(row["difference"], 2)
        if row["difference"].value >= 1:
            smallest = "none could"
        rows.append(
            (
                row.text("arm"),
                facts.point_label(row.text("at")),
                figures.count(row["positives"]),
                figures.percent(row["discordant"]),
                parts.PageCell((smallest,), "strong"),
                figures.percent(row["power"]),
            )
        )
    note = explain("detectable")
    title = "What the test positives can show"
    return parts.table(title, compared.DETECTABLE, rows, note) if rows else None
