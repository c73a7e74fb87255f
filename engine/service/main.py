"""The service child: reads tables for the app, whose process stays light and safe.

It is started by `engine.service.client.service`, reads requests as lines of JSON on its
standard input and writes replies on what was its standard output. It ends when its
input closes, so it never outlives the app. A crash or an endless read in native code
costs this process and nothing else.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NoReturn

from msgspec.structs import replace

from engine.core.messages import Cancel, Failure, Ready, Reply, Unused, Warming
from engine.io import logs
from engine.service import protocol as wire
from engine.service.request_handler import REPORT, RequestHandler, Say

log = logging.getLogger(__name__)

CANCELLED = Failure(code="cancelled", message="cancelled", fix="ask again any time")
PARTS = (
    ("numpy", ("numpy",)),
    ("pandas", ("pandas",)),
    ("pyarrow", ("pyarrow.compute", "pyarrow.parquet")),
    ("scikit-learn", ("sklearn.model_selection",)),
    ("imbtui", ("engine.data.load", "engine.service.tables")),
)


def warm(say: Say) -> None:
    """Import what a load needs, part by part.

    A part that cannot be imported is logged; the first load that needs it fails.
    """
    for done, (part, modules) in enumerate(PARTS):
        say(Warming(part=part, done=done, total=len(PARTS)))
        for module in modules:
            try:
                importlib.import_module(module)
            except Exception:
                log.exception("cannot import %s", module)
    say(Ready())


class Interrupt(BaseException):
    """A request was cancelled; no handler of errors takes this for one."""


class Turns:
    """Answers one request at a time, which another thread may cancel.

    Native code goes on until it comes back to Python; whoever waits longer than that
    ends the process. An import is not interrupted: half of a module stays broken.

    Parameters
    ----------
    handler : RequestHandler
    say : callable
        Sends a reply.
    """

    def __init__(self, handler: RequestHandler, say: Say) -> None:
        self._handler, self._say = handler, say
        self._now = 0
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()
        self._main = threading.get_ident()
        signal.signal(signal.SIGUSR1, self._interrupt)

    def take(self, id: int, line: bytes) -> None:
        """Answer a request, unless it was cancelled before its turn."""
        with self._lock:
            self._now = id
            over = id in self._cancelled
        if over:
            return
        try:
            reply = self._handler.answer(line)
            self._now = 0
        except Interrupt:
            self._now = 0
            reply = replace(CANCELLED, id=id)
        try:
            self._say(reply)
        except ValueError as error:
            log.exception("a reply cannot be written")
            text = f"the answer cannot be sent: {error}"
            self._say(Failure(id=id, code="internal", message=text, fix=REPORT))

    def cancel(self, id: int) -> None:
        """End a request that is answered now, or waits for its turn."""
        with self._lock:
            self._cancelled.add(id)
            waits = self._now != id
            if not waits:
                signal.pthread_kill(self._main, signal.SIGUSR1)
        if waits:
            self._say(replace(CANCELLED, id=id))

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        while frame is not None and "importlib" not in frame.f_code.co_filename:
            frame = frame.f_back
        if frame is None and self._now in self._cancelled:
            raise Interrupt


def main() -> NoReturn:
    """Serve until the standard input closes.

    ``sys.argv[1]`` may name the log, which the standard error goes to; ``sys.argv[2]``
    are the seconds without a request after which it says that it is unused.
    """
    log_path = sys.argv[1] if len(sys.argv) > 1 else ""
    patience = float(sys.argv[2]) if len(sys.argv) > 2 else None
    # The terminal's ctrl+c is the app's affair; SIGTERM ends even native code.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    requests, replies = _take_pipes()
    logs.install()
    logs.route_warnings()
    lines: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
    writing = threading.Lock()

    def say(reply: Reply) -> None:
        with writing:
            _write(replies, wire.encode(reply))

    turns = Turns(RequestHandler(say, log_path=log_path), say)
    listen = threading.Thread(target=_listen, args=(requests, lines, turns))
    listen.daemon = True
    listen.start()
    warm(say)
    while True:
        try:
            turns.take(*lines.get(timeout=patience))
        except Empty:
            say(Unused())


def _take_pipes() -> tuple[int, int]:
    """Move the two pipes away from 0 and 1, where native code might write.

    What anything prints goes where the standard error goes, and soon nowhere.
    """
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _listen(requests: int, lines: SimpleQueue[tuple[int, bytes]], turns: Turns) -> None:
    """Queue requests; end the process, busy or not, when nobody can ask any more."""
    with os.fdopen(requests, "rb") as file:
        for line in file:
            if not line.strip():
                continue
            request, id = None, 0
            with suppress(Exception):  # what it is instead, its answer says
                request = wire.decode_request(line)
                id = request.id
            if isinstance(request, Cancel):
                turns.cancel(id)
            else:
                lines.put((id, line))
    os._exit(0)


def _write(replies: int, data: bytes) -> None:
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(replies, rest) :]
    except OSError:
        os._exit(0)  # nobody reads
