"""What one arm of a run came to, as a frozen value. Light."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, stdev
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from engine.core.events import Quality, TrialFinished
from engine.core.methods.grammar import Arm, method_of
from engine.core.methods.samplers import ParamValue
from engine.core.outcome import (
    Calibration,
    Confusion,
    CostStep,
    OperatingPoint,
    Point,
    Scored,
    Unseen,
    as_point,
)
from engine.core.state import ArmState


class ErrorInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a run or an arm came to no result, and what to do about it.

    `field` is the field of the experiment that is at fault, as ``search.folds``.
    """

    code: str
    field: str | None
    message: str
    fix: str
    exit_code: str = ""

    @classmethod
    def of(cls, event: Mapping[str, str]) -> ErrorInfo:
        """Return the error that an event tells of; what it leaves out is empty."""
        empty = {"code": "", "field": None, "message": "", "fix": ""}
        return msgspec.convert(empty | dict(event), cls)


class FoldRows(msgspec.Struct, frozen=True):
    """Training rows per class of one fold, before and after the method."""

    fold: int
    before: dict[str, int]
    after: dict[str, int]


class TrialSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """One trial of an arm's search; `failed` says why its rows could not be made."""

    trial: int
    score: float
    rounds: int
    pruned: bool
    failed: str = ""


class ArmSearch(msgspec.Struct, frozen=True):
    """What the search of one arm did, and the setting that it chose.

    `rounds` are those of the best trial, `rounds_grown` those that all trials grew in
    each fold.
    """

    trials: int
    pruned: int
    best_trial: int | None
    failed: int
    best_params: dict[str, ParamValue] | None
    method_settings: int
    rounds: int | None
    history: tuple[TrialSummary, ...]
    rounds_grown: int = 0

    @property
    def best_score(self) -> float | None:
        """The score of the best trial."""
        scores = [t.score for t in self.history if t.trial == self.best_trial]
        return scores[-1] if scores else None


class Spread(msgspec.Struct, frozen=True):
    """A metric over the validation folds."""

    mean: float
    std: float
    folds: tuple[float, ...]


class ArmSeconds(msgspec.Struct, frozen=True):
    """What each part of the work on an arm took."""

    prepare: float
    tune: float
    fit: float
    evaluate: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.prepare + self.tune + self.fit + self.evaluate


class ArmResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one arm came to.

    `method` is what treats the imbalance, in the grammar of
    `engine.core.methods.grammar`, and `model` what learns. What has a default is there
    once the arm has been evaluated; `classes` are of more than two classes, each
    against the rest.
    """

    name: str
    method: str
    model: str
    kind: str
    status: str
    error: ErrorInfo | None
    repairs: tuple[str, ...]
    notes: tuple[str, ...]
    train_before: dict[str, int] | None
    train_after: dict[str, int] | None
    synthetic_rows: int | None
    quality: Quality | None
    folds: tuple[FoldRows, ...]
    search: ArmSearch
    cv: dict[str, Spread]
    operating_points: tuple[Point, ...]
    test: dict[str, float | None] | None
    average_precision_ci: tuple[float, float] | UnsetType | None = UNSET
    sweep: tuple[tuple[float, int, int], ...] | UnsetType = UNSET
    calibration: tuple[Calibration, ...] | UnsetType = UNSET
    repair: str | UnsetType = UNSET
    cost_steps: tuple[CostStep, ...] | UnsetType = UNSET
    implied_cost_ratio: float | UnsetType | None = UNSET
    unseen: Unseen | UnsetType | None = UNSET
    classes: dict[str, Scored] = {}
    seconds: ArmSeconds

    def __post_init__(self) -> None:
        """Give each operating point its type: JSON has no tag for it."""
        points = tuple(map(as_point, self.operating_points))
        msgspec.structs.force_setattr(self, "operating_points", points)

    def at(self, name: str) -> Point | None:
        """Return the operating point of that name, if the arm has it."""
        points = (point for point in self.operating_points if point.name == name)
        return next(points, None)

    def scored(self, klass: str | None = None) -> Scored | None:
        """Return the scores of two classes, or of one class against the rest.

        None before the arm has been evaluated.
        """
        if klass is not None:
            return self.classes.get(klass)
        if self.test is None:
            return None
        known = {name: getattr(self, name) for name in Scored.__struct_fields__}
        return Scored(**known)


class ArmAtPoint(NamedTuple):
    """An arm at an operating point; of more than two classes the rarest counts."""

    arm: ArmResult
    point: Point
    counts: Confusion
    recall: float | None
    recall_ci: tuple[float, float] | None
    precision: float | None

    @property
    def name(self) -> str:
        """The arm's."""
        return self.arm.name

    @property
    def missed(self) -> int:
        """Positives that were not found."""
        return self.counts.fn

    @property
    def alarms(self) -> int:
        """False alarms."""
        return self.counts.fp

    @property
    def positives(self) -> int:
        """Positives, found or not."""
        return self.counts.fn + self.counts.tp

    @classmethod
    def of(
        cls, arm: ArmResult, point: Point | None, klass: str | None
    ) -> ArmAtPoint | None:
        """Return an arm at a point; of more than two classes one against the rest.

        None without a point, or where it has no such class.
        """
        label = klass or ""
        if isinstance(point, OperatingPoint):
            rates = point.metric("recall"), point.recall_ci, point.metric("precision")
            return cls(arm, point, point.confusion, *rates)
        counts = point.confusion.against_rest(label) if point else None
        if point is None or counts is None:
            return None
        recall, limits = point.recall.get(label), point.recall_ci.get(label)
        return cls(arm, point, counts, recall, limits, point.precision.get(label))


def arm_result(arm: ArmState, declared: Arm) -> ArmResult:
    """Return what an arm came to, from its state and what the experiment says."""
    final, best, evaluated = arm.final, arm.best, arm.evaluated
    failed = arm.failed
    result = ArmResult(
        name=arm.name,
        method=method_of(declared),
        model=declared.learner,
        kind=arm.kind,
        status="done" if evaluated else "failed" if failed else "running",
        error=ErrorInfo.of(msgspec.structs.asdict(failed)) if failed else None,
        repairs=arm.repairs,
        notes=arm.notes,
        train_before=final.before if final else None,
        train_after=final.after if final else None,
        synthetic_rows=final.synthetic if final else None,
        quality=final.quality if final else None,
        folds=tuple(
            FoldRows(fold=p.fold, before=p.before, after=p.after)
            for p in sorted(arm.chosen, key=lambda p: p.fold)
            if p.fold >= 0
        ),
        search=_search(arm, best),
        cv={name: _spread(folds) for name, folds in best.folds.items()} if best else {},
        operating_points=(),
        test=None,
        seconds=ArmSeconds(
            prepare=round(sum(p.seconds for p in arm.prepared), 3),
            tune=round(sum(t.seconds for t in arm.trials), 3),
            fit=round(evaluated.fit_seconds, 3) if evaluated else 0.0,
            evaluate=round(evaluated.evaluate_seconds, 3) if evaluated else 0.0,
        ),
    )
    if evaluated is None:
        return result
    scored = {name: getattr(evaluated, name) for name in Scored.__struct_fields__}
    if evaluated.class_points:
        scored["operating_points"] = evaluated.class_points
        scored["classes"] = evaluated.classes
    return msgspec.structs.replace(result, **scored)


def _search(arm: ArmState, best: TrialFinished | None) -> ArmSearch:
    # How many settings of the samplers trials chose.
    names = sorted({name for prepared in arm.prepared for name in prepared.setting})
    chosen = {tuple((n, t.params.get(n)) for n in names) for t in arm.trials}
    return ArmSearch(
        trials=len(arm.trials),
        pruned=sum(t.pruned and not t.failed for t in arm.trials),
        best_trial=best.number if best else None,
        failed=sum(bool(t.failed) for t in arm.trials),
        best_params=best.params if best else None,
        method_settings=len(chosen) if names else 1,
        rounds=best.rounds if best else None,
        history=tuple(
            TrialSummary(
                trial=t.number,
                score=t.score,
                rounds=t.rounds,
                pruned=t.pruned,
                failed=t.failed,
            )
            for t in arm.trials
        ),
        rounds_grown=sum(t.curve[-1][0] for t in arm.trials if t.curve),
    )


def _spread(values: tuple[float, ...]) -> Spread:
    return Spread(
        mean=fmean(values), std=stdev(values) if len(values) > 1 else 0.0, folds=values
    )
