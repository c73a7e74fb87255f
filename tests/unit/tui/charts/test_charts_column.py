"""Distributions of a column by class."""

import pytest

from engine.core.messages import ColumnPicture
from tests.support.charts_samples import histogram, levels
from tui.charts.base import DARK, MONO
from tui.charts.column import column_by_class


def picture(**changes):
    fields = {
        "column": "age",
        "kind": "number",
        "edges": (0.0, 10.0, 20.0, 30.0),
        "counts": {"0": (5000, 3000, 2000), "1": (0, 10, 90)},
        "missing": {"0": 0, "1": 25},
    }
    return ColumnPicture(**{**fields, **changes})


def test_a_small_class_is_as_tall_as_a_large_one():
    lines = column_by_class(picture(), 40, 12, MONO).split("\n")
    assert lines[0] == "0  10,000 rows"
    assert lines[5] == "1  125 rows, missing 20.0 %"
    assert lines[6] == "  90 %│                      ███████████"
    assert "█" not in lines[7][7:18]
    assert "█" in lines[4]
    assert lines[-1].split() == ["0", "10", "20", "30"]


def test_an_axis_mark_stands_at_its_bin():
    lines = column_by_class(picture(), 40, 12, MONO).split("\n")
    assert [at for at, char in enumerate(lines[-2]) if char == "┬"] == [7, 18, 29, 39]


def test_more_bins_than_cells_are_merged():
    counts = {"0": tuple(range(1, 101)), "1": tuple(range(100, 0, -1))}
    edges = tuple(float(n) for n in range(101))
    text = column_by_class(picture(edges=edges, counts=counts), 40, 12, MONO)
    assert max(map(len, text.split("\n"))) <= 40
    assert "┬" in text


def test_a_flat_room_has_a_line_per_class():
    lines = column_by_class(picture(), 40, 5, MONO).split("\n")
    assert [line[:2] for line in lines[:2]] == ["0│", "1│"]
    assert lines[1].endswith("20 % missing")


def test_classes_beside_bars_are_cut_only_where_it_is_narrow():
    counts = {"negative": (75, 25), "positive": (1, 3)}
    found = picture(
        kind="category", edges=(), levels=("never", "often"), counts=counts, missing={}
    )
    wide, narrow = (column_by_class(found, n, 12, MONO) for n in (60, 40))
    assert "never  negative  █" in wide
    assert "never negat… █" in narrow


def test_levels_are_bars_in_groups():
    found = picture(
        kind="category",
        edges=(),
        levels=("never", "often"),
        counts={"0": (75, 25), "1": (1, 3)},
        missing={"1": 4},
        others=12,
    )
    lines = column_by_class(found, 40, 12, MONO).split("\n")
    assert lines[:2] == ["0  100 rows", "1  8 rows, missing 50.0 %"]
    assert lines[3].split()[:2] == ["never", "0"]
    assert [line.split()[-2] for line in lines[3:5] + lines[6:8]] == [
        "75",
        "25",
        "25",
        "75",
    ]
    assert lines[-1] == "others 12"


def test_levels_that_do_not_fit_are_counted():
    text = column_by_class(levels(("no", "yes")), 60, 10, MONO)
    assert "+9 more levels · others 1,234" in text


def test_classes_that_do_not_fit_are_counted_but_not_the_smallest():
    names = tuple("abcdefgh")
    text = column_by_class(histogram(names), 60, 11, MONO)
    assert "; 5 more classes" in text
    assert "h  " in text


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": {}},
        {"counts": {"0": (0, 0, 0), "1": (0, 0, 0)}},
        {"edges": (0.0, 10.0, 10.0, 30.0)},
    ],
)
def test_nothing_to_draw_is_said(changes):
    text = column_by_class(picture(**changes), 60, 12, DARK)
    assert "█" not in text
    assert text.strip().endswith(".")


def test_extreme_values_are_drawn():
    for scale in (1e-300, 1e-9, 1e9, 1e300):
        edges = (0.0, scale, 2 * scale, 3 * scale)
        assert "█" in column_by_class(picture(edges=edges), 60, 12, MONO)
