"""The reasons of a verdict, and its limits: each doubt is a rule of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import UnsetType

from engine.core.costs import METRICS, Costs
from engine.core.curve import step_at
from engine.core.events import Advice, ArmFailed, ThinCheck, Thinned
from engine.core.format import plural, share, signed, to_one
from engine.core.outcome import Alternative, Comparison, Remark
from engine.core.points import parse
from engine.core.repeated_splits import FEW_FOR_ONE_SPLIT
from engine.core.sections import NEGATIVES
from engine.core.views.calibration import REPAIRS
from engine.core.views.comparisons import FEWEST_FOLDS, LEVEL
from engine.evaluate.board import TOO_FEW, Board, compared_classes
from engine.evaluate.verdict import rules, words
from engine.evaluate.verdict.words import join_remarks, say

RANKED_BY = "average_precision"
SHOWN_RATIO = 10.0
"""The cost ratio that is shown beside another one."""
SAME = 0.95
_FEW = 400
TOO_GOOD = 0.98
GENTLE = 0.8
"""A slope from here to its inverse is one of scores that can be read as risks."""
_ADVICE = {
    "IMB012": "VRD214",
    "IMB019": "VRD215",
    "IMB029": "VRD214",
    "IMB030": "VRD216",
}


# Reasons ----------------------------------------------------------------------------


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
            "fixed": f"predicting the most probable class of `{board.control}`"
        }
        remarks = [say("VRD112", "classes", cost=cost)]
    else:
        pair = {"cost_fn": costs.cost_fn, "cost_fp": costs.cost_fp}
        which = "there" if costs.prevalence else "two"
        which = f"{which}_column" if costs.column else which
        there = {"prevalence": share(costs.prevalence or 0.0, 1)}
        column = {"column": costs.column or ""}
        remarks = [
            say("VRD112", which, cost=cost, **there, **pair, **column),
            *words.amounts(board.point(arm, "recommended"), costs.column),
        ]
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
        say("VRD113", "mean") if board.costs.column else None,
        shown,
        say("VRD113", "below", ratio=to_one(steps[1].ratio)) if below else None,
    )


def at_prevalence(board: Board) -> Remark | None:
    """Say what is counted at the prevalence in use, and what is not."""
    there, rows = board.costs.prevalence, board.rows()
    if not there:
        return None
    return say(
        "VRD122",
        prevalence=share(there, 1),
        test=share(rows["positives"], sum(rows.values())),
    )


def requested_value(board: Board, arm: str) -> Remark | None:
    """Compare a requested recall, precision or alerts with what was delivered."""
    result = None if board.MULTICLASS else board.point(arm, "recommended").delivered
    if result is None:
        return None
    of_rows = result.metric == "alerts"

    def number(value: float) -> str:
        return f"{100 * value:.3g} %" if of_rows else f"{value:.3g}"

    aimed = parse(board.aim)
    if of_rows and not aimed.share and not board.costs.prevalence:
        counts, most = board.point(arm, "recommended").confusion, f"{aimed.number:.0f}"
        return say("VRD114", "alerts", most=most, alerts=counts.fp + counts.tp)
    what = f"a {result.metric} of at least {number(result.requested)}"
    if of_rows:
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
    best = rules.best(board, known)
    better = (best.difference > 0) == METRICS[best.metric].more
    which = "best" if best.difference and better else "no"
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
    """Compare the control with arms that find more at 0.5, at about their recall.

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
    known = [c for a in board.others() if (c := board.fold(a, RANKED_BY))]
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
    """Name the arms ahead at equal recall or alerts, where the control is kept."""
    aimed = board.deciding_metrics()[0]
    ahead = [c for c in _ahead(board) if (c.metric, c.at) != aimed]
    if not ahead:
        return None
    arms = words.quote_names(list(dict.fromkeys(c.a for c in ahead)))
    return say("VRD211", arms=arms, **board.describe(ahead[0]))


def _ahead(board: Board) -> list[Comparison]:
    return [c for c in board.in_order() if rules.is_matched(c) and rules.is_better(c)]


# Doubts -----------------------------------------------------------------------------


def few_rows(board: Board) -> Remark | None:
    """Doubt a verdict on fewer than 400 rows of a class; name the classes left out."""
    rows = {name: count for name, count in board.rows().items() if count}
    name, what, noun = "positives", "positives", "positive"
    if board.MULTICLASS:
        name = min(rows, key=lambda name: (rows[name], name), default="")
        what, noun = f"rows of class `{name}`", "row"
    many = rows.get(name, _FEW)
    if many >= _FEW:
        return None
    inside = compared_classes(rows) if board.MULTICLASS else tuple(rows)
    excluded = [f"`{name}` ({rows[name]:,})" for name in rows if name not in inside]
    return join_remarks(
        say("VRD201", what=what, count=plural(many, noun), half=words.half_width(many)),
        say("VRD201", "fewer") if many < TOO_FEW else None,
        say("VRD201", "others", names=", ".join(excluded)) if excluded else None,
    )


def few_for_one_split(board: Board, rarest: int | None) -> Remark | None:
    """Ask for several splits of a table with fewer than 50 positives."""
    if rarest is None or rarest >= FEW_FOR_ONE_SPLIT:
        return None
    what = "rows of its rarest class" if board.MULTICLASS else "positives"
    return say("VRD223", positives=rarest, what=what)


def not_at_half(board: Board, arm: str) -> Remark | None:
    """Say so if an arm finds less than half of its positives at 0.5."""
    if board.MULTICLASS:
        return None
    own, half = (board.point(arm, at).confusion for at in ("recommended", "fixed"))
    if 2 * half.tp >= own.tp:
        return None
    values = {"arm": arm, "found": half.tp, "positives": half.tp + half.fn}
    return say("VRD220", "fewer" if half.tp else "none", **values)


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
    which = "classes" if costs.classes else "there" if costs.prevalence else "two"
    return say("VRD202", which, ratio=costs.ratio)


def failed_arms(failed: Sequence[ArmFailed]) -> list[Remark]:
    """Name every failed arm, and why it failed."""
    lines = {f.arm: f.message.splitlines() or ["no reason given"] for f in failed}
    return [
        say("VRD205", arm=arm, why=lines[arm][0].rstrip(".")) for arm in sorted(lines)
    ]


def broken_calibration(board: Board, arms: Sequence[str]) -> Remark | None:
    """Name those of some arms whose scores are not probabilities, unlike the control's.

    They are if the Brier score is more than a tenth above; or the odds are off by more
    than a factor of 2 on the whole, or the slope is, and further off than that of
    the control.
    """
    base = board.evaluation(board.control).test
    broken = [e for e in map(board.evaluation, arms) if _is_broken(e.test, base)]
    if not broken:
        return None
    named = ", ".join(
        f"`{e.arm}` (Brier {_number(e.test.get('brier'))})" for e in broken
    )
    repairs = [
        f"`{e.arm}` by {REPAIRS[after.method].reason} (Brier {_number(after.brier)})"
        for e in broken
        for after in e.calibration
        if after.method == e.repair and REPAIRS[after.method].reason
    ]
    return join_remarks(
        say("VRD207", arms=named, brier=_number(base.get("brier"))),
        say("VRD207", "repair", repairs="; ".join(repairs)) if repairs else None,
    )


def left_out(
    board: Board, thinned: Thinned | UnsetType, check: ThinCheck | None
) -> Remark | None:
    """Say on how many negatives models were fitted, and what more would change."""
    if not isinstance(thinned, Thinned):
        return None
    first = say("VRD221", kept=thinned.kept, of=thinned.of, ratio=thinned.ratio)
    few = say("VRD221", "few", usual=NEGATIVES) if thinned.ratio < NEGATIVES else None
    if check is None or check.difference is None or check.ci is None:
        return join_remarks(first, few, say("VRD221", "untested"))
    low, high = check.ci
    found = say(
        "VRD221",
        "harm" if low > 0 else "same",
        more=check.ratio,
        arm=check.arm,
        difference=signed(check.difference, 4),
        low=signed(low, 4),
        high=signed(high, 4),
    )
    slope, other = check.slopes
    if slope is None or GENTLE <= slope <= 1 / GENTLE:
        return join_remarks(first, few, found)
    slopes = {"slope": slope, "more": check.ratio, "other": other or math.nan}
    own = [e.repair for e in board.evaluations if e.arm == check.arm]
    how = "".join(REPAIRS[repair].reason for repair in own)
    repair = say("VRD221", "repair", how=how) if how else None
    return join_remarks(first, few, found, say("VRD221", "slope", **slopes), repair)


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
        c, change = board.fold(arm, RANKED_BY), board.difference(arm, RANKED_BY, None)
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
    c = board.fold(arm, RANKED_BY)
    if c is None or c.same <= SAME:
        return None
    return say("VRD212", folds=c.folds, arm=arm, rope=c.rope, same=c.same)


def no_cheaper(board: Board, arm: str, simpler: Sequence[Alternative]) -> Remark | None:
    """Say which simpler decision the recommendation is not shown to be better than."""
    names: dict[str, list[str]] = {}
    for other in simpler:
        if other.name == "fixed" and arm == board.control and not other.difference:
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
    tested = board.evaluation(arm).test.get(RANKED_BY)
    if trials < 2 or tested is None or not cross > tested:
        return None
    return say("VRD217", arm=arm, cross=cross, trials=trials, found=tested)


def suspicious(board: Board) -> Remark | None:
    """Name figures that are too good, or too much alike, to be true."""
    tests = {arm: board.evaluation(arm).test.get(RANKED_BY) for arm in board.arms()}
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
    unseen, whole = evaluated.unseen, evaluated.test.get(RANKED_BY)
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
