"""What arms are compared in, fold by fold: against plain loops with scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_curve

from engine.core.costs import Costs
from engine.evaluate.board import aim, cross_fit, cross_fit_classes
from engine.evaluate.classes import choose_weights
from engine.evaluate.threshold import choose
from tests.support.each import for_each

COSTS = Costs(cost_fn=9, cost_fp=2, cost_tp=1, cost_tn=0.5)


def scored(seed, rows=240, digits=2):
    """Return labels, scores with ties, and unequal folds that leave rows out."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.2).astype(int)
    scores = np.round(rng.normal(size=rows) * 0.2 + 0.3 + 0.2 * y, digits)
    order = rng.permutation(rows)
    return y, scores, [order[:50], order[50:120], order[120:200]]


@for_each("at", ["cost", "fixed", "prevalence"])
@for_each("seed", range(4))
def test_a_fold_is_judged_at_the_threshold_that_the_others_choose(at, seed):
    y, scores, folds = scored(seed)
    expected = []
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        if at == "cost":
            # The least cost by search; of equals the highest threshold.
            tried = [np.inf, *np.unique(scores[rest])[::-1]]

            def paid(t, rows):
                counts = confusion_matrix(y[rows], scores[rows] >= t, labels=[0, 1])
                return float((counts * [[0.5, 2], [9, 1]]).sum())

            limit = min(tried, key=lambda t: round(paid(t, rest), 9))
        else:
            limit = 0.5 if at == "fixed" else 0.31
        tn, fp, fn, tp = confusion_matrix(y[fold], scores[fold] >= limit).ravel()
        expected.append(1000 * (9 * fn + 2 * fp + tp + 0.5 * tn) / len(fold))
    found = cross_fit(at, y, scores, folds, costs=COSTS, prevalence=0.31)
    assert found == pytest.approx(expected)


def test_no_fold_has_a_say_in_its_own_threshold():
    y, scores, folds = scored(1)
    before = cross_fit("cost", y, scores, folds, costs=COSTS, prevalence=0.2)
    changed = y.copy()
    changed[folds[0]] = 1 - changed[folds[0]]
    rest = np.setdiff1d(np.arange(len(y)), folds[0])
    at = [
        choose("cost", labels[rest], scores[rest], prevalence=0.2, costs=COSTS)
        for labels in (y, changed)
    ]
    assert at[0] == at[1]
    after = cross_fit("cost", changed, scores, folds, costs=COSTS, prevalence=0.2)
    assert after[0] != before[0]


@for_each("seed", range(4))
def test_other_aims_are_of_the_folds_own_ranking(seed):
    y, scores, folds = scored(seed)
    for at, figure in (
        ("f1", lambda a, s: max(f1_score(a, s >= t) for t in np.unique(s))),
        (
            "precision>=0.4",
            lambda a, s: max(
                (
                    r
                    for p, r in zip(*precision_recall_curve(a, s)[:2], strict=True)
                    if p >= 0.4 and r
                ),
                default=0,
            ),
        ),
        (
            "recall>=0.7",
            lambda a, s: min(
                np.mean(s[a == 0] >= t)
                for t in np.unique(s)
                if np.mean(s[a == 1] >= t) >= 0.7
            ),
        ),
        (
            "alerts<=10%",
            lambda a, s: max(
                (np.mean(s[a == 1] >= t) for t in s if np.mean(s >= t) <= 0.1),
                default=0,
            ),
        ),
    ):
        found = cross_fit(at, y, scores, folds, costs=COSTS, prevalence=0.2)
        expected = [figure(y[fold], scores[fold]) for fold in folds]
        assert found == pytest.approx(expected), at


def test_a_number_of_alerts_is_of_the_test_rows():
    """A fold of half as many rows has half as many alerts."""
    y, scores, folds = scored(2)
    given = {"costs": COSTS, "prevalence": 0.2}
    share = cross_fit("alerts<=10%", y, scores, folds, **given)
    number = cross_fit("alerts<=30", y, scores, folds, **given, test_rows=300)
    assert number == share


def test_a_fold_of_one_class_has_no_figure():
    y, scores, folds = scored(3)
    positives = np.flatnonzero(y == 1)[:5]
    untreated = np.array([], dtype=int)
    for at in ("cost", "f1", "recall>=0.8"):
        given = {"costs": COSTS, "prevalence": 0.2}
        found = cross_fit(at, y, scores, [positives, untreated, folds[0]], **given)
        assert np.isnan(found).tolist() == [True, True, False]


@for_each("at", ["cost", "fixed"])
def test_several_classes(at):
    """Against a loop over the rows, with weights that the other folds choose."""
    rng = np.random.default_rng(0)
    y = rng.choice(3, 300, p=[0.7, 0.2, 0.1])
    raw = rng.gamma(0.7, size=(300, 3)) + np.eye(3)[y]
    scores = raw / raw.sum(axis=1, keepdims=True)
    folds = list(rng.permutation(300).reshape(3, 100))
    costs = np.array([1.0, 4.0, 8.0])
    found = cross_fit_classes(at, y, scores, folds, costs=costs, fixed=np.ones(3))
    for fold, value in zip(folds, found, strict=True):
        rest = np.setdiff1d(np.arange(300), fold)
        weights = choose_weights(at, y[rest], scores[rest], seen=[1.0] * 3, costs=costs)
        paid = [costs[y[r]] * ((scores[r] * weights).argmax() != y[r]) for r in fold]
        assert value == pytest.approx(1000 * np.mean(paid))


def test_every_aim_names_a_metric_and_itself():
    assert aim("prevalence") == ("cost_per_1000", "prevalence")
    assert aim("precision>=0.2") == ("recall", "precision>=0.2")
    assert aim("f1") == ("f1", "f1")
