"""What an experiment's units of work share, and what a unit is.

Plain values: they can be sent to another process, or to another machine.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec
import numpy as np

from engine.core import models, space
from engine.core.costs import MissCosts
from engine.core.errors import SpecError
from engine.core.events import ArmFailed
from engine.core.methods import ratio, registry, repair
from engine.core.methods.preflight import model_refusal
from engine.core.state import FINAL_FOLD

if TYPE_CHECKING:
    from engine.core.costs import Costs
    from engine.core.events import ArmEvaluated, FoldPrepared, TrialFinished
    from engine.core.experiment import Experiment
    from engine.core.methods.grammar import Arm
    from engine.core.methods.samplers import ParamValue
    from engine.data.roles import Dataset
    from engine.splits.folds import Fold
    from engine.splits.holdout import Split

Curve = tuple[tuple[int, float], ...]
"""Round and mean objective over the folds, at every look."""

Bar = tuple[tuple[int, float], ...]
"""Round and the mean objective that a trial must have reached by then."""

MANY = 100_000
"""Rows of a table from which on memory is spared where that costs a little time."""


def setting_key(setting: Mapping[str, ParamValue]) -> str:
    """Return a setting of samplers as one text, to tell it from others.

    Examples
    --------
    >>> setting_key({"smote.ratio": 0.5, "smote.k_neighbors": 3})
    'smote.k_neighbors=3 smote.ratio=0.5'
    """
    # An event that was stored has its names in the order of the alphabet.
    return " ".join(f"{name}={value}" for name, value in sorted(setting.items()))


@dataclass(frozen=True)
class Unit:
    """One unit of work: all that it depends on besides the plan.

    `number` is a fold for ``prepare`` and a trial for ``trial``; `setting` is what the
    search chose for the arm's samplers, if they are searched; `best` and `oof` are
    what ``finish`` starts from.
    """

    kind: Literal["prepare", "trial", "finish"]
    arm: str
    number: int
    params: dict[str, ParamValue] = field(default_factory=dict)
    bar: Bar = ()
    setting: dict[str, ParamValue] = field(default_factory=dict)
    best: TrialFinished | None = None
    oof: bytes = b""

    @property
    def name(self) -> tuple[str, str, int, str]:
        """What tells it from every other unit of its plan."""
        chosen = setting_key(self.setting) if self.kind == "prepare" else ""
        return self.kind, self.arm, self.number, chosen

    @property
    def label(self) -> str:
        """A description with names of arms, and no value of a table.

        Examples
        --------
        >>> Unit("prepare", "smote", 2).label, Unit("finish", "untreated", -1).label
        ('rows of smote, fold 2', 'final fit of untreated')
        """
        match self.kind:
            case "trial":
                return f"trial {self.number} of {self.arm}"
            case "finish":
                return f"final fit of {self.arm}"
        fold = "all" if self.number == FINAL_FOLD else f"fold {self.number}"
        return f"rows of {self.arm}, {fold}"


@dataclass(frozen=True)
class UnitResult:
    """What a unit came to: its event, and what is too large for an event.

    `warnings` are those of libraries meanwhile, where the event has no place for it.
    """

    event: FoldPrepared | TrialFinished | ArmEvaluated
    artifacts: dict[str, bytes] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """An experiment on its table, split and cut into folds.

    Attributes
    ----------
    experiment : Experiment
    dataset : Dataset
    split : Split
        The hold-out.
    folds : tuple of Fold
        The folds inside the training rows.
    versions : dict
        Version of every library that has a say in a number.
    equal_in_training : numpy.ndarray of shape (n_test,), dtype bool, or None
        Which test rows have an equal in every feature among the training rows; None
        where nobody looked.
    """

    experiment: Experiment
    dataset: Dataset
    split: Split
    folds: tuple[Fold, ...]
    versions: dict[str, str]
    equal_in_training: np.ndarray | None = None

    @property
    def is_large(self) -> bool:
        """Whether it has at least `MANY` rows."""
        return len(self.dataset.y) >= MANY

    @property
    def all_folds(self) -> tuple[int, ...]:
        """The number of every fold, the final one last."""
        return (*range(len(self.folds)), FINAL_FOLD)

    @property
    def repeats(self) -> int:
        """How often the folds were drawn."""
        return len(self.folds) // self.experiment.search.folds

    @cached_property
    def validation_rows(self) -> np.ndarray:
        """Row numbers of the training rows that a fold validates, in their order.

        All of them, but for folds in the order of time, where no model knows what was
        before the first stretch, and for more rows than need be.
        """
        validated = np.zeros(len(self.dataset.y), dtype=bool)
        for fold in range(len(self.folds)):
            validated[self.indices(fold)[1]] = True
        return np.asarray(self.split.train[validated[self.split.train]])

    @property
    def oof_labels(self) -> np.ndarray:
        """The class of each out-of-fold score: of the validation rows, per repeat."""
        return np.tile(self.dataset.y[self.validation_rows], self.repeats)

    @property
    def oof_worth(self) -> np.ndarray | None:
        """What the row of each out-of-fold score counts; see `worth`."""
        own = self.worth(self.validation_rows)
        return None if own is None else np.tile(own, self.repeats)

    @cached_property
    def validation_places(self) -> list[np.ndarray]:
        """Where the rows that each fold validates are among the validation rows."""
        place = np.empty(len(self.dataset.y), dtype=np.int64)
        place[self.validation_rows] = np.arange(len(self.validation_rows))
        return [place[self.indices(fold)[1]] for fold in range(len(self.folds))]

    @property
    def costs(self) -> Costs:
        """The costs that decide: given, or those that balancing the classes implies."""
        info, own = self.dataset.info, self.miss_costs
        return self.experiment.decision.costs(info.classes, info.positive, own)

    @cached_property
    def miss_costs(self) -> MissCosts | None:
        """What the column of costs comes to, if there is one."""
        costs, y = self.dataset.miss_costs, self.dataset.y
        if costs is None:
            return None
        train, test = (
            costs[rows][y[rows] == 1] for rows in (self.split.train, self.split.test)
        )
        # As differences: of equal costs the mean is that cost, to the last bit.
        mean = float(train[0]) + math.fsum(train - train[0]) / len(train)
        free = np.count_nonzero(train == 0) + np.count_nonzero(test == 0)
        total, squares = math.fsum(test), math.fsum(test**2)
        even = total**2 / squares if squares else 0.0
        return MissCosts(mean=mean, test=total, effective=even, free=int(free))

    def worth(self, rows: np.ndarray) -> np.ndarray | None:
        """Return what each positive counts beside one of mean cost; others count 1.

        None where no column says what a miss costs: all count alike.
        """
        costs, own = self.dataset.miss_costs, self.miss_costs
        if costs is None or own is None:
            return None
        positive = self.dataset.y[rows] == 1
        return np.asarray(np.where(positive, costs[rows] / own.mean, 1.0))

    def arm(self, name: str) -> Arm:
        """Return the arm of that name."""
        return next(arm for arm in self.experiment.arms if arm.name == name)

    def variant(self, name: str, setting: Mapping[str, ParamValue]) -> Arm:
        """Return an arm with what the search chose for its samplers."""
        arm = self.arm(name)
        return space.fix_setting(arm, setting) if setting else arm

    def indices(self, fold: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the row numbers to fit on and to validate on.

        Of the final fold that is the training rows and the test rows.
        """
        if fold == FINAL_FOLD:
            return self.split.fit, self.split.test
        one = self.folds[fold]
        return self.split.to_fit(one.fit), self.split.to_validate(one.validation)

    def odds(self, arm: Arm) -> float:
        """Return what the odds of an arm's scores are multiplied by.

        The share of the negatives that are kept, where its method leaves the classes in
        the ratio in which it finds them. Where it sets one, thinned rows come to the
        scores of all of them.
        """
        thinning = self.split.thinning
        return 1.0 if thinning is None or sets_ratio(arm) else thinning.share

    def weights(self, fold: int) -> np.ndarray | None:
        """Return what each row to fit on weighs, if the rows have weights."""
        own = self.dataset.weights
        return None if own is None else own[self.indices(fold)[0]]

    def missing(self, arm: Arm) -> str:
        """Return how the arm's missing numbers are encoded."""
        filled = arm.steps or not models.get(arm.learner).needs.missing
        return "impute" if filled else self.experiment.features.missing

    def counts(self, y: np.ndarray) -> dict[str, int]:
        """Return the rows per class label."""
        labels = self.dataset.labels
        counts = np.bincount(y, minlength=len(labels)).tolist()
        return dict(zip(labels, counts, strict=True))

    @property
    def multiclass(self) -> bool:
        """Whether there are more than two classes: scores have a column for each."""
        return len(self.dataset.labels) > 2

    def scores(self, raw: bytes) -> np.ndarray:
        """Return stored scores: one per row, or a column per class."""
        shape = (-1, len(self.dataset.labels)) if self.multiclass else -1
        return np.frombuffer(raw, dtype=np.float32).reshape(shape)

    def rows_of(self, arm: Arm) -> str:
        """Return what arms that treat the rows alike have in common."""
        alike = (
            [repair.without_defaults(step) for step in arm.steps],
            self.missing(arm),
        )
        return msgspec.json.encode(alike, order="deterministic").decode()

    def maker(self, arm: Arm) -> str:
        """Return the first arm with the same rows, which counts as their maker."""
        rows = self.rows_of(arm)
        same = (a.name for a in self.experiment.arms if self.rows_of(a) == rows)
        return next(same, arm.name)

    def matrix_maker(self, arm: Arm) -> str:
        """Return the first arm with the same rows and the same model."""
        rows, arms = self.rows_of(arm), self.experiment.arms
        alike = (a for a in arms if a.learner == arm.learner)
        return next((a.name for a in alike if self.rows_of(a) == rows), arm.name)

    def is_encoded_once(self, missing: str) -> bool:
        """Whether one matrix is all that is made of a fold's encoded rows."""
        arms = [a for a in self.experiment.arms if self.missing(a) == missing]
        makers = {self.matrix_maker(arm) for arm in arms}
        return len(makers) == 1 and not any(arm.steps for arm in arms)

    def encoding_key(self, fold: int, missing: str) -> str:
        """Return the content address of a fold's encoded rows."""
        fit, validation = self.indices(fold)
        return _hash(
            self._rows_key,
            missing,
            str(self.experiment.features.max_categories),
            fit.astype(np.int64).tobytes(),
            validation.astype(np.int64).tobytes(),
        )

    def treatment_key(self, arm: Arm, fold: int) -> str:
        """Return the content address of what a method makes of a fold."""
        weights = self.weights(fold)
        return _hash(
            self.encoding_key(fold, self.missing(arm)),
            self.rows_of(arm),
            str(self.experiment.seed),
            *([] if weights is None else [weights.tobytes()]),
        )

    @cached_property
    def _rows_key(self) -> str:
        info = self.dataset.info
        return _hash(
            info.fingerprint,
            info.target,
            info.positive or "",
            repr(self.dataset.columns),
            self.dataset.y.tobytes(),
            *(f"{name} {self.versions[name]}" for name in sorted(self.versions)),
            *_makers(),
        )


@cache
def _makers() -> tuple[bytes, ...]:
    """Return the code that makes rows: what it made before it was changed is stale."""
    home = Path(__file__).resolve().parents[1]
    makers = ("features/*.py", "resample/*.py", "core/methods/*.py", "train/prepare.py")
    found = sorted(path for pattern in makers for path in home.glob(pattern))
    return tuple(path.read_bytes() for path in found)


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def sets_ratio(arm: Arm) -> bool:
    """Tell whether a method comes to the same ratio of classes from any other.

    Examples
    --------
    >>> from engine.core.methods.grammar import parse
    >>> [sets_ratio(parse(name)) for name in ("smote", "weights", "enn", "untreated")]
    [True, True, False, False]
    """
    balanced = arm.weights is True or arm.ensemble is not None
    return balanced or any(registry.sampler(s.sampler).has_ratio for s in arm.steps)


class Sharing:
    """Keeps count of the arms that use prepared rows.

    Parameters
    ----------
    plan : Plan
        All its arms are counted in at first.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._users: dict[str, set[str]] = defaultdict(set)
        self._over: set[str] = set()
        for arm in plan.experiment.arms:
            self._users[plan.rows_of(arm)].add(arm.name)

    def claim(self, arm: Arm) -> bool:
        """Count an arm in, as its search has set it; tell whether anyone needs them."""
        rows = self._plan.rows_of(arm)
        if arm.name not in self._over:
            self._users[rows].add(arm.name)
        return bool(self._users[rows])

    def forget(self, name: str) -> set[str]:
        """Count an arm out, whatever it used; return rows that no arm needs now."""
        self._over.add(name)
        for users in self._users.values():
            users.discard(name)
        free = {rows for rows, users in self._users.items() if not users}
        for rows in free:
            del self._users[rows]
        return free


class Executor(Protocol):
    """A place where units of work run, `slots` of them at a time."""

    @property
    def slots(self) -> int:
        """Units to have submitted at a time."""
        ...

    @property
    def growing(self) -> Mapping[str, tuple[int, Curve]]:
        """Number and curve of the trial that grew last, by arm; for displays."""
        ...

    def submit(self, unit: Unit) -> Future[UnitResult]:
        """Start a unit, or run it; the future holds its result or its error."""
        ...

    def forget(self, arm: str) -> None:
        """Hear that nothing more will be asked of an arm."""
        ...

    def close(self) -> None:
        """Start nothing more; units that run are ended or not waited for."""
        ...


def unreachable(plan: Plan) -> Iterator[ArmFailed]:
    """Yield the arms whose model cannot learn, or that request rows that there are not.

    Folds reduce a request of rows per class, so only the final fit, after the search,
    would fail.
    """
    before = plan.counts(plan.dataset.y[plan.split.fit])
    for arm in plan.experiment.arms:
        weighted = plan.dataset.weights is not None
        refused = model_refusal(arm, before, weighted=weighted)
        if refused is not None:
            yield ArmFailed(arm=arm.name, **refused.facts)
        counts = before
        try:
            for step in arm.steps:
                requested = repair.target_counts(step, counts, ratio.ends(before))
                counts = counts if requested is None else requested
        except SpecError as error:
            yield ArmFailed(arm=arm.name, **{**error.facts, "code": "counts"})
