"""What is known of an export, its messages, and texts about the forms."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import Final

import msgspec
from msgspec.structs import replace

from engine.core.exports import ExportRequest, Kind, Planned, PlannedFile
from engine.core.messages import Exported, ExportPlanned, PlanExport, WriteExport
from tui.features.arms.draft import Problem
from tui.features.mail import Intent
from tui.features.questions import Question

_COMMANDS: Final = {
    "bundle": "imbtui predict {path} TABLE -o OUT scores a table with it",
    "experiment": "imbtui run {path} repeats it",
    "mlflow": "mlflow ui --backend-store-uri {path} shows it",
}
"""What to do with what was written, where that is typed in a shell."""
ADDRESS: Final = "sqlite:///mlflow.db"
"""What is proposed where no path but an address is asked for."""


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


def files_of(kind: Kind, planned: Planned) -> tuple[PlannedFile, ...]:
    """Return the files that would be written, a single one by the name it gets."""
    if kind.target != "file":
        return planned.files
    name = PurePath(planned.path).name
    return tuple(replace(file, name=name) for file in planned.files)


def lacking(kind: Kind) -> str:
    """Return what must be installed for a form; empty if nothing."""
    module, how = kind.lacking
    return f"needs {module}, which is not installed: {how}" if module else ""


def public(path: str) -> str:
    """Return a path, or an address without who logs in there.

    Examples
    --------
    >>> public("https://ann:secret@host:5000/x"), public("/tmp/a@b.csv")
    ('https://host:5000/x', '/tmp/a@b.csv')
    """
    return re.sub(r"(?<=://)[^/]*@", "", path, count=1)


def usage(kind: Kind, path: str) -> str:
    """Return what to do with what was written; empty if there is nothing to do.

    Parameters
    ----------
    kind : Kind
    path : str
        Where it is: a path, or an address.

    Examples
    --------
    >>> from engine.core.exports import find
    >>> usage(find("experiment"), "/tmp/a b.toml")
    "imbtui run '/tmp/a b.toml' repeats it"
    """
    if kind.name == "report" and PurePath(path).suffix.lower() == ".md":
        return ""
    if kind.name == "optuna":
        path = f"sqlite:///{path}"
    return (kind.usage or _COMMANDS.get(kind.name, "")).replace(
        "{path}", shlex.quote(public(path))
    )
