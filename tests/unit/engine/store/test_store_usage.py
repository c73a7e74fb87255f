"""What a store takes on the disk, and what pruning takes away."""

import io
import os
import shutil
import sqlite3

import pytest

from engine.core.errors import ReadOnlyError
from engine.core.events import RunFinished
from engine.store import inputs, open_store, opening, rows
from engine.store.store import RunOptions
from engine.store.usage import check, prune, usage
from tests.support.experiments import small
from tests.support.kept_stores import content, unpack

TABLE = b"a,y\n" + b"1,0\n2,1\n" * 500


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


def run_of(store, kept=0, source="t.csv", ended=True):
    run = store.create(small(str(source)), RunOptions())
    if kept or ended:
        status = "done" if ended else "cancelled"
        event = RunFinished(status=status, seconds=1.0)
        store.append(run.id, event, {"model/a": os.urandom(kept)} if kept else {})
    return store.run(run.id)


def fold(store, name, size, seconds_ago=0.0):
    home = store.folds / name
    home.mkdir(parents=True)
    (home / "x.npy").write_bytes(bytes(size))
    then = home.stat().st_mtime - seconds_ago
    os.utime(home, (then, then))
    return home


def test_each_part_is_measured(store):
    one, two = run_of(store, 300_000), run_of(store)
    fold(store, "ab", 5000)
    fold(store, "cd", 700)
    store.log_path(one.id).write_bytes(bytes(11_000))
    inputs.keep(store.folder, io.BytesIO(TABLE))
    found = usage(store)
    assert found.path == store.path
    assert found.journal == "wal"
    assert found.bytes_folds == 5700
    assert found.bytes_inputs == len(TABLE)
    assert found.bytes_logs == 11_000
    events = sum(
        size
        for (size,) in store._db.execute(
            "SELECT length(payload) FROM events WHERE run = ?", (one.id,)
        )
    )
    assert found.bytes_runs[one.id] == 300_000 + 11_000 + events
    assert 0 < found.bytes_runs[two.id] < 1000
    assert found.bytes_store > 300_000
    assert 0 < found.free <= shutil.disk_usage(store.path.parent).total


def test_a_store_that_is_not_there_takes_nothing(tmp_path):
    with open_store(tmp_path / "a" / "untreated", create=False) as store:
        found = usage(store)
        assert (found.bytes_store, found.bytes_runs, found.free) == (0, {}, 0)
        assert prune(store) == 0
    assert list(tmp_path.iterdir()) == []


def test_pruning_frees_what_it_says_and_loses_no_run(store):
    kept, gone = run_of(store, 50_000), run_of(store, 900_000)
    store.log_path(kept.id).write_text("log")
    store.log_path(gone.id).write_text("log")
    for run in (kept, gone):
        rows.RunLock(store.folder, run.id).release()
    store.delete(gone.id, keep_log=True)
    fold(store, "ab", 40_000)
    rows.RunLock(store.folder, "0badc0de").release()
    wanted = content(store)

    def taken():
        return sum(
            os.lstat(os.path.join(at, name)).st_size  # noqa: PTH118
            for at, _, names in os.walk(store.path.parent)
            for name in names
        )

    before = taken()
    freed = prune(store)
    assert freed == before - taken()
    assert freed > 900_000
    assert content(store) == wanted
    assert check(store) == ()
    assert {path.name for path in store.folder.iterdir()} == {
        f"{kept.id}.lock",
        f"{kept.id}.log",
        "deleted-numbers",
        "open.lock",
        "users.lock",
    }
    assert prune(store) == 0


def test_what_a_living_run_needs_stays(store):
    stored = inputs.keep(store.folder, io.BytesIO(TABLE))
    run = run_of(store, source=stored, ended=False)
    held = rows.RunLock(store.folder, run.id)
    assert held.acquire()
    epoch = store.begin(run.id, os.getpid())
    store.log_path(run.id).write_text("log")
    own = fold(store, "ab", 10)
    orphan = rows.RunLock(store.folder, "0badc0de")  # of a run deleted while it lived
    assert orphan.acquire()
    with open_store(store.path) as other:
        prune(other)
    assert own.exists()
    assert stored.exists()
    assert store.log_path(run.id).exists()
    assert rows.held(store.folder, run.id)
    assert rows.held(store.folder, "0badc0de")
    store.append(run.id, RunFinished(status="done", seconds=1.0), epoch=epoch)
    for one in (held, orphan):
        one.release()


def test_a_table_that_waits_for_its_run_is_not_pruned(store):
    fresh = inputs.keep(store.folder, io.BytesIO(TABLE))
    old = inputs.keep(store.folder, io.BytesIO(TABLE * 2))
    then = old.stat().st_mtime - 10_000
    os.utime(old, (then, then))
    prune(store)
    assert fresh.exists()
    assert not old.exists()


def test_others_may_read_while_a_store_is_packed(store):
    run = run_of(store, 100_000)
    with open_store(store.path) as other:
        reading = other._db.execute("SELECT payload FROM artifacts")
        prune(store)
        assert len(reading.fetchone()[0]) == 100_000
        assert other.run(run.id) == store.run(run.id)


def test_pruning_where_there_is_no_room_to_pack_frees_the_rest(store, monkeypatch):
    run_of(store, 100_000)
    fold(store, "ab", 40_000)
    real = store._db

    class Full:
        def execute(self, statement, *values):
            if statement == "VACUUM":
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return real.execute(statement, *values)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_db", Full())
        assert prune(store) >= 40_000


def test_a_store_that_is_only_read_is_not_pruned(tmp_path, monkeypatch):
    path = unpack(tmp_path / "runs.sqlite")
    monkeypatch.setattr(opening, "unwritable", lambda path: "it is only read")
    before = path.read_bytes()
    with open_store(path) as store:
        assert len(usage(store).bytes_runs) == 3
        with pytest.raises(ReadOnlyError, match="only read"):
            prune(store)
    assert path.read_bytes() == before
