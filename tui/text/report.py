"""A result as text: the whole, the verdict first, or one side of it in full.

The board has the missed positives first; below it are the confusion matrices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from engine.core import format as figures
from engine.core.arm_result import ArmAtPoint
from engine.core.errors import unknown
from engine.core.events import Work
from engine.core.result import Result
from engine.core.views import STATUS
from engine.core.views import board as views
from engine.core.views.board import MOST_ARM, BoardLine, confusion_matrix
from engine.core.views.report import board as page
from engine.core.views.report import data, parts
from engine.core.views.report.facts import Facts
from tui.charts.base import MONO
from tui.charts.confusion import BETWEEN, multiclass_row, worst
from tui.terminal.safe_text import clip
from tui.text.grid import advice_text, draw_items, draw_page, grid, left_out
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    align_right,
    aside,
    flow,
    line,
    marks,
    measure,
    paint,
    stack,
    wrap,
)
from tui.text.scores import (
    calibration,
    costs,
    folds,
    groups,
    matched_tables,
    resampling,
    review,
    splits,
)

# The whole ----------------------------------------------------------------------------

MOST_ADVICE = 5
MOST_WARNINGS = 5
_FINGERPRINT = 12
_MOST_LABEL = 24
_WORK = {
    "trials": ("trial",),
    "boosting_rounds": ("boosting round",),
    "resamples": ("resample",),
    "matrices": ("matrix", "matrices"),
}
_MOST_CLASS, _MOST_COUNTED = 16, 12


def render(
    result: Result,
    *,
    width: int,
    style: Style = PLAIN,
    at: str | None = None,
    run: str = "",
) -> str:
    """Return a result document as text.

    Parameters
    ----------
    result : Result
        One that failed, was cancelled or interrupted or is still
        running shows what there is, and says that it is partial.
    width : int
        Cells that a line takes at most; made for 60 and more.
    style : Style, default=PLAIN
        Whether looks become escape sequences.
    at : str or None, default=None
        Operating point of the board; the experiment's own when None.
    run : str, default=""
        What the run is called; by its id when empty.

    Returns
    -------
    str
        Lines without a newline at the end. Untrusted text in it is harmless.

    Raises
    ------
    UsageError
        If no arm has an operating point of that operating point.
    """
    blocks = [
        _opening(result, width, run or f"run {result.run}"),
        draw_items(page.status(Facts(result)), width),
        headline(result, width=width),
        _advice(result, width),
        point_bar(result, width=width, at=at) if result.point_names else [],
        board(result, width=width, at=at),
        matrices(result, width=width, at=at),
        overview(result, width=width, at=at),
        resampling(result, width=width),
        groups(result, width=width),
        review(result, width=width),
        splits(result, width=width, at=at, seeds=False),
        verdict(result, width=width),
        _closing(result, width),
    ]
    return paint(stack(blocks), style, width)


SECTIONS: Final = (
    "verdict",
    "board",
    "matched",
    "calibration",
    "costs",
    "folds",
    "groups",
    "review",
    "splits",
)
"""The sides that can be shown in full."""


def sections(
    result: Result,
    names: Sequence[str],
    *,
    width: int,
    style: Style = PLAIN,
    klass: str | None = None,
    at: str | None = None,
) -> str:
    """Return sides of a result as text.

    Parameters
    ----------
    result : Result
    names : sequence of str
        Any of `SECTIONS`, in the order to show.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.
    klass : str or None, default=None
        Of more than two classes the one that is looked at, against the rest; the
        rarest when None.
    at : str or None, default=None
        Operating point of board and costs; the experiment's own when None.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        If there is no such section, class or operating point.
    """
    klass = result.select_class(klass)
    makers: tuple[Callable[..., list[Line]], ...] = (
        verdict,
        partial(_board_section, at=at),
        partial(matched_tables, klass=klass),
        partial(calibration, klass=klass),
        partial(costs, klass=klass, at=at and result.select_point(at)),
        folds,
        groups,
        review,
        partial(splits, at=at and result.select_point(at)),
    )
    make = dict(zip(SECTIONS, makers, strict=True))
    blocks: list[list[Line]] = []
    nothing = wrap("this run has none", width, first="   ", look="dim")
    for name in names:
        if name not in make:
            raise unknown(f"no section {name!r}", make)
        title = [line(Span(f" {name}", "bold"))] if len(names) > 1 else []
        blocks += [title, make[name](result, width=width) or nothing]
    return paint(stack(blocks), style, width)


def _board_section(result: Result, *, width: int, at: str | None) -> list[Line]:
    """Lay out the board with its matrices, of a run that has one."""
    if not result.point_names:
        return []
    parts = (point_bar, board, matrices)
    return stack([part(result, width=width, at=at) for part in parts])


def _opening(result: Result, width: int, run: str) -> list[Line]:
    """Name the table, the split and the run."""
    dataset, split, status = result.dataset, result.split, result.status
    over = status in ("done", "failed", "cancelled")
    about = line(
        Span(f"{clip(run, 28)}  ", "dim"),
        Span(status, STATUS.get(status, "chosen")),
        # A run says how long it took when it ends.
        Span(f"  {figures.clock(result.seconds)}" if over else "", "dim"),
    )
    if not dataset:
        source = result.experiment.data.source if result.experiment else ""
        return align_right(
            [line(" ", Span(clip(source or "no table", 40)))], about, width
        )
    counts, classes = dataset.classes, result.classes
    positive, target = result.positive, clip(dataset.target, _MOST_LABEL)
    if classes:
        few, others = counts[classes[0]], counts[classes[-1]]
        columns = [target, f"{len(classes)} classes"]
    else:
        few = counts.get(positive, 0)
        others = dataset.rows - few
        columns = [
            f"{target}={clip(positive, _MOST_LABEL)}",
            f"{figures.share(few, dataset.rows)} ({few:,})",
        ]
    weight = next((n for n, role in dataset.roles.items() if role == "weight"), None)
    if weight is not None:
        columns.append(f"rows weighed by {clip(weight, _MOST_LABEL)}")
    items = [
        line(Span(clip(dataset.name, 40), "bold")),
        line(f"{dataset.rows:,} × {dataset.columns:,}"),
        *map(line, columns),
        line(Span(figures.ratio(others, few), "bold")),
    ]
    lines = align_right(flow(items, width), about, width)
    if classes and not split:
        return lines + _class_counts("rows", counts, classes, width)
    if not split:
        return lines
    print_ = f"test rows SHA-256 {split.test_fingerprint[:_FINGERPRINT]}"
    sides = (("test", split.test), ("train", split.train))
    if classes:
        for name, side in sides:
            lines += _class_counts(name, side, classes, width)
        return [*lines, line(" ", Span(print_, "dim"))]
    items = [
        line(
            Span(f"{name} ", "dim"),
            f"{sum(side.values()):,} rows, "
            f"{figures.plural(side.get(positive, 0), 'positive')}",
        )
        for name, side in sides
    ]
    if thinned := split.thinned or None:
        text = f"{thinned.kept:,} of {thinned.of:,} negatives"
        items.append(line(Span("fitted on ", "dim"), text))
    return lines + flow([*items, line(Span(print_, "dim"))], width)


def _class_counts(
    title: str, counts: Mapping[str, int], classes: Sequence[str], width: int
) -> list[Line]:
    items = [line(f"{sum(counts.values()):,} rows")]
    items += [
        line(f"{clip(name, _MOST_CLASS)}: {counts.get(name, 0):,}")
        for name in classes[:_MOST_COUNTED]
    ]
    if (more := len(classes) - _MOST_COUNTED) > 0:
        items.append(line(f"and {figures.plural(more, 'more class', 'more classes')}"))
    return flow(items, width, first=f" {title:<5} ")


def _advice(result: Result, width: int) -> list[Line]:
    advice = result.dataset.advice if result.dataset else ()
    lines: list[Line] = []
    for entry in advice[:MOST_ADVICE]:
        text = ": ".join(filter(None, (entry.message, advice_text(entry))))
        lines += wrap(text, width, first=Span(f" ! {clip(entry.code, 8)}  ", "warn"))
    more = len(advice) - MOST_ADVICE
    if more > 0:
        lines.append(line(Span(f"   and {more} more: see --json", "dim")))
    return lines


def _closing(result: Result, width: int) -> list[Line]:
    """Say the proof, the warnings and the work."""
    lines: list[Line] = []
    if result.proof:
        lines += proof(result, width)
    warnings = result.warnings
    lines += marks(warnings[:MOST_WARNINGS], width, Span(" warning: ", "warn"))
    more = len(warnings) - MOST_WARNINGS
    if more > 0:
        text = f"   and {figures.plural(more, 'more warning')}: see --json"
        lines.append(line(Span(text, "dim")))
    if result.work != Work():
        ends = {
            "stopped early": sum(arm.search.pruned for arm in result.arms),
            "could not be made": sum(arm.search.failed for arm in result.arms),
        }
        endings = ", ".join(f"{count:,} {how}" for how, count in ends.items() if count)
        items = {
            key: figures.plural(getattr(result.work, key), *noun)
            for key, noun in _WORK.items()
        }
        items["trials"] += f" ({endings})" if endings else ""
        lines += flow(list(map(line, items.values())), width, first=" work: ")
    return lines


def proof(result: Result, width: int) -> list[Line]:
    """Say what was checked; a single failure is reported as a leak."""
    checks = data.checks(Facts(result))
    broken = [check for check in checks if check.look == "bad"]
    text = "; ".join(parts.text(check.spans) for check in broken or checks)
    if broken:
        return wrap(text, width, first=Span(" LEAK: ", "bad"), look="bold")
    return wrap(text, width, first=Span(" no leak found: ", "good"))


# The verdict --------------------------------------------------------------------------


def headline(result: Result, *, width: int) -> list[Line]:
    """Say what the verdict comes to: the figures, and what to do.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        Empty without a verdict.
    """
    verdict = result.verdict
    if not verdict:
        return []
    lines = wrap(verdict.headline, width, first=" ", look="bold")
    todo = f"{verdict.recommendation} {verdict.code}"
    return lines + wrap(todo, width, first=Span(" → ", "chosen"))


def verdict(
    result: Result,
    *,
    width: int,
    options: bool = True,
    costs: str = "",
) -> list[Line]:
    """Say the verdict in full, then what exports it.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    options : bool, default=True
        Whether commands and options of the command line are named; keys if not.
    costs : str, default=""
        What the costs are, and how to give others.

    Returns
    -------
    list of Line
        The figures, what to do, what is said of the costs, reasons, doubts;
        the command or key only where the verdict recommends something.
    """
    answer = result.verdict
    if answer is None:
        return []
    lines = headline(result, width=width)
    lines += wrap(costs, width, first="   ", look="dim") if costs else []
    for block in page.grounds(Facts(result)):
        if block.title:
            lines += [(), line(Span(f" {block.title.lower()}", "dim"))]
        # `costs` says that they are assumed.
        said = (one for one in block.items if not costs or one.code != page.ASSUMED)
        lines += draw_items(said, width, options=options)
    if answer.choice:
        command = f"imbtui export {clip(result.run, 24)} --as bundle"
        how = command if options else "e exports a model, a script, a report"
        lines += [(), line(Span(" to use it: ", "dim"), Span(how, "bold"))]
    return lines


# The board and the matrices -----------------------------------------------------------


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
        and fix; then what was repaired and noticed, and what is known of the
        thresholds.

    Raises
    ------
    UsageError
        If no arm has an operating point of that operating point.
    """
    point = result.select_point(at)
    placed = result.at_point(point)
    facts, lines = Facts(result), []
    if placed:
        lines += _table(result, placed, width)
    elif result.arms:
        yet = " yet" if result.status == "running" else ""
        lines.append(line(Span(f" no arm has a result{yet}", "dim")))
    lines += draw_items(page.unfinished(facts), width, "dim")
    lines += draw_items(page.failures(facts), width, codes=False)
    return lines + draw_items(page.remarks(facts, point), width, "dim")


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
        shorter = bar_of(result.point_short)
        bar = shorter if len(shorter) < len(bar) else bar
    tested = result.test_rows_text()
    return align_right(bar, line(tested), width) if tested else bar


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
    title, table = page.at_others(Facts(result), chosen)
    if table is None:
        return []
    lines = aside(f"{title.lower()}: {table.title}", width)
    others, bare = range(1, len(table.columns)), replace(table, title="", note=())
    while others:
        # As many operating points side by side as fit, at least one.
        for count in range(len(others), 0, -1):
            part = draw_page(bare.pick(0, *others[:count]), width)
            if max(map(measure, part)) <= width:
                break
        lines += part
        others = others[count:]
    return lines


def _table(result: Result, arms: Sequence[ArmAtPoint], width: int) -> list[Line]:
    """Lay out the arms; of more than two classes as many as there is room for."""
    lines, classes = list(map(BoardLine.of, arms)), result.classes
    for most in range(len(classes), -1, -1):
        view = views.board(lines, classes, result.rarest, most)
        table, dropped = grid(view.columns, [row.cells for row in view.rows], width)
        bare = most > views.ALWAYS and not {*views.MEANS}.isdisjoint(dropped)
        if measure(table[0]) <= width and not bare:
            break
    if classes:
        rarest = clip(classes[0], MOST_ARM)
        text = (
            f"missed: rows of class {rarest}, the rarest; then the recall of each class"
        )
        table += aside(text, width)
    return [*table, *left_out(dropped, width)]


_MISSED: Final = re.compile("(▶ *[0-9,]+)")
_MOST_PAIRS: Final = 12


def matrices(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the confusion matrix of every arm with a result.

    More than eight classes are listed by pairs of actual and predicted class.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most; what does not fit beside goes below.
    at : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
        In the order of the board.

    Raises
    ------
    UsageError
        If no arm has an operating point of that operating point.
    """
    labels = result.negative, result.positive
    items = [
        confusion_matrix(placed.name, placed.point.confusion, labels)
        for placed in result.at_point(result.select_point(at))
    ]
    if not items:
        return []
    room, height = width - 1, 2 + 2 * len(items[0].rows)
    fits = multiclass_row(items, room, height, MONO).shown
    if not fits:
        return _lines(worst(items, room, 2 + _MOST_PAIRS, MONO))
    # So many that lines are about equally long.
    across = math.ceil(len(items) / math.ceil(len(items) / fits))
    each = (room + BETWEEN) // across
    blocks = []
    for start in range(0, len(items), across):
        part = items[start : start + across]
        wide = each * len(part) - BETWEEN
        blocks.append(_lines(multiclass_row(part, wide, height, MONO).text))
    return stack(blocks)


def _lines(text: str) -> list[Line]:
    """Return a drawing as lines, what is missed in its look."""
    return [
        (
            Span(" "),
            *(
                Span(part, "missed" if place % 2 else "")
                for place, part in enumerate(_MISSED.split(line))
            ),
        )
        for line in text.split("\n")
    ]
