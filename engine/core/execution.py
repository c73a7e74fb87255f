"""How work is executed: where, whom it tells of its progress, and how it is ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from engine.core.errors import CancelledError, SpecError, unknown


class CancelToken:
    """Set once, from any thread; looked at between units of work.

    Examples
    --------
    >>> token = CancelToken()
    >>> token.cancel("ctrl+c")
    >>> token.cancelled, token.reason
    (True, 'ctrl+c')
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason = ""

    def cancel(self, reason: str = "asked to") -> None:
        """Ask for the end; the first reason stays."""
        if not self._event.is_set():
            self._reason = reason
            self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether a user asked for the end."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long at most for a user to ask; return whether one has."""
        return self._event.wait(seconds)

    @property
    def reason(self) -> str:
        """Why, as `cancel` was given it."""
        return self._reason

    def raise_if_cancelled(self) -> None:
        """Raise if a user asked for the end.

        Raises
        ------
        CancelledError
            If `cancel` was called.
        """
        if self.cancelled:
            raise CancelledError(f"cancelled: {self._reason}")


Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Takes what is done now, how much of it, and of how much (None where unknown)."""


def silent(stage: str, done: int, total: int | None) -> None:
    """Report no progress."""


EXECUTORS = ("local", "inline", "processes", "dask")


class Place(NamedTuple):
    """Where units run, and with what; none of it changes a number.

    Attributes
    ----------
    executor : {"local", "inline", "processes", "dask"}
        Threads of this process, one after another, processes of this machine, or
        the workers of a Dask cluster.
    jobs : int or None
        Units at a time; all cores this process may use when None.
    scheduler : str or None
        Address of a Dask scheduler; a cluster on this machine when None.
    cache : Path or None
        Folder of cached folds; they are kept in memory only when None.
    memory : int or None
        Bytes that the run may take; what the machine has free when None.
    """

    executor: str = "inline"
    jobs: int | None = None
    scheduler: str | None = None
    cache: Path | None = None
    memory: int | None = None


def check(place: Place) -> None:
    """Refuse a place that cannot be.

    Raises
    ------
    SpecError
        If there is no such executor, `jobs` is below 1, or a scheduler is given to
        an executor that has none.
    """
    if place.executor not in EXECUTORS:
        raise unknown(f"no executor {place.executor!r}", EXECUTORS, field="executor")
    if place.jobs is not None and place.jobs < 1:
        raise SpecError(f"{place.jobs} jobs", "give at least 1", field="jobs")
    if place.memory is not None and place.memory < 1:
        raise SpecError(f"{place.memory} bytes of memory", "give more", field="memory")
    if place.scheduler is None:
        return
    if place.executor != "dask":
        raise SpecError(
            f"a scheduler, but the executor is {place.executor!r}",
            "give the executor 'dask' with a scheduler",
            field="executor",
        )
    if not place.scheduler.startswith(("tcp://", "tls://")):
        what = f"{place.scheduler!r} is no address of a Dask scheduler"
        raise SpecError(what, "give one such as tls://host:8786")
