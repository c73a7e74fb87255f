"""Questions to the person: each puts a dialog up; the answer becomes an intent."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui import messages as say
from tui import run_messages as told
from tui.console import figures
from tui.mail import Intent
from tui.panes.wording import size
from tui.safe_text import clean
from tui.session import RunSummary, Session

if TYPE_CHECKING:
    from tui.app import ImbTuiApp
    from tui.draft import Problem
    from tui.follow import RunJobs


_MOST_NAMED = 6


class Dialogs:
    """The part of the desk that asks."""

    app: ImbTuiApp
    runs: RunJobs
    session: Session

    def ask_dataset(self) -> None:
        """Ask for a table to open."""
        from tui.screens.pick_path import OpenDataset

        self.app.push_screen(OpenDataset(), self._posting(say.OpenRequested))

    def ask_experiment(self) -> None:
        """Ask for an experiment file to open."""
        from tui.screens.pick_path import OpenExperiment

        done = self._posting(say.OpenExperimentRequested)
        self.app.push_screen(OpenExperiment(), done)

    def ask_save(self) -> None:
        """Ask where the experiment is to be saved."""
        from tui.screens.pick_path import SaveExperiment

        def chosen(path: str | None) -> None:
            if path is not None:
                save = say.SaveExperimentRequested
                self.ask_replace([path], save(path), save(path, overwrite=True))

        self.app.push_screen(SaveExperiment(self.session.draft.path), chosen)

    def ask_costs(self) -> None:
        """Ask what a miss and a false alarm cost."""
        from tui.screens.costs import GiveCosts

        def answered(given: say.CostsGiven | None) -> None:
            if given is not None:
                self.app.post_message(given)

        self.app.push_screen(GiveCosts(self.session), answered)

    def ask_replace(
        self, paths: Sequence[str | Path], plain: Intent, anew: Intent
    ) -> None:
        """Post an intent to write files; `anew` after a question if any is there.

        Whether one is there is only asked here, for the person's sake: whoever writes
        looks again, and replaces nothing that was not asked about.
        """
        there = [
            str(path) for path in paths if os.path.lexists(Path(path).expanduser())
        ]
        if not there:
            self.app.post_message(plain)
            return
        exist = "exists" if len(there) == 1 else "exist"
        text = f"{' and '.join(there)} {exist} already."
        self.confirm("Replace what is there?", text, "Replace", anew)

    def ask_leave(self, done: Callable[[str | None], None]) -> None:
        """Ask what becomes of the run that still works."""
        from tui.screens.dialogs import Choice

        run = self.session.run
        dialog = Choice(
            f"Run {run.number if run is not None else 0} still works",
            "It is a process of its own: it can go on without imbtui, and the next "
            "start finds it again. Stopped, it keeps every finished trial and can be "
            "resumed.",
            (
                ("keep", "y", "Leave, keep it running"),
                ("stop", "s", "Leave and stop it"),
                ("stay", "n", "Stay"),
            ),
        )
        self.app.push_screen(dialog, done)

    def confirm_delete(self, run_ids: tuple[str, ...]) -> None:
        """Ask before runs are deleted."""
        found = [run for run in self.session.stored or () if run.id in run_ids]
        many = "the run" if len(run_ids) == 1 else f"{len(run_ids)} runs"
        yes = "Delete" if len(run_ids) == 1 else f"Delete {many}"
        self.confirm(
            f"Delete {many}?",
            _described(found),
            yes,
            told.DeleteRunsRequested(run_ids, confirmed=True),
        )

    def confirm(self, title: str, text: str, yes: str, intent: Intent) -> None:
        """Post an intent once a question is answered with yes."""
        from tui.screens.dialogs import Confirm

        self.app.push_screen(Confirm(title, text, yes), self._posting(lambda _: intent))

    def confirm_prune(self) -> None:
        """Ask before the prepared folds are removed."""
        usage = self.session.usage
        if usage is not None and not usage.folds:
            self.app.tell("there are no prepared folds to remove")
            return
        many = "an unknown size" if usage is None else size(usage.folds)
        self.confirm(
            "Remove the prepared folds?",
            f"They take {many}. No result is lost. A run like an earlier one, or the "
            "rest of an interrupted one, prepares its rows anew, which takes as long "
            "as it did the first time. Those of a living run stay.",
            "Remove them",
            told.PruneRequested(confirmed=True),
        )

    def ask_annotation(self, run_id: str, what: told.Annotation) -> None:
        """Ask for the note or the tags of a run."""
        from tui.screens.dialogs import ask_annotation, tags_in

        def answered(line: str) -> Intent:
            given = line if what == "note" else tags_in(line)
            return told.AnnotateRequested(run_id, **{what: given})  # type: ignore[arg-type]

        if (run := self._stored_run(run_id)) is not None:
            self.app.push_screen(ask_annotation(run, what), self._posting(answered))

    def ask_busy(self, run_id: str, text: str) -> None:
        """Say who works on a run, and offer to follow it."""
        from tui.screens.dialogs import Choice

        answers = (("follow", "f", "Follow it"), ("close", "n", "Leave it"))
        then = {"follow": told.FollowRequested(run_id)}
        dialog = Choice("The run has a process already", text, answers)
        self.app.push_screen(dialog, self._posting(then.get))

    def ask_lost(self, number: int, run_id: str, problem: Problem) -> None:
        """Say that a run is not followed any more, and offer to try again."""
        from tui.screens.dialogs import Choice

        answers = (
            ("again", "r", "Try again"),
            ("close", "n", "Leave it (R tries again later)"),
            ("copy", "y", "Copy the message"),
        )
        then: dict[str, Intent] = {
            "again": told.FollowRequested(run_id),
            "copy": say.CopyRequested(clean(problem.text) + "\n", "the message"),
        }
        dialog = Choice(
            f"Run {number} cannot be followed any more", problem.text, answers
        )
        self.app.push_screen(dialog, self._posting(then.get))

    def show_compare(self, run_ids: tuple[str, ...]) -> None:
        """Show runs side by side; what there is to see comes from a job."""
        from tui.screens.compare_runs import CompareRuns

        self.app.open_screen(CompareRuns(run_ids))

    def show_compared(self, answer: told.RunsCompared | told.CompareFailed) -> None:
        """Hand the comparison on to its screen."""
        from tui.screens.compare_runs import CompareRuns

        for screen in self.app.screen_stack:
            if isinstance(screen, CompareRuns) and screen.run_ids == answer.run_ids:
                screen.answer = answer

    def _stored_run(self, run_id: str) -> RunSummary | None:
        return next((r for r in self.session.stored or () if r.id == run_id), None)

    def show_runs(self) -> None:
        """List the stored runs."""
        from tui.screens.runs import Runs

        self.runs.list()
        self.runs.measure()
        if not isinstance(self.app.screen, Runs):
            self.app.open_screen(Runs())

    def _posting(
        self, made: Callable[[str], Intent | None]
    ) -> Callable[[str | None], None]:
        """Return what posts the intent made of an answer, if there is one."""

        def answered(answer: str | None) -> None:
            intent = None if answer is None else made(answer)
            if intent is not None:
                self.app.post_message(intent)

        return answered


def _described(found: list[RunSummary]) -> str:
    """Say what is deleted: one run with its arms, several each in a sentence."""
    lines = [f"Run {run.number} on {run.source}." for run in found[:_MOST_NAMED]]
    if len(found) == 1:
        arms = figures.plural(len(found[0].arms), "arm")
        lines = [f"{lines[0].removesuffix('.')}, {arms}."]
    if len(found) > _MOST_NAMED:
        lines.append(f"And {len(found) - _MOST_NAMED} more.")
    if any(run.status in ("queued", "running") for run in found):
        one = len(found) == 1
        lines.append(
            f"{'It works now and' if one else 'Those that work now'} will be ended."
        )
    their = "Their" if len(found) > 1 else "Its"
    return " ".join([*lines, f"{their} results cannot be brought back."])
