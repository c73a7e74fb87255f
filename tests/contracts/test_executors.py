"""One suite for every executor: the same numbers, errors told, an end at once.

Longer cases, of processes and of Dask's own clusters, are in
tests/slow/engine/execute/test_executors_at_length.py.
"""

import dataclasses
import os
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import closing
from types import SimpleNamespace

import pytest
from distributed import SchedulerPlugin

from engine.core import EXECUTORS, Place
from engine.core import check_executor as check
from engine.core.errors import ArmError, CancelledError, ClusterError, SpecError
from engine.core.experiment import DataSpec
from engine.data import load_data, thin
from engine.data.readers import columnar
from engine.execute import make_reader
from engine.train import Unit
from tests.support.executors import (
    check_errors,
    check_growth,
    check_use_of_a_cluster,
    check_use_of_the_cache,
    cluster,
    comes,
    endless_plan,
    everything,
    opened,
    plan_of_three,
    sound_of,
)
from tests.support.experiments import make_table
from tests.support.warm import gone


@pytest.fixture(scope="module")
def plan(table_path):
    return plan_of_three(table_path)


@pytest.fixture(scope="module")
def sound(plan):
    return sound_of(plan)


@pytest.fixture(scope="module")
def folds(tmp_path_factory):
    """A folder of cached folds; `expected` fills it."""
    return tmp_path_factory.mktemp("cache") / "folds"


@pytest.fixture(scope="module")
def expected(sound, folds):
    with closing(opened(sound, "inline", cache=folds)) as executor:
        return everything(executor, sound)


@pytest.fixture(scope="module")
def pool(plan):
    """Two processes for all that need some; they are gone with their executor."""
    with closing(opened(plan, "processes")) as executor:
        yield executor
        executor.submit(Unit("prepare", "smote", 0))  # so that one is at work
        pids = executor.pids
    assert pids
    assert not [pid for pid in pids if not gone(pid)]


@pytest.fixture(scope="module")
def running():
    """A Dask cluster that another user has started."""
    with cluster() as made:
        yield made


def check_suite(executor, sound, expected):
    assert everything(executor, sound) == expected
    check_errors(executor)
    check_growth(executor)


def test_no_executor_is_without_its_case_below():
    assert set(EXECUTORS) == {"inline", "local", "processes", "dask"}


@pytest.mark.parametrize("name", ["inline", "local"])
def test_every_unit_comes_to_the_same(plan, sound, expected, name):
    with closing(opened(plan, name)) as executor:
        check_suite(executor, sound, expected)


def test_every_unit_comes_to_the_same_in_processes(pool, sound, expected):
    check_suite(pool, sound, expected)


def test_a_process_that_is_killed_costs_no_result(pool, sound, expected):
    pool.submit(Unit("prepare", "untreated", 0)).result(60)
    under_way = pool.submit(Unit("trial", "smote", 9, {"max_depth": 2}))
    os.kill(pool.pids[0], signal.SIGKILL)
    assert everything(pool, sound) == expected
    assert under_way.result(60).event.number == 9


def test_a_cluster_that_runs_is_used_and_left_as_it_was(running, plan, sound, expected):
    check_use_of_a_cluster(running, plan, sound, expected)


@pytest.mark.parametrize("name", ["inline", "local"])
def test_what_is_found_in_the_cache_comes_to_the_same(sound, expected, name, folds):
    with closing(opened(sound, name, cache=folds)) as executor:
        check_use_of_the_cache(executor, sound, expected)


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file of which not all rows are read, by parts of some hundreds."""
    few = {"LARGE": 3_000, "EVEN_ROWS": 900, "EVEN_POSITIVES": 20, "EVEN_CELLS": 0}
    for name, value in few.items():
        monkeypatch.setattr(thin, name, value)
    monkeypatch.setattr(columnar, "PART_ROWS", 600)
    path = tmp_path / "large.parquet"
    make_table(rows=4_000, share=0.05).to_parquet(path, row_group_size=300)
    return DataSpec(source=str(path), target="sick", thin=2)


def test_workers_that_see_a_file_read_its_parts(running, large):
    done = []
    running.scheduler.add_plugin(Parts(done))
    place = Place("dask", scheduler=running.scheduler_address)
    with make_reader(place) as workers:
        table = load_data(large, workers=workers)
    ours = load_data(large)
    assert len(done) == 2 * 7  # the classes, and the rows
    assert table.drawn.rows == 4_000
    assert table.frame.equals(ours.frame)
    assert table.notes == ours.notes
    assert not running.scheduler.tasks


def test_a_file_that_no_worker_sees_is_read_here(running, large, monkeypatch):
    from engine.execute import parts

    def stamp(source):
        return (threading.get_ident(), time.monotonic())

    monkeypatch.setattr(parts, "stamp", stamp)
    place = Place("dask", scheduler=running.scheduler_address)
    said = "no Dask worker has the same large.parquet at .*: it was read here"
    with make_reader(place) as workers, pytest.warns(UserWarning, match=said):
        table = load_data(large, workers=workers)
    assert table.frame.equals(load_data(large).frame)


def test_only_workers_of_a_running_cluster_read_parts(large):
    for place in (Place("local"), Place("dask")):
        with make_reader(place) as workers:
            assert workers is None


class Parts(SchedulerPlugin):
    """Counts the tasks that came to a result."""

    name = "parts"

    def __init__(self, done):
        self.done = done

    def transition(self, key, start, finish, *args, **kwargs):
        if finish == "memory":
            self.done.append(key)


def test_a_worker_too_small_for_the_run_is_refused_before_any_unit(sound, monkeypatch):
    from engine.execute import cluster as ours

    monkeypatch.setattr(ours, "CONNECT_SECONDS", 3)
    with cluster(memory_limit=100_000_000) as small:
        address = small.scheduler_address
        with pytest.raises(ClusterError, match="has a memory limit of 100 MB, and the"):
            opened(sound, "dask", scheduler=address)
        assert not small.scheduler.tasks


def test_a_worker_with_other_versions_is_refused(sound, running):
    other = dataclasses.replace(sound, versions=sound.versions | {"xgboost": "0.1"})
    with pytest.raises(ClusterError, match=r"xgboost .* \(here 0\.1\)"):
        opened(other, "dask", scheduler=running.scheduler_address)


def test_a_scheduler_that_is_not_there_is_said(sound, monkeypatch):
    from engine.execute import cluster

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    with pytest.raises(ClusterError, match="no Dask scheduler answers at tcp://127"):
        opened(sound, "dask", scheduler="tcp://127.0.0.1:9")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place("cloud"), "no executor 'cloud'"),
        (Place("local", jobs=0), "0 jobs"),
        (Place("local", memory=0), "0 bytes"),
        (Place("local", scheduler="tcp://h:1"), "the executor is 'local'"),
        (Place("dask", scheduler="h:1"), "no address of a Dask scheduler"),
    ],
)
def test_a_place_that_cannot_be_is_refused(place, said):
    with pytest.raises(SpecError, match=said):
        check(place)


def test_folds_grow_side_by_side_only_where_a_core_is_idle(sound):
    with closing(opened(sound, "local", jobs=3)) as executor:
        at_once, most, guard = 0, [0], threading.Lock()

        def thing(number):
            nonlocal at_once
            with guard:
                at_once += 1
                most[0] = max(most[0], at_once)
            time.sleep(0.02)
            with guard:
                at_once -= 1
            return number

        things = [lambda n=n: thing(n) for n in range(9)]
        with executor._cores:
            assert executor._spread(things) == list(range(9))
        assert most[0] == 3
        most[0] = 0
        with executor._cores, executor._cores, executor._cores:
            assert executor._spread(things) == list(range(9))
        assert most[0] == 1

        def broken():
            raise ZeroDivisionError

        with executor._cores, pytest.raises(ZeroDivisionError):
            executor._spread([broken] * 4)
        assert executor._cores._value == 3


def test_a_cluster_that_is_lost_ends_the_run_so_that_it_can_go_on(sound):
    """A broken connection is no fault of the arms whose units were under way."""
    lost = cluster(threads=1)
    with closing(opened(sound, "dask", scheduler=lost.scheduler_address)) as ours:
        ours.submit(Unit("prepare", "untreated", 0)).result(60)
        endless = ours.submit(Unit("trial", "untreated", 0, {"learning_rate": 0.001}))
        ours._client._timeout = 0.5  # so long Dask looks for the scheduler again
        lost.close()
        assert isinstance(endless.exception(60), ClusterError)
        ours._watch._looked = 0.0
        with pytest.raises(ClusterError, match="scheduler is gone"):
            assert ours.slots < 0


def test_a_worker_that_cannot_be_started_fails_its_units_not_the_run(
    sound, monkeypatch
):
    from engine.execute import processes

    def refuse(*_, **__):
        raise OSError(11, "no more processes")

    monkeypatch.setattr(processes.subprocess, "Popen", refuse)
    with closing(opened(sound, "processes")) as executor:
        error = executor.submit(Unit("prepare", "untreated", 0)).exception(30)
    assert isinstance(error, ArmError)
    assert error.code == "worker"


def test_a_dask_worker_that_joins_with_other_versions_does_nothing(sound):
    from engine.execute import dask as ours

    other = dataclasses.replace(sound, versions=sound.versions | {"numpy": "0.1"})
    opening = ours._Opening("imbtui-test", other, None)
    worker = SimpleNamespace(address="tcp://w:1")
    try:
        opening.setup(worker)
        with pytest.raises(
            ClusterError, match=r"tcp://w:1 runs numpy .* \(here 0\.1\)"
        ):
            ours._do("imbtui-test", Unit("prepare", "untreated", 0), {})
    finally:
        opening.teardown(worker)


def test_local_units_end_when_nobody_waits_any_more(table_path):
    executor = opened(endless_plan(table_path), "local")
    future = executor.submit(Unit("trial", "untreated", 0))
    assert comes(lambda: "untreated" in executor.growing)
    executor.close()
    assert isinstance(future.exception(60), CancelledError)


def test_a_helper_that_was_called_off_says_that_the_run_was_left():
    from engine.execute.local import _error

    helper = Future()
    helper.cancel()
    helper.set_running_or_notify_cancel()
    assert isinstance(_error(helper), CancelledError)
