import fcntl
import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from engine.core.errors import StoreError
from engine.core.events import Progress, RunFinished, SetupProgress, is_result
from engine.core.execution import CancelToken
from engine.service import execute
from engine.service import runs as client
from engine.steps import run
from engine.store import open_store, rows
from engine.store.store import RunOptions
from tests.support.documents import build
from tests.support.experiments import small
from tests.support.runs import timeless

INLINE = RunOptions(executor="inline")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def experiment(table_path):
    changes = {"search__trials": 1, "search__folds": 2, "model__rounds": 10}
    return small(table_path, "untreated", "smote", data__target="sick", **changes)


@pytest.fixture(scope="module")
def events(experiment):
    return list(run(experiment))


def test_what_was_stored_comes_back(store, experiment, events):
    made = store.create(experiment, INLINE)
    for event in events:
        store.append(made.id, event)
    results = [e for e in events if is_result(e)]
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
    store.append(made.id, SetupProgress(stage="reading", done=1))
    store.append(made.id, SetupProgress(stage="reading", done=2))
    stored = [e for e in store.progress(made.id) if isinstance(e, SetupProgress)]
    assert [e.done for e in stored] == [2]


def test_the_progress_of_a_process_that_is_gone_is_not_that_of_the_next_one(
    store, experiment
):
    made = store.create(experiment, INLINE)
    store.append(made.id, SetupProgress(stage="reading", done=1))
    store.append(made.id, RunFinished(status="cancelled", seconds=1.0))
    assert store.progress(made.id)
    assert store.queue(made.id)
    assert not store.progress(made.id)


def test_a_run_is_found_by_id_beginning_and_last(store, experiment):
    first, second = (store.create(experiment, INLINE) for _ in range(2))
    assert store.run(first.id[:7]).id == first.id
    assert store.run("last").id == second.id
    assert [store.run(n).id for n in ("1", "2")] == [first.id, second.id]
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
    with pytest.raises(StoreError, match="Start one"):
        store.run("last")


def test_deleting_removes_everything_of_a_run(store, experiment, events):
    made = store.create(experiment, INLINE)
    store.append(made.id, events[0], {"model/none": b"x"})
    store.log_path(made.id).write_text("log")
    store.delete(made.id)
    assert store.runs() == ()
    with closing(sqlite3.connect(store.path)) as db, db:
        for table in ("events", "progress", "artifacts"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    names = {path.name for path in store.folder.iterdir()}
    assert names == {"deleted-numbers", "open.lock", "users.lock"}


def test_a_damaged_row_is_found_and_said(store, experiment, events):
    made = store.create(experiment, INLINE)
    store.append(made.id, events[0], {"model/none": b"model"})
    with closing(sqlite3.connect(store.path)) as db, db:
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
    with pytest.raises(StoreError, match="cannot be used: Not a directory"):
        open_store(tmp_path / "text" / "runs.sqlite")


def test_a_run_without_a_process_is_interrupted(store, experiment):
    made = store.create(experiment, INLINE)
    assert made.status == "queued"
    store.begin(made.id, os.getpid())
    assert store.run(made.id).status == "interrupted"
    held = rows.RunLock(store.folder, made.id)
    assert held.acquire()
    assert store.run(made.id).status == "running"
    assert not rows.RunLock(store.folder, made.id).acquire()
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
        held = rows.RunLock(store.folder, run_id)
        held.acquire()
        append = store.append
        count = 0

        def dying(*args, **more):
            nonlocal count
            append(*args, **more)
            count += is_result(args[1])
            if count >= results:
                os._exit(9)

        store.append = dying
        execute(store, store.run(run_id), CancelToken())


@pytest.mark.parametrize("results", [1, 4, 9, 11])
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

    def cancelling(*args, **more):
        append(*args, **more)
        if len(store.events(made.id)) == 6:
            token.cancel()

    store.append = cancelling
    assert execute(store, made, token) == "cancelled"
    del store.append
    assert store.run(made.id).status == "cancelled"
    assert execute(store, store.run(made.id), CancelToken()) == "done"
    one, two = (timeless(build(store.state(r.id), run="")) for r in (straight, made))
    assert one == two


def test_a_lock_is_taken_in_spite_of_those_who_only_look(tmp_path):
    held = rows.RunLock(tmp_path, "x")
    looker = os.open(rows.lock_path(tmp_path, "x"), os.O_RDWR)
    fcntl.flock(looker, fcntl.LOCK_SH)
    threading.Timer(0.2, os.close, [looker]).start()
    assert held.acquire()
    held.release()


def test_a_lock_let_go_is_held_by_one_again(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "PATIENCE_SECONDS", 0.05)
    first, second = (rows.RunLock(tmp_path, "x") for _ in range(2))
    assert first.acquire()
    first.release()
    assert second.acquire()
    third = rows.RunLock(tmp_path, "x")
    assert not third.acquire()
    for opened in (second, third):
        opened.release()


def test_of_two_who_resume_a_run_one_does(store, experiment, monkeypatch):
    started = []
    monkeypatch.setattr(client, "start", lambda _, run, **__: started.append(run.id))
    made = store.create(experiment, INLINE)
    store.append(made.id, RunFinished(status="cancelled", seconds=1.0))
    looks = [store.run(made.id) for _ in range(2)]
    client.resume(store, looks[0])
    held = rows.RunLock(store.folder, made.id)
    for already in ("queued", "running"):
        with pytest.raises(StoreError, match=f"{already} already"):
            client.resume(store, looks[1])
        held.acquire()
        store.begin(made.id, os.getpid())
        store.request_cancel(made.id)
    assert started == [made.id]
    assert store.cancel_requested(made.id)
    held.release()
    store.append(made.id, RunFinished(status="done", seconds=1.0))
    with pytest.raises(StoreError, match="Look at its result"):
        client.resume(store, looks[1])


def test_reading_makes_no_store(tmp_path):
    with open_store(tmp_path / "a" / "runs.sqlite", create=False) as opened:
        assert opened.runs() == ()
        with pytest.raises(StoreError, match="holds none"):
            opened.run("last")
    (tmp_path / "empty").touch()
    open_store(tmp_path / "empty", create=False).close()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert (tmp_path / "empty").read_bytes() == b""


@pytest.mark.parametrize("create", [True, False])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path, create):
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as db, db:
        db.execute("CREATE TABLE runs (id TEXT)")
    (tmp_path / "m.csv").write_text("a,b\n" + "1,2\n" * 100)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in before:
        with pytest.raises(StoreError, match=r"another program|not a database"):
            open_store(tmp_path / name, create=create)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("path", ["", ".", "/", "/dev/null", "~nobody-of-that-name/x"])
def test_a_path_that_can_hold_no_store_is_said(path):
    with pytest.raises(StoreError, match=f"the store '{path}'"):
        open_store(path)


def test_the_number_of_a_deleted_run_is_not_given_again(tmp_path, experiment):
    with open_store(tmp_path / "runs.sqlite") as store:
        first, second = (store.create(experiment, INLINE) for _ in range(2))
        store.delete(second.id)
        assert store.create(experiment, INLINE).number == 3
        store.delete(first.id)
    with open_store(tmp_path / "runs.sqlite") as store:
        for run in store.runs():
            store.delete(run.id)
        assert store.create(experiment, INLINE).number == 4


def test_a_run_of_another_version_is_listed_refused_and_deleted(
    store, experiment, events
):
    made, other = (store.create(experiment, INLINE) for _ in range(2))
    store.append(made.id, events[0])
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE runs SET experiment = '{}' WHERE id = ?", (made.id,))
    assert {r.id: r.status for r in store.runs()} == {
        made.id: "unreadable",
        other.id: "queued",
    }
    assert store.run(made.id).ended
    with pytest.raises(StoreError, match="another version"):
        client.resume(store, store.run(made.id))
    store.delete(made.id)
    assert [r.id for r in store.runs()] == [other.id]


def test_an_event_of_another_version_is_said(store, experiment, monkeypatch):
    made = store.create(experiment, INLINE)
    with monkeypatch.context() as patch:
        patch.setattr("engine.store.store.encode", lambda _: b'{"type":"Sang"}')
        store.append(made.id, RunFinished(status="done", seconds=1.0))
    with pytest.raises(StoreError, match="another version"):
        store.events(made.id)


def test_a_name_that_is_no_text_is_refused(store):
    with pytest.raises(StoreError, match="no UTF-8 text"):
        store.create(small("t.csv", data__target="\udce9"), INLINE)
    assert store.runs() == ()


def test_of_a_run_that_is_not_there_the_others_are_listed(store, experiment):
    store.create(experiment, INLINE)
    with pytest.raises(StoreError, match="no run 'zz'") as told:
        store.run("zz")
    assert told.value.action == "runs"


def test_a_last_word_between_two_looks_is_heard(store, experiment, monkeypatch):
    made = store.create(experiment, INLINE)
    store.begin(made.id, os.getpid())

    def ends_meanwhile(*_):
        store.append(made.id, RunFinished(status="cancelled", seconds=1.0))
        return False

    monkeypatch.setattr(rows, "held", ends_meanwhile)
    assert store.run(made.id).status == "cancelled"


def test_opening_a_store_again_leaves_its_locks(store, experiment):
    made = store.create(experiment, INLINE)
    open_store(store.path).close()  # as the run process does, for its watching thread
    code = f"from engine.store import open_store; open_store({str(store.path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert store.path.with_name("runs.sqlite-wal").exists()
    store.append(made.id, RunFinished(status="done", seconds=1.0))
    with open_store(store.path) as other:
        assert other.run(made.id).status == "done"
