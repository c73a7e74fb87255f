"""What a validation of a bundle on new labelled rows comes to. Light.

Its JSON is the document that front ends print.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from engine.core.outcome import CalibrationBin, Confusion, Delivered, Remark

Interval: TypeAlias = tuple[float, float] | None
"""A 95 % interval; None where none can be given."""
Test: TypeAlias = Literal["kolmogorov-smirnov", "chi-square", "fisher"]
TITLES: Final = {
    "VAL001": "Holds",
    "VAL002": "Recalibrate",
    "VAL003": "Move the threshold",
    "VAL004": "Retrain",
    "VAL005": "Cannot tell",
}
"""What each code of a verdict says (docs/validate.md)."""


class ValidatedMetric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric on the new rows, and on the test rows of the run.

    `then` is None where the bundle does not carry it.
    """

    metric: str
    now: float | None
    ci: Interval = None
    then: float | None = None
    then_ci: Interval = None


class Prevalence(msgspec.Struct, frozen=True, kw_only=True):
    """The share of positives in the training rows and in the new rows.

    `p` is that of the exact test of equal shares.
    """

    now: float
    ci: Interval
    then: float | None = None
    then_ci: Interval = None
    p: float | None = None


class CalibrationCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How far the calibrated probabilities are from the labels.

    `method` is the repair of the bundle, `prevalence` that which its probabilities are
    for, where its run was given one in use. `in_the_large` is the intercept with the
    slope held at 1. `bins` are rows of like probabilities.
    """

    method: str
    prevalence: float | msgspec.UnsetType = msgspec.UNSET
    slope: float | None
    slope_ci: Interval
    intercept: float | None
    intercept_ci: Interval
    in_the_large: float | None
    in_the_large_ci: Interval
    bins: tuple[CalibrationBin, ...] = ()


class ValidatedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An operating point of the bundle on the new rows.

    `delivered` is None where the point requests nothing. `suggested` is the threshold
    that the same rule chooses on the new rows.
    """

    name: str
    threshold: float
    confusion: Confusion
    metrics: tuple[ValidatedMetric, ...]
    delivered: Delivered | None = None
    cost: float | None = None
    suggested: float | None = None


class ThresholdGain(msgspec.Struct, frozen=True, kw_only=True):
    """What a threshold chosen on half of the new rows saves on the other half.

    Costs per 1,000 rows, at the costs of the run; above 0 the bundle's threshold costs
    more.
    """

    cost: float
    gain: float
    ci: Interval


class ColumnDrift(msgspec.Struct, frozen=True, kw_only=True):
    """How a column of the new rows differs from the training rows.

    `psi` is the population stability index; `difference` that of the means in standard
    deviations of the training rows, of numbers. `adjusted_p` is Holm's, over all
    columns. `missing` are shares of the rows.
    """

    column: str
    test: Test
    p: float
    adjusted_p: float
    psi: float
    difference: float | None = None
    missing: float = 0.0
    missing_then: float = 0.0


class ScoreDrift(msgspec.Struct, frozen=True, kw_only=True):
    """How scores of the new rows differ from those of the run's test rows."""

    p: float
    psi: float
    statistic: float


class PositivesNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """How many positives an interval of a wanted half width takes.

    Assumes the same figure and the same prevalence.
    """

    metric: str
    at: str | None
    half_width: float
    wanted: float
    positives: int


class ValidationVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the new rows say of the model (docs/validate.md)."""

    code: str
    headline: str
    recommendation: str
    reasons: tuple[Remark, ...] = ()
    doubts: tuple[Remark, ...] = ()


class ValidatedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows were validated.

    `read` rows stand in the table, `unlabelled` of them without a class that the model
    knows. `equal` rows are equal to training rows, of `compared` that could be
    compared; None where the bundle knows no training rows. `left_out` says whether the
    figures are without them.
    """

    read: int
    used: int
    positives: int
    unlabelled: int = 0
    equal: int | None = None
    compared: int | None = None
    left_out: bool = True


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen model on new labelled rows.

    `columns` and `scores` are empty where the bundle has no reference of its training
    rows.
    """

    schema: Literal[1]
    imbtui: str
    run: str
    arm: str
    at: str
    target: str
    classes: tuple[str, ...]
    dataset: str
    rows: ValidatedRows
    verdict: ValidationVerdict
    prevalence: Prevalence
    metrics: tuple[ValidatedMetric, ...]
    calibration: CalibrationCheck
    points: tuple[ValidatedPoint, ...]
    threshold_gain: ThresholdGain | None = None
    columns: tuple[ColumnDrift, ...] = ()
    scores: ScoreDrift | None = None
    needed: tuple[PositivesNeeded, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def point(self) -> ValidatedPoint:
        """The bundle at the operating point that is looked at."""
        return next(point for point in self.points if point.name == self.at)

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns shown to differ, the largest difference first."""
        shown = [column for column in self.columns if column.adjusted_p < 0.05]
        return tuple(sorted(shown, key=lambda column: -column.psi))
