"""A run waits while its disk is full, from its first result to its last."""

import subprocess
import threading

import pytest

from engine.core.errors import DiskError
from engine.core.events import is_result
from engine.core.execution import CancelToken
from engine.service import run_process as process
from engine.service.run_process import execute
from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.run_processes import straight, told

pytestmark = pytest.mark.slow

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


@pytest.mark.parametrize("after", [0, 10])
def test_a_run_waits_while_the_disk_is_full(
    store, experiment, expected, full, after, caplog
):
    caplog.set_level("INFO")
    made = store.create(experiment, INLINE)
    full(store, after, 25)
    assert execute(store, made, CancelToken()) == "done"
    assert told(store, made) == expected
    said = [r.message for r in caplog.records if r.name == "engine.service.run_process"]
    assert len(said) == 2, "once when it waits, and once when it goes on"


@pytest.fixture
def little_disk(tmp_path):
    """Return a folder on a disk of its own, of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    how = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(how, capture_output=True, check=False)
    except OSError as error:
        pytest.skip(f"no disk can be made here: {error}")
    if done.returncode:
        pytest.skip(f"no disk can be made here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_disk_that_is_really_full_makes_a_run_wait(
    little_disk, experiment, expected, monkeypatch
):
    monkeypatch.setattr(process, "RETRY_SECONDS", 0.05)
    options = RunOptions(executor="inline", cache=False)
    with open_store(little_disk / "runs.sqlite") as store:
        made = store.create(experiment, options)
        waits = threading.Event()
        monkeypatch.setattr(process.log, "warning", lambda *_: waits.set())
        append, ballast = store.append, little_disk / "ballast"

        def appending(*args, **more):
            append(*args, **more)
            if not is_result(args[1]) or ballast.exists():
                return
            if len(store.events(made.id)) == 5:
                with ballast.open("wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(bytes(4096))
                    except OSError:
                        pass

        monkeypatch.setattr(store, "append", appending)
        answers = []
        worker = threading.Thread(
            target=lambda: answers.append(execute(store, made, CancelToken()))
        )
        worker.start()
        assert waits.wait(60)
        held = len(store.events(made.id))
        assert 5 <= held <= len(expected["arms"]) * 10
        monkeypatch.undo()
        ballast.write_bytes(b"")
        worker.join(60)
        assert answers == ["done"]
        assert told(store, made) == expected
