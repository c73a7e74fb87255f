"""What a report says on request: one side of a result, in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from engine.errors import UsageError
from tui.console import facts
from tui.console.calibration import calibration
from tui.console.costs import costs
from tui.console.facts import Document
from tui.console.folds import folds
from tui.console.lines import Line, Span, line, paint, wrap
from tui.console.matched import matched
from tui.console.report import verdict
from tui.console.style import PLAIN, Style

__all__ = ["SECTIONS", "sections"]

SECTIONS: Final = ("verdict", "matched", "calibration", "costs", "folds")


def sections(
    document: Document,
    names: Sequence[str],
    *,
    width: int,
    style: Style = PLAIN,
    klass: str | None = None,
) -> str:
    """Return sides of a result as text.

    Parameters
    ----------
    document : mapping
        A result document.
    names : sequence of str
        Out of `SECTIONS`, in the order to show them.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.
    klass : str or None, default=None
        Of more than two classes the one that is looked at, against the rest; the
        rarest when None.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        If there is no such section or class.
    """
    known = facts.classes(document)
    if klass is not None and klass not in known:
        raise UsageError(
            f"no class {klass!r} to look at",
            f"choose one of: {', '.join(known)}"
            if known
            else "leave --class out: the run has two classes, of which one is positive",
        )
    make: dict[str, Callable[..., list[Line]]] = {
        "verdict": verdict,
        "matched": partial(matched, klass=klass),
        "calibration": partial(calibration, klass=klass),
        "costs": partial(costs, klass=klass),
        "folds": folds,
    }
    unknown = next((name for name in names if name not in make), None)
    if unknown is not None:
        raise UsageError(
            f"no section {unknown!r}", f"choose one of: {', '.join(SECTIONS)}"
        )
    lines: list[Line] = []
    for name in names:
        title = line(Span(f" {name}", "bold"))
        found = make[name](document, width=width) or wrap(
            "this run holds nothing of it", width, first="   ", look="dim"
        )
        lines += [*([()] if lines else []), *([title, ()] if len(names) > 1 else [])]
        lines += found
    return paint(lines, style, width)
