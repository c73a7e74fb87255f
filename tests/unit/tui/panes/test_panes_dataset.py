"""Pane 1 and its pictures."""

from __future__ import annotations

import msgspec
import pytest
from textual.widgets import Select

from engine.client import LoadProgress
from engine.events import Fix, Sampled
from tests.support import fakes
from tests.support.fakes import PaneApp, press, run, screen_text
from tests.support.patience import until
from tui import data_messages as data
from tui import messages as say
from tui import reducers
from tui.draft import Problem
from tui.panes import dataset_advice, dataset_told, dataset_views
from tui.panes.dataset import DatasetPane
from tui.panes.dataset_column import ColumnView
from tui.panes.dataset_rows import RowsView
from tui.panes.dataset_views import OverviewView
from tui.session import Service, Session
from tui.widgets import Chooser, Rows, Sheet

SIZES = ((80, 24), (140, 40))


def pane(session: Session | None = None) -> PaneApp:
    return PaneApp(DatasetPane, session or fakes.loaded())


def showing(view: str, session: Session | None = None) -> Session:
    return reducers.show(session or fakes.loaded(), "dataset", view)


def load(session: Session, **changes: object) -> Session:
    new = msgspec.structs.replace(session.load, **changes)
    return msgspec.structs.replace(session, load=new)


@pytest.mark.parametrize("size", SIZES)
def test_it_says_what_is_open_and_what_so_few_positives_can_tell(size):
    async def use(app, pilot):
        text = screen_text(app)
        for part in (
            "stroke.csv",
            "2.6 MB",
            "43,400 rows × 6 columns",
            "20 % stratified",
            "any rows",
            "stay on one side",
            "2 pieces of advice",
            "42,617",
            "98.2 %",
            "54:1",
            "161 positives",
            "a recall of 0.50 is known to ± 0.08",
            "12 rows equal to an earlier one",
            "bmi",
            "0.071",
        ):
            assert part in text, part

    run(fakes.app("sample:stroke"), use, size=size)


def test_nothing_open_says_what_to_do():
    async def use(app, pilot):
        assert "o opens a file or a sample" in screen_text(app)
        await press(pilot, "enter", "a", "c", "t", "g", "escape")
        assert {type(i) for i in app.intents} <= {say.PaneActivated}

    run(pane(Session()), use)


def test_a_load_shows_how_far_it_is_and_can_be_stopped():
    session = reducers.open_source(Session(), "big.csv")
    progress = LoadProgress(stage="reading", done=3_000_000, total=12_000_000)
    assert session.load.request is not None
    reading = reducers.load_progressed(session, session.load.request.id, progress)

    async def use(app, pilot):
        text = screen_text(app)
        assert "reading 3.0 MB of 12.0 MB" in text
        assert "25 %" in text
        app.query_one(DatasetPane).focus()
        await app.query_one(DatasetPane).run_action("stop_load")
        await press(pilot)
        assert len(app.posted(say.LoadCancelRequested)) == 1
        # Without an end there is no bar, and before the service nothing is read.
        app.give(
            load(session, progress=LoadProgress(stage="cleaning", done=0, total=None))
        )
        await press(pilot)
        assert "cleaning …" in screen_text(app)
        warming = Service(phase="warming", part="pandas", done=2, total=7)
        app.give(msgspec.structs.replace(session, service=warming))
        await press(pilot)
        assert "getting ready 2/7" in screen_text(app)

    run(pane(reading), use)


def test_stopping_a_load_in_the_app_ends_it():
    service = fakes.FakeService()
    service.let.clear()

    async def use(app, pilot):
        assert app.session.load.busy
        await pilot.press("escape")
        await pilot.pause()
        assert not app.session.load.busy
        assert "reading was stopped" in screen_text(app)
        service.let.set()

    run(fakes.app("sample:stroke", service), use)


def test_a_failed_load_says_why_and_what_to_do():
    problem = Problem(message="no file 'x.csv'", remedy="check the path")
    session = load(fakes.loaded(), problem=problem)

    async def use(app, pilot):
        text = screen_text(app)
        assert "✗ no file 'x.csv'" in text
        assert "→ check the path" in text

    run(pane(session), use)


def test_a_table_without_a_target_asks_for_one():
    table = msgspec.structs.replace(
        fakes.TABLE, target=None, positive=None, labels={}, classes={}, test={}
    )

    async def use(app, pilot):
        text = screen_text(app)
        assert "Choose the target" in text
        assert "No target is chosen" in text
        await press(pilot, "enter", "down", "enter")
        chosen = app.posted(say.LoadChoiceChanged)
        assert [(c.field, c.value) for c in chosen] == [("target", "stroke")]

    run(pane(fakes.loaded(table)), use)


def test_target_positive_and_test_share_are_chosen():
    async def use(app, pilot):
        await press(pilot, "enter", "down", "enter")
        await press(pilot, "down", "space", "down", "enter")
        await press(pilot, "down", "enter", "down", "enter")
        chosen = [(c.field, c.value) for c in app.posted(say.LoadChoiceChanged)]
        assert chosen == [("target", "gender"), ("positive", "1"), ("test_size", 0.25)]

    session = fakes.loaded(msgspec.structs.replace(fakes.TABLE, positive="0"))
    run(pane(session), use)


def test_an_unstratified_split_is_one_choice_away():
    async def use(app, pilot):
        chooser = app.query_one("#dataset-test", Chooser)
        chooser.value = "0.2 unstratified"
        await press(pilot)
        chosen = [(c.field, c.value) for c in app.posted(say.LoadChoiceChanged)]
        assert chosen == [("stratify", False)]

    run(pane(), use)


def test_choices_follow_the_session_without_being_sent_again():
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
        assert len(app.query(Select)) == 5

    run(pane(session), use)


def test_the_column_table_changes_roles_and_the_target():
    async def use(app, pilot):
        rows = app.query_one("#overview-columns", Rows)
        rows.focus()
        await press(pilot, "down", "c")
        assert [a.column for a in app.posted(data.ColumnAsked)] == ["gender"]
        await press(pilot, "t")
        roles = [(r.column, r.role) for r in app.posted(say.RoleChanged)]
        assert roles == [("gender", "target")]
        await press(pilot, "end", "t")
        assert len(app.posted(say.RoleChanged)) == 1
        assert "target" in app.posted(say.Said)[0].text
        assert [s.item for s in app.posted(say.Selected)] == ["gender", "stroke"]

    run(pane(), use)


@pytest.mark.parametrize(
    ("presses", "first", "said"),
    [
        (1, "age", "columns by strength"),
        (2, "smoking_status", "columns by missing cells"),
        (3, "id", "columns by levels"),
        (4, "age", "columns by name"),
        (5, "id", "12 rows equal to"),
    ],
)
def test_the_columns_are_sorted(presses, first, said):
    async def use(app, pilot):
        rows = app.query_one("#overview-columns", Rows)
        rows.focus()
        await press(pilot, *["s"] * presses)
        assert rows.items[0].key == first
        assert rows.highlighted == "id"
        assert said in screen_text(app)

    run(pane(), use)


def test_strength_is_told_as_a_lift_over_chance():
    items = {item.key: item for item in dataset_told.column_items(fakes.TABLE)}
    titles = [column.title for column in dataset_views.COLUMNS]
    cells = dict(zip(titles, items["age"].cells, strict=True))
    assert cells["alone (AP)"] == "0.071"
    assert cells["lift"][0] == "━━━━━━━━ ×3.9"
    weak = dict(zip(titles, items["gender"].cells, strict=True))
    assert weak["lift"][0] == "──────── ×1.0"
    none = dict(zip(titles, items["id"].cells, strict=True))
    assert none["alone (AP)"][0] == "—"
    assert none["lift"][0] == ""


def test_several_classes_are_all_compared_and_both_sides_told():
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

    async def use(app, pilot):
        text = screen_text(app)
        assert "all 3 classes are compared" in text
        assert "6 rows of c, the rarest" in text
        assert "none: all 3 classes" in text
        assert "train a 120 · b 28 · c 24" in text
        assert "test  a 30 · b 7 · c 6" in text
        assert "✗" not in text

    run(pane(fakes.loaded(table)), use)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"group": "id"}, "test 20 % in groups of id"),
        ({"time": "age"}, "test, the latest 20 % by age"),
        ({"by": "gender"}, "test rows as gender says"),
        ({"test_source": "/data/late.csv"}, "test rows of late.csv"),
    ],
)
def test_it_says_how_the_test_rows_are_told(choice, words):
    ((field, value),) = choice.items()
    request = reducers.choose(fakes.loaded(), field, value).load.request
    said = dataset_told.told(fakes.TABLE, request).plain
    assert said.startswith(f"{words}: 161 positives")


def test_a_share_is_asked_only_where_one_is_taken():
    async def use(app, pilot):
        line = app.query_one("#dataset-line-test")
        for field, value, there in (
            ("group", "id", True),
            ("by", "gender", False),
            ("test_source", "t.csv", False),
            ("time", "age", True),
        ):
            app.give(reducers.choose(fakes.loaded(), field, value))
            await press(pilot)
            assert line.display is there, field

    run(pane(), use)


def test_the_split_chooser_asks_by_which_column():
    async def use(app, pilot):
        chooser = app.query_one("#dataset-split", Chooser)
        for way in ("group", "time", "by", "file"):
            chooser.value = way
            await press(pilot)
            assert chooser.value == "random"
        asked = [a.way for a in app.posted(data.SplitAsked)]
        assert asked == ["group", "time", "by", "file"]
        app.query_one("#dataset-equal", Chooser).value = "apart"
        await press(pilot)
        chosen = [(c.field, c.value) for c in app.posted(say.LoadChoiceChanged)]
        assert chosen == [("duplicates", "apart")]

    run(pane(), use)


def test_a_sample_is_said_to_be_one():
    table = msgspec.structs.replace(
        fakes.TABLE, sampled=Sampled(rows=43_400, of=12_000_000)
    )
    said = "sample 43,400 of 12,000,000 rows"

    async def use(app, pilot):
        text = screen_text(app)
        assert said in text.split("\n")[0]
        assert text.count(said) == 3

    run(fakes.app("sample:stroke", fakes.FakeService(table)), use, size=(140, 40))


def test_the_bars_can_be_logarithmic_and_everything_can_be_copied():
    async def use(app, pilot):
        app.query_one("#overview-columns", Rows).focus()
        assert "log scale" not in screen_text(app)
        await press(pilot, "g")
        assert "log scale" in screen_text(app)
        copied = app.query_one(OverviewView).copied()
        assert "smoking_status\tcategory\tfeature\t30.6 %" in copied.text
        assert "42,617" in copied.text

    run(pane(), use)


def test_enter_on_a_column_shows_it_by_class_and_arrows_go_on():
    async def use(app, pilot):
        await press(pilot, "p", "down", "down", "enter")
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
        await press(pilot, "g")
        assert len(app.fake_service.requests) == asked

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_a_column_that_cannot_be_had_says_why():
    session = showing(ColumnView.NAME)
    broken = load(session, column_problem=Problem(message="it is gone", remedy="look"))

    async def use(app, pilot):
        assert len(app.posted(say.PictureRequested)) == 1
        app.give(broken)
        await press(pilot)
        assert "it is gone. look" in screen_text(app)
        assert len(app.posted(say.PictureRequested)) == 1

    run(pane(session), use)


def test_rows_are_fetched_a_page_at_a_time_as_the_cursor_comes_to_them():
    async def use(app, pilot):
        await press(pilot, "v", "v", "p")
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

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_rows_that_cannot_be_had_say_why():
    session = load(showing(RowsView.NAME), page_problem=Problem(message="it is gone"))

    async def use(app, pilot):
        assert "✗ it is gone" in screen_text(app)
        assert len(app.posted(say.RowsRequested)) == 1
        app.give(msgspec.structs.replace(session, jobs=99))
        await press(pilot)
        assert len(app.posted(say.RowsRequested)) == 1

    run(pane(session), use)


def test_advice_stands_with_its_cause_and_its_remedy():
    async def use(app, pilot):
        await press(pilot, "a")
        text = screen_text(app)
        for part in (
            "IMB023",
            "'id' is an identifier",
            "a model would learn the rows by heart",
            "→ it is left out",
            "learn from id",
        ):
            assert part in text, part
        await press(pilot, "down")
        assert "→ an indicator column says where" in screen_text(app)
        assert "learn the rows" not in screen_text(app)
        await press(pilot, "y")

    run(fakes.app("sample:stroke"), use, size=(80, 24))


@pytest.mark.parametrize("key", ["f", "enter"])
def test_one_key_does_what_an_advice_recommends_and_one_takes_it_back(key):
    async def use(app, pilot):
        await press(pilot, "a")
        await press(pilot, key)
        assert app.session.load.request.keep == ("id",)
        assert "u takes it back" in fakes.notices(app)
        await press(pilot, "u")
        assert app.session.load.request.keep == ()
        await press(pilot, "down", key)
        assert "one key could do" in fakes.notices(app)
        assert app.session.load.history == ()

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_an_advice_is_muted_and_heard_again():
    async def use(app, pilot):
        await press(pilot, "a")
        await press(pilot, "m")
        assert app.session.load.request.mute == ("IMB004:id",)
        assert "an identifier" not in screen_text(app)
        await press(pilot, "end", "f")
        assert "m hears it again" in fakes.notices(app)
        await press(pilot, "m")
        assert app.session.load.request.mute == ()
        assert "an identifier" in screen_text(app)

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_every_fix_is_told_in_words():
    for field, words in (
        ("drop", "ignore a=b"),
        ("keep", "learn from a=b"),
        ("group", "group by a=b"),
        ("time", "split by time in a=b"),
        ("duplicates", "keep duplicates a=b"),
        ("kinds", "read a as b"),
        ("missing", "read 'a=b' as missing"),
        ("target", "take a=b as target"),
        ("positive", "take a=b as positive"),
        ("stratify", "do not stratify"),
    ):
        assert dataset_advice.fix_words(Fix(field=field, value="a=b")) == words


def test_the_folded_pane_says_the_essence():
    session = fakes.loaded()
    made = DatasetPane()
    assert made.summary(session).plain == "stroke.csv  stroke=1  1.8 %"
    assert made.summary(Session()).plain.startswith("No dataset is open")
    assert made.picture().PANE == "dataset"


def test_a_refused_seed_is_said_where_the_choices_are():
    session = reducers.choose(fakes.loaded(), "test_size", "7")

    async def use(app, pilot):
        assert "✗ test size 7 is no share" in screen_text(app)

    run(pane(session), use)
