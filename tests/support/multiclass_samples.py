"""Runs of more than two classes in events, whose counts all agree with each other.

Each arm's probabilities are made up, in plain Python and the same everywhere; sweeps,
matrices and operating points are counted from them as the engine counts them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from engine.core import Result
from engine.core.events import (
    ArmEvaluated,
    Compared,
    DatasetInfo,
    Event,
    FoldPrepared,
    RunFinished,
    RunStarted,
    SplitInfo,
)
from engine.core.experiment import DataSpec, DecisionSpec, Experiment, SearchSpec
from engine.core.outcome import (
    Calibration,
    CalibrationBin,
    CalibrationMap,
    ClassConfusion,
    ClassPoint,
    Comparison,
    Confusion,
    CostStep,
    OperatingPoint,
    Scored,
)
from tests.support.console_samples import compared, document, named, trial

THYROID: Mapping[str, int] = {"normal": 1333, "hypo": 74, "hyper": 33}
"""Test rows of each class, the most frequent first."""
ARMS: Mapping[str, tuple[float, float]] = {
    "untreated": (1.2, 0.0),
    "weights": (1.15, 0.8),
    "smote": (1.1, 0.6),
    "smote-enn": (1.05, 1.0),
}
"""How well an arm tells the classes apart, and how far it leans to the rare ones."""
CLASS_POINTS = ("recommended", "fixed", "prevalence", "f1", "cost")
POINTS = DecisionSpec().points
_Z = 1.959963984540054


class Row(NamedTuple):
    """A test row: its class, and the probability of each."""

    label: str
    said: tuple[float, ...]


def many(classes: int) -> dict[str, int]:
    """Test rows of so many classes, each rarer than the one before."""
    return {
        f"class {i + 1}": max(6, round(700 / (i + 1) ** 1.6)) for i in range(classes)
    }


def started(
    counts: Mapping[str, int] = THYROID,
    arms: Iterable[str] = ARMS,
    *,
    name: str = "thyroid.csv",
    target: str = "diagnosis",
    at: str = "fixed",
    trials: int = 2,
) -> RunStarted:
    return RunStarted(
        experiment=Experiment(
            data=DataSpec(source=name, target=target),
            arms=tuple(map(named, arms)),
            search=SearchSpec(trials=trials, folds=2),
            decision=DecisionSpec(at=at, cost_fn=10.0),
        ),
        dataset=DatasetInfo(
            name=name,
            rows=5 * sum(counts.values()),
            columns=6,
            target=target,
            positive=None,
            classes={label: 5 * count for label, count in counts.items()},
            roles={target: "target"},
        ),
        split=SplitInfo(
            train={label: 4 * count for label, count in counts.items()},
            test=dict(counts),
            test_fingerprint="ff6cfe5bd165d9e2" * 4,
        ),
        versions={},
    )


def prepared(arm: str, fold: int, counts: Mapping[str, int] = THYROID) -> FoldPrepared:
    before = {label: 2 * count for label, count in counts.items()}
    most = max(before.values())
    made = arm not in ("untreated", "weights")
    after = dict.fromkeys(before, most) if made else before
    return FoldPrepared(
        arm=arm,
        fold=fold,
        before=before,
        after=after,
        synthetic=sum(after.values()) - sum(before.values()),
        seconds=1.0,
    )


@cache
def _rows(
    counts: tuple[tuple[str, int], ...], told: float, lean: float
) -> tuple[Row, ...]:
    """Return the test rows as an arm sees them."""
    draw = random.Random(7)
    labels = [label for label, _ in counts]
    most = max(count for _, count in counts)
    priors = [math.log(count / most) * (1 - lean) for _, count in counts]
    found = []
    for label, count in counts:
        for _ in range(count):
            raw = [
                prior + draw.gauss(2 * told if one == label else 0.0, 1.0)
                for one, prior in zip(labels, priors, strict=True)
            ]
            top = max(raw)
            parts = [math.exp(value - top) for value in raw]
            whole = sum(parts)
            found.append(Row(label, tuple(round(p / whole, 4) for p in parts)))
    return tuple(found)


def rows(arm: str, counts: Mapping[str, int] = THYROID) -> tuple[Row, ...]:
    """The test rows as an arm of `ARMS` sees them."""
    return _rows(tuple(counts.items()), *ARMS[arm])


def matrix(
    found: Sequence[Row], labels: Sequence[str], by: Sequence[float]
) -> list[list[int]]:
    """Counts of the largest weighted probabilities; ties go to the first class."""
    place = {label: i for i, label in enumerate(labels)}
    out = [[0] * len(labels) for _ in labels]
    for row in found:
        weighed = [p * w for p, w in zip(row.said, by, strict=True)]
        out[place[row.label]][weighed.index(max(weighed))] += 1
    return out


def class_point(arm: str, at: str, counts: Mapping[str, int] = THYROID) -> ClassPoint:
    labels, total = tuple(counts), sum(counts.values())
    full = 1 - ARMS[arm][1]
    lean = {"fixed": 0.0, "prevalence": 1.0, "f1": 0.45}
    share = full * lean.get(at, 0.8)
    weights = {
        label: (total / count / len(counts)) ** share for label, count in counts.items()
    }
    table = matrix(rows(arm, counts), labels, list(weights.values()))
    truth = [sum(line) for line in table]
    said = [sum(line[i] for line in table) for i in range(len(labels))]
    right = [table[i][i] for i in range(len(labels))]
    recall = [_ratio(right[i], truth[i]) for i in range(len(labels))]
    precision = [_ratio(right[i], said[i]) for i in range(len(labels))]
    f1 = [2 * right[i] / max(1, truth[i] + said[i]) for i in range(len(labels))]
    chance = sum(t * s for t, s in zip(truth, said, strict=True)) / total**2
    accuracy = sum(right) / total
    return ClassPoint(
        name=at,
        weights=weights,
        confusion=ClassConfusion(labels=labels, matrix=tuple(map(tuple, table))),
        recall=dict(zip(labels, recall, strict=True)),
        recall_ci={label: wilson(right[i], truth[i]) for i, label in enumerate(labels)},
        precision=dict(zip(labels, precision, strict=True)),
        metrics={
            "accuracy": accuracy,
            "macro_recall": sum(r or 0.0 for r in recall) / len(labels),
            "macro_f1": sum(f1) / len(labels),
            "weighted_f1": sum(f * t for f, t in zip(f1, truth, strict=True)) / total,
            "cost_per_1000": 1000 * 5.5 * (1 - accuracy),
            "kappa": (accuracy - chance) / (1 - chance),
            "mcc": (accuracy - chance) / (1 - chance),
        },
    )


def scored(arm: str, label: str, counts: Mapping[str, int] = THYROID) -> Scored:
    """One class against the rest."""
    labels = list(counts)
    place = labels.index(label)
    judged = [(row.said[place], row.label == label) for row in rows(arm, counts)]
    sweep = swept(judged)
    thresholds = chosen(sweep, len(judged))
    score = sum((p - hit) ** 2 for p, hit in judged) / len(judged)
    return Scored(
        operating_points=tuple(point(judged, *one) for one in thresholds.items()),
        test={
            "average_precision": average_precision(sweep),
            "roc_auc": roc_auc(sweep, len(judged)),
            "brier": score,
            "log_loss": log_loss(judged),
        },
        sweep=sweep,
        calibration=calibrations(judged),
        repair="platt",
        cost_steps=cost_steps(sweep, len(judged)),
        implied_cost_ratio=1.0,
    )


def swept(judged: Sequence[tuple[float, bool]]) -> tuple[tuple[float, int, int], ...]:
    """Threshold, false and true positives, from the highest threshold down."""
    out: list[tuple[float, int, int]] = []
    fp = tp = 0
    for value, hit in sorted(judged, reverse=True):
        fp, tp = fp + (not hit), tp + hit
        if out and out[-1][0] == value:
            out[-1] = (value, fp, tp)
        else:
            out.append((value, fp, tp))
    return tuple(out)


def chosen(sweep: Sequence[tuple[float, int, int]], total: int) -> dict[str, float]:
    """A threshold per operating point, each as its name says."""
    positives = sweep[-1][2]
    f1 = max(sweep, key=lambda p: 2 * p[2] / (p[1] + p[2] + positives))
    cost = min(sweep, key=lambda p: 10 * (positives - p[2]) + p[1])
    floor = next(p for p in sweep if p[2] >= 0.8 * positives)
    precise = [p for p in sweep if p[2] >= 0.2 * (p[1] + p[2])]
    few = [p for p in sweep if p[1] + p[2] <= 0.05 * total]
    found = (cost[0], 0.5, positives / total, f1[0], cost[0], floor[0])
    lowest = tuple(some[-1][0] if some else 1.0 for some in (precise, few))
    return dict(zip(POINTS, (*found, *lowest), strict=True))


def point(
    judged: Sequence[tuple[float, bool]], at: str, threshold: float
) -> OperatingPoint:
    tp = sum(hit and value >= threshold for value, hit in judged)
    fp = sum(not hit and value >= threshold for value, hit in judged)
    positives = sum(hit for _, hit in judged)
    return OperatingPoint(
        name=at,
        threshold=threshold,
        confusion=Confusion(
            tn=len(judged) - positives - fp, fp=fp, fn=positives - tp, tp=tp
        ),
        metrics={
            "recall": _ratio(tp, positives),
            "recall_ci": wilson(tp, positives),
            "precision": _ratio(tp, tp + fp),
            "precision_ci": wilson(tp, tp + fp),
            "specificity": _ratio(
                len(judged) - positives - fp, len(judged) - positives
            ),
            "cost_per_1000": 1000 * (10 * (positives - tp) + fp) / len(judged),
        },
    )


def average_precision(sweep: Sequence[tuple[float, int, int]]) -> float:
    found, before = 0.0, 0
    for _, fp, tp in sweep:
        found += (tp - before) / sweep[-1][2] * tp / (tp + fp)
        before = tp
    return found


def roc_auc(sweep: Sequence[tuple[float, int, int]], total: int) -> float:
    positives = sweep[-1][2]
    area, fp0, tp0 = 0.0, 0, 0
    for _, fp, tp in sweep:
        area += (fp - fp0) * (tp + tp0) / 2
        fp0, tp0 = fp, tp
    return area / positives / (total - positives)


def log_loss(judged: Sequence[tuple[float, bool]]) -> float:
    kept = [min(1 - 1e-6, max(1e-6, p if hit else 1 - p)) for p, hit in judged]
    return -sum(map(math.log, kept)) / len(kept)


def calibrations(judged: Sequence[tuple[float, bool]]) -> tuple[Calibration, ...]:
    """The scores as they are in ten bins, and as if repaired by a Platt map."""
    ordered = sorted(judged)
    size = math.ceil(len(ordered) / 10)
    parts = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    bins = tuple(
        CalibrationBin(
            rows=len(part),
            positives=sum(hit for _, hit in part),
            score=sum(value for value, _ in part) / len(part),
        )
        for part in parts
    )
    off = sum(abs(b.positives - b.rows * b.score) for b in bins) / len(judged)
    brier = sum((p - hit) ** 2 for p, hit in judged) / len(judged)
    plain = Calibration(
        method="none",
        brier=brier,
        log_loss=log_loss(judged),
        slope=0.8,
        intercept=-0.3,
        in_the_large=0.0,
        expected_calibration_error=off,
        bins=bins,
    )
    mended = Calibration(
        method="platt",
        brier=0.95 * brier,
        log_loss=0.95 * log_loss(judged),
        slope=1.0,
        intercept=0.0,
        in_the_large=0.0,
        expected_calibration_error=off / 2,
        bins=bins,
        map=CalibrationMap(slope=0.8, intercept=-0.3),
    )
    return (plain, mended)


def cost_steps(
    sweep: Sequence[tuple[float, int, int]], total: int
) -> tuple[CostStep, ...]:
    """The thresholds of least cost at some ratios."""
    positives = sweep[-1][2]
    steps: list[CostStep] = []
    nobody = (1.0001, 0, 0)
    for ratio in (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0):
        best = min(
            (nobody, *sweep), key=lambda p, r=ratio: r * (positives - p[2]) + p[1]
        )
        if not steps or steps[-1].threshold != best[0]:
            steps.append(
                CostStep(
                    ratio=ratio, threshold=best[0], fp=best[1], fn=positives - best[2]
                )
            )
    return tuple(steps)


def evaluated(arm: str, counts: Mapping[str, int] = THYROID) -> ArmEvaluated:
    return _evaluated(arm, tuple(counts.items()))


@cache
def _evaluated(arm: str, of: tuple[tuple[str, int], ...]) -> ArmEvaluated:
    counts = dict(of)
    each = {label: scored(arm, label, counts) for label in counts}
    found = rows(arm, counts)
    labels = list(counts)
    names = ("average_precision", "roc_auc", "log_loss")
    macro = {
        name: sum(one.test[name] or 0.0 for one in each.values()) / len(each)
        for name in names
    }
    brier = sum(
        sum((p - (labels[i] == row.label)) ** 2 for i, p in enumerate(row.said))
        for row in found
    ) / len(found)
    return ArmEvaluated(
        arm=arm,
        operating_points=(),
        test={**macro, "brier": brier},
        class_points=tuple(class_point(arm, p, counts) for p in CLASS_POINTS),
        classes=each,
        fit_seconds=1.0,
    )


def ended(said: str = "Chance alone could explain it.") -> Compared:
    base = compared(said)
    differences = tuple(
        Comparison(
            a="smote",
            b="untreated",
            at=at,
            metric=metric,
            difference=0.1,
            ci=(0.02, 0.18),
            p=0.01,
            adjusted_p=0.03,
            method="stratified bootstrap",
        )
        for at, metric in (("fixed", "macro_recall"), (None, "average_precision"))
    )
    return Compared(comparison=differences, verdict=base.verdict, proof=base.proof)


def events(
    counts: Mapping[str, int] = THYROID,
    arms: Iterable[str] = ARMS,
    **about: Any,
) -> list[Event]:
    """A whole run: every arm prepared, tried, evaluated, compared."""
    arms = tuple(arms)
    out: list[Event] = [started(counts, arms, **about)]
    for arm in arms:
        out += [prepared(arm, fold, counts) for fold in (0, 1, -1)]
        out += [trial(arm, 0, 0.65), trial(arm, 1, 0.7), evaluated(arm, counts)]
    return [*out, ended(), RunFinished(status="done", seconds=192.0)]


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share."""
    if not whole:
        return None
    share, weight = part / whole, _Z * _Z / whole
    middle = (share + weight / 2) / (1 + weight)
    spread = share * (1 - share) / whole + weight / (4 * whole)
    half = _Z * math.sqrt(spread) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def class_document(some: Iterable[Event] | None = None, **about: Any) -> Result:
    """The result document of such a run."""
    return document(events(**about) if some is None else some)
