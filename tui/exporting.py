"""What can be exported of a run, what was asked for, what came of it: pure."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import PurePath
from typing import Final

import msgspec

from engine.export.asked import Asked, Planned, PlannedFile
from engine.export.kinds import Kind
from engine.export.kinds import find as kind_of
from tui.draft import Problem

__all__ = [
    "ADDRESS",
    "STAGES",
    "TABLES",
    "ExportState",
    "ask",
    "failed",
    "files_of",
    "is_folder",
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

TABLES: Final = ("data", "predictions")
"""The forms that are tables, which are written as CSV or as Parquet."""

ADDRESS: Final = "sqlite:///mlflow.db"
"""What is proposed where no path but an address is asked for."""

STAGES: Final = {
    "fetching": "fetching the table",
    "decompressing": "reading the table again",
    "checking": "reading the table again",
    "reading": "reading the table again",
    "cleaning": "reading the table again",
    "preparing": "dividing its rows as the run did",
    "treating": "treating the training rows as the run did",
    "opening the model": "opening the model",
}
"""What is being done, in words."""

_USAGE: Final = {
    "script": "python {path} runs it",
    "notebook": "jupyter lab {path} opens it",
    "bundle": "imbtui predict {path} TABLE -o OUT scores a table with it",
    "onnx": "onnxruntime, or any other runtime of ONNX, loads it",
    "data": "the README in it says what each file is",
    "predictions": "the README in it says what each file is",
    "report": "any browser opens it",
    "sagemaker": "the README in it says how to go on",
    "experiment": "imbtui run {path} repeats it",
    "optuna": "optuna-dashboard {path} opens it",
    "mlflow": "mlflow ui --backend-store-uri {path} shows it",
}


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


def opened(state: ExportState) -> ExportState:
    """Forget what an earlier dialog showed; what is being written goes on."""
    return ExportState(job=state.job, writing=state.writing, stage=state.stage)


def ask(state: ExportState, asked: Asked) -> ExportState:
    """Note a question; what was shown stays until its answer comes."""
    return msgspec.structs.replace(
        state, job=state.job + 1, asked=asked, busy=True, problem=None, unwritten=None
    )


def planned(state: ExportState, job: int, asked: Asked, answer: Planned) -> ExportState:
    """Take an answer, unless another question was asked since."""
    if job != state.job:
        return state
    return msgspec.structs.replace(
        state, busy=False, shown=asked, planned=answer, problem=None
    )


def failed(state: ExportState, job: int, problem: Problem) -> ExportState:
    """Note why the newest question has no answer."""
    if job != state.job:
        return state
    return msgspec.structs.replace(
        state, busy=False, shown=None, planned=None, problem=problem
    )


def writing(state: ExportState, asked: Asked) -> ExportState:
    """Note that something is being written."""
    return msgspec.structs.replace(state, writing=asked, stage="", unwritten=None)


def progressed(state: ExportState, stage: str) -> ExportState:
    """Note what is being done, unless it is done."""
    if state.writing is None:
        return state
    return msgspec.structs.replace(state, stage=stage)


def written(state: ExportState) -> ExportState:
    """Note that it is written."""
    return msgspec.structs.replace(state, writing=None, stage="")


def unwritten(state: ExportState, problem: Problem) -> ExportState:
    """Note that it is not written, and why."""
    return msgspec.structs.replace(state, writing=None, stage="", unwritten=problem)


def files_of(kind: Kind, planned: Planned) -> tuple[PlannedFile, ...]:
    """Return the files that would be written, a single one by the name it gets."""
    if kind.target != "file":
        return planned.files
    name = PurePath(planned.path).name
    return tuple(PlannedFile(name=name, what=one.what) for one in planned.files)


def is_folder(kind: Kind, path: str) -> bool:
    """Tell whether files go into a folder there, and not into one file or a server.

    Examples
    --------
    >>> is_folder(kind_of("bundle"), "model"), is_folder(kind_of("bundle"), "a.ZIP")
    (True, False)
    """
    return kind.target == "folder" and not path.lower().endswith(kind.suffixes or "\0")


def lacking(kind: Kind) -> str:
    """Return what must be installed for a form; empty if nothing.

    Examples
    --------
    >>> lacking(kind_of("script"))
    ''
    >>> lacking(kind_of("script")._replace(needs="no_such_module:more"))
    "needs no_such_module, which is not installed: pip install 'imbtui[more]'"
    """
    module, _, extra = kind.needs.partition(":")
    if not module or find_spec(module) is not None:
        return ""
    return f"needs {module}, which is not installed: pip install 'imbtui[{extra}]'"


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


def usage(kind: str, path: str) -> str:
    """Return what to do with what was written; empty where nothing is to be said.

    Parameters
    ----------
    kind : str
    path : str
        Where it is: a path, or an address.

    Examples
    --------
    >>> usage("experiment", "/tmp/a b.toml")
    "imbtui run '/tmp/a b.toml' repeats it"
    """
    words = _USAGE.get(kind, "")
    if kind == "report" and PurePath(path).suffix.lower() == ".md":
        return ""
    if kind == "optuna" and "://" not in path and path.lower().endswith(".db"):
        path = f"sqlite:///{path}"
    return words.format(path=shlex.quote(public(path)))
