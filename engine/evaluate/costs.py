"""Costs: the threshold of least cost for every cost ratio, and what 0.5 implies.

Only the ratio of the two costs matters: how many false alarms a missed positive is
worth. Between two ratios an arm's threshold of least cost stays the same, so all of
them can be told exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.curve import implied_at
from engine.evaluate.arrays import Labels, Scores
from engine.evaluate.winners import winners
from engine.outcome import CostStep

__all__ = [
    "MOST_STEPS",
    "cost_steps",
    "implied_at",
    "implied_cost_ratio",
    "winners",
]

MOST_STEPS = 200


def cost_steps(
    y_oof: Labels, oof: Scores, y_test: Labels, test: Scores
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

    Returns
    -------
    tuple of CostStep
        The ratio grows from 0; the first calls nobody positive, as a policy of least
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
    fp = np.concatenate(([0], fp)).astype(np.int64)
    tp = np.concatenate(([0], tp)).astype(np.int64)
    # Of thresholds that find as many the first is the best at any ratio.
    _, first = np.unique(tp, return_index=True)
    kept = first[_thinned(fp[first], tp[first], _hull(fp[first], tp[first]))]
    alarms, missed = _counts(y_test, test, at[kept])
    ratios = [0.0, *_ratios(fp[kept], tp[kept])]
    return tuple(
        CostStep(ratio=ratio, threshold=float(t), fp=int(a), fn=int(m))
        for ratio, t, a, m in zip(ratios, at[kept], alarms, missed, strict=True)
    )


def implied_cost_ratio(
    before: tuple[float, float], after: tuple[float, float], *, weight: float = 1.0
) -> float:
    """Return for which cost ratio 0.5 is the right threshold of a treated model.

    A model that learned from other odds of the classes says other odds by the same
    factor [1]_. Cut at 0.5, it does what the untreated model does at the prevalence
    that was changed, and that is right for one cost ratio only.

    Parameters
    ----------
    before, after : tuple of (float, float)
        Negatives and positives as the data has them, and as the model learned from.
    weight : float, default=1
        What a positive weighs in the learning, where a negative weighs 1.

    Returns
    -------
    float
        How many false alarms a missed positive must be worth; 1 where nothing was
        changed. It holds for a model whose scores are probabilities of what it
        learned from.

    Raises
    ------
    ValueError
        If a count or the weight is not above 0.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978, theorems 1 and 2.

    Examples
    --------
    >>> round(implied_cost_ratio((42_617, 783), (42_617, 42_617)), 1)
    54.4
    >>> implied_cost_ratio((900, 100), (900, 100), weight=9)
    9.0
    """
    if min(*before, *after, weight) <= 0:
        raise ValueError(
            f"rows {before} before, {after} after and the weight {weight:g} must be "
            "above 0: odds need both classes"
        )
    return weight * (after[1] * before[0]) / (after[0] * before[1])


def _hull(fp: npt.NDArray[np.int64], tp: npt.NDArray[np.int64]) -> list[int]:
    """Return the corners of the upper convex hull; true positives grow strictly."""
    alarms, found = fp.tolist(), tp.tolist()
    hull: list[int] = []
    for new in range(len(found)):
        while len(hull) > 1:
            old, last = hull[-2:]
            # Whole numbers: what lies on a line with its neighbours is no corner.
            rise = (alarms[last] - alarms[old]) * (found[new] - found[last])
            if rise < (alarms[new] - alarms[last]) * (found[last] - found[old]):
                break
            hull.pop()
        hull.append(new)
    return hull


def _ratios(fp: npt.NDArray[np.int64], tp: npt.NDArray[np.int64]) -> list[float]:
    """Return the ratio at which each corner costs as much as the one before."""
    ratios: list[float] = (np.diff(fp) / np.diff(tp)).tolist()
    return ratios


def _thinned(
    fp: npt.NDArray[np.int64], tp: npt.NDArray[np.int64], hull: list[int]
) -> list[int]:
    """Keep at most `MOST_STEPS` corners, both ends among them."""
    if len(hull) <= MOST_STEPS:
        return hull
    ratios = np.array(_ratios(fp[hull], tp[hull]))
    above = ratios[ratios > 0]
    asked = np.geomspace(above[0], above[-1], MOST_STEPS - 2)
    places = np.searchsorted(ratios, asked, side="left")
    kept = sorted({0, len(hull) - 1, *places.tolist()})
    return [hull[place] for place in kept]


def _counts(
    y: Labels, scores: Scores, thresholds: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return false alarms and misses at each threshold."""
    positive = y == 1
    up = np.sort(scores[positive].astype(np.float64))
    down = np.sort(scores[~positive].astype(np.float64))
    return len(down) - np.searchsorted(down, thresholds), np.searchsorted(
        up, thresholds
    )
