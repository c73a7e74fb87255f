"""Where MLflow's runs go: a folder, a database, or a server. Light."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from engine.errors import OutputError, UnwrittenError, UsageError
from engine.scratch import appending, make_folder

__all__ = ["Address", "address", "reach"]

PING_SECONDS = 5.0
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
    path : Path or None
        The folder, or the file.
    shown : str
        As it may be said: without a password.
    """

    uri: str
    kind: Literal["folder", "sqlite", "server"]
    path: Path | None
    shown: str

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
    if scheme in ("http", "https"):
        parts = urlsplit(given)
        if not parts.hostname:
            raise UsageError(f"{given!r} names no server", _HOW)
        return Address(given.rstrip("/"), "server", None, _public(given))
    if scheme.split("+")[0] in _DATABASES:
        return Address(given, "server", None, _public(given))
    if scheme == "sqlite":
        name = given.partition(":")[2]
        if not name.startswith("///") or not name[3:]:
            raise UsageError(f"{given!r} names no file", "give sqlite:///FILE")
        path = _absolute(name[3:])
        return Address(f"sqlite:///{path}", "sqlite", path, str(path))
    if scheme == "file":
        parts = urlsplit(given)
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise UsageError(f"{given!r} names no folder here", _HOW)
        path = _absolute(unquote(parts.path))
    elif "://" in given:
        raise UsageError(f"no address of a kind that is known: {given!r}", _HOW)
    else:
        path = _absolute(given)
    return Address(path.as_uri(), "folder", path, str(path))


def reach(where: Address) -> None:
    """Refuse what cannot be written to, before anything is made.

    A folder and a database that are not there yet are made, for their owner alone.

    Raises
    ------
    OutputError
        If it is something else's, or cannot be made.
    UnwrittenError
        If nobody answers.
    """
    if where.kind == "server":
        _ping(where)
        return
    assert where.path is not None
    if not where.path.parent.is_dir():
        raise OutputError(
            f"there is no folder {where.path.parent}",
            f"create it first: mkdir -p {where.path.parent}",
        )
    try:
        if where.kind == "folder":
            _is_a_store(where.path)
            make_folder(where.path)
        else:
            _is_a_database(where.path)
            os.close(appending(where.path))
    except OSError as error:
        raise OutputError(
            f"cannot write to {where.path}: {error.strerror or error}",
            "choose another address",
        ) from None


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111


def _public(given: str) -> str:
    """Return an address without a name and a password in it."""
    parts = urlsplit(given)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


def _is_a_store(path: Path) -> None:
    """Refuse a folder with something else in it."""
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError(
            f"{path} is a file, and no MLflow store in a folder",
            f"for a database give sqlite:///{path}, else choose a new folder",
        )
    inside = sorted(path.iterdir())
    if inside and not any((one / "meta.yaml").exists() for one in inside):
        raise OutputError(
            f"{path} is not empty, and no MLflow store",
            "choose a new folder, such as mlruns in it",
        )


def _is_a_database(path: Path) -> None:
    """Refuse a file that is no SQLite of MLflow's."""
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        ) as db:
            ours = db.execute(
                "SELECT count(*) FROM sqlite_master WHERE name IN "
                "('alembic_version', 'experiments')"
            ).fetchone()[0]
    except sqlite3.Error:
        ours = 0
    if ours != 2:
        raise OutputError(f"{path} is no database of MLflow's", "choose another name")


def _ping(where: Address) -> None:
    """Ask a server over HTTP whether it is there; what it answers is no matter."""
    if not where.uri.startswith("http"):
        return
    try:
        with urlopen(Request(f"{where.shown}/health"), timeout=PING_SECONDS):
            return
    except HTTPError:
        return  # it is there, and wants to be asked otherwise
    except (OSError, ValueError) as error:
        why = error.reason if isinstance(error, URLError) else error
        if "CERTIFICATE" in str(why):
            return  # MLflow may know the certificate
        told = getattr(why, "strerror", None) or str(why) or "no answer"
        raise UnwrittenError(
            f"nobody answers at {where.shown}: {told}",
            "start it, or give another address: " + _HOW.removeprefix("give "),
        ) from None
