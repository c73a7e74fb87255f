"""The controller of training and runs: one run, and the store of them."""

from __future__ import annotations

from engine.core import format as figures
from engine.core.compare_runs import Contrast
from engine.core.experiment import Experiment
from tui.features import messages, reducers
from tui.features.arms.draft import Problem
from tui.features.controller import Controller, Routes, copying
from tui.features.dialogs import ChoiceDialog
from tui.features.mail import Intent
from tui.features.runs import history, start
from tui.features.runs import messages as run_messages
from tui.features.runs.screen import CompareRuns, Runs, ask_annotation, tags_in
from tui.features.session import (
    CurrentRun,
    PaneId,
    RunSummary,
    Session,
    StoreInfo,
    experiment,
)

_MOST_NAMED = 6

_ENDED = {
    "done": "is done",
    "failed": "failed",
    "cancelled": "was cancelled; it can be resumed",
    "interrupted": "was interrupted; it can be resumed",
}


class RunController(Controller):
    """Handles messages about runs."""

    def routes(self) -> Routes:
        """Return the handlers of messages about runs."""
        runs = self.runs
        return {
            messages.RunRequested: self._start,
            messages.RunWithdrawn: self._withdraw,
            messages.CancelRequested: self._cancel,
            messages.ResumeRequested: self._resume,
            messages.RunsRequested: self._show_runs,
            messages.OpenRunRequested: runs.open,
            messages.RunOpened: self._take_run,
            messages.RunEvents: self.changes(reducers.run_events),
            messages.RunEnded: self._take_end,
            messages.RunDeleted: self._drop_run,
            messages.RunsListed: self.changes(reducers.list_runs),
            run_messages.FollowRequested: runs.attach,
            run_messages.RunsRefreshRequested: runs.list,
            run_messages.DeleteRunsRequested: self._delete,
            run_messages.PruneRequested: self._prune,
            run_messages.AnnotationDialogRequested: self._ask_annotation,
            run_messages.AnnotateRequested: runs.annotate,
            run_messages.CompareRequested: self._show_compare,
            run_messages.RunsCompared: self._show_contrast,
            run_messages.RerunRequested: runs.recall,
            run_messages.RunRecalled: self._again,
            run_messages.RunResumed: self._watch_resumed,
            run_messages.RunBusy: self._ask_busy,
            run_messages.RunLost: self._lost,
            run_messages.RunsUnlisted: self.notes("unlisted"),
            run_messages.StoreStatus: self._note_store,
            run_messages.UsageMeasured: self.notes("usage"),
            run_messages.Pruned: self._tell_pruned,
            run_messages.LeaveDialogRequested: self._ask_leave,
        }

    # What the user wants ---------------------------------------------------------

    def _start(self, confirmed: bool) -> None:
        if self.session.load.busy and not self.session.running:
            self.change(reducers.await_table(self.session, True))
            self.app.tell("run starts when the table is read; esc takes that back")
        elif (problem := self.session.runnable) is not None:
            self.refuse("The run cannot start", problem)
        elif self._read_only("The run cannot be stored"):
            return
        elif not confirmed and (asked := start.question(self.session)) is not None:
            title, text, answers = asked
            self.choose(title, text, *answers)
        else:
            self.change(reducers.confirm_target(self.session))
            self.stop_asking("lab.estimate")
            self.runs.start(experiment(self.session))
            self.change(reducers.activate(self.session, "training"))

    def _withdraw(self) -> None:
        """Do not start what waits for the table."""
        self.change(reducers.await_table(self.session, False))
        self.app.tell("no run starts when the table is read")

    def _cancel(self, run_id: str | None, confirmed: bool) -> None:
        """End a run, after a question unless nothing is done yet."""
        looked = self.session.run
        if run_id is None:
            run_id = looked.id if looked is not None and looked.live else ""
        run, stored = self.session.run_of(run_id), self.session.stored_run(run_id)
        if run is None and stored is None:
            return
        done, total = run.trials if run is not None else (1, 0)
        if done and not confirmed and not (run is not None and run.cancelling):
            number = run.number if run is not None else stored.number if stored else 0
            far = f"Trials finished: {done:,} of {total:,}. " if run else ""
            self._ask_cancel(number, run_id, f"{far}What is finished is kept.")
            return
        self.change(reducers.cancelling(self.session, run_id))
        self.runs.cancel(run_id)

    def _resume(self, run_id: str) -> None:
        run, problem = self.session.run_of(run_id), self.session.runnable
        if run is not None and run.lost is not None:
            self.runs.attach(run_id)
        elif self.session.running and problem is not None:
            self.refuse("The run cannot be resumed", problem)
        elif not self._read_only("The run cannot be resumed"):
            self.runs.resume(run_id)

    def _delete(self, run_ids: tuple[str, ...], confirmed: bool) -> None:
        if self._read_only():
            return
        if not confirmed:
            self._confirm_delete(run_ids)
        for run_id in run_ids if confirmed else ():
            self.runs.delete(run_id)

    def _prune(self, confirmed: bool) -> None:
        if not self._read_only():
            (self.runs.prune if confirmed else self._confirm_prune)()

    def _ask_annotation(self, run_id: str, what: run_messages.Annotation) -> None:
        """Ask for the note or the tags of a run."""

        def answer(line: str) -> Intent:
            if what == "note":
                return run_messages.AnnotateRequested(run_id, note=line)
            return run_messages.AnnotateRequested(run_id, tags=tags_in(line))

        run = self.session.stored_run(run_id)
        if not self._read_only() and run is not None:
            self.put(ask_annotation(run, what), answer)

    def _read_only(self, title: str = "Nothing can be changed") -> bool:
        """Tell whether the store takes nothing, and say so before anything is asked."""
        store = self.session.store
        if store.problem is not None:
            problem = Problem(message=store.problem, fix=store.fix)
            self.show_problem(title, problem)
        return store.problem is not None

    # What jobs found out -----------------------------------------------------------

    def _take_run(self, run: CurrentRun, started: bool) -> None:
        session = reducers.follow(self.session, run)
        if not started:
            session = self._set_up(session)
            self.app.show_workbench()
        before = self.session.load.request
        if not started and session.load.request is not before:
            session = reducers.note(session, "rerun_load", session.jobs)
        self.change(session)

    def _set_up(self, session: Session) -> Session:
        """Set the experiment of an opened run up again, its table included."""
        run = session.run
        assert run is not None
        unfinished = run.live or run.status == "interrupted"
        pane: PaneId = "training" if unfinished else "results"
        wanted = history.resolve_paths(run.experiment, run.folder)
        if session.load.request is None or experiment(session) != wanted:
            session = reducers.open_experiment(session, wanted)
        return reducers.activate(session, pane)

    def _again(self, number: int, stored: Experiment, folder: str | None) -> None:
        """Set the experiment of a run up to be changed, without its results."""
        wanted = history.resolve_paths(stored, folder)
        session = self.session
        if session.run is not None and not session.running:
            self.runs.stop()
            session = reducers.forget_run(session, session.run.id)
        self.app.show_workbench()
        session = reducers.open_experiment(session, wanted)
        session = reducers.note(session, "rerun_load", session.jobs)
        self.change(reducers.activate(session, "arms"))
        self.app.tell("edit it; r runs it", f"Run {number} again")

    def _watch_resumed(self, run_id: str) -> None:
        self.change(reducers.activate(self.session, "training"))
        self.app.show_workbench()
        self.runs.attach(run_id)

    def _note_store(self, store: StoreInfo) -> None:
        """Say what is new about the store, once."""
        before = self.session.store
        self.change(reducers.note(self.session, "store", store))
        for notice in (one for one in store.notices if one not in before.notices):
            self.app.tell(notice, "Store of runs", problem=True)
        if store.problem is not None and store.problem != before.problem:
            self.app.tell(store.problem, "The store is read-only", problem=True)

    def _tell_pruned(self, freed: int) -> None:
        text = "there was nothing to remove"
        if freed:
            text = f"{figures.size(freed)} of cached folds removed"
        elif any(r.status in ("queued", "running") for r in self.session.stored or ()):
            text = "nothing was removed: an active run needs them"
        self.app.tell(text)

    def _lost(self, run_id: str, problem: Problem) -> None:
        if (run := self.session.run_of(run_id)) is not None:
            self.change(reducers.lose(self.session, run_id, problem))
            self._ask_lost(run.number, run_id, problem)

    def _drop_run(self, run_id: str, elsewhere: bool) -> None:
        if (run := self.session.run_of(run_id)) is not None:
            self.runs.stop()
            if elsewhere:
                text = f"run {run.number} was deleted by another imbtui"
                self.app.tell(text, problem=True)
        self.change(reducers.forget_run(self.session, run_id))
        self.runs.list()
        self.runs.measure()

    def _take_end(self, run_id: str, status: str) -> None:
        session, run = self.session, self.session.run_of(run_id)
        if run is None:
            return
        self.runs.list()
        news = f"imbtui: run {run.number} {status}"
        self.app.run_ended("" if status == "cancelled" else news)
        if status == "done" and session.view.pane in ("training", "results"):
            # What is seen says it, and a notice would lie above it.
            self.change(reducers.activate(session, "results"))
            return
        failed = status == "failed"
        error = (run.state.error or {}).get("message", "") if failed else ""
        text = f"run {run.number} {_ENDED.get(status, status)}. {error}"
        self.app.tell(text.rstrip(". "), problem=failed)

    # Dialogs ------------------------------------------------------------------------

    def _ask_leave(self) -> None:
        """Ask what becomes of the run that still works."""
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
        self.app.open_screen(ChoiceDialog(title, text, answers), self.app.leave)

    def _ask_cancel(self, number: int, run_id: str, text: str) -> None:
        """Ask before a run is ended."""
        cancel = messages.CancelRequested(run_id, confirmed=True)
        self.choose(
            f"Cancel run {number}?",
            f"{text} R resumes the run later.",
            ("cancel", "x", "Cancel it", cancel),
            ("continue", "n", "Let it continue", None),
        )

    def _confirm_delete(self, run_ids: tuple[str, ...]) -> None:
        """Ask before runs are deleted."""
        runs = [run for run in self.session.stored or () if run.id in run_ids]
        many = "the run" if len(run_ids) == 1 else f"{len(run_ids)} runs"
        yes = "Delete" if len(run_ids) == 1 else f"Delete {many}"
        delete = run_messages.DeleteRunsRequested(run_ids, confirmed=True)
        self.confirm(f"Delete {many}?", _describe(runs), yes, delete)

    def _confirm_prune(self) -> None:
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

    def _ask_busy(self, run_id: str, text: str) -> None:
        """Say who works on a run, and offer to follow it."""
        follow = ("follow", "f", "Follow it", run_messages.FollowRequested(run_id))
        close = ("close", "n", "Close", None)
        self.choose("The run is active already", text, follow, close)

    def _ask_lost(self, number: int, run_id: str, problem: Problem) -> None:
        """Say that a run is not followed any more, and offer to try again."""
        self.choose(
            f"Run {number} cannot be followed any more",
            problem.text,
            ("again", "r", "Try again", run_messages.FollowRequested(run_id)),
            ("close", "n", "Close (R tries again later)", None),
            ("copy", "y", "Copy the message", copying(problem)),
        )

    def _show_compare(self, run_ids: tuple[str, ...]) -> None:
        """Show runs side by side; what there is to see comes from a job."""
        self.runs.compare(run_ids)
        self.app.open_screen(CompareRuns(run_ids))

    def _show_contrast(
        self, run_ids: tuple[str, ...], answer: Contrast | Problem
    ) -> None:
        """Hand the comparison on to its screen."""
        for screen in self.app.screen_stack:
            if isinstance(screen, CompareRuns) and screen.run_ids == run_ids:
                screen.answer = answer

    def _show_runs(self) -> None:
        """List the stored runs."""
        self.runs.list()
        self.runs.measure()
        self.app.show(Runs())


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
