"""Curves: what is drawn, what the legend says, what is too much."""

import math

import pytest

from tests.support.charts_samples import NEGATIVES, POSITIVES, check, plain, sweep
from tui.charts.base import DARK, MARKERS, MONO
from tui.charts.canvas import Axis
from tui.charts.curves import (
    Series,
    boosting_curve,
    counts_at,
    det,
    gain,
    lift,
    objective_by_trial,
    precision_recall,
    roc,
    threshold_sweep,
)
from tui.charts.plane import Line, plane

ARMS = [Series(name, sweep(n), f"AP 0.{n}") for n, name in enumerate("abc", 1)]


def canvas(text: str) -> list[str]:
    """Return what is drawn between the axes."""
    lines = [line for line in text.split("\n") if "┤" in line or "│" in line]
    return [line[max(line.find("┤"), line.find("│")) + 1 :] for line in lines]


def test_every_arm_has_its_marker_in_the_legend_and_on_its_line():
    for draw in (roc, precision_recall):
        text = draw(ARMS, POSITIVES, NEGATIVES, 80, 20, MONO)
        head = text.split("\n")[0]
        assert head == "● a AP 0.1   ▲ b AP 0.2   ■ c AP 0.3"
        drawn = "".join(canvas(text))
        assert all(marker in drawn for marker in "●▲■")
        assert "·" in drawn


def test_arms_that_coincide_all_show():
    same = [Series(str(n), sweep(1)) for n in range(3)]
    drawn = "".join(canvas(roc(same, POSITIVES, NEGATIVES, 80, 20, MONO)))
    assert all(marker in drawn for marker in "●▲■")


def test_a_roc_curve_spans_the_square():
    rows = canvas(roc(ARMS[:1], POSITIVES, NEGATIVES, 60, 20, MONO))
    assert rows[0].rstrip()[-1] not in " ·"
    assert rows[-1][0] not in " ·"


def test_a_marker_stands_on_its_line():
    points = [(n / 50, n / 50) for n in range(51)]
    text = plane([Line("a", points)], Axis("x"), Axis("y"), 60, 23, MONO)
    for row in canvas(text):
        if "●" in row:
            at = row.index("●")
            beside = row[max(0, at - 2) : at] + row[at + 1 : at + 3]
            assert any(0x2800 < ord(char) < 0x2900 for char in beside)


def test_an_arm_without_a_result_keeps_its_marker_free():
    arms = [Series("untreated", ()), Series("smote", sweep(1))]
    drawn = "".join(canvas(roc(arms, POSITIVES, NEGATIVES, 60, 15, MONO)))
    assert "●" not in drawn
    assert "▲" in drawn


def test_more_arms_than_markers_are_counted():
    arms = [Series(f"arm {n}", sweep(1)) for n in range(len(MARKERS) + 3)]
    for width in (60, 80, 200):
        text = roc(arms, POSITIVES, NEGATIVES, width, 20, MONO)
        check(text, width, 20)
        named = sum(f"arm {n}" in text for n in range(len(arms)))
        assert f"+{len(arms) - named} more" in text


def test_the_scale_of_precision_ends_where_it_is_of_use():
    text = precision_recall(ARMS, POSITIVES, NEGATIVES, 80, 20, MONO)
    assert "prevalence 0.019, cut at 0.4" in text
    narrow = precision_recall(ARMS, POSITIVES, NEGATIVES, 44, 20, MONO)
    assert "precision, cut at 0.4 (dotted: prevalence) ↑" in narrow
    good = [Series("good", [(0.9, 0, 150), (0.1, 8519, 161)])]
    text = precision_recall(good, POSITIVES, NEGATIVES, 80, 20, MONO)
    assert "cut" not in text


def test_a_threshold_is_marked_and_told():
    points = [(0.9, 0, 10), (0.5, 40, 60), (0.1, 900, 100)]
    text = threshold_sweep(points, 100, 900, 0.5, 80, 20, MONO, "smote")
    lines = text.split("\n")
    assert lines[0] == "smote  at 0.500"
    assert lines[1] == "● recall   ▲ precision   ■ alert rate"
    assert sum("┃" in row for row in canvas(text)) >= 8
    moved = threshold_sweep(points, 100, 900, 0.05, 80, 20, MONO, "smote")
    assert moved.startswith("smote  at 0.050\n")
    # The line moves with it.
    assert canvas(moved) != canvas(text)


def test_counts_at_a_threshold_are_those_of_the_rows_at_or_above():
    scores = [(0.9, 1), (0.7, 0), (0.7, 1), (0.3, 0), (0.2, 1)]
    points = []
    for at in sorted({score for score, _ in scores}, reverse=True):
        called = [y for score, y in scores if score >= at]
        points.append((at, called.count(0), called.count(1)))
    for threshold in (1.0, 0.9, 0.8, 0.7, 0.5, 0.3, 0.25, 0.2, 0.0):
        called = [y for score, y in scores if score >= threshold]
        assert counts_at(points, threshold) == (called.count(0), called.count(1))


@pytest.mark.parametrize("draw", [roc, precision_recall])
def test_nothing_to_draw_is_said(draw):
    empty = [Series("a", ())]
    assert draw([], 5, 5, 60, 15, DARK).strip() == "No result to draw yet."
    assert draw(empty, 5, 5, 60, 15, DARK).strip() == "No result to draw yet."
    assert "both classes" in draw(ARMS, 0, 5, 60, 15, DARK)
    assert "both classes" in draw(ARMS, 5, 0, 60, 15, DARK)


def test_a_threshold_that_is_none_is_said():
    text = threshold_sweep(sweep(1), 161, 8519, math.nan, 60, 15, DARK)
    assert text.strip() == "No threshold is set."


def test_degenerate_sweeps_are_drawn_all_the_same():
    for points in ([(0.5, 5, 5)], [(math.inf, 0, 0), (0.5, 5, 5)], [(0.0, 5, 5)]):
        for draw in (roc, precision_recall):
            check(draw([Series("a", points)], 5, 5, 60, 15, DARK), 60, 15)
        check(threshold_sweep(points, 5, 5, 0.5, 60, 15, DARK), 60, 15)


def test_the_best_so_far_never_gets_worse():
    trials = {"a": [(2, 0.2), (0, 0.1), (1, 0.3), (3, math.nan), (4, 0.25)]}
    text = objective_by_trial(trials, 60, 15, MONO)
    assert text.split("\n")[0] == "● a 0.300"
    down = objective_by_trial(trials, 60, 15, MONO, greater_is_better=False)
    assert down.split("\n")[0] == "● a 0.100"


def test_a_single_arm_shows_every_trial():
    trials = {"a": [(n, 0.1 + (n % 3) / 10) for n in range(9)]}
    text = objective_by_trial(trials, 60, 20, MONO)
    assert "".join(canvas(text)).count("●") == 9


@pytest.mark.parametrize(
    "trials", [{}, {"a": []}, {"a": [(0, math.nan)]}, {"a": [(1, math.inf)]}]
)
def test_no_trial_is_said(trials):
    assert "No finished trial" in objective_by_trial(trials, 60, 15, DARK)


@pytest.mark.parametrize("value", [0.0, 0.3, -5.0, 1e-12, 1e12, 1e99])
def test_one_trial_or_equal_scores_are_drawn(value):
    for trials in ([(0, value)], [(n, value) for n in range(9)]):
        check(objective_by_trial({"a": trials}, 60, 15, DARK), 60, 15)


def test_a_boosting_curve_marks_its_best_round():
    points = [(n, 1 - (n - 30) ** 2 / 1000) for n in range(0, 60, 5)]
    text = boosting_curve(points, 60, 15, MONO, label="smote trial 3")
    assert text.split("\n")[0] == "● smote trial 3 best 1.000 at 30"
    assert "".join(canvas(text)).count("●") == 1
    worst = boosting_curve(points, 60, 15, MONO, greater_is_better=False)
    assert "at 0" in worst
    trees = boosting_curve(points, 60, 15, MONO, rounds="trees")
    assert "trees" in trees


def test_a_curve_of_one_round_is_said():
    for points in ([], [(1, 0.5)], [(1, 0.5), (2, math.nan)]):
        assert "No boosting rounds" in boosting_curve(points, 60, 15, DARK)


def test_a_long_line_costs_no_more_than_its_columns(monkeypatch):
    from tui.charts import plane as module

    drawn = []
    thin = module._thin
    monkeypatch.setattr(
        module,
        "_thin",
        lambda *about: drawn.append(thin(*about)) or drawn[-1],
    )
    points = [(n / 10_000, math.sin(n)) for n in range(10_001)]
    text = plain(plane([Line("a", points)], Axis("x"), Axis("y", -1, 1), 60, 15, DARK))
    check(text, 60, 15)
    assert len(drawn[0]) <= 4 * 2 * 60


@pytest.mark.parametrize("draw", [det, lift, gain])
def test_the_other_curves_have_a_marker_for_every_arm(draw):
    for size in ((78, 17), (105, 33), (51, 20)):
        text = draw(ARMS, POSITIVES, NEGATIVES, *size, MONO)
        check(text, *size)
        drawn = "".join(canvas(text))
        assert all(marker in drawn for marker in "●▲■")
        assert "·" in drawn


@pytest.mark.parametrize("draw", [det, lift, gain])
def test_the_other_curves_say_what_cannot_be_drawn(draw):
    assert draw([], 5, 5, 60, 15, DARK).strip() == "No result to draw yet."
    assert "both classes" in draw(ARMS, 0, 5, 60, 15, DARK)
    assert "both classes" in draw(ARMS, 5, 0, 60, 15, DARK)
    for points in ([(0.5, 5, 5)], [(math.inf, 0, 0), (0.5, 5, 5)], [(0.0, 1, 1)]):
        check(draw([Series("a", points)], 5, 5, 60, 15, DARK), 60, 15)


def test_a_det_curve_has_stretched_scales():
    text = det(ARMS, POSITIVES, NEGATIVES, 105, 33, MONO)
    for tick in ("0.1 %", "1 %", "20 %", "50 %", "99 %"):
        assert tick in text
    separable = [Series("a", [(0.9, 0, 161), (0.1, 8519, 161)])]
    text = det(separable, POSITIVES, NEGATIVES, 60, 15, MONO)
    assert "no threshold makes errors of both kinds" in " ".join(text.lower().split())


def test_lift_begins_where_some_rows_are_predicted_positive():
    few = [Series("a", [(0.9, 0, 1), (0.5, 99, 50), (0.1, 8519, 161)])]
    text = lift(few, POSITIVES, NEGATIVES, 80, 20, MONO)
    # One row that is right has a lift of 54: it is chance, and sets no scale.
    assert "54" not in text
    assert "100 %" in text
