"""Stores of an attacker: each command ends in time, with a line and no traceback."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import sqlite3
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from engine.core.errors import StoreError
from engine.service import client
from engine.store import rows
from tests.support.kept_stores import damaged, quick_path, unpack
from tui.cli import parser

__all__ = ["quick_path"]

pytestmark = pytest.mark.slow

PATIENCE = 60.0
"""Seconds until a command is taken to hang; none of them takes one."""
READING: tuple[tuple[str, ...], ...] = (
    ("runs", "--json"),
    ("runs",),
    ("show", "last"),
    ("show", "last", "--json"),
    ("store", "--check"),
)
WRITING: tuple[tuple[str, ...], ...] = (
    ("watch", "last", "--quiet"),
    ("annotate", "last", "--note", "x"),
    ("resume", "last"),
    ("delete", "last"),
)
ENDLESS = "(WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT * FROM c) SELECT * FROM c)"
LARGE = "hex(zeroblob(900000000))"
COLUMNS = (
    *("id", "number", "created", "experiment", "options", "status", "queued", "pid"),
    *("finished", "cancel", "epoch", "machine", "beat", "note", "tags", "checksum"),
    "seal",
)
VIEW = [
    "ALTER TABLE runs RENAME TO other",
    f"CREATE VIEW runs AS SELECT {', '.join(COLUMNS)} FROM other, {ENDLESS}",
]
RESULTS = "UPDATE sqlite_master SET sql = replace(sql, {}) WHERE name = 'events'"
OBJECTS = {
    "trigger": ["CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM runs; END"],
    "view": VIEW,
    "virtual table": ["CREATE VIRTUAL TABLE v USING fts5(a)"],
    "index": ["CREATE INDEX i ON runs (lower(id))"],
    "computed column": [f"ALTER TABLE runs ADD COLUMN g AS ({LARGE})"],
    "check": [
        "PRAGMA writable_schema = ON",
        RESULTS.format(f"'seq      INTEGER', 'seq INTEGER CHECK ({LARGE} <> 1)'"),
    ],
    "conflict": [
        "PRAGMA writable_schema = ON",
        RESULTS.format("'(run, seq)', '(run, seq) ON CONFLICT IGNORE'"),
    ],
}
ODD = (
    *(None, -1, 0, 2**63 - 1, -(2**63), 1e308, float("inf"), "", "text", b"", b"{}"),
    *("\x1b]52;c;AAAA\x07\u202e", "../../up", "/tmp/up", "x" * 100_000),
    *(b"\xff\xfe\0", b"[" * 100_000, b'{"a":' * 100_000, b'["\x1b[31m"]', b"1e999"),
)
PLACES = [
    *[("runs", column) for column in COLUMNS],
    *[("events", column) for column in ("run", "seq", "path", "payload", "checksum")],
    *[("progress", column) for column in ("run", "path", "payload")],
    *[("artifacts", column) for column in ("run", "name", "payload", "checksum")],
]


def _not_started(*_: object, **__: object) -> None:
    raise StoreError("no run is started here", "")


def _answer(
    path: str, commands: tuple[tuple[str, ...], ...], answers: Connection
) -> None:
    """Run commands one after another; send each one's code and what it printed."""

    def unexpected(error: Exception) -> int:
        raise error

    parser._report_bug = unexpected
    client.start = client.runs.start = _not_started
    for command in commands:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                code = parser.dispatch([*command, "--store", path])
            except BaseException:
                code = traceback.format_exc()
        answers.send((code, said.getvalue()))
    os._exit(0)


def told(path: Path | str, commands=(*READING, *WRITING)) -> str:
    """Return all that the commands print, in a process that may hang or crash."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_answer, args=(str(path), commands, theirs))
    child.start()
    theirs.close()
    printed = ""
    try:
        for command in commands:
            assert ours.poll(PATIENCE), f"{command} hangs"
            code, said = ours.recv()
            assert code in (0, 1, 2), (command, code)
            assert not any(ord(c) < 32 and c not in "\n" for c in said), (command, said)
            assert "\u202e" not in said, (command, said)
            printed += said
    finally:
        child.kill()
        child.join()
        ours.close()
    return printed


def changed(path: Path, statements: list[str]) -> Path:
    """Make the kept store, and change it as a program other than ours may."""
    db = sqlite3.connect(unpack(path), isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()
    return path


def resealed(db: sqlite3.Connection) -> None:
    """Renew all checksums: they are no secret."""
    db.create_function("sum", 1, lambda d: rows.checksum(d) if type(d) is bytes else d)
    db.execute("UPDATE runs SET checksum = sum(CAST(experiment || options AS BLOB))")
    for table in ("events", "artifacts"):
        db.execute(f"UPDATE {table} SET checksum = sum(payload)")
    for (number,) in db.execute("SELECT rowid FROM runs").fetchall():
        (row,) = rows.select_runs(db, "WHERE rowid = ?", number)
        seal = rows.seal_of(row)
        db.execute("UPDATE runs SET seal = ? WHERE rowid = ?", (seal, number))


@pytest.mark.parametrize("what", OBJECTS)
def test_what_we_did_not_make_is_never_executed(tmp_path, what):
    path = changed(tmp_path / "runs.sqlite", OBJECTS[what])
    before = path.read_bytes()
    said = told(path)
    assert "cannot be used: its " in said
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a?mode=memory", "b#c", "%2e%2fd", "e;f'\"g", "é\n"])
def test_a_name_is_no_address(tmp_path, name):
    path = unpack(tmp_path / name)
    told(path)
    assert {file.name.removeprefix(name) for file in tmp_path.iterdir()} <= {
        *("", ".d", "-wal", "-shm")
    }


def test_what_is_no_store_is_refused_by_every_command(tmp_path, rng):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "random").write_bytes(rng.randbytes(50_000))
    (tmp_path / "text").write_text("id,y\n1,0\n" * 5_000)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "beyond").symlink_to("/dev/null")
    db = sqlite3.connect(tmp_path / "foreign.db")
    db.execute("CREATE TABLE runs (id)")
    db.close()
    names = ("fifo", "folder", "random", "text", "loop", "beyond", "foreign.db")
    for path in (*(tmp_path / name for name in names), "", "/dev/null", "/dev/zero"):
        assert "the store" in told(path)


def test_a_link_to_a_store_is_that_store(tmp_path):
    path = unpack(tmp_path / "runs.sqlite")
    (tmp_path / "link").symlink_to(path)
    assert " note  x" in told(tmp_path / "link", (("annotate", "last", "--note", "x"),))


def test_odd_values_in_rows_are_no_traceback(quick_path, many, rng, tell):
    """Some with their checksums as they were, most with new ones."""
    cases = [(*place, value) for place in PLACES for value in ODD]
    count = many(20, len(cases))
    tried = 0
    for number, (table, column, value) in enumerate(rng.sample(cases, count)):
        folder = quick_path / str(number) / "deep"
        folder.mkdir(parents=True)
        path = unpack(folder / "runs.sqlite")
        db = sqlite3.connect(path, isolation_level=None)
        with contextlib.suppress(sqlite3.IntegrityError):
            newest = f"(SELECT max({'id' if table == 'runs' else 'run'}) FROM {table})"
            where = f"{'id' if table == 'runs' else 'run'} = {newest}"
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,))
            if rng.random() < 0.8:
                resealed(db)
            tried += 1
        db.close()
        told(path, (*READING, *WRITING))
        assert {f.name for f in folder.parent.iterdir()} == {"deep"}
    assert not list(Path("/tmp").glob("up.l*"))
    tell(f"{tried} stores with an odd value, of {count}: no traceback, nothing outside")


def test_flipped_bits_are_no_traceback(quick_path, many, tell):
    pristine = unpack(quick_path / "pristine").read_bytes()
    count = many(8, 400)
    for number in range(count):
        path = quick_path / str(number) / "runs.sqlite"
        path.parent.mkdir()
        path.write_bytes(damaged(pristine, 1000 + number))
        told(path)
    tell(f"{count} damaged stores: every command ended, without a traceback")
