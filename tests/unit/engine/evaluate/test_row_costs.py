"""Costs per row, against brute force: thresholds, steps, winners, tests, intervals."""

import numpy as np
import pytest
from msgspec.structs import replace

from engine.core.costs import Costs
from engine.core.outcome import Confusion
from engine.evaluate.board import cross_fit
from engine.evaluate.bootstrap import interval_and_p
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.costs import (
    cost_steps,
    least_cost_thresholds,
    winners,
)
from engine.evaluate.metrics import class_sizes
from engine.evaluate.row_costs import alternatives, amount_intervals, wider
from engine.evaluate.threshold import Threshold, choose, operating_point

COSTS = Costs(cost_fn=30.0, cost_fp=4.0, column="amount")


def drawn(seed, rows=240, grid=40):
    """Labels, scores with ties, and amounts, some of them 0 and some missing."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.2).astype(np.int8)
    scores = (rng.integers(0, grid, rows) / grid + 0.15 * y).astype(np.float32)
    worth = np.where(y == 1, rng.lognormal(-0.5, 1.0, rows), 1.0)
    worth[np.flatnonzero(y)[::7]] = 0.0
    return y, scores, worth


def paid(y, scores, threshold, worth, costs, sizes=None):
    """What all rows cost at a threshold, row by row."""
    there = costs.of_rows(*(sizes or class_sizes(y)))
    total = 0.0
    for label, score, own in zip(y, scores, worth, strict=True):
        alarm = float(score) >= threshold
        if label == 1:
            total += 0.0 if alarm else there.cost_fn * own
        else:
            total += there.cost_fp if alarm else there.cost_tn
    return total


@pytest.mark.parametrize("changes", [{}, {"cost_tn": 1.0}, {"prevalence": 0.02}])
def test_the_threshold_is_the_cheapest_and_of_equals_the_highest(changes):
    costs = replace(COSTS, **changes)
    for seed in range(12):
        y, scores, worth = drawn(seed)
        found = choose("cost", y, scores, prevalence=0.2, costs=costs, worth=worth)
        every = [np.inf, *np.unique(scores).astype(float)[::-1]]
        known = [paid(y, scores, at, worth, costs) for at in every]
        best = min(known)
        cheapest = next(at for at, cost in zip(every, known, strict=True)
                        if cost <= best * (1 + 1e-12))  # fmt: skip
        reached = scores >= np.float64(found.threshold)
        assert (reached == (scores >= cheapest)).all(), seed


def test_other_points_do_not_look_at_the_costs():
    y, scores, worth = drawn(3)
    for at in ("f1", "recall>=0.8", "precision>=0.3", "alerts<=10%", "prevalence"):
        given = {"prevalence": 0.2, "costs": COSTS}
        own = choose(at, y, scores, worth=worth, **given)
        assert own == choose(at, y, scores, **given), at


def test_a_point_has_the_amount_beside_the_count():
    y, scores, worth = drawn(5)
    point = operating_point("cost", Threshold(0.6), before=scores, y=y, scores=scores,
                            costs=COSTS, worth=worth, seed=1)  # fmt: skip
    amounts, missed = 30.0 * worth, (y == 1) & (scores < 0.6)
    assert point.metric("missed_amount") == pytest.approx(amounts[missed].sum())
    share = amounts[(y == 1) & ~missed].sum() / amounts[y == 1].sum()
    assert point.metric("amount_recall") == pytest.approx(share)
    total = paid(y, scores, 0.6, worth, COSTS)
    assert point.cost == pytest.approx(1000 * total / len(y))
    for value, name in ((point.cost, "cost_per_1000_ci"), (share, "amount_recall_ci")):
        low, high = point.interval(name)
        assert low < value < high


@pytest.mark.parametrize("ratio", [0.3, 2.0, 7.5, 40.0, 900.0])
def test_steps_have_the_least_cost_at_every_ratio(ratio):
    y, scores, worth = drawn(8)
    y_test, test, own = drawn(9)
    steps = cost_steps(y, scores, y_test, test, worth=(worth, own))
    costs = Costs(cost_fn=ratio, cost_fp=1.0)
    step = [one for one in steps if one.ratio < ratio][-1]
    chosen = choose("cost", y, scores, prevalence=0.2, costs=costs, worth=worth)
    here, there = (paid(y, scores, at, worth, costs)
                   for at in (step.threshold, chosen.threshold))  # fmt: skip
    assert here == pytest.approx(there)
    missed = (y_test == 1) & (test < np.float64(step.threshold))
    assert step.count == pytest.approx(own[missed].sum())
    assert step.fn == missed.sum()


def test_the_winner_is_the_cheapest_arm_of_the_test_rows():
    y, scores, worth = drawn(8)
    noise = np.random.default_rng(1).normal(size=len(y))
    arms = {"untreated": scores, "smote": (scores + 0.3 * noise).astype(np.float32)}
    steps = {n: cost_steps(y, s, y, s, worth=(worth, worth)) for n, s in arms.items()}
    found = winners(steps, scores=arms, y_test=y, control="untreated", seed=0,
                    worth=worth)  # fmt: skip
    told = [won for won in found if won.difference is not None]
    for won in told:
        costs = Costs(cost_fn=won.at, cost_fp=1.0)
        known = {}
        for name, own in arms.items():
            at = [one for one in steps[name] if one.ratio <= won.at][-1].threshold
            known[name] = 1000 * paid(y, own, at, worth, costs) / len(y)
        assert won.difference == pytest.approx(known[won.arm] - known["untreated"])
    assert (found[0].ratio, found[-1].to) == (0.1, None)


def test_arms_are_compared_in_what_their_rows_cost():
    y, scores, worth = drawn(11, rows=900)
    other = (scores + 0.1 * np.random.default_rng(2).normal(size=900)).astype("f4")
    arms = [
        ArmScores("untreated", y, scores, {"cost": 0.7, "fixed": 0.5}),
        ArmScores("smote", y, other, {"cost": 0.6, "fixed": 0.5}),
    ]
    found = compare(arms, costs=COSTS, seed=0, worth=worth, draws=400)
    for row in found:
        if row.metric == "cost_per_1000":
            own, base = (
                paid(y, arm.scores, arm.thresholds[row.at], worth, COSTS)
                for arm in (arms[1], arms[0])
            )
            assert row.difference == pytest.approx(1000 * (own - base) / len(y))
            assert "percentile or normal interval" in row.method
            assert row.ci[0] < row.difference < row.ci[1]
    assert {row.at for row in found if row.metric == "cost_per_1000"} == {
        "cost",
        "fixed",
    }


def test_folds_are_counted_at_the_threshold_of_the_others():
    y, scores, worth = drawn(13, rows=600)
    folds = [np.arange(k, 600, 3) for k in range(3)]
    found = cross_fit("cost", y, scores, folds, costs=COSTS, prevalence=0.2,
                      worth=worth)  # fmt: skip
    for fold, value in zip(folds, found, strict=True):
        rest = np.setdiff1d(np.arange(600), fold)
        at = choose("cost", y[rest], scores[rest], prevalence=0.2, costs=COSTS,
                    worth=worth[rest]).threshold  # fmt: skip
        total = paid(y[fold], scores[fold], at, worth[fold], COSTS)
        assert value == pytest.approx(1000 * total / len(fold))


def test_equal_costs_are_one_cost_to_the_last_bit():
    y, scores, _ = drawn(17, rows=500)
    other = (scores + 0.2 * np.random.default_rng(4).normal(size=500)).astype("f4")
    alike = np.ones(500)
    plain = replace(COSTS, column="")
    for worth, costs in ((alike, COSTS), (alike, replace(COSTS, prevalence=0.03))):
        bare = replace(costs, column="")
        given = {"prevalence": 0.2, "costs": costs}
        assert choose("cost", y, scores, worth=worth, **given) == choose(
            "cost", y, scores, prevalence=0.2, costs=bare
        )
        arms = [
            ArmScores("untreated", y, scores, {"cost": 0.7}),
            ArmScores("smote", y, other, {"cost": 0.6}),
        ]
        settings = {"seed": 0, "draws": 200}
        assert compare(arms, costs=costs, worth=worth, **settings) == compare(
            arms, costs=bare, **settings
        )
    steps = {
        name: cost_steps(y, s, y, s, worth=worth)
        for name, s in (("untreated", scores), ("smote", other))
        for worth in ((alike, alike),)
    }
    bare_steps = {
        name: cost_steps(y, s, y, s)
        for name, s in (("untreated", scores), ("smote", other))
    }
    assert [[one.count for one in own] for own in steps.values()] == [
        [one.fn for one in own] for own in bare_steps.values()
    ]
    ranked = {"untreated": scores, "smote": other}
    common = {"scores": ranked, "y_test": y, "control": "untreated", "seed": 0}
    assert winners(steps, worth=alike, **common) == winners(bare_steps, **common)
    about = {"cost_fn": 30.0, "cost_fp": 4.0, "seed": 1}
    assert (
        least_cost_thresholds(y, scores, worth=alike, **about)
        == least_cost_thresholds(y, scores, **about)
    ).all()
    assert plain.per_1000(tn=9, fp=3, fn=2, tp=4, missed=2.0) == plain.per_1000(
        tn=9, fp=3, fn=2, tp=4
    )


def test_redrawn_thresholds_are_those_of_least_cost():
    y = np.repeat([0, 1], [80, 40])
    scores = np.concatenate([np.linspace(0, 0.9, 80), np.linspace(0.1, 1.0, 40)])
    about = {"cost_fn": 1.0, "cost_fp": 1.0, "seed": 0}
    # Worth ten alarms each, all positives are to be found; worth one, only the highest.
    chosen = least_cost_thresholds(y, scores, worth=np.full(120, 10.0), **about)
    assert np.median(chosen) < 0.2
    assert np.median(least_cost_thresholds(y, scores, **about)) > 0.8


def test_few_large_amounts_widen_an_interval_and_its_p():
    draws = np.random.default_rng(0).normal(1.0, 1.0, 2000) ** 2
    (low, high), p = interval_and_p(draws)
    (low_wide, high_wide), p_wide = wider(draws, 2.0)
    error = draws.std(ddof=1)
    assert low_wide == pytest.approx(2.0 - 1.959964 * error)
    assert high_wide == pytest.approx(max(high, 2.0 + 1.959964 * error))
    assert low_wide < low
    assert p_wide > p


def test_an_alternative_with_many_values_has_an_interval():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [3000, 300])
    cost = np.where(y == 1, rng.lognormal(0, 1, 3300), 0.0)
    (found,) = alternatives(y, 0.5 * cost, {"nobody": cost}, seed=0, uneven=True)
    assert found.difference == pytest.approx(-500 * cost.mean())
    assert found.ci[0] < found.difference < found.ci[1] < 0


def test_no_interval_without_a_miss_or_with_few_rows():
    worth = np.arange(1.0, 41.0)
    for found, counts in (
        (np.ones(40, dtype=bool), Confusion(tn=90, fp=10, fn=0, tp=40)),
        (np.arange(40) > 9, Confusion(tn=9, fp=1, fn=10, tp=30)),
    ):
        known = amount_intervals(worth, found, counts, COSTS, seed=0)
        assert set(known.values()) == {None}


def test_with_very_many_positives_the_interval_is_a_normal_one():
    rng = np.random.default_rng(0)
    worth, found = rng.lognormal(0, 1, 6000), rng.random(6000) < 0.7
    missed = int((~found).sum())
    counts = Confusion(tn=9000, fp=1000, fn=missed, tp=6000 - missed)
    both = amount_intervals(worth, found, counts, COSTS, seed=0)
    low, high = both["cost_per_1000_ci"]
    cost = 1000 * (30 * worth[~found].sum() + 4 * 1000) / 16_000
    assert (low + high) / 2 == pytest.approx(cost)
    row = worth * ~found
    error = np.sqrt(6000 * (30 * row).var() + 10_000 * 16 * 0.1 * 0.9)
    assert (high - low) / 2 == pytest.approx(1.96 * 1000 * error / 16_000, rel=1e-3)
