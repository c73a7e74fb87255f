"""What is known of a finished arm's mistakes, and what is looked at of them: pure.

A part of the session. All of it is about the run that is looked at; of another run
there is nothing known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from engine.client.explain import (
    Contributions,
    ContributionsShown,
    ErrorGroups,
    ErrorRows,
    GroupsShown,
    Importance,
    ImportanceShown,
    Kind,
    RowsShown,
    Shown,
)
from tui.draft import Problem

if TYPE_CHECKING:
    from tui.session import Session

__all__ = [
    "KINDS",
    "Asked",
    "Choice",
    "ExplainState",
    "Slot",
    "SlotName",
    "ask",
    "choose",
    "done",
    "explained",
    "failed",
    "groups_shown",
    "importance_shown",
    "parts_shown",
    "progressed",
    "rows_shown",
    "slot_of",
    "state_of",
    "wanting",
]

KINDS: Final[tuple[Kind, ...]] = ("missed", "alarms", "found", "left")
PAGE: Final = 200

Asked: TypeAlias = ErrorRows | ErrorGroups | Importance | Contributions
SlotName: TypeAlias = Literal["rows", "groups", "importance", "parts"]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to see of an arm's mistakes.

    Parameters
    ----------
    kind : {"missed", "alarms", "found", "left"}
    against : str or None
        Only rows that this arm calls otherwise.
    by : str or None
        Column whose levels are counted, in the place of the rows.
    where : tuple of (str, str) or None
        Only rows that have this level in this column.
    best : bool
        The other end of the rows first.
    start : int
        First row of the page.
    row : int or None
        Number in the table of the row whose score is taken apart.
    """

    kind: Kind = "missed"
    against: str | None = None
    by: str | None = None
    where: tuple[str, str] | None = None
    best: bool = False
    start: int = 0
    row: int | None = None


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and the newest answer that came to any like it.

    Parameters
    ----------
    wish : Asked or None
        The newest question.
    done : int
        Arms that had a result when it was asked.
    job : int
        Its number.
    pending : bool
        Whether the answer is still to come.
    stage : str
        What is done for it now, in words.
    answer : Shown or None
        The newest answer; it is one to `shown`.
    shown : Asked or None
    problem : Problem or None
        Why the newest question has no answer.
    """

    wish: Asked | None = None
    done: int = 0
    job: int = 0
    pending: bool = False
    stage: str = ""
    answer: Shown | None = None
    shown: Asked | None = None
    problem: Problem | None = None


class ExplainState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the mistakes in the run `run`, and what is looked at."""

    run: str = ""
    choice: Choice = Choice()
    rows: Slot = Slot()
    groups: Slot = Slot()
    importance: Slot = Slot()
    parts: Slot = Slot()


def slot_of(request: Asked) -> SlotName:
    """Return where a question belongs."""
    match request:
        case ErrorRows():
            return "rows"
        case ErrorGroups():
            return "groups"
        case Importance():
            return "importance"
        case Contributions():
            return "parts"


def state_of(session: Session) -> ExplainState:
    """Return what is known of the run that is looked at."""
    run, state = session.run, session.explain
    same = run is not None and run.id == state.run
    return state if same else ExplainState(run=run.id if run else "")


def done(session: Session) -> int:
    """Return how many arms have a result."""
    return (
        sum(a.evaluated is not None for a in session.run.state.arms)
        if (session.run)
        else 0
    )


def wanting(session: Session, wish: Asked | None) -> Asked | None:
    """Return a wish if it is still to be asked."""
    if wish is None:
        return None
    slot: Slot = getattr(state_of(session), slot_of(wish))
    return wish if slot.wish != wish or slot.done != done(session) else None


def choose(session: Session, choice: Choice) -> Session:
    """Look at something else."""
    return _with(session, choice=choice)


def ask(session: Session, wish: Asked) -> Session:
    """Note a question, and give it its number, the newest of `session.jobs`."""
    jobs = session.jobs + 1
    session = msgspec.structs.replace(session, jobs=jobs)
    name = slot_of(wish)
    slot: Slot = getattr(state_of(session), name)
    asked = msgspec.structs.replace(
        slot,
        wish=wish,
        done=done(session),
        job=jobs,
        pending=True,
        stage="",
        problem=None,
    )
    return _with(session, **{name: asked})


def progressed(session: Session, job: int, wish: Asked, stage: str) -> Session:
    """Note what is done for a question."""
    return _slot(session, job, wish, stage=stage)


def explained(session: Session, job: int, wish: Asked, answer: Shown) -> Session:
    """Take an answer, if it is one to the newest question of its kind."""
    asked = getattr(session.explain, slot_of(wish)).wish
    return _slot(
        session, job, wish, answer=answer, shown=asked, pending=False, problem=None
    )


def failed(session: Session, job: int, wish: Asked, problem: Problem) -> Session:
    """Note why a question has no answer."""
    return _slot(session, job, wish, pending=False, problem=problem)


def rows_shown(slot: Slot) -> RowsShown | None:
    """Return rows, if that is what a slot holds."""
    return slot.answer if isinstance(slot.answer, RowsShown) else None


def groups_shown(slot: Slot) -> GroupsShown | None:
    """Return levels, if that is what a slot holds."""
    return slot.answer if isinstance(slot.answer, GroupsShown) else None


def importance_shown(slot: Slot) -> ImportanceShown | None:
    """Return what columns are worth, if that is what a slot holds."""
    return slot.answer if isinstance(slot.answer, ImportanceShown) else None


def parts_shown(slot: Slot) -> ContributionsShown | None:
    """Return a score taken apart, if that is what a slot holds."""
    return slot.answer if isinstance(slot.answer, ContributionsShown) else None


def _slot(session: Session, job: int, wish: Asked, **changes: Any) -> Session:
    name = slot_of(wish)
    slot: Slot = getattr(session.explain, name)
    if job != slot.job:
        return session
    return _with(session, **{name: msgspec.structs.replace(slot, **changes)})


def _with(session: Session, **changes: Any) -> Session:
    state = msgspec.structs.replace(state_of(session), **changes)
    return msgspec.structs.replace(session, explain=state)
