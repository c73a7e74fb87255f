"""The list of advice: columns that have something in them, by the room there is."""

from __future__ import annotations

from engine.core.events import Advice, FieldChange
from tui.features.dataset.lists import AdviceLine, advice_list
from tui.features.dataset.state import change_words

PLAIN = AdviceLine("IMB016", Advice(code="IMB016", message="few", fix="look"))
FIXED = AdviceLine(
    "IMB004:id",
    Advice(
        code="IMB004",
        column="id",
        message="'id' is an identifier",
        fix="",
        change=FieldChange(field="keep", value="id"),
    ),
)


def shown(width: int, *lines: AdviceLine) -> tuple[list[str], list[list[str]]]:
    columns, items = advice_list({line.key: line for line in lines}, width)
    rows = [[cell[0] for cell in item.cells] for item in items if not item.heading]
    return [column.title for column in columns], rows


def test_a_column_that_nothing_is_in_is_left_out():
    assert shown(120, PLAIN) == (["code", "what was found"], [["IMB016", "few"]])
    muted = AdviceLine("IMB001:age")
    assert shown(120, PLAIN, muted)[0] == ["code", "column", "what was found"]
    assert shown(120, PLAIN, muted)[1][1] == ["IMB001", "age", "muted"]


def test_a_fix_is_its_key_where_there_is_no_room_for_words():
    titles, rows = shown(76, PLAIN, FIXED)
    assert titles == ["code", "column", "what was found", "fix"]
    assert [row[-1] for row in rows] == ["", "f"]
    assert [row[-1] for row in shown(120, PLAIN, FIXED)[1]] == ["", "f learn from id"]


def test_every_fix_is_told_in_words():
    for field, words in (
        ("drop", "ignore a=b"),
        ("keep", "learn from a=b"),
        ("group", "group by a=b"),
        ("time", "split by time in a=b"),
        ("duplicates", "keep duplicates a=b"),
        ("missing", "read 'a=b' as missing"),
    ):
        assert change_words(FieldChange(field=field, value="a=b")) == words
