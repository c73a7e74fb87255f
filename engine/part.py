"""One file on its way: hidden, then on the disk, then named. For `engine.files`.

Light: stdlib only.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shlex
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from engine.errors import OutputError, UnwrittenError
from engine.filenames import shown

__all__ = [
    "PREFIX",
    "SUFFIX",
    "Part",
    "failed",
    "open_folder",
    "refuse",
    "settle_mode",
    "stat_of",
    "told",
    "whole",
]

PREFIX: Final = ".imbtui-"
SUFFIX: Final = ".part"

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS: Final = (
    errno.EPERM,  # what vfat and some network folders answer
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EMLINK,
)
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF)
_FAILING: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_KINDS: Final = (
    (stat.S_ISLNK, "a symbolic link, which is never written through"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISREG, ""),
)


def failed(path: str | Path, error: OSError) -> OutputError:
    """Return one line about a file that could not be written.

    Examples
    --------
    >>> str(failed("a.csv", OSError(errno.ENOSPC, "No space left on device")))
    'cannot write a.csv: No space left on device. Make room, or choose another disk'
    """
    path = Path(path)
    name, folder = shown(path), path.parent
    reason = error.strerror or str(error) or type(error).__name__
    match error.errno:
        case errno.EEXIST:
            return OutputError(f"{name} exists already", _OTHER)
        case errno.ENOENT:
            return OutputError(
                f"there is no folder {shown(folder)}",
                f"create it first: mkdir -p {shlex.quote(shown(folder))}",
            )
        case errno.ENOTDIR:
            return OutputError(f"{shown(folder)} is no folder", "choose another")
        case errno.ENAMETOOLONG:
            return OutputError(f"cannot write {name}: {reason}", "choose a shorter one")
        case errno.EIO:
            remedy = "choose another disk: this one may be failing"
            return UnwrittenError(f"cannot write {name}: {reason}", remedy)
        case number if number in _FAILING:
            remedy = "make room, or choose another disk"
            return UnwrittenError(f"cannot write {name}: {reason}", remedy)
        case _:
            remedy = "choose a folder you may write to"
            return OutputError(f"cannot write {name}: {reason}", remedy)


_OTHER: Final = "choose another name, or replace it with --force"


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in one line what the machine refused."""
    try:
        yield
    except OSError as error:
        raise failed(path, error) from None
    except ValueError:  # a NUL character, half a surrogate
        raise OutputError(
            f"{shown(path)} is no name that a file can have", "choose another"
        ) from None


def open_folder(path: Path) -> int:
    """Open a file's folder, which all that follows goes by: it may be moved away."""
    if path.name in ("", ".."):
        raise OutputError(f"{str(path)!r} names no file", "give a file's name")
    flags = os.O_DIRECTORY | os.O_CLOEXEC
    try:
        return os.open(path.parent, os.O_RDONLY | flags)
    except PermissionError:
        # One that can be written, not listed.
        return os.open(path.parent, getattr(os, "O_PATH", os.O_RDONLY) | flags)


def stat_of(folder: int, name: str) -> os.stat_result | None:
    """Return what there is under a name, a link itself; None if nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def refuse(path: Path, there: os.stat_result | None, overwrite: bool) -> None:
    """Refuse what is no regular file, and one that may not be replaced."""
    if there is None:
        return
    kind = next((k for is_it, k in _KINDS if is_it(there.st_mode)), "a device")
    if kind:
        remedy = "choose another name"
        if stat.S_ISLNK(there.st_mode):
            remedy = "name the file that it leads to, or choose another name"
        elif stat.S_ISDIR(there.st_mode):
            remedy = "name a file in it"
        raise OutputError(f"{shown(path)} is {kind}", remedy)
    if not overwrite:
        raise OutputError(f"{shown(path)} exists already", _OTHER)


@contextlib.contextmanager
def whole(
    paths: Sequence[str | Path], overwrite: bool, private: bool
) -> Iterator[list[Part]]:
    """Yield files to write to; when the block ends well they get their names."""
    parts = [Part(Path(path), overwrite, private) for path in paths]
    try:
        for part in parts:
            part.begin()
        yield parts
        for step in (Part.seal, Part.place, Part.settle):
            for part in parts:
                step(part)
    except BaseException:
        for part in reversed(parts):
            part.undo()
        raise
    finally:
        for part in parts:
            part.clean()


class Part:
    """One file on its way: hidden, then named."""

    file: BinaryIO

    def __init__(self, path: Path, overwrite: bool, private: bool) -> None:
        self._path = path
        self._overwrite = overwrite
        self._private = private
        token = secrets.token_hex(8)
        self._hidden = f"{PREFIX}{token}{SUFFIX}"
        self._old = f"{PREFIX}{token}-old{SUFFIX}"
        self._folder = -1
        self._raw: _Raw | None = None
        self._ours: set[tuple[int, int]] = set()
        self._was = self._kept = False

    def begin(self) -> None:
        """Make the hidden file."""
        with told(self._path):
            self._folder = open_folder(self._path)
            refuse(self._path, self._there(), self._overwrite)
            mode = 0o600 if self._private else 0o666
            handle = os.open(self._hidden, _NEW, mode, dir_fd=self._folder)
            self._raw = _Raw(handle, self._path)
            self.file = cast("BinaryIO", io.BufferedWriter(self._raw, 1 << 17))
            self._ours.add(_id(settle_mode(handle, self._private)))

    def seal(self) -> None:
        """Wait until what was written is on the disk."""
        with told(self._path):
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()

    def place(self) -> None:
        """Give the file its name."""
        name, at = self._path.name, self._folder
        with told(self._path):
            if self._overwrite:
                there = self._there()
                refuse(self._path, there, overwrite=True)
                self._was = there is not None
                if self._was:
                    with contextlib.suppress(OSError):
                        os.link(name, self._old, src_dir_fd=at, dst_dir_fd=at)
                        self._kept = True
            else:
                try:
                    os.link(self._hidden, name, src_dir_fd=at, dst_dir_fd=at)
                except FileExistsError:
                    refuse(self._path, self._there(), overwrite=False)
                    raise
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
                    # Without hard links an empty file holds the name meanwhile.
                    handle = os.open(name, _NEW, 0o600, dir_fd=at)
                    try:
                        self._ours.add(_id(os.fstat(handle)))
                    except OSError:
                        os.unlink(name, dir_fd=at)
                        raise
                    finally:
                        os.close(handle)
                else:
                    return
            os.replace(self._hidden, name, src_dir_fd=at, dst_dir_fd=at)

    def settle(self) -> None:
        """Wait until the name is on the disk."""
        with told(self._path):
            try:
                os.fsync(self._folder)
            except OSError as error:
                if error.errno not in _NO_SYNC:
                    raise

    def undo(self) -> None:
        """Take the name back, if it was given."""
        if self._folder < 0:
            return
        name, at = self._path.name, self._folder
        with contextlib.suppress(OSError, ValueError):
            there = self._there()
            if there is None or _id(there) not in self._ours:
                return
            if self._kept:
                os.replace(self._old, name, src_dir_fd=at, dst_dir_fd=at)
            elif not self._was:
                os.unlink(name, dir_fd=at)

    def clean(self) -> None:
        """Remove what is hidden, and let go of everything."""
        if self._raw is not None:
            self._raw.abandoned = True
            with contextlib.suppress(OSError):
                self.file.close()
        if self._folder >= 0:
            for hidden in (self._hidden, self._old):
                with contextlib.suppress(OSError):
                    os.unlink(hidden, dir_fd=self._folder)
            os.close(self._folder)
            self._folder = -1

    def _there(self) -> os.stat_result | None:
        return stat_of(self._folder, self._path.name)


class _Raw(io.RawIOBase):
    """A descriptor that says in one line why it cannot be written."""

    def __init__(self, handle: int, path: Path) -> None:
        super().__init__()
        self._handle = handle
        self._path = path
        self.abandoned = False

    def write(self, data: Any) -> int:
        if self.abandoned:  # nobody wants it any more
            return memoryview(data).nbytes
        with told(self._path):
            return os.write(self._handle, data)

    def fileno(self) -> int:
        return self._handle

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._handle, offset, whence)

    def close(self) -> None:
        if not self.closed:
            try:
                super().close()
            finally:
                os.close(self._handle)


def _id(about: os.stat_result) -> tuple[int, int]:
    return about.st_dev, about.st_ino


def settle_mode(handle: int, private: bool = True) -> os.stat_result:
    """Make a file its owner's to read and write, whatever the umask is.

    Returns
    -------
    os.stat_result
        What is known of it.
    """
    about = os.fstat(handle)
    mode = stat.S_IMODE(about.st_mode)
    wanted = 0o600 if private else mode | 0o600
    if mode != wanted:
        with contextlib.suppress(OSError):  # some disks know no modes
            os.fchmod(handle, wanted)
    return about
