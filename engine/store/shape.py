"""What a store's tables look like; a file whose tables look otherwise is damaged."""

from __future__ import annotations

import functools
import sqlite3
from importlib import resources

from engine.store.migrations import COLUMNS_OF_RUNS, VERSION

__all__ = ["APPLICATION_ID", "TABLES", "build", "first_page", "wrong"]

APPLICATION_ID = int.from_bytes(b"imbt", "big")
"""Tells a store of ours from everybody else's SQLite files."""
TABLES = ("runs", "events", "progress", "artifacts")

PLAIN = ("CREATETABLE", "CREATEINDEX", "CREATEUNIQUEINDEX")

Shape = dict[tuple[str, str, str], str]
"""Kind, name and table of everything in a database, and its SQL without blanks."""


def build(db: sqlite3.Connection) -> None:
    """Make the tables of a new store."""
    schema = resources.files("engine.store").joinpath("schema.sql")
    for statement in schema.read_text("utf-8").split(";"):
        db.execute(statement)


def wrong(db: sqlite3.Connection, version: int) -> str | None:
    """Return what is wrong with a store's tables; None if they are as they were made.

    Parameters
    ----------
    db : sqlite3.Connection
    version : int
        The store's; 0 if its making was cut short. One that is newer may have more
        tables and columns, and nothing that executes SQL of its own when it is read.
    """
    found = _shape(db)
    if version == 0:
        return "it has tables and no version" if found else None
    if version > VERSION:
        return _active(db, found)
    if version not in (*COLUMNS_OF_RUNS, VERSION):
        return f"it has no version {version}"
    expected = dict(_expected())
    if count := COLUMNS_OF_RUNS.get(version):
        runs = expected["table", "runs", "runs"].split(",")
        expected["table", "runs", "runs"] = f"{','.join(runs[:count])})"
    for one in sorted(expected.keys() | found.keys(), reverse=True):  # a view first
        kind, name, _ = one
        if one not in expected:
            return f"its {kind} {name!r} is none of imbtui's"
        if found.get(one) != expected[one]:
            return f"its {kind} {name} is not as it was made"
    return None


def _active(db: sqlite3.Connection, found: Shape) -> str | None:
    """Return what executes SQL of its own: a view, a trigger, a computed column."""
    for (kind, name, _), sql in found.items():
        if sql and not sql.startswith(PLAIN):
            return f"its {kind} {name!r} is no plain table or index"
    for table in TABLES:
        # The last number is that of a hidden column: 2 and 3 are computed.
        if any(column[-1] > 1 for column in db.execute(f"PRAGMA table_xinfo({table})")):
            return f"its table {table} has computed columns"
    return None


@functools.cache
def first_page() -> bytes:
    """Return the first page of a new store: what says where its tables are.

    It is that of every store, since tables are made in one order, and neither a
    migration nor VACUUM moves where they begin.
    """
    db = _new()
    try:
        data = db.serialize()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    finally:
        db.close()
    return data[:size]


@functools.cache
def _expected() -> Shape:
    db = _new()
    try:
        return _shape(db)
    finally:
        db.close()


def _new() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    build(db)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.commit()
    return db


def _shape(db: sqlite3.Connection) -> Shape:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {
        (str(kind), str(name), str(table)): "".join(str(sql or "").split())
        for kind, name, table, sql in rows
    }
