"""What each arm predicts for each test row, at an operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.core.errors import SpecError, unknown
from engine.core.explain import ArmPair, Kind
from engine.core.outcome import Confusion, OperatingPoint
from engine.evaluate import classes
from engine.evaluate.board import CONTROL

if TYPE_CHECKING:
    from engine.core.events import ArmEvaluated
    from engine.core.explain import RunRequest
    from engine.explain.stored_run import ReopenedRun


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


def pairs(pred: Predictions) -> tuple[ArmPair, ...]:
    """Pair the arm with each other one, and each of those with ``untreated``."""
    names = [(pred.arm, other) for other in pred.others]
    if CONTROL in pred.others:
        names += [(name, CONTROL) for name in pred.others if name != CONTROL]
    return tuple(_pair(pred, a, b) for a, b in names)


def _pair(pred: Predictions, a: str, b: str) -> ArmPair:
    """Count the rows that two arms predict alike, and otherwise."""
    one, other, truth = pred.predicted[a], pred.predicted[b], pred.truth

    def table(rows: np.ndarray) -> tuple[int, int, int, int]:
        parts = (one & other, one & ~other, ~one & other, ~one & ~other)
        both, only_a, only_b, neither = (int((p & rows).sum()) for p in parts)
        return both, only_a, only_b, neither

    return ArmPair(a=a, b=b, positives=table(truth), negatives=table(~truth))
