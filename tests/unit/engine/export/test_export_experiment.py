"""An exported experiment file runs anywhere, to the same numbers."""

import json
import shutil

import msgspec
import pytest

from engine.core.exports import ExportRequest
from engine.export.case import case
from engine.export.experiment import experiment_toml
from engine.export.write import plan, write
from engine.io.toml import reading
from engine.io.toml.reading import load_toml
from engine.store import RunOptions, open_store
from tests.support.documents import build
from tests.support.experiments import small
from tests.support.explained import execute_here
from tests.support.runs import timeless
from tests.support.searched import EVIL, searched


@pytest.fixture(scope="module")
def stored(failed_arm):
    """Small: it is run again."""
    return failed_arm


def asked(stored, path, **given):
    store, run = stored[:2]
    return ExportRequest(
        run=run, kind="experiment", path=str(path), store=store, **given
    )


def document(store, run):
    with open_store(store) as opened:
        found = build(opened.state(run), run=run)
    return timeless(json.loads(msgspec.json.encode(found)))


def stored_as(tmp_path, source, folder=None, **given):
    """Store a run that was not run, of some source."""
    experiment = small(source, "untreated", **given)
    path = tmp_path / "runs.sqlite"
    with open_store(path) as store:
        return str(path), store.create(experiment, RunOptions(folder=folder)).id


def test_a_run_from_the_file_says_the_same(stored, tmp_path, monkeypatch):
    store, run, table = mine = stored.copy(tmp_path / "far")
    out = table.with_name("mine.toml")
    done = write(asked(mine, out))
    assert [one.name for one in done.files] == ["mine.toml"]
    monkeypatch.chdir(tmp_path)
    experiment = reading.read(out.read_text(), name=out.name, folder=str(out.parent))
    again = execute_here(tmp_path / "again.sqlite", experiment)
    assert document(*again) == document(store, run)


def test_beside_its_table_the_file_names_it_alone_and_can_be_moved_with_it(
    stored, tmp_path, monkeypatch
):
    mine = stored.copy(tmp_path / "first")
    out = mine.table.parent / "beside.toml"
    write(asked(mine, out))
    said = out.read_text()
    assert f'source = "{mine.table.name}"' in said
    assert str(mine.table.parent) not in said
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.copy(mine.table, moved)
    monkeypatch.chdir(tmp_path)
    found = reading.read(said, name="e.toml", folder="moved").data.source
    assert (tmp_path / found).samefile(moved / mine.table.name)


def test_elsewhere_it_names_the_table_and_not_its_folder(stored, tmp_path):
    *_, table = stored
    told = plan(asked(stored, tmp_path / "e.toml"))
    assert any("another folder" in note for note in told.notes)
    write(asked(stored, tmp_path / "e.toml"))
    said = (tmp_path / "e.toml").read_text()
    assert load_toml(said).data.source == table.name
    assert str(table.parent) not in said
    assert "put the table beside" in said


def test_the_head_says_which_run_and_which_table(stored, tmp_path):
    write(asked(stored, tmp_path / "e.toml"))
    head = (tmp_path / "e.toml").read_text().split("\n\n")[0]
    info = case(asked(stored, "e.toml"), lambda *_: None).state.dataset
    for word in (stored[1], info.fingerprint, f"{info.rows} rows", "imbtui run"):
        assert word in head
    assert all(line.startswith("#") for line in head.splitlines())


def test_a_table_without_a_file_stays_as_it_is(tmp_path):
    for source in ("sample:moons", "make:moons?rows=300"):
        stored = stored_as(tmp_path, source, folder="/no/where")
        write(asked(stored, tmp_path / "e.toml", overwrite=True))
        said = (tmp_path / "e.toml").read_text()
        assert load_toml(said).data.source == source
        assert "another folder" not in said


def test_paths_are_seen_from_the_folder_of_the_file(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    failures = []
    for source, seen in (
        ("a.csv", "a.csv"),
        ("sub/a.csv", "sub/a.csv"),
        ("./sub/../a.csv", "a.csv"),
        ("odd/make:x.csv", "./odd/make:x.csv"),
        ("../up.csv", "up.csv"),
    ):
        given = {"folder": str(home), "data__test_source": "t.csv"}
        stored = stored_as(tmp_path, source, **given)
        write(asked(stored, home / "e.toml", overwrite=True))
        data = load_toml((home / "e.toml").read_text()).data
        if (data.source, data.test_source) != (seen, "t.csv"):
            failures.append((source, data.source, data.test_source))
    assert not failures


def test_what_came_by_a_pipe_is_said(tmp_path):
    stored = stored_as(tmp_path, "-", folder=str(tmp_path))
    write(asked(stored, tmp_path / "e.toml"))
    said = (tmp_path / "e.toml").read_text()
    assert load_toml(said).data.source == "-"
    assert "pipe it in again" in said


def test_names_of_the_data_are_values_and_nothing_else(tmp_path):
    stored = searched(tmp_path)
    one = case(asked(stored, "e.toml"), lambda *_: None)
    said = experiment_toml(one)
    assert load_toml(said).arms == one.experiment.arms
    bare = EVIL.partition("\n")[0]
    holding = [line for line in said.splitlines() if bare in line]
    assert len(holding) == 1
    assert holding[0].startswith('name = "')


def test_it_is_not_written_over_the_table_or_another_file(stored, tmp_path):
    (tmp_path / "e.toml").write_text("mine")
    with pytest.raises(Exception, match="exists already"):
        write(asked(stored, tmp_path / "e.toml"))
    assert (tmp_path / "e.toml").read_text() == "mine"
    write(asked(stored, tmp_path / "e.toml", overwrite=True))
    load_toml((tmp_path / "e.toml").read_text())
