"""Runs of one store share one plan of the machine's memory."""

import multiprocessing
import os

import pytest

from engine.io import machine
from engine.store import rows

FREE = 1000
ONE, TWO, THREE = "0000000a", "0000000b", "0000000c"


@pytest.fixture(autouse=True)
def held(monkeypatch):
    """Bytes that the processes of this session hold, of a machine of few bytes."""
    now = {"bytes": 50}
    monkeypatch.setattr(machine, "available", lambda: FREE)
    monkeypatch.setattr(machine, "held_memory", lambda session: now["bytes"])
    return now


@pytest.fixture
def lock(tmp_path):
    opened = []

    def take(run_id):
        opened.append(rows.RunLock(tmp_path, run_id))
        assert opened[-1].acquire()
        return opened[-1]

    yield take
    for one in opened:
        one.release()


def test_what_another_run_may_still_take_is_not_free(lock, held):
    assert lock(ONE).reserve(300, None) == 800
    second = lock(TWO)
    assert second.reserve(10_000, None) == 560, "0.8 × (1000 - 300)"
    held["bytes"] = 150  # of each: 100 of what they reserved is taken, and not free
    assert lock(THREE).reserve(1, None) == int(0.8 * (1000 - 200 - 460))
    assert second.reserve(10_000, None) == int(0.8 * (1000 - 200 - 1)), "not its own"
    held["bytes"] = 10_000
    assert lock("0000000d").reserve(1, None) == 800, "they have all they reserved"


def test_what_a_user_allows_is_taken_and_counts_for_others(lock):
    assert lock(ONE).reserve(900, 400) == 400
    assert lock(TWO).reserve(900, None) == 480


def test_without_anything_left_a_run_has_a_limit_all_the_same(lock):
    lock(ONE).reserve(5_000, 5_000)
    assert lock(TWO).reserve(5_000, None) == 1


def test_a_machine_that_tells_no_memory_sets_no_limit(lock, monkeypatch):
    monkeypatch.setattr(machine, "available", lambda: None)
    assert lock(ONE).reserve(5_000, None) is None
    assert lock(TWO).reserve(5_000, 70) == 70


def test_a_run_that_died_has_reserved_nothing(lock, tmp_path):
    def die():
        one = rows.RunLock(tmp_path, ONE)
        one.acquire()
        one.reserve(600, None)
        os._exit(9)

    child = multiprocessing.get_context("fork").Process(target=die)
    child.start()
    child.join()
    assert rows.lock_path(tmp_path, ONE).read_bytes()
    second = lock(TWO)
    assert second.reserve(100, None) == 800
    # Nor has a process that takes it up again, until it plans for itself.
    lock(ONE)
    assert second.reserve(100, None) == 800


def test_another_machine_s_runs_and_what_is_no_reservation_are_not_counted(
    lock, tmp_path, monkeypatch
):
    lock(ONE)
    rows.lock_path(tmp_path, ONE).write_bytes(b"no reservation")
    with monkeypatch.context() as there:
        there.setattr(rows, "machine_id", lambda: "elsewhere")
        lock(TWO).reserve(900, None)
    assert lock(THREE).reserve(100, None) == 800
