"""Folders and archives of files that belong together: all of them, or nothing.

A new folder is filled under a hidden name beside it and renamed when all of it is on
the disk, so that whatever ends the program its name never stands for half of it. A
folder that is there already may be one that a user stands in: the files go into it
as `engine.io.files` puts them, none of them named before all are on the disk. Links are
never written through, neither that of the folder nor one inside.

Light: stdlib only.
"""

# ruff: noqa: PTH102, PTH104 (tests let each call fail)

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, TypeAlias, cast

from engine.core.errors import OutputError
from engine.io.filenames import shown
from engine.io.files import fresh, hidden_name, look, sync, translate_errors, whole

Files: TypeAlias = Sequence[tuple[str, Callable[[BinaryIO], None]]]
"""Names in a folder, and what writes each of them."""

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive: the same content, the same bytes."""

_IN_MEMORY: Final = 1 << 24
_OTHER: Final = "choose another name"


def check_folder(path: str | Path, *, overwrite: bool = False) -> None:
    """Refuse now what `put_folder` would refuse later.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.
    overwrite : bool, default=False
        Whether there may be files in it.

    Raises
    ------
    OutputError
        If there is something already, or the folder around it is missing or not to be
        written.

    Examples
    --------
    >>> check_folder("/no/where/exports")
    Traceback (most recent call last):
    ...
    engine.core.errors.OutputError: there is no folder /no/where. Create it first: mkdir -p /no/where
    """  # noqa: E501
    path = Path(path)
    with translate_errors(path):
        there = _is_there(path)
        if there and not overwrite and any(path.iterdir()):
            raise OutputError(
                f"{shown(path)} exists already, and is not empty",
                "choose another name, or overwrite its files",
                field="overwrite",
            )
        if not os.access(path if there else path.parent, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def put_folder(path: str | Path, files: Files, *, overwrite: bool = False) -> None:
    """Write a folder of files, whole or not at all.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder. It may be there if it is empty, or if `overwrite` is true: files of
        other names in it are left alone.
    files : sequence of (str, callable)
        Names in the folder, parts parted by ``/``, and what writes each of them.
    overwrite : bool, default=False
        Whether files of these names may be replaced.

    Raises
    ------
    OutputError
        If it cannot be written; nothing new is there then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     put_folder(f"{home}/a", [("b.txt", lambda file: file.write(b"b"))])
    ...     sorted(str(p.relative_to(home)) for p in Path(home).rglob("*"))
    ['a', 'a/b.txt']
    """
    path = Path(path)
    names = [name for name, _ in files]
    check_folder(path, overwrite=overwrite)
    new = not _is_there(path)
    home = hidden_name(path) if new else path
    made: list[Path] = []
    try:
        for folder in _folders(home, names, new=new):
            with translate_errors(path if new else folder):
                os.mkdir(folder, 0o700)
            made.append(folder)
        finals = [path / name for name in names]
        paths = [home / name for name in names]
        with whole(paths, overwrite, finals) as parts:
            for part, (_, write) in zip(parts, files, strict=True):
                write(part)
        if new:
            with translate_errors(path):
                for folder in reversed(made):
                    sync(folder)
                # Renaming takes an empty folder's place and no other's.
                os.rename(home, path)
                home = path
                sync(path.parent)
    except BaseException:
        if new and made:
            shutil.rmtree(home, ignore_errors=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def put_archive(path: str | Path, files: Files, *, overwrite: bool = False) -> None:
    """Write a zip archive of files, whole or not at all.

    Parameters
    ----------
    path, files, overwrite
        As of `put_folder`.

    Raises
    ------
    OutputError
        As of `engine.io.files.put`.
    """
    with (
        fresh(path, overwrite=overwrite) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, write in files:
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            # An entry cannot tell where it is, as some writers ask.
            with SpooledTemporaryFile(_IN_MEMORY) as made:
                write(cast("BinaryIO", made))
                made.seek(0)
                with archive.open(entry, "w", force_zip64=True) as file:
                    shutil.copyfileobj(made, file)


def _is_there(path: Path) -> bool:
    """Tell whether a folder of that name is there; refuse what is none."""
    hidden_name(path)  # or it names none
    there = look(path)
    if there is not None and stat.S_ISLNK(there.st_mode):
        raise OutputError(
            f"{shown(path)} is a symbolic link, which is never written through",
            "name the folder that it leads to, or choose another name",
        )
    if there is not None and not stat.S_ISDIR(there.st_mode):
        raise OutputError(f"{shown(path)} is no folder", _OTHER)
    return there is not None


def _folders(home: Path, names: Sequence[str], *, new: bool) -> list[Path]:
    """Return the folders to make, the outer ones first; refuse links among them."""
    wanted = [home / one for name in names for one in Path(name).parents]
    folders = sorted({*wanted, home}, key=lambda folder: len(folder.parts))
    if new:
        return folders
    for folder in folders[1:]:
        if folder.is_symlink():
            raise OutputError(
                f"{shown(folder)} is a symbolic link, which is never written through",
                _OTHER,
            )
    return [folder for folder in folders if not folder.is_dir()]
