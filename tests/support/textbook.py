"""The pipeline that a careful person would write by hand, and a run beside it."""

import numpy as np
import pytest
from imblearn import FunctionSampler
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.over_sampling import SMOTENC
from imblearn.pipeline import Pipeline
from sklearn.ensemble import AdaBoostClassifier
from sklearn.metrics import average_precision_score, confusion_matrix
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from engine.core.experiment import DataSpec
from engine.core.seeds import child
from engine.data import load_table as load
from engine.data import prepare_dataset as prepare
from engine.features import Features
from engine.store import open_store
from tests.support.finished import finished
from tests.support.stock import STOCK

SEED = 11
PARAMS = {"max_depth": 3, "learning_rate": 0.15, "subsample": 0.8, "reg_lambda": 2.0}
ROUNDS = 30
ENSEMBLES = {
    "balanced-random-forest": lambda: BalancedRandomForestClassifier(random_state=SEED),
    "easy-ensemble": lambda: EasyEnsembleClassifier(
        # Its own, with the tree put in place whose depth can be set.
        estimator=AdaBoostClassifier(DecisionTreeClassifier(max_depth=1)),
        random_state=SEED,
    ),
    "rus-boost": lambda: RUSBoostClassifier(n_estimators=50, random_state=SEED),
    "balanced-bagging": lambda: BalancedBaggingClassifier(
        n_estimators=10, random_state=SEED
    ),
}
"""As they come: our defaults are the library's."""


def textbook(arm, dataset):
    """The pipeline a careful person would write by hand."""
    features = Features(dataset.columns)

    def treat(X, y):
        if arm == "smotenc":
            layout = features.layout_
            sampler = SMOTENC(layout.categorical.tolist(), random_state=SEED)
            codes, labels = sampler.fit_resample(layout.collapse(X), y)
            after = np.vstack([X, layout.expand(codes[len(X) :])])
            after[len(X) :] = features.legalise(after[len(X) :])
            return after, labels
        sampler = STOCK[arm](random_state=SEED)
        try:
            after, labels = sampler.fit_resample(X, y)
        except RuntimeError:  # the library's default finds no cluster
            share = float(f"{y.mean() / 2:.1g}")
            sampler.set_params(cluster_balance_threshold=share)
            after, labels = sampler.fit_resample(X, y)
        real = {tuple(row) for row in X}
        made = np.array([tuple(row) not in real for row in after])
        if made.any():
            after[made] = features.legalise(after[made])
        return after, labels

    model = XGBClassifier(
        n_estimators=ROUNDS,
        n_jobs=1,
        random_state=SEED,
        seed_per_iteration=True,
        **PARAMS,
    )
    if arm == "weights":
        model.set_params(scale_pos_weight=1.0)
    if arm == "cost-weights":
        model.set_params(scale_pos_weight=10.0)
    if arm in ENSEMBLES:
        return Pipeline([("features", features), ("model", ENSEMBLES[arm]())])
    steps = [("features", features)]
    if arm in STOCK or arm == "smotenc":
        steps.append(("sampler", FunctionSampler(func=treat, validate=False)))
    return Pipeline([*steps, ("model", model)])


def run_beside(frame, *arms, folds):
    """Run the experiment whose arms the textbook can do as well."""
    return finished(
        frame,
        "untreated",
        *(arm for arm in arms if arm != "untreated"),
        data__target="sick",
        seed=SEED,
        search__folds=folds,
        model__space="fixed",
        model__params=PARAMS,
        model__rounds=ROUNDS,
        decision__cost_fn=10.0,
        model__early_stopping=0,
    )


def check_scores(arm, done):
    """Assert that fold and test scores of an arm are those of the plain pipeline."""
    state = done.state()
    with open_store(done.store) as store:
        kept = store.artifacts(done.run, f"oof/{arm}", f"test/{arm}")
    ours = state.arm(arm)
    assert ours.failed is None
    assert ours.best is not None
    assert ours.evaluated is not None

    dataset = prepare(load(done.table), DataSpec(source="", target="sick"))
    X, y = dataset.frame, dataset.y
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.2, random_state=SEED, stratify=y
    )
    cut = StratifiedKFold(
        state.experiment.search.folds,
        shuffle=True,
        random_state=child(SEED, "folds", 0),
    )
    oof = np.frombuffer(kept[f"oof/{arm}"], dtype=np.float32)
    pipeline = textbook(arm, dataset)
    for number, (fit, judge) in enumerate(cut.split(train, y[train])):
        rows = train[fit]
        if arm == "weights":
            weight = (y[rows] == 0).sum() / (y[rows] == 1).sum()
            pipeline.set_params(model__scale_pos_weight=weight)
        pipeline.fit(X.iloc[rows], y[rows])
        scores = pipeline.predict_proba(X.iloc[train[judge]])[:, 1]
        np.testing.assert_allclose(oof[judge], scores, atol=1e-6)
        assert ours.best.folds["average_precision"][number] == pytest.approx(
            average_precision_score(y[train[judge]], scores), abs=1e-6
        )

    if arm == "weights":
        weight = (y[train] == 0).sum() / (y[train] == 1).sum()
        pipeline.set_params(model__scale_pos_weight=weight)
    pipeline.fit(X.iloc[train], y[train])
    scores = pipeline.predict_proba(X.iloc[test])[:, 1]
    looked = np.frombuffer(kept[f"test/{arm}"], dtype=np.float32)
    np.testing.assert_allclose(looked, scores, atol=1e-6)
    (tn, fp), (fn, tp) = confusion_matrix(y[test], scores >= 0.5)
    points = {point.name: point for point in ours.evaluated.operating_points}
    point = points["fixed"]
    assert point.threshold == 0.5
    confusion = point.confusion
    assert (confusion.tn, confusion.fp, confusion.fn, confusion.tp) == (tn, fp, fn, tp)
    assert ours.evaluated.test["average_precision"] == pytest.approx(
        average_precision_score(y[test], scores), abs=1e-6
    )
