"""Lists as text: methods, models, or one of them; runs, a store, sample datasets."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.core import format as figures
from engine.core.methods.handbook import (
    GROUPS,
    MethodDocument,
    ModelDocument,
    ParameterDocument,
    document,
    takes,
)
from engine.core.methods.samplers import Method
from engine.core.plugins import PluginProblem
from engine.core.result import Result
from engine.core.views import STATUS, Column, Look
from engine.io.catalogue import Sample
from tui.terminal.safe_text import cells, clip, pad
from tui.text.grid import grid
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    labels,
    line,
    marks,
    paint,
    wrap,
)

# Methods ------------------------------------------------------------------------------

_INDENT = "   "
_SLOW = "slow"
_ACCEPTS = (
    ("categories", "categories"),
    ("missing", "missing values"),
    ("classes", "more than two classes"),
)


def methods_list(
    found: Mapping[str, Sequence[Method]],
    problems: Sequence[PluginProblem] = (),
    *,
    width: int,
    style: Style = PLAIN,
) -> str:
    r"""Return every method by group, and how to learn more.

    Parameters
    ----------
    found : mapping of str to sequence
        As `engine.core.methods.handbook.catalogue` returns them.
    problems : sequence of PluginProblem, default=()
        What is wrong with samplers of other packages.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.

    Examples
    --------
    >>> from engine.core.methods.handbook import catalogue
    >>> text = methods_list(catalogue(), width=100).split("\n")
    >>> text[0], text[8].split()[:4]
    (' controls (no row is changed)', ['random-over', 'Repeats', 'minority', 'rows'])
    """
    names = [one.name for these in found.values() for one in these]
    wide = max(map(cells, names), default=0)
    lines: list[Line] = []
    for group, these in found.items():
        lines.append(line(" ", Span(GROUPS[group], "chosen")))
        for one in these:
            name = f"{_INDENT}{one.name}".ljust(wide + len(_INDENT) + 2)
            slow = _SLOW if getattr(one, "slow", False) else ""
            time = f"{slow:{len(_SLOW)}}   "
            summary = one.summary
            if group == "plug-in":
                summary = f"{summary} ({getattr(one, 'package', '')})"
            below = wrap(summary, width, first=" " * cells(name + time))
            lines.append((Span(name, "bold"), Span(time, "dim"), *below[0][1:]))
            lines += below[1:]
        lines.append(())
    lines += wrap(
        "slow ones take seconds or more from tens of thousands of rows on; how long on "
        "your rows: imbtui preflight DATA",
        width,
        first=" ",
        look="dim",
    )
    for bad in problems:
        what = "used, but it" if bad.used else "left out:"
        text = f"{bad.package} ({bad.entry}) is {what} {bad.message}"
        lines += [*wrap(text, width, first=" ! ", look="warn"), ()]
    for text in (
        "everything about one: imbtui methods smote",
        "compare some: imbtui run DATA --methods untreated,smote,smote-enn",
        "one after the other: --methods svm-smote:ratio=0.3+random-under:ratio=0.5",
    ):
        lines += wrap(text, width, first=" ")
    return paint(lines, style, width)


def method_page(one: Method, *, width: int, style: Style = PLAIN) -> str:
    """Return everything about one method.

    Parameters
    ----------
    one : Control, Sampler or Ensemble
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.

    Examples
    --------
    >>> from engine.core.methods.handbook import method
    >>> print(method_page(method("untreated"), width=72))  # doctest: +ELLIPSIS
     untreated   as it is
       Leaves the training rows alone.
    ...
    """
    doc = document(one)
    lines: list[Line] = [
        line(" ", Span(doc.name, "bold"), f"   {doc.title}"),
        *wrap(doc.summary, width, first=_INDENT),
    ]
    if doc.home:
        home = f"{doc.home}, of {doc.package}"
        lines += wrap(home, width, first=_INDENT, look="dim")
    lines.append(())
    lines += _labels(
        {"when": doc.when, "when not": doc.when_not, "source": doc.source},
        width,
    )
    lines += [(), line(" ", Span("accepts", "chosen"))]
    accepted = {words: doc.accepts[key] for key, words in _ACCEPTS}
    lines += _labels(accepted, width, _INDENT)
    if doc.parameters:
        lines += [(), line(" ", Span("parameters", "chosen"))]
        for parameter in doc.parameters:
            lines += _parameter(parameter, width)
            lines += _searched(parameter, doc, width)
    if doc.slow:
        time = "slow with many rows; how long on yours: imbtui preflight DATA"
        lines += [(), *wrap(time, width, first=" ")]
    lines += [(), line(" ", Span("in --methods", "chosen"))]
    lines += [line(f"{_INDENT}{shlex.quote(text)}") for text in doc.arms]
    return paint(lines, style, width)


def _labels(texts: Mapping[str, str], width: int, indent: str = " ") -> list[Line]:
    present = {label: text for label, text in texts.items() if text}
    return labels(present, present.values(), width, indent)


def _parameter(one: ParameterDocument, width: int) -> list[Line]:
    default = figures.plain(one.default) or "none"
    head = Span(f"{one.name}={default}", "bold")
    lines = [line(_INDENT, head, Span(f"   {one.values}", "dim"))]
    return lines + wrap(one.effect, width, first=_INDENT * 2)


def _searched(one: ParameterDocument, doc: MethodDocument, width: int) -> list[Line]:
    values = doc.searched.get(one.name)
    if not values:
        return []
    between = " to " if doc.group == "ensemble" else ", "
    text = between.join(map(figures.plain, values))
    return wrap(f"searched: {text}", width, first=_INDENT * 2, look="dim")


# Models -------------------------------------------------------------------------------


def models_list(
    found: Sequence[ModelDocument], *, width: int, style: Style = PLAIN
) -> str:
    """Return every model: what it is, what rows it takes, whether it is installed.

    Parameters
    ----------
    found : sequence of ModelDocument
        At least one.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    lines: list[Line] = []
    for one in found:
        lines += [
            line(" ", Span(one.name, "bold"), f"   {one.title}"),
            *wrap(one.summary, width, first=_INDENT),
            *wrap(f"takes {takes(one.needs)}", width, first=_INDENT, look="dim"),
            *_missing(one, width),
            (),
        ]
    names = [one.name for one in found]
    for text in (
        f"everything about one: imbtui models {names[-1]}",
        f"every method with each of some: imbtui run DATA --models {','.join(names[:2])}",
        f"one method with one model: --methods untreated@{names[-1]},smote@{names[-1]}",
    ):
        lines += wrap(text, width, first=" ")
    return paint(lines, style, width)


def model_page(doc: ModelDocument, *, width: int, style: Style = PLAIN) -> str:
    """Return everything about one model.

    Parameters
    ----------
    doc : ModelDocument
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.

    Examples
    --------
    >>> from engine.core import models
    >>> from engine.core.methods.handbook import model_document
    >>> text = model_page(model_document(models.get("xgboost")), width=72)
    >>> text.splitlines()[0]
    ' xgboost   XGBoost'
    """
    facts = {
        "when": doc.when,
        "when not": doc.when_not,
        "takes": takes(doc.needs),
        "grows by": doc.rounds,
        "package": doc.package,
        "source": doc.source,
    }
    lines: list[Line] = [
        line(" ", Span(doc.name, "bold"), f"   {doc.title}"),
        *wrap(doc.summary, width, first=_INDENT),
        *_missing(doc, width),
        (),
        *_labels(facts, width),
    ]
    if doc.parameters:
        lines += [(), line(" ", Span("parameters", "chosen"))]
    for one in doc.parameters:
        lines += _parameter(one, width)
    for name, space in doc.spaces.items():
        lines += [(), line(" ", Span(f"searched, space {name}", "chosen"))]
        ends = {key: " to ".join(map(figures.plain, at)) for key, at in space.items()}
        lines += _labels(ends, width, _INDENT)
    lines += [(), line(" ", Span("in --models, or behind a method", "chosen"))]
    lines += [line(f"{_INDENT}{text}") for text in (doc.name, f"smote@{doc.name}")]
    return paint(lines, style, width)


def _missing(doc: ModelDocument, width: int) -> list[Line]:
    """Say how to install a model's package, where it is missing."""
    text = f"{doc.package} is not installed: {doc.install}"
    return wrap(text, width, first=Span(" ! ", "warn")) if doc.install else []


# Runs ---------------------------------------------------------------------------------

_RUNS = (
    Column("run"),
    Column("id", align="left", drop=7, most=36),
    Column("created", align="left", drop=1),
    Column("status", align="left", least=11),
    Column("dataset", align="left", least=10, most=32),
    Column("target", align="left", drop=3, least=6, most=20),
    Column("arms", drop=4),
    Column("trials", drop=5),
    Column("best", align="left", least=34, most=60),
    Column("time", drop=2),
)
_SIZE = Column("disk", drop=6)
_MOST_CLASS = 16
_NO_BEST = {"VRD009": "no better than chance", "VRD005": "too few to tell"}
"""What a verdict that tells no arms apart comes to."""
_NOTE_LINES = 2
_WORTH_BYTES = 1_000_000
"""Prepared folds that take less are not worth a word."""
_LOOKS: dict[str, Look] = STATUS | {"running": "chosen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of a list, as ``imbtui runs --json`` prints it.

    Parameters
    ----------
    number : int
        Its number in the store, from 1.
    run : str
        The run's id.
    created : datetime
        When it was begun; shown in the machine's zone if it has one.
    status : str
        ``done``, ``failed``, ``cancelled``, ``running`` or another word.
    dataset, target : str
        What it is about; empty if the run did not come that far.
    arms : tuple of str
        Those of the experiment.
    stalled : bool, default=False
        Whether its process has not been heard for too long.
    trials : int, default=0
        How many are finished.
    best : str, default=""
        What `best_line` says of it.
    seconds : float or None, default=None
        How long it took.
    note : str, default=""
    tags : tuple of str, default=()
        The user's own words.
    bytes : int or None, default=None
        What it takes on the disk, if that is known.
    todo : str, default=""
        What to do about it, where it does not go on by itself; no part of the document.
    """

    number: int
    run: str
    created: datetime
    status: str
    stalled: bool = False
    dataset: str
    target: str
    arms: tuple[str, ...]
    trials: int = 0
    best: str = ""
    seconds: float | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    bytes: int | None = None
    todo: str = ""

    @property
    def standing(self) -> str:
        """The status, as the list shows it."""
        return "stalled" if self.stalled else self.status


def best_line(result: Result) -> str:
    """Say what the recommended arm misses at the board's point, or why none is best.

    Without a recommendation yet the one that misses the fewest. Of more than two
    classes the rows of the rarest count.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        For example ``smote-enn misses 63 of 161``; empty without a result.
    """
    placed = result.at_point(result.point_name)
    if placed and result.verdict and result.verdict.code in _NO_BEST:
        return _NO_BEST[result.verdict.code]
    chosen = result.choice.arm if result.choice else ""
    rarest = result.rarest
    for arm in sorted(placed, key=lambda arm: arm.name != chosen):
        of = f" rows of class {clip(rarest, _MOST_CLASS)}" if rarest else ""
        return f"{arm.name} misses {arm.missed:,} of {arm.positives:,}{of}"
    return ""


def runs_table(
    rows: Sequence[RunRow], below: str = "", *, width: int, style: Style = PLAIN
) -> str:
    """Return a list of runs as text.

    Parameters
    ----------
    rows : sequence of RunRow
        In the order shown.
    below : str, default=""
        What is said below the list, such as `totals`.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end: one per run, and below it what the user
        noted and what to do about it; what to do first where there is no run.
    """
    if not rows:
        text = "No run yet. Start one with: imbtui run sample:moons --preset quick"
        return paint(wrap(text, width, first=" "), style, width)
    cells = [
        [
            Span(str(row.number), "bold"),
            Span(row.run),
            Span(f"{row.created.astimezone():%Y-%m-%d %H:%M}"),
            Span(row.standing, "warn" if row.todo else _LOOKS.get(row.standing, "")),
            Span(row.dataset or figures.NOTHING),
            Span(row.target or figures.NOTHING),
            Span(figures.count(len(row.arms))),
            Span(figures.count(row.trials)),
            Span(row.best or figures.NOTHING),
            Span(figures.clock(row.seconds)),
            Span(figures.size(row.bytes)),
        ]
        for row in rows
    ]
    columns = [*_RUNS, _SIZE]
    if all(row.bytes is None for row in rows):
        columns, cells = [*_RUNS], [line[:-1] for line in cells]
    (head, *laid_out), _ = grid(columns, cells, width)
    lines = [head]
    for row, own in zip(rows, laid_out, strict=True):
        lines += [own, *_below(row, width)]
    if below:
        lines += [(), *wrap(below, width, first=" ", look="dim")]
    return paint(lines, style, width)


def _below(row: RunRow, width: int) -> list[Line]:
    lines: list[Line] = []
    noted = " ".join([*(f"#{tag}" for tag in row.tags), row.note]).strip()
    if noted:
        short = clip(noted, _NOTE_LINES * (width - 3))
        lines += wrap(short, width, first="   ", look="dim")
    if row.todo:
        lines += wrap(row.todo, width, first=Span("   → ", "warn"))
    return lines


def totals(shown: int, every: int, store: int, folds: int) -> str:
    """Return the lines below a list of runs.

    Parameters
    ----------
    shown, every : int
        Runs listed, and runs there are.
    store, folds : int
        Bytes of the store, and of the cached folds.

    Examples
    --------
    >>> totals(7, 7, store=12_300_000, folds=340_000_000)
    '7 runs, 12.3 MB; cached folds 340 MB: imbtui store --prune frees them'
    >>> totals(2, 7, store=12_300_000, folds=0)
    '2 of 7 runs, 12.3 MB'
    """
    counted = figures.plural(every, "run")
    text = counted if shown == every else f"{shown:,} of {counted}"
    text += f", {figures.size(store)}"
    if folds < _WORTH_BYTES:
        return text
    freed = f"cached folds {figures.size(folds)}: imbtui store --prune frees them"
    return f"{text}; {freed}"


# Samples ------------------------------------------------------------------------------


def samples_table(
    samples: Sequence[Sample], *, width: int, style: Style = PLAIN
) -> str:
    """Return the sample datasets as text.

    Parameters
    ----------
    samples : sequence of Sample
        At least one.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Two or more lines per dataset, then how to use one. No newline at the end.
    """
    lines: list[Line] = []
    for sample in samples:
        lines += [
            line(
                " ",
                Span(f"sample:{sample.name}", "bold"),
                f"   {sample.rows:,} × {sample.columns:,}",
                f"   {sample.target}={sample.positive}",
                Span(f"   {sample.origin}, {sample.licence}", "dim"),
            ),
            *wrap(f"{sample.title}. {sample.description}", width, first="   "),
            (),
        ]
    name = samples[0].name
    lines += wrap(f"try one: imbtui run sample:{name} --preset quick", width, first=" ")
    lines += wrap(f"keep one: imbtui sample {name} -o {name}.csv", width, first=" ")
    return paint(lines, style, width)


# The store ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSummary:
    """A store as ``imbtui store --json`` prints it.

    `damaged` and `freed` are None where that was not asked for.
    """

    path: str
    version: int
    filesystem: str
    journal: str
    bytes_store: int
    bytes_folds: int
    bytes_inputs: int
    bytes_logs: int
    free: int
    runs: Mapping[str, int]
    problem: str | None = None
    notices: tuple[str, ...] = ()
    damaged: Sequence[str] | None = None
    freed: int | None = None


def render_store(store: StoreSummary, *, width: int, style: Style = PLAIN) -> str:
    """Return a store as text: what it is, what it takes, and whether it is whole.

    Parameters
    ----------
    store : StoreSummary
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    runs = sorted(store.runs.items())
    about = {
        "store": store.path,
        "version": str(store.version),
        "on": f"{store.filesystem}, journal {store.journal}",
        "runs": ", ".join(f"{count:,} {status}" for status, count in runs) or "none",
    }
    lines = labels(about, about.values(), width)
    sizes = {
        "runs": store.bytes_store,
        "cached folds": store.bytes_folds,
        "standard input": store.bytes_inputs,
        "logs": store.bytes_logs,
    }
    sizes |= {"in all": sum(sizes.values()), "free": store.free}
    head = max(map(len, sizes))
    lines.append(())
    lines += [
        line(Span(f" {pad(name, head)}  ", "dim"), pad(figures.size(taken), 8, "right"))
        for name, taken in sizes.items()
    ]
    notices = [*store.notices, *filter(None, [store.problem])]
    if notices:
        lines += [(), *marks(notices, width, Span(" ! ", "warn"))]
    if store.damaged is not None:
        lines += [(), *_check_lines(store.damaged, width)]
    return paint(lines, style, width)


def _check_lines(damaged: Sequence[str], width: int) -> list[Line]:
    """Say what a check of a store found, a line or more for each damage."""
    if not damaged:
        return [line(Span(" ✓ every record is intact", "good"))]
    lines = marks(damaged, width, Span(" ✗ ", "bad"))
    way = "delete a run that is damaged (imbtui delete RUN), and start it again"
    return lines + wrap(way, width, first="   → ")
