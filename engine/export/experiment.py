"""A run's experiment as a file with comments, which runs where its table is."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.core.experiment import Experiment
from engine.core.exports import Parts, of_text
from engine.core.version import __version__
from engine.export.case import Case
from engine.export.tables import render
from engine.io.source import STDIN, is_path
from engine.io.toml.writer import to_toml

_ELSEWHERE = (
    "The table was in another folder, which is not named here: put the table beside "
    "this file, or write its path."
)
_PIPED = "The table came by standard input: pipe it in again, or give its path."


def experiment(case: Case) -> Parts:
    """Return the file of a run's experiment.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts
    """
    path = absolute(case.request.path or "experiment.toml")
    moved, remarks = _from(case, path.parent)
    note = (
        "the table is in another folder, which the file does not name: put the table "
        "beside it, or write its path there"
    )
    what = f"{len(moved.arms)} arms and every setting, with comments"
    file = of_text(path.name, what, lambda: to_toml(moved, _head(case), remarks))
    return Parts((file,), (note,) if remarks else ())


def experiment_toml(case: Case) -> str:
    """Return the file's text, with no folder of the tables in it."""
    moved, remarks = _from(case, None)
    return to_toml(moved, _head(case), remarks)


def absolute(path: str) -> Path:
    """Return a path from the root; a relative one is of this process's folder."""
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111


def _from(case: Case, folder: Path | None) -> tuple[Experiment, dict[str, str]]:
    """Return the experiment as a folder sees it, and what to say of its tables."""
    wanted, there = case.experiment, case.data
    remarks: dict[str, str] = {}
    changes: dict[str, str] = {}
    for field in ("source", "test_source"):
        source = getattr(there, field)
        if source == STDIN:
            remarks[f"data.{field}"] = _PIPED
        elif source is not None and is_path(source):
            changes[field], inside = public_path(source, folder)
            if not inside:
                remarks[f"data.{field}"] = _ELSEWHERE
    data = msgspec.structs.replace(wanted.data, **changes)
    return msgspec.structs.replace(wanted, data=data), remarks


def public_path(source: str, folder: Path | None) -> tuple[str, bool]:
    """Return a path as a file in a folder says it, and whether it is in there.

    Of one elsewhere it is the name alone: a file that is given away names no folder
    of the machine that it was written on.
    """
    path = absolute(source)
    inside = folder is not None and path.is_relative_to(folder)
    near = path.relative_to(folder).as_posix() if inside and folder else path.name
    # A file's name may look like something else.
    odd = ":" in near or near.startswith("~") or near == STDIN
    return f"./{near}" if odd else near, inside


def _head(case: Case) -> list[str]:
    """Say what the file is; nothing in here comes from the data."""
    return render(
        "experiment-head.txt",
        run=case.run,
        version=__version__,
        run_by=case.state.versions.get("imbtui"),
        info=case.state.dataset,
        split=case.state.split,
    ).splitlines()
