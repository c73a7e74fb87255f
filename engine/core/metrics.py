"""The metrics: what they are called, their decimals, and which way is better."""

from __future__ import annotations

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
