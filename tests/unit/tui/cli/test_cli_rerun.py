"""`imbtui rerun` and the notes of new runs; the run's process is played."""

from __future__ import annotations

import os

import pytest

from engine.core.events import RunFinished
from engine.store import Run, RunOptions, Store
from tests.support import store_samples
from tests.support.console_samples import events
from tests.support.experiments import small
from tui.cli.parser import dispatch


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store, and a run process that is done at once."""
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    here = tmp_path / "elsewhere"
    here.mkdir()
    monkeypatch.chdir(here)

    def start(store: Store, run: Run, **_: object) -> None:
        for event in events({"untreated": {"fixed": (161, 0)}}):
            store.append(run.id, event)

    monkeypatch.setattr("engine.service.client.start", start)
    with store_samples.opened(tmp_path) as opened:
        yield opened


@pytest.fixture
def first(store: Store, tmp_path) -> Run:
    """A run that read a table by a relative path, in a folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "t.csv").write_text("a,y\n1,0\n")
    wanted = small(
        "t.csv", "untreated", "smote", data__target="y", split__test_size=0.3
    )
    options = RunOptions(executor="processes", jobs=3, memory=2**30, folder=str(folder))
    run = store.create(wanted, options)
    store.append(run.id, RunFinished(status="cancelled", seconds=1.0))
    return store.run(run.id)


def test_with_no_change_it_repeats_and_says_so(store, first, capsys) -> None:
    assert dispatch(["rerun", first.id[:6], "--json"]) == 0
    again = store.run("last")
    assert again.id != first.id
    assert again.experiment == first.experiment
    assert again.options == first.options
    assert again.note == f"again: {first.id}"
    assert f"{first.title} is repeated" in capsys.readouterr().err
    assert store.run(first.id).status == "cancelled"


def test_changes_are_made_to_what_it_was(store, first, capsys) -> None:
    options = [
        "--trials",
        "7",
        "--methods",
        "enn",
        "--test-size",
        "0.25",
        "--seed",
        "3",
    ]
    assert dispatch(["rerun", "last", *options, "--positive", "1"]) == 0
    again = store.run("last").experiment
    assert again.search.trials == 7
    assert again.search.folds == first.experiment.search.folds
    assert [arm.name for arm in again.arms] == ["untreated", "enn"]
    assert (again.split.test_size, again.seed) == (0.25, 3)
    assert (again.data.target, again.data.positive) == ("y", "1")
    assert again.model == first.experiment.model
    assert "nothing is changed" not in capsys.readouterr().err


def test_how_it_runs_is_as_it_was_unless_said(store, first, capsys) -> None:
    assert dispatch(["rerun", "last", "--jobs", "1", "--executor", "local"]) == 0
    again = store.run("last").options
    assert (again.executor, again.jobs, again.memory) == ("local", 1, 2**30)
    assert again.folder == first.options.folder
    assert "with other execution settings" in capsys.readouterr().err
    assert dispatch(["rerun", "last", "--executor", "cloud"]) == 2


def test_a_scheduler_goes_with_its_executor(store) -> None:
    options = RunOptions(executor="dask", scheduler="tls://host:8786")
    wanted = small("sample:moons", "untreated")
    old = store.create(wanted, options)
    store.append(old.id, RunFinished(status="done", seconds=1.0))
    assert dispatch(["rerun", old.id, "--executor", "inline", "--quiet"]) == 0
    assert store.run("last").options.scheduler is None
    assert dispatch(["rerun", old.id, "--jobs", "2", "--quiet"]) == 0
    assert store.run("last").options.scheduler == "tls://host:8786"


def test_its_own_note_is_kept(store, first) -> None:
    assert dispatch(["rerun", "last", "--note", "with more", "--quiet"]) == 0
    assert store.run("last").note == "with more"
    assert dispatch(["rerun", "last", "--note", "", "--quiet"]) == 0
    assert store.run("last").note == ""
    before = len(store.runs())
    assert dispatch(["rerun", "last", "--note", "x" * 3000]) == 2
    assert len(store.runs()) == before


def test_a_test_file_is_of_the_folder_it_is_named_in(store, tmp_path) -> None:
    first = store.create(small("sample:moons", "untreated"), RunOptions())
    store.append(first.id, RunFinished(status="done", seconds=1.0))
    here = tmp_path / "elsewhere" / "more.csv"
    here.write_text("a,y\n1,0\n")
    assert dispatch(["rerun", first.id, "--test", "none.csv", "--quiet"]) == 2
    assert dispatch(["rerun", first.id, "--test", "more.csv", "--quiet"]) == 0
    assert store.run("last").experiment.data.test_source == os.fspath(here)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--preset", "quick"], "Leave it out"),
        (["--trials", "0"], "of 1 or more"),
        (["--methods", "smotee"], "mean 'smote'"),
        (["--notify", "gong"], "bell"),
    ],
)
def test_what_goes_wrong_is_one_line_and_starts_nothing(
    store, first, capsys, options, said
) -> None:
    assert dispatch(["rerun", "last", *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert [run.id for run in store.runs()] == [first.id]


def test_a_table_that_is_gone_is_said(store, first, tmp_path, capsys) -> None:
    (tmp_path / "work" / "t.csv").unlink()
    assert dispatch(["rerun", "last", "--quiet"]) == 2
    assert "cannot read 't.csv'" in capsys.readouterr().err
    (tmp_path / "work").rmdir()
    # One of that name where the command is called is another table.
    (tmp_path / "elsewhere" / "t.csv").write_text("b,y\n1,0\n")
    assert dispatch(["rerun", "last", "--quiet"]) == 2
    assert "which is missing" in capsys.readouterr().err
    assert len(store.runs()) == 1


def test_a_sample_needs_no_folder(store, tmp_path) -> None:
    gone = RunOptions(folder=str(tmp_path / "gone"))
    run = store.create(small("sample:moons", "untreated"), gone)
    store.append(run.id, RunFinished(status="done", seconds=1.0))
    assert dispatch(["rerun", run.id, "--quiet"]) == 0
    assert store.run("last").options.folder is None


def test_a_run_of_another_version_cannot_be_repeated(store, first, capsys) -> None:
    with store._transaction() as db:
        db.execute("UPDATE runs SET experiment = '{}'")
    assert dispatch(["rerun", first.id]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"run {first.number} was written by another version" in line
    assert dispatch(["rerun", "nothing"]) == 2


def test_a_new_run_takes_a_note(store, tmp_path, table_path) -> None:
    command = ["run", str(table_path), "--target", "sick", "--quiet", "--detach"]
    assert dispatch([*command, "--note", "first of all"]) == 0
    assert store.run("last").note == "first of all"
    assert dispatch(command) == 0
    assert store.run("last").note == ""
