"""What is known of an export, its messages, and texts about the forms."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.core.exports import ExportRequest, Planned
from engine.core.messages import Exported, ExportPlanned, PlanExport, WriteExport
from tui.features.arms.draft import Problem
from tui.features.mail import Intent
from tui.features.questions import Question

RESTARTED: Final = Problem(
    code="cancelled",
    message="the service restarted, and nothing was written",
    fix="export it again",
)


class ExportState(msgspec.Struct, frozen=True, kw_only=True):
    """What the export dialog shows: what would be written, and what is.

    What is being written goes on when the dialog is closed.
    """

    plan: Question[PlanExport, ExportPlanned] = Question()
    write: Question[WriteExport, Exported] = Question()

    @property
    def shown(self) -> ExportRequest | None:
        """What `planned` is the answer to."""
        plan = self.plan
        return plan.answered.asked if plan.answered and not plan.problem else None

    @property
    def planned(self) -> Planned | None:
        """The newest answer to what would be written, unless a newer one failed."""
        plan = self.plan
        return plan.answer.planned if plan.answer and not plan.problem else None

    @property
    def writing(self) -> ExportRequest | None:
        """What is being written now."""
        request = self.write.request
        return request.asked if request is not None and self.write.pending else None

    @property
    def unwritten(self) -> Problem | None:
        """Why what was to be written last is not, if nothing was asked since."""
        return self.write.problem if self.write.job > self.plan.job else None


def forget(state: ExportState) -> ExportState:
    """Forget what an earlier dialog showed; what is being written goes on."""
    return ExportState(write=state.write) if state.write.pending else ExportState()


class ExportDialogRequested(Intent):
    """Ask what is to be exported of a run; of the one that is looked at when None."""

    run_id: str | None = None


class ExportRequested(Intent):
    """Write it; what is there already is asked about unless it was `checked`."""

    asked: ExportRequest
    checked: bool = False


# The forms in words -----------------------------------------------------------------
