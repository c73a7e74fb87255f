"""An arm's rows as rows of the table: real ones as they were, synthetic ones below."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.data import verbatim
from engine.data.load import Table
from engine.data.read.raw import Progress, silent
from engine.data.roles import Dataset, prepare
from engine.data.target import labelled
from engine.errors import ArmError, SpecError
from engine.execute.machine import available, one_thread
from engine.features import Features
from engine.resample import cost, recipe
from engine.resample.provenance import SYNTHETIC
from engine.resample.recipe import Treated
from engine.spec import Arm, DataSpec, SplitSpec
from engine.split import divide

SAID = ("IMB007", "IMB009", "IMB010", "IMB011")
"""Advice about what was taken for the target, and what was left out or changed."""
MAX_CATEGORIES = 30


@dataclass(frozen=True)
class TableRows:
    """Training rows after an arm as rows of the table, and the test rows kept apart.

    Attributes
    ----------
    frame : pandas.DataFrame
        Every column of the table, and the flag if one was asked for.
    test : pandas.DataFrame or None
        The test rows as they were; None if nothing was split.
    target : str
    before, after : dict of str to int
        Training rows by class.
    synthetic, copies : int
        Rows that no file held, and real ones that stand there again.
    repairs, notes : tuple of str
        What was changed so that it works, and what is to be said.
    metadata : dict of bytes to bytes or None
        What a typed file says of its columns beside their types; None if they are as
        pandas has them.
    """

    frame: pd.DataFrame
    test: pd.DataFrame | None
    target: str
    before: dict[str, int]
    after: dict[str, int]
    synthetic: int
    copies: int
    repairs: tuple[str, ...]
    notes: tuple[str, ...]
    metadata: dict[bytes, bytes] | None = None


def treat(
    table: Table,
    data: DataSpec,
    arm: Arm,
    *,
    way: SplitSpec | None = None,
    seed: int = 42,
    flag: str | None = None,
    suffix: str = ".csv",
    max_categories: int = MAX_CATEGORIES,
    progress: Progress = silent,
) -> TableRows:
    """Treat the training rows of a table, and return them as they are written.

    Parameters
    ----------
    table, data, arm, way, seed, flag, progress
        As of `engine.resample.balance.balance`.
    suffix : str, default=".csv"
        Format they are for: text takes the cells as the file has them, Parquet the
        types of the file if that has any, else the cells as they were read.
    max_categories : int, default=30
        As of `Features`.

    Returns
    -------
    TableRows
        Real rows in the order of the file, then the synthetic ones.
    """
    if flag is not None and flag in table.frame.columns:
        raise SpecError(
            f"the table has a column {flag!r} already",
            "name the one for synthetic rows otherwise (--synthetic NAME)",
        )
    dataset = prepare(table, data, way, multiclass=True)
    train, test, notes = np.arange(len(dataset.y)), None, list[str]()
    if way is not None:
        progress("splitting", 0, None)
        split = divide(dataset, way, seed=seed)
        train, test, notes = split.train, split.test, list(split.notes)
        dataset = prepare(table, data, way, train=train, multiclass=True)
    notes += [one.message for one in dataset.info.advice if one.code in SAID]
    fitting = dataset.frame.iloc[train]
    features = Features(dataset.columns, max_categories=max_categories).fit(fitting)
    _fitting(arm, _counts(dataset, dataset.y[train]), len(features.names_))
    progress("treating", 0, None)
    treated, warned = _treated(arm, dataset, features, train, seed)
    _labelled(arm, dataset, treated)
    progress("restoring", 0, None)
    _, there = labelled(table.frame, dataset.info.target, [], data.positive)
    binary = suffix == ".parquet"
    cells = verbatim.as_read(table) if binary else verbatim.as_written(table, data)
    cells = cells[there].reset_index(drop=True)
    real = np.sort(train[treated.origin[treated.origin != SYNTHETIC]])
    frame, tests, said = _assembled(
        cells,
        table.frame[there].reset_index(drop=True),
        dataset,
        features,
        treated,
        train,
        real,
        test,
    )
    filed = (
        verbatim.as_filed(table, data) if binary and verbatim.is_typed(table) else None
    )
    if filed is not None:
        places = np.flatnonzero(there)
        frame, untyped = verbatim.as_typed(frame, filed, places[real])
        said += untyped
        if tests is not None and test is not None:
            tests, _ = verbatim.as_typed(tests, filed, places[np.sort(test)])
    made = int((treated.origin == SYNTHETIC).sum())
    if flag is not None:
        synthetic = np.arange(len(frame)) >= len(real)
        words = np.where(synthetic, "true", "false")
        frame[flag] = synthetic if binary else words
    return TableRows(
        frame=frame,
        test=tests,
        target=dataset.info.target,
        before=_counts(dataset, dataset.y[train]),
        after=_counts(dataset, treated.y),
        synthetic=made,
        copies=len(real) - len(np.unique(real)),
        repairs=treated.repairs,
        notes=tuple(dict.fromkeys([*notes, *treated.notes, *warned, *said])),
        metadata=None if filed is None else verbatim.told(filed),
    )


def _fitting(arm: Arm, counts: dict[str, int], columns: int) -> None:
    """Refuse an arm that the memory at hand does not hold.

    Raises
    ------
    ArmError
    """
    _, size = cost.needed(arm, counts, columns)
    free = available()
    if free is not None and size > free:
        raise ArmError(
            f"{arm.name} takes some {cost.spoken_size(size)} of memory where "
            f"{cost.spoken_size(free)} are free",
            "ask for a smaller ratio, a sample (--rows N), or an under-sampler",
            code="too-large",
        )


def _treated(
    arm: Arm, dataset: Dataset, features: Features, train: np.ndarray, seed: int
) -> tuple[Treated, list[str]]:
    """Apply the arm to encoded training rows; return what libraries warned of, too."""
    with one_thread(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        treated = recipe.apply(
            arm,
            features.transform(dataset.frame.iloc[train]),
            dataset.y[train],
            seed=seed,
            legalise=features.legalise,
            layout=features.layout_,
            labels=dataset.labels,
            trace=features.rare_,
        )
    ours = DeprecationWarning | FutureWarning
    said = [str(w.message) for w in caught if not issubclass(w.category, ours)]
    return treated, [text.strip().partition("\n")[0] for text in said]


def _assembled(
    cells: pd.DataFrame,
    read: pd.DataFrame,
    dataset: Dataset,
    features: Features,
    treated: Treated,
    train: np.ndarray,
    real: np.ndarray,
    test: np.ndarray | None,
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[str]]:
    """Put the columns together: cells of real rows, and new ones in their notation."""
    made = np.flatnonzero(treated.origin == SYNTHETIC)
    parents = _parents(dataset, treated, train, made) if features.rare_ else ()
    restored = features.restore(treated.X[made], parents)
    labels = np.array(dataset.labels, dtype=object)
    kinds = {column.name: column.kind for column in dataset.columns}
    balanced: dict[str, pd.Series] = {}
    tests: dict[str, pd.Series] = {}
    said: list[str] = []
    for name in map(str, cells.columns):
        column = cells[name]
        if name == dataset.info.target:
            seen = pd.Series(labels[dataset.y[train]])
            new = pd.Series(labels[treated.y[made]], dtype=object)
            written = verbatim.level(column, column.iloc[train], seen, new)
        elif name not in kinds:
            written = verbatim.empty(column, len(made))
        elif kinds[name] in ("number", "integer"):
            seen = dataset.frame[name]
            written = verbatim.number(column, seen, restored[name], read[name])
        else:
            seen = dataset.frame[name].iloc[train]
            written = verbatim.level(column, column.iloc[train], seen, restored[name])
        if written.note:
            said.append(f"{name}: {written.note}")
        balanced[name] = verbatim.stacked(written, real)
        if test is not None:
            tests[name] = written.real.iloc[np.sort(test)]
    frame = pd.DataFrame(balanced)
    return frame, None if test is None else pd.DataFrame(tests), said


def _parents(
    dataset: Dataset, treated: Treated, train: np.ndarray, made: np.ndarray
) -> tuple[pd.DataFrame, ...]:
    """Return the rows that synthetic ones were made from, as the table has them."""
    kin = treated.lineage
    if kin is None:
        return ()
    of = (
        np.where(rows[made] >= 0, train[rows[made]], -1)
        for rows in (kin.first, kin.second)
    )
    return tuple(dataset.frame.reindex(rows) for rows in of)


def _labelled(arm: Arm, dataset: Dataset, treated: Treated) -> None:
    """Refuse synthetic rows of several classes at once, which have no label."""
    together = any(one.code == "IMB010" for one in dataset.info.advice)
    if together and bool((treated.y[treated.origin == SYNTHETIC] == 0).any()):
        raise ArmError(
            f"{arm.name} makes rows of {dataset.labels[0]!r}, which are several "
            "classes, so that they have no label",
            "leave --positive out, and every class is treated as its own",
            code="no-label",
        )


def _counts(dataset: Dataset, y: np.ndarray) -> dict[str, int]:
    counted = np.bincount(y, minlength=len(dataset.labels)).tolist()
    return dict(zip(dataset.labels, counted, strict=True))
