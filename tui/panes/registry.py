"""Which panes the workbench mounts."""

from __future__ import annotations

import importlib

from tui.panes.base import Pane
from tui.panes.stand_in import stand_in
from tui.session import PANES, PaneId

__all__ = ["pane_types"]


def pane_types() -> tuple[type[Pane], ...]:
    """Return the panes in their order."""
    return tuple(_find(name) for name in PANES)


def _find(name: PaneId) -> type[Pane]:
    try:
        module = importlib.import_module(f"tui.panes.{name}")
    except ModuleNotFoundError:
        return stand_in(name)
    found: type[Pane] = getattr(module, f"{name.title()}Pane")
    return found
