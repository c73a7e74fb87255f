"""Which arm costs the least on the test rows, at which cost ratios.

Between two steps of any arm (see `engine.evaluate.costs`) the arms' costs are straight
lines in the ratio, so that the ratios at which the winner changes are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.core.outcome import CostStep, CostWinner
from engine.evaluate import bootstrap
from engine.evaluate.board import TOO_FEW
from engine.evaluate.objective import Labels, Scores

LOWEST, HIGHEST = 0.1, 1000.0
"""Ratios between which winners are searched: a user to whom a false alarm costs ten
times a miss need not look for positives, and at 1,000 every row with a risk of 1 in
1,000 is predicted positive."""
NARROWEST = 1.25
"""A stretch of ratios must end at so many times its beginning: ratios are not known to
a quarter."""
LEAST_SAVED = 0.02
"""What an arm (not the control) must save over a doubling of the ratio, as a share of
the cost of predicting no or every row positive."""
_GRID = 2048
"""Ratios at which savings are added up."""


def winners(
    steps: Mapping[str, Sequence[CostStep]],
    *,
    scores: Mapping[str, Scores],
    y_test: Labels,
    control: str,
    seed: int,
    draws: int = 1000,
) -> tuple[CostWinner, ...]:
    """Return which arm costs the least on the test rows, by the cost ratio.

    Each arm stands at its own threshold of least cost, chosen out of fold. Between two
    steps of any arm the costs are straight lines in the ratio, so that the ratios at
    which the winner changes are exact. Ties go to the control, then to the arm named
    earlier. Winners change often where arms are about as good: a stretch that is
    narrower than `NARROWEST`, or in which an arm saves less than `LEAST_SAVED`, is
    given to a neighbour or to the control, whichever costs the least there.

    Parameters
    ----------
    steps : mapping of str to sequence of CostStep
        What `cost_steps` returned for each arm.
    scores : mapping of str to array of shape (n_test,)
        Scores of the test rows.
    y_test : array of shape (n_test,)
        0 or 1 per test row.
    control : str
        The arm that the others are compared with, if it is there.
    seed : int
        Of the bootstrap.
    draws : int, default=1000
        Draws of the test rows, fewer of very many rows.

    Returns
    -------
    tuple of CostWinner
        From `LOWEST` on, to the last one that begins below `HIGHEST`. The difference
        from the control is taken in the middle of a stretch (of logarithms, up to
        `HIGHEST`), with a paired bootstrap within each class, and its percentile
        interval [1]_, None with fewer than 20 rows of a class. Where an arm won was
        seen on the same rows: the interval is that of one comparison at one ratio, and
        hopeful. Empty without an arm, or without test rows of both classes.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, sections 3.2 and 5.3.

    Examples
    --------
    >>> y = np.array([0] * 8 + [1] * 4)
    >>> low, high = np.arange(12) / 12, np.array([0.0] * 7 + [0.9] + [0.9] * 4)
    >>> arms = {"untreated": low, "smote": high}
    >>> from engine.evaluate.costs import cost_steps
    >>> steps = {name: cost_steps(y, s, y, s) for name, s in arms.items()}
    >>> settings = {"scores": arms, "y_test": y, "control": "untreated", "seed": 0}
    >>> [(w.arm, w.ratio, w.to) for w in winners(steps, **settings)]
    [('untreated', 0.1, None)]
    """
    names = sorted((name for name in steps if steps[name]), key=lambda n: n != control)
    positive = y_test == 1
    sizes = int(positive.sum()), int((~positive).sum())
    if not names or not all(sizes):
        return ()
    known = {name: steps[name] for name in names}
    stretches = _merge(_stretches(known), control, _Shares(known, *sizes))
    middles = {
        part: math.sqrt(part.start * min(part.end, HIGHEST)) for part in stretches
    }
    tested = [part for part in stretches if part.arm != control]
    differences: dict[_Stretch, tuple[float, tuple[float, float]]] = {}
    if control in names and tested:
        changes = np.empty((len(tested), len(y_test)), dtype=np.int8)
        for row, part in enumerate(tested):
            changes[row] = _predict(steps, scores, part.arm, middles[part])
            changes[row] -= _predict(steps, scores, control, middles[part])
        ratios = np.array([middles[part] for part in tested])
        values = _differences(changes, ratios, positive, seed=seed, draws=draws)
        differences = dict(zip(tested, values, strict=True))
    enough = min(sizes) >= TOO_FEW
    return tuple(
        CostWinner(
            arm=part.arm,
            ratio=part.start,
            to=None if math.isinf(part.end) else part.end,
            at=middles[part],
            difference=differences[part][0] if part in differences else None,
            ci=differences[part][1] if part in differences and enough else None,
        )
        for part in stretches
    )


class _Stretch(NamedTuple):
    """Between two ratios this arm costs the least."""

    arm: str
    start: float
    end: float


def _stretches(steps: Mapping[str, Sequence[CostStep]]) -> list[_Stretch]:
    """Return the cheapest arm from `LOWEST` on; the first named wins ties."""
    changes = {step.ratio for own in steps.values() for step in own}
    edges = sorted({LOWEST, *(ratio for ratio in changes if ratio > LOWEST)})
    parts: list[_Stretch] = []
    for start, end in pairwise([*edges, math.inf]):
        if start >= HIGHEST:
            break
        lines = {name: _holding(own, start) for name, own in steps.items()}
        parts += _cheapest(lines, start, end)
    # Stretches that begin beyond are left out, but the last one keeps its end.
    return [part for part in _join(parts) if part.start < HIGHEST]


def _holding(steps: Sequence[CostStep], ratio: float) -> CostStep:
    """Return the step that holds just above a ratio."""
    return [step for step in steps if step.ratio <= ratio][-1]


def _cheapest(
    lines: Mapping[str, CostStep], start: float, end: float
) -> list[_Stretch]:
    """Return the lower envelope of the arms' cost lines between two ratios.

    In fractions: rounding must not hide where two lines cross.
    """
    place = Fraction(start)
    # Just above the start, of equal costs the one that rises less is the cheapest.
    arm = min(lines, key=lambda n: (lines[n].fp + place * lines[n].fn, lines[n].fn))
    parts: list[_Stretch] = []
    while True:
        line = lines[arm]
        crossings = [
            (Fraction(other.fp - line.fp, line.fn - other.fn), other.fn, name)
            for name, other in lines.items()
            if other.fn < line.fn
        ]
        ahead = [cross for cross in crossings if place < cross[0] < end]
        if not ahead:
            return [*parts, _Stretch(arm, float(place), end)]
        crossing, _, name = min(ahead, key=lambda cross: cross[:2])
        parts.append(_Stretch(arm, float(place), float(crossing)))
        arm, place = name, crossing


class _Shares:
    """Costs over all ratios, as shares of what doing nothing clever would cost."""

    def __init__(
        self, steps: Mapping[str, Sequence[CostStep]], positives: int, negatives: int
    ) -> None:
        self._ratios = np.geomspace(LOWEST, HIGHEST, _GRID)
        idle = np.minimum(self._ratios * positives, negatives)
        self._costs = {name: self._cost(own) / idle for name, own in steps.items()}
        self._doublings = math.log2(HIGHEST / LOWEST) / _GRID

    def _cost(self, steps: Sequence[CostStep]) -> npt.NDArray[np.float64]:
        changes = np.array([step.ratio for step in steps])
        places = np.searchsorted(changes, self._ratios, side="right") - 1
        fp, fn = (np.array([getattr(s, key) for s in steps]) for key in ("fp", "fn"))
        return np.asarray(fp[places] + self._ratios * fn[places])

    def __contains__(self, arm: str) -> bool:
        return arm in self._costs

    def savings(self, part: _Stretch, other: str) -> float:
        """Return what an arm saves beside another, times the doublings it takes."""
        inside = (self._ratios >= part.start) & (self._ratios < part.end)
        saving = self._costs[other][inside] - self._costs[part.arm][inside]
        return float(saving.sum() * self._doublings)


def _merge(stretches: list[_Stretch], control: str, shares: _Shares) -> list[_Stretch]:
    """Give away stretches that do not matter, those first that save the least."""
    parts = list(stretches)
    while True:
        gifts: list[tuple[float, int, str]] = []
        for place, part in enumerate(parts):
            takers = {other.arm for other in parts[max(0, place - 1) : place + 2]}
            takers |= {control} if control in shares else set()
            offers = sorted(
                (shares.savings(part, arm), arm != control, arm)
                for arm in takers - {part.arm}
            )
            narrow = part.end < NARROWEST * part.start
            least = 0.0 if part.arm == control else LEAST_SAVED
            if offers and (narrow or offers[0][0] < least):
                gifts.append((offers[0][0], place, offers[0][2]))
        if not gifts:
            return parts
        _, place, taker = min(gifts)
        parts[place] = parts[place]._replace(arm=taker)
        parts = _join(parts)


def _join(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Make one stretch of neighbours of the same arm."""
    some = (list(group) for _, group in groupby(stretches, key=lambda part: part.arm))
    return [group[0]._replace(end=group[-1].end) for group in some]


def _predict(
    steps: Mapping[str, Sequence[CostStep]],
    scores: Mapping[str, Scores],
    arm: str,
    ratio: float,
) -> npt.NDArray[np.bool_]:
    """Return which test rows an arm calls positive at a cost ratio."""
    predicted: npt.NDArray[np.bool_] = scores[arm] >= np.float64(
        _holding(steps[arm], ratio).threshold
    )
    return predicted


def _differences(
    changes: npt.NDArray[np.int8],
    ratios: npt.NDArray[np.float64],
    positive: npt.NDArray[np.bool_],
    *,
    seed: int,
    draws: int,
) -> list[tuple[float, tuple[float, float]]]:
    """Return differences of cost per 1,000 rows with their intervals.

    `changes` is 1 where only the arm calls a row positive, -1 where only the control:
    a row of it per ratio.
    """
    rows = changes.shape[1]
    hits, alarms = changes[:, positive], changes[:, ~positive]

    def cost(up: npt.NDArray[Any], down: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        total = down - ratios[:, np.newaxis] * up
        return np.asarray(1000 * total / rows)

    # Rows on which all agree add nothing to any draw.
    some, others = hits.any(axis=0), alarms.any(axis=0)
    hits, alarms = hits[:, some], alarms[:, others]
    observed = cost(
        hits.sum(axis=1, dtype=np.int64)[:, np.newaxis],
        alarms.sum(axis=1, dtype=np.int64)[:, np.newaxis],
    )[:, 0]
    draws = bootstrap.affordable(rows, draws)
    many = int(np.count_nonzero(positive))
    redrawn = [
        cost(
            bootstrap.sum_over_rows(hits, up[some]),
            bootstrap.sum_over_rows(alarms, down[others]),
        )
        for up, down in bootstrap.strata((many, rows - many), seed=seed, draws=draws)
    ]
    return [
        (float(value), bootstrap.interval_and_p(sampled)[0])
        for value, sampled in zip(observed, np.hstack(redrawn), strict=True)
    ]
