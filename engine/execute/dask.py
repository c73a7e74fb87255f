"""Units run by the workers of a Dask cluster, here or on other machines.

Prepared folds are keyed tasks, so a fold that is lost with its worker is made again,
and trials depend on them. The plan goes to every worker once, to those that come
later too. A worker that dies costs the units it had: the scheduler gives them to
another. Workers of our own write nothing to a disk.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import uuid
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from engine.core import seeds
from engine.core.errors import ClusterError, first_line
from engine.core.events import FoldPrepared
from engine.core.execution import Place
from engine.core.methods.grammar import Arm
from engine.execute.processes import ATTEMPTS, lost_error
from engine.io import logs
from engine.io.machine import cores
from engine.train.plan import Curve, Plan, Sharing, Unit, UnitResult
from engine.train.prepare import PreparedFold
from engine.train.worker import Worker, event_for

try:
    import dask
    import distributed
    from distributed.comm import CommClosedError
except ImportError:
    what = "the executor dask needs the package distributed"
    raise ClusterError(what, "install it: pip install 'imbtui[dask]'") from None

CONNECT_SECONDS = 15
ALONE_SECONDS = 60
"""How long a cluster may be without any worker."""
LEAVE_SECONDS = 2
LOOK_SECONDS = 0.25
SLOTS_SECONDS = 2.0

_PRIVATE: dict[str, object] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
}
"""A cluster of our own serves no web page, and writes no row to a disk. It talks TLS:
whoever reaches a scheduler can run code as the user who started it."""

_SAME = "install the same versions on every worker and resume: numbers may differ else"

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
        If no scheduler answers, or a worker runs other versions.
    """

    def __init__(self, plan: Plan, place: Place, room: int | None) -> None:
        self.growing: dict[str, tuple[int, Curve]] = {}
        self._plan = plan
        self._jobs = place.jobs
        self._key = f"imbtui-{uuid.uuid4().hex[:12]}"
        self._own: Any = None
        self._client: Any = None
        self._rows: dict[tuple[str, int], Any] = {}
        self._sharing = Sharing(plan)
        self._guard = threading.Lock()
        self._looked, self._found = 0.0, 1
        self._peopled = time.monotonic()
        if room is not None and place.scheduler is None:
            room //= place.jobs or cores()
        try:
            self._client = self._connect(place)
            _refuse_others(self._client, plan.versions)
            self._client.subscribe_topic(self._key, self._grow)
            self._client.register_plugin(_Opening(self._key, plan, room))
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> int:
        """The workers' threads, and one unit more for each to have at hand.

        Raises
        ------
        ClusterError
            If the scheduler is gone, or has been without a worker for too long.
        """
        if time.monotonic() - self._looked > SLOTS_SECONDS:
            try:
                self._found = sum(self._client.nthreads().values())
            except (OSError, TimeoutError) as error:
                raise _gone_error(error) from None
            self._looked = time.monotonic()
        if self._found:
            self._peopled = time.monotonic()
        elif time.monotonic() - self._peopled > ALONE_SECONDS:
            what = f"the Dask cluster has had no worker for {ALONE_SECONDS} s"
            raise ClusterError(what, "start some and resume the run")
        return self._jobs or 2 * max(1, self._found)

    def submit(self, unit: Unit) -> Future[UnitResult]:
        """Send a unit, and the folds that it needs before it."""
        plan = self._plan
        if unit.kind == "prepare":
            task = self._client.submit(
                _facts, self._fold_task(unit, unit.number), pure=False
            )
            return self._answer(unit, task, lambda facts: self._to_done(unit, facts))
        folds = range(len(plan.folds)) if unit.kind == "trial" else plan.all_folds[-1:]
        task = self._client.submit(
            _do,
            self._key,
            unit,
            tuple(folds),
            *(self._fold_task(unit, fold) for fold in folds),
            pure=False,
        )
        return self._answer(unit, task, lambda done: done)

    def forget(self, arm: str) -> None:
        """Let go of the arm's folds, unless another arm shares them."""
        with self._guard:
            free = self._sharing.forget(arm)
            for key in [k for k in self._rows if k[0] in free]:
                del self._rows[key]

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
        try:
            return distributed.Client(place.scheduler, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {place.scheduler}: {first_line(error)}",
                "start one (dask scheduler), or check the address and the certificates",
            ) from None

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

    def _fold_task(self, unit: Unit, fold: int) -> Any:
        """Return the task that prepares an arm's fold; there is one per content."""
        plan, arm = self._plan, self._plan.variant(unit.arm, unit.setting)
        key = (plan.rows_of(arm), fold)
        with self._guard:
            self._sharing.claim(arm)
            if key not in self._rows:
                self._rows[key] = self._client.submit(
                    _rows,
                    self._key,
                    arm,
                    fold,
                    key=f"{self._key}-fold-{plan.treatment_key(arm, fold)}",
                )
            return self._rows[key]

    def _to_done(self, unit: Unit, facts: FoldPrepared) -> UnitResult:
        return UnitResult(event_for(self._plan, unit, facts))

    def _answer(
        self, unit: Unit, task: Any, make: Callable[[Any], UnitResult]
    ) -> Future[UnitResult]:
        """Return a future of the standard library for one of Dask's."""
        answer: Future[UnitResult] = Future()

        def settle(task: Any) -> None:
            try:
                done = make(task.result())
            except distributed.KilledWorker:
                answer.set_exception(lost_error(unit, ATTEMPTS + 1))
            except (futures.CancelledError, CommClosedError) as error:
                # The connection broke: no fault of the arm, and a run can go on.
                answer.set_exception(_gone_error(error))
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

    def setup(self, worker: Any) -> None:
        """Make the worker ready for the run's units, or remember why it is not."""
        logs.route_warnings()
        plan, room = pickle.loads(self._opening)
        theirs = seeds.versions(plan.versions)
        if other := _others(plan.versions, theirs):
            _refused[self.name] = f"the Dask worker {worker.address} runs {other}"
            return
        _shops[self.name] = _Shop(worker, self.name, plan, room)

    def teardown(self, worker: Any) -> None:
        """Let go of all that the run left in the worker."""
        if (shop := _shops.pop(self.name, None)) is not None:
            shop.stopped = True
        _refused.pop(self.name, None)
        if not _shops:
            logs.show_warnings()


def _rows(key: str, arm: Arm, fold: int) -> PreparedFold:
    return _of(key).rows(arm, fold)


def _facts(rows: PreparedFold) -> FoldPrepared:
    return rows.event


def _do(
    key: str, unit: Unit, folds: tuple[int, ...], *rows: PreparedFold
) -> UnitResult:
    return _of(key).do(unit, dict(zip(folds, rows, strict=True)))


def _of(key: str) -> Worker:
    if key not in _shops:
        raise ClusterError(
            _refused.get(key, "a Dask worker was not made ready for the run"), _SAME
        )
    return _shops[key].shop


def _refuse_others(client: Any, expected: dict[str, str]) -> None:
    """Refuse a cluster whose workers would count otherwise.

    Raises
    ------
    ClusterError
        If a worker has no imbtui, or another version of something.
    """
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        found = client.run(seeds.versions, tuple(expected))
    except TimeoutError:
        raise ClusterError(
            "the Dask scheduler has no worker", "start some (dask worker ADDRESS)"
        ) from None
    except Exception as error:
        what = f"the Dask workers cannot run imbtui: {first_line(error)}"
        raise ClusterError(what, "install the same imbtui on every worker") from None
    for worker, theirs in found.items():
        if other := _others(expected, theirs):
            raise ClusterError(f"the Dask worker {worker} runs {other}", _SAME)


def _others(expected: dict[str, str], theirs: dict[str, str]) -> str:
    """Return the versions that differ, as text."""
    return ", ".join(
        f"{name} {theirs.get(name)} (here {ours})"
        for name, ours in expected.items()
        if theirs.get(name) != ours
    )


def _gone_error(error: BaseException) -> ClusterError:
    what = f"the Dask scheduler is gone: {first_line(error)}"
    return ClusterError(what, "bring it back and resume the run")
