"""What each arm calls each test row, at an operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.client.explain import ArmPair, Kind
from engine.errors import SpecError, unknown
from engine.evaluate import classes
from engine.evaluate.board import CONTROL
from engine.outcome import Confusion

if TYPE_CHECKING:
    from engine.client.explain import RunRequest
    from engine.events import ArmEvaluated
    from engine.explain.bench import ReopenedRun


NONE = -1
"""Stands for all classes but the one in focus."""


@dataclass(frozen=True)
class Predictions:
    """The test rows as the arms see them, for one class against the rest.

    Attributes
    ----------
    arm : str
        The one that is looked at.
    at : str
    klass : str
    place : int or None
        Of the class among more than two; None of two.
    truth : numpy.ndarray of bool
        Which rows are of the class.
    scores : dict of str to numpy.ndarray
        Of the class, by arm.
    called : dict of str to numpy.ndarray of bool
        Which rows are called the class, by arm.
    said : numpy.ndarray of int
        What the arm that is looked at calls each row: its place in the labels, or
        `NONE` where it only says that a row is not of the class.
    thresholds : dict of str to float
        By arm; empty where a class is chosen out of more than two.
    """

    arm: str
    at: str
    klass: str
    place: int | None
    truth: np.ndarray
    scores: dict[str, np.ndarray]
    called: dict[str, np.ndarray]
    said: np.ndarray
    thresholds: dict[str, float]

    def saying(self, place: int, labels: tuple[str, ...]) -> str:
        """Return what the arm that is looked at calls a test row."""
        code = int(self.said[place])
        return f"not {self.klass}" if code == NONE else labels[code]

    @property
    def others(self) -> tuple[str, ...]:
        """The arms that are not looked at."""
        return tuple(name for name in self.called if name != self.arm)

    def confusion(self, arm: str | None = None) -> Confusion:
        """Return the counts of an arm, of the one that is looked at when None."""
        said, is_it = self.called[arm or self.arm], self.truth
        tp, fp = int((said & is_it).sum()), int((said & ~is_it).sum())
        return Confusion(
            tn=int((~is_it).sum()) - fp, fp=fp, fn=int(is_it.sum()) - tp, tp=tp
        )


def call(bench: ReopenedRun, about: RunRequest) -> Predictions:
    """Work out what each arm calls each test row.

    Parameters
    ----------
    bench : ReopenedRun
    about : RunRequest
        Arm, point and class; what is left open is chosen: the arm that the verdict
        recommends (without one, that misses the fewest), the operating point of the
        experiment, the rarest class. Of more than two
        classes a point that weighs them has a row called the class with the largest
        product; any other one asks for the score of the class alone.

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
    wanted = about.at or bench.plan.experiment.decision.at
    at = _at_point(wanted, [_point_names(one, klass, place) for one in done.values()])
    labels = bench.dataset.labels
    scores, said, thresholds = {}, {}, {}
    for name, evaluated in done.items():
        found = bench.scores(name)
        if place is None:
            point = next(p for p in evaluated.operating_points if p.name == at)
            limit = about.thresholds.get(name, point.threshold)
            thresholds[name] = limit
            scores[name] = found
            said[name] = (found >= np.float64(limit)).astype(np.int64)
            continue
        scores[name] = found[:, place]
        chosen = (p.weights for p in evaluated.class_points if p.name == at)
        weights = next(chosen, None)
        if weights is not None:
            said[name] = classes.called(found, np.array([weights[x] for x in labels]))
            continue
        points = evaluated.classes[klass].operating_points
        limit = next(p.threshold for p in points if p.name == at)
        limit = thresholds[name] = about.thresholds.get(name, limit)
        said[name] = np.where(found[:, place] >= np.float64(limit), place, NONE)
    code = 1 if place is None else place
    truth = bench.y == code
    called = {name: one == code for name, one in said.items()}
    arm = _arm(bench, about.arm, called, truth)
    return Predictions(
        arm, at, klass, place, truth, scores, called, said[arm], thresholds
    )


def _class(bench: ReopenedRun, klass: str | None) -> tuple[int | None, str]:
    """Return the place of the class in focus, None of two classes, and its label."""
    labels, positive = bench.dataset.labels, bench.dataset.info.positive
    if positive is not None:
        if klass not in (None, positive):
            raise SpecError(
                f"class {klass!r}: this run is about {positive!r} against the rest",
                "leave the class out",
                field="klass",
            )
        return None, positive
    if klass is None:
        return len(labels) - 1, labels[-1]
    if klass not in labels:
        raise unknown(f"no class {klass!r}", labels)
    return labels.index(klass), klass


def _point_names(one: ArmEvaluated, klass: str, place: int | None) -> list[str]:
    """Return the points of an arm; of more classes first those that choose one."""
    if place is None:
        return [point.name for point in one.operating_points]
    chosen = [point.name for point in one.class_points]
    rest = one.classes[klass].operating_points if klass in one.classes else ()
    return list(dict.fromkeys([*chosen, *(point.name for point in rest)]))


def _at_point(at: str, offered: list[list[str]]) -> str:
    known = [p for p in offered[0] if all(p in more for more in offered)]
    if at in known:
        return at
    raise unknown(f"no operating point {at!r}", known)


def _arm(
    bench: ReopenedRun,
    arm: str | None,
    called: dict[str, np.ndarray],
    truth: np.ndarray,
) -> str:
    if arm in called:
        return arm
    compared = bench.state.compared
    choice = compared.verdict.choice if compared else None
    if arm is None and choice is not None and choice.arm in called:
        return choice.arm
    if arm is None:
        # As the board has it: the fewest missed, then the fewest false alarms.
        def order(name: str) -> tuple[int, int]:
            said = called[name]
            return int((truth & ~said).sum()), int((said & ~truth).sum())

        return min(called, key=order)
    failed = next((a.failed for a in bench.state.arms if a.name == arm), None)
    why = f" ({failed.message})" if failed else ""
    raise unknown(f"arm {arm!r} has no result in this run{why}", called)


def of_kind(calls: Predictions, kind: Kind) -> np.ndarray:
    """Return which test rows are missed, false alarms, found or rightly left alone."""
    said, truth = calls.called[calls.arm], calls.truth
    if kind in ("missed", "left"):
        said = ~said
    if kind in ("alarms", "left"):
        truth = ~truth
    rows: np.ndarray = truth & said
    return rows


def pair(calls: Predictions, a: str, b: str) -> ArmPair:
    """Count the rows that two arms call alike, and otherwise."""
    one, other, truth = calls.called[a], calls.called[b], calls.truth

    def table(rows: np.ndarray) -> tuple[int, int, int, int]:
        parts = (one & other, one & ~other, ~one & other, ~one & ~other)
        both, only_a, only_b, neither = (int((p & rows).sum()) for p in parts)
        return both, only_a, only_b, neither

    return ArmPair(a=a, b=b, positives=table(truth), negatives=table(~truth))


def pairs(calls: Predictions) -> tuple[ArmPair, ...]:
    """Pair the arm with each other one, and each of those with ``untreated``."""
    found = [(calls.arm, other) for other in calls.others]
    if CONTROL in calls.called and calls.arm != CONTROL:
        found += [(name, CONTROL) for name in calls.others if name != CONTROL]
    return tuple(pair(calls, a, b) for a, b in found)
