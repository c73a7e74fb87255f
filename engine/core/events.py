"""The closed union of events of a run.

Results are lossless: one stored row each, and replaying them gives the state of the
run. `Progress` and `SetupProgress` are lossy: only the newest per path matters.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from engine.core.costs import MissCosts
from engine.core.experiment import Experiment
from engine.core.methods.samplers import ParamValue
from engine.core.outcome import (
    ClassPoint,
    Comparison,
    CostWinner,
    Detectable,
    FoldComparison,
    OperatingPoint,
    Scored,
    Skill,
    Verdict,
)
from engine.core.repeated_splits import SplitSummary
from engine.core.review import Review
from engine.core.subgroups import SubgroupColumn


class FieldChange(msgspec.Struct, frozen=True):
    """What one key in the app, or one option of the command line, would change.

    `field` is a choice about the data (``drop``, ``keep``, ``group``, ``time``,
    ``duplicates``, ``missing``, ``positive``), or ``splits``, and `value` what is set
    or added.
    """

    field: str
    value: str


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """Advice about the data, with a stable code.

    `message` gives the finding with its evidence, `cause` the reason why it matters,
    and `fix` what to do. `change` does it, where one choice can.
    """

    code: str
    column: str | None = None
    message: str
    cause: str = ""
    fix: str
    change: FieldChange | None = None


class Reader(msgspec.Struct, frozen=True):
    """How a table was read; None where it makes no sense for the format.

    `header` is the number of header lines, `skipped` that of the lines before it,
    and `notes` say what was guessed or fixed.
    """

    format: str
    delimiter: str | None = None
    encoding: str | None = None
    compression: str | None = None
    header: int | None = None
    quoting: str | None = None
    escape: str | None = None
    decimal: str | None = None
    skipped: int = 0
    member: str | None = None
    notes: tuple[str, ...] = ()


class Sampled(msgspec.Struct, frozen=True):
    """A table is a sample: `rows` of the `of` rows of its file."""

    rows: int
    of: int


class DatasetInfo(msgspec.Struct, frozen=True):
    """What was loaded; counts are rows, `fingerprint` is of every cell used.

    `positive` is None where more than two classes are kept as they are.
    """

    name: str
    rows: int
    columns: int
    target: str
    positive: str | None
    classes: dict[str, int]
    roles: dict[str, str]
    advice: tuple[Advice, ...] = ()
    fingerprint: str = ""
    sampled: Sampled | None = None

    @property
    def several(self) -> tuple[str, ...]:
        """The classes of more than two, the rarest first; else none."""
        if self.positive is not None or len(self.classes) < 3:
            return ()
        # Where equally many, the last one in the data comes first.
        return tuple(sorted(self.classes, key=lambda k: -self.classes[k]))[::-1]


class Thinned(msgspec.Struct, frozen=True):
    """Training rows that models are fitted on, where negatives are left out.

    `kept` `of` the negatives are fitted on, about `ratio` per positive, and all
    positives. Folds validate `validated` rows: all that they would, or as many as tell
    enough.
    """

    ratio: int
    kept: int
    of: int
    validated: int


class ThinCheck(msgspec.Struct, frozen=True):
    """What twice the negatives would have changed, on the test rows.

    The best trial of `arm` is fitted on `kept` negatives too, about `ratio` per
    positive: twice as many, and at least 10, or all. `difference` is its average
    precision minus that of the arm, with the 95 % interval of the paired bootstrap, and
    `slopes` are those of the calibration of the arm and of that model; None with fewer
    than 20 test rows of a class.
    """

    arm: str
    ratio: int
    kept: int
    average_precision: float | None
    difference: float | None
    ci: tuple[float, float] | None
    slopes: tuple[float | None, float | None] = (None, None)


class SplitInfo(msgspec.Struct, frozen=True):
    """The hold-out in counts, with the SHA-256 of the test rows.

    `times` are the first and the last moment of the training and of the test rows, as
    the table has them, where the split is by time.
    """

    train: dict[str, int]
    test: dict[str, int]
    test_fingerprint: str
    thinned: Thinned | msgspec.UnsetType = msgspec.UNSET
    times: dict[str, tuple[str, str]] | msgspec.UnsetType = msgspec.UNSET
    miss_costs: MissCosts | msgspec.UnsetType = msgspec.UNSET


class Proof(msgspec.Struct, frozen=True):
    """What shows that no test or validation row was learned from."""

    test_fingerprint_before: str
    test_fingerprint_after: str
    test_counts_unchanged: bool
    synthetic_rows_in_validation: int
    validation_rows_equal_across_arms: bool
    held_out_rows_learned_from: int = 0


class Quality(msgspec.Struct, frozen=True):
    """What the synthetic rows of an arm look like beside the real ones.

    Shares of the `rows` that were looked at (a sample of the `of` synthetic rows that
    there are); None where unknown.

    `intruding`: the nearest real row is of another class. `duplicates`: equal to a
    real row of its class. `outside`: not a mixture of the real rows of its class (out
    of their convex hull). `separability`: ROC AUC, cross-validated, of a small
    classifier that tells synthetic rows from the real ones of their class; 0.5 if it
    cannot. It sees so many of the `columns`, if it does not see all.
    """

    rows: int
    of: int
    intruding: float | None = None
    duplicates: float | None = None
    outside: float | None = None
    separability: float | None = None
    columns: int | msgspec.UnsetType = msgspec.UNSET


class Work(msgspec.Struct, frozen=True):
    """Work counters: exact, and so comparable where seconds are not."""

    resamples: int = 0
    matrices: int = 0
    boosting_rounds: int = 0
    trials: int = 0


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of the events; the tag is the class name."""


class ArmCost(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that the units of an arm are expected to take.

    `fold` is of preparing a fold, 0 where another arm prepares it; `trials` of the
    first trials, which those to come are like on average; `whole` of preparing all
    training rows, `fit` of the last fit and of scoring the test rows, and `evaluate` of
    what the scores are worth.
    """

    fold: float
    trials: tuple[float, ...]
    whole: float
    fit: float
    evaluate: float

    def trial(self, number: int) -> float:
        """Return the seconds of a trial.

        Examples
        --------
        >>> cost = ArmCost(fold=1, trials=(9.0, 3.0), whole=1, fit=2, evaluate=1)
        >>> cost.trial(0), cost.trial(7)
        (9.0, 6.0)
        """
        known = self.trials
        return known[number] if number < len(known) else sum(known) / len(known)


class Expected(msgspec.Struct, frozen=True):
    """What a run is expected to take with so many units at a time.

    `bytes` is the most memory that it holds.
    """

    arms: dict[str, ArmCost]
    jobs: int
    bytes: int


class RunStarted(_Event, frozen=True, tag="run-started"):
    """The table is loaded and split; nothing has been fitted yet.

    `estimates` is the seconds that preparing an arm's rows may take, on one core.
    """

    experiment: Experiment
    dataset: DatasetInfo
    split: SplitInfo
    versions: dict[str, str]
    estimates: dict[str, float] = {}
    expected: Expected | msgspec.UnsetType = msgspec.UNSET


class FoldPrepared(_Event, frozen=True, tag="fold-prepared"):
    """An arm's training rows of one fold are ready; fold -1 is all train rows.

    `after` counts rows by class after the method, `synthetic` those of them that
    no file held, and `held_out_rows_learned_from` rows of the test set or of the
    judged part among those that the encoding or the samplers saw. `repairs` says
    what the pre-flight changed and why. `setting` holds what the search chose for
    the samplers, if they are searched. `quality` is of the final fold's synthetic rows.
    """

    arm: str
    fold: int
    before: dict[str, int]
    after: dict[str, int]
    synthetic: int
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    validation_fingerprint: str = ""
    synthetic_in_validation: int = 0
    held_out_rows_learned_from: int = 0
    work: Work = Work()
    reused: bool = False
    seconds: float = 0.0
    setting: dict[str, ParamValue] = {}
    quality: Quality | None = None


class TrialFinished(_Event, frozen=True, tag="trial-finished"):
    """One setting of one arm, scored over all folds.

    `score` is the mean objective at `rounds`; `folds` maps each metric to its
    value per fold; `curve` is (round, mean objective) at every look. A `pruned` one
    was stopped below the bar, and is never an arm's best. `failed` says why its rows
    could not be made, where the search chose a setting of the samplers that cannot
    work; such a trial has no folds, and the worst score there is.
    """

    arm: str
    number: int
    params: dict[str, ParamValue]
    rounds: int
    score: float
    folds: dict[str, tuple[float, ...]]
    curve: tuple[tuple[int, float], ...] = ()
    pruned: bool = False
    failed: str = ""
    work: Work = Work()
    seconds: float = 0.0


class ArmEvaluated(
    Scored, frozen=True, kw_only=True, tag_field="event", tag="arm-evaluated"
):
    """An arm's final model has had its one look at the test rows.

    `sweep` is (threshold, false positives, true positives) from the highest
    threshold to the lowest, thinned to what a screen can show: enough for curves
    and for a threshold that moves. `calibration` begins with the scores as they are;
    `repair` names the method that did best on out-of-fold scores.
    `implied_cost_ratio` is how many false alarms a missed positive must be worth for
    0.5 to be the right threshold of this arm's model. `unseen` is of the test rows
    without an equal among the training rows, if some have one.

    Of more than two classes there are `class_points`, and in `classes` each class
    against the rest; what is of two classes is empty then.
    """

    arm: str
    class_points: tuple[ClassPoint, ...] = ()
    classes: dict[str, Scored] = msgspec.field(default_factory=dict)
    work: Work = Work()
    fit_seconds: float = 0.0
    evaluate_seconds: float = 0.0


class ArmFailed(_Event, frozen=True, tag="arm-failed"):
    """An arm came to no result; the others go on."""

    arm: str
    code: str
    message: str
    fix: str
    field: str | None = None


class Compared(_Event, frozen=True, tag="compared"):
    """The arms against the control of their model, and the verdict.

    `matched` holds, per arm, the operating point of the control at which its
    out-of-fold recall is that of the arm at 0.5. `folds` compares over the folds,
    `cost_winners` says which arm costs the least at which cost ratio (from low to
    high), and `detectable` what so few positives can show at all. `skill` tells
    whether anything ranks better than chance. Of several models one follows another;
    `across` compares them with the best model without a method. `thinning` is there
    where models were fitted on some of the negatives, and `subgroups` where columns of
    people were named, `review` where a person is asked at a price.
    """

    comparison: tuple[Comparison, ...]
    verdict: Verdict
    proof: Proof
    matched: dict[str, OperatingPoint] = {}
    folds: tuple[FoldComparison, ...] = ()
    cost_winners: tuple[CostWinner, ...] = ()
    detectable: tuple[Detectable, ...] = ()
    skill: Skill | None = None
    across: tuple[Comparison, ...] = ()
    thinning: ThinCheck | msgspec.UnsetType = msgspec.UNSET
    subgroups: tuple[SubgroupColumn, ...] | msgspec.UnsetType = msgspec.UNSET
    review: Review | msgspec.UnsetType = msgspec.UNSET


class Warned(_Event, frozen=True, tag="warned"):
    """A warning of a library or of the engine."""

    message: str
    arm: str | None = None


class RunFinished(_Event, frozen=True, tag="run-finished"):
    """The last event of every run: done, failed or cancelled."""

    status: str
    seconds: float
    error: dict[str, str] | None = None


def cancelled(message: str, seconds: float) -> RunFinished:
    """Return the last event of a run that was cancelled."""
    error = {"code": "cancelled", "message": message, "fix": ""}
    return RunFinished(status="cancelled", seconds=seconds, error=error)


class Progress(_Event, frozen=True, tag="progress"):
    """Where the work is now; only the newest per arm matters.

    `stage` is ``prepare``, ``tune`` or ``fit``; `done` and `total` count units
    of the arm: folds prepared, trials finished. `curve` is (round, mean objective)
    of the trial that is growing now, numbered `trial`.
    """

    arm: str
    stage: str
    done: int
    total: int
    trial: int | None = None
    curve: tuple[tuple[int, float], ...] = ()


class SetupProgress(_Event, frozen=True, tag="setup-progress"):
    """Where a run is before its units begin: reading its table, or what follows.

    `stage`, `done` and `total` are those of a pass of `engine.core.passes.TASKS`, and
    `seconds` those since it began. `stage` is empty once all of them are over.
    """

    stage: str = ""
    done: int = 0
    total: int | None = None
    seconds: float = 0.0


SplitEvents: TypeAlias = (
    RunStarted
    | FoldPrepared
    | TrialFinished
    | ArmEvaluated
    | ArmFailed
    | Compared
    | Warned
    | RunFinished
    | Progress
    | SetupProgress
)


class SplitEvent(_Event, frozen=True, tag="split-event"):
    """What happened in a further split of several: the second is 2.

    Those of the first are the run's own. Each ends with a `RunFinished` of its own.
    """

    split: int
    inner: SplitEvents


class SplitsCompared(_Event, frozen=True, tag="splits-compared"):
    """What the splits so far come to, and the verdict with what they say of it."""

    summary: SplitSummary
    verdict: Verdict


Event: TypeAlias = SplitEvents | SplitEvent | SplitsCompared

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """Return the event as JSON."""
    return _encoder.encode(event)


def decode(data: bytes) -> Event:
    """Return the event that `encode` wrote.

    Raises
    ------
    msgspec.ValidationError
        If the bytes are no event.
    """
    event: Event = _decoder.decode(data)
    return event


def is_result(event: Event) -> bool:
    """Tell whether the event is lossless."""
    return not isinstance(innermost(event), Progress | SetupProgress)


def innermost(event: Event) -> Event:
    """Return the event itself, of a further split or not."""
    return event.inner if isinstance(event, SplitEvent) else event


def path(event: Event) -> str:
    """Return what the event is about, such as ``run`` or ``arm/smote/trial/3``.

    Examples
    --------
    >>> path(Progress(arm="smote", stage="tune", done=1, total=5))
    'arm/smote/progress'
    """
    match event:
        case FoldPrepared(arm=arm, fold=fold):
            return f"arm/{arm}/fold/{fold}"
        case TrialFinished(arm=arm, number=number):
            return f"arm/{arm}/trial/{number}"
        case ArmEvaluated(arm=arm) | ArmFailed(arm=arm):
            return f"arm/{arm}"
        case Progress(arm=arm):
            return f"arm/{arm}/progress"
        case SetupProgress():
            return "progress"
        case SplitEvent(split=number, inner=inner):
            # Only one split is at work: its progress takes the place of earlier ones'.
            about = path(inner)
            return about if isinstance(inner, Progress) else f"split/{number}/{about}"
        case _:
            return "run"
