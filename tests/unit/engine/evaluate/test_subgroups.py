"""How errors fall on groups, and which arm widens a gap."""

import numpy as np
import pytest
from scipy.stats import norm, ttest_ind

from engine.core.costs import wilson
from engine.evaluate.subgroups import (
    Decided,
    Groups,
    compare_subgroups,
    gap_interval,
    paired_difference,
)

SEX = Groups("sex", np.repeat([0, 1], 200), ["f", "m"])
Y = np.tile([1, 0, 0, 0], 100)


def decided(missed):
    """Return an arm that misses the first positives of each group."""
    predicted = Y == 1
    for start, count in zip((0, 200), missed, strict=True):
        positives = np.flatnonzero(Y[start : start + 200]) + start
        predicted[positives[:count]] = False
    predicted[201:221:4] = True
    return Decided(predicted, np.where(predicted, 0.6, 0.1))


def test_the_interval_of_two_groups_is_newcombes():
    """56 of 70 and 48 of 80: method 10 of Newcombe (1998), table II (a)."""
    low, high = gap_interval([56, 48], [70, 80])
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert gap_interval([48, 56], [80, 70]) == pytest.approx((low, high))
    assert gap_interval([10, 10], [20, 20])[0] == 0
    # Of three groups it holds for every pair.
    wider = gap_interval([56, 48, 50], [70, 80, 75])
    assert wider[0] < low < high < wider[1]


def test_a_paired_difference_has_half_a_row_more_in_each_cell():
    table = np.array([20, 8, 2, 10]) + 0.5
    share = table / table.sum()
    centre, variance = paired_difference(8, 2, 40)
    assert centre == pytest.approx(share[1] - share[2])
    spread = share[1] + share[2] - (share[1] - share[2]) ** 2
    assert variance == pytest.approx(spread / table.sum())


def test_errors_are_counted_by_group():
    (one,) = compare_subgroups([SEX], {"a": decided((30, 5))}, Y, control={}, seed=0)
    f, m = one.arms[0].groups
    assert (f.level, f.rows, f.positives, f.missed, f.alarms) == ("f", 200, 50, 30, 0)
    assert (m.missed, m.alarms, m.alerts) == (5, 5, 50)
    assert (f.recall, f.recall_ci) == (0.4, wilson(20, 50))
    assert (m.false_positive_rate, m.alert_share) == (5 / 150, 0.25)
    assert (m.observed, m.observed_ci) == (0.25, wilson(50, 200))
    assert m.expected == pytest.approx((50 * 0.6 + 150 * 0.1) / 200)
    recall = next(gap for gap in one.gaps if gap.metric == "recall")
    assert (recall.low, recall.high, recall.gap) == ("f", "m", 0.5)
    assert recall.adjusted_p < 0.001
    assert recall.change is None


def test_which_arm_widens_a_gap_is_asked_on_the_same_rows():
    arms = {
        "untreated": decided((20, 5)),
        "smote": decided((40, 5)),
        "weights": decided((20, 5)),
    }
    control = dict.fromkeys(arms, "untreated")
    (one,) = compare_subgroups([SEX], arms, Y, control=control, seed=0)
    changes = {gap.arm: gap.change for gap in one.gaps if gap.metric == "recall"}
    assert changes["untreated"] is None
    smote = changes["smote"]
    assert (smote.low, smote.high, smote.effect) == ("f", "m", "wider")
    assert smote.difference == pytest.approx(0.4)
    pairs = [paired_difference(0, 0, 50), paired_difference(0, 20, 50)]
    centre = pairs[0][0] - pairs[1][0]
    error = (pairs[0][1] + pairs[1][1]) ** 0.5
    assert np.mean(smote.ci) == pytest.approx(centre)
    assert smote.p == pytest.approx(2 * norm.sf(centre / error))
    assert smote.adjusted_p >= smote.p
    assert (changes["weights"].difference, changes["weights"].effect) == (
        0,
        "not shown",
    )


def test_a_gap_in_calibration_is_of_what_is_expected_and_found():
    """Of two groups it is a z test of two differences, with Newcombe's limits."""
    risks = np.where(np.arange(400) < 200, 0.30, 0.15)
    fine = np.full(400, 0.25)
    arms = {"untreated": Decided(Y == 1, fine), "smote": Decided(Y == 1, risks)}
    control = dict.fromkeys(arms, "untreated")
    (one,) = compare_subgroups([SEX], arms, Y, control=control, seed=0)
    base, gap = (gap for gap in one.gaps if gap.metric == "calibration")
    assert (base.gap, base.ci[0], base.p) == (pytest.approx(0), 0, pytest.approx(1))
    # Both groups have 50 positives of 200: 0.05 fewer, and 0.10 more, than expected.
    assert (gap.low, gap.high, gap.gap) == ("f", "m", pytest.approx(0.15))
    low, high = wilson(50, 200)
    half = ((0.25 - low) ** 2 + (high - 0.25) ** 2) ** 0.5
    assert gap.ci == pytest.approx((0.15 - half, 0.15 + half))
    even = np.array([0.30, 0.15]) + 0.025  # as far from what is expected in both
    error = (even * (1 - even) / 200).sum() ** 0.5
    assert gap.p == pytest.approx(2 * norm.sf(0.15 / error))
    assert gap.change.difference == pytest.approx(0.15)
    assert (gap.change.low, gap.change.high, gap.change.effect) == ("f", "m", "wider")
    assert [one.expected for one in one.arms[1].groups] == pytest.approx([0.30, 0.15])


def test_probabilities_that_are_off_by_as_much_everywhere_widen_no_gap():
    risks = np.random.default_rng(0).uniform(0.1, 0.4, 400)
    arms = {"untreated": Decided(Y == 1, risks), "smote": Decided(Y == 1, risks + 0.3)}
    (one,) = compare_subgroups([SEX], arms, Y, control={"smote": "untreated"}, seed=0)
    (change,) = (
        gap.change for gap in one.gaps if gap.metric == "calibration" and gap.change
    )
    assert (change.difference, change.p, change.effect) == (0, 1, "not shown")


def test_a_change_of_a_gap_in_calibration_is_paired():
    rng = np.random.default_rng(0)
    base, own = rng.uniform(0.1, 0.4, (2, 400))
    arms = {"untreated": Decided(Y == 1, base), "smote": Decided(Y == 1, own)}
    (one,) = compare_subgroups([SEX], arms, Y, control={"smote": "untreated"}, seed=0)
    (change,) = (
        gap.change for gap in one.gaps if gap.metric == "calibration" and gap.change
    )
    groups = {"f": slice(0, 200), "m": slice(200, 400)}
    apart = [(base - own)[groups[name]] for name in (change.high, change.low)]
    test = ttest_ind(*apart, equal_var=False)
    assert change.difference == pytest.approx(apart[0].mean() - apart[1].mean())
    assert change.p == pytest.approx(2 * norm.sf(abs(test.statistic)))


def test_of_few_rows_nothing_is_told():
    few = Groups("age", np.repeat([0, 1], [340, 60]), ["young", "old"])
    (one,) = compare_subgroups([few], {"a": decided((3, 9))}, Y, control={}, seed=0)
    assert one.few == ("old",)
    # There are negatives enough to compare false alarms.
    assert {gap.metric for gap in one.gaps} == {"false_positive_rate", "alert_share"}
