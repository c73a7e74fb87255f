"""Looking for something in lists and sheets, and sorting lists by a column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import on
from textual.message import Message

from tests.support.fakes import press, screen_text, settle
from tests.support.stage import Bare, Widgets
from tui.widgets.order import figure, order
from tui.widgets.rows import Item, ListColumn, Rows
from tui.widgets.sheet import ONLY_FIRST, SEEK_PAGE, Sheet

COLUMNS = (
    ListColumn("name", 6, grow=12),
    ListColumn("count", 6, "right"),
    ListColumn("time", 6, "right"),
)
LINES = [
    Item("\0a", ("vegetables",), heading=True),
    Item("beet", ("beet", "1,000", "01:05"), more="red root"),
    Item("leek", ("Leek", "9", "00:59")),
    Item("\0b", ("fruit",), heading=True),
    Item("plum", ("plum", "10", "—"), more="red stone"),
]


class Host(Bare):
    """Keeps what lists and sheets post."""

    CSS = "Rows { height: 9; } Sheet { height: 9; }"

    @on(Rows.Highlighted)
    @on(Rows.Sorted)
    @on(Sheet.Wanted)
    def keep(self, message: Message) -> None:
        self.kept.append(message)

    def of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.kept if isinstance(message, kind)]


@pytest.fixture(scope="module")
def host() -> Iterator[Widgets]:
    made = Widgets(Host)
    yield made
    made.close()


def keys_of(rows: Rows) -> list[str]:
    return [item.key for item in rows.shown]


def test_find_keeps_the_matching_lines_below_their_headings(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(LINES, "leek")
        rows.find()
        await press(pilot, "r", "e", "d")
        assert keys_of(rows) == ["\0a", "beet", "\0b", "plum"]
        assert rows.items is LINES
        assert "/red   2 of 3" in screen_text(app)
        assert app.of(Rows.Highlighted)[-1].key == rows.highlighted
        await press(pilot, "down", "space", "s", "t")
        assert keys_of(rows) == ["\0b", "plum"]
        await press(pilot, "backspace", "backspace", "backspace", "enter")
        assert keys_of(rows) == ["\0a", "beet", "\0b", "plum"]
        rows.update_items([*LINES, Item("beech", ("reddish beech", "2", ""))])
        assert keys_of(rows)[-1] == "beech"
        await press(pilot, "escape")
        assert len(keys_of(rows)) == 6
        assert rows.highlighted == "leek"
        assert app.of(Rows.Highlighted)[-1].key == "leek"
        assert "/" not in screen_text(app)

    host.run(use, Rows(COLUMNS), size=(40, 12))


def test_what_does_not_match_says_so_and_an_empty_search_ends_itself(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(LINES)
        rows.find()
        await press(pilot, *"xyz")
        assert "Nothing matches; esc shows all." in screen_text(app)
        assert rows.highlighted is None
        await press(pilot, "ctrl+u", "enter")
        assert rows.sought is None
        assert keys_of(rows) == [item.key for item in LINES]

    host.run(use, Rows(COLUMNS), size=(40, 12))


def test_sorting_goes_through_the_columns_and_back_to_the_given_order(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(LINES, "leek")
        seen = []
        for _ in range(4):
            rows.sort_next()
            seen.append([key for key in keys_of(rows) if "\0" not in key])
            assert rows.highlighted == "leek"
        assert seen == [
            ["beet", "leek", "plum"],
            ["beet", "plum", "leek"],  # figures, from the largest down
            ["beet", "leek", "plum"],
            ["beet", "leek", "plum"],
        ]
        assert keys_of(rows) == [item.key for item in LINES]
        await settle(pilot)
        assert [(s.column, s.reverse) for s in app.of(Rows.Sorted)] == [
            ("name", False),
            ("count", True),
            ("time", True),
            (None, False),
        ]
        rows.sort_next()
        rows.sort_back()
        assert keys_of(rows) == ["plum", "leek", "beet"]

    host.run(use, Rows(COLUMNS), size=(40, 12))


def test_a_click_on_the_header_sorts_and_a_second_one_turns_it_over(host):
    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(LINES)
        await pilot.click(Rows, offset=(17, 0))
        assert "count▼" in screen_text(app).replace("coun▼", "count▼")
        assert keys_of(rows) == ["beet", "plum", "leek"]
        await pilot.click(Rows, offset=(17, 0))
        assert "▲" in screen_text(app)
        assert keys_of(rows) == ["leek", "plum", "beet"]

    host.run(use, Rows(COLUMNS), size=(40, 12))


def test_a_sheet_looks_through_rows_that_it_does_not_hold(host):
    table = [(f"{n}", f"name {n}") for n in range(12_000)]
    table[11_500] = ("11500", "The Needle")

    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        sheet.put(("n", "name"), 0, len(table), table[:200])
        sheet.find()
        asked = []
        await press(pilot, *"needle")
        while len(app.of(Sheet.Wanted)) > len(asked):
            asked = app.of(Sheet.Wanted)
            start = asked[-1].start
            sheet.put(("n", "name"), start, len(table), table[start:][:SEEK_PAGE])
            await settle(pilot)
        assert sheet.cursor == (11_500, 1)
        assert sheet.cell == "The Needle"
        assert "The Needle" in screen_text(app)
        assert "/needle   row 11,501" in screen_text(app)
        assert [one.start for one in asked] == [200, 5200, 10200]
        await press(pilot, "escape")
        assert sheet.cursor == (0, 0)

    host.run(use, Sheet(), size=(40, 12))


def test_a_sheet_steps_through_its_matches_both_ways_and_round(host):
    table = [(f"{n % 10}",) for n in range(40)]

    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        sheet.put(("n",), 0, 40, table)
        sheet.find()
        await press(pilot, "7")
        rows = [sheet.cursor[0]]
        for key in ("enter", "down", "down", "enter", "up"):
            await press(pilot, key)
            rows.append(sheet.cursor[0])
        assert rows == [7, 17, 27, 37, 7, 37]
        await press(pilot, "x")
        assert "no row matches" in screen_text(app)

    host.run(use, Sheet(), size=(40, 12))


def test_a_sheet_asks_for_the_sorted_table_and_numbers_its_rows(host):
    table = [(f"{n}", "ab"[n % 2]) for n in range(1_000)]
    names = ("n", "side")

    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        sheet.put(names, 0, 1_000, table[:200])
        await press(pilot, "down", "down")
        sheet.sort_next()
        await settle(pilot)
        assert sheet.order == (0, True), "figures from the largest down"
        assert [(w.start, w.count) for w in app.of(Sheet.Wanted)] == [(0, 200)]
        assert not sheet.is_held, "rows in another order are not shown as sorted"
        sheet.put(names, 0, 1_000, table[:-201:-1], range(1_000, 800, -1))
        await settle(pilot)
        assert (sheet.cursor, sheet.number, sheet.cell) == ((0, 0), 1_000, "999")
        assert "n▼" in screen_text(app)
        assert "1,000  " in screen_text(app)
        sheet.sort_back()
        assert sheet.order == (0, False)
        sheet.sort_next()
        assert sheet.order is None
        await pilot.click(Sheet, offset=(13, 0))
        assert sheet.order == (1, False)
        assert sheet.column == "side"
        await pilot.click(Sheet, offset=(13, 0))
        assert sheet.order == (1, True)
        assert "side▼" in screen_text(app)

    host.run(use, Sheet(), size=(40, 12))


def test_a_sheet_that_was_given_all_rows_sorts_them_itself(host):
    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        sheet.put_all(("n", "side"), [("9", "b"), (None, "a"), ("10", "B")])
        sheet.sort_next()
        await settle(pilot)
        assert [line.split("\t")[0] for line in sheet.as_text().split("\n")] == [
            "n",
            "10",
            "9",
            "",
        ]
        assert sheet.number == 3
        assert app.of(Sheet.Wanted) == []
        sheet.put_all(("n", "side"), [("1", "b"), ("2", "a")])
        assert sheet.cell == "2", "other rows come in the same order"

    host.run(use, Sheet(), size=(40, 12))


def test_the_beginning_of_a_table_is_not_sorted_and_says_why(host):
    async def use(app, pilot):
        sheet = app.query_one(Sheet)
        sheet.whole = False
        sheet.put(("n",), 0, 3, [("1",), ("2",), ("3",)])
        sheet.sort_next()
        await pilot.click(Sheet, offset=(5, 0))
        await settle(pilot)
        assert sheet.order is None
        assert app.of(Sheet.Wanted) == []
        assert [n.message for n in app._notifications] == [ONLY_FIRST] * 2

    host.run(use, Sheet(), size=(40, 12))


def test_the_mark_of_the_order_shortens_no_heading(host):
    exact = (
        ListColumn("precision", 9),
        ListColumn("missed", 6, "right"),
        ListColumn("AP", 4, "right"),
        ListColumn("last", 4, "right"),
    )
    lines = [Item("a", ("0.1", "2", "0.3", "4")), Item("b", ("0.5", "6", "0.7", "8"))]
    titles = ["precision▲", "missed▼", "AP▼", "▼last"]

    async def use(app, pilot):
        rows = app.query_one(Rows)
        rows.update_items(lines)
        for title in titles:
            rows.sort_next()
            await settle(pilot)
            head = screen_text(app).splitlines()[0]
            assert title in head
            for other in exact:
                assert other.title in head
            assert "…" not in head

    # Lines take 2 + 9 + 2 + 6 + 2 + 4 + 2 + 4 cells: nothing is left.
    host.run(use, Rows(exact), size=(31, 12))


@given(st.lists(st.integers(-5000, 10**7)))
def test_figures_are_ordered_by_value_however_they_are_written(values):
    texts = [f"{value:,}".replace("-", "−") for value in values]
    assert [values[n] for n in order(texts)] == sorted(values)
    assert [values[n] for n in order(texts, reverse=True)] == sorted(values)[::-1]


def test_what_cells_are_worth():
    cases = {
        "10 /161": 10.0,
        "~00:41": 41.0,
        "1:00:00": 3600.0,
        "12.5 kB": 12_500.0,
        "━━━─── ×1.6": 1.6,
        "13,292 (30.6 %)": 13_292.0,
        "smote": None,
        "": None,
    }
    assert {text: figure(text) for text in cases} == cases
