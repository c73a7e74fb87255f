"""Units run in threads of this process, one core each.

XGBoost and the samplers let go of Python's lock in their native code, and the
threads share one copy of every matrix. The process itself is a child of whoever
asked for the run, and is killed on cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from engine.execute.threads import cores

__all__ = ["LocalExecutor"]


class LocalExecutor:
    """Runs units in threads.

    Parameters
    ----------
    jobs : int or None, default=None
        Units at a time; all cores this process may use when None.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.slots = jobs or cores()
        self._pool = ThreadPoolExecutor(self.slots, thread_name_prefix="unit")

    def submit(self, unit: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start a unit as soon as a thread is free."""
        return self._pool.submit(unit, *args)

    def close(self) -> None:
        """Drop what has not started; running units end at their next tick."""
        self._pool.shutdown(wait=False, cancel_futures=True)
