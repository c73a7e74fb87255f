"""Files that are no results: temporaries, logs, and the folders of our own."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from engine.core.errors import OutputError, UnwrittenError
from engine.io.files import FULL, PREFIX, SUFFIX

OLD_SECONDS: Final = 3600.0
"""A hidden file of that age was left by a process that is gone."""
TEXTS: Final = "imbtui-text-"
OLD_TEXT_SECONDS: Final = 86_400.0


def make_folder(path: str | Path) -> Path:
    """Make a folder for its owner alone, and those above it, if they are missing.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    OSError
        If one cannot be made.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     made = make_folder(Path(folder, "a", "b"))
    ...     oct(made.stat().st_mode & 0o777), oct(made.parent.stat().st_mode & 0o777)
    ('0o700', '0o700')
    """
    path = Path(path)
    for folder in (*reversed(path.parents), path):
        if folder.is_dir():
            continue
        with contextlib.suppress(FileExistsError):  # another process was faster
            folder.mkdir(mode=0o700)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    return path


def _user() -> int:
    """Return the user's number; 0, as files have it, where there are none."""
    return os.getuid() if hasattr(os, "getuid") else 0


def own_folder() -> Path:
    """Return a folder among the temporary files that is the user's alone.

    For what has no home: there is none, or it cannot be written.

    Raises
    ------
    OutputError
        If there is none to be had, or another process has made it first.
    """
    try:
        path = Path(tempfile.gettempdir()) / f"imbtui-{_user()}"
        make_folder(path)
        about = path.lstat()
    except OSError as error:
        raise OutputError(
            f"there is no folder to keep files in: {error.strerror}",
            "set HOME, or TMPDIR, to a folder you may write to",
        ) from None
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == _user()
    if not mine or about.st_mode & 0o077:
        raise OutputError(
            f"{path} is not a folder of your own", "set HOME, or TMPDIR, to one that is"
        )
    return path


def appending(path: str | Path) -> int:
    """Open a log to append to, for its owner alone; the descriptor is the caller's.

    Raises
    ------
    OSError
        If it cannot be opened, or is a link or no regular file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for text in (b"a", b"b"):
    ...         handle = appending(Path(folder, "log"))
    ...         _ = os.write(handle, text), os.close(handle)
    ...     Path(folder, "log").read_bytes()
    b'ab'
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    # A pipe without a reader is not waited for.
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with contextlib.suppress(OSError):  # an older log may be open to others
            os.fchmod(handle, 0o600)
        os.set_blocking(handle, True)
    except BaseException:
        os.close(handle)
        raise
    return handle


def temporary(
    prefix: str = "imbtui-", suffix: str = "", folder: Path | None = None
) -> tuple[int, Path]:
    """Make an empty temporary file for its owner alone, open for reading and writing.

    Raises
    ------
    OSError
        If the folder refuses.

    Examples
    --------
    >>> handle, path = temporary(suffix=".csv")
    >>> oct(os.fstat(handle).st_mode & 0o777), path.suffix
    ('0o600', '.csv')
    >>> os.close(handle), path.unlink()
    (None, None)
    """
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
    return handle, Path(name)


def temporary_folder(prefix: str = "imbtui-", folder: Path | None = None) -> Path:
    """Make an empty temporary folder for its owner alone.

    Raises
    ------
    OSError
        If the folder refuses.

    Examples
    --------
    >>> path = temporary_folder()
    >>> oct(path.stat().st_mode & 0o777), path.rmdir()
    ('0o700', None)
    """
    return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))


@contextlib.contextmanager
def temporary_file(
    name: str, suffix: str = "", *, prefix: str = TEXTS, folder: Path | None = None
) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a temporary file to write to; the caller removes it.

    Parameters
    ----------
    name : str
        What it is made of, for the message.
    suffix : str, default=""
    prefix : str, optional
    folder : Path or None, default=None
        That of the temporary files when None.

    Yields
    ------
    path : pathlib.Path
        Gone if the block raises.
    file : binary file

    Raises
    ------
    OutputError
        If the temporary folder has no room, or cannot be written.
    """
    sweep(None, TEXTS, "", OLD_TEXT_SECONDS)
    try:
        handle, path = temporary(prefix, suffix, folder)
    except OSError as error:
        raise _temporary_error(name, error) from None
    try:
        file = os.fdopen(handle, "wb")
        try:
            yield path, file
            file.flush()
        except OSError as error:
            # Other files are read meanwhile: they say their name.
            if error.filename is not None:
                raise
            raise _temporary_error(name, error) from None
        finally:
            with contextlib.suppress(OSError):
                file.close()
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _temporary_error(name: str, error: OSError) -> OutputError:
    where = tempfile.tempdir or "the temporary folder"
    if error.errno in FULL:
        return UnwrittenError(
            f"{where} has no room for a copy of {name}",
            "set TMPDIR to a folder with more room",
        )
    return OutputError(
        f"cannot write a temporary file for {name}: {error.strerror or error}",
        "set TMPDIR to a folder you may write to",
    )


def sweep(
    folder: Path | None,
    prefix: str = PREFIX,
    suffix: str = SUFFIX,
    older: float = OLD_SECONDS,
) -> int:
    """Remove files of ours that killed processes left; a failure is no matter.

    Only regular files of this user, so named, and not touched for long. Meant for
    our own folders.

    Parameters
    ----------
    folder : pathlib.Path or None
        That of the temporary files when None.
    prefix, suffix : str
        How their names begin and end.
    older : float
        Seconds since they were last written to.

    Returns
    -------
    int
        How many there were.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, ".imbtui-a.part").touch()
    ...     sweep(Path(folder)), sweep(Path(folder), older=-1)
    (0, 1)
    """
    removed = 0
    with (
        contextlib.suppress(OSError),
        os.scandir(folder or tempfile.gettempdir()) as at,
    ):
        for entry in at:
            if not (entry.name.startswith(prefix) and entry.name.endswith(suffix)):
                continue
            with contextlib.suppress(OSError):
                about = entry.stat(follow_symlinks=False)
                if (
                    stat.S_ISREG(about.st_mode)
                    and about.st_uid == _user()
                    and time.time() - about.st_mtime > older
                ):
                    Path(entry.path).unlink()
                    removed += 1
    return removed
