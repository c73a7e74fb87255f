"""Workers that are too small, paused, or ended again and again, are told of."""

import time

import pytest

from engine.core.errors import ClusterError
from engine.execute import cluster
from engine.execute.cluster import Watch, WorkerState, refuse_small

MB = 1_000_000


def state(limit, held=250 * MB, threads=1):
    return WorkerState({}, held, limit, threads)


@pytest.mark.parametrize(
    ("worker", "plan", "unit", "needed"),
    [
        (state(500 * MB), 100 * MB, 200 * MB, "579 MB"),
        (state(500 * MB, threads=2), 50 * MB, 100 * MB, "526 MB"),
        (state(570 * MB), 100 * MB, 10 * MB, "579 MB"),  # while the plan arrives
    ],
)
def test_a_worker_without_room_for_the_run_is_refused(worker, plan, unit, needed):
    found = {"tcp://h:1": state(None), "tcp://h:2": worker}
    with pytest.raises(ClusterError) as caught:
        refuse_small(found, plan, {"untreated": unit // 2, "smote": unit})
    message, fix = caught.value.message, caught.value.fix
    assert message.startswith("the Dask worker tcp://h:2 has a memory limit of ")
    assert f"needs {needed}" in message
    assert "of 'smote'" in message
    assert "a larger memory limit" in fix
    assert caught.value.field == "data.thin data.read.columns data.read.rows"


def test_workers_with_room_or_without_a_limit_are_taken():
    found = {"tcp://h:1": state(None), "tcp://h:2": state(580 * MB)}
    refuse_small(found, 100 * MB, {"smote": 200 * MB})


class Cluster:
    """What a scheduler says of its workers, as a client asks for it."""

    def __init__(self):
        self.workers = {}
        self.scheduler = self

    def identity(self):
        return {"workers": self.workers}

    def sync(self, function):
        return function()

    def have(self, *workers):
        self.workers = {
            f"tcp://{host}:{port}": {
                "host": host,
                "nthreads": 2,
                "status": status,
                "nanny": f"nanny-{host}",
                "memory_limit": 500 * MB,
                "metrics": {"task_counts": {"executing": busy}},
            }
            for host, port, status, busy in workers
        }


@pytest.fixture
def watched(monkeypatch):
    """A cluster, a watch that looks each time, and a clock."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    made = Cluster()
    watch = Watch(made)

    def look(seconds=3):
        clock[0] += seconds
        return watch.threads()

    return made, watch, look


def test_threads_are_those_of_all_workers_or_of_some_hosts(watched):
    made, _, look = watched
    made.have(("a", 1, "running", 0), ("b", 1, "running", 0))
    assert look() == 4
    made.have(("a", 1, "running", 0))
    assert look(1) == 4  # it does not look that often
    assert look() == 2
    some = Watch(made, {"b"})
    assert some.threads() == 0


def test_no_worker_for_long_is_an_error(watched):
    made, _, look = watched
    made.have(("a", 1, "running", 0))
    look()
    made.have()
    assert look(cluster.ALONE_SECONDS) == 0
    with pytest.raises(ClusterError, match="no worker for 60 s"):
        look()


def test_paused_workers_that_do_nothing_are_an_error(watched):
    made, _, look = watched
    made.have(("a", 1, "paused", 1), ("b", 1, "paused", 0))
    for _ in range(5):
        assert look(cluster.ALONE_SECONDS) == 4  # one is at work
    made.have(("a", 1, "paused", 0), ("b", 1, "paused", 0))
    look(cluster.ALONE_SECONDS)
    with pytest.raises(ClusterError, match="for want of memory, for 60 s"):
        look()


def test_workers_that_end_again_and_again_are_an_error(watched):
    made, watch, look = watched
    for port in range(cluster.RESTARTS + 1):
        made.have(("a", port, "running", 0))
        assert look() == 2
    watch.note_end()
    for port in range(10, 11 + cluster.RESTARTS):
        made.have(("a", port, "running", 0))
        assert look() == 2
    made.have(("a", 99, "running", 0))
    with pytest.raises(ClusterError, match="ended 5 times, and no unit") as caught:
        look()
    assert "500 MB" in caught.value.message
