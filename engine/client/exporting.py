"""Exports done in this process: for commands. Light until one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.export.asked import Asked, Planned, Written

if TYPE_CHECKING:
    from engine.data.read.raw import Progress

__all__ = ["export", "planned"]


def planned(asked: Asked, progress: Progress) -> Planned:
    """Say what an export would write; see `engine.export.write.plan`."""
    from engine.export.write import plan

    return plan(asked, progress)


def export(asked: Asked, progress: Progress) -> Written:
    """Export a run; see `engine.export.write.write`."""
    from engine.export.write import write

    return write(asked, progress)
