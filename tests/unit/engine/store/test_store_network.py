"""Stores on file systems that other machines may have open, too."""

import errno
import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import RunFinished
from engine.store import network, open_store, usage
from engine.store.store import RunOptions
from tests.support.experiments import small


def one_line(text):
    return "\n" not in text and len(text) < 1000  # paths are of any length


MOUNTS = """\
22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:40 / {base} rw shared:2 master:1 - {outer} server:/x rw,vers=4.2
41 22 0:41 / {base}/local\\040disk rw - xfs /dev/sdb rw
42 22 0:42 / {base}/covered rw - nfs server:/y rw
43 22 0:43 / {base}/covered rw - tmpfs none rw
a line that is none
"""


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A folder that is said to be on a network file system."""

    def mount(kind="nfs4"):
        table = tmp_path.parent / f"{tmp_path.name}-mounts"
        table.write_text(MOUNTS.format(base=tmp_path, outer=kind))
        monkeypatch.setattr(network, "MOUNTS", table)
        return tmp_path

    return mount


def test_the_file_system_of_a_path_is_that_of_the_longest_mount(shared, tmp_path):
    shared()
    (tmp_path / "to").symlink_to(tmp_path / "local disk")
    for name, kind in (
        ("", "nfs4"),
        ("x/y", "nfs4"),
        ("local disk/a", "xfs"),
        ("local disks", "nfs4"),
        ("covered/z", "tmpfs"),
        ("to/a", "xfs"),
        ("local disk/../a", "nfs4"),
    ):
        assert network.filesystem(tmp_path / name) == kind, name
    assert network.filesystem(Path("/somewhere")) == "ext4"


def test_without_a_table_of_mounts_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(network, "MOUNTS", tmp_path / "none")
    assert network.filesystem(tmp_path) == ""
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
    with pytest.raises(StoreError, match=r"locks do not work: No locks.*local") as said:
        open_store(path)
    assert one_line(str(said.value))
    assert not list(path.parent.rglob(".locks*"))


def test_a_network_disk_whose_locks_lock_nothing_is_refused(shared, monkeypatch):
    path = shared() / "runs.sqlite"
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    with pytest.raises(StoreError, match="two may have one lock"):
        open_store(path)
