"""The names of stored runs, for a shell that completes one.

Light, and nothing is written or locked: an answer is wanted within a keystroke.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from engine.store import place
from engine.store.database import open_database, size_of

MOST: Final = 200
"""Runs, the newest first: nobody looks through more for a name."""


class RunName(NamedTuple):
    """A run as far as its name needs it.

    Attributes
    ----------
    number : int
    id : str
    status : str
        As stored: a run without its process is still ``running``.
    source : str
        Where its table is.
    """

    number: int
    id: str
    status: str
    source: str


def run_names(path: Path | None = None) -> list[RunName]:
    """Return the newest runs of a store.

    Parameters
    ----------
    path : Path or None, default=None
        The store's file; the default one when None.

    Returns
    -------
    list of RunName
        None of a store that is not there or cannot be read.
    """
    path = place.choose().path if path is None else path
    if not path.is_file():
        return []
    # Without a log beside it nothing is to be read but the file, which stays as it is.
    mode = "ro" if size_of(path, "-wal") else "immutable"
    wanted = "number, id, status, experiment, options"
    query = f"SELECT {wanted} FROM runs ORDER BY number DESC LIMIT {MOST}"
    try:
        with closing(open_database(path, mode=mode)) as db:
            return [_named(*row) for row in db.execute(query)]
    except (sqlite3.Error, ValueError, LookupError, TypeError):
        return []


def _named(number: int, key: str, status: str, spec: bytes, options: bytes) -> RunName:
    source = json.loads(spec)["data"]["source"]
    inside = os.path.join(json.loads(options).get("folder") or "", source)  # noqa: PTH118
    known = inside if os.path.exists(inside) else source  # noqa: PTH110
    return RunName(number, str(key), str(status), str(known))
