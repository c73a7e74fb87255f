"""Policies: from out-of-fold scores to the threshold a decision is made at.

A threshold is one of the scores, so rows with equal scores are never split. Where
several are equally good, the highest one is taken: it raises the fewest alarms.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.errors import SpecError
from engine.evaluate.arrays import Labels, Scores

__all__ = ["choose", "parse"]

_ALLOWED = "default, prevalence, f1, cost, recall>=r with r above 0 and up to 1"


def parse(policy: str) -> tuple[str, float | None]:
    """Split a policy into its name and its number.

    Parameters
    ----------
    policy : str
        ``default``, ``prevalence``, ``f1``, ``cost`` or ``recall>=r``.

    Returns
    -------
    tuple of str and (float or None)
        The name (``recall`` for a floor) and r, in (0, 1], or None.

    Raises
    ------
    SpecError
        If there is no such policy, or r is no number in (0, 1].

    Examples
    --------
    >>> parse("cost"), parse("recall>=0.8")
    (('cost', None), ('recall', 0.8))
    """
    if policy in ("default", "prevalence", "f1", "cost"):
        return policy, None
    name, sign, number = policy.partition(">=")
    if name == "recall" and sign:
        try:
            floor = float(number)
        except ValueError:
            floor = 0.0
        if 0 < floor <= 1:
            return name, floor
    raise SpecError(f"no policy {policy!r}", f"choose one of: {_ALLOWED}")


def choose(
    policy: str,
    y: Labels,
    scores: Scores,
    *,
    prevalence: float,
    cost_fn: float,
    cost_fp: float,
) -> float:
    """Choose a threshold on scores that no row's own model has seen.

    Parameters
    ----------
    policy : str
        ``default``: 0.5. ``prevalence``: the share of positives, the cut that
        does on the data as given what 0.5 does on data balanced to 1:1 [1]_.
        ``f1``: the highest F1. ``cost``: the least total cost; calling nobody
        positive is among the choices. ``recall>=r``: the highest threshold whose
        recall is at least r.
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Out-of-fold scores, finite.
    prevalence : float
        Share of positives in the training rows.
    cost_fn, cost_fp : float
        Cost of a missed positive and of a false alarm.

    Returns
    -------
    float
        One of the scores, 0.5, the prevalence, or, for nobody, the next number
        of the scores' own type above the largest score.

    Raises
    ------
    SpecError
        If there is no such policy.
    ValueError
        If a score is not finite, or there is no positive to find where ``f1``
        or ``recall>=r`` need one.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.4])
    >>> settings = {"prevalence": 0.4, "cost_fn": 1, "cost_fp": 1}
    >>> [choose(p, y, scores, **settings) for p in ("f1", "cost", "recall>=0.5")]
    [0.3, 0.3, 0.4]
    """
    name, floor = parse(policy)
    if name == "default":
        return 0.5
    if name == "prevalence":
        return float(prevalence)
    # Thresholds fall from the largest score to the smallest, so the first best
    # is the highest.
    _, fp, fn, tp, thresholds = confusion_matrix_at_thresholds(y, scores, pos_label=1)
    if name == "cost":
        nobody = float(np.nextafter(thresholds[0], thresholds.dtype.type(np.inf)))
        cost = cost_fn * np.append(tp[-1], fn) + cost_fp * np.append(0.0, fp)
        # Costs such as 0.1 are no binary fractions: a tie may differ by rounding.
        best = int(np.argmax(cost <= cost.min() * (1 + 1e-12)))
        return nobody if best == 0 else float(thresholds[best - 1])
    if tp[-1] == 0:
        raise ValueError(f"no positive among {len(y)} rows; {policy!r} needs one")
    if name == "f1":
        return float(thresholds[np.argmax(2 * tp / (2 * tp + fp + fn))])
    return float(thresholds[np.argmax(tp / tp[-1] >= floor)])
