"""Rows that have weights: what a model is fitted with, and what stays a count."""

import numpy as np
import pytest
import xgboost

from engine.core.events import ArmFailed, FoldPrepared, TrialFinished
from engine.core.state import FINAL_FOLD
from engine.data import ArrayCache
from engine.steps import run
from engine.train.finish import class_weights, cost_ratio, freeze
from engine.train.models.ensembles import fit_ensemble
from engine.train.models.fitted_trees import class_scores
from engine.train.models.port import find
from engine.train.models.xgboost import booster_params, level_params
from engine.train.prepare import PreparedFold, Preparer, matrices
from tests.support.executors import plan_of
from tests.support.experiments import make_table, small
from tests.support.runs import changed

ENSEMBLES = ("balanced-random-forest", "rus-boost")
ARMS = (
    *("untreated", "weights", "cost-weights", "smote", "random-under"),
    *(f"{name}:n_estimators=5" for name in ENSEMBLES),
)
CLASS_ARMS = ("untreated", "weights", "cost-weights", "smote")
LIGHT = {"search__trials": 1, "search__folds": 2, "model__rounds": 10}
REFUSING = ("easy-ensemble", "balanced-bagging")


def weighed(frame, weights):
    return frame.assign(weight=weights)


@pytest.fixture(scope="module")
def frame():
    frame = make_table(300, share=0.2, seed=3)
    frame["sick"] = frame["sick"].mask(np.arange(300) == 9)  # no target: left out
    return frame


@pytest.fixture(scope="module")
def several(frame):
    cuts, names = [0.2, 1.0], np.array(["low", "mid", "high"])
    level = names[np.digitize(frame["risk"], cuts)]
    return frame.assign(sick=level)


@pytest.fixture
def experiment(tmp_path):
    """Return an experiment on a table, with a weight column or without."""

    def made(table, *arms, weight="weight", **more):
        path = tmp_path / "rows.csv"
        table.to_csv(path, index=False)
        one = small(str(path), *arms, data__target="sick", **{**LIGHT, **more})
        return changed(one, data__weight=weight) if weight else one

    return made


@pytest.fixture
def scored(experiment):
    """Run an experiment; return its events and the scores of all arms."""

    def done(*args, **more):
        kept = {}
        events = list(run(experiment(*args, **more), artifacts=kept))
        return events, {k: v for k, v in kept.items() if not k.startswith("model/")}

    return done


# What it comes to --------------------------------------------------------------------


def test_weights_of_1_change_not_a_bit_of_any_arm(frame, several, scored):
    for table, arms in ((frame, ARMS), (several, CLASS_ARMS)):
        before, plain = scored(table, *arms, weight=None)
        after, ones = scored(weighed(table, 1), *arms)
        assert len(plain) == 2 * len(arms)
        assert {k for k in plain if plain[k] != ones.get(k)} == set()
        told, again = (
            [e.quality for e in events if isinstance(e, FoldPrepared)]
            for events in (before, after)
        )
        assert told == again


def test_other_weights_change_every_arm(frame, scored):
    _, plain = scored(weighed(frame, 1), *ARMS)
    other = np.random.default_rng(0).uniform(1, 2, len(frame))
    _, found = scored(weighed(frame, other), *ARMS)
    assert {k for k in plain if k.startswith("oof/") and plain[k] == found[k]} == set()


def test_trials_are_xgboosts_own_with_the_weights_of_the_column(
    frame, several, experiment
):
    """Out-of-fold scores of fits by hand."""
    own = np.random.default_rng(0).exponential(size=len(frame))
    for table in (frame, several):
        one = experiment(weighed(table, own), "untreated", "weights")
        kept = {}
        events = list(run(one, artifacts=kept))
        trials = {e.arm: e for e in events if isinstance(e, TrialFinished)}
        plan = plan_of(one)
        known = own[table["sick"].notna()]
        np.testing.assert_array_equal(plan.dataset.weights, known)
        assert "weight" not in plan.dataset.frame.columns
        for name, trial in trials.items():
            wanted = fitted_by_hand(plan, trial, known, balanced=name == "weights")
            found = np.frombuffer(kept[f"oof/{name}"], np.float32)
            # The weight of a class is a quotient, which is rounded otherwise here.
            atol = 1e-6 if name == "weights" else 0
            np.testing.assert_allclose(found, wanted.ravel(), rtol=0, atol=atol)


def fitted_by_hand(plan, trial, own, *, balanced):
    """Return the scores of the validation rows."""
    data, experiment = plan.dataset, plan.experiment
    classes = len(data.labels)
    oof = np.empty((len(data.y), classes) if classes > 2 else len(data.y), np.float32)
    preparer = Preparer(plan, None)
    settings = {**experiment.model.params, **trial.params}
    for number, fold in enumerate(plan.folds):
        features = preparer.features(number, "impute")
        X = features.transform(data.frame.iloc[fold.fit])
        held = features.transform(data.frame.iloc[fold.validation])
        y, weights = data.y[fold.fit], own[fold.fit]
        params = booster_params(settings, seed=experiment.seed, classes=classes)
        mass = np.bincount(y, weights)
        if balanced and classes == 2:
            params["scale_pos_weight"] = mass[0] / mass[1]
        elif balanced:
            weights = weights / mass[y] * mass.sum() / classes
        model, layout = find("xgboost"), features.layout_
        fit = model.matrix(X, y, weights=weights, layout=layout)
        told = params | level_params(layout)
        booster = xgboost.train(told, fit.rows, trial.rounds)
        oof[fold.validation] = booster.predict(model.matrix(held, like=fit).rows)
    return oof[plan.validation_rows]


# One fold ----------------------------------------------------------------------------


def test_a_row_of_weight_2_is_a_row_given_twice():
    """But for the bins of columns, which here are the few values that there are."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 8, (400, 3)).astype(np.float32)
    y = (X[:, 0] + rng.normal(0, 2, 400) > 5).astype(np.int8)
    twice = rng.integers(1, 4, 400)
    event = FoldPrepared(
        arm="a", fold=0, before={}, after={"no": 0, "yes": 0}, synthetic=0
    )
    once = PreparedFold(X, y, X, event, twice.astype(float))
    again = PreparedFold(X.repeat(twice, axis=0), y.repeat(twice), X, event)
    assert once.positive_weight == again.positive_weight
    np.testing.assert_array_equal(once.mass, again.mass)
    params = booster_params({"max_depth": 3}, seed=0)
    scores = []
    for rows in (once, again):
        made = matrices(find("xgboost"), rows, rows.weights)
        booster = xgboost.train(params, made.fit.rows, 20)
        scores.append(booster.predict(made.validation.rows))
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)


def test_what_a_model_has_seen_of_a_class_is_its_weight(frame, experiment):
    other = np.where(frame["sick"] == "yes", 4.0, 1.0)
    plan = plan_of(experiment(weighed(frame, other), *ARMS))
    positives = plan.dataset.y.mean()
    oof = np.tile(np.float32(positives), len(plan.validation_rows)).tobytes()
    preparer = Preparer(plan, None)

    def seen(name):
        arm = plan.arm(name)
        return freeze(plan, arm, preparer.rows(arm, FINAL_FOLD).mass, oof).seen["yes"]

    rows = np.bincount(plan.dataset.y[plan.split.train])
    assert seen("untreated") == 4 * rows[1] / (rows[0] + 4 * rows[1])
    assert seen("weights") == 0.5
    # Balanced rows, of which the positive ones weigh four times as much.
    assert seen("smote") == seen("random-under") == pytest.approx(0.8)
    heavy = 4 * rows[1] * plan.costs.ratio
    assert seen("cost-weights") == pytest.approx(heavy / (rows[0] + heavy))


def test_costs_weigh_for_the_prevalence_in_use(frame, experiment):
    """Elkan (2001): what the model has seen has the odds in use, times the costs."""
    heavy = weighed(frame, np.where(frame["sick"] == "yes", 4.0, 1.0))
    for table, weight in ((frame, None), (heavy, "weight")):
        plain = plan_of(experiment(table, "untreated", "cost-weights", weight=weight))
        there = plan_of(
            changed(plain.experiment, decision__cost_fn=7.0, decision__prevalence=0.02)
        )
        preparer = Preparer(there, None)
        mass = preparer.rows(there.arm("cost-weights"), FINAL_FOLD).mass
        same = float(mass[1] / mass.sum())
        for prevalence in (0.02, same):
            one = plan_of(changed(there.experiment, decision__prevalence=prevalence))
            seen = mass * class_weights(one, one.arm("cost-weights"), mass)
            odds = 7 * prevalence / (1 - prevalence)
            assert seen[1] / seen[0] == pytest.approx(odds)
            assert cost_ratio(one) == pytest.approx(odds / (mass[1] / mass[0]))
        # That of the training rows, or none: the costs alone, to the last bit.
        assert cost_ratio(one) == pytest.approx(7.0)
        assert cost_ratio(plain) == plain.costs.ratio


def test_cached_rows_are_those_of_their_weights(frame, experiment, tmp_path):
    cache = ArrayCache(tmp_path / "folds")
    known = {}
    for number in (1, 2, 1):
        weights = np.random.default_rng(number).exponential(size=len(frame))
        table = frame.assign(w1=weights, w2=weights[::-1])
        for weight, other in (("w1", "w2"), ("w2", "w1")):
            one = experiment(table, "untreated", "smote", weight=weight)
            plan = plan_of(changed(one, data__drop=(other,)))
            rows = Preparer(plan, cache).rows(plan.arm("smote"), 0)
            anew = Preparer(plan, None).rows(plan.arm("smote"), 0)
            np.testing.assert_array_equal(rows.weights, anew.weights)
            assert rows.event.reused == ((number, weight) in known)
            known[number, weight] = rows
    assert len(known) == 4


# What cannot be done -----------------------------------------------------------------


def test_an_ensemble_is_fitted_with_weights_or_fails_before_any_work(frame, scored):
    events, _ = scored(weighed(frame, 2), "untreated", *REFUSING)
    failed = [e for e in events if isinstance(e, ArmFailed)]
    assert [(e.arm, e.code, e.field) for e in failed] == [
        (name, "weights", "data.weight") for name in REFUSING
    ]
    first = next(n for n, e in enumerate(events) if isinstance(e, FoldPrepared))
    assert all(events.index(e) < first for e in failed)
    assert {e.arm for e in events if isinstance(e, TrialFinished)} == {"untreated"}
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 2)), np.repeat([0, 1], [160, 40])
    X[y == 1] += 2
    weights = rng.uniform(1, 2, 200)
    for name in ENSEMBLES:
        model = fit_ensemble(name, {}, X, y, seed=5, weights=weights)
        assert not np.array_equal(
            class_scores(model, X),
            class_scores(fit_ensemble(name, {}, X, y, seed=5), X),
        )


def test_a_class_that_weighs_nothing_fails_the_arm(frame, scored):
    weights = np.where(frame["sick"] == "yes", 0, 1)
    events, _ = scored(weighed(frame, weights), "untreated")
    (failed,) = (e for e in events if isinstance(e, ArmFailed))
    assert "of 'yes' to fit on weigh 0 together" in failed.message
    assert (failed.code, failed.field) == ("weights", "data.weight")
