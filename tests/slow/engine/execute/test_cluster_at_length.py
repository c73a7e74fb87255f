"""Workers of a Dask cluster that are processes: lost while they read, or too small."""

import os
import signal
import threading
from contextlib import closing, suppress

import distributed
import pandas as pd
import pytest

from engine.core import Place
from engine.core.errors import ClusterError
from engine.core.experiment import DataSpec
from engine.data import load_data, thin
from engine.data.readers import columnar
from engine.execute import cluster, make_reader
from engine.execute import dask as ours
from tests.support.documents import build
from tests.support.executors import comes, opened, plan_of
from tests.support.experiments import make_table, small
from tests.support.runs import drain, timeless

pytestmark = pytest.mark.slow


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A folder of files of which not all rows are read, by parts of some hundreds."""
    monkeypatch.setattr(thin, "LARGE", 9_000)
    monkeypatch.setattr(thin, "EVEN_ROWS", 2_000)
    monkeypatch.setattr(thin, "EVEN_POSITIVES", 9)
    monkeypatch.setattr(thin, "EVEN_CELLS", 0)
    monkeypatch.setattr(columnar, "PART_ROWS", 500)
    frame = make_table(rows=12_000, share=0.03).drop(columns="id")
    for at in range(0, len(frame), 4_000):
        some = frame.iloc[at : at + 4_000]
        some.to_parquet(tmp_path / f"part-{at}.parquet", row_group_size=500)
    return tmp_path


def processes(**more):
    return distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        **more,
    )


def test_a_run_whose_rows_the_workers_read_has_the_document_of_one_machine(large):
    wanted = small(large, "untreated", "smote", data__target="sick")
    expected = timeless(build(drain(wanted), run=""))
    assert expected["dataset"]["sampled"]["of"] == 12_000
    with processes() as made:
        place = {"executor": "dask", "scheduler": made.scheduler_address}
        done = timeless(build(drain(wanted, **place), run=""))
    assert done == expected


def test_a_worker_that_is_killed_while_it_reads_costs_no_row(large):
    data = DataSpec(source=str(large), target="sick")
    expected = load_data(data)
    with processes() as made:
        place = Place("dask", scheduler=made.scheduler_address)
        with distributed.Client(made) as client:
            pids = set(client.run(os.getpid).values())
        killed = []

        def progress(stage, done, total):
            if stage == "reading" and done and not killed:
                killed.append(pids.pop())
                os.kill(killed[0], signal.SIGKILL)

        with make_reader(place) as workers:
            table = load_data(data, progress=progress, workers=workers)
    assert killed
    pd.testing.assert_frame_equal(table.frame, expected.frame, check_exact=True)
    assert (table.drawn.numbers == expected.drawn.numbers).all()


def test_a_fold_is_fetched_from_the_worker_that_has_it_if_there_is_one():
    with processes() as made, distributed.Client(made) as client:
        kept = client.submit(list, range(5), key="imbtui-fold")
        distributed.wait(kept)
        for worker in made.scheduler_info["workers"]:
            found = client.submit(fetched, "imbtui-fold", workers=worker, pure=False)
            assert found.result() == ([0, 1, 2, 3, 4], None)


def fetched(task):
    """Return what a worker finds under the name of a task, and under another."""
    folds = ours._Elsewhere({0: task, 1: "lost"})
    return folds.get(0), folds.get(1)


def test_workers_that_end_at_the_plan_again_and_again_are_told_of(
    table_path, monkeypatch
):
    """What Dask's watch over memory does, which starts each of them anew."""
    plan = plan_of(small(table_path, "untreated", data__target="sick"))
    monkeypatch.setattr(cluster, "RESTARTS", 1)
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.05)
    stop = threading.Event()
    with (
        processes() as made,
        closing(opened(plan, "dask", scheduler=made.scheduler_address)) as executor,
    ):
        assert executor.slots == 2

        def kill():
            while not stop.wait(0.1):
                for nanny in made.workers.values():
                    if nanny.pid and nanny.worker_address in made.scheduler.workers:
                        with suppress(ProcessLookupError):
                            os.kill(nanny.pid, signal.SIGKILL)

        def told():
            try:
                return not executor.slots
            except ClusterError as error:
                return "no unit came to its end" in error.message

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            assert comes(told, 240)
        finally:
            stop.set()
            killer.join()
