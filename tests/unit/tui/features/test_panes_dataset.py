"""Pane 1 and its pictures."""

from __future__ import annotations

import msgspec

from engine.core.events import Sampled
from engine.core.messages import LoadProgress, TargetCandidate
from engine.core.views import profile
from tests.support import fakes
from tests.support.fakes import press, screen_text
from tests.support.patience import until
from tui.features import messages as say
from tui.features import reducers
from tui.features.arms.draft import Problem
from tui.features.dataset import state as data
from tui.features.dataset.lists import RowsView
from tui.features.dataset.pane import ALL, DatasetPane
from tui.features.dataset.views import ColumnView, OverviewView, overview
from tui.features.dialogs import PickColumn
from tui.features.questions import Ask, Question
from tui.features.session import ServicePhase, Session
from tui.widgets import Chooser, Rows, Sheet


def showing(view: str, session: Session | None = None) -> Session:
    return reducers.show(session or fakes.loaded(), "dataset", view)


def load(session: Session, **changes: object) -> Session:
    new = msgspec.structs.replace(session.load, **changes)
    return msgspec.structs.replace(session, load=new)


def test_it_says_what_is_open_and_what_so_few_positives_can_tell(shell):
    async def use(app, pilot):
        for size in ((80, 24), (140, 40)):
            await pilot.resize_terminal(*size)
            await press(pilot)
            text = screen_text(app)
            for part in (
                "stroke.csv",
                "2.6 MB",
                "43,400 rows × 6 columns",
                "20 % stratified",
                "random",
                "kept on one side",
                "2 pieces of advice",
                "42,617",
                "98.2 %",
                "54:1",
                "161 positives",
                "95 % CI of recall about ± 0.08",
                "12 rows equal to an earlier one",
                "bmi",
                "0.071",
            ):
                assert part in text, (size, part)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_nothing_open_says_what_to_do(panes):
    async def use(app, pilot):
        assert "o opens a file or a sample" in screen_text(app)
        await press(pilot, "enter", "a", "c", "t", "L", "escape")
        assert {type(i) for i in app.intents} <= {say.PaneActivated}

    panes.run(use, DatasetPane, Session())


def test_a_load_shows_how_far_it_is_and_can_be_stopped(panes):
    session = reducers.open_source(Session(), "big.csv")
    progress = LoadProgress(stage="checking", done=3_000_000, total=12_000_000)
    assert session.load.request is not None
    reading = reducers.load_progressed(session, session.load.request.id, progress)

    async def use(app, pilot):
        text = screen_text(app)
        assert "checking 3.0 MB of 12.0 MB" in text
        assert "25 %" in text
        assert "left" not in text
        assert "Target: once all rows are read." in text
        app.query_one(DatasetPane).focus()
        await press(pilot, "escape")
        assert len(app.posted(say.LoadCancelRequested)) == 1
        # Without an end there is no bar, and before the service nothing is read.
        app.give(
            load(session, progress=LoadProgress(stage="cleaning", done=0, total=None))
        )
        await press(pilot)
        assert "cleaning …" in screen_text(app)
        warming = ServicePhase(phase="warming", part="pandas", done=2, total=7)
        app.give(msgspec.structs.replace(session, service=warming))
        await press(pilot)
        assert "getting ready 2/7" in screen_text(app)

    panes.run(use, DatasetPane, reading)


def guessed(**changes):
    """A table whose target was guessed among two."""
    found = tuple(
        TargetCandidate(name=name, why="two values", rarest="1", rows=rows)
        for name, rows in (("stroke", 783), ("gender", 11))
    )
    return msgspec.structs.replace(
        fakes.TABLE, target_guessed=True, target_candidates=found, **changes
    )


def test_a_guess_is_marked_where_it_is_chosen_until_it_is_confirmed(panes):
    table = guessed(test={"0": 8_519, "1": 4})
    session = fakes.loaded(table)

    async def use(app, pilot):
        for size in ((80, 24), (140, 40)):
            await pilot.resize_terminal(*size)
            await press(pilot)
            for part in ("? guessed", "? rarer", "! only 4 test positives"):
                assert part in screen_text(app), (size, part)
        options = app.query_one("#dataset-target", Chooser).offered
        # What it may be comes first, with the rows of its rarest class.
        assert options[:2] == (("stroke", "stroke"), ("gender  1: 11", "gender"))
        app.give(reducers.confirm_target(session))
        await press(pilot)
        assert "guessed" not in screen_text(app)
        chosen = reducers.choose(fakes.loaded(guessed()), "positive", "1")
        app.give(chosen)
        await press(pilot)
        assert "? rarer" not in screen_text(app)

    panes.run(use, DatasetPane, session)


def test_a_given_target_and_many_test_positives_have_no_mark(panes):
    panes.look(DatasetPane, fakes.loaded())
    assert "guessed" not in panes.text
    assert "test positives" not in panes.text


def test_t_confirms_a_guessed_target_and_finds_another(shell):
    async def use(app, pilot):
        await press(pilot, "p", "end", "t")
        assert app.session.load.request.target == "stroke"
        assert not app.session.load.guessed
        await press(pilot, "1", "t")
        assert isinstance(app.screen, PickColumn)
        await press(pilot, *"gen", "enter")
        assert app.session.load.request.target == "gender"

    shell.run(use, "sample:stroke", fakes.FakeService(guessed()), size=(140, 40))


def test_a_guess_that_is_chosen_in_its_list_is_given(shell):
    async def use(app, pilot):
        app.screen.query_one("#dataset-target", Chooser).focus()
        await press(pilot, "enter", "enter")
        assert app.session.load.request.target == "stroke"
        assert not app.session.load.guessed
        asked = len(app.fake_service.requests)
        await press(pilot, "enter", "enter")
        assert len(app.fake_service.requests) == asked, "it is given already"
        app.screen.query_one("#dataset-positive", Chooser).focus()
        await press(pilot, "enter", "enter")
        assert app.session.load.request.positive == "1"

    shell.run(use, "sample:stroke", fakes.FakeService(guessed()), size=(140, 40))


def test_every_view_says_what_is_true_without_a_table(panes):
    opened = reducers.open_source(Session(), "big.csv")
    job = opened.load.request.id
    failed = reducers.load_failed(
        opened, job, Problem(message="no file 'big.csv'", fix="check the path")
    )
    for view in ("overview", "column", "rows", "advice"):
        for session, said in (
            (Session(), "No dataset is open"),
            (opened, "Reading big.csv …"),
            (failed, "big.csv: no file 'big.csv'. Check the path"),
        ):
            panes.look(DatasetPane, showing(view, session))
            text = " ".join(panes.text.split())
            assert said in text, (view, said)
            assert ("No dataset is open" in text) == (session.load.request is None)


def test_the_column_that_is_measured_is_named_until_it_is_there(panes):
    session = reducers.select(showing("column"), "dataset", "bmi")

    async def use(app, pilot):
        assert "measuring bmi …" in screen_text(app)
        assert [a.request.column for a in app.posted(Ask)] == ["bmi"]

    panes.run(use, DatasetPane, session)


def test_the_first_rows_have_the_progress_above_them(panes):
    session = reducers.open_source(Session(), "big.csv")
    job = session.load.request.id
    progress = LoadProgress(
        stage="reading", done=3_000_000, total=12_000_000, seconds=3.0
    )
    session = reducers.load_progressed(session, job, progress)
    session = load(session, preview=Question(answer=fakes.preview()))

    async def use(app, pilot):
        text = screen_text(app)
        shown = "reading 3,000,000 of 12,000,000 rows", "25 %", "1,000,000 rows/s"
        for part in (*shown, "~9 s left", "esc stops", "First 100 rows", "0.0"):
            assert part in text, part
        app.query_one(Sheet).focus()
        await press(pilot, "escape")
        assert len(app.posted(say.LoadCancelRequested)) == 1

    panes.run(use, DatasetPane, session)


def test_stopping_a_load_in_the_app_ends_it(shell):
    service = fakes.FakeService()
    service.let.clear()

    async def use(app, pilot):
        assert app.session.load.busy
        await pilot.press("escape")
        await pilot.pause()
        assert not app.session.load.busy
        assert "reading was cancelled" in screen_text(app)
        service.let.set()

    shell.run(use, "sample:stroke", service)


def test_a_failed_load_says_why_and_what_to_do(panes):
    problem = Problem(message="no file 'x.csv'", fix="check the path")
    session = load(fakes.loaded(), problem=problem)
    panes.look(DatasetPane, session)
    assert "✗ no file 'x.csv'" in panes.text
    assert "→ check the path" in panes.text


def test_a_table_without_a_target_asks_for_one(panes):
    table = msgspec.structs.replace(
        fakes.TABLE, target=None, positive=None, labels={}, classes={}, test={}
    )
    rejected = msgspec.structs.replace(table, target="id", problem="is no class")
    panes.look(DatasetPane, fakes.loaded(rejected))
    assert "'id' is no target: t on another column" in panes.text
    assert "No target is chosen" not in panes.text

    async def use(app, pilot):
        text = screen_text(app)
        assert "Choose the target" in text
        assert "No target is chosen" in text
        await press(pilot, "enter", "down", "enter")
        chosen = app.posted(say.LoadChoiceChanged)
        assert [(c.field, c.value) for c in chosen] == [("target", "stroke")]

    panes.run(use, DatasetPane, fakes.loaded(table))


def test_target_positive_and_test_share_are_chosen(panes):
    async def use(app, pilot):
        await press(pilot, "enter", "down", "enter")
        await press(pilot, "down", "space", "down", "enter")
        await press(pilot, "down", "enter", "down", "enter")
        chosen = [(c.field, c.value) for c in app.posted(say.LoadChoiceChanged)]
        assert chosen == [("target", "gender"), ("positive", "1"), ("test_size", 0.25)]
        # An unstratified split is one choice away.
        app.give(fakes.loaded())
        await press(pilot)
        app.intents.clear()
        app.query_one("#dataset-test", Chooser).value = "0.2 unstratified"
        await press(pilot)
        chosen = [(c.field, c.value) for c in app.posted(say.LoadChoiceChanged)]
        assert chosen == [("stratify", False)]

    session = fakes.loaded(msgspec.structs.replace(fakes.TABLE, positive="0"))
    panes.run(use, DatasetPane, session)


def test_choices_follow_the_session_without_being_sent_again(panes):
    session = fakes.loaded()
    assert session.load.request is not None
    other = reducers.choose(
        reducers.choose(session, "test_size", 0.37), "stratify", False
    )

    async def use(app, pilot):
        app.give(other)
        await press(pilot)
        assert "37 % unstratified" in screen_text(app)
        assert app.posted(say.LoadChoiceChanged) == []
        assert app.query_one("#dataset-target", Chooser).value == "stroke"
        assert len(app.query(Chooser)) == 5

    panes.run(use, DatasetPane, session, fresh=False)


def test_the_highlighted_column_is_drawn_below_the_list_where_there_is_room(panes):
    async def use(app, pilot):
        column = app.query_one("#overview-column", ColumnView)
        head = column.query_one("#column-head")
        rows = app.query_one(OverviewView).query_one(Rows)
        assert column.region.y >= rows.region.bottom
        assert column.region.height >= 10
        rows.focus()
        await press(pilot, "down", "down")
        await until(pilot, lambda: rows.highlighted in str(head.visual))
        assert rows.highlighted in str(head.visual)
        asked = [ask.request.column for ask in app.posted(Ask)]
        assert rows.highlighted in asked
        await pilot.resize_terminal(120, 40)
        await press(pilot, "up")
        assert not column.display
        assert [ask.request.column for ask in app.posted(Ask)] == asked
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: rows.highlighted in str(head.visual))
        assert rows.highlighted in str(head.visual)

    session = showing(OverviewView.NAME)
    panes.run(use, DatasetPane, session, (140, 40), service=fakes.FakeService())


def test_the_column_table_changes_roles_and_the_target(panes):
    async def use(app, pilot):
        rows = app.query_one("#overview-columns", Rows)
        rows.focus()
        # The first feature, of which the picture is, has the cursor at first.
        await press(pilot, "c")
        (asked,) = app.posted(data.ColumnDialogRequested)
        assert asked.columns == ("gender",)
        await press(pilot, "t")
        roles = [(r.column, r.role) for r in app.posted(say.RoleChanged)]
        assert roles == [("gender", "target")]
        await press(pilot, "end", "t")
        assert len(app.posted(say.RoleChanged)) == 1
        assert "target" in app.posted(say.Notice)[0].text
        assert [s.item for s in app.posted(say.Selected)] == ["stroke"]
        # They are sorted, the bars can be logarithmic, and everything can be copied.
        await press(pilot, "home")
        for column, first in (
            ("AP alone", "age"),
            ("missing", "smoking_status"),
            ("levels", "id"),
        ):
            rows.sort(column, reverse=True)
            assert rows.shown[0].key == first, column
            assert rows.highlighted == "id", column
        rows.sort("column")
        assert rows.shown[0].key == "age"
        rows.sort(None)
        assert rows.shown[0].key == "id"
        assert "log scale" not in screen_text(app)
        await press(pilot, "L")
        assert "log scale" in screen_text(app)
        copied = app.query_one(OverviewView).copied()
        assert "smoking_status\tcategory\tfeature\t13,292 (30.6 %)" in copied.text
        assert "42,617" in copied.text

    panes.run(use, DatasetPane)


def test_strength_is_told_as_a_lift_over_chance():
    table = profile.columns(fakes.TABLE)
    items = {row.key: row for row in table.rows}
    titles = [column.title for column in table.columns]
    cells = dict(zip(titles, items["age"].cells, strict=True))
    assert cells["AP alone"][0] == "0.071"
    assert cells["× chance"][0] == "━━━━━━━━ ×3.9"
    weak = dict(zip(titles, items["gender"].cells, strict=True))
    assert weak["× chance"][0] == "         ×1.0"
    untreated = dict(zip(titles, items["id"].cells, strict=True))
    assert untreated["AP alone"][0] == "—"
    assert untreated["× chance"][0] == ""


def test_several_classes_are_all_compared_and_both_sides_told(panes):
    labels = {"a": 150, "b": 35, "c": 30}
    table = msgspec.structs.replace(
        fakes.TABLE,
        positive=None,
        labels=labels,
        classes=labels,
        train={"a": 120, "b": 28, "c": 24},
        test={"a": 30, "b": 7, "c": 6},
        recall_half_width=None,
    )
    panes.look(DatasetPane, fakes.loaded(table))
    for part in (
        "all 3 classes are compared",
        "6 rows of class c, the rarest",
        "none: all 3 classes",
        "train a: 120 · b: 28 · c: 24",
        "test  a: 30 · b: 7 · c: 6",
    ):
        assert part in panes.text, part
    assert "✗" not in panes.text


def test_all_classes_are_chosen_again(panes):
    labels = {"a": 150, "b": 35, "c": 30}
    table = msgspec.structs.replace(
        fakes.TABLE, positive="c", labels=labels, classes={"not c": 185, "c": 30}
    )

    async def use(app, pilot):
        app.query_one("#dataset-positive").focus()
        await press(pilot, "enter", "home", "enter")
        asked = app.posted(say.LoadChoiceChanged)[-1]
        assert (asked.field, asked.value) == ("positive", None)

    panes.run(use, DatasetPane, fakes.loaded(table), fresh=False)
    assert "\x00" in ALL


def test_it_says_how_the_test_rows_are_told():
    for field, value, words in (
        ("group", "id", "test 20 % in groups of id"),
        ("time", "age", "test, the latest 20 % by age"),
        ("by", "gender", "test rows as gender says"),
        ("test_source", "/data/late.csv", "test rows of late.csv"),
    ):
        request = reducers.choose(fakes.loaded(), field, value).load.request
        said = overview(fakes.TABLE, request).plain
        assert said.startswith(f"{words}: 161 positives"), field


def test_a_share_is_asked_only_where_one_is_taken(panes):
    for field, value, there in (
        ("group", "id", True),
        ("by", "gender", False),
        ("test_source", "t.csv", False),
        ("time", "age", True),
    ):
        app = panes.look(DatasetPane, reducers.choose(fakes.loaded(), field, value))
        assert app.query_one("#dataset-line-test").display is there, field


def test_the_split_chooser_asks_by_which_column(panes):
    async def use(app, pilot):
        chooser = app.query_one("#dataset-split", Chooser)
        for way in ("group", "time", "by", "file"):
            chooser.value = way
            await press(pilot)
            assert chooser.value == "random"
        asked = [a.way for a in app.posted(data.SplitRequested)]
        assert asked == ["group", "time", "by", "file"]
        app.query_one("#dataset-duplicates", Chooser).value = "apart"
        await press(pilot)
        chosen = [(c.field, c.value) for c in app.posted(say.LoadChoiceChanged)]
        assert chosen == [("duplicates", "apart")]

    panes.run(use, DatasetPane, fresh=False)


def test_a_sample_is_said_to_be_one(shell):
    table = msgspec.structs.replace(
        fakes.TABLE, sampled=Sampled(rows=43_400, of=12_000_000)
    )
    said = "sample 43,400 of 12,000,000 rows"

    async def use(app, pilot):
        text = screen_text(app)
        assert said in text.split("\n")[0]
        assert text.count(said) == 3

    shell.run(use, "sample:stroke", fakes.FakeService(table), size=(140, 40))


def test_enter_on_a_column_shows_it_by_class_and_arrows_go_on(shell):
    async def use(app, pilot):
        await press(pilot, "p", "down", "enter")
        assert app.session.view.shown["dataset"] == ColumnView.NAME
        text = screen_text(app)
        assert "age" in text
        assert "3 of 6" in text
        assert app.fake_service.requests[-1].column == "age"
        await until(pilot, lambda: isinstance(app.screen.focused, ColumnView))
        assert isinstance(app.screen.focused, ColumnView)
        await press(pilot, "right")
        assert app.fake_service.requests[-1].column == "bmi"
        assert "4 of 6" in screen_text(app)
        await press(pilot, "left", "left", "left", "left", "left", "left")
        assert "1 of 6" in screen_text(app)
        asked = len(app.fake_service.requests)
        await press(pilot, "L")
        assert len(app.fake_service.requests) == asked
        # Rows are fetched a page at a time as the cursor comes to them.
        await press(pilot, "v")
        sheet = app.screen.query_one(Sheet)
        await until(pilot, lambda: sheet.has_focus)
        assert sheet.has_focus
        assert sheet.cell == "0.0"
        await press(pilot, "down", "right")
        assert "row 2  gender  1.1" in screen_text(app)
        await press(pilot, "end")
        starts = [r.start for r in app.fake_service.requests if hasattr(r, "start")]
        assert starts == [0, 43_200]
        assert sheet.is_held
        assert "row 43,400" in screen_text(app)
        # Sorted is the whole table, not what is seen of it.
        await press(pilot, "s", "S", "end", "s")
        last = [(r.start, r.sort) for r in app.fake_service.requests[-4:]]
        by, back = (1, True), (1, False)
        assert last == [(0, by), (0, back), (43_200, back), (0, None)]

    shell.run(use, "sample:stroke", size=(80, 24))


def test_a_column_that_cannot_be_had_says_why(panes):
    session = showing(ColumnView.NAME)
    problem = Problem(message="it is gone", fix="look")
    broken = load(session, column=Question(problem=problem))

    async def use(app, pilot):
        assert len(app.posted(Ask)) == 1
        app.give(broken)
        await press(pilot)
        assert "it is gone. look" in screen_text(app)
        assert len(app.posted(Ask)) == 1

    panes.run(use, DatasetPane, session)


def test_rows_that_cannot_be_had_say_why(panes):
    session = load(
        showing(RowsView.NAME), page=Question(problem=Problem(message="it is gone"))
    )

    async def use(app, pilot):
        assert "✗ it is gone" in screen_text(app)
        assert len(app.posted(Ask)) == 1
        app.give(msgspec.structs.replace(session, jobs=99))
        await press(pilot)
        assert len(app.posted(Ask)) == 1

    panes.run(use, DatasetPane, session)


def test_advice_is_told_followed_taken_back_and_muted(shell):
    async def use(app, pilot):
        await press(pilot, "a")
        text = screen_text(app)
        for part in (
            "IMB023",
            "'id' is an identifier",
            "a model would learn the rows by heart",
            "→ it is left out",
            "f learn from id",
        ):
            assert part in text, part
        assert "learn from id" not in text.split("! 'id'")[0], "no room in the list"
        await press(pilot, "down")
        assert "→ an indicator column says where" in screen_text(app)
        assert "learn the rows" not in screen_text(app)
        await press(pilot, "y")
        # One key does what it recommends, and one takes it back.
        for key in ("f", "enter"):
            await press(pilot, "up")
            app.clear_notifications()
            await press(pilot, key)
            assert app.session.load.request.keep == ("id",), key
            assert "u undoes it" in fakes.notices(app)
            await press(pilot, "u")
            assert app.session.load.request.keep == (), key
            await press(pilot, "down", key)
            assert "No key applies" in fakes.notices(app)
            assert app.session.load.history == (), key
        # It is muted, and heard again.
        await press(pilot, "up")
        await press(pilot, "m")
        assert app.session.load.request.mute == ("IMB004:id",)
        assert "an identifier" not in screen_text(app)
        await press(pilot, "end", "f")
        assert "m unmutes it" in fakes.notices(app)
        await press(pilot, "m")
        assert app.session.load.request.mute == ()
        assert "an identifier" in screen_text(app)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_the_folded_pane_says_the_essence():
    session = fakes.loaded()
    made = DatasetPane()
    assert made.summary(session).plain == "stroke.csv  stroke=1  1.8 %"
    assert made.summary(Session()).plain.startswith("No dataset is open")
    assert made.picture().PANE == "dataset"


def test_a_refused_seed_is_said_where_the_choices_are(panes):
    panes.look(DatasetPane, reducers.choose(fakes.loaded(), "test_size", "7"))
    assert "✗ test share cannot be 7" in panes.text
