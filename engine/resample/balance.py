"""A balanced training table as a file: real rows as they were, synthetic ones below.

Light until it is asked to: a front end may import it to check what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.cancel import Progress, silent
from engine.client.lab import Balanced
from engine.data.catalogue import checked, encoded
from engine.data.source import STDIN, resolve
from engine.errors import DataError, SpecError
from engine.files import check, put_all, refuse_same
from engine.resample import registry
from engine.spec import Arm, DataSpec, SplitSpec

if TYPE_CHECKING:
    from engine.data.load import Table
    from engine.resample.table_rows import TableRows


FLAG = "synthetic"
"""What the column is called that tells synthetic rows, if none is named."""


def check_arm(arm: Arm, why: str = "there is no table to write") -> None:
    """Refuse an arm that makes no table.

    Parameters
    ----------
    arm : Arm
    why : str
        What follows, in the error.

    Raises
    ------
    SpecError
        If it is a control or an ensemble, or leaves something to a search.

    Examples
    --------
    >>> check_arm(registry.arm("smote"))
    >>> try:
    ...     check_arm(registry.arm("weights"))
    ... except SpecError as error:
    ...     error.message
    'weights changes no row, so there is no table to write'
    """
    fix = "name a sampler, or several in order: smote, smote:ratio=0.5+random-under"
    if arm.ensemble is not None:
        raise SpecError(
            f"{arm.name} is a model that draws rows anew for each of its members, so "
            f"{why}",
            fix,
        )
    if not arm.steps:
        raise SpecError(f"{arm.name} changes no row, so {why}", fix)
    for step in arm.steps:
        registry.check_step(step)
        for name in step.tune:
            raise SpecError(
                f"{name} of {step.sampler} is left to a search, and nothing is "
                "searched here",
                "give one value",
            )


def check_paths(
    out: Path, sources: Iterable[str], *, split: bool, overwrite: bool
) -> str:
    """Return the format of the files to write, if they may be written.

    Parameters
    ----------
    out : Path
        The file of the training rows.
    sources : iterable of str
        Tables that are read: they are never written over.
    split : bool
        Whether test rows are written beside it.
    overwrite : bool
        Whether other files may be replaced.

    Raises
    ------
    DataError
        If the format is unknown.
    OutputError
        If one may not.
    """
    sources = [source for source in sources if source != STDIN]
    paths = (out, test_path(out)) if split else (out,)
    for path, source in product(paths, sources):
        with suppress(DataError):  # a table that is made up, or fetched
            refuse_same(path, resolve(source)[0], "the table itself")
    suffix = checked("balanced", out, overwrite)
    for path in paths[1:]:
        check(path, overwrite=overwrite)
    return suffix


def test_path(out: Path) -> Path:
    """Return the file of the test rows that belongs to one of training rows.

    Examples
    --------
    >>> test_path(Path("rows/stroke.csv.gz")).name
    'stroke-test.csv.gz'
    """
    suffix = ".csv.gz" if out.name.lower().endswith(".csv.gz") else out.suffix
    stem = out.name[: len(out.name) - len(suffix)]
    return out.with_name(f"{stem}-test{out.name[len(stem) :]}")


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
    from engine.data.load import load_data
    from engine.resample.table_rows import treat

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
