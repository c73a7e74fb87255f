"""The drawings of the report: points where they belong, lines that are told apart."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest

from engine.core.outcome import Comparison
from engine.core.views.report.charts import (
    cost,
    precision_recall_chart,
    reliability,
    roc_chart,
)
from engine.core.views.report.facts import At, Facts
from engine.core.views.report.forest import forest
from engine.core.views.report.parts import (
    Plane,
    linear,
    logarithmic,
    look,
    marker,
    root,
    steps,
)
from tests.support.documents import BLANK_ARM, typed
from tests.support.report_samples import follow

UNSCORED = {
    "calibration": [],
    "repair": "none",
    "cost_steps": [],
    "implied_cost_ratio": None,
    "unseen": None,
}


def arm(name, sweep, *, fn=1, fp=2, **more):
    counts = {"fn": fn, "tp": 4 - fn, "fp": fp, "tn": 16 - fp}
    point = {"name": "fixed", "threshold": 0.5, "confusion": counts, "metrics": {}}
    return BLANK_ARM | {
        "name": name,
        "operating_points": [point],
        "test": {"average_precision": 0.5, "roc_auc": 0.75},
        "sweep": sweep,
        **UNSCORED,
        **more,
    }


SWEEP = [[0.9, 0, 1], [0.6, 2, 3], [0.2, 10, 4], [0.1, 16, 4]]


def facts(*arms, **more):
    about = {"name": "t", "rows": 20, "columns": 2, "target": "y", "roles": {}}
    dataset = {**about, "positive": "yes", "classes": {"no": 16, "yes": 4}}
    return Facts(typed({"arms": list(arms), "dataset": dataset, **more}))


def inner(chart):
    (found,) = (shape for shape in chart.shapes if shape.tag == "svg")
    return found


def points(text):
    return [tuple(map(float, one.split(","))) for one in text.split()]


def lines(chart):
    return [
        s
        for s in inner(chart).inside
        if s.tag == "polyline" and s.look.startswith("l ")
    ]


def unit(chart, point):
    """Where a point is in the plane, from 0 to 1 both ways."""
    box = inner(chart)
    return point[0] / float(box.places["width"]), 1 - point[1] / float(
        box.places["height"]
    )


def test_roc_begins_at_nothing_and_ends_at_everybody():
    told = facts(arm("untreated", SWEEP))
    chart = roc_chart(told, told.scored(None), "0")
    (line,) = lines(chart)
    found = [unit(chart, point) for point in points(line.places["points"])]
    expected = [(0, 0), (0, 0.25), (2 / 16, 0.75), (10 / 16, 1), (1, 1)]
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=2e-3)


def test_an_arm_is_marked_at_its_operating_point():
    told = facts(arm("untreated", SWEEP))
    chart = roc_chart(told, told.scored(None), "0")
    (mark,) = (s for s in inner(chart).inside if s.tag == "polygon")
    corners = [unit(chart, point) for point in points(mark.places["points"])]
    middle = [sum(side) / len(corners) for side in zip(*corners, strict=True)]
    assert middle == pytest.approx([2 / 16, 0.75], abs=5e-3)


def test_one_that_calls_nobody_has_no_mark():
    told = facts(arm("untreated", SWEEP, fn=4, fp=0))
    for draw in (roc_chart, precision_recall_chart):
        shapes = inner(draw(told, told.scored(None), "0")).inside
        assert not [s for s in shapes if s.tag == "polygon"]


def test_guessing_is_at_the_prevalence():
    told = facts(arm("untreated", SWEEP))
    chart = precision_recall_chart(told, told.scored(None), "0")
    (base,) = (s for s in inner(chart).inside if s.look == "base")
    assert base.places["y1"] == base.places["y2"]
    assert unit(chart, (0, float(base.places["y1"])))[1] == pytest.approx(
        4 / 20, abs=3e-3
    )


def test_what_is_above_a_curves_scale_is_said():
    rare = [[0.9, 0, 1]] + [[0.8 - k / 1000, 40 * k, 1 + k // 4] for k in range(400)]
    counts = {"fn": 50, "tp": 50, "fp": 10, "tn": 20_000}
    made = arm("untreated", rare)
    made["operating_points"][0]["confusion"] = counts
    told = facts(made)
    chart = precision_recall_chart(told, told.scored(None), "0")
    assert "above what is drawn" in chart.note[0]
    other = facts(arm("untreated", SWEEP))
    chart = precision_recall_chart(other, other.scored(None), "0")
    assert "above" not in chart.note[0]


def test_the_control_is_drawn_last_and_looks_its_own():
    told = facts(arm("a", SWEEP), arm("untreated", SWEEP), arm("b", SWEEP))
    chart = roc_chart(told, told.scored(None), "0")
    assert [line.look for line in lines(chart)] == [look(1), look(2), look(0)]
    assert [key.name for key in chart.legend] == ["a", "untreated", "b"]


def test_lines_are_distinct_without_colour_as_well():
    looks = [look(n) for n in range(43)]
    assert len(set(looks)) == len(looks)
    forms = [marker(0, 0, n).places["points"] for n in range(7)]
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize("method", ["none", "platt"])
def test_reliability_is_of_the_method_asked_for(method):
    bins = {
        "none": [{"rows": 10, "positives": 1, "score": 0.9}],
        "platt": [{"rows": 10, "positives": 1, "score": 0.1}],
    }
    calibration = [{"method": name, "bins": of} for name, of in bins.items()]
    told = facts(arm("untreated", SWEEP, calibration=calibration, repair="platt"))
    chart = reliability(told, told.scored(None), repaired=method == "platt")
    (line,) = lines(chart)
    x, _ = unit(chart, points(line.places["points"])[0])
    assert x == pytest.approx({"none": 0.9, "platt": 1.0}[method], abs=3e-3)


def test_cost_is_a_share_of_what_no_model_costs():
    found = [{"ratio": 0.0, "threshold": 1.0, "fp": 0, "fn": 4}]
    told = facts(arm("untreated", SWEEP, cost_steps=found))
    chart = cost(told, told.scored(None))
    (line,) = lines(chart)
    levels = [unit(chart, point)[1] for point in points(line.places["points"])]
    # It calls nobody: from some ratio on it would cost less to call everybody.
    assert levels[0] == pytest.approx(1.0)
    assert levels[41] > 1.0


def test_the_forest_has_a_row_per_arm_and_0_in_sight():
    rows = [
        Comparison(
            a=f"arm {n}",
            b="untreated",
            at="cost",
            metric="cost_per_1000",
            difference=d,
            ci=(d - 1, d + 1),
            p=0.01,
            adjusted_p=0.01,
            method="",
        )
        for n, d in enumerate((5.0, 8.0))
    ]
    chart = forest(facts(), [At(row) for row in rows], "f", "cost", "cost_per_1000")
    shapes = inner(chart).inside
    (zero,) = (s for s in shapes if s.look == "zero")
    assert float(zero.places["x1"]) == 0.0
    whiskers = [s for s in shapes if s.look == "whisker sure"]
    assert len(whiskers) == 2
    assert float(whiskers[0].places["y1"]) < float(whiskers[1].places["y1"])
    assert [s.text for s in chart.shapes if s.look == "row"] == [
        "arm 0",
        "arm 1",
    ]


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.08, 0.11), (-80, 3), (5, 5), (0, 0), (-1e-9, 2e-9)]
)
def test_steps_are_round_and_hold_both_ends(low, high):
    found = steps(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 9
    gaps = [after - before for before, after in pairwise(found)]
    assert max(gaps) == pytest.approx(min(gaps))


def test_scales_keep_order_and_ends():
    for scale in (linear("", 0, 3), root("", 0.37), logarithmic("", 0.1, 1000)):
        parts = [
            scale.part(scale.low + n / 10 * (scale.high - scale.low)) for n in range(11)
        ]
        assert parts == sorted(parts)
        assert (parts[0], parts[-1]) == (0.0, pytest.approx(1.0))
        assert all(math.isfinite(scale.part(tick)) for tick in scale.ticks)


def test_a_plane_writes_short_places():
    plane = Plane(linear("x", 0, 3), linear("y", 0, 3))
    plane.line([(1 / 3, 2 / 3), (3.0, 0.0)], "base")
    text = plane.drawn[0].places["points"]
    assert re.fullmatch(r"\d+(\.\d)?,\d+(\.\d)? \d+(\.\d)?,\d+(\.\d)?", text)


def test_a_path_leads_back_to_its_value():
    document = {
        "split": {"test": {"a.b": 1, "@1": 2}},
        "arms": [{"test": {"brier": 3}}],
    }
    of = At(document)
    for at in (of["split"]["test"].of("@1"), of["arms"][0]["test"]["brier"]):
        assert follow(document, at.path) == at.value
