"""Stores on file systems that other machines may have open, too."""

import errno
import fcntl
import multiprocessing
import os

import pytest

from engine.core.errors import StoreError
from engine.core.events import RunFinished
from engine.store import open_store, place, usage
from engine.store.store import RunOptions
from tests.support.experiments import small


def one_line(text):
    return "\n" not in text and len(text) < 1000  # paths are of any length


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """A function that says on which file system a folder is."""
    table = tmp_path.parent / f"{tmp_path.name}-mounts"
    monkeypatch.setattr(place, "MOUNTS", table)
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"

    def mount(kind, source):
        table.write_text(
            "22 1 0:99999 / /elsewhere rw,relatime shared:1 - ext4 /dev/root rw\n"
            "a line that is none\n"
            f"40 22 {number} / /my\\040disk rw shared:2 master:1 - {kind} {source} rw\n"
        )
        return tmp_path

    return mount


@pytest.fixture
def shared(mounted):
    """A function that says that a folder is on a network file system."""
    return lambda kind="nfs4": mounted(kind, "server:/x")


@pytest.mark.parametrize(
    ("source", "far"),
    [
        ("server:/x", True),
        ("//server/x", True),
        ("me@server:", True),
        ("10.0.0.1@tcp:/scratch", True),
        ("a,b:6789:/", True),
        ("/dev/sda1", False),
        ("/dev/disk/by-path/pci-0000:00:1f.2", False),
        ("tmpfs", False),
        ("pool/data", False),
    ],
)
def test_a_disk_of_another_machine_is_told_by_its_source(mounted, source, far):
    folder = mounted("kind", source)
    assert place.filesystem(folder) == ("kind", far)
    assert place.filesystem(folder / "untreated") == ("", False)


def test_without_a_table_of_mounts_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "MOUNTS", tmp_path / "untreated")
    assert place.filesystem(tmp_path) == ("", False)
    with open_store(tmp_path / "s") as store:
        assert store.notices == ()


@pytest.mark.parametrize("kind", ["nfs", "cifs", "lustre", "fuse.sshfs", "9p"])
def test_on_a_network_no_log_is_used_and_that_is_said(shared, kind):
    path = shared(kind) / "runs.sqlite"
    for count in range(2):
        with open_store(path) as store:
            (notice,) = store.notices
            assert f"network file system ({kind})" in notice
            assert one_line(notice)
            assert usage.usage(store).journal == "delete"
            assert usage.usage(store).filesystem == kind
            (sync,) = store._db.execute("PRAGMA synchronous").fetchone()
            assert sync == 3  # EXTRA
            run = store.create(small("t.csv"), RunOptions())
            store.append(run.id, RunFinished(status="done", seconds=1.0))
            with open_store(path) as other:
                assert len(other.runs()) == count + 1
            assert not path.with_name("runs.sqlite-wal").exists()


def test_a_store_that_came_to_a_network_disk_is_changed_when_it_is_free(
    shared, tmp_path
):
    path = tmp_path / "runs.sqlite"
    first = open_store(path)
    first.create(small("t.csv"), RunOptions())
    assert usage.usage(first).journal == "wal"
    shared()
    with open_store(path) as store:
        assert usage.usage(store).journal == "wal"
        assert "another process has the store open" in store.notices[0]
        assert len(store.notices) == 2
        assert len(store.runs()) == 1
    first.close()
    with open_store(path) as store:
        assert usage.usage(store).journal == "delete"
        assert len(store.notices) == 1
        assert len(store.runs()) == 1


def _die_while_writing(path):
    store = open_store(path)
    with store._transaction() as db:
        db.execute("PRAGMA cache_spill = 1")
        db.execute("PRAGMA cache_size = 1")
        for number in range(30):
            db.execute(
                "INSERT INTO artifacts SELECT id, ?, zeroblob(9000), x'00' FROM runs",
                (f"half/{number}",),
            )
        os._exit(9)


def test_what_was_half_written_on_a_network_disk_is_undone(shared):
    path = shared() / "runs.sqlite"
    with open_store(path) as store:
        run = store.create(small("t.csv"), RunOptions())
    child = multiprocessing.get_context("fork").Process(
        target=_die_while_writing, args=(path,)
    )
    child.start()
    child.join()
    assert child.exitcode == 9
    assert path.with_name("runs.sqlite-journal").stat().st_size
    with open_store(path) as store:
        assert store.problem is None
        assert store.artifacts(run.id) == {}
        store.annotate(run.id, note="x")


@pytest.mark.parametrize("what", ["lockf", "flock"])
def test_a_network_disk_whose_locks_do_not_work_is_refused(shared, monkeypatch, what):
    path = shared("beegfs") / "runs.sqlite"

    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, what, unsupported)
    with pytest.raises(StoreError, match="No locks available") as said:
        open_store(path)
    assert one_line(str(said.value))
    assert not list(path.parent.rglob(".locks*"))


def test_a_network_disk_whose_locks_lock_nothing_is_refused(shared, monkeypatch):
    path = shared() / "runs.sqlite"
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    with pytest.raises(StoreError, match="two may have one lock"):
        open_store(path)
