"""Follow a run to its end: progress on standard error, the result on stdout."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from engine import client
from engine.errors import EngineError, StoreError
from engine.events import Event, RunStarted
from engine.state import State, reduce
from engine.store.store import Run, Store
from tui.cli.output import document, print_document, say
from tui.console.live import LiveDisplay, can_redraw
from tui.console.log import plain
from tui.safe_text import clean

__all__ = ["follow"]

GRACE_SECONDS = 5.0

Show = Callable[[State, Event | None], None]


def follow(
    store: Store,
    run_id: str,
    *,
    json: bool = False,
    quiet: bool = False,
    detach: bool = False,
    own: bool = False,
) -> int:
    """Follow a run until it ends and print its result.

    Parameters
    ----------
    store : Store
    run_id : str
    json : bool, default=False
        Print the result document as JSON.
    quiet : bool, default=False
        No progress.
    detach : bool, default=False
        Return as soon as the run has begun its work.
    own : bool, default=False
        Whether this command started the run: then ctrl+c cancels it, and nothing
        is kept of one that could not begin.

    Returns
    -------
    int
        The exit code.
    """
    begun = False
    state = State()
    run = store.run(run_id)
    try:
        with _display(run, quiet=quiet or detach) as show:
            for event in client.follow(store, run_id):
                show(state, event)
                if event is not None:
                    state = reduce(state, event)
                begun = begun or isinstance(event, RunStarted)
                if begun and detach:
                    break
    except KeyboardInterrupt:
        if not own:
            say(f"run {run_id} goes on; imbtui cancel {run_id} ends it")
            return 130
        return _interrupted(store, run_id)
    run = store.run(run_id)
    if begun and detach and not run.ended:
        return _detached(store, run, json=json)
    if own and not begun:
        return _never_begun(store, run, state)
    print_document(document(store, run), json=json, policy=None)
    return _exit_code(run)


@contextmanager
def _display(run: Run, *, quiet: bool) -> Iterator[Show]:
    """Yield what shows a state after an event, as this terminal can."""
    began = run.created
    if quiet:
        yield lambda state, event: None
    elif can_redraw(sys.stderr):
        jobs = run.options.jobs or _cores()
        with LiveDisplay(sys.stderr, jobs=jobs, elapsed=time.time() - began) as display:
            yield lambda state, event: display.show(
                state if event is None else reduce(state, event)
            )
    else:

        def write(state: State, event: Event | None) -> None:
            if event is None:
                return
            line = plain(state, event, elapsed=time.time() - began)
            if line is not None:
                print(line, file=sys.stderr, flush=True)  # noqa: T201

        yield write


def _detached(store: Store, run: Run, *, json: bool) -> int:
    if json:
        print_document(document(store, run), json=True, policy=None)
    else:
        print(run.id)  # noqa: T201
    say(f"run {run.id} goes on by itself; imbtui watch {run.id} follows it")
    return 0


def _never_begun(store: Store, run: Run, state: State) -> int:
    """Say why a run could not begin; a run without a result is not kept."""
    error = state.error
    if error is None:
        log = store.log_path(run.id)
        say(f"the run's process ended without a word; its log: {log}")
        return 1
    store.delete(run.id)
    said = EngineError(error.get("message", ""), error.get("remedy", ""))
    say(clean(said))
    return int(error.get("exit_code", 1))


def _interrupted(store: Store, run_id: str) -> int:
    say("cancelling …")
    with suppress(StoreError):  # it may end by itself in this moment
        client.cancel(store, store.run(run_id))
    ended = client.wait(store, run_id, seconds=GRACE_SECONDS)
    say(f"run {run_id} is {ended.status}; imbtui resume {run_id} goes on")
    return 130


def _exit_code(run: Run) -> int:
    if run.status == "interrupted":
        say(f"the run's process is gone; imbtui resume {run.id} goes on")
    return 0 if run.status == "done" else 1


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1
