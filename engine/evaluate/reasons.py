"""Why a verdict says what it says: costs, supported differences, rivals, the folds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.evaluate.rules import (
    CONTROL,
    Board,
    best_at_half,
    decisive,
    finds_more_at_half,
    gains,
    is_better,
    is_matched,
    is_supported,
    losses,
    speaking_for,
)
from engine.evaluate.words import (
    FEWEST_FOLDS,
    SIMPLER,
    Said,
    alarms,
    arms,
    figures,
    fold_figures,
    listed,
    money,
    outcome,
    ratio,
    sentence,
)
from engine.events import Alternative, Comparison, CostStep
from engine.format import plural, signed

SHOWN_RATIO = 10.0
"""The cost ratio that is told beside an assumed one."""


def cost_beside(
    board: Board, arm: str, alternatives: Sequence[Alternative]
) -> list[Said]:
    """Say what the recommendation costs, and what is simpler than it."""
    choice = board.choice(arm)
    if choice.cost is None or not alternatives:
        return []
    costs, named = board.costs, SIMPLER
    text = f"Cost per 1,000 test rows: {money(choice.cost)}"
    if costs.classes:
        named = SIMPLER | {"default": f"calling the most probable class of `{CONTROL}`"}
    else:
        text += (
            f", where a miss costs {costs.cost_fn:.4g} and a false alarm "
            f"{costs.cost_fp:.4g}"
        )
    parts = [f"{text}."]
    for other in alternatives:
        begin = f"{sentence(named[other.name])} costs"
        if other.difference == 0:
            parts.append(f"{begin} the same.")
            continue
        more = "more" if other.difference < 0 else "less"
        interval = ""
        if other.ci is not None:
            low, high = sorted(-limit for limit in other.ci)
            interval = f" (95 % interval {signed(low, 1)} to {signed(high, 1)})"
        parts.append(
            f"{begin} {money(other.cost)}, {money(abs(other.difference))} "
            f"{more}{interval}."
        )
    return [Said("VRD112", " ".join(parts))]


def at_other_costs(board: Board, arm: str) -> list[Said]:
    """Say at which ratios of the costs another threshold is the one of least cost."""
    steps = board.evaluation(arm).cost_steps
    if board.aim != "cost" or not steps:
        return []
    here = _place(steps, board.costs.ratio)
    low = steps[here].ratio
    high = steps[here + 1].ratio if here + 1 < len(steps) else math.inf
    if high == math.inf:
        where = f"any cost ratio above {ratio(low)}"
    elif not low:
        where = f"cost ratios up to {ratio(high)}"
    else:
        where = f"cost ratios from {ratio(low)} to {ratio(high)}"
    parts = [f"The threshold is the same at {where}."]
    if not low < SHOWN_RATIO <= high:
        other = steps[_place(steps, SHOWN_RATIO)]
        counts = board.point(arm, "recommended").confusion
        positives = counts.fn + counts.tp
        parts.append(
            f"At {ratio(SHOWN_RATIO)} no row is called positive."
            if other is steps[0]
            else f"At {ratio(SHOWN_RATIO)} it is {other.threshold:.3g}: "
            f"{positives - other.fn:,} of {positives:,} positives, "
            f"{plural(other.fp, 'false alarm')}."
        )
    if here > 0 and len(steps) > 1 and steps[1].ratio > 0:
        parts.append(f"Below {ratio(steps[1].ratio)} no row is called positive.")
    return [Said("VRD113", " ".join(parts))]


def _place(steps: Sequence[CostStep], value: float) -> int:
    """Return the step that holds at a ratio: above its own, up to the next one's."""
    return max(k for k, step in enumerate(steps) if k == 0 or step.ratio < value)


def as_asked(board: Board, arm: str) -> list[Said]:
    """Say what came of what was asked for: a recall, a precision, alerts."""
    came = board.delivered(arm)
    if came is None:
        return []
    share = came.metric == "alerts"

    def told(value: float) -> str:
        return f"{100 * value:.3g} %" if share else f"{value:.3g}"

    if share and not board.aim.endswith("%"):
        counts = board.point(arm, "recommended").confusion
        text = (
            f"Asked for: at most {board.aim.partition('<=')[2]} alerts among the test "
            f"rows. It came to {counts.fp + counts.tp:,}."
        )
        return [Said("VRD114", text)]
    what = "alerts on at most" if share else f"a {came.metric} of at least"
    text = f"Asked for: {what} {told(came.asked)}{' of the rows' if share else ''}. "
    if came.value is None or came.ci is None:
        text += "On the test rows no row is called positive."
    else:
        low, high = map(told, came.ci)
        text += f"On the test rows it is {told(came.value)} "
        text += f"(95 % interval {low} to {high})."
    return [Said("VRD114", text)]


def statements(board: Board, changes: Sequence[Comparison | None]) -> list[Said]:
    """Say supported differences, the false alarms beside a recall."""
    said = []
    for c in changes:
        if c is None or not is_supported(c):
            continue
        better = is_better(c)
        text = (
            f"`{c.a}` is {'better' if better else 'worse'} than `{c.b}` in "
            f"{board.named(c)} ({figures(c)})"
        )
        if c.metric == "recall" and c.policy and not is_matched(c):
            one, base = board.point(c.a, c.policy), board.point(c.b, c.policy)
            text += f", with {alarms(one)} against {base.confusion.fp:,}"
        said.append(Said("VRD101" if better else "VRD102", f"{text}."))
    return said


def shown_worse(board: Board) -> list[Said]:
    """Name what arms are shown to be worse in, of what decides."""
    return statements(board, [c for a in board.others() for c in losses(board, a)])


def nobody_is_cheaper(board: Board) -> list[Said]:
    """Say that no arm is shown to be better in what is aimed at."""
    what = board.decided_by()[0]
    known = [c for a in board.others() if (c := board.difference(a, *what)) is not None]
    if not known or any(c in gains(board, c.a) for c in known):
        return []
    sign = 1 if what.metric in ("recall", "f1") else -1
    best = max(known, key=lambda c: (sign * c.difference, board.simplicity(c.a)))
    text = f"No arm is shown to be better than `{CONTROL}` in {board.named(best)}."
    if sign * best.difference > 0:
        text += f" The best of them on these rows is `{best.a}` ({figures(best)})."
    else:
        text += " No arm has a better figure on these rows."
    return [Said("VRD105", text)]


def by_class(board: Board) -> list[Said]:
    """Say in which classes an arm's recall differs, each class by itself."""
    told = [
        f"`{c.a}` {figures(c)}, class `{c.klass}`"
        for c in board.sorted()
        if c.klass is not None and c.policy == "default" and is_supported(c)
    ]
    if not told:
        return []
    return [Said("VRD116", f"Recall by class beside `{CONTROL}`: {'; '.join(told)}.")]


def rivals(board: Board, arm: str, names: Sequence[str]) -> list[Said]:
    """Say why it is this arm and not another."""
    controls = [a for a in board.others() if board.is_control(a)]
    tied = [n for n in names if n != arm and n not in controls]
    if board.is_control(arm):
        if not tied:
            return []
        text = (
            f"{arms(tied)} better than `{CONTROL}` as well, but not shown to differ "
            f"from `{arm}`, which changes no row and so is the simpler way."
        )
        return [Said("VRD103", text)]
    reasons = []
    if tied:
        text = (
            f"{arms(tied)} better than `{CONTROL}` as well; `{arm}` comes out ahead, "
            "which is no proof that it is better than they are."
        )
        reasons.append(Said("VRD103", text))
    for control in controls:
        known = (
            f"is better than `{CONTROL}` too, but less so than `{arm}`"
            if control in names
            else f"is not shown to be better than `{CONTROL}`"
        )
        reasons.append(Said("VRD104", f"`{control}`, the simpler way, {known}."))
    return reasons


def same_recall(board: Board) -> list[Said]:
    """Put `none` beside arms that find more at 0.5, at about their recall.

    They are the sampler and the control that find the most, of those that no other arm
    beats in both errors.
    """
    said = []
    names = [arm for arm in finds_more_at_half(board) if arm in board.matched]
    best = best_at_half(board, names)
    kinds = {board.is_control(arm): arm for arm in reversed(best)}
    for arm in (one for one in best if one in kinds.values()):
        point, there = board.matched[arm], board.point(arm, "default")
        text = (
            f"`{arm}` at 0.5 has {outcome(there)}. `{CONTROL}` at "
            f"{point.threshold:.3g}, where it has that recall out of fold, has "
            f"{outcome(point)}."
        )
        matched = [
            c
            for c in board.sorted()
            if c.a == arm
            and c.policy
            and c.metric == "false_positive_rate"
            and is_matched(c)
        ]
        text += "".join(
            f" In {board.named(c)} the two differ by {figures(c)}." for c in matched
        )
        said.append(Said("VRD107", text))
    if said:
        said.append(
            Said(
                "VRD106",
                "Balancing the classes raises the scores, which does at 0.5 much what "
                "a lower threshold does on the data as they are.",
            )
        )
    return said


def practically_same(board: Board) -> list[Said]:
    """Name the arms whose interval over the folds lies within the rope."""
    known = [c for a in board.others() if (c := board.fold(a, "average_precision"))]
    same = [
        c
        for c in known
        if c.folds >= FEWEST_FOLDS and -c.rope < c.ci[0] and c.ci[1] < c.rope
    ]
    if not same:
        return []
    text = (
        f"Over the {same[0].folds} folds {arms([c.a for c in same])} practically the "
        f"same as `{CONTROL}` in average precision: the 95 % interval of the "
        f"difference lies within ± {same[0].rope:.2g}."
    )
    return [Said("VRD109", text)]


def folds_agree(board: Board, arm: str) -> list[Said]:
    """Say that the folds agree with what an arm is better in."""
    said = []
    for c in gains(board, arm):
        over = board.fold(arm, c.metric)
        if over is not None:
            text = (
                f"The {over.folds} folds agree: {fold_figures(over)}; `{arm}` is "
                f"better there with a probability of {speaking_for(over):.2f}."
            )
            said.append(Said("VRD110", text))
    return said


def won_when_matched(board: Board, arm: str) -> list[Said]:
    """Say where an arm is better with all arms at one recall, or at equal alerts."""
    known = decisive(board, arm)
    won = [
        c
        for c in board.sorted()
        if c.a == arm and is_matched(c) and is_better(c) and c not in known
    ]
    return [Said("VRD111", said.text) for said in statements(board, won)]


def leading_when_matched(board: Board) -> str | None:
    """Name the arms ahead at equal recall or alerts, where `none` is kept."""
    aimed = board.decided_by()[0]
    ahead = [
        c
        for c in board.sorted()
        if is_matched(c) and is_better(c) and (c.metric, c.policy) != aimed
    ]
    if not ahead:
        return None
    first = ahead[0]
    named = listed(list(dict.fromkeys(c.a for c in ahead)))
    return (
        f"With all arms at one recall, or with equal alerts, the counts favour {named} "
        f"(`{first.a}`: {board.named(first)} {figures(first)}). That does not decide, "
        "and is one of many comparisons."
    )
