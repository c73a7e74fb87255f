"""Methods and models as text: all of them, or one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

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
from engine.core.plugins import Offered, PluginProblem
from tui.terminal.safe_text import cells
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    labels,
    line,
    paint,
    wrap,
)

# Methods ------------------------------------------------------------------------------

_INDENT = "   "
_SLOW = "slow"
_ACCEPTS = (
    ("categories", "categories"),
    ("missing", "missing values"),
    ("rows", "rows"),
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
    lines += _problems(problems, width)
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


def _problems(problems: Sequence[PluginProblem], width: int) -> list[Line]:
    """Say what is wrong with entry points of other packages."""
    lines: list[Line] = []
    for bad in problems:
        what = "used, but it" if bad.used else "left out:"
        text = f"{bad.package} ({bad.entry}) is {what} {bad.message}"
        lines += [*wrap(text, width, first=" ! ", look="warn"), ()]
    return lines


def plugins_list(
    offers: Sequence[Offered],
    problems: Sequence[PluginProblem],
    *,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return what other packages offer, and what is wrong with it.

    Parameters
    ----------
    offers : sequence of Offered
    problems : sequence of PluginProblem
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Examples
    --------
    >>> print(plugins_list([Offered("a-pack", "sampler", "twice")], [], width=60))
     sampler  twice  a-pack
    """
    wide = max((len(one.name) for one in offers), default=0)
    lines: list[Line] = [
        line(f" {one.kind:7}  ", Span(f"{one.name:{wide}}", "bold"), f"  {one.package}")
        for one in offers
    ]
    if not offers and not problems:
        lines += [line(" no installed package offers samplers, models or exports")]
    return paint([*lines, *_problems(problems, width)], style, width)


def models_list(
    found: Sequence[ModelDocument],
    problems: Sequence[PluginProblem] = (),
    *,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return every model: what it is, what rows it takes, whether it is installed.

    Parameters
    ----------
    found : sequence of ModelDocument
        At least one.
    problems : sequence of PluginProblem, default=()
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
    lines += _problems(problems, width)
    names = [one.name for one in found]
    some, last = ",".join(names[:2]), names[-1]
    for text in (
        f"everything about one: imbtui models {last}",
        f"every method with each of some: imbtui run DATA --models {some}",
        f"some methods with one: --methods untreated@{last},smote@{last}",
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
