"""Confusion matrices: marks, shares, how many fit."""

import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from engine.core.outcome import ClassConfusion, Confusion
from engine.core.views.board import confusion_matrix
from tests.support.charts_samples import check, plain
from tui.charts.base import ANSI, DARK, MONO
from tui.charts.confusion import confusion, multiclass_row

ENN = Confusion(tn=6809, fp=1710, fn=63, tp=98)


def multiclass(labels, matrix, width, height, palette, title=""):
    one = ClassConfusion(labels=tuple(labels), matrix=tuple(map(tuple, matrix)))
    return multiclass_row([confusion_matrix(title, one)], width, height, palette).text


COUNTS = st.integers(0, 10**7)


def test_one_matrix_reads_like_the_wireframe():
    text = plain(confusion(6809, 1710, 63, 98, ("0", "1"), 30, 6, DARK, "smote-enn"))
    assert [line.rstrip() for line in text.split("\n")] == [
        "smote-enn",
        "actual predicted 0 predicted 1",
        "0         6,809       1,710",
        "          80 %        20 %",
        "1        ▶ 63          98",
        "          39 %        61 %",
    ]


def test_the_missed_are_marked_by_more_than_colour():
    for palette in (DARK, MONO):
        text = confusion(6809, 1710, 63, 98, ("0", "1"), 60, 12, palette)
        assert text.count("▶") == 1
        assert "▶ 63" in text
    assert re.search(
        r"\x1b\[1;48;5;[0-9]*m *▶ 63",
        confusion(6809, 1710, 63, 98, ("0", "1"), 60, 12, DARK),
    )


def test_cells_say_what_they_mean_where_there_is_room():
    text = plain(confusion(6809, 1710, 63, 98, ("0", "1"), 60, 12, DARK))
    for word in ("TN", "FP false alarms", "FN missed", "TP found"):
        assert word in text
    assert "missed" not in confusion(6809, 1710, 63, 98, ("0", "1"), 24, 12, DARK)


def test_shading_is_by_share_of_the_row_not_by_count():
    few = confusion(0, 1, 1, 0, ("0", "1"), 60, 12, DARK)
    many = confusion(0, 1000, 1000, 0, ("0", "1"), 60, 12, DARK)
    colours = [re.findall(r"48;5;[0-9]+", text) for text in (few, many)]
    assert colours[0] == colours[1]
    assert colours[0]


def test_a_miss_looks_as_bad_as_its_share_and_none_looks_like_nothing():
    def cell(missed, palette):
        text = confusion(100, 0, missed, 100 - missed, ("0", "1"), 60, 12, palette)
        return next(line for line in text.split("\n") if "▶" in line)

    none, few, many = (cell(missed, DARK) for missed in (0, 1, 90))
    backs = [re.findall(r"48;5;([0-9]+)", line)[0] for line in (none, few, many)]
    assert backs == [str(DARK.wrong[step]) for step in (0, 1, -1)]
    assert [("\x1b[1;" in line.split("▶")[0]) for line in (none, few, many)] == [
        False,
        True,
        True,
    ]
    for palette in (ANSI, MONO):
        hatches = [plain(cell(missed, palette)) for missed in (0, 1, 90)]
        assert [set(one) & set("·╱╳") for one in hatches] == [set(), {"·"}, {"╳"}]


def test_what_is_right_and_what_is_wrong_have_other_hatches():
    text = confusion(50, 50, 50, 50, ("0", "1"), 60, 12, MONO)
    for line in text.split("\n"):
        if "▒" in line or "╱" in line:
            assert "▒" in line
            assert "╱" in line


def test_a_mark_does_not_move_its_count():
    text = plain(confusion(5, 7, 1, 9, ("0", "1"), 60, 12, MONO))
    places = [
        next(line.index(count) for line in text.split("\n") if count in line)
        for count in (" 5 ", " 1 ")
    ]
    assert places[0] == places[1]


def test_without_backgrounds_shades_are_characters():
    for palette in (ANSI, MONO):
        text = plain(confusion(100, 0, 50, 50, ("0", "1"), 60, 12, palette))
        assert "▓" in text
        assert "▒" in text


def test_as_many_as_fit_stand_side_by_side():
    items = [confusion_matrix(f"arm{n}", ENN, ("0", "1")) for n in range(9)]
    shown = {
        width: multiclass_row(items, width, 12, MONO)
        for width in (24, 52, 80, 120, 300)
    }
    assert [row.shown for row in shown.values()] == [1, 2, 3, 4, 9]
    for width, row in shown.items():
        assert re.findall(r"arm\d", row.text) == [f"arm{n}" for n in range(row.shown)]
        check(row.text, width, 12)


def test_labels_that_are_cut_alike_are_distinct():
    labels = ("the same beginning a", "the same beginning b")
    text = plain(confusion(1, 2, 3, 4, labels, 60, 12, DARK))
    assert "predicted negative" in text
    assert "predicted positive" in text


def test_rows_are_called_actual_and_columns_predicted_at_every_size():
    names = ("normal", "hypo", "hyper")
    three = ClassConfusion(labels=names, matrix=((90, 6, 4), (5, 5, 0), (0, 0, 3)))
    for one, many in ((ENN, 2), (three, 3)):
        items = [confusion_matrix(f"arm {n}", one) for n in range(3)]
        for width, height in product(range(24, 141, 4), range(2 * many + 2, 20)):
            drawn = multiclass_row(items, width, height, MONO)
            if drawn.shown:
                for word in ("actual", "predicted"):
                    assert drawn.text.count(word) >= drawn.shown, (width, height)


def test_nothing_to_draw_is_said():
    assert confusion(0, 0, 0, 0, ("0", "1"), 60, 9, DARK).strip() == "No test rows."
    assert multiclass_row([], 60, 9, DARK).shown == 0
    small = multiclass_row([confusion_matrix("a", ENN, ("0", "1"))], 10, 9, DARK)
    assert small.shown == 0
    assert "Too" in small.text


def test_a_row_without_a_class_has_no_share():
    text = plain(confusion(10, 5, 0, 0, ("0", "1"), 60, 12, DARK))
    assert text.count("—") == 2


@given(
    COUNTS, COUNTS, COUNTS, COUNTS,
    st.text(max_size=15), st.text(max_size=15),
    st.integers(1, 140), st.integers(1, 40),
)  # fmt: skip
def test_counts_are_all_there_and_in_their_room(tn, fp, fn, tp, no, yes, width, height):
    text = confusion(tn, fp, fn, tp, (no, yes), width, height, MONO, yes)
    check(text, width, height)
    if width >= 60 and height >= 6 and any((tn, fp, fn, tp)):
        for count in (tn, fp, tp):
            assert f" {count:,} " in f"{text} ".replace("\n", " ")
        assert f"▶ {fn:,} " in f"{text} ".replace("\n", " ")


def test_long_counts_are_shortened_not_cut():
    text = confusion(10**9, 10**12, 123_456_789, 5, ("0", "1"), 20, 5, MONO)
    assert "1,000M" in text or "1G" in text
    assert "…" not in text


def test_several_classes_mark_the_greatest_error_of_each_row():
    matrix = [[50, 3, 1], [4, 20, 6], [0, 0, 11]]
    text = multiclass(("a", "b", "c"), matrix, 60, 12, MONO, "untreated")
    assert re.findall(r"▶ (\d+)", text) == ["3", "6"]
    assert "93 %" in text
    assert text.startswith("untreated")


def test_too_many_classes_are_referred_to_the_table():
    labels = [str(n) for n in range(9)]
    matrix = [[1] * 9 for _ in range(9)]
    assert "see the table" in multiclass(labels, matrix, 200, 50, DARK)
    eight = multiclass(labels[:8], [row[:8] for row in matrix[:8]], 200, 50, DARK)
    assert "12 %" in plain(eight)
    narrow = multiclass(labels[:8], [row[:8] for row in matrix[:8]], 50, 50, DARK)
    assert "see the" in narrow


def test_no_rows_in_several_classes_are_said():
    text = multiclass(["a", "b"], [[0, 0], [0, 0]], 80, 12, DARK)
    assert text.strip() == "No test rows."
