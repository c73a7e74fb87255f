"""Stores of other versions: refused in a line, and left as they are."""

import sqlite3
from contextlib import closing

import pytest

from engine.core.errors import StoreError
from engine.store import VERSION, open_store
from engine.store.store import RunOptions
from tests.support.documents import build
from tests.support.experiments import small
from tests.support.kept_stores import files, unpack


@pytest.fixture
def path(tmp_path):
    return unpack(tmp_path / "runs.sqlite")


def test_the_store_of_today_shows_its_runs(path):
    with open_store(path) as store:
        assert store.problem is None
        queued, part, done = store.runs()
        statuses = (queued.status, part.status, done.status)
        assert statuses == ("interrupted", "interrupted", "done")
        assert [run.number for run in (queued, part, done)] == [3, 2, 1]
        assert [len(store.events(run.id)) for run in (queued, part)] == [0, 6]
        document = build(store.state(done.id), run=done.id)
        assert [arm["status"] for arm in document["arms"]] == ["done", "done"]
        assert {"model/smote", "oof/smote", "test/untreated"} <= set(
            store.artifacts(done.id)
        )
        assert done.note == "the first one"
        assert store.queue(part.id)
        assert store.create(small("t.csv"), RunOptions()).number == 4


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (VERSION + 1, r"by a newer imbtui .*Update imbtui"),
        (VERSION - 1, r"by an older imbtui .*Open it with that one"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_a_store_of_another_version_is_refused_and_left(path, version, said, create):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("ALTER TABLE runs ADD COLUMN mood TEXT NOT NULL DEFAULT 'good'")
    db.close()
    before = files(path.parent)
    for _ in range(2):
        with pytest.raises(StoreError, match=said) as refused:
            open_store(path, create=create)
        assert f"version {version}" in str(refused.value)
        assert "\n" not in str(refused.value)
    assert files(path.parent) == before
