"""Arms at an operating point, or at a threshold that was moved: pure functions.

A moved threshold stands on a point of the arm's sweep, whose counts are exact; what
follows from counts is worked out here, since the app loads no science stack.

Of more than two classes there are two readings. The board, the matrices and the
verdict are about which class a row is called (`tui.panes.deciding`); every other view
is about the class in focus against the rest (`tui.panes.deciding`), like a run of two.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.costs import Costs, point_metrics
from engine.events import ArmEvaluated, ClassPoint, Confusion, OperatingPoint, Scored
from engine.state import ArmState
from tui.charts.curves import counts_at
from tui.panes import deciding
from tui.panes.deciding import class_of, costs_against, scored
from tui.session import Run, Session

Sweep = Sequence[tuple[float, int, int]]
CHOSEN = "✓"
"""Marks what the verdict recommends."""
REST = "the rest"
"""All classes but the one in focus."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One arm as the results show it.

    Parameters
    ----------
    arm : ArmState
        Where it is.
    scored : Scored or None
        What its scores are worth for the positive class, or the one in focus; None
        without a result, and where a class is chosen out of more than two.
    point : OperatingPoint or None
        The policy's, with exact counts; None without a result, and as `scored`.
    decided : ClassPoint or None
        What it calls the rows, where that is one of more than two classes.
    threshold : float or None
        Where it stands now; None where none decides.
    moved : bool
        Whether that is not the policy's.
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
    def seconds(self) -> float:
        """Time spent on the arm so far."""
        arm = self.arm
        spent = sum(p.seconds for p in arm.prepared)
        spent += sum(t.seconds for t in arm.trials)
        if arm.evaluated is not None:
            spent += arm.evaluated.fit_seconds + arm.evaluated.evaluate_seconds
        return spent

    def test(self, metric: str) -> float | None:
        """Return a metric that needs no threshold; of all classes where one decides."""
        if self.scored is not None:
            return self.scored.test.get(metric)
        return self.arm.evaluated.test.get(metric) if self.arm.evaluated else None

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
        return {**point_metrics(c, **paid.given)}

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
        """What is to be known of the policy's threshold."""
        return self.point.note if self.point is not None and not self.moved else ""


def rows(session: Session) -> list[Row]:
    """Return the arms of the run that is looked at, in the board's order.

    Parameters
    ----------
    session : Session

    Returns
    -------
    list of Row
        Those with a result by missed positives at the policy, then by false alarms
        (a moved threshold changes no place); then those still at work; the failed
        ones last. Where a class is chosen out of many, by missed rows of the one in
        focus, then by macro recall.
    """
    run = session.run
    if run is None:
        return []
    policy, klass = point_of(session), class_of(session)
    whole = deciding.whole(session)
    found = [
        _decided(arm, policy, klass)
        if whole and klass is not None
        else _row(session, arm, policy, klass)
        for arm in run.state.arms
    ]
    judged = [row for row in found if row.confusion is not None]
    judged.sort(key=_order)
    rest = [row for row in found if row.confusion is None]
    return [*judged, *sorted(rest, key=lambda row: row.arm.stage == "failed")]


def _row(session: Session, arm: ArmState, policy: str, klass: str | None) -> Row:
    """Return an arm's row, of the positive class or of one against the rest."""
    found = scored(arm.evaluated, klass) if arm.evaluated else None
    points = found.operating_points if found else ()
    point = next((p for p in points if p.policy == policy), None)
    if point is None or found is None:
        return Row(arm=arm)
    threshold = session.view.thresholds.get(arm.name)
    moved = threshold is not None and threshold != point.threshold
    counts = point.confusion
    if moved and threshold is not None:
        counts = confusion_at(found, point.confusion, threshold)
    return Row(
        arm=arm,
        scored=found,
        point=point,
        threshold=threshold if moved else point.threshold,
        moved=moved,
        confusion=counts,
        costs=costs_against(session),
    )


def _decided(arm: ArmState, policy: str, klass: str) -> Row:
    """Return an arm's row where a class is chosen out of many."""
    point = deciding.point(arm.evaluated, policy)
    counts = deciding.against_rest(point.confusion, klass) if point else None
    return Row(arm=arm, decided=point, confusion=counts)


def _order(row: Row) -> tuple[float, float]:
    """Return the place on the board; a moved threshold changes none."""
    counts = row.point.confusion if row.point else row.confusion
    if counts is None:
        return (0, 0)
    if row.decided is None:
        return (counts.fn, counts.fp)
    return (counts.fn, -(row.decided.metrics.get("macro_recall") or 0.0))


def policies(run: Run | None) -> list[str]:
    """Return the policies that some arm was judged at; else those to come.

    Of more than two classes those at which one is told from the rest.
    """
    if run is None:
        return []
    evaluated = [arm.evaluated for arm in run.state.arms if arm.evaluated]
    judged = [
        points
        for one in evaluated
        for points in (
            one.operating_points,
            *(each.operating_points for each in one.classes.values()),
        )
    ]
    found = [point.policy for points in judged for point in points]
    return list(dict.fromkeys(found)) or list(run.experiment.decision.policies)


def offered(session: Session) -> list[str]:
    """Return the policies that what is shown now can be read at."""
    if deciding.whole(session):
        return deciding.policies(session.run)
    return policies(session.run)


def point_of(session: Session) -> str:
    """Return the policy that the results are read at; one that they have."""
    known = offered(session)
    chosen = session.policy
    return chosen if chosen in known or not known else known[0]


def chosen(session: Session, row: Row) -> str:
    """Return the mark of the arm that the verdict recommends, where it stands so."""
    compared = session.run.state.compared if session.run else None
    choice = compared.verdict.choice if compared else None
    if choice is None or choice.arm != row.name or row.moved:
        return ""
    return f" {CHOSEN}" if point_of(session) == choice.at else ""


def followed(session: Session, policy: str) -> str:
    """Return the policy that the recommended point follows; any other as it is.

    What is compared at a policy is found by that name.
    """
    if policy != "recommended" or session.run is None:
        return policy
    aim = session.run.experiment.decision.aim
    several = class_of(session) is not None
    return "cost" if several and aim not in deciding.POLICIES else aim


def confusion_at(
    evaluated: ArmEvaluated | Scored, known: Confusion, threshold: float
) -> Confusion:
    """Return the counts at a threshold as the sweep knows them.

    Parameters
    ----------
    evaluated : ArmEvaluated or Scored
        Whose sweep.
    known : Confusion
        Any counts of the same rows.
    threshold : float
        A row is called positive at or above it.
    """
    fp, tp = counts_at(evaluated.sweep, threshold)
    return Confusion(
        tn=known.tn + known.fp - fp, fp=fp, fn=known.fn + known.tp - tp, tp=tp
    )


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


def labels(run: Run | None) -> tuple[str, str]:
    """Return the negative and the positive label; words where none is known."""
    dataset = run.state.dataset if run else None
    if dataset is None:
        return "negative", "positive"
    others = [label for label in dataset.classes if label != dataset.positive]
    positive = dataset.positive or "positive"
    return (others[0] if len(others) == 1 else "negative"), positive


def names(session: Session) -> tuple[str, str]:
    """Return what is told apart: as `labels`, or the rest and the class in focus."""
    klass = class_of(session)
    return labels(session.run) if klass is None else (REST, klass)
