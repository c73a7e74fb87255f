"""Damaged stores: found, only read, copied, checked, salvaged, never changed."""

import multiprocessing
import os
import sqlite3
import stat

import pytest

from engine.errors import ReadOnlyError, StoreError
from engine.events import RunFinished
from engine.store import health, lock, memo, open_store, opening, rows
from engine.store.migrations import VERSION
from engine.store.store import RunOptions
from tests.support.experiments import small
from tests.support.kept_stores import content, content_of, unpack

PAGE = 4096


@pytest.fixture
def path(tmp_path):
    return unpack(tmp_path / "runs.sqlite", VERSION)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All that the kept store holds."""
    return content_of(unpack(tmp_path_factory.mktemp("whole") / "s", VERSION))


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def spoil(path, table, page=0):
    """Damage the header of a page of a table, and of nothing else."""
    db = sqlite3.connect(path)
    (root,) = db.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
    ).fetchone()
    db.close()
    overwrite(path, (root + page - 1) * PAGE, b"\xee" * 12)


def looked(monkeypatch):
    """Return a list that gets an item for each look at all pages of a store."""
    looks, bad_page = [], opening._bad_page
    monkeypatch.setattr(
        opening, "_bad_page", lambda db: looks.append(db) or bad_page(db)
    )
    return looks


def test_a_whole_store_is_checked_once_for_each_content(path, monkeypatch):
    open_store(path).close()  # it is written as on a local disk from now on
    looks = looked(monkeypatch)
    for _ in range(3):
        with open_store(path) as store:
            assert health.check(store) == ()
    with open_store(path) as store:
        store.annotate(store.runs()[0].id, note="changed by us")
    open_store(path).close()
    assert looks == []
    with sqlite3.connect(path) as db:
        db.execute("UPDATE runs SET cancel = 1")  # by somebody else
    db.close()
    for _ in range(3):
        with open_store(path) as store:
            assert health.check(store) == ()
    assert len(looks) == 1


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
        held = lock.RunLock(store.folder, run.id)
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
    with open_store(path) as store:
        assert "damaged" in store.problem


def test_a_damaged_store_is_said_read_copied_and_left_alone(path, whole):
    spoil(path, "artifacts")
    before = path.read_bytes()
    for _ in range(3):
        with open_store(path) as store:
            assert store.readonly
            assert "is damaged (" in store.problem
            assert "\n" not in store.problem
            (notice,) = store.notices
            assert [run.id for run in store.runs()] == list(whole)
            for run_id, (_, events, _) in whole.items():
                assert store.events(run_id) == events
            with pytest.raises(ReadOnlyError, match=r"damaged.*--salvage NEW") as said:
                store.create(small("t.csv"), RunOptions())
            assert "\n" not in str(said.value)
            found = health.check(store)
            assert len(found) > 1
            assert all("\n" not in line for line in found)
    assert path.read_bytes() == before
    (copy,) = path.parent.glob("runs.sqlite.damaged-*")
    assert str(copy) in notice
    assert copy.read_bytes() == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_changes_not_yet_in_a_damaged_file_are_read_copied_and_left(path, whole):
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    db.execute("UPDATE runs SET cancel = 1")
    db.commit()
    log = path.with_name("runs.sqlite-wal")
    pieces = path.read_bytes(), log.read_bytes()
    db.close()
    path.write_bytes(pieces[0])
    log.write_bytes(pieces[1])  # as after a power cut
    spoil_page = 2 * PAGE  # the index of ids
    overwrite(path, spoil_page, b"\xee" * 12)
    before = path.read_bytes(), log.read_bytes()
    with open_store(path) as store:
        assert store.readonly
        assert all(run.cancel for run in store.runs())
        assert {run.id for run in store.runs()} == set(whole)
    assert (path.read_bytes(), log.read_bytes()) == before
    copies = sorted(p.name for p in path.parent.glob("runs.sqlite.damaged-*"))
    assert len(copies) == 2
    assert copies[1] == f"{copies[0]}-wal"
    assert path.with_name(copies[1]).read_bytes() == before[1]


@pytest.mark.parametrize("at", [0, 16, 68, 100, 105, 3500], ids=str)
def test_a_damaged_first_page_hides_no_run(path, whole, at):
    open_store(path).close()
    overwrite(path, at, b"\xee" * 12)
    before = path.read_bytes()
    with open_store(path) as store:
        assert store.readonly
        assert {r.id for r in store.runs()} == set(whole)
        saved = health.salvage(store, path.with_name("saved.sqlite"))
    assert saved == health.Salvaged(runs=tuple(reversed(whole)), lost=())
    assert content_of(path.with_name("saved.sqlite")) == whole
    assert path.read_bytes() == before


def test_changes_in_the_log_are_read_past_a_damaged_first_page(path, whole):
    open_store(path).close()
    with open_store(path) as store:
        store.annotate(next(iter(whole)), note="in the log")
        pieces = path.read_bytes(), path.with_name("runs.sqlite-wal").read_bytes()
    path.write_bytes(b"\0" * 200 + pieces[0][200:])
    path.with_name("runs.sqlite-wal").write_bytes(pieces[1])
    with open_store(path) as store:
        assert store.readonly
        assert store.runs()[0].note == "in the log"
    assert path.with_name("runs.sqlite-wal").read_bytes() == pieces[1]


def test_a_file_of_which_nothing_can_be_read_is_said_copied_and_left(path):
    open_store(path).close()
    with open_store(path) as store:
        store.annotate(store.runs()[0].id, note="x")
        log = path.with_name("runs.sqlite-wal").read_bytes()
    path.write_bytes(b"")
    path.with_name("runs.sqlite-wal").write_bytes(log)
    with pytest.raises(StoreError, match=r"damaged, and nothing .* copy") as said:
        open_store(path)
    assert "\n" not in str(said.value)
    assert path.read_bytes() == b""
    assert path.with_name("runs.sqlite-wal").read_bytes() == log
    (copy,) = path.parent.glob("runs.sqlite.damaged-*-wal")
    assert copy.read_bytes() == log


def test_a_check_names_each_row_that_is_not_what_was_written(path, whole):
    newest, _, oldest = whole
    with sqlite3.connect(path) as db:
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
        assert set(health.check(store)) == {
            f"the row of run {oldest} is not what was written",
            f"the experiment of run {newest} is not what was written",
            f"results of run {oldest} from the 3. on",
            f"model/smote of run {oldest}",
        }
        statuses = {run.id: run.status for run in store.runs()}
        assert statuses[oldest] == statuses[newest] == "unreadable"
        with pytest.raises(StoreError, match="result 3 of run"):
            store.events(oldest)
        assert store.events(oldest, after=3) == whole[oldest][1][3:]


def test_a_result_that_is_missing_is_found(path, whole):
    oldest = list(whole)[-1]
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM events WHERE run = ? AND seq = 2", (oldest,))
    db.close()
    with open_store(path) as store:
        with pytest.raises(StoreError, match=r"result 2 .* damaged"):
            store.events(oldest)
        assert health.check(store) == (f"results of run {oldest} from the 2. on",)


def test_a_run_whose_end_is_lost_can_be_resumed(path, whole):
    oldest = list(whole)[-1]
    with sqlite3.connect(path) as db:
        db.execute(
            "UPDATE events SET payload = x'00' WHERE run = ? AND seq = 4", (oldest,)
        )
    db.close()
    with open_store(path) as store:
        saved = health.salvage(store, path.with_name("saved.sqlite"))
    assert saved.lost == (f"results of run {oldest} from the 4. on",)
    with open_store(path.with_name("saved.sqlite")) as store:
        run = store.run(oldest)
        assert run.status == "interrupted"
        assert run.number == 1
        assert run.note == "the first one"
        assert store.events(oldest) == whole[oldest][1][:3]
        assert store.artifacts(oldest) == whole[oldest][2]
        assert health.check(store) == ()


def test_an_arm_that_lost_what_it_kept_is_worked_out_again(path, whole):
    oldest = list(whole)[-1]
    with sqlite3.connect(path) as db:
        db.execute(
            "DELETE FROM events WHERE run = ? AND seq = ?",
            (oldest, len(whole[oldest][1])),
        )
        db.execute("UPDATE artifacts SET payload = x'00' WHERE name = 'oof/smote'")
    db.close()
    with open_store(path) as store:
        saved = health.salvage(store, path.with_name("saved.sqlite"))
    assert f"oof/smote of run {oldest}" in saved.lost
    with open_store(path.with_name("saved.sqlite")) as store:
        left = [event for _, event in store.events(oldest)]
    assert left == [event for _, event in whole[oldest][1]][: len(left)]
    assert "smote" not in {getattr(event, "arm", None) for event in left}


def test_a_salvage_overwrites_nothing_and_leaves_nothing_half(path, monkeypatch):
    taken = path.with_name("taken")
    taken.write_text("mine")
    with open_store(path) as store:
        with pytest.raises(StoreError, match="there already"):
            health.salvage(store, taken)
        assert taken.read_text() == "mine"

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(health, "_put", full)
        with pytest.raises(StoreError, match="No space left"):
            health.salvage(store, path.with_name("new"))
    assert not [p for p in path.parent.iterdir() if p.name.startswith("new")]


def test_what_is_remembered_is_private_and_no_matter_when_it_is_odd(path):
    open_store(path).close()
    remembered = path.with_name("runs.sqlite.d") / memo.NAME
    assert stat.S_IMODE(remembered.stat().st_mode) == 0o600
    for odd in ("", "[]", '{"good": 3}', '{"good": [1, 2, 3]}', "\0"):
        remembered.write_text(odd)
        with open_store(path) as store:
            assert store.problem is None


def test_damage_done_while_a_store_is_open_is_one_line(path):
    with open_store(path) as store:
        run = store.runs()[-1]
        spoil(path, "events")
        store._db.execute("PRAGMA cache_size = 0")
        with pytest.raises(StoreError, match="damaged") as said:
            store.events(run.id)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("table", ["runs", "events", "artifacts"])
def test_rows_are_found_where_nothing_says_any_more_where_they_are(path, whole, table):
    with open_store(path) as store:  # so many that they take pages of pages
        store._db.execute("PRAGMA synchronous = OFF")
        run = store.create(small("t.csv"), RunOptions())
        for number in range(300):
            event = RunFinished(status="cancelled", seconds=float(number))
            store.append(run.id, event, {f"oof/{number}": bytes([number % 251]) * 700})
        wanted = content(store)
    spoil(path, table)
    with open_store(path) as store:
        assert store.damaged
        saved = health.salvage(store, path.with_name("saved"))
    assert len(saved.runs) == 4
    left = content_of(path.with_name("saved"))
    if table != "runs":  # all of those are on the page that is spoilt
        assert left.keys() == wanted.keys()
    for run_id, (facts, events, artifacts) in left.items():
        assert facts == wanted[run_id][0]
        assert artifacts == wanted[run_id][2]
        if table != "events":
            assert events == wanted[run_id][1]


def test_a_deleted_run_that_is_found_again_keeps_no_other_from_being_saved(
    path, whole, tmp_path, monkeypatch
):
    with open_store(tmp_path / "other") as other:  # its run has number 1, too
        back = other.create(small("t.csv"), RunOptions())
        row = other._db.execute(f"SELECT {other._columns} FROM runs").fetchone()
    found = health._Carved(runs={back.id: row})
    monkeypatch.setattr(health, "_carved", lambda store: found)
    with open_store(path) as store:
        saved = health.salvage(store, path.with_name("saved"))
    assert set(saved.runs) == {*whole, back.id}
    left = content_of(path.with_name("saved"))
    assert left.pop(back.id)[0][0] == len(whole) + 1
    assert left == whole


@pytest.mark.parametrize("name", ["../../mine", "open", "\x1b[2J", b"\0"])
def test_an_id_that_is_none_names_no_file(path, name):
    """Whoever makes a store knows how it is sealed."""
    mine = path.parent.parent / "mine.log"
    mine.write_text("precious")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("UPDATE runs SET id = ? WHERE number = 3", (name,))
    what = f"SELECT {', '.join(rows.SEALED)} FROM runs WHERE number = 3"
    seal = rows._sealed(db.execute(what).fetchone())
    db.execute("UPDATE runs SET seal = ? WHERE number = 3", (seal,))
    db.close()
    with open_store(path) as store:
        run = store.run("last")
        assert (run.id, run.status) == (rows.NO_ID, "unreadable")
        with pytest.raises(StoreError, match="none that imbtui gives"):
            store.delete(run.id)
        saved = health.salvage(store, path.with_name("saved"))
        assert len(saved.runs) == 2
    assert mine.read_text() == "precious"
