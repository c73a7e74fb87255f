"""What is said of rows that an arm gets wrong, and of their groups: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from engine.client.explain import GroupsShown, Kind, Level, Pair, RowsShown
from tui.console import figures
from tui.console.errors import DIFFER, FEW, SURE, chance, recall_of
from tui.explain import Choice
from tui.safe_text import cells, clip, content, pad
from tui.widgets.columns import Cell, Column
from tui.widgets.rows import Item

LEAD: Final = ("row", "score")
"""Columns before those of the table."""
MOST_UNEVEN: Final = 3
BELOW: Final = "▼"
CALLED: Final = "+"
LEVELS: Final = (
    Column("", 16, grow=30, middle=True),
    Column("missed", 6, "right"),
    Column("of", 5, "right", grow=9, long="positives"),
    Column("recall (95 %)", 16),
    Column("", 3),
    Column("alarms", 6, "right", drop=1, grow=12, long="false alarms"),
    Column("rate", 6, "right", drop=2),
    Column("rows", 6, "right", drop=3),
)
_MOST_NAME, _MOST_LEVEL, _MOST_ARM = 20, 26, 8


def head(shown: RowsShown, policy: str, klass: str | None) -> Content:
    """Say whose rows these are, and how many; `klass` is that of more than two."""
    c = shown.confusion
    of = "positives" if klass is None else f"of class {clip(klass, _MOST_NAME)}"
    texts: dict[Kind, tuple[int, str, int]] = {
        "missed": (c.fn, f"missed of {{:,}} {of}", c.fn + c.tp),
        "alarms": (c.fp, "false alarms on {:,} others", c.tn + c.fp),
        "found": (c.tp, f"found of {{:,}} {of}", c.fn + c.tp),
        "left": (c.tn, "rightly left alone of {:,} others", c.tn + c.fp),
    }
    count, text, whole = texts[shown.kind]
    style = "bold $text-error" if shown.kind in ("missed", "alarms") else "bold"
    at = ""
    if shown.threshold is not None:
        at = f"  threshold {figures.threshold(shown.threshold)}"
    return Content.assemble(
        (clip(shown.arm, _MOST_NAME), "bold"),
        "  ",
        (f"{count:,}", style),
        # A label may hold braces: only the place of the number is filled.
        f" {text.replace('{:,}', f'{whole:,}')}",
        (f"  {policy}{at}", "dim"),
    )


def filters(choice: Choice, shown: RowsShown, other: str | None) -> Content:
    """Say which of the rows are listed, and in what order."""
    said = []
    if shown.level and choice.where is not None:
        name = clip(choice.where[0], _MOST_NAME)
        said.append(f"{name}: {clip(shown.level, _MOST_LEVEL)}")
    if other is not None:
        said.append(f"{DIFFER[shown.kind]} {clip(other, _MOST_NAME)}")
    only = f"{shown.total:,} of them: {', '.join(said)}" if said else ""
    wrong = shown.kind in ("missed", "alarms")
    ends = ("worst", "nearest") if wrong else ("surest", "nearest")
    order = f"{ends[choice.best]} first"
    more = "" if said else otherwise(shown)
    parts = [part for part in (only, order, more) if part]
    return content("  ·  ".join(parts), "" if said else "dim")


def otherwise(shown: RowsShown) -> str:
    """Say how many of the rows of this kind other arms call otherwise."""
    found = [
        f"{clip(pair.b, _MOST_NAME)} {_differ(pair, shown.kind):,}"
        for pair in shown.pairs
        if pair.a == shown.arm
    ]
    return f"{DIFFER[shown.kind]} {', '.join(found)}" if found else ""


def _differ(pair: Pair, kind: Kind) -> int:
    side = pair.positives if kind in ("missed", "found") else pair.negatives
    return side[2] if kind in ("missed", "left") else side[1]


def table(
    shown: RowsShown,
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    """Return columns and cells of a sheet: the row's number, its scores, its cells."""
    columns = (*LEAD, *(clip(o, _MOST_ARM) for o in shown.others), *shown.columns)
    made = tuple(
        (
            f"{row.number:,}",
            f"{row.score:.4f}",
            *(
                f"{score:.3f}{CALLED if called else ' '}"
                for score, called in zip(row.others, row.called, strict=True)
            ),
            *row.cells,
        )
        for row in shown.rows
    )
    return columns, made


# Groups ------------------------------------------------------------------------------


def group_head(shown: GroupsShown, policy: str, klass: str | None) -> Content:
    """Say whose misses are counted, and by what."""
    of = "positives" if klass is None else f"of class {clip(klass, _MOST_NAME)}"
    every = shown.overall
    return Content.assemble(
        (clip(shown.arm, _MOST_NAME), "bold"),
        " by ",
        (clip(shown.column or "", _MOST_NAME), "bold"),
        (f"  {policy}", "dim"),
        f"\n{every.missed:,} missed of {every.positives:,} {of}"
        f", recall {recall_of(every)}",
    )


def level_items(levels: Sequence[Level]) -> list[Item]:
    """Return a line per level."""
    return [_item(str(place), level) for place, level in enumerate(levels)]


def _item(key: str, one: Level) -> Item:
    mark = BELOW if one.below else "few" if 0 < one.positives < FEW else ""
    style = "bold $text-error" if one.below else ""
    line: tuple[Cell, ...] = (
        one.level or "(empty)",
        (figures.count(one.missed), "bold $text-error" if one.missed else ""),
        figures.count(one.positives),
        (recall_of(one), style),
        (mark, style or "dim"),
        figures.count(one.alarms),
        figures.row_share(one.alarms, one.rows - one.positives),
        (figures.count(one.rows), "dim"),
    )
    return Item(key, line)


def ranking(shown: GroupsShown) -> Content:
    """Say in which columns the misses are spread more unevenly than by chance."""
    lines = []
    if shown.more:
        lines.append(content(f"{shown.more:,} more levels with fewer misses", "dim"))
    notes = []
    if any(level.below for level in shown.levels):
        notes.append(f"{BELOW} interval below the recall of all rows")
    notes += [shown.cut] if shown.cut else []
    if notes:
        lines.append(content("; ".join(notes), "dim"))
    uneven = [one for one in shown.ranking if one.adjusted_p < SURE]
    if not shown.ranking:
        lines.append(Content("All or none are missed: nothing can stand out."))
    elif not uneven:
        lines.append(
            Content(
                "In no column are the misses spread more unevenly than by chance: "
                "nothing stands out."
            )
        )
    else:
        lines.append(Content("Misses stand out by"))
    top = uneven[:MOST_UNEVEN]
    names = [clip(one.column, _MOST_NAME) for one in top]
    levels = [clip(one.level, _MOST_LEVEL) for one in top]
    for one, name, level in zip(top, names, levels, strict=True):
        p = chance(one)
        lines.append(
            Content.assemble(
                " ",
                (pad(name, max(map(cells, names))), "bold"),
                f"  {pad(level, max(map(cells, levels)))}  ",
                f"{one.missed:,} of {one.positives:,} missed  ",
                (f"p < {p[1:]}" if p.startswith("<") else f"p = {p}", "dim"),
            )
        )
    return Content("\n").join(lines)
