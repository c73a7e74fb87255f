"""Arms at an operating point, or at a threshold that was moved: pure functions.

A moved threshold stands on a point of the arm's sweep, whose counts are exact; what
follows from counts is worked out here, since the app loads no science stack.

Of more than two classes there are two readings. The board, the matrices and the
verdict are about which class a row is called: that whose probability times its weight
is the largest; the point chose the weights. Every other view is about the class in
focus against the rest, like a run of two, and reads a run through `scored_arms`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from engine.core.arm_result import ArmAtPoint
from engine.core.costs import Costs, point_metrics
from engine.core.outcome import ClassPoint, Confusion, OperatingPoint, Point, Scored
from engine.core.points import OF_CLASSES
from engine.core.state import ArmState
from tui.charts.curves import counts_at
from tui.features.commands import turn
from tui.features.session import CurrentRun, Session, costs

Sweep = Sequence[tuple[float, int, int]]
CHOSEN = "✓"
"""Marks what the verdict recommends."""
WHOLE: Final = ("board", "matrices", "errors", "reasons", "verdict")
"""Views about the class that a row is called; all others are about one class."""


class OperatingRow(NamedTuple):
    """One arm as the results show it.

    Parameters
    ----------
    arm : ArmState
        Where it is.
    at : ArmAtPoint or None
        Where it stands now: the counts of the positive class or of the one in focus,
        at the operating point or at a moved threshold; None without a result.
    point : OperatingPoint or None
        The operating point itself; None without a result, and where a class is chosen
        out of more than two.
    scored : Scored or None
        What its scores are worth for the positive class, or the one in focus; None
        as `point`.
    """

    arm: ArmState
    at: ArmAtPoint | None = None
    point: OperatingPoint | None = None
    scored: Scored | None = None

    @property
    def name(self) -> str:
        """The arm's name."""
        return self.arm.name

    @property
    def sweep(self) -> Sweep:
        """Where its threshold can be moved to; nothing where none decides."""
        return self.scored.sweep if self.scored is not None else ()

    @property
    def threshold(self) -> float | None:
        """Where it stands now; None where none decides."""
        return self.at.point.threshold if self.at else None

    @property
    def moved(self) -> bool:
        """Whether that is not the operating point's."""
        return self.point is not None and self.point.threshold != self.threshold

    @property
    def confusion(self) -> Confusion | None:
        """Counts there, of the positive class or the one in focus against the rest."""
        return self.at.counts if self.at else None

    @property
    def decided(self) -> ClassPoint | None:
        """What it predicts the rows to be, where that is one of several classes."""
        point = self.at.point if self.at else None
        return point if isinstance(point, ClassPoint) else None

    @property
    def note(self) -> str:
        """What is to be known of the operating point's threshold."""
        return self.point.note if self.point is not None and not self.moved else ""


def arm_rows(session: Session) -> list[OperatingRow]:
    """Return the arms of the run that is looked at, in the board's order.

    Parameters
    ----------
    session : Session

    Returns
    -------
    list of OperatingRow
        Those with a result by missed positives at the point, then by false alarms
        (a moved threshold changes no place); then those still at work; the failed
        ones last. Where a class is chosen out of many, by missed rows of the one in
        focus, then by macro recall. All of it model by model, if that is wanted.
    """
    if (run := session.run) is None:
        return []
    at, klass, decided = point_of(session), class_of(session), whole(session)
    scores = {} if decided else run.result.scored(klass)
    costs, moved = costs_against(session), session.view.thresholds
    found = []
    for arm, result in zip(run.state.arms, run.result.arms, strict=True):
        scored = scores.get(arm.name)
        points = scored.operating_points if scored else ()
        point = next((one for one in points if one.name == at), None)
        now: Point | None = result.at(at) if decided else None
        if scored is not None and point is not None:
            threshold = moved.get(arm.name, point.threshold)
            now = move_point(point, threshold, scored.sweep, costs)
        there = ArmAtPoint.of(result, now, klass)
        found.append(OperatingRow(arm, there, point, scored if point else None))
    found.sort(key=_order)
    if session.view.by_model:
        models = list(dict.fromkeys(run.families.values()))
        found.sort(key=lambda row: models.index(run.families[row.name]))
    return found


def move_point(
    point: OperatingPoint, threshold: float, sweep: Sweep, costs: Costs | None
) -> OperatingPoint:
    """Return a point at a threshold of the sweep, with what follows from its counts."""
    counts = c = point.confusion
    if costs is not None and costs.column:
        if threshold == point.threshold:
            return point
        costs = None  # counts do not tell which positives are missed
    if threshold != point.threshold:
        fp, tp = counts_at(sweep, threshold)
        counts = Confusion(tn=c.tn + c.fp - fp, fp=fp, fn=c.fn + c.tp - tp, tp=tp)
    known = costs or Costs(cost_fn=0.0, cost_fp=0.0)
    some = counts.tn or counts.fp or counts.fn or counts.tp
    metrics = point_metrics(counts, known) if some else {}
    if costs is None:
        metrics["cost_per_1000"] = None
    return msgspec.structs.replace(
        point, threshold=threshold, confusion=counts, metrics=metrics
    )


def _order(row: OperatingRow) -> tuple[float, float, float]:
    """Return the place on the board; a moved threshold changes none."""
    counts = row.point.confusion if row.point else row.confusion
    if counts is None:
        return (2 if row.arm.stage == "failed" else 1, 0, 0)
    if row.decided is None:
        return (0, counts.fn, counts.fp)
    return (0, counts.fn, -(row.decided.metric("macro_recall") or 0.0))


def offered(session: Session) -> list[str]:
    """Return the points that what is shown can be read at; else those to come."""
    if (run := session.run) is None:
        return []
    if whole(session):
        return list(run.result.point_names or OF_CLASSES)
    arms = scored_arms(session)
    found = [point.name for arm in arms for point in arm.scored.operating_points]
    return list(dict.fromkeys(found or run.experiment.decision.points))


def point_of(session: Session) -> str:
    """Return the operating point that the results are read at; one that they have."""
    known = offered(session) or session.points
    return next((point for point in session.points if point in known), known[0])


def chosen(session: Session, row: OperatingRow) -> str:
    """Return the mark of the arm that the verdict recommends, where it stands so."""
    choice = session.run.result.choice if session.run else None
    if choice is None or choice.arm != row.name or row.moved:
        return ""
    return f" {CHOSEN}" if point_of(session) == choice.at else ""


def step(sweep: Sweep, threshold: float, steps: int) -> float | None:
    """Return the threshold so many distinct points further up, or down.

    Parameters
    ----------
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    threshold : float
        Where it stands, on a point or between two.
    steps : int
        Positive goes up, to fewer alarms. Points that change no count are passed.

    Returns
    -------
    float or None
        The last point where there are no more; None where there is nothing to move
        to.

    Examples
    --------
    >>> sweep = [(0.9, 0, 1), (0.6, 1, 1), (0.4, 1, 2)]
    >>> step(sweep, 0.5, 1), step(sweep, 0.5, -1), step(sweep, 0.9, 1)
    (0.9, 0.4, 1.0)
    """
    if not (places := _stops(sweep)):
        return None
    # Between two points it counts what the one above counts.
    place = min(bisect_left(places, threshold), len(places) - 1) + steps
    return places[min(max(place, 0), len(places) - 1)]


def nearest(sweep: Sweep, threshold: float) -> float | None:
    """Return the threshold of a sweep that is nearest to another one.

    Examples
    --------
    >>> sweep = [(0.9, 0, 1), (0.6, 1, 1), (0.4, 1, 2)]
    >>> nearest(sweep, 0.55), nearest(sweep, math.inf)
    (0.6, 1.0)
    """
    below = min(threshold, 2.0)
    return min(_stops(sweep), key=lambda at: abs(at - below), default=None)


def _stops(sweep: Sweep) -> list[float]:
    """Return where a threshold can be moved to, growing."""
    places = [at for at, _, _ in reversed(sweep) if math.isfinite(at)]
    # One more, at which no row is predicted positive.
    return [*places, 1.0] if places and places[-1] < 1.0 else places


def names(session: Session) -> tuple[str, str]:
    """Return the two sides: negatives or the rest, positives or the focus."""
    if session.run is None:
        return "negative", "positive"
    result = session.run.result
    return result.negative, class_of(session) or result.positive


# Of more than two classes ---------------------------------------------------------


def whole(session: Session) -> bool:
    """Tell whether what is shown is about which of more than two classes is called."""
    shown = session.view.view_of("results") or WHOLE[0]
    return shown in WHOLE and class_of(session) is not None


def rarest_first(run: CurrentRun | None) -> tuple[str, ...]:
    """Return the classes of a run of more than two, as boards list them."""
    return run.result.classes if run else ()


def neighbour(session: Session, step: int) -> str | None:
    """Return the class so many places further on, from the rarest to the others."""
    known, klass = rarest_first(session.run), class_of(session)
    return None if klass is None else turn(known, klass, step)


class ScoredArm(NamedTuple):
    """An arm with a result: its name, and its scores of the class in focus."""

    name: str
    scored: Scored


def class_of(session: Session) -> str | None:
    """Return the class in focus of a run of more than two; None of two."""
    known, klass = rarest_first(session.run), session.view.klass
    return klass if klass in known else next(iter(known), None)


def scored_arms(session: Session) -> list[ScoredArm]:
    """Return the arms with a result for the class in focus, as the run has them."""
    found = session.run.result.scored(class_of(session)) if session.run else {}
    return [ScoredArm(name, one) for name, one in found.items()]


def costs_against(session: Session) -> Costs | None:
    """Return the run's costs; assumed ones of several classes for that in focus."""
    if session.run is None:
        return costs(session)
    return session.run.result.costs_of(class_of(session))


def tested(session: Session) -> tuple[int, int]:
    """Return the test rows of the class in focus, and all others."""
    if session.run is None:
        return 0, 0
    result = session.run.result
    found = result.test_rows.get(class_of(session) or result.positive, 0)
    return found, sum(result.test_rows.values()) - found
