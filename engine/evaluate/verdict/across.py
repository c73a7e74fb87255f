"""Several models: which one without a method, and whether a method is worth more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np

from engine.core import outcome
from engine.core.costs import METRICS
from engine.evaluate.board import Board
from engine.evaluate.verdict import rules, sentences, words
from engine.evaluate.verdict.verdict import (
    Context,
    Recommendation,
    answer,
    explain,
    lead,
)
from engine.evaluate.verdict.verdict import too_few as few_rows
from engine.evaluate.verdict.verdict import verdict as verdict_of_model
from engine.evaluate.verdict.words import join_remarks, say


@dataclass(frozen=True)
class Family:
    """The arms of one model, and what is supported among them.

    Parameters
    ----------
    model : str
    board : Board
        Its control is the model without a method.
    verdict : Verdict
    """

    model: str
    board: Board
    verdict: outcome.Verdict

    @classmethod
    def of(cls, model: str, board: Board, context: Context) -> Family:
        """Return the arms of a model with their verdict."""
        return cls(model, board, verdict_of_model(board, context))

    @property
    def control(self) -> str | None:
        """The model without a method; None if that has no result."""
        known = self.board.control in self.board.arms()
        return self.board.control if known else None

    @property
    def adopted(self) -> str | None:
        """The arm that is recommended for this model instead of its control."""
        choice = self.verdict.choice
        if choice is None or self.control in (None, choice.arm):
            return None
        return choice.arm


def baseline(
    values: Mapping[str, Sequence[float]],
    *,
    metric: str,
    skilled: Collection[str] = (),
) -> str:
    """Return the model without a method that the others are compared with.

    Parameters
    ----------
    values : mapping of str to sequence of float
        Per model without a method the metric of the aim in each fold, at what the
        other folds select; in the order that the models were given.
    metric : str
    skilled : collection of str, default=()
        The arms shown to rank better than chance: others are left out if they can be.

    Returns
    -------
    str
        The best mean over the folds; of equal ones the first. No test row counts.

    Examples
    --------
    >>> costs = {"untreated@logistic": [31.0, 29.0], "untreated@xgboost": [28.0, 30.0]}
    >>> baseline(costs, metric="cost_per_1000")
    'untreated@xgboost'
    """
    names = [name for name in values if name in skilled] or list(values)
    return max(names, key=lambda name: _goodness(values[name], metric))


def _goodness(values: Sequence[float], metric: str) -> float:
    known = [value for value in values if np.isfinite(value)]
    sign = 1 if METRICS[metric].more else -1
    return sign * float(np.mean(known)) if known else -np.inf


def compared_arms(families: Sequence[Family]) -> tuple[str, ...]:
    """Return the arms to compare across models: of each its control and its own choice.

    Of a model whose control has no result there are none.
    """
    pairs = [arm for one in families for arm in (one.control, one.adopted)]
    return tuple(dict.fromkeys(arm for arm in pairs if arm is not None))


def verdict_across(
    families: Sequence[Family],
    board: Board,
    context: Context,
    values: Mapping[str, Sequence[float]],
) -> outcome.Verdict:
    """Return the recommendation over several models, with that for each of them.

    Parameters
    ----------
    families : sequence of Family
        In the order that the models were given.
    board : Board
        The arms of `compared_arms`, its control that of `baseline`, compared with it
        in what decides and over the folds. Where no control has a result, all arms.
    context : Context
    values : mapping of str to sequence of float
        As for `baseline`.

    Returns
    -------
    Verdict
        An arm other than the baseline only if it is shown to be better by the rule
        that holds within a model (`rules.candidates`). The baseline itself needs no
        such claim: it is the best of the models without a method out of fold.
    """
    living = [one for one in families if one.board.evaluations]
    if len(living) == 1:
        found = verdict_of_model(living[0].board, context)
    else:
        compare = partial(_compare, families=families, values=values)
        found = explain(board, answer(board, compare), context)
    # Models differ in what there is to search; the arms of one should not.
    known = {one.code for family in families for one in family.verdict.doubts}
    doubts = (one for one in found.doubts if one.code != "VRD206" or one.code in known)
    return msgspec.structs.replace(
        found, doubts=tuple(doubts), by_model=tuple(map(_own, families))
    )


def _own(one: Family) -> outcome.ModelVerdict:
    known = outcome.ModelVerdict.__struct_fields__[1:]
    return outcome.ModelVerdict(
        one.model, **{name: getattr(one.verdict, name) for name in known}
    )


def _compare(
    board: Board, families: Sequence[Family], values: Mapping[str, Sequence[float]]
) -> Recommendation:
    if board.scarce():
        found = few_rows(board)
        return found._replace(reasons=[_plain(board, values), *found.reasons])
    names = rules.candidates(board)
    arm = rules.simplest(board, names) if names else board.control
    how = board.instruction(arm, "recommended")
    why = [_plain(board, values)]
    own = None
    if names:
        won = " and in ".join(board.phrase(c) for c in rules.gains(board, arm))
        remark = say("VRD010", arm=arm, plain=board.control, how=how, won=won)
        tied = words.arms([name for name in names if name != arm])
        if len(names) > 1:
            why.append(say("VRD103", "sampler", arms=tied, arm=arm))
        why += sentences.folds_agree(board, arm)
        own = sentences.practically_same_though_adopted(board, arm)
    else:
        remark = say("VRD011", arm=arm, how=how)
    why += [_as_good(board, one) for one in families if one.adopted not in names]
    against = [
        sentences.broken_calibration(board, [arm] if names else []),
        own,
        sentences.luck_of_one_model(board),
    ]
    return Recommendation(
        arm, lead(board, arm), remark, [*why, *sentences.worse_arms(board)], against
    )


def _plain(
    board: Board, values: Mapping[str, Sequence[float]]
) -> outcome.Remark | None:
    """Say why it is this model of those without a method, and if that is shown."""
    metric = board.deciding_metrics()[0].metric
    title, digits, more = METRICS[metric]
    means = {name: abs(_goodness(own, metric)) for name, own in values.items()}
    others = sorted(name for name in values if name != board.control)
    if not others:
        return None
    worse = {name for name in others if rules.losses(board, name)}
    worse -= {name for name in others if rules.gains(board, name)}
    shown = {"shown": sorted(worse), "not": [n for n in others if n not in worse]}
    return join_remarks(
        say(
            "VRD117",
            arm=board.control,
            side="highest" if more else "lowest",
            what=title.removeprefix("highest "),
            value=f"{means[board.control]:,.{digits}f}",
            others=", ".join(f"`{n}` {means[n]:,.{digits}f}" for n in others),
        ),
        *(
            say("VRD117", which, arms=words.quote_names(names))
            for which, names in shown.items()
            if names
        ),
    )


def _as_good(board: Board, one: Family) -> outcome.Remark | None:
    """Say that the baseline does as well as what is better within its own model."""
    arm = one.adopted
    if arm is None:
        return None
    change = board.difference(arm, *board.deciding_metrics()[0])
    if change is None:
        return None
    won = [one.board.phrase(c) for c in rules.gains(one.board, arm)]
    which = "own" if one.control == board.control else "other"
    return say(
        "VRD118",
        which,
        plain=board.control,
        control=one.control,
        won=" and in ".join(won),
        **board.describe(change),
    )
