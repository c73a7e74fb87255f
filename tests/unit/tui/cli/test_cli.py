"""The `imbtui` command as a user uses it: real tables and real runs.

All in this process but for what only a process has: a signal, a closed stream. The rest
of those is in tests/slow/tui/cli.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from engine.core.events import RunFinished, TrialFinished
from engine.core.presets import preset
from engine.io.toml.writer import dump_toml
from engine.service import client
from engine.steps import run as engine_run
from engine.store import RunOptions, open_store
from tests.support.commands import begin, play_runs, warm_runs
from tests.support.experiments import make_table, small
from tests.support.run_processes import until
from tests.support.runs import timeless
from tui.__main__ import main
from tui.cli import follow
from tui.cli.parser import dispatch

SMALL = ("--preset", "quick", "--methods", "untreated,smote", "--trials", "2")
ONCE = ("--preset", "quick", "--methods", "untreated", "--trials", "1")
LONG = ("--preset", "quick", "--methods", "untreated,smote", "--trials", "4000")


def test_run_prints_one_document_and_its_progress_elsewhere(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *SMALL, "--json")
    document = json.loads(done.out)
    assert document["status"] == "done"
    assert [arm["name"] for arm in document["arms"]] == ["untreated", "smote"]
    assert document["dataset"]["positive"] == "yes"
    assert "smote: trial 1/2" in done.err
    again = json.loads(cli("show", "last", "--json").out)
    assert again == document
    # Every document is an object with its schema.
    for command in (
        *("runs", "sample", "generate", "methods", "store"),
        *("curves last", "errors last", "explain last", "export last"),
        "profile make:moons",
    ):
        assert json.loads(cli(*command.split(), "--json").out)["schema"] == 1, command
    # The same inline.
    command = ("run", table_path, "--target", "sick", *SMALL, "--json", "--quiet")
    inline = cli(*command, "--executor", "inline")
    assert inline.err == ""
    assert timeless(json.loads(inline.out)) == timeless(document)


def test_the_report_names_the_missed_first(cli, table_path):
    done = cli("run", table_path, "--target", "sick", *ONCE, "--quiet")
    assert re.search(r"arm +missed +recall", done.out)
    assert "no leak" in done.out
    assert "\x1b" not in done.out
    shown = cli("show", "last", "--at", "f1").out
    assert "▸F1" in shown
    named = rf"run 1 \({json.loads(cli('show', '1', '--json').out)['run']}\)  done"
    assert re.search(named, shown)
    assert re.search(named, done.out)
    assert "no operating point 'x'" in cli("show", "last", "--at", "x", code=2).err


def test_an_experiment_file_says_everything(cli, table_path, tmp_path, monkeypatch):
    """What is stored to be run is the same, and so is what comes of it."""
    begun = []

    def start(store, run, **_):
        begun.append(run.experiment)
        store.append(run.id, RunFinished(status="cancelled", seconds=1.0))

    play_runs(monkeypatch, start)
    experiment = preset("quick", source=str(table_path), target="sick")
    (tmp_path / "e.toml").write_text(dump_toml(experiment))
    named = ("--target", "sick", "--preset", "quick")
    for command in (("e.toml",), (table_path, *named)):
        cli("run", *command, "--json", "--quiet", code=1)
    assert begun == [experiment] * 2


WRONG = [
    (None, (), "No such file"),
    ("", (), "is empty"),
    ("a,b,y\n", (), "no rows"),
    ("a,y\n" + "1,0\n2,1\n" * 20, ("--target", "z"), "no column 'z'"),
    ("a,y\n" + "1,0\n2,0\n" * 20, ("--target", "y"), "one class only"),
    (
        "a,y\n" + "".join(f"{i % 7},{i}\n" for i in range(3000)),
        ("--target", "y"),
        "3,000 different values",
    ),
    ("a,y\n0,1\n" + "1,0\n2,0\n" * 20, ("--target", "y"), "1 row"),
    ("a,y\n1,0\n", ("--target", "y", "--methods", "smotee"), "mean 'smote'"),
    ("a,y\n1,0\n", ("--trials", "0"), "of 1 or more"),
    ("a,y\n1,0\n", ("--trials", "many"), "not a whole number"),
    ("a,y\n1,0\n", ("--objective", "accuracy"), "average_precision"),
    ("a,y\n1,0\n", ("--executor", "cloud"), "local, inline"),
    ("a,y\n1,0\n", ("--preset", "slow"), "article, quick, thorough"),
    ("a,y\n1,0\n", ("--store", "t.csv/runs.sqlite"), "--store"),
    ("a,y\n1,0\n", ("--trial", "3"), "unrecognized"),
]


def test_what_goes_wrong_is_one_line(cli, tmp_path, monkeypatch):
    failures = []
    for number, (content, args, said) in enumerate(WRONG):
        monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / str(number) / "runs.sqlite"))
        Path("t.csv").unlink(missing_ok=True)
        if content is not None:
            Path("t.csv").write_text(content)
        done = cli("run", "t.csv", *args, code=2)
        lines = [line for line in done.err.splitlines() if not line.startswith("[")]
        # Nothing is kept of a run that never began.
        kept = "t.csv/runs.sqlite" not in args and "No run yet" not in cli("runs").out
        if [said in line for line in lines] != [True] or done.out or kept:
            failures.append((content, args, done, kept))
    assert not failures


def test_a_table_by_standard_input_is_kept_until_its_run_is_deleted(
    cli, table_path, tmp_path
):
    command = ("run", "--target", "sick", *ONCE, "--json")
    piped = cli(*command, "-", stdin=table_path.read_bytes())
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


def test_options_about_the_table_reach_the_result(cli, tmp_path):
    frame = make_table()
    frame["day"] = [f"2024-{1 + i // 28 % 12:02}-{1 + i % 28:02}" for i in range(600)]
    frame.to_csv("t.csv", index=False, sep=";", decimal=",")
    frame[:200].to_csv("more.csv", index=False)
    command = ("run", "t.csv", "--target", "sick", *ONCE)
    done = cli(
        *(*command, "--time", "day", "--keep", "id", "--kinds", "age=category"),
        *("--decimal", ",", "--mute", "IMB016", "--json", "--quiet"),
    )
    document = json.loads(done.out)
    roles = document["dataset"]["roles"]
    assert (roles["day"], roles["id"]) == ("time", "feature")
    assert document["experiment"]["data"]["kinds"] == {"age": "category"}
    assert "IMB016" not in {a["code"] for a in document["dataset"]["advice"]}
    assert sum(document["split"]["test"].values()) == pytest.approx(120, abs=5)
    done = cli(*command, "--test", "more.csv", "--json", "--quiet")
    assert sum(json.loads(done.out)["split"]["test"].values()) == 200
    for option, said in (
        (("--by", "colour"), "3 different values"),
        (("--kinds", "colour=number"), "cannot be of kind number"),
        (("--group", "day", "--time", "day"), "defined in 2 ways"),
        (("--test", "none.csv"), "'none.csv'"),
        (("--ragged", "fix"), "refuse, drop, fill"),
    ):
        wrong = cli(*command, *option, "--quiet", code=2).err
        assert said in wrong
        assert len(wrong.splitlines()) == 1


def test_a_folder_is_no_table(cli, tmp_path):
    assert "is a directory" in cli("run", tmp_path, code=2).err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_in_a_folder_without_rights_is_one_line(cli, table_path, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    store = tmp_path / "closed" / "runs.sqlite"
    done = cli("run", table_path, "--store", store, code=2)
    assert "Permission denied" in done.err


def test_a_wrong_command_suggests_the_right_one(cli):
    assert "imbtui runs" in cli("rnus", code=2).err
    assert "needs a terminal" in cli(code=2).err
    assert "imbtui run --help" in cli("run", code=2).err


def test_help_has_an_example(cli):
    names = ("run", "demo", "runs", "show", "compare", "rerun", "annotate", "sample")
    wrong = [
        name
        for name in names
        if f"example: imbtui {name}" not in cli(name, "--help").out
    ]
    assert not wrong


def test_help_begins_with_the_options_that_most_need(cli):
    """All others are in groups below."""
    told = cli("run", "--help").out.split("\n\n")
    assert told[0] == "usage: imbtui run [options] DATA|EXPERIMENT.toml"
    first = [line.split()[0] for line in told[3].splitlines() if line[2] == "-"]
    most = ("target", "positive", "preset", "methods", "models")
    most += ("cost-fn", "cost-fp", "trials")
    assert first == [
        "-h,",
        *(f"--{name}" for name in (*most, "folds", "splits", "detach")),
    ]
    assert told[4].startswith("dataset:")


def test_samples_are_listed_and_written(cli, tmp_path):
    assert "sample:stroke" in cli("sample").out
    cli("sample", "moons", "-o", "m.csv")
    assert (tmp_path / "m.csv").read_text().startswith("feature1,feature2,label\n")
    assert "m.csv" in cli("sample", "moons", "-o", "m.csv", code=2).err


# A run's process is real, and so is its end ------------------------------------------


def test_detach_watch_cancel_resume_delete(
    cli, table_path, tmp_path, monkeypatch, warm
):
    warm_runs(monkeypatch, warm)
    begun = cli("run", table_path, "--target", "sick", *LONG, "--detach")
    run = begun.out.strip()
    assert f"run 1 ({run}) continues in the background" in begun.err
    assert "imbtui watch 1 follows it" in begun.err

    def shown():
        document = json.loads(cli("show", run, "--json").out)
        trials = [arm["search"]["trials"] for arm in document["arms"]]
        return document["status"], sum(trials)

    def interrupted_at(trial):
        """Follow as a terminal does in which a user presses ctrl+c then."""
        real = client.follow

        def looks(*args, **given):
            for event in real(*args, **given):
                yield event
                if isinstance(event, TrialFinished) and event.number >= trial:
                    signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(client, "follow", looks)

    until(lambda: shown()[1] > 0, "a trial")
    assert shown()[0] == "running"
    assert "running" in cli("runs").out
    assert "cancel" in cli("delete", run, code=2).err
    assert "running already" in cli("resume", run, code=2).err

    interrupted_at(0)
    watched = cli("watch", run, code=130)
    assert "trial" in watched.err
    assert f"run 1 ({run}) is still running; imbtui cancel 1 " in watched.err
    assert shown()[0] == "running"

    assert f"run 1 ({run}) is cancelled" in cli("cancel", run[:5]).err
    status, finished = shown()
    assert status == "cancelled"
    assert "nothing to cancel" in cli("cancel", run, code=2).err

    interrupted_at(1)
    assert f"run 1 ({run}) is " in cli("resume", run, "--quiet", code=130).err
    status, later = shown()
    assert (status, later > finished) == ("cancelled", True)
    cli("delete", run)
    assert "No run yet" in cli("runs").out
    left = (tmp_path / "store" / "runs.sqlite.d").iterdir()
    known = {"deleted-numbers", "memory.lock", "open.lock", "users.lock"}
    assert {path.name for path in left} <= known


def test_a_list_of_methods_without_a_name_is_refused(cli, table_path):
    told = cli("run", table_path, "--target", "sick", "--methods", ",", code=2).err
    assert told.startswith("imbtui: --methods names no arm")


def test_a_section_at_a_point_that_the_run_lacks_is_refused(cli, table_path):
    cli("run", table_path, "--target", "sick", *ONCE, "--quiet")
    told = cli("show", "last", "--section", "costs", "--at", "nope", code=2).err
    assert "no operating point 'nope'" in told
    own = cli("show", "last", "--section", "board", "--at", "f1").out
    assert "▸F1" in own
    assert "missed" in own
    assert "cheapest" in cli("show", "last", "--section", "costs", "--at", "f1").out


def test_an_option_before_a_command_is_refused_with_the_right_order(cli):
    assert cli("--store", "x.sqlite", "runs", code=2).err == (
        "imbtui: the command 'runs' stands behind an option. Begin with it: imbtui "
        "runs …\n"
    )


def test_ctrl_c_cancels_ones_own_run(cli, table_path):
    """The one command here that is a process, with a process of its own."""
    args = ("run", table_path, "--target", "sick", *LONG)
    with begin(*args, stdin=subprocess.DEVNULL) as own:
        until(lambda: "trial" in own.stderr.readline(), "a trial")
        own.send_signal(signal.SIGINT)
        assert own.wait(60) == 130
        assert "imbtui resume" in own.stderr.read()
    (run,) = json.loads(cli("runs", "--json").out)["runs"]
    assert run["status"] == "cancelled"


def test_a_stream_may_be_closed_or_full_or_narrow():
    """One of each; all ways are in tests/slow/tui/cli/test_cli_processes.py."""
    ascii_only = "PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 LC_ALL=C"
    script = f"""
        "$0" -P -m tui runs >&- ; echo $?
        "$0" -P -m tui sample --help >/dev/full ; echo $?
        {ascii_only} "$0" -P -m tui run --help >/dev/null ; echo $?
    """
    done = subprocess.run(
        ["sh", "-c", script, sys.executable],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        encoding="utf-8",
    )
    assert done.stdout.split() == ["0", "1", "0"]
    (said,) = done.stderr.splitlines()
    assert said.startswith("imbtui: standard output cannot be written: No space")


def test_every_command_and_the_app_can_do_with_ascii(cli, monkeypatch):
    usual, plain = (
        re.sub(r"[\d.]+ s$", "1 s", cli("profile", "make:moons", *how).out, flags=re.M)
        for how in ([], ["--ascii"])
    )
    assert not usual.isascii()
    assert plain.isascii()
    lines = zip(plain.splitlines(), usual.splitlines(), strict=True)
    assert all(len(one) == cell_len(other) for one, other in lines)
    assert json.loads(cli("methods", "--json", "--ascii").out)["schema"] == 1
    asked = []
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(
        "tui.app.app.run_app", lambda *_, ascii, **__: asked.append(ascii) or 0
    )
    assert dispatch(["--ascii"]) == dispatch([]) == 0
    assert asked == [True, False]


# The run's process is played by the test --------------------------------------------


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    monkeypatch.setattr(follow, "GRACE_SECONDS", 0.0)
    with open_store() as opened:
        yield opened


def test_the_app_opens_a_stored_run(store, table_path, tmp_path, monkeypatch, capsys):
    run = store.create(small(table_path), RunOptions())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    asked = []
    monkeypatch.setattr(
        "tui.app.app.run_app",
        lambda data, *_, run, **__: asked.append((data, run)) or 0,
    )
    for name in (str(run.number), "last", run.id, run.id[:5]):
        assert dispatch([name]) == 0
    assert asked == [(None, run.id)] * 4
    assert dispatch(["99"]) == 2
    assert dispatch(["last", "--target", "sick"]) == 2
    said = capsys.readouterr().err
    assert "no run '99'" in said
    assert "the run has its own" in said
    # A table of that name is a table.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "99").write_bytes(table_path.read_bytes())
    assert dispatch(["99"]) == 0
    assert asked[-1] == ("99", None)


def test_ctrl_c_at_the_first_moment_cancels(store, table_path, monkeypatch, capsys):
    def start(store, run, **_):
        signal.raise_signal(signal.SIGINT)
        store.request_cancel(
            run.id
        )  # is overwritten where the interrupt is not held back
        with store._transaction() as db:
            db.execute("UPDATE runs SET cancel = 0")

    play_runs(monkeypatch, start)
    assert dispatch(["run", str(table_path), "--target", "sick"]) == 130
    (run,) = store.runs()
    assert run.status == "cancelled"
    assert "is cancelled; continue it with imbtui resume" in capsys.readouterr().err


def test_a_run_that_cannot_be_started_is_not_kept(store, table_path, monkeypatch):
    def start(store, run, **_):
        raise OSError("no more processes")

    play_runs(monkeypatch, start)
    assert dispatch(["run", str(table_path), "--target", "sick"]) == 1
    assert store.runs() == ()


def test_the_log_of_what_nobody_foresaw_is_kept(store, table_path, monkeypatch, capsys):
    def start(store, run, **_):
        log = store.log_path(run.id)
        log.write_text("all of it")
        error = {"code": "error", "message": "KeyError: 1", "fix": f"see {log}"}
        store.append(run.id, RunFinished(status="failed", seconds=1.0, error=error))

    play_runs(monkeypatch, start)
    assert dispatch(["run", str(table_path), "--target", "sick"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert Path(said.rpartition(" ")[2]).read_text() == "all of it"
    assert store.runs() == ()


def test_a_resumed_run_tells_only_what_is_new(store, table_path, monkeypatch, capsys):
    experiment = small(table_path, "untreated", data__target="sick")
    events = list(engine_run(experiment))
    cut = next(i for i, e in enumerate(events) if isinstance(e, TrialFinished)) + 1
    run = store.create(experiment, RunOptions())
    for event in (*events[:cut], RunFinished(status="cancelled", seconds=3600.0)):
        store.append(run.id, event)

    def start(store, run, **_):
        for event in events[cut:]:
            store.append(run.id, event)

    play_runs(monkeypatch, start)
    assert dispatch(["resume", "last", "--json"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[1:00:00] mixed.csv: 1 of 2 trials so far"
    assert not [line for line in lines if "trial 1/2" in line]
    assert all(line.startswith("[1:00:0") for line in lines)
    assert "done in 1:00:0" in lines[-1]


def test_reading_commands_make_no_files(tmp_path, capsys):
    path = tmp_path / "nowhere" / "q.sqlite"
    assert dispatch(["runs", "--store", str(path)]) == 0
    one = ("show", "watch", "resume", "cancel", "delete", "annotate", "rerun")
    for command in (*one, "compare"):
        assert dispatch([command, "last", "--store", str(path)]) == 2
        assert "imbtui run" in capsys.readouterr().err
    assert not path.parent.exists()


def test_a_run_of_another_version_hides_no_other(store, table_path, capsys):
    runs = [store.create(small(table_path), RunOptions()) for _ in range(2)]
    with store._transaction() as db:
        db.execute("UPDATE runs SET experiment = '{}' WHERE id = ?", (runs[0].id,))
    assert dispatch(["runs", "--json"]) == 0
    listed = {
        r["run"]: r["status"] for r in json.loads(capsys.readouterr().out)["runs"]
    }
    assert listed == {runs[0].id: "unreadable", runs[1].id: "queued"}
    assert dispatch(["runs"]) == 0
    for command in ("show", "watch", "resume"):
        assert dispatch([command, runs[0].id]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "another version" in line
    assert dispatch(["delete", runs[0].id]) == 0


@pytest.mark.parametrize("command", [(), ("run",), ("profile",)])
def test_a_misspelt_target_costs_no_start(command, tmp_path, capfd, monkeypatch):
    """The first line tells: no process is started, and no app."""
    path = tmp_path / "a.csv"
    path.write_text("age,stroke\n41,1\n")
    monkeypatch.setattr(subprocess, "Popen", None)
    assert main([*command, str(path), "--target", "strok"]) == 2
    said = capfd.readouterr().err
    assert "no column 'strok'. Did you mean 'stroke'?" in said
    assert "(--target)" in said
