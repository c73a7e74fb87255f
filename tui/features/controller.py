"""What the controllers of all features have in common.

A controller belongs to one feature. It says how it handles messages, and answers to
questions (`routes`); what another feature is to do about them is a message again.
`tui.app.dispatch` brings messages and controllers together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from textual.content import Content
from textual.screen import Screen

from engine.core.messages import Load, Request
from tui.features import messages, questions, reducers
from tui.features.arms.draft import Draft, Problem
from tui.features.dialogs import ChoiceDialog, ErrorDialog
from tui.features.host import Host
from tui.features.mail import Intent, Mail
from tui.features.questions import News, Questions
from tui.features.screen import SessionScreen
from tui.features.session import Session, experiment
from tui.terminal.safe_text import clean

if TYPE_CHECKING:
    from tui.features.jobs import Jobs
    from tui.features.runs.follow import RunJobs


T = TypeVar("T")
Routes: TypeAlias = "dict[type[Mail] | str, Callable[..., object]]"
"""The handler of each message, and of each place that questions are asked for.

It gets the values of the message's fields; that of a place gets the `News`.
"""


class SessionHolder:
    """Holds the session, and the only one who replaces it.

    Parameters
    ----------
    app : Host
        Holds the screens.
    jobs : Jobs
        Work on tables and files.
    runs : RunJobs
        Work on runs.
    """

    def __init__(self, app: Host, jobs: Jobs, runs: RunJobs) -> None:
        self.app = app
        self.jobs = jobs
        self.runs = runs
        self.questions = Questions(jobs)
        self.session = Session()

    def change(self, session: Session) -> None:
        """Replace the session and hand it on; a new request for a table is sent.

        The time of a run is not measured on once another would be run, or one works.
        """
        timing = session.lab.estimate
        if timing.pending and timing.request is not None:
            wanted = timing.request.experiment
            if session.running or experiment(session) != wanted:
                self.questions.stop("lab.estimate")
                session = questions.stop(session, "lab.estimate")
        before, self.session = self.session, session
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionScreen):
                screen.session = session
        new, old = session.load.request, before.load.request
        if new is not None and new is not old:
            same = old and old.source == new.source and old.read == new.read
            self.jobs.load(new, look=not same)

    def supply(self, screen: Screen[Any]) -> None:
        """Give a screen the session before it is shown."""
        if isinstance(screen, SessionScreen):
            screen.set_reactive(SessionScreen.session, self.session)

    def ask(self, place: str, request: Request, session: Session | None = None) -> None:
        """Ask the service; of the store that the app has, whatever folder it is in.

        With a `session` that is changed together with the question.
        """
        self.change(questions.ask(session or self.session, place, request))
        self.questions.send(place, self.session.jobs, self._in_store(request))

    def _in_store(self, request: T) -> T:
        """Return what names a store with the path of the one that the app has."""
        changes: dict[str, object] = {}
        if (inner := getattr(request, "asked", None)) is not None:
            changes["asked"] = self._in_store(inner)
        elif hasattr(request, "store") and self.runs.store is not None:
            changes["store"] = str(self.runs.store.expanduser().absolute())
        return msgspec.structs.replace(request, **changes) if changes else request  # type: ignore[type-var]


class Controller:
    """Base of what handles the messages of one feature.

    Parameters
    ----------
    holder : SessionHolder
        Holds the session for all of them.
    """

    def __init__(self, holder: SessionHolder) -> None:
        self._holder = holder
        self.app = holder.app
        self.jobs = holder.jobs
        self.runs = holder.runs
        self.ask = holder.ask

    def routes(self) -> Routes:
        """Return the handlers of the feature's messages and places."""
        raise NotImplementedError

    # The session -------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The current session."""
        return self._holder.session

    def change(self, session: Session) -> None:
        """Replace the session."""
        self._holder.change(session)

    def redraft(self, draft: Draft) -> None:
        """Replace the draft."""
        self.change(msgspec.structs.replace(self.session, draft=draft))

    def take(self, news: News) -> None:
        """Note what was found out for a question."""
        self.change(questions.take(self.session, news))

    def stop_asking(self, place: str) -> None:
        """Wait for an answer no longer."""
        self._holder.questions.stop(place)
        self.change(questions.stop(self.session, place))

    def changes(self, reducer: Callable[..., Session]) -> Callable[..., None]:
        """Return the handler that replaces the session as a reducer says."""
        return lambda *values: self.change(reducer(self.session, *values))

    def notes(self, field: str) -> Callable[[Any], None]:
        """Return the handler that notes a value in a field of the session."""
        return lambda value: self.change(reducers.note(self.session, field, value))

    def redrafts(self, change: Callable[..., Draft]) -> Callable[..., None]:
        """Return the handler that replaces the draft of the session."""
        return lambda *values: self.redraft(change(self.session.draft, *values))

    def reloads(self, change: Callable[..., Load]) -> Callable[..., None]:
        """Return the handler that loads the table with another choice."""
        return lambda *values: self.change(
            reducers.reload(self.session, change, *values)
        )

    # Dialogs -----------------------------------------------------------------------

    def refuse(self, title: str, problem: Problem) -> None:
        """Say shortly why something is not done."""
        self.app.tell(problem.text, title, problem=True)

    def show_problem(self, title: str, problem: Problem) -> None:
        """Show an error in a dialog that can be copied from."""
        self.app.open_screen(ErrorDialog(title, problem))

    def put(
        self, dialog: Screen[T], make: Callable[[T], Intent | None] | None = None
    ) -> None:
        """Put a dialog up, and post its answer, or the intent made of it."""

        def answer(value: Any) -> None:
            intent = make(value) if make is not None and value is not None else value
            if intent is not None:
                self.app.post_message(intent)

        self.app.open_screen(dialog, answer)

    def choose(
        self,
        title: str,
        text: str | Content,
        *answers: tuple[str, str, str, Intent | None],
    ) -> None:
        """Ask a question with a few answers: each a name, a key, words, an intent."""
        then = {name: intent for name, *_, intent in answers}
        shown = tuple((name, key, words) for name, key, words, _ in answers)
        self.put(ChoiceDialog(title, text, shown), then.get)

    def confirm(self, title: str, text: str, yes: str, intent: Intent) -> None:
        """Post an intent once a question is answered with yes."""
        self.choose(title, text, ("no", "n", "Keep", None), ("yes", "y", yes, intent))

    def ask_path(self, dialog: Screen[str], write: Callable[..., Intent]) -> None:
        """Ask for a path to write to; what is there is replaced after a question."""

        def choose(path: str) -> None:
            self.ask_replace([path], write(path), write(path, overwrite=True))

        self.put(dialog, choose)

    def ask_replace(
        self, paths: Sequence[str | Path], plain: Intent, anew: Intent
    ) -> None:
        """Post an intent to write files; `anew` after a question if any is there.

        Whether one is there is only asked here, for the user's sake: whoever writes
        looks again, and replaces nothing that was not asked about.
        """
        existing = [str(p) for p in paths if os.path.lexists(Path(p).expanduser())]
        if existing:
            verb = "exists" if len(existing) == 1 else "exist"
            text = f"{' and '.join(existing)} {verb} already."
            self.confirm("Replace existing files?", text, "Replace", anew)
        else:
            self.app.post_message(plain)


def copying(problem: Problem) -> Intent:
    """Return the intent that copies why something did not work."""
    return messages.CopyRequested(clean(problem.text) + "\n", "the message")
