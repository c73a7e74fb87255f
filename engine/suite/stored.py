"""Stored runs of a bench: the run of a table, and runs of equal settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

import msgspec

from engine.core.errors import DataError
from engine.core.experiment import DataSpec, Experiment, SplitSpec, experiment_hash
from engine.core.messages import SuiteGroup
from engine.core.record import Run
from engine.core.suite import Suite
from engine.io.source import stamp
from engine.store.store import Store
from engine.suite.aggregate import aggregate, describe_bench, table_row
from engine.suite.members import stem

NO_DATA = DataSpec(source="")
LEAST_TABLES = 2


class RunGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of equal settings, with their summary."""

    group: SuiteGroup
    runs: tuple[Run, ...]


def settings_of(experiment: Experiment) -> str:
    """Return a hash of an experiment without its table.

    Columns that define a split belong to the table, too.

    Examples
    --------
    >>> from engine.core.presets import preset
    >>> one, two = (preset("quick", source=s) for s in ("a.csv", "b.csv"))
    >>> settings_of(one) == settings_of(two) != settings_of(preset(None, source="a"))
    True
    """
    fields = ("test_size", "stratify", "duplicates")
    plain = SplitSpec(**{f: getattr(experiment.split, f) for f in fields})
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
    groups: dict[str, dict[str, Run]] = {}
    for run in runs:
        if run.status == "done":
            tables = groups.setdefault(settings_of(run.experiment), {})
            tables.setdefault(_table(run), run)
    return tuple(
        _run_group(key, list(tables.values()))
        for key, tables in groups.items()
        if len(tables) >= LEAST_TABLES
    )


def aggregate_group(
    store: Store, group: RunGroup, metric: str, rope: float | None
) -> Suite:
    """Compare arms over the runs of a group.

    Raises
    ------
    EngineError
        If there is no such metric, or a result cannot be read.
    """
    first, arms = group.runs[0].experiment, group.group.arms
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
        for run in group.runs
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


def _run_group(key: str, runs: list[Run]) -> RunGroup:
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
"""A finished run is the best; a running one is followed, a stopped one resumed."""


def find_run(runs: Iterable[Run], experiment: Experiment) -> Run | None:
    """Return the run of an experiment, if the store has one to reuse or to resume.

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
    known = [
        run
        for run in runs
        if run.status != "unreadable"
        and run.created > changed
        and run.experiment.data.source == experiment.data.source
        and experiment_hash(run.experiment) == wanted
    ]
    return min(known, key=lambda run: _RANK.get(run.status, 2), default=None)


def _changed(experiment: Experiment) -> float:
    """Return when the table changed last, in seconds since 1970."""
    data = experiment.data
    try:
        sources = [s for s in (data.source, data.test_source) if s is not None]
        return max(stamp(source)[0] for source in sources) / 1e9
    except DataError:
        return 0.0  # the run will say why
