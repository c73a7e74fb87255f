"""Stored runs that exports are tried on, each run once; nobody changes them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from engine.export import Asked, Case, Written
from engine.export import open_case as case
from engine.export import write_export as write
from engine.spec import Experiment
from tests.support.experiments import make_table, small
from tests.support.explained import ENSEMBLE, execute_here

ARMS = ("none", "weights", "smote", "smote-enn", "random-over", ENSEMBLE)
RECIPES = ("smote", "smote-enn", "random-over")

_MADE: dict[str, tuple[str, str, Path]] = {}


def mixed(factory) -> tuple[str, str, Path]:
    """Return store, run and table: two classes, every kind of column."""

    def make(folder: Path) -> tuple[Path, Experiment]:
        path = folder / "mixed.csv"
        frame = make_table(500, share=0.2, seed=3)
        frame["risk"] = frame["risk"].map("{:.3f}".format)
        frame.loc[7, "colour"] = '=cmd|"/C calc"!A0'
        frame.loc[9, "colour"] = "two\r\nlines, and a comma"
        frame.loc[11, "sick"] = None  # no target: in neither part
        frame.to_csv(path, index=False)
        return path, small(
            str(path), *ARMS, data__target="sick", search__trials=1, search__folds=2
        )

    return _run("mixed", factory, make)


def three(factory) -> tuple[str, str, Path]:
    """Return store, run and table: three classes, folds drawn twice."""

    def make(folder: Path) -> tuple[Path, Experiment]:
        rng = np.random.default_rng(1)
        x = rng.normal(size=(240, 2)).round(3)
        score = x[:, 0] + rng.normal(scale=0.4, size=240)
        level = np.where(score > 1.0, "high", np.where(score > 0.2, "mid", "low"))
        path = folder / "three.csv"
        pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "level": level}).to_csv(
            path, index=False
        )
        return path, small(
            str(path), "none", "weights", "smote",
            data__target="level", search__trials=1, search__folds=2, search__repeats=2,
        )  # fmt: skip

    return _run("three", factory, make)


def _run(name, factory, make) -> tuple[str, str, Path]:
    if name not in _MADE:
        folder = factory.mktemp(name)
        path, experiment = make(folder)
        _MADE[name] = (*execute_here(folder / "runs.sqlite", experiment), path)
    return _MADE[name]


def asked(where: tuple[str, str, Path], kind: str, **given) -> Asked:
    """Return a wish about one of these runs."""
    return Asked(store=where[0], run=where[1], kind=kind, **given)


def opened(where: tuple[str, str, Path], kind: str = "data", **given) -> Case:
    """Open one of these runs as an exporter gets it."""
    return case(asked(where, kind, **given), lambda *_: None)


def export(where: tuple[str, str, Path], kind: str, out: Path, **given) -> Written:
    """Export one of these runs."""
    return write(asked(where, kind, path=str(out), **given))


def csv(path: Path) -> pd.DataFrame:
    """Read a table as text: what stands there, an empty cell as one."""
    text = io.StringIO(path.read_bytes().decode(), newline="")
    return pd.read_csv(text, dtype=str, keep_default_na=False)
