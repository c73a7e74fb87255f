"""A stored run opened for an export; each part is read when it is first used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.core import space
from engine.core.errors import DataError, RunFailedError, SpecError, StoreError, unknown
from engine.core.events import ArmEvaluated, TrialFinished
from engine.core.experiment import DataSpec, Experiment
from engine.core.exports import ExportRequest, find
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.outcome import Choice, ClassPoint, OperatingPoint
from engine.core.result import Result, of_run
from engine.core.state import FINAL_FOLD, ArmState, State
from engine.data.array_cache import ArrayCache
from engine.data.load import Progress, Table
from engine.explain import stored_run
from engine.explain.stored_run import RESTORE, ReopenedRun, StoredRun
from engine.features.encoder import Features
from engine.io.logs import collect_warnings
from engine.resample.method import MethodRows
from engine.splits.folds import cut
from engine.store.store import open_store
from engine.train.plan import Plan
from engine.train.prepare import PreparedFold, Preparer


class _ReadOnlyCache(ArrayCache):
    """Takes nothing in: what is made here is of today's libraries."""

    def put(self, *_: object) -> None:
        """Keep nothing."""


class SelectedArm(NamedTuple):
    """An arm with a result, and all that was chosen for it.

    Attributes
    ----------
    name : str
    arm : Arm
        With the setting that the search chose for its samplers.
    state : ArmState
        What the run's events say about it.
    best : TrialFinished
        Its best trial.
    evaluated : ArmEvaluated
        What the test rows said.
    setting : dict
        What the search chose for the samplers; empty if nothing was searched.
    """

    name: str
    arm: Arm
    state: ArmState
    best: TrialFinished
    evaluated: ArmEvaluated
    setting: dict[str, ParamValue]

    @property
    def params(self) -> dict[str, ParamValue]:
        """The best trial's parameters of the model, without those of the samplers."""
        return {k: v for k, v in self.best.params.items() if k not in self.setting}

    @property
    def points(self) -> tuple[OperatingPoint | ClassPoint, ...]:
        """The operating points that it can be used at."""
        return self.evaluated.class_points or self.evaluated.operating_points

    @property
    def point_names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(point.name for point in self.points)

    def point(self, at: str) -> OperatingPoint | ClassPoint:
        """Return the arm at an operating point.

        Raises
        ------
        SpecError
            If there is no such point.
        """
        for point in self.points:
            if point.name == at:
                return point
        raise unknown(f"{self.name} has no operating point {at!r}", self.point_names)


@dataclass
class Case:
    """A run, and what was asked for of it.

    What is a cached property costs nothing until it is looked at: the preview of an
    export looks at `state`, `experiment`, `result` and `chosen` only.

    Attributes
    ----------
    store : Path or None
    opened : StoredRun
    request : ExportRequest
    progress : callable
        Told of what takes long: a stage, what is done of it, and of how much.
    table : Table or None
        The run's table, if it is at hand already.
    """

    store: Path | None
    opened: StoredRun
    request: ExportRequest
    progress: Progress
    table: Table | None = field(default=None, repr=False)

    # What is known without the table --------------------------------------------------

    @property
    def run(self) -> str:
        """Its id."""
        return self.opened.run.id

    @property
    def name(self) -> str:
        """What a user calls it."""
        return self.opened.run.name

    @property
    def state(self) -> State:
        """What its events add up to."""
        return self.opened.state

    @property
    def experiment(self) -> Experiment:
        """What was run."""
        return self.opened.experiment

    @property
    def data(self) -> DataSpec:
        """Where its table is, whatever folder this process is in."""
        return stored_run.source_of(self.opened)

    def wanted(self, name: str) -> Arm:
        """Return an arm as the experiment has it."""
        return next(arm for arm in self.experiment.arms if arm.name == name)

    @cached_property
    def result(self) -> Result:
        """The result."""
        return of_run(self.state, self.opened.run)

    @property
    def done(self) -> tuple[str, ...]:
        """The arms with a result, in the order of the experiment."""
        return tuple(arm.name for arm in self.state.arms if arm.evaluated)

    @property
    def multiclass(self) -> bool:
        """Whether there are more than two classes."""
        info = self.state.dataset
        return info is not None and info.positive is None

    @property
    def recommended(self) -> Choice | None:
        """What the run's verdict recommends, if it came to one."""
        compared = self.state.compared
        return compared.verdict.choice if compared else None

    @property
    def at(self) -> str:
        """The operating point that was asked for; the recommended one if none."""
        return self.usual(self.chosen) if self.request.at is None else self.request.at

    @property
    def point(self) -> str:
        """What the board calls that."""
        return self.result.point_label(self.at)

    def usual(self, chosen: SelectedArm) -> str:
        """Return the operating point of an arm where none was asked for."""
        own = self.experiment.decision.at
        wanted = ["recommended", own, chosen.point_names[0]]
        if self._unrecommended:  # what is called so there is least cost
            wanted = ["cost" if own == "recommended" else own]
        return next(one for one in wanted if one in chosen.point_names)

    @cached_property
    def chosen(self) -> SelectedArm:
        """The arm that was asked for; the one that the verdict recommends if none.

        A run without a verdict has its first arm with a result.

        Raises
        ------
        SpecError
            If there is no such arm, no arm has such an operating point, or none was
            asked for and the verdict recommends none.
        RunFailedError
            If it has no result, or no arm has.
        """
        if self.request.arm is not None:
            return self.choose(self.request.arm)
        if self.recommended is not None:
            found = self.choose(self.recommended.arm)
        elif self._unrecommended and self.done and find(self.request.kind).of == "arm":
            raise SpecError(
                f"the verdict of run {self.name} recommends no arm: none is shown to "
                "rank better than chance",
                f"name one: {', '.join(self.done)}",
                field="arm",
            )
        else:
            found = self.choose(self.done[0] if self.done else "")
        wanted = self.request.at
        if wanted is not None and wanted not in found.point_names:
            what = f"run {self.name} has no operating point {wanted!r}"
            raise unknown(what, found.point_names)
        return found

    @property
    def _unrecommended(self) -> bool:
        """Whether the verdict says that nothing ranks better than chance."""
        compared = self.state.compared
        return compared is not None and compared.verdict.code == "VRD009"

    def choose(self, name: str) -> SelectedArm:
        """Return an arm with a result.

        Raises
        ------
        SpecError
            If there is no such arm.
        RunFailedError
            If it has no result, or no arm has.
        """
        if not self.done:
            what = f"no arm of run {self.name} has a result"
            raise RunFailedError(what, "see where it is", action=f"show {self.name}")
        try:
            state = self.state.arm(name)
        except KeyError:
            what = f"run {self.name} has no arm {name!r}"
            raise unknown(what, self.done, field="arm") from None
        if state.evaluated is None or state.best is None:
            why = f": {state.failed.message}" if state.failed else ""
            how = f"choose one of: {', '.join(self.done)}"
            raise RunFailedError(f"{name} has no result{why}", how)
        arm, setting = self.wanted(name), state.final.setting if state.final else {}
        arm = space.fix_setting(arm, setting) if setting else arm
        return SelectedArm(name, arm, state, state.best, state.evaluated, setting)

    def artifact(self, name: str) -> bytes:
        """Return what the run kept: ``model/ARM``, ``test/ARM``, ``oof/ARM``.

        Raises
        ------
        DataError
            If the store has lost it.
        """
        try:
            with open_store(self.store, create=False) as store:
                return store.artifact(self.run, name)
        except StoreError as error:
            what = f"the store has no {name} of run {self.name}: {error}"
            raise DataError(what, RESTORE) from None

    # What takes the table -------------------------------------------------------------

    @cached_property
    def bench(self) -> ReopenedRun:
        """The run with its table, laid out as it was when the arms were tested.

        Raises
        ------
        DataError
            If the table is not there any more, or is another.
        """
        return stored_run.reopen_run(
            self.store, self.opened, table=self.table, progress=self.progress
        )

    @cached_property
    def plan(self) -> Plan:
        """The run's plan, with its folds."""
        plan, wanted = self.bench.plan, self.experiment
        data, train = plan.dataset, plan.split.train
        folds = cut(data, train, wanted.search, wanted.split, seed=wanted.seed)
        return replace(plan, folds=folds)

    @cached_property
    def preparer(self) -> Preparer:
        """What encodes and treats rows as the run did, or takes what it kept."""
        with open_store(self.store, create=False) as store:
            return Preparer(self.plan, _ReadOnlyCache(store.folds))

    def features(self, fold: int = FINAL_FOLD) -> Features:
        """Return the arm's encoding, fitted on a fold (on all training rows)."""
        return self.preparer.features(fold, self.plan.missing(self.chosen.arm))

    def rows(self, fold: int = FINAL_FOLD) -> PreparedFold:
        """Return the arm's treated rows of a fold, made again as the run made them.

        Raises
        ------
        DataError
            If other rows come of it than in the run.
        """
        self.progress("treating", 0, None)
        rows = self.preparer.rows(self.chosen.arm, fold)
        self._compare(fold, rows.event.after, rows.event.synthetic)
        return rows

    def treated(self) -> MethodRows:
        """Return an arm's treated training rows with what each was made from.

        Raises
        ------
        DataError
            If other rows come of it than in the run.
        """
        self.progress("treating", 0, None)
        plan, train = self.plan, self.plan.split.fit
        X = self.features().transform(plan.dataset.frame.iloc[train])
        y = plan.dataset.y[train]
        with collect_warnings():
            treated = self.preparer.apply(self.chosen.arm, FINAL_FOLD, X, y)
        made = int((treated.origin < 0).sum())
        self._compare(FINAL_FOLD, plan.counts(treated.y), made)
        return treated

    def _compare(self, fold: int, after: dict[str, int], made: int) -> None:
        """Refuse rows that are not those of the run."""
        for run in self.chosen.state.chosen:
            if run.fold == fold and (run.after, run.synthetic) != (after, made):
                raise DataError(
                    f"{self.chosen.name} makes other rows here than in the run: other "
                    "versions of the libraries",
                    RESTORE,
                )

    def scores(self, arm: str) -> np.ndarray:
        """Return an arm's scores of the test rows, in the order of the split.

        Returns
        -------
        numpy.ndarray of shape (n_test,) or (n_test, n_classes), dtype float32
        """
        return self.bench.scores(arm)


def case(
    request: ExportRequest, progress: Progress, table: Table | None = None
) -> Case:
    """Open a run for an export.

    Raises
    ------
    StoreError
        If there is no such run.
    """
    path = Path(request.store) if request.store else None
    with open_store(path, create=False) as store:
        opened = stored_run.open_run(store, request.run)
        return Case(path, opened, request, progress, table)
