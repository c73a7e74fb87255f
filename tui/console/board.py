"""The board: the missed positives first, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tui.console import facts, figures
from tui.console.facts import ArmRow, Document
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, beside, flow, line, measure, wrap
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


def board(document: Document, *, width: int, policy: str | None = None) -> list[Line]:
    """Lay out the board.

    Parameters
    ----------
    document : mapping
        A result document, finished or not.
    width : int
        Cells that a line takes at most.
    policy : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
        Arms with a result by missed positives (ties: fewer false alarms, then
        the experiment's order); those still at work; the failed ones with cause
        and remedy; then what was repaired and noticed, each once, and what is known of
        the thresholds.

    Raises
    ------
    UsageError
        If no arm has an operating point of that policy.
    """
    rows = facts.arm_rows(document, policy)
    judged = [row for row in rows if row.judged]
    lines: list[Line] = []
    if judged:
        classes = facts.classes(document)
        if classes:
            table, dropped = _class_table(judged, classes, width)
        else:
            table, dropped = grid(_COLUMNS, [_cells(row) for row in judged], width)
        lines += table
        if dropped:
            text = f"not shown at this width: {', '.join(dropped)}"
            lines += wrap(text, width, first=" ", look="dim")
    over = document.get("status") != "running"
    if not judged and rows:
        lines.append(line(Span(f" no arm has a result{'' if over else ' yet'}", "dim")))
    for row in rows:
        if not row.judged and row.status != "failed":
            lines += wrap(_so_far(row, over=over), width, first=_lead(row), look="dim")
    lines += _failed([row for row in rows if row.status == "failed"], width)
    lines += _remarks(rows, width)
    lines += _unseen(document, judged, width)
    return lines


def _cells(row: ArmRow) -> list[Span]:
    mark = " ⚠" if row.repairs else ""
    recall = figures.decimals(row.recall, 2)
    return [
        Span(clip(row.name, MOST_ARM - len(mark)) + mark),
        Span(figures.count(row.fn), "bold"),
        Span(f"{recall} {figures.interval(row.recall_ci)}"),
        Span(figures.count(row.fp)),
        Span(figures.decimals(row.precision, 2)),
        Span(figures.decimals(row.average_precision, 3)),
        Span(figures.decimals(row.brier, 3)),
        Span(figures.threshold(row.threshold)),
        Span(figures.count(row.trials)),
        Span(figures.clock(row.seconds)),
    ]


def _lead(row: ArmRow) -> Span:
    return Span(f" {clip(row.name, MOST_ARM)}  ")


def _so_far(row: ArmRow, *, over: bool) -> str:
    text = "stopped before its result" if over else "still at work"
    if row.trials:
        text += f", {figures.plural(row.trials, 'trial')} finished"
    if row.best is not None:
        text += f", best score {figures.decimals(row.best, 3)}"
    return text


def _failed(rows: Sequence[ArmRow], width: int) -> list[Line]:
    """Say each cause once, with every arm that it stopped."""
    causes: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        causes.setdefault(row.error, []).append(clip(row.name, MOST_ARM))
    lines: list[Line] = []
    for error, names in causes.items():
        message, remedy = [*error, "", ""][:2]
        lead = Span(" ✗ failed ", "bad")
        text = f"{', '.join(names)}: {message or 'no cause given'}"
        lines += wrap(text, width, first=lead)
        if remedy:
            lines += wrap(remedy, width, first="   → ")
    return lines


def _remarks(rows: Sequence[ArmRow], width: int) -> list[Line]:
    lines: list[Line] = []
    for row in rows:
        for text in facts.folded(row.repairs):
            lines += _remark(row, f"repaired {text}", Span(" ⚠ ", "warn"), width)
        for text in facts.folded(row.notes):
            lines += _remark(row, text, Span(" · ", "dim"), width)
        if row.note:
            lines += _remark(row, row.note, Span(" ! ", "warn"), width)
    return lines


def _unseen(document: Document, judged: Sequence[ArmRow], width: int) -> list[Line]:
    """Give the average precision without rows that have an equal in training."""
    known, tested = facts.unseen(document), facts.test_counts(document)
    shown = [row.name for row in judged if row.name in known]
    if not shown or tested is None:
        return []
    each = ", ".join(
        f"{clip(name, MOST_ARM)} "
        f"{figures.decimals(known[name].get('average_precision'), 3)}"
        for name in shown
    )
    equal = tested[1] - known[shown[0]]["rows"]
    text = (
        f"{equal:,} of {tested[1]:,} test rows have an equal among the training rows; "
        f"AP without them: {each}"
    )
    return wrap(text, width, first=Span(" · ", "dim"), look="dim")


def _remark(row: ArmRow, text: str, lead: Span, width: int) -> list[Line]:
    return wrap(f"{clip(row.name, MOST_ARM)}: {text}", width, first=lead, look="dim")


def policy_bar(
    document: Document, *, width: int, policy: str | None = None
) -> list[Line]:
    """Lay out the policies with the chosen one marked, and the test positives.

    Parameters
    ----------
    document : mapping
        A result document.
    width : int
        Cells that a line takes at most.
    policy : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
    """
    chosen = facts.chosen_policy(document, policy)
    known = facts.policies(document) or [chosen]

    def bar_of(named: Callable[[Document, str], str]) -> list[Line]:
        items = [
            line(
                Span(f"▸{facts.name_of(document, p)}", "chosen")
                if p == chosen
                else named(document, p)
            )
            for p in known
        ]
        return flow(items, width, first=" policy  ")

    bar = bar_of(partial(facts.name_of, aimed=False))
    if len(bar) > 1:
        # Shorter names, but for the chosen one, if that keeps it on one line.
        shorter = bar_of(facts.short_name_of)
        bar = shorter if len(shorter) < len(bar) else bar
    tested = facts.test_counts(document)
    if tested is None:
        return bar
    positives, rows = tested
    klass = facts.focus(document)
    found = f"{figures.plural(positives, 'positive')} in"
    if klass is not None:
        found = f"{clip(klass, MOST_ARM)}: {positives:,} of"
    text = f"{found} {rows:,} test rows"
    if of := facts.sample(document):
        text += f" · {of}"
    return beside(bar, line(Span(text)), width)


def overview(
    document: Document, *, width: int, policy: str | None = None
) -> list[Line]:
    """Lay out missed positives and false alarms at the policies not chosen.

    Parameters
    ----------
    document : mapping
        A result document.
    width : int
        Cells that a line takes at most; columns that do not fit go below.
    policy : str or None, default=None
        The operating point of the board; the experiment's own when None.

    Returns
    -------
    list of Line
        Arms in the order of the board; none without a result.
    """
    chosen = facts.chosen_policy(document, policy)
    others = [p for p in facts.policies(document) if p != chosen]
    names = [row.name for row in facts.arm_rows(document, policy) if row.judged]
    by_policy = {
        p: {row.name: row for row in facts.arm_rows(document, p)} for p in others
    }
    if not others or not names:
        return []
    title = " at other thresholds: missed / false alarms"
    if (klass := facts.focus(document)) is not None:
        shown = clip(klass, MOST_ARM)
        title = f" at other weights: missed rows of {shown} / false alarms"
    lines: list[Line] = [line(Span(title, "dim"))]
    while others:
        # As many policies side by side as fit, at least one.
        for count in range(len(others), 0, -1):
            columns = [Column("arm", align="left", most=MOST_ARM)]
            columns += [
                Column(facts.name_of(document, p, aimed=False)) for p in others[:count]
            ]
            rows = [
                [Span(name), *(_pair(by_policy[p][name]) for p in others[:count])]
                for name in names
            ]
            table, _ = grid(columns, rows, width)
            if max(measure(row) for row in table) <= width:
                break
        lines += table
        others = others[count:]
    return lines


def _pair(row: ArmRow) -> Span:
    if not row.judged:
        return Span(figures.NOTHING)
    return Span(f"{figures.count(row.fn)} / {figures.count(row.fp)}")


def _class_table(
    rows: Sequence[ArmRow], classes: Sequence[str], width: int
) -> tuple[list[Line], list[str]]:
    """Lay out the board of more than two classes; classes are given rarest first.

    The second are headings of the columns that did not fit; classes are only counted.
    """
    columns = [Column("arm", align="left", most=MOST_ARM), Column("missed")]
    columns += [
        Column(clip(label, _MOST_LABEL), clip(label, 8), drop=_drop(place))
        for place, label in enumerate(classes)
    ]
    lines, gone = grid(
        [*columns, *_REST],
        [
            [
                Span(row.name + (" ⚠" if row.repairs else "")),
                Span(figures.count(row.fn), "bold"),
                *(Span(figures.decimals(row.class_recall.get(c), 2)) for c in classes),
                Span(figures.decimals(row.macro_recall, 2)),
                Span(figures.decimals(row.macro_f1, 2)),
                Span(figures.decimals(row.average_precision, 3)),
                Span(figures.decimals(row.brier, 3)),
                Span(weights(row.weights, classes)),
                Span(figures.count(row.trials)),
                Span(figures.clock(row.seconds)),
            ]
            for row in rows
        ],
        width,
    )
    known = {column.title for column in _REST}
    dropped = [title for title in gone if title in known]
    if left := len(gone) - len(dropped):
        dropped.insert(0, f"the recall of {figures.plural(left, 'class', 'classes')}")
    rarest = clip(classes[0], _MOST_LABEL)
    text = f"missed: rows of {rarest}, the rarest; then the recall of each class"
    return [*lines, *wrap(text, width, first=" ", look="dim")], dropped


def _drop(place: int) -> int:
    """Return when a class goes: the most frequent first, the rarest never."""
    return 0 if place < _ALWAYS else min(1000, 10 + place)


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
