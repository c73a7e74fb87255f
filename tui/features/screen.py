"""What the screens have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.features.commands import Command, bindings, register, works
from tui.features.session import Session
from tui.terminal.safe_text import content
from tui.widgets.field import Form

DIALOG_STYLE = Path(__file__).with_name("dialog.tcss")
"""The style that all dialogs share."""


WIDTHS = [(0, "-narrow"), (110, "-wide")]
"""Classes of a screen from these widths on."""
HEIGHTS = [(0, "-short"), (34, "-tall")]
"""Classes of a screen from these heights on."""

T = TypeVar("T")


def differ(before: Session, session: Session, *names: str) -> bool:
    """Tell whether any of these fields of a session is another one now."""
    return any(getattr(before, n) is not getattr(session, n) for n in names)


class SessionScreen(Screen[T]):
    """A screen that the app keeps supplied with its session."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = ()
    """What can be done here; the actions are methods of the same class."""
    PARTS: ClassVar[tuple[str, ...]] = ()
    """Fields of the session that are drawn here."""

    session: reactive[Session] = reactive(Session, init=False, repaint=False)
    """The newest session; never set it, post an intent instead."""

    def __init_subclass__(cls, **options: Any) -> None:
        own = cls.__dict__.get("COMMANDS_HERE")
        if own:
            register(own)
            cls.BINDINGS = [*bindings(own), *cls.__dict__.get("BINDINGS", ())]
        super().__init_subclass__(**options)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        return works(action, parameters, self.COMMANDS_HERE, self.session)

    def watch_session(self, before: Session, session: Session) -> None:
        """Show news."""
        if self.is_mounted and differ(before, session, *self.PARTS):
            self.draw()
            self.refresh_bindings()

    def draw(self) -> None:
        """Show what is known."""

    def action_close(self) -> None:
        """Go back, if there is something to go back to."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()


class Dialog(ModalScreen[T]):
    """A small screen above another; esc leaves it without an answer."""

    CSS_PATH: ClassVar = [DIALOG_STYLE]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_dialog", "close", key_display="esc"),
        Binding("ctrl+q", "app.leave", show=False),
        Binding("f5", "app.redraw", show=False),
        Binding("ctrl+z", "app.suspend_process", show=False),
    ]

    LOOK: ClassVar = "dialog"
    CLOSES: ClassVar = "esc closes"
    heading = ""
    hint = ""
    """The last line; constant text."""

    def compose(self) -> ComposeResult:
        """Lay out the frame and what is in it."""
        with Vertical(classes=self.LOOK) as box:
            box.border_title = content(self.heading)
            box.border_subtitle = Content(self.CLOSES)
            yield from self.compose_body()
            if self.hint:
                yield Static(self.hint, classes="dialog-hint", markup=False)

    def compose_body(self) -> ComposeResult:
        """Yield what is in the frame."""
        yield from ()

    @on(Form.Left)
    def action_dismiss_dialog(self) -> None:
        """Close it without an answer."""
        self.dismiss(None)


class TooSmall(Dialog[None]):
    """Says how much room is needed; goes away by itself when it is there."""

    def compose(self) -> ComposeResult:
        """Lay out one text."""
        yield Static()

    def on_resize(self) -> None:
        """Say how large the terminal is now."""
        width, height = self.app.size
        self.query_one(Static).update(
            Content(
                f"too small: {width} × {height}\nimbtui needs 60 × 18\n"
                "an active run continues"
            )
        )

    def action_dismiss_dialog(self) -> None:
        """Stay until there is room."""
