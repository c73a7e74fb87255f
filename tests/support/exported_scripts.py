"""Exported scripts: written from stored runs, and run where no imbtui can be had."""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from engine.core.execution import silent
from engine.core.exports import ExportRequest
from engine.export import Case
from engine.export import open_case as case
from engine.export import script_pieces as script
from engine.export import write_export as write
from tests.support.finished import Finished, finished

_WARM = """
import contextlib, io, json, runpy, sys, traceback, warnings
# Whoever imports them fails.
sys.modules["imbtui"] = sys.modules["engine"] = sys.modules["tui"] = None
warnings.simplefilter("error")
import imblearn.combine, imblearn.ensemble, imblearn.over_sampling
import imblearn.under_sampling, pandas, sklearn.compose, xgboost
for line in sys.stdin:
    sys.argv = json.loads(line)
    out, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(sys.argv[0], run_name="__main__")
    except BaseException:
        error = traceback.format_exc()
    print(json.dumps([out.getvalue(), error]), flush=True)
"""


class Runner:
    """A Python without imbtui that has its libraries loaded already."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _WARM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "OMP_NUM_THREADS": "1",
                "PATH": "/usr/bin:/bin",
                "MPLBACKEND": "agg",
                "MPLCONFIGDIR": tempfile.gettempdir(),
            },
            text=True,
        )

    def run(self, path: Path, *more: str) -> str:
        """Run a script; return what it prints."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(path), *more]) + "\n")
        self._process.stdin.flush()
        out, error = json.loads(self._process.stdout.readline())
        assert not error, error
        return out

    def told(self, path: Path, *more: str) -> dict:
        """Run a script; return what its last line says."""
        return json.loads(self.run(path, *more).splitlines()[-1])

    def close(self) -> None:
        self._process.communicate()


@functools.cache
def warm() -> Runner:
    """Return the one that all tests of this process share: it takes long to load."""
    found = Runner()
    atexit.register(found.close)
    return found


def stored(table: pd.DataFrame | bytes | str, *arms, **changes) -> Finished:
    """A run of an experiment on a table; see `finished`."""
    # What is exported is the fit on all training rows: a few rounds will do.
    return finished(table, *arms, **{"model__rounds": 10, **changes})


def asked(run: Finished, arm: str, kind: str = "script", **more) -> ExportRequest:
    return ExportRequest(store=run.store, run=run.run, arm=arm, kind=kind, **more)


def opened(run: Finished, arm: str, **more) -> Case:
    return case(asked(run, arm, **more), silent)


@functools.lru_cache(maxsize=2)
def _bench(run: Finished) -> object:
    """Return a run's table, read and divided."""
    return opened(run, run.state().arms[0].name).bench


def checked(run: Finished, arm: str, path: Path, *more: str, **given) -> str:
    """Write an arm's script, run it, and check it against the run; return its text.

    A run's table is read once for all of its arms: see `exported` for a real export.
    """
    one = opened(run, arm, **given)
    vars(one)["bench"] = _bench(run)
    (piece,) = script(one).pieces
    with path.open("wb") as file:
        piece.write(file)
    text = path.read_text()
    if "train.parquet" in text:
        more = (rows_of(run, path.parent),)
    elif run.table.parent != path.parent:
        more = more or (str(run.table),)
    agrees(warm().told(path, *more), one)
    return text


@functools.cache
def rows_of(run: Finished, folder: Path) -> str:
    """Write the rows that a script reads where pandas does not read the table."""
    path = str(folder / f"{run.run}-data")
    write(asked(run, "untreated", "data", path=path, table="parquet", overwrite=True))
    return path


def exported(
    run: Finished, arm: str, folder: Path, kind: str = "script", **more
) -> Path:
    """Export an arm to a file; return it."""
    ending = {"script": "py", "notebook": "ipynb"}[kind]
    path = folder / f"exported.{ending}"
    write(asked(run, arm, kind, path=str(path), overwrite=True, **more))
    return path


def agrees(told: dict, one: Case) -> None:
    """Check what a script printed against the run's own result."""
    arm = one.chosen
    point = arm.point(one.at)
    counted = point.confusion
    if one.multiclass:
        wanted = [list(row) for row in counted.matrix]
    else:
        wanted = [[counted.tn, counted.fp], [counted.fn, counted.tp]]
    assert told["confusion"] == wanted
    close = 1e-4 if arm.arm.model == "logistic" else 1e-12  # see docs/export-script.md
    for name in ("average_precision", "roc_auc", "brier", "log_loss"):
        assert abs(told[name] - arm.evaluated.test[name]) <= close, name
    for name in ("recall", "precision"):
        known = point.metrics.get(name)
        if known is not None:
            assert abs(told[name] - known) <= 1e-12, name
