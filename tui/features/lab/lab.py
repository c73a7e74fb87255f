"""What is known of methods before a run: pure functions."""

from __future__ import annotations

from msgspec.structs import replace

from engine.core import lab as client
from engine.core.methods.grammar import Arm
from tui.features.lab.state import LabState
from tui.features.session import Session

PATIENCE = 3.0
"""Seconds that a treatment may be estimated to take: it is only to be looked at."""


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
