"""The executor port: all that a run asks of the place where its units run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.errors import SpecError, unknown

if TYPE_CHECKING:
    from engine.train.plan import Curve, Done, Plan, Unit

EXECUTORS = ("local", "inline", "processes", "dask")


class Place(NamedTuple):
    """Where units run, and with what; none of it changes a number.

    Attributes
    ----------
    executor : {"local", "inline", "processes", "dask"}
        Threads of this process, one after another, processes of this machine, or
        the workers of a Dask cluster.
    jobs : int or None
        Units at a time; all cores this process may use when None.
    scheduler : str or None
        Address of a Dask scheduler; a cluster on this machine when None.
    cache : Path or None
        Folder of cached folds; they are kept in memory only when None.
    memory : int or None
        Bytes that the run may take; what the machine has free when None.
    """

    executor: str = "inline"
    jobs: int | None = None
    scheduler: str | None = None
    cache: Path | None = None
    memory: int | None = None


class Executor(Protocol):
    """A place where units of work run, `slots` of them at a time."""

    @property
    def slots(self) -> int:
        """Units to have submitted at a time."""
        ...

    @property
    def growing(self) -> Mapping[str, tuple[int, Curve]]:
        """Number and curve of the trial that grew last, by arm; for displays."""
        ...

    def submit(self, unit: Unit) -> Future[Done]:
        """Start a unit, or run it; the future holds its result or its error."""
        ...

    def forget(self, arm: str) -> None:
        """Hear that nothing more will be asked of an arm."""
        ...

    def close(self) -> None:
        """Start nothing more; units that run are ended or not waited for."""
        ...


def check(place: Place) -> None:
    """Refuse a place that cannot be.

    Raises
    ------
    SpecError
        If there is no such executor, `jobs` is below 1, or a scheduler is given to
        an executor that has none.
    """
    if place.executor not in EXECUTORS:
        raise unknown(f"no executor {place.executor!r}", EXECUTORS, field="executor")
    if place.jobs is not None and place.jobs < 1:
        raise SpecError(f"{place.jobs} jobs", "give at least 1", field="jobs")
    if place.memory is not None and place.memory < 1:
        raise SpecError(f"{place.memory} bytes of memory", "give more", field="memory")
    if place.scheduler is None:
        return
    if place.executor != "dask":
        raise SpecError(
            f"a scheduler, but the executor is {place.executor!r}",
            "give the executor 'dask' with a scheduler",
            field="executor",
        )
    if not place.scheduler.startswith(("tcp://", "tls://")):
        what = f"{place.scheduler!r} is no address of a Dask scheduler"
        raise SpecError(what, "give one such as tls://host:8786")


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
            from engine.execute.local import InlineExecutor

            return InlineExecutor(plan, place, tick, room)
        case "local":
            from engine.execute.local import LocalExecutor

            return LocalExecutor(plan, place, tick, room)
        case "processes":
            from engine.execute.processes import ProcessExecutor

            return ProcessExecutor(plan, place, room)
        case _:
            from engine.execute.dask import DaskExecutor

            return DaskExecutor(plan, place, room)
