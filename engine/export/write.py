"""Export a run: say what would be written, then write all of it or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.data.read.raw import Progress, silent
from engine.errors import EngineError, OutputError, SpecError, UsageError
from engine.export import kinds
from engine.export.asked import Asked, Planned, PlannedFile, Written, WrittenFile
from engine.export.case import Case, case
from engine.export.kinds import Kind, Parts, Piece
from engine.filenames import shown, slug
from engine.files import check, fresh, refuse_same, write_error
from engine.folders import check_folder, put_archive, put_folder
from engine.store import place

if TYPE_CHECKING:
    from engine.data.load import Table


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a temporary file may meet, which nobody has said in a line of ours."""


def plan(asked: Asked, progress: Progress = silent) -> Planned:
    """Say what an export would write, without making any of it.

    Parameters
    ----------
    asked : Asked
    progress : callable, optional

    Returns
    -------
    Planned

    Raises
    ------
    EngineError
        If it cannot be exported.
    """
    kind, opened = _opened(asked, progress)
    about, path = _about(kind, opened), _path(kind, opened)
    server = kind.target == "server"
    if not server:  # what is there already is asked about
        (check_folder if kind.is_folder(path) else check)(Path(path), overwrite=True)
    parts = _parts(kind, opened)
    return Planned(
        run=opened.run,
        path=parts.place or path,
        files=tuple(PlannedFile(name=p.name, what=p.what) for p in parts.pieces),
        exists=not server and _exists(kind, Path(path)),
        notes=parts.notes,
        **about,
        arms=opened.done if kind.of == "arm" else (),
        points=opened.chosen.point_names if kind.points else (),
    )


def write(
    asked: Asked, progress: Progress = silent, table: Table | None = None
) -> Written:
    """Export a run.

    Parameters
    ----------
    asked, progress
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
    kind, opened = _opened(asked, progress, table)
    about, path = _about(kind, opened), _path(kind, opened)
    if kind.target == "server":
        parts = _parts(kind, opened)
        with _theirs(kind):
            notes = parts.send()
        return Written(run=opened.run, path=parts.place, notes=notes, **about)
    out, over, folder = Path(path), asked.overwrite, kind.is_folder(path)
    (check_folder if folder else check)(out, overwrite=over)
    parts = _parts(kind, opened)
    names = [piece.name for piece in parts.pieces] if folder else [out.name]
    _spared(opened, [out / name for name in names] if folder else [out])

    def shown_by(number: int, piece: Piece) -> Callable[[BinaryIO], None]:
        def make(file: BinaryIO) -> None:
            progress(f"writing {piece.name}", number, len(parts.pieces))
            with _theirs(kind):
                piece.write(file)

        return make

    files = [(p.name, shown_by(n, p)) for n, p in enumerate(parts.pieces)]
    try:
        if folder:
            put_folder(out, files, overwrite=over)
        elif kind.target == "folder":
            put_archive(out, files, overwrite=over)
        else:
            ((_, make),) = files
            with fresh(out, overwrite=over) as file:
                make(file)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise write_error(out, error) from None
    sizes = [(out / name if folder else out).stat().st_size for name in names]
    made = (WrittenFile(name=n, bytes=s) for n, s in zip(names, sizes, strict=True))
    notes = (*parts.notes, *parts.told())
    return Written(run=opened.run, path=path, files=tuple(made), **about, notes=notes)


def _parts(kind: Kind, opened: Case) -> Parts:
    with _theirs(kind):
        parts = kind.load()(opened)
        if not isinstance(parts, Parts):
            raise TypeError(f"it returns {type(parts).__name__} and no Parts")
        return parts


@contextmanager
def _theirs(kind: Kind) -> Iterator[None]:
    """Name the exporter of another package in whatever it raises."""
    try:
        yield
    except (EngineError, OSError, MemoryError):
        raise
    except Exception as error:
        if kind in kinds.KINDS:
            raise
        said = " ".join(str(error).split())
        raise OutputError(
            f"the exporter {kind.exporter} fails: {type(error).__name__}: {said}",
            "tell those who made it, or choose another form",
        ) from error


def _opened(
    asked: Asked, progress: Progress, table: Table | None = None
) -> tuple[Kind, Case]:
    """Return the form and the run; refuse what has no say, or is not installed."""
    kind = kinds.find(asked.kind)
    module, how = kind.lacking
    if module:
        raise UsageError(
            f"the export {kind.name} needs {module}, which is not installed",
            f"install it: {how}",
        )
    if asked.at is not None and not kind.points:
        raise SpecError(
            f"the export {kind.name} holds every operating point, or none",
            "choose no operating point",
            field="at",
        )
    return kind, case(asked, progress, table)


def _about(kind: Kind, opened: Case) -> dict[str, Any]:
    """Return the arm and the operating point, where they have a say.

    Raises
    ------
    EngineError
        If there is no such arm or point.
    """
    if kind.points:
        opened.chosen.point(opened.at)
    return {
        "arm": opened.chosen.name if kind.of == "arm" else "",
        "at": opened.at if kind.points else "",
    }


def _path(kind: Kind, opened: Case) -> str:
    """Return where it goes; relative paths are of this process's folder.

    Raises
    ------
    UsageError
        If an address is missing.
    OutputError
        If it has another ending than it is to have, or this process's folder is gone.
    """
    given = opened.asked.path
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
    if kind.target != "file":
        return f"{path}/" if given.endswith("/") and kind.suffixes else path
    if given.endswith("/") or os.path.isdir(path):  # noqa: PTH112 (any name)
        wrong = "is a folder, where one file is written"
    elif not Path(path).name.lower().endswith(kind.suffixes):
        wrong = "has another ending"
    else:
        return path
    raise OutputError(
        f"{kind.name}: {shown(given)!r} {wrong}",
        f"give a name that ends in {' or '.join(kind.suffixes)}",
    )


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


def _spared(opened: Case, paths: list[Path]) -> None:
    """Never write over the table that the run was made of, nor over its store."""
    store = opened.store or place.choose().path
    kept = [(store.expanduser(), "the store of the run")]
    kept += [
        (Path(os.path.expanduser(source)), "the table itself")  # noqa: PTH111
        for source in (opened.data.source, opened.data.test_source)
        if source is not None
    ]
    for path in paths:
        for other, what in kept:
            refuse_same(path, other, what)
