"""Whether a run that is followed is still heard of: its silence is said once."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.store.store import Store
from tui.cli.room import free_bytes
from tui.history import advice, standing

__all__ = ["Hearing"]

LOOK_SECONDS = 1.0


class Hearing:
    """Looks now and then whether the process of a run says that it lives.

    Parameters
    ----------
    store : Store
    run_id : str
    clock : callable, default=time.monotonic
        The time in seconds.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._clock = clock
        self._looked = clock()
        self._silent = False

    def news(self) -> str | None:
        """Return what to say, once when the run falls silent and once when it speaks.

        Returns
        -------
        str or None
            None as a rule, and always within a second of the last look.
        """
        if self._clock() - self._looked < LOOK_SECONDS:
            return None
        self._looked = self._clock()
        run = self._store.run(self._run_id)
        if run.stalled == self._silent:
            return None
        self._silent = run.stalled
        if run.stalled:
            todo = advice(run, free=free_bytes(self._store))
            return f"run {run.id} is {standing(run)}; {todo}"
        return None if run.ended else f"run {run.id} is heard again"
