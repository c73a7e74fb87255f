"""One process of the service, and the requests that wait for its answers."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from msgspec.structs import replace

from engine.core.messages import Answer, Failure, Load, Reply, Request, Warming
from engine.io import children
from engine.io.scratch import appending
from engine.service import protocol as wire

log = logging.getLogger(__name__)

Box: TypeAlias = SimpleQueue[Reply]

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
        self, log_path: Path | None, on_reply: Callable[[Child, Reply], None]
    ) -> None:
        self.load: Load | None = None
        self._log_path = log_path
        self._on_reply = on_reply
        self._lock = threading.Lock()
        self._waiting: dict[int, Box] = {}
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
                self._waiting[request.id] = box
        pipe = self._process.stdin
        assert pipe is not None
        # If it is dead, the reading thread answers.
        with suppress(OSError, ValueError):
            pipe.write(wire.encode(request))
            pipe.flush()

    def abandon(self, id: int) -> None:
        """Wait no longer for the answer to a request."""
        with self._lock:
            self._waiting.pop(id, None)

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

    def _live(self, started: Future[None]) -> None:
        """Start the process, and read what it says until it ends."""
        try:
            self._process = _start(self._log_path)
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
            boxes = [self._waiting[id] for id in ids if id in self._waiting]
            if isinstance(reply, Answer):
                self._waiting.pop(reply.id, None)
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
        for id, box in waiting.items():
            box.put(replace(failure, id=id))
        return True

    def _why(self, code: int) -> Failure:
        how, fix = children.ending(code), "ask again, and it starts again"
        message = f"the service process ended unexpectedly ({how})"
        if code == -signal.SIGKILL:
            message = "the service process was killed, perhaps for lack of memory"
            fix += "; a smaller table needs less memory"
        if self._log_path is not None:
            fix += f"; its log: {self._log_path}"
        return Failure(code="service-died", message=message, fix=fix)


def _start(log_path: Path | None) -> subprocess.Popen[bytes]:
    output = subprocess.DEVNULL
    if log_path is not None:
        try:
            output = appending(log_path)
        except OSError as error:
            log.warning("no log of the service: %s", error)
    try:
        return children.start(
            "engine.service.main",
            str(log_path or ""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            # The terminal's ctrl+c and hang-up are the app's to handle.
            start_new_session=True,
        )
    finally:
        if output != subprocess.DEVNULL:
            os.close(output)
