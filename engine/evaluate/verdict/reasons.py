"""The reasons of a verdict: costs, supported differences, other arms, the folds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.core.curve import step_at
from engine.core.format import plural, signed, to_one
from engine.core.outcome import Alternative, Comparison, Remark
from engine.core.points import parse
from engine.core.views.comparisons import FEWEST_FOLDS
from engine.evaluate.board import CONTROL, Board
from engine.evaluate.verdict import rules, words
from engine.evaluate.verdict.words import join_remarks, say

SHOWN_RATIO = 10.0
"""The cost ratio that is shown beside another one."""


def cost_beside(
    board: Board, arm: str, alternatives: Sequence[Alternative]
) -> Remark | None:
    """Compare the cost of the recommendation with that of simpler decisions."""
    choice = board.choice(arm)
    if choice.cost is None or not alternatives:
        return None
    costs, named, cost = board.costs, words.SIMPLER, words.money(choice.cost)
    if costs.classes:
        named = words.SIMPLER | {
            "fixed": f"predicting the most probable class of `{CONTROL}`"
        }
        remarks = [say("VRD112", "classes", cost=cost)]
    else:
        pair = {"cost_fn": costs.cost_fn, "cost_fp": costs.cost_fp}
        remarks = [say("VRD112", "two", cost=cost, **pair)]
    for other in alternatives:
        what = words.sentence(named[other.name])
        if other.difference == 0:
            remarks.append(say("VRD112", "same", what=what))
            continue
        interval = ""
        if other.ci is not None:
            low, high = sorted(-limit for limit in other.ci)
            interval = f" (95 % interval {signed(low, 1)} to {signed(high, 1)})"
        values = {
            "cost": words.money(other.cost),
            "difference": words.money(abs(other.difference)),
            "more": "more" if other.difference < 0 else "less",
        }
        remarks.append(say("VRD112", "other", what=what, interval=interval, **values))
    return join_remarks(*remarks)


def at_other_costs(board: Board, arm: str) -> Remark | None:
    """Say at which cost ratios another threshold has the least cost."""
    steps = board.evaluation(arm).cost_steps
    if board.aim != "cost" or not steps:
        return None
    step = step_at(steps, board.costs.ratio) or steps[0]
    low, later = step.ratio, steps[steps.index(step) + 1 :]
    high = later[0].ratio if later else math.inf
    if high == math.inf:
        where = f"any cost ratio above {to_one(low)}"
    elif not low:
        where = f"cost ratios up to {to_one(high)}"
    else:
        where = f"cost ratios from {to_one(low)} to {to_one(high)}"
    shown = None
    if not low < SHOWN_RATIO <= high:
        other = step_at(steps, SHOWN_RATIO) or steps[0]
        positives = board.rows()["positives"]
        shown = say(
            "VRD113",
            "nobody" if other is steps[0] else "other",
            ratio=to_one(SHOWN_RATIO),
            threshold=other.threshold,
            found=positives - other.fn,
            positives=positives,
            alarms=plural(other.fp, "false alarm"),
        )
    below = step is not steps[0] and steps[1].ratio > 0
    return join_remarks(
        say("VRD113", "same", where=where),
        shown,
        say("VRD113", "below", ratio=to_one(steps[1].ratio)) if below else None,
    )


def requested_value(board: Board, arm: str) -> Remark | None:
    """Compare a requested recall, precision or alerts with what was delivered."""
    result = None if board.MULTICLASS else board.point(arm, "recommended").delivered
    if result is None:
        return None
    share = result.metric == "alerts"

    def number(value: float) -> str:
        return f"{100 * value:.3g} %" if share else f"{value:.3g}"

    aimed = parse(board.aim)
    if share and not aimed.share:
        counts, most = board.point(arm, "recommended").confusion, f"{aimed.number:.0f}"
        return say("VRD114", "alerts", most=most, alerts=counts.fp + counts.tp)
    what = f"a {result.metric} of at least {number(result.requested)}"
    if share:
        what = f"alerts on at most {number(result.requested)} of the rows"
    if result.value is None or result.ci is None:
        return say("VRD114", "nobody", what=what)
    value, low, high = map(number, (result.value, *result.ci))
    return say("VRD114", "share", what=what, value=value, low=low, high=high)


def statements(board: Board, changes: Sequence[Comparison]) -> list[Remark]:
    """Return the supported differences; false alarms beside a recall."""
    remarks = []
    for c in filter(rules.is_supported, changes):
        better = rules.is_better(c)
        side = "better" if better else "worse"
        text = f"`{c.a}` is {side} than `{c.b}` in {board.phrase(c)}"
        if c.metric == "recall" and c.at and not rules.is_matched(c):
            own, base = board.point(c.a, c.at), board.point(c.b, c.at)
            text += f", with {words.alarms(own)} against {base.confusion.fp:,}"
        remarks.append(Remark("VRD101" if better else "VRD102", f"{text}."))
    return remarks


def worse_arms(board: Board) -> list[Remark]:
    """Return the metrics that decide in which arms are shown to be worse."""
    lost = [c for a in board.others() for c in rules.losses(board, a)]
    return statements(board, lost)


def nobody_is_cheaper(board: Board) -> Remark | None:
    """Say that no arm is shown to be better in the metric of the aim."""
    what = board.deciding_metrics()[0]
    known = [c for a in board.others() if (c := board.difference(a, *what)) is not None]
    if not known or any(c in rules.gains(board, c.a) for c in known):
        return None
    sign = 1 if what.metric in ("recall", "f1") else -1
    best = max(known, key=lambda c: (sign * c.difference, board.simplicity(c.a)))
    which = "best" if sign * best.difference > 0 else "no"
    return say("VRD105", which, **board.describe(best))


def by_class(board: Board) -> Remark | None:
    """Say in which classes an arm's recall differs, each class separately."""
    classes = [
        f"`{c.a}` {words.figures(c)}, class `{c.klass}`"
        for c in board.in_order()
        if c.klass is not None and c.at == "fixed" and rules.is_supported(c)
    ]
    return say("VRD116", classes="; ".join(classes)) if classes else None


def rivals(board: Board, arm: str, names: Sequence[str]) -> list[Remark]:
    """Say why it is this arm and not another."""
    controls = [a for a in board.others() if board.is_control(a)]
    tied = [n for n in names if n != arm and n not in controls]
    own = board.is_control(arm)
    which = "control" if own else "sampler"
    remarks = [say("VRD103", which, arms=words.arms(tied), arm=arm)] if tied else []
    for control in () if own else controls:
        which = "less" if control in names else "no"
        remarks.append(say("VRD104", which, arm=control, than=arm))
    return remarks


def same_recall(board: Board) -> list[Remark]:
    """Compare `untreated` with arms that find more at 0.5, at about their recall.

    At most two: the first control and the first sampler, of those that no other arm
    dominates in both kinds of error.
    """
    remarks = []
    names = [arm for arm in rules.finds_more_at_half(board) if arm in board.matched]
    best = rules.best_at_half(board, names)
    kinds = {board.is_control(arm): arm for arm in reversed(best)}
    for arm in (name for name in best if name in kinds.values()):
        point = board.matched[arm]
        remark = say(
            "VRD107",
            arm=arm,
            there=words.outcome(board.point(arm, "fixed")),
            threshold=point.threshold,
            here=words.outcome(point),
        )
        matched = [
            say("VRD107", "matched", **board.describe(c))
            for c in board.in_order()
            if c.a == arm and c.metric == "false_positive_rate" and rules.is_matched(c)
        ]
        remarks.append(join_remarks(remark, *matched) or remark)
    return [*remarks, say("VRD106")] if remarks else []


def practically_same(board: Board) -> Remark | None:
    """Name the arms whose interval over the folds lies within the rope."""
    known = [c for a in board.others() if (c := board.fold(a, "average_precision"))]
    same = [
        c
        for c in known
        if c.folds >= FEWEST_FOLDS and -c.rope < c.ci[0] and c.ci[1] < c.rope
    ]
    if not same:
        return None
    names = words.arms([c.a for c in same])
    return say("VRD109", folds=same[0].folds, arms=names, rope=same[0].rope)


def folds_agree(board: Board, arm: str) -> list[Remark]:
    """Say that the folds agree with the gains of an arm."""
    remarks = []
    for c in rules.gains(board, arm):
        if over := board.fold(arm, c.metric):
            values = {"figures": words.fold_figures(over), "folds": over.folds}
            agree = rules.probability_better(over)
            remarks.append(say("VRD110", arm=arm, agree=agree, **values))
    return remarks


def won_when_matched(board: Board, arm: str) -> list[Remark]:
    """Say where an arm is better with all arms at equal recall or equal alerts."""
    known = rules.decisive(board, arm)
    won = [c for c in _ahead(board) if c.a == arm and c not in known]
    return [Remark("VRD111", remark.text) for remark in statements(board, won)]


def leading_when_matched(board: Board) -> Remark | None:
    """Name the arms ahead at equal recall or alerts, where `untreated` is kept."""
    aimed = board.deciding_metrics()[0]
    ahead = [c for c in _ahead(board) if (c.metric, c.at) != aimed]
    if not ahead:
        return None
    arms = words.quote_names(list(dict.fromkeys(c.a for c in ahead)))
    return say("VRD211", arms=arms, **board.describe(ahead[0]))


def _ahead(board: Board) -> list[Comparison]:
    return [c for c in board.in_order() if rules.is_matched(c) and rules.is_better(c)]
