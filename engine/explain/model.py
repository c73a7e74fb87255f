"""What each arm predicts for the test rows, its final model, and what columns weigh.

Importance is the gain of a model's splits or its coefficients, and the drop of average
precision on the test rows while a column is shuffled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.metrics import average_precision_score

from engine.core.errors import DataError, RunFailedError, SpecError, unknown
from engine.core.execution import Progress, silent
from engine.core.explain import (
    ArmPair,
    ColumnImportance,
    Importance,
    ImportanceShown,
    Kind,
)
from engine.core.outcome import Confusion, OperatingPoint
from engine.core.seeds import child
from engine.core.state import FINAL_FOLD
from engine.evaluate import classes
from engine.evaluate.probabilities import apply, apply_classes
from engine.explain.stored_run import RESTORE
from engine.train.models.port import FittedModel, find

if TYPE_CHECKING:
    from engine.core.events import ArmEvaluated
    from engine.core.explain import RunRequest
    from engine.core.methods.grammar import Arm
    from engine.explain.stored_run import ReopenedRun


# Predictions --------------------------------------------------------------------------

NONE = -1
"""Stands for all classes but the one in focus."""


@dataclass(frozen=True)
class Predictions:
    """The arms' predictions of the test rows, for one class against the rest.

    Attributes
    ----------
    arm : str
        The arm in focus.
    at : str
    klass : str
    place : int or None
        Of the class among more than two; None of two.
    truth : numpy.ndarray of bool
        Which rows are of the class.
    scores : dict of str to numpy.ndarray
        Of the class, by arm.
    predicted : dict of str to numpy.ndarray of bool
        Which rows are predicted to be of the class, by arm.
    labels : numpy.ndarray of int
        The class that the arm in focus predicts for each row, as its place in the
        labels, or `NONE` where it only predicts that a row is not of the class.
    thresholds : dict of str to float
        By arm; empty where a class is chosen out of more than two.
    """

    arm: str
    at: str
    klass: str
    place: int | None
    truth: np.ndarray
    scores: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    labels: np.ndarray
    thresholds: dict[str, float]

    def label_text(self, place: int, labels: tuple[str, ...]) -> str:
        """Return what the arm in focus predicts for a test row."""
        code = int(self.labels[place])
        return f"not {self.klass}" if code == NONE else labels[code]

    @property
    def own(self) -> np.ndarray:
        """Which rows the arm in focus predicts to be of the class."""
        return self.predicted[self.arm]

    @property
    def own_scores(self) -> np.ndarray:
        """The scores of the arm in focus."""
        return self.scores[self.arm]

    @property
    def others(self) -> tuple[str, ...]:
        """The arms that are not in focus."""
        return tuple(name for name in self.predicted if name != self.arm)

    def confusion(self) -> Confusion:
        """Return the counts of the arm in focus."""
        kinds: tuple[Kind, ...] = ("left", "alarms", "missed", "found")
        return Confusion(*(int(rows_of_kind(self, kind).sum()) for kind in kinds))


def predict(bench: ReopenedRun, about: RunRequest) -> Predictions:
    """Work out what each arm predicts for each test row.

    Parameters
    ----------
    bench : ReopenedRun
    about : RunRequest
        Arm, point and class. Defaults: the arm that the verdict recommends (without
        one, the arm that misses the fewest), the operating point of the experiment,
        the rarest class. Of more than two classes a point with class weights predicts
        the class with the largest product; any other one looks at the score of the
        class alone.

    Returns
    -------
    Predictions

    Raises
    ------
    SpecError
        If there is no such arm, operating point or class.
    """
    done = {arm.name: arm.evaluated for arm in bench.state.arms if arm.evaluated}
    place, klass = _class(bench, about.klass)
    at = about.at or bench.plan.experiment.decision.at
    first, *more = (_point_names(e, klass, place) for e in done.values())
    known = [name for name in first if all(name in names for names in more)]
    if at not in known:
        raise unknown(f"no operating point {at!r}", known)
    code, rest = (1, 0) if place is None else (place, NONE)
    scores, labels, thresholds = {}, {}, {}
    for name, evaluated in done.items():
        values = bench.scores(name)
        scores[name] = values if place is None else values[:, place]
        weights = [p.weights for p in evaluated.class_points if p.name == at]
        if weights:
            by_class = np.array([weights[0][label] for label in bench.dataset.labels])
            labels[name] = classes.predict_classes(values, by_class)
            continue
        points = _binary_points(evaluated, klass, place)
        limit = next(p.threshold for p in points if p.name == at)
        limit = thresholds[name] = about.thresholds.get(name, limit)
        labels[name] = np.where(scores[name] >= np.float64(limit), code, rest)
    truth = bench.y == code
    predicted = {name: values == code for name, values in labels.items()}
    arm = _arm(bench, about.arm, predicted, truth)
    return Predictions(
        arm, at, klass, place, truth, scores, predicted, labels[arm], thresholds
    )


def calibrated(bench: ReopenedRun, pred: Predictions, arm: str) -> np.ndarray:
    """Return an arm's calibrated probabilities of the class in focus."""
    (evaluated,) = (a.evaluated for a in bench.state.arms if a.name == arm)
    assert evaluated is not None
    if pred.place is None:
        return apply(evaluated.calibrated.map, pred.scores[arm])
    maps = [evaluated.classes[name].calibrated.map for name in bench.dataset.labels]
    return apply_classes(maps, bench.scores(arm))[:, pred.place]


def _class(bench: ReopenedRun, klass: str | None) -> tuple[int | None, str]:
    """Return the place of the class in focus, None of two classes, and its label."""
    labels, positive = bench.dataset.labels, bench.dataset.info.positive
    if positive is not None:
        if klass not in (None, positive):
            raise SpecError(
                f"class {klass!r}: this run is about {positive!r} against the rest",
                "leave the class out",
                field="class",
            )
        return None, positive
    if klass is None:
        return len(labels) - 1, labels[-1]
    if klass not in labels:
        raise unknown(f"no class {klass!r}", labels, field="class")
    return labels.index(klass), klass


def _binary_points(
    evaluated: ArmEvaluated, klass: str, place: int | None
) -> tuple[OperatingPoint, ...]:
    """Return the operating points of a class against the rest."""
    scored = evaluated if place is None else evaluated.classes[klass]
    return scored.operating_points


def _point_names(evaluated: ArmEvaluated, klass: str, place: int | None) -> list[str]:
    """Return the points of an arm; of more classes first those that choose one."""
    names = [point.name for point in evaluated.class_points]
    names += [point.name for point in _binary_points(evaluated, klass, place)]
    return list(dict.fromkeys(names))


def _arm(
    bench: ReopenedRun,
    arm: str | None,
    predicted: dict[str, np.ndarray],
    truth: np.ndarray,
) -> str:
    if arm in predicted:
        return arm
    compared = bench.state.compared
    choice = compared.verdict.choice if compared else None
    if arm is None and choice is not None and choice.arm in predicted:
        return choice.arm
    if arm is None:
        # As the board has it: the fewest missed, then the fewest false alarms.
        def order(name: str) -> tuple[int, int]:
            rows = predicted[name]
            return int((truth & ~rows).sum()), int((rows & ~truth).sum())

        return min(predicted, key=order)
    failed = next((a.failed for a in bench.state.arms if a.name == arm), None)
    why = f" ({failed.message})" if failed else ""
    raise unknown(f"arm {arm!r} has no result in this run{why}", predicted)


def rows_of_kind(pred: Predictions, kind: Kind) -> np.ndarray:
    """Return which test rows are missed, false alarms, found, or true negatives."""
    predicted, truth = pred.own, pred.truth
    if kind in ("missed", "left"):
        predicted = ~predicted
    if kind in ("alarms", "left"):
        truth = ~truth
    return np.asarray(truth & predicted)


def pairs(pred: Predictions, controls: Mapping[str, str]) -> tuple[ArmPair, ...]:
    """Pair the arm with each other one, and each of those with its own control.

    Parameters
    ----------
    pred : Predictions
    controls : mapping of str to str
        Of each arm the one that it is compared with.
    """
    names = [(pred.arm, other) for other in pred.others]
    own = ((name, controls.get(name)) for name in pred.others)
    names += [(name, c) for name, c in own if c in pred.others and c != name]
    return tuple(_pair(pred, a, b) for a, b in names)


def _pair(pred: Predictions, a: str, b: str) -> ArmPair:
    """Count the rows that two arms predict alike, and otherwise."""
    one, other, truth = pred.predicted[a], pred.predicted[b], pred.truth

    def table(rows: np.ndarray) -> tuple[int, int, int, int]:
        parts = (one & other, one & ~other, ~one & other, ~one & ~other)
        both, only_a, only_b, neither = (int((p & rows).sum()) for p in parts)
        return both, only_a, only_b, neither

    return ArmPair(a=a, b=b, positives=table(truth), negatives=table(~truth))


# The final model of an arm ------------------------------------------------------------

NEAR = 1e-4
"""Scores that differ by more are not those of the run: 32 bits on another processor
differ by far less."""


@dataclass(frozen=True)
class FinalModel:
    """The final model of an arm.

    Attributes
    ----------
    arm : str
    learner : str
        What its model is called.
    X : numpy.ndarray of shape (n_test, width), dtype float32
        The test rows, encoded.
    owners : tuple of str
        The column of the table that each column of `X` comes from.
    names : tuple of str
        What each column of `X` is called.
    scorer : FittedModel
    """

    arm: str
    learner: str
    X: np.ndarray
    owners: tuple[str, ...]
    names: tuple[str, ...]
    scorer: FittedModel

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the scores of encoded rows, as those of the run."""
        return self.scorer.scores(X)

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Return what each column of `X` adds to the margin, the bias as the last.

        Raises
        ------
        RunFailedError
            If its model has no such thing.
        """
        found = self.scorer.contributions(X)
        if found is None:
            raise RunFailedError(
                f"the model of {self.arm} is {self.learner}, of which contributions "
                "of columns to a score are not known",
                "use the permutation importance, or another arm",
            )
        return found

    def gains(self) -> dict[str, float] | None:
        """Return each column's share of what the model gained by it, of those used.

        None of a model that has no such thing.
        """
        gain = self.scorer.gains()
        if gain is None:
            return None
        total = sum(gain.values())
        shares: dict[str, float] = {}
        for place, value in sorted(gain.items()):
            name = self.owners[place]
            shares[name] = shares.get(name, 0.0) + (value / total if total else 0.0)
        return shares

    def coefficients(self, place: int | None) -> dict[str, dict[str, float]]:
        """Return each column's coefficients; none of a model that has no such thing.

        `place` is that of a class; None of two classes.
        """
        rows, found = self.scorer.coefficients(), dict[str, dict[str, float]]()
        if rows is not None:
            values = rows[place or 0].tolist()
            for name, owner, value in zip(self.names, self.owners, values, strict=True):
                found.setdefault(owner, {})[name] = value
        return found


def open_model(bench: ReopenedRun, arm: str) -> FinalModel:
    """Open an arm's final model, and prove that it is the one that was tested.

    Parameters
    ----------
    bench : ReopenedRun
    arm : str
        One with a result.

    Returns
    -------
    FinalModel

    Raises
    ------
    DataError
        If it does not give the scores that the run kept.
    """
    plan = bench.plan
    wanted = plan.arm(arm)
    features = bench.preparer.features(FINAL_FOLD, plan.missing(wanted))
    X = features.transform(bench.dataset.frame, bench.split.test)
    scorer = _load(bench, wanted, X)
    called = features.owners_, tuple(features.names_)
    model = FinalModel(arm, wanted.learner, X, *called, scorer)
    now, then = model.scores(X), bench.scores(arm)
    if now.shape != then.shape or not np.allclose(now, then, rtol=0, atol=NEAR):
        raise DataError(
            f"the model of {arm} does not give the scores of the run any more", RESTORE
        )
    return model


def _load(bench: ReopenedRun, arm: Arm, X: np.ndarray) -> FittedModel:
    raw, classes = bench.artifact(f"model/{arm.name}"), len(bench.dataset.labels)
    try:
        return find(arm.learner).load(raw, width=X.shape[1], classes=classes)
    except DataError as error:
        raise DataError(error.message, RESTORE) from None


# Importance ---------------------------------------------------------------------------

MOST_REPEATS = 50
MOST_ROWS, LEAST_ROWS = 25_000, 2_000
WORK = 400_000_000
"""Trees times rows that are walked through at most: some half a minute."""


class RowSample(NamedTuple):
    """The test rows that are shuffled: their places, and how many each stands for."""

    places: np.ndarray
    weights: np.ndarray


def importance(
    bench: ReopenedRun,
    request: Importance,
    model: FinalModel,
    progress: Progress = silent,
) -> ImportanceShown:
    """Weigh the columns of an arm's model.

    Parameters
    ----------
    bench : ReopenedRun
    request : Importance
    model : FinalModel
        That of the arm.
    progress : callable, optional
        Told how many columns are done.

    Returns
    -------
    ImportanceShown

    Notes
    -----
    The gain is what boosting minimised on the training rows, synthetic ones included;
    of more than two classes it is that of all classes. Coefficients and the drop, which
    is measured on test rows, are of the class in focus.
    """
    pred = predict(bench, request)
    repeats = min(max(request.repeats, 1), MOST_REPEATS)
    shares = model.gains()
    columns = tuple(dict.fromkeys(column.name for column in bench.dataset.columns))
    used = tuple(dict.fromkeys(model.owners) if shares is None else shares)
    seed = bench.plan.experiment.seed
    drawn = _draw(pred.truth, model, len(used) * repeats, seed)
    base, drops = permute(
        model, drawn, pred, used, repeats=repeats, seed=seed, progress=progress
    )
    held, weighed = model.coefficients(pred.place), []
    for name in columns:
        drop, sd = drops.get(name, (None if base is None else 0.0, 0.0))
        share = None if shares is None else shares.get(name, 0.0)
        spread = None if drop is None else sd
        weighed.append(
            ColumnImportance(
                column=name,
                gain=share,
                drop=drop,
                sd=spread,
                coefficients=held.get(name, {}),
            )
        )
    weighed.sort(key=lambda c: (-(c.drop or 0.0), -(c.gain or 0.0)))
    return ImportanceShown(
        id=request.id,
        arm=pred.arm,
        klass=pred.klass,
        columns=tuple(weighed),
        average_precision=base,
        rows=len(drawn.places),
        of=len(pred.truth),
        repeats=repeats,
        notes=tuple(_notes(model, pred, drawn)),
    )


def _draw(truth: np.ndarray, model: FinalModel, shuffles: int, seed: int) -> RowSample:
    """Draw the rows to shuffle where all would take too long.

    Both sides are thinned to as many rows, since the few are told the least of; each
    row then stands for those that it was drawn from.
    """
    room = WORK // max(1, shuffles * model.scorer.trees)
    room = min(MOST_ROWS, max(LEAST_ROWS, room))
    if len(truth) <= room:
        return RowSample(np.arange(len(truth)), np.ones(len(truth)))
    rng = np.random.default_rng(child(seed, "permutation", "rows"))
    sides = [np.flatnonzero(truth), np.flatnonzero(~truth)]
    small = min(len(sides[0]), len(sides[1]), room // 2)
    places, weights = [], []
    for side in sides:
        many = min(len(side), max(small, room - small)) if len(side) > small else small
        places_of = rng.permutation(side)[:many]
        places.append(places_of)
        weights.append(np.full(len(places_of), len(side) / max(1, len(places_of))))
    chosen = np.concatenate(places)
    order = np.argsort(chosen)
    return RowSample(chosen[order], np.concatenate(weights)[order])


def permute(
    model: FinalModel,
    drawn: RowSample,
    pred: Predictions,
    columns: tuple[str, ...],
    *,
    repeats: int,
    seed: int,
    progress: Progress = silent,
) -> tuple[float | None, dict[str, tuple[float, float]]]:
    """Return the average precision, and what shuffling each column takes from it.

    All that is encoded of a column is shuffled together, which is the same as to
    shuffle the column of the table and to encode it then.

    Parameters
    ----------
    model : FinalModel
    drawn : RowSample
        Test rows.
    pred : Predictions
        What they are.
    columns : tuple of str
    repeats : int
    seed : int
        The experiment's.
    progress : callable, optional

    Returns
    -------
    base : float or None
        None without a row on both sides.
    drops : dict of str to (float, float)
        Mean and standard deviation over the repeats; the latter is 0 of one.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32. As in
    `sklearn.inspection.permutation_importance`, but for a column in several parts.
    """
    truth = pred.truth[drawn.places]
    if not truth.any() or truth.all():
        return None, {}
    X = model.X[drawn.places]

    def worth(rows: np.ndarray) -> float:
        scores = model.scores(rows)
        own = scores if pred.place is None else scores[:, pred.place]
        return float(average_precision_score(truth, own, sample_weight=drawn.weights))

    base = worth(X)
    drops: dict[str, tuple[float, float]] = {}
    for done, name in enumerate(columns):
        progress("shuffling columns", done, len(columns))
        rng = np.random.default_rng(child(seed, "permutation", name))
        parts = [place for place, owner in enumerate(model.owners) if owner == name]
        falls = []
        for _ in range(repeats):
            other = X.copy()
            other[:, parts] = X[rng.permutation(len(X))][:, parts]
            falls.append(base - worth(other))
        sd = float(np.std(falls, ddof=1)) if repeats > 1 else 0.0
        drops[name] = float(np.mean(falls)), sd
    return base, drops


def _notes(model: FinalModel, pred: Predictions, drawn: RowSample) -> list[str]:
    notes = []
    if model.scorer.coefficients() is not None:
        notes.append(
            "coefficients are log odds per standard deviation of a number; of a "
            "category, those of the level farthest from 0"
        )
    elif model.scorer.gains() is None:
        notes.append(f"the model of {model.arm} is {model.learner}, which has no gain")
    elif pred.place is not None:
        notes.append("the gain is that of all classes together")
    if len(drawn.places) < len(pred.truth):
        notes.append(
            f"{len(drawn.places):,} of {len(pred.truth):,} test rows were shuffled, "
            "weighted to stand for all"
        )
    if not pred.truth.any():
        notes.append(f"no test row is {pred.klass!r}: nothing can be lost")
    return notes
