"""What each column of a run's table was, and how its cells were read: the contract."""

from __future__ import annotations

import pandas as pd
from msgspec.structs import replace

from engine.bundle.manifest import Cells, ColumnSpec
from engine.data import kinds, profile
from engine.data.target import label
from engine.encoding import Encoding
from engine.explain.stored_run import ReopenedRun

_LOST = "IMB011"
"""Code of the advice that cells which are no numbers were read as missing."""
_NUMERIC = ("number", "integer", "boolean")


def columns(bench: ReopenedRun, encoding: Encoding) -> tuple[ColumnSpec, ...]:
    """Return what a model needs to know of each column of its training table.

    Parameters
    ----------
    bench : ReopenedRun
        The run with its table.
    encoding : Encoding
        What the model's columns are made by.
    """
    dataset = bench.dataset
    features = {one.name: one for one in dataset.columns}
    roles = dataset.info.roles
    levels = {one.name: one.levels for one in encoding.categories}
    found = []
    for one in dataset.profile:
        if one.name not in features:
            found.append(ColumnSpec(name=one.name, role=roles[one.name], kind=one.kind))
        else:
            found.append(_feature(bench, features[one.name], levels))
    return tuple(found)


def target(bench: ReopenedRun) -> ColumnSpec:
    """Return how the labels of new rows are read."""
    info = bench.dataset.info
    cells = _cells(bench.table.frame[info.target])
    spec = ColumnSpec(name=info.target, role="target", kind="category", cells=cells)
    return _with_notation(bench, spec)


def _cells(read: pd.Series) -> Cells:
    """Return how the cells of a column of levels are read."""
    if pd.api.types.is_numeric_dtype(read.dtype):
        return "codes"
    return "days" if pd.api.types.is_datetime64_any_dtype(read.dtype) else "text"


def _feature(
    bench: ReopenedRun,
    column: profile.ColumnProfile,
    levels: dict[str, tuple[str, ...]],
) -> ColumnSpec:
    name = column.name
    rows = bench.split.train
    read, used = bench.table.frame[name], bench.dataset.frame[name]
    train = used.iloc[rows]
    lost = any(
        one.code == _LOST and one.column == name for one in bench.dataset.info.advice
    )
    cells, missing = _cells(read), int(train.isna().sum())
    spec = ColumnSpec(
        name=name, role="feature", kind=column.kind, missing=missing, lenient=lost
    )
    if column.kind not in _NUMERIC:
        spec = replace(spec, kind="category", levels=levels[name], cells=cells)
        return _with_notation(bench, spec)
    known = train.dropna()
    if len(known):
        spec = replace(spec, low=float(known.min()), high=float(known.max()))
    words = _words(read, used) if cells == "text" else {}
    if words:
        return replace(spec, cells="words", words=words)
    parts = (read, read.iloc[rows]) if cells == "text" else ()
    if cells == "days" or any(profile.column(part).kind == "date" for part in parts):
        return _with_notation(bench, replace(spec, cells="days"))
    return replace(spec, cells="flag" if column.kind == "boolean" else "number")


def _words(read: pd.Series, used: pd.Series) -> dict[str, float]:
    """Return the pair of words that a column of flags was written in."""
    lower = read.map(lambda v: label(v).strip().lower(), na_action="ignore")
    for pair in kinds.YES_NO:
        if lower.isin(list(pair)).any() and lower.map(pair).astype(float).equals(
            used.astype(float)
        ):
            return dict(pair)
    return {}


def _with_notation(bench: ReopenedRun, spec: ColumnSpec) -> ColumnSpec:
    """Note how the dates of a column are written, as its file has them."""
    read = bench.table.frame[spec.name]
    if spec.cells != "days":
        return spec
    if pd.api.types.is_datetime64_any_dtype(read.dtype):
        return replace(spec, date=bench.table.dates.get(spec.name, "ISO8601"))
    day_first = any(profile.OVER_12.match(str(cell)) for cell in read.dropna())
    return replace(spec, date="mixed", day_first=day_first)
