"""The app: it holds the session and the screens, and owns the workers.

Importing this module loads Textual and the little that the first frame needs: the
rest is loaded while that can be seen, and the science stack lives in child processes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.content import Content
from textual.events import Event, Key, Paste, Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from tui.app import config
from tui.app.themes import THEMES
from tui.features.commands import Command, bindings, register, turn, works
from tui.features.host import Host
from tui.features.mail import Intent, JobMessage
from tui.terminal import limits, notify
from tui.terminal.plain import needs_ascii
from tui.terminal.process import Departure, OutputFilter, Replies, Stop
from tui.terminal.safe_text import clean, content

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from tui.app.dispatch import Dispatcher
    from tui.app.pick_theme import PickTheme
    from tui.features.jobs import Jobs, ServiceFactory
    from tui.features.runs.follow import RunJobs
    from tui.features.session import Session


SMALLEST = (60, 18)
LOST_SECONDS = 0.5
"""Time after which a key does not keep the next ones waiting, come what may."""
STOP_SECONDS = 1.5
"""Time that a run gets to end when the user leaves and stops it."""

_NOTICES: dict[Literal["off", "bell", "osc9"], str] = {
    "off": "nothing",
    "bell": "the terminal's bell rings",
    "osc9": "the terminal shows a notification (OSC 9)",
}

T = TypeVar("T")

_OPEN, _EXPERIMENT = "post('OpenRequested')", "post('OpenExperimentRequested')"
APP: tuple[Command, ...] = (
    Command("app.help", "question_mark,f1", "Help", "help", "show_help"),
    Command("app.palette", "ctrl+p,f10", "Commands", "commands", "command_palette"),
    Command("app.open", "o", "Open a dataset", "", _OPEN, untabled="open"),
    Command("app.make", "G", "Generate a dataset", "", "post('MakeRequested')"),
    Command("app.open_experiment", "", "Open an experiment file", "", _EXPERIMENT),
    Command(
        "app.bench", "B", "Benchmark across datasets", "", "post('SuiteRequested')"
    ),
    Command(
        "app.validate",
        "E",
        "Validate a model on new rows",
        "",
        "post('ValidationDialogRequested')",
    ),
    Command("app.runs", "5,w", "Stored runs", "", "post('RunsRequested')"),
    Command("app.start", "", "Start view", "", "post('StartViewRequested')"),
    Command("app.copy", "y", "Copy", "", "post('CopyFocusRequested')"),
    Command("app.theme", "", "Theme …"),
    Command(
        "app.notify", "", "Ring the bell or notify when a run ends", "", "next_notice"
    ),
    Command("app.jump", "semicolon,ctrl+o", "Letters to jump to a place", "", "jump"),
    Command("app.redraw", "f5", "Redraw"),
    Command("move.left", "h", "Move left", action="simulate_key('left')"),
    Command("move.down", "j", "Move down", action="simulate_key('down')"),
    Command("move.up", "k", "Move up", action="simulate_key('up')"),
    Command("move.right", "l", "Move right", action="simulate_key('right')"),
    Command("app.suspend", "ctrl+z", "Suspend", action="suspend_process"),
    Command("app.quit", "q,ctrl+q", "Quit", "quit", "leave"),
)
"""What works everywhere."""

register(APP)


def _help() -> ModuleType:
    """Return what shows help and commands; put off, as Markdown takes long."""
    from tui.app import help

    return help


def _settings() -> ModuleType:
    """Return what reads and writes the user's settings; most people have none."""
    from tui.app import settings

    return settings


def _pick_theme() -> type[PickTheme]:
    """Return the list of themes; put off, as it is seldom wanted."""
    from tui.app.pick_theme import PickTheme

    return PickTheme


class Opening(Screen[None]):
    """One line, where the next screen's first line will be.

    Parameters
    ----------
    source : str or None
        What is being opened.
    """

    def __init__(self, source: str | None) -> None:
        super().__init__()
        self._source = source

    def compose(self) -> ComposeResult:
        """Say what is being opened."""
        name = Content.styled(" imbtui", "bold $accent")
        if self._source is not None:
            name = Content.assemble(name, "  ", content(self._source), "  opening …")
        yield Static(name)


@dataclass
class Follow(Message):
    """Goes the way of a key: all that the key has asked for is there before it."""

    event: Event
    top: Screen[Any]
    times: int


class ImbTuiApp(Host):
    """The workbench as an application.

    Parameters
    ----------
    source, target, positive : str or None, default=None
        Opens this table at once; the start view otherwise.
    store : Path or None, default=None
        The file with the runs; the default one when None.
    service : callable or None, default=None
        Starts what loads tables; the engine's when None, tests give a scripted one.
    runs : callable or None, default=None
        Makes what starts and follows runs; tests give a scripted one.
    run : str or None, default=None
        The id of a stored run to show, in the place of a table.
    ascii : bool, default=False
        Draw everything in ASCII, whatever the settings say.

    Notes
    -----
    The first frame is that of `Opening`. Only then is anything loaded that it does
    not need, and the screen shown that the user works on.
    """

    TITLE = "imbtui"
    CSS_PATH: ClassVar = Path(__file__).with_name("app.tcss")
    COMMANDS: ClassVar = {lambda: _help().Commands}
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = APP
    BINDINGS: ClassVar = [*bindings(APP)]
    NOTIFICATION_TIMEOUT = 6

    def __init__(
        self,
        source: str | None = None,
        target: str | None = None,
        positive: str | None = None,
        store: Path | None = None,
        service: ServiceFactory | None = None,
        runs: Callable[[Jobs, Path | None], RunJobs] | None = None,
        run: str | None = None,
        ascii: bool = False,
    ) -> None:
        super().__init__()
        self._open = (source, target, positive)
        self._run = run
        self._store = store
        self._makers = (service, runs)
        self._replies = Replies()
        self._leaving = False
        self._failed = False
        self._begun = False
        self._typed: deque[Key | Paste] = deque()
        self._typing: Event | None = None
        self.departure: Departure | None = None
        self.animation_level = "none"
        self._ascii = ascii
        self._take_settings()

    def _take_settings(self) -> None:
        """Look and work as the user's settings say."""
        self.themes = dict(THEMES)
        self.settings, self._problems = config.Settings(), []
        if config.has_settings():
            self.settings, own, self._problems = _settings().load()
            self.themes |= {theme.name: theme for theme in own}
        for theme in self.themes.values():
            self.register_theme(theme)
        colours = limits.colours_of(self.console.color_system)
        usual = "ansi" if colours == "few" else "dark"
        self.theme = usual if self.settings.theme == "auto" else self.settings.theme
        wanted = self._ascii or self.settings.ascii
        plain = needs_ascii(os.environ) if wanted == "auto" else wanted
        self._first = [OutputFilter(), *([limits.AsciiFilter()] if plain else [])]
        self._last = [limits.CubeFilter()] if colours == "cube" else []
        self.set_keymap(self.settings.keys)

    @cached_property
    def handlers(self) -> Dispatcher:
        """Where every message is handled."""
        from tui.app import dispatch

        return dispatch.start(self, self._store, *self._makers)

    @property
    def jobs(self) -> Jobs:
        """Work on tables and files."""
        return self.handlers.jobs

    @property
    def runs(self) -> RunJobs:
        """Work on runs."""
        return self.handlers.runs

    @property
    def session(self) -> Session:
        """The current session."""
        return self.handlers.session

    # Life --------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen that is shown while the rest is loaded."""
        return Opening(self._open[0])

    def get_line_filters(self) -> list[LineFilter]:
        """Return ours of the text, Textual's of colours, and ours of what is left."""
        return [*self._first, *super().get_line_filters(), *self._last]

    def on_mount(self) -> None:
        """Begin the work once the first frame is out."""
        if self.departure is not None:
            soon = asyncio.get_running_loop().call_soon_threadsafe
            self.departure.leave_by(
                lambda code: soon(partial(self.exit, return_code=code))
            )
            if (driver := self._driver) is not None:
                suspend = driver.suspend_application_mode
                resume = driver.resume_application_mode
                Stop(suspend, resume, partial(soon, self._stay)).install()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._open[0] is None:
            self.handlers.do("StartViewRequested")
        else:
            self.handlers.do("OpenRequested", *self._open)
        self.call_after_refresh(self._work)

    def _work(self) -> None:
        """Begin what takes processes and files, once there is something to see."""
        self._begun = True
        self.call_later(self._type)
        self._fit(self.size)
        self.jobs.start()
        self.jobs.list_recent()
        if self._run is None:
            self.runs.find_living()
        else:
            self.runs.open(self._run)
        self.runs.list()
        wrong = self._problems
        if self.settings.keys:
            from tui.app.dispatch import clashes, unknown_ids

            keys = self.settings.keys
            wrong = [*wrong, *unknown_ids(keys)]
            if taken := clashes(keys, APP):
                keys = {id: key for id, key in keys.items() if id not in taken}
                self.settings = replace(self.settings, keys=keys)
                self.set_keymap(keys)
                text = "; ".join(f"{id}: {why}" for id, why in taken.items())
                wrong.append(f"{text}. These commands keep their own keys.")
        for line in wrong:
            self.tell(line, "Settings", problem=True)

    def on_unmount(self) -> None:
        """Let go of the store, and keep how the app was arranged."""
        if "handlers" in self.__dict__:
            self.runs.close()
            self.handlers.memory.close()

    def _stay(self) -> None:
        self.tell("No shell to return to: q quits, the run continues.", "Suspend")

    def exit(self, *args: Any, **options: Any) -> None:
        """Leave; threads that do not end in time are not waited for."""
        if self.departure is not None:
            self.departure.hurry(options.get("return_code", 0))
        super().exit(*args, **options)

    def _fatal_error(self) -> None:
        """Write down what happened, and leave with one line instead of a traceback.

        Textual would print the traceback with its local variables: rows of the table.
        """
        from tui.terminal import files

        path = files.log_error()
        if not self._failed:
            self._failed = True
            text = f"imbtui: internal error; the log has details: {path}"
            self.panic(Text(text, no_wrap=True, overflow="ignore"))

    async def on_event(self, event: Event) -> None:
        """Handle an event, unless it is part of an answer of the terminal.

        What is typed waits until what was typed before has done all that it asks for:
        a key may open what the next ones are meant for.
        """
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, Paste) or not self._replies.drops(event.key, event.time):
            if isinstance(event, Key) and event.key == "escape":
                self.clear_notifications()
            self._typed.append(event)
            await self._type()

    async def _type(self) -> None:
        """Give what has the focus the next key, if the last one is through."""
        if self._begun and self._typing is None and self._typed:
            self._typing = event = self._typed.popleft()
            await super().on_event(event)
            self._follow(event, 2)
            self.set_timer(LOST_SECONDS, partial(self._typed_through, event))

    def _follow(self, event: Event, times: int) -> None:
        """Send something the way of a key: first behind it, then behind its intents."""
        there = self.focused or self.screen
        there.post_message(Follow(event, self.screen, times))

    @on(Follow)
    async def _followed(self, message: Follow) -> None:
        if message.times > 1 or message.top is not self.screen:
            self._follow(message.event, message.times - 1)
        else:
            await self._typed_through(message.event)

    def pop_screen(self) -> AwaitComplete:
        """Leave a screen; what follows a key there goes with it, so send it anew."""
        popped = super().pop_screen()
        if self._typing is not None:
            self._follow(self._typing, 2)
        return popped

    async def _typed_through(self, event: Event) -> None:
        if self._typing is event:
            self._typing = None
            await self._type()

    def simulate_key(self, key: str) -> None:
        """Press a key in the place of another, before those that wait."""
        self._typed.appendleft(Key(key, None))
        self.call_later(self._type)

    # The session -------------------------------------------------------------------

    @on(Intent)
    @on(JobMessage)
    def _handle(self, message: Intent | JobMessage) -> None:
        # While the app closes, its screens have lost their widgets already.
        try:
            if self.is_running:
                self.handlers.handle(message)
        finally:
            if isinstance(message, JobMessage) and message.receipt is not None:
                message.receipt()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what a worker raised; the app lives on."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            self.jobs.report(f"The work {event.worker.name!r} failed", error)

    # Notices -----------------------------------------------------------------------

    def tell(self, text: str, title: str = "", *, problem: bool = False) -> None:
        """Show a short notice; both texts may be untrusted."""
        severity: SeverityLevel = "warning" if problem else "information"
        self.notify(clean(text), title=clean(title), severity=severity, markup=False)

    # Screens -----------------------------------------------------------------------

    def open_screen(
        self, screen: Screen[T], done: Callable[[T | None], None] | None = None
    ) -> None:
        """Put a screen on top and give it the session."""
        self.handlers.supply(screen)
        self.push_screen(screen, done)

    def show(self, screen: Screen[None]) -> None:
        """Put a screen on top, unless one like it is there."""
        if type(self.screen) is not type(screen):
            self.open_screen(screen)

    def show_workbench(self) -> None:
        """Show the workbench."""
        from tui.app.workbench import Workbench

        while len(self.screen_stack) > 1 and not isinstance(self.screen, Workbench):
            self.pop_screen()
        self.show(Workbench())
        self._fit(self.size)

    @on(Resize)
    def _fit_to(self, event: Resize) -> None:
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        """Say so when the terminal is too small for anything.

        Not before the work has begun: what waits for a refresh would be lost with it.
        """
        if not self._begun:
            return
        from tui.features.screen import TooSmall

        small = size.width < SMALLEST[0] or size.height < SMALLEST[1]
        shown = isinstance(self.screen, TooSmall)
        if small and not shown:
            self.push_screen(TooSmall())
        elif shown and not small:
            self.pop_screen()

    # Commands ----------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        return works(action, parameters, APP, self.session)

    def action_show_help(self) -> None:
        """Show the help for what has the focus."""
        self.show(_help().Help(self.screen, self.session))

    def action_jump(self) -> None:
        """Show letters over all that can have the focus."""
        from tui.app.jump import Jump

        self.push_screen(Jump(self.screen))

    def action_post(self, name: str) -> None:
        """Post an intent that needs no values."""
        self.post_message(self.handlers.intent(name))

    def action_theme(self) -> None:
        """Let a theme be chosen, and remember it."""
        before = self.theme

        def keep(name: str | None) -> None:
            self.theme = name or before
            if name:
                self._save("theme", name)

        self.open_screen(_pick_theme()(self.themes, before), keep)

    def action_next_notice(self) -> None:
        """Take the next way to hear that a run has ended, and remember it."""
        kind = turn([*_NOTICES], self.settings.notify)
        self.settings = replace(self.settings, notify=kind)
        self._save("notify", kind)
        self.tell(f"when a run ends: {_NOTICES[kind]}")
        self.ring("imbtui: a test of the notification that ends a run")

    def _save(self, name: str, value: str) -> None:
        save = partial(_settings().save_setting, name, value)
        self.jobs.work("file", save, f"The setting {name} cannot be remembered")

    def ring(self, text: str) -> None:
        """Tell the terminal that a run has ended, if that is wanted."""
        kind, driver = self.settings.notify, self._driver
        if kind == "bell":
            self.bell()
        elif kind == "osc9" and driver is not None and not self.is_headless:
            # The way that `bell` and `copy_to_clipboard` go: between two frames.
            driver.write(notify.sequence(kind, text, tmux="TMUX" in os.environ))

    def action_redraw(self) -> None:
        """Draw the whole screen anew."""
        self.refresh(layout=True)

    def action_leave(self) -> None:
        """Quit; if a run is active, ask whether it continues."""
        if self.session.running:
            self.handlers.do("LeaveDialogRequested")
        else:
            self.exit()

    def leave(self, answer: str | None) -> None:
        """Quit as the user answered, or stay."""
        if answer == "keep":
            self.exit()
        elif answer == "stop":
            self._leaving = True
            self.handlers.do("CancelRequested", None, True)
            self.set_timer(STOP_SECONDS, self.exit)

    def run_ended(self, text: str) -> None:
        """Announce it, and quit if the user asked to stop the run and quit."""
        if text:
            self.ring(text)
        if self._leaving:
            self.exit()


def run_app(
    source: str | None = None,
    target: str | None = None,
    positive: str | None = None,
    store: Path | None = None,
    *,
    run: str | None = None,
    ascii: bool = False,
) -> int:
    """Run the app until the user leaves.

    Returns
    -------
    int
        0, 128+n after signal n, 1 after an error, 2 without a terminal. The process
        is ended if it does not end by itself within 2 seconds after that.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        text = "imbtui: the app needs a terminal. Try `imbtui run DATA` without one."
        sys.stderr.write(f"{text}\n")
        return 2
    app = ImbTuiApp(source, target, positive, store, run=run, ascii=ascii)
    app.departure = departure = Departure()
    departure.install()
    app.run()
    code = departure.ended(app.return_code or 0)
    app.jobs.close()
    return code
