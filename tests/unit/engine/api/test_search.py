import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import skore
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_classifiers_classes,
    check_fit2d_1sample,
    check_n_features_in,
    check_requires_y_none,
)

import imbtui
from engine.api.search import ImbalanceSearchCV, SearchError
from tests.support.paths import ROOT
from tests.support.searches import (
    METHODS,
    check_nested,
    check_outer_rows,
    model_of,
    search,
    table,
)


@pytest.fixture(scope="module")
def fitted():
    return search().fit(*table())


# What it is ---------------------------------------------------------------------------


def test_it_is_a_public_name():
    assert imbtui.ImbalanceSearchCV is ImbalanceSearchCV


def test_some_of_scikit_learns_checks():
    # All of them are in the second tier.
    for check in (
        check_classifiers_classes,
        check_requires_y_none,
        check_fit2d_1sample,
        check_n_features_in,
    ):
        check("ImbalanceSearchCV", search(("untreated",), at="fixed"))


def test_what_it_has_after_fitting(fitted):
    X, y = table()
    assert fitted.best_method_ in METHODS
    assert set(fitted.best_params_) >= {"max_depth", "learning_rate"}
    assert fitted.positive_ == 1
    assert fitted.class_weights_ is None
    assert (fitted.n_features_in_, fitted.n_splits_) == (6, 3)
    scores = fitted.predict_proba(X)[:, 1]
    assert np.array_equal(fitted.predict(X), scores >= fitted.threshold_)
    assert fitted.score(X, y) == average_precision_score(y, scores)


def test_cv_results_are_those_of_a_search(fitted):
    results = fitted.cv_results_
    table_ = pd.DataFrame(results)
    assert list(table_["param_method"]) == list(METHODS)
    folds = table_[[f"split{k}_test_score" for k in range(3)]].to_numpy()
    assert np.allclose(folds.mean(axis=1), results["mean_test_score"])
    assert np.allclose(folds.std(axis=1), results["std_test_score"])
    best = results["mean_test_score"].argmax()
    assert results["rank_test_score"][best] == 1
    assert fitted.best_score_ == results["mean_test_score"][fitted.best_index_]
    assert results["params"][fitted.best_index_] == {
        "method": fitted.best_method_,
        **fitted.best_params_,
    }


def test_the_board_counts_every_row_once(fitted):
    y, board = table()[1], fitted.board_
    assert board["method"][0] == fitted.best_method_
    assert set(board["method"]) == {*METHODS}
    for _, row in board.iterrows():
        hits = y.sum() - row["missed"]
        assert row["recall"] == hits / y.sum()
        assert row["precision"] == hits / (hits + row["false_alarms"])
    assert np.isnan(board.set_index("method")["better"]["untreated"])


def test_losses_are_negated():
    X, y = table()
    done = search(("untreated",), objective="log_loss").fit(X, y)
    assert done.best_score_ < 0
    assert np.isclose(done.score(X, y), -log_loss(y, done.predict_proba(X)), rtol=1e-5)


# What it chooses ----------------------------------------------------------------------


def test_nested_cross_validation_is_that_of_a_careful_person():
    # More of them are in the second tier.
    check_nested(300, costs=(5, 1), confidence=0.5, outer=2, rounds=20)


def test_no_outer_test_row_has_a_say():
    for seed in range(2):
        check_outer_rows(seed)


def test_no_row_of_an_inner_fold_has_a_say_in_its_own_scores():
    """What a fold validates is scored by models that other labels would not change."""
    X, y = table()
    folds = [*StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)]
    scores = []
    for flip in (False, True):
        labels = y.copy()
        rows = folds[0][1]
        if flip:
            labels[rows] = np.roll(labels[rows], 1)
        done = search(("untreated", "smote"), cv=folds, confidence=1).fit(X, labels)
        scores.append(done.cv_results_)
    one, two = scores
    assert (one["split0_test_score"] != two["split0_test_score"]).all()
    assert (one["split1_test_score"] != two["split1_test_score"]).all()


def test_a_method_has_to_be_better_to_replace_the_untreated_rows():
    X, y = table(500, seed=3)
    sure = search(confidence=1).fit(X, y)
    assert sure.best_method_ == "untreated"
    loose = search(confidence=0.5).fit(X, y)
    costs = loose.board_.set_index("method")["cost_per_1000"]
    assert costs[loose.best_method_] == costs.min()


def test_several_models_are_compared_with_the_best_plain_one():
    X, y = table(500, seed=3)
    sure = search(("weights",), models=["logistic", "xgboost"], confidence=1)
    board = sure.fit(X, y).board_.set_index("method")
    plain = board.loc[["untreated@logistic", "untreated@xgboost"], "cost_per_1000"]
    assert sure.best_method_ == plain.idxmin()
    assert np.isnan(board["better"][sure.best_method_])
    assert board["better"].drop(sure.best_method_).notna().all()
    assert sorted(board.index) == sorted(
        f"{method}@{model}"
        for method in ("untreated", "weights")
        for model in ("logistic", "xgboost")
    )
    named = search(("weights@logistic",)).fit(X, y)
    assert [*named.cv_results_["param_method"]] == [
        "untreated@logistic",
        "weights@logistic",
    ]
    assert named.board_["better"].notna().sum() == 1
    with pytest.raises(ValueError, match="random-forest"):
        search(models="forest").fit(X, y)


def test_the_point_decides():
    X, y = table()
    done = search(at="recall>=0.9").fit(X, y)
    assert "false_positive_rate" in done.board_
    assert done.predict(X)[y == 1].mean() >= 0.85
    fixed = search(at="fixed").fit(X, y)
    assert fixed.threshold_ == 0.5
    given = search(costs=(1, 50)).fit(X, y)
    assert given.predict(X).sum() < done.predict(X).sum()


def test_the_positive_class_can_be_chosen():
    X, y = table()
    names = np.where(y == 1, "ill", "well")
    done = search(("untreated",), positive="well").fit(X, names)
    assert done.positive_ == "well"
    scores = done.predict_proba(X)[:, 1]
    assert ((done.predict(X) == "well") == (scores >= done.threshold_)).all()
    assert done.score(X, names) == average_precision_score(names == "well", scores)


def test_several_classes():
    X, y = table(n_classes=3, weights=[0.6, 0.25])
    names = np.array(["b", "a", "c"])[y]
    done = search((*METHODS, "balanced-random-forest")).fit(X, names)
    assert done.threshold_ is None
    assert done.positive_ is None
    weighed = done.predict_proba(X) * done.class_weights_
    assert (done.predict(X) == done.classes_[weighed.argmax(axis=1)]).mean() > 0.99
    assert (done.predict(X) == names).mean() > 0.6
    with pytest.raises(ValueError, match="positive"):
        search(positive="a").fit(X, names)


@pytest.mark.parametrize("shares", [[0.85], [0.85, 0.1]])
def test_ensembles(shares):
    X, y = table(n_classes=len(shares) + 1, weights=shares, seed=3)
    methods = ("untreated", "balanced-random-forest:n_estimators=10")
    done = search(methods, confidence=0.5, at="fixed").fit(X, y)
    assert done.best_method_ == methods[1]
    again = pickle.loads(pickle.dumps(done))
    assert np.array_equal(again.predict_proba(X), done.predict_proba(X))
    assert (done.predict(X) == y).mean() > 0.7


def test_a_method_that_fails_is_left_out():
    X, y = table()
    # Folds ask for fewer rows: only the fit on all of them fails.
    late = "random-over+random-under:counts=0=400"
    with pytest.warns(FitFailedWarning, match="400 rows"):
        done = search(("untreated", late), at="fixed", confidence=0.5).fit(X, y)
    assert [*done.board_["method"]] == ["untreated"]
    alone = np.where(np.arange(len(y)) == 5, 2, y)
    alone_too = pytest.warns(UserWarning, match="least populated class")
    with alone_too, pytest.warns(FitFailedWarning, match="smote needs"):
        done = search(("untreated", "smote"), cv=2).fit(X, alone)
    assert [*done.board_["method"]] == ["untreated"]
    assert len(done.classes_) == 3


# Seeds --------------------------------------------------------------------------------


def test_equal_seeds_give_equal_bits(fitted):
    X, y = table()
    assert model_of(clone(fitted).fit(X, y)) == model_of(fitted)
    assert model_of(clone(fitted).set_params(n_jobs=2).fit(X, y)) == model_of(fitted)
    state = np.random.RandomState(5)
    first = search(("untreated",), random_state=state).fit(X, y)
    second = search(("untreated",), random_state=np.random.RandomState(5)).fit(X, y)
    assert model_of(first) == model_of(second)


def test_trials_are_searched_anew_in_every_fit():
    X, y = table()
    one = search(("untreated",), trials=3, rounds=10)
    assert model_of(one.fit(X, y)) == model_of(one.fit(X, y))
    assert one.board_["trials"].tolist() == [3]


# Rows ---------------------------------------------------------------------------------


def mixed(rows=240):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": draw.normal(50, 9, rows),
            "id": np.arange(rows),
            "town": draw.choice(["x", "y", "z"], rows),
            "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), "D"),
            "flag": pd.array(draw.choice([True, False], rows), dtype="boolean"),
            "one": 1,
        },
        index=np.arange(rows) * 7,
    )
    frame.loc[frame.index[:9], ["age", "town"]] = None
    frame["kind"] = frame["town"].astype("category")
    y = np.where(frame["age"].fillna(0) + draw.normal(0, 4, rows) > 58, "yes", "no")
    return frame, y


def test_every_column_of_a_frame_is_a_feature():
    frame, y = mixed()
    done = search(("untreated", "smote")).fit(frame, y)
    assert list(done.feature_names_in_) == list(frame.columns)
    kinds = {k.name for k in (*done._encoding.numbers, *done._encoding.categories)}
    assert len(kinds) == frame.shape[1]
    with pytest.raises(ValueError, match="feature names"):
        done.predict(frame.drop(columns="age"))
    some = frame.iloc[[3, 200]].assign(town="new", kind=None, since=pd.NaT)
    assert done.predict(some).shape == (2,)
    with pytest.raises(ValueError, match="old"):
        done.predict(frame.assign(age="old"))
    with pytest.raises(ValueError, match="infinity"):
        done.predict(frame.assign(age=np.inf))


def test_frames_of_every_library_come_to_the_same():
    frame, y = mixed()
    plain = frame.drop(columns="kind")
    ours = search(("untreated",)).fit(plain, y)
    theirs = pl.from_pandas(plain.reset_index(drop=True))
    for rows in (theirs, theirs.to_arrow()):
        one = search(("untreated",)).fit(rows, y)
        assert np.array_equal(one.predict_proba(rows), ours.predict_proba(plain))
    twice = plain.set_axis(["a"] * plain.shape[1], axis=1)
    with pytest.raises(ValueError, match="unique"):  # as scikit-learn's own
        search(("untreated",)).fit(twice, y)
    X, codes = table()
    array = search(("untreated",)).fit(X, codes)
    named = search(("untreated",)).fit(pd.DataFrame(X), codes)
    assert model_of(array) == model_of(named)


@pytest.mark.parametrize(
    ("settings", "rows", "y", "match"),
    [
        ({}, slice(None), np.zeros(240), "class"),
        ({}, slice(None), np.arange(240) == 3, "2 are needed"),
        ({}, slice(None), np.linspace(0, 1, 240), "continuous"),
        ({"methods": ["smoke"]}, slice(None), None, "smote"),
        ({"at": "recall>=2"}, slice(None), None, "recall"),
        ({"confidence": 0.2}, slice(None), None, "confidence"),
        ({"trials": 0}, slice(None), None, "trials"),
        ({"positive": "maybe"}, slice(None), None, "maybe"),
        ({"cv": RepeatedStratifiedKFold(n_splits=2)}, slice(None), None, "twice"),
        ({"objective": "f1"}, slice(None), None, "objective|metric"),
    ],
)
def test_what_it_refuses_is_a_value_error(settings, rows, y, match):
    frame, usual = mixed()
    with pytest.raises(ValueError, match=match):
        search(**settings).fit(frame[rows], usual if y is None else y)


def test_few_rows_of_a_class_are_fewer_folds():
    X, y = table()
    y = np.where(np.cumsum(y) <= 3, y, 0)
    with pytest.warns(UserWarning, match="3 rows"):
        done = search(("untreated",), cv=5).fit(X, y)
    assert done.n_splits_ == 3
    with pytest.raises(SearchError, match="2 are needed"):
        search(("untreated",)).fit(X, np.where(np.cumsum(y) <= 1, y, 0))


# Among others -------------------------------------------------------------------------


def test_groups_are_kept_together():
    X, y = table()
    groups = np.arange(len(y)) // 5
    alone = search(("untreated",)).fit(X, y, groups=groups)
    assert model_of(alone) != model_of(search(("untreated",)).fit(X, y))
    given = search(("untreated",), cv=GroupKFold(3)).fit(X, y, groups=groups)
    cuts = [*GroupKFold(3).split(X, y, groups)]
    assert model_of(given) == model_of(search(("untreated",), cv=cuts).fit(X, y))
    texts = search(("untreated",)).fit(X, y, groups=[f"g{n}" for n in groups])
    assert model_of(texts) == model_of(alone)


def test_weights_count_when_a_model_is_fitted():
    X, y = table()
    ones = search(("untreated", "smote")).fit(X, y, sample_weight=np.ones(len(y)))
    assert model_of(ones) == model_of(search(("untreated", "smote")).fit(X, y))
    heavy = np.where(X[:, 0] > 0, 5.0, 0.5)
    weighted = search(("untreated",)).fit(X, y, sample_weight=pd.Series(heavy))
    assert model_of(weighted) != model_of(search(("untreated",)).fit(X, y))
    some = search(("untreated", "easy-ensemble", "rus-boost:n_estimators=5"))
    with pytest.warns(FitFailedWarning, match="easy-ensemble.*weights"):
        some.fit(X, y, sample_weight=heavy)
    assert len(some.board_) == 2
    for wrong in (heavy[1:], -heavy, np.zeros(len(y)), np.where(y == 1, 0.0, 1.0)):
        with pytest.raises(ValueError, match=r"weigh|samples"):
            search(("untreated",)).fit(X, y, sample_weight=wrong)


def test_weights_and_groups_are_routed():
    X, y = table()
    groups = np.arange(len(y)) // 5
    with sklearn.config_context(enable_metadata_routing=True):
        asked = search(("untreated",)).set_fit_request(groups=True, sample_weight=True)
        weights = 1.0 + np.arange(len(y)) % 3
        done = cross_validate(
            asked,
            X,
            y,
            cv=GroupKFold(2),
            params={"groups": groups, "sample_weight": weights},
            return_estimator=True,
            return_indices=True,
        )
    for one, rows in zip(done["estimator"], done["indices"]["train"], strict=True):
        given = {"groups": groups[rows], "sample_weight": weights[rows]}
        alone = search(("untreated",)).fit(X[rows], y[rows], **given)
        assert model_of(one) == model_of(alone)


def test_it_works_inside_other_estimators():
    X, y = table()
    plain = search(("untreated",), rounds=10)
    pipe = make_pipeline(StandardScaler(), plain).fit(X, y)
    assert pipe.predict(X).shape == y.shape
    grid = GridSearchCV(plain, {"at": ["cost", "fixed"], "cv": [2]}, cv=2).fit(X, y)
    assert grid.best_estimator_.n_splits_ == 2
    calibrated = CalibratedClassifierCV(plain, cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (len(y), 2)
    moved = FixedThresholdClassifier(plain, threshold=0.9).fit(X, y)
    assert moved.predict(X).sum() <= moved.estimator_.predict(X).sum()


def test_it_is_pickled(fitted):
    X, _ = table()
    again = pickle.loads(pickle.dumps(fitted))
    assert model_of(again) == model_of(fitted)
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_skore_evaluates_it():
    X, y = table()
    report = skore.evaluate(search(("untreated",), rounds=10), X, y, splitter=0.25)
    figures = report.metrics.summarize().frame()
    done = report.estimator_
    assert figures["default_score"] == done.score(report.X_test, report.y_test)


def test_the_example_of_the_docs_runs(capsys):
    text = (ROOT / "docs" / "search.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    made = {}
    exec(compile(code, "docs/search.md", "exec"), made)
    shown = capsys.readouterr().out
    assert made["search"].best_method_ in shown
    assert len(made["nested"]["estimator"]) == 3
