"""Each verdict of a validation on rows that are made to deserve it."""

import re
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from engine.bundle import manifest as forms
from engine.core.outcome import CalibrationMap
from engine.core.validation import TITLES, Validation
from engine.core.views.validation import metrics
from tests.support.paths import ROOT
from tests.support.validated import promised, rows_of, validated


@pytest.fixture(scope="module")
def scorer():
    return promised(np.random.default_rng(0))


def judged(scorer, rows=2_000, *, at=None, seed=1, **changes):
    new = rows_of(np.random.default_rng(seed), rows, **changes)
    return validated(scorer, *new, at=at)


def codes(found):
    return {one.code for one in (*found.verdict.reasons, *found.verdict.doubts)}


def test_each_verdict_where_it_is_deserved(scorer):
    cases = {
        "VAL001": judged(scorer),
        "VAL002": judged(scorer, odds=3.0),
        "VAL004": judged(scorer, noise=0.7),
        "VAL005": judged(scorer, rows=400),
    }
    # Scores of another distribution, as calibrated as they were: more rows are alerted.
    rng = np.random.default_rng(3)
    y, scores = rows_of(rng, 8_000)
    kept = (scores > 0.05) | (rng.random(len(y)) < 0.5)
    cases["VAL003"] = validated(scorer, y[kept], scores[kept], at="alerts<=10%")
    found = {code: one.verdict.code for code, one in cases.items()}
    assert found == {code: code for code in sorted(TITLES)}
    for code, one in cases.items():
        assert one.verdict.headline == TITLES[code]
        # The document is what its struct says, and comes back.
        assert msgspec.json.decode(msgspec.json.encode(one), type=Validation) == one
    assert "VAL201" in codes(cases["VAL002"])
    always = {"VAL101", "VAL102", "VAL103", "VAL104", "VAL106"}
    assert all(always <= codes(one) for one in cases.values())
    assert "VAL203" in codes(cases["VAL003"])
    moved = cases["VAL003"].point
    assert moved.suggested > moved.threshold
    assert moved.delivered.value > moved.delivered.requested == pytest.approx(0.1)


def test_few_positives_tell_nothing(scorer):
    y, scores = rows_of(np.random.default_rng(0), 4_000, noise=1.0)
    places = np.concatenate([np.flatnonzero(y)[:19], np.flatnonzero(y == 0)])
    found = validated(scorer, y[places], scores[places])
    assert (found.verdict.code, codes(found) & {"VAL105"}) == ("VAL005", {"VAL105"})
    assert {one.ci for one in found.metrics} == {None}
    assert found.threshold_gain is None
    one = np.ones(50, dtype=np.int8)
    alone = validated(scorer, one, np.full(50, 0.5, dtype=np.float32))
    assert alone.verdict.code == "VAL005"
    assert alone.calibration.slope is None


def test_a_bundle_without_a_reference_is_not_said_to_hold(scorer):

    old = replace(scorer, reference=None)
    for changes, code in (({}, "VAL005"), ({"odds": 3.0}, "VAL002")):
        found = judged(old, **changes)
        assert found.verdict.code == code
        assert {"VAL106", "VAL204"} <= codes(found)
        assert (found.columns, found.scores, found.prevalence.then) == ((), None, None)
    assert judged(old, noise=1.0).verdict.code == "VAL004"
    assert judged(old, at="recall>=0.8", noise=0.0).point.delivered is not None


def test_every_code_is_explained():
    page = (ROOT / "docs" / "validate.md").read_text("utf-8")
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "engine/validation").glob("*.py")
    )

    for code in {*TITLES, *re.findall(r"VAL\d{3}", source)}:
        assert f"| {code} |" in page, code


def test_new_rows_count_at_their_own_prevalence(scorer):
    # As of a run with --prevalence: rows of its table counted as in use; these do not.
    there = 0.02
    figures = scorer.reference.figures
    costs = msgspec.structs.replace(figures.costs, prevalence=there)
    told = replace(
        scorer,
        reference=msgspec.structs.replace(
            scorer.reference, figures=msgspec.structs.replace(figures, costs=costs)
        ),
    )
    one, other = judged(scorer, odds=2.0), judged(told, odds=2.0)
    assert other.threshold_gain == one.threshold_gain
    assert other.points == one.points
    assert other.threshold_gain.cost == pytest.approx(other.point.cost)


def test_a_cost_is_given_with_what_a_miss_costs(scorer):
    (text,) = (
        one.text for one in judged(scorer).verdict.reasons if one.code == "VAL104"
    )
    assert "(a miss costs 15, a false alarm 1)" in text


def test_rows_are_compared_with_the_prevalence_that_a_bundle_is_for(scorer):
    y, scores = rows_of(np.random.default_rng(1), 4_000)
    doubts = {}
    for there in (float(y.mean()), 0.01):
        repair = forms.Repair(method="none", map=CalibrationMap(), prevalence=there)
        manifest = msgspec.structs.replace(scorer.manifest, calibration={"yes": repair})
        found = validated(replace(scorer, manifest=manifest), y, scores)
        doubts[there] = [d.text for d in found.verdict.doubts if d.code == "VAL201"]
    (same, (other,)) = doubts.values()
    assert same == []
    assert "the bundle is for 1.0 %" in other


def test_an_interval_below_0_can_be_read(scorer):
    table = metrics(judged(scorer, odds=0.2))
    cells = {row.key: [cell.text for cell in row.cells] for row in table.rows}
    _, large, interval, *_ = cells["calibration in the large"]
    assert (large[0], interval[0]) == ("−", "−")
    assert " to −" in interval
    assert "-" not in large + interval
    assert "to" not in cells["average_precision"][2]
