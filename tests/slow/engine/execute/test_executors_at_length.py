"""Executors whose workers are started, killed and left, one after another."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress

import dask
import distributed
import pytest

from engine.core.errors import ArmError, ClusterError
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
from tests.support.paths import ROOT
from tests.support.warm import gone

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan(table_path):
    return plan_of_three(table_path)


@pytest.fixture(scope="module")
def sound(plan):
    return sound_of(plan)


@pytest.fixture(scope="module")
def expected(sound):
    with closing(opened(sound, "inline")) as executor:
        return everything(executor, sound)


# Dask --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours(plan):
    """A cluster of our own."""
    with closing(opened(plan, "dask")) as executor:
        yield executor


def test_every_unit_comes_to_the_same_in_a_cluster_of_our_own(ours, sound, expected):
    assert everything(ours, sound) == expected
    check_errors(ours)
    check_growth(ours)


def test_a_worker_that_is_killed_costs_no_result(ours, sound, expected):
    ours.submit(Unit("prepare", "untreated", 0)).result(60)
    under_way = ours.submit(Unit("trial", "smote", 9, {"max_depth": 2}))
    os.kill(next(iter(ours._client.run(os.getpid).values())), signal.SIGKILL)
    assert everything(ours, sound) == expected
    assert under_way.result(60).event.number == 9


def test_a_worker_of_our_own_with_other_versions_is_refused(sound):
    import dataclasses

    other = dataclasses.replace(sound, versions=sound.versions | {"xgboost": "0.1"})
    with pytest.raises(ClusterError, match=r"xgboost .* \(here 0\.1\)"):
        opened(other, "dask", jobs=1)


def test_an_existing_cluster_is_used_by_tls_and_left_as_it_was(plan, sound, expected):
    security = distributed.Security.temporary()
    config = {  # Dask's own configuration, of certificates that are in memory
        "distributed.comm.tls.ca-file": security.tls_ca_file,
        "distributed.comm.tls.client.cert": security.tls_client_cert,
        "distributed.comm.tls.client.key": security.tls_client_key,
    }
    with cluster(security) as made, dask.config.set(config):
        check_use_of_a_cluster(made, plan, sound, expected)


# Processes ---------------------------------------------------------------------------


def test_what_is_found_in_the_cache_comes_to_the_same(sound, expected, tmp_path):
    with closing(opened(sound, "inline", cache=tmp_path / "folds")) as first:
        assert everything(first, sound) == expected
    with closing(opened(sound, "processes", cache=tmp_path / "folds")) as again:
        check_use_of_the_cache(again, sound, expected)


def test_what_kills_every_worker_is_given_up(sound):
    with closing(opened(sound, "processes", jobs=1)) as executor:
        executor.submit(Unit("prepare", "untreated", 0)).result(60)
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
    executor = opened(endless_plan(table_path), "processes")
    executor.submit(Unit("trial", "untreated", 0))
    assert comes(lambda: executor.growing)
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
        "import time\n"
        "from tests.support.executors import opened, plan_of\n"
        "from tests.support.experiments import small\n"
        "from engine.train import Unit\n"
        f"plan = plan_of(small({str(table_path)!r}, 'untreated', "
        f"data__target='sick'))\n"
        "executor = opened(plan, 'processes')\n"
        "executor.submit(Unit('prepare', 'untreated', 0)).result(60)\n"
        "print(*executor.pids, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.kill()
    parent.communicate()
    assert comes(lambda: all(gone(pid) for pid in pids))
