"""The metrics that are compared over tables, and the results, as frozen values."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core.errors import unknown
from engine.core.events import ArmEvaluated
from engine.core.methods.samplers import CONTROL

LEVEL: Final = 0.05
"""A p below this shows a difference."""
MetricName: TypeAlias = Literal[
    "average_precision", "roc_auc", "brier", "cost", "recall"
]


class SuiteMetric(NamedTuple):
    """A metric that arms are compared in over tables.

    Parameters
    ----------
    name, title : str
        As the command line and as a sentence call it.
    falls : bool
        Whether lower is better.
    rope : float
        Differences up to this are the same in practice, by default.
    digits : int
        Decimals that are worth showing.
    """

    name: MetricName
    title: str
    falls: bool = False
    rope: float = 0.01
    digits: int = 3


METRICS: Final[dict[str, SuiteMetric]] = {
    one.name: one
    for one in (
        SuiteMetric("average_precision", "average precision"),
        SuiteMetric("cost", "cost per 1,000 rows", falls=True, rope=1.0, digits=1),
        SuiteMetric("recall", "recall at equal alerts"),
        SuiteMetric("roc_auc", "ROC AUC"),
        SuiteMetric("brier", "Brier score", falls=True, rope=0.001),
    )
}


def metric(name: str) -> SuiteMetric:
    """Return the metric of that name.

    Raises
    ------
    SpecError
        If there is none.

    Examples
    --------
    >>> metric("brier").falls
    True
    """
    if name not in METRICS:
        raise unknown(f"no metric {name!r}", METRICS, name)
    return METRICS[name]


def value_of(evaluated: ArmEvaluated, name: str) -> float | None:
    """Return an arm's figure on the test rows of one table.

    Parameters
    ----------
    evaluated : ArmEvaluated
    name : str
        That of a metric. ``cost`` is that of the threshold of least cost, chosen on
        out-of-fold scores. ``recall`` is that of the rows of highest score, as many as
        the point ``alerts<=k`` allows of the test rows: exactly as many for every
        arm, which thresholds chosen on other rows would not give. Rows of equal score
        are taken in part.

    Returns
    -------
    float or None
        None where it is not defined: no test row of a class, or more than two classes.
    """
    if name == "recall":
        return _recall(evaluated)
    if name == "cost":
        point = evaluated.at("cost")
        return point.metric("cost_per_1000") if point else None
    if name == "brier" and evaluated.class_points:
        return None  # the sum over classes has another range
    return evaluated.test.get(name)


def _recall(evaluated: ArmEvaluated) -> float | None:
    """Return the share of positives among the highest scores, ties in part."""
    lead = "alerts<="
    points = [p for p in evaluated.operating_points if p.name.startswith(lead)]
    if not points or not evaluated.sweep:
        return None
    point, counts = points[0], points[0].confusion
    positives = counts.fn + counts.tp
    most = point.name.removeprefix(lead)
    rows = positives + counts.tn + counts.fp
    allowed = float(most) if not most.endswith("%") else rows * float(most[:-1]) / 100
    if not positives:
        return None
    before = (0, 0)  # alerts, and positives among them
    for _, fp, tp in evaluated.sweep:
        if fp + tp >= allowed:
            part = (allowed - before[0]) / (fp + tp - before[0])
            return (before[1] + part * (tp - before[1])) / positives
        before = (fp + tp, tp)
    return before[1] / positives


class TableRow(msgspec.Struct, frozen=True):
    """One table: its run, and what each arm came to on it.

    `status` is ``done``, ``refused`` (nothing was run), ``failed``, ``cancelled``,
    ``interrupted`` or ``waiting``; `error` says why it is left out, if it is.
    `values` are by arm, None without one; `failed` says why. `ranks`, from 1 for the
    best, are there where every arm that is ranked has a value.
    """

    name: str
    source: str
    run: str | None = None
    status: str = "done"
    error: str | None = None
    rows: int | None = None
    positives: int | None = None
    values: dict[str, float | None] = {}
    ranks: dict[str, float] = {}
    failed: dict[str, str] = {}


class Friedman(msgspec.Struct, frozen=True):
    """Whether the arms differ at all, by their ranks.

    `statistic` is Friedman's chi-square, corrected for ties, and `p` its p; `f` that
    of Iman and Davenport, which is the one to read. `f` is None where it is infinite:
    every table ranks the arms alike.
    """

    statistic: float
    p: float
    f: float | None
    f_p: float
    tables: int
    arms: tuple[str, ...]


class Against(msgspec.Struct, frozen=True):
    """An arm against the control, over the tables on which both have a value.

    A win is a table on which the arm is better. The `control` is the untreated arm of
    its model. `median_difference` is the arm's value minus the control's; `p` is of the
    Wilcoxon signed-rank test, `adjusted_p` after Holm's correction over the arms with
    that control. `worse`, `same` and `better` are probabilities, by
    the Bayesian signed-rank test: that on another table the arm will more likely be
    worse, within `rope`, or better.
    """

    arm: str
    wins: int
    ties: int
    losses: int
    p: float
    adjusted_p: float
    median_difference: float
    worse: float
    same: float
    better: float
    control: str = CONTROL

    @property
    def tables(self) -> int:
        """Tables on which both have a result."""
        return self.wins + self.ties + self.losses


class SuiteVerdict(msgspec.Struct, frozen=True):
    """What the tables together support, in one sentence, and what speaks against it."""

    headline: str
    doubts: tuple[str, ...] = ()


class Suite(msgspec.Struct, frozen=True):
    """The document of the whole.

    `bench` says what was compared and with which settings. `groups` are the largest
    sets of arms that are not shown to differ from each other, best first.
    """

    bench: dict[str, object]
    arms: tuple[str, ...]
    metric: str
    rope: float
    tables: tuple[TableRow, ...]
    friedman: Friedman | None
    mean_ranks: dict[str, float]
    critical_difference: float | None
    groups: tuple[tuple[str, ...], ...]
    against_control: tuple[Against, ...]
    verdict: SuiteVerdict
    seconds: float = 0.0
