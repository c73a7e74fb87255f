"""Questions about a run's mistakes, answered in this process: for commands.

Light until it is asked: what it takes to answer is imported then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from engine.client.explain import (
    Contributions,
    ErrorGroups,
    ErrorRows,
    Importance,
    Shown,
)

if TYPE_CHECKING:
    from engine.data.read.raw import Progress

__all__ = ["Asked", "answer"]

Asked: TypeAlias = ErrorRows | ErrorGroups | Importance | Contributions


def answer(request: Asked, progress: Progress) -> Shown:
    """Return the answer to a question, without a service.

    Parameters
    ----------
    request : ErrorRows, ErrorGroups, Importance or Contributions
    progress : callable
        Told where a long one is.

    Raises
    ------
    EngineError
        If it cannot be answered.
    """
    from engine.data.explain_desk import ExplainDesk

    return ExplainDesk().answer(request, progress)
