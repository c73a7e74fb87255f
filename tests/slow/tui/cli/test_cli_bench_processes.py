"""`imbtui bench` in processes of its own, interrupted, killed and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from engine.store import open_store
from tests.support.experiments import make_table

pytestmark = pytest.mark.slow

SMALL = (
    *(
        "--preset",
        "quick",
        "--methods",
        "untreated,weights,random-over",
        "--folds",
        "2",
    ),
    *("--trials", "2", "--jobs", "1"),
)


def command(folder, store, *args):
    """What runs the command in a process of its own."""
    given = ("bench", folder, *SMALL, "--store", store, *args)
    return [sys.executable, "-m", "tui", *map(str, given)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def call(folder, store, *args, code=0):
    done = subprocess.run(
        command(folder, store, *args),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=600,
        env=ENVIRONMENT,
    )
    assert done.returncode == code, done.stderr or done.stdout
    assert "Traceback" not in done.stderr
    return done


def timeless(document):
    """What the tables with a run come to, without what differs between two stores."""
    tables = [{**one, "run": None} for one in document["tables"] if one["run"]]
    parts = ("friedman", "mean_ranks", "critical_difference", "groups")
    found = {name: document[name] for name in (*parts, "against_control")}
    return {**found, "tables": tables, "headline": document["verdict"]["headline"]}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for number, rows in enumerate((500, 600)):
        make_table(rows, share=0.15, seed=number).to_csv(
            folder / f"t{number}.csv", index=False
        )
    (folder / "alike.csv").write_text("a,y\n" + "1,0\n2,0\n" * 30)
    (folder / "two.txt").write_text("t0.csv\nt1.csv\n")
    return folder


@pytest.fixture(scope="module")
def straight(tables, tmp_path_factory):
    """A bench that nothing disturbed: its store, and what it printed."""
    store = tmp_path_factory.mktemp("store") / "runs.sqlite"
    return store, call(tables, store, "--json")


class Started:
    """A bench at work, with what it says on standard error."""

    def __init__(self, source, store):
        self._folder = store.parent
        self._log = self._folder / f"said-{len(list(self._folder.iterdir()))}"
        with self._log.open("w") as said:
            self.process = subprocess.Popen(
                command(source, store),
                stdout=subprocess.DEVNULL,
                stderr=said,
                stdin=subprocess.DEVNULL,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    @property
    def said(self):
        return self._log.read_text()

    def wait_for(self, *words, seconds=300):
        """Wait until lines with these words came, in this order."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lines = iter(self.said.splitlines())
            if all(any(word in line for line in lines) for word in words):
                return
            assert self.process.poll() is None, self.said
            time.sleep(0.01)
        raise AssertionError(self.said)

    def end(self, code):
        try:
            assert self.process.wait(60) == code, self.said
        finally:
            self.process.kill()
        return self.said


def test_interrupted_and_killed_it_goes_on_and_ends_in_the_same_document(
    straight, tables, tmp_path
):
    store, source = tmp_path / "runs.sqlite", tables / "two.txt"
    started = Started(source, store)
    started.wait_for("table 1 of 2", "trial 1/2")
    started.process.send_signal(signal.SIGINT)
    said = started.end(130)
    assert "cancelling …" in said
    assert "0 of 2 tables are done; the same command continues" in said
    with open_store(store) as opened:
        (first,) = opened.runs()
    assert first.status == "cancelled"

    started = Started(source, store)
    started.wait_for("table 2 of 2", "trial 1/2")
    with open_store(store) as opened:
        at_work, _ = opened.runs()
    os.killpg(started.process.pid, signal.SIGKILL)
    os.kill(at_work.pid, signal.SIGKILL)
    said = started.end(-signal.SIGKILL)
    assert f"{first.title} was cancelled and is resumed" in said
    assert at_work.status == "running"

    done = call(source, store, "--json")
    assert f"{first.title} is done already" in done.stderr
    assert f"{at_work.title} was interrupted and is resumed" in done.stderr
    document = json.loads(done.stdout)
    assert [one["run"] for one in document["tables"]] == [first.id, at_work.id]
    assert timeless(document) == timeless(json.loads(straight[1].stdout))
