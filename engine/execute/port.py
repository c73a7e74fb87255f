"""The executor port: all that a run asks of the place where its units run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from engine.errors import SpecError

__all__ = ["EXECUTORS", "Executor", "make"]

EXECUTORS = ("inline", "local")


class Executor(Protocol):
    """A place where units of work run, `slots` of them at a time."""

    slots: int

    def submit(self, unit: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start a unit, or run it; the future holds its result or its error."""
        ...

    def close(self) -> None:
        """Start nothing more; units that run are not waited for."""
        ...


def make(name: str, *, jobs: int | None = None) -> Executor:
    """Return the executor of that name.

    Parameters
    ----------
    name : {"inline", "local"}
        Which one.
    jobs : int or None, default=None
        Units at a time; all cores this process may use when None.

    Raises
    ------
    SpecError
        If there is none of that name, or `jobs` is below 1.
    """
    if jobs is not None and jobs < 1:
        raise SpecError(f"{jobs} jobs", "give at least 1")
    match name:
        case "inline":
            from engine.execute.inline import InlineExecutor

            return InlineExecutor()
        case "local":
            from engine.execute.local import LocalExecutor

            return LocalExecutor(jobs)
        case _:
            raise SpecError(
                f"no executor {name!r}", f"choose one of: {', '.join(EXECUTORS)}"
            )
