"""Units run in warm processes of this machine, one core each.

A worker is a program of its own, so nothing of the caller is imported or copied into
it, and it can be killed whatever native code it is in. One that dies has its unit
done again by another; after that many deaths in a row the unit is given up.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from engine.core.errors import ArmError, EngineError, out_of_memory
from engine.core.execution import Place
from engine.data.array_cache import ArrayCache
from engine.io import logs, machine
from engine.io.machine import cores
from engine.io.scratch import temporary_folder
from engine.train.plan import Curve, Plan, Unit, UnitResult
from engine.train.worker import CurveCallback, Worker

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""Times a unit is begun before it is taken for what kills its workers."""
ENDING_SECONDS = 0.5
"""How long a worker whose pipe is closed may take to be gone."""


class ProcessExecutor:
    """Runs units in processes that share the folder of cached folds."""

    def __init__(self, plan: Plan, place: Place, room: int | None) -> None:
        self.slots = place.jobs or cores()
        self.growing: dict[str, tuple[int, Curve]] = {}
        self._own = None if place.cache else temporary_folder("imbtui-folds-")
        folder = place.cache or self._own
        share = None if room is None else room // self.slots
        self._opening = pickle.dumps((plan, folder, share))
        self._units: queue.SimpleQueue[tuple[Unit, Future[UnitResult]] | None] = (
            queue.SimpleQueue()
        )
        self._closed = False
        self._guard = threading.Lock()
        self._workers: list[_Worker | None] = [None] * self.slots
        self._threads = [
            threading.Thread(target=self._serve, args=(n,), daemon=True)
            for n in range(self.slots)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pids(self) -> list[int]:
        """The process numbers of the workers that are there."""
        return [w.process.pid for w in self._workers if w is not None]

    def submit(self, unit: Unit) -> Future[UnitResult]:
        """Start a unit as soon as a worker is free."""
        future: Future[UnitResult] = Future()
        self._units.put((unit, future))
        return future

    def forget(self, arm: str) -> None:
        """Leave it to the workers: they keep what they used last."""

    def close(self) -> None:
        """Kill the workers, whatever they are in."""
        with self._guard:
            self._closed = True
            for worker in self._workers:
                if worker is not None:
                    worker.process.kill()
        for _ in self._threads:
            self._units.put(None)
        for thread in self._threads:
            thread.join()
        for worker in self._workers:
            if worker is not None:
                worker.kill()
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)

    def _serve(self, number: int) -> None:
        """Hand units to one worker, and start another one where it dies."""
        with suppress(OSError):  # the first unit will try again, and tell
            self._ready(number)
        while (given := self._units.get()) is not None:
            unit, future = given
            if not self._closed and future.set_running_or_notify_cancel():
                self._done(number, unit, future)

    def _done(self, number: int, unit: Unit, future: Future[UnitResult]) -> None:
        how = ""
        for _ in range(ATTEMPTS):
            try:
                answer = self._ready(number).ask(unit, self._grown)
            except (EOFError, OSError) as error:
                how = self._drop(number)
                if self._closed:
                    return
                log.warning("a worker was lost in %s: %s %s", unit.label, how, error)
                continue
            except Exception as error:  # whatever it is, a user waits for it
                self._drop(number)
                answer = error
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
            return
        future.set_exception(lost_error(unit, ATTEMPTS, how))

    def _ready(self, number: int) -> _Worker:
        """Return a worker that has the plan; a new one in the place of a lost one.

        Raises
        ------
        OSError
            If there can be none, or none is wanted any more.
        """
        known = self._workers[number]
        if known is not None:
            return known
        with self._guard:
            if self._closed:
                raise OSError("the executor was closed")
            worker = self._workers[number] = _Worker()
        worker.open(self._opening)
        return worker

    def _drop(self, number: int) -> str:
        """Let go of a worker; return how it ended, as far as is known."""
        worker = self._workers[number]
        if worker is None:
            return ""
        how = worker.ended()
        worker.kill()
        self._workers[number] = None
        return how

    def _grown(self, arm: str, number: int, curve: Curve) -> None:
        self.growing[arm] = (number, curve)


class _Worker:
    """One worker process and the pipe to it."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        log = logs.stream()
        with theirs:
            given = [theirs.fileno(), *([log.fileno()] if log is not None else ())]
            # In a thread that stays as long as the worker: see `follow_parent`.
            self.process = machine.start(
                "engine.execute.processes",
                *map(str, given),
                pass_fds=given,
                stdin=subprocess.DEVNULL,
            )

    def open(self, opening: bytes) -> None:
        """Send what it needs before the first unit."""
        self._pipe.send_bytes(opening)

    def ask(self, unit: Unit, grown: CurveCallback) -> UnitResult | Exception:
        """Send a unit and wait for what comes of it.

        Raises
        ------
        EOFError, OSError
            If the worker is gone.
        """
        self._pipe.send_bytes(pickle.dumps(unit))
        while True:
            kind, *rest = pickle.loads(self._pipe.recv_bytes())
            if kind == "grown":
                grown(*rest)
                continue
            answer: UnitResult | Exception = rest[0]
            return answer

    def ended(self) -> str:
        """Return how it ended by itself: by which signal, or with which code."""
        with suppress(subprocess.TimeoutExpired):
            return machine.ending(self.process.wait(ENDING_SECONDS))
        return ""

    def kill(self) -> None:
        """End it now."""
        self.process.kill()
        self.process.wait()
        self._pipe.close()


def lost_error(unit: Unit, times: int, how: str = "") -> ArmError:
    """Return the error of a unit whose workers die, and how the last of them ended."""
    by = f" ({how})" if how else ""
    return ArmError(
        f"the {unit.label} ended the process that worked on it, {times} times{by}",
        "it may have run out of memory: give fewer jobs, or use random-under",
        code="worker",
        field="jobs",
    )


# In a worker -------------------------------------------------------------------------


def main() -> None:
    """Serve until the other side is gone."""
    # The run process decides: a ctrl+c in the terminal is not meant for workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.install(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    logs.route_warnings()
    pipe = Connection(int(sys.argv[1]))
    plan, folder, room = pickle.loads(pipe.recv_bytes())
    sending = threading.Lock()

    def send(*message: object) -> None:
        with sending:
            pipe.send_bytes(pickle.dumps(message))

    def look(arm: str, number: int, curve: Curve) -> None:
        send("grown", arm, number, curve)

    shop = Worker(
        plan, tick=lambda: None, look=look, cache=ArrayCache(folder), room=room
    )
    units: queue.SimpleQueue[Unit] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(pipe, units), daemon=True).start()
    while True:
        unit = units.get()
        try:
            answer: object = shop.do(unit)
        except Exception as error:
            if not isinstance(error, EngineError | MemoryError):
                log.exception("%s failed", unit.label)
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
