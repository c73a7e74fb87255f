"""What was asked to be exported, what would be written, what was. Light, and JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

Table = Literal["csv", "parquet"]


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported, and where to.

    Parameters
    ----------
    store : str
        File that the runs are in; the default one when empty.
    run : str
        The run's id, a unique beginning of it, or ``last``.
    kind : str
        Name of a form in `engine.core.export_forms`.
    arm : str or None
        The one that the verdict recommends when None.
    path : str or None
        File or folder to write, or the address of a server; a name made from the run
        and the arm, in the working folder, when None.
    at : str or None
        Operating point; the recommended one when None.
    table : {"csv", "parquet"}
        What tables are written as.
    overwrite : bool
        Whether files that are there already may be replaced.
    """

    run: str
    kind: str
    store: str = ""
    arm: str | None = None
    path: str | None = None
    at: str | None = None
    table: Table = "csv"
    overwrite: bool = False


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that would be written: its name, and what is in it."""

    name: str
    what: str


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What would be written, before any of it is made.

    Parameters
    ----------
    run, arm, at : str
        What it is about, after what was left open was chosen; empty where it has no
        say.
    path : str
        Where it goes, absolute; the address of a server.
    files : tuple of PlannedFile
        Names are relative to a folder, and the file's own name of a single one.
    exists : bool
        Whether one of them is there already.
    notes : tuple of str
        What is to be known before.
    arms, operating points : tuple of str
        What could be chosen instead; none where it does not matter.
    """

    run: str
    path: str
    files: tuple[PlannedFile, ...]
    arm: str = ""
    at: str = ""
    exists: bool = False
    notes: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was written, and its bytes."""

    name: str
    bytes: int


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Parameters
    ----------
    run, arm, operating point, path
        As of `Planned`.
    files : tuple of WrittenFile
        None of a server.
    notes : tuple of str
        What was noticed on the way.
    """

    run: str
    path: str
    files: tuple[WrittenFile, ...] = ()
    arm: str = ""
    at: str = ""
    notes: tuple[str, ...] = ()
