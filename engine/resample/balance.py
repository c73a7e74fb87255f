"""A balanced training table as a file: real rows as they were, synthetic ones below.

`engine.io.balanced` says what may be asked for.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import ArmError, SpecError
from engine.core.execution import Progress, silent
from engine.core.experiment import DataSpec, SearchSpec, SplitSpec
from engine.core.lab import Balanced
from engine.core.methods import cost
from engine.core.methods.grammar import Arm
from engine.data import verbatim
from engine.data.load import Table, load_data
from engine.data.roles import Dataset
from engine.features.encoder import Features
from engine.io.balanced import check_arm, check_paths, test_path
from engine.io.catalogue import encoded
from engine.io.files import put_all
from engine.io.machine import available, one_thread
from engine.resample.method import MethodRows
from engine.resample.provenance import SYNTHETIC
from engine.resample.training_rows import TrainingRows

SAID = ("IMB007", "IMB009", "IMB010", "IMB011")
"""Advice about what was taken for the target, and what was left out or changed."""


def balance(
    data: DataSpec,
    arm: Arm,
    out: Path,
    *,
    table: Table | None = None,
    way: SplitSpec | None = None,
    seed: int = 42,
    flag: str | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Balanced:
    """Treat the training rows of a table and write them to a file.

    Parameters
    ----------
    data : DataSpec
        The table, and what its columns are for.
    arm : Arm
        A method.
    out : Path
        The file; ``.csv``, ``.csv.gz`` or ``.parquet`` decides the format.
    table : Table or None, default=None
        What was read of it; it is read when None.
    way : SplitSpec or None, default=None
        How test rows are kept apart, which are written beside it; with None all rows
        are training rows.
    seed : int, default=42
        Of the split, and of the samplers.
    flag : str or None, default=None
        Name of a further column that tells synthetic rows.
    overwrite : bool, default=False
        Whether files of these names may be replaced.
    progress : callable, optional
        As of `engine.data.load.load`.

    Returns
    -------
    Balanced

    Raises
    ------
    EngineError
        If the arm makes no table, cannot work on these rows, or a file may not be
        written.
    """
    check_arm(arm)
    sources = [s for s in (data.source, data.test_source) if s is not None]
    split = way is not None
    suffix = check_paths(out, sources, split=split, overwrite=overwrite)
    if table is None:
        # What is written is the whole table, balanced.
        data = msgspec.structs.replace(data, thin=0)
        table = load_data(data, progress=progress)
    made = treat(
        table,
        data,
        arm,
        way=way,
        seed=seed,
        flag=flag,
        suffix=suffix,
        progress=progress,
    )
    write(made, out, suffix, overwrite=overwrite)
    tests = str(test_path(out)) if split else None
    return msgspec.structs.replace(made.report, path=str(out), test_path=tests)


class TableRows(NamedTuple):
    """Training rows after an arm as rows of the table, and the test rows kept apart.

    Attributes
    ----------
    frame : pandas.DataFrame
        Every column of the table, and the flag if one was asked for.
    test : pandas.DataFrame or None
        The test rows as they were; None if nothing was split.
    report : Balanced
        Rows by class, what was changed, and what is to be said; no path as yet.
    metadata : dict of bytes to bytes or None
        What a typed file says of its columns beside their types; None if they are as
        pandas has them.
    """

    frame: pd.DataFrame
    test: pd.DataFrame | None
    report: Balanced
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
    progress: Progress = silent,
) -> TableRows:
    """Treat the training rows of a table, and return them as they are written.

    Parameters
    ----------
    table, data, arm, way, seed, flag, progress
        As of `balance`.
    suffix : str, default=".csv"
        Format they are for: text takes the cells as the file has them, Parquet the
        types of the file if that has any, else the cells as they were read.

    Returns
    -------
    TableRows
        Real rows in the order of the file, then the synthetic ones.
    """
    if flag is not None and flag in table.frame.columns:
        raise SpecError(
            f"the table has a column {flag!r} already",
            "name the one for synthetic rows otherwise",
            field="synthetic",
        )
    bench = TrainingRows.prepare(table, data, way, seed=seed, progress=progress)
    dataset, features, train = bench.dataset, bench.features, bench.split.fit
    test = None if way is None else bench.split.test
    advice = dataset.info.advice
    notes = [*bench.split.notes, *(one.message for one in advice if one.code in SAID)]
    before = bench.counts(bench.y)
    refused = cost.refusal(
        arm,
        before,
        SearchSpec(),
        seconds=None,
        size=cost.estimate_memory(arm, before, bench.width)[1],
        memory=available(),
    )
    if refused is not None:
        raise refused
    progress("treating", 0, None)
    treated, warned = _apply(arm, bench)
    _refuse_unlabelled(arm, dataset, treated)
    progress("restoring", 0, None)
    binary = suffix == ".parquet"
    new = restore_cells(dataset, features, treated, train)
    written = verbatim.columns(table, data, dataset, train, new, typed=binary)
    real = np.sort(train[treated.origin[treated.origin != SYNTHETIC]])
    frame = pd.DataFrame({n: verbatim.stacked(w, real) for n, w in written.items()})
    tests = None
    if test is not None:
        columns = {n: w.real.iloc[np.sort(test)] for n, w in written.items()}
        tests = pd.DataFrame(columns)
    notation = [f"{name}: {w.note}" for name, w in written.items() if w.note]
    typed = binary and verbatim.is_typed(table)
    filed = verbatim.as_filed(table, data) if typed else None
    if filed is not None:
        places = np.flatnonzero(dataset.there)
        frame, untyped = verbatim.as_typed(frame, filed, places[real])
        notation += untyped
        if tests is not None and test is not None:
            tests, _ = verbatim.as_typed(tests, filed, places[np.sort(test)])
    if flag is not None:
        synthetic = np.arange(len(frame)) >= len(real)
        words = np.where(synthetic, "true", "false")
        frame[flag] = synthetic if binary else words
    report = Balanced(
        path="",
        before=before,
        after=bench.counts(treated.y),
        synthetic=len(frame) - len(real),
        repairs=treated.repairs,
        notes=tuple(dict.fromkeys([*notes, *treated.notes, *warned, *notation])),
    )
    return TableRows(frame, tests, report, filed and verbatim.pandas_metadata(filed))


def _apply(arm: Arm, bench: TrainingRows) -> tuple[MethodRows, list[str]]:
    """Apply the arm to encoded training rows; return what libraries warned of, too."""
    with one_thread(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X = bench.features.transform(bench.dataset.frame, bench.split.fit)
        treated = bench.apply(
            arm, X, bench.y, trace=bench.features.rare_, weights=bench.weights
        )
    ours = DeprecationWarning | FutureWarning
    texts = [str(w.message) for w in caught if not issubclass(w.category, ours)]
    return treated, [text.strip().partition("\n")[0] for text in texts]


def restore_cells(
    dataset: Dataset, features: Features, treated: MethodRows, train: np.ndarray
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the class and the features of each synthetic row, and its weight."""
    made, kin = np.flatnonzero(treated.origin == SYNTHETIC), treated.lineage
    parents: list[pd.DataFrame] = []
    if features.rare_ and kin is not None:
        of = (rows[made] for rows in (kin.first, kin.second))
        places = (np.where(rows >= 0, train[rows], -1) for rows in of)
        parents = [dataset.frame.reindex(rows) for rows in places]
    cells = features.restore(treated.X[made], parents)
    if treated.weights is not None:
        name = next(n for n, role in dataset.info.roles.items() if role == "weight")
        cells[name] = treated.weights[made]
    return treated.y[made], cells


def _refuse_unlabelled(arm: Arm, dataset: Dataset, treated: MethodRows) -> None:
    """Refuse synthetic rows of several classes at once, which have no label."""
    together = any(one.code == "IMB010" for one in dataset.info.advice)
    if together and bool((treated.y[treated.origin == SYNTHETIC] == 0).any()):
        raise ArmError(
            f"{arm.name} makes rows of {dataset.labels[0]!r}, which are several "
            "classes, so that they have no label",
            "name no positive class, and every class is treated as its own",
            code="no-label",
            field="data.positive",
        )


def write(made: TableRows, out: Path, suffix: str, *, overwrite: bool = False) -> None:
    """Write the rows, the test rows beside them; both files or none.

    Raises
    ------
    OutputError
        If a file cannot be written, or is there and may not be replaced.
    """
    parts = [(out, made.frame)]
    if made.test is not None:
        parts.insert(0, (test_path(out), made.test))
    contents = [(path, encoded(one, suffix, made.metadata)) for path, one in parts]
    put_all(contents, overwrite=overwrite)
