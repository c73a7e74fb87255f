"""What a reader should hold against a verdict; each doubt is a rule of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.costs import Costs
from engine.evaluate import rules, words
from engine.evaluate.board import CONTROL, TOO_FEW, Board, compared_classes
from engine.evaluate.verdict_codes import Remark, join_remarks, say
from engine.events import Advice, ArmFailed
from engine.outcome import Alternative

RANKING = "average_precision"
SAME = 0.95
_FEW = 400
TOO_GOOD = 0.98
_ADVICE = {
    "IMB012": "VRD214",
    "IMB019": "VRD215",
    "IMB029": "VRD214",
    "IMB030": "VRD216",
}
_REPAIRS = {
    "prior": "shifting the odds back to the prevalence",
    "platt": "Platt's method",
    "isotonic": "isotonic regression",
}


def few_rows(board: Board) -> Remark | None:
    """Doubt a verdict on fewer than 400 rows of a class; name the classes left out."""
    rows = {name: count for name, count in board.rows().items() if count}
    name, what, noun = "positives", "positives", "positives"
    if board.MULTICLASS:
        name = min(rows, key=lambda name: (rows[name], name), default="")
        what, noun = f"rows of class `{name}`", "rows"
    many = rows.get(name, _FEW)
    if many >= _FEW:
        return None
    told = [say("VRD201", what=what, noun=noun, rows=many, half=words.half_width(many))]
    if many < TOO_FEW:
        told.append(say("VRD201", "fewer"))
    inside = compared_classes(rows) if board.MULTICLASS else tuple(rows)
    left = [f"`{name}` ({rows[name]:,})" for name in rows if name not in inside]
    if left:
        told.append(say("VRD201", "others", names=", ".join(left)))
    return join_remarks(told)


def no_false_alarm(board: Board) -> Remark | None:
    """Say so if no arm has a false alarm at 0.5, though positives are found."""
    if board.MULTICLASS:
        return None
    points = [board.point(arm, "default").confusion for arm in board.arms()]
    if len(points) < 3 or any(p.fp or not p.tp for p in points):
        return None
    return say("VRD214", "alarms", arms=len(points))


def assumed_costs(costs: Costs) -> Remark | None:
    """Say that costs are an assumption, where nobody gave them.

    Examples
    --------
    >>> assumed_costs(Costs(cost_fn=54.43, cost_fp=1, assumed=True)).text[:72]
    'The costs are assumed: a miss counts 54.4 false alarms, as balancing the'
    """
    if not costs.assumed:
        return None
    which = "classes" if costs.classes else "two"
    return say("VRD202", which, ratio=costs.ratio)


def failed_arms(failed: Sequence[ArmFailed]) -> list[Remark]:
    """Name every arm that is missing, and why."""
    return [
        say(
            "VRD205",
            arm=f.arm,
            why=(f.message.splitlines() or ["no reason given"])[0].rstrip("."),
        )
        for f in sorted(failed, key=lambda f: f.arm)
    ]


def broken_calibration(board: Board) -> Remark | None:
    """Name the arms whose scores are no longer probabilities, unlike `untreated`'s.

    They are if the Brier score is more than a tenth above; or the odds are off by more
    than a factor of 2 on the whole, or the slope is, and further off than that of
    `untreated`.
    """
    base = board.evaluation(CONTROL).test
    broken = [board.evaluation(arm) for arm in board.others()]
    broken = [one for one in broken if _is_broken(one.test, base)]
    if not broken:
        return None
    named = ", ".join(
        f"`{one.arm}` (Brier {_number(one.test.get('brier'))})" for one in broken
    )
    repairs = [
        f"`{one.arm}` by {_REPAIRS[after.method]} (Brier {_number(after.brier)})"
        for one in broken
        for after in one.calibration
        if after.method == one.repair and after.method in _REPAIRS
    ]
    told = [say("VRD207", arms=named, brier=_number(base.get("brier")))]
    if repairs:
        told.append(say("VRD207", "repair", repairs="; ".join(repairs)))
    return join_remarks(told)


def _is_broken(test: dict[str, float | None], base: dict[str, float | None]) -> bool:
    brier, least = test.get("brier"), base.get("brier")
    if brier is not None and least is not None and brier > 1.1 * least:
        return True
    off = ((far(test), far(base)) for far in (_shift, _stretch))
    return any(here > math.log(2) and here > there for here, there in off)


def _shift(test: dict[str, float | None]) -> float:
    """Return how far scores are off on the whole, in log-odds."""
    value = test.get("calibration_in_the_large")
    if value is None:
        value = test.get("calibration_intercept")
    return abs(value or 0.0)


def _stretch(test: dict[str, float | None]) -> float:
    """Return how far the slope is from 1, as a factor on the log scale."""
    slope = test.get("calibration_slope")
    if slope is None:
        return 0.0
    return abs(math.log(slope)) if slope > 0 else math.inf


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def too_small_to_see(board: Board) -> Remark | None:
    """Name the arms whose difference in recall so few positives would not show."""
    found = [
        d
        for d in board.detectable
        if d.at == "default"
        and (change := board.difference(d.arm, "recall", "default")) is not None
        and not rules.is_supported(change)
        and abs(change.difference) < d.difference
    ]
    if not found:
        return None
    most = max(found, key=lambda d: d.difference)
    names = sorted((d.arm for d in found), key=board.simplicity)
    return say(
        "VRD208",
        at=words.sentence(board.at("default")),
        arms=words.arms(names),
        positives=most.positives,
        difference=most.difference,
    )


def disagreeing_folds(board: Board) -> Remark | None:
    """Say where folds and test rows do not say the same of the average precision."""
    told = []
    for arm in board.others():
        c, change = board.fold(arm, RANKING), board.difference(arm, RANKING, None)
        # A difference that is not confirmed has a doubt of its own.
        if c is None or change is None or rules.is_supported(change):
            continue
        if c.folds < words.FEWEST_FOLDS or c.adjusted_p >= rules.LEVEL:
            continue
        if max(c.better, c.worse) > SAME:
            side = "for" if c.better > c.worse else "against"
            over = words.fold_figures(c)
            told.append(say("VRD209", folds=c.folds, side=side, arm=arm, figures=over))
    return join_remarks(told)


def luck_of_one_model(board: Board) -> Remark | None:
    """Name the differences on the test rows that the folds do not agree with."""
    told = []
    for arm in board.others():
        for c in rules.unconfirmed(board, arm)[:1]:
            over = board.fold(arm, c.metric)
            assert over is not None
            better, agree = rules.is_better(c), rules.speaking_for(over)
            said = say(
                "VRD213",
                **board.describe(c),
                side="ahead of" if better else "behind",
                folds=over.folds,
                over=words.fold_figures(over),
                agree=agree if better else 1 - agree,
            )
            told.append(said)
    return join_remarks(told)


def practically_same_though_adopted(board: Board, arm: str) -> Remark | None:
    """Say that the folds show no practical gain of an arm that is recommended."""
    c = board.fold(arm, RANKING)
    if c is None or c.same <= SAME:
        return None
    return say("VRD212", folds=c.folds, arm=arm, rope=c.rope, same=c.same)


def no_cheaper(board: Board, arm: str, simpler: Sequence[Alternative]) -> Remark | None:
    """Say which simpler decision the recommendation is not shown to be better than."""
    told = []
    for other in simpler:
        if other.name == "default" and arm == CONTROL and not other.difference:
            continue
        if other.ci is None:
            which = "few"
        elif other.ci[1] < 0:
            continue
        elif other.ci[0] > 0:
            which = "less"
        elif other.difference or not board.predicts_none(arm, "recommended"):
            which = "same"
        else:
            continue
        told.append(say("VRD210", which, what=words.SIMPLER[other.name]))
    return join_remarks(told)


def without_skill(board: Board, arm: str) -> Remark | None:
    """Say that the recommended arm itself is not shown to rank better than chance."""
    if board.skill is None or not board.skill.shown or arm in board.skill.arms:
        return None
    return say("VRD219", arm=arm, arms=words.arms(board.skill.arms))


def best_of_trials(board: Board, arm: str, trials: int, cross: float) -> Remark | None:
    """Say that a cross-validated figure is that of the best of several trials."""
    found = board.evaluation(arm).test.get(RANKING)
    if trials < 2 or found is None or not cross > found:
        return None
    return say("VRD217", arm=arm, cross=cross, trials=trials, found=found)


def suspicious(board: Board) -> Remark | None:
    """Say which figures are too good, or too much alike, to be true."""
    tests = {arm: board.evaluation(arm).test.get(RANKING) for arm in board.arms()}
    known = {arm: value for arm, value in tests.items() if value is not None}
    if not known:
        return None
    told = []
    top = max(known, key=known.__getitem__)
    area = board.evaluation(top).test.get("roc_auc") or 0.0
    if min(known[top], area) >= TOO_GOOD and board.scarce() is None:
        told.append(say("VRD214", "high", arm=top, value=known[top]))
    if len(known) > 2 and len(set(known.values())) == 1:
        told.append(say("VRD214", "alike", arms=len(known), value=known[top]))
    return join_remarks(told)


def equal_in_training(board: Board, arm: str) -> Remark | None:
    """Say what is left without the test rows that have an equal in training."""
    evaluated = board.evaluation(arm)
    unseen, whole = evaluated.unseen, evaluated.test.get(RANKING)
    if unseen is None or whole is None:
        return None
    counts = board.point(arm, "recommended").confusion
    rows = counts.tn + counts.fp + counts.fn + counts.tp
    without, equal = unseen.average_precision, rows - unseen.rows
    if without is None:
        rest = "negatives" if unseen.positives else "positives"
        return say("VRD218", "all", equal=equal, rows=rows, rest=rest)
    if abs(without - whole) < max(0.01, 0.1 * whole):
        return None
    return say("VRD218", equal=equal, rows=rows, arm=arm, without=without, whole=whole)


def advised(advice: Sequence[Advice]) -> list[Remark]:
    """Turn advice about the data that touches the verdict into doubts."""
    return [
        Remark(_ADVICE[a.code], f"{words.sentence(a.message)}. What to do: {a.fix}.")
        for a in advice
        if a.code in _ADVICE
    ]
