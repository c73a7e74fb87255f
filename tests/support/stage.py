"""One app for a module, and a new screen for each look: a tenth of a boot.

::

    def test_it(panes):  # the fixture of tests/unit/tui/features/conftest.py
        async def use(app, pilot):
            await press(pilot, "enter")
            assert app.posted(say.RunRequested)

        panes.run(use, TrainingPane, session, size=(80, 24))

Nothing that a pane, its picture or a widget remembers is there for the next look. After
a test that fails the next one boots another app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import on
from textual.app import App, ComposeResult
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tests.support.fakes import (
    FakeRuns,
    FakeService,
    PaneApp,
    PaneScreen,
    loaded,
    settle,
)
from tests.support.harness import Harness, Use
from tui.app.dispatch import Dispatcher
from tui.features import DatasetPane, Pane, SessionScreen, SessionWidget
from tui.features import messages as say
from tui.features.jobs import Jobs
from tui.features.mail import JobMessage
from tui.features.session import Session

__all__ = ["Panes", "Stage", "Widgets"]


class Stage:
    """An app, booted at its first use, that shows one screen after the other."""

    def __init__(self, make: Callable[[], App[Any]]) -> None:
        self._make = make
        self._harness: Harness | None = None

    def play(self, use: Use, size: tuple[int, int], begin: Use) -> Any:
        """Give the app a size, let it begin, then let a test use it; return the app."""
        if self._harness is None:
            self._harness = Harness(self._make(), size).__enter__()
        made = self._harness.app

        async def go(_: Any, pilot: Any) -> None:
            made.workers.cancel_all()
            if tuple(made.size) != size:
                await pilot.resize_terminal(*size)
            await begin(made, pilot)
            await settle(pilot)
            await use(made, pilot)

        try:
            self._harness.do(go)
        except BaseException:
            self.close()
            raise
        return made

    @property
    def text(self) -> str:
        """What is on the screen."""
        assert self._harness is not None
        return self._harness.text()

    def close(self) -> None:
        """End the app; the next use boots another."""
        harness, self._harness = self._harness, None
        if harness is not None:
            harness.__exit__()


class Bare(App[None]):
    """An app with nothing on its first screen; what it is asked for is on the top one.

    What is kept of messages is in `kept`, and forgotten before each look.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kept: list[Message] = []
        self.animation_level = "none"

    def get_default_screen(self) -> Screen[Any]:
        return Screen()

    def _get_dom_base(self) -> DOMNode:
        return self.screen


async def clear(made: App[Any], pilot: Any) -> None:
    """Take everything from the stage."""
    while len(made.screen_stack) > 1:
        await made.pop_screen()
    await settle(pilot)


async def _rest(*_: Any) -> None:
    """Do nothing: what is seen is enough."""


class _PaneHandlers(Dispatcher):
    """The app's handlers, which hand sessions to a pane and its picture."""

    def change(self, session: Session) -> None:
        super().change(session)
        self.app.give(session)


class _Panes(Bare, PaneApp):
    """An app for panes, with handlers if they are wanted."""

    handlers: _PaneHandlers | None = None
    fake_service: FakeService

    def give(self, session: Session) -> None:
        self.session = session
        if self.handlers is not None:
            self.handlers.session = session
        for screen in self.screen_stack:
            if isinstance(screen, PaneScreen):
                for widget in screen.query(SessionWidget):
                    if not hasattr(widget, "NAME") or widget.display:
                        widget.session = session

    def work(self, service: FakeService | None) -> None:
        """Put handlers with this service and scripted runs behind the pane, or none."""
        self.handlers = None
        if service is not None:
            self.fake_service = service
            jobs = Jobs(self, service)
            self.handlers = _PaneHandlers(self, jobs, FakeRuns(jobs))

    @property
    def runs(self) -> FakeRuns:
        """The runs of the handlers."""
        assert self.handlers is not None
        return self.handlers.runs

    @on(say.Intent)
    def _intend(self, message: say.Intent) -> None:
        if self.handlers is not None:
            self.handlers.handle(message)

    @on(JobMessage)
    def _take(self, message: JobMessage) -> None:
        if self.handlers is not None:
            self.handlers.handle(message)
        if message.receipt is not None:
            message.receipt()

    def tell(self, text: str, title: str = "", *, problem: bool = False) -> None:
        self.notify(text, title=title, markup=False)

    def open_screen(self, screen: Screen[Any], done: Any = None) -> None:
        if isinstance(screen, SessionScreen):
            screen.set_reactive(SessionScreen.session, self.session)
        self.push_screen(screen, done)


class Panes(Stage):
    """Panes with their pictures, one after the other in one app."""

    def __init__(self) -> None:
        super().__init__(lambda: _Panes(DatasetPane))

    def run(
        self,
        use: Use,
        kind: type[Pane],
        session: Session | None = None,
        size: tuple[int, int] = (120, 40),
        *,
        fresh: bool = True,
        service: FakeService | None = None,
    ) -> Any:
        """Show a new pane of that kind, and let a test use it; return the app.

        Unless it has to be `fresh` the pane of the last look is given the session. With
        a `service` the app's own handlers does what is posted; without one nobody does.
        """
        session = session or loaded()

        async def begin(made: _Panes, pilot: Any) -> None:
            made.work(None)
            made.clear_notifications()
            again = fresh or made.kind is not kind
            if again or type(made.screen) is not PaneScreen:
                await clear(made, pilot)
            made.screen.set_focus(None)
            made.intents.clear()
            made.work(service)
            if made.handlers is not None:
                made.handlers.jobs.start()
            made.kind = kind
            made.give(session)
            if type(made.screen) is not PaneScreen:
                await made.push_screen(PaneScreen(kind))

        return self.play(use, size, begin)

    def look(
        self,
        kind: type[Pane],
        session: Session | None = None,
        size: tuple[int, int] = (120, 40),
    ) -> Any:
        """Show a session in a pane of that kind; return the app."""
        return self.run(_rest, kind, session, size, fresh=False)


class Lone(Screen[None]):
    """A screen with these widgets, the first that can have the focus with it."""

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self._widgets = widgets

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def on_mount(self) -> None:
        for widget in self.query("*"):
            if widget.focusable:
                widget.focus()
                break


class Widgets(Stage):
    """Widgets on a screen of their own, one after the other in one app."""

    def __init__(self, make: Callable[[], Bare] = Bare) -> None:
        super().__init__(make)

    def run(self, use: Use, *widgets: Widget, size: tuple[int, int] = (120, 40)) -> Any:
        """Show these widgets, and let a test use them; return the app."""

        async def begin(made: Bare, pilot: Any) -> None:
            made.theme = "textual-dark"
            await clear(made, pilot)
            made.kept.clear()
            await made.push_screen(Lone(*widgets))

        return self.play(use, size, begin)
