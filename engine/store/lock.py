"""Which runs have a living process: a lock that the system lets go with it.

No heartbeat and no process number can tell as surely: a lock on a file is gone
the moment its process is, however it ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["RunLock", "exclusive", "held", "path"]

PATIENCE_SECONDS = 1.0


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
        flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC
        self._file = os.open(path(folder, run_id), flags, 0o600)

    def acquire(self) -> bool:
        """Take the lock; return False if another process holds on to it.

        Whoever only looks (`held`) has it for a moment, and a process that ends
        for a little longer.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.01)
            else:
                return True

    def release(self) -> None:
        """Let go of the lock.

        Its file stays until the run is deleted: others may have it open, and
        must not come to hold the lock of a file that is no longer there.
        """
        os.close(self._file)


@contextlib.contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Hold a lock while the block runs, and wait for others that hold it."""
    opened = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def held(folder: Path, run_id: str) -> bool:
    """Tell whether a process holds the lock of a run."""
    try:
        file = os.open(path(folder, run_id), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        with contextlib.suppress(OSError):
            os.close(file)
    return False
