"""What can be exported of a run, what was asked for, what came of it: pure."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import Any, Final

import msgspec

from engine.export.asked import Asked, Planned, PlannedFile
from engine.export.kinds import Kind
from engine.export.kinds import find as kind_of
from tui.draft import Problem

__all__ = [
    "ADDRESS",
    "STAGES",
    "ExportState",
    "ask",
    "failed",
    "files_of",
    "kind_of",
    "lacking",
    "opened",
    "planned",
    "progressed",
    "public",
    "unwritten",
    "usage",
    "writing",
    "written",
]

ADDRESS: Final = "sqlite:///mlflow.db"
"""What is proposed where no path but an address is asked for."""

_READING: Final = ("decompressing", "checking", "reading", "cleaning")
STAGES: Final = dict.fromkeys(_READING, "reading the table again") | {
    "fetching": "fetching the table",
    "preparing": "dividing its rows as the run did",
    "treating": "treating the training rows as the run did",
    "opening the model": "opening the model",
}
"""What is being done, in words."""


class ExportState(msgspec.Struct, frozen=True, kw_only=True):
    """What the export dialog shows.

    Parameters
    ----------
    job : int
        Number of the newest question; numbers only grow.
    asked : Asked or None
        The newest question: what would be written?
    busy : bool
        Whether its answer is still to come.
    shown : Asked or None
        The question that `planned` answers.
    planned : Planned or None
        The newest answer that came.
    problem : Problem or None
        Why the newest question has none.
    writing : Asked or None
        What is being written now, even if the dialog was closed meanwhile.
    stage : str
        What is being done for it.
    unwritten : Problem or None
        Why what was to be written last is not.
    """

    job: int = 0
    asked: Asked | None = None
    busy: bool = False
    shown: Asked | None = None
    planned: Planned | None = None
    problem: Problem | None = None
    writing: Asked | None = None
    stage: str = ""
    unwritten: Problem | None = None

    def but(self, **changes: Any) -> ExportState:
        """Return it with changes."""
        return msgspec.structs.replace(self, **changes)


def opened(state: ExportState) -> ExportState:
    """Forget what an earlier dialog showed; what is being written goes on."""
    return ExportState(job=state.job, writing=state.writing, stage=state.stage)


def ask(state: ExportState, asked: Asked) -> ExportState:
    """Note a question; what was shown stays until its answer comes."""
    job = state.job + 1
    return state.but(job=job, asked=asked, busy=True, problem=None, unwritten=None)


def planned(state: ExportState, job: int, asked: Asked, answer: Planned) -> ExportState:
    """Take an answer, unless another question was asked since."""
    if job != state.job:
        return state
    return state.but(busy=False, shown=asked, planned=answer, problem=None)


def failed(state: ExportState, job: int, problem: Problem) -> ExportState:
    """Note why the newest question has no answer."""
    if job != state.job:
        return state
    return state.but(busy=False, shown=None, planned=None, problem=problem)


def writing(state: ExportState, asked: Asked) -> ExportState:
    """Note that something is being written."""
    return state.but(writing=asked, stage="", unwritten=None)


def progressed(state: ExportState, stage: str) -> ExportState:
    """Note what is being done, unless it is done."""
    return state if state.writing is None else state.but(stage=stage)


def written(state: ExportState) -> ExportState:
    """Note that it is written."""
    return state.but(writing=None, stage="")


def unwritten(state: ExportState, problem: Problem) -> ExportState:
    """Note that it is not written, and why."""
    return state.but(writing=None, stage="", unwritten=problem)


def files_of(kind: Kind, planned: Planned) -> tuple[PlannedFile, ...]:
    """Return the files that would be written, a single one by the name it gets."""
    if kind.target != "file":
        return planned.files
    name = PurePath(planned.path).name
    return tuple(PlannedFile(name=name, what=one.what) for one in planned.files)


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
    scheme, mark, rest = path.partition("://")
    place, slash, more = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{more}" if mark else path


def usage(kind: Kind, path: str) -> str:
    """Return what to do with what was written; empty where nothing is to be said.

    Parameters
    ----------
    kind : Kind
    path : str
        Where it is: a path, or an address.

    Examples
    --------
    >>> usage(kind_of("experiment"), "/tmp/a b.toml")
    "imbtui run '/tmp/a b.toml' repeats it"
    """
    ending = PurePath(path).suffix.lower()
    if kind.name == "report" and ending == ".md":
        return ""
    if kind.name == "optuna" and ending == ".db":
        path = f"sqlite:///{path}"
    return kind.usage.replace("{path}", shlex.quote(public(path)))
