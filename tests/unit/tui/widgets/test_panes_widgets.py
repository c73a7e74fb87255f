"""The reusable widgets: lists, sheets, fields, choosers, text to read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tests.support.console_samples import HOSTILE
from tests.support.fakes import press, screen_text
from tests.support.stage import Bare, Widgets
from tui.terminal.safe_text import cells
from tui.widgets.field import ChoiceField, Chooser, Form, FormField, TextField
from tui.widgets.prose import Paragraph, Prose
from tui.widgets.rows import Item, ListColumn, Rows, fit_columns, join_columns, titles
from tui.widgets.sheet import PAGE, Sheet

COLUMNS = (
    ListColumn("name", 6, grow=12),
    ListColumn("count", 5, "right"),
    ListColumn("more", 8, drop=1, grow=10, long="more of it"),
)


class Host(Bare):
    """Keeps what widgets post."""

    CSS = "Rows, Sheet, Prose { height: 8; }"

    @on(Rows.Highlighted)
    @on(Rows.Chosen)
    @on(Sheet.Wanted)
    @on(Sheet.Moved)
    @on(FormField.Given)
    @on(Chooser.Picked)
    @on(Form.Left)
    def keep(self, message: Message) -> None:
        self.kept.append(message)

    def of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.kept if isinstance(message, kind)]


@pytest.fixture(scope="module")
def host() -> Iterator[Widgets]:
    made = Widgets(Host)
    yield made
    made.close()


def lines(count: int) -> list[Item]:
    return [Item(f"k{i}", (f"row {i}", str(i), "x")) for i in range(count)]


def test_columns_give_way_in_their_order_and_grow_into_the_room():
    assert fit_columns(COLUMNS, 23) == ((0, 6), (1, 5), (2, 8))
    assert fit_columns(COLUMNS, 22) == ((0, 12), (1, 5))
    assert fit_columns(COLUMNS, 40) == ((0, 12), (1, 5), (2, 10))
    assert fit_columns(COLUMNS, 8) == ((0, 1), (1, 5))
    assert titles(COLUMNS, fit_columns(COLUMNS, 40)) == ["name", "count", "more of it"]
    assert titles(COLUMNS, fit_columns(COLUMNS, 23)) == ["name", "count", "more"]


def test_a_line_of_cells_is_as_wide_as_was_asked():
    fitted = fit_columns(COLUMNS, 40)
    for name, text in HOSTILE.items():
        line = join_columns(COLUMNS, fitted, (text, (text, "bold $error"), text))
        assert line.cell_length == cells(line.plain) == 12 + 5 + 10 + 4, name
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in line.plain), name


def test_moving_passes_headings_and_says_where_it_is(host):
    items = [
        Item("\0a", ("group a",), heading=True),
        *lines(2),
        Item("\0b", ("group b",), heading=True),
        Item("last", ("last", "", "")),
    ]

    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(items)
        assert rows.highlighted == "k0"
        await press(pilot, "down", "down")
        assert rows.highlighted == "last"
        await press(pilot, "up", "home", "up")
        assert rows.highlighted == "k0"
        await press(pilot, "end", "space", "enter")
        assert [m.key for m in app.of(Rows.Highlighted)][:2] == ["k1", "last"]
        assert [(m.key, m.how) for m in app.of(Rows.Chosen)] == [
            ("last", "space"),
            ("last", "enter"),
        ]
        assert "group b" not in rows.as_text()

    host.run(use, Rows(COLUMNS), size=(40, 12))


def test_a_click_highlights_and_a_second_one_chooses(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(lines(5))
        await pilot.click(Rows, offset=(10, 3))
        assert rows.highlighted == "k2"
        assert app.of(Rows.Chosen) == []
        await pilot.click(Rows, offset=(10, 3))
        assert app.of(Rows.Chosen)[0].key == "k2"
        # On the tick box once is enough; on the header nothing happens.
        await pilot.click(Rows, offset=(3, 1))
        await pilot.click(Rows, offset=(3, 0))
        assert [m.key for m in app.of(Rows.Chosen)] == ["k2", "k0"]

    host.run(use, Rows(COLUMNS, hot=3), size=(40, 12))


def test_a_long_list_scrolls_with_its_cursor_and_keeps_it_over_an_update(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(lines(100_000))
        await press(pilot, "end")
        assert rows.highlighted == "k99999"
        assert "row 99999" in screen_text(app)
        await press(pilot, "pageup")
        rows.update_items([Item("new", ("new", "", "")), *lines(100_000)])
        await press(pilot)
        assert rows.highlighted == "k99993"
        assert "▸ row 99993" in screen_text(app)
        rows.update_items(lines(3))
        await press(pilot)
        assert rows.highlighted == "k2"
        rows.update_items([])
        await press(pilot)
        assert rows.highlighted is None
        assert "Nothing here." in screen_text(app)

    host.run(use, Rows(COLUMNS, empty="Nothing here."), size=(40, 12))


def test_only_lines_that_differ_are_drawn_again(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(lines(6))
        await press(pilot)
        drawn = []
        rows.refresh_line = drawn.append  # type: ignore[method-assign]
        changed = lines(6)
        changed[3] = Item("k3", ("other", "3", ""))
        rows.update_items(changed)
        assert drawn == [4]

    host.run(use, Rows(COLUMNS), size=(40, 12))


def numbers(start: int, count: int) -> list[tuple[str | None, ...]]:
    return [
        (str(i), f"{i}.5", None if i % 2 else "text", "x" * 60)
        for i in range(start, start + count)
    ]


def test_a_sheet_moves_by_cells_and_asks_for_rows_it_has_not(host):
    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        names = ("id", "half", "odd", "long")
        sheet.put(names, 0, 5_000, numbers(0, PAGE))
        await press(pilot, "down", "right", "right")
        assert sheet.cursor == (1, 2)
        assert sheet.column == "odd"
        assert sheet.cell is None
        assert sheet.is_held
        await press(pilot, "end")
        assert sheet.cursor == (4_999, 2)
        assert not sheet.is_held
        wanted = app.of(Sheet.Wanted)
        assert [(w.start, w.count) for w in wanted] == [(5_000 - PAGE, PAGE)]
        sheet.put(names, 4_800, 5_000, numbers(4_800, 200))
        await press(pilot, "right")
        assert sheet.cell == "x" * 60
        assert "5,000" in screen_text(app)
        await press(pilot, "home")
        assert app.of(Sheet.Wanted)[-1].start == 0

    host.run(use, Sheet(), size=(40, 12))


def test_a_sheet_of_very_many_columns_draws_those_that_are_seen(host):
    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        names = [f"column {i}" for i in range(100_000)]
        sheet.put(names, 0, 2, [["1"] * 100_000] * 2)
        await press(pilot, *["right"] * 9)
        assert sheet.column == "column 9"
        assert "column 9" in screen_text(app)

    host.run(use, Sheet(), size=(40, 12))


def test_a_sheet_that_its_scroll_bar_leaves_no_cell_is_drawn_all_the_same(host):
    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        sheet.put(["id"], 0, 5_000, numbers(0, PAGE))
        sheet.styles.width = 1
        await press(pilot)
        assert sheet.scrollable_content_region.width == 0
        assert not sheet.render_line(0).text

    host.run(use, Sheet(), size=(40, 12))


def test_a_chooser_offers_without_saying_so_and_says_what_was_chosen(host):
    async def use(app, pilot):
        chooser = app.query_one(Chooser)
        chooser.offer([("first", "1"), ("second", "2")], "2")
        await press(pilot)
        assert app.of(Chooser.Picked) == []
        assert "second" in screen_text(app)
        await press(pilot, "down", "up")
        assert not chooser.expanded
        await press(pilot, "enter", "up", "enter")
        assert [m.value for m in app.of(Chooser.Picked)] == ["1"]
        chooser.offer([("first", "1")], "missing from the list")
        await press(pilot)
        assert "missing from the list" in screen_text(app)
        chooser.offer([], None)
        await press(pilot)
        assert "—" in screen_text(app)
        assert len(app.of(Chooser.Picked)) == 1

    host.run(use, Chooser(), size=(40, 20))


def test_a_chooser_that_comes_or_goes_takes_an_offer(host):
    """A busy app mounts and removes it in parts, with an offer in between."""

    async def use(app, pilot):
        options = [("first", "1"), ("second", "2")]
        coming = Chooser(id="coming")
        mounting = app.mount(coming)
        for turn in range(20):
            coming.offer(options, "12"[turn % 2])
            await asyncio.sleep(0)
        await mounting
        await press(pilot)
        assert coming.value == "2"
        assert "second" in screen_text(app)
        coming.remove()
        coming.offer(options, "2")
        await press(pilot)

    host.run(use, size=(40, 20))


def test_a_chooser_of_very_many_options_lists_some_and_the_chosen_one(host):
    async def use(app, pilot):
        chooser = app.query_one(Chooser)
        options = [(f"column {i}", str(i)) for i in range(100_000)]
        chooser.offer(options, "99999")
        await press(pilot)
        assert "column 99999" in screen_text(app)
        assert len(chooser.offered) < 400

    host.run(use, Chooser(), size=(40, 20))


def form() -> Form:
    class Made(Form):
        def compose(self) -> ComposeResult:
            yield self.heading("Some")
            yield TextField("a", "first", hint="1 or more", note="what it does")
            yield ChoiceField("b", "second")
            yield TextField("c", "third")

    return Made()


def test_fields_are_walked_with_the_arrows_and_left_with_escape(host):
    async def use(app, pilot):
        fields = list(app.query(FormField))
        await press(pilot, "down")
        assert fields[1].has_focus_within
        await press(pilot, "down", "down", "down")
        assert fields[2].has_focus_within
        await press(pilot, "up", "up", "up", "up")
        assert fields[0].has_focus_within
        await press(pilot, "escape")
        assert len(app.of(Form.Left)) == 1

    host.run(use, form(), size=(80, 20))


def test_a_text_field_shows_its_value_although_the_focus_came_first(host):
    async def use(app, pilot):
        field = app.query(TextField).first()
        assert field.has_focus_within
        field.put("5")
        assert (field.text, field.began) == ("5", "5")

    host.run(use, form(), size=(80, 20))


def test_a_text_field_tells_what_is_typed_and_when_it_is_final(host):
    async def use(app, pilot):
        field = app.query(TextField).first()
        field.put("")
        field.put("5")
        assert field.text == ""  # it has the focus: nobody's typing is overwritten
        await press(pilot, "7")
        assert [(m.text, m.final) for m in app.of(FormField.Given)] == [("7", False)]
        await press(pilot, "tab")
        assert [(m.text, m.final) for m in app.of(FormField.Given)][-1] == ("7", True)
        field.put("7")
        field.complain("not seven")
        assert field.below == "✗ not seven"
        assert "✗ not seven" in screen_text(app)
        field.complain(None)
        assert field.below == "what it does"
        field.refuse("it was eight")
        field.complain(None)
        assert field.below == "✗ it was eight"

    host.run(use, form(), size=(80, 20))


def test_prose_hangs_its_lines_behind_the_lead(host):
    async def use(app, pilot):
        prose = app.query_one(Prose)
        text = Content("word " * 30)
        prose.update([Paragraph(text, " · "), Content("after")])
        await press(pilot)
        shown = [line for line in screen_text(app).split("\n") if "word" in line]
        assert shown[0].startswith(" · word")
        assert all(line.startswith("   word") for line in shown[1:])
        assert prose.plain.split("\n")[1] == "after"

    for width in (30, 60):
        host.run(use, Prose(), size=(width, 20))


def test_hostile_text_in_every_widget_only_shows(host):
    async def use(app, pilot):
        for text in HOSTILE.values():
            app.query_one(Rows).update_items([Item(text, (text, text, (text, "bold")))])
            app.query_one(Sheet).put((text,), 0, 1, [(text,)])
            app.query_one(Chooser).offer([(text, "x")], "x")
            app.query_one(TextField).complain(text)
            await press(pilot)
            shown = screen_text(app)
            assert not any(ord(c) < 32 for c in shown.replace("\n", ""))
            assert not any(0x7F <= ord(c) < 0xA0 or ord(c) == 0x202E for c in shown)
        assert app.query_one(Static)
        assert app.query_one(Input)

    field = TextField("a", HOSTILE["markup"], hint=HOSTILE["c1"], note=HOSTILE["bidi"])
    host.run(use, Rows(COLUMNS), Sheet(), Chooser(), field, size=(80, 40))
