"""The verdict for more than two classes: recall of every class, the same rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.costs import Costs
from engine.evaluate import doubts, words
from engine.evaluate.aims import RANKING, Aim
from engine.evaluate.board import TOO_FEW, Board, Scarce, judged_classes
from engine.evaluate.verdict import Context, concluded
from engine.events import (
    ArmEvaluated,
    Choice,
    ClassPoint,
    Comparison,
    FoldComparison,
    Skill,
    Verdict,
)

__all__ = ["ClassBoard", "mean_recall", "verdict_classes"]

_MOST_CLASSES = 5
_MOST_WEIGHTS = 6


@dataclass(frozen=True)
class ClassBoard(Board):
    """A board of more than two classes: its points are in `class_points`."""

    FOUND: ClassVar[str] = "macro_recall"

    def class_point(self, arm: str, policy: str) -> ClassPoint:
        """Return how an arm calls the test rows.

        Raises
        ------
        ValueError
            If the arm has no such policy.
        """
        points = {p.policy: p for p in self.evaluation(arm).class_points}
        if policy not in points:
            raise ValueError(
                f"arm {arm} has no way of calling classes {policy!r}, only: "
                + ", ".join(points)
            )
        return points[policy]

    def missed(self, arm: str, policy: str) -> float:
        """Return 1 minus the mean recall of the classes."""
        return 1 - mean_recall(self.class_point(arm, policy))

    def at(self, policy: str) -> str:
        """Say how rows were called."""
        return words.at_classes(policy)

    def summary(self, arm: str, policy: str) -> str:
        """Say the recall of the classes, the rarest first, and their mean."""
        point = self.class_point(arm, policy)
        rows = self.rows()
        known = [(rows[k], k, v) for k, v in point.recall.items() if v is not None]
        shown = [
            f"`{k}` {v:.2f}" + (f" of {n} rows" if n < TOO_FEW else "")
            for n, k, v in sorted(known)[:_MOST_CLASSES]
        ]
        more = ", …" if len(known) > _MOST_CLASSES else ""
        return f"Mean recall {mean_recall(point):.2f} ({', '.join(shown)}{more})"

    def instruction(self, arm: str, policy: str) -> str:
        """Say how an arm is used there."""
        point = self.class_point(arm, policy)
        given = ", ".join(
            f"`{k}` × {point.weights[k]:.3g}"
            for k in point.confusion.labels[:_MOST_WEIGHTS]
        )
        if len(point.weights) > _MOST_WEIGHTS:
            given += ", …"
        return f"call the class with the greatest weight times probability ({given})"

    def place(self, arm: str, policy: str) -> str:
        """Say where an arm is used there."""
        return f"`{arm}` {self.at(policy)}"

    def is_nobody(self, arm: str, policy: str) -> bool:
        """Tell whether all rows are called the most frequent class."""
        table = self.class_point(arm, policy).confusion
        return all(not any(row[1:]) for row in table.matrix)

    def decided_by(self) -> tuple[Aim, tuple[str, None]]:
        """Return what decides: the cost at the weights aimed at, and the ranking."""
        return Aim("cost_per_1000", self.aim), RANKING

    @property
    def prices_costs(self) -> bool:
        """Whether costs decide: they do for every policy of the classes."""
        return True

    def delivered(self, arm: str) -> None:
        """Return nothing: no policy of several classes asks for a recall."""

    def no_false_alarm(self) -> str | None:
        """Return nothing: it is of two classes."""
        return None

    def choice(self, arm: str) -> Choice:
        """Return an arm with the recommended weights."""
        point = self.class_point(arm, "recommended")
        return Choice(
            arm=arm,
            at="recommended",
            weights=point.weights,
            class_confusion=point.confusion,
            cost=point.metrics.get("cost_per_1000"),
        )

    def rows(self) -> dict[str, int]:
        """Return the test rows of each class."""
        for one in self.evaluations:
            for point in one.class_points:
                counts = (sum(row) for row in point.confusion.matrix)
                return dict(zip(point.confusion.labels, counts, strict=True))
        return {}

    def scarce(self) -> Scarce | None:
        """Return the rarest of the compared classes if it has too few test rows."""
        known = self.rows()
        inside = judged_classes(known)
        if not inside:
            return None
        label = min(inside, key=lambda name: (known[name], name))
        few = Scarce(f"of class `{label}`", known[label])
        return few if few.rows < TOO_FEW else None


def verdict_classes(
    evaluations: Sequence[ArmEvaluated],
    comparison: Sequence[Comparison],
    *,
    kinds: dict[str, str],
    costs: Costs,
    aim: str = "cost",
    folds: Sequence[FoldComparison] = (),
    skill: Skill | None = None,
    context: Context | None = None,
) -> Verdict:
    """Say what the comparison supports where there are more than two classes.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        The arms that came to a result, with `class_points`.
    comparison : sequence of Comparison
        What `engine.evaluate.compare_classes.compare_classes` returned for them.
    kinds, costs, aim, folds, skill, context
        As for `engine.evaluate.verdict.verdict`; the aim is one of
        `engine.evaluate.classes.POLICIES`.

    Returns
    -------
    Verdict
        By the same rules as with two classes, with the mean recall of the classes in
        the place of the missed positives.

    Examples
    --------
    >>> said = verdict_classes(
    ...     [], [], kinds={}, costs=Costs(cost_fn=10, cost_fp=1)
    ... )
    >>> said.call
    'VRD007'
    """
    board = ClassBoard(
        evaluations,
        comparison,
        kinds,
        folds=folds,
        aim=aim,
        costs=costs,
        skill=skill,
    )
    counts = board.rows()
    tested = sum(rows > 0 for rows in counts.values()) > 1
    return concluded(board, context or Context(), _few(counts), tested=tested)


def mean_recall(point: ClassPoint) -> float:
    """Return the mean recall of the classes that have test rows."""
    known = [value for value in point.recall.values() if value is not None]
    return sum(known) / len(known)


def _few(counts: Mapping[str, int]) -> str | None:
    """Doubt a verdict on few rows of a class, and name those left out."""
    there = {name: rows for name, rows in counts.items() if rows}
    label = min(there, key=lambda name: (there[name], name), default="")
    text = doubts.few_positives(there[label]) if there else None
    if text is None:
        return None
    text = text.replace("Few positives:", f"Few rows of class `{label}`:")
    text = text.replace("positives", "rows")
    inside = judged_classes(there)
    left = [f"`{name}` ({there[name]:,})" for name in there if name not in inside]
    if left:
        text += (
            f" Arms are compared on the other classes; left out, with their test "
            f"rows: {', '.join(left)}."
        )
    return text
