"""One suite for every executor: the same numbers, errors told, an end at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path

import pytest

from engine.errors import ArmError, ClusterError, SpecError
from engine.execute import EXECUTORS, Place
from engine.execute import check_executor as check
from engine.execute import make_executor as make
from engine.spec import Arm, Step
from engine.train import Unit
from tests.support.executors import everything, opened, plan_of
from tests.support.experiments import small

HOPELESS = Arm(
    name="hopeless",
    steps=(Step(sampler="kmeans-smote", params={"cluster_balance_threshold": 1.0}),),
)


@pytest.fixture(scope="module")
def plan(table_path):
    return plan_of(
        small(
            table_path,
            "none",
            "weights",
            "smote",
            HOPELESS,
            data__target="sick",
            model__rounds=20,
        )
    )


@pytest.fixture(scope="module")
def sound(plan):
    """The plan without the arm that fails."""
    import dataclasses

    import msgspec

    arms = tuple(a for a in plan.experiment.arms if a.name != "hopeless")
    experiment = msgspec.structs.replace(plan.experiment, arms=arms)
    return dataclasses.replace(plan, experiment=experiment)


@pytest.fixture(scope="module")
def expected(sound):
    with closing(opened(sound, "inline")) as executor:
        return everything(executor, sound)


@pytest.mark.parametrize("name", EXECUTORS)
def test_every_unit_comes_to_the_same(plan, sound, expected, name):
    with closing(opened(plan, name)) as executor:
        assert everything(executor, sound) == expected
        check_errors(executor)
        check_growth(executor)


def check_errors(executor):
    """An error is that of its unit only."""
    hopeless = executor.submit(Unit("prepare", "hopeless", 0))
    fine = executor.submit(Unit("prepare", "none", 0))
    error = hopeless.exception(60)
    assert isinstance(error, ArmError)
    assert (error.code, bool(error.remedy)) == ("sampler", True)
    assert fine.result(60).event.fold == 0


def check_growth(executor):
    """A trial shows how it grows, so far as one has looked."""
    params = {"max_depth": 2, "learning_rate": 0.1}
    curve = executor.submit(Unit("trial", "none", 3, params)).result(60).event.curve
    deadline = time.monotonic() + 10
    while executor.growing.get("none", (0,))[0] != 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    number, grown = executor.growing["none"]
    assert number == 3
    assert grown == curve[: len(grown)]
    assert grown


@pytest.mark.parametrize("name", ["inline", "local", "processes"])
def test_what_is_found_in_the_cache_comes_to_the_same(sound, expected, name, tmp_path):
    with closing(opened(sound, "inline", cache=tmp_path / "folds")) as first:
        assert everything(first, sound) == expected
    with closing(opened(sound, name, cache=tmp_path / "folds")) as again:
        found = again.submit(Unit("prepare", "smote", 0)).result(60)
        assert found.event.reused
        assert everything(again, sound) == expected


@pytest.mark.parametrize("name", ["processes", "dask"])
def test_a_worker_that_is_killed_costs_no_result(sound, expected, name):
    with closing(opened(sound, name)) as executor:
        executor.submit(Unit("prepare", "none", 0)).result(60)
        endless = executor.submit(Unit("trial", "smote", 9, {"max_depth": 2}))
        os.kill(_pids(executor)[0], signal.SIGKILL)
        assert everything(executor, sound) == expected
        assert endless.result(60).event.number == 9


def _pids(executor):
    if hasattr(executor, "pids"):
        return executor.pids
    return list(executor._client.run(os.getpid).values())


def test_what_kills_every_worker_is_given_up(sound, monkeypatch):
    with closing(opened(sound, "processes", jobs=1)) as executor:
        executor.submit(Unit("prepare", "none", 0)).result(60)
        stop = threading.Event()

        def kill():
            while not stop.is_set():
                for pid in executor.pids:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(0.02)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            error = executor.submit(Unit("trial", "smote", 0)).exception(60)
        finally:
            stop.set()
            killer.join()
    assert isinstance(error, ArmError)
    assert error.code == "worker"
    assert "3 times" in error.message


def test_processes_are_gone_at_once_whatever_they_are_in(table_path):
    endless = small(
        table_path,
        "none",
        data__target="sick",
        model__rounds=10_000_000,
        model__early_stopping=0,
    )
    executor = opened(plan_of(endless), "processes")
    executor.submit(Unit("trial", "none", 0))
    deadline = time.monotonic() + 30
    while "none" not in executor.growing and time.monotonic() < deadline:
        time.sleep(0.02)
    assert executor.growing
    pids = executor.pids
    assert len(pids) == 2
    started = time.monotonic()
    executor.close()
    assert time.monotonic() - started < 5  # in truth some hundredths
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_with_the_process_that_started_them(table_path):
    code = (
        "import os, sys, time\n"
        "from tests.conftest import small\n"
        "from tests.support.executors import opened, plan_of\n"
        "from engine.train.plan import Unit\n"
        f"plan = plan_of(small({str(table_path)!r}, 'none', data__target='sick'))\n"
        "executor = opened(plan, 'processes')\n"
        "executor.submit(Unit('prepare', 'none', 0)).result(60)\n"
        "print(*executor.pids, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(_alive(pid) for pid in pids)


def _alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
def test_an_existing_cluster_is_used_and_left_as_it_was(
    sound, expected, secure, monkeypatch
):
    import dask
    import distributed

    security = distributed.Security.temporary() if secure else None
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=security,
        protocol="tls" if secure else "tcp",
    ) as cluster:
        config = _tls(security) if secure else {}
        with dask.config.set(config):
            place = Place("dask", scheduler=cluster.scheduler_address)
            check(place)
            with closing(make(place, sound, lambda: None)) as executor:
                assert everything(executor, sound) == expected
        from engine.execute import dask as ours

        assert not ours._shops
        assert len(cluster.scheduler.workers) == 1
        assert not cluster.scheduler.tasks


def _tls(security):
    """Return Dask's own configuration for certificates that are in memory."""
    return {
        "distributed.comm.tls.ca-file": security.tls_ca_file,
        "distributed.comm.tls.client.cert": security.tls_client_cert,
        "distributed.comm.tls.client.key": security.tls_client_key,
    }


def test_a_worker_with_other_versions_is_refused(sound, monkeypatch):
    import dataclasses

    other = dataclasses.replace(sound, versions=sound.versions | {"xgboost": "0.1"})
    with pytest.raises(ClusterError, match=r"xgboost .* \(here 0\.1\)"):
        opened(other, "dask", jobs=1)


def test_a_scheduler_that_is_not_there_is_said(sound, monkeypatch):
    from engine.execute import dask as ours

    monkeypatch.setattr(ours, "CONNECT_SECONDS", 0.3)
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
    import distributed

    cluster = distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        protocol="tcp",
    )
    with closing(opened(sound, "dask", scheduler=cluster.scheduler_address)) as ours:
        ours.submit(Unit("prepare", "none", 0)).result(60)
        endless = ours.submit(Unit("trial", "none", 0, {"learning_rate": 0.001}))
        cluster.close()
        assert isinstance(endless.exception(60), ClusterError)
        ours._looked = 0.0
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
        error = executor.submit(Unit("prepare", "none", 0)).exception(30)
    assert isinstance(error, ArmError)
    assert error.code == "worker"


def test_a_dask_worker_that_joins_with_other_versions_does_nothing(sound, monkeypatch):
    import dataclasses
    from types import SimpleNamespace

    from engine.execute import dask as ours

    other = dataclasses.replace(sound, versions=sound.versions | {"numpy": "0.1"})
    opening = ours._Opening("imbtui-test", other, None)
    worker = SimpleNamespace(address="tcp://w:1")
    try:
        opening.setup(worker)
        with pytest.raises(
            ClusterError, match=r"tcp://w:1 runs numpy .* \(here 0\.1\)"
        ):
            ours._do("imbtui-test", Unit("prepare", "none", 0), ())
    finally:
        opening.teardown(worker)


def test_local_units_end_when_nobody_waits_any_more(table_path):
    from engine.errors import CancelledError

    endless = small(
        table_path,
        "none",
        data__target="sick",
        model__rounds=10_000_000,
        model__early_stopping=0,
    )
    executor = opened(plan_of(endless), "local")
    future = executor.submit(Unit("trial", "none", 0))
    deadline = time.monotonic() + 30
    while "none" not in executor.growing and time.monotonic() < deadline:
        time.sleep(0.02)
    executor.close()
    assert isinstance(future.exception(10), CancelledError)


def test_a_helper_that_was_called_off_says_that_the_run_was_left():
    from engine.errors import CancelledError
    from engine.execute.local import _error

    helper = Future()
    helper.cancel()
    helper.set_running_or_notify_cancel()
    assert isinstance(_error(helper), CancelledError)
