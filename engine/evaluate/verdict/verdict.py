"""The verdict: the recommendation that the comparison supports, and its limits.

`engine.evaluate.verdict.rules` decides, `engine.evaluate.verdict.sentences` explains;
every text has a code of `engine.evaluate.verdict.words`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from scipy.stats import norm

from engine.core import events, outcome
from engine.core.costs import Costs
from engine.core.points import FIXED
from engine.core.repeated_splits import SplitSummary
from engine.evaluate.board import CONTROL, TOO_FEW, Board
from engine.evaluate.detectable import SKILL_LEVEL, rows_needed, smallest_difference
from engine.evaluate.verdict import rules, sentences
from engine.evaluate.verdict.settle import disagreement, settle
from engine.evaluate.verdict.words import say, sentence

_WANTED = 0.1
_POWER = 0.8


@dataclass(frozen=True)
class Context:
    """What a verdict depends on besides the arms.

    Attributes
    ----------
    failed : sequence of ArmFailed
        The arms that came to no result.
    trials : mapping of str to int
        Trials per arm.
    cross_validated : mapping of str to float
        Average precision of the best trial, per arm.
    sampled : Sampled or None
        Of how many rows the table is a sample, if it is one.
    alternatives : mapping of str to sequence of Alternative
        Per arm, decisions simpler than its recommended operating point.
    advice : sequence of Advice
        About the data.
    thinned : Thinned or unset
        Which rows models were fitted on, where negatives were left out.
    thinning : ThinCheck or None
        What twice the negatives would have changed.
    rarest : int or None
        Rows of the rarest class in the table; None where another split cannot be drawn.
    """

    failed: Sequence[events.ArmFailed] = ()
    trials: Mapping[str, int] = field(default_factory=dict)
    cross_validated: Mapping[str, float] = field(default_factory=dict)
    sampled: events.Sampled | None = None
    alternatives: Mapping[str, Sequence[outcome.Alternative]] = field(
        default_factory=dict
    )
    advice: Sequence[events.Advice] = ()
    thinned: events.Thinned | UnsetType = UNSET
    thinning: events.ThinCheck | None = None
    rarest: int | None = None


def verdict(board: Board, context: Context | None = None) -> outcome.Verdict:
    """Return the recommendation that the comparison supports, and its limits.

    Parameters
    ----------
    board : Board
        The arms that came to a result, in any order, with a recommended point each,
        and how they differ from the control.
    context : Context, optional

    Returns
    -------
    Verdict
        The same for every order of the arms. `choice` is None only where no arm ranks
        better than chance, or nothing was compared. Of more than two classes the same
        rules hold, with the mean recall of the classes in the place of the missed
        positives.

    Examples
    --------
    >>> verdict(Board([], [])).headline
    'Nothing can be compared: no arm has a result.'
    """
    return explain(board, answer(board, _compare), context or Context())


class Recommendation(NamedTuple):
    """A recommendation with its code, its reasons and its doubts."""

    arm: str | None
    headline: str
    advice: outcome.Remark
    reasons: Sequence[outcome.Remark | None] = ()
    doubts: Sequence[outcome.Remark | None] = ()


def explain(board: Board, found: Recommendation, context: Context) -> outcome.Verdict:
    """Return a recommendation with all that is to be said for and against it."""
    tested = is_tested(board)
    arm = found.arm
    priced = board.compares_costs
    simpler = context.alternatives.get(arm or "", ()) if priced else ()
    settled = settle(board, found.advice.code, arm) if tested else None
    why = [*found.reasons]
    limits = [sentences.few_rows(board)]
    if arm is not None:
        why = [
            sentences.at_prevalence(board),
            sentences.cost_beside(board, arm, simpler),
            sentences.requested_value(board, arm),
            sentences.at_other_costs(board, arm),
            *why,
        ]
        cross = context.cross_validated.get(arm, math.nan)
        trials = context.trials.get(arm, 0)
        limits += [
            sentences.not_at_half(board, arm),
            sentences.assumed_costs(board.costs) if priced else None,
            _few_large_costs(board.costs) if priced else None,
            sentences.no_cheaper(board, arm, simpler),
            sentences.equal_in_training(board, arm),
            sentences.without_skill(board, arm),
            sentences.best_of_trials(board, arm, trials, cross),
        ]
    if board.evaluations and tested:
        limits += [sentences.suspicious(board), sentences.no_false_alarm(board)]
    if settled and settled.figures.settled:
        why.append(settled.remark)
    sampled, unequal = context.sampled, len(set(context.trials.values())) > 1
    limits += [
        *sentences.data_doubts(context.advice),
        *found.doubts,
        settled.remark if settled and not settled.figures.settled else None,
        say("VRD204"),
        sentences.few_for_one_split(board, context.rarest),
        say("VRD203", rows=sampled.rows, of=sampled.of) if sampled else None,
        sentences.left_out(board, context.thinned, context.thinning),
        *sentences.failed_arms(context.failed),
        say("VRD206") if unequal else None,
    ]

    def name(remark: outcome.Remark) -> outcome.Remark:
        # The texts have the name that the control of a single model has.
        text = remark.text.replace(f"`{CONTROL}`", f"`{board.control}`")
        return outcome.Remark(remark.code, text)

    for_it, against = ([name(r) for r in remarks if r] for remarks in (why, limits))
    return outcome.Verdict(
        code=found.advice.code,
        headline=found.headline,
        recommendation=name(found.advice).text,
        choice=None if arm is None else board.choice(arm),
        reasons=tuple(for_it),
        doubts=tuple(against),
        alternatives=tuple(simpler),
        more_positives=settled.figures if settled else None,
    )


def _few_large_costs(costs: Costs) -> outcome.Remark | None:
    """Say that a few positives make up most of what all cost, if they do."""
    own = costs.miss_costs
    if not own or own.effective >= TOO_FEW:
        return None
    values = {"column": costs.column, "effective": own.effective, "needed": TOO_FEW}
    return say("VRD226", **values)


def with_splits(verdict: outcome.Verdict, summary: SplitSummary) -> outcome.Verdict:
    """Return a verdict with what several splits say of it, in the place of one.

    Parameters
    ----------
    verdict : Verdict
        Of the first split, perhaps with what fewer splits said.
    summary : SplitSummary
        With at least two splits.
    """
    low, high = summary.ci or (0.0, 1.0)
    values = {"same": summary.same, "others": summary.others, "low": low, "high": high}
    stands = say("VRD119", **values)
    falls = say("VRD222", **values)
    reasons = [r for r in verdict.reasons if r.code != stands.code]
    of_one = ("VRD204", "VRD223", falls.code)
    doubts = [d for d in verdict.doubts if d.code not in of_one]
    if summary.stands:
        reasons.insert(0, stands)
    else:
        doubts.insert(0, falls)
    return replace(verdict, reasons=tuple(reasons), doubts=tuple(doubts))


def is_tested(board: Board) -> bool:
    """Tell whether the test rows are of more than one class."""
    return sum(rows > 0 for rows in board.rows().values()) > 1


def answer(board: Board, compare: Callable[[Board], Recommendation]) -> Recommendation:
    """Return what `compare` recommends of a board, if its arms can be compared."""
    names, nothing = board.arms(), "Nothing can be compared: "
    if not names:
        return Recommendation(
            None, f"{nothing}no arm has a result.", say("VRD007", "nothing")
        )
    if not is_tested(board):
        headline = f"{nothing}the test rows are of one class."
        return Recommendation(None, headline, say("VRD008"))
    if board.skill is not None and not board.skill.shown:
        return _no_skill(board, board.skill)
    if board.control not in names:
        return _without_control(board)
    return compare(board)


def lead(board: Board, arm: str) -> str:
    """Give the figures first, then where they come from."""
    return f"{board.summary(arm, 'recommended')}: {board.place(arm, 'recommended')}."


def _no_skill(board: Board, skill: outcome.Skill) -> Recommendation:
    advice = say("VRD009")
    if skill.roc_auc is not None and skill.roc_auc > 0.5:
        on = "" if skill.klass is None else f" on class `{skill.klass}`"
        arm = f"`{skill.arm}`{on}"
        advice = say("VRD009", "best", arm=arm, roc_auc=skill.roc_auc, p=skill.p)
    why = [] if board.MULTICLASS else [say("VRD115", least=_least_auc(board))]
    return Recommendation(
        None, "No arm is shown to rank better than chance.", advice, why
    )


def _least_auc(board: Board) -> float:
    """Return the ROC AUC that the rank test finds with a chance of 0.8, about.

    By the normal approximation with the variance that holds for no difference.
    """
    low, high = board.rows().values()
    error = math.sqrt((low + high + 1) / (12 * low * high))
    level = SKILL_LEVEL / len(board.evaluations)
    return min(1.0, 0.5 + error * float(norm.isf(level) + norm.ppf(_POWER)))


def _without_control(board: Board) -> Recommendation:
    """Take the arm of least cost on the test rows, which nothing was tested against."""

    def order(arm: str) -> tuple[float, tuple[int, str]]:
        cost = board.choice(arm).cost
        return (math.inf if cost is None else cost), board.simplicity(arm)

    arm = min(board.arms(), key=order)
    return Recommendation(arm, lead(board, arm), say("VRD007", "without", arm=arm))


def _compare(board: Board) -> Recommendation:
    if not board.others():
        how = sentence(board.instruction(board.control, "recommended"))
        return Recommendation(
            board.control, lead(board, board.control), say("VRD006", how=how)
        )
    decision = rules.decide(board)
    if decision == "too-few":
        return too_few(board)
    names = rules.candidates(board) if decision == "adopt" else []
    arm = rules.simplest(board, names) if names else board.control
    how = board.instruction(arm, "recommended")
    own: outcome.Remark | None
    if names:
        won = [board.phrase(c) for c in rules.gains(board, arm)]
        remark = say("VRD001", arm=arm, how=how, won=" and in ".join(won))
        why = [
            *sentences.rivals(board, arm, names),
            *(sentences.same_recall(board) if board.aim in FIXED else ()),
            sentences.by_class(board),
            *sentences.won_when_matched(board, arm),
            *sentences.folds_agree(board, arm),
            *sentences.worse_arms(board),
        ]
        own = sentences.practically_same_though_adopted(board, arm)
    else:
        remark = say("VRD004", how=how)
        why = [
            sentences.nobody_is_cheaper(board),
            sentences.by_class(board),
            *sentences.same_recall(board),
            sentences.practically_same(board),
            *sentences.worse_arms(board),
        ]
        own = sentences.leading_when_matched(board)
    if decision == "mixed":
        ranked = [c for a in board.others() for c in rules.gains(board, a)]
        why = [*sentences.statements(board, ranked), *why]
        remark = say("VRD003", how=how)
    elif decision == "move":
        only = all(map(board.is_control, rules.finds_more_at_half(board)))
        verb = "weigh the classes" if only else "resample"
        remark = say("VRD002", verb=verb, how=how)
    against = [
        sentences.broken_calibration(board, board.others()),
        sentences.too_small_to_see(board),
        sentences.disagreeing_folds(board),
        own,
        sentences.luck_of_one_model(board),
    ]
    return Recommendation(arm, lead(board, arm), remark, why, against)


def too_few(board: Board) -> Recommendation:
    """Prefer no arm, recommend the operating point, say how many rows it takes."""
    scarce = board.scarce()
    assert scarce is not None
    rows, name = scarce.rows, scarce.name
    share = disagreement(board, rows)
    least = smallest_difference(rows, share) if rows else 1.0
    how = board.instruction(board.control, "recommended")
    remark = say("VRD005", how=how, rows=rows, name=name, needed=TOO_FEW)
    why = say(
        "VRD108",
        "none" if least >= 1 else "some",
        least=least,
        wanted=_WANTED,
        needed=rows_needed(_WANTED, share),
    )
    return Recommendation(board.control, lead(board, board.control), remark, [why])
