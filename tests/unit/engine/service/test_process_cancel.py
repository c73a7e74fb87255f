"""Cancel: gone at once whatever it is in, nobody left, and what there is is kept."""

import os
import signal
import subprocess
import sys

import pytest

from engine.core.errors import StoreError
from engine.core.events import RunFinished, TrialFinished
from engine.service import client
from engine.service.client import runs
from engine.store import RunOptions, open_store, rows
from tests.support.experiments import small
from tests.support.run_processes import (
    all_gone,
    at_work,
    copied,
    native,
    results,
    started,
    stopped,
    told,
    until,
)

LOCAL = RunOptions(executor="local", jobs=2)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def experiment(table_path):
    return small(table_path, "untreated", "smote-enn", data__target="sick")


@pytest.fixture(scope="module")
def endless(tmp_path_factory):
    return native(tmp_path_factory.mktemp("native"))


def test_native_code_holds_up_no_cancel(store, endless, warm):
    made = store.create(endless, RunOptions(executor="inline", cache=False))
    pid = started(warm, store, made)
    until(lambda: at_work(store, made), "the first unit")
    assert client.cancel(store, store.run(made.id)).status == "cancelled"
    until(lambda: all_gone(pid), "the last process")
    warm.end(pid)
    last = results(store, made)[-1]
    assert isinstance(last, RunFinished)
    assert last.error["code"] == "cancelled"


def test_sigterm_alone_ends_a_run_that_is_in_native_code(store, endless, warm):
    """No canceller is there to write the last word: the run's own watch does."""
    made = store.create(endless, RunOptions(executor="inline", cache=False))
    pid = started(warm, store, made)
    until(lambda: at_work(store, made), "the first unit")
    os.kill(pid, signal.SIGTERM)
    assert warm.end(pid) == 1
    assert store.run(made.id).status == copied(store) == "cancelled"


def test_a_stopped_run_is_killed_and_keeps_what_it_has(store, experiment, warm):
    made = store.create(experiment, LOCAL)
    pid = stopped(warm, store, made, after=9)
    finished = sum(isinstance(e, TrialFinished) for e in results(store, made))
    assert client.cancel(store, store.run(made.id)).status == "cancelled"
    assert warm.end(pid) == -signal.SIGKILL
    document = told(store, made)
    assert document["status"] == "cancelled"
    assert sum(arm["search"]["trials"] for arm in document["arms"]) == finished >= 1


def test_a_run_that_has_no_process_yet_is_cancelled_and_begins_no_more(
    store, experiment, warm
):
    made = store.create(experiment, LOCAL)
    assert client.cancel(store, made).status == "cancelled"
    log = str(store.log_path(made.id))
    pid = warm.start("run", store.path, made.id, log=log)
    assert warm.end(pid) == 1
    assert [type(e) for _, e in store.events(made.id)] == [RunFinished]
    with pytest.raises(StoreError, match="nothing to cancel"):
        client.cancel(store, made)


def test_a_process_that_is_still_being_started_is_ended(store, experiment, monkeypatch):
    waits = [sys.executable, "-c", "input()"]
    monkeypatch.setattr(runs.machine, "command", lambda *_, **__: waits)
    made = store.create(experiment, LOCAL)
    monkeypatch.setattr(runs.subprocess, "DEVNULL", subprocess.PIPE)
    pid = client.start(store, made)
    assert client.cancel(store, made).status == "cancelled"
    runs._children.pop(made.id).stdin.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


HOLDER = """
import fcntl, os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR, 0o600)
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(store, experiment):
    """Start a process that holds a run's lock and does not heed SIGTERM."""
    held = []

    def start(*, leads):
        made = store.create(experiment, LOCAL)
        path = str(rows.lock_path(store.folder, made.id))
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, path],
            stdout=subprocess.PIPE,
            start_new_session=leads,
        )
        held.append(process)
        assert process.stdout.readline() == b"held\n"
        store.begin(made.id, process.pid)
        return made, process

    yield start
    for process in held:
        process.kill()
        process.communicate()


def test_what_does_not_heed_is_killed(store, holder):
    made, process = holder(leads=True)
    assert client.cancel(store, made, patience=0.05).status == "cancelled"
    assert process.wait(60) == -signal.SIGKILL


def test_no_process_is_signalled_that_may_be_another(store, holder):
    """Numbers of processes are given again; that of a run leads a session."""
    made, process = holder(leads=False)
    ended = client.cancel(store, made, patience=0.05)
    assert ended.status == "running"
    assert ended.cancel
    assert process.poll() is None


def test_no_process_of_another_machine_is_signalled(store, holder):
    made, process = holder(leads=True)
    with store._transaction() as db:
        db.execute("UPDATE runs SET machine = 'elsewhere'")
    ended = client.cancel(store, made, patience=0.05)
    assert ended.status == "running"
    assert process.poll() is None
    assert store.cancel_requested(made.id)


def test_a_run_resumed_meanwhile_is_not_called_cancelled(store, experiment):
    made = store.create(experiment, LOCAL)
    store.append(made.id, RunFinished(status="cancelled", seconds=1.0))
    assert store.queue(made.id)
    assert runs._last_word(store, made.id, made.queued).status == "queued"


def test_one_that_died_here_is_followed_when_another_goes_on_with_it(
    store, experiment, monkeypatch
):
    dead = [sys.executable, "-c", ""]
    monkeypatch.setattr(runs.machine, "command", lambda *_, **__: dead)
    made = store.create(experiment, LOCAL)
    client.start(store, made)
    runs._children[made.id].wait()
    assert list(client.follow(store, made.id)) == []
    monkeypatch.setattr(runs.time, "time", lambda: made.queued + 5)
    store.append(made.id, RunFinished(status="cancelled", seconds=1.0))
    assert store.queue(made.id)
    looks = client.follow(store, made.id, after=1)
    assert next(looks) is None
