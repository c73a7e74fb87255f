import multiprocessing
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.cancel import CancelToken
from engine.document import build
from engine.errors import StoreError
from engine.events import Progress, RunFinished
from engine.process import execute
from engine.run import run
from engine.store import lock, open_store
from engine.store.store import VERSION, RunOptions
from tests.conftest import small
from tests.engine.test_run import timeless

INLINE = RunOptions(executor="inline")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def experiment(table_path):
    return small(table_path, "none", "smote", data__target="sick")


@pytest.fixture(scope="module")
def events(experiment):
    return list(run(experiment))


def test_what_was_stored_comes_back(store, experiment, events):
    made = store.create(experiment, INLINE)
    for event in events:
        store.append(made.id, event)
    results = [e for e in events if not isinstance(e, Progress)]
    assert [e for _, e in store.events(made.id)] == results
    assert [seq for seq, _ in store.events(made.id)] == list(range(1, len(results) + 1))
    assert [e for _, e in store.events(made.id, after=5)] == results[5:]
    assert store.run(made.id).experiment == experiment
    assert store.run(made.id).status == "done"


def test_of_progress_the_newest_per_arm_is_kept(store, experiment, events):
    made = store.create(experiment, INLINE)
    for event in events:
        store.append(made.id, event)
    newest = {e.arm: e for e in events if isinstance(e, Progress)}
    assert {e.arm: e for e in store.progress(made.id)} == newest


def test_a_run_is_found_by_id_beginning_and_last(store, experiment):
    first, second = (store.create(experiment, INLINE) for _ in range(2))
    assert store.run(first.id[:7]).id == first.id
    assert store.run("last").id == second.id
    assert [r.id for r in store.runs()] == [second.id, first.id]
    with pytest.raises(StoreError, match="no run 'zz'"):
        store.run("zz")
    with pytest.raises(StoreError, match="no run ''"):
        store.run("")


def test_an_ambiguous_beginning_lists_the_runs(store, experiment, monkeypatch):
    ids = iter(["abc11111", "abc22222"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(ids))
    for _ in range(2):
        store.create(experiment, INLINE)
    with pytest.raises(StoreError, match="abc22222, abc11111"):
        store.run("abc")


def test_an_empty_store_says_what_to_do(store):
    with pytest.raises(StoreError, match="imbtui run"):
        store.run("last")


def test_deleting_removes_everything_of_a_run(store, experiment, events):
    made = store.create(experiment, INLINE)
    store.append(made.id, events[0], {"model/none": b"x"})
    store.log_path(made.id).write_text("log")
    store.delete(made.id)
    assert store.runs() == ()
    with sqlite3.connect(store.path) as db:
        for table in ("events", "progress", "artifacts"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert [path.name for path in store.folder.iterdir()] == ["open.lock"]


def test_a_damaged_row_is_found_and_said(store, experiment, events):
    made = store.create(experiment, INLINE)
    store.append(made.id, events[0], {"model/none": b"model"})
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE events SET payload = replace(payload, 'sick', 'sicc')")
        db.execute("UPDATE artifacts SET payload = x'00'")
    with pytest.raises(StoreError, match=r"result 1 .* damaged"):
        store.events(made.id)
    with pytest.raises(StoreError, match=r"model/none .* damaged"):
        store.artifact(made.id, "model/none")
    with pytest.raises(StoreError, match="kept no test/none"):
        store.artifacts(made.id, "test/none")


def test_the_file_is_for_its_owner_only(store):
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_store_that_is_none_is_refused(tmp_path):
    (tmp_path / "text").write_text("no database at all, but long enough to tell")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path / "text")
    with pytest.raises(StoreError, match="directory"):
        open_store(tmp_path)
    with pytest.raises(StoreError, match="cannot be used: File exists"):
        open_store(tmp_path / "text" / "runs.sqlite")


def test_a_newer_store_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "runs.sqlite"
    open_store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer imbtui"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_run_without_a_process_is_interrupted(store, experiment):
    made = store.create(experiment, INLINE)
    assert made.status == "queued"
    store.begin(made.id, os.getpid())
    assert store.run(made.id).status == "interrupted"
    held = lock.RunLock(store.folder, made.id)
    assert held.acquire()
    assert store.run(made.id).status == "running"
    assert not lock.RunLock(store.folder, made.id).acquire()
    held.release()
    assert store.run(made.id).status == "interrupted"


def test_many_may_open_a_new_store_at_once(tmp_path):
    def open_and_close(number):
        with open_store(tmp_path / str(number % 5) / "runs.sqlite") as opened:
            return opened.runs()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(open_and_close, range(160))) == [()] * 160


def _die_after(path, run_id, results):
    """Execute a run and die without a word after some results."""
    with open_store(path) as store:
        held = lock.RunLock(store.folder, run_id)
        held.acquire()
        append = store.append
        count = 0

        def dying(*args):
            nonlocal count
            append(*args)
            count += not isinstance(args[1], Progress)
            if count >= results:
                os._exit(9)

        store.append = dying
        execute(store, store.run(run_id), CancelToken())


@pytest.mark.parametrize("results", [1, 4, 9, 12])
def test_a_killed_run_resumes_to_the_same_document(store, experiment, events, results):
    straight = store.create(experiment, INLINE)
    for event in events:
        store.append(straight.id, event)
    killed = store.create(experiment, INLINE)
    child = multiprocessing.get_context("fork").Process(
        target=_die_after, args=(store.path, killed.id, results)
    )
    child.start()
    child.join()
    assert child.exitcode == 9
    assert store.run(killed.id).status == "interrupted"
    assert len(store.events(killed.id)) == results
    assert execute(store, store.run(killed.id), CancelToken()) == "done"
    one, two = (timeless(build(store.state(r.id), run="")) for r in (straight, killed))
    assert one == two


def test_a_run_that_cannot_begin_says_why(store):
    made = store.create(small("nowhere.csv"), INLINE)
    assert execute(store, made, CancelToken()) == "failed"
    ((_, event),) = store.events(made.id)
    assert isinstance(event, RunFinished)
    assert event.error["exit_code"] == "2"
    assert "No such file" in event.error["message"]


def test_a_cancelled_run_resumes_to_the_same_document(store, experiment, events):
    straight = store.create(experiment, INLINE)
    for event in events:
        store.append(straight.id, event)
    made = store.create(experiment, INLINE)
    token = CancelToken()
    append = store.append

    def cancelling(*args):
        append(*args)
        if len(store.events(made.id)) == 6:
            token.cancel()

    store.append = cancelling
    assert execute(store, made, token) == "cancelled"
    del store.append
    assert store.run(made.id).status == "cancelled"
    assert execute(store, store.run(made.id), CancelToken()) == "done"
    one, two = (timeless(build(store.state(r.id), run="")) for r in (straight, made))
    assert one == two
