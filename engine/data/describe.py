"""What the app is told about a loaded table, whatever the choices made so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.client.messages import ColumnInfo, Load, TableInfo
from engine.data import roles
from engine.data.profile import Column
from engine.data.view import Classes
from engine.errors import EngineError, SpecError, TargetError
from engine.evaluate.doubts import half_width
from engine.events import Advice
from engine.spec import DataSpec, SplitSpec
from engine.split import hold_out

if TYPE_CHECKING:
    import pandas as pd

    from engine.data.load import Table
    from engine.data.roles import Dataset

__all__ = ["describe", "one_line"]

ALL_ROWS = "all rows"


def describe(
    table: Table, columns: tuple[Column, ...], request: Load, *, size: int | None
) -> tuple[TableInfo, Classes]:
    """Describe a table under the choices of a request.

    Parameters
    ----------
    table : Table
    columns : tuple of Column
        Its profile.
    request : Load
        Target, positive class, roles and hold-out, as far as chosen.
    size : int or None
        Bytes of the file.

    Returns
    -------
    info : TableInfo
        With `problem` if a run would refuse these choices.
    classes : Classes
        Negative and positive; before there is a positive class, every label of the
        target; without a target, ``all rows``.
    """
    target = _target(table.frame, request)
    labels, classes = _labels(table.frame, target)
    problem: str | None = None
    dataset: Dataset | None = None
    train: dict[str, int] = {}
    test: dict[str, int] = {}
    try:
        dataset = roles.prepare(table, _data(request), group=request.group)
        classes = _as_binary(classes, dataset.labels)
        train, test = _split(dataset, request)
    except EngineError as error:
        problem = one_line(str(error))
    info = TableInfo(
        id=request.id,
        source=request.source,
        name=table.name,
        bytes=size,
        rows=len(table.frame),
        columns=tuple(_column(c, target, request, dataset) for c in columns),
        target=target,
        positive=dataset.info.positive if dataset else None,
        labels=labels,
        classes=dataset.info.classes if dataset else {},
        train=train,
        test=test,
        recall_half_width=_half_width(test, dataset),
        targets=tuple(c.name for c in columns if _may_be_target(c, len(table.frame))),
        reader=table.reader,
        advice=dataset.info.advice if dataset else _notes(table),
        problem=problem,
    )
    return info, classes


def one_line(text: str) -> str:
    """Return a text without line breaks."""
    return " ".join(text.split())


def _data(request: Load) -> DataSpec:
    return DataSpec(
        source=request.source,
        target=request.target,
        positive=request.positive,
        drop=request.drop,
    )


def _target(frame: pd.DataFrame, request: Load) -> str | None:
    """Return the target that a run would take, if there is one."""
    try:
        return roles.guess_target(frame, request.target, [])
    except TargetError:
        return None


def _labels(frame: pd.DataFrame, target: str | None) -> tuple[dict[str, int], Classes]:
    """Count the labels of the target, the most frequent first.

    None if there is no target, or if it is a quantity.
    """
    import numpy as np
    import pandas as pd

    if target is None or not 0 < frame[target].nunique() <= roles.MOST_CLASSES:
        return {}, Classes((ALL_ROWS,), np.zeros(len(frame), dtype=np.int64))
    codes, values = pd.factorize(frame[target])
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    order = np.argsort(-counts, kind="stable")
    names = [roles.label(value) for value in values[order].tolist()]
    # The place of each value; the last is that of code -1, a missing one.
    places = np.append(np.argsort(order), -1)
    found = dict(zip(names, counts[order].tolist(), strict=True))
    return found, Classes(tuple(names), places[codes])


def _as_binary(classes: Classes, labels: tuple[str, str]) -> Classes:
    import numpy as np

    positive = classes.names.index(labels[1])
    codes = (classes.codes == positive).astype(np.int64)
    return Classes(labels, np.where(classes.codes < 0, -1, codes))


def _split(dataset: Dataset, request: Load) -> tuple[dict[str, int], dict[str, int]]:
    """Count the classes of the train and the test rows of a run."""
    if not 0 < request.test_size < 1:
        raise SpecError(
            f"a test size of {request.test_size:g} is no share of the rows",
            "give one between 0 and 1, like 0.2",
        )
    spec = SplitSpec(
        test_size=request.test_size, stratify=request.stratify, group=request.group
    )
    try:
        split = hold_out(dataset.y, spec, seed=request.seed, groups=dataset.groups)
    except ValueError as error:  # scikit-learn's, about too few groups
        raise SpecError(
            f"the rows cannot be split so: {error}", "choose another group or test size"
        ) from None
    negative, positive = dataset.labels
    parts = []
    for rows in (split.train, split.test):
        ones = int(dataset.y[rows].sum())
        parts.append({negative: len(rows) - ones, positive: ones})
    return parts[0], parts[1]


def _half_width(test: dict[str, int], dataset: Dataset | None) -> float | None:
    """Return that of the 95 % interval of a recall of one half."""
    if not test or dataset is None:
        return None
    return half_width(test[dataset.info.positive])


def _column(
    column: Column, target: str | None, request: Load, dataset: Dataset | None
) -> ColumnInfo:
    role = _role(column, target, request)
    if dataset is not None:
        role = dataset.info.roles.get(column.name, role)
    return ColumnInfo(
        name=column.name,
        kind=column.kind,
        role=role,
        missing=column.missing,
        levels=column.levels,
    )


def _role(column: Column, target: str | None, request: Load) -> str:
    """Return the role of a column where no run is possible yet."""
    if column.name == target:
        return "target"
    if column.name == request.group:
        return "group"
    if column.name in request.drop:
        return "ignored"
    if column.kind in roles.IGNORED:
        return "id" if column.kind == "id" else "ignored"
    return "feature"


def _may_be_target(column: Column, rows: int) -> bool:
    """Tell whether a column has the levels of a class, some of them repeated."""
    if column.kind in ("id", "date") or not 2 <= column.levels <= roles.MOST_CLASSES:
        return False
    return column.levels == 2 or column.levels < rows - column.missing


def _notes(table: Table) -> tuple[Advice, ...]:
    return tuple(roles.note(text) for text in table.notes)
