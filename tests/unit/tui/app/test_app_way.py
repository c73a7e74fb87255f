"""Finding one's way: keys that lead somewhere, paths, failures, words, long names."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input, OptionList

from engine.core.errors import DataError
from engine.core.events import Advice
from engine.core.messages import Failure, Load
from engine.core.views import Cell, Row, ViewTable, profile
from engine.data.readers import magic
from tests.support.fakes import TABLE, FakeService, at_once, press, run, screen_text
from tests.support.journey import sizes
from tests.support.patience import until
from tui.features import (
    SUFFIXES,
    ChoiceDialog,
    DatasetPane,
    KeyLine,
    OpenDataset,
    OpenTestRows,
    OverviewView,
    ReadOptions,
    reducers,
)
from tui.features.arms.draft import Problem
from tui.terminal.safe_text import cells, clip_middle
from tui.widgets import Chooser, TextField
from tui.widgets import fit_columns as fit
from tui.widgets import join_columns as join
from tui.widgets import measure_columns as measured

PARTS = Failure(
    code="data",
    message="two.zip holds 2 files where one is read: 'a.csv', 'b.csv'",
    fix="choose one, such as 'a.csv'",
    field="data.read.member",
)


def keys(app) -> str:
    return app.screen.query_one(KeyLine).build().plain


# Keys


@sizes((80, 24), (140, 40))
def test_a_leads_into_the_advice_and_esc_out_of_it(shell, size):
    async def use(app, pilot):
        await press(pilot, "a")
        assert "f apply" in keys(app)
        assert "m mute" in keys(app)
        await press(pilot, "m")
        assert app.session.load.request.mute == ("IMB004:id",)
        await press(pilot, "escape")
        assert app.screen.query_one(DatasetPane).has_focus_within
        # It is shown already.
        await press(pilot, "a")
        assert "m mute" in keys(app)

    shell.run(use, "sample:stroke", size=size)


def test_b_leads_into_the_budget_and_esc_out_of_it(shell):
    async def use(app, pilot):
        await press(pilot, "2", "b")
        await press(pilot, "down", "3")
        assert app.session.draft.base.search.trials == 3
        await press(pilot, "escape")
        assert app.screen.active.has_focus_within

    shell.run(use, "sample:stroke", size=(80, 24))


class Alone(App[None]):
    def __init__(self, chooser: Chooser) -> None:
        super().__init__()
        self.chooser = chooser

    def compose(self) -> ComposeResult:
        yield self.chooser


def test_typing_finds_a_name_in_an_open_chooser():
    async def use(app, pilot):
        names = ["age", "gender", "smoking_status", "[b]stroke"]
        app.chooser.offer([(name, name) for name in names], "age")
        app.chooser.focus()
        await press(pilot, "enter", "s", "m", "o", "enter")
        assert app.chooser.value == "smoking_status"
        await press(pilot, "enter", "[", "b", "enter")
        assert app.chooser.value == "[b]stroke"
        assert "[b]stroke" in screen_text(app)

    run(Alone(Chooser()), use, size=(40, 12))


def test_what_is_typed_to_find_a_name_is_seen_and_found():
    async def use(app, pilot):
        names = ("age", "a " + "long " * 20 + "name", "machine")
        app.chooser.offer([(name, name) for name in names], "age")
        app.chooser.focus()
        await press(pilot, "enter", "m", "a")
        found = app.chooser.query_one(OptionList)
        assert names[found.highlighted or 0] == "machine"
        await press(pilot, "x")
        assert "max▏" in screen_text(app)
        assert names[found.highlighted or 0] == "machine"
        await press(pilot, "escape", "enter", "g", "space", "l", "o")
        found = app.chooser.query_one(OptionList)
        assert "g lo▏" in screen_text(app)
        assert names[found.highlighted or 0] == names[1]
        await press(pilot, "escape")
        assert "max▏" not in screen_text(app)
        assert "age" in screen_text(app)

    run(Alone(Chooser()), use, size=(40, 12))


def test_the_footer_closes_a_list_in_our_words(shell):
    async def use(app, pilot):
        app.screen.query_one("#dataset-target", Chooser).focus()
        await press(pilot, "enter")
        assert "esc close" in keys(app)

    shell.run(use, "sample:stroke")


def test_every_view_of_the_dataset_leads_to_the_advice(shell):
    async def use(app, pilot):
        await press(pilot, "a")
        for digit, view in enumerate(("overview", "column", "rows"), 1):
            await press(pilot, "g", f"{digit}")
            assert app.session.view.shown["dataset"] == view
            assert "a advice" in keys(app), view
            await press(pilot, "a")
            assert app.session.view.shown["dataset"] == "advice", view
            assert "a advice" not in keys(app)

    shell.run(use, "sample:stroke")


def test_while_something_is_typed_no_digit_is_offered(shell):
    async def use(app, pilot):
        await press(pilot, "2", "slash")
        assert app.screen.focused.typing
        assert "1-4 pane" not in keys(app)
        await press(pilot, "escape")
        assert "1-4 pane" in keys(app)

    shell.run(use, "sample:stroke", size=(140, 40))


# Paths


def test_a_whole_path_behind_the_folder_begins_anew(shell, tmp_path):
    path = f"{tmp_path}/t.csv"
    (tmp_path / "t.csv").write_text("a,b\n")

    async def use(app, pilot):
        for second, how in itertools.product((False, True), ("keys", "paste", "once")):
            screen = OpenTestRows("/usr/a.csv") if second else OpenDataset()
            answers = []
            app.push_screen(screen, answers.append)
            await press(pilot)
            line = screen.query_one(Input)
            assert line.value.endswith("/"), (second, how)
            if how == "paste":
                app.post_message(events.Paste(path))
            elif how == "keys":
                await press(pilot, *path)
            else:
                await at_once(pilot, *path)
            await until(pilot, lambda line=line: line.value == path)
            assert line.value == path, (second, how)
            await press(pilot, "enter")
            assert answers == [path], (second, how)

    shell.run(use, "sample:stroke")


def test_enter_takes_the_only_path_that_is_listed(shell, tmp_path):
    (tmp_path / "churn.csv").write_text("a,b\n")

    async def use(app, pilot):
        answers = []
        screen = OpenDataset()
        app.push_screen(screen, answers.append)
        await press(pilot, *f"{tmp_path}/x")
        text = "no folder or table begins so"
        await until(pilot, lambda: text in screen_text(app))
        await press(pilot, "enter")
        assert "there is no file" in screen_text(app)
        await press(pilot, "backspace", "c")
        await until(pilot, lambda: "churn.csv" in screen_text(app))
        assert text not in screen_text(app)
        await press(pilot, "enter")
        assert answers == [f"{tmp_path}/churn.csv"]

    shell.run(use, "sample:stroke")


def test_an_open_folder_of_parquet_files_or_a_pattern_is_taken_as_one_table(
    shell, tmp_path
):
    for folder, name in (("rows", "a.parquet"), ("texts", "a.csv")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()

    async def use(app, pilot):
        for typed, entered, taken in (
            ("rows", "rows/", True),
            ("rows/*.parquet", "rows/*.parquet", True),
            ("texts", "texts/", False),
        ):
            answers = []
            screen = OpenDataset()
            app.push_screen(screen, answers.append)
            await press(pilot)
            line = screen.query_one(Input)
            await at_once(pilot, *f"{tmp_path}/{typed}")
            await until(pilot, lambda line=line: line.value.startswith(str(tmp_path)))
            await press(pilot, "enter")
            if typed != entered:
                assert (line.value, answers) == (f"{tmp_path}/{entered}", [])
                await press(pilot, "enter")
            assert answers == [f"{tmp_path}/{entered}"] * taken, typed
            if not taken:
                assert line.value == f"{tmp_path}/{entered}"
                await press(pilot, "escape")

    shell.run(use, "sample:stroke")


@pytest.mark.parametrize("source", [None, "sample:stroke"])
def test_keys_that_come_at_once_reach_what_the_first_of_them_opens(
    shell, tmp_path, source
):
    """As tmux sends them, or a user who knows the way over a slow connection."""
    path = f"{tmp_path}/t.csv"
    (tmp_path / "t.csv").write_text("a,b\n")

    async def use(app, pilot):
        await at_once(pilot, "o", *path)
        assert app.screen.query_one(Input).value == path
        await at_once(pilot, "escape", "o", *path, "enter")
        assert app.session.load.request.source == path
        await at_once(pilot, "4", "2", "v", "p", "1", "j", "enter")
        assert app.session.view.pane == "dataset"
        assert app.session.view.shown["arms"] != "method"

    shell.run(use, source, anew=True)


def test_home_begins_anew_and_a_tilde_in_a_name_does_not(shell):
    async def use(app, pilot):
        app.push_screen(OpenTestRows("/usr/a.csv"))
        await press(pilot)
        line = app.screen.query_one(Input)
        assert line.value == "/usr/"
        await press(pilot, *"a~")
        assert line.value == "/usr/a~"
        await press(pilot, "backspace", "backspace", "~")
        assert line.value == "~"

    shell.run(use, "sample:stroke")


def test_every_file_that_is_read_is_listed():
    assert {*magic._SUFFIXES, *magic._PACKED} <= set(SUFFIXES)


# Failures


def refused(failure: Failure) -> FakeService:
    service = FakeService()
    service.answers[Load] = failure
    return service


def test_of_an_archive_of_several_files_the_part_is_asked(shell, tmp_path):
    path = tmp_path / "two.zip"
    path.write_bytes(b"PK")

    async def use(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await press(pilot)
        text = screen_text(app)
        assert "--" not in text.replace("─", "")
        assert "such as 'a.csv'" in text
        assert "Choose the part" in text
        assert "Reading …" not in text
        await press(pilot, "i")
        await until(pilot, lambda: isinstance(app.screen, ReadOptions))
        await press(pilot, *"b.csv")
        await press(pilot, "enter")
        assert app.session.load.request.read.member == "b.csv"

    shell.run(use, str(path), refused(PARTS), size=(140, 40))


@sizes((80, 24), (140, 40))
def test_without_a_table_the_footer_says_how_to_get_one(shell, size):
    async def use(app, pilot):
        await press(pilot, "escape")
        line = keys(app)
        assert "i how it is read" in line
        assert "o open" in line
        assert "r run" not in line

    shell.run(use, "/nowhere/t.csv", refused(PARTS), size=size)


def test_with_a_table_the_footer_offers_the_run(shell):
    async def use(app, pilot):
        assert "r run" in keys(app)
        assert "o open" not in keys(app)

    shell.run(use, "sample:stroke")


# Words


def test_the_app_names_the_label_of_a_field_that_the_text_does_not():
    error = DataError("odd", "choose one", field="data.read.member data.target")
    assert Problem.of(error).fix == "choose one (member)"
    said = DataError("odd", "name its encoding", field="data.read.encoding")
    assert Problem.of(said).fix == said.fix
    assert Problem.of(said).field == "encoding"
    assert not Problem.of(DataError("odd", "name another", field="data.target")).field


def test_equal_rows_are_told_from_rows_of_equal_features():
    for count, words in ((1, "1 row equal to"), (12, "12 rows equal to")):
        table = msgspec.structs.replace(TABLE, duplicate_rows=count)
        said = [cell.text for cell in profile.about_rows(table)]
        assert f"{words} an earlier one" in said[0]


# The column table


def test_a_column_shows_every_code_and_no_cut_sentence(shell):
    more = [
        Advice(code=code, column="age", message="'age' is odd", fix="fix it")
        for code in ("IMB019", "IMB012", "IMB019")
    ]
    table = msgspec.structs.replace(TABLE, advice=(*TABLE.advice, *more))

    async def use(app, pilot):
        assert "IMB019 IMB012" in screen_text(app)
        assert "'age' is odd" not in screen_text(app)

    for size in ((80, 24), (140, 40)):
        shell.run(use, "sample:stroke", FakeService(table), size=size)


def test_long_names_are_distinct_by_their_ends():
    names = [f"a_very_long_name_of_a_column_{i}" for i in (17, 18)]
    for name in names:
        row = Row(name, (Cell(name), *[Cell("")] * (len(profile.COLUMNS) - 1)))
        columns = measured(ViewTable(profile.COLUMNS, (row,)))
        line = join(columns, fit(columns, 60), row.cells).plain
        assert line.split()[0].endswith(name[-3:])

    async def use(app, pilot):
        app.chooser.offer([(name, name) for name in names], names[0])
        await press(pilot)
        assert "a_very" in screen_text(app)
        assert "_17" in screen_text(app)
        app.chooser.value = names[1]
        await press(pilot)
        assert "_18" in screen_text(app)
        await pilot.resize_terminal(50, 12)
        await press(pilot)
        assert names[1] in screen_text(app)

    run(Alone(Chooser()), use, size=(20, 12))


@pytest.mark.parametrize("text", ["x" * 300, "漢字" * 40, "e\u0301" * 50, "ab\x1b" * 9])
def test_what_is_cut_in_its_middle_fits(text):
    for width in range(30):
        assert cells(clip_middle(text, width)) <= width
    assert clip_middle(text, 10_000) == clip_middle(text, 9_999)


def test_the_scale_of_the_bars_is_that_of_one_file(shell):
    async def use(app, pilot):
        view = app.screen.query_one(OverviewView)
        view.action_log()
        await press(pilot)
        assert view._log
        app.handlers.change(reducers.choose(app.session, "target", "gender"))
        await press(pilot)
        assert view._log
        app.handlers.change(reducers.open_source(app.session, "other.csv"))
        await press(pilot)
        assert not view._log

    shell.run(use, "sample:stroke")


def test_a_chooser_posts_only_what_was_chosen_after_a_resize():
    kept = []

    class Kept(Alone):
        def on_chooser_picked(self, event: Chooser.Picked) -> None:
            kept.append(event.value)

    async def use(app, pilot):
        app.chooser.offer([("one" * 20, "1"), ("two", "2")], "1")
        await pilot.resize_terminal(24, 12)
        await press(pilot)
        assert kept == []

    run(Kept(Chooser()), use, size=(60, 12))


def test_a_choice_without_options_shows_the_value_that_was_given():
    """A stored positive class, of a table of which the target could not be guessed."""

    async def use(app, pilot):
        chooser = app.query_one(Chooser)
        chooser.offer([], "yes")
        await pilot.pause()
        assert chooser.value == "yes"
        chooser.offer([], None)
        await pilot.pause()
        assert chooser.value == ""

    run(Alone(Chooser()), use, size=(20, 12))


def test_a_field_takes_a_value_while_it_is_laid_out():
    """Its row is there before what stands in it: a session may come in between."""
    field = TextField("a", "a")

    async def use(app, pilot):
        mounted = app.mount(field)
        turns = 0
        while not field.query(Input):
            field.advise("more")
            field.put(str(turns))
            turns += 1
            await asyncio.sleep(0)
        await mounted
        await press(pilot)
        assert turns > 1
        assert field.text == str(turns - 1)
        assert "more" in screen_text(app)

    run(Alone(Chooser()), use, size=(60, 12))
