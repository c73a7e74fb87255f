"""Handle requests about tables: the one at hand, its rows and columns, suites."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec
import numpy as np
from msgspec.structs import replace

from engine.core import lab, messages
from engine.core.checks import check_data
from engine.core.errors import (
    ChoiceError,
    DataError,
    EngineError,
    SpecError,
    TargetError,
)
from engine.core.execution import Progress, silent
from engine.core.experiment import DataSpec
from engine.core.explain import RunRequest
from engine.core.messages import Alone, ColumnInfo, Load, TableInfo
from engine.data import profile, roles
from engine.data.equal_rows import duplicate_rows
from engine.data.load import load_data
from engine.data.profile import (
    ColumnProfile,
    FrameColumns,
    RowClasses,
    page,
    sort_places,
)
from engine.data.target import MOST_CLASSES, candidates, counted, guess_target
from engine.data.target import known as known_column
from engine.data.thin import Thinning
from engine.evaluate.verdict.words import half_width
from engine.io.make_spec import parse
from engine.io.source import locate, stamp, total_bytes, with_absolute_paths
from engine.profile import advice
from engine.profile.advice import sampled
from engine.profile.measure import Findings, find
from engine.service.previews import preview_file
from engine.splits.holdout import divide
from engine.store import open_store
from engine.suite.stored import aggregate_group, group_runs

if TYPE_CHECKING:
    from engine.data.load import Table
    from engine.data.roles import Dataset
    from engine.profile.measure import ColumnFacts
    from engine.service.handlers import MoreHandlers

MOST_CANDIDATES = 10
"""Candidates for the target that are described."""
REMEMBERED = 16
"""Number of settings whose measurements are cached."""
Key: TypeAlias = tuple[bytes, tuple[int, int], tuple[int, int] | None]
"""Request and file stamps, which change with the files."""


class LoadedTable(msgspec.Struct, frozen=True):
    """The table at hand, and what was measured of it under some settings."""

    key: Key
    table: Table
    columns: tuple[ColumnProfile, ...]
    found: FrameColumns
    duplicate_rows: int
    candidates: tuple[messages.TargetCandidate, ...]
    measured: dict[bytes, Measured] = {}
    orders: dict[messages.Order, np.ndarray] = {}
    classes: RowClasses | None = None
    request: messages.Load | None = None
    data: DataSpec | None = None

    def has_rows_of(self, data: DataSpec) -> bool:
        """Tell whether other choices would read the same rows of the same file."""
        assert self.data is not None
        before, now = Thinning.of(self.data), Thinning.of(data)
        if (self.data.target, before) == (data.target, now):
            return True
        table = self.table
        rows = len(table.frame) - table.test_rows
        return table.drawn is None and not (now and now.may_draw(rows))


class TableHandler:
    """Answers requests; keeps the last table that could be read."""

    def __init__(self) -> None:
        self._held: LoadedTable | None = None
        self._failed: EngineError | None = None

    @cached_property
    def _more(self) -> MoreHandlers:
        """Handlers of what needs models and samplers, which no table waits for."""
        from engine.service.handlers import MoreHandlers

        return MoreHandlers(self._at_hand)

    def answer(self, request: messages.Request, tell: Progress) -> messages.Answer:
        """Return the answer.

        Raises
        ------
        EngineError
            If it cannot be answered.
        """
        match request:
            case messages.Load():
                try:
                    return self._load(request, tell)
                except EngineError as error:
                    self._failed = error
                    raise
            case messages.Look():
                return preview_file(request)
            case messages.PageRequest(id=id, start=start, count=count, sort=sort):
                held = self._loaded()
                return page(
                    held.table.frame,
                    held.columns,
                    id=id,
                    start=start,
                    count=count,
                    places=_places(held, sort),
                )
            case messages.PictureRequest():
                return self._picture(request)
            case messages.Sketch():
                from engine.data import synthetic  # scikit-learn

                return synthetic.sketch(request)
            case messages.WriteMade():
                made = parse(request.source)
                from engine.data import synthetic

                path = synthetic.write(made, Path(request.path), request.overwrite)
                return messages.TableWritten(
                    id=request.id, path=str(path), rows=made.rows
                )
            case messages.AskSuite():
                return answer_suite(request)
            case messages.PlanExport() | messages.WriteExport():
                return self._more.export(request, tell)
            case messages.AskValidation():
                return self._more.validate(request, tell)
            case lab.Treat() | lab.Preflight() | lab.Balance() | lab.LeakDemo():
                return self._more.lab.answer(request, self._loaded(), tell)
            case lab.EstimateRun():
                return self._more.estimate(request, tell)
            case RunRequest():
                return self._more.explain.answer(request, tell)
        raise AssertionError(request)

    def _load(self, request: messages.Load, tell: Progress) -> messages.TableInfo:
        held = self._read(request, tell)
        measured = self._measure(held, request, tell)
        info = describe(held.table, request, measured)
        # Only now: until a load is answered, the app shows the table before it.
        self._held = replace(held, classes=measured.classes, request=request)
        return info

    def _read(self, request: messages.Load, tell: Progress) -> LoadedTable:
        """Read a table and profile it, unless it is the one at hand, unchanged."""
        key = _key(request)
        held = self._held
        if held is not None and held.key == key and held.has_rows_of(request.data):
            return held
        self.__dict__.pop("_more", None)  # their memory is free for this one
        table = load_data(request.data, progress=tell)
        frame, found = table.frame, FrameColumns(table.frame)
        columns = tuple(found.all(partial(tell, "profiling")))
        tell("comparing", 0, None)
        likely = candidates(frame, table.name, found)[:MOST_CANDIDATES]
        may_be = [one._asdict() for one in likely]
        targets = msgspec.convert(may_be, tuple[messages.TargetCandidate, ...])
        copies = duplicate_rows(frame, found)
        return LoadedTable(
            key, table, columns, found, copies, targets, data=request.data
        )

    def _measure(
        self, held: LoadedTable, request: messages.Load, tell: Progress
    ) -> Measured:
        """Return the measurements of a table under some settings, maybe cached."""
        # What is muted changes the advice shown, and nothing that is measured.
        plain = replace(request, id=0, mute=())
        choices = msgspec.json.encode(plain, order="deterministic")
        if choices not in held.measured:
            if len(held.measured) == REMEMBERED:
                held.measured.clear()
            held.measured[choices] = measure(held, request, tell)
        return held.measured[choices]

    def _picture(self, request: messages.PictureRequest) -> messages.ColumnPicture:
        held = self._loaded()
        assert held.classes is not None
        column = next((c for c in held.columns if c.name == request.column), None)
        if column is None:
            raise DataError(
                f"{held.table.name} has no column {request.column!r}",
                "choose one of the table shown",
            )
        series, bins = held.table.frame[column.name], request.bins
        return profile.picture(series, column, held.classes, id=request.id, bins=bins)

    def _at_hand(self, data: DataSpec) -> Table | None:
        """Return the table of a run if it is the one that is loaded."""
        held = self._held
        if held is None or held.request is None:
            return None
        key = _key(data)
        same = _key(with_absolute_paths(held.request.data, str(Path.cwd()))) == key
        same = same and held.key[1:] == key[1:] and held.has_rows_of(data)
        return held.table if same else None

    def _loaded(self) -> LoadedTable:
        if self._held is None:
            raise self._failed or DataError("no table is loaded", "open one first")
        return self._held


def _places(held: LoadedTable, order: messages.Order | None) -> np.ndarray | None:
    """Return the rows of a table in an order; only the newest order is kept."""
    if order is None:
        return None
    if order not in held.orders:
        held.orders.clear()
        place, reverse = order
        series = held.table.frame.iloc[:, place]
        held.orders[order] = sort_places(series, held.columns[place], reverse=reverse)
    return held.orders[order]


def answer_suite(request: messages.AskSuite) -> messages.SuiteShown:
    """Return what the store's finished runs come to over their tables.

    Parameters
    ----------
    request : AskSuite
        A group that is not there any more gives way to that of the newest run.

    Returns
    -------
    SuiteShown

    Raises
    ------
    EngineError
        If the store cannot be read, or there is no such metric.
    """
    with open_store(request.store or None, create=False) as store:
        found = group_runs(store.runs())
        groups = tuple(one.group for one in found)
        if not found:
            return messages.SuiteShown(id=request.id, groups=())
        chosen = next((one for one in found if one.group.key == request.group), None)
        chosen = chosen or found[0]
        shown = aggregate_group(store, chosen, request.metric, request.rope)
    return messages.SuiteShown(
        id=request.id, groups=groups, group=chosen.group.key, suite=shown
    )


def _key(request: messages.Load | DataSpec) -> Key:
    read = request.read
    # A sample keeps the shares of the target's classes: another target, another sample.
    target = request.target if read.rows is not None else None
    second = request.test_source
    # These first: they refuse names that are no text.
    stamps = stamp(request.source), None if second is None else stamp(second)
    parts = (request.source, read, second, target)
    return (msgspec.json.encode(parts), *stamps)


def _size(source: str) -> int | None:
    """Return the bytes of a table's files; None if they are gone meanwhile."""
    try:
        return total_bytes(locate(source)[0])
    except EngineError:
        return None


# A table under some choices -----------------------------------------------------------


ALL_ROWS = "all rows"


class Measured(NamedTuple):
    """What a table is under some choices; costs a second where there are many rows.

    Attributes
    ----------
    info : TableInfo
        Without advice; with `problem` if a run would refuse these choices.
    classes : RowClasses
        Negative and positive; without a positive class every label of the target;
        without a target, ``all rows``.
    found : Findings or None
        None if the choices give no dataset.
    """

    info: TableInfo
    classes: RowClasses
    found: Findings | None


def measure(held: LoadedTable, request: Load, tell: Progress = silent) -> Measured:
    """Measure a table under the choices of a request.

    Parameters
    ----------
    held : LoadedTable
    request : Load
        Target, positive class, roles and hold-out, as far as chosen.
    tell : callable, optional
        Called with ``"measuring"``, the columns that are done, and of how many.

    Returns
    -------
    Measured
    """
    table, columns = held.table, held.columns
    problem = field = dataset = split = found = None
    wrong_use = False
    try:
        dataset = _prepare(held, request)
        split = divide(dataset, request.split, seed=request.seed)
        # The training rows tell what each column is, as in a run.
        dataset = _prepare(held, request, split.train)
    except EngineError as error:
        problem, field = " ".join(str(error).split()), error.field
        # A choice that cannot be, rather than what the table holds.
        wrong_use = dataset is None and isinstance(error, SpecError | ChoiceError)
    target = dataset.info.target if dataset else _target(held, request)
    labels, classes = _labels(held.found, target)
    if dataset is not None:
        if dataset.info.positive is not None:
            positive = classes.codes == classes.names.index(dataset.labels[1])
            codes = np.where(classes.codes < 0, -1, positive.astype(np.int64))
            classes = RowClasses(dataset.labels, codes)
        apart = request.split.duplicates == "apart"
        report = partial(tell, "measuring")
        found = find(
            table, dataset, split, seed=request.seed, apart=apart, report=report
        )
    facts = {c.name: c for c in found.columns} if found is not None else {}
    info = TableInfo(
        id=request.id,
        source=request.source,
        name=table.name,
        bytes=_size(request.source) if any(held.key[1]) else None,
        rows=len(table.frame),
        columns=tuple(_column(c, target, request, facts.get(c.name)) for c in columns),
        target=target,
        target_guessed=target not in (None, request.target, table.target),
        target_candidates=held.candidates,
        positive=found.positive if found else None,
        labels=labels,
        classes=found.counts if found else {},
        train=found.train if found else {},
        test=found.test if found else {},
        recall_half_width=_half_width(found) if found else None,
        targets=tuple(c.name for c in columns if _may_be_target(c, len(table.frame))),
        reader=table.reader,
        sampled=table.sampled,
        duplicate_rows=held.duplicate_rows,
        contradictory_rows=found.equal.contradictory if found else 0,
        alone_sampled=found.alone_sampled if found else None,
        problem=problem,
        field=field,
        wrong_use=wrong_use,
        subgroups=request.subgroups or (),
    )
    return Measured(info, classes, found)


def describe(table: Table, request: Load, measured: Measured) -> TableInfo:
    """Describe a table that was measured, with the advice that is not muted."""
    info, found = measured.info, measured.found
    given = (*sampled(table.sampled), *map(roles.note, table.notes))
    if found is not None:
        given = advice.everything(found, request.data)
    wrong_mute = _wrong_mute(table, request)
    return replace(
        info,
        id=request.id,
        advice=advice.unmuted(given, request.mute),
        muted=advice.count_muted(given, request.mute),
        problem=info.problem or wrong_mute,
        wrong_use=info.wrong_use or wrong_mute is not None,
    )


def _prepare(
    held: LoadedTable, request: Load, train: np.ndarray | None = None
) -> Dataset:
    """Prepare a table; what is muted changes nothing that is measured."""
    return roles.prepare(
        held.table,
        replace(request.data, mute=()),
        request.split,
        train=train,
        multiclass=True,
        found=held.found,
        fingerprinted=False,
    )


def _wrong_mute(table: Table, request: Load) -> str | None:
    """Return what is wrong with the advice that is not to be given, if anything."""
    try:
        check_data(DataSpec(source=request.source, mute=request.mute))
        for name in roles.muted_columns(request.mute):
            known_column(name, table.frame, "data.mute")
    except EngineError as error:
        return " ".join(str(error).split())
    return None


def _target(held: LoadedTable, request: Load) -> str | None:
    """Return the target that a run would take, if there is one."""
    table = held.table
    try:
        return guess_target(
            table.frame,
            request.target,
            [],
            declared=table.target,
            file=table.name,
            found=held.found,
        )
    except TargetError:
        return None


def _labels(
    found: FrameColumns, target: str | None
) -> tuple[dict[str, int], RowClasses]:
    """Count the labels of the target, the most frequent first.

    None if there is no target, or if it is a quantity.
    """
    if target is None or not 0 < found.profile(target).levels <= MOST_CLASSES:
        return {}, RowClasses((ALL_ROWS,), np.zeros(len(found.frame), dtype=np.int64))
    names, counts, codes = counted(found.frame[target], found.codes(target))
    return dict(zip(names, counts, strict=True)), RowClasses(names, codes)


def _half_width(found: Findings) -> float | None:
    """Return that of the 95 % interval of a recall of one half."""
    # Of more than two classes that of the rarest.
    rows = min(found.test.values(), default=0)
    if found.positive is not None:
        rows = found.test.get(found.positive, 0)
    return half_width(rows) if rows else None


def _column(
    column: ColumnProfile, target: str | None, request: Load, facts: ColumnFacts | None
) -> ColumnInfo:
    # Of another kind, as requested, a column has other cells.
    seen = facts if facts is not None and column.name in request.kinds else column
    info = ColumnInfo(
        name=column.name,
        kind=column.kind,
        role=roles.role(column, target, request.data, request.split),
        missing=seen.missing,
        levels=seen.levels,
    )
    if facts is None:
        return info
    alone = facts.alone and msgspec.convert(facts.alone, Alone, from_attributes=True)
    by_class = facts.missing_by_class
    kind, role = facts.kind, facts.role
    return replace(info, kind=kind, role=role, alone=alone, missing_by_class=by_class)


def _may_be_target(column: ColumnProfile, rows: int) -> bool:
    """Tell whether a column has the levels of a class, some of them repeated."""
    if column.kind in ("id", "date") or not 2 <= column.levels <= MOST_CLASSES:
        return False
    return column.levels == 2 or column.levels < rows - column.missing
