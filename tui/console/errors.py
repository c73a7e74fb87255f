"""Rows that an arm gets wrong, where its misses are, and what it goes by, as text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.client.explain import (
    ArmPair,
    ContributionsShown,
    GroupsShown,
    ImportanceShown,
    Kind,
    Level,
    RowsShown,
    Shown,
    Uneven,
)
from engine.core import format as figures
from engine.core.views import Column
from tui.charts.base import MONO
from tui.charts.importance import contribution_bars, importance_bars
from tui.console.grid import grid, table
from tui.console.lines import Line, Span, aside, line, marked, paint, wrap
from tui.console.style import PLAIN, Style
from tui.safe_text import clip

FEW = 10
"""Positives below which a recall says little."""
SURE = 0.05
_MOST_NAME, _MOST_CELL, _MOST_LEVEL = 24, 20, 30
_MOST_RANKED = 5
MOST_COLUMNS = 40
"""Columns that have a line each; the document has all of them."""
MISSING = "·"
DIFFER: dict[Kind, str] = {
    "missed": "found by",
    "alarms": "left alone by",
    "found": "missed by",
    "left": "alarmed by",
}
_LEVELS = (
    Column("level", align="left", most=_MOST_LEVEL, least=8),
    Column("missed"),
    Column("of", drop=1),
    Column("recall (95 %)", align="left"),
    Column("", align="left"),
    Column("false alarms", "alarms", drop=2),
    Column("rate (95 %)", align="left", drop=3),
    Column("rows", drop=4),
)
_PAIRS = (
    Column("both"),
    Column("only 1st", "1st"),
    Column("only 2nd", "2nd"),
    Column("neither"),
)


def render(
    shown: Shown,
    run: str,
    *,
    against: str | None = None,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return an answer as text.

    Parameters
    ----------
    shown : RowsShown, GroupsShown, ImportanceShown or ContributionsShown
    run : str
        Its id.
    against : str or None, default=None
        The arm that rows were asked to differ from.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    match shown:
        case RowsShown():
            lines = _rows(shown, run, against, width)
        case GroupsShown():
            lines = _groups(shown, run, width)
        case ImportanceShown():
            lines = _importance(shown, run, width)
        case _:
            lines = _parts(shown, run, width)
    return paint(lines, style, width)


def _rows(shown: RowsShown, run: str, against: str | None, width: int) -> list[Line]:
    """Lay out rows of a kind, and where arms disagree."""
    lines: list[Line] = [
        _title(run, shown.arm, shown.at, shown.threshold),
        line(" ", Span(counted(shown), "bold")),
        *aside(_listed(shown, against), width),
        (),
    ]
    if shown.rows:
        lines += [*_table(shown, width), (), *_hint(shown, run, width)]
    else:
        lines.append(line(Span(" there is no such row", "dim")))
    if shown.pairs:
        lines += [(), line(" ", Span("where arms disagree", "bold"))]
        lines += _pairs(shown.pairs, width)
    return lines


def _title(run: str, arm: str, at: str, threshold: float | None = None) -> Line:
    threshold_text = ""
    if threshold is not None:
        threshold_text = f" (threshold {figures.threshold(threshold)})"
    return line(
        f" run {run}   ",
        Span(clip(arm, _MOST_NAME), "bold"),
        f"   {at}{threshold_text}",
    )


def counted(shown: RowsShown) -> str:
    """Say how many rows of the kind there are, of which class."""
    c, of = shown.confusion, clip(shown.klass, _MOST_NAME)
    match shown.kind:
        case "missed":
            return f"{c.fn:,} missed of {c.fn + c.tp:,} rows of class {of}"
        case "alarms":
            return f"{c.fp:,} false alarms on {c.tn + c.fp:,} rows that are not {of}"
        case "found":
            return f"{c.tp:,} found of {c.fn + c.tp:,} rows of class {of}"
        case "left":
            return f"{c.tn:,} of {c.tn + c.fp:,} rows that are not {of} left alone"


def _listed(shown: RowsShown, against: str | None) -> str:
    only = []
    if shown.level:
        only.append(f"with {clip(shown.level, _MOST_LEVEL)}")
    if against is not None:
        only.append(f"{DIFFER[shown.kind]} {clip(against, _MOST_NAME)}")
    many = figures.plural(shown.total, "row")
    what = f"{many} {', '.join(only)}" if only else many
    wrong = shown.kind in ("missed", "alarms")
    order = "the worst mistakes first" if wrong else "the surest first"
    if not shown.rows:
        return what
    last = shown.start + len(shown.rows)
    if len(shown.rows) < shown.total:
        what += f", here {shown.start + 1:,} to {last:,}"
    return f"{what}; {order}"


def _table(shown: RowsShown, width: int) -> list[Line]:
    columns = [
        Column("row"),
        Column("score"),
        *(
            Column(clip(name, 12), drop=1000 + place)
            for place, name in enumerate(shown.others)
        ),
        *(
            Column(clip(name, _MOST_CELL), align="left", drop=1 + place, least=8)
            for place, name in enumerate(shown.columns)
        ),
    ]
    rows = [
        [
            Span(f"{row.number}", "bold"),
            Span(f"{row.score:.4f}"),
            *(
                Span(f"{score:.3f}{'+' if called else ' '}", "" if called else "dim")
                for score, called in zip(row.others, row.called, strict=True)
            ),
            *(
                Span(MISSING if cell is None else clip(cell, _MOST_CELL))
                for cell in row.cells
            ),
        ]
        for row in shown.rows
    ]
    return table(columns, rows, width)


def _hint(shown: RowsShown, run: str, width: int) -> list[Line]:
    said = "+ called positive by that arm.  " if shown.others else ""
    number = shown.rows[0].number
    said += f"imbtui explain {run} --arm {shown.arm} --row {number} takes a score apart"
    return aside(said, width)


def _pairs(pairs: Sequence[ArmPair], width: int) -> list[Line]:
    lines: list[Line] = []
    for what, title in (("positives", "found"), ("negatives", "alarmed")):
        rows = [
            [
                Span(f"{clip(pair.a, _MOST_NAME)} / {clip(pair.b, _MOST_NAME)}"),
                *(Span(figures.count(n)) for n in getattr(pair, what)),
            ]
            for pair in pairs
        ]
        named = Column(f"{what} {title}", align="left", most=51, least=16)
        lines += grid([named, *_PAIRS], rows, width)[0]
    return lines


# Groups ------------------------------------------------------------------------------


def _groups(shown: GroupsShown, run: str, width: int) -> list[Line]:
    """Lay out misses by the levels of a column."""
    lines: list[Line] = [
        _title(run, shown.arm, shown.at),
        line(" ", Span(missed_of(shown), "bold")),
        (),
    ]
    if shown.column is not None:
        by = f"by {clip(shown.column, _MOST_NAME)}"
        lines.append(
            line(" ", Span(by, "bold"), f"   {shown.cut}" if shown.cut else "")
        )
        lines += grid(_LEVELS, [_level(one) for one in shown.levels], width)[0]
        if shown.more:
            lines.append(line(Span(f" {shown.more:,} more levels", "dim")))
        if any(level.below for level in shown.levels):
            text = "▼ the 95 % interval lies wholly below the recall of all rows"
            lines += aside(text, width)
        lines.append(())
    return lines + ranking(shown, width)


def recall_of(one: Level) -> str:
    """Return a recall with its interval."""
    return f"{figures.decimals(one.recall, 2)} {figures.interval(one.recall_ci)}"


def _level(one: Level) -> list[Span]:
    rate = figures.row_share(one.alarms, one.rows - one.positives)
    mark = "▼" if one.below else "few positives" if 0 < one.positives < FEW else ""
    return [
        Span(one.level or "(empty)"),
        Span(figures.count(one.missed), "missed" if one.missed else ""),
        Span(figures.count(one.positives)),
        Span(recall_of(one)),
        Span(mark, "bad" if one.below else "dim"),
        Span(figures.count(one.alarms)),
        Span(f"{rate} {figures.interval(one.alarm_rate_ci)}"),
        Span(figures.count(one.rows), "dim"),
    ]


def missed_of(shown: GroupsShown) -> str:
    """Say how many rows of the class are missed."""
    every, klass = shown.overall, clip(shown.klass, _MOST_NAME)
    missed = f"{every.missed:,} missed of {every.positives:,} rows of class {klass}"
    return f"{missed}, recall {recall_of(every)}"


def ranking(shown: GroupsShown, width: int) -> list[Line]:
    """Say in which columns the misses are spread more unevenly than by chance."""
    if not shown.ranking:
        return wrap("all or none are missed: nothing can stand out", width, first=" ")
    uneven = [one for one in shown.ranking if one.adjusted_p < SURE]
    if not uneven:
        text = (
            "in no column are the misses spread more unevenly than by chance: nothing "
            "stands out"
        )
        return wrap(text, width, first=" ")
    columns = (
        Column("misses stand out by", align="left", most=_MOST_NAME, least=8),
        Column("most in", align="left", most=_MOST_LEVEL, least=8),
        Column("missed"),
        Column("adjusted p", "p"),
    )
    return grid(columns, [_uneven(one) for one in uneven[:_MOST_RANKED]], width)[0]


def _uneven(one: Uneven) -> list[Span]:
    return [
        Span(one.column, "bold"),
        Span(one.level),
        Span(f"{one.missed:,} of {one.positives:,}"),
        Span(figures.p_value(one.adjusted_p)),
    ]


# Models ------------------------------------------------------------------------------


def _importance(shown: ImportanceShown, run: str, width: int) -> list[Line]:
    """Lay out what columns are worth."""
    height = 1 + min(len(shown.columns), MOST_COLUMNS)
    lines: list[Line] = [
        line(
            f" run {run}   what ", Span(clip(shown.arm, _MOST_NAME), "bold"), " goes by"
        ),
        (),
        *_drawn(importance_bars(shown.columns, width - 1, max(3, height), MONO)),
        (),
    ]
    text = (
        "gain: share of what the splits gained on the training rows. Lost: what the "
        "average precision on the test rows falls by while the column is shuffled"
    )
    if shown.average_precision is not None:
        value = figures.decimals(shown.average_precision, 3)
        text += (
            f" ({value} on {figures.plural(shown.rows, 'row')}, class "
            f"{clip(shown.klass, _MOST_NAME)}; mean and standard deviation of "
            f"{shown.repeats})"
        )
    lines += aside(text, width)
    return lines + marked(shown.notes, width, Span(" ! ", "warn"))


def _parts(shown: ContributionsShown, run: str, width: int) -> list[Line]:
    """Lay out what made the score of a row."""
    height = 3 + min(len(shown.parts), MOST_COLUMNS)
    text = f"it {scored_as(shown)} ({shown.at})"
    lines: list[Line] = [
        line(
            f" run {run}   row ",
            Span(f"{shown.row}", "bold"),
            "   ",
            Span(clip(shown.arm, _MOST_NAME), "bold"),
        ),
        *wrap(text, width, first=" "),
        (),
        *_drawn(contribution_bars(shown, width - 1, max(5, height), MONO)),
    ]
    if shown.others:
        lines += [(), *aside(other_scores(shown), width)]
    return lines


def scored_as(shown: ContributionsShown) -> str:
    """Say what a row is, what it is called, and its score beside the threshold."""
    label, said = clip(shown.label, _MOST_NAME), clip(shown.said, _MOST_NAME)
    text = f"is {label} and is called {said}: score {figures.threshold(shown.score)}"
    if shown.threshold is None:
        return text
    side = "at or above" if shown.score >= shown.threshold else "below"
    return f"{text}, {side} the threshold {figures.threshold(shown.threshold)}"


def other_scores(shown: ContributionsShown) -> str:
    """Say what other arms score a row."""
    said = ", ".join(
        f"{clip(name, _MOST_NAME)} {figures.threshold(score)}"
        for name, score in shown.others.items()
    )
    return f"scores of the other arms: {said}"


def _drawn(text: str) -> list[Line]:
    """Return a picture as lines, one cell from the left."""
    return [line(f" {row}") for row in text.split("\n")]
