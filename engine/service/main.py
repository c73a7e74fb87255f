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
from queue import Empty, SimpleQueue
from typing import NoReturn

from engine.core.messages import Failure, Ready, Reply, Unused, Warming
from engine.io import logs
from engine.service import protocol as wire
from engine.service.request_handler import REPORT, RequestHandler, Say

log = logging.getLogger(__name__)

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
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests, lines), daemon=True).start()

    def say(reply: Reply) -> None:
        _write(replies, wire.encode(reply))

    warm(say)
    handler = RequestHandler(say, log_path=log_path)
    while True:
        try:
            line = lines.get(timeout=patience)
        except Empty:
            say(Unused())
            continue
        reply = handler.answer(line)
        try:
            say(reply)
        except ValueError as error:
            log.exception("a reply cannot be written")
            text = f"the answer cannot be sent: {error}"
            say(Failure(id=reply.id, code="internal", message=text, fix=REPORT))


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


def _listen(requests: int, lines: SimpleQueue[bytes]) -> None:
    """Queue requests; end the process, busy or not, when nobody can ask any more."""
    with os.fdopen(requests, "rb") as file:
        for line in file:
            if line.strip():
                lines.put(line)
    os._exit(0)


def _write(replies: int, data: bytes) -> None:
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(replies, rest) :]
    except OSError:
        os._exit(0)  # nobody reads
