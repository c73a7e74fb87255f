"""What the store tells about a run besides its events."""

from __future__ import annotations

import msgspec

from engine.spec import Experiment

__all__ = ["ENDED", "Run", "RunOptions"]

ENDED = ("done", "failed", "cancelled")


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is executed; none of it changes a number.

    `folder` is what a relative path in the experiment is relative to.
    """

    executor: str = "local"
    jobs: int | None = None
    folder: str | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A stored run.

    `status` is ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``, and
    ``interrupted`` if its process is gone without a last word. Times are seconds
    since 1970.
    """

    id: str
    number: int
    created: float
    experiment: Experiment
    options: RunOptions
    status: str
    pid: int | None = None
    finished: float | None = None
    cancel: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.status in (*ENDED, "interrupted")
