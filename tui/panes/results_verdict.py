"""The verdict in full: what to do, why, what is doubtful, and what shows no leak."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content

from engine.core.format import merge_texts
from tui.console.board import failures, remarks
from tui.console.folds import differences, folds
from tui.console.lines import Line, Span, marks, stack
from tui.console.report import proof, verdict
from tui.console.resampling import resampling
from tui.panes import operating, progress, wording
from tui.panes.reading import READING, ResultsView
from tui.session import CurrentRun, Session
from tui.widgets.prose import Made, Prose


class VerdictView(ResultsView):
    """What the comparison supports."""

    NAME = "verdict"
    TITLE = "Verdict"
    COPIED = "the verdict"
    COMMANDS: ClassVar = READING
    HELP = "The verdict"

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def draw(self, session: Session) -> None:
        """Draw the text."""
        self.query_one(Prose).update(_verdict(session))


def _verdict(session: Session) -> list[Content | Made]:
    run = session.run
    if run is None:
        return [Content.styled("No verdict yet: r runs the experiment.", "dim")]
    parts: list[Content | Made] = []
    if run.state.compared is None:
        text = (
            "The verdict comes when all arms are done."
            if run.live
            else "There is no verdict: the run ended before it compared its arms."
        )
        said = Content.styled(text, "dim")
        parts += [progress.status(session), Content(""), said, Content("")]
    return [*parts, partial(_lines, session, run)]


def _lines(session: Session, run: CurrentRun, width: int) -> list[Line]:
    """Lay out the verdict, what went wrong, the differences, and what is checked."""
    result = run.result
    store = session.store.path if session.store.elsewhere else ""
    failed = [arm for arm in result.arms if arm.status == "failed"]
    troubles = failures(failed, width, options=False)
    for arm in result.arms:
        troubles += remarks(arm, width)
    troubles += marks(merge_texts(result.warnings), width, Span(" ! ", "warn"))
    paid = wording.costs_line(session)
    parts = [
        verdict(result, width=width, options=False, store=store, costs=paid),
        troubles,
        differences(result, width=width, at=operating.point_of(session)),
    ]
    if not run.live:
        parts += [resampling(result, width=width), folds(result, width=width)]
        parts += [proof(result, width)] if result.proof else []
    return stack(parts)
