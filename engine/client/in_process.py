"""Run requests of commands in their own process; heavy imports happen in the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.bundle.request import Predict, Predicted
    from engine.cancel import Progress
    from engine.client.explain import RunRequest, Shown
    from engine.export.request import ExportRequest, Planned, Written
    from engine.spec import ReadSpec


def answer(request: RunRequest, progress: Progress) -> Shown:
    """Answer a request about a run's errors without a service.

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
    from engine.data.handlers import ExplainHandler

    return ExplainHandler().answer(request, progress)


def plan_export(request: ExportRequest, progress: Progress) -> Planned:
    """Say what an export would write; see `engine.export.write.plan`."""
    from engine.export.write import plan

    return plan(request, progress)


def export(request: ExportRequest, progress: Progress) -> Written:
    """Export a run; see `engine.export.write.write`."""
    from engine.export.write import write

    return write(request, progress)


def predict(request: Predict, progress: Progress) -> Predicted:
    """Score a table; see `engine.bundle.scoring.predict`."""
    from engine.bundle.scoring import predict as scored

    return scored(request, progress)


def bundle_read_spec(bundle: str) -> ReadSpec:
    """Return how the table of a bundle's run was read.

    Raises
    ------
    DataError
        If it is no bundle.
    """
    from engine.bundle.archive import read

    return read(bundle).manifest.as_read()
