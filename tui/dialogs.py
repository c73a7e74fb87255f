"""Questions to the user: each puts a dialog up; the answer becomes an intent."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from textual.message import Message
from textual.screen import Screen

from engine.client.messages import Load, Request
from engine.core import format as figures
from tui import messages, questions, reducers, run_messages
from tui.draft import Draft, Problem
from tui.mail import Intent
from tui.questions import Questions
from tui.safe_text import clean
from tui.screens.base import SessionScreen
from tui.session import RunSummary, Session

if TYPE_CHECKING:
    from engine.contrast import Contrast
    from tui.app import ImbTuiApp
    from tui.follow import RunJobs
    from tui.jobs import Jobs


T = TypeVar("T")
HandlerTable: TypeAlias = "dict[type[Message], Callable[..., object]]"
"""The method of each message; it gets the values of the message's fields."""

_MOST_NAMED = 6


def changes(reducer: Callable[..., Session]) -> Callable[..., None]:
    """Return the method that replaces the session as a reducer says."""
    return lambda self, *values: self.change(reducer(self.session, *values))


def notes(field: str) -> Callable[..., None]:
    """Return the method that notes a value in a field of the session."""
    return changes(lambda session, value: reducers.note(session, field, value))


def redrafts(change: Callable[..., Draft]) -> Callable[..., None]:
    """Return the method that replaces the draft of the session."""
    return lambda self, *values: self.redraft(change(self.session.draft, *values))


def reloads(change: Callable[..., Load]) -> Callable[..., None]:
    """Return the method that loads the table with another choice."""
    return changes(lambda session, *values: reducers.reload(session, change, *values))


def tells_runs(name: str) -> Callable[..., None]:
    """Return the method that calls one of `tui.follow.RunJobs`."""
    return lambda self, *values: getattr(self.runs, name)(*values)


class Dialogs:
    """Base of the handlers: it holds the session, and opens dialogs.

    Parameters
    ----------
    app : ImbTuiApp
        Holds the screens.
    jobs : Jobs
        Work on tables and files.
    runs : RunJobs
        Work on runs.
    """

    def __init__(self, app: ImbTuiApp, jobs: Jobs, runs: RunJobs) -> None:
        self.app = app
        self.jobs = jobs
        self.runs = runs
        self.questions = Questions(jobs)
        self.session = Session()

    def change(self, session: Session) -> None:
        """Replace the session and hand it on; a new request for a table is sent."""
        before, self.session = self.session, session
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionScreen):
                screen.session = session
        new, old = session.load.request, before.load.request
        if new is not None and new is not old:
            same = old and old.source == new.source and old.read == new.read
            self.jobs.load(new, look=not same)

    def redraft(self, draft: Draft) -> None:
        """Replace the draft."""
        self.change(reducers.draft(self.session, draft))

    def ask(self, place: str, request: Request) -> None:
        """Ask the service; of the store that the app has, whatever folder it is in."""
        self.change(questions.ask(self.session, place, request))
        self.questions.send(place, self.session.jobs, self._in_store(request))

    def _in_store(self, request: T) -> T:
        """Return what names a store with the path of the one that the app has."""
        changes: dict[str, object] = {}
        if (inner := getattr(request, "asked", None)) is not None:
            changes["asked"] = self._in_store(inner)
        elif hasattr(request, "store") and self.runs.store is not None:
            changes["store"] = str(self.runs.store.expanduser().absolute())
        return msgspec.structs.replace(request, **changes) if changes else request  # type: ignore[type-var]

    def refuse(self, title: str, problem: Problem) -> None:
        """Say shortly why something is not done."""
        self.app.tell(problem.text, title, problem=True)

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
        self, title: str, text: str, *answers: tuple[str, str, str, Intent | None]
    ) -> None:
        """Ask a question with a few answers: each a name, a key, words, an intent."""
        from tui.screens.dialogs import ChoiceDialog

        then = {name: intent for name, *_, intent in answers}
        shown = tuple((name, key, words) for name, key, words, _ in answers)
        self.put(ChoiceDialog(title, text, shown), then.get)

    def confirm(self, title: str, text: str, yes: str, intent: Intent) -> None:
        """Post an intent once a question is answered with yes."""
        self.choose(title, text, ("no", "n", "Keep", None), ("yes", "y", yes, intent))

    def ask_dataset(self) -> None:
        """Ask for a table to open."""
        from tui.screens.pick_path import OpenDataset

        self.put(OpenDataset(), messages.OpenRequested)

    def ask_experiment(self) -> None:
        """Ask for an experiment file to open."""
        from tui.screens.pick_path import PickPath

        hint = "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up"
        dialog = PickPath("Open an experiment file", hint, (".toml",))
        self.put(dialog, messages.OpenExperimentRequested)

    def ask_save(self) -> None:
        """Ask where the experiment is to be saved."""
        from tui.screens.pick_path import PickPath

        hint = "tab completes   enter saves   asks before it replaces a file"
        path = self.session.draft.path or "experiment.toml"
        title = "Save the experiment as TOML"
        dialog = PickPath(title, hint, (".toml",), path, new=True)
        self.ask_path(dialog, messages.SaveExperimentRequested)

    def ask_path(self, dialog: Screen[str], write: Callable[..., Intent]) -> None:
        """Ask for a path to write to; what is there is replaced after a question."""

        def choose(path: str) -> None:
            self.ask_replace([path], write(path), write(path, overwrite=True))

        self.put(dialog, choose)

    def ask_costs(self) -> None:
        """Ask what a miss and a false alarm cost."""
        from tui.screens.costs import GiveCosts

        self.put(GiveCosts(self.session))

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

    def ask_leave(self, done: Callable[[str | None], None]) -> None:
        """Ask what becomes of the run that still works."""
        from tui.screens.dialogs import ChoiceDialog

        run = self.session.run
        title = f"Run {run.number if run is not None else 0} is still running"
        text = (
            "It runs in its own process and can continue without imbtui; the next "
            "start finds it. If stopped, it keeps every finished trial and can be "
            "resumed."
        )
        answers = (
            ("keep", "y", "Quit, keep it running"),
            ("stop", "s", "Quit and stop it"),
            ("stay", "n", "Do not quit"),
        )
        self.app.push_screen(ChoiceDialog(title, text, answers), done)

    def confirm_delete(self, run_ids: tuple[str, ...]) -> None:
        """Ask before runs are deleted."""
        runs = [run for run in self.session.stored or () if run.id in run_ids]
        many = "the run" if len(run_ids) == 1 else f"{len(run_ids)} runs"
        yes = "Delete" if len(run_ids) == 1 else f"Delete {many}"
        delete = run_messages.DeleteRunsRequested(run_ids, confirmed=True)
        self.confirm(f"Delete {many}?", _describe(runs), yes, delete)

    def confirm_prune(self) -> None:
        """Ask before the cached folds are removed."""
        usage = self.session.usage
        if usage is not None and not usage.folds:
            self.app.tell("there are no cached folds to remove")
            return
        many = "an unknown size" if usage is None else figures.size(usage.folds)
        text = (
            f"They take {many}. No result is lost, but a repeated or resumed run "
            "prepares its rows again, which takes as long as the first time. Those of "
            "active runs are kept."
        )
        prune = run_messages.PruneRequested(confirmed=True)
        self.confirm("Delete the cached folds?", text, "Delete them", prune)

    def ask_annotation(self, run_id: str, what: run_messages.Annotation) -> None:
        """Ask for the note or the tags of a run."""
        from tui.screens.dialogs import ask_annotation, tags_in

        def answer(line: str) -> Intent:
            if what == "note":
                return run_messages.AnnotateRequested(run_id, note=line)
            return run_messages.AnnotateRequested(run_id, tags=tags_in(line))

        if (run := self.stored_run(run_id)) is not None:
            self.put(ask_annotation(run, what), answer)

    def ask_busy(self, run_id: str, text: str) -> None:
        """Say who works on a run, and offer to follow it."""
        follow = ("follow", "f", "Follow it", run_messages.FollowRequested(run_id))
        close = ("close", "n", "Close", None)
        self.choose("The run is active already", text, follow, close)

    def ask_lost(self, number: int, run_id: str, problem: Problem) -> None:
        """Say that a run is not followed any more, and offer to try again."""
        self.choose(
            f"Run {number} cannot be followed any more",
            problem.text,
            ("again", "r", "Try again", run_messages.FollowRequested(run_id)),
            ("close", "n", "Close (R tries again later)", None),
            ("copy", "y", "Copy the message", copying(problem)),
        )

    def show_compare(self, run_ids: tuple[str, ...]) -> None:
        """Show runs side by side; what there is to see comes from a job."""
        from tui.screens.compare_runs import CompareRuns

        self.runs.compare(run_ids)
        self.app.open_screen(CompareRuns(run_ids))

    def show_contrast(
        self, run_ids: tuple[str, ...], answer: Contrast | Problem
    ) -> None:
        """Hand the comparison on to its screen."""
        from tui.screens.compare_runs import CompareRuns

        for screen in self.app.screen_stack:
            if isinstance(screen, CompareRuns) and screen.run_ids == run_ids:
                screen.answer = answer

    def stored_run(self, run_id: str) -> RunSummary | None:
        """Return a run of the list."""
        return next((r for r in self.session.stored or () if r.id == run_id), None)

    def show_runs(self) -> None:
        """List the stored runs."""
        from tui.screens.runs import Runs

        self.runs.list()
        self.runs.measure()
        self.app.show(Runs())


def copying(problem: Problem) -> Intent:
    """Return the intent that copies why something did not work."""
    return messages.CopyRequested(clean(problem.text) + "\n", "the message")


def _describe(runs: list[RunSummary]) -> str:
    """Say what is deleted: one run with its arms, several each in a sentence."""
    one = len(runs) == 1
    arms = f", {figures.plural(len(runs[0].arms), 'arm')}" if one else ""
    lines = [f"Run {run.number} on {run.source}{arms}." for run in runs[:_MOST_NAMED]]
    if len(runs) > _MOST_NAMED:
        lines.append(f"And {len(runs) - _MOST_NAMED} more.")
    if any(run.status in ("queued", "running") for run in runs):
        what = "It is active and" if one else "Active runs"
        lines.append(f"{what} will be stopped first.")
    their = "Their" if len(runs) > 1 else "Its"
    return " ".join([*lines, f"{their} results cannot be recovered."])
