"""A Dask cluster: the way to it, and whether its workers can do a run.

Of a worker that is too small for a run Dask says nothing: it is paused, or ended and
started again without end. Here that is an error.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import distributed

from engine.core import seeds
from engine.core.errors import ClusterError, first_line
from engine.core.format import size
from engine.io.machine import release_memory

CONNECT_SECONDS = 15
ALONE_SECONDS = 60
"""How long a cluster may be without any worker that works."""
LOOK_SECONDS = 2.0
RESTARTS = 4
"""Times that a worker may be started again while no unit comes to its end."""
PAUSED, ENDED = 0.8, 0.95
"""Shares of its limit at which Dask gives a worker nothing more to do, and ends it."""
COPIES = 3
"""Times that a worker holds a plan while it receives it."""

SAME = "install the same versions on every worker and resume: numbers may differ else"
_LARGER = (
    "start workers with a larger memory limit or fewer threads, "
    "leave out most negatives, or read some of the columns or rows"
)
_SMALLER_FIELD = "data.thin data.read.columns data.read.rows"


class WorkerState(NamedTuple):
    """What a worker says of itself.

    Attributes
    ----------
    versions : dict of str to str
    held : int
        Bytes that its process takes.
    limit : int or None
        Bytes that it may take; None without a limit.
    threads : int
        Units that it runs at a time.
    """

    versions: dict[str, str]
    held: int
    limit: int | None
    threads: int

    @classmethod
    def of(cls, packages: tuple[str, ...], dask_worker: Any) -> WorkerState:
        """Return that of the worker in which this is called."""
        release_memory()  # of what it did before
        return cls(
            seeds.versions(packages),
            dask_worker.monitor.get_process_memory(),
            dask_worker.memory_manager.memory_limit or None,
            dask_worker.state.nthreads,
        )


def connect(scheduler: str) -> Any:
    """Return a client of a scheduler.

    Raises
    ------
    ClusterError
        If none answers.
    """
    try:
        return distributed.Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {scheduler}: {first_line(error)}",
            "start one (dask scheduler), or check the address and the certificates",
        ) from None


def ask(client: Any, expected: Mapping[str, str]) -> dict[str, WorkerState]:
    """Return what each worker says of itself, by its address.

    Parameters
    ----------
    client : distributed.Client
    expected : mapping of str to str
        The versions that all must have.

    Raises
    ------
    ClusterError
        If there is no worker, or one has no imbtui, or another version of something.
    """
    try:
        # One that is paused is none to Dask, and answers.
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        found: dict[str, WorkerState] = client.run(WorkerState.of, tuple(expected))
    except Exception as error:
        what = f"the Dask workers cannot run imbtui: {first_line(error)}"
        raise ClusterError(what, "install the same imbtui on every worker") from None
    if not found:
        raise ClusterError(
            "the Dask scheduler has no worker", "start some (dask worker ADDRESS)"
        )
    for worker, state in found.items():
        if other := others(expected, state.versions):
            raise ClusterError(f"the Dask worker {worker} runs {other}", SAME)
    return found


def others(expected: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return the versions that differ, as text."""
    return ", ".join(
        f"{name} {theirs.get(name)} (here {ours})"
        for name, ours in expected.items()
        if theirs.get(name) != ours
    )


def refuse_small(
    workers: Mapping[str, WorkerState], plan: int, units: Mapping[str, int]
) -> None:
    """Refuse workers that have no room for a plan and the largest of its units.

    Parameters
    ----------
    workers : mapping of str to WorkerState
        By address.
    plan : int
        Bytes of the rows and folds that each of them is sent.
    units : mapping of str to int
        Bytes of the largest unit of each arm.

    Raises
    ------
    ClusterError

    Examples
    --------
    >>> small = WorkerState({}, 250_000_000, 500_000_000, 1)
    >>> try:
    ...     refuse_small({"tcp://h:1": small}, 100_000_000, {"smote": 400_000_000})
    ... except ClusterError as error:
    ...     print(error.message)
    the Dask worker tcp://h:1 has a memory limit of 500 MB, and the run needs 789 MB: \
250 MB are taken, 100 MB are the rows, and 400 MB a unit of 'smote'; at 95 % Dask \
ends a worker
    """
    arm, unit = max(units.items(), key=lambda item: item[1])
    for address, worker in workers.items():
        needed = worker.held + max(COPIES * plan, plan + worker.threads * unit)
        if worker.limit is None or needed <= ENDED * worker.limit:
            continue
        each = f"each of {worker.threads} units" if worker.threads > 1 else "a unit"
        raise ClusterError(
            f"the Dask worker {address} has a memory limit of {size(worker.limit)}, "
            f"and the run needs {size(int(needed / ENDED))}: {size(worker.held)} are "
            f"taken, {size(plan)} are the rows, and {size(unit)} {each} of {arm!r}; at "
            f"{100 * ENDED:.0f} % Dask ends a worker",
            _LARGER,
            field=_SMALLER_FIELD,
        )


class Watch:
    """Tells when the workers of a cluster will not come to an end.

    Parameters
    ----------
    client : distributed.Client
    hosts : collection of str or None, default=None
        Where the workers are that count; anywhere when None.
    """

    def __init__(self, client: Any, hosts: Collection[str] | None = None) -> None:
        self._client = client
        self._hosts = hosts
        self._looked, self._threads = 0.0, 1
        self._well = time.monotonic()
        self._seen: dict[str, set[str]] = {}

    def note_end(self) -> None:
        """Note that something came to its end."""
        self._seen.clear()

    def threads(self) -> int:
        """Return the threads of all workers; looks now and then.

        Raises
        ------
        ClusterError
            If the scheduler is gone, or has been without a worker that works for too
            long; or if workers are started again and again, and nothing ends.
        """
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            try:
                known = self._client.sync(self._client.scheduler.identity)["workers"]
            except (OSError, TimeoutError) as error:
                raise gone_error(error) from None
            if self._hosts is not None:
                known = {a: w for a, w in known.items() if w["host"] in self._hosts}
            self._looked = now
            self._threads = sum(worker["nthreads"] for worker in known.values())
            self._refuse_idle(known, now)
            self._refuse_dying(known)
        return self._threads

    def _refuse_idle(self, known: Mapping[str, Any], now: float) -> None:
        """Refuse workers that do nothing, and are given nothing to do."""
        if not all(map(_is_stuck, known.values())):
            self._well = now
        elif now - self._well > ALONE_SECONDS:
            if not known:
                what = f"the Dask cluster has had no worker for {ALONE_SECONDS} s"
                raise ClusterError(what, "start some and resume the run")
            address, worker = next(iter(known.items()))
            raise ClusterError(
                f"Dask has paused every worker for want of memory, for {ALONE_SECONDS} "
                f"s: that at {address} has a limit of {size(worker['memory_limit'])}",
                _LARGER,
                field=_SMALLER_FIELD,
            )

    def _refuse_dying(self, known: Mapping[str, Any]) -> None:
        """Refuse workers that end again and again: what starts them does not tire."""
        for address, worker in known.items():
            if worker["nanny"]:
                self._seen.setdefault(worker["nanny"], set()).add(address)
        restarts = sum(len(addresses) - 1 for addresses in self._seen.values())
        if restarts > RESTARTS * len(self._seen):
            limits = [w["memory_limit"] for w in known.values() if w["memory_limit"]]
            small = f", of {size(min(limits))}," if limits else ""
            raise ClusterError(
                f"Dask's workers ended {restarts} times, and no unit came to its end: "
                f"their memory limit{small} may be too small for the rows",
                _LARGER,
                field=_SMALLER_FIELD,
            )


def _is_stuck(worker: Mapping[str, Any]) -> bool:
    counts = worker["metrics"].get("task_counts", {})
    return worker["status"] == "paused" and not counts.get("executing")


def gone_error(error: BaseException) -> ClusterError:
    """Return the error of a scheduler that does not answer any more."""
    what = f"the Dask scheduler is gone: {first_line(error)}"
    return ClusterError(what, "bring it back and resume the run")
