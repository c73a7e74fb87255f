"""XGBoost learns from codes what it would learn from an indicator per level."""

import numpy as np
import pytest
import xgboost

from engine.features import Layout
from engine.train.models.port import find
from engine.train.models.xgboost import booster_params

SETTING = {"max_depth": 4, "learning_rate": 0.3}
ODD = (
    {"gamma": 3.0, "max_depth": 6},
    {"max_depth": 10, "subsample": 0.5, "colsample_bytree": 0.4, "reg_alpha": 1.0},
    {"max_depth": 0, "max_leaves": 5, "colsample_bynode": 0.5},
)
WIDTHS = (2, 3, 9)
MODEL = find("xgboost")


def layout_of(flat=2, widths=WIDTHS):
    ends = flat + np.cumsum(widths)
    blocks = zip((ends - widths).tolist(), ends.tolist(), strict=True)
    names = tuple(f"c{n}" for n in range(flat + len(widths)))
    return Layout(names, flat=flat, flags=(), levels=tuple(blocks))


def table(rows, *, classes=2, seed=0, widths=WIDTHS):
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, width, rows) for width in widths]
    numbers = rng.normal(size=(rows, 2))
    levels = [np.eye(width)[code] for width, code in zip(widths, codes, strict=True)]
    X = np.column_stack([numbers, *levels]).astype(np.float32)
    margin = numbers[:, 0] * (codes[1] == 1) + (codes[2] % 3 == 1) - (codes[0] == 0)
    margin += rng.normal(0, 0.4, rows)
    cuts = np.quantile(margin, np.linspace(0.6, 0.85, classes - 1))
    return X, np.digitize(margin, cuts).astype(np.int8)


def grow(X, y, layout, setting=SETTING, **given):
    fit = MODEL.matrix(X, y, layout=layout)
    growing = MODEL.start(fit, setting, seed=3, tick=lambda: None, **given)
    growing.advance(15)
    return fit, growing


@pytest.mark.parametrize("classes", [2, 3])
def test_scores_are_those_of_indicators_whoever_gives_them(classes):
    X, y = table(900, classes=classes)
    fit_rows, held = slice(0, 700), slice(700, None)
    layout = layout_of()
    fit, growing = grow(X[fit_rows], y[fit_rows], layout, classes=classes)
    assert fit.rows.num_col() == len(layout.names)
    params = booster_params(SETTING, seed=3, classes=classes)
    plain = xgboost.DMatrix(X[fit_rows], y[fit_rows])
    wanted = xgboost.train(params, plain, 15).predict(xgboost.DMatrix(X[held]))
    found = growing.scores(MODEL.matrix(X[held], like=fit))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    loaded = MODEL.load(growing.scorer().dump(), width=X.shape[1], classes=classes)
    for model in (growing.scorer(), loaded):
        np.testing.assert_array_equal(model.scores(X[held]), found)
        parts = model.contributions(X[held])
        assert parts.shape[-1] == X.shape[1] + 1
    assert set(loaded.gains()) <= set(range(X.shape[1]))
    assert any(column >= layout.flat for column in loaded.gains())


@pytest.mark.parametrize("setting", ODD)
def test_what_is_kept_of_any_setting_scores_as_what_has_grown(setting):
    X, y = table(900)
    fit, growing = grow(X[:700], y[:700], layout_of(), setting)
    found = growing.scores(MODEL.matrix(X[700:], like=fit))
    loaded = MODEL.load(growing.scorer().dump(), width=X.shape[1], classes=2)
    np.testing.assert_array_equal(loaded.scores(X[700:]), found)


def test_a_level_without_a_row_to_fit_on_is_none_of_those_that_splits_are_by():
    X, y = table(800)
    layout = layout_of()
    last = X[:, -1] == 1  # the highest code of the last category
    fit, growing = grow(X[~last], y[~last], layout)
    unknown = X[last].copy()
    unknown[:, -1] = 0  # no level at all, as a new one is encoded
    for rows in (X[last], unknown, X):
        found = growing.scores(MODEL.matrix(rows, like=fit))
        np.testing.assert_array_equal(found, growing.scorer().scores(rows))
    np.testing.assert_array_equal(
        growing.scorer().scores(X[last]), growing.scorer().scores(unknown)
    )


def test_rows_with_half_a_level_keep_their_indicators():
    X, y = table(300)
    X[0, 2:4] = 0.5
    fit, growing = grow(X, y, layout_of())
    assert fit.rows.num_col() == X.shape[1]
    found = growing.scores(MODEL.matrix(X, like=fit))
    np.testing.assert_array_equal(growing.scorer().scores(X), found)


def test_a_layout_tells_rows_that_have_one_level_of_each_category():
    layout, (X, _) = layout_of(), table(50)
    assert layout.is_exact(X)
    for cells in ([0, 0], [1, 1], [0.5, 0.5], [2, 0]):
        wrong = X.copy()
        wrong[7, 2:4] = cells
        assert not layout.is_exact(wrong), cells
