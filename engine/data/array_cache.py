"""Arrays kept in a folder from one process to the next, checked when they are read."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import threading
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from engine.io.scratch import make_folder, temporary_folder

log = logging.getLogger(__name__)

LARGEST = 2 * 1024**3
"""Bytes that a folder may hold; what was used longest ago goes first."""
_FACTS = "facts.json"
_HEADERS = threading.Lock()
"""Held while numpy parses the header of a file: two threads that parse at once can fail
in Python before 3.11.8 and 3.12.2 (SystemError, python/cpython#106905)."""

F = TypeVar("F", bound=msgspec.Struct)


class _Stored(msgspec.Struct):
    """What ``facts.json`` holds: the digest of each array, and the facts."""

    digests: dict[str, str]
    facts: msgspec.Raw


class ArrayCache:
    """Keeps arrays in a folder, and a struct of JSON values beside them.

    Parameters
    ----------
    folder : Path
        Made when first needed, for the user alone to read.
    largest : int, default=2 GiB
        Bytes it may hold.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = ArrayCache(Path(folder))
    ...     Facts = msgspec.defstruct("Facts", [("rows", int)])
    ...     cache.put("ab12", {"x": np.arange(3)}, Facts(3))
    ...     arrays, facts = cache.get("ab12", Facts)
    ...     int(arrays["x"].sum()), facts, cache.get("cd34", Facts)
    (3, Facts(rows=3), None)
    """

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self.folder = folder
        self.largest = largest

    def get(self, key: str, kind: type[F]) -> tuple[dict[str, np.ndarray], F] | None:
        """Return the arrays and the facts of a key; None if missing or damaged.

        The arrays are memory-mapped and read-only.
        """
        home = self.folder / key
        if not home.is_dir():
            return None
        try:
            stored = msgspec.json.decode((home / _FACTS).read_bytes(), type=_Stored)
            facts = msgspec.json.decode(stored.facts, type=kind)
            with _HEADERS:
                arrays = {name: _open(home / f"{name}.npy") for name in stored.digests}
            if any(_digest(a) != stored.digests[n] for n, a in arrays.items()):
                raise ValueError("digest")
            os.utime(home)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            log.warning("cached %s is damaged (%s); made again", key, error)
            shutil.rmtree(home, ignore_errors=True)
            return None
        return arrays, facts

    def __contains__(self, key: str) -> bool:
        """Tell whether a key is there; `get` tells whether it is whole."""
        return (self.folder / key).is_dir()

    def put(
        self, key: str, arrays: dict[str, np.ndarray], facts: msgspec.Struct
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
            stored = _Stored(digests, msgspec.Raw(msgspec.json.encode(facts)))
            (made / _FACTS).write_bytes(msgspec.json.encode(stored))
            # Whoever was faster has put the same.
            with contextlib.suppress(OSError):
                made.rename(self.folder / key)
                made = None
            self._make_room()
        except OSError as error:
            log.warning("the cache cannot be written: %s", error)
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


def _open(path: Path) -> np.ndarray:
    found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return found


def _digest(array: np.ndarray) -> str:
    whole = np.ascontiguousarray(array)
    digest = hashlib.sha256(f"{whole.dtype.str}{whole.shape}".encode())
    digest.update(whole.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
