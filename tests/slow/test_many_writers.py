"""Many processes on one store: each result once, one writer a run, nobody shut out."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing

import pytest

from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.ledger import committed, document, intact, integrity, last_word, stop
from tests.support.pty_session import wait_until
from tests.support.warm import ROOT, gone

pytestmark = pytest.mark.slow

WRITERS = 8
PATIENCE = 300.0


def experiment():
    return small(
        "sample:moons", "untreated", "smote", model__rounds=40, search__folds=2
    )


@pytest.fixture
def file(tmp_path):
    return tmp_path / "runs.sqlite"


class Writer:
    """A process that appends trials; it can be killed and started again."""

    def __init__(self, file, run, name, count, epoch):
        self.name = name
        self._command = [
            *(sys.executable, "-m", "tests.support.writer"),
            *(str(file), run, name, str(count), str(epoch)),
        ]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    @property
    def works(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def said(self):
        out, _ = self.process.communicate(timeout=PATIENCE)
        return out.decode()

    def bury(self):
        self.process.kill()
        self.process.communicate()


def test_of_eight_processes_on_one_store_each_result_is_there_once(
    file, many, rng, tell
):
    count = many(25, 500)
    with open_store(file) as store:
        run = store.create(experiment(), RunOptions()).id
        epoch = store.begin(run, os.getpid())
    names = [f"arm-{number}" for number in range(WRITERS)]
    writers = [Writer(file, run, name, count, epoch) for name in names]
    kills, left, stops = 0, many(4, 40), 0
    deadline = time.monotonic() + PATIENCE * 4
    try:
        while working := [w for w in writers if w.works]:
            assert time.monotonic() < deadline
            time.sleep(rng.random() * 0.05)
            one = rng.choice(working)
            if left and rng.random() < 0.3:
                one.bury()
                kills, left = kills + 1, left - 1
                one.start()
            else:
                one.signal(signal.SIGSTOP)
                time.sleep(rng.random() * 0.1)
                one.signal(signal.SIGCONT)
                stops += 1
        said = {w.name: w.said() for w in writers}
    finally:
        for writer in writers:
            writer.bury()
    waits = [float(text) for text in said.values()]  # anything else is an error
    assert kills
    intact(file, run, [])
    with open_store(file) as store:
        found = Counter((e.arm, e.number) for _, e in store.events(run))
        kept = store.artifacts(run)
    assert found == Counter((name, n) for name in names for n in range(count))
    assert set(kept) == {f"oof/{name}" for name in names}
    tell(
        f"{WRITERS} × {count} results, {kills} kills, {stops} stops: each is there "
        f"once; the longest wait {max(waits):.2f} s"
    )


def test_a_writer_that_slept_through_its_lease_writes_no_more(file):
    with open_store(file) as store:
        run = store.create(experiment(), RunOptions()).id
        epoch = store.begin(run, os.getpid())
        writer = Writer(file, run, "slept", 10**6, epoch)
        try:
            wait_until(lambda: store.events(run), 60, "nothing is written")
            stop(writer.process.pid, file)
            before = store.events(run)
            store.begin(run, os.getpid())
            writer.signal(signal.SIGCONT)
            said = writer.said()
        finally:
            writer.bury()
        assert said.startswith("LeaseLostError: ")
        assert len(said.splitlines()) == 1
        assert store.events(run) == before


def test_of_eight_who_resume_a_run_one_does(file, warm, many, tell):
    times = many(1, 20)
    for number in range(times):
        path = file.with_name(f"{number}.sqlite")
        with open_store(path) as store:
            run = store.create(experiment(), RunOptions(executor="inline")).id
            store.begin(run, os.getpid())
            assert store.run(run).status == "interrupted"
        logs = [path.with_name(f"{number}-{n}.log") for n in range(WRITERS)]
        pids = [warm.start("resume", path, run, log=str(log)) for log in logs]
        codes = [warm.end(pid) for pid in pids]
        said = [last_word(log) for log in logs]
        assert sorted(codes) == [0, *[3] * (WRITERS - 1)], said
        for code, text in zip(codes, said, strict=True):
            if code:
                assert f"({run}) is " in text
                assert "already" in text
                assert "Traceback" not in text
        assert intact(path, run, []).status == "done"
        assert integrity(path) == "ok"
    tell(f"{times} × {WRITERS} attempts to resume a run: one writer each time")


def test_of_eight_processes_of_one_run_one_writes(file, warm, many, tell):
    """As if a client had started them all: the lock keeps them apart, not the claim."""
    times = many(1, 20)
    expected = None
    for number in range(times):
        path = file.with_name(f"{number}.sqlite")
        with open_store(path) as store:
            run = store.create(experiment(), RunOptions(executor="inline")).id
            pids = [warm.start("run", path, run) for _ in range(WRITERS)]
            assert sorted(warm.end(pid) for pid in pids) == [0, *[1] * (WRITERS - 1)]
            # One that comes when it is done already must leave it as it is.
            with closing(sqlite3.connect(path)) as db:
                before = committed(db, run)
            late = warm.start("run", path, run)
            wait_until(lambda pid=late: gone(pid), PATIENCE, "it does not end")
            warm.end(late)
            assert intact(path, run, before).status == "done"
            with closing(sqlite3.connect(path)) as db:
                assert committed(db, run) == before, "a run was done again"
            found = document(store, run)
            expected = expected or found
            assert found == expected
    tell(f"{times} × {WRITERS} processes of one run: one writer each time")
