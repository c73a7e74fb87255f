"""Where messages and controllers come together: one look-up by the message's type.

With this module all screens are imported that have commands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from tui.app import workbench
from tui.app.start import Start
from tui.features import messages, reducers
from tui.features.arms.controller import ArmController
from tui.features.arms.draft import Problem
from tui.features.commands import BY_ID, PLACES, Command
from tui.features.controller import Controller, Routes, SessionHolder
from tui.features.dataset.controller import DataController
from tui.features.export.controller import ExportController
from tui.features.host import Host
from tui.features.jobs import Jobs, ServiceFactory, start_service
from tui.features.lab.controller import LabController
from tui.features.mail import Intent, Mail
from tui.features.questions import Ask
from tui.features.remembered import Memory
from tui.features.results.controller import ResultsController
from tui.features.runs.controller import RunController
from tui.features.runs.follow import RunJobs
from tui.features.session import Session
from tui.features.suite.screen import SuiteController
from tui.features.validation.screen import ValidationController
from tui.terminal import clipboard


class ViewController(Controller):
    """Handles messages about what is looked at, and what is no feature's own."""

    def routes(self) -> Routes:
        """Return the handlers of messages that are no feature's own."""
        return {
            messages.PaneActivated: self.changes(reducers.activate),
            messages.ViewChosen: self.changes(reducers.show),
            messages.Selected: self.changes(reducers.select),
            messages.Stepped: lambda change, steps: self.change(
                change(self.session, steps)
            ),
            messages.ZoomToggled: self.changes(reducers.zoom),
            messages.SplitMoved: self.changes(reducers.split),
            messages.ListSorted: self.changes(reducers.sort_list),
            messages.CopyRequested: self._copy,
            messages.CopyFocusRequested: self._copy_focused,
            messages.Notice: lambda text, title, problem: self.app.tell(
                text, title, problem=problem
            ),
            messages.StartViewRequested: self._show_start,
            messages.RunFound: self._show_found,
            messages.ServiceStatus: self.notes("service"),
            messages.JobFailed: self._fail,
            Ask: self.ask,
        }

    def _copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, or into a file if it is too much for that."""
        if clipboard.fits(text):
            self.app.copy_to_clipboard(text)
            notice = f"{what}: {len(text):,} characters on the clipboard"
            self.app.tell(notice, "Copied")
        else:
            self.jobs.write_text(clipboard.file_path(), text, what)

    def _copy_focused(self) -> None:
        """Copy what is selected or focused."""
        if (focused := clipboard.find_copy(self.app.screen)) is None:
            self.app.tell("nothing to copy here", problem=True)
        else:
            self._copy(*focused)

    def _show_start(self) -> None:
        """Show the start view above everything."""
        self.jobs.list_recent()
        self.runs.list()
        self.app.show(Start())

    def _show_found(self, run_id: str) -> None:
        """Show a run that works, or was left: at once if nothing else was asked for."""
        if self.session.run is not None:
            return
        if self.session.load.request is None and isinstance(self.app.screen, Start):
            self.runs.open(run_id)
        else:
            self.runs.attach(run_id)

    def _fail(self, title: str, problem: Problem, loud: bool) -> None:
        (self.show_problem if loud else self.refuse)(title, problem)


CONTROLLERS: Final = (
    ViewController,
    DataController,
    ArmController,
    LabController,
    RunController,
    ResultsController,
    SuiteController,
    ValidationController,
    ExportController,
)


class Dispatcher(SessionHolder):
    """Gives each message to the controller that handles it, by one look-up."""

    def __init__(self, app: Host, jobs: Jobs, runs: RunJobs) -> None:
        super().__init__(app, jobs, runs)
        self.memory = Memory(jobs)
        self.session = reducers.looking(self.session, remembered=self.memory.newest)
        self.routes: Routes = {}
        for kind in CONTROLLERS:
            self.register(kind(self).routes())

    def register(self, routes: Routes) -> None:
        """Add the handlers of a controller; none may be there already."""
        if twice := self.routes.keys() & routes:
            raise ValueError(f"two controllers handle {twice}")
        self.routes |= routes

    def change(self, session: Session) -> None:
        """Replace the session; what is remembered of it is written soon."""
        super().change(session)
        self.memory.note(session.view.remembered)

    def handle(self, message: Mail) -> None:
        """Do what the user wants, or take what a job found out."""
        self.routes[message.topic](*message.values)

    def do(self, name: str, *values: object) -> None:
        """Handle an intent by the name of its class, at once."""
        self.handle(self.intent(name, *values))

    def intent(self, name: str, *values: object) -> Intent:
        """Return an intent by the name of its class."""
        return Intent.KINDS[name](*values)


def start(
    app: Host,
    store: Path | None,
    service: ServiceFactory | None,
    runs: Callable[[Jobs, Path | None], RunJobs] | None,
) -> Dispatcher:
    """Return the controllers of an app, with their jobs, as it was made with."""
    jobs = Jobs(app, service or start_service)
    return Dispatcher(app, jobs, (runs or RunJobs)(jobs, store))


def clashes(keys: Mapping[str, str], app: tuple[Command, ...]) -> dict[str, str]:
    """Return the commands whose keys, as a user set them, do something else there, too.

    With what they would take the key from, in words; `app` is what works everywhere.

    Examples
    --------
    >>> from tui.app.app import APP
    >>> clashes({"run.start": "x"}, APP)
    {'run.start': "'x' is that of run.cancel"}
    >>> clashes({"run.start": "x", "run.cancel": "r"}, APP)
    {}
    """
    found: dict[str, str] = {}
    everywhere = (*workbench.WORKBENCH, *app)
    for commands, screen in PLACES:
        here = dict.fromkeys((*commands, *(app if screen else everywhere)))
        taken: dict[str, str] = {}
        # What is as declared comes first: it keeps its key.
        for command in sorted(here, key=lambda command: command.id in keys):
            for key in re.split(r"\s*,\s*", keys.get(command.id, command.keys)):
                other = taken.setdefault(key, command.id)
                own = command.id not in keys or key in command.keys.split(",")
                if key and other != command.id and not own:
                    found[command.id] = f"{key!r} is that of {other}"
    return found


def unknown_ids(keys: Iterable[str]) -> list[str]:
    """Return what is wrong with ids of commands that settings name."""
    unknown = (name for name in keys if name not in BY_ID)
    return [f"no command {name!r}: the help lists them" for name in unknown]
