"""Where a store is: usual and unusual places, umasks, accounts, network disks."""

import errno
import multiprocessing
import os
import pwd
import shutil
import sqlite3
import stat
import tempfile
import traceback
from pathlib import Path

import pytest

from engine.core.errors import ReadOnlyError, StoreError
from engine.store import open_store, place, rows
from engine.store.store import RunOptions, default_path
from tests.support.experiments import small
from tests.support.kept_stores import unpack

NOBODY = 65534


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def public():
    """A folder that every account can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)


def _as_nobody(act, args, answer):
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        answer.put((None, act(*args)))
    except BaseException:
        answer.put((traceback.format_exc(), None))


def as_nobody(act, *args):
    """Call a function in a process that is not allowed everything."""
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    child = context.Process(target=_as_nobody, args=(act, args, answer))
    child.start()
    said, found = answer.get()
    child.join()
    assert said is None, said
    return found


def one_line(text):
    return "\n" not in text and len(text) < 1000  # paths are of any length


def test_the_usual_place_is_in_the_folder_for_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_path() == tmp_path / "state" / "imbtui" / "runs.sqlite"
    assert not (tmp_path / "state").exists()
    with open_store() as store:
        assert store.path == default_path()
        assert store.notices == ()
        assert store.problem is None


def _without_a_home(monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME")

    def unknown(_):
        raise KeyError("no such account")

    monkeypatch.setattr(pwd, "getpwuid", unknown)


def _with_an_empty_home(monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "")


def _with_a_file_for_a_home(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (_without_a_home, "there is no home folder"),
        (_with_an_empty_home, "there is no home folder"),
        (_with_a_file_for_a_home, "'/dev/null' is no folder"),
    ],
)
def test_without_a_home_runs_are_kept_in_the_temporary_folder(
    temporary, monkeypatch, odd, said
):
    monkeypatch.chdir(temporary)
    odd(monkeypatch)
    path = temporary / f"imbtui-{os.geteuid()}" / "runs.sqlite"
    assert default_path() == path
    with open_store(create=False) as store:
        assert store.runs() == ()
    for _ in range(2):
        with open_store() as store:
            assert store.path == path
            (notice,) = store.notices
            assert notice.startswith(f"{said}: runs are kept in {str(path)!r}")
            assert one_line(notice)
            store.create(small("t.csv"), RunOptions())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in temporary.iterdir()] == [path.parent.name]
    with open_store(create=False) as store:
        assert len(store.runs()) == 2


def _use_a_home_that_is_only_read(home, temporary):
    os.environ["XDG_STATE_HOME"] = str(home)
    tempfile.tempdir = str(temporary)
    with open_store() as store:
        store.create(small("t.csv"), RunOptions())
        return str(store.path), store.notices


def test_a_home_that_is_only_read_has_a_fallback(public):
    home, temporary = public / "home", public / "tmp"
    home.mkdir(mode=0o555)
    temporary.mkdir()
    temporary.chmod(0o1777)
    path, (notice,) = as_nobody(_use_a_home_that_is_only_read, home, temporary)
    assert path.startswith(str(temporary))
    assert notice.startswith(f"{str(home)!r} cannot be written: runs are kept in")


def test_a_place_that_was_named_has_no_fallback(tmp_path, temporary, monkeypatch):
    (tmp_path / "file").touch()
    for given in (tmp_path / "file" / "s", "~nobody-of-that-name/s", tmp_path):
        monkeypatch.setenv("IMBTUI_STORE", str(given))
        with pytest.raises(StoreError, match="the store '") as said:
            open_store()
        assert one_line(str(said.value))
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "file", "owner"])
def test_a_temporary_folder_of_somebody_else_is_not_used(
    tmp_path, temporary, monkeypatch, kind
):
    _with_an_empty_home(monkeypatch)
    folder = temporary / f"imbtui-{os.geteuid()}"
    if kind == "link":
        (tmp_path / "theirs").mkdir()
        folder.symlink_to(tmp_path / "theirs")
    elif kind == "file":
        folder.write_text("x")
    else:
        folder.mkdir()
        mine = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: mine + 1)
        folder.rename(temporary / f"imbtui-{mine + 1}")
    for create in (True, False):
        with pytest.raises(
            StoreError,
            match=r"no place to keep .* Name a file",
        ) as said:
            open_store(create=create)
        assert one_line(str(said.value))
    assert kind != "link" or not list((tmp_path / "theirs").iterdir())


def test_a_temporary_folder_that_others_may_read_is_refused(temporary, monkeypatch):
    _with_an_empty_home(monkeypatch)
    folder = temporary / f"imbtui-{os.geteuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreError, match="not a folder of your own"):
        open_store()


def test_without_any_place_there_is_one_line(monkeypatch):
    _with_an_empty_home(monkeypatch)

    def nowhere():
        raise FileNotFoundError(errno.ENOENT, "no usable temporary folder")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(
        StoreError, match="no place to keep runs: there is no home"
    ) as e:
        open_store()
    assert one_line(str(e.value))


def _use_with_umask(folder, umask):
    os.umask(umask)
    path = folder / "a" / "b" / "runs.sqlite"
    for _ in range(2):
        with open_store(path) as store:
            assert store.problem is None
            run = store.create(small("t.csv"), RunOptions())
            held = rows.RunLock(store.folder, run.id)
            assert held.acquire()
            assert rows.held(store.folder, run.id)
            held.release()
            modes = {
                str(p.relative_to(folder)): stat.S_IMODE(p.stat().st_mode)
                for p in folder.rglob("*")
            }
    with open_store(path) as store:
        return modes, len(store.runs())


@pytest.mark.parametrize("umask", [0o077, 0o000], ids=oct)
def test_whatever_the_umask_the_store_is_its_owners_alone(public, umask):
    folder = public / "f"
    folder.mkdir()
    folder.chmod(0o777)
    modes, runs = as_nobody(_use_with_umask, folder, umask)
    assert runs == 2
    folders = {"a", "a/b", "a/b/runs.sqlite.d"}
    assert {"a/b/runs.sqlite-wal", *folders} < set(modes)
    for name, mode in modes.items():
        assert mode == (0o700 if name in folders else 0o600), name


def _read_what_is_not_mine(path):
    with open_store(path) as store:
        with pytest.raises(ReadOnlyError, match="only read") as said:
            store.create(small("t.csv"), RunOptions())
        return (
            store.problem,
            str(said.value),
            [(r.number, len(store.events(r.id))) for r in store.runs()],
        )


def _refused(path):
    try:
        open_store(path).close()
    except StoreError as error:
        return str(error)
    return "it was opened"


@pytest.fixture
def theirs(public):
    """A function that puts a store, and changes beside it, where it is only read."""

    def made(pending=False):
        folder = public / "theirs"
        folder.mkdir()
        path = unpack(folder / "runs.sqlite")
        if pending:  # as after a power cut
            db = sqlite3.connect(path)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("UPDATE runs SET number = number + 10")
            db.commit()
            log = path.with_name("runs.sqlite-wal")
            copied = path.read_bytes(), log.read_bytes()
            db.close()
            path.write_bytes(copied[0])
            log.write_bytes(copied[1])
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        return path

    return made


def bytes_of(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_what_may_only_be_read_is_read(theirs):
    path = theirs()
    before = bytes_of(path.parent)
    problem, said, runs = as_nobody(_read_what_is_not_mine, path)
    assert one_line(problem)
    assert "cannot be written" in problem
    assert one_line(said)
    assert [number for number, _ in runs] == [3, 2, 1]
    assert [count for _, count in runs][:2] == [0, 6]
    assert bytes_of(path.parent) == before


def test_changes_that_cannot_be_read_are_not_left_out(theirs):
    path = theirs(pending=True)
    before = bytes_of(path.parent)
    said = as_nobody(_refused, path)
    assert "has changes beside it" in said
    assert one_line(said)
    assert bytes_of(path.parent) == before


def _read_then_write(path):
    open_store(path).close()
    path.chmod(0o400)
    with open_store(path) as store:
        assert store.problem
        assert store.runs() == ()
    path.chmod(0o600)
    with open_store(path) as store:
        return store.problem, store.create(small("t.csv"), RunOptions()).number


def test_a_store_that_was_only_read_can_be_written_again(public):
    public.chmod(0o777)
    assert as_nobody(_read_then_write, public / "runs.sqlite") == (None, 1)


def test_a_place_that_cannot_be_looked_at_is_said():
    assert place.unwritable(Path("/dev/null/runs.sqlite")) == "'/dev/null' is no folder"
