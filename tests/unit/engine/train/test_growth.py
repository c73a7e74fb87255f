import numpy as np
import pytest
import xgboost
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score

from engine.core import models, space
from engine.core.experiment import ModelSpec
from engine.train.growth import FoldGrowth, grow
from engine.train.models.port import find
from engine.train.models.xgboost import bin_params, booster_params

PARAMS = {"max_depth": 3, "learning_rate": 0.2, "subsample": 0.6}


def tables(k=3):
    made, model = [], find("xgboost")
    for seed in range(k):
        X, y = make_classification(500, 8, weights=[0.85], random_state=seed)
        fit = model.matrix(X[:350], y[:350])
        judge = model.matrix(X[350:], like=fit)
        made.append((fit, judge, y[350:]))
    return made


def grow_all(made, spec, *, objective="average_precision", tick=lambda: None):
    model = find("xgboost")
    folds = [
        FoldGrowth(model.start(fit, PARAMS, seed=5, tick=tick), judge, y)
        for fit, judge, y in made
    ]
    return grow(folds, model.schedule(spec, PARAMS), objective=objective)


@pytest.mark.parametrize("rounds", [1, 25])
def test_folds_grown_together_equal_folds_grown_alone(rounds):
    """With rows drawn at random: boosters that take turns must not share a stream."""
    made = tables()
    grown = grow_all(made, ModelSpec(rounds=rounds, early_stopping=0))
    for (fit, judge, _), scores in zip(made, grown.scores, strict=True):
        alone = xgboost.train(
            booster_params(PARAMS, seed=5), fit.rows, num_boost_round=rounds
        )
        np.testing.assert_array_equal(scores, alone.predict(judge.rows))
    assert (grown.rounds, grown.grown) == (rounds, 3 * rounds)


def test_a_wide_table_is_put_in_the_bins_that_are_said():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4_100)).astype(np.float32)
    y = (X[:, 0] + X[:, 1] > 1).astype(int)
    model = find("xgboost")
    fit = model.matrix(X[:200], y[:200])
    growing = model.start(fit, {"max_depth": 2}, seed=5, tick=lambda: None)
    growing.advance(3)
    own = xgboost.QuantileDMatrix(X[:200], y[:200], max_bin=32, nthread=1)
    assert bin_params(4_100) == {"max_bin": 32}
    params = booster_params({"max_depth": 2}, seed=5) | {"max_bin": 32}
    alone = xgboost.train(params, own, num_boost_round=3)
    held = model.matrix(X[200:], like=fit)
    of = xgboost.QuantileDMatrix(X[200:], ref=own, max_bin=32, nthread=1)
    np.testing.assert_array_equal(growing.scores(held), alone.predict(of))


def test_early_stopping_looks_at_the_mean_over_the_folds():
    made = tables()
    spec = ModelSpec(rounds=200, early_stopping=30, evaluate_every=10)
    grown = grow_all(made, spec)
    rounds = [r for r, _ in grown.curve]
    means = [m for _, m in grown.curve]
    assert rounds == list(range(10, rounds[-1] + 1, 10))
    assert grown.rounds == rounds[int(np.argmax(means))]
    assert rounds[-1] == 200 or rounds[-1] - grown.rounds >= 30
    at_best = [
        average_precision_score(y, s)
        for (_, _, y), s in zip(made, grown.scores, strict=True)
    ]
    assert np.mean(at_best) == pytest.approx(max(means), abs=0)


def test_a_tick_may_end_a_trial():
    def tick():
        ticks.append(1)
        if len(ticks) > 7:
            raise KeyboardInterrupt

    ticks: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        grow_all(tables(2), ModelSpec(), objective="roc_auc", tick=tick)
    assert len(ticks) == 8


def test_the_final_model_is_xgboosts_own():
    ((fit, _, _),) = tables(1)
    ours = find("xgboost").start(
        fit, PARAMS, seed=3, positive_weight=4.0, tick=lambda: None
    )
    ours.advance(15)
    told = booster_params(PARAMS, seed=3, positive_weight=4.0)
    theirs = xgboost.train(told, fit.rows, num_boost_round=15)
    assert ours.scorer().dump() == bytes(theirs.save_raw("json"))


@pytest.mark.parametrize("name", models.get("xgboost").spaces)
def test_every_space_starts_inside_itself(name):
    model = ModelSpec(space=name)
    start = space.first_trial(model)
    for parameter, distribution in space.distributions(model).items():
        assert distribution.low <= start[parameter] <= distribution.high
    fixed = ModelSpec(space=name, params={"max_depth": 2})
    assert "max_depth" not in space.ranges(fixed)
