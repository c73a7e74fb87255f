"""Which panes the workbench mounts, in the order of the pipeline."""

from __future__ import annotations

from tui.panes.arms import ArmsPane
from tui.panes.base import Pane
from tui.panes.dataset import DatasetPane
from tui.panes.results import ResultsPane
from tui.panes.training import TrainingPane

__all__ = ["pane_types"]


def pane_types() -> tuple[type[Pane], ...]:
    """Return the panes in their order."""
    return (DatasetPane, ArmsPane, TrainingPane, ResultsPane)
