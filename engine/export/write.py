"""Export a run: say what would be written, then write all of it or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from engine.core import exports
from engine.core.errors import EngineError, OutputError, SpecError, UsageError
from engine.core.execution import Progress, silent
from engine.core.exports import (
    ExportRequest,
    Kind,
    Parts,
    Piece,
    Planned,
    PlannedFile,
    Written,
    WrittenFile,
)
from engine.core.visible import shown, slug
from engine.data.load import Table
from engine.export.case import Case, case
from engine.io.files import (
    check,
    check_folder,
    fresh,
    put_archive,
    put_folder,
    refuse_same,
    write_error,
)
from engine.store import place

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of a temporary file, which are not yet in words."""
_TABLES = (".csv", ".parquet")


def plan(request: ExportRequest, progress: Progress = silent) -> Planned:
    """Say what an export would write, without making any of it.

    Parameters
    ----------
    request : ExportRequest
    progress : callable, optional

    Returns
    -------
    Planned

    Raises
    ------
    EngineError
        If it cannot be exported.
    """
    kind, opened = _open(request, progress)
    (arm, at), path = _choice(kind, opened), _path(kind, opened)
    server = kind.target == "server"
    if not server:  # whether to overwrite is asked later
        (check_folder if kind.is_folder(path) else check)(Path(path), overwrite=True)
    parts = _parts(kind, opened)
    own = opened.recommended.arm if opened.recommended else ""
    names = opened.chosen.point_names if kind.points else ()
    return Planned(
        run=opened.run,
        path=parts.place or path,
        files=tuple(PlannedFile(name=p.name, what=p.what) for p in parts.pieces),
        exists=not server and _exists(kind, Path(path)),
        notes=parts.notes,
        arm=arm,
        at=at,
        arms=tuple(sorted(opened.done, key=lambda arm: arm != own))
        if kind.of == "arm"
        else (),
        recommended=own if kind.of == "arm" else "",
        points={name: opened.result.point_label(name) for name in names},
    )


def write(
    request: ExportRequest, progress: Progress = silent, table: Table | None = None
) -> Written:
    """Export a run.

    Parameters
    ----------
    request, progress
        As of `plan`.
    table : Table or None, default=None
        The run's table, if it is at hand already.

    Returns
    -------
    Written

    Raises
    ------
    OutputError
        If it cannot be written there; nothing has its name then.
    EngineError
        If it cannot be exported.
    """
    kind, opened = _open(request, progress, table)
    (arm, at), path = _choice(kind, opened), _path(kind, opened)
    if kind.target == "server":
        parts = _parts(kind, opened)
        with _name_exporter(kind):
            notes = parts.send()
        return Written(run=opened.run, path=parts.place, arm=arm, at=at, notes=notes)
    out, over, folder = Path(path), request.overwrite, kind.is_folder(path)
    (check_folder if folder else check)(out, overwrite=over)
    parts = _parts(kind, opened)
    paths = [out / piece.name for piece in parts.pieces] if folder else [out]
    _protect(opened, paths)

    def make(number: int, piece: Piece, file: BinaryIO) -> None:
        progress(f"writing {piece.name}", number, len(parts.pieces))
        with _name_exporter(kind):
            piece.write(file)

    files = [(p.name, partial(make, n, p)) for n, p in enumerate(parts.pieces)]
    try:
        if folder:
            put_folder(out, files, overwrite=over)
        elif kind.target == "folder":
            put_archive(out, files, overwrite=over)
        else:
            ((_, fill),) = files
            with fresh(out, overwrite=over) as file:
                fill(file)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise write_error(out, error) from None
    names = [piece.name for piece in parts.pieces] if folder else [out.name]
    made = tuple(
        WrittenFile(name=name, bytes=path.stat().st_size)
        for name, path in zip(names, paths, strict=True)
    )
    notes = (*parts.notes, *parts.remarks())
    return Written(run=opened.run, path=path, files=made, arm=arm, at=at, notes=notes)


def _parts(kind: Kind, opened: Case) -> Parts:
    with _name_exporter(kind):
        parts = kind.load()(opened)
        if not isinstance(parts, Parts):
            raise TypeError(f"it returns {type(parts).__name__} and no Parts")
        return parts


@contextmanager
def _name_exporter(kind: Kind) -> Iterator[None]:
    """Name the exporter of another package in whatever it raises."""
    try:
        yield
    except (EngineError, OSError, MemoryError):
        raise
    except Exception as error:
        if kind in exports.KINDS:
            raise
        why = " ".join(str(error).split())
        what = f"the exporter {kind.exporter} fails: {type(error).__name__}: {why}"
        how = "report it to its authors, or choose another form"
        raise OutputError(what, how) from error


def _open(
    request: ExportRequest, progress: Progress, table: Table | None = None
) -> tuple[Kind, Case]:
    """Return the form and the run; refuse what does not apply, or is not installed."""
    kind = exports.find(request.kind)
    module, how = kind.lacking
    if module:
        what = f"the export {kind.name} needs {module}, which is not installed"
        raise UsageError(what, f"install it: {how}")
    if request.at is not None and not kind.points:
        what = f"the export {kind.name} holds every operating point, or none"
        raise SpecError(what, "choose no operating point", field="at")
    return kind, case(request, progress, table)


def _choice(kind: Kind, opened: Case) -> tuple[str, str]:
    """Return the arm and the operating point; empty where they do not matter.

    Raises
    ------
    EngineError
        If there is no such arm or point.
    """
    if kind.points:
        opened.chosen.point(opened.at)
    arm = opened.chosen.name if kind.of == "arm" else ""
    return arm, opened.at if kind.points else ""


def _path(kind: Kind, opened: Case) -> str:
    """Return where it goes; relative paths are of this process's folder.

    Raises
    ------
    UsageError
        If an address is missing.
    OutputError
        If it has another ending than it is to have, or this process's folder is gone.
    """
    given = opened.request.path
    if kind.target == "server":
        if not given:
            raise UsageError(
                f"the export {kind.name} needs the address of a server or a store",
                "give one: a folder, sqlite:///FILE or http://HOST:PORT",
                field="path",
            )
        return given
    if not given:
        arm = slug(opened.chosen.name, fallback="arm") if kind.of == "arm" else ""
        given = "-".join(part for part in (opened.run, arm, kind.name) if part)
        given += kind.suffixes[0] if kind.target == "file" else ""
    try:
        path = os.path.abspath(os.path.expanduser(given))  # noqa: PTH100, PTH111
    except FileNotFoundError:  # what it would be relative to
        raise OutputError(
            f"there is no place for {shown(given)}: the working folder is gone",
            "go to another folder, or give a path that begins with /",
        ) from None
    if problem := _find_problem(kind, given, path):
        fix = f"give a name that ends in {' or '.join(kind.suffixes)}"
        if kind.target == "folder":
            fix = "give the name of a folder"
        raise OutputError(f"{kind.name}: {shown(given)!r} {problem}", fix)
    bare = kind.target == "file" or not kind.suffixes
    return path if bare or not given.endswith("/") else f"{path}/"


def _find_problem(kind: Kind, given: str, path: str) -> str:
    """Return why nothing of that form can have a name; nothing if it can."""
    is_folder = given.endswith("/") or os.path.isdir(path)  # noqa: PTH112 (any name)
    if "://" in given:
        return "is an address, where the name of a file or a folder is expected"
    if kind.target == "folder":
        named = path.lower().endswith(_TABLES) and not is_folder
        return "names one file, where a folder of files is written" if named else ""
    if is_folder:
        return "is a folder, where one file is written"
    name = Path(path).name.lower()
    return "" if name.endswith(kind.suffixes) else "has another ending"


def _exists(kind: Kind, path: Path) -> bool:
    """Tell whether something is there that is not to be lost; an empty folder is not.

    A name that cannot be is not there; whoever writes says what is wrong with it.
    """
    try:
        if kind.is_folder(str(path)) and path.is_dir() and not path.is_symlink():
            return any(path.iterdir())
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def _protect(opened: Case, paths: list[Path]) -> None:
    """Never write over the table that the run was made of, nor over its store."""
    store = (opened.store or place.choose().path).expanduser()
    tables = [s for s in (opened.data.source, opened.data.test_source) if s is not None]
    for path in paths:
        refuse_same(path, store, "the store of the run")
        for table in tables:
            refuse_same(path, os.path.expanduser(table), "the table itself")  # noqa: PTH111
