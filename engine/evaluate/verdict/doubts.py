"""The limits of a verdict: each doubt is a rule of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.core.costs import Costs
from engine.core.events import Advice, ArmFailed
from engine.core.outcome import Alternative, Remark
from engine.core.views.calibration import REPAIRS
from engine.core.views.comparisons import FEWEST_FOLDS, LEVEL
from engine.evaluate.board import CONTROL, TOO_FEW, Board, compared_classes
from engine.evaluate.verdict import rules, words
from engine.evaluate.verdict.words import join_remarks, say

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
    inside = compared_classes(rows) if board.MULTICLASS else tuple(rows)
    excluded = [f"`{name}` ({rows[name]:,})" for name in rows if name not in inside]
    return join_remarks(
        say("VRD201", what=what, noun=noun, rows=many, half=words.half_width(many)),
        say("VRD201", "fewer") if many < TOO_FEW else None,
        say("VRD201", "others", names=", ".join(excluded)) if excluded else None,
    )


def no_false_alarm(board: Board) -> Remark | None:
    """Say so if no arm has a false alarm at 0.5, though positives are found."""
    if board.MULTICLASS:
        return None
    points = [board.point(arm, "fixed").confusion for arm in board.arms()]
    if len(points) < 3 or any(p.fp or not p.tp for p in points):
        return None
    return say("VRD214", "alarms", arms=len(points))


def assumed_costs(costs: Costs) -> Remark | None:
    """Say that costs are assumed, if none were given.

    Examples
    --------
    >>> assumed_costs(Costs(cost_fn=54.43, cost_fp=1, assumed=True)).text[:72]
    'Assumed costs: a miss counts 54.4 false alarms, as balancing the classes'
    """
    if not costs.assumed:
        return None
    which = "classes" if costs.classes else "two"
    return say("VRD202", which, ratio=costs.ratio)


def failed_arms(failed: Sequence[ArmFailed]) -> list[Remark]:
    """Name every failed arm, and why it failed."""
    lines = {f.arm: f.message.splitlines() or ["no reason given"] for f in failed}
    return [
        say("VRD205", arm=arm, why=lines[arm][0].rstrip(".")) for arm in sorted(lines)
    ]


def broken_calibration(board: Board) -> Remark | None:
    """Name the arms whose scores are no longer probabilities, unlike `untreated`'s.

    They are if the Brier score is more than a tenth above; or the odds are off by more
    than a factor of 2 on the whole, or the slope is, and further off than that of
    `untreated`.
    """
    base = board.evaluation(CONTROL).test
    broken = [board.evaluation(arm) for arm in board.others()]
    broken = [e for e in broken if _is_broken(e.test, base)]
    if not broken:
        return None
    arms = ", ".join(
        f"`{e.arm}` (Brier {_number(e.test.get('brier'))})" for e in broken
    )
    repairs = [
        f"`{e.arm}` by {REPAIRS[after.method].reason} (Brier {_number(after.brier)})"
        for e in broken
        for after in e.calibration
        if after.method == e.repair and REPAIRS[after.method].reason
    ]
    return join_remarks(
        say("VRD207", arms=arms, brier=_number(base.get("brier"))),
        say("VRD207", "repair", repairs="; ".join(repairs)) if repairs else None,
    )


def _is_broken(test: dict[str, float | None], base: dict[str, float | None]) -> bool:
    brier, least = test.get("brier"), base.get("brier")
    if brier is not None and least is not None and brier > 1.1 * least:
        return True
    errors = zip(_calibration_errors(test), _calibration_errors(base), strict=True)
    return any(own > max(math.log(2), control) for own, control in errors)


def _calibration_errors(test: dict[str, float | None]) -> tuple[float, float]:
    """Return the errors, in log-odds, of the scores on the whole and of their slope."""
    shift = test.get("calibration_in_the_large")
    if shift is None:
        shift = test.get("calibration_intercept")
    slope = test.get("calibration_slope")
    stretch = 0.0 if slope is None else math.inf
    if slope is not None and slope > 0:
        stretch = abs(math.log(slope))
    return abs(shift or 0.0), stretch


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def too_small_to_see(board: Board) -> Remark | None:
    """Name the arms whose difference in recall so few positives would not show."""
    unseen = [
        d
        for d in board.detectable
        if d.at == "fixed"
        and (change := board.difference(d.arm, "recall", "fixed")) is not None
        and not rules.is_supported(change)
        and abs(change.difference) < d.difference
    ]
    if not unseen:
        return None
    most = max(unseen, key=lambda d: d.difference)
    names = sorted((d.arm for d in unseen), key=board.simplicity)
    return say(
        "VRD208",
        at=words.sentence(board.at("fixed")),
        arms=words.arms(names),
        positives=most.positives,
        difference=most.difference,
    )


def disagreeing_folds(board: Board) -> Remark | None:
    """Say where folds and test rows disagree in the average precision."""
    remarks = []
    for arm in board.others():
        c, change = board.fold(arm, RANKING), board.difference(arm, RANKING, None)
        # A difference that is not confirmed has a doubt of its own.
        if c is None or change is None or rules.is_supported(change):
            continue
        if c.folds < FEWEST_FOLDS or c.adjusted_p >= LEVEL:
            continue
        if max(c.better, c.worse) > SAME:
            side = "for" if c.better > c.worse else "against"
            over = words.fold_figures(c)
            remarks.append(
                say("VRD209", folds=c.folds, side=side, arm=arm, figures=over)
            )
    return join_remarks(*remarks)


def luck_of_one_model(board: Board) -> Remark | None:
    """Name the differences on the test rows that the folds do not confirm."""
    remarks = []
    for arm in board.others():
        for c in rules.unconfirmed_differences(board, arm)[:1]:
            over = board.fold(arm, c.metric)
            assert over is not None
            better, agree = rules.is_better(c), rules.probability_better(over)
            remarks.append(
                say(
                    "VRD213",
                    **board.describe(c),
                    side="ahead of" if better else "behind",
                    folds=over.folds,
                    over=words.fold_figures(over),
                    agree=agree if better else 1 - agree,
                )
            )
    return join_remarks(*remarks)


def practically_same_though_adopted(board: Board, arm: str) -> Remark | None:
    """Say that the folds show no practical gain of an arm that is recommended."""
    c = board.fold(arm, RANKING)
    if c is None or c.same <= SAME:
        return None
    return say("VRD212", folds=c.folds, arm=arm, rope=c.rope, same=c.same)


def no_cheaper(board: Board, arm: str, simpler: Sequence[Alternative]) -> Remark | None:
    """Say which simpler decision the recommendation is not shown to be better than."""
    names: dict[str, list[str]] = {}
    for other in simpler:
        if other.name == "fixed" and arm == CONTROL and not other.difference:
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
        names.setdefault(which, []).append(words.SIMPLER[other.name])
    joints = {"less": " and "}
    return join_remarks(
        *(
            say("VRD210", which, what=joints.get(which, " or ").join(decisions))
            for which, decisions in names.items()
        )
    )


def without_skill(board: Board, arm: str) -> Remark | None:
    """Say that the recommended arm is not shown to rank better than chance."""
    if board.skill is None or not board.skill.shown or arm in board.skill.arms:
        return None
    return say("VRD219", arm=arm, arms=words.arms(board.skill.arms))


def best_of_trials(board: Board, arm: str, trials: int, cross: float) -> Remark | None:
    """Say that a cross-validated figure is that of the best of several trials."""
    tested = board.evaluation(arm).test.get(RANKING)
    if trials < 2 or tested is None or not cross > tested:
        return None
    return say("VRD217", arm=arm, cross=cross, trials=trials, found=tested)


def suspicious(board: Board) -> Remark | None:
    """Name figures that are too good, or too much alike, to be true."""
    tests = {arm: board.evaluation(arm).test.get(RANKING) for arm in board.arms()}
    known = {arm: value for arm, value in tests.items() if value is not None}
    if not known:
        return None
    top = max(known, key=known.__getitem__)
    area, best = board.evaluation(top).test.get("roc_auc") or 0.0, known[top]
    high = min(best, area) >= TOO_GOOD and board.scarce() is None
    alike = len(known) > 2 and len(set(known.values())) == 1
    return join_remarks(
        say("VRD214", "high", arm=top, value=best) if high else None,
        say("VRD214", "alike", arms=len(known), value=best) if alike else None,
    )


def equal_in_training(board: Board, arm: str) -> Remark | None:
    """Give the figures without the test rows that have an equal training row."""
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


def data_doubts(advice: Sequence[Advice]) -> list[Remark]:
    """Turn advice about the data that touches the verdict into doubts."""
    return [
        Remark(_ADVICE[a.code], f"{words.sentence(a.message)}. What to do: {a.fix}.")
        for a in advice
        if a.code in _ADVICE
    ]
