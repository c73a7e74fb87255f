"""A folder of arrays by content address, shared by trials, runs and processes.

Whatever is found is checked against its own digest, and whatever cannot be read or
written is simply made again: a cache never ends a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from engine.scratch import make_folder, temporary_folder

__all__ = ["LARGEST", "Entry", "FoldCache"]

log = logging.getLogger(__name__)

LARGEST = 2 * 1024**3
"""Bytes that the folder may hold; what was used longest ago goes first."""

_FACTS = "facts.json"


class Entry(NamedTuple):
    """Arrays by name, memory-mapped and read-only, and JSON values beside them."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any]


class FoldCache:
    """Keeps arrays in a folder.

    Parameters
    ----------
    folder : Path
        Made when first needed, for the person alone to read.
    largest : int, default=2 GiB
        Bytes it may hold.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = FoldCache(Path(folder))
    ...     cache.put("ab12", {"x": np.arange(3)}, {"rows": 3})
    ...     int(cache.get("ab12").arrays["x"].sum()), cache.get("cd34")
    (3, None)
    """

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self.folder = folder
        self.largest = largest

    def get(self, key: str) -> Entry | None:
        """Return what was put under a key, or None if it is not there or damaged."""
        home = self.folder / key
        if not home.is_dir():
            return None
        try:
            facts = msgspec.json.decode((home / _FACTS).read_bytes())
            arrays = {
                name: np.load(home / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in facts["digests"]
            }
            if any(_digest(a) != facts["digests"][n] for n, a in arrays.items()):
                raise ValueError("digest")
            os.utime(home)
        except (OSError, ValueError, KeyError, TypeError, msgspec.DecodeError) as error:
            log.warning("cached fold %s is damaged (%s); made again", key, error)
            shutil.rmtree(home, ignore_errors=True)
            return None
        return Entry(arrays, facts["facts"])

    def put(
        self, key: str, arrays: dict[str, np.ndarray], facts: dict[str, Any]
    ) -> None:
        """Keep arrays under a key; two processes may do so at the same time."""
        if sum(array.nbytes for array in arrays.values()) > self.largest // 4:
            return  # it would push out what others use
        made: Path | None = None
        try:
            make_folder(self.folder)
            made = temporary_folder(".making-", self.folder)
            # Not waited for until they are on the disk: digests tell what is whole.
            for name, array in arrays.items():
                np.save(made / f"{name}.npy", array, allow_pickle=False)
            digests = {name: _digest(array) for name, array in arrays.items()}
            text = msgspec.json.encode({"digests": digests, "facts": facts})
            (made / _FACTS).write_bytes(text)
            # Whoever was faster has put the same.
            with contextlib.suppress(OSError):
                made.rename(self.folder / key)
                made = None
            self._make_room()
        except OSError as error:
            log.warning("the fold cache cannot be written: %s", error)
        finally:
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)

    def _make_room(self) -> None:
        known: list[tuple[float, int, Path]] = []
        for home in self.folder.iterdir():
            with contextlib.suppress(OSError):
                size = sum(f.stat().st_size for f in home.iterdir())
                known.append((home.stat().st_mtime, size, home))
        held = sum(size for _, size, _ in known)
        for _, size, home in sorted(known):
            if held <= self.largest:
                return
            # Whoever has its arrays mapped keeps them until it lets go.
            shutil.rmtree(home, ignore_errors=True)
            held -= size


def _digest(array: np.ndarray) -> str:
    whole = np.ascontiguousarray(array)
    digest = hashlib.sha256(f"{whole.dtype.str}{whole.shape}".encode())
    digest.update(whole.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
