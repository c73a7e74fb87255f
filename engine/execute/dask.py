"""Units run by the workers of a Dask cluster, here or on other machines.

Folds that a sampler prepares are keyed tasks, so one that is lost with its worker is
made again; a worker fetches each when it makes its matrix, and holds no others. What no
sampler changes each worker makes of the plan, which goes to every worker once, to those
that come later too. A worker that dies costs the units it had: the scheduler gives them
to another. Workers of our own write nothing to a disk.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import dask
import distributed
from dask.sizeof import sizeof
from distributed.comm import CommClosedError
from distributed.utils import sync
from distributed.utils_comm import gather_from_workers

from engine.core import seeds
from engine.core.errors import ClusterError, first_line
from engine.core.events import FoldPrepared
from engine.core.execution import Place
from engine.core.methods.grammar import Arm
from engine.core.state import FINAL_FOLD
from engine.execute.cluster import (
    PAUSED,
    SAME,
    Watch,
    ask,
    connect,
    gone_error,
    others,
    refuse_small,
)
from engine.execute.processes import ATTEMPTS, lost_error
from engine.execute.slim import slim
from engine.io import logs
from engine.io.machine import cores, release_memory
from engine.train.plan import Curve, Plan, Sharing, Unit, UnitResult
from engine.train.prepare import PreparedFold
from engine.train.schedule import Limit
from engine.train.worker import Worker, event_for

LEAVE_SECONDS = 2
LOOK_SECONDS = 0.25
FETCH_SECONDS = 60
"""How long a worker waits for a fold that another has, before it prepares its own."""

_PRIVATE: dict[str, object] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
}
"""A cluster of our own serves no web page, and writes no row to a disk. It talks TLS:
whoever reaches a scheduler can run code as the user who started it."""

_shops: dict[str, _Shop] = {}
"""In a worker: what it does units with, by run."""
_refused: dict[str, str] = {}
"""In a worker: why it does no units, by run."""


class DaskExecutor:
    """Runs units on a cluster: that of a scheduler, or one of this machine's own.

    Parameters
    ----------
    plan : Plan
    place : Place
        `scheduler` is ``tcp://…`` or ``tls://…``; certificates for the latter come
        from Dask's own configuration. `jobs` limits the units at a time.
    room : int or None
        Bytes of matrices that a worker keeps between units.

    Raises
    ------
    ClusterError
        If no scheduler answers, or a worker runs other versions or is too small.
    """

    def __init__(self, plan: Plan, place: Place, room: int | None) -> None:
        self.growing: dict[str, tuple[int, Curve]] = {}
        self._plan = plan
        self._jobs = place.jobs
        self._key = f"imbtui-{uuid.uuid4().hex[:12]}"
        self._own: Any = None
        self._client: Any = None
        self._folds: dict[tuple[str, int], tuple[Any, Any]] = {}
        self._sharing = Sharing(plan)
        self._guard = threading.Lock()
        if room is not None and place.scheduler is None:
            room //= place.jobs or cores()
        try:
            self._client = self._connect(place)
            workers = ask(self._client, plan.versions)
            opening = _Opening(self._key, slim(plan), room)
            refuse_small(workers, opening.size, _largest(plan))
            self._watch = Watch(self._client)
            self._client.subscribe_topic(self._key, self._grow)
            # Of a worker that is lost meanwhile the next one is sent the plan.
            with suppress(CommClosedError):
                self._client.register_plugin(opening)
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> int:
        """The workers' threads, and one unit more for each to have at hand.

        Raises
        ------
        ClusterError
            If the workers will not come to an end.
        """
        threads = self._watch.threads()
        return self._jobs or 2 * max(1, threads)

    def submit(self, unit: Unit) -> Future[UnitResult]:
        """Send a unit, and the folds that it needs before it."""
        plan = self._plan
        if unit.kind == "prepare":
            _, task = self._fold_tasks(unit, unit.number)
            return self._answer(unit, task, lambda facts: self._to_done(unit, facts))
        folds = range(len(plan.folds)) if unit.kind == "trial" else plan.all_folds[-1:]
        tasks = {fold: self._fold_tasks(unit, fold) for fold in folds}
        task = self._client.submit(
            _do,
            self._key,
            unit,
            {fold: rows.key for fold, (rows, _) in tasks.items() if rows is not None},
            *(facts for _, facts in tasks.values()),
            pure=False,
        )
        return self._answer(unit, task, lambda done: done)

    def forget(self, arm: str) -> None:
        """Let go of the arm's folds, unless another arm shares them."""
        with self._guard:
            free = self._sharing.forget(arm)
            for key in [k for k in self._folds if k[0] in free]:
                del self._folds[key]

    def close(self) -> None:
        """End the units that run, at their next round or at once, and leave.

        The workers of a cluster of our own are killed, whatever they are in.
        """
        if self._own is not None:
            self._kill()
        elif self._client is not None:
            # A worker that does not answer must not hold up a cancel.
            leaving = threading.Thread(target=self._leave, daemon=True)
            leaving.start()
            leaving.join(LEAVE_SECONDS)
        with suppress(Exception):
            self._client.close(timeout=2)
        if self._own is not None:
            with suppress(Exception):
                self._own.close(timeout=2)

    def _leave(self) -> None:
        with suppress(Exception):
            self._client.unregister_worker_plugin(self._key)

    def _kill(self) -> None:
        for nanny in self._own.workers.values():
            nanny.auto_restart = False
            with suppress(OSError, TypeError):  # it is gone, or not there yet
                os.kill(nanny.pid, signal.SIGKILL)

    def _connect(self, place: Place) -> Any:
        if place.scheduler is None:
            return self._connect_own(place.jobs or cores())
        return connect(place.scheduler)

    def _connect_own(self, workers: int) -> Any:
        try:
            with dask.config.set(_PRIVATE):
                self._own = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    security=True,
                    preload=["engine.io.machine"],
                )
                return distributed.Client(self._own)
        except (OSError, RuntimeError, ImportError) as error:
            raise ClusterError(
                f"no Dask cluster can be started here: {first_line(error)}",
                "use the executor 'local', or give the address of a scheduler",
                field="executor scheduler",
            ) from None

    def _fold_tasks(self, unit: Unit, fold: int) -> tuple[Any, Any]:
        """Return the tasks that prepare an arm's fold, and tell of it; one per content.

        The first is None where no sampler changes the rows.
        """
        plan, arm = self._plan, self._plan.variant(unit.arm, unit.setting)
        key = (plan.rows_of(arm), fold)
        with self._guard:
            self._sharing.claim(arm)
            if key not in self._folds:
                name = f"{self._key}-fold-{plan.treatment_key(arm, fold)}"
                told, rows = f"{self._key}-facts-{name[-64:]}", None
                given = (self._key, arm, fold)
                if arm.steps:
                    rows = self._client.submit(_rows, *given, key=name)
                    facts = self._client.submit(_facts, rows, key=told)
                else:
                    facts = self._client.submit(_facts_alone, *given, key=told)
                self._folds[key] = (rows, facts)
            return self._folds[key]

    def _to_done(self, unit: Unit, facts: FoldPrepared) -> UnitResult:
        return UnitResult(event_for(self._plan, unit, facts))

    def _answer(
        self, unit: Unit, task: Any, make: Callable[[Any], UnitResult]
    ) -> Future[UnitResult]:
        """Return a future of the standard library for one of Dask's."""
        answer: Future[UnitResult] = Future()

        def settle(task: Any) -> None:
            self._watch.note_end()
            try:
                done = make(task.result())
            except distributed.KilledWorker:
                answer.set_exception(lost_error(unit, ATTEMPTS + 1))
            except (futures.CancelledError, CommClosedError) as error:
                # The connection broke: no fault of the arm, and a run can go on.
                answer.set_exception(gone_error(error))
            except BaseException as error:
                answer.set_exception(error)
            else:
                answer.set_result(done)

        task.add_done_callback(settle)
        return answer

    def _grow(self, event: Any) -> None:
        _, (arm, number, curve) = event
        self.growing[arm] = (number, tuple((r, v) for r, v in curve))


class _Shop:
    """What one worker does the units of one run with."""

    def __init__(self, worker: Any, key: str, plan: Plan, room: int | None) -> None:
        self._worker, self._key = worker, key
        self._spoken: dict[str, tuple[int, float]] = {}
        self.stopped = False
        self.shop = Worker(plan, tick=self._tick, look=self._look, room=room)

    def _tick(self) -> None:
        if self.stopped:
            raise RuntimeError("the run was ended")

    def _look(self, arm: str, number: int, curve: Curve) -> None:
        last, when = self._spoken.get(arm, (-1, 0.0))
        if number != last or time.monotonic() - when >= LOOK_SECONDS:
            self._spoken[arm] = number, time.monotonic()
            self._worker.log_event(self._key, (arm, number, curve))


class _Opening(distributed.WorkerPlugin):  # type: ignore[misc]  # untyped
    """Brings the plan to every worker, and takes it away."""

    def __init__(self, key: str, plan: Plan, room: int | None) -> None:
        self.name = key
        self._opening = pickle.dumps((plan, room))
        self.size = len(self._opening)

    def setup(self, worker: Any) -> None:
        """Make the worker ready for the run's units, or remember why it is not."""
        logs.route_warnings()
        (plan, room), self._opening = pickle.loads(self._opening), b""
        release_memory()
        theirs = seeds.versions(plan.versions)
        if other := others(plan.versions, theirs):
            _refused[self.name] = f"the Dask worker {worker.address} runs {other}"
            return
        limit = worker.memory_manager.memory_limit
        if room is None and limit:
            free = PAUSED * limit - worker.monitor.get_process_memory()
            room = max(0, int(free / 3))
        _shops[self.name] = _Shop(worker, self.name, plan, room)

    def teardown(self, worker: Any) -> None:
        """Let go of all that the run left in the worker."""
        if (shop := _shops.pop(self.name, None)) is not None:
            shop.stopped = True
        _refused.pop(self.name, None)
        if not _shops:
            logs.show_warnings()


def _rows(key: str, arm: Arm, fold: int) -> PreparedFold:
    rows = _of(key).rows(arm, fold)
    release_memory()
    return rows


def _facts(rows: PreparedFold) -> FoldPrepared:
    return rows.event


def _facts_alone(key: str, arm: Arm, fold: int) -> FoldPrepared:
    return _rows(key, arm, fold).event


def _do(
    key: str, unit: Unit, folds: dict[int, str], *prepared: FoldPrepared
) -> UnitResult:
    return _of(key).do(unit, _Elsewhere(folds))


class _Elsewhere(Mapping[int, PreparedFold]):
    """Folds by the names of their tasks, each fetched when it is asked for."""

    def __init__(self, tasks: dict[int, str]) -> None:
        self._tasks = tasks

    def __getitem__(self, fold: int) -> PreparedFold:
        worker, task = distributed.get_worker(), self._tasks[fold]

        async def fetch() -> Any:
            if task in worker.data:
                return worker.data[task]
            places = await worker.scheduler.who_has(keys=[task])
            found, *_ = await gather_from_workers(places, rpc=worker.rpc)
            return found.get(task)

        rows: PreparedFold | None = None
        with suppress(TimeoutError):
            rows = sync(worker.loop, fetch, callback_timeout=FETCH_SECONDS)
        if rows is None:  # it was lost with its worker
            raise KeyError(fold)
        return rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


@sizeof.register(PreparedFold)  # type: ignore[untyped-decorator,no-untyped-call]
def _size(rows: PreparedFold) -> int:
    """Return the bytes of a fold, by which Dask decides what to write to its disk."""
    arrays = (rows.X, rows.y, rows.validation, rows.weights)
    return sum(array.nbytes for array in arrays if array is not None)


def _of(key: str) -> Worker:
    if key not in _shops:
        raise ClusterError(
            _refused.get(key, "a Dask worker was not made ready for the run"), SAME
        )
    return _shops[key].shop


def _largest(plan: Plan) -> dict[str, int]:
    """Return the bytes of the largest unit of each arm."""
    limit = Limit(plan, None)
    units = {
        arm.name: (Unit("prepare", arm.name, FINAL_FOLD), Unit("trial", arm.name, 0))
        for arm in plan.experiment.arms
    }
    return {name: max(map(limit.estimate, both)) for name, both in units.items()}
