"""What the app shows of a loaded table, whatever the choices made so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import pandas as pd
from msgspec.structs import replace

from engine.core.checks import check_data
from engine.core.errors import ChoiceError, EngineError, SpecError, TargetError
from engine.core.experiment import DataSpec
from engine.core.messages import Alone, ColumnInfo, Load, TableInfo
from engine.data import roles
from engine.data.guess import MOST_CLASSES
from engine.data.profile import ColumnProfile
from engine.data.target import counted, guess_target
from engine.data.target import known as known_column
from engine.data.view import RowClasses
from engine.evaluate.verdict.words import half_width
from engine.profile import advice
from engine.profile.advice_rows import sampled
from engine.profile.findings import Findings
from engine.profile.measure import find
from engine.splits.holdout import divide

if TYPE_CHECKING:
    from engine.data.load import Table
    from engine.data.roles import Dataset
    from engine.service.tables import LoadedTable


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


def measure(held: LoadedTable, request: Load) -> Measured:
    """Measure a table under the choices of a request.

    Parameters
    ----------
    held : LoadedTable
    request : Load
        Target, positive class, roles and hold-out, as far as chosen.

    Returns
    -------
    Measured
    """
    table, columns = held.table, held.columns
    problem = field = dataset = split = found = None
    wrong_use = False
    try:
        dataset = _prepare(table, request)
        split = divide(dataset, request.split, seed=request.seed)
        # The training rows tell what each column is, as in a run.
        dataset = _prepare(table, request, split.train)
    except EngineError as error:
        problem, field = " ".join(str(error).split()), error.field
        # A choice that cannot be, rather than what the table holds.
        wrong_use = dataset is None and isinstance(error, SpecError | ChoiceError)
    target = dataset.info.target if dataset else _target(table, request)
    labels, classes = _labels(table.frame, target)
    if dataset is not None:
        if dataset.info.positive is not None:
            classes = _as_binary(classes, dataset.labels)
        apart = request.split.duplicates == "apart"
        found = find(table, dataset, split, seed=request.seed, apart=apart)
    info = TableInfo(
        id=request.id,
        source=request.source,
        name=table.name,
        bytes=held.key[1][1] or None,
        rows=len(table.frame),
        columns=tuple(_column(c, target, request, found) for c in columns),
        target=target,
        target_guessed=target not in (None, request.target, table.target),
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
        problem=problem,
        field=field,
        wrong_use=wrong_use,
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


def _prepare(table: Table, request: Load, train: np.ndarray | None = None) -> Dataset:
    """Prepare a table; what is muted changes nothing that is measured."""
    return roles.prepare(
        table,
        replace(request.data, mute=()),
        request.split,
        train=train,
        multiclass=True,
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


def _target(table: Table, request: Load) -> str | None:
    """Return the target that a run would take, if there is one."""
    try:
        return guess_target(
            table.frame, request.target, [], declared=table.target, file=table.name
        )
    except TargetError:
        return None


def _labels(
    frame: pd.DataFrame, target: str | None
) -> tuple[dict[str, int], RowClasses]:
    """Count the labels of the target, the most frequent first.

    None if there is no target, or if it is a quantity.
    """
    if target is None or not 0 < frame[target].nunique() <= MOST_CLASSES:
        return {}, RowClasses((ALL_ROWS,), np.zeros(len(frame), dtype=np.int64))
    names, counts, codes = counted(frame[target])
    return dict(zip(names, counts, strict=True)), RowClasses(names, codes)


def _as_binary(classes: RowClasses, labels: tuple[str, ...]) -> RowClasses:
    positive = classes.names.index(labels[1])
    codes = (classes.codes == positive).astype(np.int64)
    return RowClasses(labels, np.where(classes.codes < 0, -1, codes))


def _half_width(found: Findings) -> float | None:
    """Return that of the 95 % interval of a recall of one half."""
    # Of more than two classes that of the rarest.
    rows = min(found.test.values(), default=0)
    if found.positive is not None:
        rows = found.test.get(found.positive, 0)
    return half_width(rows) if rows else None


def _column(
    column: ColumnProfile, target: str | None, request: Load, found: Findings | None
) -> ColumnInfo:
    facts = found.column(column.name) if found is not None else None
    # Of another kind, as requested, a column has other cells.
    profile = facts if facts is not None and column.name in request.kinds else column
    info = ColumnInfo(
        name=column.name,
        kind=column.kind,
        role=roles.role(column, target, request.data, request.split),
        missing=profile.missing,
        levels=profile.levels,
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
