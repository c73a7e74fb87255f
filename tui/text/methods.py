"""The methods in words: all of them, or everything about one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from engine.core import format as figures
from engine.core.methods.handbook import (
    GROUPS,
    MethodDocument,
    ParameterDocument,
    document,
)
from engine.core.methods.plugins import PluginProblem
from engine.core.methods.samplers import Method
from tui.terminal.safe_text import cells
from tui.text.lines import Line, Span, labels, line, paint, wrap
from tui.text.style import PLAIN, Style

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
    (' controls: no row is changed', ['random-over', 'Repeats', 'minority', 'rows'])
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
            lines += _parameter(parameter, doc, width)
    if doc.slow:
        time = "slow with many rows; how long on yours: imbtui preflight DATA"
        lines += [(), *wrap(time, width, first=" ")]
    lines += [(), line(" ", Span("in --methods", "chosen"))]
    lines += [line(f"{_INDENT}{shlex.quote(text)}") for text in doc.arms]
    return paint(lines, style, width)


def _labels(texts: Mapping[str, str], width: int, indent: str = " ") -> list[Line]:
    present = {label: text for label, text in texts.items() if text}
    return labels(present, present.values(), width, indent)


def _parameter(one: ParameterDocument, doc: MethodDocument, width: int) -> list[Line]:
    default = figures.plain(one.default) or "none"
    values = doc.searched.get(one.name)
    head = Span(f"{one.name}={default}", "bold")
    lines = [line(_INDENT, head, Span(f"   {one.values}", "dim"))]
    lines += wrap(one.effect, width, first=_INDENT * 2)
    if values:
        between = " to " if doc.group == "ensemble" else ", "
        text = between.join(map(figures.plain, values))
        lines += wrap(f"searched: {text}", width, first=_INDENT * 2, look="dim")
    return lines
