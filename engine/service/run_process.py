"""The run process: executes one stored run and writes its events to the store.

It is started by `engine.service.client`, in a session of its own, so that neither a
closed terminal nor a closed app ends it. SIGTERM or a request in the store cancels it.
A thread keeps watch: it writes the heartbeat, sees a request to end even while all
others are in native code, and ends it where it does not end by itself.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections import ChainMap
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn, TypeVar

import msgspec

from engine.core import errors
from engine.core.errors import DiskError, EngineError, LeaseLostError
from engine.core.events import Event, Progress, RunFinished, cancelled
from engine.core.execution import CancelToken
from engine.core.record import ENDED
from engine.io import logs, machine
from engine.store import rows
from engine.store.store import Run, Store, open_store

log = logging.getLogger("engine.service.run_process")

PROGRESS_SECONDS = 0.1
LOOK_SECONDS = 0.1
"""Between two looks for a request in the store."""
LEAVE_SECONDS = 0.25
"""What a run that was cancelled gets to end by itself."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main(argv: list[str] | None = None) -> int:
    """Execute the run ``argv[1]`` of the store ``argv[0]``.

    With ``"behind"`` after these it lets programs that answer a user go first; with
    ``"objects=PATH"`` it takes samplers of the program that started it from a file.
    Once the run has begun, the process ends in here: units may be in native code that
    cannot be interrupted, and nothing else is to be waited for.

    Returns
    -------
    int
        1 if the run cannot be begun. The process ends with 0 if it was done, else 1.
    """
    path, run_id, *manner = sys.argv[1:] if argv is None else argv
    if "behind" in manner:
        machine.step_back()
    given = (one.removeprefix("objects=") for one in manner if "=" in one)
    objects = next(given, "")
    logs.install()
    logs.route_warnings()
    token = CancelToken()
    signals = _catch_signals(token)
    seen = open_store(path, create=False)  # the watch's own, to the end
    with open_store(path, create=False) as store:
        held = rows.RunLock(store.folder, run_id)
        if not held.acquire():
            log.error("run %s has a process already", run_id)
            return 1
        # From here on the lock is held until the process is gone.
        stored = store.run(run_id)
        if stored.status in (*ENDED, "unreadable"):
            log.info("run %s was %s before it began", run_id, stored.status)
            return 1

        def begun(lease: Lease) -> None:
            log.info("run %s is taken up, epoch %d", run_id, lease.epoch)
            watch = (seen, lease, token, signals)
            threading.Thread(target=_watch, args=watch, daemon=True).start()

        status = "interrupted"
        try:
            status = execute(store, stored, token, begun, objects, held.reserve)
        except LeaseLostError as error:
            log.error("%s", error)
        except DiskError as error:
            # `client.runs.hint` reads why a run ends without a last word.
            log.error("run %s stopped: %s", run_id, error)
        except BaseException:
            log.exception("run %s cannot go on", run_id)
    log.info("run %s is %s", run_id, status)
    _leave(0 if status == "done" else 1)


def execute(
    store: Store,
    stored: Run,
    token: CancelToken,
    begun: Callable[[Lease], None] = lambda lease: None,
    objects: str = "",
    reserve: Callable[[int, int | None], int | None] | None = None,
) -> str:
    """Execute a stored run, or what is left of it, and store its events.

    Parameters
    ----------
    store : Store
    stored : Run
    token : CancelToken
        Ends it soon after it is set.
    begun : callable, optional
        Called with the lease as soon as it is this process's.
    objects : str, default=""
        A file with samplers of the program that started it.
    reserve : callable or None, default=None
        Plans the memory of its units, as of `engine.steps.run`.

    Returns
    -------
    str
        How it ended: ``done``, ``failed`` or ``cancelled``.

    Raises
    ------
    LeaseLostError
        If another process has taken the run up since.
    DiskError
        If its end could not be written.
    """
    lease = Lease(store, stored, token)
    begun(lease)
    last: Event | None = None
    reported = 0.0
    artifacts = ChainMap[str, bytes]()  # what is new, before what is stored
    try:
        # Only now: nobody else can add to it any more.
        history = [event for _, event in store.events(stored.id)]
        artifacts.maps.append(store.artifacts(stored.id))
        if stored.options.folder:
            os.chdir(stored.options.folder)
        # Loads the science stack: after the lease, so that a failure is the run's.
        from engine.steps import run

        if objects:
            from engine.resample.objects import receive

            receive(objects)

        for event in run(
            stored.experiment,
            executor=stored.options.executor,
            jobs=stored.options.jobs,
            scheduler=stored.options.scheduler,
            cache=store.folds if stored.options.cache else None,
            memory=stored.options.memory,
            reserve=reserve,
            cancel=token,
            history=history,
            artifacts=artifacts,
            report=lease.append,
        ):
            if isinstance(event, RunFinished):
                # One clock for all who look: starting the process counts, too.
                event = msgspec.structs.replace(event, seconds=lease.seconds)
            last = event
            if isinstance(event, Progress):
                if time.monotonic() - reported < PROGRESS_SECONDS:
                    continue
                reported = time.monotonic()
            # Taken out first: what cannot be stored is not tried again below.
            new, artifacts.maps[0] = artifacts.maps[0], {}
            artifacts.maps[1].update(new)
            lease.append(event, new)
    except (LeaseLostError, DiskError):
        raise
    except BaseException as error:  # a library may raise SystemExit
        last = _failure(store, stored, error, lease.seconds)
        lease.append(last, artifacts.maps[0])
    finally:
        lease.over.set()
    return last.status if isinstance(last, RunFinished) else "failed"


def _failure(
    store: Store, stored: Run, error: BaseException, seconds: float
) -> RunFinished:
    """Return the last word of a run that an error ended."""
    if errors.out_of_memory(error):
        log.error("run %s had too little memory", stored.id, exc_info=error)
        what = "the rows of this table"
        error = errors.shortage(what, errors.LESS, errors.LESS_FIELD)
    if not isinstance(error, EngineError):
        log.error("run %s failed", stored.id, exc_info=error)
        what = f"{type(error).__name__}: {errors.first_line(error)}"
        where = f"the log has the details: {store.log_path(stored.id)}"
        error = EngineError(what, where)
    facts = {**error.facts, "exit_code": str(error.exit_code)}
    return RunFinished(status="failed", seconds=seconds, error=facts)


def _catch_signals(token: CancelToken) -> socket.socket:
    """Set the token on SIGTERM and SIGINT; return what tells the watch of them.

    Python's own handlers wait until the main thread is out of native code; the byte
    that the system writes here does not.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    for number in SIGNALS:
        signal.signal(number, lambda *_: token.cancel("on request"))
    signal.set_wakeup_fd(theirs.detach(), warn_on_full_buffer=False)
    return ours


def _watch(
    store: Store, lease: Lease, token: CancelToken, signals: socket.socket
) -> None:
    """Keep watch until the run is over, and end the process if it has to be."""
    last = ""
    while not token.cancelled:
        if select.select([signals], [], [], LOOK_SECONDS)[0]:
            with suppress(BlockingIOError):
                if any(number in SIGNALS for number in signals.recv(64)):
                    token.cancel("on request")
        try:
            lease.heartbeat(store)
            if store.cancel_requested(lease.run_id):
                token.cancel("on request")
        except LeaseLostError as error:
            log.error("%s", error)
            _leave(1)
        except EngineError as error:
            if last != (last := type(error).__name__):
                log.warning("%s", error)
    log.info("cancelled: %s", token.reason)
    if lease.over.wait(LEAVE_SECONDS):
        return
    try:
        lease.last_word(store, f"cancelled: {token.reason}")
    except EngineError as error:
        log.warning("its last event is not written: %s", error)
    store.close()  # nobody else may: the process ends here
    log.info("run %s is left as it is", lease.run_id)
    _leave(1)


def _leave(code: int) -> NoReturn:
    """End this process and all that it started, now."""
    machine.kill_others()
    logging.shutdown()
    os._exit(code)


# The lease ----------------------------------------------------------------------------

_T = TypeVar("_T")

RETRY_SECONDS = 1.0
"""Between two tries to write to a disk that is full."""
HEARTBEAT_SECONDS = 5.0


class Lease:
    """The right to write a run, taken in the store.

    While the disk is full, or the store is locked by another process, whoever writes
    waits: nothing is lost, and the work stands still by itself.

    Parameters
    ----------
    store : Store
    stored : Run
    token : CancelToken
        Ends the waiting.

    Attributes
    ----------
    epoch : int
    run_id : str
    ended : bool
        Whether the run's last word is written.
    over : threading.Event
        Set when the process has nothing more to do.
    """

    def __init__(self, store: Store, stored: Run, token: CancelToken) -> None:
        self.run_id = stored.id
        self.ended = False
        self.over = threading.Event()
        self._store = store
        self._token = token
        self._lock = threading.Lock()
        self._closed = False
        self._queued = stored.queued
        self._last_heartbeat = time.monotonic()
        self._file = _identity(store)
        self.epoch = self._retry(lambda: store.begin(self.run_id, os.getpid()))

    @property
    def seconds(self) -> float:
        """Seconds since the run's process was asked for."""
        return max(0.0, time.time() - self._queued)

    def append(
        self, event: Event, artifacts: Mapping[str, bytes] | None = None
    ) -> None:
        """Write an event, and its artifacts.

        Raises
        ------
        LeaseLostError
            If another process has taken the run up.
        DiskError
            If it cannot be written, and a user asked for the end meanwhile, or it
            may not grow: that does not end by itself.
        """

        def write() -> None:
            if self._closed:
                raise LeaseLostError(f"run {self.run_id} was ended meanwhile")
            self._store.append(self.run_id, event, artifacts, epoch=self.epoch)
            self.ended = self.ended or isinstance(event, RunFinished)

        self._retry(write)

    def heartbeat(self, store: Store) -> None:
        """Write a heartbeat to the store every few seconds.

        Parameters
        ----------
        store : Store
            One of the thread that calls.

        Raises
        ------
        LeaseLostError
            If another process has taken the run up, or the store is gone: what is
            written would be in a file that nobody can open any more.
        """
        if time.monotonic() - self._last_heartbeat < HEARTBEAT_SECONDS or self.ended:
            return
        self._last_heartbeat = time.monotonic()
        if _identity(store) != self._file:
            raise LeaseLostError(
                f"the store {str(store.path)!r} was removed, or put in another's place"
            )
        with suppress(DiskError):  # it shows as stalled then, and that is so
            store.heartbeat(self.run_id, self.epoch)

    def last_word(self, store: Store, reason: str) -> None:
        """Write that the run was cancelled, and let nobody write after that.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        with self._lock:
            if self.ended:
                return
            self._closed = True
            word = cancelled(reason, self.seconds)
            store.append(self.run_id, word, epoch=self.epoch)
            self.ended = True

    def _retry(self, write: Callable[[], _T]) -> _T:
        waiting = False
        while True:
            try:
                with self._lock:
                    answer = write()
            except DiskError as error:
                if self._token.cancelled or isinstance(error, errors.FileLimitError):
                    raise
                if not waiting:
                    log.warning("waiting until the store can be written: %s", error)
                waiting = True
                self._token.wait(RETRY_SECONDS)
            else:
                if waiting:
                    log.info("the store can be written again")
                return answer


def _identity(store: Store) -> tuple[int, int] | None:
    """Return which file a store is, as its name says it now."""
    try:
        status = store.path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
