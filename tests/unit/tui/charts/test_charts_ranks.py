"""The critical-difference diagram, as text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.suite import Friedman, Suite, SuiteVerdict, TableRow
from tests.support.console_samples import HOSTILE, harmful
from tests.support.suite_samples import suite
from tui.charts.base import ANSI, DARK, LIGHT, MONO
from tui.charts.importance import diagram_lines, rank_diagram
from tui.terminal.safe_text import cells

SGR = re.compile(r"\x1b\[[0-9;]*m")


def of(means, difference=None, groups=(), tables=14):
    """A comparison that came to these ranks."""
    rows = tuple(
        TableRow(name=str(n), source="", ranks={"untreated": 1.0})
        for n in range(tables)
    )
    tested = None
    if difference is not None:
        tested = Friedman(
            statistic=9.0, p=0.03, f=3.7, f_p=0.02, tables=tables, arms=tuple(means)
        )
    return Suite(
        bench={},
        arms=tuple(means),
        metric="roc_auc",
        rope=0.01,
        tables=rows,
        friedman=tested,
        mean_ranks=means,
        critical_difference=difference,
        groups=groups,
        against_control=(),
        verdict=SuiteVerdict(headline=""),
    )


DEMSAR = of(
    {"C4.5": 3.143, "C4.5+m": 2.0, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964},
    1.12,
    (("C4.5+m+cf", "C4.5+m", "C4.5+cf"), ("C4.5+cf", "C4.5")),
)
"""The example of Demsar (2006), at a level of 0.10."""


def test_demsars_diagram():
    assert rank_diagram(DEMSAR, 74, 17, MONO).splitlines() == [
        "mean rank over 14 tables, 1 is best; a bar joins arms not shown to differ",
        "                    ├───────────────────┤ critical difference 1.12",
        "                    1                 2                3                 4",
        "                    ├─────────────────┼────────────────┼─────────────────┤",
        "C4.5+m+cf  1.96 ┃   ─────────────────●",
        "C4.5+m     2.00 ┃   ──────────────────●",
        "C4.5+cf    2.89 ┃ ┃ ─────────────────────────────────●",
        "C4.5       3.14   ┃ ──────────────────────────────────────●",
    ]


def test_the_scale_is_true():
    lines = rank_diagram(of({"a": 1.0, "b": 2.0, "c": 3.0}, 1.0), 78, 17, MONO)
    _, ruler, _, scale, *arms = lines.splitlines()
    places = [n for n, char in enumerate(scale) if char in "├┼┤"]
    assert [arm.index("●") for arm in arms] == places
    assert ruler.index("┤") - ruler.index("├") == places[1] - places[0]


def test_no_bar_where_all_differ_and_no_ruler_without_a_test():
    apart = rank_diagram(of({"a": 1.0, "b": 2.0, "c": 3.0}, 0.5), 78, 17, MONO)
    assert "┃" not in apart
    two = rank_diagram(of({"a": 1.2, "b": 1.8}), 78, 17, MONO)
    assert "too few arms or tables for a test" in two
    assert "critical" not in two
    wide = rank_diagram(of({"a": 1.2, "b": 1.8, "c": 3.0}, 2.9), 78, 17, MONO)
    assert "critical difference 2.90: more than any two differ by" in wide


@pytest.mark.parametrize(("width", "height"), [(20, 17), (78, 5), (0, 0), (78, 0)])
def test_without_room_there_is_a_message_at_most(width, height):
    text = rank_diagram(DEMSAR, width, height, MONO)
    assert "●" not in text
    assert len(text.splitlines()) <= height
    assert all(cells(line) <= width for line in text.splitlines())


def test_nothing_ranked_is_said():
    assert "No table has a result of two arms" in rank_diagram(of({}), 78, 17, MONO)


ranked = st.integers(2, 9).flatmap(
    lambda arms: st.lists(
        st.floats(1, arms).map(lambda rank: round(rank, 2)),
        min_size=arms,
        max_size=arms,
    )
)


@given(ranked, st.integers(44, 140), st.integers(4, 40), st.floats(0.1, 9))
def test_every_arm_is_led_to_its_name_within_the_room(ranks, width, height, difference):
    means = {f"arm{n}": rank for n, rank in enumerate(ranks)}
    order = tuple(sorted(means, key=lambda name: means[name]))
    drawn = of(means, difference, (order,))
    text = rank_diagram(drawn, width, height, MONO)
    lines = text.splitlines()
    assert len(lines) <= height
    assert all(cells(line) <= width for line in lines)
    if height < diagram_lines(drawn):
        assert "Too small" in text
        return
    for name, rank in means.items():
        (line,) = [text for text in lines if name in text.split()]
        assert f"{rank:.2f}" in line
        assert line.count("●") == line.count("┃") == 1
    assert len(lines) == diagram_lines(drawn)


@pytest.mark.parametrize("palette", [DARK, LIGHT, ANSI])
def test_colour_says_nothing_alone(palette):
    painted = rank_diagram(DEMSAR, 78, 17, palette)
    plain = [line.rstrip() for line in SGR.sub("", painted).splitlines()]
    assert plain == rank_diagram(DEMSAR, 78, 17, MONO).splitlines()
    assert "\x1b[" in painted


def test_hostile_names_are_cut_and_made_harmless():
    for name, text in HOSTILE.items():
        other = f"{text}x"
        drawn = of({text: 1.5, other: 2.0, "untreated": 2.5}, 1.2, ((text, other),))
        lines = rank_diagram(drawn, 78, 17, MONO).splitlines()
        assert not harmful("".join(lines)), name
        assert all(cells(line) <= 78 for line in lines), name


def test_a_comparison_of_the_engine_is_drawn():
    for arms, tables in ((2, 1), (4, 7), (6, 30)):
        made = suite(arms, tables)
        text = rank_diagram(made, 78, 17, MONO)
        assert all(arm in text for arm in made.arms)
