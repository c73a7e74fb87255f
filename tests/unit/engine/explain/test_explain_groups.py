"""Where misses are: by level, and whether a column's are more uneven than chance."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.errors import Levels, by_level, spread, with_level
from engine.explain.errors import levels_of as levels
from engine.service import ExplainHandler
from tests.support.explained import ask, groups, rows


@pytest.fixture(scope="module")
def made(two_classes):
    return two_classes


@pytest.fixture(scope="module")
def desk():
    return ExplainHandler()


@pytest.fixture(scope="module")
def bench(made, desk):
    ask(desk, made, rows)
    return desk._bench


def test_levels_add_up_to_all_rows(made, desk):
    for column in ("colour", "age", "flag", "dose", "risk"):
        shown = ask(desk, made, groups, arm="untreated", at="f1", column=column)
        for name in ("rows", "positives", "missed", "alarms"):
            parts = [getattr(level, name) for level in shown.levels]
            assert sum(parts) == getattr(shown.overall, name), (column, name)
        missed = [level.missed for level in shown.levels]
        assert missed == sorted(missed, reverse=True)
        assert shown.columns[0] == "risk"
        assert "id" not in shown.columns
        assert "sick" not in shown.columns


def test_a_level_s_counts_are_those_of_its_rows(made, desk, bench):
    file = pd.read_csv(made[2], keep_default_na=False, dtype=str)
    file = file[file["sick"] != ""]  # a row without a target is in neither part
    test = file.iloc[bench.split.test].reset_index(drop=True)
    shown = ask(desk, made, groups, arm="untreated", at="f1", column="colour")
    threshold = ask(desk, made, rows, arm="untreated", at="f1").threshold
    said = bench.scores("untreated") >= threshold
    for level in shown.levels:
        here = (test["colour"] == level.level).to_numpy()
        sick = (test["sick"] == "yes").to_numpy() & here
        assert level.rows == here.sum()
        assert level.positives == sick.sum()
        assert level.missed == (sick & ~said).sum()
        assert level.alarms == (here & ~sick & said).sum()
        share = (sick & said).sum() / sick.sum() if sick.any() else None
        assert level.recall == pytest.approx(share)


def test_gaps_between_the_levels_of_any_column_are_told_after_the_run(
    made, desk, bench
):
    shown = ask(desk, made, groups, arm="weights", at="f1", column="flag")
    counts = {level.level: level for level in shown.levels}
    gaps = {gap.metric: gap for gap in shown.gaps}
    assert set(gaps) <= {"recall", "false_positive_rate", "alert_share", "calibration"}
    alarms = gaps["false_positive_rate"]
    rates = counts[alarms.high].alarm_rate, counts[alarms.low].alarm_rate
    assert alarms.gap == pytest.approx(rates[0] - rates[1])
    assert alarms.change is not None
    assert {gap.arm for gap in shown.gaps} == {"weights"}
    # At another threshold they are others; of one level, and of none, there are none.
    moved = ask(
        *(desk, made, groups),
        **{"arm": "weights", "at": "f1", "column": "flag"},
        thresholds={"weights": 1.0},
    )
    assert all(g.gap == 0 for g in moved.gaps if g.metric != "calibration")
    assert ask(desk, made, groups, arm="weights", at="f1").gaps == ()


def test_numbers_are_cut_at_quartiles_of_the_training_rows(bench):
    found = levels(bench, "age")
    ages = bench.dataset.whole["age"]
    train = np.sort(ages.iloc[bench.split.train].to_numpy())
    edges = [train[int(np.ceil(q * len(train))) - 1] for q in (0.25, 0.5, 0.75)]
    texts = [str(int(edge)) for edge in edges]
    assert found.names == (
        f"up to {texts[0]}",
        *(f"over {a} to {b}" for a, b in pairwise(texts)),
        f"over {texts[-1]}",
    )
    test = ages.iloc[bench.split.test].to_numpy()
    assert ((test <= edges[0]) == (found.codes == 0)).all()
    assert ((test > edges[2]) == (found.codes == 3)).all()
    assert "training rows" in found.cut


def test_few_numbers_and_missing_cells_are_levels(bench):
    assert levels(bench, "flag").names == ("0", "1")
    dose = levels(bench, "dose")
    assert dose.names[-1] == "(missing)"
    absent = bench.dataset.whole["dose"].iloc[bench.split.test].isna().to_numpy()
    assert (absent == (dose.codes == len(dose.names) - 1)).all()
    assert with_level(bench, "dose", "(missing)").tolist() == absent.tolist()


def test_rows_are_found_by_level_and_by_cell(made, desk, bench):
    by = ask(desk, made, groups, arm="untreated", column="age").levels
    for level in by:
        shown = ask(desk, made, rows, arm="untreated", where=("age", level.level))
        assert shown.total == level.missed
        assert shown.level == level.level
    cell = bench.cells["risk"].iloc[0]
    chosen = with_level(bench, "risk", cell)
    assert chosen.tolist() == (bench.cells["risk"] == cell).tolist()


def test_intervals_are_wilson_s():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263.
    truth, said = np.ones(263, dtype=bool), np.arange(263) < 81
    (one,) = by_level(truth, said, Levels(np.zeros(263, dtype=int), ("all",)))
    assert one.recall_ci == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert one.alarm_rate_ci is None


def test_a_level_far_below_the_others_is_marked():
    truth = np.ones(200, dtype=bool)
    said = np.r_[np.ones(150), np.zeros(10), np.ones(1), np.zeros(39)].astype(bool)
    codes = np.r_[np.zeros(160, int), np.ones(40, int)]
    worst, other = by_level(truth, said, Levels(codes, ("a", "b")))
    assert (worst.level, worst.missed, worst.below) == ("b", 39, True)
    assert not other.below
    assert by_level(~truth, said, Levels(codes, ("a", "b")))[0].recall is None


def exact(missed: int, positives: int, of_missed: int, whole: int) -> float:
    """The chance of two levels so uneven, over all tables with the same margins."""

    def uneven(m: int) -> float:
        return m**2 / positives + (of_missed - m) ** 2 / (whole - positives)

    low, high = max(0, of_missed - whole + positives), min(positives, of_missed)
    every = [
        (comb(positives, m) * comb(whole - positives, of_missed - m), uneven(m))
        for m in range(low, high + 1)
    ]
    found = uneven(missed) - 1e-12
    return sum(n for n, u in every if u >= found) / sum(n for n, _ in every)


@pytest.mark.parametrize("missed", [3, 6, 8, 9])
def test_the_chance_of_a_spread_is_the_exact_one_within_its_draws(missed):
    got = spread(np.array([missed, 12 - missed]), np.array([15, 25]), seed=4)
    assert got == pytest.approx(exact(missed, 15, 12, 40), abs=0.02)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6),
    st.integers(0, 1000),
)
def test_a_chance_is_never_nought_and_repeats(levels_, seed):
    missed = np.array([a for a, _ in levels_])
    positives = missed + np.array([b for _, b in levels_])
    got = spread(missed, positives, seed=seed, draws=99)
    assert 0 < got <= 1
    assert got == spread(missed, positives, seed=seed, draws=99)


def test_misses_at_random_seldom_stand_out():
    rng = np.random.default_rng(5)
    positives = np.array([20, 30, 10])
    found = [
        spread(
            rng.multivariate_hypergeometric(positives, 25), positives, seed=n, draws=199
        )
        for n in range(300)
    ]
    assert np.mean([p <= 0.05 for p in found]) <= 0.08
    assert np.mean(found) > 0.4


def test_the_column_that_the_misses_follow_stands_out(made, desk, bench):
    # Half of the positives are found: those of high risk.
    half = float(np.median(bench.scores("smote")[bench.y == 1]))
    shown = ask(desk, made, groups, arm="smote", thresholds={"smote": half})
    assert shown.column is None
    assert shown.levels == ()
    by = {one.column: one for one in shown.ranking}
    assert shown.ranking[0].column == "risk"
    assert by["risk"].p < 0.05
    assert by["colour"].adjusted_p > 0.05
    assert all(one.adjusted_p >= one.p for one in shown.ranking)


def test_nothing_is_ranked_where_all_are_missed(made, desk):
    shown = ask(
        desk,
        made,
        groups,
        arm="untreated",
        thresholds={"untreated": 1.5},
        column="colour",
    )
    assert shown.ranking == ()
    assert all(level.recall in (0.0, None) for level in shown.levels)
    assert shown.overall.alarms == 0
