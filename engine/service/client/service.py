"""The app's side of the service child, which reads tables for it.

Every method may be called from any thread. `Service.request` waits, so it belongs
in a worker thread; `Service.close` takes up to a second, the others no time.
"""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias

from msgspec.structs import replace

from engine.core.lab import Balance, LeakDemo, Preflight, Treat
from engine.core.messages import (
    Answer,
    AskValidation,
    Cancel,
    Failure,
    Load,
    LoadProgress,
    PageRequest,
    PictureRequest,
    Reply,
    Request,
    TableInfo,
    Unused,
    Warming,
    WriteExport,
)
from engine.io import machine
from engine.io.scratch import appending
from engine.service import protocol as wire

log = logging.getLogger(__name__)

Box: TypeAlias = SimpleQueue[Reply]
OnReply: TypeAlias = Callable[[Reply], None]

IDLE_SECONDS = 600.0
"""Without a request for so long the child is ended: it holds much memory."""
GRACE_SECONDS = 0.5
"""What a cancelled request has to come back from native code, before the child and the
table that it holds are given up."""
TERMINATE_SECONDS = 0.4
KILL_SECONDS = 0.4


class Child:
    """A running service process with the thread that reads what it says.

    Parameters
    ----------
    log_path : Path or None
        Takes what it prints; nothing does if None, or if it cannot be written.
    on_reply : callable
        Takes this child and a reply that no request waits for: those without id,
        those to an abandoned request, and a `Failure` if the process ends unasked.
        Called in the reading thread.
    idle : float, default=600.0
        Seconds without a request after which it says `Unused`.

    Attributes
    ----------
    load : Load or None
        The last one sent to it.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(
        self,
        log_path: Path | None,
        on_reply: Callable[[Child, Reply], None],
        idle: float = IDLE_SECONDS,
    ) -> None:
        self.load: Load | None = None
        self._idle = idle
        self._log_path = log_path
        self._on_reply = on_reply
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Request, Box]] = {}
        self._cancelled: set[int] = set()
        self._end: Failure | None = None
        started: Future[None] = Future()
        # The system ends the child with the thread that started it, so that one stays.
        self._thread = threading.Thread(
            target=self._live, args=(started,), name="service-reader", daemon=True
        )
        self._thread.start()
        started.result()

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._end is None and self._process.poll() is None

    @property
    def busy(self) -> bool:
        """Whether a request waits for its answer."""
        return bool(self._waiting)

    def send(self, request: Request, box: Box | None) -> None:
        """Send a request.

        Parameters
        ----------
        request : Request
        box : Box or None
            Gets every reply; in any case, in the end, exactly one `Answer`.

        Raises
        ------
        ValueError
            If a request of that id waits already.
        """
        with self._lock:
            if box is not None:
                if self._end is not None:
                    box.put(replace(self._end, id=request.id))
                    return
                if request.id in self._waiting:
                    raise ValueError(f"request {request.id} waits already")
                self._waiting[request.id] = request, box
        self._write(request)

    def cancel(self, id: int) -> None:
        """Wait no longer for the answer to a request, and let the child end it."""
        with self._lock:
            if self._waiting.pop(id, None) is None:
                return
            self._cancelled.add(id)
        self._write(Cancel(id=id))

    def is_at(self, id: int) -> bool:
        """Tell whether a request that was cancelled has not ended yet."""
        return id in self._cancelled and self._end is None

    def hand_over(self) -> list[tuple[Request, Box]]:
        """Return the requests that wait, and do not answer them."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return [*waiting.values()]

    def end(self, failure: Failure, *, kill: bool = True) -> None:
        """End the process, whatever it does, and answer who waits with a failure."""
        self._finish(failure)
        if kill:
            self._process.kill()
        else:
            self._process.terminate()

    def join(self) -> None:
        """Wait less than a second until the process is gone, killing it if need be."""
        try:
            self._process.wait(TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(KILL_SECONDS)
        if self._thread is not threading.current_thread():
            self._thread.join(0.1)

    def _write(self, request: Request) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        # If it is dead, the reading thread answers.
        with suppress(OSError, ValueError):
            pipe.write(wire.encode(request))
            pipe.flush()

    def _live(self, started: Future[None]) -> None:
        """Start the process, and read what it says until it ends."""
        try:
            self._process = _start(self._log_path, self._idle)
        except BaseException as error:  # whoever waits raises it
            started.set_exception(error)
            return
        started.set_result(None)
        pipe = self._process.stdout
        assert pipe is not None
        with pipe:
            for line in pipe:
                try:
                    reply = wire.decode_reply(line)
                except ValueError as error:
                    log.warning("not a reply: %s", error)
                    continue
                self._route(reply)
        code = self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        failure = self._why(code)
        if self._finish(failure):
            self._report(failure)

    def _route(self, reply: Reply) -> None:
        with self._lock:
            ids = [*self._waiting] if isinstance(reply, Warming) else [reply.id]
            boxes = [self._waiting[id][1] for id in ids if id in self._waiting]
            if isinstance(reply, Answer):
                self._waiting.pop(reply.id, None)
                self._cancelled.discard(reply.id)
        for box in boxes:
            box.put(reply)
        if not boxes or reply.id == 0:
            self._report(reply)

    def _report(self, reply: Reply) -> None:
        try:
            self._on_reply(self, reply)
        except Exception:
            # What else it says must still be read.
            log.exception("a reply of the service was not taken")

    def _finish(self, failure: Failure) -> bool:
        """Answer who waits, and who still comes; return False if that was done."""
        with self._lock:
            if self._end is not None:
                return False
            self._end = failure
            waiting, self._waiting = self._waiting, {}
        for id, (_, box) in waiting.items():
            box.put(replace(failure, id=id))
        return True

    def _why(self, code: int) -> Failure:
        how, fix = machine.ending(code), "ask again, and it starts again"
        message = f"the service process ended unexpectedly ({how})"
        if code == -signal.SIGKILL:
            message = "the service process was killed, perhaps for lack of memory"
            fix += "; a smaller table needs less memory"
        if self._log_path is not None:
            fix += f"; its log: {self._log_path}"
        return Failure(code="service-died", message=message, fix=fix)


def _start(log_path: Path | None, idle: float) -> subprocess.Popen[bytes]:
    output = subprocess.DEVNULL
    if log_path is not None:
        try:
            output = appending(log_path)
        except OSError as error:
            log.warning("no log of the service: %s", error)
    try:
        return machine.start(
            "engine.service.main",
            str(log_path or ""),
            str(idle),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            # The terminal's ctrl+c and hang-up are the app's to handle.
            start_new_session=True,
        )
    finally:
        if output != subprocess.DEVNULL:
            os.close(output)


POLL_SECONDS = 0.05
FILE_STAGES = (
    "decompressing",
    "checking",
    "reading the target",
    "reading",
    "reading text",
    "reading objects",
    "converting",
    "cleaning",
)
"""Passes of a load that are one long call of native code."""
MANY_COLUMNS = 1000
"""Columns that take longer than a second to look at."""
ABOUT_TABLE = (PageRequest, PictureRequest, Treat, Preflight, Balance, LeakDemo)
"""Requests about the table that was loaded last."""
WRITES = (WriteExport, AskValidation)
"""Requests that may have written something by half."""
REPLAY_ID = -1
NOT_STARTED = "the service cannot be started"
CANCELLED = Failure(code="cancelled", message="cancelled", fix="ask again any time")
CLOSED = Failure(
    code="closed", message="the service is closed", fix="start imbtui again"
)


class Service:
    """The service child, started again whenever it died or was ended unused.

    Parameters
    ----------
    log_path : Path or None, default=None
        File that takes the child's log.
    on_status : callable or None, default=None
        Takes `Warming`, `Ready`, and a `Failure` of id 0 if the child dies unasked.
        Called in a thread of the service; keep it short, like ``post_message``.
    idle : float, default=600.0
        Seconds without a request after which the child is ended, to free its memory;
        the next request starts another, which reads the table again if it needs it.

    Examples
    --------
    >>> from engine.core.messages import Load
    >>> with Service.start() as service:  # doctest: +SKIP
    ...     answer = service.request(Load(id=service.next_id(), source="sample:blobs"))
    >>> answer.rows  # doctest: +SKIP
    500
    """

    def __init__(
        self,
        log_path: Path | None = None,
        on_status: OnReply | None = None,
        *,
        idle: float = IDLE_SECONDS,
    ) -> None:
        self._log_path = log_path
        self._on_status = on_status
        self._idle = idle
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._child: Child | None = None
        self._loaded: Load | None = None
        self._loads = 0
        self._closed = False

    @classmethod
    def start(
        cls,
        log_path: Path | None = None,
        on_status: OnReply | None = None,
        *,
        idle: float = IDLE_SECONDS,
    ) -> Service:
        """Return a service whose child is being started.

        If it cannot be, requests try again, and their answers tell why.
        """
        service = cls(log_path, on_status, idle=idle)
        service.restart()
        return service

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def next_id(self) -> int:
        """Return an id for a request, different each time."""
        return next(self._ids)

    def request(
        self,
        request: Request,
        on_reply: OnReply | None = None,
        cancel: threading.Event | None = None,
    ) -> Answer:
        """Send a request and wait for its answer.

        Parameters
        ----------
        request : Request
            With an id that no waiting request has, best from `next_id`. Rows, pictures
            and treatments are those of the last table loaded; a child that was started
            since reads it again first.
        on_reply : callable or None, default=None
            Takes `Warming` and `LoadProgress` on the way, in this thread.
        cancel : threading.Event or None, default=None
            Ends the wait, with a `Failure` whose code is ``cancelled``. A load that
            reads a file or looks at many columns, or begins to later, is ended with its
            process; so is an export, and anything else that does not end within half a
            second. The next process takes the requests that wait.

        Returns
        -------
        TableInfo, Page, ColumnPicture or Failure
            Never an exception; a `Failure` also if the child dies meanwhile.
        """
        if not isinstance(request, Load):
            return self._wait(request, on_reply, cancel)
        with self._lock:
            self._loads += 1
        answer: Answer | None = None
        try:
            answer = self._wait(request, on_reply, cancel)
        finally:
            with self._lock:
                self._loads -= 1
                if isinstance(answer, TableInfo):
                    self._loaded = request
        return answer

    def restart(self) -> None:
        """End what the child does, at once, and start a fresh one.

        Waiting requests are answered with a `Failure` of code ``cancelled``.
        """
        self._replace(self._child, keep=False)

    def close(self) -> None:
        """End the child within a second; no request is served after that."""
        with self._lock:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.end(CLOSED, kill=False)
            child.join()

    def _wait(
        self, request: Request, on_reply: OnReply | None, cancel: threading.Event | None
    ) -> Answer:
        box: Box = SimpleQueue()
        child = self._send(request, box)
        reading = isinstance(request, WRITES)
        try:
            while not (cancel is not None and cancel.is_set()):
                try:
                    reply = box.get(timeout=None if cancel is None else POLL_SECONDS)
                except Empty:
                    continue
                if isinstance(reply, Answer):
                    return reply
                reading = reading or _reads(reply)
                if on_reply is not None:
                    on_reply(reply)
        finally:
            with self._lock:
                child = self._child if child is not None else None
            if child is not None:
                child.cancel(request.id)
        while not box.empty():
            reply = box.get()
            reading = reading or _reads(reply)
        if child is not None and reading:
            self._replace(child, gently=isinstance(request, WRITES))
        elif child is not None:
            late = threading.Timer(GRACE_SECONDS, self._end_late, (child, request.id))
            late.daemon = True
            late.start()
        return replace(CANCELLED, id=request.id)

    def _end_late(self, child: Child, id: int) -> None:
        """End a child that does not come back from what was cancelled."""
        if child.is_at(id):
            log.info("request %d did not end; its process is ended", id)
            self._replace(child)

    def _send(self, request: Request, box: Box) -> Child | None:
        with self._lock:
            if self._closed:
                box.put(replace(CLOSED, id=request.id))
                return None
            child = self._child
            try:
                if child is None or not child.alive:
                    child = self._spawn()
            except OSError as error:
                what, fix = f"{NOT_STARTED}: {error}", "free some memory; ask again"
                code = "service-died"
                box.put(Failure(id=request.id, code=code, message=what, fix=fix))
                return None
            if isinstance(request, Load):
                child.load = request
            elif (
                isinstance(request, ABOUT_TABLE)
                and child.load is not self._loaded is not None
                and not self._loads
            ):
                # A fresh child, or a load that failed or was given up; what is asked
                # is about the table that is shown.
                child.load = self._loaded
                child.send(replace(self._loaded, id=REPLAY_ID), None)
            child.send(request, box)
            return child

    def _spawn(self) -> Child:
        # What it says is heard as soon as the lock is free again.
        self._child = child = Child(self._log_path, self._receive, self._idle)
        return child

    def _replace(
        self, old: Child | None, *, gently: bool = False, keep: bool = True
    ) -> None:
        """End a child, and start another unless that was done meanwhile.

        `gently` gives it less than a second to take back what it has half written.
        Without `keep` the requests that wait are answered, not given to the new one.
        """
        with self._lock:
            if self._closed or old is not self._child:
                return
            waiting = old.hand_over() if old is not None and keep else []
            if old is not None:
                old.end(CANCELLED, kill=not gently)
            self._child = None
            try:
                self._spawn()
            except OSError as error:
                log.warning("%s: %s", NOT_STARTED, error)
            for request, box in waiting:
                self._send(request, box)
        if gently and old is not None:
            old.join()

    def _receive(self, child: Child, reply: Reply) -> None:
        with self._lock:
            if child is not self._child:
                return
            if isinstance(reply, Unused):
                # A request may have been sent meanwhile; none can be as long as this
                # lock is held.
                if not child.busy:
                    self._child = None
                    child.end(CANCELLED)
                return
        if reply.id == 0:
            if self._on_status is not None:
                self._on_status(reply)
        elif _reads(reply) and reply.id != REPLAY_ID:
            # A load that was cancelled before it began.
            self._replace(child)


def _reads(reply: Reply) -> bool:
    if not isinstance(reply, LoadProgress):
        return False
    return reply.stage in FILE_STAGES or (reply.total or 0) >= MANY_COLUMNS
