"""What the screens have in common."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen

from tui.session import Session

__all__ = ["HEIGHTS", "WIDTHS", "Dialog", "SessionScreen", "css_paths"]

WIDTHS = [(0, "-narrow"), (110, "-wide")]
"""Classes of a screen from these widths on."""
HEIGHTS = [(0, "-short"), (34, "-tall")]
"""Classes of a screen from these heights on."""

T = TypeVar("T")


class SessionScreen(Screen[T]):
    """A screen that the app keeps supplied with its session."""

    session: reactive[Session] = reactive(Session, init=False)
    """The newest session; never set it, post an intent instead."""


def css_paths(screen: type[Screen[Any]]) -> list[Path]:
    """Return the full paths of a screen's style files."""
    given = screen.CSS_PATH or []
    paths = given if isinstance(given, list) else [given]
    return [Path(inspect.getfile(screen)).parent / path for path in paths]


class Dialog(ModalScreen[T]):
    """A small screen above another; esc leaves it without an answer."""

    CSS_PATH: ClassVar = ["dialog.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_dialog", "close", key_display="esc"),
        Binding("ctrl+q", "app.leave", show=False),
        Binding("f5", "app.redraw", show=False),
        Binding("ctrl+z", "app.suspend_process", show=False),
    ]

    def action_dismiss_dialog(self) -> None:
        """Close it without an answer."""
        self.dismiss(None)
