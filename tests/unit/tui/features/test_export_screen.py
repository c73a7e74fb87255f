"""The export dialog: what is chosen, what would be written, and what came of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input, OptionList, Static

from engine.core.exports import (
    KINDS,
    ExportRequest,
    Kind,
    PlannedFile,
    Written,
    WrittenFile,
    find,
)
from engine.core.messages import (
    Exported,
    ExportPlanned,
    Failure,
    PlanExport,
    WriteExport,
)
from engine.core.outcome import Choice
from tests.support import export_samples as samples
from tests.support import fakes
from tests.support.console_samples import HOSTILE, compared, events, harmful
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.journey import SMALL, WIDE, Journey, sizes
from tests.support.patience import until
from tui.app.dispatch import Dispatcher
from tui.app.workbench import Workbench
from tui.features import messages as say
from tui.features import questions
from tui.features.arms.draft import Problem
from tui.features.export.dialog import ExportRun, arms_offered, points_offered
from tui.features.export.state import (
    ExportDialogRequested,
    ExportRequested,
    ExportState,
    forget,
)
from tui.features.questions import Answered, Ask, Progressed, Refused
from tui.features.runs.screen import Runs
from tui.features.session import Session
from tui.text import files
from tui.widgets import Chooser

SIZES = sizes(SMALL, WIDE)
NO = Problem(message="no")
CHOICE = Choice(arm=samples.ARMS[-1], at="recommended")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """Files are written into a folder of the test's own; every package is there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Kind, "lacking", ("", ""))


@pytest.fixture(scope="module")
def journey():
    with Journey() as made:
        yield made


@pytest.fixture
def made(journey):
    """The service, which knows exports, of the app that has begun anew."""
    journey.begin(WIDE, prepare=lambda s: s.answers.update(samples.service().answers))
    return journey.service


def asked(made, kind=PlanExport) -> list[ExportRequest]:
    return samples.asked(made, kind)


def text(app, of: str) -> str:
    return str(app.screen.query_one(of, Static).visual)


async def look(
    app, pilot, *keys: str, number: int = 3, choice: Choice | None = CHOICE
) -> None:
    """Open a finished run, then the dialog."""
    some = events()
    told = compared()
    verdict = msgspec.structs.replace(told.verdict, choice=choice)
    some[-2] = msgspec.structs.replace(told, verdict=verdict)
    app.post_message(say.RunOpened(fakes.done_run(number, some)))
    await until(pilot, lambda: app.session.run is not None)
    await settle(pilot)
    await press(pilot, "e")
    await until(pilot, lambda: isinstance(app.screen, ExportRun))
    await settle(pilot)
    if keys:
        await press(pilot, *keys)


def down(name: str) -> tuple[str, ...]:
    """Keys that go to a form."""
    return ("down",) * KINDS.index(find(name))


# What is there -----------------------------------------------------------------------


def test_every_form_is_listed_and_asks_for_no_more_than_has_a_say(journey, made):
    async def use(app, pilot):
        await look(app, pilot)
        listed = app.screen.query_one(OptionList)
        assert [option.id for option in listed.options] == [k.name for k in KINDS]
        for kind in KINDS:
            await settle(pilot)
            shown = [f.key for f in app.screen.query("ChoiceField") if f.display]
            wanted = ["arm"] if kind.of == "arm" else []
            wanted += ["at"] if kind.points else []
            wanted += ["table"] if kind.tables else []
            assert shown == wanted, kind.name
            said = text(app, "#export-summary").lower()
            assert kind.summary.lower()[:40] in said
            (last,) = asked(made)[-1:]
            assert last.kind == kind.name
            assert text(app, "#export-head").startswith(
                ("will be", "1 file will be", "3 files will be")
            )
            await press(pilot, "down")

    journey.do(use)
    # Nothing but questions was asked, and none of them twice; after the last form
    # comes the first.
    assert not asked(made, WriteExport)
    assert [one.kind for one in asked(made)] == [
        *(kind.name for kind in KINDS),
        KINDS[0].name,
    ]


def test_the_recommendation_is_proposed_whatever_is_looked_at(journey, made):
    async def use(app, pilot):
        await look(app, pilot)
        assert (asked(made)[-1].arm, asked(made)[-1].at) == (None, None)
        chosen = app.screen.query(Chooser).first()
        assert chosen.value == samples.ARMS[-1]
        await press(pilot, "escape")
        app.post_message(say.Selected("results", "smote"))
        app.post_message(say.PointChosen("f1"))
        await press(pilot, "e")
        assert (asked(made)[-1].arm, asked(made)[-1].at) == (None, None)

    journey.do(use)


def test_without_a_recommendation_the_arm_that_is_looked_at_is_proposed(journey, made):
    async def use(app, pilot):
        await look(app, pilot, choice=None)
        app.post_message(say.Selected("results", "smote"))
        await press(pilot, "escape", "e")
        assert asked(made)[-1].arm == "smote"
        assert app.screen.query(Chooser).first().value == "smote"
        await press(pilot, "escape")
        app.post_message(say.Selected("results", "gone"))
        await press(pilot, "e")
        assert asked(made)[-1].arm == "smote-enn"  # the board's first

    journey.do(use)


def test_there_is_nothing_to_export_before_there_is_a_result(journey, made):
    async def use(app, pilot):
        app.post_message(ExportDialogRequested())
        await press(pilot, "e")
        assert isinstance(app.screen, Workbench)
        some = [e for e in fakes.events() if type(e).__name__ != "ArmEvaluated"]
        app.post_message(say.RunOpened(fakes.done_run(3, some)))
        await settle(pilot)
        await press(pilot, "e")
        assert isinstance(app.screen, Workbench)
        # The key line is drawn after the next refresh.
        await until(pilot, lambda: "e export" not in screen_text(app))
        assert "e export" not in screen_text(app)
        app.post_message(say.RunOpened(fakes.done_run(4)))
        await until(pilot, lambda: "e export" in screen_text(app))
        assert "e export" in screen_text(app)

    journey.do(use)


def test_the_list_of_runs_exports_the_highlighted_one(journey, made):
    async def use(app, pilot):
        app.runs.stored = (fakes.summary(8), fakes.summary(7))
        app.handlers.handle(say.RunsRequested())
        await settle(pilot)
        await press(pilot, "down", "e")
        assert isinstance(app.screen, ExportRun)
        assert "Export run 7" in screen_text(app)
        assert asked(made)[-1].run == "00000007"
        await press(pilot, "escape")
        assert isinstance(app.screen, Runs)

    journey.do(use)


# Choosing ----------------------------------------------------------------------------


def test_the_preview_follows_every_choice(journey, made, tmp_path):
    async def use(app, pilot):
        await look(app, pilot, *down("data"))
        files = text(app, "#export-files Static")
        for name, _ in samples.FILES["data"]:
            assert name in files
        assert "rows of this arm are made anew" in files
        await press(pilot, "tab", "space", "up", "enter")
        assert asked(made)[-1].arm == "smote"
        await press(pilot, "tab", "space", "down", "enter")
        assert asked(made)[-1].table == "parquet"
        # What has no say is not asked for.
        await press(pilot, "shift+tab", "shift+tab", "home")
        assert asked(made)[-1] == ExportRequest(
            run="00000003", kind="script", arm="smote"
        )
        await press(pilot, "tab", "tab", "space", "down", "enter")
        assert asked(made)[-1].at == "prevalence"
        await press(pilot, "enter")
        await until(pilot, lambda: bool(asked(made, WriteExport)))

    journey.do(use)
    (wrote,) = asked(made, WriteExport)
    assert (wrote.arm, wrote.at) == ("smote", "prevalence")
    assert wrote.path == str(tmp_path / "00000003-arm-script.py")
    assert not wrote.overwrite


def test_the_recommended_arm_and_what_is_looked_at_are_marked():
    plan = samples.planned(ExportRequest(run="1", kind="script"))

    def offered(seen, **changes):
        changed = msgspec.structs.replace(plan, **changes)
        return [label for label, _ in arms_offered(changed, seen)]

    both, *others = offered("smote-enn")
    assert both == "smote-enn  recommended, looked at"
    assert offered("smote") == ["smote-enn  recommended", "smote  looked at", others[0]]
    assert offered(None) == ["smote-enn  recommended", *others]
    points = plan.points
    name = list(points)[-1]
    assert points_offered(plan, None) == [(points[one], one) for one in points]
    assert points_offered(plan, name)[-1] == (f"{points[name]}  looked at", name)
    assert points_offered(plan, name)[:-1] == points_offered(plan, None)[:-1]
    assert offered("smote", recommended="", arms=samples.ARMS) == [
        "smote  looked at",
        "untreated",
        "smote-enn",
    ]


def test_a_path_is_checked_while_it_is_typed(journey, made, tmp_path):
    (tmp_path / "out").mkdir()

    async def use(app, pilot):
        await look(app, pilot, "tab", "tab", "tab")
        line = app.screen.query_one(Input)
        assert line.has_focus
        assert line.value.endswith("/00000003-arm-script.py")
        line.value = "out/mine.txt"
        await settle(pilot)
        assert "has another ending" in text(app, "#export-state")
        assert text(app, "#export-files Static") == ""
        await press(pilot, "enter")  # what is wrong is said already
        assert not asked(made, WriteExport)
        line.value = "out/mine.py"
        await settle(pilot)
        assert text(app, "#export-state") == ""
        assert text(app, "#export-files Static") == " the python script"
        app.screen.query_one(OptionList).focus()
        await press(pilot, "down")
        await until(pilot, lambda: not app.session.export.plan.pending)
        await settle(pilot)
        assert line.value.endswith("/00000003-arm-notebook.ipynb")
        assert "out" not in line.value
        await press(pilot, "enter")
        await until(pilot, lambda: "Jupyter notebook written" in notices(app))

    journey.do(use)
    (wrote,) = asked(made, WriteExport)
    assert wrote.path == str(tmp_path / "00000003-arm-notebook.ipynb")
    assert Path(wrote.path).exists()


def test_only_the_newest_of_many_choices_is_asked_for(journey, made):
    async def use(app, pilot):
        await look(app, pilot)
        before = len(asked(made))
        made.let.clear()
        await pilot.press(*down("experiment"))
        await pilot.pause(0.1)
        assert app.session.export.plan.pending
        assert "looking" in text(app, "#export-head")
        made.let.set()
        await until(pilot, lambda: not app.session.export.plan.pending)
        names = [one.kind for one in asked(made)[before:]]
        assert names in (["notebook", "experiment"], ["experiment"])
        assert "experiment file" in text(app, "#export-files Static")

    journey.do(use)


def test_enter_typed_ahead_writes_what_it_was_typed_for(journey, made, tmp_path):
    async def use(app, pilot):
        await look(app, pilot)
        made.let.clear()
        await pilot.press(*down("experiment"), "enter")
        assert not asked(made, WriteExport)
        made.let.set()
        await until(pilot, lambda: "Experiment file written" in notices(app))

    journey.do(use)
    (wrote,) = asked(made, WriteExport)
    assert wrote.path == str(tmp_path / "00000003-experiment.toml")
    assert wrote.arm is None


def test_a_server_is_asked_for_by_an_address(journey, made):
    async def use(app, pilot):
        await look(app, pilot, "end")
        line = app.screen.query_one(Input)
        assert line.value == files.ADDRESS
        assert text(app, "#export-head") == "will be sent"
        await press(pilot, "tab")
        line.value = "http://host:5000"
        await settle(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: "MLflow runs written" in notices(app))
        assert "mlflow ui --backend-store-uri http://host:5000" in notices(app)

    journey.do(use)
    assert asked(made, WriteExport)[0].path == "http://host:5000"


# Text from anywhere ------------------------------------------------------------------


@SIZES
def test_hostile_names_do_nothing(journey, made, size):
    names = tuple(HOSTILE.values())

    def plan(request: PlanExport) -> ExportPlanned:
        found = samples.planned(request.asked, names)
        files = tuple(PlannedFile(name=name, what=name) for name in names)
        changed = msgspec.structs.replace(found, files=files, notes=names)
        return ExportPlanned(planned=changed)

    made.answers[PlanExport] = plan
    made.answers[WriteExport] = Failure(
        code=fakes.EVIL, message=fakes.EVIL, fix=fakes.EVIL
    )

    async def use(app, pilot):
        app.runs.stored = (fakes.summary(7, source=fakes.EVIL),)
        app.handlers.handle(say.RunsRequested())
        await settle(pilot)
        await press(pilot, "e")
        assert not harmful(screen_text(app).replace("\n", ""))
        await press(pilot, "pagedown", "tab", "space")
        assert not harmful(screen_text(app).replace("\n", ""))
        await press(pilot, "escape", "enter")
        await until(pilot, lambda: "✗" in text(app, "#export-state"))
        await settle(pilot)
        assert not harmful(screen_text(app).replace("\n", ""))

    journey.resize(*size)
    journey.do(use)


@pytest.mark.parametrize("path", ["~nobody/x.py", "a\x00b.py", "/", "", "x" * 5000])
def test_an_odd_path_ends_nothing(journey, made, path):
    async def use(app, pilot):
        await look(app, pilot, "tab", "tab", "tab")
        app.screen.query_one(Input).value = path
        await settle(pilot)
        await press(pilot, "enter")
        assert app.is_running
        assert app._exception is None

    # The sample's writer is no part of this.
    made.answers[WriteExport] = Failure(code="output", message="no", fix="")
    journey.do(use)


# What is known -----------------------------------------------------------------------


PLAN, WRITE = "export.plan", "export.write"


def planned(session, asked):
    return questions.ask(session, PLAN, PlanExport(id=0, asked=asked))


def told(session, answer, place=PLAN, job=None):
    kind = Refused if isinstance(answer, Problem) else Answered
    return questions.take(session, kind(place, job or session.jobs, answer))


def test_an_answer_to_an_older_question_is_not_shown():
    one, two = (ExportRequest(run="r", kind=kind) for kind in ("script", "report"))
    session = planned(planned(Session(), one), two)
    late = ExportPlanned(planned=samples.planned(one))
    assert told(session, late, job=1) is session
    assert told(session, NO, job=1) is session
    there = told(session, ExportPlanned(planned=samples.planned(two)))
    assert (there.export.shown, there.export.plan.pending) == (two, False)
    assert told(there, NO).export.planned is None


def test_a_new_dialog_forgets_all_but_what_is_being_written():
    wanted = ExportRequest(run="r", kind="script")
    session = planned(Session(), wanted)
    session = questions.ask(session, WRITE, WriteExport(id=0, asked=wanted))
    session = questions.take(session, Progressed(WRITE, session.jobs, "reading"))
    known = forget(session.export)
    assert (known.plan.request, known.writing, known.write.stage) == (
        None,
        wanted,
        "reading",
    )
    failed = told(session, NO, WRITE).export
    assert (failed.writing, failed.unwritten) == (None, NO)
    assert forget(failed) == ExportState()


# The handlers, without an app --------------------------------------------------------


class Around:
    """Stands for the app, the jobs and the runs; keeps its calls."""

    def __init__(self, store: Path | None = None) -> None:
        self.store = store
        self.screen, self.screen_stack = None, ()
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str):
        return lambda *given: self.calls.append((name, *given))


@pytest.fixture
def handlers(tmp_path):
    around = Around(tmp_path / "runs.sqlite")
    made = Dispatcher(around, around, around)
    made.questions = around
    return made


def test_a_choice_is_asked_for_with_the_store_it_is_in(handlers, tmp_path):
    one = PlanExport(id=0, asked=ExportRequest(run="r", kind="script"))
    handlers.handle(Ask(PLAN, one))
    ((did, place, job, sent),) = handlers.app.calls
    assert (did, place, job) == ("send", PLAN, 1)
    assert sent.asked.store == str(tmp_path / "runs.sqlite")
    assert handlers.session.export.plan.pending
    handlers.runs.store = None
    handlers.handle(Ask(PLAN, one))
    assert handlers.app.calls[-1] == ("send", PLAN, 2, one)


def test_what_is_checked_is_written_and_what_came_of_it_is_told(handlers, tmp_path):
    one = ExportRequest(run="r", kind="data", path=str(tmp_path / "data"))
    handlers.handle(ExportRequested(one, checked=True))
    ((_, place, job, sent),) = handlers.app.calls
    assert (place, sent.asked.path) == (WRITE, one.path)
    assert handlers.session.export.writing == one
    files = tuple(WrittenFile(name=name, bytes=1_000) for name in ("a", "b"))
    done = Written(
        run="r", arm="untreated", at="", path=one.path, files=files, notes=("mind x",)
    )
    handlers.handle(Answered(WRITE, job, Exported(written=done)))
    assert handlers.session.export.writing is None
    did, said, title = handlers.app.calls[-1]
    assert (did, title) == ("tell", f"{find('data').title} written")
    assert "(2 files, 2.0 kB)" in said
    assert said.endswith("Mind x")


def test_without_a_dialog_a_failure_is_shown_by_the_app(handlers):
    handlers.handle(
        ExportRequested(ExportRequest(run="r", kind="script"), checked=True)
    )
    handlers.handle(Refused(WRITE, handlers.session.jobs, NO))
    title = f"{find('script').title}: nothing is written"
    ((did, dialog),) = handlers.app.calls[1:]
    assert (did, dialog.heading, dialog._problem) == ("open_screen", title, NO)


def test_nothing_is_asked_before_what_is_there_is_replaced(handlers, tmp_path):
    there, folder = tmp_path / "x.py", tmp_path / "data"
    script = ExportRequest(run="r", kind="script", path=str(there))
    handlers.handle(ExportRequested(script))
    assert handlers.app.calls == [
        ("post_message", ExportRequested(script, checked=True))
    ]
    server = ExportRequest(run="r", kind="mlflow", path="http://host")
    handlers.handle(ExportRequested(server))
    assert handlers.app.calls[-1] == (
        "post_message",
        ExportRequested(server, checked=True),
    )
    there.touch()
    handlers.handle(ExportRequested(script))
    folder.mkdir()
    data = ExportRequest(run="r", kind="data", path=str(folder))
    handlers.handle(ExportRequested(data))
    (folder / "mine").touch()
    handlers.handle(ExportRequested(data))
    assert [did for did, *_ in handlers.app.calls[2:]] == [
        "open_screen",
        "post_message",
        "open_screen",
    ]
    over = handlers.app.calls[-1][2]
    handlers.app.calls.clear()
    over("yes")
    ((_, wish),) = handlers.app.calls
    assert (wish.checked, wish.asked.overwrite) == (True, True)
