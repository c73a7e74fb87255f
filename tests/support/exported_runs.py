"""How exports of stored runs are asked for, and how their tables are read."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from engine.core.exports import ExportRequest, Written
from engine.export import Case
from engine.export import open_case as case
from engine.export import write_export as write
from tests.support.finished import ENSEMBLE, Finished

ARMS = ("untreated", "weights", "smote", "smote-enn", "random-over", ENSEMBLE)
RECIPES = ("smote", "smote-enn", "random-over")
"""Those of the run of two classes that all tests share."""


def asked(where: Finished | tuple[str, str, Path], kind: str, **given) -> ExportRequest:
    """Return a wish about a run."""
    return ExportRequest(store=where[0], run=where[1], kind=kind, **given)


def opened(
    where: Finished | tuple[str, str, Path], kind: str = "data", **given
) -> Case:
    """Open a run as an exporter gets it."""
    return case(asked(where, kind, **given), lambda *_: None)


def export(where: Finished, kind: str, out: Path, **given) -> Written:
    """Export a run."""
    return write(asked(where, kind, path=str(out), **given))


def csv(path: Path) -> pd.DataFrame:
    """Read a table as text: what stands there, an empty cell as one."""
    text = io.StringIO(path.read_bytes().decode(), newline="")
    return pd.read_csv(text, dtype=str, keep_default_na=False)
