"""Sixty damaged stores: no wrong row, and no whole run lost."""

import sqlite3

import pytest

from engine.errors import StoreError
from engine.store import health, open_store
from engine.store.migrations import VERSION
from tests.support.kept_stores import PAGE, content_of, damaged, quick_path, unpack

__all__ = ["quick_path"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All that the kept store holds."""
    return content_of(unpack(tmp_path_factory.mktemp("whole") / "s", VERSION))


def same(read, right):
    """Whether something is read as it was written, or refused in a line."""
    try:
        return read() == right
    except StoreError as error:
        return "\n" not in str(error)


def read_and_salvaged(path, whole):
    """Read all of a damaged store; return what a salvage of it holds."""
    with open_store(path) as store:
        for run in store.runs():
            if run.status == "unreadable":
                continue
            about = (run.created, run.experiment, run.options, run.note, run.tags)
            facts, events, artifacts = whole[run.id]
            assert (run.number, *about) == facts
            if store.damaged and not run.ended:
                events = events[: len(store.events(run.id))]  # its end may be lost
            assert same(lambda id=run.id: store.events(id), events)
            for name, data in artifacts.items():
                assert same(lambda id=run.id, n=name: store.artifact(id, n), data)
        saved = health.salvage(store, path.with_name("saved"))
        assert not saved.lost or store.damaged or health.check(store)
        return store.damaged, saved, content_of(path.with_name("saved"))


def blobs(path):
    """What is stored of each run, as it lies in the file."""
    db = sqlite3.connect(path)
    found = {}
    for statement in (
        "SELECT id, experiment FROM runs",
        "SELECT id, options FROM runs",
        "SELECT id, seal FROM runs",
        "SELECT run, payload FROM events",
        "SELECT run, payload FROM artifacts",
    ):
        for run_id, data in db.execute(statement):
            found.setdefault(run_id, []).append(data)
    db.close()
    return found


def homes(data, stored):
    """The pages that hold a run's rows, told by looking for their bytes."""
    pages = set()
    for blob in stored:
        for at in range(0, len(blob), 40):
            piece = blob[at : at + 40]
            where = data.find(piece)
            while len(piece) > 8 and where >= 0:
                pages |= {where // PAGE, (where + len(piece) - 1) // PAGE}
                where = data.find(piece, where + 1)
    return pages


def changed(one, other):
    return {
        at // PAGE
        for at in range(0, len(one), PAGE)
        if one[at : at + PAGE] != other[at : at + PAGE]
    }


def test_no_damage_ever_gives_a_wrong_row(quick_path, whole):
    kept = unpack(quick_path / "pristine", VERSION)
    pristine = kept.read_bytes()
    pages_of = {run: homes(pristine, found) for run, found in blobs(kept).items()}
    complete, refused, untouched = 0, 0, 0
    for number in range(60):
        path = quick_path / str(number) / "runs.sqlite"
        path.parent.mkdir()
        path.write_bytes(damaged(pristine, number))
        before = path.read_bytes()
        try:
            found, saved, left = read_and_salvaged(path, whole)
        except StoreError as error:
            refused += 1
            line = str(error)
            assert "\n" not in line, line
            assert path.read_bytes() == before
            continue
        assert not found or path.read_bytes() == before, number
        assert saved.lost or left == whole, number
        complete += left == whole
        spoilt = changed(pristine, before)
        for run_id, pages in pages_of.items():
            if not spoilt & pages:
                untouched += 1
                assert left[run_id] == whole[run_id], number
        for run_id, (facts, events, artifacts) in left.items():
            assert facts[2:4] == whole[run_id][0][2:4], number
            assert events == whole[run_id][1][: len(events)], number
            assert artifacts.items() <= whole[run_id][2].items(), number
    assert complete >= 5
    assert refused <= 5
    assert untouched > 60  # of 180
