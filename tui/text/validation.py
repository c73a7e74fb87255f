"""A validation of a bundle as text."""

from __future__ import annotations

from engine.core.validation import Validation
from engine.core.views import validation as view
from tui.text.grid import draw
from tui.text.lines import PLAIN, Line, Span, Style, line, marks, paint, stack, wrap


def render_validation(found: Validation, *, width: int, style: Style = PLAIN) -> str:
    """Return a validation as text.

    Parameters
    ----------
    found : Validation
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end: the verdict first, then why, the figures, drift, how many
        positives would be needed, and how the table fits the model.
    """
    return paint(validation_lines(found, width), style, width)


def validation_lines(found: Validation, width: int) -> list[Line]:
    """Return the lines of a validation."""
    return stack(_parts(found, width))


def _parts(found: Validation, width: int) -> list[list[Line]]:
    verdict = found.verdict
    look = view.LOOKS[verdict.code]
    about = f"{found.arm} of run {found.run} at {found.at} · {view.rows_text(found)}"
    head = [
        *wrap(about, width, first=" ", look="dim"),
        line(" ", Span(verdict.headline.upper(), look), Span(f"   {verdict.code}")),
        *wrap(verdict.recommendation, width, first=" → "),
    ]
    reasons = [f"{one.text} {one.code}" for one in verdict.reasons]
    doubts = [f"{one.text} {one.code}" for one in verdict.doubts]
    return [
        head,
        [*marks(reasons, width, " · "), *marks(doubts, width, Span(" ! ", "warn"))],
        draw(view.metrics(found), width),
        draw(view.points(found), width),
        draw(view.requests(found), width),
        draw(view.drift(found), width) if found.columns else [],
        marks(view.needed(found), width, " · "),
        marks(found.notes, width, " ", look="dim"),
    ]
