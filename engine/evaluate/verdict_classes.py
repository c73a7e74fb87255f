"""The verdict for more than two classes: recall of every class, the same rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.evaluate import doubts, reasons, words
from engine.evaluate.rules import (
    CONTROL,
    TOO_FEW,
    Board,
    Scarce,
    candidates,
    confirmed,
    decide,
    finds_more_at_half,
    gains,
    is_better,
    simplest,
)
from engine.evaluate.verdict import WITHOUT_CONTROL, Answer, always, signed_off, too_few
from engine.evaluate.words import Said, figures, listed, sentence
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    ClassPoint,
    Comparison,
    FoldComparison,
    Sampled,
    Verdict,
)

__all__ = ["ClassBoard", "verdict_classes"]

_MOST_CLASSES = 5
_MOST_WEIGHTS = 3


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

    def moved(self) -> list[str]:
        """Return the policies of `none` that weigh the classes."""
        points = self.evaluation(CONTROL).class_points
        return [p.policy for p in points if p.policy != "default"]

    def at(self, policy: str) -> str:
        """Say how rows were called."""
        return words.at_classes(policy)

    def rows(self) -> dict[str, int]:
        """Return the test rows of each class."""
        points = self.evaluation(CONTROL).class_points
        if not points:
            return {}
        table = points[0].confusion
        counts = (sum(row) for row in table.matrix)
        return dict(zip(table.labels, counts, strict=True))

    def scarce(self) -> Scarce | None:
        """Return the rarest class if it has too few test rows."""
        known = self.rows()
        if not known:
            return None
        label = min(known, key=lambda name: (known[name], name))
        few = Scarce(f"rows of class `{label}`", known[label])
        return few if few.rows < TOO_FEW else None


def verdict_classes(
    evaluations: Sequence[ArmEvaluated],
    comparison: Sequence[Comparison],
    *,
    kinds: dict[str, str],
    policy: str,
    cost_ratio: float,
    failed: Sequence[ArmFailed] = (),
    unequal_trials: bool = False,
    sampled: Sampled | None = None,
    folds: Sequence[FoldComparison] = (),
) -> Verdict:
    """Say what the comparison supports where there are more than two classes.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        The arms that came to a result, with `class_points`.
    comparison : sequence of Comparison
        What `engine.evaluate.compare_classes.compare_classes` returned for them.
    kinds : dict of str to str
        ``control`` or ``recipe`` per arm.
    policy : str
        The operating point that the person chose; ``default`` stands in for one that
        is of two classes only, such as ``recall>=r``.
    cost_ratio : float
        How many false alarms a missed row of a rarer class is worth.
    failed, unequal_trials, sampled, folds
        As for `engine.evaluate.verdict.verdict`.

    Returns
    -------
    Verdict
        By the same rules as with two classes, with the mean recall of the classes in
        the place of the missed positives.

    Examples
    --------
    >>> said = verdict_classes(
    ...     [], [], kinds={}, policy="default", cost_ratio=10
    ... )
    >>> said.call
    'VRD007'
    """
    board = ClassBoard(evaluations, comparison, kinds, folds=folds)
    known = CONTROL in {e.arm for e in evaluations}
    counts = board.rows() if known else {}
    doubted = always(
        0,
        ratio=cost_ratio,
        sampled=sampled,
        failed=failed,
        unequal_trials=unequal_trials,
    )
    if not known:
        return signed_off(*WITHOUT_CONTROL, doubted)
    if sum(rows > 0 for rows in counts.values()) < 2:
        return signed_off(*_WITHOUT_CLASSES, doubted)
    points = {p.policy for p in board.evaluation(CONTROL).class_points}
    policy = policy if policy in points else "default"
    if not board.others():
        text = f"Only `{CONTROL}` has a result: {board.at(policy)} it "
        call = Said("VRD006", "Add the arms that you want to compare with it.")
        said = f"{text}{_recalls(board.class_point(CONTROL, policy))}."
        return signed_off(said, Answer(call, []), doubted)
    answer = _answer(board, policy)
    doubted += [
        ("VRD201", _few(counts)),
        ("VRD207", doubts.broken_calibration(board)),
        ("VRD209", doubts.disagreeing_folds(board)),
        ("VRD213", doubts.luck_of_one_model(board)),
        *answer.doubts,
    ]
    headline = _headline(board, policy)
    if (scarce := board.scarce()) is not None:
        headline = (
            f"Too few to tell: there are {scarce.rows:,} test {scarce.name}, and on "
            f"fewer than {TOO_FEW} no arm is called better, whatever the tests say."
        )
    return signed_off(headline, answer, doubted)


_WITHOUT_CLASSES = (
    "Nothing can be compared: the test rows are of one class.",
    Answer(
        Said("VRD008", "Split again, stratified, so that every class is tested."), []
    ),
)


def mean_recall(point: ClassPoint) -> float:
    """Return the mean recall of the classes that have test rows."""
    known = [value for value in point.recall.values() if value is not None]
    return sum(known) / len(known)


def _recalls(point: ClassPoint) -> str:
    """Say the recall of the classes, the rarest first, and their mean."""
    rows = {
        label: sum(row)
        for label, row in zip(
            point.confusion.labels, point.confusion.matrix, strict=True
        )
    }
    known = [(rows[k], k, v) for k, v in point.recall.items() if v is not None]
    shown = [f"`{k}` {v:.2f}" for _, k, v in sorted(known)[:_MOST_CLASSES]]
    more = ", …" if len(known) > _MOST_CLASSES else ""
    return (
        f"has a mean recall of {mean_recall(point):.2f} (of {', '.join(shown)}{more})"
    )


def _few(counts: Mapping[str, int]) -> str | None:
    """Doubt a verdict on few rows of a class."""
    there = {name: rows for name, rows in counts.items() if rows}
    label = min(there, key=lambda name: (there[name], name), default="")
    text = doubts.few_positives(there[label]) if there else None
    if text is None:
        return None
    text = text.replace("Few positives:", f"Few rows of class `{label}`:")
    return text.replace("positives", "rows")


def _headline(board: ClassBoard, policy: str) -> str:
    """Name the arm of the highest mean recall, and what may be said of it."""

    def order(arm: str) -> tuple[float, tuple[int, str]]:
        return board.missed(arm, policy), board.simplicity(arm)

    arm = min(board.arms(), key=order)
    base = board.class_point(CONTROL, policy)
    place = sentence(board.at(policy))
    if arm == CONTROL:
        return (
            f"{place} no arm finds more of the classes than `{CONTROL}`, which "
            f"{_recalls(base)}."
        )
    facts = (
        f"{place} `{arm}` {_recalls(board.class_point(arm, policy))}; `{CONTROL}` "
        f"{_recalls(base)}"
    )
    change = board.difference(arm, board.FOUND, policy)
    if change is None:
        return f"{facts}; the difference was not tested."
    if is_better(change):
        return f"{facts}: {figures(change)}."
    return f"{facts}; chance alone could explain it ({figures(change)})."


def _answer(board: ClassBoard, policy: str) -> Answer:
    match decide(board):
        case "too-few":
            return too_few(board, Said("VRD108", _headline(board, policy)))
        case "adopt":
            return _adopt(board, policy)
        case "move":
            return _move(board)
        case "mixed":
            won = [
                c
                for c in reasons.that_decide(board)
                if is_better(c) and confirmed(board, c.a)
            ]
            text = (
                f"Keep `{CONTROL}`, unless the one thing that another arm does better "
                "is what you need: no arm is better in cost or in average precision "
                "without being worse in the other."
            )
            why = reasons.statements(board, won) + reasons.losses(board)
            return Answer(Said("VRD003", text), why)
        case "keep":
            text = f"Keep `{CONTROL}`: no other arm is shown to be better."
            if "cost" in board.moved():
                point = board.class_point(CONTROL, "cost")
                text += f" {sentence(board.at('cost'))} it {_recalls(point)}."
            why = [
                *reasons.nobody_is_cheaper(board),
                *reasons.practically_same(board),
                *reasons.losses(board),
            ]
            return Answer(Said("VRD004", text), why)


def _adopt(board: ClassBoard, policy: str) -> Answer:
    names = candidates(board)
    arm = simplest(board, names)
    won = " and in ".join(f"{board.named(c)} ({figures(c)})" for c in gains(board, arm))
    text = (
        f"Use `{arm}`: it is better than `{CONTROL}` in {won}. "
        f"{sentence(board.at(policy))} it {_recalls(board.class_point(arm, policy))}, "
        f"where `{CONTROL}` {_recalls(board.class_point(CONTROL, policy))}."
    )
    why = [
        *reasons.rivals(board, arm, names),
        *reasons.folds_agree(board, arm),
        *reasons.losses(board),
    ]
    same = doubts.practically_same_though_adopted(board, arm)
    return Answer(Said("VRD001", text), why, [("VRD212", same)])


def _move(board: ClassBoard) -> Answer:
    found_more = finds_more_at_half(board)
    recipes = [a for a in found_more if not board.is_control(a)]
    arm = (recipes or found_more)[0]
    verb = "resample" if recipes else "weigh rows"
    why = [
        *reasons.statements(board, [board.difference(arm, board.FOUND, "default")]),
        *reasons.nobody_is_cheaper(board),
        Said(
            "VRD106",
            "Balancing the classes raises the scores of the rare ones, which does much "
            "what a weight on them does when a row is called.",
        ),
        *reasons.practically_same(board),
        *reasons.losses(board),
    ]
    # One whose weights are not tuned, and that no test row had a say in.
    moved = sorted(board.moved(), key=lambda p: p != "prevalence")
    if not moved:
        text = f"Do not {verb}: weigh the classes when `{CONTROL}` calls a row."
        return Answer(Said("VRD002", text), why)
    point = board.class_point(CONTROL, moved[0])
    given = ", ".join(
        f"{listed([k])} × {point.weights[k]:.3g}"
        for k in point.confusion.labels[-_MOST_WEIGHTS:]
    )
    text = (
        f"Do not {verb}: call rows of `{CONTROL}` {board.at(moved[0])} ({given}). It "
        f"then {_recalls(point)}, where `{arm}` {board.at('default')} "
        f"{_recalls(board.class_point(arm, 'default'))}."
    )
    return Answer(Said("VRD002", text), why)
