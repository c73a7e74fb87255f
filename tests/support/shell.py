"""The whole app, booted once for a module and begun anew for each look.

::

    def test_it(shell):  # the fixture of tests/unit/tui/conftest.py
        async def use(app, pilot):
            await press(pilot, "2")
            assert app.session.view.pane == "arms"

        shell.run(use, "sample:stroke", size=(80, 24))

Between two uses the app gets new handlers, new jobs and a new session, as at its start,
and its settings are read again; only the workbench and its panes stay, as they take
most of a start to make. `anew=True` makes those again, too. After a test that fails
the next one boots another app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor

from tests.support.calm import put_off
from tests.support.fakes import FakeRuns, FakeService, app, settle
from tests.support.harness import Harness
from tui.app import Workbench
from tui.app.app import ImbTuiApp
from tui.features.runs.follow import RunJobs
from tui.features.session import Session
from tui.widgets import Rows

Use = Callable[[Any, Any], Awaitable[None]]


class Shell:
    """The real app on a scripted service, kept up from its first use on."""

    def __init__(self) -> None:
        self._harness: Harness | None = None
        self._patch = pytest.MonkeyPatch()

    def run(
        self,
        use: Use,
        source: str | None = None,
        service: FakeService | None = None,
        *,
        size: tuple[int, int] = (120, 40),
        store: Path | None = None,
        before: Callable[[Any], None] | None = None,
        anew: bool = False,
        **asked: Any,
    ) -> Any:
        """Begin, as the app does when it starts, and let a test use it; return the app.

        `source`, `target` and `positive` are what the command line names. `before`
        gets the app before it begins. With a `store` runs are real ones; scripted
        otherwise.
        """
        service = service or FakeService()
        begun = (source, asked.pop("target", None), asked.pop("positive", None))
        assert not asked
        if self._harness is None:
            self._patch.setattr(Compositor, "render_update", put_off)
            made = app(None, FakeService())
            self._harness = Harness(made, size).__enter__()
        made = self._harness.app
        runs = FakeRuns if store is None else RunJobs

        async def go(_: Any, pilot: Any) -> None:
            with made.batch_update():  # what happens in between is not drawn
                await _end(made, pilot, keep=begun[0] is not None and not anew)
                made._open = begun
                made._store, made._makers = store, (service, runs)
                made.fake_service = service
                if before is not None:
                    before(made)
                await _begin(made, pilot, size)
            await settle(pilot)
            await use(made, pilot)

        try:
            self._harness.do(go)
        except BaseException:
            self.close()
            raise
        return made

    def close(self) -> None:
        """End the app; the next use boots another."""
        harness, self._harness = self._harness, None
        if harness is not None:
            harness.app.fake_service.let.set()
            harness.__exit__()
            self._patch.undo()


async def _end(made: ImbTuiApp, pilot: Any, *, keep: bool) -> None:
    """Let go of what the last use left: work, notices, dialogs, the handlers."""
    made.fake_service.let.set()
    made.workers.cancel_all()
    await settle(pilot)
    made.clear_notifications()
    while len(made.screen_stack) > 1 and not (
        keep and isinstance(made.screen, Workbench)
    ):
        await made.pop_screen()
    made.runs.close()
    del made.__dict__["handlers"]
    made._clipboard = ""
    made._leaving = False
    made._take_settings()


async def _begin(made: ImbTuiApp, pilot: Any, size: tuple[int, int]) -> None:
    """Begin as at the start of the app, with the focus where it is then."""
    made.handlers.change(Session())
    if tuple(made.size) != size:
        await pilot.resize_terminal(*size)
    if isinstance(made.screen, Workbench):
        await _to_the_top(made.screen)
    made._begin()
    await settle(pilot)


async def _to_the_top(workbench: Any) -> None:
    """Let pictures be made anew, and the panes be as they are at first."""
    for picture in workbench._pictures.values():
        await picture.remove()
    workbench._pictures.clear()
    workbench._wanted = None
    workbench.set_focus(None)
    workbench._arrange(None)
    for rows in workbench.query("#panes Rows").results(Rows):
        rows.highlight(next((i.key for i in rows.items if not i.heading), None))
    for widget in workbench.query("#panes *"):
        if widget.scroll_offset != (0, 0):
            widget.scroll_home(animate=False, immediate=True)
