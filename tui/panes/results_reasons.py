"""What is asked about a finished arm, and what its model goes by."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Final, Literal

import msgspec
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.explain import (
    Contributions,
    ContributionsShown,
    ErrorGroups,
    ErrorRows,
    Importance,
    ImportanceShown,
)
from engine.core.views import errors as view
from tui.charts.importance import contribution_bars, importance_bars
from tui.charts.view import ChartView
from tui.commands import Command, both
from tui.explain import (
    PAGE,
    Asked,
    ErrorQuery,
    ErrorsChosen,
    ExplainRequested,
    state_of,
    unanswered,
)
from tui.messages import ViewChosen
from tui.panes import operating, wording
from tui.panes.base import changed, there
from tui.panes.operating import class_of
from tui.panes.reading import ARMS, CLASSES, POINTS, ResultsView, focused_row
from tui.questions import Question
from tui.safe_text import clip, content
from tui.session import Session

NO_RUN: Final = "No results yet: r runs the experiment."


def choice_of(session: Session) -> ErrorQuery:
    """Return what is looked at."""
    return state_of(session).choice


def current_arm(session: Session) -> str | None:
    """Return the focused arm, if it has a result."""
    row = focused_row(session)
    return row.name if row is not None and row.arm.evaluated is not None else None


def others(session: Session) -> list[str]:
    """Return the other arms with a result, ``untreated`` first."""
    arm, run = current_arm(session), session.run
    found = [a.name for a in run.state.arms if a.evaluated] if run else []
    return sorted(
        (name for name in found if name != arm), key=lambda n: n != "untreated"
    )


def against(session: Session) -> str | None:
    """Return the arm that is to call the rows otherwise."""
    chosen = choice_of(session).against
    return chosen if chosen in others(session) else None


def columns(session: Session) -> tuple[str, ...]:
    """Return the columns that a model learns from."""
    dataset = session.run.state.dataset if session.run else None
    roles = dataset.roles if dataset else {}
    return tuple(name for name, role in roles.items() if role == "feature")


def rows(session: Session) -> ErrorRows | None:
    """Return what asks for the rows; None if there is nothing to ask."""
    told, choice = _about(session), choice_of(session)
    if told is None:
        return None
    order: Literal["best", "worst"] = "best" if choice.best else "worst"
    told |= {"kind": choice.kind, "where": choice.where, "start": choice.start}
    return ErrorRows(**told, against=against(session), order=order, count=PAGE)


def groups(session: Session) -> ErrorGroups | None:
    """Return what asks for the levels of the chosen column; None without one."""
    told, by = _about(session), choice_of(session).by
    return None if told is None or by is None else ErrorGroups(**told, column=by)


def importance(session: Session) -> Importance | None:
    """Return what asks for the worth of the columns."""
    told = _about(session)
    if told is None:
        return None
    # It is the same at every operating point, so it is asked for once.
    return Importance(**told | {"at": None, "thresholds": {}})


def parts(session: Session) -> Contributions | None:
    """Return what takes the score of the chosen row apart; None without one."""
    told, row = _about(session), choice_of(session).row
    return None if told is None or row is None else Contributions(**told, row=row)


class ExplainedView(ResultsView):
    """A view of what is asked of the service, drawn when an answer comes, too."""

    def changed(self, session: Session, before: Session | None) -> bool:
        """Tell whether it must be drawn again."""
        return changed(session, before, "run", "view", "explain")

    def ask(self, wish: Asked | None) -> None:
        """Ask for what is looked at, unless it was asked before."""
        if (wanted := unanswered(self.session, wish)) is not None:
            self.post_message(ExplainRequested(wanted))

    def choose(self, **changes: Any) -> None:
        """Choose something else to look at; the rest stays."""
        choice = msgspec.structs.replace(choice_of(self.session), **changes)
        self.post_message(ErrorsChosen(choice))


def _about(session: Session) -> dict[str, Any] | None:
    """Return what every question says of run, arm and operating point."""
    run, arm = session.run, current_arm(session)
    if run is None or arm is None:
        return None
    klass = class_of(session)
    return {
        "id": 0,
        "store": "",
        "run": run.id,
        "arm": arm,
        "at": operating.point_of(session),
        "thresholds": dict(session.view.thresholds) if klass is None else {},
        "klass": klass,
    }


# Without an answer -------------------------------------------------------------------


def why_not(session: Session) -> str:
    """Say why nothing can be asked of the focused arm; nothing if it can."""
    run, row = session.run, focused_row(session)
    if run is None or row is None:
        return NO_RUN if run is None or not run.live else "The run is starting …"
    if row.arm.evaluated is not None:
        return ""
    name = clip(row.name, 24)
    if row.arm.failed is not None:
        return f"{name} failed: it has no result to look at."
    if run.live:
        return f"{name} is still at work: its mistakes are known when it is done."
    return f"{name} has no result: the run ended before."


def waiting(slot: Question[Any, Any]) -> Content:
    """Say why a question has no answer, or that it is being answered."""
    if slot.problem is not None and not slot.pending:
        return wording.refusal(slot.problem.message, slot.problem.fix)
    return Content.styled(f"{slot.stage or 'looking at the test rows'} …", "dim")


def _known(session: Session) -> bool:
    return current_arm(session) is not None


def _rows(session: Session) -> bool:
    return _known(session) and choice_of(session).by is None


def _groups(session: Session) -> bool:
    return _known(session) and choice_of(session).by is not None


def _narrowed(session: Session) -> bool:
    where = choice_of(session).where
    return _known(session) and (where, against(session)) != (None, None)


def _some(session: Session) -> bool:
    """Tell whether there is a row to say more about."""
    shown = state_of(session).rows.answer
    return _rows(session) and shown is not None and shown.total > 0


def _apart(session: Session) -> bool:
    # Where it is narrowed to another arm there may be rows with the next one.
    found = _some(session) or (against(session) is not None and _rows(session))
    return found and bool(others(session))


KEYS: Final = (
    *both(
        "results.errors_kind_{}",
        ("m", "M"),
        "kind of rows",
        "errors_kind",
        "kind",
        _rows,
    ),
    Command(
        "results.errors_apart", "d", "Where another arm differs", "differ", when=_apart
    ),
    Command(
        "results.errors_by", "b", "By the levels of the column", "levels", when=_known
    ),
    Command("results.errors_order", "s", "The other end first", when=_rows),
    Command("results.errors_why", "enter", "Why this score", "why", when=_some),
    Command("results.errors_all", "backspace", "All rows again", when=_narrowed),
    *both(
        "results.errors_column_{}",
        ("right", "left"),
        "column",
        "column",
        footer="column",
        when=_groups,
    ),
    *both(
        "results.errors_arm_{}",
        ("right_square_bracket", "left_square_bracket"),
        "arm",
        "arm",
        footer="arm",
        when=_known,
    ),
    *POINTS,
    *CLASSES,
)


_MOST_NAME = 24


def _one(session: Session) -> bool:
    return choice_of(session).row is not None


def _neighbours(session: Session) -> bool:
    return _one(session) and state_of(session).rows.answer is not None


class ReasonsView(ExplainedView, can_focus=True):
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
            "results.reasons_model", "backspace", "The whole model", "model", when=_one
        ),
        Command("results.reasons_rows", "enter", "The rows", "rows"),
        *ARMS,
        *POINTS,
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
        wish = (parts if one else importance)(session)
        self.ask(wish)
        state = state_of(session)
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
            foot = _minded(shown)
        elif why:
            head, foot = Content(""), Content.styled(why, "dim")
        else:
            foot = waiting(slot)
        self.tell(head=head, foot=foot)
        self.refresh_bindings()

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
    arm = clip(current_arm(session) or "", _MOST_NAME)
    row = choice_of(session).row
    if row is None:
        return Content.assemble("What ", (arm, "bold"), " goes by")
    return Content.assemble(
        "Row ", (f"{row:,}", "bold"), " as ", (arm, "bold"), " sees it"
    )


def _verdict(shown: ContributionsShown) -> Content:
    """Say what the row is, what it is called, and what other arms say of it."""
    wrong = (shown.label == shown.klass) != (shown.said == shown.klass)
    parts = [content(f"It {view.score_text(shown)}.", "$text-error" if wrong else "")]
    parts += [content(view.other_scores(shown), "dim")] if shown.others else []
    return wording.lines(parts)


def _minded(shown: ImportanceShown) -> Content:
    """Say what was shuffled, and what is to be minded."""
    text = view.shuffling_text(shown)
    parts = [content(text, "dim")] if text else []
    return wording.lines([*parts, *(content(n, "$text-warning") for n in shown.notes)])
