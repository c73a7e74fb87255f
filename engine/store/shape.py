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

Shape = dict[str, list[tuple[object, ...]]]


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
        The store's; 0 if its making was cut short.
    """
    expected, found = _expected(), _shape(db)
    if version == 0:
        return "it has tables and no version" if any(found.values()) else None
    if version not in (*COLUMNS_OF_RUNS, VERSION):
        return f"it has no version {version}"
    count = COLUMNS_OF_RUNS.get(version, len(expected["runs"]))
    for table in TABLES:
        wanted = expected[table][: count if table == "runs" else None]
        if found[table] != wanted:
            return f"its table {table} is not as it was made"
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
    return {
        table: [
            tuple(column[1:])
            for column in db.execute(f"PRAGMA table_info({table})").fetchall()
        ]
        for table in TABLES
    }
