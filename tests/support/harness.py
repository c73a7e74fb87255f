"""One boot, many looks: an app that stays up while a module's tests use it.

::

    @pytest.fixture(scope="module")
    def results():
        with Harness(PaneApp(ResultsPane)) as harness:
            yield harness

    def test_it(results):
        results.show(followed(events()))        # a session, and all is drawn
        results.press("down", "enter")
        assert "missed" in results.text()

Booting costs seconds, a look some hundredths. Boot an app of its own only for what
happens while it starts or ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Input

from tests.support.fakes import screen_text, settle

Use = Callable[[Any, Any], Awaitable[Any]]


class Harness:
    """An app that runs in a task of its own, and is spoken to from plain tests.

    `size` is the terminal's at first; `app` is the app, `pilot` Textual's pilot.
    """

    def __init__(self, app: App[Any], size: tuple[int, int] = (120, 40)) -> None:
        self.app = app
        self.size = size
        self.pilot: Any = None
        self._loop = asyncio.new_event_loop()
        self._jobs: asyncio.Queue[tuple[Use, asyncio.Future[Any]] | None]
        self._jobs = asyncio.Queue()
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Harness:
        self._patch.setattr(Input.cursor_blink, "_default", False)
        up = self._loop.create_future()
        self._task = self._loop.create_task(self._serve(up))
        self._loop.run_until_complete(
            asyncio.wait({up, self._task}, return_when=asyncio.FIRST_COMPLETED)
        )
        if self._task.done():
            self._task.result()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._task.done():
            self._jobs.put_nowait(None)
            self._loop.run_until_complete(self._task)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._patch.undo()

    async def _serve(self, up: asyncio.Future[None]) -> None:
        async with self.app.run_test(size=self.size) as self.pilot:
            await settle(self.pilot)
            up.set_result(None)
            while (job := await self._jobs.get()) is not None:
                use, done = job
                try:
                    done.set_result(await use(self.app, self.pilot))
                except BaseException as error:
                    done.set_exception(error)

    def do(self, use: Use) -> Any:
        """Let ``await use(app, pilot)`` happen in the app's own task."""
        done = self._loop.create_future()
        self._jobs.put_nowait((use, done))
        self._loop.run_until_complete(
            asyncio.wait({done, self._task}, return_when=asyncio.FIRST_COMPLETED)
        )
        if self._task.done():
            self._task.result()  # raises what the app died of
        if (error := self.app._exception) is not None:
            raise error
        return done.result()

    def settle(self) -> None:
        """Wait until workers and messages are through."""

        async def use(_: Any, pilot: Any) -> None:
            await settle(pilot)

        self.do(use)

    def press(self, *keys: str) -> None:
        """Press keys, and wait until all is through."""

        async def use(_: Any, pilot: Any) -> None:
            await pilot.press(*keys)
            await settle(pilot)

        self.do(use)

    def resize(self, *size: int) -> None:
        """Give the terminal another size, unless it has it."""

        async def use(app: Any, pilot: Any) -> None:
            if tuple(app.size) != size:
                await pilot.resize_terminal(*size)
                await settle(pilot)

        self.do(use)

    def show(self, session: Any) -> None:
        """Hand a pane's app another session, and forget what it posted before."""

        async def use(app: Any, pilot: Any) -> None:
            app.give(session)
            await settle(pilot)
            app.intents.clear()

        self.do(use)

    def text(self) -> str:
        """What is on the screen."""
        return screen_text(self.app)
