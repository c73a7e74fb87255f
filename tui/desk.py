"""Where intents and results meet: each changes the session, and may start work.

The only place that replaces the app's session. An intent or a result has one case
here: a reducer, and what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tui import clipboard, reducers
from tui import draft as drafts
from tui import messages as say
from tui.arm_desk import ArmDesk
from tui.bench_desk import BenchDesk
from tui.bench_jobs import BenchJobs
from tui.data_desk import DataDesk, is_fresh
from tui.draft import Problem
from tui.explain_desk import ExplainDesk
from tui.explain_jobs import ExplainJobs
from tui.follow import RunJobs
from tui.jobs import Jobs
from tui.lab_desk import LabDesk
from tui.lab_jobs import LabJobs
from tui.mail import Intent, Result
from tui.make_desk import MakeDesk
from tui.make_jobs import MakeJobs
from tui.screens.base import SessionScreen
from tui.session import Session, experiment

if TYPE_CHECKING:
    from tui.app import ImbTuiApp

__all__ = ["Desk"]


class Desk(DataDesk, MakeDesk, ArmDesk, LabDesk, ExplainDesk, BenchDesk):
    """Handles every message of the app.

    Parameters
    ----------
    app : ImbTuiApp
        Holds the session and the screens.
    jobs : Jobs
        Work on tables and files.
    runs : RunJobs
        Work on runs.
    """

    def __init__(self, app: ImbTuiApp, jobs: Jobs, runs: RunJobs) -> None:
        self.app = app
        self.jobs = jobs
        self.runs = runs
        self.makes = MakeJobs(jobs)
        self.labs = LabJobs(jobs)
        self.explains = ExplainJobs(jobs)
        self.benches = BenchJobs(jobs, runs.store)
        self.session = Session()

    def change(self, session: Session) -> None:
        """Replace the session and hand it on; a new request for a table is sent."""
        before = self.session
        self.session = session
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionScreen):
                screen.session = session
        request = session.load.request
        if request is not None and request is not before.load.request:
            self.jobs.load(request, look=is_fresh(before, session))

    def cancel(self) -> None:
        """End the run that is looked at."""
        self.intend(say.CancelRequested())

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, or into a file if it is too much for that."""
        if clipboard.fits(text):
            self.app.copy_to_clipboard(text)
            told = f"{what}: {len(text):,} characters on the clipboard"
            self.app.tell(told, "Copied")
        else:
            path = clipboard.file_path()
            self.jobs.write_text(path, text, say.CopyWritten(str(path), what))

    def copy_focused(self) -> None:
        """Copy what is selected or focused."""
        found = clipboard.focused(self.app.screen)
        if found is None:
            self.app.tell("nothing to copy here", problem=True)
        else:
            self.copy(found.text, found.what)

    # What the person wants ---------------------------------------------------------

    def intend(self, message: Intent) -> None:
        """Do what the person wants."""
        session = self.session
        match message:
            case say.OpenRequested(source=None):
                self.ask_dataset()
            case say.OpenRequested(source=str(source), target=t, positive=p):
                self.app.show_workbench()
                self.change(reducers.open_source(session, source, t, p))
            case say.LoadChoiceChanged(field=field, value=value):
                self.change(reducers.choose(session, field, value))
            case say.RoleChanged(column=column, role=role):
                self.change(reducers.assign(session, column, role))
            case say.RowsRequested(start=start, count=count):
                self.change(reducers.ask_page(session))
                self.jobs.rows(self.session.load.page_job, start, count)
            case say.PictureRequested(column=column, bins=bins):
                self.change(reducers.ask_column(session))
                self.jobs.picture(self.session.load.column_job, column, bins)
            case say.ArmToggled(arm=arm, ticked=ticked):
                self._draft(drafts.toggle(session.draft, arm, ticked))
            case say.StepParamChanged(arm=arm, step=step, param=name, value=value):
                self._draft(drafts.change_param(session.draft, arm, step, name, value))
            case say.BudgetChanged(field=field, value=value):
                self._draft(drafts.change_budget(session.draft, field, value))
            case say.PresetChosen(name=name):
                self.change(reducers.choose_preset(session, name))
            case say.OpenExperimentRequested(path=path):
                self._open_experiment(path)
            case say.SaveExperimentRequested(path=path):
                self._save_experiment(path)
            case say.CopyRequested(text=text, what=what):
                self.copy(text, what)
            case say.Said(text=text, title=title, problem=problem):
                self.app.tell(text, title, problem=problem)
            case _:
                if not (
                    self.intend_data(message)
                    or self.intend_make(message)
                    or self.intend_arm(message)
                    or self.intend_lab(message)
                    or self.intend_explain(message)
                    or self.intend_bench(message)
                    or self._look_at(message)
                ):
                    self._run(message)

    def _draft(self, draft: drafts.Draft) -> None:
        self.change(reducers.draft(self.session, draft))

    def _look_at(self, message: Intent) -> bool:
        """Change where the person looks; False if it is about something else."""
        session = self.session
        match message:
            case say.PaneActivated(pane=pane):
                self.change(reducers.activate(session, pane))
            case say.ViewChosen(pane=pane, view=view):
                self.change(reducers.show(session, pane, view))
            case say.Selected(pane=pane, item=item):
                self.change(reducers.select(session, pane, item))
            case say.ZoomToggled():
                self.change(reducers.zoom(session))
            case say.PolicyChosen(policy=policy):
                self.change(reducers.choose_policy(session, policy))
            case say.ClassChosen(klass=klass):
                self.change(reducers.choose_class(session, klass))
            case say.ThresholdMoved(arm=arm, threshold=threshold):
                self.change(reducers.move_threshold(session, arm, threshold))
            case _:
                return False
        return True

    def _run(self, message: Intent) -> None:
        """Do something about runs."""
        session = self.session
        match message:
            case say.RunRequested():
                self._start()
            case say.CancelRequested() if session.run is not None:
                if session.running:
                    self.change(reducers.cancelling(session, session.run.id))
                    self.runs.cancel(session.run.id)
            case say.ResumeRequested(run_id=run_id):
                if session.running:
                    self._refuse("no run can be resumed", session.runnable)
                else:
                    self.runs.resume(run_id)
            case say.RunsRequested():
                self.show_runs()
            case say.OpenRunRequested(run_id=run_id):
                self.runs.open(run_id)
            case say.DeleteRunRequested(run_id=run_id, confirmed=True):
                self.runs.delete(run_id)
            case say.DeleteRunRequested(run_id=run_id):
                self.confirm_delete(run_id)
            case _:
                pass

    def _start(self) -> None:
        problem = self.session.runnable
        if problem is not None:
            self._refuse("The run cannot start", problem)
            return
        self.runs.start(experiment(self.session))
        self.change(reducers.activate(self.session, "training"))

    def _refuse(self, title: str, problem: Problem | None) -> None:
        if problem is not None:
            self.app.tell(problem.text, title, problem=True)

    def _open_experiment(self, path: str | None) -> None:
        if path is None:
            self.ask_experiment()
        else:
            self.jobs.read_experiment(path)

    def _save_experiment(self, path: str | None) -> None:
        if path is None:
            self.ask_save()
        else:
            self.jobs.write_experiment(path, experiment(self.session))

    # What jobs found out -----------------------------------------------------------

    def take(self, message: Result) -> None:
        """Take what a job found out."""
        session = self.session
        match message:
            case say.ServiceStatus(service=status):
                self.change(reducers.service(session, status))
            case say.LoadProgressed(job=job, progress=progress):
                self.change(reducers.load_progressed(session, job, progress))
            case say.TableLoaded(job=job, table=table):
                first = session.load.table is None
                self.change(reducers.table_loaded(session, job, table))
                if first and self.session.load.table is not None:
                    self.jobs.remember(table.source)
            case say.PageLoaded(job=job, page=page):
                self.change(reducers.page_loaded(session, job, page))
            case say.PictureLoaded(job=job, picture=picture):
                self.change(reducers.column_loaded(session, job, picture))
            case say.RecentListed(sources=sources):
                self.change(reducers.recent(session, sources))
            case say.ExperimentOpened(path=path, experiment=opened):
                self.app.show_workbench()
                self.change(reducers.open_experiment(session, opened, path))
                self.app.tell(path, "Experiment opened")
            case say.ExperimentSaved(path=path):
                draft = msgspec.structs.replace(session.draft, path=path)
                self.change(reducers.draft(session, draft))
                self.app.tell(path, "Experiment saved")
            case say.CopyWritten(path=path, what=what):
                self.app.tell(f"{what} is in {path}", "Written to a file")
            case say.JobFailed(title=title, problem=problem, loud=loud):
                if loud:
                    self.app.show_problem(title, problem)
                else:
                    self._refuse(title, problem)
            case _:
                if not (
                    self.take_data(message)
                    or self.take_make(message)
                    or self.take_lab(message)
                    or self.take_explain(message)
                    or self.take_bench(message)
                ):
                    self._take_run(message)

    def _take_run(self, message: Result) -> None:
        session = self.session
        match message:
            case say.RunOpened(run=run, started=started):
                session = reducers.follow(session, run)
                if not started:
                    session = self._set_up(session)
                    self.app.show_workbench()
                self.change(session)
            case say.RunEvents(run_id=i, events=events, status=status, elapsed=elapsed):
                self.change(reducers.run_events(session, i, events, status, elapsed))
            case say.RunEnded(run_id=run_id, status=status):
                self._ended(run_id, status)
            case say.RunFound(run_id=run_id):
                if session.run is None:
                    self.runs.attach(run_id)
            case say.RunsListed(runs=runs):
                self.change(reducers.stored(session, runs))
            case say.RunDeleted(run_id=run_id):
                if session.run is not None and session.run.id == run_id:
                    self.runs.stop()
                self.change(reducers.forget_run(session, run_id))
                self.runs.list()
            case _:
                pass

    def _set_up(self, session: Session) -> Session:
        """Set the experiment of an opened run up again, its table included."""
        run = session.run
        assert run is not None
        pane = "training" if run.live else "results"
        if session.load.request is None or experiment(session) != run.experiment:
            session = reducers.open_experiment(session, run.experiment)
        return reducers.activate(session, pane)  # type: ignore[arg-type]

    def _ended(self, run_id: str, status: str) -> None:
        session = self.session
        run = session.run
        if run is None or run.id != run_id:
            return
        self.runs.list()
        self.app.run_ended()
        if status == "done" and session.view.pane in ("training", "results"):
            # What is seen says it, and a notice would lie above it.
            self.change(reducers.activate(session, "results"))
            return
        words = {
            "done": "is done",
            "failed": "failed",
            "cancelled": "was cancelled; it can be resumed",
            "interrupted": "was interrupted; it can be resumed",
        }
        error = ""
        if status == "failed":
            error = (run.state.error or {}).get("message", "")
        text = f"run {run.number} {words.get(status, status)}"
        self.app.tell(f"{text}. {error}".rstrip(". "), problem=status == "failed")
