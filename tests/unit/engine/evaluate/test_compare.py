"""Paired tests, the bootstrap and the comparison against references."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binomtest, norm
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    recall_score,
)

from engine.core.costs import Costs, point_metrics
from engine.evaluate.board import deciding_metrics
from engine.evaluate.bootstrap import (
    RankedArm,
    affordable,
    holm,
    interval_and_p,
    mcnemar,
    strata,
    sum_over_rows,
    tango,
)
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.metrics import confusion_at
from tests.support.each import for_each

Z95 = norm.ppf(0.975)
COSTS = Costs(cost_fn=10.0, cost_fp=1.0)


def arms(count, *, rows=600, positives=60, seed=0, noise=0.6, dtype=np.float32):
    """Return `untreated` and methods: noisy, raised copies of its scores."""
    rng = np.random.default_rng(seed)
    y = np.zeros(rows, dtype=np.int64)
    y[rng.choice(rows, positives, replace=False)] = 1
    base = rng.normal(size=rows) + 1.3 * y - 3
    made = []
    for number in range(count):
        moved = base + number * (noise * rng.normal(size=rows) + 0.7)
        scores = expit(moved).astype(dtype)
        made.append(
            ArmScores(
                "untreated" if number == 0 else f"arm{number}",
                y,
                scores,
                {
                    "fixed": 0.5,
                    "prevalence": positives / rows,
                    "f1": float(np.quantile(scores, 0.93)),
                    "cost": float(np.quantile(scores, 0.85)),
                    "recall>=0.8": float(np.quantile(scores, 0.7)),
                    "alerts<=5%": float(np.quantile(scores, 0.95)),
                },
            )
        )
    return made


# Tango's score interval


@for_each(
    ("only_a", "only_b", "rows", "low", "high"),
    [
        # Cavo et al. 2012 in Fagerland, Lydersen and Laake, Statistical Analysis
        # of Contingency Tables (2017), chapter 8: -0.0621 (-0.1240 to -0.0054).
        (6, 16, 161, -0.1240, -0.0054),
        # Bentur et al. 2009 in Fagerland, Lydersen and Laake (2014): -0.286
        # (-0.517 to -0.026).
        (1, 7, 21, -0.517, -0.026),
    ],
)
def test_published_intervals(only_a, only_b, rows, low, high):
    digits = 4 if rows == 161 else 3
    assert [round(x, digits) for x in tango(only_a, only_b, rows)] == [low, high]


def test_tangos_own_example():
    # Tango 1998, section 6.1: 43 of 44 pairs agree, 1 only for the standard; the
    # lower 90 % limit is -0.096, and z at a difference of -0.1 is 1.709.
    from engine.evaluate import bootstrap as paired

    assert round(paired._score(0, 1, 44, -0.1), 3) == 1.709
    # The 95 % limit must lie below the printed 90 % limit.
    assert tango(0, 1, 44)[0] < -0.096


@st.composite
def paired_tables(draw):
    rows = draw(st.integers(1, 400))
    only_a = draw(st.integers(0, rows))
    return only_a, draw(st.integers(0, rows - only_a)), rows


@given(paired_tables())
def test_interval_holds_the_estimate_and_mirrors(table):
    only_a, only_b, rows = table
    low, high = tango(only_a, only_b, rows)
    assert -1 <= low <= (only_a - only_b) / rows <= high <= 1
    assert low < high
    assert tango(only_b, only_a, rows) == pytest.approx((-high, -low), abs=1e-9)


@given(paired_tables())
def test_interval_leaves_out_zero_exactly_when_the_score_test_rejects(table):
    only_a, only_b, rows = table
    both = only_a + only_b
    statistic = (only_a - only_b) / np.sqrt(both) if both else 0.0
    low, high = tango(only_a, only_b, rows)
    if abs(abs(statistic) - Z95) > 1e-6:
        assert (low <= 0 <= high) == (abs(statistic) < Z95)


@given(paired_tables())
def test_limits_maximise_the_constrained_likelihood(table):
    """Check the restricted estimate by search, without its closed form."""
    only_a, only_b, rows = table
    for limit in tango(only_a, only_b, rows):
        if abs(limit) > 0.98 or limit * rows == only_a - only_b:
            continue
        # With a - b = limit, b lies where all four cells are chances.
        rare = np.linspace(max(0, -limit), (1 - limit) / 2, 200_001)[1:-1]
        rest = np.maximum(1 - 2 * rare - limit, 1e-300)
        likelihood = (
            only_a * np.log(rare + limit)
            + only_b * np.log(rare)
            + (rows - only_a - only_b) * np.log(rest)
        )
        best = rare[np.argmax(likelihood)]
        variance = rows * (2 * best + limit * (1 - limit))
        z = (only_a - only_b - rows * limit) / np.sqrt(variance)
        assert abs(z) == pytest.approx(Z95, abs=0.03)


def test_agreement_on_every_row_still_has_a_width():
    # With no disagreement the limits are ± z² / (n + z²).
    expected = Z95**2 / (161 + Z95**2)
    assert tango(0, 0, 161) == pytest.approx((-expected, expected), rel=1e-6)


# McNemar and Holm


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_test(only_a, only_b):
    both = only_a + only_b
    expected = binomtest(min(only_a, only_b), both).pvalue if both else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-12)
    assert mcnemar(only_a, only_b) == mcnemar(only_b, only_a)


def test_mcnemar_published():
    assert mcnemar(6, 16) == pytest.approx(0.052479, abs=1e-6)  # Cavo et al. 2012


def test_holm_published():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx(
        [0.05, 0.08, 0.09, 0.09, 0.09]
    )
    assert holm([]) == []
    assert holm([0.7, 0.9]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms())
def test_holm_keeps_order_and_lies_between_raw_and_bonferroni(values, random):
    adjusted = holm(values)
    for raw, p in zip(values, adjusted, strict=True):
        assert raw <= p <= min(1.0, len(values) * raw) + 1e-15
    order = list(range(len(values)))
    random.shuffle(order)
    assert holm([values[i] for i in order]) == [adjusted[i] for i in order]


# The bootstrap


@for_each("digits", [1, 2, 8])
@for_each("dtype", [np.float32, np.float64])
def test_average_precision_of_draws_equals_scikit_learn(digits, dtype):
    for seed in range(4):
        arm = arms(3, rows=300, positives=25, seed=seed)[seed % 3]
        y = arm.y_test
        scores = np.round(arm.scores, digits).astype(dtype)
        ranked = RankedArm(y, scores)
        for up, down in strata((25, 275), seed=seed, draws=12):
            got = ranked.average_precision(up, down)
            for draw in range(12):
                weight = np.empty(len(y))
                weight[y == 1], weight[y == 0] = up[:, draw], down[:, draw]
                expected = average_precision_score(y, scores, sample_weight=weight)
                assert got[draw] == pytest.approx(expected, abs=1e-12)


def test_draws_keep_class_sizes_and_ignore_chunks(monkeypatch):
    whole = list(strata((7, 50), seed=3, draws=40))
    monkeypatch.setattr("engine.evaluate.bootstrap.CHUNK_CELLS", 50 * 9)
    parts = list(strata((7, 50), seed=3, draws=40))
    assert len(whole) == 1
    assert len(parts) == 5
    for side, rows in ((0, 7), (1, 50)):
        joined = np.hstack([part[side] for part in parts])
        assert np.array_equal(joined, whole[0][side])
        assert (joined.sum(axis=0) == rows).all()
    other = next(strata((7, 50), seed=4, draws=40))
    assert not np.array_equal(other[1], whole[0][1])


def test_rows_are_drawn_evenly():
    (up, _), *_ = strata((40, 1), seed=0, draws=2000)
    assert up.mean(axis=1) == pytest.approx(np.ones(40), abs=0.1)
    assert up.var() == pytest.approx(1 - 1 / 40, abs=0.03)


def test_sums_are_exact():
    values = np.array([[1, -1, 0], [0, 0, 5]], dtype=np.int8)
    drawn = np.array([[3, 0], [1, 2], [200, 1]], dtype=np.int32)
    assert sum_over_rows(values, drawn).tolist() == [[2, -2], [1000, 5]]


def test_p_is_never_zero_and_fits_the_interval():
    draws = np.random.default_rng(0).normal(size=999)
    assert interval_and_p(draws + 100)[1] == 2 / 1000
    assert interval_and_p(draws)[1] > 0.5
    assert interval_and_p(np.zeros(999)) == ((0.0, 0.0), 1.0)
    for shift in np.linspace(1.5, 2.5, 41):
        (low, high), p = interval_and_p(draws + shift)
        if abs(p - 0.05) > 0.003:
            assert (p < 0.05) == (not low <= 0 <= high)


def test_a_zero_hidden_by_rounding_counts_on_both_sides():
    draws = np.array([0.3 - 0.1 * 3] * 500 + [1.0] * 500)
    assert draws[0] != 0
    assert interval_and_p(draws)[1] == 1.0


@for_each("digits", [1, 2, 8])
@for_each(
    ("at", "recall"),
    [("recall>=0.8", 0.8), ("recall>=0.33", 0.33), ("alerts<=5%", None)],
)
def test_what_is_matched_equals_searching_every_threshold(digits, at, recall):
    """Against a plain search over all thresholds of the rows drawn, ties and all."""
    made = [replace(a, scores=np.round(a.scores, digits)) for a in arms(2, rows=150)]
    made = [replace(a, thresholds={at: 0.1, "cost": 0.1}) for a in made]
    y = made[0].y_test

    def figure(rows, arm):
        labels, scores = y[rows], arm.scores[rows]
        counts = [
            (int(np.sum(labels[scores >= t])), int(np.sum(1 - labels[scores >= t])))
            for t in np.unique(arm.scores)
        ]
        if recall:
            least = min(fp for tp, fp in counts if tp >= recall * 60 - 1e-9)
            return least / 90
        return max((tp for tp, fp in counts if tp + fp <= 7.5), default=0) / 60

    drawn = []
    for up, down in strata((60, 90), seed=3, draws=40):
        for draw in range(40):
            rows = np.concatenate(
                [
                    np.repeat(np.flatnonzero(y == 1), up[:, draw]),
                    np.repeat(np.flatnonzero(y == 0), down[:, draw]),
                ]
            )
            drawn.append(figure(rows, made[1]) - figure(rows, made[0]))
    c = next(c for c in compare(made, costs=COSTS, seed=3, draws=40) if c.at == at)
    rows = np.arange(150)
    assert c.difference == pytest.approx(
        figure(rows, made[1]) - figure(rows, made[0]), abs=1e-12
    )
    assert c.ci == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1e-12)
    assert c.p == interval_and_p(np.array(drawn))[1]


def test_matching_looks_at_the_ranking_alone():
    """Scores raised by a sampler are matched away; tuned thresholds play no part."""
    untreated = arms(1)[0]
    raised = replace(
        untreated,
        name="raised",
        scores=np.sqrt(untreated.scores),
        thresholds=dict.fromkeys(untreated.thresholds, 0.01),
    )
    for c in compare([untreated, raised], costs=COSTS, seed=1, draws=60):
        if c.at in ("recall>=0.8", "alerts<=5%"):
            assert (c.difference, c.ci, c.p) == (0.0, (0.0, 0.0), 1.0)


def test_one_score_for_all_alarms_everybody_at_a_recall_and_finds_none_at_few_alerts():
    untreated = arms(1)[0]
    flat = replace(untreated, name="flat", scores=np.full(600, 0.3))
    result = by_key(compare([untreated, flat], costs=COSTS, seed=1, draws=60))
    at_recall = result["flat", "recall>=0.8", "false_positive_rate"]
    at_alerts = result["flat", "alerts<=5%", "recall"]
    up = untreated.y_test == 1
    threshold = np.sort(untreated.scores[up])[::-1][47]  # 48 of 60 are 0.8
    alarms = np.mean(untreated.scores[~up] >= threshold)
    assert at_recall.difference == pytest.approx(1 - alarms)
    threshold = np.sort(untreated.scores)[::-1][29]  # 30 of 600 are 5 %
    assert at_alerts.difference == pytest.approx(
        -np.mean(untreated.scores[up] >= threshold)
    )


def test_alerts_can_be_a_number_of_rows():
    made = arms(2)
    one = [replace(a, thresholds={"alerts<=5%": 0.1}) for a in made]
    other = [replace(a, thresholds={"alerts<=30": 0.1}) for a in made]
    (a, _), (b, _) = (compare(x, costs=COSTS, seed=1, draws=60) for x in (one, other))
    assert (a.difference, a.ci, a.p) == (b.difference, b.ci, b.p)


def test_costs_of_right_answers_count_as_what_a_change_costs():
    """Only cost_fn - cost_tp and cost_fp - cost_tn can move a difference."""
    made = arms(3)
    plain = compare(made, costs=Costs(cost_fn=8, cost_fp=1.5), seed=1, draws=60)
    full = compare(
        made,
        costs=Costs(cost_fn=10, cost_fp=1, cost_tp=2, cost_tn=-0.5),
        seed=1,
        draws=60,
    )
    assert full == plain
    untreated, arm = made[:2]
    c = by_key(full)["arm1", "fixed", "cost_per_1000"]
    costs = Costs(cost_fn=10, cost_fp=1, cost_tp=2, cost_tn=-0.5)
    one, base = (
        point_metrics(confusion_at(a.y_test, a.scores, 0.5), costs)["cost_per_1000"]
        for a in (arm, untreated)
    )
    assert c.difference == pytest.approx(one - base, abs=1e-9)


def test_very_many_rows_get_fewer_draws():
    assert affordable(100_000, 2000) == 2000
    assert affordable(400_000, 2000) == 500
    assert affordable(10**7, 2000) == 500
    assert affordable(10**7, 100) == 100


@for_each("tests", [1, 10, 14, 40])
def test_even_the_fewest_draws_let_holm_find_something(tests):
    draws = affordable(10**7, 2000, tests)
    smallest = interval_and_p(np.ones(draws))[1]
    assert holm([smallest] + [1.0] * (tests - 1))[0] < 0.05


# The comparison


def by_key(result):
    return {(c.a, c.at, c.metric): c for c in result}


def test_what_thresholds_allow_is_compared_with_the_control():
    """No rate at a tuned threshold, and no cost but where it was tuned to cost.

    At equal recall and at equal alerts the arms are matched in the test rows.
    """
    made = arms(3)
    result = compare(made, costs=COSTS, seed=1, draws=200)
    expected = {
        (arm, at, metric)
        for arm in ("arm1", "arm2")
        for at, metric in [
            *itertools.product(
                ("fixed", "prevalence"),
                ("recall", "false_positive_rate", "cost_per_1000"),
            ),
            ("cost", "cost_per_1000"),
            (None, "average_precision"),
            ("recall>=0.8", "false_positive_rate"),
            ("alerts<=5%", "recall"),
        ]
    }
    assert set(by_key(result)) == expected
    assert len(result) == len(expected)
    for c in result:
        assert c.b == "untreated"
        assert c.ci[0] <= c.difference <= c.ci[1]
        assert 0 < c.p <= c.adjusted_p <= 1
        matched = c.at in ("recall>=0.8", "alerts<=5%")
        drawn = matched or c.metric in ("cost_per_1000", "average_precision")
        assert ("matched within each draw" in c.method) == matched
        assert ("200 draws" in c.method) == drawn
        assert ("McNemar" in c.method) != drawn
        decides = (c.metric, c.at) in deciding_metrics("cost")
        holm_over = "the arms" + " and the metrics that decide" * decides
        assert c.method.endswith(f"; Holm over {holm_over}")


@for_each(
    "wanted", ["f1", "precision>=0.2", "recall>=0.8", "alerts<=5%", "fixed", "cost"]
)
def test_what_is_aimed_at_makes_one_family_with_the_ranking(wanted):
    """And nothing else changes for the aim: the same figures, but for f1's own."""
    made = arms(4)
    result = compare(made, costs=COSTS, seed=2, draws=100, wanted=wanted)
    members = [c for c in result if (c.metric, c.at) in deciding_metrics(wanted)]
    assert len(members) == 6
    assert [c.adjusted_p for c in members] == holm([c.p for c in members])
    plain, same = (
        {key: (c.ci, c.p) for key, c in by_key(some).items()}
        for some in (compare(made, costs=COSTS, seed=2, draws=100), result)
    )
    added = {k for k in same if k not in plain}
    assert {k: v for k, v in same.items() if k not in added} == plain
    assert len(added) == (3 if wanted in ("f1", "precision>=0.2") else 0)


@for_each("wanted", ["f1", "precision>=0.2"])
def test_highest_f1_and_recall_at_a_precision_equal_a_search(wanted):
    made = [replace(a, scores=np.round(a.scores, 2)) for a in arms(2)]
    (c,) = [
        c
        for c in compare(made, costs=COSTS, seed=1, draws=50, wanted=wanted)
        if c.at == wanted
    ]

    def figure(arm):
        precision, recall, _ = precision_recall_curve(arm.y_test, arm.scores)
        if wanted == "f1":
            both = precision + recall
            return np.max(2 * precision * recall / np.where(both > 0, both, 1))
        return recall[precision >= 0.2].max()

    untreated, arm = made
    assert c.difference == pytest.approx(figure(arm) - figure(untreated))


def test_differences_equal_those_of_the_metrics():
    made = arms(3, noise=0.3)
    untreated = made[0]
    for c in compare(made, costs=COSTS, seed=1, draws=50):
        arm = next(a for a in made if a.name == c.a)
        if c.at in ("recall>=0.8", "alerts<=5%"):
            continue
        if c.at is None:
            values = [
                average_precision_score(a.y_test, a.scores) for a in (arm, untreated)
            ]
        else:
            values = [
                point_metrics(
                    confusion_at(a.y_test, a.scores, a.thresholds[c.at]), COSTS
                )[c.metric]
                for a in (arm, untreated)
            ]
        assert c.difference == pytest.approx(values[0] - values[1], abs=1e-9)


def test_recall_is_tested_on_the_positives_alone():
    made = arms(2)
    c = by_key(compare(made, costs=COSTS, seed=1, draws=50))["arm1", "fixed", "recall"]
    up = made[0].y_test == 1
    base, arm = (a.scores[up] >= 0.5 for a in made)
    more, fewer = int(np.sum(arm & ~base)), int(np.sum(base & ~arm))
    assert c.p == pytest.approx(binomtest(more, more + fewer).pvalue)
    assert c.ci == tango(more, fewer, 60)
    assert c.difference == pytest.approx(
        recall_score(up, made[1].scores >= 0.5)
        - recall_score(up, made[0].scores >= 0.5)
    )


def test_bootstrap_equals_redrawing_rows_one_by_one():
    made = arms(2, rows=120, positives=20)
    untreated, arm = made
    y = untreated.y_test
    costs, rankings = [], []
    for up, down in strata((20, 100), seed=5, draws=60):
        for draw in range(60):
            rows = np.concatenate(
                [
                    np.repeat(np.flatnonzero(y == 1), up[:, draw]),
                    np.repeat(np.flatnonzero(y == 0), down[:, draw]),
                ]
            )
            cost, ranking = [], []
            for a in (arm, untreated):
                counts = confusion_at(y[rows], a.scores[rows], a.thresholds["cost"])
                cost.append(point_metrics(counts, COSTS)["cost_per_1000"])
                ranking.append(average_precision_score(y[rows], a.scores[rows]))
            costs.append(cost[0] - cost[1])
            rankings.append(ranking[0] - ranking[1])
    result = by_key(compare(made, costs=COSTS, seed=5, draws=60))
    for key, drawn in (
        (("arm1", "cost", "cost_per_1000"), costs),
        (("arm1", None, "average_precision"), rankings),
    ):
        assert result[key].ci == pytest.approx(np.quantile(drawn, [0.025, 0.975]))
        assert result[key].p == interval_and_p(np.array(drawn))[1]


def test_order_of_the_arms_does_not_matter():
    made = arms(4)
    expected = by_key(compare(made, costs=COSTS, seed=2, draws=100))
    for order in ((3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1)):
        shuffled = [made[i] for i in order]
        assert by_key(compare(shuffled, costs=COSTS, seed=2, draws=100)) == expected


def test_an_arms_raw_figures_do_not_depend_on_the_other_arms():
    made = arms(4)
    everything = by_key(compare(made, costs=COSTS, seed=2, draws=100))
    alone = by_key(compare([made[0], made[2]], costs=COSTS, seed=2, draws=100))
    for key, c in alone.items():
        assert (c.ci, c.p) == (everything[key].ci, everything[key].p)
        assert c.p <= c.adjusted_p <= everything[key].adjusted_p
        assert c.adjusted_p == c.p or (c.metric, c.at) in deciding_metrics("cost")


def test_holm_runs_over_the_arms_of_one_metric_and_policy():
    result = compare(arms(4), costs=COSTS, seed=2, draws=100)
    families = {(c.metric, c.at) for c in result} - set(deciding_metrics("cost"))
    assert len(families) == 8
    for family in families:
        members = [c for c in result if (c.metric, c.at) == family]
        assert len(members) == 3
        assert [c.adjusted_p for c in members] == holm([c.p for c in members])


def test_holm_runs_over_the_arms_and_both_metrics_that_decide():
    result = compare(arms(4), costs=COSTS, seed=2, draws=100)
    members = [c for c in result if (c.metric, c.at) in deciding_metrics("cost")]
    assert len(members) == 6
    assert [c.adjusted_p for c in members] == holm([c.p for c in members])


def test_same_seed_same_numbers_other_seed_other_draws():
    made = arms(2)
    first = compare(made, costs=COSTS, seed=1, draws=100)
    assert compare(made, costs=COSTS, seed=1, draws=100) == first
    other = compare(made, costs=COSTS, seed=2, draws=100)
    assert other != first
    assert [c.difference for c in other] == [c.difference for c in first]


def test_identical_arms_do_not_differ():
    untreated = arms(1)[0]
    twin = replace(untreated, name="twin")
    for c in compare([untreated, twin], costs=COSTS, seed=1, draws=100):
        assert c.difference == 0
        assert c.p == c.adjusted_p == 1.0


def test_without_the_control_nothing_is_compared():
    made = arms(3)
    assert compare(made[1:], costs=COSTS, seed=1) == ()
    assert compare(made[:1], costs=COSTS, seed=1) == ()
    assert compare([], costs=COSTS, seed=1) == ()


def test_another_control_can_be_named():
    result = compare(arms(2), control="arm1", costs=COSTS, seed=1, draws=50)
    assert {(c.a, c.b) for c in result} == {("untreated", "arm1")}


def test_only_shared_points_are_compared():
    untreated, arm = arms(2)
    arm = replace(arm, thresholds={"fixed": 0.5, "other": 0.1})
    result = compare([untreated, arm], costs=COSTS, seed=1, draws=50)
    assert {c.at for c in result} == {"fixed", None}


@for_each(("label", "left"), [(0, "false_positive_rate"), (1, "recall")])
def test_a_class_without_test_rows_is_left_out(label, left):
    made = [replace(a, y_test=np.full(600, label)) for a in arms(2)]
    metrics = {c.metric for c in compare(made, costs=COSTS, seed=1, draws=50)}
    ranked = {"average_precision"} if label else set()
    assert metrics == {left, "cost_per_1000"} | ranked


def test_article_size():
    result = compare(arms(6, rows=8680, positives=161), costs=COSTS, seed=42)
    assert len(result) == 5 * (2 * 3 + 4)
