"""Writes that fail, each in turn: nothing committed is lost, nothing half is there."""

import errno
import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from engine.core.errors import DiskError, StoreError
from engine.core.events import RunFinished
from engine.store import database, open_store, usage
from engine.store.store import RunOptions
from tests.support.experiments import small
from tests.support.kept_stores import content, content_of, unpack
from tests.support.paths import ROOT, SUPPORT

STEP = 4000
"""Bytes between two sizes that no file may exceed: below one page of the store."""


def new(store):
    store.create(small("t.csv"), RunOptions())


def append(store):
    run = store.runs()[1]
    kept = {"oof/none": b"x" * 9000, "oof/more": b"y" * 9000}
    store.append(run.id, RunFinished(status="failed", seconds=1.0), kept)


def begin(store):
    store.begin(store.runs()[1].id, 1)


def annotate(store):
    store.annotate(store.runs()[0].id, note="x" * 1500, tags=["a"])


def delete(store):
    store.delete(store.runs()[-1].id)


def nothing(store):
    store.runs()


def state(store):
    """All that a store holds, as it can be compared."""
    return {
        run.id: (found, run.epoch, run.finished, store.progress(run.id))
        for run, found in zip(store.runs(), content(store).values(), strict=True)
    }


def _fail_at_each_size(folder, kept, act, answer):
    """Act on a store while no file may grow beyond a size; grow it until it works."""
    try:
        answer.put(_failures(folder, kept, act))
    except BaseException:
        answer.put(traceback.format_exc())


def _failures(folder, kept, act):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    origin = folder / "origin"
    before = {}
    if kept:
        with open_store(unpack(origin)) as store:
            before = state(store)
    for failed, size in enumerate(range(0, 10**7, STEP)):
        path = folder / f"{size}" / "runs.sqlite"
        path.parent.mkdir()
        if kept:
            shutil.copyfile(origin, path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        said = None
        try:
            with open_store(path) as store:
                act(store)
        except StoreError as error:
            said = error
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        with open_store(path) as store:
            after = state(store)
            assert store.problem is None, store.problem
            assert usage.check(store) == (), size
        shutil.rmtree(path.parent)
        if said is None:
            assert failed, "no size was too small"
            return failed, before != after
        assert "\n" not in str(said), said
        assert isinstance(said, DiskError), repr(said)
        assert after == before, (size, said)
    raise AssertionError("it never worked")


@pytest.fixture
def memory(tmp_path):
    """A folder in memory, if there is one: a thousand syncs take no time there."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK):
        yield tmp_path
        return
    folder = place / f"imbtui-test-{os.getpid()}"
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("act", "kept"),
    [
        (nothing, False),
        (new, False),
        (append, True),
        (begin, True),
        (annotate, True),
        (delete, True),
    ],
    ids=lambda x: getattr(x, "__name__", "kept" if x else "new"),
)
def test_whichever_write_fails_all_or_nothing_is_there(memory, act, kept):
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    child = context.Process(target=_fail_at_each_size, args=(memory, kept, act, answer))
    child.start()
    found = answer.get()
    child.join()
    assert not isinstance(found, str), found
    failed, differs = found
    assert failed > 1
    assert differs is (act is not nothing)


def test_a_full_disk_loses_nothing_and_is_written_again_once_there_is_room(tmp_path):
    way = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    mount = f"mount -t tmpfs -o size=400k none '{tmp_path}'"
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*way, "sh", "-c", mount], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no small disk can be mounted here")
    script = SUPPORT / "full_disk.py"
    run = subprocess.run(
        [
            *way,
            "sh",
            "-c",
            f'{mount} && exec "$0" "$@"',
            sys.executable,
            script,
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.stdout == "ok\n", run.stderr


@pytest.mark.parametrize(
    "code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG], ids=str
)
def test_what_the_system_says_of_a_full_disk_is_a_disk_error(tmp_path, code):
    def full():
        with database.translate_errors(tmp_path / "s"):
            raise OSError(code, os.strerror(code))

    with pytest.raises(DiskError, match="cannot be written") as said:
        full()
    assert said.value.code == "disk"
    assert str(tmp_path) in said.value.fix
    assert "free" in said.value.fix


def test_a_store_that_others_hold_is_a_disk_error_too(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with open_store(tmp_path / "s") as store:
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DiskError, match="is locked") as said:
            new(store)
        assert "\n" not in str(said.value)
        other.execute("ROLLBACK")
        other.close()
        new(store)
        assert len(store.runs()) == 1


@pytest.mark.parametrize("written", [b"", b"\1" * 4096])
def test_a_store_whose_maker_was_killed_is_made_again(tmp_path, written):
    # The journal was begun, and the first page perhaps written: nothing was there.
    path = tmp_path / "runs.sqlite"
    mark = bytes.fromhex("d9d505f920a163d7")
    numbers = b"".join(n.to_bytes(4, "big") for n in (0, 1, 0, 512, 4096))
    path.write_bytes(written)
    (tmp_path / "runs.sqlite-journal").write_bytes((mark + numbers).ljust(512, b"\0"))
    database.folder(path).mkdir()
    (database.folder(path) / "open.lock").touch()
    with open_store(path) as store:
        assert store.problem is None
        assert store.notices == ()
        run = store.create(small("t.csv"), RunOptions())
    with open_store(path) as store:
        assert store.runs() == (run,)


def test_a_path_that_begins_with_two_slashes_is_a_path(tmp_path):
    with open_store(f"/{tmp_path}/runs.sqlite") as store:
        run = store.create(small("t.csv"), RunOptions())
    with open_store(tmp_path / "runs.sqlite") as store:
        assert store.runs() == (run,)


def test_the_file_alone_has_what_was_written_by_whoever_closed_it(tmp_path):
    path = tmp_path / "runs.sqlite"
    with open_store(path) as reader:
        with open_store(path) as writer:
            new(writer)
        alone = shutil.copy(path, tmp_path / "copy.sqlite")
        assert len(content_of(alone)) == 1
        assert len(reader.runs()) == 1


def test_a_store_that_others_read_is_closed_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "CHECKPOINT_SECONDS", 0.01)
    path = tmp_path / "runs.sqlite"
    with open_store(path) as writer:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM runs").fetchone()
        new(writer)
    other.close()
    assert len(content_of(path)) == 1
