"""What a store's tables look like; a file whose tables look otherwise is damaged.

Nothing a file holds is executed: its tables have to be those that `schema.sql` makes.
"""

from __future__ import annotations

import functools
import re
import sqlite3
from importlib import resources

from engine.store import database

VERSION = 3
"""Of the tables that `schema.sql` makes."""
APPLICATION_ID = int.from_bytes(b"imbt", "big")
"""Tells a store of ours from everybody else's SQLite files."""

_PLAIN = re.compile(r"CREATETABLE[^()]*\([\w,]*\)")
"""A table that nothing reads: SQLite's ``.recover`` puts there what it cannot place."""

Shape = dict[tuple[str, str, str], str]
"""Kind, name and table of everything in a database, and its SQL without blanks."""


def schema_problem(db: sqlite3.Connection, version: int) -> str | None:
    """Return what is wrong with a store's tables; None if they are as they were made.

    A view, a trigger, or a constraint of another user's would be executed.
    """
    found = _shape(db)
    if version == 0:
        return "it has tables and no version" if found else None
    expected = _expected()
    for key in sorted(expected.keys() | found.keys(), reverse=True):  # a view first
        kind, name, _ = key
        if key not in expected and not _PLAIN.fullmatch(found[key]):
            return f"its {kind} {name!r} is none of imbtui's"
        if key in expected and found.get(key) != expected[key]:
            return f"its {kind} {name} is not as it was made"
    return None


@functools.cache
def _expected() -> Shape:
    db = database.open_database(None)
    try:
        build(db)
        return _shape(db)
    finally:
        db.close()


def _shape(db: sqlite3.Connection) -> Shape:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {
        (str(kind), str(name), str(table)): "".join(str(sql or "").split())
        for kind, name, table, sql in rows
    }


def build(db: sqlite3.Connection) -> None:
    """Make the tables of a store that has none."""
    text = resources.files("engine.store").joinpath("schema.sql")
    with database.transaction(db):
        # Another user may have been first.
        if db.execute("PRAGMA user_version").fetchone() != (0,):
            return
        for statement in text.read_text("utf-8").split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
