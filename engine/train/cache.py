"""What units share: in a process by key, and between runs by content address.

What is found in the folder is checked against its own digest, and whatever cannot be
read or written is simply made again: a cache never ends a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec
import numpy as np

from engine.io.scratch import make_folder, temporary_folder

log = logging.getLogger(__name__)

LARGEST = 2 * 1024**3
"""Bytes that the folder may hold; what was used longest ago goes first."""

_FACTS = "facts.json"


class _Stored(msgspec.Struct):
    """What ``facts.json`` holds: the digest of each array, and the facts."""

    digests: dict[str, str]
    facts: msgspec.Raw


class HasBytes(Protocol):
    """What can be kept as long as there is room for it."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=HasBytes)
F = TypeVar("F", bound=msgspec.Struct)


class Shared(Generic[K, V]):
    """What threads share: made once by whoever asks first, kept while there is room.

    Parameters
    ----------
    room : int or None
        Bytes to keep: what was used longest ago is let go (who uses it keeps it), but
        never the newest. All is kept when None.

    Attributes
    ----------
    guard : threading.RLock
        Held while something is put or let go.
    """

    def __init__(self, room: int | None) -> None:
        self.guard = threading.RLock()
        self._room = room
        self._made: OrderedDict[K, V] = OrderedDict()
        self._locks: dict[K, threading.Lock] = {}

    def get(
        self, key: K, make: Callable[[], V], keep: Callable[[], bool] = lambda: True
    ) -> V:
        """Return what is kept under a key, or make it and keep it if it is wanted."""
        with self.guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self.guard:
                if key in self._made:
                    self._made.move_to_end(key)
                    return self._made[key]
            made = make()
            with self.guard:
                if keep():
                    self._made[key] = made
                if self._room is not None:
                    held = sum(one.nbytes for one in self._made.values())
                    while held > self._room and len(self._made) > 1:
                        held -= self._made.popitem(last=False)[1].nbytes
            return made

    def drop(self, stale: Callable[[K], bool]) -> None:
        """Let go of what is kept under some keys."""
        with self.guard:
            for key in [key for key in self._made if stale(key)]:
                del self._made[key]


class FoldCache:
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
    ...     cache = FoldCache(Path(folder))
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
            arrays = {
                name: np.load(home / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in stored.digests
            }
            if any(_digest(a) != stored.digests[n] for n, a in arrays.items()):
                raise ValueError("digest")
            os.utime(home)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            log.warning("cached fold %s is damaged (%s); made again", key, error)
            shutil.rmtree(home, ignore_errors=True)
            return None
        return arrays, facts

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
