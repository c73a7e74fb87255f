"""Where a run executes: the executors that there are, and what they are given."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.core.errors import SpecError, unknown

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
