"""The real app, booted once for a module, and begun anew for each of its tests.

::

    def test_results(journey):
        journey.begin((80, 24))
        journey.open(events())
        journey.press("4", "v")
        journey.look("results-matrices")    # screens/<module>/…-80x24.txt

`begin` puts everything back that a look depends on: the session, the screens, the
notices, the theme, and what the scripted service and runs know.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pytest
from textual._context import visible_screen_stack
from textual.message import Message

from engine.core.events import Event
from engine.core.messages import Load
from engine.core.state import State, reduce
from engine.core.views.progress import lines as written
from tests.support import fakes
from tests.support.calm import ABLE
from tests.support.harness import Harness
from tests.support.looks import Looks
from tests.support.patience import until
from tui.app import Workbench
from tui.features import messages as say
from tui.features.session import CurrentRun, PaneId, Session
from tui.widgets import Rows

SMALL, LARGE, HUGE, WIDE = (80, 24), (120, 40), (200, 50), (140, 40)
SAMPLE, SETTINGS = "sample:stroke", "~/settings.toml"
LATE = 5.0
"""Seconds that a screen gets to look as the kept one does: a refresh more or less."""
NOWHERE = (
    "IMBTUI_STORE",
    "NO_COLOR",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TEXTUAL_THEME",
)


def sizes(*some: tuple[int, int]) -> pytest.MarkDecorator:
    """Let a test have these sizes, all but the first of them in the slow tier.

    All tests of one size come after one another.
    """
    ids = [f"{width}x{height}" for width, height in some]
    later = (pytest.param(size, marks=pytest.mark.slow) for size in some[1:])
    given = [some[0], *later]
    return pytest.mark.parametrize("size", given, ids=ids, scope="module")


def logged(run: CurrentRun, some: Iterable[Event]) -> CurrentRun:
    """The same run with the lines that its events write into the log."""
    state, log = State(), []
    for event in some:
        new = reduce(state, event)
        log += written(event, state, new)
        state = new
    return msgspec.structs.replace(run, log=tuple(log))


class Journey(Harness):
    """The app on a scripted service and scripted runs, and the looks of a module.

    It is at home in a folder of its own and draws at once; `environ` is what else it
    finds there.
    """

    def __init__(
        self, looks: Looks | None = None, size: tuple[int, int] = SMALL, **environ: str
    ) -> None:
        self._home = tempfile.TemporaryDirectory()
        self._around = pytest.MonkeyPatch()
        for name in NOWHERE:
            self._around.delenv(name, raising=False)
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            self._around.setenv(name, self._home.name)
        for name, value in {"TZ": "UTC", **ABLE, **environ}.items():
            self._around.setenv(name, value)
        time.tzset()
        # A chart that is drawn seldom is drawn late.
        self._around.setattr("tui.charts.view.MOST_DRAWN", 10_000)
        self._around.setattr("tui.features.lab.views.PAUSE", 0.001)
        self._around.setattr("tui.app.help.settings_path", lambda: SETTINGS)
        self.service = fakes.FakeService()
        super().__init__(fakes.app(SAMPLE, self.service), size)
        self._looks = looks
        self._found: list[str] | None = None

    def __enter__(self) -> Journey:
        super().__enter__()
        self._first: Session = self.app.session
        self._theme: str = self.app.theme
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._around.undo()
        self._home.cleanup()

    def begin(
        self,
        size: tuple[int, int],
        source: str | None = SAMPLE,
        prepare: Callable[[fakes.FakeService], Any] | None = None,
    ) -> None:
        """Begin anew with a table, or with the start view.

        `prepare` sets what the scripted service answers.
        """

        async def use(app: Any, pilot: Any) -> None:
            self._forget()
            while not isinstance(app.screen, Workbench):
                await app.pop_screen()
            app.clear_notifications()
            if tuple(app.size) != size:
                await pilot.resize_terminal(*size)
            if app.theme != self._theme:
                app.theme = self._theme
            if prepare is not None:
                prepare(self.service)
            handlers, jobs = app.handlers, app.session.jobs
            same = self.service.table is fakes.TABLE
            if source == SAMPLE and same and Load not in self.service.answers:
                # The table is there: no load of its own for every look.
                fresh = msgspec.structs.replace(self._first, jobs=jobs)
            else:
                service = self._first.service
                fresh = Session(service=service, jobs=jobs, stored=())
            await self._drop_pictures(app.screen)
            handlers.session = fresh
            handlers.change(fresh)
            self._go_to_the_top(app.screen)
            if source is None:
                app.action_post("StartViewRequested")
            elif fresh.load.request is None:
                handlers.handle(say.OpenRequested(source))
            await fakes.settle(pilot)

        self.do(use)

    def _forget(self) -> None:
        """Let the service, the runs and the handlers be as new."""
        service, handlers = self.service, self.app.handlers
        service.let.set()
        service.answers.clear()
        service.requests.clear()
        service.table = fakes.TABLE
        fresh = fakes.FakeRuns(handlers.jobs)
        for name in ("calls", "stored", "living", "known", "elapsed", "used"):
            setattr(handlers.runs, name, getattr(fresh, name))

    async def _drop_pictures(self, workbench: Any) -> None:
        """Let pictures be made anew: order, cursor and scrolling are theirs alone."""
        for picture in workbench._pictures.values():
            await picture.remove()
        workbench._pictures.clear()
        workbench._wanted = None

    def _go_to_the_top(self, workbench: Any) -> None:
        """Let the panes be at their top, with the focus in the first."""
        if workbench.picture is None:
            workbench._arrange(None)
        for rows in workbench.query("#panes Rows").results(Rows):
            rows.highlight(next((i.key for i in rows.items if not i.heading), None))
        workbench.query_one("#arms-list", Rows).highlight(self.app.session.offer.name)
        for widget in workbench.query("#panes *"):
            if widget.scroll_offset != (0, 0):
                widget.scroll_home(animate=False, immediate=True)
        workbench.action_activate("dataset")

    def post(self, *messages: Message) -> None:
        """Give the app messages, and wait until all is through."""

        async def use(app: Any, pilot: Any) -> None:
            for message in messages:
                app.post_message(message)
            await fakes.settle(pilot)

        self.do(use)

    def choose(self, pane: PaneId, item: str, view: str | None = None) -> None:
        """Activate a pane, select what is named, and show a view of it."""
        wishes = [say.PaneActivated(pane), say.Selected(pane, item)]
        self.post(*wishes, *([say.ViewChosen(pane, view)] if view else []))

    def wait(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds; what has not held for so long fails the test."""

        async def use(_: Any, pilot: Any) -> None:
            await until(pilot, holds, seconds)

        self.do(use)

    def act(self, function: Callable[[Any], Any]) -> None:
        """Call a function with the app, and wait until all is through."""

        async def use(app: Any, pilot: Any) -> None:
            function(app)
            await fakes.settle(pilot)

        self.do(use)

    def open(
        self, some: list[Event], status: str = "done", *, log: bool = True
    ) -> None:
        """Open run 42, which has said these events."""
        run = fakes.done_run(
            42, some, status=status, elapsed=192.0 if status == "done" else 41.0
        )
        run = logged(run, some) if log else run
        self.app.runs.known[run.id] = run
        self.post(say.OpenRunRequested(run.id))

    def _seen(self, name: str) -> str:
        """What is on the screen, and behind it if it is a dialog; in the app's task."""
        if name.endswith(".svg"):
            return self.app.export_screenshot(simplify=True)
        visible_screen_stack.set(self.app._background_screens)
        return fakes.screen_text(self.app)

    def look(self, name: str, *, picture: bool = False) -> None:
        """Compare the screen with the kept one; with `picture` its colours, too."""
        looks, size = self._looks, "{}x{}".format(*self.app.size)
        assert looks is not None
        names = [f"{name}-{size}.txt", *([f"{name}-{size}.svg"] if picture else [])]

        async def use(_: Any, pilot: Any) -> list[str]:
            if looks.update:  # what comes from threads of jobs comes later
                last: list[str] = []
                while last != (last := [self._seen(name) for name in names]):
                    await fakes.settle(pilot)
                    await pilot.pause(1.0)
            with suppress(AssertionError):  # what differs is told below
                await until(
                    pilot,
                    lambda: all(looks.same(name, self._seen(name)) for name in names),
                    LATE,
                )
            told = [looks.compare(name, self._seen(name)) for name in names]
            return [one for one in told if one]

        # Of what differs in its text, the colours do as well.
        found = self.do(use)
        if found and self._found is not None:
            self._found.append(found[0])
        elif found:
            pytest.fail(found[0], pytrace=False)

    @contextmanager
    def every(self) -> Iterator[None]:
        """Look at all before a test fails with what is different."""
        self._found = found = []
        try:
            yield
        finally:
            self._found = None
        if found:
            pytest.fail("\n\n".join(found), pytrace=False)
