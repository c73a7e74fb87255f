"""What may be claimed: small rules over points and comparisons, without prose.

A difference counts only if it is *supported*: its interval leaves out 0 and its
adjusted p is below 0.05. Which differences are tested at all is said here as well,
in `FIXED` and `DECISIVE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.events import ArmEvaluated, Comparison, OperatingPoint

__all__ = [
    "CONTROL",
    "DECISIVE",
    "FIXED",
    "Board",
    "Call",
    "candidates",
    "cheaper_when_moved",
    "comparable_point",
    "decide",
    "fewest_missed",
    "finds_more_at_half",
    "gains",
    "is_better",
    "is_supported",
    "is_worse",
    "simplest",
]

CONTROL = "none"
LEVEL = 0.05

# The policies whose threshold is not tuned on scores. At any other, two arms as good
# as each other get two thresholds and so differ in recall and false alarms.
FIXED = ("default", "prevalence")
# What an arm is judged by. The threshold of least cost is tuned too, but to the cost
# itself: near its least a cost hardly depends on the threshold.
DECISIVE = (("cost_per_1000", "cost"), ("average_precision", None))

Call = Literal["adopt", "move", "mixed", "keep"]

_GREATER_IS_BETTER = {
    "recall": True,
    "average_precision": True,
    "false_positive_rate": False,
    "cost_per_1000": False,
}


@dataclass(frozen=True)
class Board:
    """The arms that came to a result, and how each differs from `none`.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        With `none` among them.
    comparison : sequence of Comparison
        Arm minus `none`.
    kinds : dict of str to str
        ``control`` or ``recipe`` per arm.
    matched : mapping of str to OperatingPoint
        Per arm the point of `none` with about its recall at 0.5, as far as known.
    """

    evaluations: Sequence[ArmEvaluated]
    comparison: Sequence[Comparison]
    kinds: dict[str, str] = field(default_factory=dict)
    matched: Mapping[str, OperatingPoint] = field(default_factory=dict)

    def point(self, arm: str, policy: str) -> OperatingPoint:
        """Return an arm's operating point.

        Raises
        ------
        ValueError
            If the arm has no such policy.
        """
        points = {p.policy: p for p in self.evaluation(arm).operating_points}
        if policy not in points:
            raise ValueError(
                f"arm {arm} has no operating point {policy!r}, only: "
                + ", ".join(points)
            )
        return points[policy]

    def evaluation(self, arm: str) -> ArmEvaluated:
        """Return an arm's result on the test rows."""
        return next(e for e in self.evaluations if e.arm == arm)

    def arms(self) -> list[str]:
        """Return every arm, the simplest first: none, controls, recipes."""
        return sorted((e.arm for e in self.evaluations), key=self.simplicity)

    def others(self) -> list[str]:
        """Return every arm but `none`, the simplest first."""
        return [arm for arm in self.arms() if arm != CONTROL]

    def simplicity(self, arm: str) -> tuple[int, str]:
        """Return a key that sorts `none` before controls before recipes."""
        if arm == CONTROL:
            return 0, arm
        return (1 if self.is_control(arm) else 2), arm

    def is_control(self, arm: str) -> bool:
        """Tell whether an arm changes no row."""
        return self.kinds.get(arm) == "control"

    def moved(self) -> list[str]:
        """Return the policies of `none` that move the threshold off 0.5."""
        points = self.evaluation(CONTROL).operating_points
        return [p.policy for p in points if p.policy != "default"]

    def difference(
        self, arm: str, metric: str, policy: str | None
    ) -> Comparison | None:
        """Return how an arm differs from `none`, if that was compared."""
        for c in self.comparison:
            if (c.a, c.b, c.metric, c.policy) == (arm, CONTROL, metric, policy):
                return c
        return None

    def sorted(self) -> list[Comparison]:
        """Return the comparisons by metric, policy and arm, the simplest first."""

        def order(c: Comparison) -> tuple[str, str, tuple[int, str]]:
            return c.metric, c.policy or "", self.simplicity(c.a)

        known = set(self.others())
        return sorted((c for c in self.comparison if c.a in known), key=order)


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
        if is_better(board.difference(arm, "recall", "default"))
    ]
    return sorted(found, key=lambda a: board.point(a, "default").confusion.fn)


def cheaper_when_moved(board: Board) -> list[str]:
    """Return the arms supported as cheaper at the thresholds of least cost."""
    return [
        arm
        for arm in board.others()
        if is_better(board.difference(arm, "cost_per_1000", "cost"))
    ]


def gains(board: Board, arm: str) -> list[Comparison]:
    """Return what an arm is supported as better in, of what decides.

    That is cost at the thresholds of least cost, and average precision.
    """
    return [c for c in _decisive(board, arm) if c is not None and is_better(c)]


def candidates(board: Board) -> list[str]:
    """Return the arms better than `none` in one of the two and worse in neither."""
    return [
        arm
        for arm in board.others()
        if gains(board, arm) and not any(map(is_worse, _decisive(board, arm)))
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
    {"adopt", "move", "mixed", "keep"}
        ``adopt``: an arm is better in cost at least cost or in average precision
        and worse in neither. ``move``: arms find more at 0.5, and none is cheaper
        once thresholds are moved. ``mixed``: an arm is better in one of the two, but
        every such arm is worse in the other. ``keep``: none is.

    Notes
    -----
    That an arm is better rests on `DECISIVE` alone, adjusted together: among arms
    that do not differ, ``adopt`` or ``mixed`` come up in about 5 % of runs at most.
    """
    if candidates(board):
        return "adopt"
    if finds_more_at_half(board) and not cheaper_when_moved(board):
        return "move"
    if any(gains(board, arm) for arm in board.others()):
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
