"""What several splits come to together, against plain formulas."""

import math

import msgspec
import numpy as np
import pytest
from scipy.stats import binomtest, t

from engine.core.costs import wilson
from engine.core.outcome import Remark
from engine.core.repeated_splits import STANDS
from engine.core.seeds import split_seed
from engine.core.state import State
from engine.evaluate.across_splits import summarize
from engine.evaluate.verdict.verdict import with_splits
from tests.support.several_splits import splits_of

replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def first(two_classes):
    return two_classes.state()


def test_the_share_is_that_of_the_splits_after_the_first(first):
    summary = summarize(first, splits_of(first, 19, others=4), asked=20)
    known = binomtest(15, 19).proportion_ci(method="wilson")
    assert (summary.done, summary.others, summary.same) == (20, 19, 15)
    assert summary.share == 15 / 19
    assert summary.ci == pytest.approx((known.low, known.high))
    assert {(v.arm, v.splits) for v in summary.verdicts} == {
        (first.compared.verdict.choice.arm, 16),
        ("smote", 4),
    }
    assert [one.seed for one in summary.outcomes] == [
        split_seed(first.experiment.seed, n) for n in range(1, 21)
    ]


def test_figures_spread_as_numpy_says(first):
    further = splits_of(first, 5)
    summary = summarize(first, further, asked=6)
    for name in (arm.name for arm in first.arms):
        drawn = [
            state.arm(name).evaluated.test["average_precision"]
            for state in (first, *further)
        ]
        row = next(r for r in summary.board if (r.arm, r.at) == (name, "recommended"))
        spread = row.figures["average_precision"]
        assert spread.splits == 6
        assert spread.mean == pytest.approx(np.mean(drawn))
        assert spread.sd == pytest.approx(np.std(drawn, ddof=1))
        assert (spread.least, spread.most) == (min(drawn), max(drawn))


def test_the_test_is_nadeau_and_bengios(first):
    further = splits_of(first, 9)
    summary = summarize(first, further, asked=10)
    control, name = first.arms[0].name, first.arms[1].name
    ap = np.array(
        [
            [s.arm(n).evaluated.test["average_precision"] for n in (name, control)]
            for s in (first, *further)
        ]
    )
    difference = ap[:, 0] - ap[:, 1]
    test, train = (sum(side.values()) for side in (first.split.test, first.split.train))
    scale = math.sqrt((1 / 10 + test / train) * difference.var(ddof=1))
    p = 2 * t.sf(abs(difference.mean()) / scale, 9)
    (found,) = [
        c
        for c in summary.comparisons
        if (c.a, c.b, c.metric) == (name, control, "average_precision")
    ]
    assert found.folds == 10
    assert found.p == pytest.approx(p)
    assert "over 10 splits" in found.method


def test_an_arm_that_failed_in_a_split_counts_in_the_others(first):
    further = splits_of(first, 3)
    lost = replace(further[1], arms=(further[1].arms[0],))
    summary = summarize(first, [further[0], lost, further[2]], asked=4)
    rows = {(r.arm, r.at): r.figures["recall"].splits for r in summary.board}
    control, name = first.arms[0].name, first.arms[1].name
    assert (rows[control, "recommended"], rows[name, "recommended"]) == (4, 3)
    assert {c.folds for c in summary.comparisons if c.a == name} == {3}


def test_a_split_without_a_result_does_not_agree(first):
    error = {"code": "target", "message": "no positive", "fix": ""}
    empty = State(status="failed", error=error)
    summary = summarize(first, [empty, *splits_of(first, 1)], asked=3)
    assert (summary.same, summary.others) == (1, 2)
    assert summary.outcomes[1].error == "no positive"
    assert sum(v.splits for v in summary.verdicts) == 2


@pytest.mark.parametrize("same", [15, 16])
def test_a_verdict_says_whether_it_stands(first, same):
    summary = summarize(first, splits_of(first, 20, others=20 - same), asked=21)
    verdict = with_splits(first.compared.verdict, summary)
    again = with_splits(verdict, summary)
    reasons = {remark.code for remark in again.reasons}
    doubts = {remark.code for remark in again.doubts}
    assert (("VRD119" in reasons), ("VRD222" in doubts)) == (same == 16, same == 15)
    assert not doubts & {"VRD204", "VRD223"}
    assert again == verdict
    assert summary.stands == (same / 20 >= STANDS)
    low = wilson(same, 20)[0]
    (said,) = [
        remark.text
        for remark in (*again.reasons, *again.doubts)
        if isinstance(remark, Remark) and remark.code in ("VRD119", "VRD222")
    ]
    assert f"{same} of 20" in said
    assert f"{low:.2f}" in said
