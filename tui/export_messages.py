"""Messages about exports. Like those of `tui.messages`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.export.asked import Asked, Planned, Written
from tui.draft import Problem
from tui.mail import Intent, Result

__all__ = [
    "ExportAsked",
    "ExportChanged",
    "ExportFailed",
    "ExportProgressed",
    "ExportRequested",
    "ExportWritten",
    "PlanFailed",
    "PlanTold",
]


@dataclass
class ExportAsked(Intent):
    """Ask what is to be exported of a run; of the one that is looked at when None."""

    run_id: str | None = None


@dataclass
class ExportChanged(Intent):
    """Find out what an export would write."""

    asked: Asked


@dataclass
class ExportRequested(Intent):
    """Write it; what is there already is asked about unless it was `checked`."""

    asked: Asked
    checked: bool = False


@dataclass
class PlanTold(Result):
    """What would be written is known."""

    job: int
    asked: Asked
    planned: Planned


@dataclass
class PlanFailed(Result):
    """It cannot be written so."""

    job: int
    problem: Problem


@dataclass
class ExportProgressed(Result):
    """What is being done for the export that is being written."""

    stage: str


@dataclass
class ExportWritten(Result):
    """It is written."""

    asked: Asked
    written: Written


@dataclass
class ExportFailed(Result):
    """It is not written; nothing new is there."""

    asked: Asked
    problem: Problem
