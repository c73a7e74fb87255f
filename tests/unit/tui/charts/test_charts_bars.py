"""Class bars: order, folding, ratio, slivers, before and after."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.charts_samples import check
from tui.charts.bars import class_bars, class_bars_before_after
from tui.charts.base import DARK, MONO

STROKE = {"0": 42617, "1": 783}
BARS = "▏▎▍▌▋▊▉█▒"
# Names without these: a line with one is taken for that of a bar below.
NAMES = st.text(st.characters(exclude_characters=BARS), max_size=20)
COUNTS = st.dictionaries(NAMES, st.integers(0, 10**9), max_size=12)
WIDTHS, HEIGHTS = st.integers(1, 140), st.integers(1, 40)


def bars(text: str) -> list[str]:
    return [line for line in text.split("\n") if any(c in line for c in BARS)]


def test_two_classes_read_like_the_wireframe():
    assert class_bars(STROKE, 60, 15, MONO, positive="1").split("\n") == [
        "0  ███████████████████████████████  42,617  98.2 %",
        "",
        "1  ▋                                   783   1.8 %  positive",
        "",
        "54:1 · 43,400 rows",
    ]


def test_the_order_of_the_counts_does_not_matter():
    other = dict(reversed(STROKE.items()))
    drawn = class_bars(other, 60, 15, DARK, positive="1")
    assert drawn == class_bars(STROKE, 60, 15, DARK, positive="1")


def test_one_row_among_many_is_still_seen():
    line = bars(class_bars({"a": 10**9, "b": 1}, 40, 6, MONO))[1]
    assert "▏" in line


def test_an_empty_class_has_no_bar():
    lines = class_bars({"a": 5, "b": 3, "c": 0}, 60, 15, MONO).split("\n")
    assert lines[4] == "c" + lines[4][1:]
    assert not any(char in lines[4] for char in "▏█")
    assert lines[4].split() == ["c", "0", "0.0", "%"]
    assert lines[-1].startswith("— largest to smallest")


def test_a_logarithm_makes_small_classes_visible():
    def length(log):
        drawn = class_bars({"a": 10_000, "b": 10}, 80, 10, MONO, log=log)
        return bars(drawn)[1].count("█"), "log scale" in drawn

    assert length(False) == (0, False)
    cells, said = length(True)
    assert cells > 10
    assert said


def test_more_classes_than_half_the_lines_are_folded():
    counts = {f"c{n:02}": 100 - n for n in range(30)}
    text = class_bars(counts, 60, 10, MONO)
    assert len(bars(text)) == 5
    assert "+25 more: 2,100 rows, 81.9 %" in text
    assert text.split("\n")[4].startswith("c29")


def test_the_positive_class_is_never_folded():
    counts = {f"c{n:02}": 100 - n for n in range(30)}
    text = class_bars(counts, 60, 8, MONO, positive="c20")
    assert "c20" in text
    assert "c29" not in text


def test_equal_counts_are_ordered_by_name():
    text = class_bars({"b": 5, "c": 5, "a": 5}, 60, 12, MONO)
    assert [line[0] for line in bars(text)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "No rows to count."),
        ({"a": 0, "b": 0}, "No rows to count."),
        ({"only": 7}, "Only one class: only."),
    ],
)
def test_nothing_to_draw_is_said(counts, said):
    assert class_bars(counts, 60, 10, DARK).strip() == said
    assert class_bars_before_after(counts, counts, 0, 60, 10, DARK).strip() == said


@given(COUNTS, WIDTHS, HEIGHTS, st.booleans())
def test_bars_keep_to_their_room_and_state_every_count(counts, width, height, log):
    text = class_bars(counts, width, height, MONO, log=log)
    check(text, width, height)
    shown = bars(text)
    assert len(shown) <= max(1, height // 2)
    if shown and width >= 40 and len(counts) <= height // 2:
        for count in counts.values():
            assert f" {count:,} " in f"{text} ".replace("\n", " ")
        assert len(shown) == sum(count > 0 for count in counts.values())


@given(COUNTS, COUNTS, st.integers(0, 10**9), WIDTHS, HEIGHTS)
def test_before_and_after_keep_to_their_room(old, new, made, width, height):
    text = class_bars_before_after(old, new, made, width, height, MONO)
    check(text, width, height)


def test_synthetic_rows_are_a_part_of_their_own():
    text = class_bars_before_after(
        {"0": 34093, "1": 626}, {"0": 27310, "1": 33100}, 33000, 80, 10, MONO
    )
    lines = text.split("\n")
    assert lines[1].endswith("−6,783 removed")
    assert lines[4].strip().startswith("after   █▒▒▒▒")
    assert lines[4].endswith("+33,000 synthetic, −526 removed")
    assert lines[-1] == "54:1 → 1:1.2 · ▒ synthetic 33,000"


def test_repeated_rows_are_not_called_synthetic():
    text = class_bars_before_after(
        {"0": 900, "1": 100}, {"0": 900, "1": 900}, 0, 80, 10, MONO
    )
    assert "+800 repeated" in text
    assert "synthetic" not in text


def test_synthetic_rows_of_unknown_classes_are_only_stated():
    old, new = {"a": 9, "b": 2, "c": 1}, {"a": 9, "b": 9, "c": 9}
    text = class_bars_before_after(old, new, 15, 80, 14, MONO)
    assert "▒ synthetic 15" in text
    assert "▒▒" not in text
    assert "repeated" not in text
    known = class_bars_before_after(old, new, {"b": 7, "c": 8}, 80, 14, MONO)
    assert "+7 synthetic" in known
    assert "+8 synthetic" in known


def test_a_class_that_is_gone_keeps_its_lines():
    text = class_bars_before_after({"a": 9, "b": 2}, {"a": 9}, 0, 80, 10, MONO)
    assert "−2 removed" in text
    assert text.split("\n")[-1] == "4.5:1 → —"


def test_wide_labels_do_not_shift_the_columns():
    lines = class_bars({"漢字": 50, "ab": 50}, 60, 10, MONO).split("\n")
    places = [cell_len(line[: line.index("█")]) for line in lines if "█" in line]
    assert len(set(places)) == 1
