"""What the store holds of a bench: a table's run, and runs of equal settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from engine.client.messages import SuiteGroup
from engine.data.source import stamp
from engine.errors import DataError
from engine.spec import DataSpec, Experiment, SplitSpec, experiment_hash
from engine.store.record import Run
from engine.suite.aggregate import aggregate, describe_bench, table_row
from engine.suite.members import stem
from engine.suite.values import Suite

if TYPE_CHECKING:
    from engine.store.store import Store

NO_DATA = DataSpec(source="")
LEAST_TABLES = 2


class RunGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of equal settings: what a screen says of them, and the runs."""

    group: SuiteGroup
    runs: tuple[Run, ...]


def settings_of(experiment: Experiment) -> str:
    """Return what two experiments share that are equal but for their tables.

    Columns that say how a table is split are its table's affair, too.

    Examples
    --------
    >>> from engine.presets import preset
    >>> one, two = (preset("quick", source=s) for s in ("a.csv", "b.csv"))
    >>> settings_of(one) == settings_of(two) != settings_of(preset(None, source="a"))
    True
    """
    split = experiment.split
    plain = SplitSpec(
        test_size=split.test_size,
        stratify=split.stratify,
        duplicates=split.duplicates,
    )
    changed = msgspec.structs.replace(experiment, data=NO_DATA, split=plain)
    return experiment_hash(changed)


def group_runs(runs: Sequence[Run]) -> tuple[RunGroup, ...]:
    """Return the sets of finished runs with equal settings, over two tables or more.

    Parameters
    ----------
    runs : sequence of Run
        The newest first, as `Store.runs` returns them.

    Returns
    -------
    tuple of RunGroup
        The one with the newest run first. Of several runs of one table the newest
        counts; tables are in the order of their names.
    """
    found: dict[str, dict[str, Run]] = {}
    for run in runs:
        if run.status == "done":
            tables = found.setdefault(settings_of(run.experiment), {})
            tables.setdefault(_table(run), run)
    return tuple(
        _gathered(key, list(tables.values()))
        for key, tables in found.items()
        if len(tables) >= LEAST_TABLES
    )


def aggregate_group(
    store: Store, gathered: RunGroup, metric: str, rope: float | None
) -> Suite:
    """Return what such runs come to together.

    Raises
    ------
    EngineError
        If there is no such metric, or a result cannot be read.
    """
    first = gathered.runs[0].experiment
    arms = gathered.group.arms
    rows = [
        table_row(
            store.state(run.id),
            arms,
            _name(run),
            source=run.experiment.data.source,
            run=run.id,
            status=run.status,
            metric=metric,
        )
        for run in gathered.runs
    ]
    bench = describe_bench(first, "the store")
    return aggregate(
        rows, arms=arms, name=metric, rope=rope, seed=first.seed, bench=bench
    )


def _table(run: Run) -> str:
    """Return the file of a run's table: the same rows twice are no second table."""
    source, folder = run.experiment.data.source, run.options.folder
    if ":" in source or folder is None:
        return source
    return str(PurePath(folder, source))


def _name(run: Run) -> str:
    source = run.experiment.data.source
    return source if ":" in source else stem(PurePath(source).name)


def _gathered(key: str, runs: list[Run]) -> RunGroup:
    newest, first = runs[0], runs[0].experiment
    group = SuiteGroup(
        key=key,
        arms=tuple(arm.name for arm in first.arms),
        tables=len(runs),
        trials=first.search.trials,
        folds=first.search.folds * first.search.repeats,
        seed=first.seed,
        created=newest.created,
    )
    ordered = sorted(runs, key=lambda run: (_name(run), run.number))
    return RunGroup(group=group, runs=tuple(ordered))


_RANK = {"done": 0, "running": 1, "queued": 1}
"""A done one is the best; one at work is followed, one that stopped goes on."""


def find_run(runs: Iterable[Run], experiment: Experiment) -> Run | None:
    """Return the run of an experiment, if the store has one to take or to go on with.

    Parameters
    ----------
    runs : iterable of Run
        What the store holds, the newest first.
    experiment : Experiment
        Its source is absolute, so that it means the same file everywhere.

    Returns
    -------
    Run or None
        The newest done one, else one at work, else the newest that stopped. None of
        those is older than the last change of the table's file.
    """
    wanted = experiment_hash(experiment)
    changed = _changed(experiment)
    found = [
        run
        for run in runs
        if run.status != "unreadable"
        and run.created > changed
        and run.experiment.data.source == experiment.data.source
        and experiment_hash(run.experiment) == wanted
    ]
    return min(found, key=lambda run: _RANK.get(run.status, 2), default=None)


def _changed(experiment: Experiment) -> float:
    """Return when the table changed last, in seconds since 1970."""
    data = experiment.data
    try:
        sources = [s for s in (data.source, data.test_source) if s is not None]
        return max(stamp(source)[0] for source in sources) / 1e9
    except DataError:
        return 0.0  # the run will say why
