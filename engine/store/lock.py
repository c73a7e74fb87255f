"""Which runs have a living process: a lock that the system lets go with it.

No heartbeat and no process number can tell as surely: a lock on a file is gone
the moment its process is, however it ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_SECONDS = 1.0
OPENING_SECONDS = 10.0
"""How long to wait for others who open the same store."""


def path(folder: Path, run_id: str) -> Path:
    """Return the lock file of a run."""
    return folder / f"{run_id}.lock"


class RunLock:
    """The lock of a run, held by the one process that writes it.

    Parameters
    ----------
    folder : Path
    run_id : str
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self._file = _open(path(folder, run_id))

    def acquire(self) -> bool:
        """Take the lock; return False if another process holds on to it.

        Whoever only looks (`held`) has it for a moment, and a process that ends
        for a little longer.
        """
        return _acquire(self._file, PATIENCE_SECONDS)

    def release(self) -> None:
        """Let go of the lock.

        Its file stays until the run is deleted: others may have it open, and
        must not come to hold the lock of a file that is no longer there.
        """
        os.close(self._file)


@contextlib.contextmanager
def exclusive(file: Path, *, patience: float = OPENING_SECONDS) -> Iterator[int | None]:
    """Hold a lock while the block runs, and wait for others that hold it.

    Yields its file, opened; None if the lock could not be had in time: one who was
    stopped while holding it is not waited for for ever.
    """
    handle = _open(file)
    try:
        yield handle if _acquire(handle, patience) else None
    finally:
        os.close(handle)


def acquire_shared(file: Path) -> int | None:
    """Hold a lock that others may hold too; return its file, to be closed.

    None if a user holds it alone, or the file cannot be had.
    """
    with contextlib.suppress(OSError):
        handle = _open(file)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
        else:
            return handle
    return None


def held(folder: Path, run_id: str) -> bool | None:
    """Tell whether a process holds the lock of a run; None if unknown.

    That is where the file system knows no locks, or the file may not be read.
    """
    try:
        with path(folder, run_id).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return False


def any_held(folder: Path) -> bool:
    """Tell whether a process holds the lock of some run."""
    return any(held(folder, file.stem) for file in folder.glob("????????.lock"))


@functools.cache
def machine_id() -> str:
    """Return what two processes share if a process number means the same to both.

    That is the start of the machine and the namespace of process numbers; the clock
    that `time.monotonic` reads is then the same, too.
    """
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts = [Path("/proc/sys/kernel/random/boot_id").read_text().strip()]
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def lock_problem(folder: Path) -> str | None:
    """Try the locks of a folder's file system.

    Returns
    -------
    str or None
        What is wrong with them; None if they lock.
    """
    with tempfile.NamedTemporaryFile(prefix=".locks-", dir=folder) as one:
        try:
            # SQLite's kind of lock, then that of a run's process.
            fcntl.lockf(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(one, fcntl.LOCK_UN)
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with Path(one.name).open("rb+") as other:
                try:
                    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return None
        except OSError as error:
            return error.strerror or str(error)
    return "two may have one lock at once"


def _open(file: Path) -> int:
    return os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def _acquire(file: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True
