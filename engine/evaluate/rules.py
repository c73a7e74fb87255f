"""What may be claimed: small rules over points and comparisons, without prose.

A difference counts only if it is *supported*: its interval leaves out 0 and its
adjusted p is below 0.05. Which differences are tested at all is said here as well,
in `FIXED` and `DECISIVE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from engine.evaluate.board import CONTROL, TOO_FEW, Board, Scarce
from engine.events import Comparison, FoldComparison, OperatingPoint

__all__ = [
    "CONFIRMED",
    "CONTROL",
    "DECISIVE",
    "FIXED",
    "TOO_FEW",
    "Board",
    "Call",
    "Scarce",
    "candidates",
    "cheaper_when_moved",
    "comparable_point",
    "confirmed",
    "decide",
    "fewest_missed",
    "finds_more_at_half",
    "gains",
    "has_gains",
    "is_better",
    "is_matched",
    "is_supported",
    "is_worse",
    "simplest",
    "speaking_for",
    "unconfirmed",
]

LEVEL = 0.05

# The policies whose threshold is not tuned on scores. At any other, two arms as good
# as each other get two thresholds and so differ in recall and false alarms.
FIXED = ("default", "prevalence")
# What an arm is judged by. The threshold of least cost is tuned too, but to the cost
# itself: near its least a cost hardly depends on the threshold.
DECISIVE = (("cost_per_1000", "cost"), ("average_precision", None))

# The test rows judge one trained model of each arm. Two models of one arm, trained with
# different seeds, differ as well, and no number of test rows tells that from a better
# remedy: with a test at 5 % an arm came out as better in every seventh of 200 null
# experiments. Over the folds there are several trainings, so they have to speak for an
# arm with this probability before it is called better (docs/statistics.md).
CONFIRMED = 0.8

Call = Literal["too-few", "adopt", "move", "mixed", "keep"]

_GREATER_IS_BETTER = {
    "recall": True,
    "average_precision": True,
    "false_positive_rate": False,
    "cost_per_1000": False,
    "macro_recall": True,
}


def is_supported(c: Comparison | None) -> bool:
    """Tell whether a difference is more than chance explains."""
    return c is not None and c.adjusted_p < LEVEL and not c.ci[0] <= 0 <= c.ci[1]


def is_better(c: Comparison | None) -> bool:
    """Tell whether the arm is supported as better than the control."""
    if c is None or not is_supported(c):
        return False
    return (c.difference > 0) == _GREATER_IS_BETTER[c.metric]


def is_worse(c: Comparison | None) -> bool:
    """Tell whether the arm is supported as worse than the control."""
    return is_supported(c) and not is_better(c)


def is_matched(c: Comparison) -> bool:
    """Tell whether arms were put at equal recall, or at equal alerts."""
    return (c.metric, (c.policy or "").partition("=")[0]) in (
        ("false_positive_rate", "recall>"),
        ("recall", "alerts<"),
    )


def fewest_missed(board: Board, policy: str) -> str:
    """Return the arm that misses the fewest.

    Of equals it is `none`, then the one with the fewest false alarms.
    """

    def order(arm: str) -> tuple[int, bool, int, tuple[int, str]]:
        counts = board.point(arm, policy).confusion
        return counts.fn, arm != CONTROL, counts.fp, board.simplicity(arm)

    return min(board.arms(), key=order)


def finds_more_at_half(board: Board) -> list[str]:
    """Return the arms supported as finding more than `none` at 0.5.

    The one that misses the fewest comes first.
    """
    found = [
        arm
        for arm in board.others()
        if is_better(board.difference(arm, board.FOUND, "default"))
    ]
    return sorted(found, key=lambda arm: board.missed(arm, "default"))


def speaking_for(c: FoldComparison) -> float:
    """Return the probability that an arm is better at all over the folds.

    The mass of the Bayesian correlated t on the better side of 0, which is 1 - p / 2
    or p / 2. For a metric of which more is better.
    """
    if c.difference == 0:
        return 0.5
    return 1 - c.p / 2 if c.difference > 0 else c.p / 2


def confirmed(board: Board, arm: str) -> bool:
    """Tell whether the folds speak for an arm in average precision, if there are any.

    A gain on the test rows is one of one trained model; see `CONFIRMED`.
    """
    c = board.fold(arm, "average_precision")
    return c is None or speaking_for(c) >= CONFIRMED


def has_gains(board: Board, arm: str) -> bool:
    """Tell whether an arm is better in one of the two that decide, and confirmed."""
    return bool(gains(board, arm)) and confirmed(board, arm)


def unconfirmed(board: Board) -> list[str]:
    """Return the arms better on the test rows that the folds do not speak for."""
    return [a for a in board.others() if gains(board, a) and not confirmed(board, a)]


def cheaper_when_moved(board: Board) -> list[str]:
    """Return the arms supported as cheaper at the thresholds of least cost."""
    return [
        arm
        for arm in board.others()
        if is_better(board.difference(arm, "cost_per_1000", "cost"))
        and confirmed(board, arm)
    ]


def gains(board: Board, arm: str) -> list[Comparison]:
    """Return what an arm is supported as better in, of what decides.

    That is cost at the thresholds of least cost, and average precision.
    """
    return [c for c in _decisive(board, arm) if c is not None and is_better(c)]


def candidates(board: Board) -> list[str]:
    """Return the arms better than `none` in one of the two and worse in neither.

    The folds have to speak for them as well, where there are any.
    """
    return [
        arm
        for arm in board.others()
        if has_gains(board, arm) and not any(map(is_worse, _decisive(board, arm)))
    ]


def simplest(board: Board, names: Sequence[str]) -> str:
    """Return the candidate to recommend.

    A control is simpler than a recipe, so it is preferred unless the recipe's
    interval lies wholly beyond the control's, in cost or in average precision
    (both against `none`; stricter than a test of the two). Of the same kind the
    cheaper one is taken, then the better ranking.
    """

    def order(arm: str) -> tuple[float, float, str]:
        cost, ranking = _decisive(board, arm)
        return (
            cost.difference if cost else 0.0,
            -ranking.difference if ranking else 0.0,
            arm,
        )

    controls = [n for n in names if board.is_control(n)]
    recipes = sorted((n for n in names if n not in controls), key=order)
    if not controls:
        return recipes[0]
    control = min(controls, key=order)
    beyond = (r for r in recipes if _is_beyond(board, r, control))
    return next(beyond, control)


def comparable_point(board: Board, missed: int) -> OperatingPoint | None:
    """Return the moved point of `none` whose misses come closest to `missed`.

    Of equally close ones, the one with the fewest false alarms.
    """
    points = [board.point(CONTROL, policy) for policy in board.moved()]
    return min(
        points,
        key=lambda p: (abs(p.confusion.fn - missed), p.confusion.fp),
        default=None,
    )


def decide(board: Board) -> Call:
    """Say which way the recommendation goes.

    Returns
    -------
    {"too-few", "adopt", "move", "mixed", "keep"}
        ``too-few``: a class has fewer than 20 test rows, whatever the tests say.
        ``adopt``: an arm is better in cost at least cost or in average precision
        and worse in neither, and the folds speak for it. ``move``: arms find more at
        0.5, and none is cheaper once thresholds are moved. ``mixed``: an arm is better
        in one of the two, but every such arm is worse in the other. ``keep``: none is.

    Notes
    -----
    That an arm is better rests on `DECISIVE` alone, adjusted together: among arms
    that do not differ, ``adopt`` or ``mixed`` come up in about 5 % of runs at most.
    What the folds do not confirm is told as a doubt.
    """
    if board.scarce():
        return "too-few"
    if candidates(board):
        return "adopt"
    if finds_more_at_half(board) and not cheaper_when_moved(board):
        return "move"
    if any(has_gains(board, arm) for arm in board.others()):
        return "mixed"
    return "keep"


def _decisive(board: Board, arm: str) -> tuple[Comparison | None, Comparison | None]:
    cost, ranking = (board.difference(arm, *what) for what in DECISIVE)
    return cost, ranking


def _is_beyond(board: Board, arm: str, control: str) -> bool:
    """Tell whether an arm's interval lies wholly on the better side."""
    pairs = zip(_decisive(board, arm), _decisive(board, control), strict=True)
    (cost, base_cost), (ranking, base_ranking) = pairs
    return bool(
        (cost and base_cost and cost.ci[1] < base_cost.ci[0])
        or (ranking and base_ranking and ranking.ci[0] > base_ranking.ci[1])
    )
