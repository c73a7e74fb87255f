"""Before and after, and the microscope: two views of the arms' picture."""

from __future__ import annotations

import threading

import msgspec
import pytest
from textual.widgets import Static

from engine.client import Failure, Finding, Judged, Treat
from engine.events import Sampled
from engine.resample import registry
from tests.support import fakes, lab_samples
from tests.support.console_samples import HOSTILE, harmful
from tests.support.fakes import PaneApp, press, run, screen_text, settle
from tests.support.patience import until
from tui import lab, reducers
from tui import lab_messages as told
from tui.charts import ChartView
from tui.draft import Problem
from tui.lab import Wish
from tui.messages import Selected, ViewChosen
from tui.panes.arms import ArmsPane
from tui.panes.arms_lineage import LineageView
from tui.panes.arms_preview import PreviewView
from tui.screens import PickColumn
from tui.session import Session
from tui.widgets import Rows, Sheet


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Nothing waits: neither charts nor what is asked for."""
    monkeypatch.setattr("tui.charts.view.MOST_DRAWN", 10_000)
    monkeypatch.setattr("tui.panes.arms_seen.PAUSE", 0.001)


def looking(view: str, arm: str = "smote", session: Session | None = None) -> Session:
    """A session in which a view of an arm is seen."""
    session = reducers.activate(session or fakes.loaded(), "arms")
    session = reducers.select(session, "arms", arm)
    return reducers.show(session, "arms", view)


def answered(view: str, arm: str = "smote", **changes) -> Session:
    """The same, with what the arm does."""
    session = looking(view, arm)
    wish = Wish(arm=lab.looked_at(session))
    session = lab.ask_treat(session, wish)
    found = lab_samples.treated(Treat(id=1, arm=wish.arm), **changes)
    return lab.treated(session, session.lab.job, wish, found)


def opened(service: fakes.FakeService | None = None):
    """The real app with a table open."""
    return fakes.app("sample:stroke", service)


async def goto(app, pilot, view: str, arm: str = "smote") -> None:
    """Look at an arm in a view, with the focus in the picture."""
    await press(pilot, "2")
    app.post_message(Selected("arms", arm))
    app.post_message(ViewChosen("arms", view))
    await settle(pilot)
    await press(pilot, "p")
    await until(pilot, lambda: app.session.lab.wish is not None)
    await until(pilot, lambda: not app.session.lab.pending)
    await settle(pilot)


def chart(app) -> str:
    return app.screen.query_one("#preview-picture", ChartView).plain


# Asking ----------------------------------------------------------------------------


def test_the_highlighted_arm_is_asked_for_when_the_view_is_seen():
    async def use(app, pilot):
        await until(pilot, lambda: bool(app.posted(told.TreatRequested)))
        wish = app.posted(told.TreatRequested)[-1].wish
        assert wish == Wish(arm=lab.looked_at(app.session))
        assert "Treating the training rows with smote" in screen_text(app)

    run(PaneApp(ArmsPane, looking(PreviewView.NAME)), use)


def test_nothing_is_asked_while_another_view_is_seen():
    async def use(app, pilot):
        await press(pilot, "down", "down")
        await pilot.pause(0.02)
        assert not app.posted(told.TreatRequested)

    run(PaneApp(ArmsPane, looking("recipe")), use)


def test_what_is_known_is_not_asked_again():
    async def use(app, pilot):
        await pilot.pause(0.02)
        assert not app.posted(told.TreatRequested)
        # The other view is about the same arm: its answer serves both.
        app.give(reducers.show(app.session, "arms", LineageView.NAME))
        await settle(pilot)
        await pilot.pause(0.02)
        assert not app.posted(told.TreatRequested)

    run(PaneApp(ArmsPane, answered(PreviewView.NAME)), use)


def test_an_arm_that_is_only_passed_is_not_asked_for(monkeypatch):
    monkeypatch.setattr("tui.panes.arms_seen.PAUSE", 2.0)

    async def use(app, pilot):
        for arm in ("smote", "adasyn", "random-under", "tomek-links"):
            app.give(reducers.select(app.session, "arms", arm))
            await pilot.pause()
        await until(pilot, lambda: bool(app.posted(told.TreatRequested)))
        asked = [wish.wish.arm.name for wish in app.posted(told.TreatRequested)]
        assert asked == ["tomek-links"]

    run(PaneApp(ArmsPane, looking(PreviewView.NAME)), use)


def test_an_old_answer_never_shows_for_a_new_arm():
    service = fakes.FakeService()
    let = threading.Event()

    def slow(request):
        if request.arm.name == "adasyn":
            let.wait(10)
        return lab_samples.treated(request)

    service.answers[Treat] = slow

    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        assert "1,800 synthetic" in screen_text(app)
        app.post_message(Selected("arms", "adasyn"))
        await until(pilot, lambda: app.session.lab.pending)
        await pilot.pause()
        text = screen_text(app)
        assert "Treating the training rows with adasyn" in text
        assert "1,800 synthetic" not in text
        let.set()
        await until(pilot, lambda: not app.session.lab.pending)
        await settle(pilot)
        assert "adasyn  2,000 / 200 → 2,000 / 2,000" in screen_text(app)

    run(opened(service), use, (140, 40))


# What is said instead --------------------------------------------------------------


@pytest.mark.parametrize("view", [PreviewView.NAME, LineageView.NAME])
def test_why_there_is_nothing_to_see(view):
    sessions = {
        "No dataset is open": Session(),
        "No target is chosen": fakes.loaded(
            msgspec.structs.replace(fakes.TABLE, target=None, train={})
        ),
    }

    async def use(app, pilot):
        for text, session in sessions.items():
            app.give(looking(view, session=session))
            await settle(pilot)
            assert text in screen_text(app)
            assert not app.posted(told.TreatRequested)

    run(PaneApp(ArmsPane, looking(view, session=Session())), use)


@pytest.mark.parametrize("view", [PreviewView.NAME, LineageView.NAME])
def test_a_refusal_says_why_and_what_helps(view):
    session = looking(view)
    session = lab.ask_treat(session, Wish(arm=lab.looked_at(session)))
    problem = Problem(message="too few rows", remedy="use weights")
    session = lab.treat_failed(session, session.lab.job, problem)

    async def use(app, pilot):
        text = screen_text(app)
        assert "✗ too few rows" in text
        assert "→ use weights" in text

    run(PaneApp(ArmsPane, session), use)


def test_a_long_treatment_says_how_long_all_rows_take():
    session = lab.ask_judge(looking(PreviewView.NAME, "svm-smote"))
    finding = Finding(arm="svm-smote", status="runs", seconds=80.0)
    session = lab.judged(session, session.lab.judging, Judged(findings=(finding,)))

    async def use(app, pilot):
        assert "with svm-smote (all rows: ~1 min) …" in screen_text(app)

    run(PaneApp(ArmsPane, session), use)


def test_what_is_worked_out_first_is_said():
    session = lab.ask_judge(looking(PreviewView.NAME))

    async def use(app, pilot):
        assert "every arm takes, then what smote does" in screen_text(app)

    run(PaneApp(ArmsPane, session), use)


def test_a_sample_repairs_and_notes_are_said():
    session = answered(
        PreviewView.NAME,
        sampled=Sampled(rows=5_000, of=34_720),
        repairs=("k_neighbors 5 → 3: only 4 rows",),
        notes=("reached 0.56",),
    )

    async def use(app, pilot):
        text = screen_text(app)
        assert "seen on 5,000 of the 34,720 training rows" in text
        assert "⚠ repaired k_neighbors 5 → 3" in text
        assert "· reached 0.56" in text

    run(PaneApp(ArmsPane, session), use, (140, 40))


def test_a_control_changes_nothing_and_is_seen_as_it_is():
    async def use(app, pilot):
        text = screen_text(app)
        assert "none  no training row is changed" in text
        assert "▲ 1 200" in text
        app.give(reducers.show(app.session, "arms", LineageView.NAME))
        await settle(pilot)
        assert "none changes no training row, so it makes none" in screen_text(app)

    run(PaneApp(ArmsPane, answered(PreviewView.NAME, "none")), use, (140, 40))


@pytest.mark.parametrize(
    ("arm", "changes", "said"),
    [
        (
            "random-over",
            {"copies": 1_800, "lineage": (), "made": {}},
            "random-over makes no new row: it repeats 1,800 rows",
        ),
        ("random-under", {}, "random-under makes no row: it drops 1,800 rows"),
        ("tomek-links", {"removed": {"0": 0, "1": 0}}, "tomek-links changed nothing"),
    ],
)
def test_an_arm_without_synthetic_rows_says_what_it_does(arm, changes, said):
    async def use(app, pilot):
        assert said in screen_text(app)

    run(PaneApp(ArmsPane, answered(LineageView.NAME, arm, **changes)), use)


# Before and after ------------------------------------------------------------------


def test_one_key_turns_from_after_to_what_changed_to_before():
    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        seen = []
        for _ in range(3):
            seen.append(screen_text(app))
            await press(pilot, "s")
        assert "▸after" in seen[0]
        assert "+ synthetic 1,800" in seen[0]
        assert "▸added and dropped" in seen[1]
        assert "▲ 1" not in seen[1]
        assert "▸before" in seen[2]
        assert "+ synthetic" not in seen[2]
        assert "▸after" in screen_text(app)

    run(opened(), use, (140, 40))


def test_a_column_is_drawn_in_one_class_after_the_other():
    service = fakes.FakeService()

    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        await press(pilot, "d")
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
        await press(pilot, "s")
        assert "synthetic 1,800" in chart(app)
        assert len(service.requests) == before

    run(opened(service), use, (140, 40))


def test_classes_are_drawn_where_there_is_no_room_for_points():
    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        text = screen_text(app)
        assert "z: points, on the whole screen" in text
        assert "+1,800 synthetic" in text
        await press(pilot, "z")
        assert "▲ 1 200" in screen_text(app)
        await press(pilot, "d", "d")
        assert "rows by class, before and after" in screen_text(app)

    run(opened(), use, (80, 24))


def test_axes_are_chosen_and_given_up():
    service = fakes.FakeService()

    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
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

    run(opened(service), use, (140, 40))


def test_zoom_and_moving_about_by_keys():
    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        whole = chart(app)
        await press(pilot, "right")
        assert chart(app) == whole, "all of it is seen"
        await press(pilot, "plus", "plus")
        near = chart(app)
        assert "zoomed 4×" in near
        await press(pilot, "right", "up")
        assert chart(app) != near
        await press(pilot, "left", "down")
        assert chart(app) == near
        await press(pilot, "minus", "minus", "minus")
        assert chart(app) == whole
        await press(pilot, "plus", "0")
        assert chart(app) == whole

    run(opened(), use, (140, 40))


def test_another_table_keeps_what_it_has_too():
    session = answered(PreviewView.NAME)

    async def use(app, pilot):
        view = app.screen.query_one(PreviewView)
        view._axes, view._column, view._label = ("age", "bmi"), "bmi", "1"
        app.give(looking(PreviewView.NAME))
        same = msgspec.structs.replace(fakes.TABLE, rows=1)
        app.give(looking(PreviewView.NAME, session=fakes.loaded(same)))
        await settle(pilot)
        assert view._axes == ("age", "bmi")
        other = msgspec.structs.replace(
            fakes.TABLE, columns=fakes.TABLE.columns[:3], train={"a": 9, "b": 2}
        )
        app.give(looking(PreviewView.NAME, session=fakes.loaded(other)))
        await settle(pilot)
        assert (view._axes, view._column, view._label) == (None, None, None)

    run(PaneApp(ArmsPane, session), use)


# The microscope --------------------------------------------------------------------


def test_figures_come_with_words_and_a_mark():
    async def use(app, pilot):
        text = screen_text(app)
        assert "1,800 synthetic rows, 20 listed" in text
        assert "! intruding    31.0 %  lie nearest to a row of another class" in text
        assert "· outside      12.0 %" in text
        assert "✓ duplicates    0.0 %  they are new rows" in text
        assert "· told apart     0.71" in text

    run(PaneApp(ArmsPane, answered(LineageView.NAME)), use, (160, 40))


def test_the_highlighted_rows_parents_are_compared_cell_by_cell():
    async def use(app, pilot):
        await goto(app, pilot, LineageView.NAME)
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

    run(opened(), use, (160, 40))


def test_what_was_looked_for_is_marked_and_no_parent_is_no_cell():
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
        assert "looked for" in screen_text(app)
        sheet.focus()
        await press(pilot, "down")
        parents = app.screen.query_one("#lineage-parents", Rows)
        assert "made\trow 5\t—" in parents.as_text()
        assert "beside its parent" in screen_text(app)

    run(PaneApp(ArmsPane, answered(LineageView.NAME, lineage=rows)), use, (160, 40))


def test_both_are_seen_at_80_by_24():
    async def use(app, pilot):
        await goto(app, pilot, LineageView.NAME)
        for text in ("intruding 31.0 %", "weight", "1st parent", "row 101"):
            assert text in screen_text(app)
        await press(pilot, "z")
        assert "a small classifier tells some of them" in screen_text(app)

    run(opened(), use, (80, 24))


# Both ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("view", [PreviewView.NAME, LineageView.NAME])
def test_hostile_text_does_nothing(view, size):
    session = looking(view)
    wish = Wish(arm=lab.looked_at(session))
    request = Treat(id=1, arm=wish.arm)
    session = lab.ask_treat(session, wish)
    found = lab_samples.hostile(request)
    session = lab.treated(session, session.lab.job, wish, found)

    async def use(app, pilot):
        for widget in app.screen.query(Static):
            assert not harmful(str(widget.visual).replace("\n", ""))
        assert not harmful(screen_text(app).replace("\n", ""))
        copied = app.screen.query_one(
            PreviewView if view == PreviewView.NAME else LineageView
        ).copied()
        assert not harmful(copied.text.replace("\n", "").replace("\t", ""))
        problem = Problem(message=HOSTILE["colours"], remedy=HOSTILE["markup"])
        failed = lab.ask_treat(app.session, wish)
        failed = msgspec.structs.replace(
            failed, lab=msgspec.structs.replace(failed.lab, treated=None, shown=None)
        )
        app.give(lab.treat_failed(failed, failed.lab.job, problem))
        await settle(pilot)
        assert not harmful(screen_text(app).replace("\n", ""))

    run(PaneApp(ArmsPane, session), use, size)


def test_commands_are_in_the_palette_while_an_arm_can_be_tried():
    async def use(app, pilot):
        from tui.providers import offered

        await goto(app, pilot, PreviewView.NAME)
        ids = {command.id for command, _ in offered(app.screen, app)}
        assert {"arms.side", "arms.balance", "arms.leak"} <= ids
        app.post_message(Selected("arms", "none"))
        await settle(pilot)
        ids = {command.id for command, _ in offered(app.screen, app)}
        assert "arms.balance" not in ids, "there is nothing to write"
        assert "arms.leak" in ids

    run(opened(), use)


def test_a_failure_of_the_service_is_no_end():
    service = fakes.FakeService()
    service.answers[Treat] = Failure(
        code="service-died", message="the service ended", remedy="ask again"
    )

    async def use(app, pilot):
        await goto(app, pilot, PreviewView.NAME)
        assert "the service ended" in screen_text(app)
        service.answers[Treat] = lab_samples.treated
        app.post_message(Selected("arms", "adasyn"))
        await until(pilot, lambda: "adasyn  2,000 / 200" in screen_text(app))

    run(opened(service), use, (140, 40))


def test_the_registry_has_what_the_samples_treat():
    assert {"smote", "random-under", "tomek-links"} <= {*registry.names()}
