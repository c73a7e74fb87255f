"""More than two classes: every arm against the control on the same test rows."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, balanced_accuracy_score

from engine.evaluate.board import deciding_metrics
from engine.evaluate.bootstrap import holm, interval_and_p, mcnemar, strata, tango
from engine.evaluate.classes import predict_classes
from engine.evaluate.compare import ClassScores, compare_classes

COSTS = (1.0, 10.0, 10.0)
SIZES = (120, 40, 25)
WEIGHTS = {
    "fixed": (1, 1, 1),
    "prevalence": (0.6, 2, 3),
    "f1": (0.9, 1.5, 2),
    "cost": (0.5, 3, 4),
}


def arms(count, *, seed=0, sizes=SIZES, noise=0.6, gain=0.0):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(sizes)), sizes)
    rng.shuffle(y)
    base = rng.normal(size=(len(y), 3)) + 1.5 * np.eye(3)[y] + np.array([1.5, 0, 0])
    made = []
    for number in range(count):
        logits = base + bool(number) * noise * rng.normal(size=base.shape)
        logits = logits + bool(number) * gain * np.eye(3)[y]
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        name = f"arm{number}" if number else "untreated"
        made.append(ClassScores(name, y, scores.astype(np.float32), WEIGHTS))
    return made


def figures(arm, rows, at):
    """Return macro recall and cost by scikit-learn and by hand."""
    y = arm.y_test[rows]
    said = predict_classes(arm.scores[rows], np.array(WEIGHTS[at], dtype=float))
    cost = 1000 * np.sum(np.array(COSTS)[y] * (said != y)) / len(y)
    return balanced_accuracy_score(y, said), cost


def ranking(arm, rows):
    y = arm.y_test[rows]
    return np.mean(
        [average_precision_score(y == k, arm.scores[rows, k]) for k in range(3)]
    )


def by_key(result):
    return {(c.a, c.at, c.metric): c for c in result if c.klass is None}


def test_what_is_compared():
    result = compare_classes(arms(3), costs=COSTS, seed=1, draws=60)
    assert set(by_key(result)) == {
        (arm, *what)
        for arm in ("arm1", "arm2")
        for what in (
            ("fixed", "macro_recall"),
            ("prevalence", "macro_recall"),
            ("fixed", "cost_per_1000"),
            ("prevalence", "cost_per_1000"),
            ("cost", "cost_per_1000"),
            (None, "average_precision"),
        )
    }
    for c in result:
        assert c.ci[0] <= c.difference <= c.ci[1]
        assert 0 < c.p <= c.adjusted_p <= 1
        assert ("bootstrap, 60 draws" in c.method) == (c.klass is None)


def test_recall_of_each_class_is_compared_exactly():
    """As of two classes: of the rows of a class, those that only one arm calls so."""
    made = arms(3)
    untreated = made[0]
    labels = ("much", "some", "few")
    result = compare_classes(made, costs=COSTS, seed=1, draws=60, labels=labels)
    each = {(c.a, c.at, c.klass): c for c in result if c.klass is not None}
    assert len(each) == 2 * 2 * 3
    for (name, at, klass), c in each.items():
        arm = next(a for a in made if a.name == name)
        rows = untreated.y_test == labels.index(klass)
        right, base = (
            predict_classes(a.scores[rows], np.array(WEIGHTS[at], float))
            == labels.index(klass)
            for a in (arm, untreated)
        )
        more, fewer = int(np.sum(right & ~base)), int(np.sum(base & ~right))
        assert c.metric == "recall"
        assert c.difference == pytest.approx((more - fewer) / rows.sum())
        assert (c.ci, c.p) == (
            tango(more, fewer, int(rows.sum())),
            mcnemar(more, fewer),
        )
    family = [c for c in each.values() if c.at == "fixed"]
    assert [c.adjusted_p for c in family] == holm([c.p for c in family])


def test_a_class_of_few_rows_does_not_silence_the_others():
    """One class of eight test rows; the figures are those of the other two."""
    made = arms(2, sizes=(120, 40, 8))
    found = compare_classes(made, costs=COSTS, seed=1, draws=60)
    assert {c.klass for c in found} == {None, "0", "1"}
    y = made[0].y_test
    both = [
        np.mean(
            [
                np.mean(predict_classes(a.scores[y == k], np.ones(3)) == k)
                for k in (0, 1)
            ]
        )
        for a in made
    ]
    c = by_key(found)["arm1", "fixed", "macro_recall"]
    assert c.difference == pytest.approx(both[1] - both[0])


def test_differences_and_draws_equal_scikit_learns():
    made = arms(2)
    untreated, arm = made
    result = by_key(compare_classes(made, costs=COSTS, seed=4, draws=15))
    rows = np.arange(len(untreated.y_test))
    drawn = {key: [] for key in result}
    sets = [(rows, None)]
    for parts in strata(SIZES, seed=4, draws=15):
        for draw in range(15):
            picked = np.concatenate(
                [
                    np.repeat(np.flatnonzero(untreated.y_test == k), part[:, draw])
                    for k, part in enumerate(parts)
                ]
            )
            sets.append((picked, draw))
    for picked, draw in sets:
        for key, c in result.items():
            if key[1] is None:
                value = ranking(arm, picked) - ranking(untreated, picked)
            else:
                place = key[2] == "cost_per_1000"
                value = (
                    figures(arm, picked, key[1])[place]
                    - figures(untreated, picked, key[1])[place]
                )
            if draw is None:
                assert c.difference == pytest.approx(value, abs=1e-9)
            else:
                drawn[key].append(value)
    for key, c in result.items():
        limits = np.quantile(drawn[key], [0.025, 0.975])
        assert c.ci == pytest.approx(limits, abs=1e-9)
        assert c.p == interval_and_p(np.array(drawn[key]))[1]


def test_holm_has_the_same_families_as_with_two_classes():
    result = compare_classes(arms(4), costs=COSTS, seed=2, draws=60)
    deciding = [c for c in result if (c.metric, c.at) in deciding_metrics("cost")]
    assert len(deciding) == 6
    assert [c.adjusted_p for c in deciding] == holm([c.p for c in deciding])
    assert all("metrics that decide" in c.method for c in deciding)
    members = [c for c in result if c.metric == "macro_recall" and c.at == "fixed"]
    assert [c.adjusted_p for c in members] == holm([c.p for c in members])


def test_a_better_arm_is_found_and_an_equal_one_is_not():
    good = by_key(
        compare_classes(arms(2, gain=1.5, noise=0.1), costs=COSTS, seed=1, draws=300)
    )
    for key in (
        ("arm1", "fixed", "macro_recall"),
        ("arm1", None, "average_precision"),
    ):
        assert good[key].difference > 0
        assert good[key].adjusted_p < 0.05
    assert good["arm1", "cost", "cost_per_1000"].ci[1] < 0
    untreated = arms(1)[0]
    twin = replace(untreated, name="twin")
    for c in compare_classes([untreated, twin], costs=COSTS, seed=1, draws=60):
        assert (c.difference, c.p, c.adjusted_p) == (0, 1, 1)


def test_a_class_without_test_rows_is_left_out_of_the_means():
    made = arms(2, sizes=(50, 20, 0))
    result = by_key(compare_classes(made, costs=COSTS, seed=1, draws=40))
    rows = made[0].y_test
    said = [predict_classes(a.scores, np.ones(3)) for a in made]
    recalls = [np.mean([np.mean(s[rows == k] == k) for k in (0, 1)]) for s in said]
    c = result["arm1", "fixed", "macro_recall"]
    assert c.difference == pytest.approx(recalls[1] - recalls[0], abs=1e-9)
    assert not any(np.isnan([x.difference, *x.ci, x.p]).any() for x in result.values())


def test_same_seed_same_numbers_and_order_does_not_matter():
    made = arms(3)
    expected = by_key(compare_classes(made, costs=COSTS, seed=1, draws=40))
    assert (
        by_key(compare_classes(made[::-1], costs=COSTS, seed=1, draws=40)) == expected
    )
    assert by_key(compare_classes(made, costs=COSTS, seed=2, draws=40)) != expected


def test_without_the_control_nothing_is_compared():
    made = arms(2)
    assert compare_classes(made[1:], costs=COSTS, seed=1) == ()
    assert compare_classes(made[:1], costs=COSTS, seed=1) == ()
