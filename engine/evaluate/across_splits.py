"""What the splits of a run come to together: how often its recommendation stands."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean, stdev

from engine.core.arm_result import ArmAtPoint
from engine.core.costs import wilson
from engine.core.experiment import references
from engine.core.outcome import FoldComparison
from engine.core.repeated_splits import (
    SplitOutcome,
    SplitRow,
    SplitSpread,
    SplitSummary,
    SplitVerdict,
)
from engine.core.result import Result, build
from engine.core.seeds import split_seed
from engine.core.state import State
from engine.evaluate.repeated import compare_folds

COMPARED = ("average_precision", "cost_per_1000")
"""What arms are tested in over the splits, the cost at the recommended point."""


def summarize(first: State, further: Sequence[State], *, asked: int) -> SplitSummary:
    """Return what the finished splits of a run come to.

    Parameters
    ----------
    first : State
        Of the first split, with its verdict.
    further : sequence of State
        Of the second, the third, ...: each finished, perhaps without a result.
    asked : int
        Splits that are wanted in all.

    Returns
    -------
    SplitSummary
        The share of the splits after the first that come to its verdict: the first
        would always agree with itself. Splits of one table are drawn independently, so
        Wilson's interval [1]_ is of the share among all splits of this table. The tests
        are corrected for the rows that splits share [2]_.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.
    .. [2] Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error.
       Machine Learning 52, 239-281.
    """
    seed = first.experiment.seed if first.experiment else 0
    results = [build(state, run="") for state in (first, *further)]
    outcomes = [
        _outcome(result, number, split_seed(seed, number))
        for number, result in enumerate(results, 1)
    ]
    verdicts = [(one.code, one.arm) for one in outcomes]
    others = len(further)
    same = verdicts[1:].count(verdicts[0])
    return SplitSummary(
        asked=asked,
        done=len(results),
        same=same,
        others=others,
        share=same / others if others else None,
        ci=wilson(same, others),
        verdicts=tuple(
            SplitVerdict(code=code, arm=arm, splits=count)
            for (code, arm), count in Counter(verdicts).most_common()
            if code is not None
        ),
        board=tuple(_board(results)),
        comparisons=tuple(_comparisons(results)),
        outcomes=tuple(outcomes),
    )


def _outcome(result: Result, number: int, seed: int) -> SplitOutcome:
    verdict, error = result.verdict, result.error
    return SplitOutcome(
        number=number,
        seed=seed,
        code=verdict.code if verdict else None,
        arm=verdict.choice.arm if verdict and verdict.choice else None,
        error=error.message if error and not verdict else "",
    )


def _board(results: Sequence[Result]) -> Iterator[SplitRow]:
    """Yield every arm at every operating point, in the order of the first split."""
    arms = dict.fromkeys(arm.name for result in results for arm in result.arms)
    points = dict.fromkeys(name for result in results for name in result.point_names)
    for name in arms:
        for at in points:
            placed = [one for result in results if (one := _place(result, name, at))]
            known = [_figures(one) for one in placed]
            if known:
                spreads = {key: _spread([k[key] for k in known]) for key in known[0]}
                defined = {key: one for key, one in spreads.items() if one is not None}
                yield SplitRow(arm=name, at=at, figures=defined)


def _place(result: Result, name: str, at: str) -> ArmAtPoint | None:
    arm = next((arm for arm in result.done if arm.name == name), None)
    return ArmAtPoint.of(arm, arm.at(at), result.rarest) if arm else None


def _figures(placed: ArmAtPoint) -> dict[str, float | None]:
    counts, test = placed.counts, placed.arm.test or {}
    negatives = counts.fp + counts.tn
    return {
        "missed": counts.fn,
        "false_alarms": counts.fp,
        "recall": placed.recall,
        "false_positive_rate": counts.fp / negatives if negatives else None,
        "precision": placed.precision,
        "cost_per_1000": placed.point.cost,
        "average_precision": test.get("average_precision"),
        "roc_auc": test.get("roc_auc"),
    }


def _spread(values: Sequence[float | None]) -> SplitSpread | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return SplitSpread(
        splits=len(known),
        mean=fmean(known),
        sd=stdev(known) if len(known) > 1 else None,
        least=min(known),
        most=max(known),
    )


def _comparisons(results: Sequence[Result]) -> Iterator[FoldComparison]:
    """Yield each arm against the control of its model."""
    experiment, split = results[0].experiment, results[0].split
    if experiment is None or split is None:
        return
    of = references(experiment.arms)
    train, test = sum(split.train.values()), sum(split.test.values())
    for control in dict.fromkeys(of.values()):
        values: dict[str, dict[str, list[float]]] = {
            name: {metric: [] for metric in COMPARED}
            for name, own in of.items()
            if own == control
        }
        for result in results:
            for name, known in values.items():
                placed = _place(result, name, "recommended")
                figures = _figures(placed) if placed else {}
                for metric, column in known.items():
                    value = figures.get(metric)
                    column.append(math.nan if value is None else value)
        yield from compare_folds(
            values,
            control=control,
            metrics=COMPARED,
            train_share=train / (train + test),
            repeats=1,
            rope=experiment.decision.rope,
            over="splits",
        )
