"""Every file, folder and archive that is written: whole, private, never over another.

What is written goes to a hidden file in the same folder, made anew for its owner alone,
reaches the disk, and only then gets its name. So a name never stands for half a file,
whatever ends the program; an error leaves nothing behind, and an older file of that
name is as it was. Links are never written through. A kill in the middle may leave the
hidden file, ``.imbtui-….part``: `engine.io.scratch.sweep` removes it from our own
folders; from other people's folders nothing is removed that we were not asked to.

So a new folder is filled under a hidden name beside it and renamed when all of it is on
the disk. One that is there already may be one that a user stands in: the files go into
it one by one, none of them named before all are on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shlex
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Final, TypeAlias, cast

from engine.core.errors import OutputError, UnwrittenError
from engine.core.visible import shown

# ruff: noqa: PTH102, PTH104, PTH105, PTH108, PTH116 (tests let each call fail)


PREFIX: Final = ".imbtui-"
SUFFIX: Final = ".part"
MOST_NAMES: Final = 1000


def flags(names: str) -> int:
    """Return flags of `os.open`; what a system does not have is left out.

    Parameters
    ----------
    names : str
        Without their ``O_``, blanks between.

    Examples
    --------
    >>> flags("RDONLY CLOEXEC NO_SUCH_FLAG") == os.O_RDONLY | os.O_CLOEXEC
    True
    """
    found = 0
    for name in names.split():
        found |= getattr(os, f"O_{name}", 0)
    return found


_NEW: Final = flags("RDWR CREAT EXCL NOFOLLOW CLOEXEC")
_NO_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What vfat and some network folders answer, which know no hard links."""
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES)
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LINK: Final = "a symbolic link, which is never written through"
_OTHER: Final = "choose another name"
_OTHER_OR_OVERWRITE: Final = f"{_OTHER}, or overwrite it"
_KINDS: Final = {
    stat.S_IFLNK: (_LINK, f"name the file that it leads to, or {_OTHER}"),
    stat.S_IFDIR: ("a folder", "name a file in it"),
    stat.S_IFIFO: ("a pipe", _OTHER),
    stat.S_IFSOCK: ("a socket", _OTHER),
}


def put(path: str | Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    data : bytes
        What goes in.
    overwrite : bool, default=False
        Whether a file of that name may be replaced.

    Raises
    ------
    OutputError
        If there is something already, the folder is missing, or it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     put(Path(folder, "a.txt"), b"a")
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.txt']
    """
    put_all([(path, data)], overwrite=overwrite)


def put_all(
    files: Sequence[tuple[str | Path, bytes]], *, overwrite: bool = False
) -> None:
    """Write files that belong together: all of them, or none.

    None gets its name before every one is on the disk. If one name cannot be given
    after all, those given before are taken back, older files included (on a disk
    without hard links an older file cannot be kept aside, and stays replaced).

    Parameters
    ----------
    files : sequence of (path, bytes)
        The files, and what goes in.
    overwrite : bool
        As of `put`.

    Raises
    ------
    OutputError
        As of `put`; files of these names are as they were then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     put_all([(Path(folder, "a"), b"1"), (Path(folder, "b"), b"2")])
    ...     sorted(file.name for file in Path(folder).iterdir())
    ['a', 'b']
    """
    with whole([path for path, _ in files], overwrite) as parts:
        for part, (_, data) in zip(parts, files, strict=True):
            part.write(data)


@contextlib.contextmanager
def fresh(path: str | Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Yield a file to write to, which gets its name when the block ends well.

    Parameters
    ----------
    path, overwrite
        As of `put`.

    Yields
    ------
    binary file

    Raises
    ------
    OutputError
        As of `put`. Whatever the block raises, nothing is left behind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with fresh(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"a")
    ...     Path(folder, "a.txt").read_text()
    'a'
    """
    with whole([path], overwrite) as (part,):
        yield part


def put_beside(path: str | Path, data: bytes) -> Path:
    """Write a file under the first name that is free: ``a.txt``, ``a-2.txt``, ….

    Returns
    -------
    pathlib.Path
        Where it is.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [put_beside(Path(folder, "a.txt"), b"a").name for _ in range(3)]
    ['a.txt', 'a-2.txt', 'a-3.txt']
    """
    path = Path(path)
    for number in count(1):
        out = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        try:
            put(out, data)
        except OutputError:
            if number == MOST_NAMES or not os.path.lexists(out):
                raise
        else:
            break
    return out


def check(path: str | Path, *, overwrite: bool = False) -> None:
    """Refuse now what `put` would refuse later, before any work is done for it.

    Raises
    ------
    OutputError
        If there is something already, or the folder is missing or not to be written.

    Examples
    --------
    >>> check("/no/where/a.csv")
    Traceback (most recent call last):
    ...
    engine.core.errors.OutputError: there is no folder /no/where. Create it first: mkdir -p /no/where
    """  # noqa: E501
    path = Path(path)
    with translate_errors(path):
        _refuse(path, path, overwrite)
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def refuse_same(path: Path, other: str | Path, what: str) -> None:
    """Refuse to write over another file, which is read.

    Raises
    ------
    OutputError
        If both names are of one file; `what` says which.

    Examples
    --------
    >>> refuse_same(Path("a.csv"), "a.csv", "the table itself")  # there is none
    """
    with contextlib.suppress(OSError, ValueError):  # one of them is not there
        if path.samefile(other):
            raise OutputError(
                f"{shown(path)} is {what}, which is never written over",
                _OTHER,
            )


def write_error(path: str | Path, error: OSError) -> OutputError:
    """Return one line about a file that could not be written.

    Examples
    --------
    >>> str(write_error("a.csv", OSError(errno.ENOSPC, "No space left on device")))
    'cannot write a.csv: No space left on device. Make room, or choose another disk'
    """
    path = Path(path)
    name, folder = shown(path), path.parent
    reason = error.strerror or str(error) or type(error).__name__
    text, fix = f"cannot write {name}: {reason}", "choose a folder you may write to"
    match error.errno:
        case errno.EEXIST:
            return OutputError(
                f"{name} exists already", _OTHER_OR_OVERWRITE, field="overwrite"
            )
        case errno.ENOENT:
            text = f"there is no folder {shown(folder)}"
            fix = f"create it first: mkdir -p {shlex.quote(shown(folder))}"
        case errno.ENOTDIR:
            text, fix = f"{shown(folder)} is no folder", "choose another"
        case errno.ENAMETOOLONG:
            fix = "choose a shorter one"
        case errno.EIO:
            return UnwrittenError(text, "choose another disk: this one may be failing")
        case number if number in FULL:
            return UnwrittenError(text, "make room, or choose another disk")
    return OutputError(text, fix)


@contextlib.contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Say in one line what the machine refused."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from None
    except ValueError:  # a NUL character, half a surrogate
        raise OutputError(
            f"{shown(path)} is no name that a file can have", "choose another"
        ) from None


@contextlib.contextmanager
def whole(
    paths: Sequence[str | Path], overwrite: bool, names: Sequence[Path] | None = None
) -> Iterator[list[BinaryIO]]:
    """Yield files to write to; when the block ends well they get their names.

    An error speaks of `names`, where these are not the paths.
    """
    parts: list[_Part] = []
    try:
        for path, name in zip(paths, names or paths, strict=True):
            with translate_errors(Path(name)):
                parts.append(_Part(Path(path), Path(name), overwrite))
        yield [part.file for part in parts]
        for step in (_Part.seal, _Part.place, lambda part: sync(part.path.parent)):
            for part in parts:
                with translate_errors(part.name):
                    step(part)
    except BaseException:
        for part in reversed(parts):
            with contextlib.suppress(OSError):
                part.undo()
        raise
    finally:
        for part in parts:
            part.clean()


class _Part:
    """One file on its way: hidden, then on the disk, then named."""

    def __init__(self, path: Path, name: Path, overwrite: bool) -> None:
        self.name = name
        self.path = path
        self._overwrite = overwrite
        self._hidden, self._old = hidden_name(path), hidden_name(path)
        self._was = self._reserved = False
        self._about: os.stat_result | None = None
        _refuse(path, name, overwrite)
        handle = os.open(self._hidden, _NEW, 0o600)
        raw = _Raw(handle, "wb")
        raw.name = name
        self.file = cast("BinaryIO", io.BufferedWriter(raw, 1 << 17))

    def seal(self) -> None:
        """Wait until what was written is on the disk."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self._about = os.fstat(self.file.fileno())
        self.file.close()

    def place(self) -> None:
        """Give the file its name."""
        if self._overwrite:
            self._was = _refuse(self.path, self.name, overwrite=True)
            if self._was:
                with contextlib.suppress(OSError):
                    os.link(self.path, self._old)
        else:
            try:
                os.link(self._hidden, self.path)
            except FileExistsError:
                _refuse(self.path, self.name, overwrite=False)
                raise
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # An empty file holds the name meanwhile.
                os.close(os.open(self.path, _NEW, 0o600))
                self._reserved = True
            else:
                return
        os.replace(self._hidden, self.path)

    def undo(self) -> None:
        """Take the name back, if it was given."""
        if self._about is None:
            return
        there = os.lstat(self.path)
        ours = os.path.samestat(there, self._about)
        if ours and os.path.lexists(self._old):
            os.replace(self._old, self.path)
        elif (ours and not self._was) or (self._reserved and not there.st_size):
            os.unlink(self.path)

    def clean(self) -> None:
        """Remove what is hidden, and close everything."""
        with contextlib.suppress(OSError, OutputError):
            self.file.close()
        for path in (self._hidden, self._old):
            with contextlib.suppress(OSError):
                os.unlink(path)


class _Raw(io.FileIO):
    """A file that says in one line why it cannot be written."""

    def write(self, data: Any) -> int:
        with translate_errors(Path(self.name)):
            return os.write(self.fileno(), data)


def hidden_name(path: Path) -> Path:
    """Return a name that nobody has, beside a path."""
    if path.name in ("", ".."):
        raise OutputError(f"{str(path)!r} names no file", "give a file's name")
    return path.with_name(f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}")


def look(path: Path) -> os.stat_result | None:
    """Return what there is at a path, a link itself; None if nothing."""
    try:
        return os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        os.stat(path.parent)
        return None


def _refuse(path: Path, name: Path, overwrite: bool) -> bool:
    """Refuse what may not be replaced; tell whether there is something at all."""
    hidden_name(path)  # or it names no file
    there = look(path)
    if there is None:
        return False
    if not stat.S_ISREG(there.st_mode):
        kind = stat.S_IFMT(there.st_mode)
        what, fix = _KINDS.get(kind, ("a device", _OTHER))
        raise OutputError(f"{shown(name)} is {what}", fix)
    if not overwrite:
        raise OutputError(
            f"{shown(name)} exists already", _OTHER_OR_OVERWRITE, field="overwrite"
        )
    return True


def sync(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        handle = os.open(folder, flags("RDONLY DIRECTORY CLOEXEC"))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


# Folders and archives -----------------------------------------------------------------

Files: TypeAlias = Sequence[tuple[str, Callable[[BinaryIO], None]]]
"""Names in a folder, and what writes each of them."""

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive: the same content, the same bytes."""

_IN_MEMORY: Final = 1 << 24


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
            f"{shown(path)} is {_LINK}",
            f"name the folder that it leads to, or {_OTHER}",
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
            raise OutputError(f"{shown(folder)} is {_LINK}", _OTHER)
    return [folder for folder in folders if not folder.is_dir()]
