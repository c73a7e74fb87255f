"""Costs by ratio: who is named where, what is marked, what cannot be drawn."""

from __future__ import annotations

from itertools import product

import pytest
from msgspec.structs import replace

from engine.core.costs import Costs
from engine.core.outcome import CostStep, CostWinner
from tests.support.charts_samples import HOSTILE, SIZES, check
from tests.support.each import each
from tui.charts import base
from tui.charts.base import ANSI, DARK, MONO
from tui.charts.canvas import Axis
from tui.charts.costs import CostSeries, costs_by_ratio
from tui.charts.plane import Line, Stretch, plane

POSITIVES, NEGATIVES = 100, 900
TEN = Costs(cost_fn=10.0, cost_fp=1.0)


def steps(*some):
    return tuple(
        CostStep(ratio=ratio, threshold=0.5, fp=fp, fn=fn) for ratio, fp, fn in some
    )


def lead(arm, ratio, to):
    return CostWinner(arm=arm, ratio=ratio, to=to, at=ratio)


SERIES = [
    CostSeries("untreated", steps((0.0, 0, 100), (4.0, 100, 60), (40.0, 500, 5))),
    CostSeries("▸smote", steps((0.0, 0, 100), (2.0, 80, 70), (9.0, 300, 20))),
    CostSeries("weights", steps((0.0, 20, 95), (9.0, 400, 10))),
]
WON = [
    lead("untreated", 0.1, 8.0),
    lead("smote", 8.0, 40.0),
    lead("weights", 40.0, None),
]


def draw(series=SERIES, width=80, height=20, palette=MONO, **about):
    options = {"paid": TEN, "won": WON, "against": "untreated", **about}
    return costs_by_ratio(
        series, POSITIVES, NEGATIVES, width, height, palette, **options
    )


def test_the_axis_has_the_prevalence_where_costs_decide_as_at_the_ratio():
    text = draw(here=0.1)
    assert "cheapest arm by prevalence in use" in text
    assert "prevalence in use, at costs of 10 : 1" in text
    own = next(line for line in text.split("\n") if "here 10.0 %" in line)
    labels = text.split("\n")[-3]
    # At 10 % the ratio of the run stands, where its own line is.
    assert abs(labels.index("10 %") - own.index("here")) <= 4


def test_winners_are_named_along_the_axis_with_their_signs():
    lines = draw().split("\n")
    assert len(lines) == 20
    ribbon = lines[-2]
    assert (
        ribbon.index("● untreated")
        < ribbon.index("▲ smote")
        < ribbon.index("■ weights")
    )
    # Break-evens stand where the picture has its dotted lines.
    canvas = next(line for line in lines[3:] if "┊" in line)
    assert ribbon.index("▲") - 1 == pytest.approx(canvas.index("┊"), abs=1)


def test_the_ratio_of_the_experiment_is_marked_and_told():
    text = draw()
    assert text.startswith("cheapest arm by cost ratio (FN : FP)   ┊ break-even\n")
    lines = text.split("\n")
    axis = next(n for n, line in enumerate(lines) if line.lstrip().startswith("└"))
    # Of the numbers below the axis it is above the 10.
    assert lines[axis].index("┸") == lines[axis + 1].index("10 ")
    assert "┃ yours 10:1" in text
    assert "┃ assumed 10:1" in draw(paid=replace(TEN, assumed=True))
    assert "┃" not in draw(paid=None)


def test_a_break_even_at_the_same_place_does_not_hide_the_ratio_of_the_experiment():
    for ratio in (10.0, 10.2):
        won = [lead("untreated", 0.1, ratio), lead("smote", ratio, None)]
        lines = draw(won=won).split("\n")
        axis = next(n for n, line in enumerate(lines) if line.lstrip().startswith("└"))
        place = lines[axis].index("┸")
        canvas = [
            line[place]
            for line in lines[:axis]
            if line.lstrip(" 0123456789.")[:1] in "│┤"
        ]
        assert len(canvas) > 8
        assert set(canvas) == {"┃"}


def test_a_stretch_without_room_has_its_sign_alone():
    won = [
        lead("untreated", 0.1, 20.0),
        lead("smote", 20.0, 30.0),
        lead("untreated", 30.0, None),
    ]
    ribbon = draw(won=won).split("\n")[-2]
    assert "┊▲" in ribbon
    assert "smote" not in ribbon


def test_costs_beside_an_arm_or_beside_doing_nothing_clever():
    assert "expected cost relative to untreated (= 1; lower is better" in draw()
    assert "relative to smote (= 1" in draw(against="▸smote")
    text = draw(against=None)
    assert "1: all or no rows positive" in text
    only = [CostSeries("untreated", steps((0.0, 0, 100)))]
    # No row is predicted positive until it is cheaper that all are.
    assert "1.0" in draw(only, against=None)


def test_without_winners_nothing_is_named():
    text = draw(won=[])
    assert "┊" not in text
    assert text.startswith("cheapest arm by cost ratio (FN : FP)\n")


def test_what_cannot_be_drawn_is_said():
    assert costs_by_ratio(SERIES, 0, 9, 60, 15, MONO).strip().startswith("Costs need")
    assert costs_by_ratio(SERIES, 9, 0, 60, 15, MONO).strip().startswith("Costs need")
    assert draw([]).strip() == "No cost to draw yet."
    assert draw([CostSeries("untreated", ())]).strip() == "No cost to draw yet."
    free = [
        CostSeries("untreated", steps((0.0, 0, 0))),
        CostSeries("b", steps((0.0, 1, 1))),
    ]
    assert "untreated costs nothing" in draw(free)
    assert "Too small" in draw(width=20, height=9)
    # A line for the legend, one each for the ratio and for who costs the least.
    assert "Too small" in draw(height=7)
    assert "┤" in draw(height=10)


def test_where_the_control_costs_nothing_at_some_ratio_lines_have_no_holes():
    some = [
        CostSeries("untreated", steps((0.0, 0, 50), (2.0, 0, 0), (20.0, 90, 0))),
        CostSeries("▸b", steps((0.0, 0, 90), (2.0, 30, 20))),
    ]
    text = draw(some, won=[])
    assert "cost (1: all or no rows positive; untreated costs 0 somewhere)" in text
    shown = [line for line in text.split("\n") if "┤" in line or "│" in line][1:]
    drawn = {at for line in shown for at, sign in enumerate(line) if sign not in " │┤"}
    assert set(range(10, 75)) <= drawn


def test_it_keeps_to_its_room_whatever_arms_are_called():
    hostile = [
        CostSeries(name, SERIES[n % 3].steps, name) for n, name in enumerate(HOSTILE)
    ]
    won = [
        lead(name, 0.1 * 2**n, 0.2 * 2**n if n < 11 else None)
        for n, name in enumerate(HOSTILE)
    ]
    drawn = ((SERIES, ANSI), (hostile, DARK))
    with each() as failing:
        for size, against, (series, palette) in product(
            (*SIZES, (1, 1), (200, 1), (2, 50)), ("untreated", None), drawn
        ):
            with failing(size, against, palette.name):
                check(draw(series, *size, palette, won=won, against=against), *size)


def test_uneven_ticks_that_have_no_room_are_left_out():
    axis = Axis("x", 0.0, 2.0, ticks=base.logarithmic_ticks(0, 2))
    line = Line("a", [(0.0, 0.0), (2.0, 1.0)])
    wide = plane([line], axis, Axis("y"), 70, 16, MONO).split("\n")[-2]
    assert wide.split() == ["1", "2", "5", "10", "20", "50", "100"]
    narrow = plane([line], axis, Axis("y"), 24, 16, MONO)
    assert narrow.split("\n")[-2].split() == ["1", "5", "20", "100"]
    check(narrow, 24, 16)


def test_where_lines_are_few_the_scales_are_named_on_one_and_the_heading_may_go():
    line, scales = Line("a", [(0.0, 0.0), (1.0, 1.0)]), (Axis("x"), Axis("y"))
    stretches = [Stretch(0.0, 1.0, "●", "all")]

    def drawn(width, height, heading="head"):
        picture = plane(
            [line], *scales, width, height, MONO, heading=heading, ribbon=stretches
        )
        return picture.split("\n")

    tall = drawn(60, 16)
    assert (tall[0], tall[2], tall[-1].strip()) == ("head", "y ↑", "x →")
    low = drawn(60, 15)
    assert low[:2] == ["● a", "head   y ↑   x →"]
    assert [len(tall), len(low)] == [16, 15]
    assert "● all" in low[-1]
    # More lines are left for the canvas than the picture lost.
    assert sum("│" in one or "┤" in one for one in low) > 8
    assert drawn(60, 15, "h" * 50)[1] == "y ↑   x →"
    # Names that one line has no room for have two.
    long = Axis("n" * 60), Axis("y", brief="y")
    picture = plane([line], *long, 60, 12, MONO).split("\n")
    assert picture[1] == "y ↑"
    assert "nnn" in picture[-1]


def test_a_ribbon_begins_where_the_canvas_does():
    stretches = [Stretch(0.0, 0.5, "●", "left"), Stretch(0.5, 1.0, "▲", "right")]
    line = Line("a", [(0.0, 0.0), (1.0, 1.0)])
    text = plane([line], Axis("x"), Axis("y"), 60, 16, MONO, ribbon=stretches)
    *_, axis, _, last, _ = text.split("\n")
    start = axis.index("└") + 1
    assert last.index("●") == start
    assert last.index("┊") == pytest.approx(start + (len(axis) - start) / 2, abs=1)
