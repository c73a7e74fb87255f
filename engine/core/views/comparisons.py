"""How arms compare: columns, words and rules of every table that says so."""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple, TypeAlias

from engine.core.costs import metric
from engine.core.curve import step_at
from engine.core.experiment import family, references
from engine.core.outcome import Comparison, CostWinner
from engine.core.prevalence import equal_prevalence
from engine.core.result import Result
from engine.core.views import Column

LEVEL: Final = 0.05
"""An adjusted p below it is small."""
CHANCE: Final = "chance alone could explain it"
NO_LEAD: Final = "no lead in the middle of the range"
"""Ranges too short to matter are joined to a neighbour's."""
TOO_FEW_ROWS: Final = "too few test rows for an interval"
ALSO_CHOSE: Final = "The folds also chose the trials compared."
FEWEST_FOLDS: Final = 5
"""An interval of a mean over fewer folds is wider than the figure can be."""
_ARM: Final = Column("arm", align="left", least=8, most=32)
_DIFFERENCE: Final = Column("difference", "diff")
_P: Final = (Column("p"), Column("adjusted p", "p", drop=1))
ON_TEST_ROWS: Final = (
    _ARM,
    Column("minus", align="left", drop=2),
    _DIFFERENCE,
    Column("95 % interval"),
    *_P,
    Column("", align="left"),
)
OVER_FOLDS: Final = (
    _ARM,
    _DIFFERENCE,
    Column("95 % interval", drop=2),
    *_P,
    *(Column(chance, drop=3) for chance in ("worse", "same", "better")),
)
DETECTABLE: Final = (
    _ARM,
    Column("at", align="left", drop=2),
    Column("positives", drop=1),
    Column("arms disagree on", "disagree"),
    Column("smallest difference in recall", "smallest"),
    Column("shown with a chance of"),
)
COST_WINNERS: Final = (
    Column("arm", align="left", most=24),
    Column("from"),
    Column("to"),
    Column(
        "cost per 1,000 rows, minus untreated's (95 %)",
        short="per 1,000 − untreated's (95 %)",
        align="left",
    ),
    Column("", align="left"),
)
_ABOVE: Final = 1 + 1e-9
HIGHEST: Final = 1000.0
"""The cost ratio up to which the cheapest arm is known."""
PREVALENCE_WINNERS: Final = (
    COST_WINNERS[0],
    Column("from"),
    Column("to"),
    Column("thresholds", drop=1),
    *COST_WINNERS[3:],
)
IMPLIED: Final = (
    Column("arm", align="left", most=24),
    Column("0.5 is optimal at"),
    Column("threshold", short="thresh.", drop=1),
    Column("optimal at", drop=1),
    Column("cost/1,000"),
    Column("at least cost", short="at least", drop=2),
)
"""Cost ratios that thresholds imply, and what they cost."""
QUALITY: Final = (
    Column("arm", align="left", least=10, most=40),
    Column("looked at", drop=1),
    Column("nearer to another class", "other class"),
    Column("outside the class's range", "outside", drop=3),
    Column("copies", drop=2),
    Column("real-vs-synthetic AUC", "AUC"),
)
"""What synthetic rows look like."""
Standing: TypeAlias = Literal["better", "worse", "not shown"]


def standing(c: Comparison) -> Standing:
    """Say whether a difference is shown: the interval leaves out 0, and p is small.

    Examples
    --------
    >>> change = Comparison(a="smote", b="untreated", at="fixed", metric="recall",
    ...     difference=0.6, ci=(0.5, 0.7), p=1e-9, adjusted_p=1e-9, method="")
    >>> standing(change)
    'better'
    """
    if c.ci[0] <= 0 <= c.ci[1] or c.adjusted_p >= LEVEL:
        return "not shown"
    return "better" if (c.difference > 0) == metric(c.metric).more else "worse"


def models_of(result: Result) -> dict[str, str]:
    """Return the model of each arm that others are compared with.

    Empty of one model: there is nothing to tell apart.
    """
    arms = result.experiment.arms if result.experiment else ()
    controls = {*references(arms).values()}
    models = {arm.name: family(arm, arms) for arm in arms if arm.name in controls}
    return models if len(models) > 1 else {}


def winners_of(
    result: Result, klass: str | None, arm: str | None = None
) -> list[CostWinner]:
    """Return the arms that cost the least, of a class against the rest.

    Of several models one after another, or those of an arm's model alone.
    """
    found = [won for won in result.cost_winners if won.klass == klass]
    of = references(result.experiment.arms if result.experiment else ())
    return [won for won in found if arm is None or of.get(won.arm) == of.get(arm)]


class PrevalenceWinner(NamedTuple):
    """From one prevalence in use to another this arm costs the least.

    `thresholds` are those of least cost at both ends, infinite where no row is
    predicted positive. `difference` is its cost per
    1,000 rows minus that of the control at the prevalence `at`, with its interval.
    """

    arm: str
    start: float
    end: float
    thresholds: tuple[float, ...]
    at: float
    difference: float | None
    ci: tuple[float, float] | None


def prevalence_here(result: Result) -> float | None:
    """Return the prevalence that a run's costs are for: in use, or of its test rows.

    None of more than two classes, and where the test rows are of one.
    """
    rows = result.test_rows
    positives, total = rows.get(result.positive, 0), sum(rows.values())
    if result.classes or not 0 < positives < total:
        return None
    return result.prevalence or positives / total


def winners_by_prevalence(
    result: Result, arm: str | None = None
) -> list[PrevalenceWinner]:
    """Return the arms that cost the least at the run's costs, by the prevalence in use.

    Costs at one prevalence are those of another cost ratio at another
    (`engine.core.prevalence.equal_prevalence`), so that it is the winners by cost ratio
    that are told, at one ratio.

    Parameters
    ----------
    result : Result
    arm : str or None, default=None
        Of several models that of this arm; all, one after another, when None.

    Returns
    -------
    list of PrevalenceWinner
        Empty of more than two classes.
    """
    costs, here, scored = result.costs_of(), prevalence_here(result), result.scored()
    if costs is None or here is None:
        return []
    found = []
    for won in winners_of(result, None, arm):
        steps = scored[won.arm].cost_steps if won.arm in scored else ()
        if not steps:
            continue
        ends = won.ratio, HIGHEST if won.to is None else won.to
        start, end = (
            step_at(steps, ratio) or steps[0] for ratio in (ends[0] * _ABOVE, ends[1])
        )
        p, q, at = (
            equal_prevalence(here, ratio / costs.ratio) for ratio in (*ends, won.at)
        )
        unit = (costs.cost_fp - costs.cost_tn) * (1 - at) / (1 - here)
        change = None if won.difference is None else unit * won.difference
        limits = (unit * won.ci[0], unit * won.ci[1]) if won.ci else None
        nobody = steps[0]
        thresholds = tuple(
            math.inf if step is nobody else step.threshold for step in (start, end)
        )
        found.append(PrevalenceWinner(won.arm, p, q, thresholds, at, change, limits))
    return found


def lead_doubt(won: CostWinner | PrevalenceWinner) -> str:
    """Say why a lead in cost is not sure; nothing where it is, or the control leads."""
    if won.difference is None:
        return ""
    if won.difference > 0:
        return NO_LEAD
    if not won.ci:
        return TOO_FEW_ROWS
    return CHANCE if won.ci[0] <= 0 <= won.ci[1] else ""
