"""Where MLflow's runs go: a folder, a database, or a server. Light."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from engine.errors import OutputError, UsageError
from engine.scratch import appending, make_folder

_HOW = "give a folder, sqlite:///FILE or http://HOST:PORT"
_DATABASES = ("postgresql", "mysql", "mssql")


class Address(NamedTuple):
    """An address that was understood.

    Attributes
    ----------
    uri : str
        As MLflow takes it.
    kind : {"folder", "sqlite", "server"}
        Another database counts as a server.
    shown : str
        As it may be said: without a password.
    path : Path or None
        The folder, or the file.
    """

    uri: str
    kind: Literal["folder", "sqlite", "server"]
    shown: str
    path: Path | None = None

    @property
    def artifacts(self) -> Path | None:
        """The folder for files beside a database; a folder has its own, a server too.

        Examples
        --------
        >>> address("sqlite:////data/runs.db").artifacts.as_posix()
        '/data/runs-artifacts'
        """
        if self.kind != "sqlite" or self.path is None:
            return None
        return self.path.with_name(f"{self.path.stem}-artifacts")


def address(given: str) -> Address:
    """Understand an address; relative paths are of this process's folder.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> address("/data/mlruns").kind, address("file:///data/a%20b").path.name
    ('folder', 'a b')
    >>> address("https://ann:secret@mlflow.example:5000").shown
    'https://mlflow.example:5000'
    """
    scheme = given.partition(":")[0].lower()
    try:
        parts = urlsplit(given)
    except ValueError:  # brackets that hold no address
        raise UsageError(f"{given!r} names no server", _HOW) from None
    web = scheme in ("http", "https")
    if web or scheme.split("+")[0] in _DATABASES:
        if web and not parts.hostname:
            raise UsageError(f"{given!r} names no server", _HOW)
        host, path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
        shown = urlunsplit((parts.scheme, host, path, "", ""))
        return Address(given.rstrip("/"), "server", shown)
    if scheme == "sqlite":
        name = given.partition(":///")[2]
        if not name:
            raise UsageError(f"{given!r} names no file", "give sqlite:///FILE")
        found = _absolute(name)
        return Address(f"sqlite:///{found}", "sqlite", str(found), found)
    if scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise UsageError(f"{given!r} names no folder here", _HOW)
        found = _absolute(unquote(parts.path))
    elif "://" in given:
        raise UsageError(f"no address of a kind that is known: {given!r}", _HOW)
    else:
        found = _absolute(given)
    return Address(found.as_uri(), "folder", str(found), found)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111


def reach(where: Address) -> None:
    """Refuse what cannot be written to, before anything is made.

    A folder and a database that are not there yet are made, for their owner alone.

    Raises
    ------
    OutputError
        If it is something else's, or cannot be made.
    """
    path = where.path
    if path is None:
        return
    if not path.parent.is_dir():
        raise OutputError(
            f"there is no folder {path.parent}",
            f"create it first: mkdir -p {path.parent}",
        )
    try:
        if where.kind == "folder":
            _check_store(path)
            make_folder(path)
        else:
            _check_database(path)
            os.close(appending(path))
    except OSError as error:
        raise OutputError(
            f"cannot write to {path}: {error.strerror or error}",
            "choose another address",
        ) from None


def _check_store(path: Path) -> None:
    """Refuse a folder with something else in it."""
    if path.exists() and not path.is_dir():
        raise OutputError(
            f"{path} is a file, and no MLflow store in a folder",
            f"for a database give sqlite:///{path}, else choose a new folder",
        )
    inside = list(path.iterdir()) if path.exists() else []
    if inside and not any((one / "meta.yaml").exists() for one in inside):
        raise OutputError(
            f"{path} is not empty, and no MLflow store",
            "choose a new folder, such as mlruns in it",
        )


def _check_database(path: Path) -> None:
    """Refuse a file that is no SQLite of MLflow's."""
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    ours = 0
    query = (
        "SELECT count(*) FROM sqlite_master WHERE name IN "
        "('alembic_version', 'experiments')"
    )
    uri = f"{path.as_uri()}?mode=ro"
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(uri, uri=True)) as db,
    ):
        (ours,) = db.execute(query).fetchone()
    if ours != 2:
        raise OutputError(f"{path} is no database of MLflow's", "choose another name")
