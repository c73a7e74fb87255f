"""What the focused arm's model relies on: of all rows, or of the score of one."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.core.explain import ContributionsShown, ImportanceShown
from engine.core.views import errors as view
from tui.charts.importance import contribution_bars, importance_bars
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.commands import Command, both
from tui.features.messages import ViewChosen
from tui.features.pane import there
from tui.features.questions import Question
from tui.features.results import reading
from tui.features.results.errors import (
    SIDEWAYS,
    ExplainedView,
    current_arm,
    importance,
    parts,
    waiting,
    why_not,
)
from tui.features.session import Session
from tui.terminal.safe_text import clip, content, sentence

_MOST_NAME = 24


def _one(session: Session) -> bool:
    return session.explained.choice.row is not None


def _neighbours(session: Session) -> bool:
    return _one(session) and session.explained.rows.answer is not None


class ReasonsView(ExplainedView, can_focus=True):
    """Bars per column: gain and permutation, or contributions to one score."""

    NAME = "reasons"
    TITLE = "Importance"
    BRIEF = "Imp."
    SHORT = 14
    COMMANDS_HERE: ClassVar = (
        *both("results.reasons_{}_row", SIDEWAYS, "row", "row", "row", _neighbours),
        Command(
            "results.reasons_model", "backspace", "The whole model", "model", when=_one
        ),
        Command("results.reasons_rows", "enter", "The rows", "rows"),
        *reading.LOOKING,
    )

    def compose(self) -> ComposeResult:
        """Lay out what is shown, the bars, and what is to be minded."""
        yield Static(id="reasons-head")
        yield ChartView(id="reasons-bars")
        yield Static(id="reasons-foot")

    def draw(self, session: Session) -> None:
        """Ask for what is looked at, and draw what is known of it."""
        one = _one(session)
        wish = (parts if one else importance)(session)
        self.ask(wish)
        state = session.explained
        slot: Question[Any, Any] = state.parts if one else state.importance
        why = why_not(session)
        chart, head = self.query_one(ChartView), _title(session)
        known = slot.answered == wish and slot.problem is None and not why
        shown = slot.answer if known else None
        there(chart, shown is not None)
        if isinstance(shown, ContributionsShown):
            chart.styles.max_height = len(shown.parts) + 3
            chart.show(partial(contribution_bars, shown))
            foot = _verdict(shown)
        elif isinstance(shown, ImportanceShown):
            chart.styles.max_height = len(shown.columns) + 1
            chart.show(partial(importance_bars, shown.columns))
            foot = _notes(shown)
        elif why:
            head, foot = Content(""), Content.styled(why, "dim")
        else:
            foot = waiting(slot)
        self.tell(head=head, foot=foot)
        self.refresh_bindings()

    def action_row(self, step: int) -> None:
        """Take the score of a neighbouring row apart."""
        state = self.session.explained
        shown = state.rows.answer
        numbers = [row.number for row in shown.rows] if shown else []
        row = state.choice.row
        place = numbers.index(row) + step if row in numbers else 0
        if 0 <= place < len(numbers):
            self.choose(row=numbers[place])

    def action_reasons_model(self) -> None:
        """Show the worth of the columns."""
        self.choose(row=None)

    def action_reasons_rows(self) -> None:
        """Go to the rows."""
        self.post_message(ViewChosen("results", "errors"))


def _title(session: Session) -> Content:
    """Say what is looked at."""
    arm = clip(current_arm(session) or "", _MOST_NAME)
    if (row := session.explained.choice.row) is None:
        return Content.assemble("What ", (arm, "bold"), " relies on")
    return Content.assemble(
        "Row ", (f"{row:,}", "bold"), ": why this score of ", (arm, "bold")
    )


def _verdict(shown: ContributionsShown) -> Content:
    """Say what the row is, what it is called, and what other arms say of it."""
    wrong = (shown.label == shown.klass) != (shown.predicted == shown.klass)
    text = sentence(view.score_text(shown))
    parts = [content(text, "$text-error" if wrong else "")]
    parts += [content(view.other_scores(shown), "dim")] if shown.others else []
    return wording.lines(parts)


def _notes(shown: ImportanceShown) -> Content:
    """Say what was shuffled, and what is to be minded."""
    notes = [content(note, "$text-warning") for note in shown.notes]
    text = content(view.shuffling_text(shown), "dim")
    return wording.lines([text, *notes] if text.plain else notes)
