"""What is known of methods before a run: pure functions.

A part of the session. All of it is about the table that is open under the choices
made: with another table, or other choices, there is nothing known any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from engine.client import lab as client
from engine.resample.grammar import Arm
from tui.draft import Problem
from tui.questions import Question

if TYPE_CHECKING:
    from tui.session import Session


PATIENCE = 3.0
"""Seconds that a treatment may be estimated to take: it is only to be looked at."""


class LabState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of methods on the open table.

    Parameters
    ----------
    treat : Question
        What an arm does to the training rows.
    judge : Question
        What will become of arms.
    findings : dict of str to Finding
        All that was answered to that, by the arm's name.
    leak : Question
        The wrong way beside the right one.
    """

    treat: Question[client.Treat, client.TreatedRows] = Question()
    judge: Question[client.Preflight, client.PreflightReport] = Question()
    findings: dict[str, client.Finding] = {}
    leak: Question[client.LeakDemo, client.LeakShown] = Question()

    def of(self, arm: Arm) -> client.TreatedRows | None:
        """Return what an arm does; None while the answer is that to another."""
        request = self.treat.answered
        return self.treat.answer if request and request.arm == arm else None

    def problem_of(self, arm: Arm) -> Problem | None:
        """Return why there is no answer about an arm; None if nothing failed."""
        request = self.treat.request
        return self.treat.problem if request and request.arm == arm else None


def treat(
    arm: Arm, axes: tuple[str, str] | None = None, column: str | None = None
) -> client.Treat:
    """Return the question what an arm does."""
    return client.Treat(id=0, arm=arm, axes=axes, column=column, patience=PATIENCE)


def current_arm(session: Session) -> Arm:
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
        return "No target is chosen: press t on a column of pane 1."
    if not load.table.train:
        problem = (load.table.problem or "these choices give none").rstrip(".")
        return f"There are no training rows: {problem}."
    return ""


def forget(session: Session) -> Session:
    """Know nothing any more: the table is another, or is seen another way."""
    return replace(session, lab=LabState())


def keep_findings(session: Session) -> Session:
    """Add what was answered about arms to what is known of others."""
    lab, answer = session.lab, session.lab.judge.answer
    new = {one.arm: one for one in answer.findings} if answer is not None else {}
    return replace(session, lab=replace(lab, findings=lab.findings | new))
