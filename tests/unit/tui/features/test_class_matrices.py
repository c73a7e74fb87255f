"""Matrices of more than two classes, as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.core.outcome import ClassConfusion
from engine.core.views.board import confusion_matrix
from tui.charts import MONO, multiclass_row, worst
from tui.features.results.board import matrix_pages


def test_matrices_of_more_classes_stand_side_by_side():
    one = ClassConfusion(
        labels=("a", "b", "c"), matrix=((90, 6, 4), (5, 5, 0), (0, 0, 3))
    )
    wide = multiclass_row(
        [confusion_matrix(n, one) for n in ("one", "two")], 90, 14, MONO, focus="b"
    )
    assert wide.shown == 2
    assert wide.text.count("actual ▸b") == 2
    assert wide.text.count("▶ 6") == 2
    assert "▶ 0" not in wide.text
    assert (
        multiclass_row(
            [confusion_matrix(n, one) for n in ("one", "two")], 50, 14, MONO
        ).shown
        == 1
    )
    assert multiclass_row([], 50, 14, MONO).shown == 0
    empty = ClassConfusion(labels=("a", "b", "c"), matrix=((0,) * 3,) * 3)
    assert (
        "No test rows"
        in multiclass_row([confusion_matrix("x", empty)], 50, 14, MONO).text
    )


def test_all_arms_are_seen_where_lines_of_one_rectangle_show_them():
    one = ClassConfusion(
        labels=("a", "b", "c"), matrix=((1090, 6, 4), (5, 5, 0), (0, 0, 3))
    )
    items = [confusion_matrix(f"a long arm {i}", one) for i in range(6)]
    draw = matrix_pages(items, "a long arm 0", "c")
    for height in (17, 18, 19, 26, 33):
        text = draw(98, height, MONO)
        assert [f"a long arm {i}" in text for i in range(6)] == [True] * 6, height
        assert "of 6" not in text
        assert "99 %" in text
    assert "arms 1–4 of 6" in draw(98, 12, MONO)
    two = draw(98, 9, MONO)
    assert "of 6" in two


def test_a_name_in_the_corner_takes_the_blanks_before_the_first_class():
    one = ClassConfusion(
        labels=("1", "2", "3"), matrix=((90, 6, 4), (5, 5, 0), (0, 0, 3))
    )
    drawn = multiclass_row(
        [confusion_matrix(n, one) for n in ("▸ smote-enn", "weights")], 78, 7, MONO, "3"
    )
    first = drawn.text.split("\n")[0]
    assert "▸ smote-enn" in first
    assert "weights" in first


def test_the_worst_confusions_begin_with_the_class_in_focus():
    one = ClassConfusion(
        labels=("a", "b", "c"), matrix=((90, 6, 4), (5, 5, 0), (2, 1, 0))
    )
    made = confusion_matrix("x", one)
    assert [(p.actual, p.predicted) for p in made.errors()][:2] == [
        ("a", "b"),
        ("b", "a"),
    ]
    assert [(p.actual, p.predicted) for p in made.errors("c")][:2] == [
        ("c", "a"),
        ("c", "b"),
    ]
    text = worst([made], 60, 10, MONO, focus="c")
    assert "▸c → a                   2 (67 %)" in text
    right = ClassConfusion(labels=("a", "b"), matrix=((3, 0), (0, 3)))
    assert "no two classes are confused" in worst(
        [confusion_matrix("x", right)], 60, 10, MONO
    )
    assert "No matrix" in worst([], 60, 10, MONO)


@given(
    width=st.integers(8, 140),
    height=st.integers(3, 40),
    classes=st.integers(3, 12),
    arms=st.integers(1, 8),
)
def test_pictures_of_classes_stay_in_their_room(width, height, classes, arms):
    labels = tuple(f"class {i}" for i in range(classes))
    matrix = tuple(tuple(7 * i + j for j in range(classes)) for i in range(classes))
    one = ClassConfusion(labels=labels, matrix=matrix)
    items = [confusion_matrix(f"arm {i}", one) for i in range(arms)]
    draw = matrix_pages(items, "arm 0", "class 1")
    for text in (draw(width, height, MONO), worst(items, width, height, MONO)):
        lines = text.split("\n")
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)
