"""Two processes on one run, clocks that jump, and file systems without locks."""

import errno
import fcntl
import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest

from engine.core.errors import LeaseLostError, StoreError
from engine.core.events import Progress, RunFinished
from engine.core.execution import CancelToken
from engine.service import Lease
from engine.store import open_store, rows, usage
from engine.store.store import RunOptions
from tests.support.experiments import small

INLINE = RunOptions(executor="inline")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture
def run(store):
    return store.create(small("t.csv"), INLINE)


def ended(seconds=1.0, status="cancelled"):
    return RunFinished(status=status, seconds=seconds)


def facts(store, run_id):
    run = store.run(run_id)
    return run.status, run.epoch, run.pid, run.finished, run.cancel


def test_a_loser_writes_nothing_at_all(store, run):
    first = store.begin(run.id, 11)
    store.append(run.id, ended(), {"oof/a": b"one"}, epoch=first)
    with open_store(store.path) as other:
        second = other.begin(run.id, 22)
    assert second == first + 1
    before = facts(store, run.id)
    for event in (ended(2.0), Progress(arm="untreated", stage="tune", done=1, total=2)):
        with pytest.raises(LeaseLostError, match="another process") as said:
            store.append(run.id, event, {"oof/a": b"two", "oof/b": b"b"}, epoch=first)
        assert said.value.code == "lease"
    with pytest.raises(LeaseLostError):
        store.heartbeat(run.id, first)
    assert facts(store, run.id) == before
    assert store.artifacts(run.id) == {"oof/a": b"one"}
    assert store.events(run.id) == [(1, ended())]
    assert store.progress(run.id) == []
    store.append(run.id, ended(3.0), {"oof/a": b"two"}, epoch=second)
    assert store.artifact(run.id, "oof/a") == b"two"
    assert len(store.events(run.id)) == 2


def test_a_run_queued_again_keeps_its_old_process_until_a_new_one_begins(store, run):
    first = store.begin(run.id, 11)
    store.append(run.id, ended(), epoch=first)
    assert store.queue(run.id)
    assert store.run(run.id).epoch == first
    second = store.begin(run.id, 22)
    with pytest.raises(LeaseLostError):
        store.append(run.id, ended(), epoch=first)
    store.append(run.id, ended(), epoch=second)


def test_a_process_whose_run_was_deleted_writes_nothing(store, run):
    epoch = store.begin(run.id, 11)
    store.delete(run.id)
    for write in (
        lambda: store.append(run.id, ended(), {"oof/a": b"x"}, epoch=epoch),
        lambda: store.heartbeat(run.id, epoch),
    ):
        with pytest.raises(LeaseLostError, match="was deleted"):
            write()
    with pytest.raises(StoreError):  # nor where it has no epoch to tell
        store.append(run.id, ended())
    for table in ("events", "progress", "artifacts"):
        count = store._db.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert count == (0,)
    assert store.cancel_requested(run.id)
    assert store.begin(run.id, 11) == 0
    assert usage.check(store) == ()


@pytest.mark.parametrize("jump", [-86400.0, 86400.0])
def test_nothing_changes_when_somebody_sets_the_clock(store, run, monkeypatch, jump):
    now = time.time
    began = store.create(small("t.csv"), INLINE)
    held = rows.RunLock(store.folder, began.id)
    assert held.acquire()
    epoch = store.begin(began.id, os.getpid())
    statuses = [(r.status, r.stalled) for r in store.runs()]
    monkeypatch.setattr(time, "time", lambda: now() + jump)
    assert [(r.status, r.stalled) for r in store.runs()] == statuses
    assert statuses == [("running", False), ("queued", False)]
    assert not store.queue(run.id)
    store.heartbeat(began.id, epoch)
    store.append(began.id, ended(), epoch=epoch)
    held.release()
    assert store.queue(began.id)
    assert store.run(began.id).status == "queued"


def test_a_run_that_nobody_started_is_free_after_a_while(store, run, monkeypatch):
    began = time.monotonic()
    assert not store.queue(run.id)
    monkeypatch.setattr(time, "monotonic", lambda: began + 100.0)
    assert store.run(run.id).status == "interrupted"
    assert store.queue(run.id)
    assert not store.queue(run.id)


def test_what_waited_when_the_machine_started_again_is_interrupted(
    store, run, monkeypatch
):
    monkeypatch.setattr(rows, "machine_id", lambda: "another start")
    assert store.run(run.id).status == "interrupted"
    assert store.run(run.id).silent is None


def test_a_silent_process_is_called_stalled(store, run, monkeypatch):
    held = rows.RunLock(store.folder, run.id)
    assert held.acquire()
    store.begin(run.id, os.getpid())
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 100.0)
    found = store.run(run.id)
    assert (found.status, found.stalled) == ("running", True)
    held.release()
    assert not store.run(run.id).stalled


def test_a_lock_that_may_not_be_read_is_not_taken_to_be_free(tmp_path, monkeypatch):
    held = rows.RunLock(tmp_path, "x")
    opened = Path.open

    def refused(file, *more, **named):
        if file.name == "x.lock":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(file, *more, **named)

    monkeypatch.setattr(Path, "open", refused)
    assert rows.held(tmp_path, "x") is None
    assert rows.held(tmp_path, "y") is False
    held.release()


def test_one_who_is_stopped_while_opening_blocks_nobody_for_ever(
    store, run, monkeypatch
):
    waits = rows.exclusive.__wrapped__.__kwdefaults__  # ten seconds
    monkeypatch.setitem(waits, "patience", 0.05)
    stopped = os.open(store.folder / "open.lock", os.O_RDWR)
    fcntl.flock(stopped, fcntl.LOCK_EX)
    try:
        with open_store(store.path) as other:
            assert other.run(run.id).id == run.id
    finally:
        os.close(stopped)


WRITERS = 8
APPENDS = 40


def _write_many(path, number, run_id, said):
    """One of several processes: appends to its own run, in between looks and notes."""
    random_ = random.Random(number)
    try:
        with open_store(path) as store:
            epoch = store.begin(run_id, os.getpid())
            for count in range(APPENDS):
                kept = {f"oof/{count % 3}": bytes([number, count])}
                store.append(run_id, ended(float(count)), kept, epoch=epoch)
                if random_.random() < 0.2:
                    store.annotate(run_id, tags=[f"t{count}"])
                if random_.random() < 0.2:
                    assert len(store.runs()) == WRITERS
                if random_.random() < 0.1:
                    store.request_cancel(random_.choice(store.runs()).id)
    except BaseException as error:
        said.put(f"{number}: {type(error).__name__}: {error}")


def test_eight_processes_write_one_store(store):
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    runs = [store.create(small("t.csv"), INLINE) for _ in range(WRITERS)]
    children = [
        context.Process(target=_write_many, args=(store.path, number, run.id, said))
        for number, run in enumerate(runs)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert said.empty(), said.get()
    for number, run in enumerate(runs):
        events = store.events(run.id)
        assert [seq for seq, _ in events] == list(range(1, APPENDS + 1))
        assert [e.seconds for _, e in events] == [float(n) for n in range(APPENDS)]
        last = {f"oof/{n % 3}": bytes([number, n]) for n in range(APPENDS)}
        assert store.artifacts(run.id) == last
    assert usage.check(store) == ()


def _append_to_one(path, run_id, number, said):
    try:
        with open_store(path) as store:
            for count in range(APPENDS):
                store.append(run_id, ended(1000.0 * number + count))
    except BaseException as error:
        said.put(f"{number}: {type(error).__name__}: {error}")


def test_each_event_of_four_who_write_to_one_run_is_there_once(store, run):
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    children = [
        context.Process(target=_append_to_one, args=(store.path, run.id, n, said))
        for n in range(4)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert said.empty(), said.get()
    found = store.events(run.id)
    assert [seq for seq, _ in found] == list(range(1, 4 * APPENDS + 1))
    seconds = [event.seconds for _, event in found]
    wanted = {1000.0 * n + c for n in range(4) for c in range(APPENDS)}
    assert set(seconds) == wanted
    for n in range(4):
        own = [s for s in seconds if s // 1000 == n]
        assert own == sorted(own)


def test_a_last_word_in_another_place_lets_nobody_write_and_names_nobody(store, run):
    first = store.begin(run.id, 11)
    store.finish(run.id, ended())
    assert facts(store, run.id)[:3] == ("cancelled", first + 1, None)
    with pytest.raises(LeaseLostError):
        store.append(run.id, ended(2.0), epoch=first)
    assert usage.check(store) == ()


def test_a_store_that_was_removed_ends_its_writer(store, run):
    lease = Lease(store, run, CancelToken())
    lease._last_heartbeat -= 60
    lease.heartbeat(store)
    store.path.rename(store.path.with_name("elsewhere"))
    lease._last_heartbeat -= 60
    with pytest.raises(LeaseLostError, match="removed"):
        lease.heartbeat(store)
