"""Before and after, and the microscope: two views of the arms' picture."""

from __future__ import annotations

import threading
from itertools import product

import msgspec
import pytest
from textual.widgets import Static

from engine.core.events import Sampled
from engine.core.lab import Finding, Preflight, PreflightReport, Treat
from engine.core.messages import Failure
from engine.core.methods import registry
from tests.support import fakes, lab_samples
from tests.support.console_samples import HOSTILE, harmful
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.patience import until
from tui.app import offered
from tui.charts import ChartView
from tui.features import PickColumn, questions, reducers
from tui.features.arms.draft import Problem
from tui.features.arms.pane import ArmsPane, ArmsPicture
from tui.features.lab import words as lab
from tui.features.lab.lineage import LineageView
from tui.features.lab.views import PreviewView
from tui.features.messages import Selected, ViewChosen
from tui.features.pane import View
from tui.features.questions import Answered, Ask, Refused
from tui.features.session import Session
from tui.widgets import Rows, Sheet

TREAT, JUDGE = "lab.treat", "lab.judge"
BOTH = (PreviewView, LineageView)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """What is asked for does not wait."""
    monkeypatch.setattr("tui.features.lab.views.PAUSE", 0.001)


def treats(app) -> list[Ask]:
    """The questions what an arm does."""
    return [ask for ask in app.posted(Ask) if ask.place == TREAT]


def looking(view: str, arm: str = "smote", session: Session | None = None) -> Session:
    """A session in which a view of an arm is seen."""
    session = reducers.activate(session or fakes.loaded(), "arms")
    session = reducers.select(session, "arms", arm)
    return reducers.show(session, "arms", view)


def answered(view: str, arm: str = "smote", **changes) -> Session:
    """The same, with what the arm does."""
    session = looking(view, arm)
    request = lab.treat(lab.current_arm(session))
    session = questions.ask(session, TREAT, request)
    found = lab_samples.treated(request, **changes)
    return questions.take(session, Answered(TREAT, session.jobs, found))


async def goto(app, pilot, view: str, arm: str = "smote") -> None:
    """Look at an arm in a view, with the focus in the picture."""
    await press(pilot, "2")
    app.post_message(Selected("arms", arm))
    app.post_message(ViewChosen("arms", view))
    await settle(pilot)
    await press(pilot, "p")
    await found(app, pilot)


async def found(app, pilot) -> None:
    """Wait for what was asked about the arm."""
    await until(pilot, lambda: app.session.lab.treat.request is not None)
    await until(pilot, lambda: not app.session.lab.treat.pending)
    await settle(pilot)


def in_pane(panes, use, view: type[View], service=None, size=(140, 40)) -> None:
    """Let a test use a view of smote, with the focus in it."""

    async def begin(app, pilot):
        await found(app, pilot)
        assert app.screen.query_one(ArmsPicture).enter()
        await use(app, pilot)

    session = looking(view.NAME)
    panes.run(begin, ArmsPane, session, size, service=service or fakes.FakeService())


def chart(app) -> str:
    return app.screen.query_one("#preview-picture", ChartView).plain


# Asking ----------------------------------------------------------------------------


def test_the_highlighted_arm_is_asked_for_when_the_view_is_seen(panes):
    async def use(app, pilot):
        await until(pilot, lambda: bool(treats(app)))
        request = treats(app)[-1].request
        assert request == lab.treat(lab.current_arm(app.session))
        assert "Treating the training rows with smote" in screen_text(app)

    panes.run(use, ArmsPane, looking(PreviewView.NAME))


def test_nothing_is_asked_while_another_view_is_seen(panes):
    async def use(app, pilot):
        app.query_one(Rows).focus()
        await press(pilot, "down", "down")
        await pilot.pause(0.02)
        assert app.posted(Selected)
        assert not treats(app)

    panes.run(use, ArmsPane, looking("method"), fresh=False)


def test_what_is_known_is_not_asked_again(panes):
    async def use(app, pilot):
        await pilot.pause(0.02)
        assert not treats(app)
        # The other view is about the same arm: its answer serves both.
        app.give(reducers.show(app.session, "arms", LineageView.NAME))
        await settle(pilot)
        await pilot.pause(0.02)
        assert not treats(app)

    panes.run(use, ArmsPane, answered(PreviewView.NAME))


def test_an_arm_that_is_only_passed_is_not_asked_for(panes, monkeypatch):
    monkeypatch.setattr("tui.features.lab.views.PAUSE", 2.0)

    async def use(app, pilot):
        for arm in ("smote", "adasyn", "random-under", "tomek-links"):
            app.give(reducers.select(app.session, "arms", arm))
            await pilot.pause()
        await until(pilot, lambda: bool(treats(app)))
        asked = [ask.request.arm.name for ask in treats(app)]
        assert asked == ["tomek-links"]

    panes.run(use, ArmsPane, looking(PreviewView.NAME))


def test_an_old_answer_never_shows_for_a_new_arm(panes):
    service = fakes.FakeService()
    let = threading.Event()

    def slow(request):
        if request.arm.name == "adasyn":
            let.wait(10)
        return lab_samples.treated(request)

    service.answers[Treat] = slow

    async def use(app, pilot):
        assert "1,800 synthetic" in screen_text(app)
        app.post_message(Selected("arms", "adasyn"))
        await until(pilot, lambda: app.session.lab.treat.pending)
        await pilot.pause()
        text = screen_text(app)
        assert "Treating the training rows with adasyn" in text
        assert "1,800 synthetic" not in text
        let.set()
        await until(pilot, lambda: not app.session.lab.treat.pending)
        await settle(pilot)
        assert "adasyn  0 2,000   1 200 → 2,000" in screen_text(app)

    in_pane(panes, use, PreviewView, service)


# What is said instead --------------------------------------------------------------


def test_why_there_is_nothing_to_see(panes):
    sessions = {
        "No dataset is open": Session(),
        "No target is chosen": fakes.loaded(
            msgspec.structs.replace(fakes.TABLE, target=None, train={})
        ),
    }
    for view, (text, session) in product(BOTH, sessions.items()):
        app = panes.look(ArmsPane, looking(view.NAME, session=session))
        assert text in panes.text, view
        assert not treats(app), view


def test_a_refusal_says_why_and_what_helps(panes):
    for view in BOTH:
        session = looking(view.NAME)
        session = questions.ask(session, TREAT, lab.treat(lab.current_arm(session)))
        problem = Problem(message="too few rows", fix="use weights")
        panes.look(
            ArmsPane, questions.take(session, Refused(TREAT, session.jobs, problem))
        )
        assert "✗ too few rows" in panes.text, view
        assert "→ use weights" in panes.text, view


def test_a_long_treatment_says_how_long_all_rows_take(panes):
    session = questions.ask(
        looking(PreviewView.NAME, "svm-smote"), JUDGE, Preflight(id=0, arms=())
    )
    finding = Finding(arm="svm-smote", status="runs", seconds=80.0)
    session = lab.keep_findings(
        questions.take(
            session, Answered(JUDGE, session.jobs, PreflightReport(findings=(finding,)))
        )
    )
    panes.look(ArmsPane, session)
    assert "with svm-smote (all rows: ~1.5 min) …" in panes.text


def test_what_is_worked_out_first_is_said(panes):
    panes.look(
        ArmsPane,
        questions.ask(looking(PreviewView.NAME), JUDGE, Preflight(id=0, arms=())),
    )
    assert "every arm takes, then what smote does" in panes.text


def test_a_sample_repairs_and_notes_are_said(panes):
    session = answered(
        PreviewView.NAME,
        sampled=Sampled(rows=5_000, of=34_720),
        repairs=("k_neighbors 5 → 3: only 4 rows",),
        notes=("reached 0.56",),
    )
    panes.look(ArmsPane, session, (140, 40))
    assert "seen on 5,000 of the 34,720 training rows" in panes.text
    assert "⚠ adjusted k_neighbors 5 → 3" in panes.text
    assert "· reached 0.56" in panes.text


def test_a_control_changes_nothing_and_is_seen_as_it_is(panes):
    session = answered(PreviewView.NAME, "untreated")
    panes.look(ArmsPane, session, (140, 40))
    assert "untreated  no training row is changed" in panes.text
    assert "▲ 1 200" in panes.text
    panes.look(ArmsPane, reducers.show(session, "arms", LineageView.NAME), (140, 40))
    assert "untreated changes no training row, so it makes none" in panes.text


def test_an_arm_without_synthetic_rows_says_what_it_does(panes):
    copies = {"copies": 1_800, "lineage": (), "made": {}}
    still = {"removed": {"0": 0, "1": 0}}
    for arm, changes, said in (
        ("random-over", copies, "makes no new row: it repeats 1,800 rows"),
        ("random-under", {}, "makes no row: it drops 1,800 rows"),
        ("tomek-links", still, "changed nothing"),
    ):
        panes.look(ArmsPane, answered(LineageView.NAME, arm, **changes))
        assert f"{arm} {said}" in panes.text


# Before and after ------------------------------------------------------------------


def test_one_key_turns_from_after_to_what_changed_to_before(panes):
    async def use(app, pilot):
        seen = []
        for _ in range(3):
            seen.append(screen_text(app))
            await press(pilot, "a")
        assert "▸after" in seen[0]
        assert "+ synthetic 1,800" in seen[0]
        assert "▸added and dropped" in seen[1]
        assert "▲ 1" not in seen[1]
        assert "▸before" in seen[2]
        assert "+ synthetic" not in seen[2]
        assert "▸after" in screen_text(app)

    in_pane(panes, use, PreviewView)


def test_a_column_is_drawn_in_one_class_after_the_other(panes):
    service = fakes.FakeService()

    async def use(app, pilot):
        await press(pilot, "t")
        await until(pilot, lambda: "before  200 rows" in chart(app))
        assert "age in class 1" in screen_text(app)
        assert service.requests[-1].column == "age"
        await press(pilot, "n")
        assert "age in class 0" in screen_text(app)
        assert "before  2,000 rows" in chart(app)
        await press(pilot, "c")
        assert isinstance(app.screen, PickColumn)
        await press(pilot, "b", "m", "i", "enter")
        await until(pilot, lambda: service.requests[-1].column == "bmi")
        await settle(pilot)
        assert "bmi in class 0" in screen_text(app)
        # Back to points: that is no new question.
        before = len(service.requests)
        await press(pilot, "a")
        assert "synthetic 1,800" in chart(app)
        assert len(service.requests) == before

    in_pane(panes, use, PreviewView, service)


def test_both_are_seen_in_a_small_terminal(shell):
    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        text = screen_text(app)
        assert "Z: points, on the whole screen" in text
        assert "+1,800 synthetic" in text
        await press(pilot, "Z")
        assert "▲ 1 200" in screen_text(app)
        await press(pilot, "t", "t")
        assert "rows by class, before and after" in screen_text(app)
        await press(pilot, "Z")
        app.post_message(ViewChosen("arms", LineageView.NAME))
        await settle(pilot)
        for text in ("other class 31.0 %", "weight", "1st parent", "row 101"):
            assert text in screen_text(app), text
        await press(pilot, "Z")
        assert "a classifier tells some of them" in screen_text(app)
        # Commands are in the palette while an arm can be tried.
        app.post_message(ViewChosen("arms", PreviewView.NAME))
        await settle(pilot)
        ids = {command.id for command, _ in offered(app.screen, app)}
        assert {"arms.side", "arms.balance", "arms.leak"} <= ids
        app.post_message(Selected("arms", "untreated"))
        await settle(pilot)
        ids = {command.id for command, _ in offered(app.screen, app)}
        app.screen.active.action_balance()
        await settle(pilot)
        assert "It resamples nothing" in notices(app)
        assert "arms.leak" in ids

    shell.run(use, "sample:stroke", size=(80, 24))


def test_axes_are_chosen_and_given_up(panes):
    service = fakes.FakeService()

    async def use(app, pilot):
        assert "component 1 (31%) →" in chart(app)
        await press(pilot, "c", "b", "m", "i", "enter", "enter")
        await until(pilot, lambda: "bmi →" in chart(app))
        assert "age ↑" in chart(app)
        asked = [r.axes for r in service.requests if isinstance(r, Treat)]
        assert asked == [None, ("bmi", "age")]
        # They stay with another arm.
        app.post_message(Selected("arms", "random-under"))
        await until(pilot, lambda: service.requests[-1].arm.name == "random-under")
        assert service.requests[-1].axes == ("bmi", "age")
        await settle(pilot)
        await press(pilot, "m")
        await until(pilot, lambda: "component 1 (31%) →" in chart(app))
        assert "component 1 (31%) →" in chart(app)

    in_pane(panes, use, PreviewView, service)


def test_another_table_keeps_what_it_has_too(panes):
    session = answered(PreviewView.NAME)

    async def use(app, pilot):
        view = app.screen.query_one(PreviewView)
        view._axes, view._column, view._label = ("age", "bmi"), "bmi", "1"
        app.give(looking(PreviewView.NAME))
        same = msgspec.structs.replace(fakes.TABLE, rows=1)
        app.give(looking(PreviewView.NAME, session=fakes.loaded(same)))
        await settle(pilot)
        assert view.wanted().axes == ("age", "bmi")
        other = msgspec.structs.replace(
            fakes.TABLE, columns=fakes.TABLE.columns[:3], train={"a": 9, "b": 2}
        )
        app.give(looking(PreviewView.NAME, session=fakes.loaded(other)))
        await settle(pilot)
        assert view.wanted().axes is None
        assert view._shown_column() != "bmi"

    panes.run(use, ArmsPane, session)


# The microscope --------------------------------------------------------------------


def test_figures_come_with_words_and_a_mark(panes):
    panes.look(ArmsPane, answered(LineageView.NAME), (160, 40))
    text = panes.text
    assert "1,800 synthetic rows, 20 listed" in text
    assert (
        "! nearer to another class    31.0 %  blur the border between the classes"
        in text
    )
    assert "· outside the class's range  12.0 %" in text
    assert "✓ copies                      0.0 %  they are new rows" in text
    assert "· real-vs-synthetic AUC        0.71" in text


def test_the_highlighted_rows_parents_are_compared_cell_by_cell(panes):
    async def use(app, pilot):
        assert isinstance(app.screen.focused, Sheet)
        parents = app.screen.query_one("#lineage-parents", Rows)
        lines = [line.split("\t") for line in parents.as_text().split("\n")]
        assert lines[1:] == [
            ["", "made", "row 101", "row 202"],
            ["gender", "Male", "Male", "≠ Female"],
            ["age", "61", "≠ 60", "≠ 70"],
            ["bmi", "27.1235", "≠ 26.5", "≠ 28.1"],
            ["smoking_status", "missing", "missing", "≠ smokes"],
        ]
        assert "25% of the way from the 1st parent" in screen_text(app)
        await press(pilot, "down")
        assert "row 404" in parents.as_text()
        # The parents are those of the row under the cursor, however they are sorted.
        sheet = app.screen.query_one(Sheet)
        await press(pilot, "right", "right")
        sheet.sort_next()
        await press(pilot)
        assert (sheet.column, sheet.cell, sheet.number) == ("age", "80", 20)
        assert "row 4,040" in parents.as_text()

    in_pane(panes, use, LineageView, size=(160, 40))


def test_what_was_looked_for_is_marked_and_no_parent_is_no_cell(panes):
    rows = (
        lab_samples.row(exact=False),
        lab_samples.row(second=(), rows=(5, None), weight=None),
        lab_samples.row(2, label="0", method="adasyn", second=(), rows=(5, None)),
    )

    async def use(app, pilot):
        sheet = app.screen.query_one(Sheet)
        lines = [line.split("\t") for line in sheet.as_text().split("\n")]
        assert lines[0][:3] == ["class", "made by", "weight"]
        assert [line[2] for line in lines[1:]] == ["~0.25", "", "0.25"]
        assert "inferred" in screen_text(app)
        sheet.focus()
        await press(pilot, "down")
        parents = app.screen.query_one("#lineage-parents", Rows)
        assert "made\trow 5\t—" in parents.as_text()
        assert "beside its parent" in screen_text(app)

    panes.run(use, ArmsPane, answered(LineageView.NAME, lineage=rows), size=(160, 40))


# Both ------------------------------------------------------------------------------


def test_hostile_text_does_nothing(panes):
    problem = Problem(message=HOSTILE["colours"], fix=HOSTILE["markup"])
    for size, view in product(((80, 24), (140, 40)), BOTH):
        asked = looking(view.NAME)
        request = lab.treat(lab.current_arm(asked))
        asked = questions.ask(asked, TREAT, request)
        bad = lab_samples.hostile(request)
        session = questions.take(asked, Answered(TREAT, asked.jobs, bad))
        app = panes.look(ArmsPane, session, size)
        for widget in app.screen.query(Static):
            assert not harmful(str(widget.visual).replace("\n", "")), (size, view)
        assert not harmful(panes.text.replace("\n", "")), (size, view)
        copied = app.screen.query_one(view).copied()
        assert not harmful(copied.text.replace("\n", "").replace("\t", ""))
        panes.look(
            ArmsPane, questions.take(asked, Refused(TREAT, asked.jobs, problem)), size
        )
        assert "␛[31m" in panes.text
        assert not harmful(panes.text.replace("\n", "")), (size, view)


def test_a_failure_of_the_service_is_no_end(panes):
    service = fakes.FakeService()
    service.answers[Treat] = Failure(
        code="service-died", message="the service ended", fix="ask again"
    )

    async def use(app, pilot):
        assert "the service ended" in screen_text(app)
        service.answers[Treat] = lab_samples.treated
        app.post_message(Selected("arms", "adasyn"))
        await until(pilot, lambda: "adasyn  0 2,000   1 200" in screen_text(app))
        assert "adasyn  0 2,000   1 200" in screen_text(app)

    in_pane(panes, use, PreviewView, service)


def test_the_registry_has_what_the_samples_treat():
    assert {"smote", "random-under", "tomek-links"} <= {*registry.names()}


# What is pointed at -----------------------------------------------------------------


def test_points_are_read_by_mouse_and_keys(panes):
    clouds = {
        "kept": {"0": ((0.0, 0.0, 2.0), (0.0, 0.001, 0.5)), "1": ((1.0,), (1.0,))},
        "made": {"1": ((2.0,), (0.5,))},
    }
    session = answered(PreviewView.NAME, axes=("age", "bmi"), **clouds)

    async def use(app, pilot):
        view = app.query_one(PreviewView)
        view.focus()
        picture = app.query_one("#preview-picture", ChartView)
        await until(pilot, lambda: picture.area is not None)

        def read() -> str:
            return str(app.query_one("#preview-read").visual)

        async def point(x: float, y: float) -> None:
            await pilot.hover(picture, offset=picture.area.cell(x, y))
            await settle(pilot)

        assert read() == "arrow keys or the mouse read the points"
        for (x, y), said in (
            ((1.0, 1.0), "▲ class 1  age 1  bmi 1"),
            ((0.0, 0.0), "⠿ 2 of class 0  age 0  bmi 0 to 0.001"),
            (
                (2.0, 0.5),
                "⠿ 1 of class 0  + 1 of class 1, synthetic  age 2  bmi 0.5",
            ),
        ):
            await point(x, y)
            assert read() == said
            column, row = picture.area.cell(x, y)
            assert picture.plain.split("\n")[row][column] == "╋"
        # What is read belongs to the side that is seen.
        await press(pilot, "a")
        assert read() == "+ class 1, synthetic  age 2  bmi 0.5"
        await press(pilot, "a", "left", "down")
        assert read().startswith("no row here  age 1.9")
        await press(pilot, "right", "up", "a")
        assert "synthetic" in read()
        # A column has no points.
        await press(pilot, "t")
        assert not app.query_one("#preview-read").display
        assert not view.check_action("cross", (1, 0))

    panes.run(use, ArmsPane, session, (140, 40))


# Beside the method ------------------------------------------------------------------


def test_where_there_is_room_the_method_has_its_rows_beside_it(panes):
    waits = "Treating the training rows with smote"
    seen = "⠿ 0 2,000   ▲ 1 200   + synthetic 1,800"
    asked = lab.treat(lab.current_arm(looking("method")))
    refused = questions.ask(looking("method"), TREAT, asked)
    problem = Problem(message="too few rows", fix="use weights")
    refused = questions.take(refused, Refused(TREAT, refused.jobs, problem))
    for session, said in (
        (looking("method"), waits),
        (answered("method"), seen),
        (refused, "✗ too few rows"),
        (looking("method", session=Session()), "No dataset is open"),
    ):
        panes.look(ArmsPane, session, (140, 40))
        assert said in panes.text, said
    app = panes.look(ArmsPane, looking("method"), (118, 40))
    assert waits not in panes.text
    assert not treats(app)


def test_the_rows_beside_the_method_are_those_of_the_arm_under_the_cursor(panes):
    async def use(app, pilot):
        await found(app, pilot)
        assert "+ synthetic 1,800" in screen_text(app)
        app.post_message(Selected("arms", "random-under"))
        await until(pilot, lambda: "⠿ 0 200   ▲ 1 200" in screen_text(app))
        # The fields come first: the picture is not in their way.
        assert app.screen.query_one(ArmsPicture).enter()
        assert not isinstance(app.focused, PreviewView)

    service = fakes.FakeService()
    panes.run(use, ArmsPane, looking("method"), (140, 40), service=service)
