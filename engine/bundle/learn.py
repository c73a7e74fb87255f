"""What each column of a run's table was, and how its cells were read: the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.bundle.manifest import ColumnSpec
from engine.data import kinds, profile
from engine.data.target import label

if TYPE_CHECKING:
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
    series = bench.table.frame[info.target]
    spec: dict[str, Any] = {"cells": "text"}
    if pd.api.types.is_numeric_dtype(series.dtype):
        spec["cells"] = "codes"
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        form, day_first = _notation(bench, info.target)
        spec = {"cells": "days", "date": form, "day_first": day_first}
    return ColumnSpec(name=info.target, role="target", kind="category", **spec)


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
    spec: dict[str, Any] = {
        "name": name,
        "role": "feature",
        "kind": column.kind,
        "missing": int(train.isna().sum()),
        "lenient": lost,
    }
    moments = pd.api.types.is_datetime64_any_dtype(read.dtype)
    numbers = pd.api.types.is_numeric_dtype(read.dtype)
    if column.kind not in _NUMERIC:
        spec["kind"], spec["levels"] = "category", levels[name]
        spec["cells"] = "codes" if numbers else "days" if moments else "text"
    else:
        known = train.dropna()
        if len(known):
            spec["low"], spec["high"] = float(known.min()), float(known.max())
        spec["cells"] = "number"
        if column.kind == "boolean":
            spec["cells"] = "flag"
        if words := {} if numbers or moments else _words(read, used):
            spec["cells"], spec["words"] = "words", words
        elif moments or (not numbers and _are_dates(read, rows)):
            spec["cells"] = "days"
    if spec["cells"] == "days":
        spec["date"], spec["day_first"] = _notation(bench, name)
    return ColumnSpec(**spec)


def _are_dates(read: pd.Series, rows: np.ndarray) -> bool:
    return any(profile.column(part).kind == "date" for part in (read, read.iloc[rows]))


def _words(read: pd.Series, used: pd.Series) -> dict[str, float]:
    """Return the pair of words that a column of flags was written in."""
    lower = read.map(lambda v: label(v).strip().lower(), na_action="ignore")
    for pair in kinds.YES_NO:
        if lower.isin(list(pair)).any() and lower.map(pair).astype(float).equals(
            used.astype(float)
        ):
            return dict(pair)
    return {}


def _notation(bench: ReopenedRun, name: str) -> tuple[str, bool]:
    """Return how the dates of a column are written, as its file has them."""
    read = bench.table.frame[name]
    if pd.api.types.is_datetime64_any_dtype(read.dtype):
        return bench.table.dates.get(name, "ISO8601"), False
    return "mixed", any(profile.OVER_12.match(str(cell)) for cell in read.dropna())
