"""Why a verdict says what it says: supported differences, rivals, the folds."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluate.rules import (
    CONTROL,
    DECISIVE,
    Board,
    is_better,
    is_matched,
    is_supported,
    is_worse,
)
from engine.evaluate.words import (
    Said,
    alarms,
    arms,
    figures,
    fold_figures,
    listed,
    sentence,
    share,
    threshold,
    wilson,
)
from engine.events import Comparison, OperatingPoint

__all__ = [
    "SAME",
    "at_the_prevalence",
    "folds_agree",
    "leading_when_matched",
    "losses",
    "nobody_is_cheaper",
    "practically_same",
    "rivals",
    "statements",
    "that_decide",
    "won_when_matched",
]

SAME = 0.95
RANKING = "average_precision"


def that_decide(board: Board) -> list[Comparison]:
    """Return the comparisons that decide."""
    return [c for c in board.sorted() if (c.metric, c.policy) in DECISIVE]


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


def losses(board: Board) -> list[Said]:
    """Name what arms are supported as worse in, of what decides."""
    return statements(board, [c for c in that_decide(board) if is_worse(c)])


def nobody_is_cheaper(board: Board) -> list[Said]:
    """Name the arm of least cost, if it is not shown to be cheaper."""
    changes = [board.difference(a, "cost_per_1000", "cost") for a in board.others()]
    known = [c for c in changes if c is not None]
    if not known or any(map(is_better, known)):
        return []
    best = min(known, key=lambda c: (c.difference, board.simplicity(c.a)))
    text = (
        f"{sentence(board.at('cost'))} no arm is shown to be cheaper than `{CONTROL}`; "
        f"the cheapest of them is `{best.a}` (cost per 1,000 rows {figures(best)})."
    )
    return [Said("VRD105", text)]


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


def at_the_prevalence(board: Board, arm: str) -> list[Said]:
    """Say what `none` finds at the prevalence, beside the arm at 0.5."""
    if "prevalence" not in board.moved():
        return []
    point, there = board.point(CONTROL, "prevalence"), board.point(arm, "default")
    found, rows = point.confusion.tp, point.confusion.tp + point.confusion.fn
    recall = share(found, rows)
    text = (
        f"With its threshold at the prevalence, {threshold(point)}, `{CONTROL}` finds "
        f"{found:,} of {rows:,} ({recall}) with {alarms(point)}"
    )
    other = f"{there.confusion.tp:,} with {there.confusion.fp:,}"
    if _about(point, there):
        text += f": about as many as `{arm}` at 0.5, which finds {other}."
    else:
        text += f", where `{arm}` at 0.5 finds {other}."
    return [Said("VRD107", text)]


def _about(point: OperatingPoint, there: OperatingPoint) -> bool:
    """Tell whether the other's recall lies in the interval of the one's."""
    counts, other = point.confusion, there.confusion
    low, high = wilson(counts.tp, counts.tp + counts.fn)
    return low <= other.tp / (other.tp + other.fn) <= high


def practically_same(board: Board) -> list[Said]:
    """Name the arms that the folds show to be the same in practice."""
    known = [c for a in board.others() if (c := board.fold(a, RANKING)) is not None]
    same = [c for c in known if c.same > SAME]
    if not same:
        return []
    text = (
        f"Over the {same[0].folds} folds {arms([c.a for c in same])} practically the "
        f"same as `{CONTROL}` in average precision: within ± {same[0].rope:g} with a "
        f"probability above {SAME:g}."
    )
    return [Said("VRD109", text)]


def folds_agree(board: Board, arm: str) -> list[Said]:
    """Say that the folds speak for an arm as well, if they do."""
    c = board.fold(arm, RANKING)
    if c is None or c.better <= 0.5:
        return []
    text = (
        f"The {c.folds} folds speak for `{arm}` as well: {fold_figures(c)}; the "
        f"probability that it is better by more than {c.rope:g} is {c.better:.2f}."
    )
    return [Said("VRD110", text)]


def won_when_matched(board: Board, arm: str) -> list[Said]:
    """Say where an arm is better with all arms at one recall, or at equal alerts."""
    won = [c for c in board.sorted() if c.a == arm and is_matched(c) and is_better(c)]
    return [Said("VRD111", said.text) for said in statements(board, won)]


def leading_when_matched(board: Board) -> str | None:
    """Name the arms ahead at equal recall or alerts, where `none` is kept."""
    ahead = [c for c in board.sorted() if is_matched(c) and is_better(c)]
    if not ahead:
        return None
    first = ahead[0]
    named = listed(list(dict.fromkeys(c.a for c in ahead)))
    return (
        f"With all arms at one recall, or at so many alerts, the counts favour {named} "
        f"(`{first.a}`: {board.named(first)} {figures(first)}). That does not decide, "
        "and is one of many things looked at."
    )
