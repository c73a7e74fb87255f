"""Where intents and results meet: each changes the session, and may start work.

The only place that replaces the app's session. An intent or a result has one case
here: a reducer, and what follows from it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from engine.client.messages import Request
from tui import budget, clipboard, draft_arms, explain, lab, questions, reducers
from tui import draft as drafts
from tui import messages as say
from tui.arm_desk import ArmDesk
from tui.data_desk import DataDesk, is_fresh
from tui.draft import Problem
from tui.explain import PLACES, ErrorsChosen, ExplainRequested
from tui.export_desk import ExportDesk
from tui.export_state import RESTARTED
from tui.follow import RunJobs
from tui.jobs import Jobs
from tui.lab_desk import LabDesk
from tui.mail import Intent, Result
from tui.make_desk import MakeDesk
from tui.questions import Answered, Ask, Progressed, Questions, Refused
from tui.run_desk import RunDesk
from tui.screens.base import SessionScreen
from tui.session import Session, experiment

if TYPE_CHECKING:
    from tui.app import ImbTuiApp


T = TypeVar("T")


class Desk(
    RunDesk,
    DataDesk,
    MakeDesk,
    ArmDesk,
    LabDesk,
    ExportDesk,
):
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
        self.questions = Questions(jobs)
        self.session = Session()

    def change(self, session: Session) -> None:
        """Replace the session and hand it on; a new request for a table is sent."""
        before = self.session
        self.session = session
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionScreen):
                screen.session = session
        if session.export is not before.export:
            self.show_export()
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
            self.jobs.write_text(path, text, lambda p: say.CopyWritten(str(p), what))

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
            case say.ArmToggled(arm=arm, ticked=ticked):
                self._draft(draft_arms.toggle(session.draft, arm, ticked))
            case say.StepParamChanged(arm=arm, step=step, param=name, value=value):
                self._draft(
                    draft_arms.change_param(session.draft, arm, step, name, value)
                )
            case say.BudgetChanged(field=field, value=value):
                self._draft(budget.change_budget(session.draft, field, value))
            case say.CostsAsked():
                self.ask_costs()
            case say.CostsGiven(cost_fn=miss, cost_fp=alarm, run=run):
                self._give_costs(miss, alarm, run=run)
            case say.PresetChosen(name=name):
                self.change(reducers.choose_preset(session, name))
            case say.OpenExperimentRequested(path=path):
                self._open_experiment(path)
            case say.SaveExperimentRequested(path=None):
                self.ask_save()
            case say.SaveExperimentRequested(path=str(path), overwrite=over):
                self.jobs.write_experiment(path, experiment(session), over)
            case Ask(place=place, request=request):
                self.ask(session, place, request)
            case ErrorsChosen(choice=choice):
                self.change(explain.choose(session, choice))
            case ExplainRequested(wish=wish):
                if explain.wanting(session, wish) is not None:
                    place = f"explain.{PLACES[type(wish)]}"
                    self.ask(explain.noted(session, wish), place, wish)
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
                    or self.intend_export(message)
                    or self._look_at(message)
                ):
                    self.intend_run(message)

    def ask(self, session: Session, place: str, request: Request) -> None:
        """Ask the service; of the store that the app has, whatever folder it is in."""
        self.change(questions.ask(session, place, request))
        self.questions.send(place, self.session.jobs, self._in_store(request))

    def _in_store(self, request: T) -> T:
        """Return what names a store with the path of the one that the app has."""
        fields = getattr(request, "__struct_fields__", ())
        changes: dict[str, Any] = {}
        if "asked" in fields:
            changes["asked"] = self._in_store(request.asked)  # type: ignore[attr-defined]
        elif "store" in fields and self.runs.store is not None:
            changes["store"] = str(self.runs.store.expanduser().absolute())
        return msgspec.structs.replace(request, **changes) if changes else request  # type: ignore[type-var]

    def show_bench(self) -> None:
        """Show the screen over many tables, read anew: runs may have ended since."""
        from tui.screens.bench import Bench, ask_suite

        if not isinstance(self.app.screen, Bench):
            state = self.session.bench
            self.intend(ask_suite(state.group, state.metric))
            self.app.open_screen(Bench())

    def _draft(self, draft: drafts.Draft) -> None:
        self.change(reducers.draft(self.session, draft))

    def _give_costs(self, miss: str, alarm: str, *, run: bool) -> None:
        """Set the costs of the next run, and start it if that is wanted."""
        self._draft(budget.with_costs(self.session.draft, miss, alarm))
        if run:
            self.intend(say.RunRequested())
        else:
            self.app.tell("the next run decides by them; r starts it", "Costs set")

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

    def _open_experiment(self, path: str | None) -> None:
        if path is None:
            self.ask_experiment()
        else:
            self.jobs.read_experiment(path)

    # What jobs found out -----------------------------------------------------------

    def take(self, message: Result) -> None:
        """Take what a job found out."""
        session = self.session
        match message:
            case Progressed() | Answered() | Refused():
                self._take_news(message)
            case say.ServiceStatus(service=status):
                self.change(reducers.service(session, status))
            case say.LoadProgressed(job=job, progress=progress):
                self.change(reducers.load_progressed(session, job, progress))
            case say.TableLoaded(job=job, table=table):
                first = session.load.table is None
                self.change(reducers.table_loaded(session, job, table))
                if first and self.session.load.table is not None:
                    self.jobs.remember(table.source)
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
                    self.refuse(title, problem)
            case _:
                if not (self.take_data(message) or self.take_lab(message)):
                    self.take_run(message)

    def _take_news(self, news: Progressed | Answered | Refused) -> None:
        """Take what came of a question, and say what is to be said at once."""
        written = news.place == "export.write"
        if isinstance(news, Refused) and written and news.problem.code == "cancelled":
            news = replace(news, problem=RESTARTED)
        self.change(questions.take(self.session, news))
        if news.place == "lab.judge":
            self.change(lab.keep_findings(self.session))
        elif written and not isinstance(news, Progressed):
            self.export_done(news)

    def _failed(self, problem: Problem) -> None:
        """Say that a table cannot be had, loudly if somebody asked for it."""
        if not self.unasked(problem):
            super()._failed(problem)
