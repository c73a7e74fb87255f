"""What libraries do to a process: their warnings and errors, and logs of both.

Warnings become text of the unit that caused them, and whatever a library raises is no
more than an error of that unit. Logs may be shown to anybody: they say what went wrong
and where, and no cell of a table.

A library's message quotes what it was given ("could not convert string to float: …"),
and so may ours about a file. So of an error a log keeps its type, our stable code, and
the places it came through: files, lines, functions, and the line of source where it is
our own. Of a store's errors the message stays, which names runs and files. What other
packages log keeps its place and loses its text; what they print goes nowhere.
"""

from __future__ import annotations

import faulthandler
import linecache
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from engine.core.errors import EngineError, OutputError, StoreError, first_line
from engine.io.scratch import appending

# Libraries ----------------------------------------------------------------------------

_unit = threading.local()
_log = logging.getLogger("engine.warnings")
_usual = warnings.showwarning


def route_warnings() -> None:
    """Route all warnings of this process to the unit in whose thread they arise.

    For processes of our own only: it changes global state.
    """
    warnings.simplefilter("always")
    # Of files and processes that nothing refers to any more: late, and of no use.
    warnings.simplefilter("ignore", ResourceWarning)
    warnings.showwarning = _show  # type: ignore[assignment]  # takes all of it


def show_warnings() -> None:
    """Show warnings again as Python does, in a process that was only lent."""
    warnings.showwarning = _usual
    warnings.simplefilter("default")


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Collect the first lines of warnings raised in this thread.

    Yields
    ------
    list of str
        Grows while the block runs; stays empty unless `route_warnings` was called.
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
        main = threading.current_thread() is threading.main_thread()
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if isinstance(error, KeyboardInterrupt) and main and usual:
            raise
        raise RuntimeError(f"a library raised {type(error).__name__}") from error


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


# Logs ---------------------------------------------------------------------------------

MOST_FRAMES = 60
"""Frames of a traceback that are kept: the last ones."""
OURS = ("engine", "tui", "__main__")
FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"

_ROOTS = tuple(
    f"{Path(__file__).resolve().parents[2] / name}{os.sep}"
    for name in ("engine", "tui")
)
_stream: TextIO | None = None


def error_name(error: BaseException) -> str:
    """Return what an error is, without what it says.

    Parameters
    ----------
    error : BaseException

    Examples
    --------
    >>> error_name(ValueError("could not convert string to float: 'Smith'"))
    'ValueError'
    >>> error_name(OSError(28, "No space left on device", "/home/smith/x"))
    'OSError (No space left on device)'
    >>> error_name(StoreError("no run '7'"))
    "StoreError: no run '7'"
    """
    kind = type(error).__name__
    if isinstance(error, StoreError):
        return f"{kind}: {error.message}"
    if isinstance(error, EngineError):
        return f"{kind} ({error.code})"
    if isinstance(error, OSError) and error.errno:
        return f"{kind} ({os.strerror(error.errno)})"
    return kind


def format_error(error: BaseException) -> str:
    """Return an error and those it came of as text: types and places.

    Parameters
    ----------
    error : BaseException

    Examples
    --------
    >>> try:
    ...     float("Smith")
    ... except ValueError as error:
    ...     text = format_error(error)
    >>> "Smith" in text, text.splitlines()[-1]
    (False, 'ValueError')
    """
    return "\n".join(_lines(error, frozenset()))


def _lines(error: BaseException, seen: frozenset[int]) -> list[str]:
    """Return an error after what it came of, each error once."""
    lines = ["Traceback:", *_places(error.__traceback__), error_name(error)]
    before, link = error.__cause__, "which was the cause of:"
    if before is None and not error.__suppress_context__:
        before, link = error.__context__, "while that was handled:"
    seen |= {id(error)}
    if before is None or id(before) in seen:
        return lines
    return [*_lines(before, seen), link, *lines]


class Plain(logging.Formatter):
    """Formats a record without anybody's data."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        clean = logging.makeLogRecord(record.__dict__)
        # Another formatter may have kept the whole traceback for its own use.
        clean.exc_text = clean.stack_info = None
        if record.name.partition(".")[0] not in OURS:
            place = f"{Path(record.pathname).name}:{record.lineno}"
            clean.msg, clean.args = "warned at %s", (place,)
        elif isinstance(record.args, tuple):  # errors among them: by what they are
            clean.args = tuple(
                error_name(a) if isinstance(a, BaseException) else a
                for a in record.args
            )
        return super().format(clean)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # of the standard library
        """Return an error as text."""
        return format_error(ei[1]) if ei[1] is not None else ""


class _Brief(Plain):
    """Formats a record for a screen: a line, without the traceback."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # of the standard library
        """Return nothing: it is in the log's file."""
        return ""


class _Said(logging.Handler):
    """Says what is logged."""

    def __init__(self, say: Callable[[str], object]) -> None:
        super().__init__()
        self._say = say
        self.setFormatter(_Brief())

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record."""
        self._say(self.format(record))


@contextmanager
def follow(
    path: str | Path | None, say: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Log what this process does while the block runs.

    Parameters
    ----------
    path : str, pathlib.Path or None
        A file to append to, with the tracebacks of errors; none when None.
    say : callable, optional
        Takes each line, without tracebacks.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    handlers: list[logging.Handler] = [] if say is None else [_Said(say)]
    if path is not None:
        try:
            file = os.fdopen(appending(path), "a", encoding="utf-8", errors="replace")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is no regular file"
            raise OutputError(
                f"cannot log to {str(path)!r}: {why}", "name another file"
            ) from None
        handlers.append(logging.StreamHandler(file))
        handlers[-1].setFormatter(Plain())
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO if handlers else before)
    # Without any, Python would print errors, with their tracebacks.
    handlers = handlers or [logging.NullHandler()]
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
            if isinstance(handler, logging.StreamHandler):
                handler.stream.close()


def install(log: int | None = None) -> None:
    """Log to what is the standard error now, and let nothing else write there.

    For child processes only: it changes global state. Standard output and error go
    nowhere afterwards, whether Python or native code writes to them; what the process
    itself says of a crash (`faulthandler`) still comes to the log.

    Parameters
    ----------
    log : int or None, default=None
        An open file to log to instead; it is taken over.
    """
    global _stream
    if log is None:
        log = os.dup(2)
    os.set_inheritable(log, False)
    _stream = os.fdopen(log, "w", encoding="utf-8", errors="replace", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    handler = logging.StreamHandler(_stream)
    handler.setFormatter(Plain())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.raiseExceptions = False  # it would print the record as it is
    faulthandler.enable(_stream)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def silence() -> None:
    """Keep what libraries warn of and log off this process's terminal.

    For a command that does the science itself: warnings come to the unit that caused
    them, as in the processes of a run, or to nobody.
    """
    route_warnings()
    logging.getLogger().addHandler(logging.NullHandler())


def stream() -> TextIO | None:
    """Return where this process logs to, if `install` was called."""
    return _stream


def _places(trace: TracebackType | None) -> list[str]:
    frames = list(traceback.walk_tb(trace))
    lines = [f"  … {len(frames) - MOST_FRAMES} more"] * (len(frames) > MOST_FRAMES)
    for frame, number in frames[-MOST_FRAMES:]:
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        lines.append(f'  File "{file}", line {number}, in {name}')
        if file.startswith(_ROOTS):
            lines.append(f"    {linecache.getline(file, number).strip()}")
    return lines


def _uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger("engine").critical("ended by an error", exc_info=error)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread is not None else "?"
    if args.exc_value is not None:
        logging.getLogger("engine").error(
            "thread %s ended by an error", name, exc_info=args.exc_value
        )


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    logging.getLogger("engine").warning("an error was ignored", exc_info=args.exc_value)
