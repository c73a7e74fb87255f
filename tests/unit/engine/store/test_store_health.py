"""Damaged stores: found, moved aside, checked, and recovered by SQLite's own way."""

import multiprocessing
import os
import sqlite3
import stat
import subprocess
from contextlib import closing

import pytest

from engine.core.errors import EngineError, StoreError
from engine.core.events import RunFinished
from engine.store import database, open_store, opening, rows
from engine.store.store import RunOptions
from engine.store.usage import check
from tests.support.experiments import small
from tests.support.kept_stores import content, content_of, files, unpack

PAGE = 4096


@pytest.fixture
def path(tmp_path):
    return unpack(tmp_path / "runs.sqlite")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All that the kept store holds."""
    return content_of(unpack(tmp_path_factory.mktemp("whole") / "s"))


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def spoil(path, table):
    """Damage the header of a page of a table, and of nothing else."""
    db = sqlite3.connect(path)
    (root,) = db.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
    ).fetchone()
    db.close()
    overwrite(path, (root - 1) * PAGE, b"\xee" * 12)


def logged(path, note):
    """Leave a change of a store in its log, as after a power cut."""
    with open_store(path) as store:
        store.annotate(store.runs()[0].id, note=note)
        pieces = path.read_bytes(), path.with_name("runs.sqlite-wal").read_bytes()
    path.write_bytes(pieces[0])
    path.with_name("runs.sqlite-wal").write_bytes(pieces[1])
    return pieces[1]


def looked(monkeypatch):
    """Return a list that gets an item for each look at all pages of a store."""
    looks, remember = [], opening._remember
    monkeypatch.setattr(
        opening, "_remember", lambda *args: looks.append(args) or remember(*args)
    )
    monkeypatch.setattr(opening, "vouch", lambda _: None)
    return looks


def test_a_whole_store_is_checked_once_for_each_content(path, monkeypatch):
    open_store(path).close()  # it is written as on a local disk from now on
    with monkeypatch.context() as patch:
        looks = looked(patch)
        for _ in range(3):
            with open_store(path) as store:
                assert check(store) == ()
    with open_store(path) as store:
        store.annotate(store.runs()[0].id, note="changed by us")
    looks2 = looked(monkeypatch)
    open_store(path).close()
    assert looks == looks2 == []
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE runs SET cancel = 1")  # by another user
    db.close()
    for _ in range(3):
        with open_store(path) as store:
            assert check(store) == ()
    assert len(looks2) == 1


def test_a_store_that_was_not_closed_is_looked_at_again(path, monkeypatch):
    open_store(path).close()
    child = multiprocessing.get_context("fork").Process(
        target=_write_and_die, args=(path,)
    )
    child.start()
    child.join()
    looks = looked(monkeypatch)
    with open_store(path) as store:
        assert store.runs()[0].note == "and dies"
    assert len(looks) == 1


def test_a_store_that_a_run_works_in_is_not_looked_at_all_the_time(path, monkeypatch):
    with open_store(path) as store:
        looks = looked(monkeypatch)
        run = store.runs()[0]
        held = rows.RunLock(store.folder, run.id)
        assert held.acquire()
        for note in ("one", "two"):
            store.annotate(run.id, note=note)
            open_store(path).close()
        assert looks == []
        held.release()
        store.annotate(run.id, note="three")
        open_store(path).close()
        assert len(looks) == 1


def _write_and_die(path):
    store = open_store(path)
    store.annotate(store.runs()[0].id, note="and dies")
    os._exit(9)


def test_damage_of_the_same_size_and_time_elsewhere_is_looked_for(path):
    """What is remembered is of the file that was looked at, and of no copy of it."""
    open_store(path).close()
    other = path.with_name("other.sqlite")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    spoil(other, "events")
    other.replace(path)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(path, create=False)


@pytest.mark.parametrize("odd", [b"", b"[]", b"2 3 4", b"\0" * 300])
def test_what_is_remembered_is_private_and_no_matter_when_it_is_odd(path, odd):
    open_store(path).close()
    remembered = database.folder(path) / "open.lock"
    assert stat.S_IMODE(remembered.stat().st_mode) == 0o600
    remembered.write_bytes(odd)
    with open_store(path) as store:
        assert store.problem is None
        assert store.notices == ()


def test_a_damaged_store_is_moved_aside_and_a_new_one_made(path):
    open_store(path).close()
    spoil(path, "artifacts")
    before = path.read_bytes()
    with open_store(path) as store:
        (notice,) = store.notices
        assert store.runs() == ()
        assert store.create(small("t.csv"), RunOptions()).number == 1
    (kept,) = path.parent.glob("runs.sqlite.damaged-*")
    assert kept.read_bytes() == before
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "was damaged (" in notice
    assert f"sqlite3 {kept} .recover" in notice
    assert "\n" not in notice
    with open_store(path) as store:
        assert store.notices == ()
        assert len(store.runs()) == 1
    spoil(path, "runs")
    open_store(path).close()
    assert len(list(path.parent.glob("runs.sqlite.damaged-*"))) == 2


def test_who_only_reads_moves_nothing(path):
    spoil(path, "artifacts")
    before = files(path.parent)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"is damaged \(.*\.recover") as said:
            open_store(path, create=False)
        assert "\n" not in str(said.value)
    assert files(path.parent) == before


def test_a_store_that_a_run_is_at_work_in_is_not_moved(path):
    with open_store(path) as store:
        held = rows.RunLock(store.folder, store.runs()[0].id)
    overwrite(path, 100, b"\xee" * 12)
    assert held.acquire()
    with pytest.raises(StoreError, match="a run uses it"):
        open_store(path)
    held.release()
    assert not list(path.parent.glob("*.damaged-*"))
    with open_store(path) as store:
        assert "was damaged" in store.notices[0]


def test_changes_not_yet_in_a_damaged_file_go_with_it(path):
    open_store(path).close()
    assert b"in the log" in logged(path, "in the log")
    overwrite(path, 2 * PAGE, b"\xee" * 12)  # the index of ids
    assert b"in the log" not in path.read_bytes()
    open_store(path).close()
    kept = path.parent.glob("runs.sqlite.damaged-*")
    assert any(b"in the log" in file.read_bytes() for file in kept)
    assert b"in the log" not in path.read_bytes()


def test_an_emptied_file_takes_its_changes_along(path):
    open_store(path).close()
    log = logged(path, "x")
    path.write_bytes(b"")
    with open_store(path) as store:
        assert "it is empty, and what is beside it is not" in store.notices[0]
    (kept,) = path.parent.glob("runs.sqlite.damaged-*-wal")
    assert kept.read_bytes() == log


@pytest.mark.parametrize("at", [0, 16, 100, 105], ids=str)
def test_a_damaged_first_page_is_found(path, at):
    open_store(path).close()
    overwrite(path, at, b"\xee" * 12)
    before = path.read_bytes()
    with open_store(path) as store:
        assert "was damaged" in store.notices[0]
    (kept,) = path.parent.glob("runs.sqlite.damaged-*")
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    ("at", "said"),
    [(68, "it is another program's file"), (3500, "is not as it was made")],
)
def test_what_sqlite_takes_for_whole_is_refused_and_stays(path, at, said):
    """It may be another program's, or hold what a user added: nothing is moved."""
    open_store(path).close()
    overwrite(path, at, b"\xee" * 12)
    before = files(path.parent)
    for create in (True, False):
        with pytest.raises(StoreError, match=said):
            open_store(path, create=create)
    assert files(path.parent) == before


def test_an_index_of_the_users_own_is_named_and_nothing_is_moved(path):
    open_store(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE INDEX mine ON runs (created)")
    db.close()
    with pytest.raises(StoreError, match="its index 'mine' is none of imbtui's"):
        open_store(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP INDEX mine")
    db.close()
    with open_store(path) as store:
        assert store.runs()


def test_a_damaged_store_that_another_imbtui_has_open_is_not_moved(path):
    with open_store(path):
        spoil(path, "artifacts")
        with pytest.raises(StoreError, match="another imbtui has it open"):
            open_store(path)
    assert not list(path.parent.glob("*.damaged-*"))


def test_a_store_that_is_locked_is_not_damaged(path, monkeypatch):
    """Whatever SQLite says besides damage, nothing is moved."""
    open_store(path).close()
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL

    def wrong(*_):
        raise error

    monkeypatch.setattr(database, "schema_problem", wrong)
    with pytest.raises(EngineError, match="is locked"):
        open_store(path)
    assert not list(path.parent.glob("*.damaged-*"))


@pytest.mark.parametrize("table", ["artifacts", "sqlite_autoindex_runs_1"])
def test_what_sqlite_recovers_is_a_store(path, whole, table):
    open_store(path).close()
    spoil(path, table)
    new = path.with_name("new.sqlite")
    command = database.recovery(path).partition(" copies")[0].replace("NEW", str(new))
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    if done.returncode or done.stderr:  # Debian 12 has one without
        pytest.skip("there is no sqlite3 program that knows .recover")
    with open_store(new) as store:
        assert store.notices == ()
        assert {run.id for run in store.runs()} == set(whole)
        for run_id, (facts, events, _) in whole.items():
            assert store.run(run_id).note == facts[4]
            assert store.events(run_id) == events


def test_rows_that_were_recovered_without_a_place_are_no_damage(path, whole):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE lost_and_found(rootpgno INTEGER, pgno INTEGER, nfield "
            "INTEGER, id INTEGER, c0, c1, c2)"
        )
    db.close()
    assert content_of(path) == whole


def test_a_check_names_each_row_that_is_not_what_was_written(path, whole):
    newest, _, oldest = whole
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE runs SET note = 'forged' WHERE id = ?", (oldest,))
        db.execute("UPDATE runs SET experiment = x'7b7d' WHERE id = ?", (newest,))
        db.execute(
            "UPDATE events SET checksum = x'00' WHERE run = ? AND seq = 3", (oldest,)
        )
        db.execute("DELETE FROM artifacts WHERE name LIKE 'oof/%'")
        db.execute("UPDATE artifacts SET payload = x'00' WHERE name = 'model/smote'")
    db.close()
    with open_store(path) as store:
        assert store.problem is None  # the pages are whole
        assert set(check(store)) == {
            f"the experiment of run {newest} is not what was written",
            f"the row of run {oldest} is not what was written",
            f"result 3 of run {oldest} is damaged: it is not what was written",
            f"model/smote of run {oldest} is damaged: it is not what was written",
        }
        statuses = {run.id: run.status for run in store.runs()}
        assert statuses[oldest] == statuses[newest] == "unreadable"
        with pytest.raises(StoreError, match="result 3 of run"):
            store.events(oldest)
        assert store.events(oldest, after=3) == whole[oldest][1][3:]


def test_a_result_that_is_missing_is_found(path, whole):
    oldest = list(whole)[-1]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM events WHERE run = ? AND seq = 2", (oldest,))
    db.close()
    with open_store(path) as store:
        with pytest.raises(StoreError, match=r"result 2 .* damaged"):
            store.events(oldest)
        (said,) = check(store)
        assert said.startswith(f"result 2 of run {oldest} is damaged")


@pytest.mark.parametrize("left", [0, 1, 5])
def test_results_without_their_end_are_refused(path, whole, left):
    oldest = list(whole)[-1]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM events WHERE run = ? AND seq > ?", (oldest, left))
    db.close()
    with open_store(path) as store:
        with pytest.raises(StoreError, match=f"last results of run {oldest}"):
            store.events(oldest)
        assert check(store) == (f"the last results of run {oldest} are missing",)


def test_damage_done_while_a_store_is_open_is_one_line(path):
    with open_store(path) as store:
        run = store.runs()[-1]
        spoil(path, "events")
        store._db.execute("PRAGMA cache_size = 0")
        with pytest.raises(StoreError, match="damaged") as said:
            store.events(run.id)
    assert "\n" not in str(said.value)


def test_a_run_that_ends_anew_has_its_last_word_once_more(path):
    with open_store(path) as store:
        run = store.create(small("t.csv"), RunOptions())
        for seconds in (1.0, 2.0):
            store.begin(run.id, 1)
            store.append(run.id, RunFinished(status="cancelled", seconds=seconds))
        assert len(store.events(run.id)) == 2
        assert store.events(run.id, after=2) == []
        assert len(content(store)) == 4


@pytest.mark.parametrize("name", ["../../mine", "open", "\x1b[2J", b"\0"])
def test_an_id_that_is_none_names_no_file(path, name):
    """Whoever makes a store knows how it is sealed."""
    mine = path.parent.parent / "mine.log"
    mine.write_text("precious")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("UPDATE runs SET id = ? WHERE number = 3", (name,))
    (row,) = rows.select_runs(db, "WHERE number = 3")
    seal = rows.seal_of(row)
    db.execute("UPDATE runs SET seal = ? WHERE number = 3", (seal,))
    db.close()
    with open_store(path) as store:
        run = store.run("last")
        assert (run.id, run.status) == (rows.NO_ID, "unreadable")
        with pytest.raises(StoreError, match="none that imbtui gives"):
            store.delete(run.id)
    assert mine.read_text() == "precious"
