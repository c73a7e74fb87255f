"""The metrics: what they are called, their decimals, and which way is better.

The interval of a share, where scipy is not there.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple


class Metric(NamedTuple):
    """What a metric is called, its decimals, and whether more of it is better."""

    title: str
    digits: int
    more: bool


METRICS: Final = {
    "recall": Metric("recall", 2, True),
    "f1": Metric("highest F1", 3, True),
    "false_positive_rate": Metric("false positive rate", 3, False),
    "cost_per_1000": Metric("cost per 1,000 rows", 1, False),
    "macro_recall": Metric("mean recall of the classes", 3, True),
    "average_precision": Metric("average precision", 3, True),
    "roc_auc": Metric("ROC AUC", 3, True),
    "log_loss": Metric("log loss", 4, False),
    "brier": Metric("Brier score", 4, False),
    "precision": Metric("precision", 2, True),
}


def metric(name: str) -> Metric:
    """Return what is known of a metric.

    Examples
    --------
    >>> metric("brier").title, metric("balanced_accuracy").title
    ('Brier score', 'balanced accuracy')
    """
    return METRICS.get(name, Metric(name.replace("_", " "), 3, True))


_Z: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


def wilson(part: int, whole: int, z: float = _Z) -> tuple[float, float] | None:
    """Return Wilson's interval of a share, of 95 % unless `z` differs; None of nothing.

    As scipy's ``binomtest(part, whole).proportion_ci(method="wilson")``, to the last
    bit, where scipy is not there.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> [round(limit, 3) for limit in wilson(0, 161)], wilson(0, 0)
    ([0.0, 0.023], None)
    """
    if not whole:
        return None
    share, square = part / whole, z * z
    twice = 2 * (whole + square)
    middle = (2 * whole * share + square) / twice
    half = z / twice * math.sqrt(4 * whole * share * (1 - share) + square)
    low = 0.0 if part == 0 else middle - half
    return low, 1.0 if part == whole else middle + half
