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
from typing import Any, Final, NamedTuple

import msgspec

from engine.core.points import OF_CLASSES
from engine.costs import Costs, point_metrics
from engine.outcome import ClassPoint, Confusion, OperatingPoint, Scored
from engine.state import ArmState
from tui.charts.curves import counts_at
from tui.session import CurrentRun, Session, costs

Sweep = Sequence[tuple[float, int, int]]
CHOSEN = "✓"
"""Marks what the verdict recommends."""
WHOLE: Final = ("board", "matrices", "errors", "reasons", "verdict")
"""Views about the class that a row is called; all others are about one class."""


class OperatingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One arm as the results show it.

    Parameters
    ----------
    arm : ArmState
        Where it is.
    scored : Scored or None
        What its scores are worth for the positive class, or the one in focus; None
        without a result, and where a class is chosen out of more than two.
    point : OperatingPoint or None
        The point's, with exact counts; None without a result, and as `scored`.
    decided : ClassPoint or None
        What it calls the rows, where that is one of more than two classes.
    threshold : float or None
        Where it stands now; None where none decides.
    moved : bool
        Whether that is not the operating point's.
    confusion : Confusion or None
        Counts there, of the positive class or the one in focus against the rest.
    costs : Costs or None
        Those that decide, for the positive class or the one in focus.
    """

    arm: ArmState
    scored: Scored | None = None
    point: OperatingPoint | None = None
    decided: ClassPoint | None = None
    threshold: float | None = None
    moved: bool = False
    confusion: Confusion | None = None
    costs: Costs | None = None

    @property
    def name(self) -> str:
        """The arm's name."""
        return self.arm.name

    @property
    def sweep(self) -> Sweep:
        """Where its threshold can be moved to; nothing where none decides."""
        return self.scored.sweep if self.scored is not None else ()

    @property
    def metrics(self) -> dict[str, Any]:
        """What follows from the counts (`point_metrics`); nothing without any."""
        c = self.confusion
        if c is None or not (c.tn or c.fp or c.fn or c.tp):
            return {}
        paid = self.costs or Costs(cost_fn=0.0, cost_fp=0.0)
        return {**point_metrics(c, paid)}

    @property
    def alarms(self) -> tuple[int, int] | None:
        """Rows called positive, and all test rows."""
        c = self.confusion
        return (c.tp + c.fp, c.tn + c.fp + c.fn + c.tp) if c else None

    @property
    def cost(self) -> float | None:
        """Cost per 1,000 rows; of all mistakes where a class is chosen out of many."""
        if self.decided is not None:
            return self.decided.metrics.get("cost_per_1000")
        c = self.confusion
        if c is None or self.costs is None or not self.alarms or not self.alarms[1]:
            return None
        return self.costs.per_1000(tn=c.tn, fp=c.fp, fn=c.fn, tp=c.tp)

    @property
    def note(self) -> str:
        """What is to be known of the operating point's threshold."""
        return self.point.note if self.point is not None and not self.moved else ""


def rows(session: Session) -> list[OperatingRow]:
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
        focus, then by macro recall.
    """
    run = session.run
    if run is None:
        return []
    at, klass = point_of(session), class_of(session)
    decided = whole(session)
    scores = run.result.scored(klass)
    found = [
        _decided(arm, at, klass)
        if decided and klass is not None
        else _row(session, arm, at, scores.get(arm.name))
        for arm in run.state.arms
    ]
    return sorted(found, key=_order)


def _row(
    session: Session, arm: ArmState, at: str, found: Scored | None
) -> OperatingRow:
    """Return an arm's row, of the positive class or of one against the rest."""
    points = found.operating_points if found else ()
    point = next((p for p in points if p.name == at), None)
    if point is None or found is None:
        return OperatingRow(arm=arm)
    threshold = session.view.thresholds.get(arm.name)
    moved = threshold is not None and threshold != point.threshold
    counts = c = point.confusion
    if moved and threshold is not None:
        fp, tp = counts_at(found.sweep, threshold)
        counts = Confusion(tn=c.tn + c.fp - fp, fp=fp, fn=c.fn + c.tp - tp, tp=tp)
    return OperatingRow(
        arm=arm,
        scored=found,
        point=point,
        threshold=threshold if moved else point.threshold,
        moved=moved,
        confusion=counts,
        costs=costs_against(session),
    )


def _decided(arm: ArmState, at: str, klass: str) -> OperatingRow:
    """Return an arm's row where a class is chosen out of many."""
    points = arm.evaluated.class_points if arm.evaluated else ()
    point = next((one for one in points if one.name == at), None)
    counts = point.confusion.against_rest(klass) if point else None
    return OperatingRow(arm=arm, decided=point, confusion=counts)


def _order(row: OperatingRow) -> tuple[float, float, float]:
    """Return the place on the board; a moved threshold changes none."""
    counts = row.point.confusion if row.point else row.confusion
    if counts is None:
        return (2 if row.arm.stage == "failed" else 1, 0, 0)
    if row.decided is None:
        return (0, counts.fn, counts.fp)
    return (0, counts.fn, -(row.decided.metrics.get("macro_recall") or 0.0))


def offered(session: Session) -> list[str]:
    """Return the points that what is shown can be read at; else those to come."""
    run = session.run
    if run is None:
        return []
    if whole(session):
        return list(run.result.point_names or OF_CLASSES)
    arms = scored_arms(session)
    found = [point.name for arm in arms for point in arm.scored.operating_points]
    return list(dict.fromkeys(found or run.experiment.decision.points))


def point_of(session: Session) -> str:
    """Return the operating point that the results are read at; one that they have."""
    known = offered(session)
    chosen = session.at
    return chosen if chosen in known or not known else known[0]


def chosen(session: Session, row: OperatingRow) -> str:
    """Return the mark of the arm that the verdict recommends, where it stands so."""
    compared = session.run.state.compared if session.run else None
    choice = compared.verdict.choice if compared else None
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
    places = [at for at, _, _ in reversed(sweep) if math.isfinite(at)]
    if not places:
        return None
    if places[-1] < 1.0:
        # One more, at which no row is called positive.
        places.append(1.0)
    # Between two points it counts what the one above counts.
    place = min(bisect_left(places, threshold), len(places) - 1) + steps
    return places[min(max(place, 0), len(places) - 1)]


def names(session: Session) -> tuple[str, str]:
    """Return what is told apart: negatives or the rest, positives or the focus."""
    if session.run is None:
        return "negative", "positive"
    result = session.run.result
    return result.negative, class_of(session) or result.positive


# Of more than two classes ---------------------------------------------------------


def whole(session: Session) -> bool:
    """Tell whether what is shown is about which of more than two classes is called."""
    shown = session.view.shown.get("results", WHOLE[0])
    return shown in WHOLE and class_of(session) is not None


def rarest_first(run: CurrentRun | None) -> tuple[str, ...]:
    """Return the classes of a run of more than two, as boards list them."""
    return run.result.classes if run else ()


def neighbour(session: Session, step: int) -> str | None:
    """Return the class so many places further on, from the rarest to the others."""
    known, klass = rarest_first(session.run), class_of(session)
    return None if klass is None else known[(known.index(klass) + step) % len(known)]


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
