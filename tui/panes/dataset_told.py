"""What is told of a table: its split in words, and a line for each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from textual.content import Content

from engine.client.messages import ColumnInfo, Load, TableInfo
from engine.events import Advice
from tui.choices import Way, way_of
from tui.console import figures
from tui.panes import reader_words, wording
from tui.safe_text import clean, clip, content
from tui.screens.frame import short_name
from tui.widgets.columns import Cell
from tui.widgets.rows import Item

__all__ = ["ORDERS", "Order", "column_items", "lift", "several", "told"]

Order: TypeAlias = Literal["file", "strength", "missing", "levels", "name"]
ORDERS: Final[tuple[Order, ...]] = ("file", "strength", "missing", "levels", "name")
"""How the columns may be sorted, in the order of the key."""
_SORTED: Final[Mapping[Order, str]] = {
    "file": "columns as in the file",
    "strength": "columns by strength",
    "missing": "columns by missing cells",
    "levels": "columns by levels",
    "name": "columns by name",
}
_BAR: Final = 8
_MOST_LABELS: Final = 6
_ROLES: Final[Mapping[str, str]] = {
    "target": "bold $text-accent",
    "group": "bold $text-accent",
    "time": "bold $text-accent",
    "split": "bold $text-accent",
    "feature": "",
}


# The columns -----------------------------------------------------------------------


def column_items(table: TableInfo, order: Order = "file") -> list[Item]:
    """Return a line per column.

    Parameters
    ----------
    table : TableInfo
    order : {"file", "strength", "missing", "levels", "name"}, default="file"
        The strongest, or those with the most, come first.

    Returns
    -------
    list of Item
        Each has name, kind, role, missing, levels, strength, lift, advice.
    """
    said: dict[str, list[Advice]] = {}
    for advice in table.advice:
        if advice.column is not None:
            said.setdefault(advice.column, []).append(advice)
    lifts = {column.name: lift(column, table) for column in table.columns}
    most = max((found for found in lifts.values() if found is not None), default=1.0)
    return [
        _item(column, table.rows, lifts[column.name], most, said.get(column.name, ()))
        for column in _sorted(table.columns, order)
    ]


def lift(column: ColumnInfo, table: TableInfo) -> float | None:
    """Return how many times better than chance a column alone ranks the positives."""
    if column.alone is None:
        return None
    if column.alone.lift:
        return column.alone.lift
    positives = table.classes.get(table.positive or "", 0)
    rows = sum(table.classes.values())
    return column.alone.average_precision * rows / positives if positives else None


def _sorted(columns: Sequence[ColumnInfo], order: Order) -> list[ColumnInfo]:
    match order:
        case "strength":
            return sorted(columns, key=_weakness)
        case "missing":
            return sorted(columns, key=lambda column: -column.missing)
        case "levels":
            return sorted(columns, key=lambda column: -column.levels)
        case "name":
            return sorted(columns, key=lambda column: column.name.casefold())
        case _:
            return list(columns)


def _weakness(column: ColumnInfo) -> float:
    return -column.alone.average_precision if column.alone else 1.0


def _item(
    column: ColumnInfo,
    rows: int,
    times: float | None,
    most: float,
    advice: Sequence[Advice],
) -> Item:
    style = _ROLES.get(column.role, "dim")
    alone = column.alone
    strength: Cell = (figures.NOTHING, "dim")
    if alone is not None:
        strength = figures.decimals(alone.average_precision, 3)
    return Item(
        column.name,
        (
            column.name,
            (column.kind, "dim"),
            (column.role, style) if style else column.role,
            figures.share(column.missing, rows) if column.missing else "0",
            figures.count(column.levels),
            strength,
            (_lift_bar(times, most), "$text-accent"),
            (_advice(advice), "$text-warning"),
        ),
    )


def _advice(advice: Sequence[Advice]) -> str:
    """Return the codes; the column's own view and the advice say what they mean."""
    return " ".join(dict.fromkeys(one.code for one in advice))


def _lift_bar(times: float | None, most: float) -> str:
    """Return a bar from chance to the strongest column, and the lift."""
    if times is None:
        return ""
    full = round(_BAR * max(0.0, times - 1) / (most - 1)) if most > 1 else 0
    return f"{'━' * full}{'─' * (_BAR - full)} ×{times:.1f}"


# The split -------------------------------------------------------------------------


def told(table: TableInfo, request: Load | None, order: Order = "file") -> Content:
    """Return what the classes, the split and the rows tell, in a few lines.

    Parameters
    ----------
    table : TableInfo
    request : Load or None
        The choices it was loaded with.
    order : {"file", "strength", "missing", "levels", "name"}, default="file"
        How the columns below are sorted.

    Returns
    -------
    textual.content.Content
    """
    lines: list[Content] = []
    if table.sampled is not None:
        text = f"a {reader_words.sampled(table.sampled)}"
        lines.append(Content.styled(text, "bold $text-warning"))
    if table.problem:
        lines.append(wording.refusal(table.problem))
    elif several(table):
        text = f"all {len(table.labels)} classes are compared"
        more = "; pane 1 chooses one against the others"
        lines.append(Content.assemble((text, "bold $text-accent"), (more, "dim")))
        lines.append(_rarest(table, request))
    elif table.target is not None:
        lines.append(_tested(table, request))
    if len(table.train) > 2 or len(table.test) > 2:
        lines += [_counts("train", table.train), _counts("test", table.test)]
    lines.append(_rows(table, order))
    return wording.lines(line for line in lines if line.plain)


def several(table: TableInfo) -> bool:
    """Tell whether more than two classes are compared, none of them the positive."""
    return table.positive is None and len(table.labels) > 2


def _rarest(table: TableInfo, request: Load | None) -> Content:
    """Say how few test rows the rarest class has."""
    if not table.test:
        return Content("")
    name = min(table.test, key=lambda label: table.test[label])
    rows = figures.plural(table.test[name], "row")
    said = f"{_test_words(request)}: {rows} of {clip(name, 16)}, the rarest"
    half = table.recall_half_width
    if half is None:
        return content(said)
    known = f"a recall of 0.50 is known to ± {half:.2f}"
    return Content.assemble(content(f"{said} → "), (known, "bold"))


def _tested(table: TableInfo, request: Load | None) -> Content:
    """Say which rows are the test rows, and what their positives can tell."""
    half, positive = table.recall_half_width, table.positive
    if half is None or positive is None or not table.test:
        return Content("")
    found = table.test.get(positive, 0)
    return Content.assemble(
        content(f"{_test_words(request)}: "),
        f"{figures.plural(found, 'positive')} → ",
        (f"a recall of 0.50 is known to ± {half:.2f}", "bold"),
    )


def _test_words(request: Load | None) -> str:
    if request is None:
        return "test"
    share = f"{100 * request.test_size:g} %"
    way: Way = way_of(request)
    if way == "file":
        return f"test rows of {clip(short_name(request.test_source or ''), 24)}"
    if way == "by":
        return f"test rows as {clip(request.by, 20)} says"
    if way == "time":
        return f"test, the latest {share} by {clip(request.time, 20)}"
    if way == "group":
        return f"test {share} in groups of {clip(request.group, 20)}"
    return f"test {share}"


def _counts(name: str, counts: Mapping[str, int]) -> Content:
    """Return the classes of one side of the split."""
    shown = list(counts.items())[:_MOST_LABELS]
    parts = [f"{clip(label, 14)} {count:,}" for label, count in shown]
    if len(counts) > len(shown):
        parts.append(f"and {len(counts) - len(shown)} more")
    return Content.styled(f"{name:<5} {clean(' · '.join(parts))}", "dim")


def _rows(table: TableInfo, order: Order) -> Content:
    """Return rows that are there twice, and the order of the columns."""
    parts: list[Content] = []
    if table.duplicate_rows:
        share = figures.share(table.duplicate_rows, table.rows)
        count = figures.plural(table.duplicate_rows, "row")
        parts.append(Content(f"{count} equal to an earlier one ({share})"))
    if table.contradictory_rows:
        text = f"{table.contradictory_rows:,} contradictory rows"
        parts.append(Content.styled(text, "$text-warning"))
    if order != "file":
        parts.append(Content.styled(_SORTED[order], "$text-accent"))
    return Content(" · ").join(parts)
