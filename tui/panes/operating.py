"""Arms at an operating point, or at a threshold that was moved: pure functions.

A moved threshold stands on a point of the arm's sweep, whose counts are exact; what
follows from counts is worked out here, since the app loads no science stack.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from engine.events import ArmEvaluated, Confusion, OperatingPoint
from engine.spec import DecisionSpec
from engine.state import ArmState
from tui.charts.curves import counts_at
from tui.session import Run, Session

__all__ = [
    "Row",
    "confusion_at",
    "labels",
    "point_of",
    "policies",
    "rows",
    "step",
    "wilson",
]

Sweep = Sequence[tuple[float, int, int]]
_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One arm as the results show it.

    Parameters
    ----------
    arm : ArmState
        Where it is.
    point : OperatingPoint or None
        The policy's, with exact counts; None without a result.
    threshold : float or None
        Where it stands now.
    moved : bool
        Whether that is not the policy's.
    confusion : Confusion or None
        Counts there.
    cost_fn, cost_fp : float
        Costs of the experiment.
    """

    arm: ArmState
    point: OperatingPoint | None = None
    threshold: float | None = None
    moved: bool = False
    confusion: Confusion | None = None
    cost_fn: float = 10.0
    cost_fp: float = 1.0

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
        """Return a metric that needs no threshold."""
        return self.arm.evaluated.test.get(metric) if self.arm.evaluated else None

    @property
    def recall(self) -> float | None:
        """Share of the positives that was found."""
        c = self.confusion
        return _ratio(c.tp, c.tp + c.fn) if c else None

    @property
    def recall_ci(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the recall."""
        c = self.confusion
        return wilson(c.tp, c.tp + c.fn) if c else None

    @property
    def precision(self) -> float | None:
        """Share of the alarms that was right."""
        c = self.confusion
        return _ratio(c.tp, c.tp + c.fp) if c else None

    @property
    def precision_ci(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the precision."""
        c = self.confusion
        return wilson(c.tp, c.tp + c.fp) if c else None

    @property
    def specificity(self) -> float | None:
        """Share of the negatives that was left alone."""
        c = self.confusion
        return _ratio(c.tn, c.tn + c.fp) if c else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        c = self.confusion
        return _ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn) if c else None

    @property
    def mcc(self) -> float | None:
        """Matthews' coefficient; 0 where a margin of the table is empty."""
        c = self.confusion
        if c is None:
            return None
        margins = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)
        return (c.tp * c.tn - c.fp * c.fn) / math.sqrt(margins) if margins else 0.0

    @property
    def alarms(self) -> tuple[int, int] | None:
        """Rows called positive, and all test rows."""
        c = self.confusion
        return (c.tp + c.fp, c.tn + c.fp + c.fn + c.tp) if c else None

    @property
    def cost(self) -> float | None:
        """Cost per 1,000 rows."""
        c = self.confusion
        if c is None:
            return None
        total = c.tn + c.fp + c.fn + c.tp
        return _ratio(1000 * (self.cost_fn * c.fn + self.cost_fp * c.fp), total)


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
        ones last.
    """
    run = session.run
    if run is None:
        return []
    decision, policy = run.experiment.decision, point_of(session)
    found = [
        _row(arm, policy, session.view.thresholds.get(arm.name), decision)
        for arm in run.state.arms
    ]
    judged = [row for row in found if row.point is not None]
    judged.sort(key=lambda row: _order(row.point))
    rest = [row for row in found if row.point is None]
    return [*judged, *sorted(rest, key=lambda row: row.arm.stage == "failed")]


def _row(
    arm: ArmState, policy: str, threshold: float | None, decision: DecisionSpec
) -> Row:
    points = arm.evaluated.operating_points if arm.evaluated else ()
    point = next((p for p in points if p.policy == policy), None)
    if point is None or arm.evaluated is None:
        return Row(arm=arm)
    moved = threshold is not None and threshold != point.threshold
    counts = point.confusion
    if moved and threshold is not None:
        counts = confusion_at(arm.evaluated, point.confusion, threshold)
    return Row(
        arm=arm,
        point=point,
        threshold=threshold if moved else point.threshold,
        moved=moved,
        confusion=counts,
        cost_fn=decision.cost_fn,
        cost_fp=decision.cost_fp,
    )


def _order(point: OperatingPoint | None) -> tuple[int, int]:
    return (point.confusion.fn, point.confusion.fp) if point else (0, 0)


def policies(run: Run | None) -> list[str]:
    """Return the policies that some arm was judged at; else those to come."""
    if run is None:
        return []
    evaluated = [arm.evaluated for arm in run.state.arms if arm.evaluated]
    points = [point.policy for one in evaluated for point in one.operating_points]
    return list(dict.fromkeys(points)) or list(run.experiment.decision.policies)


def point_of(session: Session) -> str:
    """Return the policy that the results are read at; one that they have."""
    known = policies(session.run)
    chosen = session.policy
    return chosen if chosen in known or not known else known[0]


def confusion_at(
    evaluated: ArmEvaluated, known: Confusion, threshold: float
) -> Confusion:
    """Return the counts at a threshold as the sweep knows them.

    Parameters
    ----------
    evaluated : ArmEvaluated
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


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of a share; None of nothing.

    Examples
    --------
    >>> [round(limit, 2) for limit in wilson(98, 161)]
    [0.53, 0.68]
    """
    if not whole:
        return None
    share, weight = part / whole, _Z * _Z / whole
    middle = (share + weight / 2) / (1 + weight)
    spread = share * (1 - share) / whole + weight / (4 * whole)
    half = _Z * math.sqrt(spread) / (1 + weight)
    low = 0.0 if part == 0 else max(0.0, middle - half)
    high = 1.0 if part == whole else min(1.0, middle + half)
    return low, high


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
