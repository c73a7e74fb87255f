"""Runs that have ended, each made once and shared by all tests and all workers.

A run is kept on disk, below ``.pytest_cache/finished``, under a hash of what it depends
on: the engine's sources, the versions of its libraries, the table and the experiment.
Whoever would change a store or a table takes a copy: `Finished.copy`.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

from engine.core.events import Event, TrialFinished
from engine.core.execution import CancelToken
from engine.core.experiment import Experiment
from engine.core.methods.grammar import Arm, Step
from engine.core.seeds import versions
from engine.core.state import State, reduce
from engine.service import execute
from engine.store import RunOptions, open_store
from tests.support.documents import build
from tests.support.experiments import make_table, small
from tests.support.paths import ROOT

ENSEMBLE = "balanced-random-forest"
HOPELESS = Arm(
    name="hopeless",
    steps=(Step("kmeans-smote", {"cluster_balance_threshold": 1.0}),),
)
"""No cluster has so large a share of positives: the sampler fails."""
KEPT = 3
"""So many states of the engine have their runs kept."""


class Finished(NamedTuple):
    """A stored run: the store's file, the run's id, and the table's file."""

    store: str
    run: str
    table: Path

    @property
    def where(self) -> tuple[str, str, Path]:
        """The three in the order in which helpers of exports take them."""
        return tuple(self)

    def events(self) -> list[Event]:
        """Every event that the run has kept, in order."""
        with open_store(Path(self.store)) as store:
            return [event for _, event in store.events(self.run)]

    def state(self) -> State:
        """What the events come to."""
        return functools.reduce(reduce, self.events(), State())

    def document(self) -> dict[str, Any]:
        """The result document."""
        return build(self.state(), run=self.run)

    def copy(self, folder: Path) -> Finished:
        """A copy that may be changed: its run names the table of the copy."""
        home = Path(self.store).parent
        shutil.copytree(home, folder, dirs_exist_ok=True)
        store = folder / Path(self.store).name
        _move(store, home, folder)
        return Finished(str(store), self.run, folder / self.table.name)


def _move(store: Path, old: Path, new: Path) -> None:
    """Let the runs of a copied store name the files beside it.

    The store has no such operation, so the rows are written anew with their checksums.
    """
    begin, behind = (json.dumps(str(folder))[:-1].encode() for folder in (old, new))

    def checked(*parts: bytes) -> bytes:
        return hashlib.blake2b(b"".join(parts), digest_size=16).digest()

    with contextlib.closing(sqlite3.connect(store)) as db, db:
        for run, wanted, how in db.execute(
            "SELECT id, experiment, options FROM runs"
        ).fetchall():
            wanted = wanted.replace(begin, behind)
            db.execute(
                "UPDATE runs SET experiment = ?, checksum = ? WHERE id = ?",
                (wanted, checked(wanted, how), run),
            )
        for run, seq, payload in db.execute(
            "SELECT run, seq, payload FROM events"
        ).fetchall():
            if begin in payload:
                payload = payload.replace(begin, behind)
                db.execute(
                    "UPDATE events SET payload = ?, checksum = ?"
                    " WHERE run = ? AND seq = ?",
                    (payload, checked(payload), run, seq),
                )


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
    ages = {}
    for path in home.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another worker deletes as well
            ages[path] = path.stat().st_mtime
    for old in sorted(ages, key=ages.__getitem__)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return here


def finished(
    table: pd.DataFrame | bytes | str,
    *arms: Any,
    file: str = "rows.csv",
    beside: Mapping[str, pd.DataFrame] | None = None,
    options: Mapping[str, Any] | None = None,
    until: type[Event] | None = None,
    status: str = "done",
    **changes: Any,
) -> Finished:
    """Run a small experiment on a table, unless that was done before.

    `table` is written to `file`, as its ending says, and those of `beside` next to it;
    bytes are written as they are, and a text is a source that needs no file. `arms` and
    `changes` are those of `small`, one trial and two folds if nothing else is said;
    `options` are those of `RunOptions`. The first event of the kind `until` cancels the
    run. It must end with this status.
    """
    source = table if isinstance(table, str) else file
    given = {"search__trials": 1, "search__folds": 2, **changes}
    experiment = small(source, *arms, **given)
    if "data" in given and not isinstance(table, str):
        data = msgspec.structs.replace(experiment.data, source=file)
        experiment = msgspec.structs.replace(experiment, data=data)
    chosen = {"executor": "inline", "cache": False, **(options or {})}
    tables = {} if isinstance(table, str) else {file: table, **(beside or {})}
    facts = repr((experiment, sorted(chosen.items()), until, status))
    found = hashlib.sha256(facts.encode())
    for name, one in tables.items():
        found.update(name.encode())
        found.update(one if isinstance(one, bytes) else _written(one))
    name = found.hexdigest()[:12]
    folder = _home() / name
    with _home().joinpath(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "run").exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that was killed
            folder.mkdir()
            for one in tables:
                _write(tables[one], folder / one)
            run, ended = _execute(folder, experiment, chosen, until)
            assert ended == status, (ended, run)
            sums = {one: _sum(folder / one) for one in tables}
            (folder / "run").write_text(json.dumps([run, sums]))
    run, sums = json.loads((folder / "run").read_text())
    for one, known in sums.items():
        assert _sum(folder / one) == known, f"a test has changed {folder / one}"
    return Finished(str(folder / "runs.sqlite"), run, folder / file)


def _written(frame: pd.DataFrame) -> bytes:
    return (frame.to_csv(index=False) + repr(frame.dtypes.tolist())).encode()


def _write(table: pd.DataFrame | bytes, path: Path) -> None:
    if isinstance(table, bytes):
        path.write_bytes(table)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    elif path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, index=False)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _execute(
    folder: Path,
    experiment: Experiment,
    options: Mapping[str, Any],
    until: type[Event] | None,
) -> tuple[str, str]:
    replace = msgspec.structs.replace
    data = experiment.data
    if (folder / data.source).exists():
        data = replace(data, source=str(folder / data.source))
    if data.test_source is not None:
        data = replace(data, test_source=str(folder / data.test_source))
    token = CancelToken()
    with open_store(folder / "runs.sqlite") as store:
        run = store.create(replace(experiment, data=data), RunOptions(**options))
        if until is not None:
            append = store.append

            def stop(run_id: str, event: Event, *kept: Any, **more: Any) -> Any:
                if isinstance(event, until):
                    token.cancel()
                return append(run_id, event, *kept, **more)

            store.append = stop  # type: ignore[method-assign]
        return run.id, execute(store, run, token)


# One of each kind --------------------------------------------------------------------


def two_classes() -> Finished:
    """Two classes, every kind of column, odd cells; samplers, weights, an ensemble."""
    frame = make_table(900, share=0.15, seed=3)
    frame["risk"] = frame["risk"].map("{:.3f}".format)
    frame.loc[7, "colour"] = '=cmd|"/C calc"!A0'
    frame.loc[9, "colour"] = "two\r\nlines, and a comma"
    frame.loc[11, "sick"] = None  # no target: in neither part
    arms = ("untreated", "weights", "smote", "smote-enn", "random-over", ENSEMBLE)
    return finished(frame, *arms, data__target="sick")


def several_classes() -> Finished:
    """Three classes; folds drawn twice."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(240, 2)).round(3)
    score = x[:, 0] + rng.normal(scale=0.4, size=240)
    level = np.where(score > 1.0, "high", np.where(score > 0.2, "mid", "low"))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "level": level})
    arms = ("untreated", "weights", "smote")
    return finished(frame, *arms, data__target="level", search__repeats=2)


FOREST = f"{ENSEMBLE}:n_estimators=5"


def weighed_rows() -> Finished:
    """Two classes, rows of which a column says what they weigh; one arm cannot."""
    frame = make_table(300, share=0.2, seed=5)
    frame["heavy"] = np.where(frame["sick"] == "yes", 2.5, 1.0) + frame["flag"]
    frame.loc[11, "sick"] = None  # no target: in neither part
    arms = ("untreated", "weights", "smote", FOREST, "easy-ensemble")
    return finished(frame, *arms, data__target="sick", data__weight="heavy")


MODELS = (
    "untreated@logistic",
    "random-under@logistic",
    "untreated@xgboost",
    "smote@xgboost",
    FOREST,
)


def two_models() -> Finished:
    """Two classes, two models, and an ensemble, which goes with the first of them."""
    frame = make_table(500, share=0.25, seed=5)
    return finished(frame, *MODELS, data__target="sick")


def failed_arm() -> Finished:
    """Two classes; the second arm finds no cluster to make rows of, and fails."""
    frame = make_table(300, share=0.1, seed=5)
    return finished(frame, "untreated", HOPELESS, data__target="sick")


def cancelled() -> Finished:
    """Two classes, cancelled after the first trial."""
    frame = make_table(300, share=0.1, seed=5)
    return finished(
        frame, "untreated", "smote", data__target="sick", until=TrialFinished,
        search__trials=2, status="cancelled",
    )  # fmt: skip


def without_result() -> Finished:
    """A run that failed before its first result: its table has no such target."""
    frame = make_table(60, share=0.3, seed=5)
    return finished(frame, "untreated", data__target="no such column", status="failed")
