"""What counts come to: metrics, their intervals, and the costs that decide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias, TypedDict

import msgspec

from engine.core.outcome import Confusion, OperatingPoint


class MetricInfo(NamedTuple):
    """What a metric is called, its decimals, and whether more of it is better."""

    title: str
    digits: int
    more: bool


METRICS: Final = {
    "recall": MetricInfo("recall", 2, True),
    "f1": MetricInfo("highest F1", 3, True),
    "false_positive_rate": MetricInfo("false positive rate", 3, False),
    "cost_per_1000": MetricInfo("cost per 1,000 rows", 1, False),
    "macro_recall": MetricInfo("mean recall of the classes", 3, True),
    "average_precision": MetricInfo("average precision", 3, True),
    "roc_auc": MetricInfo("ROC AUC", 3, True),
    "log_loss": MetricInfo("log loss", 4, False),
    "brier": MetricInfo("Brier score", 4, False),
    "precision": MetricInfo("precision", 2, True),
}


def metric(name: str) -> MetricInfo:
    """Return what is known of a metric.

    Examples
    --------
    >>> metric("brier").title, metric("balanced_accuracy").title
    ('Brier score', 'balanced accuracy')
    """
    return METRICS.get(name, MetricInfo(name.replace("_", " "), 3, True))


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


Metric: TypeAlias = float | tuple[float, float] | None


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What each of the four outcomes costs.

    Attributes
    ----------
    cost_fn, cost_fp, cost_tp, cost_tn : float
        Of a missed positive, a false alarm, a found positive, and a negative that was
        predicted negative. Of more than two classes the first is that of the rarest.
    assumed : bool
        Whether none were given: then a miss costs as many false alarms as there are
        negatives per positive. Balancing the classes implies that ratio [1]_; least
        cost is then the greatest balanced accuracy.
    classes : dict of str to float
        Of more than two classes, the additional cost of predicting another class for a
        row of each class.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.
    """

    cost_fn: float
    cost_fp: float
    cost_tp: float = 0.0
    cost_tn: float = 0.0
    assumed: bool = False
    classes: dict[str, float] = {}

    @property
    def ratio(self) -> float:
        """How many false alarms a missed positive is worth."""
        return (self.cost_fn - self.cost_tp) / (self.cost_fp - self.cost_tn)

    def per_1000(self, *, tn: int, fp: int, fn: int, tp: int) -> float:
        """Return the cost of 1,000 rows with these outcomes.

        Examples
        --------
        >>> Costs(cost_fn=10, cost_fp=1).per_1000(tn=900, fp=50, fn=5, tp=45)
        100.0
        """
        errors = self.cost_fn * fn + self.cost_fp * fp
        total = errors + self.cost_tp * tp + self.cost_tn * tn
        return 1000 * total / (tn + fp + fn + tp)

    def against(self, klass: str, rows: Mapping[str, int]) -> Costs:
        """Return the costs of one of more than two classes against the rest.

        Parameters
        ----------
        klass : str
        rows : mapping of str to int
            Rows per class of the table.

        Examples
        --------
        >>> assumed = Costs(cost_fn=9, cost_fp=1, assumed=True)
        >>> assumed.against("b", {"a": 60, "b": 30, "c": 10}).ratio
        2.3333333333333335
        """
        if not self.assumed:
            return self
        rest = sum(rows.values()) - rows[klass]
        implied = (self.cost_fp - self.cost_tn) * rest / max(rows[klass], 1)
        return msgspec.structs.replace(self, cost_fn=implied + self.cost_tp)


def point_metrics(confusion: Confusion, costs: Costs) -> dict[str, Metric]:
    """Return the metrics of one operating point.

    Parameters
    ----------
    confusion : Confusion
        Counts of at least one row.
    costs : Costs
        In any one unit.

    Returns
    -------
    dict
        ``recall``, ``recall_ci``, ``precision``, ``precision_ci``,
        ``specificity``, ``false_positive_rate``, ``f1``, ``g_mean``, ``mcc``,
        ``balanced_accuracy`` and per 1,000 rows ``cost_per_1000`` and
        ``false_negatives_per_1000``. Intervals are Wilson's at 95 % [1]_. A rate
        whose denominator is 0 is None (precision where nothing is called
        positive), and so is whatever needs it, with one exception: the Matthews
        coefficient [2]_ of a table with an empty margin is 0, no correlation,
        which is also what scikit-learn says.

    Raises
    ------
    ValueError
        If all counts are 0.

    Notes
    -----
    scikit-learn and imbalanced-learn want labels, not counts, so the ratios are
    written out here and tested against theirs.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.
    .. [2] Matthews, B. W. (1975). Comparison of the predicted and observed
       secondary structure of T4 phage lysozyme. BBA 405(2), 442-451.

    Examples
    --------
    >>> counts = Confusion(tn=6809, fp=1710, fn=63, tp=98)
    >>> metrics = point_metrics(counts, Costs(cost_fn=10, cost_fp=1))
    >>> round(metrics["recall"], 2), [round(x, 2) for x in metrics["recall_ci"]]
    (0.61, [0.53, 0.68])
    """
    tn, fp, fn, tp = confusion.tn, confusion.fp, confusion.fn, confusion.tp
    rows = tn + fp + fn + tp
    if rows == 0:
        raise ValueError("the counts are all 0; a metric needs at least one row")
    recall, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    both = recall is not None and specificity is not None
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "recall": recall,
        "recall_ci": wilson(tp, tp + fn),
        "precision": _ratio(tp, tp + fp),
        "precision_ci": wilson(tp, tp + fp),
        "specificity": specificity,
        "false_positive_rate": _ratio(fp, tn + fp),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "g_mean": math.sqrt((recall or 0.0) * (specificity or 0.0)) if both else None,
        "mcc": (tp * tn - fp * fn) / math.sqrt(margins) if margins else 0.0,
        "balanced_accuracy": ((recall or 0.0) + (specificity or 0.0)) / 2
        if both
        else None,
        "cost_per_1000": costs.per_1000(tn=tn, fp=fp, fn=fn, tp=tp),
        "false_negatives_per_1000": 1000 * fn / rows,
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def expected_cost(point: OperatingPoint | None, costs: Costs | None) -> float | None:
    """Return the cost per 1,000 rows of an operating point, as far as it is known."""
    if costs is None or point is None:
        return None
    return costs.per_1000(**msgspec.structs.asdict(point.confusion))


class ErrorCosts(TypedDict):
    """What a miss and a false alarm cost more than being right."""

    cost_fn: float
    cost_fp: float


def error_costs(costs: Costs | None) -> ErrorCosts:
    """Return what a miss and a false alarm cost more than being right; 0 unknown."""
    if costs is None:
        return ErrorCosts(cost_fn=0.0, cost_fp=0.0)
    fn, fp = costs.cost_fn - costs.cost_tp, costs.cost_fp - costs.cost_tn
    return ErrorCosts(cost_fn=fn, cost_fp=fp)
