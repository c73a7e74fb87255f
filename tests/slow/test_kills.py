"""kill -9 at random moments: nothing finished is lost or doubled, and it goes on.

A run is killed again and again, on another executor each time, until it is done. After
each kill its store must hold everything that was seen in it before; in the end its
document must be that of a run that nobody touched, times aside.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest

from engine.service import runs as client
from engine.store import Run, RunOptions, open_store
from tests.support.experiments import small
from tests.support.kept_stores import unpack
from tests.support.ledger import (
    Row,
    committed,
    document,
    intact,
    last_word,
)
from tests.support.pty_session import wait_until
from tests.support.warm import Warm, gone, session

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_a_minute_later")]

PATIENCE = 120.0

MOMENTS = ("start-up", "trials", "trials", "commit", "commit", "end", "claim")


def experiment(seed: int = 0):
    """Three arms of eight trials; some are stopped early, in about a second."""
    return small(
        "sample:moons",
        "untreated",
        "smote",
        "random-under",
        model__rounds=40,
        search__folds=2,
        search__trials=8,
        seed=seed,
    )


@pytest.fixture(scope="module")
def straight(warm, tmp_path_factory):
    """The document of a run that nobody touched, and the seconds that it took."""
    file = tmp_path_factory.mktemp("straight") / "runs.sqlite"
    with open_store(file) as store:
        run = store.create(experiment(), RunOptions(executor="inline"))
        log = store.log_path(run.id)
        started = time.monotonic()
        code = warm.end(warm.start("run", file, run.id, log=str(log)))
        assert code == 0, last_word(log)
        found = document(store, run.id)
    assert sum(arm["search"]["pruned"] for arm in found["arms"]) > 0
    return found, time.monotonic() - started


class Victim:
    """A run that is killed until it is done."""

    def __init__(self, file: Path, warm: Warm, rng: random.Random, took: float) -> None:
        self.file, self._warm, self._rng, self._took = file, warm, rng, took
        with open_store(file) as store:
            self.run = store.create(experiment(), RunOptions(executor="inline")).id
            self.log = store.log_path(self.run)
        self.kills = 0
        self.moments: Counter[str] = Counter()

    def attempt(self, executor: str, moment: str) -> bool:
        """Let it work until a moment and kill it; return whether it was not done yet.

        Whatever came of it, the store is looked at afterwards.
        """
        if moment == "claim":
            return self._claim()
        self._free()
        pid = self._start(executor)
        with closing(sqlite3.connect(self.file)) as watcher:
            self._wait(moment, pid, watcher)
            before = committed(watcher, self.run)
            if self._rng.random() < 0.5:
                # The last to close a store tidies it up; so here it is the dead one.
                watcher.close()
            living = not gone(pid)
            os.kill(pid, signal.SIGKILL)
            self._end(pid)
        found = self._looked_at(before)
        if living and found.status != "done":
            self.kills += 1
            self.moments[moment] += 1
        return found.status != "done"

    def finish(self, executor: str) -> dict:
        """Let it come to its end; return its document."""
        with open_store(self.file) as store:
            if store.run(self.run).status != "done":
                self._free()
                pid = self._start(executor)
                wait_until(lambda: gone(pid), PATIENCE, last_word(self.log))
                self._end(pid)
                assert f"units run {executor}" in self.log.read_text()
            intact(self.file, self.run, [])
            assert store.run(self.run).status == "done", last_word(self.log)
            return document(store, self.run)

    def _looked_at(self, before: list[Row]) -> Run:
        """Return the run as it is after a kill: interrupted, or done just before."""
        found = intact(self.file, self.run, before)
        assert found.status in ("interrupted", "done"), found.status
        return found

    def _free(self) -> None:
        with open_store(self.file) as store:
            assert store.queue(self.run), store.run(self.run).status

    def _start(self, executor: str) -> int:
        if executor == "a real process":
            with open_store(self.file) as store:
                return client.start(store, store.run(self.run))
        return self._warm.start(
            "run", self.file, self.run, executor=executor, log=str(self.log)
        )

    def _end(self, pid: int) -> None:
        child = client._children.pop(self.run, None)
        if child is not None:
            child.wait()
        else:
            self._warm.end(pid)
        wait_until(lambda: not session(pid), 30, "workers are left behind")

    def _wait(self, moment: str, pid: int, watcher: sqlite3.Connection) -> None:
        """Wait for a moment, or for the end."""
        chance = self._rng.random()
        if moment == "start-up":
            time.sleep(chance * 0.1)
        elif moment == "trials":
            # Seldom to its end: what is killed five times must last.
            time.sleep(chance**2 * self._took)
        elif moment == "commit":
            # The log of changes grows while one is written; it is not finished then.
            times = self._rng.randrange(1, 8)
            log = self.file.with_name(f"{self.file.name}-wal")
            for _ in range(times):
                before = _size(log)
                self._until(pid, lambda old=before: _size(log) != old)
            time.sleep(chance * 0.002)
        else:
            self._until(
                pid,
                lambda: any(
                    path in ("arm/none", "arm/smote", "arm/random-under")
                    for _, path, _ in committed(watcher, self.run)
                ),
            )
            time.sleep(chance * 0.15)

    def _until(self, pid: int, what) -> None:
        deadline = time.monotonic() + PATIENCE
        while not what() and not gone(pid):
            time.sleep(0.0005)
            assert time.monotonic() < deadline, last_word(self.log)

    def _claim(self) -> bool:
        """Kill who claims the run for a process that never comes."""
        with closing(sqlite3.connect(self.file)) as db:
            before = committed(db, self.run)
        pid = self._warm.start("queue", self.file, self.run)
        time.sleep(self._rng.random() * 0.02)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        killed = self._warm.end(pid) == -signal.SIGKILL
        self._looked_at(before)
        if killed:
            self.kills += 1
            self.moments["claim"] += 1
        return True


def _size(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def test_kill_9_at_random_moments(warm, straight, many, rng, tell, tmp_path):
    wanted = many(20, 200)
    expected, took = straight
    kills, finished = 0, 0
    moments: Counter[str] = Counter()
    executors: Counter[str] = Counter()
    places = many(
        ("inline", "inline", "local"),
        ("inline", "inline", "local", "local", "processes", "a real process"),
    )
    while kills < wanted:
        file = tmp_path / str(finished) / "runs.sqlite"
        victim = Victim(file, warm, rng, took)
        for _ in range(rng.randrange(4, 9)):
            executor = rng.choice(places)
            moment = rng.choice(MOMENTS)
            if executor in ("processes", "a real process") and moment == "start-up":
                moment = "trials"
            executors[executor] += 1
            if not victim.attempt(executor, moment):
                break
            if kills + victim.kills >= wanted:
                break
        ended = victim.finish(rng.choice(("inline", "local")))
        assert ended == expected
        kills += victim.kills
        moments += victim.moments
        finished += 1
        shutil.rmtree(file.parent)
    tell(
        f"{kills} kills of {finished} runs ({_told(moments)}; "
        f"started {_told(executors)}): 0 results lost, 0 doubled, "
        f"integrity ok {kills}/{kills}, documents identical {finished}/{finished}"
    )


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(counts.items()))


def test_kill_9_of_workers_costs_nothing(warm, straight, many, rng, tell, tmp_path):
    expected, _ = straight
    file = tmp_path / "runs.sqlite"
    with open_store(file) as store:
        run = store.create(experiment(), RunOptions()).id
        log = store.log_path(run)
    wanted, killed = many(1, 10), 0
    # A unit is given up when it loses three workers in a row.
    pid = warm.start(
        "run",
        file,
        run,
        executor="processes",
        jobs=many(1, 2),
        log=str(log),
        attempts=20,
    )
    while killed < wanted and not gone(pid):
        with closing(sqlite3.connect(file)) as db:
            _wait_for_more(db, run, pid)
        time.sleep(rng.random() * 0.1)
        workers = [worker for worker in session(pid) if worker != pid]
        if workers:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(workers), signal.SIGKILL)
                killed += 1
    wait_until(lambda: gone(pid), PATIENCE, last_word(log))
    assert warm.end(pid) == 0, last_word(log)
    assert not session(pid)
    assert intact(file, run, []).status == "done"
    with open_store(file) as store:
        assert document(store, run) == expected
    assert killed == wanted
    tell(f"{killed} workers killed: 0 results lost, the document is the same")


def test_kill_9_while_a_damaged_store_is_moved_aside(warm, many, rng, tell, tmp_path):
    whole = unpack(tmp_path / "original.sqlite").read_bytes()
    spoilt = whole[:4096] + bytes(4096) + whole[8192:]
    for number in range(2):  # the first one may have to wait for the imports
        file = tmp_path / f"whole-{number}.sqlite"
        file.write_bytes(spoilt)
        started = time.monotonic()
        assert warm.end(warm.start("open", file)) == 0
        took = time.monotonic() - started
    wanted, killed, early = many(8, 100), 0, 0
    for number in range(wanted * 10):
        file = tmp_path / str(number) / "runs.sqlite"
        file.parent.mkdir()
        file.write_bytes(spoilt)
        pid = warm.start("open", file)
        time.sleep(rng.random() * took)
        os.kill(pid, signal.SIGKILL)
        in_time = warm.end(pid) == -signal.SIGKILL
        killed += in_time
        early += in_time and file.exists() and file.read_bytes() == spoilt
        with open_store(file) as store:
            assert store.runs() == ()
        # It is whole under the new name first: after a kill there may be two of it.
        kept = [*file.parent.glob("runs.sqlite.damaged-*")]
        assert kept
        assert all(one.read_bytes() == spoilt for one in kept)
        shutil.rmtree(file.parent)
        if killed == wanted:
            break
    assert killed == wanted
    assert early
    tell(f"{killed} kills, {early} of them before it was done: nothing lost")


def _wait_for_more(db: sqlite3.Connection, run: str, pid: int) -> None:
    before = len(committed(db, run))
    wait_until(
        lambda: len(committed(db, run)) > before or gone(pid),
        PATIENCE,
        f"run {run} stands still",
    )


def test_kill_9_while_a_file_is_written(warm, many, rng, tell, tmp_path):
    size = 300_000
    file = tmp_path / "table.csv"
    kills = many(10, 50)
    for _ in range(kills):
        pid = warm.start("put", file, size=size)
        time.sleep(0.01 + rng.random() * 0.05)
        os.kill(pid, signal.SIGKILL)
        assert warm.end(pid) == -signal.SIGKILL
        if file.exists():
            data = file.read_bytes()
            assert data in (b"a" * size, b"b" * size)
    assert file.exists()
    tell(f"{kills} kills, 0 half files")
