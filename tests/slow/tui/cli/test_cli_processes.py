"""The `imbtui` command as a user uses it: real processes, real tables, signals."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.core.events import TrialFinished
from engine.core.presets import preset
from engine.io.toml.writer import dump_toml
from engine.store import open_store
from tests.support.commands import begin, in_process
from tests.support.experiments import make_table
from tests.support.run_processes import until
from tests.support.runs import timeless

pytestmark = pytest.mark.slow

SMALL = ("--preset", "quick", "--methods", "untreated,smote", "--trials", "2")
LONG = ("--preset", "quick", "--methods", "untreated,smote", "--trials", "4000")


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Call the command in a folder of its own, with a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "store" / "runs.sqlite"))
    return in_process


@pytest.fixture
def start():
    """Start the command and leave it running until the test is over."""
    with ExitStack() as stack:

        def started(*args):
            process = stack.enter_context(begin(*args, stdin=subprocess.DEVNULL))
            stack.callback(process.kill)
            return process

        yield started


def test_run_prints_one_document_and_its_progress_elsewhere(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *SMALL, "--json")
    document = json.loads(done.out)
    assert document["status"] == "done"
    assert [arm["name"] for arm in document["arms"]] == ["untreated", "smote"]
    assert document["dataset"]["positive"] == "yes"
    assert "smote: trial 1/2" in done.err
    again = json.loads(cli("show", "last", "--json").out)
    assert again == document


def test_the_same_command_gives_the_same_document_inline_and_local(cli, table_path):
    command = ("run", table_path, "--target", "sick", *SMALL, "--json", "--quiet")
    documents = []
    for executor in ("local", "local", "inline"):
        done = cli(*command, "--executor", executor)
        assert done.err == ""
        documents.append(timeless(json.loads(done.out)))
    assert documents[0] == documents[1] == documents[2]


def test_an_experiment_file_says_everything(cli, table_path, tmp_path):

    experiment = preset("quick", source=str(table_path), target="sick")
    (tmp_path / "e.toml").write_text(dump_toml(experiment))
    one = cli("run", "e.toml", "--json", "--quiet").out
    two = cli(
        "run", table_path, "--target", "sick", "--preset", "quick", "--json", "--quiet"
    ).out
    assert timeless(json.loads(one)) == timeless(json.loads(two))


def test_a_table_by_standard_input_is_kept_until_its_run_is_deleted(
    cli, table_path, tmp_path
):
    command = ("run", "--target", "sick", *SMALL, "--trials", "1", "--json")
    piped = cli(*command, "-", stdin=table_path.read_text())
    assert "standard input is stored as" in piped.err
    named = cli(*command, table_path)
    ours, theirs = (timeless(json.loads(d.out)) for d in (piped, named))
    assert ours["arms"] == theirs["arms"]
    folder = tmp_path / "store" / "runs.sqlite.d"
    (kept,) = folder.glob("input-*")
    assert kept.read_bytes() == table_path.read_bytes()
    for _ in range(2):
        cli("delete", "last")
    assert not list(folder.glob("input-*"))
    assert "standard input is empty" in cli(*command, "-", code=2).err


def detached(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *LONG, "--detach")
    return done.out.strip()


def test_detach_watch_cancel_resume_delete(cli, start, table_path, tmp_path):
    run = detached(cli, table_path)
    assert json.loads(cli("show", run, "--json").out)["status"] == "running"
    assert "running" in cli("runs").out
    assert "cancel" in cli("delete", run, code=2).err
    assert "running already" in cli("resume", run, code=2).err

    watcher = start("watch", run)
    until(lambda: "trial" in watcher.stderr.readline())
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(60) == 130
    assert json.loads(cli("show", run, "--json").out)["status"] == "running"

    assert "cancelled" in cli("cancel", run[:5]).err
    document = json.loads(cli("show", run, "--json").out)
    assert document["status"] == "cancelled"
    finished = [arm["search"]["trials"] for arm in document["arms"]]
    assert "nothing to cancel" in cli("cancel", run, code=2).err

    again = start("resume", run, "--quiet")

    def more():
        now = json.loads(cli("show", run, "--json").out)
        trials = [arm["search"]["trials"] for arm in now["arms"]]
        return all(n > b for n, b in zip(trials, finished, strict=True))

    until(more)
    again.send_signal(signal.SIGINT)
    assert again.wait(60) == 130
    assert "imbtui resume" in again.stderr.read()
    cli("delete", run)
    assert "No run yet" in cli("runs").out
    left = (tmp_path / "store" / "runs.sqlite.d").iterdir()
    assert {path.name for path in left} <= {
        "deleted-numbers",
        "memory.lock",
        "open.lock",
        "users.lock",
    }


def test_a_closed_terminal_does_not_end_a_run(cli, start, table_path):
    follower = start("run", table_path, "--target", "sick", *LONG)
    until(lambda: "trial" in follower.stderr.readline())
    follower.send_signal(signal.SIGHUP)
    follower.wait(60)
    (run,) = json.loads(cli("runs", "--json").out)["runs"]
    assert run["status"] == "running"
    before = json.loads(cli("show", run["run"], "--json").out)["arms"]
    until(lambda: json.loads(cli("show", run["run"], "--json").out)["arms"] != before)
    cli("cancel", run["run"])


def test_a_killed_run_is_shown_as_interrupted_and_resumes(cli, tmp_path):
    make_table(3000).to_csv("t.csv", index=False)
    args = ("--target", "sick", "--preset", "quick", "--methods", "untreated,smote")
    run = cli("run", "t.csv", *args, "--trials", "12", "--detach").out.strip()
    with open_store(tmp_path / "store" / "runs.sqlite") as store:
        # Asked often and at little cost: a run on a busy machine is soon over.
        of_run = store.run(run).id
        until(
            lambda: any(isinstance(e, TrialFinished) for _, e in store.events(of_run))
        )
        os.kill(store.run(run).pid, signal.SIGKILL)
    until(lambda: "interrupted" in cli("runs").out)
    assert json.loads(cli("show", run, "--json").out)["status"] == "interrupted"
    detached = cli("resume", run, "--detach")
    assert detached.out == f"{run}\n"
    assert "imbtui watch 1 follows it" in detached.err
    now = json.loads(cli("runs", "--json").out)["runs"][0]["status"]
    assert now in ("running", "done")  # it may be over by now
    cli("watch", run, "--quiet")
    resumed = json.loads(cli("show", run, "--json").out)
    straight = json.loads(
        cli("run", "t.csv", *args, "--trials", "12", "--json", "--quiet").out
    )
    assert timeless(resumed) == timeless(straight)


def shell(command, **env):
    """Call the command through a shell, with its redirections."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -P -m tui {command}', sys.executable],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **env},
    )


ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}


@pytest.mark.parametrize("env", [ASCII, {"PYTHONIOENCODING": "latin-1"}])
@pytest.mark.parametrize("command", ["sample", "sample --json", "run --help"])
def test_any_encoding_of_the_output_will_do(command, env):
    done = shell(command, **env)
    assert (done.returncode, done.stderr) == (0, b"")
    if "--json" in command:
        assert json.loads(done.stdout.decode("ascii"))


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("runs >&-", 0, b""),
        ("runs >&- 2>&-", 0, b""),
        ("rnus 2>&-", 2, b""),
        ("rnus 2>/dev/full", 2, b""),
        ("runs >/dev/full", 1, b"imbtui: standard output cannot be written: No space"),
        ("sample --help >/dev/full", 1, b"imbtui: standard output cannot be written"),
        ("run e.toml", 2, b"imbtui: cannot read 'e.toml': No such file"),
    ],
)
def test_streams_may_be_closed_or_full(command, code, said):
    done = shell(command)
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr.startswith(said)
    assert done.stderr.count(b"\n") == bool(said)


def test_a_result_comes_where_nobody_hears_of_the_progress(
    tmp_path, table_path, monkeypatch
):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    Path(os.fsdecode(folder)).mkdir()
    monkeypatch.chdir(folder)
    done = shell(
        f"run {table_path} --target sick --preset quick --methods untreated --trials 1"
        " --json 2>/dev/full",
        IMBTUI_STORE=str(tmp_path / "runs.sqlite"),
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "done"
