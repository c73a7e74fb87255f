"""Bars of what columns are worth and of one score: they fit, and say what is so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.explain import (
    ColumnImportance,
    Contribution,
    Contributions,
    Importance,
)
from tests.support import explain_samples
from tests.support.console_samples import without_looks
from tui.charts.base import DARK, MONO
from tui.charts.importance import contribution_bars, importance_bars
from tui.terminal.safe_text import cells

WORTH = explain_samples.weighed(Importance(id=1, store="", run="")).columns
APART = explain_samples.apart(Contributions(id=1, store="", run="", row=7))
SIZES = [(78, 15), (105, 30), (40, 8), (32, 5)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pictures_fit_their_room(width, height):
    for drawn in (
        importance_bars(WORTH, width, height, MONO),
        contribution_bars(APART, width, height, MONO),
    ):
        lines = drawn.split("\n")
        assert len(lines) <= height
        assert max(map(cells, lines)) <= width


@given(
    st.lists(
        st.tuples(
            st.text(max_size=40),
            st.floats(0, 1),
            st.one_of(st.none(), st.floats(-1, 1)),
            st.floats(0, 1),
        ),
        max_size=40,
    ),
    st.integers(0, 140),
    st.integers(0, 40),
)
def test_any_columns_fit_any_room(made, width, height):
    columns = [ColumnImportance(column=n, gain=g, drop=d, sd=s) for n, g, d, s in made]
    parts = tuple(
        Contribution(column=n, cell=n, value=10 * (g - 0.5)) for n, g, _, _ in made
    )
    shown = msgspec.structs.replace(APART, parts=parts, klass="x" * 50)
    for drawn in (
        importance_bars(columns, width, height, MONO),
        contribution_bars(shown, width, height, MONO),
    ):
        lines = drawn.split("\n")
        assert len(lines) <= max(1, height)
        assert max(map(cells, lines)) <= width


def test_gain_and_loss_stand_side_by_side():
    lines = importance_bars(WORTH, 78, 15, MONO).split("\n")
    assert lines[0].split("  ")[0] == "column"
    assert "gain importance" in lines[0]
    assert "permutation" in lines[0]
    assert lines[1].startswith("age")
    assert "71%" in lines[1]
    assert "0.091 ± 0.011" in lines[1]
    assert "−0.002 ± 0.003" in lines[4]
    assert lines[1].count("█") > lines[2].count("█") > lines[3].count("█")


def test_a_model_without_gain_has_one_bar():
    columns = [msgspec.structs.replace(one, gain=None) for one in WORTH]
    drawn = importance_bars(columns, 78, 15, MONO)
    assert "gain" not in drawn
    assert "0.091" in drawn
    assert "used no column" in importance_bars([], 78, 15, MONO)


def test_coefficients_stand_in_the_place_of_the_gain():
    held = ({"age": -0.712}, {"bmi": 0.2}, {"g=a": 12.345, "g=b": -0.5}, {})
    columns = [
        msgspec.structs.replace(one, gain=None, coefficients=own)
        for one, own in zip(WORTH, held, strict=True)
    ]
    lines = importance_bars(columns, 78, 15, MONO).split("\n")
    assert "coefficient" in lines[0]
    assert "gain" not in lines[0]
    assert "−0.71" in lines[1]
    assert "+0.20" in lines[2]
    assert "+12" in lines[3]
    assert "0.003" in lines[4]


def test_what_has_no_line_is_counted():
    many = [
        ColumnImportance(column=f"c{n}", gain=0.02, drop=0.0, sd=0.0) for n in range(50)
    ]
    lines = importance_bars(many, 78, 12, MONO).split("\n")
    assert len(lines) == 12
    assert lines[-1] == "40 more columns, together 80% of the gain"


def test_bars_point_to_the_side_they_speak_for():
    lines = contribution_bars(APART, 78, 15, MONO).split("\n")
    assert "lowers ← → raises score of 1" in lines[0]
    age, bmi, smoking, gender = lines[1:5]
    middle = age.index("│")
    assert "█" in age[:middle]
    assert "█" not in age[middle:]
    assert bmi.index("│") == middle < bmi.index("█")
    assert " · " in smoking
    assert "█" not in gender
    assert lines[5].startswith("baseline (bias)")
    assert lines[5].endswith("−4.00")
    assert lines[6].startswith("sum = log-odds → score 0.0021")
    assert lines[6].endswith("−6.17")


def test_the_least_parts_are_summed():
    parts = tuple(
        Contribution(column=f"c{n}", cell="1", value=0.5 / (n + 1)) for n in range(30)
    )
    shown = msgspec.structs.replace(APART, parts=parts)
    lines = contribution_bars(shown, 78, 10, MONO).split("\n")
    assert len(lines) == 10
    rest = sum(part.value for part in parts[6:])
    assert lines[7].startswith("24 other columns")
    assert lines[7].endswith(f"+{rest:.2f}")


def test_of_more_classes_it_is_no_log_odds():
    shown = msgspec.structs.replace(APART, compared=True)
    assert "log-odds" not in contribution_bars(shown, 78, 15, MONO)


def test_colours_change_no_word():
    for width, height in SIZES:
        assert without_looks(importance_bars(WORTH, width, height, DARK)) == (
            importance_bars(WORTH, width, height, MONO)
        )
        assert without_looks(contribution_bars(APART, width, height, DARK)) == (
            contribution_bars(APART, width, height, MONO)
        )
