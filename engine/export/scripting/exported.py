"""The run's rows as ``--as data`` writes them: for tables that pandas does not read.

A workbook, a sample of a file's rows, or a file with two lines of names takes more than
pandas to come to. Its training and test rows as `engine.export.data` writes them are
plain text, which a script reads as any other.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from engine.export.data_rows import RunRows
from engine.export.scripting.readers import TEXT, Reader
from engine.export.tables import put_table
from engine.files import fresh

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = ["PLACES", "Exported", "called", "exported"]

PLACES = ('os.path.join(DATA, "train.csv")', 'os.path.join(DATA, "test.csv")')
"""The two files, as code: ``DATA`` is the folder."""


class Exported(NamedTuple):
    """The two files that a data export has of a run's rows.

    Attributes
    ----------
    paths : tuple of Path
        Of the training and the test rows.
    reader : Reader
    order : numpy.ndarray of shape (n_rows,)
        Which of the run's rows each of their lines is.
    """

    paths: tuple[Path, Path]
    reader: Reader
    order: np.ndarray


def exported(case: Case, folder: Path) -> Exported:
    """Write the rows of a run as ``--as data`` does."""
    other = copy.copy(case)  # with what was read of the table already
    other.asked = msgspec.structs.replace(case.asked, table="csv")
    rows, split = RunRows(other), case.bench.split
    paths = folder / "train.csv", folder / "test.csv"
    for path, frame in zip(paths, (rows.train, rows.test), strict=True):
        with fresh(path) as file:
            put_table(file, frame)
    order = np.concatenate([split.train, split.test])
    return Exported(paths, Reader("read_csv", TEXT), order)


def called(case: Case) -> tuple[str, str]:
    """Return what a script calls the folder, and the command that writes it."""
    name = f"{case.run}-data"
    arm = " --arm none" if "none" in case.done else ""
    return name, f"imbtui export {case.run}{arm} --as data -o {name}"
