"""A stored run opened again: its table, its hold-out, and its arms' scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from engine.core.errors import DataError, RunFailedError, TooBigError, UsageError
from engine.core.execution import Progress, silent
from engine.core.record import Run, unreadable
from engine.core.state import State
from engine.data import verbatim
from engine.data.load import Table, fingerprint, load_data
from engine.data.roles import Dataset, prepare, with_miss_costs
from engine.io.source import stamp, with_absolute_paths
from engine.splits.holdout import Split, divide
from engine.store.store import Store, open_store
from engine.train.plan import Plan
from engine.train.prepare import Preparer

if TYPE_CHECKING:
    import pandas as pd

    from engine.core.experiment import DataSpec, Experiment


RESTORE = "restore the old file and its version of imbtui, or start a new run"


class StoredRun(NamedTuple):
    """A stored run and where it is."""

    run: Run
    state: State

    @property
    def experiment(self) -> Experiment:
        """What was run."""
        return self.state.experiment or self.run.experiment


@dataclass
class ReopenedRun:
    """A run with its table, laid out as it was when the arms were tested.

    Attributes
    ----------
    store : Path or None
        The file that the run is in; the default one when None.
    opened : StoredRun
        The run.
    table : Table
        As it was read again; it is the one that the run began with.
    data : DataSpec
        Where it is.
    plan : Plan
        As of the run, but for its folds, which nobody needs any more.
    """

    store: Path | None
    opened: StoredRun
    table: Table
    data: DataSpec
    plan: Plan
    _scores: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def dataset(self) -> Dataset:
        """The table with its roles."""
        return self.plan.dataset

    @property
    def split(self) -> Split:
        """The hold-out."""
        return self.plan.split

    @property
    def state(self) -> State:
        """What the run's events add up to."""
        return self.opened.state

    @cached_property
    def preparer(self) -> Preparer:
        """What encodes rows as the run did."""
        return Preparer(self.plan, None)

    @cached_property
    def y(self) -> np.ndarray:
        """The class of each test row, as its place in the labels."""
        return np.asarray(self.dataset.y[self.split.test].astype(np.int64))

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number of each test row in the table, from 1."""
        return np.asarray(np.flatnonzero(self.dataset.there)[self.split.test] + 1)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The cells of the test rows as the file has them, every column."""
        frame = verbatim.as_written(self.table, self.data)
        return frame[self.dataset.there].iloc[self.split.test].reset_index(drop=True)

    def scores(self, arm: str) -> np.ndarray:
        """Return an arm's scores of the test rows.

        Returns
        -------
        numpy.ndarray of shape (n_test,) or (n_test, n_classes), dtype float32
        """
        if arm not in self._scores:
            raw = self.artifact(f"test/{arm}")
            values = np.frombuffer(raw, dtype=np.float32)
            if len(values) != len(self.y):
                values = values.reshape(len(self.y), len(self.dataset.labels))
            self._scores[arm] = values
        return self._scores[arm]

    def artifact(self, name: str) -> bytes:
        """Return what the run kept under a name."""
        with open_store(self.store, create=False) as store:
            return store.artifact(self.opened.run.id, name)


def open_run(store: Store, name: str, known: StoredRun | None = None) -> StoredRun:
    """Return a run with its state.

    Parameters
    ----------
    store : Store
    name : str
        Its id, a unique beginning of it, or ``last``.
    known : StoredRun or None, default=None
        The run as it was a moment ago; it is returned if nothing has changed.

    Raises
    ------
    StoreError
        If there is no such run, or another version wrote it.
    """
    run = store.run(name)
    if run.status == "unreadable":
        raise unreadable(run.name)
    if known is not None and known.run == run and run.ended:
        return known
    return StoredRun(run, store.state(run.id))


def source_of(opened: StoredRun) -> DataSpec:
    """Return where a run's table is, whatever folder this process is in.

    Examples
    --------
    >>> from engine.core.methods.grammar import Arm
    >>> from engine.core.experiment import DataSpec, Experiment
    >>> from engine.core.record import RunOptions
    >>> arms = (Arm(name="untreated"),)
    >>> experiment = Experiment(data=DataSpec(source="a.csv"), arms=arms)
    >>> options = RunOptions(folder="/home/ann")
    >>> run = Run(id="a", number=1, created=0, experiment=experiment, options=options,
    ...           status="done")
    >>> source_of(StoredRun(run, State())).source
    '/home/ann/a.csv'
    """
    return with_absolute_paths(opened.experiment.data, opened.run.options.folder)


def stamps(data: DataSpec) -> tuple[object, ...]:
    """Return what changes whenever a file of the table does.

    Raises
    ------
    DataError
        If there is no such file any more.
    """
    try:
        second = data.test_source
        return (stamp(data.source), None if second is None else stamp(second))
    except DataError as error:
        raise _table_missing(error) from None


def reopen_run(
    store: Path | None,
    opened: StoredRun,
    *,
    table: Table | None = None,
    progress: Progress = silent,
) -> ReopenedRun:
    """Open a run's table again, and divide it as the run did.

    Parameters
    ----------
    store : Path or None
    opened : StoredRun
    table : Table or None, default=None
        The table, if it is at hand already.
    progress : callable, optional
        Told of the reading.

    Returns
    -------
    ReopenedRun

    Raises
    ------
    RunFailedError
        If the run has not begun, or no arm has a result.
    DataError
        If the table is not there any more, or is another.
    """
    state, run = opened.state, opened.run
    evaluated = any(arm.evaluated for arm in state.arms)
    if state.dataset is None or state.split is None or not evaluated:
        raise RunFailedError(
            f"no arm of run {run.name} has a result" + ("" if run.ended else " yet"),
            "go on with it" if run.ended else "wait until an arm is done",
            action=f"resume {run.name}" if run.ended else "",
        )
    data, experiment = source_of(opened), opened.experiment
    if not state.split.thinned:
        data = msgspec.structs.replace(data, thin=0)  # as it was run: with all rows
    if table is None:
        try:
            table = load_data(data, progress=progress)
        except TooBigError:
            raise
        except DataError as error:
            raise _table_missing(error) from None
    progress("preparing", 0, None)
    way, seed = experiment.split, experiment.seed
    try:
        dataset = prepare(table, data, way, multiclass=True)
        split = divide(dataset, way, seed=seed, thin=data.thin)
        dataset = prepare(table, data, way, train=split.train, multiclass=True)
        column = experiment.decision.cost_fn_column
        dataset = with_miss_costs(dataset, column, split.train)
    except UsageError as error:
        raise _table_changed(table.name, error.message) from None
    if dataset.info.fingerprint != state.dataset.fingerprint:
        raise _table_changed(table.name)
    test = fingerprint(dataset.frame.iloc[split.test], dataset.y[split.test].tobytes())
    if test != state.split.test_fingerprint:
        raise _table_changed(table.name, "they are split otherwise")
    plan = Plan(experiment, dataset, split, (), state.versions)
    return ReopenedRun(store, opened, table, data, plan)


def _table_missing(error: DataError) -> DataError:
    return DataError(
        f"the table of this run no longer exists: {error.message}",
        "put the file back where it was",
    )


def _table_changed(name: str, why: str = "") -> DataError:
    because = f" ({why})" if why else ""
    return DataError(
        f"{name} has changed since the run: its rows are not those that were tested"
        f"{because}",
        RESTORE,
    )
