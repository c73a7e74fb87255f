"""An arm handed to SageMaker: tables and requests for its built-in XGBoost.

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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np
import pandas as pd

from engine.core import models
from engine.core.errors import ArmError
from engine.core.exports import Parts, Piece, of_json, of_text
from engine.core.methods.samplers import ParamValue, Range
from engine.core.space import ranges
from engine.core.visible import escaped, slug
from engine.export.case import Case
from engine.export.tables import BLOCK_ROWS, lines, render, table_piece
from engine.train.finish import cost_ratio
from engine.train.models.xgboost import bin_params
from engine.train.prepare import PreparedFold, row_weights

Table: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray | None]
Request: TypeAlias = dict[str, object]
"""A request of the AWS API."""
FOLD = 0
"""The fold whose validation rows SageMaker validates on."""
PLACES: Final = {
    "ROLE": "arn:aws:iam::000000000000:role/REPLACE-WITH-YOUR-ROLE",
    "IMAGE": "REPLACE-WITH-THE-IMAGE-OF-YOUR-REGION/sagemaker-xgboost:1.7-1",
    "BUCKET": "REPLACE-WITH-YOUR-BUCKET",
}
"""Placeholders for what only the user knows."""
_NAMES: Final = {"learning_rate": "eta", "reg_lambda": "lambda", "reg_alpha": "alpha"}
"""Hyper-parameters that have another name in the built-in algorithm."""


class Objective(NamedTuple):
    """What a tuning job is judged by, as the API says it, and how the run differs."""

    metric: str
    direction: str
    note: str = ""


_METRICS: Final = {
    "average_precision": Objective(
        "validation:aucpr",
        "Maximize",
        "validation:aucpr is interpolated a little otherwise than average precision, "
        "and missing in older tables of the documentation: take validation:auc if the "
        "service refuses it",
    ),
    "roc_auc": Objective("validation:auc", "Maximize"),
    "log_loss": Objective("validation:logloss", "Minimize"),
    # The root of the mean squared error of probabilities is that of the Brier score.
    "brier": Objective(
        "validation:rmse", "Minimize", "validation:rmse is the root of the Brier score"
    ),
}


def sagemaker(case: Case) -> Parts:
    """Return what SageMaker's built-in XGBoost needs to fit an arm, and to tune it.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Parts

    Raises
    ------
    ArmError
        If its model is no XGBoost.
    """
    learner = case.chosen.arm.learner
    if learner != models.XGBOOST:
        raise ArmError(
            f"the model of {case.chosen.name} is {learner}, which SageMaker's built-in "
            "XGBoost cannot fit",
            "choose an arm whose model is XGBoost, or take the bundle of this one",
            code="model",
        )
    job, rows = Job(case), _Rows(case)

    def table(name: str, what: str) -> Piece:
        def write(file: BinaryIO) -> None:
            for part in _blocks(*getattr(rows, name)):
                file.writelines(text.encode() for text in lines(part, header=False))

        return Piece(f"{name}.csv", what, write)

    def request(name: str, what: str, of: Callable[[float], object]) -> Piece:
        return of_json(name, what, lambda: of(rows.positive_weight))

    columns, classes = "what each column of the tables is", "the number of each class"
    fit = f"label{' and a weight' if _has_weights(case) else ''} first"
    best = "the arm's best setting, as the built-in XGBoost calls it"
    tuning = "a request of CreateHyperParameterTuningJob"
    steps = "the steps, and what differs from the run"
    pieces = (
        table("train", f"rows to fit on, treated, {fit}"),
        table("validation", f"real rows to score trials on, {fit}"),
        table("test", "the test rows, label first"),
        table_piece("columns", columns, rows.columns, "csv"),
        table_piece("classes", classes, rows.classes, "csv"),
        request("hyperparameters.json", best, job.hyperparameters),
        request("training-job.json", "a request of CreateTrainingJob", job.training),
        request("tuning-job.json", tuning, job.tuning),
        of_text("README.md", steps, lambda: job.readme(rows.counts())),
    )
    place = "replace role, bucket and image in the requests: README.md says where"
    return Parts(pieces, (place, *job.notes))


def _has_weights(case: Case) -> bool:
    """Tell whether rows have weights: that of two classes is a hyper-parameter."""
    of_classes = case.multiclass and case.chosen.arm.weights
    return bool(case.data.weight or of_classes)


@dataclass
class _Rows:
    """Classes, features and weights of each table, made when it is written."""

    case: Case

    @cached_property
    def rows(self) -> PreparedFold:
        """The treated rows of the fold, and those that it validates."""
        return self.case.rows(FOLD)

    @cached_property
    def positive_weight(self) -> float:
        """What a positive row weighs in the fold, as in the run."""
        if self.case.multiclass:
            return 1.0
        if self.case.chosen.arm.weights == "cost":
            return cost_ratio(self.case.plan)
        return self.rows.positive_weight

    @property
    def train(self) -> Table:
        """The rows to fit on."""
        rows, case = self.rows, self.case
        return rows.y, rows.X, row_weights(case.plan, case.chosen.arm, rows)

    @property
    def validation(self) -> Table:
        """The rows to score trials on: real, and of no weight of their own."""
        plan = self.case.plan
        y, X = plan.dataset.y[plan.indices(FOLD)[1]], self.rows.validation
        assert X is not None
        return y, X, np.ones(len(y)) if _has_weights(self.case) else None

    @cached_property
    def test(self) -> Table:
        """The test rows, encoded as those of the fold."""
        data, test = self.case.plan.dataset, self.case.plan.split.test
        cells = self.case.features(FOLD).transform(data.frame.iloc[test])
        return data.y[test], cells, None

    def columns(self) -> pd.DataFrame:
        """Return what each column is."""
        features = self.case.features(FOLD)
        weight = ["weight"] if _has_weights(self.case) else []
        names = ["label", *weight, *features.names_]
        of = [self.case.bench.dataset.info.target, *("" for _ in weight)]
        of += features.owners_
        return _listing("column", 1, name=names, of=of)

    def classes(self) -> pd.DataFrame:
        """Return which number stands for which class."""
        return _listing("number", 0, **{"class": [*self.case.bench.dataset.labels]})

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the rows of each table by class."""
        tables = {n: getattr(self, n) for n in ("train", "validation", "test")}
        return {name: self.case.plan.counts(y) for name, (y, *_) in tables.items()}


def _listing(number: str, first: int, **columns: list[str]) -> pd.DataFrame:
    """Return texts as columns beside a number for each row."""
    texts = pd.DataFrame(columns, dtype=object).map(escaped)
    texts.insert(0, number, range(first, first + len(texts)))
    return texts


def _blocks(
    y: np.ndarray, X: np.ndarray, weights: np.ndarray | None
) -> Iterator[pd.DataFrame]:
    """Yield rows with their label first; numbers as 32 bits need them."""
    for begin in range(0, len(y), BLOCK_ROWS):
        part = slice(begin, begin + BLOCK_ROWS)
        cells = X[part]
        texts = cells.astype(str).astype(object)
        texts[np.isnan(cells)] = None
        frame = pd.DataFrame(texts, dtype=object)
        if weights is not None:
            frame.insert(0, "weight", weights[part])
        frame.insert(0, "label", y[part].astype(np.int64))
        yield frame


class Job:
    """Requests to SageMaker: hyper-parameters, a tuning job, a training job.

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.search, self.model = case.experiment.search, case.experiment.model
        self.seed = case.experiment.seed % (2**31 - 1)  # they take 31 bits of it

    @property
    def objective(self) -> Objective:
        """The metric of the container that is nearest to the run's objective."""
        wanted, note = self.search.objective, ""
        if not self.case.multiclass:
            return _METRICS[wanted]
        if wanted != "log_loss":
            note = (
                f"the run's objective is {wanted}, which the built-in algorithm does "
                "not report for more than two classes: validation:mlogloss stands for "
                "it"
            )
        return Objective("validation:mlogloss", "Minimize", note)

    @property
    def space(self) -> dict[str, Range]:
        """The ranges of the search, by the container's names.

        SageMaker's published ones where nothing was searched.
        """
        published = models.get(models.XGBOOST).spaces["sagemaker"]
        params = self.model.params
        free = {name: one for name, one in published.items() if name not in params}
        found = ranges(self.model) or free or published
        return {_NAMES.get(name, name): one for name, one in found.items()}

    @property
    def notes(self) -> list[str]:
        """How the jobs differ from the run's search."""
        found, nothing = [self.objective.note], "nothing was searched in the run"
        if not ranges(self.model):
            found.append(f"{nothing}: SageMaker's published ranges are taken")
        return [note for note in found if note]

    def name(self, most: int) -> str:
        """Return a name that the API takes: letters, digits and single hyphens."""
        name = slug(self.case.chosen.name, fallback="arm")
        arm = re.sub(r"[^A-Za-z0-9]+", "-", name)
        return f"imbtui-{self.case.run}-{arm}"[:most].strip("-")

    def hyperparameters(self, positive_weight: float) -> dict[str, str]:
        """Return the built-in XGBoost's hyper-parameters for the arm's model.

        Parameters
        ----------
        positive_weight : float
            What a positive row weighs, of two classes.

        Returns
        -------
        dict of str to str
            All values are texts, as the API wants them.
        """
        params = {**self.model.params, **self.case.chosen.params}
        return self._parameters(positive_weight, self.case.chosen.best.rounds, params)

    def training(self, positive_weight: float) -> Request:
        """Return a request of ``CreateTrainingJob`` with the parameters found."""
        found = self.hyperparameters(positive_weight)
        return self._request("training-job", name=self.name(63), hyperparameters=found)

    def tuning(self, positive_weight: float) -> Request:
        """Return a request of ``CreateHyperParameterTuningJob``."""
        space, fixed = self.space, dict(self.model.params)
        if self.model.early_stopping:
            fixed["early_stopping_rounds"] = self.model.early_stopping
        values = self._parameters(positive_weight, self.model.rounds, fixed)
        searched = {
            name: one._asdict() | {"low": _text(one.low), "high": _text(one.high)}
            for name, one in space.items()
        }
        return self._request(
            "tuning-job",
            name=self.name(32),
            fixed={name: value for name, value in values.items() if name not in space},
            space=searched,
            wanted=self.objective,
            search=self.search,
            seed=self.seed,
        )

    def readme(self, counts: dict[str, dict[str, int]]) -> str:
        """Return the note in the folder: the steps, and what differs from the run."""
        return render(
            "sagemaker-readme.md",
            **PLACES,
            **counts,
            arm=self.case.chosen.name,
            run=self.case.run,
            table=self.case.bench.table.name,
            target=self.case.bench.dataset.info.target,
            weighed=_has_weights(self.case),
            multiclass=self.case.multiclass,
            categories=bool(self.case.features().layout_.levels),
            place=self._place,
            tuned=self.name(32),
            search=self.search,
            model=self.model,
            setting=self.case.chosen.setting,
            odds=self._odds,
            xgboost=self.case.state.versions.get("xgboost", "another"),
            notes=self.notes,
        )

    @property
    def _odds(self) -> float | None:
        """What the run multiplied the odds of scores by, if it did."""
        odds = self.case.plan.odds(self.case.chosen.arm)
        return None if odds == 1.0 else odds

    @property
    def _place(self) -> str:
        """Where the tables are to be put."""
        return f"s3://{PLACES['BUCKET']}/{self.name(63)}"

    def _request(self, template: str, **values: object) -> Request:
        values |= {**PLACES, "place": self._place}
        text = render(f"sagemaker-{template}.json", **values)
        return msgspec.json.decode(text, type=Request)

    def _parameters(
        self, positive_weight: float, rounds: int, params: Mapping[str, ParamValue]
    ) -> dict[str, str]:
        """Return hyper-parameters by their names, with those of every trial."""
        case, weights = self.case, self.case.chosen.arm.weights
        values: dict[str, ParamValue] = {
            "num_round": rounds,
            "tree_method": "hist",
            "seed": self.seed,
            "objective": "multi:softprob" if case.multiclass else "binary:logistic",
            "eval_metric": self.objective.metric.removeprefix("validation:"),
        }
        if case.multiclass:
            assert case.state.dataset is not None
            values["num_class"] = len(case.state.dataset.classes)
        if _has_weights(case):
            values["csv_weights"] = 1
        if weights and not case.multiclass:
            values["scale_pos_weight"] = positive_weight
        values |= bin_params(case.features().layout_.width)
        values |= {_NAMES.get(name, name): params[name] for name in sorted(params)}
        return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    """Return a value as the API wants it, whole numbers without a point."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
