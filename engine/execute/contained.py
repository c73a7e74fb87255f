"""Nothing that a library raises is more than an error of the unit it was raised in."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["errors_only"]


@contextmanager
def errors_only() -> Iterator[None]:
    """Turn what would end the process into an error: a sampler may call ``sys.exit``.

    Only a person's ctrl+c goes on, in a script that runs units in its main thread.

    Examples
    --------
    >>> import sys
    >>> try:
    ...     with errors_only():
    ...         sys.exit(3)
    ... except RuntimeError as error:
    ...     print(error)
    a library raised SystemExit
    """
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and _may_be_a_person():
            raise
        raise RuntimeError(f"a library raised {type(error).__name__}") from error


def _may_be_a_person() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
