"""What controllers and jobs need of the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.app import App
from textual.screen import Screen

T = TypeVar("T")


class Host(App[None]):
    """Base of the app: what it does for its features."""

    def tell(self, text: str, title: str = "", *, problem: bool = False) -> None:
        """Show a short notice; both texts may be untrusted."""
        raise NotImplementedError

    def open_screen(
        self, screen: Screen[T], done: Callable[[T | None], None] | None = None
    ) -> None:
        """Put a screen on top and give it the session."""
        raise NotImplementedError

    def show(self, screen: Screen[None]) -> None:
        """Put a screen on top, unless one like it is there."""
        raise NotImplementedError

    def show_workbench(self) -> None:
        """Show the workbench."""
        raise NotImplementedError

    def run_ended(self, text: str) -> None:
        """Announce that a run has ended, unless the text is empty."""
        raise NotImplementedError

    def leave(self, answer: str | None) -> None:
        """Quit as the user answered, or stay."""
        raise NotImplementedError
