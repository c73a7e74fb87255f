"""How many cores there are, and native threads kept to one per unit of work."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

__all__ = ["cores", "one_thread"]


def cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


def one_thread() -> AbstractContextManager[Any]:
    """Pin OpenMP and BLAS to one thread while a unit runs.

    Where distances tie, stock samplers' rows depend on the number of threads; and
    two fits at a time would fight for the cores.
    """
    from threadpoolctl import threadpool_info, threadpool_limits

    if all(pool["num_threads"] == 1 for pool in threadpool_info()):
        return nullcontext()
    return threadpool_limits(limits=1)  # type: ignore[no-any-return]  # untyped
