"""What a reader should hold against a verdict; each doubt is a rule of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.costs import Costs
from engine.evaluate.board import judged_classes
from engine.evaluate.rules import (
    CONTROL,
    FIXED,
    LEVEL,
    TOO_FEW,
    Board,
    is_better,
    is_supported,
    speaking_for,
    unconfirmed,
)
from engine.evaluate.words import (
    FEWEST_FOLDS,
    SIMPLER,
    arms,
    figures,
    fold_figures,
    half_width,
    listed,
    sentence,
)
from engine.events import (
    Advice,
    Alternative,
    ArmFailed,
    Sampled,
)

RANKING = "average_precision"
SAME = 0.95
_FEW = 400
ONE_SPLIT = (
    "There is one split: the intervals show what other test rows would have changed, "
    "not what other training rows or another search would have."
)
UNEQUAL_TRIALS = (
    "The arms were not tuned with the same number of trials; those with more had the "
    "better chance."
)
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


def few_positives(positives: int) -> str | None:
    """Doubt a verdict on fewer than 400 positives."""
    if positives >= _FEW:
        return None
    text = (
        f"Few positives: with {positives:,} positives a recall of 0.50 is known to "
        f"± {half_width(positives):.2f}."
    )
    if positives < TOO_FEW:
        text += " That is too few to compare arms."
    return text


def few_rows(board: Board) -> str | None:
    """Doubt a verdict on few rows of a class, and name the classes left out."""
    rows = {name: count for name, count in board.rows().items() if count}
    if not board.SEVERAL:
        return few_positives(rows["positives"]) if "positives" in rows else None
    label = min(rows, key=lambda name: (rows[name], name), default="")
    text = few_positives(rows[label]) if rows else None
    if text is None:
        return None
    text = text.replace("Few positives:", f"Few rows of class `{label}`:")
    text = text.replace("positives", "rows")
    inside = judged_classes(rows)
    left = [f"`{name}` ({rows[name]:,})" for name in rows if name not in inside]
    if left:
        text += " Arms are compared on the other classes; left out, with their test "
        text += f"rows: {', '.join(left)}."
    return text


def no_false_alarm(board: Board) -> str | None:
    """Say so if no arm has a false alarm at 0.5, though positives are found."""
    if board.SEVERAL:
        return None
    points = [board.point(arm, "default").confusion for arm in board.arms()]
    if len(points) < 3 or any(p.fp or not p.tp for p in points):
        return None
    return (
        f"None of the {len(points)} arms has a false alarm at 0.5: look at what "
        "the negative test rows are."
    )


def assumed_costs(costs: Costs) -> str | None:
    """Say that costs are an assumption, where nobody gave them.

    Examples
    --------
    >>> assumed_costs(Costs(cost_fn=54.43, cost_fp=1, assumed=True))[:72]
    'The costs are assumed: a miss counts 54.4 false alarms, as balancing the'
    """
    if not costs.assumed:
        return None
    if costs.classes:
        return (
            "The costs are assumed: a missed row counts the more, the rarer its class, "
            "as balancing the classes implies. Give yours (--cost-fn, --cost-fp)."
        )
    return (
        f"The costs are assumed: a miss counts {costs.ratio:.3g} false alarms, as "
        "balancing the classes implies. Give yours (--cost-fn, --cost-fp)."
    )


def a_sample(sampled: Sampled | None) -> str | None:
    """Doubt a verdict on a sample of the table; None of a whole one.

    Examples
    --------
    >>> a_sample(Sampled(rows=100_000, of=12_000_000))
    'These are 100,000 of the 12,000,000 rows: the whole table may say otherwise.'
    """
    if sampled is None:
        return None
    return (
        f"These are {sampled.rows:,} of the {sampled.of:,} rows: the whole table may "
        "say otherwise."
    )


def failed_arms(failed: Sequence[ArmFailed]) -> list[str]:
    """Name every arm that is missing, and why."""
    return [
        f"`{f.arm}` gave no result and was not compared: "
        f"{(f.message.splitlines() or ['no reason given'])[0].rstrip('.')}."
        for f in sorted(failed, key=lambda f: f.arm)
    ]


def broken_calibration(board: Board) -> str | None:
    """Name the arms whose scores are no longer probabilities, unlike `none`'s.

    That is: a Brier score more than a tenth above that of `none`; or odds off by
    a factor above 2 on the whole, or a slope outside 0.5 to 2, and further off
    than `none`.
    """
    base = board.evaluation(CONTROL).test
    broken = [board.evaluation(arm) for arm in board.others()]
    broken = [one for one in broken if _is_broken(one.test, base)]
    if not broken:
        return None
    named = ", ".join(
        f"`{one.arm}` (Brier {_number(one.test.get('brier'))})" for one in broken
    )
    cures = [
        f"`{one.arm}` by {_REPAIRS[after.method]} (Brier {_number(after.brier)})"
        for one in broken
        for after in one.calibration
        if after.method == one.repair and after.method in _REPAIRS
    ]
    return (
        f"The scores of {named} are no longer probabilities (`{CONTROL}`: Brier "
        f"{_number(base.get('brier'))}): do not read them as risks without "
        "recalibrating."
        + (f" What brings them back: {'; '.join(cures)}." if cures else "")
    )


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


def too_small_to_see(board: Board, policy: str) -> str | None:
    """Name the arms whose difference in recall so few positives would not show.

    At the policy if its threshold is not tuned, else at 0.5.
    """
    where = policy if policy in FIXED else FIXED[0]
    found = [
        d
        for d in board.detectable
        if d.policy == where
        and (change := board.difference(d.arm, "recall", where)) is not None
        and not is_supported(change)
        and abs(change.difference) < d.difference
    ]
    if not found:
        return None
    most = max(found, key=lambda d: d.difference)
    names = sorted((d.arm for d in found), key=board.simplicity)
    return (
        f"{sentence(board.at(where))} {arms(names)} not shown to differ in recall from "
        f"`{CONTROL}`, which says little: with {most.positives:,} positives a "
        f"difference below {most.difference:.2f} goes unseen more often than in one "
        "run of five."
    )


def disagreeing_folds(board: Board) -> str | None:
    """Say where folds and test rows do not say the same of the average precision."""
    told = []
    for arm in board.others():
        c, change = board.fold(arm, RANKING), board.difference(arm, RANKING, None)
        # A difference that is not confirmed has a doubt of its own.
        if c is None or change is None or is_supported(change):
            continue
        if c.folds < FEWEST_FOLDS or c.adjusted_p >= LEVEL:
            continue
        if max(c.better, c.worse) > SAME:
            word = "for" if c.better > c.worse else "against"
            told.append(
                f"The {c.folds} folds speak {word} `{arm}` ({fold_figures(c)}), which "
                "the test rows do not confirm; the folds also chose its settings."
            )
    return " ".join(told) or None


def luck_of_one_model(board: Board) -> str | None:
    """Name the differences on the test rows that the folds do not agree with."""
    told = []
    for arm in board.others():
        for c in unconfirmed(board, arm)[:1]:
            over = board.fold(arm, c.metric)
            assert over is not None
            side = "ahead of" if is_better(c) else "behind"
            agree = speaking_for(over)
            told.append(
                f"On these test rows `{arm}` is {side} `{CONTROL}` in {board.named(c)} "
                f"({figures(c)}). The {over.folds} folds do not confirm it "
                f"({fold_figures(over)}; probability "
                f"{agree if is_better(c) else 1 - agree:.2f}): it may be the luck of "
                "one trained model."
            )
    return " ".join(told) or None


def practically_same_though_adopted(board: Board, arm: str) -> str | None:
    """Say that the folds show no practical gain of an arm that is recommended."""
    c = board.fold(arm, RANKING)
    if c is None or c.same <= SAME:
        return None
    return (
        f"Over the {c.folds} folds {listed([arm])} is practically the same as "
        f"`{CONTROL}` in average precision (within ± {c.rope:.2g} with a probability "
        f"of {c.same:.2f})."
    )


def no_cheaper(board: Board, arm: str, simpler: Sequence[Alternative]) -> str | None:
    """Say which simpler decision the recommendation is not shown to be better than."""
    told = []
    for other in simpler:
        if other.name == "default" and arm == CONTROL and not other.difference:
            continue
        what = SIMPLER[other.name]
        if other.ci is None:
            told.append(
                f"With so few rows the recommendation is not shown to cost less than "
                f"{what}."
            )
        elif other.ci[1] < 0:
            continue
        elif other.ci[0] > 0:
            told.append(f"On the test rows {what} costs less.")
        elif other.difference or not board.is_nobody(arm, "recommended"):
            told.append(f"The recommendation is not shown to cost less than {what}.")
    return " ".join(told) or None


def without_skill(board: Board, arm: str) -> str | None:
    """Say that the recommended arm itself is not shown to rank better than chance."""
    if board.skill is None or not board.skill.shown or arm in board.skill.arms:
        return None
    return (
        f"`{arm}` itself is not shown to rank better than chance; "
        f"{arms(board.skill.arms)}."
    )


def best_of_trials(board: Board, arm: str, trials: int, cross: float) -> str | None:
    """Say that a cross-validated figure is that of the best of several trials."""
    found = board.evaluation(arm).test.get(RANKING)
    if trials < 2 or found is None or not cross > found:
        return None
    return (
        f"The cross-validated average precision of `{arm}`, {cross:.3f}, is that of "
        f"the best of {trials} trials and so tends to be too high. On the test rows it "
        f"is {found:.3f}."
    )


def suspicious(board: Board) -> str | None:
    """Say which figures are too good, or too much alike, to be true."""
    tests = {arm: board.evaluation(arm).test.get(RANKING) for arm in board.arms()}
    known = {arm: value for arm, value in tests.items() if value is not None}
    told = []
    top = max(known, key=known.__getitem__, default="")
    area = board.evaluation(top).test.get("roc_auc") if top else None
    both = known.get(top, 0.0), area or 0.0
    if min(both) >= TOO_GOOD and board.scarce() is None:
        told.append(
            f"`{top}` has an average precision of {known[top]:.3f}: look for a column "
            "that is known only after the outcome."
        )
    if len(known) > 2 and len(set(known.values())) == 1:
        told.append(
            f"All {len(known)} arms have the same average precision, "
            f"{known[top]:.3f}: look at what the test rows are."
        )
    return " ".join(told) or None


def equal_in_training(board: Board, arm: str) -> str | None:
    """Say what is left without the test rows that have an equal in training."""
    evaluated = board.evaluation(arm)
    unseen, whole = evaluated.unseen, evaluated.test.get(RANKING)
    if unseen is None or whole is None:
        return None
    counts = board.point(arm, "recommended").confusion
    rows = counts.tn + counts.fp + counts.fn + counts.tp
    begin = (
        f"{rows - unseen.rows:,} of the {rows:,} test rows have an equal among the "
        "training rows"
    )
    if unseen.average_precision is None:
        rest = "negatives" if unseen.positives else "positives"
        return (
            f"{begin}, among them all {rest}: how the arms do on new rows is not known."
        )
    if abs(unseen.average_precision - whole) < max(0.01, 0.1 * whole):
        return None
    return (
        f"{begin}. Without them the average precision of `{arm}` is "
        f"{unseen.average_precision:.3f}, with them {whole:.3f}."
    )


def advised(advice: Sequence[Advice]) -> list[tuple[str, str]]:
    """Turn advice about the data that touches the verdict into doubts."""
    return [
        (_ADVICE[a.code], f"{sentence(a.message)}. What to do: {a.remedy}.")
        for a in advice
        if a.code in _ADVICE
    ]
