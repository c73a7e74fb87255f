"""The report: one page about a run, in HTML or in Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.export.pieces import Parts, of_text

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = ["report"]


def report(case: Case) -> Parts:
    """Return the report of a run; its form is that of the path's ending.

    Parameters
    ----------
    case : Case
        Only its document is looked at: the table is not needed.

    Returns
    -------
    Parts
        One file: ``.md`` is Markdown, everything else one HTML file that needs no
        other and loads nothing.
    """
    path = (case.asked.path or "").lower()
    if path.endswith(".md"):
        return Parts((of_text("report.md", "the report in Markdown", _markdown(case)),))
    return Parts((of_text("report.html", "the report, one page", _html(case)),))


def _html(case: Case) -> Callable[[], str]:
    def make() -> str:
        from engine.export.page.html import html
        from engine.export.page.layout import layout

        return html(layout(case.document, when=case.opened.run.queued))

    return make


def _markdown(case: Case) -> Callable[[], str]:
    def make() -> str:
        from engine.export.page.layout import layout
        from engine.export.page.markdown import markdown

        return markdown(layout(case.document, when=case.opened.run.queued))

    return make
