"""What an export would write or has written, in words."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import Final

from msgspec.structs import replace

from engine.core.exports import Kind, Planned, PlannedFile

_COMMANDS: Final = {
    "bundle": "imbtui predict {path} TABLE -o OUT scores a table with it",
    "experiment": "imbtui run {path} repeats it",
    "mlflow": "mlflow ui --backend-store-uri {path} shows it",
}
"""What to do with what was written, where that is typed in a shell."""


ADDRESS: Final = "sqlite:///mlflow.db"
"""What is proposed where no path but an address is asked for."""


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
