"""The board: the missed positives first, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.core import format as figures
from engine.core.arm_result import ArmResult
from engine.core.format import folded
from engine.core.result import ArmAtPoint, Result
from engine.core.views import Column
from engine.outcome import ClassPoint
from tui.console.grid import grid, left_out, table
from tui.console.lines import Line, Span, aside, beside, flow, line, measure, wrap
from tui.console.options import typed
from tui.safe_text import clip

MOST_ARM = 24

_COLUMNS = (
    Column("arm", align="left", most=MOST_ARM),
    Column("missed"),
    Column("recall (95 %)", align="left"),
    Column("false alarms", "alarms"),
    Column("precision", "prec."),
    Column("AP", drop=1),
    Column("Brier", drop=2),
    Column("threshold", "thresh.", drop=3),
    Column("trials", drop=5),
    Column("time", drop=4),
)
_MOST_LABEL = 16
_ALWAYS = 3
"""So many classes, the rarest, are always shown."""
_REST = (
    Column("macro recall", "macro"),
    Column("macro F1", "F1", drop=1),
    Column("AP", drop=2),
    Column("Brier", drop=3),
    Column("weights", align="left", drop=1001, most=16),
    Column("trials", drop=1003),
    Column("time", drop=1002),
)


def board(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the board.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    at : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
        Arms with a result by missed positives (ties: fewer false alarms, then
        the experiment's order); those still at work; the failed ones with cause
        and fix; then what was repaired and noticed, each once, and what is known of
        the thresholds.

    Raises
    ------
    UsageError
        If no arm has an operating point of that operating point.
    """
    judged = result.at_point(result.select_point(at))
    names = [one.name for one in judged]
    rest = [arm for arm in result.arms if arm.name not in names]
    failed = [arm for arm in rest if arm.status == "failed"]
    at_work = [arm for arm in rest if arm not in failed]
    over = result.status != "running"
    lines: list[Line] = []
    if judged and result.classes:
        lines += _class_table(result, judged, width)
    elif judged:
        lines += table(_COLUMNS, [_cells(one) for one in judged], width)
    elif rest:
        lines.append(line(Span(f" no arm has a result{'' if over else ' yet'}", "dim")))
    for arm in at_work:
        lead = f" {_name(arm)}  "
        lines += wrap(_so_far(arm, over=over), width, first=lead, look="dim")
    lines += _failed(failed, width)
    notes = {
        one.name: one.point.note
        for one in judged
        if not isinstance(one.point, ClassPoint)
    }
    for arm in (*(one.arm for one in judged), *at_work, *failed):
        lines += _remarks(arm, notes.get(arm.name, ""), width)
    return lines + _unseen(result, names, width)


def _cells(one: ArmAtPoint) -> list[Span]:
    return [
        _marked(one.arm),
        Span(figures.count(one.missed), "bold"),
        Span(f"{figures.decimals(one.recall, 2)} {figures.interval(one.recall_ci)}"),
        Span(figures.count(one.alarms)),
        Span(figures.decimals(one.precision, 2)),
        *_scores(one.arm),
        Span(figures.threshold(one.point.threshold)),
        *_spent(one.arm),
    ]


def _marked(arm: ArmResult) -> Span:
    mark = " ⚠" if arm.repairs else ""
    return Span(clip(arm.name, MOST_ARM - len(mark)) + mark)


def _scores(arm: ArmResult) -> list[Span]:
    test = arm.test or {}
    values = (test.get(name) for name in ("average_precision", "brier"))
    return [Span(figures.decimals(value, 3)) for value in values]


def _spent(arm: ArmResult) -> list[Span]:
    trials, seconds = arm.search.trials, arm.seconds.total
    return [Span(figures.count(trials)), Span(figures.clock(seconds))]


def _name(arm: ArmResult) -> str:
    return clip(arm.name, MOST_ARM)


def _so_far(arm: ArmResult, *, over: bool) -> str:
    text = "stopped before its result" if over else "still at work"
    if trials := arm.search.trials:
        text += f", {figures.plural(trials, 'trial')} finished"
    if best := arm.search.best_score:
        text += f", best score {figures.decimals(best, 3)}"
    return text


def _failed(arms: Sequence[ArmResult], width: int) -> list[Line]:
    """Say each cause once, with every arm that it stopped."""
    causes: dict[tuple[str, str], list[str]] = {}
    for arm in arms:
        message = arm.error.message if arm.error else ""
        fix = typed(arm.error.fix, arm.error.field) if arm.error else ""
        causes.setdefault((message, fix), []).append(_name(arm))
    lines: list[Line] = []
    for (message, fix), names in causes.items():
        text = f"{', '.join(names)}: {message or 'no cause given'}"
        lines += wrap(text, width, first=Span(" ✗ failed ", "bad"))
        lines += wrap(fix, width, first="   → ") if fix else []
    return lines


def _remarks(arm: ArmResult, note: str, width: int) -> list[Line]:
    """Say what was repaired and noticed of an arm, and of its threshold."""
    said = [
        *((" ⚠ ", f"repaired {text}") for text in folded(arm.repairs)),
        *((" · ", text) for text in folded(arm.notes)),
        *([(" ! ", note)] if note else []),
    ]
    lines: list[Line] = []
    for mark, text in said:
        lead = Span(mark, "dim" if mark == " · " else "warn")
        lines += wrap(f"{_name(arm)}: {text}", width, first=lead, look="dim")
    return lines


def _unseen(result: Result, judged: Sequence[str], width: int) -> list[Line]:
    """Give the average precision without rows that have an equal in training."""
    scored = result.scored(result.rarest)
    known = {name: one.unseen for name, one in scored.items() if one.unseen}
    shown = [name for name in judged if name in known]
    rows = sum(result.test_rows.values())
    if not shown or not rows:
        return []
    each = ", ".join(
        f"{clip(name, MOST_ARM)} {figures.decimals(known[name].average_precision, 3)}"
        for name in shown
    )
    text = (
        f"{rows - known[shown[0]].rows:,} of {rows:,} test rows have an equal "
        f"among the training rows; AP without them: {each}"
    )
    return wrap(text, width, first=Span(" · ", "dim"), look="dim")


def point_bar(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the operating points with the chosen one marked, and the test positives.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    at : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
    """
    chosen = result.select_point(at)
    several = bool(result.classes)

    def bar_of(named: Callable[[str], str]) -> list[Line]:
        items = [
            line(
                Span(f"▸{result.point_label(p)}", "chosen") if p == chosen else named(p)
            )
            for p in result.point_names or (chosen,)
        ]
        return flow(items, width, first=" operating point  ")

    bar = bar_of(lambda p: result.point_label(p, aimed=False))
    if len(bar) > 1:
        # Shorter names, but for the chosen one, if that keeps it on one line.
        costs = result.paid()
        shorter = bar_of(lambda p: figures.point_short(p, **costs, several=several))
        bar = shorter if len(shorter) < len(bar) else bar
    tested = result.test_rows
    if not tested:
        return bar
    positives = tested.get(result.positive, 0)
    found = f"{figures.plural(positives, 'positive')} in"
    if result.rarest is not None:
        found = f"{clip(result.rarest, MOST_ARM)}: {positives:,} of"
    text = f"{found} {sum(tested.values()):,} test rows"
    if result.dataset and (sampled := result.dataset.sampled):
        text += f" · sample {sampled.rows:,} of {sampled.of:,} rows"
    return beside(bar, line(text), width)


def overview(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out missed positives and false alarms at the operating points not chosen.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most; columns that do not fit go below.
    at : str or None, default=None
        The operating point of the board; the experiment's own when None.

    Returns
    -------
    list of Line
        Arms in the order of the board; none without a result.
    """
    chosen = result.select_point(at)
    others = [p for p in result.point_names if p != chosen]
    names = [one.name for one in result.at_point(chosen)]
    if not others or not names:
        return []
    counts = {p: {one.name: one for one in result.at_point(p)} for p in others}
    title = " at other thresholds: missed / false alarms"
    if result.rarest is not None:
        shown = clip(result.rarest, MOST_ARM)
        title = f" at other weights: missed rows of {shown} / false alarms"
    lines: list[Line] = [line(Span(title, "dim"))]
    while others:
        # As many operating points side by side as fit, at least one.
        for count in range(len(others), 0, -1):
            columns = [Column("arm", align="left", most=MOST_ARM)]
            columns += [
                Column(result.point_label(p, aimed=False)) for p in others[:count]
            ]
            rows = [
                [Span(name), *(_pair(counts[p].get(name)) for p in others[:count])]
                for name in names
            ]
            laid, _ = grid(columns, rows, width)
            if max(map(measure, laid)) <= width:
                break
        lines += laid
        others = others[count:]
    return lines


def _pair(one: ArmAtPoint | None) -> Span:
    return Span(f"{one.missed:,} / {one.alarms:,}" if one else figures.NOTHING)


def _class_table(
    result: Result, judged: Sequence[ArmAtPoint], width: int
) -> list[Line]:
    """Lay out the board of more than two classes, the rarest first."""
    classes = result.classes
    columns = [Column("arm", align="left", most=MOST_ARM), Column("missed")]
    columns += [
        # The most frequent goes first, the rarest never.
        Column(
            clip(label, _MOST_LABEL),
            clip(label, 8),
            drop=0 if place < _ALWAYS else min(1000, 10 + place),
        )
        for place, label in enumerate(classes)
    ]
    rows = []
    for one in judged:
        point = one.point
        assert isinstance(point, ClassPoint)
        rows.append(
            [
                Span(one.name + (" ⚠" if one.arm.repairs else "")),
                Span(figures.count(one.missed), "bold"),
                *(Span(figures.decimals(point.recall.get(c), 2)) for c in classes),
                Span(figures.decimals(point.metric("macro_recall"), 2)),
                Span(figures.decimals(point.metric("macro_f1"), 2)),
                *_scores(one.arm),
                Span(weights(point.weights, classes)),
                *_spent(one.arm),
            ]
        )
    lines, gone = grid([*columns, *_REST], rows, width)
    known = {column.title for column in _REST}
    dropped = [title for title in gone if title in known]
    if left := len(gone) - len(dropped):
        dropped.insert(0, f"the recall of {figures.plural(left, 'class', 'classes')}")
    rarest = clip(classes[0], _MOST_LABEL)
    text = f"missed: rows of {rarest}, the rarest; then the recall of each class"
    return [*lines, *aside(text, width), *left_out(dropped, width)]


def weights(known: Mapping[str, float], order: Sequence[str]) -> str:
    """Write the weights of classes in an order, the smallest as 1.

    Only their ratios matter.

    Examples
    --------
    >>> weights({"a": 0.5, "b": 6.5}, ("b", "a")), weights({"a": 1, "b": 1}, ("b", "a"))
    ('13:1', 'equal')
    """
    found = [known[label] for label in order if label in known]
    least = min((value for value in found if value > 0), default=0.0)
    if not least:
        return figures.NOTHING
    parts = [value / least for value in found]
    if max(parts) - min(parts) < 1e-9:
        return "equal"
    return ":".join(
        f"{part:.1f}".removesuffix(".0") if part < 9.95 else f"{part:,.0f}"
        for part in parts
    )
