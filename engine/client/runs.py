"""The light side of a run: start its process, follow it, ask it to end.

Nothing here imports the science stack. A follower reads the store, so it makes no
difference who started the run, or when.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

from engine.client import boot
from engine.errors import StoreError
from engine.events import Event
from engine.events import path as event_path
from engine.store.record import unreadable
from engine.store.store import Run, Store

__all__ = ["cancel", "follow", "resume", "start", "wait"]

POLL_SECONDS = 0.1

_children: dict[str, subprocess.Popen[bytes]] = {}
"""Processes started here, by run: they must be waited for, or stay as zombies."""


def start(store: Store, run: Run, *, behind: bool = False) -> int:
    """Start the process of a run, in a session of its own.

    Parameters
    ----------
    store : Store
    run : Run
        One that `Store.create` or `Store.queue` has just queued.
    behind : bool, default=False
        Whether it lets programs that answer a person go first, such as the app.

    Returns
    -------
    int
        The process's number.

    Raises
    ------
    StoreError
        If its log file cannot be written.
    """
    try:
        log = open(  # noqa: SIM115  # handed to the child, closed below
            store.log_path(run.id), "ab", opener=lambda p, f: os.open(p, f, 0o600)
        )
    except OSError as error:
        raise StoreError(
            f"cannot write {str(store.log_path(run.id))!r}: {error.strerror}",
            "give a store in a folder you may write to with --store",
        ) from None
    with log:
        process = subprocess.Popen(
            boot.command(
                "engine.process",
                str(store.path.absolute()),
                run.id,
                *(("behind",) if behind else ()),
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _children[run.id] = process
    return process.pid


def resume(store: Store, run: Run, *, behind: bool = False) -> int:
    """Start what is left of a run that was interrupted or cancelled, as `start` does.

    Raises
    ------
    StoreError
        If it is running, done, or of another version.
    """
    if run.status == "unreadable":
        raise unreadable(run.id)
    if not store.queue(run.id):
        status = store.run(run.id).status
        raise StoreError(
            f"run {run.id} is {status} already",
            f"imbtui show {run.id} prints its result"
            if status == "done"
            else f"follow it: imbtui watch {run.id}",
        )
    return start(store, run, behind=behind)


def follow(
    store: Store, run_id: str, *, after: int = 0, poll: float = POLL_SECONDS
) -> Iterator[Event | None]:
    """Yield a run's events as they come, until nothing more will.

    Parameters
    ----------
    store : Store
    run_id : str
    after : int, default=0
        Results up to this sequence number are left out.
    poll : float, default=0.1
        Seconds between two looks at the store.

    Yields
    ------
    Event or None
        None at each look that found no new result, so that a display can move
        its clock; progress events as they change.
    """
    seen: dict[str, Event] = {}
    while True:
        run = store.run(run_id)
        child = _children.get(run_id)
        dead = child is not None and child.poll() is not None
        if dead:
            # What it wrote between our look at the run and its end.
            run = store.run(run_id)
        for seq, event in store.events(run_id, after=after):
            after = seq
            yield event
        for event in store.progress(run_id):
            key = event_path(event)
            if seen.get(key) != event:
                seen[key] = event
                yield event
        if run.ended or dead:
            return
        yield None
        time.sleep(poll)


def cancel(store: Store, run: Run) -> None:
    """Ask a run to end, in the store and by signal.

    Raises
    ------
    StoreError
        If it has ended.
    """
    if run.ended:
        raise StoreError(
            f"run {run.id} is {run.status}, there is nothing to cancel",
            "imbtui runs lists the runs",
        )
    store.ask_cancel(run.id)
    if run.pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(run.pid, signal.SIGTERM)


def wait(store: Store, run_id: str, *, seconds: float) -> Run:
    """Wait for the end of a run, at most some seconds, and return it as it is."""
    deadline = time.monotonic() + seconds
    while not (run := store.run(run_id)).ended and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 2)
    return run
