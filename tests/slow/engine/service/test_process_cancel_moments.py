"""Runs that are cancelled at any moment, and in native code of another process."""

import time

import pytest

from engine.core.events import RunFinished
from engine.service import client
from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.run_processes import (
    all_gone,
    at_work,
    native,
    results,
    started,
    straight,
    told,
    until,
)

pytestmark = pytest.mark.slow

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


def test_a_run_that_is_cancelled_again_and_again_ends_as_one_that_is_not(
    store, experiment, warm, rng
):
    made = store.create(experiment, LOCAL)
    kept = 0
    for turn in range(3):
        assert turn == 0 or store.queue(made.id)
        pid = started(warm, store, made)
        time.sleep(rng.uniform(0.0, 0.6))
        if store.run(made.id).ended:
            break
        ended = client.cancel(store, store.run(made.id))
        assert ended.status in ("cancelled", "done")
        until(lambda pid=pid: all_gone(pid), "the last process")
        warm.end(pid)
        assert len(results(store, made)) >= kept
        kept = len(results(store, made))
        if ended.status == "done":  # it was faster than the wish to end it
            break
    if store.queue(made.id):
        warm.end(started(warm, store, made))
    assert store.run(made.id).status == "done"
    assert told(store, made) == straight(experiment)


def test_native_code_of_a_worker_holds_up_no_cancel(store, endless, warm):
    made = store.create(endless, RunOptions(executor="processes", jobs=1, cache=False))
    pid = started(warm, store, made)
    until(lambda: at_work(store, made), "the first unit")
    assert client.cancel(store, store.run(made.id)).status == "cancelled"
    until(lambda: all_gone(pid), "the last process")
    warm.end(pid)
    last = results(store, made)[-1]
    assert isinstance(last, RunFinished)
    assert last.error["code"] == "cancelled"
