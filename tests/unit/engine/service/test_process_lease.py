"""One process writes a run; a full disk makes it wait; a stopped one loses its turn."""

import os
import signal

import pytest

from engine.core import record
from engine.core.errors import DiskError, LeaseLostError, StoreError
from engine.core.events import RunFinished, is_result
from engine.core.execution import CancelToken
from engine.service import client
from engine.service import run_process as process
from engine.service.run_process import execute
from engine.store import RunOptions, open_store, rows
from tests.support.experiments import small
from tests.support.run_processes import (
    copied,
    started,
    stopped,
    straight,
    told,
)

INLINE = RunOptions(executor="inline")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def experiment(table_path):
    return small(
        table_path, "untreated", "smote", data__target="sick", model__rounds=20
    )


@pytest.fixture(scope="module")
def expected(experiment):
    return straight(experiment)


@pytest.fixture
def stalled_at_once(monkeypatch):
    monkeypatch.setattr(record, "STALL_SECONDS", -1.0)


def test_a_stopped_run_is_nobodys_until_it_is_woken_or_ended(
    store, experiment, warm, stalled_at_once
):
    made = store.create(experiment, INLINE)
    pid = stopped(warm, store, made, after=4)
    run = store.run(made.id)
    assert run.stalled
    with pytest.raises(StoreError, match="was stopped") as refused:
        client.resume(store, run)
    assert refused.value.action == f"cancel {made.number}"
    assert f"kill -CONT {pid}" in refused.value.fix
    os.kill(pid, signal.SIGCONT)
    assert warm.end(pid) == 0
    assert store.run(made.id).status == "done"


def test_a_process_whose_run_was_taken_up_ends_without_a_word(
    store, experiment, expected, warm
):
    made = store.create(experiment, INLINE)
    first = stopped(warm, store, made, after=4)
    rows.lock_path(
        store.folder, made.id
    ).unlink()  # as where locks are not to be relied on
    assert store.run(made.id).status == "interrupted"
    assert store.queue(made.id)
    second = started(warm, store, made)
    assert warm.end(second) == 0
    document, events = told(store, made), store.events(made.id)
    assert document == expected
    os.kill(first, signal.SIGCONT)
    assert warm.end(first) == 1
    assert store.events(made.id) == events
    assert told(store, made) == expected
    assert store.run(made.id).status == "done"


def test_of_two_processes_the_later_one_writes(store, experiment):
    made = store.create(experiment, INLINE)
    first, second = (process.Lease(store, made, CancelToken()) for _ in range(2))
    with pytest.raises(LeaseLostError):
        first.append(RunFinished(status="done", seconds=1.0))
    second.append(RunFinished(status="failed", seconds=1.0))
    assert store.run(made.id).status == "failed"


def test_nobody_writes_after_the_last_word(store, experiment):
    made = store.create(experiment, INLINE)
    held = process.Lease(store, made, CancelToken())
    held.last_word(store, "cancelled: on request")
    with pytest.raises(LeaseLostError):
        held.append(RunFinished(status="done", seconds=1.0))
    held.last_word(store, "again")
    assert [e.status for _, e in store.events(made.id)] == ["cancelled"]


def test_a_process_says_now_and_then_that_it_lives(store, experiment, monkeypatch):
    made = store.create(experiment, INLINE)
    held = process.Lease(store, made, CancelToken())
    beats = []
    monkeypatch.setattr(store, "heartbeat", lambda *told: beats.append(told))
    held.heartbeat(store)
    assert beats == []
    monkeypatch.setattr(process, "HEARTBEAT_SECONDS", 0.0)
    held.heartbeat(store)
    assert beats == [(made.id, held.epoch)]


@pytest.fixture
def full(monkeypatch):
    """Let a store's disk be full for some writes of results."""
    monkeypatch.setattr(process, "RETRY_SECONDS", 0.001)

    def fill(store, after, times, tried=lambda count: None):
        append, counts = store.append, iter(range(10**9))

        def appending(run_id, event, *args, **more):
            if is_result(event) and (after <= (count := next(counts)) < after + times):
                tried(count)
                raise DiskError("the disk is full", "make room")
            append(run_id, event, *args, **more)

        monkeypatch.setattr(store, "append", appending)

    return fill


def test_a_run_waits_while_the_disk_is_full(store, experiment, expected, full, caplog):
    caplog.set_level("INFO")
    made = store.create(experiment, INLINE)
    full(store, 3, 25)
    assert execute(store, made, CancelToken()) == "done"
    assert told(store, made) == expected
    said = [r.message for r in caplog.records if r.name == "engine.service.run_process"]
    assert len(said) == 2, "once when it waits, and once when it goes on"


def test_a_run_that_waits_for_the_disk_can_be_cancelled(
    store, experiment, expected, full, monkeypatch
):
    made = store.create(experiment, INLINE)
    token = CancelToken()
    full(store, 4, 10**6, lambda count: token.cancel() if count > 10 else None)
    with pytest.raises(DiskError):
        execute(store, made, token)
    monkeypatch.undo()
    assert store.run(made.id).status == "interrupted"
    assert len(store.events(made.id)) == 4
    assert execute(store, store.run(made.id), CancelToken()) == "done"
    assert told(store, made) == expected


def test_a_copy_of_the_file_alone_has_a_run_that_has_ended(store, experiment, warm):
    made = store.create(experiment, INLINE)
    pid = started(warm, store, made)
    assert warm.end(pid) == 0
    assert copied(store) == "done"
    reserved = rows.lock_path(store.folder, made.id).read_text()
    assert str(pid) in reserved, "it has planned its memory beside other runs"
