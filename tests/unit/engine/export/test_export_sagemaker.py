"""What SageMaker is handed: tables its XGBoost reads, requests its API takes."""

import csv as csv_module
import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import xgboost

from engine.core.errors import ArmError
from engine.export.case import case
from engine.export.sagemaker import PLACES, Job
from engine.train import row_weights
from tests.support.experiments import make_table
from tests.support.exported_runs import (
    ENSEMBLE,
    asked,
    csv,
    export,
    opened,
)
from tests.support.finished import finished, weighed_rows

loaders = pytest.importorskip("botocore.loaders")
ServiceModel = pytest.importorskip("botocore.model").ServiceModel
ParamValidator = pytest.importorskip("botocore.validate").ParamValidator

DOCUMENTED = {
    "alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "csv_weights",
    "early_stopping_rounds", "eta", "eval_metric", "gamma", "lambda", "max_delta_step",
    "max_depth", "max_leaves", "min_child_weight", "num_class", "num_round",
    "objective", "scale_pos_weight", "seed", "subsample", "tree_method",
}  # fmt: skip
"""Of the published table of hyper-parameters."""
EITHER = (
    ("two", "untreated"),
    ("two", "weights"),
    ("two", "smote-enn"),
    ("three", "weights"),
    ("weighed", "weights"),
    ("weighed", "smote"),
)


@pytest.fixture(scope="module")
def where(two_classes, several_classes):
    return {"two": two_classes, "three": several_classes, "weighed": weighed_rows()}


@pytest.fixture(scope="module", params=EITHER, ids="-".join)
def exported(request, where, tmp_path_factory):
    """A folder that was exported, the run, and the arm; nobody changes them."""
    name, arm = request.param
    out = tmp_path_factory.mktemp("sagemaker") / "out"
    export(where[name], "sagemaker", out, arm=arm)
    return out, where[name], arm


@pytest.fixture(scope="module")
def model():
    return ServiceModel(loaders.Loader().load_service_model("sagemaker", "service-2"))


def refused(model, operation, request):
    """Return what the AWS SDK's validator says, and texts that break a pattern."""
    shape = model.operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    return report.generate_report() or "; ".join(broken(shape, request))


def broken(shape, value):
    """Yield texts that are not of the pattern, or not among the choices, of a shape.

    The SDK leaves these to the service.
    """
    match shape.type_name:
        case "structure":
            for name, part in value.items():
                yield from broken(shape.members[name], part)
        case "list":
            for part in value:
                yield from broken(shape.member, part)
        case "map":
            for part in value.values():
                yield from broken(shape.value, part)
        case "string":
            # The model writes them for Java, anchored.
            pattern = shape.metadata.get("pattern")
            if pattern and not re.fullmatch(pattern, value):
                yield f"{value!r} is not {pattern}"
            if shape.enum and value not in shape.enum:
                yield f"{value!r} is none of {shape.enum}"


def test_the_requests_pass_the_service_model(exported, model):
    out, *_ = exported
    told = {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}
    tuning, training = told["tuning-job"], told["training-job"]
    assert refused(model, "CreateHyperParameterTuningJob", tuning) == ""
    assert refused(model, "CreateTrainingJob", training) == ""
    assert set(told["hyperparameters"]) <= DOCUMENTED
    assert training["HyperParameters"] == told["hyperparameters"]
    fixed = tuning["TrainingJobDefinition"]["StaticHyperParameters"]
    ranges = tuning["HyperParameterTuningJobConfig"]["ParameterRanges"]
    searched = [one["Name"] for group in ranges.values() for one in group]
    assert set(fixed) | set(searched) <= DOCUMENTED
    assert not set(fixed) & set(searched)
    assert {"num_round", "objective"} <= set(fixed)


def test_the_validator_can_refuse(model, where):
    one = opened(where["two"], "sagemaker", arm="untreated")
    request = Job(one).tuning(1.0)
    assert refused(model, "CreateHyperParameterTuningJob", request) == ""
    config = request["HyperParameterTuningJobConfig"]
    config["ResourceLimits"]["MaxParallelTrainingJobs"] = "2"
    said = refused(model, "CreateHyperParameterTuningJob", request)
    assert "MaxParallelTrainingJobs" in said
    config["ResourceLimits"]["MaxParallelTrainingJobs"] = 2
    request["HyperParameterTuningJobName"] = "no_underscore"
    assert "no_underscore" in refused(model, "CreateHyperParameterTuningJob", request)
    request["HyperParameterTuningJobName"] = "fine"
    config["Strategy"] = "Guessing"
    assert "Guessing" in refused(model, "CreateHyperParameterTuningJob", request)


@pytest.mark.parametrize(
    ("arm", "name"),
    [
        ("untreated", "imbtui-RUN-untreated"), ("-- ä/ö --", "imbtui-RUN-a-o"),
        ("x" * 90, "imbtui-RUN-" + "x" * 16), ("患者", "imbtui-RUN-arm"),
    ],
)  # fmt: skip
def test_names_of_jobs(arm, name, model, where):
    one = opened(where["two"], "sagemaker", arm="untreated")
    one.chosen = one.chosen._replace(name=arm)
    told = Job(one).name(32)
    assert told == name.replace("RUN", one.run)
    assert (
        refused(model, "CreateHyperParameterTuningJob", Job(one).tuning(1.0))
        == refused(model, "CreateTrainingJob", Job(one).training(1.0))
        == ""
    )


def table(path):
    """Read a table as the container does: no header, numbers of 32 bits."""
    return pd.read_csv(path, header=None, dtype=np.float32).to_numpy()


def test_tables_are_the_first_folds_rows_label_first(exported):
    out, run, arm = exported
    one = opened(run, arm=arm)
    plan, rows = one.plan, one.rows(0)
    weights = row_weights(plan, one.chosen.arm, rows)
    skip = 1 if weights is None else 2
    train, judge, test = (
        table(out / f"{part}.csv") for part in ("train", "validation", "test")
    )
    np.testing.assert_array_equal(train[:, 0], rows.y)
    np.testing.assert_array_equal(train[:, skip:], rows.X)
    if weights is not None:
        np.testing.assert_array_equal(train[:, 1], weights.astype(np.float32))
        assert (judge[:, 1] == 1).all()
    fit, judged = plan.indices(0)
    np.testing.assert_array_equal(judge[:, 0], plan.dataset.y[judged])
    # Real rows, none left out, none added, in the encoding of the fitting rows.
    frame, features = plan.dataset.frame, one.features(0)
    assert set(features.fitted_on_) == set(fit)
    np.testing.assert_array_equal(
        judge[:, skip:], features.transform(frame.iloc[judged])
    )
    np.testing.assert_array_equal(test[:, 0], plan.dataset.y[plan.split.test])
    np.testing.assert_array_equal(
        test[:, 1:], features.transform(frame.iloc[plan.split.test])
    )
    columns = csv(out / "columns.csv")
    assert columns["name"].tolist()[skip:] == list(features.names_)
    assert len(columns) == train.shape[1] == judge.shape[1]
    assert columns["of"][0] == plan.dataset.info.target
    told = csv(out / "classes.csv")["class"]
    assert tuple(told) == plan.dataset.labels


def test_xgboosts_own_reader_fits_the_runs_model(exported):
    """Tables and hyper-parameters as the container takes them: the run's own trees."""
    out, run, arm = exported
    told = json.loads((out / "hyperparameters.json").read_text())
    first = (out / "train.csv").read_text().partition("\n")[0]
    assert csv_module.Sniffer().sniff(first).delimiter == ","  # as the container does
    rounds = int(told.pop("num_round"))
    beside = "&weight_column=1" if told.pop("csv_weights", 0) else ""
    one = opened(run, arm=arm)
    rows = one.rows(0)

    def matrix(part):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # reading text is deprecated
            return xgboost.DMatrix(
                f"{out}/{part}.csv?format=csv&label_column=0{beside}"
            )

    told |= {"nthread": "1", "seed_per_iteration": "true"}
    found = xgboost.train(told, matrix("train"), rounds)
    weights = row_weights(one.plan, one.chosen.arm, rows)
    fit = xgboost.DMatrix(rows.X, rows.y, weight=weights, nthread=1)
    wanted = xgboost.train(told, fit, rounds).predict(
        xgboost.DMatrix(rows.validation, nthread=1)
    )
    np.testing.assert_allclose(found.predict(matrix("validation")), wanted, atol=1e-6)


def test_hyperparameters_are_those_of_the_best_trial(where):
    run = where["two"]
    one = opened(run, "sagemaker", arm="weights")
    told = Job(one).hyperparameters(4.5)
    best = one.chosen.best
    assert told["num_round"] == str(best.rounds)
    assert float(told["eta"]) == best.params["learning_rate"]
    assert float(told["lambda"]) == best.params["reg_lambda"]
    assert told["max_depth"] == str(best.params["max_depth"])
    assert told["scale_pos_weight"] == "4.5"
    assert told["objective"] == "binary:logistic"
    assert all(isinstance(value, str) for value in told.values())
    three_classes = opened(where["three"], "sagemaker", arm="weights")
    told = Job(three_classes).hyperparameters(1.0)
    assert (told["objective"], told["num_class"]) == ("multi:softprob", "3")
    assert told["csv_weights"] == "1"
    assert "scale_pos_weight" not in told


def test_costs_weigh_for_the_prevalence_in_use(tmp_path):
    run = finished(
        make_table(),
        *("untreated", "cost-weights"),
        data__target="sick",
        decision__cost_fn=7.0,
        decision__prevalence=0.02,
    )
    export(run, "sagemaker", tmp_path / "out", arm="cost-weights")
    told = json.loads((tmp_path / "out" / "hyperparameters.json").read_text())
    plan = opened(run, arm="cost-weights").plan
    share = plan.dataset.y[plan.split.train].mean()
    odds = 7 * (0.02 / 0.98) / (share / (1 - share))
    assert float(told["scale_pos_weight"]) == pytest.approx(odds)


def changed(one, **search):
    """A case of the same run, as if its experiment had asked for something else."""
    import msgspec

    experiment = one.experiment
    model = search.pop("model", experiment.model)
    search_spec = msgspec.structs.replace(experiment.search, **search)
    replaced = msgspec.structs.replace(experiment, search=search_spec, model=model)

    class Other(type(one)):
        experiment = property(lambda self: replaced)

    return Other(one.store, one.opened, one.request, one.progress)


@pytest.mark.parametrize(
    ("objective", "metric", "direction"),
    [
        ("average_precision", "validation:aucpr", "Maximize"),
        ("roc_auc", "validation:auc", "Maximize"),
        ("log_loss", "validation:logloss", "Minimize"),
        ("brier", "validation:rmse", "Minimize"),
    ],
)
def test_the_job_is_judged_by_what_is_nearest(objective, metric, direction, where):
    one = changed(opened(where["two"]), objective=objective)
    assert Job(one).objective[:2] == (metric, direction)
    many = changed(opened(where["three"]), objective=objective)
    found = Job(many).objective
    assert found[:2] == ("validation:mlogloss", "Minimize")
    assert bool(found.note) == (objective != "log_loss")


def test_limits_strategy_and_ranges(model, where):
    import msgspec

    one = opened(where["two"], arm="smote")
    spec = msgspec.structs.replace(
        one.experiment.model, space="sagemaker", params={"max_depth": 3}
    )
    other = changed(one, model=spec, trials=30, method="random", prune=False)
    job = Job(other).tuning(1.0)
    assert refused(model, "CreateHyperParameterTuningJob", job) == ""
    config = job["HyperParameterTuningJobConfig"]
    assert config["Strategy"] == "Random"
    assert config["ResourceLimits"] == {
        "MaxNumberOfTrainingJobs": 30, "MaxParallelTrainingJobs": 2,
    }  # fmt: skip
    assert config["TrainingJobEarlyStoppingType"] == "Off"
    ranges = config["ParameterRanges"]
    assert ranges["IntegerParameterRanges"] == []
    told = {r["Name"]: (r["MinValue"], r["MaxValue"])
            for r in ranges["ContinuousParameterRanges"]}  # fmt: skip
    assert told == {  # as AWS publishes them
        "alpha": ("0", "1000"), "lambda": ("0", "1000"), "eta": ("0.1", "0.5"),
        "min_child_weight": ("0", "120"), "gamma": ("0", "5"),
        "subsample": ("0.5", "1"), "colsample_bytree": ("0.5", "1"),
    }  # fmt: skip
    fixed = job["TrainingJobDefinition"]["StaticHyperParameters"]
    assert fixed["max_depth"] == "3"
    # Nothing was searched: the published ranges.
    spec = msgspec.structs.replace(spec, space="fixed", params={})
    other = changed(one, model=spec)
    assert "published ranges" in str(Job(other).notes)
    assert refused(
        model, "CreateHyperParameterTuningJob", Job(other).tuning(1.0)
    ) == ""  # fmt: skip


def test_a_seed_that_they_cannot_take_is_made_one(where):
    import msgspec

    one = opened(where["two"])
    large = msgspec.structs.replace(one.experiment, seed=2**32 - 1)

    class Other(type(one)):
        experiment = property(lambda self: large)

    other = Other(one.store, one.opened, one.request, one.progress)
    job = Job(other).tuning(1.0)
    assert 0 <= job["HyperParameterTuningJobConfig"]["RandomSeed"] < 2**31 - 1


def test_an_ensemble_is_refused_before_anything_is_made(tmp_path, where):
    run = where["two"]
    with pytest.raises(ArmError, match="built-in XGBoost cannot fit"):
        export(run, "sagemaker", tmp_path / "out", arm=ENSEMBLE)
    assert list(tmp_path.iterdir()) == []


def test_the_preview_does_not_read_the_table(where, monkeypatch):
    run = where["two"]
    monkeypatch.setattr("engine.export.case.stored_run.reopen_run", None)
    from engine.export.data import data, predictions
    from engine.export.sagemaker import sagemaker

    for of in (data, predictions, sagemaker):
        one = case(asked(run, of.__name__, arm="smote"), lambda *_: None)
        parts = of(one)
        assert all(piece.what for piece in parts.pieces)
        assert "bench" not in vars(one)


def test_the_readme_says_the_steps_and_what_differs(exported):
    text = (exported[0] / "README.md").read_text()
    for said in (
        *PLACES.values(),
        "aws s3 cp train.csv", "create-hyper-parameter-tuning-job",
        "create-training-job", "version of XGBoost", "classes.csv", "first fold",
    ):  # fmt: skip
        assert said in text
