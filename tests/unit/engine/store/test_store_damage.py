"""Sixty damaged stores: no wrong row, nothing taken away."""

from collections import Counter

import pytest

from engine.core.errors import StoreError
from engine.store import database, open_store
from engine.store.usage import check
from tests.support.kept_stores import content_of, damaged, files, quick_path, unpack

__all__ = ["quick_path"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All that the kept store holds."""
    return content_of(unpack(tmp_path_factory.mktemp("whole") / "s"))


def same(read, right):
    """Whether something is read as it was written, or refused in a line."""
    try:
        return read() == right
    except StoreError as error:
        return "\n" not in str(error)


def read_rightly(store, whole):
    """See that all of a store is as it was written, refused, or found by a check."""
    seen = check(store)
    assert seen or {run.id for run in store.runs()} == set(whole)
    for run in store.runs():
        if run.status == "unreadable":
            assert seen
            continue
        about = (run.created, run.experiment, run.options, run.note, run.tags)
        facts, events, artifacts = whole[run.id]
        assert (run.number, *about) == facts
        assert same(lambda id=run.id: store.events(id), events) or seen
        for name, data in artifacts.items():
            assert same(lambda id=run.id, n=name: store.artifact(id, n), data)


def outcome(path, whole):
    """Open a damaged store, and say what became of it."""
    before = path.read_bytes()
    try:
        store = open_store(path)
    except StoreError as error:
        return before, str(error)
    with store:
        if not store.notices:
            read_rightly(store, whole)
            return before, "read"
        (kept,) = path.parent.glob("runs.sqlite.damaged-*")
        assert kept.read_bytes() == before
        assert str(kept) in store.notices[0]
        assert store.runs() == ()
        return before, "moved"


def test_no_damage_ever_gives_a_wrong_row(quick_path, whole):
    pristine = unpack(quick_path / "pristine").read_bytes()
    count = Counter()
    for number in range(60):
        path = quick_path / str(number) / "runs.sqlite"
        path.parent.mkdir()
        path.write_bytes(damaged(pristine, number))
        if number % 8 < 6:  # it was opened before
            database.folder(path).mkdir()
            (database.folder(path) / "open.lock").touch()
        before, said = outcome(path, whole)
        if said not in ("read", "moved"):
            assert "\n" not in said
            assert files(path.parent) == {"runs.sqlite": before}
            said = "refused"
        count[said] += 1
    assert count["moved"] > 20
    assert count["read"] > 20
    assert count["refused"] < 10
