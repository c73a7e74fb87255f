"""What is asked about a finished arm, and what its model goes by."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Final, Literal, TypeVar

import msgspec
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.core.explain import (
    Contributions,
    ContributionsShown,
    ErrorGroups,
    ErrorRows,
    Importance,
    ImportanceShown,
)
from engine.core.methods.samplers import CONTROL
from engine.core.views import errors as view
from tui.charts.importance import contribution_bars, importance_bars
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.commands import Command, both
from tui.features.messages import ViewChosen
from tui.features.pane import there
from tui.features.questions import Question
from tui.features.results import explain, operating, reading
from tui.features.results.operating import class_of
from tui.features.results.state import (
    PAGE,
    ErrorQuery,
    ErrorsChosen,
    ErrorsRequest,
    ExplainRequested,
)
from tui.features.session import Session
from tui.terminal.safe_text import clip, content

_Asked = TypeVar("_Asked", ErrorRows, ErrorGroups, Importance, Contributions)


def choice_of(session: Session) -> ErrorQuery:
    """Return what is looked at."""
    return explain.state_of(session).choice


def current_arm(session: Session) -> str | None:
    """Return the focused arm, if it has a result."""
    row = reading.focused_row(session)
    return row.name if row is not None and row.arm.evaluated is not None else None


def others(session: Session) -> list[str]:
    """Return the other arms with a result, ``untreated`` first."""
    done = session.run.result.done if session.run else ()
    found = [arm.name for arm in done if arm.name != current_arm(session)]
    return sorted(found, key=lambda name: name != CONTROL)


def against(session: Session) -> str | None:
    """Return the arm that is to call the rows otherwise."""
    chosen = choice_of(session).against
    return chosen if chosen in others(session) else None


def columns(session: Session) -> tuple[str, ...]:
    """Return the columns that a model learns from."""
    dataset = session.run.state.dataset if session.run else None
    roles = dataset.roles.items() if dataset else ()
    return tuple(name for name, role in roles if role == "feature")


def rows(session: Session) -> ErrorRows | None:
    """Return what asks for the rows; None if there is nothing to ask."""
    choice, other = choice_of(session), against(session)
    order: Literal["best", "worst"] = "best" if choice.best else "worst"
    wish = _about(session, ErrorRows, order=order, count=PAGE, against=other)
    kind, where, start = choice.kind, choice.where, choice.start
    replace = msgspec.structs.replace
    return wish and replace(wish, kind=kind, where=where, start=start)


def groups(session: Session) -> ErrorGroups | None:
    """Return what asks for the levels of the chosen column; None without one."""
    by = choice_of(session).by
    return None if by is None else _about(session, ErrorGroups, column=by)


def importance(session: Session) -> Importance | None:
    """Return what asks for the worth of the columns."""
    wish = _about(session, Importance)
    # It is the same at every operating point, so it is asked for once.
    return wish and msgspec.structs.replace(wish, at=None, thresholds={})


def parts(session: Session) -> Contributions | None:
    """Return what takes the score of the chosen row apart; None without one."""
    row = choice_of(session).row
    return None if row is None else _about(session, Contributions, row=row)


def _about(session: Session, question: type[_Asked], **more: Any) -> _Asked | None:
    """Return a question about the focused arm at the operating point; None without."""
    run, arm, klass = session.run, current_arm(session), class_of(session)
    if run is None or arm is None:
        return None
    return question(
        id=0,
        store="",
        run=run.id,
        arm=arm,
        at=operating.point_of(session),
        thresholds=dict(session.view.thresholds) if klass is None else {},
        klass=klass,
        **more,
    )


class ExplainedView(reading.ResultsView):
    """A view of what is asked of the service, drawn when an answer comes, too."""

    DRAWS = ("run", "view", "explain")

    def ask(self, wish: ErrorsRequest | None) -> None:
        """Ask for what is looked at, unless it was asked before."""
        if (wanted := explain.unanswered(self.session, wish)) is not None:
            self.post_message(ExplainRequested(wanted))

    def choose(self, **changes: Any) -> None:
        """Choose something else to look at; the rest stays."""
        choice = msgspec.structs.replace(choice_of(self.session), **changes)
        self.post_message(ErrorsChosen(choice))


# Without an answer -------------------------------------------------------------------


def why_not(session: Session) -> str:
    """Say why nothing can be asked of the focused arm; nothing if it can."""
    run, row = session.run, reading.focused_row(session)
    if run is None or row is None:
        return "The run is starting …" if run and run.live else wording.NO_RESULTS
    if row.arm.evaluated is not None:
        return ""
    name = clip(row.name, 24)
    if row.arm.failed is not None:
        return f"{name} failed: it has no result to look at."
    if run.live:
        return f"{name} is still at work: its errors are known when it is done."
    return f"{name} has no result: the run ended before."


def waiting(slot: Question[Any, Any]) -> Content:
    """Say why a question has no answer, or that it is being answered."""
    if slot.problem is not None and not slot.pending:
        return wording.refusal(slot.problem.message, slot.problem.fix)
    return Content.styled(f"{slot.stage or 'looking at the test rows'} …", "dim")


def _is_done(session: Session) -> bool:
    return current_arm(session) is not None


def _groups(session: Session) -> bool:
    return _is_done(session) and choice_of(session).by is not None


def _rows(session: Session) -> bool:
    return _is_done(session) and not _groups(session)


def _is_narrowed(session: Session) -> bool:
    narrowed = choice_of(session).where or against(session)
    return _is_done(session) and narrowed is not None


def _some(session: Session) -> bool:
    """Tell whether there is a row to say more about."""
    shown = explain.state_of(session).rows.answer
    return _rows(session) and bool(shown and shown.total)


def _apart(session: Session) -> bool:
    # Where it is narrowed to another arm there may be rows with the next one.
    found = _rows(session) if against(session) else _some(session)
    return found and bool(others(session))


_SIDEWAYS: Final = ("right", "left")
_BRACKETS: Final = ("right_square_bracket", "left_square_bracket")
KEYS: Final = (
    *both("results.errors_kind_{}", ("m", "M"), "kind of rows", "kind", "kind", _rows),
    Command(
        "results.errors_apart",
        "d",
        "Rows that another arm predicts differently",
        "differ",
        when=_apart,
    ),
    Command(
        "results.errors_by", "b", "By the levels of the column", "levels", when=_is_done
    ),
    Command("results.errors_order", "s", "The other end first", when=_rows),
    Command("results.errors_why", "enter", "Why this score", "why", when=_some),
    Command("results.errors_all", "backspace", "All rows again", when=_is_narrowed),
    *both("results.errors_column_{}", _SIDEWAYS, "column", "column", "column", _groups),
    *both("results.errors_arm_{}", _BRACKETS, "arm", "arm", "arm", _is_done),
    *reading.POINTS,
    *reading.CLASSES,
)


_MOST_NAME = 24


def _one(session: Session) -> bool:
    return choice_of(session).row is not None


def _neighbours(session: Session) -> bool:
    return _one(session) and explain.state_of(session).rows.answer is not None


class ReasonsView(ExplainedView, can_focus=True):
    """Bars per column: gain and permutation, or contributions to one score."""

    NAME = "reasons"
    SHORT = 14
    COMMANDS: ClassVar = (
        *both("results.reasons_{}_row", _SIDEWAYS, "row", "row", "row", _neighbours),
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
        state = explain.state_of(session)
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
        state = explain.state_of(self.session)
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
    if (row := choice_of(session).row) is None:
        return Content.assemble("What ", (arm, "bold"), " goes by")
    return Content.assemble(
        "Row ", (f"{row:,}", "bold"), " as ", (arm, "bold"), " sees it"
    )


def _verdict(shown: ContributionsShown) -> Content:
    """Say what the row is, what it is called, and what other arms say of it."""
    wrong = (shown.label == shown.klass) != (shown.predicted == shown.klass)
    parts = [content(f"It {view.score_text(shown)}.", "$text-error" if wrong else "")]
    parts += [content(view.other_scores(shown), "dim")] if shown.others else []
    return wording.lines(parts)


def _notes(shown: ImportanceShown) -> Content:
    """Say what was shuffled, and what is to be minded."""
    notes = [content(note, "$text-warning") for note in shown.notes]
    text = content(view.shuffling_text(shown), "dim")
    return wording.lines([text, *notes] if text.plain else notes)
