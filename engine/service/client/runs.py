"""The light side of a run: start its process, follow it, ask it to end.

Nothing here imports the science stack. A follower reads the store, so it makes no
difference who started the run, or when.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.core.errors import DiskError, StoreError
from engine.core.events import Event, cancelled
from engine.core.events import path as event_path
from engine.core.record import ENDED, unreadable
from engine.io import machine
from engine.io.scratch import appending
from engine.store import rows
from engine.store.store import Run, Store

POLL_SECONDS = 0.1
LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 0.6
"""What a run that is cancelled gets to end by itself; it wants half of it."""
GONE_SECONDS = 2.0
"""How long the system may take to end what was killed."""

_children: dict[str, subprocess.Popen[bytes]] = {}
"""Processes started here, by run: they must be waited for, or stay as zombies."""
_queued: dict[str, float] = {}
"""When those were asked for; another process may have taken a run up since."""


def start(
    store: Store, run: Run, *, behind: bool = False, objects: Path | None = None
) -> int:
    """Start the process of a run, in a session of its own.

    Parameters
    ----------
    store : Store
    run : Run
        One that `Store.create` or `Store.queue` has just queued.
    behind : bool, default=False
        Whether it lets programs that answer a user go first, such as the app.
    objects : Path or None, default=None
        A file with samplers that the caller made, which it removes when the run is
        over.

    Returns
    -------
    int
        The process's number.

    Raises
    ------
    StoreError
        If its log file cannot be written, or no process be started.
    """
    try:
        with os.fdopen(appending(store.log_path(run.id)), "ab") as log:
            process = machine.start(
                "engine.service.run_process",
                str(store.path.absolute()),
                run.id,
                *(("behind",) if behind else ()),
                *((f"objects={objects}",) if objects else ()),
                follow=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise StoreError(
            f"the run's process cannot be started: {error}",
            "end other programs, or give a store in a folder you may write to",
        ) from None
    _children[run.id] = process
    _queued[run.id] = store.run(run.id).queued
    return process.pid


def resume(store: Store, run: Run, *, behind: bool = False) -> int:
    """Start what is left of a run that was interrupted or cancelled, as `start` does.

    Raises
    ------
    StoreError
        If it is running, done, or of another version.
    """
    if run.status == "unreadable":
        raise unreadable(run.name)
    if store.queue(run.id):
        return start(store, run, behind=behind)
    run = store.run(run.id)
    if run.stalled:
        raise StoreError(
            f"{run.title} has a process that was stopped, or waits for the disk: "
            f"no heartbeat for {run.silent:.0f} s",
            f"cancel it, or wake it with kill -CONT {run.pid}",
            action=f"cancel {run.name}",
        )
    how, action = "follow it", f"watch {run.id}"
    if run.status == "done":
        how, action = "look at its result", f"show {run.id}"
    raise StoreError(f"{run.title} is {run.status} already", how, action=action)


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
        child = _children.get(run_id)
        gone = child is not None and child.poll() is not None
        # Looked at afterwards: it may have written until its end.
        run = store.run(run_id)
        dead = gone and run.queued == _queued.get(run_id)
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


def cancel(store: Store, run: Run, *, patience: float = PATIENCE_SECONDS) -> Run:
    """End a run: what it has is kept, and none of its processes is left.

    It is asked in the store and by signal. What has not ended by itself then is killed,
    if it is a process of this machine; its end as cancelled is written in its stead.

    Parameters
    ----------
    store : Store
    run : Run
    patience : float, default=0.6
        Seconds that its process gets to end by itself.

    Returns
    -------
    Run
        As it is then: ``cancelled``, or how it ended in that moment by itself. One of
        another machine may still be ``running``; it ends once it has heard.

    Raises
    ------
    StoreError
        If it has ended, or cannot be written.
    """
    run = store.run(run.id)
    if run.ended:
        what = f"{run.title} is {run.status}, there is nothing to cancel"
        raise StoreError(what, "choose one that is running", action="runs")
    queued = run.queued
    pid = _process(store, run)
    if pid is not None and (run.status == "queued" or machine.is_stopped(pid)):
        # It has not begun; or it would not hear, and may hold the store's lock.
        machine.kill(pid)
    try:
        store.request_cancel(run.id)
    except DiskError:  # full, or held by another process: then by signal alone
        if pid is None:
            raise
    _ask(store, run.id, patience)
    pid = _process(store, store.run(run.id))
    if pid is not None:
        machine.kill(pid)
        _ask(store, run.id, GONE_SECONDS)
    if (child := _children.get(run.id)) is not None:
        with suppress(subprocess.TimeoutExpired):
            child.wait(GONE_SECONDS)
    return _last_word(store, run.id, queued)


def reap(run_id: str) -> None:
    """Wait for the process of a run that was started here and is over.

    One that does not end is left to itself.
    """
    child = _children.pop(run_id, None)
    if child is not None:
        with suppress(subprocess.TimeoutExpired):
            child.wait(GONE_SECONDS)


def wait(store: Store, run_id: str, *, seconds: float) -> Run:
    """Wait for the end of a run, at most some seconds, and return it as it is."""
    deadline = time.monotonic() + seconds
    while not (run := store.run(run_id)).ended and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 2)
    return run


def _ask(store: Store, run_id: str, patience: float) -> None:
    """Ask a run's process to end, as soon as there is one, and wait for it."""
    deadline = time.monotonic() + patience
    signalled: int | None = None
    while rows.held(store.folder, run_id) and time.monotonic() < deadline:
        pid = _process(store, store.run(run_id))
        if pid is not None and pid != signalled:
            signalled = pid
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(LOOK_SECONDS)


def _process(store: Store, run: Run) -> int | None:
    """Return the number of a run's process if it is certainly that: alive, and here."""
    child = _children.get(run.id)
    if child is not None and child.poll() is None:
        return child.pid
    # Before it has begun, the number is that of the process before it.
    if run.status != "running" or run.pid is None or run.machine != rows.machine_id():
        return None
    known = rows.held(store.folder, run.id) and machine.leads(run.pid)
    return run.pid if known else None


def _last_word(store: Store, run_id: str, queued: float) -> Run:
    """Say that a run was cancelled, unless its process has; return it as it is."""
    run = store.run(run_id)
    if run.status in ENDED or run.machine not in ("", rows.machine_id()):
        return run
    file = rows.lock_path(store.folder, run_id)
    with rows.exclusive(file, patience=rows.PATIENCE_SECONDS) as handle:
        if handle is None:
            return run
        run = store.run(run_id)  # nobody else can begin it now
        if run.status in ENDED or run.queued != queued:
            return run
        begun = run.status == "running"
        spent = max(0.0, time.time() - queued) if begun else 0.0
        # Where the disk is full it shows as interrupted, and can be resumed as well.
        with suppress(DiskError):
            store.finish(run_id, cancelled("cancelled: killed", spent))
    return store.run(run_id)


# Why a run was interrupted ------------------------------------------------------------

MOST_BYTES = 1 << 20
"""Of a log the end is read."""
ALONE = ("processes", "dask")
"""Executors under which a sampler that crashes ends no run."""

_BEGUN = re.compile(r" engine\.train\.schedule INFO begun: (.*)")
_ENDED = re.compile(r" engine\.train\.schedule INFO ended: (.*)")
_LAST_WORD = re.compile(r" engine\.(?:service\.run_)?process INFO run \S+ (?:is|was) ")
_STOPPED = re.compile(
    r" engine\.(?:service\.run_)?process ERROR run \S+ stopped: \w+: (.*)"
)
_TAKEN_UP = " is taken up, epoch "


def hint(store: Store, run: Run) -> str:
    """Return one line on why a run was interrupted, and what would help; or nothing.

    Parameters
    ----------
    store : Store
    run : Run
    """
    if run.status != "interrupted":
        return ""
    text = ""
    with suppress(OSError), store.log_path(run.id).open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - MOST_BYTES))
        text = file.read().decode("utf-8", "replace")
    life = text.rpartition(_TAKEN_UP)[2]
    if stopped := _STOPPED.findall(life):
        return f"its process ended: {stopped[-1]}"
    at = sorted({*_BEGUN.findall(life)} - {*_ENDED.findall(life)})
    if not at or _LAST_WORD.search(life):
        return ""
    text = f"its process was lost at: {'; '.join(at)}"
    if run.options.executor in ALONE:
        return text
    return (
        f"{text}. If that happens again, run it with the executor 'processes': there a "
        "sampler that crashes takes only its arm with it"
    )
