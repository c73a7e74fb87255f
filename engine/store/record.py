"""What the store tells about a run besides its events."""

from __future__ import annotations

import msgspec

from engine.errors import StoreError
from engine.spec import Arm, DataSpec, Experiment

__all__ = ["ENDED", "UNKNOWN", "Run", "RunOptions", "unreadable"]

ENDED = ("done", "failed", "cancelled")

UNKNOWN = Experiment(data=DataSpec(source="?"), arms=(Arm(name="none"),))
"""Stands for an experiment that cannot be read."""


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is executed; none of it changes a number.

    `folder` is what a relative path in the experiment is relative to; the other
    fields are those of `engine.execute.port.Place`, but for `cache`: whether prepared
    folds are kept, in the store's folder.
    """

    executor: str = "local"
    jobs: int | None = None
    scheduler: str | None = None
    cache: bool = True
    memory: int | None = None
    folder: str | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A stored run.

    `status` is ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``, and
    ``interrupted`` if its process is gone without a last word; ``unreadable`` if
    another version wrote it. `queued` is when its process was last asked for.
    Times are seconds since 1970.
    """

    id: str
    number: int
    created: float
    experiment: Experiment
    options: RunOptions
    status: str
    queued: float = 0.0
    pid: int | None = None
    finished: float | None = None
    cancel: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.status in (*ENDED, "interrupted", "unreadable")


def unreadable(run_id: str) -> StoreError:
    """Return the error of a run that another version wrote."""
    return StoreError(
        f"run {run_id} was written by another version of imbtui",
        f"use that version, or imbtui delete {run_id}",
    )
