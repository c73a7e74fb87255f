"""What evaluation comes to, as frozen values inside events: counts, curves, verdict.

Light: standard library and msgspec only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec


class Confusion(msgspec.Struct, frozen=True):
    """Counts at one threshold; a row is predicted positive at or above it."""

    tn: int
    fp: int
    fn: int
    tp: int


class Delivered(msgspec.Struct, frozen=True):
    """The requested value of an operating point, and that of the test rows.

    `metric` is ``recall``, ``precision`` or ``alerts`` (a share of the rows). `ci` is
    Wilson's 95 % interval of `value`; both are None where nothing can be counted.
    """

    metric: str
    requested: float
    value: float | None = None
    ci: tuple[float, float] | None = None

    @property
    def as_requested(self) -> bool:
        """Whether the requested value lies in the interval."""
        return self.ci is not None and self.ci[0] <= self.requested <= self.ci[1]


class OperatingPoint(msgspec.Struct, frozen=True):
    """One arm at one threshold, on the test rows.

    The threshold was chosen on out-of-fold scores. A metric that divides by
    zero (the precision where nothing is predicted positive) is None. `cost` is per
    1,000 rows at the costs of the run. `note` says what is to be known of the
    threshold: why the point could not be met on the out-of-fold scores, that it was not
    met on the test rows, that many rows share its score.
    """

    name: str
    threshold: float
    confusion: Confusion
    metrics: dict[str, float | tuple[float, float] | None]
    cost: float | None = None
    note: str = ""
    delivered: Delivered | None = None

    def __post_init__(self) -> None:
        """Take the cost from the metrics, which have it."""
        msgspec.structs.force_setattr(self, "cost", self.metric("cost_per_1000"))

    def metric(self, name: str) -> float | None:
        """Return a metric; None where it is undefined."""
        value = self.metrics.get(name)
        return None if isinstance(value, tuple) else value

    def interval(self, name: str) -> tuple[float, float] | None:
        """Return the interval of a metric, such as ``recall_ci``, if there is one."""
        value = self.metrics.get(name)
        return value if isinstance(value, tuple) else None

    @property
    def recall_ci(self) -> tuple[float, float] | None:
        """The 95 % interval of the recall."""
        return self.interval("recall_ci")


class ClassConfusion(msgspec.Struct, frozen=True):
    """Counts of more than two classes: a row per class, a column per prediction."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]

    def against_rest(self, label: str) -> Confusion | None:
        """Return the counts of one class against all others; None if it is not there.

        Examples
        --------
        >>> matrix = ((5, 1, 0), (2, 3, 0), (1, 1, 4))
        >>> three = ClassConfusion(labels=("a", "b", "c"), matrix=matrix)
        >>> three.against_rest("c")
        Confusion(tn=11, fp=0, fn=2, tp=4)
        >>> three.against_rest("a")
        Confusion(tn=8, fp=3, fn=1, tp=5)
        """
        if label not in self.labels:
            return None
        place = self.labels.index(label)
        hits = self.matrix[place][place]
        truth = sum(self.matrix[place])
        predicted = sum(row[place] for row in self.matrix)
        rest = sum(map(sum, self.matrix)) - truth - predicted + hits
        return Confusion(tn=rest, fp=predicted - hits, fn=truth - hits, tp=hits)


class ClassPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One arm at one weight per class on the test rows, for more than two classes.

    A row is called the class whose probability times its weight is the largest. The
    weights were chosen on out-of-fold scores. `recall` is that of each class, with its
    95 % interval in `recall_ci`; None without a test row of it. `cost` is per 1,000
    rows.
    """

    threshold: None = None
    name: str
    weights: dict[str, float]
    confusion: ClassConfusion
    recall: dict[str, float | None]
    recall_ci: dict[str, tuple[float, float] | None]
    precision: dict[str, float | None]
    metrics: dict[str, float | None]
    cost: float | None = None

    def __post_init__(self) -> None:
        """Take the cost from the metrics, which have it."""
        msgspec.structs.force_setattr(self, "cost", self.metric("cost_per_1000"))

    def metric(self, name: str) -> float | None:
        """Return a metric; None where it is undefined."""
        return self.metrics.get(name)


def _either(first: type, second: type) -> msgspec.Meta:
    refs = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in (first, second)]
    return msgspec.Meta(extra_json_schema={"anyOf": refs})


if TYPE_CHECKING:
    Counts: TypeAlias = Confusion | ClassConfusion
    Point: TypeAlias = OperatingPoint | ClassPoint
else:  # msgspec reads no union of structs that have no tag: `as_point` does
    Counts = Annotated[Any, _either(Confusion, ClassConfusion)]
    Point = Annotated[Any, _either(OperatingPoint, ClassPoint)]


def as_point(value: Point | dict[str, object]) -> Point:
    """Return an operating point that JSON has as a mapping by its type."""
    if not isinstance(value, dict):
        return value
    if "weights" in value:
        return msgspec.convert(value, ClassPoint)
    return msgspec.convert(value, OperatingPoint)


class CalibrationBin(msgspec.Struct, frozen=True):
    """Rows of like scores: how many, their mean score, and the positives among them."""

    rows: int
    positives: int
    score: float


class CalibrationMap(msgspec.Struct, frozen=True):
    """From a score to a repaired probability.

    With `scores` and `probabilities` a score is interpolated between them; else
    log-odds become ``intercept + slope * log-odds``.

    With `factor` (``prior`` of more than two classes) the scores of all classes count:
    each times the factor of its class, divided by their sum. The `intercept` then says
    only by how much the odds of the class differ between both shares.
    """

    slope: float = 1.0
    intercept: float = 0.0
    scores: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()
    factor: float | msgspec.UnsetType = msgspec.UNSET


class Calibration(msgspec.Struct, frozen=True):
    """How far scores can be read as probabilities, on the test rows.

    `method` is ``none`` (as the model says it), ``prior`` (the odds shifted back to
    the shares of the classes in the data), ``platt`` or ``isotonic`` (both fitted on
    out-of-fold scores of untouched rows); `map` is what it does. None where a figure
    is undefined.
    """

    method: Literal["none", "prior", "platt", "isotonic"]
    brier: float | None = None
    log_loss: float | None = None
    slope: float | None = None
    intercept: float | None = None
    in_the_large: float | None = None
    expected_calibration_error: float | None = None
    bins: tuple[CalibrationBin, ...] = ()
    map: CalibrationMap = CalibrationMap()


class CostStep(msgspec.Struct, frozen=True):
    """From the cost ratio `ratio` on this threshold is the one of least cost.

    The ratio is that of a missed positive to a false alarm; the threshold was chosen
    on out-of-fold scores, the counts are of the test rows. Where each positive has its
    own cost, the ratio is that of their mean, and `missed` is what the missed ones
    count beside one of mean cost.
    """

    ratio: float
    threshold: float
    fp: int
    fn: int
    missed: float | msgspec.UnsetType = msgspec.UNSET

    @property
    def count(self) -> float:
        """What the missed positives count together: mostly as many as they are."""
        return self.fn if self.missed is msgspec.UNSET else self.missed


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """What the scores of one class against all others are worth, on the test rows.

    `average_precision_ci` is the 95 % interval of the average precision; None with
    fewer than 20 test rows of a class, and of more than two classes.
    """

    operating_points: tuple[OperatingPoint, ...]
    test: dict[str, float | None]
    average_precision_ci: tuple[float, float] | None = None
    sweep: tuple[tuple[float, int, int], ...] = ()
    calibration: tuple[Calibration, ...] = ()
    repair: str = "none"
    cost_steps: tuple[CostStep, ...] = ()
    implied_cost_ratio: float | None = None
    unseen: Unseen | None = None

    def at(self, name: str) -> OperatingPoint | None:
        """Return the operating point of that name, if there is one."""
        return next((p for p in self.operating_points if p.name == name), None)

    @property
    def calibrated(self) -> Calibration:
        """The repair that did best, or the scores as they are."""
        tried = (fit for fit in self.calibration if fit.method == self.repair)
        return next(tried, Calibration(method="none"))


class Comparison(msgspec.Struct, frozen=True):
    """Arm `a` minus arm `b` in one metric, on the same test rows.

    `at` is None for a metric that needs no threshold; `adjusted_p` is
    `p` after Holm's correction, over the family that `method` names. Of more than two
    classes `klass` is the class whose recall it is, None for what is of all.
    """

    a: str
    b: str
    at: str | None
    metric: str
    difference: float
    ci: tuple[float, float]
    p: float
    adjusted_p: float
    method: str
    klass: str | None = msgspec.field(default=None, name="class")


class FoldComparison(msgspec.Struct, frozen=True):
    """Arm `a` minus arm `b` in one metric over the folds of cross-validation.

    `p` and `ci` are of the corrected resampled t; `worse`, `same` and `better` are the
    probabilities that `a` is worse than `b`, practically the same (within `rope`) and
    better, by the Bayesian correlated t. The folds chose the trials that are compared.
    """

    a: str
    b: str
    metric: str
    folds: int
    difference: float
    ci: tuple[float, float]
    p: float
    adjusted_p: float
    rope: float
    worse: float
    same: float
    better: float
    method: str


class CostWinner(msgspec.Struct, frozen=True):
    """Between two cost ratios this arm costs the least on the test rows.

    Ranges too short to matter, or where too little is saved, are joined to a
    neighbour's or given to `untreated`. `to` is None where it stays so. `difference`
    is its cost per 1,000 rows (a false alarm costs 1) minus that of `untreated` at the
    ratio `at`, with its interval; None for `untreated` itself.
    """

    arm: str
    ratio: float
    to: float | None
    at: float
    difference: float | None = None
    ci: tuple[float, float] | None = None
    klass: str | None = msgspec.field(default=None, name="class")


class Detectable(msgspec.Struct, frozen=True):
    """The smallest difference in recall that so many test positives can show.

    Found with a chance of `power` by a two-sided paired test at 5 %, if the two arms
    disagree on the share `discordant` of the positives.
    """

    arm: str
    at: str
    positives: int
    discordant: float
    difference: float
    power: float = 0.8


class Unseen(msgspec.Struct, frozen=True):
    """An arm on the test rows that have no equal in every feature among training rows.

    `rows` of them and `positives`; `points` are the counts at each operating point.
    """

    rows: int
    positives: int
    average_precision: float | None = None
    roc_auc: float | None = None
    points: dict[str, Confusion] = {}


class Skill(msgspec.Struct, frozen=True):
    """Whether some arm is shown to rank better than chance; `arms` are those that do.

    `p` is the smallest of all arms on the test rows (of more than two classes, on the
    class `klass`), adjusted for their number; `roc_auc` is that of the same arm.
    """

    shown: bool
    arms: tuple[str, ...] = ()
    arm: str = ""
    klass: str | None = msgspec.field(default=None, name="class")
    p: float = 1.0
    roc_auc: float | None = None


class Alternative(msgspec.Struct, frozen=True):
    """What something simpler than the recommendation costs on the test rows.

    `name` is ``nobody`` (no row is predicted positive), ``everybody``, or ``fixed``:
    `untreated` at 0.5. `cost` is per 1,000 rows and `difference` that of the
    recommendation minus it, with its interval (None with fewer than 20 rows of a
    class).
    """

    name: str
    cost: float
    difference: float
    ci: tuple[float, float] | None = None


class Choice(msgspec.Struct, frozen=True):
    """What the verdict recommends: an arm at an operating point.

    `cost` is per 1,000 test rows at the costs of the run. Of more than two classes
    there are `weights` in the place of a threshold.
    """

    arm: str
    at: str
    threshold: float | None = None
    confusion: Counts | None = None
    weights: dict[str, float] | None = None
    cost: float | None = None

    def __post_init__(self) -> None:
        """Give the counts their type: JSON has no tag for it."""
        counts: object = self.confusion
        if isinstance(counts, dict):
            kind = ClassConfusion if "matrix" in counts else Confusion
            counts = msgspec.convert(counts, kind)
            msgspec.structs.force_setattr(self, "confusion", counts)


class Remark(msgspec.Struct, frozen=True):
    """A reason or a doubt of a verdict, with its code (docs/verdict.md)."""

    code: str
    text: str


class MorePositives(msgspec.Struct, frozen=True, kw_only=True):
    """How many more test positives would show the difference seen, if it is real.

    Arm `a` minus arm `b` (None: chance) in `metric` at `at`, on `positives` test rows
    of the class (of more than two classes `klass`; of a false positive rate the
    negatives). `more` of them, about `rows` test rows at this prevalence, find it with
    the chance `power` by a test at `level`, given the `assumption`: `share` is the
    share on which the arms disagree. None where no number of rows would: no difference
    was seen, or it is the folds that do not confirm it. `settled`: it is shown already.
    """

    settled: bool
    a: str
    b: str | None
    metric: str
    at: str | None
    klass: str | None = msgspec.field(default=None, name="class")
    difference: float
    positives: int
    more: int | None = None
    rows: int | None = None
    share: float | None = None
    assumption: str = ""
    power: float
    level: float


class ModelVerdict(msgspec.Struct, frozen=True):
    """What is supported for one model: its arms, against it without a method."""

    model: str
    code: str
    headline: str
    recommendation: str
    choice: Choice | None = None
    reasons: tuple[Remark, ...] = ()
    doubts: tuple[Remark, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """What the comparison supports, in one sentence, and why and why not.

    `code` is that of the recommendation (docs/verdict.md). `choice` is what is
    recommended, None where nothing is, and `alternatives` are simpler decisions to
    compare it with. `by_model` has the verdict of each of several models;
    `more_positives` what would settle it, None where nothing was compared.
    """

    code: str
    headline: str
    recommendation: str
    choice: Choice | None = None
    reasons: tuple[Remark, ...] = ()
    doubts: tuple[Remark, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    by_model: tuple[ModelVerdict, ...] = ()
    more_positives: MorePositives | None = None
