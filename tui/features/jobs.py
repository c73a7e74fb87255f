"""The app's bridge to the service child and to files: work in threads.

Each method of `Jobs` returns at once. The work is a Textual worker in a thread, owned
by the app and named by its group; what it finds out it posts to the app, never with
`call_from_thread`, since a stalled terminal would stall it. What goes wrong on
purpose becomes a message too; a bug is the worker's error, which the app shows.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec.structs import replace
from textual.message import Message
from textual.worker import Worker, get_current_worker

from engine.core import messages as client
from engine.core.errors import EngineError, SpecError
from engine.core.experiment import Experiment
from engine.io.files import put, put_beside
from engine.io.source import NO_FILES
from engine.io.toml.loading import read_text
from engine.io.toml.reading import read as read_toml
from engine.io.toml.writer import dump_toml
from tui.features import messages
from tui.features.arms.draft import Problem
from tui.features.dataset.state import NO_TEXT
from tui.features.mail import Outbox
from tui.features.questions import Answered
from tui.features.session import ServicePhase
from tui.terminal import files
from tui.terminal.files import ready, recent, remember

if TYPE_CHECKING:
    from textual.app import App

    from engine.service.client.service import OnReply, Service


ServiceFactory: TypeAlias = "Callable[[OnReply], Service]"
"""Starts a service that reports its status to a function."""


PROGRESS_SECONDS: Final = 0.1
FIRST_ROWS: Final = 500
FIRST_SECONDS: Final = 0.3
"""A table that is read sooner than that is shown at once, not its first rows before."""


def start_service(on_status: OnReply) -> Service:
    """Start the real service child."""
    from engine.service.client.service import Service

    return Service.start(files.service_log(), on_status)


class Jobs:
    """Starts work for the app.

    Parameters
    ----------
    app : App
        Owns the workers and gets the messages.
    service : ServiceFactory
        Starts the service; tests give a scripted one.
    """

    def __init__(self, app: App[Any], service: ServiceFactory = start_service) -> None:
        self.app = app
        self._factory = service
        self._service: Service | None = None
        self._closed = False
        self.post = app.post_message
        """Gives the app a message, from any thread."""
        self._statuses = Outbox(self.post)

    def report(self, title: str, error: BaseException) -> None:
        """Log a bug, and show it."""
        self.post(messages.JobFailed(title, self.log(error)))

    def log(self, error: BaseException) -> Problem:
        """Write a bug into the log; return the problem to show."""
        message, path = Problem.of(error).message, files.log_error(error)
        return Problem(message=message, fix=f"the log has more: {path}")

    def work(
        self,
        group: str,
        function: Callable[[], None],
        title: str = "",
        loud: bool = True,
    ) -> Worker[Any]:
        """Run a function in a thread of that group.

        With a `title` an error of the engine becomes a message under it.
        """

        def run() -> None:
            try:
                function()
            except (EngineError, OSError, UnicodeError) as error:
                if not title:
                    raise
                self.post(messages.JobFailed(title, Problem.of(error), loud))

        return self.app.run_worker(
            run, name=group, group=group, thread=True, exit_on_error=False
        )

    # The service -------------------------------------------------------------------

    def start(self) -> None:
        """Start the service child; it warms up while the user looks around."""
        self.work("service", self._start)

    def close(self) -> None:
        """End the service child; called once, when the app leaves."""
        self._closed = True
        if self._service is not None:
            self._service.close()

    def load(self, request: client.Load, *, look: bool = False) -> None:
        """Load a table; an earlier load that still reads is given up.

        With `look` its first rows are fetched before the rest.
        """
        self.stop("load")
        self.work("load", partial(self._load, request, look))

    def stop(self, group: str) -> None:
        """Give up the work of a group."""
        self.app.workers.cancel_group(self.app, group)

    def _start(self) -> None:
        self._statuses.put(messages.ServiceStatus(ServicePhase(phase="starting")))
        service = self._factory(self._status)
        self._service = service
        if self._closed:
            service.close()

    def _status(self, reply: client.Reply) -> None:
        """Tell how far the child is; called in a thread of the service."""
        state = None
        match reply:
            case client.Ready():
                state = ServicePhase(phase="ready")
            case client.Warming(part=part, done=done, total=total):
                state = ServicePhase(phase="warming", part=part, done=done, total=total)
            case client.Failure():
                state = ServicePhase(phase="gone", problem=_problem(reply))
        if state is not None:
            self._statuses.put(messages.ServiceStatus(state))

    def _load(self, request: client.Load, look: bool) -> None:
        last, stage = 0.0, ""
        outbox = Outbox(self.post)

        def report(reply: client.Reply) -> None:
            nonlocal last, stage
            now = time.monotonic()
            if isinstance(reply, client.LoadProgress) and (
                reply.stage != stage or now - last >= PROGRESS_SECONDS
            ):
                last, stage = now, reply.stage
                outbox.put(messages.LoadProgressed(request.id, reply))

        first: list[Answered] = []
        if look and not request.source.startswith(NO_TEXT):
            rows = client.Look(
                id=0, source=request.source, read=request.read, rows=FIRST_ROWS
            )
            seen = self.answer(rows)
            if seen is None:
                return
            # If there are none, the load itself will say why.
            if isinstance(seen, client.Preview):
                first.append(Answered("load.preview", request.id, seen))
        answer = self._while_shown(first, partial(self.answer, request, report))
        if isinstance(answer, client.TableInfo):
            # The table before its first rows: these are not shown any more.
            self._post_all(messages.TableLoaded(request.id, answer), *first)
        elif isinstance(answer, client.Failure):
            problem = _problem(answer, request.source)
            self._post_all(*first, messages.LoadFailed(request.id, problem))

    def _while_shown(
        self, first: list[Answered], ask: Callable[[], client.Answer | None]
    ) -> client.Answer | None:
        """Return the answer of a load; show the first rows once it takes its time."""
        timer = Timer(FIRST_SECONDS, self._post_all, first)
        timer.daemon = True
        timer.start()
        try:
            return ask()
        finally:
            timer.cancel()

    def _post_all(self, *found: Message) -> None:
        for message in found:
            self.post(message)

    def answer(
        self, request: client.Request, on_reply: OnReply | None = None
    ) -> client.Answer | None:
        """Ask the service and wait for its answer, in a thread of `work`.

        Parameters
        ----------
        request : Request
            It is numbered here.
        on_reply : callable or None, default=None
            Takes what is reported on the way.

        Returns
        -------
        Answer or None
            None if the work was given up.
        """
        worker = get_current_worker()
        while self._service is None:
            # The service is only just being started.
            if worker.cancelled_event.wait(0.02):
                return None
        service = self._service
        request = replace(request, id=service.next_id())
        answer = service.request(request, on_reply, worker.cancelled_event)
        return None if worker.is_cancelled else answer

    def order(
        self, request: client.Request, title: str, done: Callable[[Any], Message]
    ) -> None:
        """Let the service do something once; errors are shown under `title`."""

        def work() -> None:
            answer = self.answer(request)
            if isinstance(answer, client.Failure):
                self.post(messages.JobFailed(title, Problem.of(answer)))
            elif answer is not None:
                self.post(done(answer))

        self.work("order", work)

    # Files -------------------------------------------------------------------------

    def list_recent(self, opened: str | None = None) -> None:
        """Read which sources were opened last; one that was `opened` now is one."""

        def run() -> None:
            if opened is not None:
                remember(opened)
            self.post(messages.RecentListed(tuple(recent())))

        self.work("recent", run)

    # Experiment files --------------------------------------------------------------

    def read_experiment(self, path: str) -> None:
        """Read an experiment file."""

        def read() -> None:
            file = _whole(path)
            if not stat.S_ISREG(file.stat().st_mode):
                raise SpecError(f"{path} is no regular file", "name a TOML file")
            text = read_text(file, file.name)
            experiment = read_toml(text, name=file.name, folder=str(file.parent))
            self.post(messages.ExperimentOpened(str(file), experiment))

        self.work("file", read, "The experiment cannot be opened")

    def write_experiment(
        self, path: str, experiment: Experiment, overwrite: bool = False
    ) -> None:
        """Write an experiment file; over an older one only with `overwrite`."""

        def write() -> None:
            file = _whole(path)
            text = dump_toml(experiment, comments=True)
            put(file, text.encode(), overwrite=overwrite)
            self.post(messages.ExperimentSaved(str(file)))

        self.work("file", write, "The experiment cannot be saved")

    def write_text(self, path: Path, text: str, what: str) -> None:
        """Write text into a new file of ours, and show a notice with its path."""

        def write() -> None:
            file = put_beside(ready(path), text.encode())
            self.post(messages.Notice(f"{what} is in {file}", "Written to a file"))

        self.work("file", write, "The file cannot be written")


def _problem(failure: client.Failure, source: str = "") -> Problem:
    """Return why a request failed; `source` is the file that was to be read."""
    readable = failure.code == "data" and _is_file(source)
    problem, rows = Problem.of(failure), failure.sample_rows
    return replace(problem, readable=readable, sample_rows=rows)


def _whole(path: str) -> Path:
    """Return a path that was typed, absolute."""
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:  # the home of nobody known
        raise SpecError(f"{path}: {error}", "give the full path") from None


def _is_file(source: str) -> bool:
    if not source.startswith(NO_FILES):
        with suppress(OSError, ValueError, RuntimeError):
            return Path(source).expanduser().is_file()
    return False
