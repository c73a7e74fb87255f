"""The executor port: all that a run asks of the place where its units run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.core.execution import Place
from engine.train.plan import Executor

if TYPE_CHECKING:
    from engine.train.plan import Plan


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
