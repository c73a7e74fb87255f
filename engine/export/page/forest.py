"""Differences from the control with their intervals, drawn and in tables."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from engine.export.page import figures
from engine.export.page.at import At
from engine.export.page.facts import FEWEST_ROWS, Facts
from engine.export.page.parts import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Fold,
    Prose,
    Section,
    Spans,
    Table,
    cell,
)
from engine.export.page.plot import Plane, Scale, steps
from engine.export.page.shapes import marker

__all__ = ["METRICS", "Metric", "forest", "statistics"]


class Metric(NamedTuple):
    """What a metric is called, its decimals, and whether more of it is better."""

    title: str
    digits: int
    more: bool


METRICS: Final = {
    "recall": Metric("recall", 2, True),
    "macro_recall": Metric("macro recall", 2, True),
    "false_positive_rate": Metric("false positive rate", 2, False),
    "cost_per_1000": Metric("cost per 1,000 rows", 1, False),
    "average_precision": Metric("average precision", 3, True),
    "roc_auc": Metric("ROC AUC", 3, True),
    "log_loss": Metric("log loss", 3, False),
    "brier": Metric("Brier score", 3, False),
    "precision": Metric("precision", 2, True),
    "f1": Metric("highest F1", 3, True),
}
_SURE: Final = 0.05
_MOST_NAME: Final = 18
_MOST_DRAWN: Final = 6
_FEWEST_FOLDS: Final = 5
"""An interval of a mean over fewer folds is wider than the figure can be."""
_ROW, _AROUND = 26, 58


def metric(name: str) -> Metric:
    """Return what is known of a metric."""
    return METRICS.get(name, Metric(name.replace("_", " "), 3, True))


def shown(row: At, name: str) -> str:
    """Say whether a difference is shown: the interval leaves out 0, and p is small."""
    low, high = row["ci"].value
    if low <= 0 <= high or row["adjusted_p"].value >= _SURE:
        return "not shown"
    return "better" if (row["difference"].value > 0) == metric(name).more else "worse"


Key: TypeAlias = tuple[str | None, str, str | None]
"""What is compared: the operating point, the metric, and of one class which."""


def _groups(facts: Facts) -> dict[Key, list[At]]:
    found: dict[Key, list[At]] = {}
    for row in facts.all["comparison"].each():
        key = row["policy"].value, row.text("metric"), row["klass"].value
        found.setdefault(key, []).append(row)
    return found


def _title(facts: Facts, policy: str | None, name: str, klass: str | None) -> str:
    title = metric(name).title
    if klass is not None:
        title += f" of {klass}"
    return title if policy is None else f"{title} at {facts.called(policy)}"


def forest(facts: Facts, rows: list[At], id: str, title: str, name: str) -> Chart:
    """Draw differences with their intervals, a row per arm, around no difference."""
    values = [row["difference"].value for row in rows] + [0.0]
    values += [limit for row in rows for limit in row["ci"].value]
    ticks = steps(min(values), max(values), 5)
    height = _AROUND + _ROW * len(rows)
    better = "right" if metric(name).more else "left"
    names = [_short(row.text("a")) for row in rows]
    plane = Plane(
        Scale(
            f"{metric(name).title}, minus {rows[0].text('b')}",
            ticks[0],
            ticks[-1],
            ticks,
        ),
        Scale("", 0.0, float(len(rows)), ()),
        height=height,
        left=16 + 7 * max(map(len, names)),
    )
    plane.rule((0.0, 0.0), (0.0, float(len(rows))), "zero")
    for n, row in enumerate(rows):
        level, series = len(rows) - n - 0.5, facts.series.get(row.text("a"), n)
        low, high = row["ci"].value
        look = "whisker" if shown(row, name) == "not shown" else "whisker sure"
        plane.rule((low, level), (high, level), look)
        x, y = plane.at(row["difference"].value, level)
        plane.drawn.append(marker(x, y, series, 5.0))
    return Chart(
        id=id,
        title=title[0].upper() + title[1:],
        text=f"Difference from {rows[0].text('b')} in {title} with its 95 % interval, "
        f"a row per arm; the {better} of 0 is better, and a thick line leaves 0 out.",
        width=440,
        height=height,
        shapes=plane.shapes(rows=names),
        note=(f"Better is to the {better}; thick: shown to differ.",),
    )


def _short(name: str) -> str:
    return name if len(name) <= _MOST_NAME else name[: _MOST_NAME - 1] + "…"


def statistics(facts: Facts) -> Section | None:
    """Return what differs from the control, drawn, and every test in tables."""
    groups = _groups(facts)
    blocks: list[Block] = []
    if groups:
        text = (
            "Each arm minus the control on the same test rows. A difference is called "
            "better or worse only if its 95 % interval leaves out 0 and its adjusted p "
            "is below 0.05."
        )
        blocks.append(Prose((text,), "dim"))
        whole = [key for key in groups if key[2] is None] or [*groups]
        first = (facts.aim, None, "cost", "default")
        drawn = [key for key in whole if key[0] in first][:_MOST_DRAWN] or whole[:1]
        blocks.append(
            Charts(
                tuple(
                    forest(
                        facts, groups[key], f"forest{n}", _title(facts, *key), key[1]
                    )
                    for n, key in enumerate(drawn)
                )
            )
        )
        tables = tuple(_comparison(facts, key, rows) for key, rows in groups.items())
        blocks.append(Fold("Every comparison, with p-values and methods", tables))
    if facts.scarce is not None and facts.all["verdict"]:
        blocks.append(_scarce(*facts.scarce))
    blocks += _folds(facts)
    blocks += _detectable(facts)
    return Section("statistics", "Is it real?", tuple(blocks)) if blocks else None


def _scarce(name: str, rows: int) -> Prose:
    """Say why costs and rankings are not compared."""
    text = (
        f"Costs and average precision are not compared: there are {rows} test rows of "
        f"{name}, and {FEWEST_ROWS} are needed for an interval."
    )
    return Prose((text,), "dim")


def _comparison(facts: Facts, key: Key, rows: list[At]) -> Table:
    titles = ("arm", "minus", "difference", "95 % interval", "p", "adjusted p", "")
    columns = tuple(
        Column(title, number=n not in (0, 1, 6)) for n, title in enumerate(titles)
    )
    name = key[1]
    digits = metric(name).digits
    body = tuple(
        (
            cell(row.text("a")),
            cell(row.text("b")),
            cell(figures.signed(row["difference"], digits)),
            cell(*figures.signed_interval(row["ci"], digits)),
            cell(figures.p_value(row["p"])),
            cell(figures.p_value(row["adjusted_p"])),
            _said(shown(row, name)),
        )
        for row in rows
    )
    methods = "; ".join(dict.fromkeys(row.text("method") for row in rows))
    title = _title(facts, *key)
    return Table(title[0].upper() + title[1:], columns, body, (f"{methods}.",))


def _said(what: str) -> Cell:
    looks = {"better": "good", "worse": "bad", "not shown": "dim"}
    return cell(what, look=looks[what])


def _folds(facts: Facts) -> list[Block]:
    by_metric: dict[str, list[At]] = {}
    for row in facts.all["folds"].each():
        by_metric.setdefault(row.text("metric"), []).append(row)
    titles = ("arm", "difference", "95 % interval", "p", "adjusted p", "worse", "same")
    columns = tuple(
        Column(title, number=n > 0) for n, title in enumerate((*titles, "better"))
    )
    tables = []
    for name, rows in by_metric.items():
        digits = metric(name).digits
        body = tuple(
            (
                cell(row.text("a")),
                cell(figures.signed(row["difference"], digits)),
                cell(*_over_folds(row, digits)),
                cell(figures.p_value(row["p"])),
                cell(figures.p_value(row["adjusted_p"])),
                *(
                    cell(figures.decimals(row[what], 2), bars=(row[what].value,))
                    for what in ("worse", "same", "better")
                ),
            )
            for row in rows
        )
        first = rows[0]
        note = (
            "Over ",
            figures.count(first["folds"]),
            f" folds, minus {first.text('b')}; the same in practice: within ±",
            figures.number(first["rope"]),
            f". {first.text('method')}. The folds also chose the trials compared.",
        )
        title = metric(name).title
        tables.append(Table(title[0].upper() + title[1:], columns, body, note))
    return [Fold("Over the folds of cross-validation", tuple(tables))] if tables else []


def _over_folds(row: At, digits: int) -> Spans:
    """Return an interval of a mean over the folds, if there are enough of them."""
    if row["folds"].value < _FEWEST_FOLDS:
        return ("too few folds",)
    return figures.signed_interval(row["ci"], digits)


def _detectable(facts: Facts) -> list[Block]:
    rows = tuple(
        (
            cell(row.text("arm")),
            cell(facts.called(row.text("policy"))),
            cell(figures.count(row["positives"])),
            cell(figures.percent(row["discordant"])),
            cell(figures.decimals(row["difference"], 2)),
            cell(figures.percent(row["power"])),
        )
        for row in facts.all["detectable"].each()
    )
    if not rows:
        return []
    titles = ["arm", "at", "positives", "arms disagree on"]
    titles += ["smallest difference in recall", "shown with a chance of"]
    columns = tuple(Column(title, number=n > 1) for n, title in enumerate(titles))
    note = (
        "A smaller difference mostly goes unseen: that it is not shown does not mean "
        "that there is none. From 1.00 on nothing could be shown."
    )
    table = Table("", columns, rows, (note,))
    return [Fold("What so few positives can show", (table,))]
