"""`imbtui bench` as a person uses it: many tables, killed and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from engine.store import open_store
from tests.support.experiments import make_table
from tui.cli.bench import bench
from tui.cli.bench_options import bench_arguments
from tui.cli.declare import COMMANDS, Command, find
from tui.cli.parser import dispatch

SMALL = (
    *("--preset", "quick", "--arms", "none,weights,random-over", "--folds", "2"),
    *("--trials", "2", "--jobs", "1"),
)


def command(folder, store, *args):
    """What runs the command in a process of its own."""
    code = (
        "import sys; from tui.cli import declare, parser;"
        "from tui.cli.bench_options import bench_arguments as a;"
        "declare.find('bench') or setattr(declare, 'COMMANDS', (*declare.COMMANDS,"
        "declare.Command('bench', 'x', 'x', a, 'tui.cli.bench:bench')));"
        "sys.exit(parser.dispatch(sys.argv[1:]))"
    )
    given = ("bench", folder, *SMALL, "--store", store, *args)
    return [sys.executable, "-c", code, *map(str, given)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def call(folder, store, *args, code=0):
    done = subprocess.run(
        command(folder, store, *args),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
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


def test_one_document_with_a_run_a_table_and_the_odd_one_named(straight, tables):
    store, done = straight
    document = json.loads(done.stdout)
    odd, one, two = document["tables"]
    assert (odd["name"], odd["status"], odd["run"]) == ("alike", "refused", None)
    assert "no target was given" in odd["error"]
    assert (one["name"], one["rows"]) == ("t0", 500)
    assert one["source"] == str(tables / "t0.csv")
    assert set(one["values"]) == {"none", "weights", "random-over"}
    assert sum(two["ranks"].values()) == 6.0
    assert document["friedman"]["tables"] == 2
    assert document["critical_difference"] > 0
    assert [a["arm"] for a in document["against_control"]] == ["weights", "random-over"]
    assert document["verdict"]["headline"].startswith("2 tables cannot show")
    assert document["bench"]["settings"]["search"]["trials"] == 2
    with open_store(store) as opened:
        runs = opened.runs()
    assert [run.status for run in runs] == ["done", "done"]
    assert {run.id for run in runs} == {one["run"], two["run"]}
    for words in (
        "table 1 of 3: alike",
        "left out: no target was given",
        "none: trial 1/2",
    ):
        assert words in done.stderr


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

    def wait_for(self, *words, seconds=100):
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
            assert self.process.wait(30) == code, self.said
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
    assert "0 of 2 tables are done; the same command goes on" in said
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
    assert f"run {first.id} was cancelled and goes on" in said
    assert at_work.status == "running"

    done = call(source, store, "--json")
    assert f"run {first.id} is done already" in done.stderr
    assert f"run {at_work.id} was interrupted and goes on" in done.stderr
    document = json.loads(done.stdout)
    assert [one["run"] for one in document["tables"]] == [first.id, at_work.id]
    assert timeless(document) == timeless(json.loads(straight[1].stdout))


@pytest.fixture
def known(monkeypatch):
    """The command, whether it is declared yet or not."""
    if find("bench") is None:
        made = Command("bench", "x", "x", bench_arguments, f"{bench.__module__}:bench")
        monkeypatch.setattr("tui.cli.declare.COMMANDS", (*COMMANDS, made))


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("nowhere",), "no folder and no list 'nowhere'"),
        ((".",), "names no table"),
        ((".", "--metric", "f1"), "no metric 'f1'"),
        ((".", "--rope", "-1"), "--rope is -1"),
        ((".", "--arms", "none"), "only one arm"),
        ((".", "--arms", "smotee"), "smote"),
        ((".", "--trials", "0"), "at least 1 trial"),
        ((".", "--executor", "slow"), "slow"),
        ((".", "--preset", "brisk"), "brisk"),
        ((), "DIR|LIST"),
    ],
)
def test_a_mistake_is_one_line(known, tmp_path, monkeypatch, capsys, args, word):
    monkeypatch.chdir(tmp_path)
    assert dispatch(["bench", *args, "--store", "s.sqlite"]) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert word in line
    assert said.out == ""
    assert not (tmp_path / "s.sqlite").exists()


def test_what_is_done_is_not_done_again(known, straight, tables, tmp_path, capsys):
    store, done = straight
    shared = (*SMALL, "--store", str(store))
    # The table of one class is tried again, in a process of its own; not here.
    assert dispatch(["bench", str(tables / "two.txt"), *shared, "--json"]) == 0
    said = capsys.readouterr()
    assert timeless(json.loads(said.out)) == timeless(json.loads(done.stdout))
    assert said.err.count("is done already") == 2
    args = ("--metric", "cost", "--quiet")
    assert dispatch(["bench", str(tables / "two.txt"), *shared, *args]) == 0
    said = capsys.readouterr()
    for words in ("cost per 1,000 rows", "mean rank", "critical difference"):
        assert words in said.out
    assert said.err == ""
    with open_store(store) as opened:
        assert len(opened.runs()) == 2


def test_a_table_that_is_not_there_is_named_and_the_rest_goes_on(
    known, straight, tables, tmp_path, capsys
):
    store, _ = straight
    (tmp_path / "list.txt").write_text(
        f"gone.csv\nmake:cheese\n{tables / 't0.csv'} name=first\n"
    )
    code = dispatch(
        ["bench", str(tmp_path / "list.txt"), *SMALL, "--store", str(store), "--json"]
    )
    assert code == 0
    gone, cheese, first = json.loads(capsys.readouterr().out)["tables"]
    assert gone["status"] == "refused"
    assert "cannot read" in gone["error"]
    assert "cheese" in cheese["error"]
    assert first["name"] == "first"
    assert first["status"] == "done"


def test_neither_the_command_nor_the_screen_loads_the_science_stack():
    code = (
        "import sys, tui.cli.bench, tui.cli.bench_options, tui.screens.bench, "
        "tui.bench_desk, engine.suite.stored, engine.data.suite_desk\n"
        "print({'numpy', 'scipy', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert done.stdout == "set()\n", done.stderr


def test_nothing_to_compare_is_a_failure(known, tmp_path, capsys):
    (tmp_path / "list.txt").write_text("gone.csv\n")
    args = [str(tmp_path / "list.txt"), "--store", str(tmp_path / "s.sqlite")]
    assert dispatch(["bench", *args, "--quiet"]) == 1
    said = capsys.readouterr()
    assert "gone is left out: cannot read" in said.out
    assert "Nothing can be compared" in said.out
    assert said.err == ""
