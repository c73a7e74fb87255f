"""What libraries may do to the process that they are called in.

Their warnings become text of the unit that caused them, and whatever they raise is no
more than an error of that unit.
"""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.core.errors import EngineError, first_line

_unit = threading.local()
_log = logging.getLogger("engine.warnings")
_before = warnings.showwarning


def install() -> None:
    """Route all warnings of this process to the unit in whose thread they arise.

    For processes of our own only: it changes global state.
    """
    warnings.simplefilter("always")
    # Of files and processes that are let go of: nobody's affair, and late.
    warnings.simplefilter("ignore", ResourceWarning)
    warnings.showwarning = _show  # type: ignore[assignment]  # takes all of it


def uninstall() -> None:
    """Show warnings again as Python does, in a process that was only lent."""
    warnings.showwarning = _before
    warnings.simplefilter("default")


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Collect the first lines of warnings raised in this thread.

    Yields
    ------
    list of str
        Grows while the block runs; stays empty unless `install` was called.
    """
    texts: list[str] = []
    with sharing(texts):
        yield texts


@contextmanager
def sharing(texts: list[str] | None) -> Iterator[None]:
    """Collect warnings of this thread into another one's list, as a helper does."""
    before = current()
    _unit.texts = texts
    try:
        yield
    finally:
        _unit.texts = before


def current() -> list[str] | None:
    """Return what this thread's warnings are collected into; None if they are not."""
    return getattr(_unit, "texts", None)


def _show(
    message: Any, category: type[Warning], filename: str, lineno: int, *_: Any
) -> None:
    texts = current()
    # Meant for us, not for the user: deprecations. A log keeps no text of theirs.
    if texts is None or issubclass(category, DeprecationWarning | FutureWarning):
        _log.info("%s at %s:%s", category.__name__, Path(filename).name, lineno)
    else:
        texts.append(first_line(message))


@contextmanager
def errors_only() -> Iterator[None]:
    """Turn what would end the process into an error: a sampler may call ``sys.exit``.

    Only a user's ctrl+c goes on, in a script that runs units in its main thread.

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


@contextmanager
def time_limit(seconds: float, failure: EngineError) -> Iterator[None]:
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
    ...     with time_limit(0.05, EngineError("it took too long")):
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
