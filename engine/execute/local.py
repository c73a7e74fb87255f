"""The executor port, and the executors of this process: in turn, or in threads.

XGBoost and the samplers let go of Python's lock in their native code, and the
threads share one copy of every matrix. A trial's folds grow side by side where a
core is idle. The process itself is a child of whoever asked for the run, and is
killed on cancel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

from engine.core.errors import CancelledError, ClusterError
from engine.core.execution import Place
from engine.data.array_cache import ArrayCache
from engine.data.readers.columnar import Workers
from engine.io import logs
from engine.io.machine import cores
from engine.train.growth import Spread, in_turn
from engine.train.plan import Curve, Executor, Plan, Unit, UnitResult
from engine.train.worker import Worker


def make(
    place: Place, plan: Plan, tick: Callable[[], None], *, room: int | None = None
) -> Executor:
    """Return an executor that is ready for the units of a plan.

    Parameters
    ----------
    place : Place
        Which one, checked.
    plan : Plan
        What the units belong to.
    tick : callable
        Called often from every unit of this process; raises to end it.
    room : int or None, default=None
        Bytes of matrices to keep between units.

    Raises
    ------
    EngineError
        If it cannot be reached, or does not fit this program.
    """
    match place.executor:
        case "inline":
            return InlineExecutor(plan, place, tick, room)
        case "local":
            return LocalExecutor(plan, place, tick, room)
        case "processes":
            from engine.execute.processes import ProcessExecutor

            return ProcessExecutor(plan, place, room)
        case _:
            _check_installed()
            from engine.execute.dask import DaskExecutor

            return DaskExecutor(plan, place, room)


def make_reader(place: Place) -> AbstractContextManager[Workers | None]:
    """Return who reads the parts of a large file, inside a ``with`` block.

    Parameters
    ----------
    place : Place
        Where units run: the workers of a cluster that is there read them too.

    Returns
    -------
    context manager
        Of None where nobody else does.
    """
    if place.scheduler is None:
        return nullcontext()
    _check_installed()
    from engine.execute.parts import ClusterReader

    return ClusterReader(place.scheduler)


def _check_installed() -> None:
    if find_spec("distributed") is None:
        what = "the executor dask needs the package distributed"
        raise ClusterError(what, "install it: pip install 'imbtui[dask]'")


class InlineExecutor:
    """Runs a unit at once; the plainest executor, and the others' oracle."""

    slots = 1

    def __init__(
        self,
        plan: Plan,
        place: Place,
        tick: Callable[[], None],
        room: int | None,
        spread: Spread = in_turn,
    ) -> None:
        self.growing: dict[str, tuple[int, Curve]] = {}
        self._shop = Worker(
            plan,
            tick=tick,
            look=self._look,
            spread=spread,
            cache=ArrayCache(place.cache) if place.cache else None,
            room=room,
        )

    def submit(self, unit: Unit) -> Future[UnitResult]:
        """Run a unit and return its finished future."""
        future: Future[UnitResult] = Future()
        try:
            future.set_result(self._shop.do(unit))
        except Exception as error:  # a unit's error belongs to its future
            future.set_exception(error)
        return future

    def forget(self, arm: str) -> None:
        """Let go of the arm's matrices."""
        self._shop.forget(arm)

    def close(self) -> None:
        """Nothing is left running."""

    def _look(self, arm: str, number: int, curve: Curve) -> None:
        self.growing[arm] = (number, curve)


class LocalExecutor(InlineExecutor):
    """Runs units in threads."""

    def __init__(
        self, plan: Plan, place: Place, tick: Callable[[], None], room: int | None
    ) -> None:
        self.slots = place.jobs or cores()
        self._pool = ThreadPoolExecutor(self.slots, thread_name_prefix="unit")
        self._helpers = ThreadPoolExecutor(self.slots, thread_name_prefix="fold")
        self._cores = threading.Semaphore(self.slots)
        self._waiting = 0
        self._closed = False
        self._tick = tick
        self._guard = threading.Lock()
        super().__init__(plan, place, self._still_wanted, room, self._spread)

    def submit(self, unit: Unit) -> Future[UnitResult]:
        """Start a unit as soon as a thread is free."""
        return self._pool.submit(self._do, unit)

    def close(self) -> None:
        """Drop what has not started; running units end at their next tick."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._helpers.shutdown(wait=False, cancel_futures=True)

    def _do(self, unit: Unit) -> UnitResult:
        with self._guard:
            self._waiting += 1
        with self._cores:
            with self._guard:
                self._waiting -= 1
            return self._shop.do(unit)

    def _still_wanted(self) -> None:
        """End a unit that nobody waits for any more."""
        if self._closed:
            raise CancelledError("the run was left")
        self._tick()

    def _spread(self, things: Sequence[Callable[[], Any]]) -> list[Any]:
        """Do things in this thread, with the help of every core that is idle.

        A helper goes when a unit waits for its core: there are never more things
        under way than slots.
        """
        results: list[Any] = [None] * len(things)
        left = iter(range(len(things)))
        guard = threading.Lock()

        def work(stop: Callable[[], bool]) -> None:
            while not stop():
                with guard:
                    number = next(left, None)
                if number is None:
                    return
                results[number] = things[number]()

        texts = logs.current()

        def help_out() -> None:
            try:
                with logs.sharing(texts):
                    work(lambda: self._waiting > 0)
            finally:
                self._cores.release()

        helpers: list[Future[None]] = []
        for _ in range(len(things) - 1):
            if self._waiting or not self._cores.acquire(blocking=False):
                break
            try:
                helpers.append(self._helpers.submit(help_out))
            except RuntimeError:  # closed meanwhile: the next tick ends the unit
                self._cores.release()
                break
        try:
            work(lambda: False)
        finally:
            errors = [error for h in helpers if (error := _error(h)) is not None]
        if errors:
            raise errors[0]
        return results


def _error(helper: Future[None]) -> BaseException | None:
    """Wait for a helper; one that was cancelled before it began did nothing."""
    try:
        return helper.exception()
    except futures.CancelledError:
        return CancelledError("the run was left")
