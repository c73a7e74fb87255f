"""A balanced training table as a file: real rows as they were, synthetic ones below.

`engine.io.balanced` says what may be asked for.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.core.cancel import Progress, silent
from engine.core.experiment import DataSpec, SplitSpec
from engine.core.lab import Balanced
from engine.core.methods.grammar import Arm
from engine.data.load import Table, load_data
from engine.io.balanced import check_arm, check_paths, test_path
from engine.io.catalogue import encoded
from engine.io.files import put_all
from engine.resample.table_rows import TableRows, treat


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
