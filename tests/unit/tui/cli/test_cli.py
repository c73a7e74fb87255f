"""The `imbtui` command as a person uses it: real processes, real tables."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.events import RunFinished, TrialFinished
from engine.run import run as engine_run
from engine.store import RunOptions, open_store
from tests.support.experiments import make_table, small
from tests.unit.engine.train.test_run import timeless
from tui.cli import follow
from tui.cli.parser import dispatch

SMALL = ("--preset", "quick", "--arms", "none,smote", "--trials", "2")


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Call the command in a folder of its own, with a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "store" / "runs.sqlite"))

    def call(*args, code=0, stdin=b""):
        done = subprocess.run(
            [sys.executable, "-m", "tui", *map(str, args)],
            capture_output=True,
            encoding="utf-8",
            input=stdin.decode(),
            timeout=120,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert done.returncode == code, done.stderr or done.stdout
        assert "Traceback" not in done.stderr
        return done

    return call


@pytest.fixture
def start():
    """Start the command and leave it running until the test is over."""
    with ExitStack() as stack:

        def begin(*args):
            process = subprocess.Popen(
                [sys.executable, "-m", "tui", *map(str, args)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield begin


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def test_run_prints_one_document_and_its_progress_elsewhere(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *SMALL, "--json")
    document = json.loads(done.stdout)
    assert document["status"] == "done"
    assert [arm["name"] for arm in document["arms"]] == ["none", "smote"]
    assert document["dataset"]["positive"] == "yes"
    assert "smote: trial 1/2" in done.stderr
    again = json.loads(cli("show", "last", "--json").stdout)
    assert again == document


def test_the_same_command_gives_the_same_document_inline_and_local(cli, table_path):
    command = ("run", table_path, "--target", "sick", *SMALL, "--json", "--quiet")
    documents = []
    for executor in ("local", "local", "inline"):
        done = cli(*command, "--executor", executor)
        assert done.stderr == ""
        documents.append(timeless(json.loads(done.stdout)))
    assert documents[0] == documents[1] == documents[2]


def test_the_report_names_the_missed_first(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *SMALL, "--quiet")
    assert re.search(r"arm +missed +recall", done.stdout)
    assert "no leak" in done.stdout
    assert "\x1b" not in done.stdout
    shown = cli("show", "last", "--policy", "f1").stdout
    assert "▸f1" in shown
    assert "no policy 'x'" in cli("show", "last", "--policy", "x", code=2).stderr


def test_an_experiment_file_says_everything(cli, table_path, tmp_path):
    from engine.presets import preset
    from engine.spec import dump_toml

    experiment = preset("quick", source=str(table_path), target="sick")
    (tmp_path / "e.toml").write_text(dump_toml(experiment))
    one = cli("run", "e.toml", "--json", "--quiet").stdout
    two = cli(
        "run", table_path, "--target", "sick", "--preset", "quick", "--json", "--quiet"
    ).stdout
    assert timeless(json.loads(one)) == timeless(json.loads(two))


@pytest.mark.parametrize(
    ("content", "args", "code", "said"),
    [
        (None, (), 2, "No such file"),
        ("", (), 2, "is empty"),
        ("a,b,y\n", (), 2, "no rows"),
        ("a,y\n" + "1,0\n2,1\n" * 20, ("--target", "z"), 2, "no column 'z'"),
        ("a,y\n" + "1,0\n2,0\n" * 20, ("--target", "y"), 2, "one class only"),
        (
            "a,y\n" + "".join(f"{i % 7},{i}\n" for i in range(3000)),
            ("--target", "y"),
            2,
            "3,000 different values",
        ),
        ("a,y\n0,1\n" + "1,0\n2,0\n" * 20, ("--target", "y"), 2, "1 row"),
        ("a,y\n1,0\n", ("--target", "y", "--arms", "smotee"), 2, "mean 'smote'"),
        ("a,y\n1,0\n", ("--trials", "0"), 2, "at least 1 trial"),
        ("a,y\n1,0\n", ("--trials", "many"), 2, "no whole number"),
        ("a,y\n1,0\n", ("--objective", "accuracy"), 2, "average_precision"),
        ("a,y\n1,0\n", ("--executor", "cloud"), 2, "local, inline"),
        ("a,y\n1,0\n", ("--preset", "slow"), 2, "article, quick, thorough"),
        ("a,y\n1,0\n", ("--store", "t.csv/runs.sqlite"), 2, "--store"),
        ("a,y\n1,0\n", ("--trial", "3"), 2, "unrecognized"),
    ],
)
def test_what_goes_wrong_is_one_line(cli, tmp_path, content, args, code, said):
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    done = cli("run", "t.csv", *args, code=code)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert len(lines) == 1, done.stderr
    assert said in lines[0]
    assert done.stdout == ""
    if "t.csv/runs.sqlite" not in args:  # nothing is kept of a run that never began
        assert "No run yet" in cli("runs").stdout


def test_a_table_by_standard_input_is_kept_until_its_run_is_deleted(
    cli, table_path, tmp_path
):
    command = ("run", "--target", "sick", *SMALL, "--trials", "1", "--json")
    piped = cli(*command, "-", stdin=table_path.read_bytes())
    assert "standard input is kept as" in piped.stderr
    named = cli(*command, table_path)
    ours, theirs = (timeless(json.loads(d.stdout)) for d in (piped, named))
    assert ours["arms"] == theirs["arms"]
    folder = tmp_path / "store" / "runs.sqlite.d"
    (kept,) = folder.glob("input-*")
    assert kept.read_bytes() == table_path.read_bytes()
    for _ in range(2):
        cli("delete", "last")
    assert not list(folder.glob("input-*"))
    assert "standard input is empty" in cli(*command, "-", code=2).stderr


def test_options_about_the_table_reach_the_result(cli, tmp_path):
    frame = make_table()
    frame["day"] = [f"2024-{1 + i // 28 % 12:02}-{1 + i % 28:02}" for i in range(600)]
    frame.to_csv("t.csv", index=False, sep=";", decimal=",")
    frame[:200].to_csv("more.csv", index=False)
    command = ("run", "t.csv", "--target", "sick", *SMALL, "--trials", "1")
    done = cli(
        *(*command, "--time", "day", "--keep", "id", "--kinds", "age=category"),
        *("--decimal", ",", "--mute", "IMB016", "--json", "--quiet"),
    )
    document = json.loads(done.stdout)
    roles = document["dataset"]["roles"]
    assert (roles["day"], roles["id"]) == ("time", "feature")
    assert document["experiment"]["data"]["kinds"] == {"age": "category"}
    assert "IMB016" not in {a["code"] for a in document["dataset"]["advice"]}
    assert sum(document["split"]["test"].values()) == pytest.approx(120, abs=5)
    done = cli(*command, "--test", "more.csv", "--json", "--quiet")
    assert sum(json.loads(done.stdout)["split"]["test"].values()) == 200
    for option, said in (
        (("--by", "colour"), "3 different values"),
        (("--kinds", "colour=number"), "cannot be of kind number"),
        (("--group", "day", "--time", "day"), "told in 2 ways"),
        (("--test", "none.csv"), "'none.csv'"),
        (("--ragged", "mend"), "refuse, drop, fill"),
    ):
        wrong = cli(*command, *option, "--quiet", code=2).stderr
        assert said in wrong
        assert len(wrong.splitlines()) == 1


def test_a_folder_is_no_table(cli, tmp_path):
    assert "is a directory" in cli("run", tmp_path, code=2).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_in_a_folder_without_rights_is_one_line(cli, table_path, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    store = tmp_path / "closed" / "runs.sqlite"
    done = cli("run", table_path, "--store", store, code=2)
    assert "Permission denied" in done.stderr


def test_a_wrong_command_suggests_the_right_one(cli):
    assert "imbtui runs" in cli("rnus", code=2).stderr
    assert "needs a terminal" in cli(code=2).stderr
    assert "imbtui run --help" in cli("run", code=2).stderr


@pytest.mark.parametrize(
    "name", ["run", "demo", "runs", "show", "compare", "rerun", "tag", "sample"]
)
def test_help_has_an_example(cli, name):
    assert f"example: imbtui {name}" in cli(name, "--help").stdout


def test_samples_are_listed_and_written(cli, tmp_path):
    assert "sample:stroke" in cli("sample").stdout
    cli("sample", "moons", "-o", "m.csv")
    assert (tmp_path / "m.csv").read_text().startswith("feature1,feature2,label\n")
    assert "m.csv" in cli("sample", "moons", "-o", "m.csv", code=2).stderr


LONG = ("--preset", "quick", "--arms", "none,smote", "--trials", "4000")


def detached(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *LONG, "--detach")
    return done.stdout.strip()


def test_detach_watch_cancel_resume_delete(cli, start, table_path, tmp_path):
    run = detached(cli, table_path)
    assert json.loads(cli("show", run, "--json").stdout)["status"] == "running"
    assert "running" in cli("runs").stdout
    assert "cancel" in cli("delete", run, code=2).stderr
    assert "running already" in cli("resume", run, code=2).stderr

    watcher = start("watch", run)
    until(lambda: "trial" in watcher.stderr.readline())
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(10) == 130
    assert json.loads(cli("show", run, "--json").stdout)["status"] == "running"

    assert "cancelled" in cli("cancel", run[:5]).stderr
    document = json.loads(cli("show", run, "--json").stdout)
    assert document["status"] == "cancelled"
    finished = [arm["search"]["trials"] for arm in document["arms"]]
    assert "nothing to cancel" in cli("cancel", run, code=2).stderr

    again = start("resume", run, "--quiet")

    def more():
        now = json.loads(cli("show", run, "--json").stdout)
        trials = [arm["search"]["trials"] for arm in now["arms"]]
        return all(n > b for n, b in zip(trials, finished, strict=True))

    until(more)
    again.send_signal(signal.SIGINT)
    assert again.wait(15) == 130
    assert "imbtui resume" in again.stderr.read()
    cli("delete", run)
    assert "No run yet" in cli("runs").stdout
    left = (tmp_path / "store" / "runs.sqlite.d").iterdir()
    assert {path.name for path in left} <= {"open.lock", "checked.json"}


def test_a_closed_terminal_does_not_end_a_run(cli, start, table_path):
    follower = start("run", table_path, "--target", "sick", *LONG)
    until(lambda: "trial" in follower.stderr.readline())
    follower.send_signal(signal.SIGHUP)
    follower.wait(10)
    time.sleep(0.3)
    (run,) = json.loads(cli("runs", "--json").stdout)
    assert run["status"] == "running"
    cli("cancel", run["run"])


def test_a_killed_run_is_shown_as_interrupted_and_resumes(cli, tmp_path):
    make_table(3000).to_csv("t.csv", index=False)
    args = ("--target", "sick", "--preset", "quick", "--arms", "none,smote")
    run = cli("run", "t.csv", *args, "--trials", "12", "--detach").stdout.strip()
    until(lambda: "smote" in cli("show", run).stdout)
    with open_store(tmp_path / "store" / "runs.sqlite") as store:
        pid = store.run(run).pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: "interrupted" in cli("runs").stdout)
    assert json.loads(cli("show", run, "--json").stdout)["status"] == "interrupted"
    detached = cli("resume", run, "--detach")
    assert (detached.returncode, detached.stdout) == (0, f"{run}\n")
    assert f"imbtui watch {run} follows it" in detached.stderr
    assert json.loads(cli("runs", "--json").stdout)[0]["status"] == "running"
    assert cli("watch", run, "--quiet").returncode == 0
    resumed = json.loads(cli("show", run, "--json").stdout)
    straight = json.loads(
        cli("run", "t.csv", *args, "--trials", "12", "--json", "--quiet").stdout
    )
    assert timeless(resumed) == timeless(straight)


def test_ctrl_c_cancels_ones_own_run(cli, start, table_path):
    own = start("run", table_path, "--target", "sick", *LONG)
    until(lambda: "trial" in own.stderr.readline())
    own.send_signal(signal.SIGINT)
    assert own.wait(15) == 130
    (run,) = json.loads(cli("runs", "--json").stdout)
    assert run["status"] == "cancelled"


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
        f"run {table_path} --target sick --preset quick --arms none --trials 1"
        " --json 2>/dev/full",
        IMBTUI_STORE=str(tmp_path / "runs.sqlite"),
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "done"


# Without processes: the run's is played by the test


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    monkeypatch.setattr(follow, "GRACE_SECONDS", 0.0)
    with open_store() as opened:
        yield opened


def play(monkeypatch, start):
    monkeypatch.setattr("engine.client.runs.start", start)
    monkeypatch.setattr("engine.client.start", start)


def test_ctrl_c_at_the_first_moment_cancels(store, table_path, monkeypatch, capsys):
    def start(store, run, **_):
        signal.raise_signal(signal.SIGINT)
        store.ask_cancel(run.id)  # is overwritten where the interrupt is not held back
        with store._transaction() as db:
            db.execute("UPDATE runs SET cancel = 0")

    play(monkeypatch, start)
    assert dispatch(["run", str(table_path), "--target", "sick"]) == 130
    (run,) = store.runs()
    assert run.status == "cancelled"
    assert "is cancelled; imbtui resume" in capsys.readouterr().err


def test_a_run_that_cannot_be_started_is_not_kept(store, table_path, monkeypatch):
    def start(store, run, **_):
        raise OSError("no more processes")

    play(monkeypatch, start)
    assert dispatch(["run", str(table_path), "--target", "sick"]) == 1
    assert store.runs() == ()


def test_the_log_of_what_nobody_foresaw_is_kept(store, table_path, monkeypatch, capsys):
    def start(store, run, **_):
        log = store.log_path(run.id)
        log.write_text("all of it")
        error = {"code": "error", "message": "KeyError: 1", "remedy": f"see {log}"}
        store.append(run.id, RunFinished(status="failed", seconds=1.0, error=error))

    play(monkeypatch, start)
    assert dispatch(["run", str(table_path), "--target", "sick"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert Path(said.rpartition(" ")[2]).read_text() == "all of it"
    assert store.runs() == ()


def test_a_resumed_run_tells_only_what_is_new(store, table_path, monkeypatch, capsys):
    experiment = small(table_path, "none", data__target="sick")
    events = list(engine_run(experiment))
    cut = next(i for i, e in enumerate(events) if isinstance(e, TrialFinished)) + 1
    run = store.create(experiment, RunOptions())
    for event in (*events[:cut], RunFinished(status="cancelled", seconds=3600.0)):
        store.append(run.id, event)

    def start(store, run, **_):
        for event in events[cut:]:
            store.append(run.id, event)

    play(monkeypatch, start)
    assert dispatch(["resume", "last", "--json"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[1:00:00] mixed.csv: 1 of 2 trials so far"
    assert not [line for line in lines if "trial 1/2" in line]
    assert all(line.startswith("[1:00:0") for line in lines)
    assert "done in 1:00:0" in lines[-1]


def test_reading_commands_make_no_files(tmp_path, capsys):
    path = tmp_path / "nowhere" / "q.sqlite"
    assert dispatch(["runs", "--store", str(path)]) == 0
    one = ("show", "watch", "resume", "cancel", "delete", "note", "tag", "rerun")
    for command in (*one, "compare"):
        assert dispatch([command, "last", "--store", str(path)]) == 2
        assert "imbtui run" in capsys.readouterr().err
    assert not path.parent.exists()


def test_a_run_of_another_version_hides_no_other(store, table_path, capsys):
    runs = [store.create(small(table_path), RunOptions()) for _ in range(2)]
    with store._transaction() as db:
        db.execute("UPDATE runs SET experiment = '{}' WHERE id = ?", (runs[0].id,))
    assert dispatch(["runs", "--json"]) == 0
    listed = {r["run"]: r["status"] for r in json.loads(capsys.readouterr().out)}
    assert listed == {runs[0].id: "unreadable", runs[1].id: "queued"}
    assert dispatch(["runs"]) == 0
    for command in ("show", "watch", "resume"):
        assert dispatch([command, runs[0].id]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "another version" in line
    assert dispatch(["delete", runs[0].id]) == 0
