"""The verdict: what the comparison supports, in words a clinician can read.

`engine.evaluate.rules` decides, `engine.evaluate.doubts` objects; here is the
prose, and nothing that chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.evaluate import doubts
from engine.evaluate.rules import (
    CONTROL,
    DECISIVE,
    FIXED,
    Board,
    candidates,
    comparable_point,
    decide,
    fewest_missed,
    finds_more_at_half,
    gains,
    is_better,
    is_supported,
    is_worse,
    simplest,
)
from engine.evaluate.words import (
    alarms,
    arms,
    at,
    figures,
    name,
    outcome,
    sentence,
    threshold,
)
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Comparison,
    OperatingPoint,
    Sampled,
    Verdict,
)

__all__ = ["verdict"]


def verdict(
    evaluations: Sequence[ArmEvaluated],
    comparison: Sequence[Comparison],
    *,
    kinds: dict[str, str],
    policy: str,
    positives_test: int,
    cost_fn: float,
    cost_fp: float,
    failed: Sequence[ArmFailed] = (),
    unequal_trials: bool = False,
    matched: Mapping[str, OperatingPoint] | None = None,
    sampled: Sampled | None = None,
) -> Verdict:
    """Say what the comparison supports, and what speaks against it.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        The arms that came to a result, in any order.
    comparison : sequence of Comparison
        What `engine.evaluate.compare.compare` returned for them.
    kinds : dict of str to str
        ``control`` or ``recipe`` per arm.
    policy : str
        The operating point that the person chose.
    positives_test : int
        Positives in the test rows.
    cost_fn, cost_fp : float
        Cost of a missed positive and of a false alarm, above 0.
    failed : sequence of ArmFailed, default=()
        The arms that came to none.
    unequal_trials : bool, default=False
        Whether arms were tuned with unequal numbers of trials.
    matched : mapping of str to OperatingPoint, optional
        Per arm the point of `none` with about its recall at 0.5; without it the
        nearest of the moved points stands in.
    sampled : Sampled or None, default=None
        Of how many rows the table is a sample, if it is one.

    Returns
    -------
    Verdict
        The same for every order of the arms. No difference inside its interval,
        or with an adjusted p of 0.05 or more, is called better; fewer misses
        never stand without their false alarms, and at a tuned threshold they are
        stated, but not called a difference of the arms.

    Raises
    ------
    ValueError
        If an arm has no operating point of that policy.

    Examples
    --------
    >>> said = verdict(
    ...     [], [], kinds={}, policy="default", positives_test=9, cost_fn=1, cost_fp=1
    ... )
    >>> said.headline
    'Nothing can be compared: the control `none` has no result.'
    """
    held = [
        doubts.few_positives(positives_test) if positives_test else None,
        doubts.assumed_costs(cost_fn, cost_fp),
        doubts.single_split(),
        doubts.a_sample(sampled),
        *doubts.failed_arms(failed),
        doubts.unequal_budget(unequal_trials),
    ]
    said: tuple[str, str, list[str]]
    if CONTROL not in {e.arm for e in evaluations}:
        said = (*_WITHOUT_CONTROL, [])
    elif positives_test == 0:
        said = (*_WITHOUT_POSITIVES, [])
    else:
        board = Board(evaluations, comparison, kinds, matched or {})
        held.append(doubts.broken_calibration(board))
        said = _with_control(board, policy)
    headline, recommendation, reasons = said
    return Verdict(
        headline=headline,
        recommendation=recommendation,
        reasons=tuple(reasons),
        doubts=tuple(doubt for doubt in held if doubt),
    )


_WITHOUT_CONTROL = (
    f"Nothing can be compared: the control `{CONTROL}` has no result.",
    f"Run `{CONTROL}` as well; without it no remedy can be judged.",
)
_WITHOUT_POSITIVES = (
    "Nothing can be compared: the test rows hold no positive.",
    "Split again, stratified, so that the test rows hold positives.",
)


def _with_control(board: Board, policy: str) -> tuple[str, str, list[str]]:
    if not board.others():
        point = board.point(CONTROL, policy)
        return (
            f"Only `{CONTROL}` has a result: {at(policy)} it {outcome(point)}.",
            "Add the arms that you want to compare with it.",
            [],
        )
    headline = _headline(board, policy)
    match decide(board):
        case "adopt":
            return headline, *_adopt(board, policy)
        case "move":
            return headline, *_move(board)
        case "mixed":
            return headline, *_mixed(board)
        case "keep":
            return headline, *_keep(board)


def _headline(board: Board, policy: str) -> str:
    """Name the fewest misses, their price, and what may be said of the difference."""
    arm = fewest_missed(board, policy)
    base = board.point(CONTROL, policy)
    if arm == CONTROL:
        return f"No arm misses fewer than `{CONTROL}`: {at(policy)} it {outcome(base)}."
    facts = (
        f"{sentence(at(policy))} `{arm}` {outcome(board.point(arm, policy))}; "
        f"`{CONTROL}` misses {base.confusion.fn:,} with {alarms(base)}"
    )
    if policy not in FIXED:
        return (
            f"{facts}; this is not tested, because each arm's threshold was tuned on "
            "other rows, so a difference in recall alone would say nothing about the "
            "remedy."
        )
    change = board.difference(arm, "recall", policy)
    if change is None:
        return f"{facts}; the difference was not tested."
    if is_better(change):
        return f"{facts} (recall {figures(change)})."
    return f"{facts}; chance alone could explain it (recall {figures(change)})."


def _adopt(board: Board, policy: str) -> tuple[str, list[str]]:
    names = candidates(board)
    arm = simplest(board, names)
    won = " and in ".join(f"{name(c)} ({figures(c)})" for c in gains(board, arm))
    text = (
        f"Use `{arm}`: it is better than `{CONTROL}` in {won}. "
        f"{sentence(at(policy))} it {outcome(board.point(arm, policy))}, where "
        f"`{CONTROL}` {outcome(board.point(CONTROL, policy))}."
    )
    return text, _rivals(board, arm, names) + _losses(board)


def _rivals(board: Board, arm: str, names: Sequence[str]) -> list[str]:
    """Say why it is this arm and not another."""
    controls = [a for a in board.others() if board.is_control(a)]
    tied = [n for n in names if n != arm and n not in controls]
    if board.is_control(arm):
        if not tied:
            return []
        return [
            f"{arms(tied)} better than `{CONTROL}` as well, but not shown to differ "
            f"from `{arm}`, which changes no row and so is the simpler way."
        ]
    reasons = []
    if tied:
        reasons.append(
            f"{arms(tied)} better than `{CONTROL}` as well; `{arm}` comes out ahead, "
            "which is no proof that it is better than they are."
        )
    for control in controls:
        known = (
            f"is better than `{CONTROL}` too, but less so than `{arm}`"
            if control in names
            else f"is not shown to be better than `{CONTROL}`"
        )
        reasons.append(f"`{control}`, the simpler way, {known}.")
    return reasons


def _move(board: Board) -> tuple[str, list[str]]:
    found_more = finds_more_at_half(board)
    recipes = [a for a in found_more if not board.is_control(a)]
    arm = (recipes or found_more)[0]
    there = board.point(arm, "default")
    point = board.matched.get(arm) or comparable_point(board, there.confusion.fn)
    reasons = [
        *_statements(board, [board.difference(arm, "recall", "default")]),
        *_nobody_is_cheaper(board),
        "Balancing the classes raises the scores, which does at 0.5 much what a lower "
        "threshold does on the data as they are.",
        *_losses(board),
    ]
    verb = "resample" if recipes else "weigh"
    if point is None:
        return f"Do not {verb}: lower the threshold of `{CONTROL}`.", reasons
    found, target = point.confusion.tp, there.confusion.tp
    if found == target:
        text = (
            f"finds the same {found:,} with {alarms(point)} instead of "
            f"{there.confusion.fp:,}"
        )
    else:
        text = (
            f"finds {found:,} with {alarms(point)}, where `{arm}` at 0.5 finds "
            f"{target:,} with {there.confusion.fp:,}"
        )
    return (
        f"Do not {verb}: move the threshold of `{CONTROL}` to {threshold(point)}. "
        f"`{CONTROL}` then {text}.",
        reasons,
    )


def _mixed(board: Board) -> tuple[str, list[str]]:
    won = [c for c in _that_decide(board) if is_better(c)]
    return (
        f"Keep `{CONTROL}`, unless the one thing that another arm does better is what "
        "you need: no arm is better in cost or in average precision without being "
        "worse in the other.",
        _statements(board, won) + _losses(board),
    )


def _keep(board: Board) -> tuple[str, list[str]]:
    text = f"Keep `{CONTROL}`: no other arm is shown to be better."
    if "cost" in board.moved():
        point = board.point(CONTROL, "cost")
        text += (
            f" At these costs its threshold belongs at {threshold(point)}, where it "
            f"{outcome(point)}."
        )
    return text, _nobody_is_cheaper(board) + _losses(board)


def _nobody_is_cheaper(board: Board) -> list[str]:
    """Name the arm of least cost, if it is not shown to be cheaper."""
    changes = [board.difference(a, "cost_per_1000", "cost") for a in board.others()]
    known = [c for c in changes if c is not None]
    if not known or any(map(is_better, known)):
        return []
    best = min(known, key=lambda c: (c.difference, board.simplicity(c.a)))
    return [
        f"{sentence(at('cost'))} no arm is shown to be cheaper than `{CONTROL}`; the "
        f"cheapest of them is `{best.a}` (cost per 1,000 rows {figures(best)})."
    ]


def _losses(board: Board) -> list[str]:
    """Name what arms are supported as worse in, of what decides."""
    return _statements(board, [c for c in _that_decide(board) if is_worse(c)])


def _that_decide(board: Board) -> list[Comparison]:
    return [c for c in board.sorted() if (c.metric, c.policy) in DECISIVE]


def _statements(board: Board, changes: Sequence[Comparison | None]) -> list[str]:
    """Say supported differences, the false alarms beside a recall."""
    said = []
    for c in changes:
        if c is None or not is_supported(c):
            continue
        word = "better" if is_better(c) else "worse"
        text = f"`{c.a}` is {word} than `{c.b}` in {name(c)} ({figures(c)})"
        if c.metric == "recall" and c.policy:
            one, base = board.point(c.a, c.policy), board.point(c.b, c.policy)
            text += f", with {alarms(one)} against {base.confusion.fp:,}"
        said.append(f"{text}.")
    return said
