"""What SageMaker is asked for: hyper-parameters, a tuning job, a training job.

Names of hyper-parameters and of metrics are those of the built-in XGBoost: its
published tables [1]_ [2]_, and its container's source [3]_, which also knows
``validation:aucpr``. The requests are those of the AWS API [4]_.

References
----------
.. [1] https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
.. [2] https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
.. [3] https://github.com/aws/sagemaker-xgboost-container, ``constants/xgb_constants.py``
.. [4] https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
"""  # noqa: E501

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.filenames import slug
from engine.train.space import SPACES, Range, ranges

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = [
    "IMAGE",
    "ROLE",
    "Objective",
    "hyperparameters",
    "job_name",
    "objective",
    "place",
    "searched",
    "training_job",
    "tuning_job",
]

ROLE: Final = "arn:aws:iam::000000000000:role/REPLACE-WITH-YOUR-ROLE"
IMAGE: Final = "REPLACE-WITH-THE-IMAGE-OF-YOUR-REGION/sagemaker-xgboost:1.7-1"
BUCKET: Final = "REPLACE-WITH-YOUR-BUCKET"
INSTANCE: Final = "ml.m5.xlarge"
HOUR: Final = 3600
PARALLEL: Final = 2
"""Trials at a time: the more, the less each of them knows of the others."""

_NAMES: Final = {
    "learning_rate": "eta",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
"""What the built-in algorithm calls otherwise."""

_METRICS: Final = {
    "average_precision": ("validation:aucpr", "Maximize"),
    "roc_auc": ("validation:auc", "Maximize"),
    "log_loss": ("validation:logloss", "Minimize"),
    # The root of the mean squared error of probabilities is that of the Brier score.
    "brier": ("validation:rmse", "Minimize"),
}


class Objective(NamedTuple):
    """What a tuning job is judged by.

    Attributes
    ----------
    metric, direction : str
        As the API calls them.
    note : str
        How that differs from the run; empty if it does not.
    """

    metric: str
    direction: str
    note: str = ""


def objective(case: Case) -> Objective:
    """Return the metric of the container that is nearest to the run's objective."""
    wanted = case.experiment.search.objective
    if case.multiclass:
        note = ""
        if wanted != "log_loss":
            note = (
                f"the run's objective is {wanted}, which the built-in algorithm does "
                "not report for more than two classes: validation:mlogloss stands for "
                "it"
            )
        return Objective("validation:mlogloss", "Minimize", note)
    metric, direction = _METRICS[wanted]
    note = ""
    if wanted == "average_precision":
        note = (
            "validation:aucpr is interpolated a little otherwise than average "
            "precision, and missing in older tables of the documentation: take "
            "validation:auc if the service refuses it"
        )
    if wanted == "brier":
        note = "validation:rmse is the root of the Brier score"
    return Objective(metric, direction, note)


def hyperparameters(case: Case, positive_weight: float) -> dict[str, str]:
    """Return what the built-in XGBoost is told to fit the arm's model again.

    Parameters
    ----------
    case : Case
    positive_weight : float
        What a positive row weighs, of two classes.

    Returns
    -------
    dict of str to str
        All values are texts, as the API wants them.
    """
    told: dict[str, Any] = {"num_round": case.chosen.best.rounds}
    told |= _of_the_task(case, positive_weight)
    params = {**case.experiment.model.params, **case.chosen.params}
    for name, value in sorted(params.items()):
        told[_NAMES.get(name, name)] = value
    return {name: _text(value) for name, value in told.items()}


def searched(case: Case) -> tuple[dict[str, Range], str]:
    """Return the ranges of the search by the container's names, and their note.

    Those of the run's own space; SageMaker's published ones where nothing was searched.
    """
    model, note = case.experiment.model, ""
    space = ranges(model)
    if not space:
        note = "nothing was searched in the run: SageMaker's published ranges are taken"
        space = {
            name: one for name, one in SPACES["sagemaker"].items()
            if name not in model.params
        } or SPACES["sagemaker"]  # fmt: skip
    return {_NAMES.get(name, name): one for name, one in space.items()}, note


def tuning_job(case: Case, positive_weight: float) -> dict[str, Any]:
    """Return a request of ``CreateHyperParameterTuningJob``.

    Parameters
    ----------
    case : Case
    positive_weight : float
        As of `hyperparameters`.
    """
    search, model = case.experiment.search, case.experiment.model
    space, _ = searched(case)
    wanted = objective(case)
    fixed = _of_the_task(case, positive_weight) | {"num_round": model.rounds}
    if model.early_stopping:
        fixed["early_stopping_rounds"] = model.early_stopping
    for name, value in sorted(model.params.items()):
        fixed[_NAMES.get(name, name)] = value
    return {
        "HyperParameterTuningJobName": job_name(case, 32),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian" if search.method == "tpe" else "Random",
            "HyperParameterTuningJobObjective": {
                "Type": wanted.direction,
                "MetricName": wanted.metric,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": search.trials,
                "MaxParallelTrainingJobs": min(PARALLEL, search.trials),
            },
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    _range(name, one) for name, one in space.items() if not one.whole
                ],
                "IntegerParameterRanges": [
                    _range(name, one) for name, one in space.items() if one.whole
                ],
            },
            "TrainingJobEarlyStoppingType": "Auto" if search.prune else "Off",
            "RandomSeed": _seed(case),
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {
                name: _text(value) for name, value in fixed.items() if name not in space
            },
            **_where(case, "tuned"),
        },
    }


def training_job(case: Case, positive_weight: float) -> dict[str, Any]:
    """Return a request of ``CreateTrainingJob`` with the parameters that were found."""
    return {
        "TrainingJobName": job_name(case, 63),
        "HyperParameters": hyperparameters(case, positive_weight),
        **_where(case, "trained"),
    }


def job_name(case: Case, most: int) -> str:
    """Return a name that the API takes: letters, digits and single hyphens."""
    arm = re.sub(r"[^A-Za-z0-9]+", "-", slug(case.chosen.name, fallback="arm"))
    return f"imbtui-{case.run}-{arm}"[:most].strip("-")


def place(case: Case) -> str:
    """Return where the tables are to be put."""
    return f"s3://{BUCKET}/{job_name(case, 63)}"


def _of_the_task(case: Case, positive_weight: float) -> dict[str, Any]:
    """Return what is the same for every trial."""
    arm = case.chosen.arm
    told: dict[str, Any] = {"tree_method": "hist", "seed": _seed(case)}
    metric = objective(case).metric.removeprefix("validation:")
    if case.multiclass:
        assert case.state.dataset is not None
        told |= {
            "objective": "multi:softprob",
            "num_class": len(case.state.dataset.classes),
            "eval_metric": metric,
        }
        if arm.weights:
            told["csv_weights"] = 1
        return told
    told |= {"objective": "binary:logistic", "eval_metric": metric}
    if arm.weights:
        told["scale_pos_weight"] = positive_weight
    return told


def _seed(case: Case) -> int:
    """Return the experiment's seed, of which they take 31 bits."""
    return case.experiment.seed % (2**31 - 1)


def _where(case: Case, folder: str) -> dict[str, Any]:
    """Return what both requests say of image, role, tables and machine."""
    return {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
        },
        "RoleArn": ROLE,
        "InputDataConfig": [
            {
                "ChannelName": channel,
                "ContentType": "text/csv",
                "CompressionType": "None",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"{place(case)}/{channel}/",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel in ("train", "validation")
        ],
        "OutputDataConfig": {"S3OutputPath": f"{place(case)}/{folder}/"},
        "ResourceConfig": {
            "InstanceType": INSTANCE,
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": HOUR},
    }


def _range(name: str, one: Range) -> dict[str, str]:
    return {
        "Name": name,
        "MinValue": _text(int(one.low) if one.whole else one.low),
        "MaxValue": _text(int(one.high) if one.whole else one.high),
        "ScalingType": "Logarithmic" if one.log else "Linear",
    }


def _text(value: Any) -> str:
    """Return a value as the API wants it, whole numbers without a point."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)
