"""Which tables a bench is over, and which stored runs belong to it.

No table is read here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Final

import msgspec

from engine.core.checks import check_data
from engine.core.errors import DataError, SpecError
from engine.core.experiment import (
    DataSpec,
    Experiment,
    ReadSpec,
    SplitSpec,
    experiment_hash,
    references,
)
from engine.core.messages import SuiteGroup
from engine.core.record import Run
from engine.core.suite import Suite
from engine.io.source import stamp
from engine.io.toml.loading import parse_toml, read_text
from engine.store.store import Store
from engine.suite.aggregate import aggregate, describe_bench, table_row

# Tables -------------------------------------------------------------------------------

TABLES: Final = frozenset(
    (
        *(".csv", ".tsv", ".tab", ".dat", ".data", ".arff", ".jsonl", ".ndjson"),
        *(".parquet", ".pq", ".feather", ".arrow", ".ipc"),
        *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    )
)
"""Suffixes of a folder's files that are taken for tables."""
_PACKED: Final = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
_NAMED: Final = ("sample:", "dataset:", "make:")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One table: what it is called, and what the experiment says of it."""

    name: str
    data: DataSpec


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table as a list says it."""

    path: str
    name: str | None = None
    target: str | None = None
    positive: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    kinds: dict[str, str] = {}
    rows: int | None = None
    read: dict[str, object] = {}


class _List(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list in TOML."""

    table: tuple[_Entry, ...] = ()


def members(source: str) -> tuple[Member, ...]:
    """Return the tables that a bench is over.

    Parameters
    ----------
    source : str
        A folder: its files with the suffix of a table, in the order of their names.
        Or a list: a ``.toml`` with a ``[[table]]`` per table, or a ``.txt`` with a path
        per line. Paths are relative to the list; ``sample:NAME`` and the like may stand
        for one.

    Returns
    -------
    tuple of Member
        Their sources are absolute, and their names differ.

    Raises
    ------
    DataError
        If there is no such folder or file, or no table in it.
    SpecError
        If the list says what cannot be.

    Examples
    --------
    >>> members("none-there")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    engine.core.errors.DataError: no folder and no list 'none-there'
    """
    path = Path(source).expanduser()
    try:
        if path.is_dir():
            tables = _folder(path)
        elif path.is_file() and path.suffix.lower() in (".toml", ".txt"):
            tables = _listed(path)
        else:
            raise DataError(
                f"no folder and no list {source!r}",
                "give a folder with tables, or a .toml or .txt that names them; one "
                "table alone is for a run",
                action="run",
            )
    except OSError as error:
        what = f"cannot read {source!r}: {error.strerror}"
        raise DataError(what, "check its permissions") from None
    if not tables:
        raise DataError(
            f"{source!r} names no table",
            "a folder needs files such as .csv or .parquet, a list a line per table",
        )
    return _name_uniquely(tables)


def _folder(path: Path) -> list[Member]:
    return [
        Member(name=stem(file.name), data=DataSpec(source=str(file.absolute())))
        for file in sorted(path.iterdir(), key=lambda file: file.name)
        if _is_table(file)
    ]


def _is_table(file: Path) -> bool:
    if file.name.startswith(".") or not file.is_file():
        return False
    suffixes = [suffix.lower() for suffix in file.suffixes]
    while len(suffixes) > 1 and suffixes[-1] in _PACKED:
        suffixes.pop()
    return suffixes[-1:] == [".zip"] or not TABLES.isdisjoint(suffixes[-1:])


def _listed(path: Path) -> list[Member]:
    text = read_text(path, path.name)
    if path.suffix.lower() == ".toml":
        entries = _toml(text, path.name)
    else:
        lines = (line.strip() for line in text.splitlines())
        entries = [_Entry(path=one) for one in lines if one and one[0] != "#"]
    return [_member(entry, path) for entry in entries]


def _toml(text: str, name: str) -> Sequence[_Entry]:
    try:
        return msgspec.convert(parse_toml(text, name), _List).table
    except msgspec.ValidationError as error:
        raise SpecError(
            f"{name}: {error}",
            "a table is [[table]] with path, and if need be target, positive, drop, "
            "keep, kinds, rows, name and read",
        ) from None


def _member(entry: _Entry, where: Path) -> Member:
    source = entry.path
    if not source.startswith(_NAMED):
        source = str((where.parent / Path(source).expanduser()).absolute())
    rows = {} if entry.rows is None else {"rows": entry.rows}
    name = entry.name or (
        entry.path if entry.path.startswith(_NAMED) else stem(PurePath(source).name)
    )
    try:
        read = msgspec.convert(entry.read | rows, ReadSpec)
        shared = ("target", "positive", "drop", "keep", "kinds")
        given = {field: getattr(entry, field) for field in shared}
        data = DataSpec(source=source, read=read, **given)
        check_data(data)
    except msgspec.ValidationError as error:
        raise SpecError(
            f"{where.name}: table {name!r}: {error}",
            "docs/experiment.md lists the settings of a table",
        ) from None
    except SpecError as error:
        error.message = f"{where.name}: table {name!r}: {error.message}"
        raise
    return Member(name=name, data=data)


def stem(name: str) -> str:
    """Return a file's name without the suffixes of tables and of compression.

    Examples
    --------
    >>> stem("sick.csv.gz"), stem("notes.md")
    ('sick', 'notes.md')
    """
    path = PurePath(name)
    while path.suffix.lower() in _PACKED:
        path = path.with_suffix("")
    return path.stem if path.suffix.lower() in TABLES else path.name


def _name_uniquely(tables: Sequence[Member]) -> tuple[Member, ...]:
    """Give tables of one name a number; refuse the same table twice."""
    names: Counter[str] = Counter()
    unique: list[Member] = []
    for place, member in enumerate(tables):
        if any(member.data == other.data for other in tables[:place]):
            raise SpecError(
                f"table {member.name!r} is listed twice",
                "list every table once: the same rows again are no further table",
            )
        names[member.name] += 1
        many = names[member.name]
        name = member.name if many == 1 else f"{member.name} ({many})"
        unique.append(msgspec.structs.replace(member, name=name))
    return tuple(unique)


# Stored runs --------------------------------------------------------------------------

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
        rows,
        arms=arms,
        name=metric,
        rope=rope,
        seed=first.seed,
        bench=bench,
        references=references(first.arms),
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
