"""A result document as text: the whole, the verdict first, or one side in full."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from engine.core import format as figures
from engine.core.errors import unknown
from engine.core.events import Work
from engine.core.result import Result
from engine.core.views import STATUS
from engine.core.views.report import board as page
from engine.core.views.report import data, parts
from engine.core.views.report.facts import Facts
from tui.terminal.safe_text import clip
from tui.text.board import board, matrices, overview, point_bar
from tui.text.grid import advice_text, draw_items
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    align_right,
    flow,
    line,
    marks,
    paint,
    stack,
    wrap,
)
from tui.text.scores import calibration, costs, folds, matched_tables, resampling

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
    result: Result, *, width: int, style: Style = PLAIN, at: str | None = None
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
        _opening(result, width),
        draw_items(page.status(Facts(result)), width),
        headline(result, width=width),
        _advice(result, width),
        point_bar(result, width=width, at=at) if result.point_names else [],
        board(result, width=width, at=at),
        matrices(result, width=width, at=at),
        overview(result, width=width, at=at),
        resampling(result, width=width),
        verdict(result, width=width),
        _closing(result, width),
    ]
    return paint(stack(blocks), style, width)


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
        Any of verdict, matched, calibration, costs and folds, in the order to show.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.
    klass : str or None, default=None
        Of more than two classes the one that is looked at, against the rest; the
        rarest when None.
    at : str or None, default=None
        Operating point of the costs; the experiment's own when None.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        If there is no such section, class or operating point.
    """
    klass = result.select_class(klass)
    make: dict[str, Callable[..., list[Line]]] = {
        "verdict": verdict,
        "matched": partial(matched_tables, klass=klass),
        "calibration": partial(calibration, klass=klass),
        "costs": partial(costs, klass=klass, at=at and result.select_point(at)),
        "folds": folds,
    }
    blocks: list[list[Line]] = []
    nothing = wrap("this run has none", width, first="   ", look="dim")
    for name in names:
        if name not in make:
            raise unknown(f"no section {name!r}", make)
        title = [line(Span(f" {name}", "bold"))] if len(names) > 1 else []
        blocks += [title, make[name](result, width=width) or nothing]
    return paint(stack(blocks), style, width)


def _opening(result: Result, width: int) -> list[Line]:
    """Name the table, the split and the run."""
    dataset, split, status = result.dataset, result.split, result.status
    over = status in ("done", "failed", "cancelled")
    run = line(
        Span(f"run {clip(result.run, 24)}  ", "dim"),
        Span(status, STATUS.get(status, "chosen")),
        # A run says how long it took when it ends.
        Span(f"  {figures.clock(result.seconds)}" if over else "", "dim"),
    )
    if not dataset:
        source = result.experiment.data.source if result.experiment else ""
        return align_right(
            [line(" ", Span(clip(source or "no table", 40)))], run, width
        )
    counts, classes = dataset.classes, result.classes
    positive, target = result.positive, clip(dataset.target, _MOST_LABEL)
    if classes:
        few, others = counts[classes[0]], counts[classes[-1]]
        about = [target, f"{len(classes)} classes"]
    else:
        few = counts.get(positive, 0)
        others = dataset.rows - few
        about = [
            f"{target}={clip(positive, _MOST_LABEL)}",
            f"{figures.share(few, dataset.rows)} ({few:,})",
        ]
    items = [
        line(Span(clip(dataset.name, 40), "bold")),
        line(f"{dataset.rows:,} × {dataset.columns:,}"),
        *map(line, about),
        line(Span(figures.ratio(others, few), "bold")),
    ]
    lines = align_right(flow(items, width), run, width)
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
        text = f"{entry.message}: {advice_text(entry)}".removesuffix(": nothing to do")
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
    store: str = "",
    costs: str = "",
) -> list[Line]:
    """Say the verdict in full, then the command that exports it.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    options : bool, default=True
        Whether options of the command line are named.
    store : str, default=""
        The store that a command must name; none is the user's own.
    costs : str, default=""
        What the costs are, and how to give others.

    Returns
    -------
    list of Line
        The figures, what to do, what is said of the costs, reasons, doubts; the
        command only where the verdict recommends something.
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
        command += f" --store {shlex.quote(store)}" if store else ""
        lines += [(), line(Span(" to use it: ", "dim"), Span(command, "bold"))]
    return lines
