"""What is known of remedies before a run, and what happens to it: pure.

A part of the session. All of it is about the table that is open under the choices
made: with another table, or other choices, there is nothing known any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from engine.client.lab import Finding, Judged, LeakShown, TreatedRows
from engine.spec import Arm
from tui.draft import Problem

if TYPE_CHECKING:
    from tui.session import Session

__all__ = [
    "LabState",
    "Wish",
    "ask_judge",
    "ask_leak",
    "ask_treat",
    "forget",
    "judged",
    "leak_ended",
    "leak_failed",
    "leak_progressed",
    "leak_shown",
    "looked_at",
    "treat_failed",
    "treated",
    "why_not",
]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be seen of which arm; see `engine.client.lab.Treat`."""

    arm: Arm
    axes: tuple[str, str] | None = None
    column: str | None = None


class LabState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of remedies on the open table.

    Parameters
    ----------
    wish : Wish or None
        The newest wish to see what an arm does.
    job : int
        Its number.
    pending : bool
        Whether its answer is still to come.
    treated : TreatedRows or None
        The newest answer that came; it is one to `shown`.
    shown : Wish or None
        What `treated` answers.
    problem : Problem or None
        Why the newest wish has no answer.
    findings : dict of str to Finding
        What will become of an arm, by its name.
    judging : int
        The number of the newest question about that; 0 if none is open.
    leak : LeakShown or None
        The wrong way beside the right one, as it was shown last.
    leak_arm : Arm or None
        The arm that is being shown, or was.
    leak_job : int
        The number of that work; 0 if it does not work now.
    leak_stage : str
        What that work does now.
    leak_problem : Problem or None
        Why it could not be shown.
    """

    wish: Wish | None = None
    job: int = 0
    pending: bool = False
    treated: TreatedRows | None = None
    shown: Wish | None = None
    problem: Problem | None = None
    findings: dict[str, Finding] = {}
    judging: int = 0
    leak: LeakShown | None = None
    leak_arm: Arm | None = None
    leak_job: int = 0
    leak_stage: str = ""
    leak_problem: Problem | None = None

    def of(self, arm: Arm) -> TreatedRows | None:
        """Return what an arm does; None while the answer is that to another."""
        shown = self.shown
        return self.treated if shown is not None and shown.arm == arm else None

    def refused(self, arm: Arm) -> Problem | None:
        """Return why it is not known what an arm does, if that was said of it."""
        wish = self.wish
        return self.problem if wish is not None and wish.arm == arm else None


def looked_at(session: Session) -> Arm:
    """Return the arm that the cursor is on, as it would be run."""
    draft = session.draft
    offer = draft.offer(session.view.selected.get("arms", "")) or draft.offers[0]
    return draft.labelled(offer)


def why_not(session: Session) -> str:
    """Say why no arm can be tried on the table now; nothing if one can."""
    load = session.load
    if load.request is None:
        return "No dataset is open: o opens a file or a sample."
    if load.table is None:
        return "Reading …" if load.busy else "The dataset could not be read."
    if load.busy:
        return "The dataset is being read again …"
    if load.table.target is None:
        return "No target is chosen: t on a column of pane 1 makes it the target."
    if not load.table.train:
        problem = (load.table.problem or "these choices give none").rstrip(".")
        return f"There are no training rows: {problem}."
    return ""


def forget(session: Session) -> Session:
    """Know nothing any more: the table is another, or is seen another way."""
    return msgspec.structs.replace(session, lab=LabState())


# What an arm does ------------------------------------------------------------------


def ask_treat(session: Session, wish: Wish) -> Session:
    """Note a wish, and give it its number, `lab.job`."""
    jobs = session.jobs + 1
    session = msgspec.structs.replace(session, jobs=jobs)
    return _lab(session, wish=wish, job=jobs, pending=True, problem=None)


def treated(session: Session, job: int, wish: Wish, answer: TreatedRows) -> Session:
    """Take what an arm does, if it was asked for last."""
    if job != session.lab.job:
        return session
    return _lab(session, treated=answer, shown=wish, pending=False, problem=None)


def treat_failed(session: Session, job: int, problem: Problem) -> Session:
    """Note why the newest wish has no answer."""
    if job != session.lab.job:
        return session
    return _lab(session, pending=False, problem=problem)


# What will become of arms ----------------------------------------------------------


def ask_judge(session: Session) -> Session:
    """Give a question about arms its number, `lab.judging`."""
    jobs = session.jobs + 1
    return _lab(msgspec.structs.replace(session, jobs=jobs), judging=jobs)


def judged(session: Session, job: int, answer: Judged | None) -> Session:
    """Add findings; without an answer nothing is known that was not."""
    if job != session.lab.judging:
        return session
    found = {one.arm: one for one in answer.findings} if answer else {}
    return _lab(session, judging=0, findings=session.lab.findings | found)


# The leak --------------------------------------------------------------------------


def ask_leak(session: Session, arm: Arm) -> Session:
    """Begin to show the wrong way beside the right one: number `lab.leak_job`."""
    jobs = session.jobs + 1
    session = msgspec.structs.replace(session, jobs=jobs)
    return _lab(
        session,
        leak=None,
        leak_arm=arm,
        leak_job=jobs,
        leak_stage="",
        leak_problem=None,
    )


def leak_progressed(session: Session, job: int, stage: str) -> Session:
    """Note what the work does now."""
    return _lab(session, leak_stage=stage) if job == session.lab.leak_job else session


def leak_shown(session: Session, job: int, answer: LeakShown) -> Session:
    """Take what was shown."""
    if job != session.lab.leak_job:
        return session
    return _lab(session, leak=answer, leak_job=0)


def leak_failed(session: Session, job: int, problem: Problem) -> Session:
    """Note why it cannot be shown."""
    if job != session.lab.leak_job:
        return session
    return _lab(session, leak_problem=problem, leak_job=0)


def leak_ended(session: Session) -> Session:
    """Wait no longer for what is being shown."""
    return _lab(session, leak_job=0) if session.lab.leak_job else session


def _lab(session: Session, **changes: Any) -> Session:
    lab = msgspec.structs.replace(session.lab, **changes)
    return msgspec.structs.replace(session, lab=lab)
