"""Stores of every version that was released: opened, brought up to date, read."""

import multiprocessing
import os
import shutil
import sqlite3
import stat

import pytest

from engine.document import build
from engine.errors import DiskError, ReadOnlyError, StoreError
from engine.events import RunFinished
from engine.store import backup, health, migrations, open_store, place, shape
from engine.store.migrations import VERSION
from engine.store.store import RunOptions
from tests.support.experiments import small
from tests.support.kept_stores import FOLDER, content, content_of, files, unpack

VERSIONS = range(1, VERSION + 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


@pytest.fixture
def newer(path):
    """A store that a newer imbtui has written."""
    unpack(path, VERSION)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
        db.execute("ALTER TABLE runs ADD COLUMN mood TEXT NOT NULL DEFAULT 'good'")
    db.close()
    return path


def raw_version(path):
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA user_version").fetchone()[0]
    finally:
        db.close()


def dump(path):
    db = sqlite3.connect(path)
    try:
        return list(db.iterdump())
    finally:
        db.close()


def test_a_store_of_each_version_is_kept():
    """Raise VERSION, and run tests/stores/make_fixture.py."""
    kept = {file.name for file in FOLDER.glob("*.gz")}
    assert kept == {f"v{version}.sqlite.gz" for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_of_any_version_shows_its_runs(path, version):
    unpack(path, version)
    assert raw_version(path) == version
    with open_store(path) as store:
        assert store.problem is None
        queued, part, done = store.runs()
        statuses = (queued.status, part.status, done.status)
        assert statuses == ("interrupted", "interrupted", "done")
        assert [run.number for run in (queued, part, done)] == [3, 2, 1]
        assert [len(store.events(run.id)) for run in (queued, part)] == [0, 6]
        document = build(store.state(done.id), run=done.id)
        assert [arm["status"] for arm in document["arms"]] == ["done", "done"]
        assert {"model/smote", "oof/smote", "test/none"} <= set(
            store.artifacts(done.id)
        )
        assert done.note == ("the first one" if version > 1 else "")
        assert store.queue(part.id)
        new = store.create(small("t.csv"), RunOptions())
        assert new.number == 4
    assert raw_version(path) == VERSION


def test_an_upgraded_store_looks_like_a_new_one(path, tmp_path):
    open_store(unpack(path, 1)).close()
    open_store(tmp_path / "new.sqlite").close()
    shapes = []
    for one in (path, tmp_path / "new.sqlite"):
        with sqlite3.connect(one) as db:
            assert shape.wrong(db, VERSION) is None
            shapes.append(
                db.execute(
                    "SELECT type, name, tbl_name, rootpage FROM sqlite_master"
                ).fetchall()
            )
        db.close()
    assert shapes[0] == shapes[1]  # a damaged first page is mended with a new one's


def test_an_upgrade_keeps_a_copy_and_happens_once(path):
    before = content_of_version_1(path)
    with open_store(path) as store:
        (notice,) = store.notices
        once = content(store)
    (copy,) = path.parent.glob("runs.sqlite.version-1-*")
    assert str(copy) in notice
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert dump(copy) == before
    written = dump(path)
    with open_store(path) as store:
        assert store.notices == ()
        assert content(store) == once
    assert dump(path) == written
    assert len(list(path.parent.glob("runs.sqlite.version-1-*"))) == 1


def content_of_version_1(path):
    return dump(unpack(path, 1))


def _die_while_migrating(path):
    step = migrations.STEPS[1]

    def dying(db):
        step(db)
        os._exit(9)

    migrations.STEPS[1] = dying
    open_store(path)


def test_an_upgrade_that_is_killed_leaves_the_old_store(path):
    before = content_of_version_1(path)
    for _ in range(2):
        child = multiprocessing.get_context("fork").Process(
            target=_die_while_migrating, args=(path,)
        )
        child.start()
        child.join()
        assert child.exitcode == 9
    assert raw_version(path) == 1
    assert dump(path) == before
    with open_store(path) as store:
        assert store.problem is None
        assert len(store.runs()) == 3
    assert raw_version(path) == VERSION
    assert len(list(path.parent.glob("runs.sqlite.version-1-*"))) == 1


def test_without_room_for_a_copy_an_old_store_is_left_alone(path, monkeypatch):
    before = content_of_version_1(path)
    used = shutil.disk_usage(path)
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: used._replace(free=1000))
    with pytest.raises(DiskError, match="no room for a copy") as caught:
        open_store(path)
    assert "\n" not in str(caught.value)
    assert dump(path) == before
    assert [p.name for p in path.parent.iterdir() if p.is_file()] == ["runs.sqlite"]


def test_a_newer_store_is_read_said_and_copied_once(newer):
    bytes_before = newer.read_bytes()
    for _ in range(3):
        with open_store(newer) as store:
            assert store.readonly
            assert f"newer imbtui (version {VERSION + 1}" in store.problem
            assert "\n" not in store.problem
            (notice,) = store.notices
            assert [run.number for run in store.runs()] == [3, 2, 1]
            assert len(store.artifacts(store.runs()[-1].id)) > 3
    (copy,) = newer.parent.glob("runs.sqlite.newer-*")
    assert str(copy) in notice
    assert copy.read_bytes() == newer.read_bytes() == bytes_before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_every_write_to_a_newer_store_is_refused_in_a_line(newer):
    before = newer.read_bytes()
    with open_store(newer) as store:
        run = store.runs()[0]
        for write in (
            lambda: store.create(small("t.csv"), RunOptions()),
            lambda: store.queue(run.id),
            lambda: store.begin(run.id, 1),
            lambda: store.beat(run.id, 0),
            lambda: store.annotate(run.id, note="x"),
            lambda: store.append(run.id, RunFinished(status="done", seconds=1.0)),
            lambda: store.ask_cancel(run.id),
            lambda: store.delete(run.id),
        ):
            with pytest.raises(ReadOnlyError, match=r"newer imbtui.*Update") as caught:
                write()
            assert "\n" not in str(caught.value)
    assert newer.read_bytes() == before


def test_a_newer_store_without_our_columns_says_so(newer):
    with sqlite3.connect(newer) as db:
        db.execute("ALTER TABLE runs RENAME COLUMN experiment TO plan")
    db.close()
    with (
        open_store(newer) as store,
        pytest.raises(StoreError, match=r"newer imbtui.*no such column") as caught,
    ):
        store.runs()
    assert "\n" not in str(caught.value)


def test_a_copy_of_a_newer_store_is_made_for_each_content(newer):
    open_store(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("UPDATE runs SET mood = 'bad'")
    db.close()
    for _ in range(2):
        open_store(newer).close()
    copies = sorted(newer.parent.glob("runs.sqlite.newer-*"))
    assert len(copies) == 2
    assert {copy.read_bytes() for copy in copies} >= {newer.read_bytes()}


def test_a_copy_that_cannot_be_made_is_said_and_no_error(newer, monkeypatch):
    used = shutil.disk_usage(newer)
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: used._replace(free=1))
    with open_store(newer) as store:
        assert len(store.runs()) == 3
        (notice,) = store.notices
    assert "no copy could be made" in notice
    assert "No space left" in notice
    assert list(files(newer.parent)) == ["runs.sqlite"]


def test_the_kept_stores_hold_the_same_experiment(tmp_path):
    found = [
        facts[2]
        for version in VERSIONS
        for facts, _, _ in content_of(
            unpack(tmp_path / f"{version}.sqlite", version)
        ).values()
    ]
    assert len(found) == 3 * VERSION
    assert all(one == found[0] for one in found)


def test_a_process_that_was_there_before_an_upgrade_ends_as_usual(path):
    unpack(path, 1)
    with open_store(path) as store:
        (run,) = [run for run in store.runs() if run.number == 2]
        store.annotate(run.id, note="still at it")
        with sqlite3.connect(path) as db:  # what version 1 writes: it knows no seal
            db.execute(
                "UPDATE runs SET status = 'failed', finished = 5.0 WHERE id = ?",
                (run.id,),
            )
        db.close()
        assert store.run(run.id).status == "failed"
        assert store.run(run.id).note == "still at it"
        assert health.check(store) == ()


def test_a_salvage_of_an_old_store_mixes_nothing_up(path, monkeypatch):
    unpack(path, 1)
    monkeypatch.setattr(place, "unwritable", lambda path: "it is only read")
    with open_store(path) as store:
        assert (store.version, store.readonly) == (1, True)
        known = content(store)
        monkeypatch.undo()
        saved = health.salvage(store, path.with_name("saved.sqlite"))
    assert saved.lost == ()
    assert content_of(path.with_name("saved.sqlite")) == known
