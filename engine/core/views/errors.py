"""Rows that an arm gets wrong, where its misses are, what it relies on, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core import format as figures
from engine.core.views import Cell, Column, Row, ViewTable

if TYPE_CHECKING:
    from engine.core.explain import (
        ArmPair,
        ContributionsShown,
        ErrorRow,
        GroupsShown,
        ImportanceShown,
        Kind,
        Level,
        RowsShown,
        Uneven,
    )
    from engine.core.subgroups import SubgroupGap

FEW: Final = 10
"""Positives below which a recall says little."""
LEVEL: Final = 0.05
BELOW: Final = "▼"
PREDICTED: Final = "+"
MISSING: Final = "·"
_MOST_NAME, _MOST_CELL, _MOST_LEVEL = 24, 20, 30
_MOST_RANKED: Final = 5
_GAPS: Final = {
    "recall": "recall",
    "false_positive_rate": "FPR",
    "alert_share": "alerts",
    "calibration": "calibration",
}
_DIFFER: Final[dict[Kind, str]] = {
    "missed": "found by",
    "alarms": "predicted negative by",
    "found": "missed by",
    "left": "predicted positive by",
}
_LEVELS: Final = (
    Column("level", align="left", least=8, most=_MOST_LEVEL),
    Column("missed"),
    Column("positives", short="of", drop=1),
    Column("recall (95 %)", align="left"),
    Column("", align="left"),
    Column("false alarms", short="FP", drop=2),
    Column("rate (95 %)", align="left", drop=3),
    Column("rows", drop=4),
)
_RANKING: Final = (
    Column("misses stand out by", align="left", least=8, most=_MOST_NAME),
    Column("most in", align="left", least=8, most=_MOST_LEVEL),
    Column("missed"),
    Column("adjusted p", short="p"),
)
_PAIRS: Final = (
    Column("both"),
    Column("only 1st", short="1st"),
    Column("only 2nd", short="2nd"),
    Column("neither"),
)


# Rows --------------------------------------------------------------------------------


def is_wrong(kind: Kind) -> bool:
    """Tell whether rows of a kind are errors."""
    return kind in ("missed", "alarms")


def count_text(shown: RowsShown) -> str:
    """Say how many rows of the kind there are, of which class."""
    c, of = shown.confusion, figures.brief(shown.klass, _MOST_NAME)
    match shown.kind:
        case "missed":
            return f"{c.fn:,} missed of {c.fn + c.tp:,} rows of class {of}"
        case "alarms":
            return f"{c.fp:,} false alarms on {c.tn + c.fp:,} rows that are not {of}"
        case "found":
            return f"{c.tp:,} found of {c.fn + c.tp:,} rows of class {of}"
        case "left":
            return (
                f"{c.tn:,} of {c.tn + c.fp:,} rows that are not {of} predicted negative"
            )


def nothing_text(shown: RowsShown, at: str) -> str:
    """Say that an arm has no row of the kind, or none of those that are asked for."""
    c, of = shown.confusion, figures.brief(shown.klass, _MOST_NAME)
    arm = figures.brief(shown.arm, _MOST_NAME)
    match shown.kind:
        case "missed":
            count, text = c.fn, f"{arm} misses no row of class {of}"
        case "alarms":
            count, text = c.fp, f"{arm} has no false alarm"
        case "found":
            count, text = c.tp, f"{arm} finds no row of class {of}"
        case "left":
            count, text = c.tn, f"{arm} predicts no row that is not {of} negative"
    return "None of the rows is of this selection." if count else f"{text} at {at}."


def selection_text(
    shown: RowsShown, *, where: str = "", against: str | None = None, best: bool = False
) -> tuple[str, str]:
    """Return which of the rows of the kind are listed, and which come first.

    Parameters
    ----------
    shown : RowsShown
    where : str, default=""
        The column that they were asked by.
    against : str or None, default=None
        The arm that rows were asked to differ from.
    best : bool, default=False
        Whether those next to the threshold come first.
    """
    only = []
    if shown.level and where:
        level = figures.brief(shown.level, _MOST_LEVEL)
        only.append(f"{figures.brief(where, _MOST_NAME)}: {level}")
    if against is not None:
        only.append(f"{_DIFFER[shown.kind]} {figures.brief(against, _MOST_NAME)}")
    ends = "worst" if is_wrong(shown.kind) else "surest"
    order = f"{'nearest' if best else ends} first" if shown.total else ""
    return f"{shown.total:,} of them: {', '.join(only)}" if only else "", order


def rows(shown: RowsShown) -> ViewTable:
    """Return a row per row: its number, its scores, whom it is called by, its cells."""
    columns = (
        Column("row"),
        Column("score"),
        *(
            Column(figures.brief(name, 12), drop=1000 + place)
            for place, name in enumerate(shown.others)
        ),
        *(
            Column(figures.brief(name, _MOST_CELL), "", "left", 1 + place, least=8)
            for place, name in enumerate(shown.columns)
        ),
    )
    return ViewTable(columns, tuple(map(_error_row, shown.rows)))


def _error_row(row: ErrorRow) -> Row:
    number = str(row.number)
    cells = (
        Cell(number, "bold"),
        Cell(f"{row.score:.4f}"),
        *(
            Cell(
                f"{score:.3f}{PREDICTED if predicted else ' '}",
                "" if predicted else "dim",
            )
            for score, predicted in zip(row.others, row.others_positive, strict=True)
        ),
        *(
            Cell(MISSING if cell is None else figures.brief(cell, _MOST_CELL))
            for cell in row.cells
        ),
    )
    return Row(number, cells)


def disagreement_text(shown: RowsShown) -> str:
    """Say how many of the rows of this kind other arms call otherwise."""
    counts = [
        f"{figures.brief(pair.b, _MOST_NAME)} {_differ(pair, shown.kind):,}"
        for pair in shown.pairs
        if pair.a == shown.arm
    ]
    if not (counts and shown.total):
        return ""
    return f"{_DIFFER[shown.kind]} {', '.join(counts)}"


def _differ(pair: ArmPair, kind: Kind) -> int:
    side = pair.positives if kind in ("missed", "found") else pair.negatives
    return side[2] if kind in ("missed", "left") else side[1]


def pairs(shown: RowsShown) -> tuple[ViewTable, ViewTable]:
    """Return which positives, and which negatives, two arms call alike."""
    return (
        _pairs("positives found", [(pair, pair.positives) for pair in shown.pairs]),
        _pairs(
            "negatives predicted positive",
            [(pair, pair.negatives) for pair in shown.pairs],
        ),
    )


def _pairs(
    title: str, pairs: list[tuple[ArmPair, tuple[int, int, int, int]]]
) -> ViewTable:
    named = Column(title, align="left", most=51, least=16)
    rows = []
    for pair, side in pairs:
        arms = " / ".join(figures.brief(arm, _MOST_NAME) for arm in (pair.a, pair.b))
        rows.append(Row(arms, (Cell(arms), *(Cell(figures.count(n)) for n in side))))
    return ViewTable((named, *_PAIRS), tuple(rows))


# Groups ------------------------------------------------------------------------------


def missed_text(shown: GroupsShown) -> str:
    """Say how many rows of the class are missed."""
    every, klass = shown.overall, figures.brief(shown.klass, _MOST_NAME)
    missed = f"{every.missed:,} missed of {every.positives:,} rows of class {klass}"
    return f"{missed}, recall {_recall(every)}"


def levels(shown: GroupsShown) -> ViewTable:
    """Return a row per level of the column, and what is not listed."""
    notes = [f"{shown.more:,} more levels with fewer misses"] if shown.more else []
    if any(level.below for level in shown.levels):
        notes.append(f"{BELOW} the 95 % interval lies below the recall of all rows")
    notes += [shown.cut] if shown.cut else []
    rows = (_level(str(n), group) for n, group in enumerate(shown.levels))
    return ViewTable(_LEVELS, tuple(rows), tuple(notes))


def gap_notes(shown: GroupsShown) -> tuple[str, ...]:
    """Say how large an arm's gaps between the groups of a column are."""
    gaps = shown.gaps
    if not gaps:
        return ()
    listed = ", ".join(map(_gap, gaps))
    notes = [f"gaps (95 %): {listed}"]
    changes = [
        f"{_GAPS[gap.metric]} {figures.signed(gap.change.difference, _digits(gap))} "
        f"{gap.change.effect}"
        for gap in gaps
        if gap.change is not None
    ]
    if changes:
        notes.append(f"beside untreated: {', '.join(changes)}")
    return tuple(notes)


def _digits(gap: SubgroupGap) -> int:
    """Return more decimals for calibration: shares of rare positives are small."""
    return 3 if gap.metric == "calibration" else 2


def _gap(gap: SubgroupGap) -> str:
    values = (*gap.ci, gap.gap)
    low, high, found = (figures.decimals(v, _digits(gap)) for v in values)
    text = f"{_GAPS[gap.metric]} {found} ({low}–{high})"
    return f"{text} p {figures.p_value(gap.adjusted_p)}"


def _level(key: str, level: Level) -> Row:
    rate = figures.decimals(level.alarm_rate, 2)
    mark = (
        BELOW if level.below else "few positives" if 0 < level.positives < FEW else ""
    )
    cells = (
        Cell(level.level or "(empty)"),
        Cell(figures.count(level.missed), "missed" if level.missed else ""),
        Cell(figures.count(level.positives)),
        Cell(_recall(level), "bad" if level.below else ""),
        Cell(mark, "bad" if level.below else "dim"),
        Cell(figures.count(level.alarms)),
        Cell(f"{rate} {figures.interval(level.alarm_rate_ci)}"),
        Cell(figures.count(level.rows), "dim"),
    )
    return Row(key, cells)


def _recall(level: Level) -> str:
    return f"{figures.decimals(level.recall, 2)} {figures.interval(level.recall_ci)}"


def ranking(shown: GroupsShown) -> ViewTable:
    """Say in which columns the misses are spread more unevenly than by chance."""
    uneven = [row for row in shown.ranking if row.adjusted_p < LEVEL][:_MOST_RANKED]
    notes: tuple[str, ...] = ()
    if not shown.ranking:
        notes = ("all or none are missed: no level can stand out",)
    elif not uneven:
        text = "in no column are the misses spread more unevenly than by chance: "
        notes = (f"{text}nothing stands out",)
    return ViewTable(_RANKING, tuple(map(_ranking_row, uneven)), notes)


def _ranking_row(uneven: Uneven) -> Row:
    cells = (
        Cell(uneven.column, "bold"),
        Cell(uneven.level),
        Cell(f"{uneven.missed:,} of {uneven.positives:,}"),
        Cell(figures.p_value(uneven.adjusted_p)),
    )
    return Row(uneven.column, cells)


# Models ------------------------------------------------------------------------------


def shuffling_text(shown: ImportanceShown) -> str:
    """Say what was shuffled how often; nothing if nothing was."""
    if shown.average_precision is None:
        return ""
    value = figures.decimals(shown.average_precision, 3)
    return (
        f"average precision {value} on {figures.plural(shown.rows, 'test row')}; each "
        f"column shuffled {shown.repeats} times"
    )


def score_text(shown: ContributionsShown) -> str:
    """Say what a row is, what is predicted, and its score beside the threshold."""
    label, predicted = (
        figures.brief(t, _MOST_NAME) for t in (shown.label, shown.predicted)
    )
    is_it, said = (t == shown.klass for t in (shown.label, shown.predicted))
    outcome = {(True, False): " (missed)", (False, True): " (false alarm)"}
    text = f"actual {label}, predicted {predicted}{outcome.get((is_it, said), '')}: "
    text += f"score {figures.threshold(shown.score)}"
    if shown.threshold is None:
        return text
    side = "at or above" if shown.score >= shown.threshold else "below"
    return f"{text}, {side} the threshold {figures.threshold(shown.threshold)}"


def other_scores(shown: ContributionsShown) -> str:
    """Say what other arms score a row."""
    scores = ", ".join(
        f"{figures.brief(name, _MOST_NAME)} {figures.threshold(score)}"
        for name, score in shown.others.items()
    )
    return f"scores of the other arms: {scores}"
