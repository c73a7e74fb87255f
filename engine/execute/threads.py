"""How many cores there are, and native threads kept to one per unit of work."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.children import PINS

__all__ = ["cores", "one_thread"]

_guard = threading.Lock()
_inside = 0
_limits: Any = None
_set = False


def cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Pin OpenMP and BLAS to one thread while any unit runs.

    Where distances tie, stock samplers' rows depend on the number of threads; and
    two fits at a time would fight for the cores. The pins are the process's: the
    first unit sets them, and the last to leave takes them away.
    """
    global _inside, _limits
    with _guard:
        if _inside == 0:
            _limits = _pinned()
        _inside += 1
    try:
        yield
    finally:
        with _guard:
            _inside -= 1
            if _inside == 0 and _limits is not None:
                _limits.restore_original_limits()
                _limits = None


def _pinned() -> Any:
    """Return the limits to take back, or None if there is one thread anyway.

    Libraries read the environment when they are loaded. The processes of a run set it
    before they import anything; in others it is looked at each time what they did.
    """
    global _set
    from threadpoolctl import threadpool_info, threadpool_limits

    if _set and all(os.environ.get(name) == "1" for name in PINS):
        return None
    _set = all(pool["num_threads"] == 1 for pool in threadpool_info())
    return None if _set else threadpool_limits(limits=1)
