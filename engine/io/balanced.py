"""The files of a balanced training table: what may be asked for, and where it goes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import product
from pathlib import Path

from engine.core.errors import DataError, SpecError
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from engine.core.models import XGBOOST
from engine.io.catalogue import checked
from engine.io.files import check, refuse_same
from engine.io.source import MANY, STDIN, files, is_dataset, locate, parse

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
    >>> from engine.core.methods import grammar
    >>> check_arm(grammar.parse("smote"))
    >>> try:
    ...     check_arm(grammar.parse("weights"))
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
    if arm.model != XGBOOST:
        raise SpecError(
            f"{arm.name} names a model, which has no part in this",
            "leave it out: " + grammar.method_of(arm),
        )
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
        with suppress(DataError):  # a table that is made up
            table = parse(source).file if is_dataset(source) else locate(source)[0]
            for one in files(table):
                refuse_same(path, one, "the table itself")
            if path.suffix.lower() in MANY:  # it would be one file more of it
                refuse_same(path.parent, table, "the table itself")
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
