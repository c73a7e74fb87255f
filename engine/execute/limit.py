"""A limit on how long a piece of work may take, where the system can keep it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import EngineError

__all__ = ["limited"]


@contextmanager
def limited(seconds: float, failure: EngineError) -> Iterator[None]:
    """Raise an error inside the block when it has taken so long.

    Native code is interrupted only when it comes back to Python. In a thread that is
    not the main one, and on a system without alarms, there is no limit.

    Parameters
    ----------
    seconds : float
        Wall-clock time.
    failure : EngineError
        What is raised.

    Examples
    --------
    >>> import time
    >>> try:
    ...     with limited(0.05, EngineError("it took too long")):
    ...         time.sleep(60)
    ... except EngineError as error:
    ...     error.message
    'it took too long'
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise failure

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
