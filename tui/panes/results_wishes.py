"""What is to be found out about a finished arm, and what is said without it: pure.

A wish follows from what is looked at: the run, the focused arm, the operating point,
moved thresholds, the class in focus, and the choice of rows.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from textual.content import Content

from engine.client.explain import (
    Contributions,
    ErrorGroups,
    ErrorRows,
    Importance,
)
from tui.commands import Command, both
from tui.explain import PAGE, Choice, ErrorsChosen, state_of
from tui.panes import operating, wording
from tui.panes.operating import class_of
from tui.panes.reading import CLASSES, POLICIES, ResultsView, focused_row
from tui.questions import Question
from tui.safe_text import clip
from tui.session import Session

NO_RUN: Final = "No results yet: r runs the experiment."


def choice_of(session: Session) -> Choice:
    """Return what is looked at."""
    return state_of(session).choice


def looked_at(session: Session) -> str | None:
    """Return the focused arm, if it has a result."""
    row = focused_row(session)
    return row.name if row is not None and row.arm.evaluated is not None else None


def others(session: Session) -> list[str]:
    """Return the other arms with a result, ``none`` first."""
    arm, run = looked_at(session), session.run
    found = [a.name for a in run.state.arms if a.evaluated] if run else []
    return sorted((name for name in found if name != arm), key=lambda n: n != "none")


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
    return ErrorRows(
        **told,
        kind=choice.kind,
        where=choice.where,
        against=against(session),
        order="best" if choice.best else "worst",
        start=choice.start,
        count=PAGE,
    )


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
    return Importance(**told | {"policy": None, "thresholds": {}})


def parts(session: Session) -> Contributions | None:
    """Return what takes the score of the chosen row apart; None without one."""
    told, row = _about(session), choice_of(session).row
    return None if told is None or row is None else Contributions(**told, row=row)


class ExplainedView(ResultsView):
    """A view of what is asked of the service, drawn when an answer comes, too."""

    def changed(self, session: Session, before: Session | None) -> bool:
        """Tell whether it must be drawn again."""
        return (
            super().changed(session, before)
            or before is None
            or before.explain is not session.explain
        )

    def choose(self, **changes: Any) -> None:
        """Choose something else to look at; the rest stays."""
        choice = msgspec.structs.replace(choice_of(self.session), **changes)
        self.post_message(ErrorsChosen(choice))


def _about(session: Session) -> dict[str, Any] | None:
    """Return what every question says of run, arm and operating point."""
    run, arm = session.run, looked_at(session)
    if run is None or arm is None:
        return None
    klass = class_of(session)
    return {
        "id": 0,
        "store": "",
        "run": run.id,
        "arm": arm,
        "policy": operating.point_of(session),
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
        return wording.refusal(slot.problem.message, slot.problem.remedy)
    return Content.styled(f"{slot.stage or 'looking at the test rows'} …", "dim")


def _known(session: Session) -> bool:
    return looked_at(session) is not None


def _rows(session: Session) -> bool:
    return _known(session) and choice_of(session).by is None


def _groups(session: Session) -> bool:
    return _known(session) and choice_of(session).by is not None


def _narrowed(session: Session) -> bool:
    choice = choice_of(session)
    return _known(session) and (
        choice.where is not None or against(session) is not None
    )


def _some(session: Session) -> bool:
    """Tell whether there is a row to say more about."""
    shown = state_of(session).rows.answer
    return _rows(session) and shown is not None and shown.total > 0


def _apart(session: Session) -> bool:
    narrowed = against(session) is not None  # Others may have rows.
    return bool(others(session)) and (_some(session) or (narrowed and _rows(session)))


KEYS: Final = (
    Command(
        "results.errors_kind",
        "m",
        "Next kind of rows",
        action="errors_kind(1)",
        footer="kind",
        when=_rows,
    ),
    Command(
        "results.errors_kind_back",
        "M",
        "Previous kind of rows",
        action="errors_kind(-1)",
        when=_rows,
    ),
    Command(
        "results.errors_apart",
        "d",
        "Where another arm differs",
        footer="differ",
        when=_apart,
    ),
    Command(
        "results.errors_by",
        "b",
        "By the levels of the column",
        footer="levels",
        when=_known,
    ),
    Command("results.errors_order", "s", "The other end first", when=_rows),
    Command("results.errors_why", "enter", "Why this score", footer="why", when=_some),
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
    *POLICIES,
    *CLASSES,
)
