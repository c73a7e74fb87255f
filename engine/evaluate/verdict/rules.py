"""What may be claimed: small rules over points and comparisons, without texts.

A difference counts only if it is *supported* (its interval leaves out 0 and its
adjusted p is below 0.05) and *confirmed*, in the same metric, over the folds. Arms are
compared in what the recommendation aims at, and in average precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from engine.core.costs import METRICS
from engine.core.outcome import Comparison, FoldComparison
from engine.core.points import parse
from engine.core.views.comparisons import standing
from engine.evaluate.board import CONTROL, RANKING, Board

# The test rows judge one trained model of each arm. Two models of one arm, trained with
# different seeds, differ as well, and no number of test rows tells that from a better
# method: with a test at 5 % an arm came out as better in every seventh of 200 null
# experiments. Over the folds there are several trainings, so they have to agree with
# this probability before an arm is called better or worse (docs/statistics.md).
CONFIRMED = 0.8

Call = Literal["no-skill", "too-few", "adopt", "move", "mixed", "keep"]


def is_supported(c: Comparison | None) -> bool:
    """Tell whether a difference is more than chance explains."""
    return c is not None and standing(c) != "not shown"


def is_better(c: Comparison | None) -> bool:
    """Tell whether the arm is supported as better than the control."""
    return c is not None and standing(c) == "better"


def is_worse(c: Comparison | None) -> bool:
    """Tell whether the arm is supported as worse than the control."""
    return c is not None and standing(c) == "worse"


def is_matched(c: Comparison) -> bool:
    """Tell whether arms were put at equal recall, precision or alerts."""
    if c.at is None:
        return False
    point = parse(c.at)
    return point.matched and c.metric == point.kind.metric


def finds_more_at_half(board: Board) -> list[str]:
    """Return the arms supported as finding more than the control at 0.5.

    The one that misses the fewest comes first.
    """
    arms = [
        arm
        for arm in board.others()
        if is_better(board.difference(arm, board.RECALL, "fixed"))
    ]
    return sorted(arms, key=lambda arm: board.missed(arm, "fixed"))


def best_at_half(board: Board, names: Sequence[str]) -> list[str]:
    """Return the arms that no other dominates at 0.5 in both kinds of error."""
    counts = {arm: board.point(arm, "fixed").confusion for arm in names}
    errors = {arm: (c.fn, c.fp) for arm, c in counts.items()}

    def is_dominated(fn: int, fp: int) -> bool:
        return any(
            m <= fn and f <= fp and (m, f) != (fn, fp) for m, f in errors.values()
        )

    return [arm for arm in names if not is_dominated(*errors[arm])]


def probability_better(c: FoldComparison) -> float:
    """Return the probability that an arm is better at all over the folds.

    The mass of the Bayesian correlated t on the better side of 0, which is 1 - p / 2
    or p / 2.
    """
    if c.difference == 0:
        return 0.5
    better = (c.difference > 0) == METRICS[c.metric].more
    return 1 - c.p / 2 if better else c.p / 2


def best_over_folds(
    values: Mapping[str, Mapping[str, Sequence[float]]],
    comparisons: Sequence[FoldComparison],
    *,
    metric: str,
    confidence: float = CONFIRMED,
    control: str = CONTROL,
) -> str:
    """Return the arm that folds alone speak for.

    Parameters
    ----------
    values : mapping of str to mapping of str to sequence of float
        Per arm and metric the value in each fold; the simplest arm first.
    comparisons : sequence of FoldComparison
        Every other arm minus the control, as far as they can be compared.
    metric : str
        What is aimed at.
    confidence : float, default=0.8
        The probability from which an arm counts as better; at 0.5 the better mean
        does.
    control : str, default="untreated"
        The arm that the others are compared with.

    Returns
    -------
    str
        Of the arms that are better than the control in the metric the best one;
        without such, of those that rank better and are not worse in the metric;
        without such, the control. The best arm where that has no result.

    Examples
    --------
    >>> values = {"untreated": {"f1": [0.2, 0.3]}, "smote": {"f1": [0.1, 0.2]}}
    >>> best_over_folds(values, [], metric="f1")
    'untreated'
    """
    means = {
        arm: {name: float(np.nanmean(each)) for name, each in own.items()}
        for arm, own in values.items()
    }

    def goodness(arm: str) -> tuple[float, float]:
        return _sign(metric) * means[arm][metric], means[arm].get(RANKING[0], 0.0)

    def better(name: str) -> list[str]:
        known = (c for c in comparisons if c.metric == name and c.a in values)
        likely = {c.a: probability_better(c) for c in known}
        return [a for a, p in likely.items() if p >= confidence and p > 0.5]

    if control not in values:
        return max(values, key=goodness)
    behind = goodness(control)[0]
    ranking = [a for a in better(RANKING[0]) if goodness(a)[0] >= behind]
    found = {*(better(metric) or ranking or [control])}
    return max((arm for arm in values if arm in found), key=goodness)


def confidence(models: int) -> float:
    """Return the probability over the folds from which a difference counts.

    Every model is one more chance of a false claim, and that is mostly the luck of a
    trained model, which no p-value knows of: the folds have to be surer by as much.

    Examples
    --------
    >>> confidence(1), round(confidence(2), 2), round(confidence(4), 2)
    (0.8, 0.9, 0.95)
    """
    return 1 - (1 - CONFIRMED) / models


def is_confirmed(board: Board, c: Comparison) -> bool:
    """Tell whether the folds agree with a difference, in its own metric.

    What was found on the test rows is of one trained model; see `CONFIRMED`. True
    where there are no folds in that metric.
    """
    over = board.fold(c.a, c.metric)
    if over is None:
        return True
    agree = probability_better(over)
    return (agree if is_better(c) else 1 - agree) >= confidence(board.models)


def best(board: Board, known: Sequence[Comparison]) -> Comparison:
    """Return the comparison whose arm does best, of one metric."""
    return max(
        known, key=lambda c: (_sign(c.metric) * c.difference, board.simplicity(c.a))
    )


def decisive(board: Board, arm: str) -> list[Comparison]:
    """Return how an arm differs from the control in what decides, as far as known."""
    known = (board.difference(arm, *what) for what in board.deciding_metrics())
    return [c for c in known if c is not None]


def gains(board: Board, arm: str) -> list[Comparison]:
    """Return what an arm is shown to be better in, of what decides."""
    return [c for c in decisive(board, arm) if is_better(c) and is_confirmed(board, c)]


def losses(board: Board, arm: str) -> list[Comparison]:
    """Return what an arm is shown to be worse in, of what decides."""
    return [c for c in decisive(board, arm) if is_worse(c) and is_confirmed(board, c)]


def unconfirmed_differences(board: Board, arm: str) -> list[Comparison]:
    """Return the differences in what decides that the folds do not agree with."""
    return [
        c
        for c in decisive(board, arm)
        if is_supported(c) and not is_confirmed(board, c)
    ]


def candidates(board: Board) -> list[str]:
    """Return the arms to prefer to the control.

    Those shown to be better in what is aimed at; else those shown to rank better that
    do not do worse on the test rows in what is aimed at.
    """
    first = board.deciding_metrics()[0]
    winning = [
        arm
        for arm in board.others()
        if any((c.metric, c.at) == first for c in gains(board, arm))
    ]
    if winning:
        return winning
    return [
        arm
        for arm in board.others()
        if gains(board, arm) and not _is_behind(board.difference(arm, *first))
    ]


def simplest(board: Board, names: Sequence[str]) -> str:
    """Return the candidate to recommend.

    A control is simpler than a sampler, so it is preferred unless the sampler's
    interval lies wholly beyond the control's in what decides (both against the same
    arm; stricter than a test of the two). Of the same kind the better one in what is
    aimed at is taken, then the better ranking.
    """

    def order(arm: str) -> tuple[float, float, str]:
        known = [board.difference(arm, *what) for what in board.deciding_metrics()]
        first, second = (
            0.0 if c is None else c.difference * _sign(c.metric) for c in known
        )
        return -first, -second, arm

    controls = [n for n in names if board.is_control(n)]
    others = sorted((n for n in names if n not in controls), key=order)
    if not controls:
        return others[0]
    control = min(controls, key=order)
    beyond = (a for a in others if _is_beyond(board, a, control))
    return next(beyond, control)


def decide(board: Board) -> Call:
    """Say which way the recommendation goes.

    Returns
    -------
    {"no-skill", "too-few", "adopt", "move", "mixed", "keep"}
        ``no-skill``: no arm is shown to rank better than chance. ``too-few``: a class
        has fewer than 20 test rows, so no arm is preferred to the control. ``adopt``:
        an arm is shown to be better in what is aimed at, or to rank better and do no
        worse in that. ``mixed``: arms rank better, but do worse in what is aimed at.
        ``move``: arms find more at 0.5, and none is preferred. ``keep``: neither.

    Notes
    -----
    That an arm is better rests on two metrics, adjusted together: among arms that do
    not differ, ``adopt`` or ``mixed`` come up in less than 5 % of runs
    (docs/statistics.md).
    """
    if board.skill is not None and not board.skill.shown:
        return "no-skill"
    if board.scarce():
        return "too-few"
    if candidates(board):
        return "adopt"
    if any(gains(board, arm) for arm in board.others()):
        return "mixed"
    return "move" if finds_more_at_half(board) else "keep"


def _sign(metric: str) -> int:
    return 1 if METRICS[metric].more else -1


def _is_behind(c: Comparison | None) -> bool:
    return c is not None and c.difference * _sign(c.metric) < 0


def _is_beyond(board: Board, arm: str, control: str) -> bool:
    """Tell whether an arm's interval lies wholly on the better side.

    In what is aimed at; or in the ranking, with no worse figure in what is aimed at.
    """
    for what in board.deciding_metrics():
        own, base = board.difference(arm, *what), board.difference(control, *what)
        if own is None or base is None:
            continue
        sign = _sign(own.metric)
        if min(sign * limit for limit in own.ci) > max(sign * v for v in base.ci):
            return True
        if sign * (own.difference - base.difference) < 0:
            return False
    return False
