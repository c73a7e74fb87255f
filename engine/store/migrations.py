"""From each version of the store's tables to the next; none is ever changed again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable

__all__ = ["COLUMNS_OF_RUNS", "STEPS", "VERSION"]


def _from_1(db: sqlite3.Connection) -> None:
    """Give runs an epoch, a place, a sign of life, notes, tags and two checksums."""
    for column in (
        "epoch INTEGER NOT NULL DEFAULT 0",
        "machine TEXT NOT NULL DEFAULT ''",
        "beat REAL",
        "note TEXT NOT NULL DEFAULT ''",
        "tags BLOB NOT NULL DEFAULT x'5b5d'",
        "checksum BLOB",
        "seal BLOB",
    ):
        db.execute(f"ALTER TABLE runs ADD COLUMN {column}")
    rows = db.execute(
        "SELECT experiment, options, id, number, created, status, finished FROM runs"
    ).fetchall()
    for experiment, options, *facts in rows:
        wanted = b"".join(x for x in (experiment, options) if isinstance(x, bytes))
        sums = [
            hashlib.blake2b(data, digest_size=16).digest()
            for data in (wanted, repr((*facts, "", b"[]")).encode("utf-8", "replace"))
        ]
        db.execute(
            "UPDATE runs SET checksum = ?, seal = ? WHERE id = ?", (*sums, facts[0])
        )
    # A process of version 1 may be at these, and renews no seal when they end.
    ended = "('done', 'failed', 'cancelled')"
    db.execute(f"UPDATE runs SET seal = NULL WHERE status NOT IN {ended}")


STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _from_1}
"""What brings a store of a version to the next one, inside one transaction."""

VERSION = 1 + max(STEPS)
"""The version that `schema.sql` makes."""

COLUMNS_OF_RUNS = {1: 10}
"""How many columns the table of runs had in older versions; new ones come last."""
