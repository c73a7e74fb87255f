"""What a reader should hold against a verdict; each doubt is a rule of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from engine.evaluate.rules import CONTROL, Board
from engine.events import ArmFailed, Sampled

__all__ = [
    "a_sample",
    "assumed_costs",
    "broken_calibration",
    "failed_arms",
    "few_positives",
    "half_width",
    "single_split",
    "unequal_budget",
]

_FEW = 400
_TOO_FEW = 20


def half_width(positives: int) -> float:
    """Return how well a recall of 0.50 is known at best.

    Parameters
    ----------
    positives : int
        Positives in the test rows, at least 1.

    Returns
    -------
    float
        Half the width of Wilson's 95 % interval around one half [1]_.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> round(half_width(161), 2)
    0.08
    """
    z = NormalDist().inv_cdf(0.975)
    return z / (2 * math.sqrt(positives + z * z))


def few_positives(positives: int) -> str | None:
    """Doubt a verdict on fewer than 400 positives."""
    if positives >= _FEW:
        return None
    text = (
        f"Few positives: with {positives:,} positives a recall of 0.50 is known to "
        f"± {half_width(positives):.2f}."
    )
    if positives < _TOO_FEW:
        text += " That is too few to tell arms apart; collect more before you choose."
    return text


def assumed_costs(cost_fn: float, cost_fp: float) -> str:
    """Say that costs are an assumption, always."""
    return (
        f"The costs are an assumption: a missed positive counts {cost_fn / cost_fp:g} "
        "times a false alarm. Other costs can change the choice."
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


def single_split() -> str:
    """Say that there is one hold-out, always."""
    return (
        "There is one split: the intervals show what other test rows would have "
        "changed, not what other training rows or another search would have."
    )


def failed_arms(failed: Sequence[ArmFailed]) -> list[str]:
    """Name every arm that is missing, and why."""
    return [
        f"`{f.arm}` gave no result and was not compared: "
        f"{(f.message.splitlines() or ['no reason given'])[0].rstrip('.')}."
        for f in sorted(failed, key=lambda f: f.arm)
    ]


def unequal_budget(unequal_trials: bool) -> str | None:
    """Say that the arms were not tuned alike."""
    if not unequal_trials:
        return None
    return (
        "The arms were not tuned with the same number of trials; those with more had "
        "the better chance."
    )


def broken_calibration(board: Board) -> str | None:
    """Name the arms whose scores are no longer probabilities, unlike `none`'s.

    That is: a Brier score more than a tenth above that of `none`; or odds off by
    a factor above 2 on the whole, or a slope outside 0.5 to 2, and further off
    than `none`.
    """
    base = board.evaluation(CONTROL).test
    broken = [a for a in board.others() if _is_broken(board.evaluation(a).test, base)]
    if not broken:
        return None
    named = ", ".join(f"`{arm}`{_brier(board.evaluation(arm).test)}" for arm in broken)
    return (
        f"The scores of {named} are no longer probabilities (`{CONTROL}`: Brier "
        f"{_number(base.get('brier'))}): do not read them as risks without "
        "recalibrating."
    )


def _is_broken(test: dict[str, float | None], base: dict[str, float | None]) -> bool:
    brier, base_brier = test.get("brier"), base.get("brier")
    if brier is not None and base_brier is not None and brier > 1.1 * base_brier:
        return True
    shift, slope = _shift(test), _stretch(test)
    return (shift > math.log(2) and shift > _shift(base)) or (
        slope > math.log(2) and slope > _stretch(base)
    )


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


def _brier(test: dict[str, float | None]) -> str:
    return f" (Brier {_number(test.get('brier'))})"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
