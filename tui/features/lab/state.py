"""What is known of methods before a run, and the messages about it.

The state is a part of the session. It is about the table that is open under the
choices made: with another table, or other choices, nothing is known any more.
"""

from __future__ import annotations

import msgspec

from engine.core import lab as client
from engine.core.methods.grammar import Arm
from tui.features.arms.draft import Problem
from tui.features.mail import Intent
from tui.features.questions import Question


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
    estimate : Question
        What a run would take; its answer holds for that experiment alone.
    """

    treat: Question[client.Treat, client.TreatedRows] = Question()
    judge: Question[client.Preflight, client.PreflightReport] = Question()
    findings: dict[str, client.Finding] = {}
    leak: Question[client.LeakDemo, client.LeakShown] = Question()
    estimate: Question[client.EstimateRun, client.RunEstimate] = Question()

    def of(self, arm: Arm) -> client.TreatedRows | None:
        """Return what an arm does; None while the answer is that to another."""
        request = self.treat.answered
        return self.treat.answer if request and request.arm == arm else None

    def problem_of(self, arm: Arm) -> Problem | None:
        """Return why there is no answer about an arm; None if nothing failed."""
        request = self.treat.request
        return self.treat.problem if request and request.arm == arm else None


class BalanceDialogRequested(Intent):
    """Ask where and how the balanced training table is to be written."""

    arm: Arm


class BalanceRequested(Intent):
    """Write the balanced training table."""

    arm: Arm
    path: str
    split: bool = True
    flag: str | None = None
    overwrite: bool = False


class EstimateRequested(Intent):
    """Ask what a run would take."""


class LeakScreenRequested(Intent):
    """Show the screen with the wrong way beside the right one."""

    arm: Arm


class LeakScreenClosed(Intent):
    """Wait no longer for the wrong way beside the right one."""
