"""What happens to messages about runs and their store; a part of the desk."""

from __future__ import annotations

from engine.spec import Experiment
from tui import history, reducers
from tui import messages as say
from tui import run_messages as told
from tui.dialogs import Dialogs
from tui.draft import Problem
from tui.follow import RunJobs
from tui.mail import Intent, Result
from tui.panes import wording
from tui.session import PaneId, Session, StoreInfo, experiment

_ENDED = {
    "done": "is done",
    "failed": "failed",
    "cancelled": "was cancelled; it can be resumed",
    "interrupted": "was interrupted; it can be resumed",
}
_WRITING = (
    told.DeleteRunsRequested,
    told.PruneRequested,
    told.AnnotationAsked,
)
"""What asks for something to be written to the store."""


class RunDesk(Dialogs):
    """The part of the desk that knows about runs."""

    runs: RunJobs
    _opened_load: int = 0
    """The load that began when a stored run was opened: nobody asked for its table."""

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    # What the person wants ---------------------------------------------------------

    def intend_run(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        session = self.session
        if isinstance(message, _WRITING) and session.store.problem is not None:
            # Said before anything is asked, and not after the answer.
            self.app.show_problem("Nothing can be changed", _read_only(session.store))
            return True
        match message:
            case say.RunRequested():
                self._start()
            case say.CancelRequested():
                if session.run is not None and session.running:
                    self.change(reducers.cancelling(session, session.run.id))
                    self.runs.cancel(session.run.id)
            case say.ResumeRequested(run_id=run_id):
                self._resume(run_id)
            case say.RunsRequested():
                self.show_runs()
            case say.OpenRunRequested(run_id=run_id):
                self.runs.open(run_id)
            case told.FollowRequested(run_id=run_id):
                self.runs.attach(run_id)
            case _:
                return self._intend_store(message)
        return True

    def _intend_store(self, message: Intent) -> bool:
        match message:
            case told.RunsListWanted():
                self.runs.list()
            case told.DeleteRunsRequested(run_ids=run_ids, confirmed=True):
                for run_id in run_ids:
                    self.runs.delete(run_id)
            case told.DeleteRunsRequested(run_ids=run_ids):
                self.confirm_delete(run_ids)
            case told.PruneRequested(confirmed=True):
                self.runs.prune()
            case told.PruneRequested():
                self.confirm_prune()
            case told.AnnotationAsked(run_id=run_id, what=what):
                self.ask_annotation(run_id, what)
            case told.AnnotateRequested(run_id=run_id, note=note, tags=tags):
                self.runs.annotate(run_id, note, tags)
            case told.CompareRequested(run_ids=run_ids):
                self.runs.compare(run_ids)
                self.show_compare(run_ids)
            case told.RerunRequested(run_id=run_id):
                self.runs.recall(run_id)
            case _:
                return False
        return True

    def _start(self) -> None:
        store, problem = self.session.store, self.session.runnable
        if problem is not None:
            self.refuse("The run cannot start", problem)
        elif store.problem is not None:
            self.app.show_problem("No run can be kept", _read_only(store))
        else:
            self.runs.start(experiment(self.session))
            self.change(reducers.activate(self.session, "training"))

    def _resume(self, run_id: str) -> None:
        session = self.session
        run = session.run
        if run is not None and run.id == run_id and run.lost is not None:
            self.runs.attach(run_id)
        elif session.running:
            self.refuse("no run can be resumed", session.runnable)
        elif session.store.problem is not None:
            self.app.show_problem("The run cannot go on", _read_only(session.store))
        else:
            self.runs.resume(run_id)

    def refuse(self, title: str, problem: Problem | None) -> None:
        """Say shortly why something is not done."""
        if problem is not None:
            self.app.tell(problem.text, title, problem=True)

    # What jobs found out -----------------------------------------------------------

    def take_run(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        session = self.session
        match message:
            case say.RunOpened(run=run, started=started):
                session = reducers.follow(session, run)
                if not started:
                    session = self._set_up(session)
                    self.app.show_workbench()
                before = self.session.load.request
                self.change(session)
                if not started and session.load.request is not before:
                    self._opened_load = session.jobs
            case say.RunEvents():
                self.change(
                    reducers.run_events(
                        session,
                        message.run_id,
                        message.events,
                        message.status,
                        message.elapsed,
                        cancelling=message.cancelling,
                        silent=message.silent,
                    )
                )
            case say.RunEnded(run_id=run_id, status=status):
                self._ended(run_id, status)
            case say.RunFound(run_id=run_id):
                self._found(run_id)
            case told.RunResumed(run_id=run_id):
                self.change(reducers.activate(session, "training"))
                self.app.show_workbench()
                self.runs.attach(run_id)
            case told.RunBusy(run_id=run_id, text=text):
                self.ask_busy(run_id, text)
            case told.CancelUnheard(number=number):
                self.app.tell(
                    "its process does not answer yet; x asks again",
                    f"run {number}",
                    problem=True,
                )
            case told.RunLost(run_id=run_id, problem=problem):
                self._lost(run_id, problem)
            case say.RunDeleted(run_id=run_id, elsewhere=elsewhere):
                self._deleted(run_id, elsewhere=elsewhere)
            case _:
                return self._take_store(message)
        return True

    def _take_store(self, message: Result) -> bool:
        session = self.session
        match message:
            case say.RunsListed(runs=runs):
                self.change(reducers.stored(session, runs))
            case told.RunsUnlisted(problem=problem):
                self.change(reducers.unlisted(session, problem))
            case told.StoreTold(store=store):
                self.change(reducers.store_told(session, store))
                self._tell_store(session.store, store)
            case told.UsageTold(usage=usage):
                self.change(reducers.usage(session, usage))
            case told.Pruned(bytes=freed):
                self._tell_pruned(freed)
            case told.RunRecalled(number=number, experiment=found, folder=folder):
                self._again(number, history.anchored(found, folder))
            case told.RunsCompared() | told.CompareFailed():
                self.show_compared(message)
            case _:
                return False
        return True

    def _set_up(self, session: Session) -> Session:
        """Set the experiment of an opened run up again, its table included."""
        run = session.run
        assert run is not None
        unfinished = run.live or run.status == "interrupted"
        pane: PaneId = "training" if unfinished else "results"
        wanted = history.anchored(run.experiment, run.folder)
        if session.load.request is None or experiment(session) != wanted:
            session = reducers.open_experiment(session, wanted)
        return reducers.activate(session, pane)

    def _found(self, run_id: str) -> None:
        """Show a run that works, or was left: at once if nothing else was asked for."""
        from tui.screens.start import Start

        if self.session.run is not None:
            return
        if self.session.load.request is None and isinstance(self.app.screen, Start):
            self.runs.open(run_id)
        else:
            self.runs.attach(run_id)

    def _again(self, number: int, wanted: Experiment) -> None:
        """Set the experiment of a run up to be changed, without its results."""
        session = self.session
        if session.run is not None and not session.running:
            self.runs.stop()
            session = reducers.forget_run(session, session.run.id)
        self.app.show_workbench()
        session = reducers.open_experiment(session, wanted)
        self.change(reducers.activate(session, "arms"))
        self._opened_load = self.session.jobs
        self.app.tell("change what you like; r runs it", f"Run {number} again")

    def unasked(self, problem: Problem) -> bool:
        """Say shortly that a run's table is gone; False if it was asked for itself."""
        request, run = self.session.load.request, self.session.run
        if request is None or request.id != self._opened_load or run is None:
            return False
        title = f"Run {run.number} is shown without its dataset"
        self.app.tell(problem.text, title, problem=True)
        return True

    def _tell_store(self, before: StoreInfo, store: StoreInfo) -> None:
        """Say what is new about the store, once."""
        for notice in store.notices:
            if notice not in before.notices:
                self.app.tell(notice, "Where runs are kept", problem=True)
        if store.problem is not None and store.problem != before.problem:
            self.app.tell(store.problem, "The store is only read", problem=True)

    def _tell_pruned(self, freed: int) -> None:
        lives = any(
            r.status in ("queued", "running") for r in self.session.stored or ()
        )
        if freed:
            text = f"{wording.size(freed)} of prepared folds removed"
        elif lives:
            text = "nothing was removed: a run that works needs them"
        else:
            text = "there was nothing to remove"
        self.app.tell(text)

    def _lost(self, run_id: str, problem: Problem) -> None:
        run = self.session.run
        if run is None or run.id != run_id:
            return
        self.change(reducers.lost(self.session, run_id, problem))
        self.ask_lost(run.number, run_id, problem)

    def _deleted(self, run_id: str, *, elsewhere: bool) -> None:
        run = self.session.run
        if run is not None and run.id == run_id:
            self.runs.stop()
            if elsewhere:
                text = f"run {run.number} was deleted by another imbtui"
                self.app.tell(text, problem=True)
        self.change(reducers.forget_run(self.session, run_id))
        self.runs.list()
        self.runs.measure()

    def _ended(self, run_id: str, status: str) -> None:
        session = self.session
        run = session.run
        if run is None or run.id != run_id:
            return
        self.runs.list()
        if status != "cancelled":
            self.app.ring(f"imbtui: run {run.number} {status}")
        self.app.run_ended()
        if status == "done" and session.view.pane in ("training", "results"):
            # What is seen says it, and a notice would lie above it.
            self.change(reducers.activate(session, "results"))
            return
        error = ""
        if status == "failed":
            error = (run.state.error or {}).get("message", "")
        text = f"run {run.number} {_ENDED.get(status, status)}"
        self.app.tell(f"{text}. {error}".rstrip(". "), problem=status == "failed")


def _read_only(store: StoreInfo) -> Problem:
    return Problem(message=store.problem or "", remedy=store.remedy)
