"""What lets one process, and no other, write a run: its epoch, its pen, its beats."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from engine.cancel import CancelToken
from engine.errors import DiskError, FileLimitError, LeaseLostError
from engine.events import Event, RunFinished
from engine.store.store import Store

__all__ = ["Lease"]

log = logging.getLogger(__name__)

_T = TypeVar("_T")

RETRY_SECONDS = 1.0
"""Between two tries to write to a disk that is full."""
BEAT_SECONDS = 5.0


class Lease:
    """The right to write a run, taken in the store.

    While the disk is full, or the store is locked by somebody else, whoever writes
    waits: nothing is lost, and the work stands still by itself.

    Parameters
    ----------
    store : Store
    run_id : str
    token : CancelToken
        Ends the waiting.

    Attributes
    ----------
    epoch : int
    run_id : str
    ended : bool
        Whether the run's last word is written.
    over : threading.Event
        Set when the process has nothing more to do.
    """

    def __init__(self, store: Store, run_id: str, token: CancelToken) -> None:
        self.run_id = run_id
        self.ended = False
        self.over = threading.Event()
        self._store = store
        self._token = token
        self._pen = threading.Lock()
        self._closed = False
        self._began = time.monotonic()
        self._beaten = self._began
        self._file = _identity(store)
        self.epoch = self._patiently(lambda: store.begin(run_id, os.getpid()))

    @property
    def seconds(self) -> float:
        """Seconds since it was taken."""
        return time.monotonic() - self._began

    def append(self, event: Event, kept: Mapping[str, bytes] | None = None) -> None:
        """Write an event, and what was kept with it.

        Raises
        ------
        LeaseLostError
            If another process has taken the run up.
        DiskError
            If it cannot be written, and somebody asked for the end meanwhile, or it
            may not grow: that does not end by itself.
        """

        def write() -> None:
            if self._closed:
                raise LeaseLostError(f"run {self.run_id} was ended meanwhile")
            self._store.append(self.run_id, event, kept, epoch=self.epoch)
            self.ended = self.ended or isinstance(event, RunFinished)

        self._patiently(write)

    def beat(self, store: Store) -> None:
        """Say in the store, every few seconds, that the process lives.

        Parameters
        ----------
        store : Store
            One of the thread that calls.

        Raises
        ------
        LeaseLostError
            If another process has taken the run up, or the store is gone: what is
            written would be in a file that nobody can open any more.
        """
        if time.monotonic() - self._beaten < BEAT_SECONDS or self.ended:
            return
        self._beaten = time.monotonic()
        if _identity(store) != self._file:
            raise LeaseLostError(
                f"the store {str(store.path)!r} was removed, or put in another's place"
            )
        with suppress(DiskError):  # it shows as stalled then, and that is so
            store.beat(self.run_id, self.epoch)

    def last_word(self, store: Store, reason: str) -> None:
        """Write that the run was cancelled, and let nobody write after that.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        with self._pen:
            if self.ended:
                return
            self._closed = True
            error = {"code": "cancelled", "message": reason, "remedy": ""}
            word = RunFinished(status="cancelled", seconds=self.seconds, error=error)
            store.append(self.run_id, word, epoch=self.epoch)
            self.ended = True

    def _patiently(self, write: Callable[[], _T]) -> _T:
        waiting = False
        while True:
            try:
                with self._pen:
                    answer = write()
            except DiskError as error:
                if self._token.cancelled or isinstance(error, FileLimitError):
                    raise
                if not waiting:
                    log.warning("waiting until the store can be written: %s", error)
                waiting = True
                self._token.wait(RETRY_SECONDS)
            else:
                if waiting:
                    log.info("the store can be written again")
                return answer


def _identity(store: Store) -> tuple[int, int] | None:
    """Return which file a store is, as its name says it now."""
    try:
        status = store.path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
