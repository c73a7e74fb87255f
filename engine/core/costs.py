"""What counts come to: metrics, their intervals, and the costs that decide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple, NotRequired, TypeAlias, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from engine.core.outcome import Confusion, OperatingPoint
from engine.core.prevalence import Prevalence, weight_of_negative, weights


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


class MissCosts(msgspec.Struct, frozen=True):
    """What it costs to miss positives, each of which a column gives its own cost.

    `mean` is over the positives of the training rows, `test` the sum of those among the
    test rows. These tell as much as `effective` positives of equal costs would:
    ``test ** 2`` over the sum of squares [1]_. `free` of all positives cost nothing.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling. Wiley, section 11.7.
    """

    mean: float
    test: float
    effective: float
    free: int = 0


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What each of the four outcomes costs, and how often there are positives in use.

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
    prevalence : float or unset
        Share of positives where predictions are used, if it is another than that of
        the rows: these then count for more or less (`engine.core.prevalence`).
    column : str or unset
        The column that says what each positive costs if it is missed. `cost_fn` then is
        the mean over the positives of the training rows, which stands for all where one
        number is needed; a positive counts as much as its cost is of that mean.
    miss_costs : MissCosts or unset
        With a column, what it comes to, once its rows are known.

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
    prevalence: Prevalence = UNSET
    column: str | UnsetType = UNSET
    miss_costs: MissCosts | UnsetType = UNSET

    @property
    def ratio(self) -> float:
        """How many false alarms a missed positive is worth."""
        return (self.cost_fn - self.cost_tp) / (self.cost_fp - self.cost_tn)

    def per_1000(
        self, *, tn: int, fp: int, fn: int, tp: int, missed: float | None = None
    ) -> float:
        """Return the cost of 1,000 rows with these outcomes.

        Parameters
        ----------
        tn, fp, fn, tp : int
        missed : float or None, default=None
            How much the missed positives count together, where each has its own cost;
            as many as they are when None.

        Examples
        --------
        >>> Costs(cost_fn=10, cost_fp=1).per_1000(tn=900, fp=50, fn=5, tp=45)
        100.0
        >>> rare = Costs(cost_fn=10, cost_fp=1, prevalence=0.01)
        >>> round(rare.per_1000(tn=900, fp=50, fn=5, tp=45), 1)
        62.1
        """
        on = self.of_rows(fn + tp, tn + fp)
        count = fn if missed is None else missed
        errors = on.cost_fn * count + on.cost_fp * fp
        total = errors + on.cost_tp * tp + on.cost_tn * tn
        return 1000 * total / (tn + fp + fn + tp)

    def count(self, positives: int) -> float:
        """Return what the positives of the test rows count together."""
        own = self.miss_costs
        return own.test / own.mean if own else positives

    def weight_of_negative(self, positives: float, negatives: float) -> float:
        """Return what a negative of some rows counts beside a positive."""
        return weight_of_negative(self.prevalence, positives, negatives)

    def of_rows(self, positives: int, negatives: int) -> Costs:
        """Return what the outcomes of some rows cost for all that they stand for.

        Examples
        --------
        >>> Costs(cost_fn=10, cost_fp=1, prevalence=0.1).of_rows(50, 50).cost_fn
        2.0
        """
        if isinstance(self.prevalence, UnsetType):
            return self
        up, down = weights(self.prevalence, positives, negatives)
        return msgspec.structs.replace(
            self,
            cost_fn=up * self.cost_fn,
            cost_fp=down * self.cost_fp,
            cost_tp=up * self.cost_tp,
            cost_tn=down * self.cost_tn,
            prevalence=UNSET,
        )

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


def point_metrics(
    confusion: Confusion, costs: Costs, missed: float | None = None
) -> dict[str, Metric]:
    """Return the metrics of one operating point.

    Parameters
    ----------
    confusion : Confusion
        Counts of at least one row.
    costs : Costs
        In any one unit.
    missed : float or None, default=None
        As `Costs.per_1000` takes it.

    Returns
    -------
    dict
        ``recall``, ``recall_ci``, ``precision``, ``precision_ci``,
        ``specificity``, ``false_positive_rate``, ``f1``, ``g_mean``, ``mcc``,
        ``balanced_accuracy`` and per 1,000 rows ``cost_per_1000`` and
        ``false_negatives_per_1000``. Intervals are Wilson's at 95 % [1]_. With a
        prevalence in the costs precision (with its interval), F1, the Matthews
        coefficient, and what is per 1,000 rows are those at that prevalence. A rate
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
    positives, negatives = tp + fn, tn + fp
    recall, specificity = _ratio(tp, positives), _ratio(tn, negatives)
    both = recall is not None and specificity is not None
    there = costs.prevalence
    if isinstance(there, UnsetType) or not both:
        precision_ci = wilson(tp, tp + fp)
        counts: tuple[float, ...] = tn, fp, fn, tp
    else:
        precision_ci = precision_interval(tp, positives, fp, negatives, there)
        up, down = weights(there, positives, negatives)
        counts = down * tn, down * fp, up * fn, up * tp
    return {
        "recall": recall,
        "recall_ci": wilson(tp, positives),
        "specificity": specificity,
        "false_positive_rate": _ratio(fp, negatives),
        "precision_ci": precision_ci,
        **_of_both_classes(*counts),
        "g_mean": math.sqrt((recall or 0.0) * (specificity or 0.0)) if both else None,
        "balanced_accuracy": ((recall or 0.0) + (specificity or 0.0)) / 2
        if both
        else None,
        "cost_per_1000": costs.per_1000(tn=tn, fp=fp, fn=fn, tp=tp, missed=missed),
    }


def _of_both_classes(tn: float, fp: float, fn: float, tp: float) -> dict[str, Metric]:
    """Return the metrics that depend on how frequent the classes are."""
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "precision": _ratio(tp, tp + fp),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": (tp * tn - fp * fn) / math.sqrt(margins) if margins else 0.0,
        "false_negatives_per_1000": 1000 * fn / (tn + fp + fn + tp),
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def precision_interval(
    tp: int, positives: int, fp: int, negatives: int, prevalence: float
) -> tuple[float, float] | None:
    """Return the 95 % interval of the precision at a prevalence.

    The precision is ``p * recall / (p * recall + (1 - p) * fpr)``: it rises with
    ``recall / fpr``, a ratio of two independent shares. Its limits are those of that
    ratio by the method of variance estimates recovery (MOVER-R [1]_), from Wilson's
    limits of both shares.

    Parameters
    ----------
    tp, positives, fp, negatives : int
        Rows predicted positive, of all rows of each class.
    prevalence : float

    Returns
    -------
    tuple of float or None
        None where no row is predicted positive, or there are no rows of a class.

    References
    ----------
    .. [1] Newcombe, R. G. (2016). MOVER-R confidence intervals for ratios and products
       of two independently estimated quantities. Statistical Methods in Medical
       Research 25(5), 1774-1778.
    .. [2] Fagerland, M. W., Lydersen, S. and Laake, P. (2015). Recommended confidence
       intervals for two independent binomial proportions. Statistical Methods in
       Medical Research 24(2), 224-254.

    Examples
    --------
    >>> [round(v, 4) for v in precision_interval(126, 161, 2114, 8519, 0.002)]
    [0.0057, 0.0068]
    """
    hit, alarm = wilson(tp, positives), wilson(fp, negatives)
    if hit is None or alarm is None or not tp + fp:
        return None
    recall, rate = tp / positives, fp / negatives
    middle = recall * rate

    def part(share: float, limit: float) -> float:
        return limit * (2 * share - limit)

    def root(first: float, second: float) -> float:
        return math.sqrt(max(0.0, middle**2 - first * second))

    least, most = part(recall, hit[0]), part(recall, hit[1])
    below, above = part(rate, alarm[0]), part(rate, alarm[1])
    low = least / (middle + root(least, above)) if least > 0 else 0.0
    high = (middle + root(most, below)) / below if below > 0 else math.inf
    return _by_bayes(low, prevalence), _by_bayes(high, prevalence)


def _by_bayes(ratio: float, prevalence: float) -> float:
    """Return the precision where the recall is so many times the alarm rate."""
    if math.isinf(ratio):
        return 1.0
    return prevalence * ratio / (prevalence * ratio + 1 - prevalence)


def weighted_interval(
    tp: int, positives: int, fp: int, negatives: int, weights: tuple[float, float]
) -> tuple[float, float] | None:
    """Return the 95 % interval of a weighted sum of recall and false positive rate.

    By the method of variance estimates recovery [1]_ from Wilson's limits of both
    shares, which are independent.

    Parameters
    ----------
    tp, positives, fp, negatives : int
        Rows predicted positive, of all rows of each class.
    weights : tuple of (float, float)
        Of the recall, at least 0, and of the false positive rate, of any sign.

    Returns
    -------
    tuple of float or None
        None where there are no rows of a class.

    References
    ----------
    .. [1] Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about
       effect measures: a general approach. Statistics in Medicine 27(10), 1693-1702.

    Examples
    --------
    >>> alerts = weighted_interval(126, 161, 2114, 8519, (0.002, 0.998))
    >>> [round(v, 3) for v in alerts]
    [0.24, 0.258]
    """
    hit, alarm = wilson(tp, positives), wilson(fp, negatives)
    if hit is None or alarm is None:
        return None
    first, second = weights
    recall, rate = tp / positives, fp / negatives
    value = first * recall + second * rate
    low, high = alarm if second >= 0 else alarm[::-1]
    below = math.hypot(first * (recall - hit[0]), second * (rate - low))
    above = math.hypot(first * (hit[1] - recall), second * (high - rate))
    return value - below, value + above


def expected_cost(point: OperatingPoint | None, costs: Costs | None) -> float | None:
    """Return the cost per 1,000 rows of an operating point, as far as it is known."""
    if costs is None or point is None:
        return None
    if costs.column:
        return point.cost  # counts do not tell which positives were missed
    return costs.per_1000(**msgspec.structs.asdict(point.confusion))


class ErrorCosts(TypedDict):
    """What a miss and a false alarm cost more than being right, and what says it."""

    cost_fn: float
    cost_fp: float
    column: NotRequired[str]


def error_costs(costs: Costs | None) -> ErrorCosts:
    """Return what a miss and a false alarm cost more than being right; 0 unknown."""
    if costs is None:
        return ErrorCosts(cost_fn=0.0, cost_fp=0.0)
    fn, fp = costs.cost_fn - costs.cost_tp, costs.cost_fp - costs.cost_tn
    if costs.column:
        return ErrorCosts(cost_fn=fn, cost_fp=fp, column=costs.column)
    return ErrorCosts(cost_fn=fn, cost_fp=fp)
