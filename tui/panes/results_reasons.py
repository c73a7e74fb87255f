"""What an arm goes by: the worth of its columns, or one score taken apart."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.explain import ContributionsShown, ImportanceShown
from tui.charts.importance import contribution_bars, importance_bars
from tui.charts.view import ChartView
from tui.commands import Command, both
from tui.console import figures
from tui.explain import (
    ExplainRequested,
    state_of,
    wanting,
)
from tui.messages import ViewChosen
from tui.panes import results_wishes, wording
from tui.panes.layout import there
from tui.panes.reading import ARMS, CLASSES, POLICIES
from tui.questions import Question
from tui.safe_text import clip, content
from tui.session import Session

_MOST_NAME = 24


def _one(session: Session) -> bool:
    return results_wishes.choice_of(session).row is not None


def _neighbours(session: Session) -> bool:
    return _one(session) and state_of(session).rows.answer is not None


class ReasonsView(results_wishes.ExplainedView, can_focus=True):
    """Bars per column: gain and permutation, or contributions to one score."""

    NAME = "reasons"
    TITLE = "Reasons"
    COPIED = "the reasons"
    SHORT = 14
    HELP = "Reasons"
    COMMANDS: ClassVar = (
        *both(
            "results.reasons_{}_row",
            ("right", "left"),
            "row",
            "row",
            footer="row",
            when=_neighbours,
        ),
        Command(
            "results.reasons_model",
            "backspace",
            "The whole model",
            footer="model",
            when=_one,
        ),
        Command("results.reasons_rows", "enter", "The rows", footer="rows"),
        *ARMS,
        *POLICIES,
        *CLASSES,
    )

    def compose(self) -> ComposeResult:
        """Lay out what is shown, the bars, and what is to be minded."""
        yield Static(id="reasons-head")
        yield ChartView(id="reasons-bars")
        yield Static(id="reasons-foot")

    def draw(self, session: Session) -> None:
        """Ask for what is looked at, and draw what is known of it."""
        one = _one(session)
        wish: Any = (results_wishes.parts if one else results_wishes.importance)(
            session
        )
        wanted = wanting(session, wish)
        if wanted is not None:
            self.post_message(ExplainRequested(wanted))
        state = state_of(session)
        slot: Question[Any, Any] = state.parts if one else state.importance
        why = results_wishes.why_not(session)
        if why:
            self._say(Content(""), Content.styled(why, "dim"))
        elif slot.answered != wish or slot.answer is None or slot.problem is not None:
            self._say(_title(session), results_wishes.waiting(slot))
        else:
            self._draw_answer(session, slot)
        self.refresh_bindings()

    def _draw_answer(self, session: Session, slot: Question[Any, Any]) -> None:
        chart = self.query_one(ChartView)
        there(chart, True)
        if isinstance(shown := slot.answer, ContributionsShown):
            chart.styles.max_height = len(shown.parts) + 3
            chart.show(partial(contribution_bars, shown), id(shown))
            self.tell(head=_title(session), foot=_verdict(shown))
        elif isinstance(worth := slot.answer, ImportanceShown):
            chart.styles.max_height = len(worth.columns) + 1
            chart.show(partial(importance_bars, worth.columns), id(worth))
            self.tell(head=_title(session), foot=_minded(worth))

    def _say(self, head: Content, foot: Content) -> None:
        there(self.query_one(ChartView), False)
        self.tell(head=head, foot=foot)

    def action_row(self, step: int) -> None:
        """Take the score of a neighbouring row apart."""
        state = state_of(self.session)
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
    arm = clip(results_wishes.looked_at(session) or "", _MOST_NAME)
    row = results_wishes.choice_of(session).row
    if row is None:
        return Content.assemble("What ", (arm, "bold"), " goes by")
    return Content.assemble(
        "Row ", (f"{row:,}", "bold"), " as ", (arm, "bold"), " sees it"
    )


def _verdict(shown: ContributionsShown) -> Content:
    """Say what the row is, what it is called, and what other arms say of it."""
    right = shown.label == shown.said
    wrong = (shown.label == shown.klass) != (shown.said == shown.klass)
    at = ""
    if shown.threshold is not None:
        side = "at or above" if shown.score >= shown.threshold else "below"
        at = f", {side} the threshold {figures.threshold(shown.threshold)}"
    text = (
        f"It is {clip(shown.label, _MOST_NAME)} and is called "
        f"{clip(shown.said, _MOST_NAME)}: score {figures.threshold(shown.score)}{at}."
    )
    parts = [content(text, "" if right or not wrong else "$text-error")]
    if shown.others:
        said = ", ".join(
            f"{clip(name, _MOST_NAME)} {figures.threshold(score)}"
            for name, score in shown.others.items()
        )
        parts.append(content(f"scores of the other arms: {said}", "dim"))
    return wording.lines(parts)


def _minded(shown: ImportanceShown) -> Content:
    """Say what was shuffled, and what is to be minded."""
    parts = []
    if shown.average_precision is not None:
        text = (
            f"average precision {figures.decimals(shown.average_precision, 3)} on "
            f"{figures.plural(shown.rows, 'test row')}; each column shuffled "
            f"{shown.repeats} times"
        )
        parts.append(content(text, "dim"))
    parts += [content(note, "$text-warning") for note in shown.notes]
    return wording.lines(parts)
