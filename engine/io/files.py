"""Every file that is written: whole, private, never over another unless asked.

What is written goes to a hidden file in the same folder, made anew for its owner alone,
reaches the disk, and only then gets its name. So a name never stands for half a file,
whatever ends the program; an error leaves nothing behind, and an older file of that
name is as it was. Links are never written through. A kill in the middle may leave the
hidden file, ``.imbtui-….part``: `engine.io.scratch.sweep` removes it from our own
folders; from other people's folders nothing is removed that we were not asked to.

Light: stdlib only.
"""

# ruff: noqa: PTH105, PTH108, PTH116 (tests let each call fail)

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shlex
import stat
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from engine.core.errors import OutputError, UnwrittenError
from engine.io.filenames import shown

PREFIX: Final = ".imbtui-"
SUFFIX: Final = ".part"
MOST_NAMES: Final = 1000

_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What vfat and some network folders answer, which know no hard links."""
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES)
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KINDS: Final = {
    stat.S_IFLNK: (
        "a symbolic link, which is never written through",
        "name the file that it leads to, or choose another name",
    ),
    stat.S_IFDIR: ("a folder", "name a file in it"),
    stat.S_IFIFO: ("a pipe", "choose another name"),
    stat.S_IFSOCK: ("a socket", "choose another name"),
}
_OTHER: Final = "choose another name, or overwrite it"


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
                "choose another name",
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
            return OutputError(f"{name} exists already", _OTHER, field="overwrite")
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
        """Remove what is hidden, and let go of everything."""
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
        what, fix = _KINDS.get(kind, ("a device", "choose another name"))
        raise OutputError(f"{shown(name)} is {what}", fix)
    if not overwrite:
        raise OutputError(f"{shown(name)} exists already", _OTHER, field="overwrite")
    return True


def sync(folder: Path) -> None:
    """Wait until a folder's names are on the disk."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
