"""What the screens have in common."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen

from tui.session import Session

__all__ = ["HEIGHTS", "WIDTHS", "Dialog", "SessionScreen"]

WIDTHS = [(0, "-narrow"), (110, "-wide")]
"""Classes of a screen from these widths on."""
HEIGHTS = [(0, "-short"), (34, "-tall")]
"""Classes of a screen from these heights on."""

T = TypeVar("T")


class SessionScreen(Screen[T]):
    """A screen that the app keeps supplied with its session."""

    session: reactive[Session] = reactive(Session, init=False, repaint=False)
    """The newest session; never set it, post an intent instead."""


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
