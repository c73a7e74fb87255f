"""Runs that have ended, each made once and shared by all tests and all workers.

A run is kept on disk, below ``.pytest_cache/finished``, under a hash of what it depends
on: the engine's sources, the versions of its libraries, the table and the experiment.
Whoever would change a store or a table takes a copy: `Finished.copy`.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from engine.cancel import CancelToken
from engine.document import build
from engine.events import Event, TrialFinished
from engine.process import execute
from engine.spec import Experiment
from engine.state import State, reduce
from engine.store import RunOptions, open_store
from engine.versions import versions
from tests.support.experiments import make_table, small
from tests.support.paths import ROOT

ENSEMBLE = "balanced-random-forest"
KEPT = 3
"""So many states of the engine have their runs kept."""


@dataclass(frozen=True)
class Finished:
    """A stored run: the store's file, the run's id, and the table's file."""

    store: str
    run: str
    table: Path

    @property
    def where(self) -> tuple[str, str, Path]:
        """The three in the order in which helpers of exports take them."""
        return self.store, self.run, self.table

    def events(self) -> list[Event]:
        """Every event that the run has kept, in order."""
        with open_store(Path(self.store)) as store:
            return [event for _, event in store.events(self.run)]

    def state(self) -> State:
        """What the events come to."""
        return functools.reduce(reduce, self.events(), State())

    def document(self) -> dict[str, Any]:
        """The result document."""
        with open_store(Path(self.store)) as store:
            run = store.run(self.run)
            return build(self.state(), run=run.id)

    def copy(self, folder: Path) -> Finished:
        """A copy that may be changed; the run itself still names the first table."""
        for path in Path(self.store).parent.iterdir():
            shutil.copy(path, folder)
        store = folder / Path(self.store).name
        return Finished(str(store), self.run, folder / self.table.name)


@functools.cache
def _engine() -> str:
    """A hash of the engine's sources and of what it computes with."""
    found = hashlib.sha256(repr(versions()).encode())
    for path in sorted((ROOT / "engine").rglob("*.py")):
        found.update(path.relative_to(ROOT).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


@functools.cache
def _home() -> Path:
    """The folder for the engine as it is; the oldest of others are deleted."""
    home = ROOT / ".pytest_cache" / "finished"
    here = home / _engine()
    here.mkdir(parents=True, exist_ok=True)
    os.utime(here)
    others = sorted(home.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return here


def finished(
    frame: pd.DataFrame,
    *arms: Any,
    options: Mapping[str, Any] | None = None,
    until: type[Event] | None = None,
    **changes: Any,
) -> Finished:
    """Run a small experiment on a table, unless that was done before.

    `arms` and `changes` are those of `small`, with one trial and two folds if nothing
    else is said; `options` are those of `RunOptions`. The first event of the kind
    `until` cancels the run.
    """
    data = frame.to_csv(index=False).encode()
    given = {"search__trials": 1, "search__folds": 2, **changes}
    experiment = small("rows.csv", *arms, **given)
    chosen = {"executor": "inline", "cache": False, **(options or {})}
    facts = repr((experiment, sorted(chosen.items()), until))
    name = hashlib.sha256(data + facts.encode()).hexdigest()[:12]
    folder = _home() / name
    with _home().joinpath(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "run").exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that was killed
            folder.mkdir()
            (folder / "rows.csv").write_bytes(data)
            run = _execute(folder, experiment, chosen, until)
            (folder / "run").write_text(run)
    run = (folder / "run").read_text()
    return Finished(str(folder / "runs.sqlite"), run, folder / "rows.csv")


def _execute(
    folder: Path,
    experiment: Experiment,
    options: Mapping[str, Any],
    until: type[Event] | None,
) -> str:
    data = msgspec.structs.replace(experiment.data, source=str(folder / "rows.csv"))
    wanted = msgspec.structs.replace(experiment, data=data)
    token = CancelToken()
    with open_store(folder / "runs.sqlite") as store:
        run = store.create(wanted, RunOptions(**options))
        if until is not None:
            append = store.append

            def stop(run_id: str, event: Event, *kept: Any, **more: Any) -> Any:
                if isinstance(event, until):
                    token.cancel()
                return append(run_id, event, *kept, **more)

            store.append = stop  # type: ignore[method-assign]
        execute(store, run, token)
    return run.id


# One of each kind --------------------------------------------------------------------


def two_classes() -> Finished:
    """Two classes, every kind of column, odd cells; samplers, weights, an ensemble."""
    frame = make_table(500, share=0.2, seed=3)
    frame["risk"] = frame["risk"].map("{:.3f}".format)
    frame.loc[7, "colour"] = '=cmd|"/C calc"!A0'
    frame.loc[9, "colour"] = "two\r\nlines, and a comma"
    frame.loc[11, "sick"] = None  # no target: in neither part
    arms = ("none", "weights", "smote", "smote-enn", "random-over", ENSEMBLE)
    return finished(frame, *arms, data__target="sick")


def several_classes() -> Finished:
    """Three classes; folds drawn twice."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(240, 2)).round(3)
    score = x[:, 0] + rng.normal(scale=0.4, size=240)
    level = np.where(score > 1.0, "high", np.where(score > 0.2, "mid", "low"))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "level": level})
    arms = ("none", "weights", "smote")
    return finished(frame, *arms, data__target="level", search__repeats=2)


def failed_arm() -> Finished:
    """Two classes; the second arm cannot be made of so few positives."""
    frame = make_table(300, share=0.1, seed=5)
    return finished(frame, "none", "kmeans-smote", data__target="sick")


def cancelled() -> Finished:
    """Two classes, cancelled after the first trial."""
    frame = make_table(300, share=0.1, seed=5)
    return finished(
        frame, "none", "smote", data__target="sick", until=TrialFinished,
        search__trials=2,
    )  # fmt: skip


def without_result() -> Finished:
    """A run that failed before its first result: its table has no such target."""
    frame = make_table(60, share=0.3, seed=5)
    return finished(frame, "none", data__target="no such column")
