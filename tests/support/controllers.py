"""The app's controllers without its screens: message -> session -> calls.

::

    def test_it():
        app = Controllers("sample:stroke")     # as the app begins, and all is through
        app.say(say.RunRequested())            # a message, and all that follows from it
        assert app.runs.calls[-1][0] == "start"
        app.answer("yes")                      # what the dialog on top is left with

It is the app's own class, never run: nothing is drawn and no key is heard. Messages
wait in a queue, and work that would be in threads is done where it is asked for, in
its order; `settle` goes on until neither is left. What follows a run has a thread, as
it ends only when it is given up: wait with `until` then, and close with `close`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.worker import WorkerState, active_worker

from tests.support.fakes import FakeRuns, FakeService
from tui.app.app import ImbTuiApp
from tui.features.mail import Intent, JobMessage
from tui.features.runs.follow import RunJobs

ENDLESS = "follow"
"""The group of what works until it is given up."""
FIRST = "service"
"""The group of what all other work waits for."""


class Work:
    """What stands for a worker of Textual."""

    def __init__(self, name: str, function: Callable[[], None]) -> None:
        self.name = name
        self.function = function
        self.cancelled_event = threading.Event()
        self.error: BaseException | None = None
        self.thread: threading.Thread | None = None

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_event.is_set()

    def run(self) -> None:
        active_worker.set(self)  # type: ignore[arg-type]
        try:
            self.function()
        except Exception as error:
            self.error = error


class _Workers:
    """What stands for the app's workers."""

    def __init__(self) -> None:
        self.waiting: deque[Work] = deque()
        self.endless: list[Work] = []
        self.busy: list[Work] = []

    def cancel_group(self, _: object, group: str) -> None:
        for work in [*self.waiting, *self.busy, *self.endless]:
            if work.name == group:
                work.cancelled_event.set()


class Controllers(ImbTuiApp):
    """The app's handlers, jobs and session, spoken to without a terminal.

    `fake_service` is the scripted service, `runs.calls` what scripted runs were asked;
    `told` are the notices, `screens` those on the stack, `left` how it was left. With
    a `store` runs are real ones. `before` gets the app before it begins.
    """

    def __init__(
        self,
        source: str | None = None,
        service: FakeService | None = None,
        *,
        target: str | None = None,
        positive: str | None = None,
        store: Path | None = None,
        before: Callable[[Controllers], None] | None = None,
        settled: bool = True,
    ) -> None:
        self.fake_service = service or FakeService()
        self._mail: deque[Message] = deque()
        self._works = _Workers()
        self.told: list[tuple[str, str, bool]] = []
        self.rung: list[str] = []
        self.timed: list[Callable[[], None]] = []
        self.screens: list[Screen[Any]] = []
        self._done: list[Callable[[Any], None] | None] = []
        self.left: dict[str, Any] | None = None
        runs = FakeRuns if store is None else RunJobs
        super().__init__(source, target, positive, store, self.fake_service, runs)
        if before is not None:
            before(self)
        self._begin()
        if settled:
            self.settle()

    # What happens ------------------------------------------------------------------

    def say(self, *messages: Message) -> None:
        """Take messages as if a screen or a job had posted them, one after another."""
        for message in messages:
            self.post_message(message)
            self.settle()

    def settle(self) -> None:
        """Go on until no message and no work is left."""
        while self._mail or self._works.waiting:
            self.hear()
            if self._works.waiting:
                self._do(self._works.waiting.popleft())

    def hear(self) -> None:
        """Take the messages that wait; leave the work."""
        while self._mail:
            message = self._mail.popleft()
            if isinstance(message, Intent | JobMessage):
                self._handle(message)

    def until(self, holds: Callable[[], Any], seconds: float = 60.0) -> None:
        """Go on until something holds."""
        end = time.monotonic() + seconds
        while True:
            self.settle()
            if holds():
                return
            assert time.monotonic() < end, "it never came"
            time.sleep(0.005)

    def _do(self, work: Work) -> None:
        if work.is_cancelled:
            return
        self._works.busy.append(work)
        copy_context().run(work.run)
        self._works.busy.remove(work)
        if work.error is not None:
            state = SimpleNamespace(worker=work, state=WorkerState.ERROR)
            self.on_worker_state_changed(state)  # type: ignore[arg-type]

    def close(self) -> None:
        """Give up what follows a run, and let go of the store."""
        for work in self._works.endless:
            work.cancelled_event.set()
            assert work.thread is not None
            work.thread.join(30.0)
        self.runs.close()

    # What is there to see ----------------------------------------------------------

    @property
    def notices(self) -> str:
        """What was said in notices."""
        return "\n".join(f"{title}: {text}" for text, title, _ in self.told)

    def answer(self, answer: Any) -> None:
        """Leave the screen on top with an answer, and let follow what follows."""
        self.screens.pop()
        done = self._done.pop()
        if done is not None:
            done(answer)
        self.settle()

    def top(self, kind: type[Screen[Any]]) -> Any:
        """Return the screen on top, which must be of a kind."""
        assert isinstance(self.screen, kind), self.screen
        return self.screen

    # What Textual would do ---------------------------------------------------------

    def post_message(self, message: Message) -> bool:
        self._mail.append(message)
        return True

    def run_worker(  # type: ignore[override]
        self, function: Callable[[], None], name: str = "", **_: Any
    ) -> Work:
        work = Work(name, function)
        if name == FIRST:
            self._works.waiting.appendleft(work)
            return work
        if name != ENDLESS:
            self._works.waiting.append(work)
            return work
        work.thread = threading.Thread(target=work.run, daemon=True)
        self._works.endless.append(work)
        work.thread.start()
        return work

    @property
    def workers(self) -> _Workers:  # type: ignore[override]
        return self._works

    @property
    def is_running(self) -> bool:
        return self.left is None

    @property
    def size(self) -> Size:
        return Size(120, 40)

    @property
    def screen_stack(self) -> list[Screen[Any]]:  # type: ignore[override]
        # Below all is the one that a running app begins with.
        return [_NONE, *self.screens]

    @property
    def screen(self) -> Screen[Any]:
        return self.screen_stack[-1]

    def push_screen(  # type: ignore[override]
        self, screen: Screen[Any], callback: Callable[[Any], None] | None = None
    ) -> None:
        self.screens.append(screen)
        self._done.append(callback)

    def pop_screen(self) -> None:  # type: ignore[override]
        self.screens.pop()
        self._done.pop()

    def call_after_refresh(self, callback: Callable[[], None]) -> bool:  # type: ignore[override]
        callback()
        return True

    def set_timer(self, delay: float, callback: Any = None, **_: Any) -> Any:  # type: ignore[override]
        self.timed.append(callback)
        return SimpleNamespace(stop=lambda: self.timed.remove(callback))

    def ring_timers(self) -> None:
        """Let the time pass that anything waits for."""
        timed, self.timed = self.timed, []
        for callback in timed:
            callback()
        self.settle()

    def notify(self, message: str, *, title: str = "", **options: Any) -> None:  # type: ignore[override]
        assert options["markup"] is False
        self.told.append((message, title, options["severity"] == "warning"))

    def bell(self) -> None:
        self.rung.append("bell")

    def exit(self, *args: Any, **options: Any) -> None:
        self.left = options


_NONE: Screen[Any] = Screen()
