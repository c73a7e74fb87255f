"""Folders and archives of files that belong together: all of them, or nothing.

A new folder is filled under a hidden name beside it and renamed when all of it is on
the disk, so that whatever ends the program its name never stands for half of it. A
folder that is there already may be one that somebody stands in: the files go into it
as `engine.files` puts them, none of them named before all are on the disk. Links are
never written through, neither that of the folder nor one inside.

Light: stdlib only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, cast

from engine.errors import OutputError
from engine.filenames import shown
from engine.files import fresh, inside
from engine.part import PREFIX, SUFFIX, open_folder, stat_of, told, whole

__all__ = ["Files", "check_folder", "put_archive", "put_folder"]

Files: TypeAlias = Sequence[tuple[str, Callable[[BinaryIO], None]]]
"""Names in a folder, and what writes each of them."""

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive: the same content, the same bytes."""

_OTHER: Final = "choose another name"
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF)


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
    engine.errors.OutputError: there is no folder /no/where. Create it first: mkdir -p /no/where
    """  # noqa: E501
    path = Path(path)
    with told(path):
        outside = open_folder(path)
        try:
            there = _is_there(path, outside)
            if there and not overwrite and any(path.iterdir()):
                raise OutputError(
                    f"{shown(path)} exists already, and is not empty",
                    "choose another name, or replace its files with --force",
                )
            if not os.access(path if there else path.parent, os.W_OK | os.X_OK):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        finally:
            os.close(outside)


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
    _check_names(path, names)
    with told(path):
        outside = open_folder(path)
    try:
        if _is_there(path, outside):
            with _folders(path, names):
                _fill(path, files, overwrite=overwrite)
        else:
            _put_new(path, outside, files)
    finally:
        os.close(outside)


def put_archive(path: str | Path, files: Files, *, overwrite: bool = False) -> None:
    """Write a zip archive of files, whole or not at all.

    Parameters
    ----------
    path, files, overwrite
        As of `put_folder`.

    Raises
    ------
    OutputError
        As of `engine.files.put`.
    """
    _check_names(Path(path).parent, [name for name, _ in files])
    with (
        fresh(path, overwrite=overwrite) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, write in files:
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            # Nobody knows before how long it gets.
            with archive.open(entry, "w", force_zip64=True) as file:
                write(cast("BinaryIO", _Counted(file)))


class _Counted:
    """A file of an archive, which cannot be gone back in: it says where it is."""

    mode = "wb"

    def __init__(self, file: object) -> None:
        self._file = cast("BinaryIO", file)
        self._at = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._at += memoryview(data).nbytes
        return memoryview(data).nbytes

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if (offset, whence) != (0, os.SEEK_END):
            raise OSError(errno.ESPIPE, os.strerror(errno.ESPIPE))
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        return None

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    @property
    def closed(self) -> bool:
        return False


def _is_there(path: Path, outside: int) -> bool:
    """Tell whether a folder of that name is there; refuse what is none."""
    with told(path):
        there = stat_of(outside, path.name)
    if there is None:
        return False
    if stat.S_ISLNK(there.st_mode):
        raise OutputError(
            f"{shown(path)} is a symbolic link, which is never written through",
            "name the folder that it leads to, or choose another name",
        )
    if not stat.S_ISDIR(there.st_mode):
        raise OutputError(f"{shown(path)} is no folder", _OTHER)
    return True


def _put_new(path: Path, outside: int, files: Files) -> None:
    """Fill a folder under a hidden name; all goes by the folder that it is in."""
    name = f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
    hidden = path.with_name(name)
    with told(path):
        os.mkdir(name, 0o700, dir_fd=outside)
    named = False
    try:
        with _folders(hidden, [one for one, _ in files]) as made:
            try:
                _fill(hidden, files, overwrite=False)
            except OutputError as error:
                raise _about(error, hidden, path) from None
            with told(path):
                for folder in (*made, hidden):
                    _settle(folder)
                # Renaming takes an empty folder's place and no other's.
                os.rename(name, path.name, src_dir_fd=outside, dst_dir_fd=outside)
                named = True
                _sync(outside)
    except BaseException:
        if named:
            with contextlib.suppress(OSError):
                os.rename(path.name, name, src_dir_fd=outside, dst_dir_fd=outside)
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def _fill(folder: Path, files: Files, *, overwrite: bool) -> None:
    # Not where a link leads: `whole` refuses the link.
    paths = [folder / name for name, _ in files]
    with whole(paths, overwrite, private=True) as parts:
        for part, (_, write) in zip(parts, files, strict=True):
            write(part.file)


def _check_names(folder: Path, names: Sequence[str]) -> None:
    """Refuse a name that leads out of the folder, and one that is there twice."""
    with told(folder):
        for name in names:
            inside(folder, name)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise OutputError(f"two files are called {twice}", _OTHER)


@contextlib.contextmanager
def _folders(home: Path, names: Sequence[str]) -> Iterator[list[Path]]:
    """Make the folders that names are in; take back new ones if the block fails."""
    made: list[Path] = []
    try:
        for name in names:
            for folder in [*reversed(Path(name).parents)][1:]:
                where = home / folder
                if where.is_symlink():
                    raise OutputError(
                        f"{shown(where)} is a symbolic link, which is never written "
                        "through",
                        _OTHER,
                    )
                if not where.is_dir():
                    with told(where):
                        where.mkdir(mode=0o700)
                    made.append(where)
        yield made
    except BaseException:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _settle(folder: Path) -> None:
    """Wait until a folder's names are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _sync(handle)
    finally:
        os.close(handle)


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _about(error: OutputError, hidden: Path, path: Path) -> OutputError:
    """Return an error about a file in the hidden folder as one about the folder."""
    message = error.message.replace(hidden.name, path.name)
    if PREFIX in message:  # a long path is not shown in full
        message = f"cannot write {shown(path)}: {message.rpartition(': ')[2]}"
    return type(error)(message, error.remedy)
