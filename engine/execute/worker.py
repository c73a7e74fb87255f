"""A worker process: does the units that come through a pipe, until it closes.

Its arguments are the numbers of the inherited pipe, and of the log if there is one.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import sys
import threading

# Before the science stack is imported; see engine/process.py.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from multiprocessing.connection import Connection

from engine import logs
from engine.errors import EngineError
from engine.execute import quiet
from engine.memory_errors import out_of_memory
from engine.train.cache import FoldCache
from engine.train.plan import Curve, Unit
from engine.train.workshop import Workshop

__all__ = ["main"]

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until the other side is gone."""
    # The run process decides: a ctrl+c in the terminal is not meant for workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.install(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    quiet.install()
    pipe = Connection(int(sys.argv[1]))
    plan, folder, room = pickle.loads(pipe.recv_bytes())
    sending = threading.Lock()

    def send(*message: object) -> None:
        with sending:
            pipe.send_bytes(pickle.dumps(message))

    def look(arm: str, number: int, curve: Curve) -> None:
        send("grown", arm, number, curve)

    shop = Workshop(
        plan, tick=lambda: None, look=look, cache=FoldCache(folder), room=room
    )
    units: queue.SimpleQueue[Unit] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(pipe, units), daemon=True).start()
    while True:
        unit = units.get()
        try:
            answer: object = shop.do(unit)
        except Exception as error:
            if not isinstance(error, EngineError | MemoryError):
                log.exception("%s failed", unit.told)
            answer = _sendable(error)
        send("done", answer)


def _read(pipe: Connection, units: queue.SimpleQueue[Unit]) -> None:
    """Pass units on; end the process at once when the run process is gone."""
    try:
        while True:
            units.put(pickle.loads(pipe.recv_bytes()))
    except (EOFError, OSError):
        os._exit(1)


def _sendable(error: Exception) -> Exception:
    """Return an error that survives pickling, and says the same."""
    if out_of_memory(error):
        return MemoryError()
    if isinstance(error, EngineError):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
