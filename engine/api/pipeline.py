"""An arm as a pipeline of imbalanced-learn, not fitted yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline as SamplerPipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.metrics import accuracy_score
from xgboost import XGBClassifier

from engine.api.sklearn_encoder import (
    NUMERIC,
    as_array,
    expand_codes,
    layout_of,
    limits_of,
    make_encoder,
    refusal,
)
from engine.bundle.classifier import labels_of
from engine.core.errors import DataError
from engine.core.methods import ratio, registry
from engine.core.methods.builtin import Fewer
from engine.core.methods.samplers import Group
from engine.core.models import XGBOOST, fixed_params
from engine.export import bundle
from engine.export.case import Case
from engine.export.estimator import class_weight, estimator
from engine.resample.method import FittedStep, build
from engine.resample.neighbours import (
    ExactNeighbors,
    SearchingAllKNN,
    SearchingTomekLinks,
)
from engine.train.finish import costs_of
from engine.train.models.ensembles import make_ensemble
from engine.train.models.port import find
from engine.train.models.xgboost import (
    bin_params,
    booster_params,
    feature_types,
    level_params,
)

_DRAW = (RandomOverSampler, RandomUnderSampler)
_CALLED = {"nthread": "n_jobs", "seed": "random_state"}
"""What XGBClassifier calls parameters of XGBoost."""


def to_sklearn(case: Case, *, by_position: bool = False) -> SamplerPipeline:
    """Return an arm as an unfitted pipeline: encoder, samplers, model.

    It holds what the run found for the arm and, besides the steps, nothing of the run:
    fitted anew it learns medians, scales and levels from the rows that it is given, so
    that `cross_validate` around it is free of leaks. Fitted on the training rows of the
    run it gives the run's scores of the test rows, to the last bit; those of a logistic
    regression, whose path of C it does not repeat, to about four digits.

    Parameters
    ----------
    case : Case
        The run opened for an export, with the arm that is meant.
    by_position : bool, default=False
        Whether columns are found by their place among those of the run's table without
        the target, for arrays and for frames with other names; by name otherwise.

    Returns
    -------
    imblearn.pipeline.Pipeline
        The steps are called ``encoder``, after the samplers (``smote``,
        ``random_under``) and ``model``.

    Raises
    ------
    SpecError
        If the arm or its columns take what no class of the libraries does.
    DataError
        If the table is not at hand, or other versions come to other rows.

    Notes
    -----
    All steps are classes of scikit-learn, imbalanced-learn and the model's library;
    support vector machines, whose sigmoid no library fits so, are refused. Where these
    do not do what the run did, a class of imbtui stands in, and reading a pickle of the
    pipeline takes imbtui then: `RunPipeline` corrects synthetic rows, as the run did,
    and takes classes that are not called 0, 1, …; `WeightedXGBClassifier` weighs more
    than two classes; `Share` and `Fewer` are ratios that imbalanced-learn has no
    number for. XGBoost takes a category as one column of codes: from the encoder where
    samplers, if any, only draw rows, else from `RunPipeline`, which makes codes of the
    indicators that the other samplers take.

    What a sampler is asked for is the ratio, not the counts that it came to in the run.
    imbalanced-learn truncates ``ratio * rows`` where the run rounds, so that a ratio of
    two classes may be given with a digit more. Parameters that the run had to repair
    since rows were few are as repaired. ``scale_pos_weight``, which is ``class_weight``
    of models other than XGBoost, is that of the run's training rows, which `set_params`
    changes.

    Where rows have weights, `fit` takes those as ``model__sample_weight``.

    `y` has the classes as the run's table has them; where one class was set against all
    others, it is whether a row is of that class.

    Neighbours at the same distance come in an order that depends on the number of
    threads; the run used one: ``threadpoolctl.threadpool_limits(1)``.
    """
    names = _labels(case)
    if case.chosen.arm.steps and case.data.weight:
        raise refusal("the samplers pass no weights of rows on, which a pipeline")
    if case.plan.split.thinning is not None:
        raise refusal("negatives are left out before the first step, which a pipeline")
    treated = case.treated() if case.chosen.arm.steps else None
    settled = treated.steps if treated else ()
    coded = [registry.sampler(step.sampler).columns != "any" for step in settled]
    if any(coded[1:]):
        name = settled[coded.index(True, 1)].sampler
        raise refusal(f"{name} behind another sampler takes codes, which a pipeline")
    learner, layout = find(case.chosen.arm.learner), case.features().layout_
    samplers = [*_samplers(case, settled)]
    made = treated is not None and bool((treated.origin < 0).any())
    folded = learner.takes_codes and bool(layout.levels)
    # What only draws rows may have codes at once.
    folds = folded and (made or not all(isinstance(s, _DRAW) for _, s in samplers))
    encoder = make_encoder(
        case,
        by_position=by_position,
        coded=any(coded) or (folded and not folds),
        marked=folded,
    )
    steps = [("encoder", encoder), *samplers]
    wide = learner.estimator_dtype
    if wide != "float32":
        steps.append(("wide", as_array(wide)))
    steps.append(("model", _model(case)))
    if not made and names is None and not folds:
        return SamplerPipeline(steps)
    kinds = [c.kind for c in case.bench.dataset.columns if c.kind in NUMERIC]
    return RunPipeline(
        steps, labels=names, kinds=tuple(kinds) if made else None, folds=folds
    )


def _labels(case: Case) -> tuple[Any, ...] | None:
    """Return the classes in the order of the run; None if they are numbered so."""
    labels, spec = case.bench.dataset.labels, bundle.target(case.bench)
    merged = len(labels) == 2 and labels[0] == f"not {labels[1]}"
    names = tuple(labels_of(labels, spec).tolist())
    return None if merged or names == tuple(range(len(names))) else names


# The samplers -------------------------------------------------------------------------


class Share(NamedTuple):
    """A ratio as a ``sampling_strategy`` that rounds, and takes any number of classes.

    Attributes
    ----------
    group : {"over", "under", "combined"}
        Whether rows are added or dropped.
    ratio : float
        Rows of the smallest class for each row of the largest afterwards.

    Examples
    --------
    >>> Share("over", 0.5)([0] * 7 + [1] * 2 + [2]), Share("under", 0.5)([0, 0, 0, 1])
    ({1: 4, 2: 4}, {0: 2})
    """

    group: Group
    ratio: float

    def __call__(self, y: Any) -> dict[int, int]:
        """Return the rows of each class that is changed."""
        counts = dict(sorted(Counter(map(int, y)).items()))
        wanted = ratio.targets(self.group, counts, self.ratio)
        return {c: n for c, n in wanted.items() if n != counts[c]}


def _samplers(
    case: Case, settled: Sequence[FittedStep]
) -> Iterator[tuple[str, object]]:
    """Yield the samplers by name, with the settings of the run."""
    between = ratio.ends(settled[0].counts) if settled else None
    layout = case.features().layout_
    used: Counter[str] = Counter()
    for place, step in enumerate(settled, 1):
        entry = registry.sampler(step.sampler)
        sampler = build(
            step.sampler,
            step.params,
            step.counts,
            seed=case.experiment.seed,
            between=between,
            labels=case.bench.dataset.labels,
            layout=layout,
        )
        if entry.has_ratio and not step.params.get("counts"):
            asks = sampler.smote if entry.group == "combined" else sampler
            share = float(step.params["ratio"])
            given = _strategy(entry.group, share, step.counts, asks.sampling_strategy)
            asks.set_params(sampling_strategy=given)
        name = entry.name.replace("-", "_")
        used[name] += 1
        yield name + (f"_{used[name]}" if used[name] > 1 else ""), _stock(sampler)
        if entry.columns != "any" and layout.levels:
            yield "levels", expand_codes(layout.flat, len(layout.levels))
        if step.dtype != "float32" and place < len(settled):
            yield f"narrow_{place}", as_array("float32")


def _stock(thing: Any) -> Any:
    """Return a sampler of the library's own classes: ours only search faster."""
    if isinstance(thing, ExactNeighbors):  # it counts the row itself
        return thing.n_neighbors - 1
    if not hasattr(thing, "get_params"):
        return thing
    kind = type(thing)
    if kind in (SearchingTomekLinks, SearchingAllKNN):
        kind = kind.__mro__[1]
    given = thing.get_params(deep=False)
    return kind(**{name: _stock(value) for name, value in given.items()})


def _strategy(
    group: Group, share: float, counts: Mapping[int, int], wanted: Mapping[int, int]
) -> Any:
    """Return a ratio as imbalanced-learn takes it, with which it comes to `wanted`.

    Examples
    --------
    >>> _strategy("over", 1.0, {0: 187, 1: 9}, {1: 187})
    'auto'
    >>> _strategy("over", 0.1, {0: 180, 1: 9}, {1: 18})
    0.1
    >>> _strategy("over", 0.1, {0: 187, 1: 9}, {1: 19})
    0.102
    >>> _strategy("under", 0.3, {0: 187, 1: 10}, {0: 33})
    0.3
    """
    if share == 1.0:
        return "auto"
    few, many = min(counts.values()), max(counts.values())
    if len(counts) == 2 and wanted:
        (rows,) = wanted.values()
        exact = few / rows if group == "under" else rows / many
        for tried in (share, *(round(exact, digits) for digits in range(2, 17))):
            if group == "under":
                comes = int(few / tried) if tried else 0
            else:
                comes = int(many * tried - few) + few
            if comes == rows:
                return tried
    return Share(group, share)


# The model ----------------------------------------------------------------------------


class WeightedXGBClassifier(XGBClassifier):  # type: ignore[misc]  # untyped
    """XGBoost's classifier with weights of more than two classes.

    Parameters
    ----------
    class_weight : "balanced", sequence of float or None, default="balanced"
        What a row of each class weighs, in the order of the classes; balanced, every
        class weighs the same in sum. On average it is 1.
    **params
        Those of ``xgboost.XGBClassifier``.

    Examples
    --------
    >>> X, y = np.arange(60.0).reshape(-1, 1), np.repeat([0, 1, 2], [40, 15, 5])
    >>> WeightedXGBClassifier(n_estimators=2).fit(X, y).predict([[59.0]]).tolist()
    [2]
    """

    def __init__(self, *, class_weight: Any = "balanced", **params: Any) -> None:
        super().__init__(**params)
        self.class_weight = class_weight

    def fit(
        self, X: Any, y: Any, *, sample_weight: Any = None, **given: Any
    ) -> WeightedXGBClassifier:
        """Fit to rows; their own weights are multiplied by those of their classes."""
        if self.class_weight is not None:
            codes = np.asarray(y).astype(np.int64)
            own = np.ones(len(codes)) if sample_weight is None else sample_weight
            each = self.class_weight
            if isinstance(each, str):
                mass = np.bincount(codes, own)
                each = np.divide(
                    mass.sum(), mass, out=np.zeros(len(mass)), where=mass > 0
                )
            weights = np.asarray(each)[codes] * np.asarray(own)
            sample_weight = weights / (weights.mean() / np.mean(own))
        super().fit(X, y, sample_weight=sample_weight, **given)
        return self

    def get_xgb_params(self) -> dict[str, Any]:
        """Return the parameters that XGBoost itself knows."""
        params: dict[str, Any] = super().get_xgb_params()
        params.pop("class_weight", None)
        return params


def _model(case: Case) -> Any:
    """Return the arm's model with the parameters that the search found."""
    chosen, experiment, multiclass = case.chosen, case.experiment, case.multiclass
    arm = chosen.arm
    if arm.ensemble is not None:
        return _ensemble(case, arm.ensemble)
    if arm.learner != XGBOOST:
        return estimator(case)
    params = {**fixed_params(experiment.model, arm), **chosen.params}
    given = {
        _CALLED.get(name, name): value
        for name, value in booster_params(params, seed=experiment.seed).items()
    }
    layout = case.features().layout_
    given |= bin_params(layout.width)
    if layout.levels:
        given |= level_params(layout) | {"feature_types": feature_types(layout)}
    given["n_estimators"] = chosen.best.rounds
    if not multiclass:
        if weights := class_weight(case):
            given["scale_pos_weight"] = weights[1]
        return XGBClassifier(**given)
    given["objective"] = "multi:softprob"
    if not arm.weights:
        return XGBClassifier(**given)
    costs = tuple(costs_of(case.plan).tolist())
    each = costs if arm.weights == "cost" else "balanced"
    return WeightedXGBClassifier(class_weight=each, **given)


def _ensemble(case: Case, name: str) -> Any:
    params = {**case.chosen.arm.params, **case.chosen.params}
    share = float(registry.check_ensemble(name, params)["ratio"])
    model = make_ensemble(name, params, seed=case.experiment.seed)
    forest = not case.multiclass and name == "balanced-random-forest"
    if share == 1.0:
        return model.set_params(sampling_strategy="all" if forest else "auto")
    return model.set_params(sampling_strategy=Fewer(share, rarest=forest))


# The pipeline -------------------------------------------------------------------------


class RunPipeline(SamplerPipeline):  # type: ignore[misc]  # untyped
    """imbalanced-learn's pipeline, with what a run does besides its steps.

    Samplers and model see the classes as numbers, in the order of the run, whatever
    they are called; what is predicted has their names. Synthetic rows are made rows
    that could exist before the model learns from them.

    Parameters
    ----------
    steps : list of (str, estimator)
        As `to_sklearn` makes them, the encoder first.
    labels : tuple or None, default=None
        The classes in the order of the run; None if they are called 0, 1, ….
    kinds : tuple of str or None, default=None
        What each column of numbers is: ``number``, ``integer`` or ``boolean``. None
        leaves synthetic rows as they are.
    folds : bool, default=False
        Whether the model takes a category as one column of codes, behind the others.
    transform_input, memory, verbose
        As of ``imblearn.pipeline.Pipeline``.
    """

    def __init__(
        self,
        steps: list[tuple[str, Any]],
        *,
        labels: tuple[Any, ...] | None = None,
        kinds: tuple[str, ...] | None = None,
        folds: bool = False,
        transform_input: list[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(
            steps, transform_input=transform_input, memory=memory, verbose=verbose
        )
        self.labels = labels
        self.kinds = kinds
        self.folds = folds

    def _fit(self, X: Any, y: Any = None, *args: Any, **more: Any) -> Any:
        rows, codes = super()._fit(X, self._codes(y), *args, **more)
        if self.kinds is not None:
            encoder = self.steps[0][1]
            limits = limits_of(encoder, self.kinds, encoder.transform(X))
            rows = limits.legalise(rows).astype(rows.dtype, copy=False)
        return self._fold(rows), codes

    def _fold(self, rows: Any) -> Any:
        """Return rows as the model takes them."""
        return layout_of(self.steps).collapse(rows) if self.folds else rows

    def _rows(self, X: Any) -> Any:
        """Return new rows as the model takes them: no sampler works on those."""
        for _, step in self.steps[:-1]:
            if hasattr(step, "transform"):
                X = step.transform(X)
        return self._fold(X)

    def _codes(self, y: Any) -> Any:
        """Return the place of each row's class in the order of the run."""
        if self.labels is None:
            return y
        codes = pd.Index(self.labels).get_indexer(pd.Index(np.asarray(y)))
        if (codes < 0).any():
            first = np.asarray(y)[codes < 0][0]
            raise DataError(
                f"y holds {first!r}, which is no class of the run",
                f"its classes are: {', '.join(map(repr, self.labels))}",
            )
        return codes

    @property
    def classes_(self) -> np.ndarray:
        """The classes, sorted."""
        if self.labels is None:
            return np.asarray(super().classes_)
        return np.unique(np.array(self.labels))

    def predict(self, X: Any, **params: Any) -> np.ndarray:
        """Return the class of each row."""
        found = np.asarray(self.steps[-1][1].predict(self._rows(X), **params))
        return found if self.labels is None else np.array(self.labels)[found]

    def predict_proba(self, X: Any, **params: Any) -> np.ndarray:
        """Return the probability of each class, in the order of `classes_`."""
        found = self.steps[-1][1].predict_proba(self._rows(X), **params)
        if self.labels is None:
            return np.asarray(found)
        return np.asarray(found[:, np.argsort(np.array(self.labels), kind="stable")])

    def predict_log_proba(self, X: Any, **params: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        return np.asarray(np.log(self.predict_proba(X, **params)))

    def score(
        self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any
    ) -> float:
        """Return the share of rows whose class is predicted."""
        predicted = self.predict(X, **params)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    @property
    def decision_function(self) -> Any:
        """None: its sign would be that of the order of the run."""
        raise AttributeError("use predict_proba")
