"""The bytes of a text from some place on, told as they go by."""

from __future__ import annotations

import io
import mmap
from pathlib import Path

from engine.data.read.raw import Progress, silent

__all__ = ["Body", "holds"]


class Body(io.RawIOBase):
    """A file from an offset on.

    Parameters
    ----------
    path : Path
    offset : int
        Where to begin.
    progress : Progress
        Told of the bytes read, from the file's own beginning.
    """

    def __init__(self, path: Path, offset: int, progress: Progress = silent) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(offset)
        self._done = offset
        self._total = path.stat().st_size
        self._progress = progress
        progress("reading", offset, self._total)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next bytes into a buffer."""
        count = self._file.readinto(buffer) or 0
        self._done += count
        if count:
            self._progress("reading", self._done, self._total)
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def holds(path: Path, byte: str) -> bool:
    """Tell whether a file holds a character of one byte anywhere."""
    if path.stat().st_size == 0:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages,
    ):
        return pages.find(byte.encode()) >= 0
