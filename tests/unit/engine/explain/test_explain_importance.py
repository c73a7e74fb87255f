"""What a model goes by: shares of gain, what shuffling costs, and one score apart."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from sklearn.metrics import average_precision_score

from engine.core.errors import SpecError
from engine.core.seeds import child
from engine.explain import model as weighing
from engine.explain.model import RowSample, open_model, permute, predict
from engine.service import ExplainHandler
from tests.support.explained import ENSEMBLE, ask, groups, parts, rows, worth
from tests.support.finished import FOREST, two_models, weighed_rows


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


@pytest.fixture(scope="module")
def model(bench):
    return open_model(bench, "smote")


def test_every_column_has_its_share_and_its_drop(made, desk):
    shown = ask(desk, made, worth, arm="untreated")
    names = [one.column for one in shown.columns]
    assert sorted(names) == sorted(["risk", "age", "flag", "colour", "dose"])
    assert sum(one.gain for one in shown.columns) == pytest.approx(1.0)
    assert shown.columns[0].column == "risk"
    assert shown.columns[0].drop > 0.1
    drops = [one.drop for one in shown.columns]
    assert drops == sorted(drops, reverse=True)
    assert (shown.rows, shown.of, shown.repeats) == (180, 180, 5)


def test_the_average_precision_is_the_run_s(made, desk, bench):
    shown = ask(desk, made, worth, arm="untreated")
    test = bench.state.arm("untreated").evaluated.test
    assert shown.average_precision == pytest.approx(test["average_precision"], 1e-9)


def test_gain_is_that_of_the_booster_summed_per_column(made, desk, bench, model):
    shown = ask(desk, made, worth, arm="smote")
    booster = xgboost.Booster()
    booster.load_model(bytearray(bench.artifact("model/smote")))
    raw = booster.get_score(importance_type="total_gain")
    names = bench.preparer.features(-1, "impute").names_
    of_colour = sum(
        v for k, v in raw.items() if names[int(k[1:])].startswith("colour=")
    )
    of_dose = sum(v for k, v in raw.items() if names[int(k[1:])].startswith("dose"))
    by = {one.column: one.gain for one in shown.columns}
    assert by["colour"] == pytest.approx(of_colour / sum(raw.values()))
    assert by["dose"] == pytest.approx(of_dose / sum(raw.values()))


def test_shuffled_parts_are_the_shuffled_column_encoded(bench, model):
    features = bench.preparer.features(-1, "impute")
    frame = bench.dataset.frame.iloc[bench.split.test]
    order = np.random.default_rng(0).permutation(len(frame))
    for name in ("colour", "dose", "age"):
        other = frame.assign(**{name: frame[name].to_numpy()[order]})
        encoded = model.X.copy()
        mine = [n for n, owner in enumerate(model.owners) if owner == name]
        encoded[:, mine] = model.X[order][:, mine]
        assert encoded.tobytes() == features.transform(other).tobytes()


def test_a_drop_is_the_mean_fall_of_average_precision(bench, model):
    calls = predict(bench, worth(id=1, store="", run="", arm="smote"))
    every = RowSample(np.arange(len(bench.y)), np.ones(len(bench.y)))
    base, drops = permute(model, every, calls, ("colour",), repeats=3, seed=9)
    truth = bench.y == 1
    assert base == pytest.approx(average_precision_score(truth, model.scores(model.X)))
    rng = np.random.default_rng(child(9, "permutation", "colour"))
    mine = [n for n, owner in enumerate(model.owners) if owner == "colour"]
    falls = []
    for _ in range(3):
        X = model.X.copy()
        X[:, mine] = model.X[rng.permutation(len(X))][:, mine]
        falls.append(base - average_precision_score(truth, model.scores(X)))
    assert drops["colour"] == pytest.approx((np.mean(falls), np.std(falls, ddof=1)))


def test_the_same_seed_gives_the_same_bits(made, bench):
    first, second = ExplainHandler(), ExplainHandler()
    one, other = (ask(d, made, worth, arm="smote") for d in (first, second))
    assert one == other


def test_an_ensemble_is_weighed_by_shuffling_alone(made, desk):
    shown = ask(desk, made, worth, arm=ENSEMBLE, repeats=1)
    assert all(one.gain is None for one in shown.columns)
    assert shown.columns[0].column == "risk"
    assert "which has no gain" in shown.notes[0]


def test_a_linear_model_shows_its_coefficients_and_adds_up():
    run, desk = two_models(), ExplainHandler()
    shown = ask(desk, run, worth, arm="untreated@logistic", repeats=1)
    (row,) = open_model(desk._bench, "untreated@logistic").scorer.coefficients()
    told = {c.column: c.coefficients for c in shown.columns}
    assert sorted(v for held in told.values() for v in held.values()) == sorted(row)
    assert len(told["colour"]) > 1
    assert len(told["age"]) == 1
    risk = next(one for one in shown.columns if one.column == "risk")
    assert risk.gain is None
    assert risk.coefficient == max(told["risk"].values(), key=abs)
    assert "log odds per standard deviation" in shown.notes[0]
    number = ask(desk, run, rows, arm="untreated@logistic", kind="all").rows[0].number
    one = ask(desk, run, parts, arm="untreated@logistic", row=number)
    assert one.margin == pytest.approx(one.bias + sum(p.value for p in one.parts))
    assert 1 / (1 + np.exp(-one.margin)) == pytest.approx(one.score, abs=1e-5)


def test_arms_of_another_model_are_paired_with_their_own_control():
    shown = ask(ExplainHandler(), two_models(), rows, arm="untreated@logistic")
    assert [(pair.a, pair.b) for pair in shown.pairs][len(shown.others) :] == [
        ("smote@xgboost", "untreated@xgboost")
    ]


def test_many_rows_are_thinned_and_stand_for_all(bench, model, monkeypatch):
    monkeypatch.setattr(weighing, "LEAST_ROWS", 60)
    monkeypatch.setattr(weighing, "WORK", 1)
    truth = bench.y == 1
    drawn = weighing._draw(truth, model, 10, seed=1)
    assert len(drawn.places) == len(set(drawn.places.tolist())) == 60
    assert drawn.weights.sum() == pytest.approx(len(truth))
    assert drawn.weights[truth[drawn.places]].sum() == pytest.approx(truth.sum())
    assert truth[drawn.places].sum() == min(truth.sum(), 30)


def test_parts_and_bias_make_the_margin(made, desk, bench, model):
    shown = ask(desk, made, rows, arm="smote", at="f1", kind="found", count=5)
    margins = model.scorer.booster.predict(
        xgboost.DMatrix(model.X, nthread=1), output_margin=True
    )
    for row in shown.rows:
        told = ask(desk, made, parts, arm="smote", at="f1", row=row.number)
        place = int(np.flatnonzero(bench.numbers == row.number)[0])
        total = told.bias + sum(part.value for part in told.parts)
        assert total == pytest.approx(float(margins[place]), abs=1e-5)
        assert told.margin == pytest.approx(total, abs=1e-9)
        assert 1 / (1 + np.exp(-told.margin)) == pytest.approx(told.score, abs=1e-5)
        cells = dict(zip(shown.columns, row.cells, strict=True))
        assert {p.column: p.cell for p in told.parts}.items() <= cells.items()
        sizes = [abs(part.value) for part in told.parts]
        assert sizes == sorted(sizes, reverse=True)
        assert (
            (told.label, told.predicted) == (row.label, row.predicted) == ("yes", "yes")
        )
        assert tuple(told.others.values()) == row.others


@pytest.mark.parametrize(
    ("row", "words"),
    [(0, "row 0 of 900"), (10**7, "of 900 is no test row"), (None, "no test")],
)
def test_a_row_that_is_no_test_row_is_refused(made, desk, bench, row, words):
    number = int(bench.split.train[0]) + 1 if row is None else row
    with pytest.raises(SpecError, match=words):
        ask(desk, made, parts, arm="untreated", row=number)


def test_an_ensemble_is_fitted_again_with_the_weights_of_its_rows(desk):
    """Else it would not give the scores that the run kept, and be refused."""
    shown = ask(desk, weighed_rows(), worth, arm=FOREST)
    assert "heavy" not in {one.column for one in shown.columns}
    assert shown.columns[0].drop > 0
    found = ask(desk, weighed_rows(), groups, arm=FOREST)
    assert found.columns
    assert "heavy" not in found.columns
