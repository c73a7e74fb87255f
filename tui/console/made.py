"""Tables that are made up, in words: the kinds, and what one would be."""

from __future__ import annotations

import shlex

from engine.data.make_kinds import KINDS, Param, Value, written
from engine.data.make_spec import TARGET, Make
from tui.console import figures
from tui.console.lines import Line, Span, line, paint, wrap
from tui.console.style import PLAIN, Style

__all__ = ["described", "kinds_list"]

_INDENT = "   "


def kinds_list(*, width: int, style: Style = PLAIN) -> str:
    """Return the kinds with their parameters, and how to use one.

    Parameters
    ----------
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
    for kind in KINDS.values():
        options = " ".join(f"--{param.name}" for param in kind.params)
        lines += [
            line(" ", Span(kind.name, "bold"), f"   {kind.title}"),
            *wrap(kind.description, width, first=_INDENT),
            *wrap(options, width, first=_INDENT, look="dim"),
            (),
        ]
    lines += wrap("ranges and effects: imbtui generate moons", width, first=" ")
    lines += wrap("keep one: imbtui generate moons -o moons.csv", width, first=" ")
    return paint(lines, style, width)


def described(table: Make, *, width: int, style: Style = PLAIN) -> str:
    r"""Return what a table would be: rows, classes, parameters, and its source.

    Parameters
    ----------
    table : Make
        What would be drawn.
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
    >>> from engine.data.make_spec import make
    >>> described(make("moons", rows=2750), width=72).split("\n")[3]
    ' 2,750 rows × 3 columns, target label'
    """
    counts = table.counts
    wide = max(len(figures.count(count)) for count in counts.values())
    lines: list[Line] = [
        line(" ", Span(table.kind, "bold"), f"   {table.shape.title}"),
        *wrap(table.shape.description, width, first=_INDENT),
        (),
        line(
            f" {figures.plural(table.rows, 'row')} × "
            f"{table.features + 1} columns, target {TARGET}"
        ),
        *(
            line(
                f" {label:<3}",
                Span(figures.count(count).rjust(wide), "bold"),
                f"   {figures.share(count, table.rows):>6}",
            )
            for label, count in counts.items()
        ),
        (),
    ]
    for param in table.shape.params:
        lines += _param(param, table.values[param.name], width)
    source = shlex.quote(table.source)
    lines += [(), line(" use it in place of a file:")]
    lines += [line(f" imbtui run {source}")]
    return paint(lines, style, max(width, len(source) + 12))


def _param(param: Param, value: Value, width: int) -> list[Line]:
    said = written(value) if isinstance(value, float) else figures.count(value)
    if param.name == "seed":
        said = written(value)
    head = line(
        " ",
        Span(f"--{param.name:<12}", "bold"),
        f"{said:>9}",
        Span(f"   {param.allowed}", "dim"),
    )
    return [head, *wrap(param.effect, width, first=_INDENT + "  ")]
