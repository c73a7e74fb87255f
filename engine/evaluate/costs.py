"""Costs: thresholds of least cost, what 0.5 implies, which decision costs the least.

Only the ratio of the two costs matters: how many false alarms a missed positive is
worth. Between two ratios an arm's threshold of least cost stays the same, so all of
them are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.core.outcome import CostStep, CostWinner
from engine.evaluate import bootstrap
from engine.evaluate.board import TOO_FEW
from engine.evaluate.bootstrap import Floats
from engine.evaluate.metrics import count_found
from engine.evaluate.probabilities import Labels, Scores
from engine.evaluate.row_costs import uneven, wider

MOST_STEPS = 200
_CELLS = 30_000_000
_MOST, _FEWEST = 200, 50


def cost_steps(
    y_oof: Labels,
    oof: Scores,
    y_test: Labels,
    test: Scores,
    *,
    negative: float = 1.0,
    worth: tuple[Floats, Floats] | None = None,
) -> tuple[CostStep, ...]:
    """Return the threshold of least cost for every cost ratio.

    The thresholds are the corners of the lower hull of the cost lines, which is the
    upper convex hull of the out-of-fold ROC curve [1]_: at a ratio r a corner costs
    ``r * fn + fp``, and two neighbours cost the same where r is what the hull rises
    by between them.

    Parameters
    ----------
    y_oof : array of shape (n,)
        0 or 1 per row.
    oof : array of shape (n,)
        Out-of-fold scores, finite: the thresholds are chosen on them.
    y_test : array of shape (n_test,)
        0 or 1 per test row.
    test : array of shape (n_test,)
        Scores of the test rows, which are only counted.
    negative : float, default=1
        What a negative among the out-of-fold rows counts beside a positive.
    worth : tuple of arrays of shape (n,) and (n_test,), or None, default=None
        What each positive counts beside one of mean cost, where each has its own: the
        ratio then is that of the mean cost to that of a false alarm.

    Returns
    -------
    tuple of CostStep
        The ratio grows from 0; the first predicts no row positive, as a point of least
        cost does where nothing is to be gained. A step holds above its ratio and up
        to that of the next one: on a tie the higher threshold raises fewer alarms.
        Of more than `MOST_STEPS` corners those are kept that cost the least at as
        many ratios, spread evenly by their logarithm; between them the steps' ratios
        are where the kept ones cost the same. Empty without out-of-fold scores.

    References
    ----------
    .. [1] Provost, F. and Fawcett, T. (2001). Robust classification for imprecise
       environments. Machine Learning 42, 203-231.

    Examples
    --------
    >>> y, scores = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.6, 0.9])
    >>> [(s.ratio, s.threshold, s.fp, s.fn) for s in cost_steps(y, scores, y, scores)]
    [(0.0, 0.9000000000000001, 0, 2), (0.0, 0.9, 0, 1), (1.0, 0.4, 1, 0)]
    """
    if not len(oof):
        return ()
    _, fp, _, tp, thresholds = confusion_matrix_at_thresholds(y_oof, oof, pos_label=1)
    nobody = np.nextafter(thresholds[0], thresholds.dtype.type(np.inf))
    at = np.concatenate(([nobody], thresholds)).astype(np.float64)
    fp = np.concatenate(([0.0], fp)).astype(np.float64)
    hits = np.concatenate(([0], tp)).astype(np.intp)
    own, others = worth or (None, None)
    tp = count_found(y_oof, oof, own)[hits]
    # Of thresholds that find as many the first is the best at any ratio.
    _, first = np.unique(tp, return_index=True)
    corners = first[_thin(fp[first], tp[first], _hull(fp[first], tp[first]))]
    alarms, missed = _counts(y_test, test, at[corners])
    ratios = [0.0, *_ratios(fp[corners], tp[corners])]
    steps = [
        CostStep(ratio=negative * ratio, threshold=float(t), fp=int(a), fn=int(m))
        for ratio, t, a, m in zip(ratios, at[corners], alarms, missed, strict=True)
    ]
    if others is None:
        return tuple(steps)
    count = count_found(y_test, test, others)
    total, most = float(count[-1]), len(count) - 1
    return tuple(
        replace(step, missed=total - float(count[most - step.fn])) for step in steps
    )


def _hull(fp: Floats, tp: Floats) -> list[int]:
    """Return the corners of the upper convex hull; true positives grow strictly."""
    alarms, hits = fp.tolist(), tp.tolist()
    hull: list[int] = []
    for new in range(len(hits)):
        while len(hull) > 1:
            old, last = hull[-2:]
            # Of whole numbers what lies on a line with its neighbours is no corner.
            rise = (alarms[last] - alarms[old]) * (hits[new] - hits[last])
            if rise < (alarms[new] - alarms[last]) * (hits[last] - hits[old]):
                break
            hull.pop()
        hull.append(new)
    return hull


def _ratios(fp: Floats, tp: Floats) -> list[float]:
    """Return the ratio at which each corner costs as much as the one before."""
    # They grow, but for rounding.
    ratios = np.maximum.accumulate(np.diff(fp) / np.diff(tp))
    return list(map(float, ratios))


def _thin(fp: Floats, tp: Floats, hull: list[int]) -> list[int]:
    """Keep at most `MOST_STEPS` corners, both ends among them."""
    if len(hull) <= MOST_STEPS:
        return hull
    ratios = np.array(_ratios(fp[hull], tp[hull]))
    above = ratios[ratios > 0]
    even = np.geomspace(above[0], above[-1], MOST_STEPS - 2)
    places = np.searchsorted(ratios, even, side="left")
    return [hull[k] for k in sorted({0, len(hull) - 1, *places.tolist()})]


def _counts(
    y: Labels, scores: Scores, thresholds: Floats
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return false alarms and misses at each threshold."""
    down, up = (np.sort(scores[(y == 1) == k].astype(np.float64)) for k in (0, 1))
    alarms = len(down) - np.searchsorted(down, thresholds)
    return alarms, np.searchsorted(up, thresholds)


def implied_cost_ratio(
    before: tuple[float, float], after: tuple[float, float]
) -> float:
    """Return for which cost ratio 0.5 is the right threshold of a treated model.

    A model that learned from other odds of the classes predicts other odds by the same
    factor [1]_. At 0.5 it decides like the untreated model at the prevalence that was
    changed, and that is right for one cost ratio only.

    Parameters
    ----------
    before, after : tuple of (float, float)
        Negatives and positives as the data has them, and as the model learned from
        them, as weighed.

    Returns
    -------
    float
        How many false alarms a missed positive must be worth; 1 where nothing was
        changed. It holds for a model whose scores are probabilities of what it
        learned from.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978, theorems 1 and 2.

    Examples
    --------
    >>> round(implied_cost_ratio((42_617, 783), (42_617, 42_617)), 1)
    54.4
    """
    return (after[1] * before[0]) / (after[0] * before[1])


def least_cost_thresholds(
    y: Labels,
    scores: Scores,
    *,
    cost_fn: float,
    cost_fp: float,
    seed: int,
    repeats: int = 1,
    worth: Floats | None = None,
) -> Floats:
    """Choose the threshold of least cost again and again, on redrawn rows.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per out-of-fold score.
    scores : array of shape (n,)
        Out-of-fold scores, finite.
    cost_fn, cost_fp : float
        What a found positive saves, and what a false alarm costs.
    seed : int
        Seed of the draws, at least 0: the same for every arm.
    repeats : int, default=1
        How often the folds were drawn: `y` is the same rows so many times over, and a
        row is drawn with all its scores.
    worth : array of shape (n,) or None, default=None
        What each positive counts beside one that saves `cost_fn`; 1 when None.

    Returns
    -------
    array of shape (draws,)
        200 thresholds (fewer, but 50, with very many rows); infinite where calling no
        row positive costs the least. Rows are drawn with replacement within each
        class [1]_.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, section 3.2 (several samples).

    Examples
    --------
    >>> y, scores = np.array([0] * 50 + [1] * 50), np.arange(100) / 100
    >>> found = least_cost_thresholds(y, scores, cost_fn=1, cost_fp=1, seed=0)
    >>> len(found), float(found.min())
    (200, 0.5)
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    own = np.ones(len(y)) if worth is None else worth
    each = np.where(y[order] == 1, -cost_fn * own[order], cost_fp)
    rows = len(y) // repeats
    places = [np.flatnonzero(y[:rows] == k) for k in (0, 1)]
    draws = max(_FEWEST, min(_MOST, _CELLS // max(1, len(y))))
    generator = np.random.default_rng(seed)
    chosen = np.full(draws, np.inf)
    for draw in range(draws):
        counts = np.zeros(rows)
        for inside in places:
            picked = generator.integers(0, len(inside), len(inside))
            counts[inside] = np.bincount(picked, minlength=len(inside))
        paid = np.cumsum(each * np.tile(counts, repeats)[order])[ends]
        best = int(np.argmin(paid))
        if paid[best] < 0:
            chosen[draw] = ranked[ends[best]]
    return chosen


# Which arm costs the least, at which cost ratios ------------------------------------


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
    negative: float = 1.0,
    worth: Floats | None = None,
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
    negative : float, default=1
        What a negative among the test rows counts beside a positive.
    worth : array of shape (n_test,) or None, default=None
        What each positive counts beside one of mean cost; 1 when None.

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
    own = np.ones(sizes[0]) if worth is None else worth[positive]
    total = float(np.sum(own))
    if not total:
        return ()
    stretches = _merge(
        _stretches(known, negative), control, _Shares(known, total, sizes[1], negative)
    )
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
        values = _differences(
            changes,
            ratios,
            positive,
            negative,
            None if worth is None else own,
            seed=seed,
            draws=draws,
        )
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


def _stretches(
    steps: Mapping[str, Sequence[CostStep]], negative: float = 1.0
) -> list[_Stretch]:
    """Return the cheapest arm from `LOWEST` on; the first named wins ties."""
    changes = {step.ratio for own in steps.values() for step in own}
    edges = sorted({LOWEST, *(ratio for ratio in changes if ratio > LOWEST)})
    parts: list[_Stretch] = []
    for start, end in pairwise([*edges, math.inf]):
        if start >= HIGHEST:
            break
        lines = {name: _holding(own, start) for name, own in steps.items()}
        parts += _cheapest(lines, start, end, Fraction(negative))
    # Stretches that begin beyond are left out, but the last one keeps its end.
    return [part for part in _join(parts) if part.start < HIGHEST]


def _holding(steps: Sequence[CostStep], ratio: float) -> CostStep:
    """Return the step that holds just above a ratio."""
    return [step for step in steps if step.ratio <= ratio][-1]


def _cheapest(
    lines: Mapping[str, CostStep], start: float, end: float, negative: Fraction
) -> list[_Stretch]:
    """Return the lower envelope of the arms' cost lines between two ratios.

    In fractions: rounding must not hide where two lines cross.
    """
    place = Fraction(start)
    # Just above the start, of equal costs the one that rises less is the cheapest.
    missed = {name: Fraction(line.count) for name, line in lines.items()}
    paid = {n: negative * line.fp + place * missed[n] for n, line in lines.items()}
    arm = min(lines, key=lambda n: (paid[n], missed[n]))
    parts: list[_Stretch] = []
    while True:
        line = lines[arm]
        crossings = [
            (
                negative * (other.fp - line.fp) / (missed[arm] - missed[name]),
                missed[name],
                name,
            )
            for name, other in lines.items()
            if missed[name] < missed[arm]
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
        self,
        steps: Mapping[str, Sequence[CostStep]],
        positives: float,
        negatives: int,
        negative: float,
    ) -> None:
        self._ratios = np.geomspace(LOWEST, HIGHEST, _GRID)
        self._negative = negative
        idle = np.minimum(self._ratios * positives, negative * negatives)
        self._costs = {name: self._cost(own) / idle for name, own in steps.items()}
        self._doublings = math.log2(HIGHEST / LOWEST) / _GRID

    def _cost(self, steps: Sequence[CostStep]) -> Floats:
        changes = np.array([step.ratio for step in steps])
        places = np.searchsorted(changes, self._ratios, side="right") - 1
        fp, fn = (np.array([getattr(s, k) for s in steps]) for k in ("fp", "count"))
        return np.asarray(self._negative * fp[places] + self._ratios * fn[places])

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
    ratios: Floats,
    positive: npt.NDArray[np.bool_],
    negative: float,
    worth: Floats | None,
    *,
    seed: int,
    draws: int,
) -> list[tuple[float, tuple[float, float]]]:
    """Return differences of cost per 1,000 rows with their intervals.

    `changes` is 1 where only the arm calls a row positive, -1 where only the control:
    a row of it per ratio.
    """
    rows = changes.shape[1]
    many = int(np.count_nonzero(positive))
    count = many + negative * (rows - many)
    hits, alarms = changes[:, positive], changes[:, ~positive]

    def cost(up: npt.NDArray[Any], down: npt.NDArray[Any]) -> Floats:
        total = negative * down - ratios[:, np.newaxis] * up
        return np.asarray(1000 * total / count)

    # Rows on which all agree add nothing to any draw.
    some, others = hits.any(axis=0), alarms.any(axis=0)
    hits, alarms = hits[:, some], alarms[:, others]
    own = None if worth is None else worth[some]
    once = np.ones((hits.shape[1], 1), dtype=np.int32)
    observed = cost(
        bootstrap.sum_over_rows(hits, once, own),
        alarms.sum(axis=1, dtype=np.int64)[:, np.newaxis],
    )[:, 0]
    draws = bootstrap.affordable(rows, draws)
    redrawn = [
        cost(
            bootstrap.sum_over_rows(hits, up[some], own),
            bootstrap.sum_over_rows(alarms, down[others]),
        )
        for up, down in bootstrap.strata((many, rows - many), seed=seed, draws=draws)
    ]
    read = wider if uneven(worth) else lambda draws, _: bootstrap.interval_and_p(draws)
    return [
        (float(value), read(sampled, float(value))[0])
        for value, sampled in zip(observed, np.hstack(redrawn), strict=True)
    ]
