"""The verdict: what the comparison supports, in words a clinician can read.

`engine.evaluate.rules` decides, `engine.evaluate.reasons` tell why and
`engine.evaluate.doubts` object; every text has a code of
`engine.evaluate.verdict_codes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.evaluate import doubts, reasons
from engine.evaluate.detectable import rows_needed, smallest_difference
from engine.evaluate.rules import (
    CONTROL,
    FIXED,
    TOO_FEW,
    Board,
    candidates,
    comparable_point,
    confirmed,
    decide,
    fewest_missed,
    finds_more_at_half,
    gains,
    is_better,
    simplest,
)
from engine.evaluate.words import (
    Said,
    alarms,
    figures,
    outcome,
    sentence,
    share,
    threshold,
)
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Comparison,
    Detectable,
    FoldComparison,
    OperatingPoint,
    Sampled,
    Verdict,
)

__all__ = ["Answer", "always", "signed_off", "too_few", "verdict"]

# How often two arms may disagree on a positive, where it is not known.
_DISCORDANT = 0.3
_WANTED = 0.1


class Answer(NamedTuple):
    """What is recommended, with its code, why, and what speaks against it."""

    call: Said
    reasons: list[Said]
    doubts: Sequence[tuple[str, str | None]] = ()


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
    cost_tp: float = 0.0,
    cost_tn: float = 0.0,
    folds: Sequence[FoldComparison] = (),
    detectable: Sequence[Detectable] = (),
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
    cost_tp, cost_tn : float, default=0
        Cost of a found positive and of a negative left alone.
    folds : sequence of FoldComparison, default=()
        What `engine.evaluate.repeated.compare_folds` returned.
    detectable : sequence of Detectable, default=()
        What `engine.evaluate.detectable.detectable` returned.

    Returns
    -------
    Verdict
        The same for every order of the arms. No difference inside its interval,
        or with an adjusted p of 0.05 or more, is called better; fewer misses
        never stand without their false alarms, and at a tuned threshold they are
        stated, but not called a difference of the arms. With fewer than 20 test rows
        of a class nothing is adopted, whatever the tests say.

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
    doubted = always(
        positives_test,
        ratio=(cost_fn - cost_tp) / (cost_fp - cost_tn),
        sampled=sampled,
        failed=failed,
        unequal_trials=unequal_trials,
    )
    if CONTROL not in {e.arm for e in evaluations}:
        return signed_off(*WITHOUT_CONTROL, doubted)
    if positives_test == 0:
        return signed_off(*_WITHOUT_POSITIVES, doubted)
    board = Board(evaluations, comparison, kinds, matched or {}, folds, detectable)
    if not board.others():
        return signed_off(*_alone(board, policy), doubted)
    answer = _answer(board, policy)
    doubted += [
        ("VRD207", doubts.broken_calibration(board)),
        ("VRD208", doubts.too_small_to_see(board, policy)),
        ("VRD209", doubts.disagreeing_folds(board)),
        ("VRD213", doubts.luck_of_one_model(board)),
        *answer.doubts,
    ]
    headline = _headline(board, policy)
    if answer.call.code == "VRD005":
        headline = _scarce(board)
    return signed_off(headline, answer, doubted)


def always(
    positives: int,
    *,
    ratio: float,
    sampled: Sampled | None,
    failed: Sequence[ArmFailed],
    unequal_trials: bool,
) -> list[tuple[str, str | None]]:
    """Return the doubts that need no comparison, each with its code."""
    return [
        ("VRD201", doubts.few_positives(positives) if positives else None),
        ("VRD202", doubts.assumed_costs(ratio)),
        ("VRD204", doubts.single_split()),
        ("VRD203", doubts.a_sample(sampled)),
        *(("VRD205", text) for text in doubts.failed_arms(failed)),
        ("VRD206", doubts.unequal_budget(unequal_trials)),
    ]


def signed_off(
    headline: str, answer: Answer, doubted: Sequence[tuple[str, str | None]]
) -> Verdict:
    """Put a verdict together; a doubt that is None is none."""
    held = [Said(code, text) for code, text in doubted if text]
    return Verdict(
        headline=headline,
        recommendation=answer.call.text,
        reasons=tuple(said.text for said in answer.reasons),
        doubts=tuple(said.text for said in held),
        call=answer.call.code,
        reason_codes=tuple(said.code for said in answer.reasons),
        doubt_codes=tuple(said.code for said in held),
    )


WITHOUT_CONTROL = (
    f"Nothing can be compared: the control `{CONTROL}` has no result.",
    Answer(
        Said(
            "VRD007",
            f"Run `{CONTROL}` as well; without it no remedy can be judged.",
        ),
        [],
    ),
)
_WITHOUT_POSITIVES = (
    "Nothing can be compared: the test rows hold no positive.",
    Answer(
        Said(
            "VRD008",
            "Split again, stratified, so that the test rows hold positives.",
        ),
        [],
    ),
)


def _alone(board: Board, policy: str) -> tuple[str, Answer]:
    point = board.point(CONTROL, policy)
    return (
        f"Only `{CONTROL}` has a result: {board.at(policy)} it {outcome(point)}.",
        Answer(Said("VRD006", "Add the arms that you want to compare with it."), []),
    )


def _answer(board: Board, policy: str) -> Answer:
    match decide(board):
        case "too-few":
            return too_few(board, Said("VRD108", _headline(board, policy)))
        case "adopt":
            return _adopt(board, policy)
        case "move":
            return _move(board)
        case "mixed":
            return _mixed(board)
        case "keep":
            return _keep(board)


def _headline(board: Board, policy: str) -> str:
    """Name the fewest misses, their price, and what may be said of the difference."""
    arm = fewest_missed(board, policy)
    base = board.point(CONTROL, policy)
    if arm == CONTROL:
        return (
            f"No arm misses fewer than `{CONTROL}`: {board.at(policy)} it "
            f"{outcome(base)}."
        )
    facts = (
        f"{sentence(board.at(policy))} `{arm}` {outcome(board.point(arm, policy))}; "
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


def _scarce(board: Board) -> str:
    scarce = board.scarce()
    assert scarce is not None
    return (
        f"Too few to tell: {scarce.rows:,} test rows are {scarce.name}, and on fewer "
        f"than {TOO_FEW} no arm is called better, whatever the tests say."
    )


def too_few(board: Board, seen: Said) -> Answer:
    """Recommend nothing, and say what it would take."""
    scarce = board.scarce()
    assert scarce is not None
    rows, name = scarce.rows, scarce.name
    share = max([d.discordant for d in board.detectable], default=_DISCORDANT)
    least = smallest_difference(rows, share) if rows else 1.0
    could = (
        f"With {rows:,} {name} no difference in recall could show at all"
        if least >= 1
        else f"With {rows:,} {name} only a difference in recall of {least:.2f} or more "
        "would show in four runs of five"
    )
    needed = rows_needed(_WANTED, share)
    text = (
        f"Keep `{CONTROL}` for now, and collect more or hold out a larger share. "
        f"{could}; for one of {_WANTED:.2f} it takes about {needed:,}."
    )
    return Answer(Said("VRD005", text), [seen])


def _adopt(board: Board, policy: str) -> Answer:
    names = candidates(board)
    arm = simplest(board, names)
    won = " and in ".join(f"{board.named(c)} ({figures(c)})" for c in gains(board, arm))
    text = (
        f"Use `{arm}`: it is better than `{CONTROL}` in {won}. "
        f"{sentence(board.at(policy))} it {outcome(board.point(arm, policy))}, where "
        f"`{CONTROL}` {outcome(board.point(CONTROL, policy))}."
    )
    why = [
        *reasons.rivals(board, arm, names),
        *reasons.won_when_matched(board, arm),
        *reasons.folds_agree(board, arm),
        *reasons.losses(board),
    ]
    same = doubts.practically_same_though_adopted(board, arm)
    return Answer(Said("VRD001", text), why, [("VRD212", same)])


def _move(board: Board) -> Answer:
    found_more = finds_more_at_half(board)
    recipes = [a for a in found_more if not board.is_control(a)]
    arm = (recipes or found_more)[0]
    there = board.point(arm, "default")
    point = board.matched.get(arm) or comparable_point(board, there.confusion.fn)
    why = [
        *reasons.statements(board, [board.difference(arm, "recall", "default")]),
        *reasons.at_the_prevalence(board, arm),
        *reasons.nobody_is_cheaper(board),
        Said(
            "VRD106",
            "Balancing the classes raises the scores, which does at 0.5 much what a "
            "lower threshold does on the data as they are.",
        ),
        *reasons.practically_same(board),
        *reasons.losses(board),
    ]
    ahead = ("VRD211", reasons.leading_when_matched(board))
    verb = "resample" if recipes else "weigh"
    if point is None:
        text = f"Do not {verb}: lower the threshold of `{CONTROL}`."
        return Answer(Said("VRD002", text), why, [ahead])
    text = (
        f"Do not {verb}: move the threshold of `{CONTROL}` to {threshold(point)}. "
        f"`{CONTROL}` then {_instead(point, there, arm)}."
    )
    dearer = ("VRD210", doubts.dearer_alarms(point, there, arm))
    return Answer(Said("VRD002", text), why, [dearer, ahead])


def _instead(point: OperatingPoint, there: OperatingPoint, arm: str) -> str:
    """Say what `none` finds, and at what price, beside an arm at 0.5."""
    found, target = point.confusion.tp, there.confusion.tp
    recall = share(found, found + point.confusion.fn)
    if found == target:
        return (
            f"finds the same {found:,} ({recall}) with {alarms(point)} instead of "
            f"{there.confusion.fp:,}"
        )
    return (
        f"finds {found:,} ({recall}) with {alarms(point)}, where `{arm}` at 0.5 finds "
        f"{target:,} with {there.confusion.fp:,}"
    )


def _mixed(board: Board) -> Answer:
    won = [
        c for c in reasons.that_decide(board) if is_better(c) and confirmed(board, c.a)
    ]
    text = (
        f"Keep `{CONTROL}`, unless the one thing that another arm does better is what "
        "you need: no arm is better in cost or in average precision without being "
        "worse in the other."
    )
    return Answer(
        Said("VRD003", text), reasons.statements(board, won) + reasons.losses(board)
    )


def _keep(board: Board) -> Answer:
    text = f"Keep `{CONTROL}`: no other arm is shown to be better."
    if "cost" in board.moved():
        point = board.point(CONTROL, "cost")
        text += (
            f" At these costs its threshold belongs at {threshold(point)}, where it "
            f"{outcome(point)}."
        )
    why = [
        *reasons.nobody_is_cheaper(board),
        *reasons.practically_same(board),
        *reasons.losses(board),
    ]
    return Answer(
        Said("VRD004", text), why, [("VRD211", reasons.leading_when_matched(board))]
    )
