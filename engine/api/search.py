"""The search of a method, its parameters and its threshold, as a classifier."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from engine.api import inner, rows
from engine.api.inner import Inner
from engine.api.methods import Methods, arms_of
from engine.core import space
from engine.core.costs import METRICS
from engine.core.errors import ArmError, EngineError, SpecError, UsageError
from engine.core.events import DatasetInfo
from engine.core.experiment import (
    OBJECTIVES,
    DataSpec,
    DecisionSpec,
    Experiment,
    ModelSpec,
    Objective,
    SearchSpec,
    SplitSpec,
)
from engine.core.methods import grammar, registry
from engine.core.presets import ARTICLE_ARMS
from engine.core.seeds import versions
from engine.core.state import LOWER_IS_BETTER
from engine.data import column_choices
from engine.data.roles import Dataset
from engine.data.target import classes, label
from engine.evaluate.classes import predict_classes
from engine.evaluate.metrics import score
from engine.io.machine import cores, one_thread
from engine.splits.folds import Fold, cut
from engine.splits.holdout import Split
from engine.train.plan import Plan

FEWEST = 2
"""Rows of a class that can be in two folds."""
_COUNTS = ("tp", "fn", "fp")
_WEIGHT = "sample_weight"


class SearchError(UsageError, ValueError):
    """A table or a setting that the search cannot work with."""


class ImbalanceSearchCV(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Choose a method for imbalance, its parameters and its threshold on inner folds.

    Every method is tuned under the same budget on the same folds of the rows that `fit`
    is given, and the one chosen is fitted on all of them. So ``cross_validate`` of it is
    nested cross-validation: no row of an outer test fold has a say in any choice.

    Parameters
    ----------
    methods : iterable, str or None, default=None
        What to compare, as text (``"smote:ratio=0.5"``) or as `method` returns it;
        the article's six when None. ``untreated`` is always among them.
    models : str, iterable of str or None, default=None
        What learns, such as ``["xgboost", "logistic"]``: every method with each of
        them. XGBoost, or what a method's text says (``"smote@logistic"``), when None.
    positive : object or None, default=None
        The positive class of two; the rarer one when None.
    costs : tuple of float (fn, fp) or None, default=None
        Costs of a missed positive and of a false alarm. What balancing the classes
        implies when None.
    at : str, default="recommended"
        The operating point of `predict`: the least cost, or ``fixed`` (0.5),
        ``prevalence``, ``f1``, ``recall>=r``, ``precision>=p``, ``alerts<=k`` (a number
        of alerts is among as many rows as are fitted). Costs that are given decide in
        its place.
    trials : int, default=10
        Settings of the model, and of searched samplers, per method.
    cv : int, splitter or iterable of (train, test), default=5
        The inner folds. A whole number: stratified ones, with equal rows or those of
        a group kept together; fewer where a class has fewer rows. A splitter must not
        validate a row twice.
    objective : {"average_precision", "roc_auc", "log_loss", "brier"}, default="average_precision"
        What trials of a method are compared by.
    params : mapping or None, default=None
        Settings of XGBoost that are fixed, and so not searched.
    rounds : int, default=300
        Boosting rounds, at most, of models that have such.
    confidence : float, default=0.8
        In [0.5, 1]: see Notes.
    random_state : int, RandomState instance or None, default=0
        The same number gives the same bits.
    n_jobs : int or None, default=None
        Units of work at a time, in threads; -1 is all cores. Changes no number.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (n_classes,)
    positive_ : object
        The positive class; None of more than two.
    best_method_ : str
    best_params_ : dict
        Its best trial: settings of the model and of searched samplers.
    best_score_ : float
        Mean objective of that trial over the inner folds; losses are negated.
    best_index_ : int
        Its place in `cv_results_`.
    threshold_ : float or None
        `predict` says positive from this probability on; None of more than two classes.
    class_weights_ : numpy.ndarray of shape (n_classes,) or None
        What probabilities are multiplied by before the largest is taken, of more than
        two classes.
    cv_results_ : dict of str to numpy.ndarray
        A row per method, columns as those of ``GridSearchCV``.
    board_ : pandas.DataFrame
        The methods side by side on out-of-fold scores, the chosen one first. Outcomes
        and costs in a fold are at the threshold that the other folds choose.
    n_splits_ : int
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of shape (`n_features_in_`,)
        If all columns of `X` have names of text.

    Notes
    -----
    The rule is the part of the run's verdict that rests on folds: a method replaces
    `untreated`, of several models the best one, if it is better in what is aimed at (the expected cost, where nothing
    else is) with a probability of `confidence` by the Bayesian correlated t test [1]_,
    each fold counted at the threshold that the other folds choose [2]_; of those the
    best mean is taken. Without one, a method that ranks better (average precision) with
    that probability, and does not do worse in the aim, is taken.

    References
    ----------
    .. [1] Corani, G. and Benavoli, A. (2015). A Bayesian approach for comparing
       cross-validated algorithms on multiple data sets. Machine Learning 100, 285-304.
    .. [2] Chernozhukov, V. et al. (2018). Double/debiased machine learning for
       treatment and structural parameters. Econometrics Journal 21(1).

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(400, weights=[0.9], random_state=0)
    >>> model = ImbalanceSearchCV(["untreated", "smote"], trials=1, cv=3, rounds=30)
    >>> model.fit(X, y).best_method_
    'untreated'
    >>> bool(0 < model.threshold_ < 0.5), model.predict(X).shape
    (True, (400,))
    """  # noqa: E501

    def __init__(
        self,
        methods: Methods | None = None,
        *,
        models: str | Iterable[str] | None = None,
        positive: Any = None,
        costs: tuple[float, float] | None = None,
        at: str = "recommended",
        trials: int = 10,
        cv: Any = 5,
        objective: Objective = "average_precision",
        params: Mapping[str, Any] | None = None,
        rounds: int = 300,
        confidence: float = 0.8,
        random_state: Any = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.methods = methods
        self.models = models
        self.positive = positive
        self.costs = costs
        self.at = at
        self.trials = trials
        self.cv = cv
        self.objective = objective
        self.params = params
        self.rounds = rounds
        self.confidence = confidence
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> ImbalanceSearchCV:
        """Choose on inner folds, and fit the choice on all rows.

        Parameters
        ----------
        X : frame or array-like of shape (n_rows, n_features)
            A frame of pandas, polars or pyarrow, or an array of numbers. Missing cells
            are allowed, and every column is a feature.
        y : array-like of shape (n_rows,)
            Two classes or more.
        sample_weight : array-like of shape (n_rows,) or None, default=None
            How much each row counts when a model is fitted, 0 or more. A synthetic row
            gets the mean of the rows that it is made of. Metrics, costs and thresholds
            count rows. Ensembles that take no weights fail.
        groups : array-like of shape (n_rows,) or None, default=None
            Rows of a group stay in one inner fold.

        Returns
        -------
        ImbalanceSearchCV
            The fitted object itself.

        Raises
        ------
        SearchError
            A `ValueError`, if rows or settings cannot be used, or every method failed.

        Warns
        -----
        sklearn.exceptions.FitFailedWarning
            Of each method that failed: it is left out of the choice.
        """
        X, y = self._validate(X, y)
        frame = rows.as_pandas(X)
        try:
            self._search(frame, y, sample_weight, groups)
        except EngineError as error:
            raise SearchError(
                error.message, error.fix, field=error.field, code=error.code
            ) from error
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of rows, decided by `threshold_` or `class_weights_`.

        Returns
        -------
        numpy.ndarray of shape (n_rows,)
        """
        scores = self._scores(X)
        if self.class_weights_ is not None:
            found = predict_classes(scores, self.class_weights_[self._places])
        else:
            found = (scores >= np.float64(self.threshold_)).astype(np.intp)
        return np.asarray(self.classes_[self._places[found]])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return what the model says of rows, not recalibrated.

        A method that changes the class shares shifts it: decide by `predict`.

        Returns
        -------
        numpy.ndarray of shape (n_rows, n_classes)
            In the order of `classes_`.
        """
        wide = self._scores(X).astype(np.float64)
        if wide.ndim == 1:
            wide = np.column_stack([1.0 - wide, wide])
        return np.asarray(wide[:, np.argsort(self._places)])

    def score(self, X: Any, y: Any) -> float:
        """Return the objective on rows, as ``GridSearchCV`` does; losses are negated.

        Returns
        -------
        float
            NaN where the objective needs a class that is not there.
        """
        labels = column_or_1d(y)
        if not np.isin(labels, self.classes_).all():
            raise SearchError(
                "y has a class that was not fitted", "give rows of others"
            )
        codes = np.argsort(self._places)[np.searchsorted(self.classes_, labels)]
        return _signed(self.objective, score(self.objective, codes, self._scores(X)))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _validate(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Return rows and classes once they are known to be such."""
        if rows.is_frame(X):
            validate_data(self, X, y, skip_check_array=True)
            y = column_or_1d(y, warn=True)
            check_consistent_length(X, y)
        else:
            X, y = validate_data(self, X, y, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        return X, y

    def _search(
        self, frame: pd.DataFrame, y: np.ndarray, sample_weight: Any, groups: Any
    ) -> None:
        """Search every method, choose one and fit it; set what `fit` promises."""
        if not 0.5 <= self.confidence <= 1:
            what = f"a confidence of {self.confidence}"
            raise SpecError(what, "give a probability from 0.5 to 1")
        self.classes_ = np.unique(y)
        self._kinds = rows.kinds_of(frame)
        dataset = self._dataset(rows.read(frame, self._kinds), y)
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, frame, dtype=np.float64, allow_all_zero_weights=False
            )
            of_row = column_choices.row_weights(pd.Series(weights, name=_WEIGHT))
            mass = np.bincount(dataset.y, of_row)
            if not mass.all():
                name = dataset.labels[int(mass.argmin())]
                what = f"every row of class {name!r} weighs 0"
                raise SpecError(what, "leave these rows out", field="data.weight")
            dataset = replace(dataset, weights=of_row)
        if groups is not None:
            check_consistent_length(y, groups)
            of_row = column_choices.groups(pd.Series(groups, name="groups"), [])
            dataset = replace(dataset, groups=of_row)
        texts = [label(value) for value in self.classes_]
        self._places = np.array([texts.index(name) for name in dataset.labels])
        self.positive_ = None if len(texts) > 2 else self.classes_[self._places[1]]
        plan = self._plan(dataset)
        jobs = cores() if self.n_jobs == -1 else self.n_jobs or 1
        with one_thread():
            searched = inner.search(plan, jobs=jobs)
            for text in searched.warnings:
                warnings.warn(text, stacklevel=3)
            self._fit_best(searched)

    def _fit_best(self, found: Inner) -> None:
        """Fit the method that the folds speak for; where it cannot, the next one."""
        while found.searched:
            name = found.choose(self.confidence)
            try:
                final = found.fit(name)
                break
            except ArmError as error:
                found = found.without(name, str(error))
        else:
            causes = "; ".join(f"{name}: {why}" for name, why in found.failed.items())
            raise SpecError(f"every method failed ({causes})", "use other methods")
        for method, why in found.failed.items():
            warnings.warn(f"{method} failed: {why}", FitFailedWarning, stacklevel=4)
        plan, best = found.plan, found.searched[name].best
        self._encoding, self._scorer = final.encoding, final.scorer
        self.threshold_: float | None = None
        self.class_weights_: np.ndarray | None = None
        if plan.multiclass:
            weights = final.frozen.weights["recommended"]
            self.class_weights_ = weights[np.argsort(self._places)]
        else:
            chosen = final.frozen.thresholds[plan.dataset.labels[1]]
            self.threshold_ = chosen["recommended"].threshold
        self.n_splits_ = len(plan.folds)
        self.best_method_, self.best_params_ = name, dict(best.params)
        self.best_score_ = _signed(self.objective, best.score)
        self.best_index_ = list(found.searched).index(name)
        self.cv_results_ = results(found)
        self.board_ = board(found, name)

    def _dataset(self, frame: pd.DataFrame, y: np.ndarray) -> Dataset:
        """Return rows as the engine has them."""
        texts = np.array([label(value) for value in self.classes_], dtype=object)
        named = pd.Series(texts[np.searchsorted(self.classes_, y)], name="y")
        positive = None if self.positive is None else label(self.positive)
        if positive is not None and len(texts) > 2:
            raise SpecError(
                f"positive is {self.positive!r} and y has {len(texts)} classes",
                "leave it out, or give y of two classes",
            )
        found = classes(named, positive, [], multiclass=True)
        if not len(frame.columns):
            raise SpecError("X has no column", "give at least one feature")
        profiles = rows.profiles(frame, self._kinds)
        info = DatasetInfo(
            name="X",
            rows=len(frame),
            columns=len(profiles),
            target="y",
            positive=found.positive,
            classes=found.counts,
            roles={},
        )
        return Dataset(
            frame=frame,
            y=found.y,
            columns=profiles,
            profile=profiles,
            whole=frame,
            info=info,
            labels=found.labels,
            there=np.ones(len(frame), dtype=bool),
        )

    def _plan(self, dataset: Dataset) -> Plan:
        """Return all rows as training rows, cut into folds; there is no test row."""
        every = np.arange(len(dataset.y))
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31)
        wanted = arms_of(ARTICLE_ARMS if self.methods is None else self.methods)
        if wanted.objects:
            raise SpecError(
                f"{', '.join(wanted.objects)} is given as an object",
                "name methods by text here; compare() takes objects",
            )
        arms = wanted.arms
        if self.models is not None:
            names = (self.models,) if isinstance(self.models, str) else self.models
            arms = grammar.combine(arms, names)
        folds = self._given_folds(dataset, int(seed))
        search = SearchSpec(
            trials=self.trials,
            folds=len(folds) or self._number_of_folds(dataset),
            objective=self.objective,
        )
        fn, fp = self.costs or (None, None)
        experiment = Experiment(
            data=DataSpec(source="X"),
            arms=arms,
            model=ModelSpec(rounds=self.rounds, params=dict(self.params or {})),
            search=search,
            decision=DecisionSpec(at=self.at, cost_fn=fn, cost_fp=fp),
            seed=int(seed),
        )
        registry.check(experiment)
        space.check_model(experiment.model)
        if not folds:
            folds = cut(dataset, every, search, SplitSpec(), seed=experiment.seed)
        split = Split(train=every, test=every[:0])
        used = versions(registry.packages(experiment.arms))
        return Plan(experiment, dataset, split, folds, used)

    def _given_folds(self, dataset: Dataset, seed: int) -> tuple[Fold, ...]:
        """Return the folds of a splitter; none where the engine is to cut them."""
        splitter: Any = self.cv
        if isinstance(splitter, int | np.integer):
            if min(dataset.info.classes.values()) >= FEWEST:
                return ()
            # Some folds have to do without a class of one row.
            kind = StratifiedKFold if dataset.groups is None else StratifiedGroupKFold
            splitter = kind(int(splitter), shuffle=True, random_state=seed)
        splitter = check_cv(splitter, dataset.y, classifier=True)
        cuts = list(splitter.split(dataset.frame, dataset.y, dataset.groups))
        validated = np.concatenate([validation for _, validation in cuts])
        if len(np.unique(validated)) < len(validated):
            what = f"cv={self.cv!r} validates a row twice"
            raise SpecError(what, "give folds that do not overlap")
        return tuple(Fold(fit, validation) for fit, validation in cuts)

    def _number_of_folds(self, dataset: Dataset) -> int:
        fewest = min(dataset.info.classes.values())
        if fewest >= self.cv:
            return int(self.cv)
        text = (
            f"the rarest class has {fewest} rows: {fewest} folds instead of {self.cv}"
        )
        warnings.warn(text, stacklevel=5)
        return fewest

    def _scores(self, X: Any) -> np.ndarray:
        """Return the model's scores: of the positive class, or of each class."""
        check_is_fitted(self)
        if rows.is_frame(X):
            validate_data(self, X, skip_check_array=True, reset=False)
        else:
            X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        cells = rows.read(rows.as_pandas(X), self._kinds)
        encoded = self._encoding.transform(cells)
        return self._scorer.scores(encoded)


def _signed(objective: str, value: float) -> float:
    """Return a figure of which more is better."""
    return -value if objective in LOWER_IS_BETTER else value


def results(found: Inner) -> dict[str, Any]:
    """Return methods x folds, named as the columns of ``GridSearchCV.cv_results_``.

    ``score`` is the objective, and losses are negated there; all other metrics have
    their own names and are as they are.
    """
    objective = found.plan.experiment.search.objective
    every = list(found.searched.values())
    table: dict[str, Any] = {
        "param_method": np.array([one.arm.name for one in every], dtype=object),
        "params": [{"method": one.arm.name, **one.best.params} for one in every],
    }
    for metric in ("score", *OBJECTIVES, found.metric):
        name = objective if metric == "score" else metric
        values = np.array([one.values[name] for one in every])
        if metric == "score":
            values = _signed(objective, 1.0) * values
        for fold, column in enumerate(values.T):
            table[f"split{fold}_test_{metric}"] = column
        table[f"mean_test_{metric}"] = values.mean(axis=1)
        table[f"std_test_{metric}"] = values.std(axis=1)
    order = rankdata(-table["mean_test_score"], method="min", nan_policy="omit")
    table["rank_test_score"] = order.astype(np.int32)
    return table


def board(found: Inner, chosen: str) -> pd.DataFrame:
    """Return the methods side by side, the chosen one first, then by what is aimed at.

    Returns
    -------
    pandas.DataFrame
        Of two classes ``missed``, ``recall``, ``false_alarms`` and ``precision`` are
        counted over all folds; metrics are means over the folds. ``better`` is the
        probability that the method is better than `untreated`, of several models the
        best one, in what is aimed at.
    """
    lines = []
    for name, one in found.searched.items():
        means = {key: float(np.nanmean(each)) for key, each in one.values.items()}
        row: dict[str, Any] = {"method": name, "chosen": name == chosen}
        if one.counts:
            tp, fn, fp = (sum(getattr(c, k) for c in one.counts) for k in _COUNTS)
            row |= {"missed": fn, "recall": tp / (tp + fn), "false_alarms": fp}
            row["precision"] = tp / (tp + fp) if tp + fp else math.nan
        aimed = {found.metric: means.pop(found.metric)}
        aimed = {k if k not in row else f"mean_{k}": v for k, v in aimed.items()}
        row |= {**aimed, "better": found.better(name), **means, "trials": one.trials}
        lines.append(row)
    sign = 1 if METRICS[found.metric].more else -1
    lines.sort(key=lambda row: (not row["chosen"], -sign * row.get(found.metric, 0)))
    return pd.DataFrame(lines)
