"""Handlers of messages about runs and their store."""

from __future__ import annotations

from typing import ClassVar

from engine.core import format as figures
from engine.spec import Experiment
from tui import history, messages, reducers, run_messages
from tui.dialogs import Dialogs, HandlerTable, changes, notes, tells_runs
from tui.draft import Problem
from tui.session import CurrentRun, PaneId, Session, StoreInfo, experiment

_ENDED = {
    "done": "is done",
    "failed": "failed",
    "cancelled": "was cancelled; it can be resumed",
    "interrupted": "was interrupted; it can be resumed",
}


class RunHandlers(Dialogs):
    """Handlers of messages about runs."""

    _opened_load: int = 0
    """The load that began when a stored run was opened: nobody asked for its table."""

    # What the user wants ---------------------------------------------------------

    def _start(self) -> None:
        if (problem := self.session.runnable) is not None:
            self.refuse("The run cannot start", problem)
        elif not self._read_only("The run cannot be stored"):
            self.runs.start(experiment(self.session))
            self.change(reducers.activate(self.session, "training"))

    def cancel(self) -> None:
        """End the run that is looked at."""
        if (run := self.session.run) is not None and run.live:
            self.change(reducers.cancelling(self.session, run.id))
            self.runs.cancel(run.id)

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
            self.confirm_delete(run_ids)
        for run_id in run_ids if confirmed else ():
            self.runs.delete(run_id)

    def _prune(self, confirmed: bool) -> None:
        if not self._read_only():
            (self.runs.prune if confirmed else self.confirm_prune)()

    def _annotate(self, run_id: str, what: run_messages.Annotation) -> None:
        if not self._read_only():
            self.ask_annotation(run_id, what)

    def _read_only(self, title: str = "Nothing can be changed") -> bool:
        """Tell whether the store takes nothing, and say so before anything is asked."""
        store = self.session.store
        if store.problem is not None:
            problem = Problem(message=store.problem, fix=store.fix)
            self.app.show_problem(title, problem)
        return store.problem is not None

    # What jobs found out -----------------------------------------------------------

    def _take_run(self, run: CurrentRun, started: bool) -> None:
        session = reducers.follow(self.session, run)
        if not started:
            session = self._set_up(session)
            self.app.show_workbench()
        before = self.session.load.request
        self.change(session)
        if not started and session.load.request is not before:
            self._opened_load = session.jobs

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

    def _show_found(self, run_id: str) -> None:
        """Show a run that works, or was left: at once if nothing else was asked for."""
        from tui.screens.start import Start

        if self.session.run is not None:
            return
        if self.session.load.request is None and isinstance(self.app.screen, Start):
            self.runs.open(run_id)
        else:
            self.runs.attach(run_id)

    def _again(self, number: int, stored: Experiment, folder: str | None) -> None:
        """Set the experiment of a run up to be changed, without its results."""
        wanted = history.resolve_paths(stored, folder)
        session = self.session
        if session.run is not None and not session.running:
            self.runs.stop()
            session = reducers.forget_run(session, session.run.id)
        self.app.show_workbench()
        session = reducers.open_experiment(session, wanted)
        self.change(reducers.activate(session, "arms"))
        self._opened_load = self.session.jobs
        self.app.tell("edit it; r runs it", f"Run {number} again")

    def note_missing_table(self, problem: Problem) -> bool:
        """Say shortly that a run's table is gone; False if it was asked for itself."""
        request, run = self.session.load.request, self.session.run
        if request is None or request.id != self._opened_load or run is None:
            return False
        self.refuse(f"Run {run.number} is shown without its dataset", problem)
        return True

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
            self.ask_lost(run.number, run_id, problem)

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
        if status != "cancelled":
            self.app.ring(f"imbtui: run {run.number} {status}")
        self.app.run_ended()
        if status == "done" and session.view.pane in ("training", "results"):
            # What is seen says it, and a notice would lie above it.
            self.change(reducers.activate(session, "results"))
            return
        failed = status == "failed"
        error = (run.state.error or {}).get("message", "") if failed else ""
        text = f"run {run.number} {_ENDED.get(status, status)}. {error}"
        self.app.tell(text.rstrip(". "), problem=failed)

    HANDLERS: ClassVar[HandlerTable] = {
        messages.RunRequested: _start,
        messages.CancelRequested: cancel,
        messages.ResumeRequested: _resume,
        messages.RunsRequested: Dialogs.show_runs,
        messages.OpenRunRequested: tells_runs("open"),
        messages.RunOpened: _take_run,
        messages.RunEvents: changes(reducers.run_events),
        messages.RunEnded: _take_end,
        messages.RunFound: _show_found,
        messages.RunDeleted: _drop_run,
        messages.RunsListed: changes(reducers.list_runs),
        run_messages.FollowRequested: tells_runs("attach"),
        run_messages.RunsRefreshRequested: tells_runs("list"),
        run_messages.DeleteRunsRequested: _delete,
        run_messages.PruneRequested: _prune,
        run_messages.AnnotationDialogRequested: _annotate,
        run_messages.AnnotateRequested: tells_runs("annotate"),
        run_messages.CompareRequested: Dialogs.show_compare,
        run_messages.RunsCompared: Dialogs.show_contrast,
        run_messages.RerunRequested: tells_runs("recall"),
        run_messages.RunRecalled: _again,
        run_messages.RunResumed: _watch_resumed,
        run_messages.RunBusy: Dialogs.ask_busy,
        run_messages.RunLost: _lost,
        run_messages.RunsUnlisted: notes("unlisted"),
        run_messages.StoreStatus: _note_store,
        run_messages.UsageMeasured: notes("usage"),
        run_messages.Pruned: _tell_pruned,
    }
