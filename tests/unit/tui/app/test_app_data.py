"""Opening a table in the app: first rows, other readings, what does not fit, splits."""

from __future__ import annotations

import threading

import msgspec
import pytest

from engine.core.events import Reader, Sampled
from engine.core.experiment import ReadSpec
from engine.core.messages import Failure, Load, Look
from tests.support import fakes
from tests.support.console_samples import harmful
from tests.support.fakes import TABLE, FakeService, press, preview, screen_text
from tests.support.journey import sizes
from tests.support.patience import until
from tui.features import (
    ChoiceDialog,
    ChooseColumns,
    ColumnRole,
    OpenDataset,
    OverviewView,
    PickColumn,
    ReadOptions,
    RowsView,
    reducers,
)
from tui.features import set_option as given
from tui.features.dataset import state as data
from tui.widgets import Chooser, Sheet

SMALL, LARGE = (80, 24), (140, 40)
TOO_BIG = Failure(
    code="too-big",
    message="patients.csv would take 23.4 GB, and 6.1 GB are free",
    fix="read a sample of 100000 of its rows, or some columns",
    sample_rows=100_000,
)
RAGGED = Failure(
    code="data",
    message="patients.csv, line 152: 5 fields where 3 are expected",
    fix="correct that line, or have such lines left out",
    field="data.read.ragged",
)


@pytest.fixture
def patients(tmp_path):
    """A file that is there; the scripted service says what is in it."""
    path = tmp_path / "patients.csv"
    path.write_text("a,b\n1,2\n")
    return str(path)


def holding() -> tuple[FakeService, threading.Event]:
    """A service that looks at once and loads when it is let."""
    service, let = FakeService(), threading.Event()
    service.answers[Load] = lambda request: let.wait(60) and None
    return service, let


def refusing(failure: Failure) -> FakeService:
    """A service that loads only what is read in another way than at first."""
    service = FakeService()

    def load(request):
        if request.read == ReadSpec():
            return failure
        rows = request.read.rows
        sample = Sampled(rows=rows, of=12_000_000) if rows else None
        return msgspec.structs.replace(TABLE, source=request.source, sampled=sample)

    service.answers[Load] = load
    return service


def loads(app) -> list[Load]:
    return [r for r in app.fake_service.requests if isinstance(r, Load)]


def looks(app) -> list[Look]:
    return [r for r in app.fake_service.requests if isinstance(r, Look)]


async def opened(app, pilot, kind):
    """Wait for a screen of that kind, laid out."""
    await until(pilot, lambda: isinstance(app.screen, kind))
    await press(pilot)
    assert isinstance(app.screen, kind)


# The first rows


@sizes(SMALL, LARGE)
def test_the_first_rows_are_there_before_the_rest_is(shell, size):
    service, let = holding()

    async def use(app, pilot):
        await until(pilot, lambda: app.session.load.preview.answer is not None)
        await press(pilot)
        assert app.session.load.busy
        text = screen_text(app)
        for part in (
            "First 100 rows",
            "text · comma · utf-8 · 1 header line",
            "6 columns · about 43,000 rows · 2.6 MB",
            "takes 35.0 MB of 4.1 GB free",
            "smoking_status",
            "0.4",
        ):
            assert part in text, part
        let.set()
        await until(pilot, lambda: not app.session.load.busy)
        await press(pilot)
        shown = [v for v in app.screen.picture.views if v.display]
        assert isinstance(shown[0], OverviewView)

    shell.run(use, "patients.csv", service, size=size)


def test_who_looks_around_in_the_first_rows_stays_there(shell):
    service, let = holding()

    async def use(app, pilot):
        await until(pilot, lambda: app.session.load.preview.answer is not None)
        await press(pilot, "p")
        await until(pilot, lambda: isinstance(app.screen.focused, Sheet))
        await press(pilot, "down", "right")
        assert "row 2  gender  1.1" in screen_text(app)
        await press(pilot, "s")
        (told,) = app._notifications
        assert "Only the first rows are here" in told.message
        let.set()
        await until(pilot, lambda: not app.session.load.busy)
        await press(pilot)
        assert app.session.view.shown["dataset"] == RowsView.NAME
        assert "row 2  gender  1.1" in screen_text(app)

    shell.run(use, "patients.csv", service, size=SMALL)


# What does not fit


def test_a_sample_of_what_does_not_fit_is_one_key_away(shell):
    async def use(app, pilot):
        await opened(app, pilot, ChoiceDialog)
        text = screen_text(app)
        assert "23.4 GB" in text
        assert "--sample" not in text
        await press(pilot, "s")
        assert app.session.load.request.read.rows == 100_000
        assert "sample 100,000 of 12,000,000 rows" in screen_text(app).split("\n")[0]

    shell.run(use, "patients.csv", refusing(TOO_BIG), size=SMALL)


def test_some_columns_of_what_does_not_fit_are_chosen(shell):
    async def use(app, pilot):
        await opened(app, pilot, ChoiceDialog)
        await press(pilot, "c")
        await opened(app, pilot, ChooseColumns)
        assert "6 of 6 columns, some 35.0 MB of 4.1 GB" in screen_text(app)
        await press(pilot, "a", "enter")
        # None at all is no table.
        assert isinstance(app.screen, ChooseColumns)
        await press(pilot, "space", "down", "space", "enter")
        assert app.session.load.request.read.columns == ("id", "gender")
        assert app.session.load.table is not None

    shell.run(use, "patients.csv", refusing(TOO_BIG), size=SMALL)


def test_the_choice_can_be_put_off_and_taken_later(shell):
    async def use(app, pilot):
        await opened(app, pilot, ChoiceDialog)
        await press(pilot, "escape")
        text = screen_text(app)
        assert "s loads a sample or some columns" in text
        assert "First 100 rows" in text
        await press(pilot, "1", "s")
        await opened(app, pilot, ChoiceDialog)

    shell.run(use, "patients.csv", refusing(TOO_BIG), size=SMALL)


# How it is read


def test_a_file_that_cannot_be_read_is_read_otherwise(shell, patients):
    async def use(app, pilot):
        await opened(app, pilot, ChoiceDialog)
        text = screen_text(app)
        assert "line 152" in text
        assert "--ragged" not in text
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        assert "✗ patients.csv, line 152" in screen_text(app)
        field = app.screen.query("ChoiceField Chooser").last(Chooser)
        field.value = "drop"
        await until(pilot, lambda: len(looks(app)) == 2)
        await press(pilot)
        assert looks(app)[-1].read == ReadSpec(ragged="drop")
        assert "line 152" not in screen_text(app)
        await press(pilot, "enter")
        assert app.session.load.request.read == ReadSpec(ragged="drop")
        assert app.session.load.table is not None

    shell.run(use, patients, refusing(RAGGED), size=LARGE)


def test_a_file_that_is_not_there_is_no_matter_of_reading(shell):
    async def use(app, pilot):
        await opened(app, pilot, ChoiceDialog)
        assert "Change how it is read" not in screen_text(app)
        await press(pilot, "o")
        await opened(app, pilot, OpenDataset)

    shell.run(use, "/nowhere/patients.csv", refusing(RAGGED))


@sizes(SMALL, LARGE)
def test_it_shows_what_was_found_out(shell, size):
    service = FakeService()
    reader = Reader(
        format="text",
        delimiter=";",
        encoding="cp1252",
        header=2,
        quoting='"',
        decimal=",",
        skipped=3,
        notes=("it is not UTF-8: read as cp1252",),
    )
    service.answers[Look] = lambda request: preview(reader=reader)

    async def use(app, pilot):
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        text = screen_text(app)
        for part in (
            "semicolon (detected)",
            "cp1252 (detected)",
            'double " (detected)',
            "2 lines (detected)",
            "comma (detected)",
            "about 43,000 rows",
            "read as cp1252",
            "smoking_status",
        ):
            assert part in text, part
        assert "--encoding" not in text

    shell.run(use, "patients.csv", service, size=size)


def test_what_is_only_of_text_is_not_asked_of_a_parquet_file(shell):
    service = FakeService()
    found = preview(reader=Reader(format="parquet"))
    service.answers[Look] = lambda request: found

    async def use(app, pilot):
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        text = screen_text(app)
        assert "parquet (detected)" in text
        assert "delimiter" not in text
        assert "missing" in text

    shell.run(use, "patients.parquet", service, size=SMALL)


def test_what_is_typed_is_tried_and_what_cannot_be_is_refused(shell):
    async def use(app, pilot):
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        await press(pilot, *["down"] * 7, "x")
        assert "✗ give a whole number of 0 or more" in screen_text(app)
        await press(pilot, "enter")
        assert isinstance(app.screen, ReadOptions)
        await press(pilot, "backspace", "2")
        await until(pilot, lambda: looks(app)[-1].read.skip == 2)
        await press(pilot, "enter")
        assert app.session.load.request.read == ReadSpec(skip=2)

    shell.run(use, "patients.csv", size=SMALL)


def test_enter_chooses_in_an_open_list_and_loads_outside_of_it(shell):
    async def use(app, pilot):
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        await press(pilot, "down", "space", "down", "down", "enter")
        assert isinstance(app.screen, ReadOptions)
        await until(pilot, lambda: looks(app)[-1].read.delimiter == ";")
        await press(pilot, "enter")
        assert app.session.load.request.read == ReadSpec(delimiter=";")
        assert not isinstance(app.screen, ReadOptions)

    shell.run(use, "patients.csv", size=SMALL)


def test_esc_leaves_everything_as_it_was(shell):
    async def use(app, pilot):
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        await press(pilot, "escape")
        assert not isinstance(app.screen, ReadOptions)
        assert len(loads(app)) == 1

    shell.run(use, "patients.csv", size=SMALL)


def test_a_reading_that_gives_no_table_says_why(shell):
    service = FakeService()
    service.answers[Look] = lambda r: RAGGED if r.read.delimiter else preview()

    async def use(app, pilot):
        await press(pilot, "i")
        await opened(app, pilot, ReadOptions)
        await press(pilot, "down", "space", "down", "enter")
        await until(pilot, lambda: app.session.load.preview.problem is not None)
        await press(pilot)
        assert "✗ patients.csv, line 152" in screen_text(app)
        assert app.session.load.problem is None

    shell.run(use, "patients.csv", service, size=SMALL)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("skip", "3", 3),
        ("skip", "", None),
        ("header", "0", 0),
        ("rows", "100,000", 100_000),
        ("missing", "?, , n/a", ("?", "n/a")),
        ("encoding", "auto", None),
        ("member", "data.csv", "data.csv"),
    ],
)
def test_a_field_becomes_a_part_of_the_reading(key, text, value):
    assert getattr(given(ReadSpec(), key, text), key) == value


@pytest.mark.parametrize(
    ("key", "text"), [("rows", "0"), ("skip", "-1"), ("skip", "²")]
)
def test_a_number_that_cannot_be_is_refused(key, text):
    with pytest.raises(ValueError, match="whole number"):
        given(ReadSpec(), key, text)


# Columns and splits


def test_two_keys_change_what_a_column_is(shell):
    cases = (
        ("i", "drop", ("age",)),
        ("g", "group", "age"),
        ("m", "time", "age"),
        ("s", "by", "age"),
        ("t", "target", "age"),
        ("c", "kinds", {"age": "category"}),
        ("x", "kinds", {"age": "text"}),
        ("b", "subgroups", ("age",)),
    )

    async def use(app, pilot):
        begun, failures = app.session, []
        await press(pilot, "p", "down", "c")
        await opened(app, pilot, ColumnRole)
        assert "age: number, 104 levels" in screen_text(app)
        for key, field, value in cases:
            await opened(app, pilot, ColumnRole)
            await press(pilot, key)
            found = getattr(app.session.load.request, field)
            if found != value or isinstance(app.screen, ColumnRole):
                failures.append((key, field, found))
            app.handlers.change(begun)
            app.post_message(data.ColumnDialogRequested(("age",)))
        assert not failures

    shell.run(use, "sample:stroke", size=SMALL)


def test_a_changed_kind_can_be_its_own_again(shell):
    async def use(app, pilot):
        await press(pilot, "p", "down", "c", "o")
        assert isinstance(app.screen, ColumnRole)
        await press(pilot, "d")
        assert app.session.load.request.kinds == {"age": "date"}
        await press(pilot, "c", "o")
        assert app.session.load.request.kinds == {}

    shell.run(use, "sample:stroke", size=SMALL)


def test_the_column_dialog_answers_to_arrows_space_and_enter(shell):
    async def use(app, pilot):
        for key in ("space", "enter"):
            begun = app.session
            await press(pilot, *("p" if key == "space" else ""), "home", "down", "down")
            await press(pilot, "c")
            await opened(app, pilot, ColumnRole)
            await press(pilot, "down", key)
            assert app.session.load.request.drop == ("age",), key
            app.handlers.change(begun)

    shell.run(use, "sample:stroke", size=SMALL)


def test_marked_columns_are_changed_together(shell):
    async def use(app, pilot):
        await press(pilot, "p", "space", "space", "down", "space")
        assert "● 3 columns marked: c changes role or kind" in screen_text(app)
        assert "● age" in screen_text(app)
        assert "● bmi" not in screen_text(app)
        await press(pilot, "up", "up", "up", "space")
        assert "2 columns marked" in screen_text(app)
        await press(pilot, "c")
        await opened(app, pilot, ColumnRole)
        text = screen_text(app)
        assert "2 columns" in text
        assert "gender, smoking_status" in text
        assert "what is to be predicted" not in text, "that is one column"
        await press(pilot, "i")
        request = app.session.load.request
        assert set(request.drop) == {"gender", "smoking_status"}
        assert len(app.session.load.history) == 1, "one choice, taken back at once"

    shell.run(use, "sample:stroke", size=SMALL)


def test_a_kind_of_several_columns_can_be_their_own_again():
    session = reducers.change_columns(fakes.loaded(), ("age", "bmi"), "kind-category")
    assert session.load.request.kinds == {"age": "category", "bmi": "category"}
    session = reducers.change_columns(session, ("age", "bmi"), "kind-")
    assert session.load.request.kinds == {}


def test_the_column_of_a_split_is_found_by_typing(shell):
    async def use(app, pilot):
        for way in ("group", "time", "by"):
            app.post_message(data.SplitRequested(way))
            await opened(app, pilot, PickColumn)
            text = screen_text(app)
            assert "stroke  " not in text.split("stay")[-1].split("enter")[0], way
            await press(pilot, *"smok", "enter")
            assert getattr(app.session.load.request, way) == "smoking_status"
            app.post_message(data.SplitRequested("random"))
            await press(pilot)
            assert getattr(app.session.load.request, way) is None

    shell.run(use, "sample:stroke", size=SMALL)


def test_the_test_rows_may_come_from_a_second_file(shell, patients):
    async def use(app, pilot):
        app.post_message(data.SplitRequested("file"))
        await press(pilot)
        assert "Which file has the test rows?" in screen_text(app)
        for key in patients.rpartition("/")[2]:
            await pilot.press(key if key != "." else "full_stop")
        await press(pilot, "enter")
        assert app.session.load.request.test_source == patients

    shell.run(use, patients, size=SMALL)


# Text that wants to do something


def test_every_dialog_only_shows_hostile_text(shell):
    table = fakes.hostile_table()
    service = FakeService(table)
    seen = preview(
        table, Reader(format="text", delimiter=fakes.EVIL, notes=(fakes.EVIL,))
    )
    service.answers[Look] = lambda request: seen

    async def use(app, pilot):
        name = table.columns[0].name
        for message in (
            data.ReadDialogRequested(),
            data.ColumnsDialogRequested(),
            data.ColumnDialogRequested((name,)),
            data.SplitRequested("group"),
        ):
            app.post_message(message)
            await press(pilot)
            assert len(app.screen_stack) == 3, message
            assert set(harmful(screen_text(app))) <= {"\n"}
            await press(pilot, "escape")

    shell.run(use, f"/tmp/{fakes.EVIL}".replace("\0", ""), service, size=SMALL)
