"""The app's side of the service child, which reads tables for it.

Every method may be called from any thread. `Service.request` waits, so it belongs
in a worker thread; `Service.close` takes up to a second, the others no time.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias

from msgspec.structs import replace

from engine.core.lab import Balance, LeakDemo, Preflight, Treat
from engine.core.messages import (
    Answer,
    Failure,
    Load,
    LoadProgress,
    PageRequest,
    PictureRequest,
    Reply,
    Request,
    TableInfo,
    WriteExport,
)
from engine.service.client.child import Box, Child

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
FILE_STAGES = ("decompressing", "checking", "reading", "cleaning")
"""Stages of a load that are one long call of native code."""
ABOUT_TABLE = (PageRequest, PictureRequest, Treat, Preflight, Balance, LeakDemo)
"""Requests about the table that was loaded last."""
LONG = (Balance, LeakDemo, WriteExport)
"""Those that may take minutes."""
REPLAY_ID = -1
NOT_STARTED = "the service cannot be started"
CANCELLED = Failure(code="cancelled", message="cancelled", fix="ask again any time")
CLOSED = Failure(
    code="closed", message="the service is closed", fix="start imbtui again"
)

OnReply: TypeAlias = Callable[[Reply], None]


class Service:
    """The service child, started again whenever it died.

    Parameters
    ----------
    log_path : Path or None, default=None
        File that takes the child's log.
    on_status : callable or None, default=None
        Takes `Warming`, `Ready`, and a `Failure` of id 0 if the child dies unasked.
        Called in a thread of the service; keep it short, like ``post_message``.

    Examples
    --------
    >>> from engine.core.messages import Load
    >>> with Service.start() as service:  # doctest: +SKIP
    ...     answer = service.request(Load(id=service.next_id(), source="sample:blobs"))
    >>> answer.rows  # doctest: +SKIP
    500
    """

    def __init__(
        self, log_path: Path | None = None, on_status: OnReply | None = None
    ) -> None:
        self._log_path = log_path
        self._on_status = on_status
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._child: Child | None = None
        self._loaded: Load | None = None
        self._loads = 0
        self._closed = False

    @classmethod
    def start(
        cls, log_path: Path | None = None, on_status: OnReply | None = None
    ) -> Service:
        """Return a service whose child is being started.

        If it cannot be, requests try again, and their answers tell why.
        """
        service = cls(log_path, on_status)
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
            reads a file, or begins to later, is ended with its process, as by
            `restart`, and so is what may take minutes; anything else is short and is
            let run.

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
        self._replace(self._child)

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
        reading = isinstance(request, LONG)
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
            if child is not None:
                child.abandon(request.id)
        while not box.empty():
            reading = reading or _reads(box.get())
        if reading and child is not None:
            self._replace(child, gently=isinstance(request, WriteExport))
        return replace(CANCELLED, id=request.id)

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
        self._child = child = Child(self._log_path, self._receive)
        return child

    def _replace(self, old: Child | None, *, gently: bool = False) -> None:
        """End a child, and start another unless that was done meanwhile.

        `gently` gives it less than a second to take back what it has half written.
        """
        with self._lock:
            if self._closed or old is not self._child:
                return
            if old is not None:
                old.end(CANCELLED, kill=not gently)
            try:
                self._spawn()
            except OSError as error:
                log.warning("%s: %s", NOT_STARTED, error)
                self._child = None
        if gently and old is not None:
            old.join()

    def _receive(self, child: Child, reply: Reply) -> None:
        with self._lock:
            if child is not self._child:
                return
        if reply.id == 0:
            if self._on_status is not None:
                self._on_status(reply)
        elif _reads(reply) and reply.id != REPLAY_ID:
            # A load that was cancelled before it began.
            self._replace(child)


def _reads(reply: Reply) -> bool:
    return isinstance(reply, LoadProgress) and reply.stage in FILE_STAGES
