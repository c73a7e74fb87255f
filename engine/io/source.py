"""Where a table is: a file that can be read, or a name for one.

Nothing is read here, and nothing fetched: `engine.data.load.resolve` does. Tables of
public collections are fetched once and kept as Parquet:
``dataset:sklearn/breast_cancer``, ``dataset:imblearn/ecoli``,
``dataset:openml/NAME``, ``dataset:openml/NAME/VERSION``, ``dataset:openml/ID``.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from engine.core.errors import DataError
from engine.core.experiment import DataSpec
from engine.core.format import check_known
from engine.io import catalogue
from engine.io.make_spec import is_made
from engine.io.make_spec import parse as parse_made

SCHEME = "dataset:"
_KNOWN = Path(__file__).with_name("collection.toml").read_text("utf-8")
COLLECTIONS: dict[str, list[str] | None] = {**tomllib.loads(_KNOWN), "openml": None}
"""Names of each collection; None where only its server knows them."""
_NAME = re.compile(r"[A-Za-z0-9][\w.+()-]{0,126}\Z", re.ASCII)
_FORMS = "like dataset:sklearn/breast_cancer, dataset:imblearn/ecoli, dataset:openml/31"


class CollectionTable(NamedTuple):
    """A table of a collection.

    Attributes
    ----------
    collection : {"sklearn", "imblearn", "openml"}
    name : str
        Of OpenML also a number.
    version : int or None
        Of OpenML; the active one when None.
    """

    collection: str
    name: str
    version: int | None = None

    @property
    def source(self) -> str:
        """How it is written as a source."""
        version = "" if self.version is None else f"/{self.version}"
        return f"{SCHEME}{self.collection}/{self.name}{version}"

    @property
    def file(self) -> Path:
        """Where it is kept once fetched."""
        version = "" if self.version is None else f"@{self.version}"
        # OpenML does not tell names apart by their case.
        return folder() / self.collection / f"{self.name.lower()}{version}.parquet"


def is_dataset(source: str | Path) -> bool:
    """Tell whether a source names a table of a collection."""
    return str(source).startswith(SCHEME)


def parse(source: str) -> CollectionTable:
    """Return what a source asks for; nothing is fetched.

    Parameters
    ----------
    source : str
        ``dataset:COLLECTION/NAME`` or ``dataset:openml/NAME/VERSION``.

    Raises
    ------
    DataError
        If there is no such collection, or surely no such name in it.

    Examples
    --------
    >>> parse("dataset:imblearn/ecoli")
    CollectionTable(collection='imblearn', name='ecoli', version=None)
    >>> parse("dataset:openml/credit-g/1").version
    1
    """
    collection, _, rest = source.removeprefix(SCHEME).partition("/")
    problem = f"there is no collection {collection!r} of datasets"
    check_known(collection, COLLECTIONS, problem, "collections")
    known = COLLECTIONS[collection]
    name, _, version = rest.partition("/")
    if known is None:
        return _openml(source, name, version)
    problem = f"{collection} has no dataset {rest!r} with classes"
    check_known(rest, known, problem, "datasets")
    return CollectionTable(collection, rest)


def _openml(source: str, name: str, version: str) -> CollectionTable:
    if not _NAME.match(name):
        raise DataError(
            f"{source!r} names no dataset of OpenML",
            f"give its name or number, {_FORMS}",
        )
    if not version:
        return CollectionTable("openml", name)
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", version, re.ASCII):
        raise DataError(
            f"{version!r} is no version of an OpenML dataset", "give a number, like 1"
        )
    return CollectionTable("openml", name, int(version))


def folder() -> Path:
    """Return where fetched tables are kept: a cache of one's own.

    Raises
    ------
    DataError
        If there is none, as without a home, or nothing can be written there.
    """
    import platformdirs

    try:
        home = platformdirs.user_cache_path("imbtui", appauthor=False) / "datasets"
        if home.is_absolute():
            home.mkdir(parents=True, exist_ok=True)
            if os.access(home, os.W_OK | os.X_OK):
                return home
    except (RuntimeError, KeyError, OSError):
        pass  # no home, an unknown user, or a folder that is a file
    raise DataError(
        "there is no folder to keep a dataset in",
        "set XDG_CACHE_HOME to a folder you may write to",
    )


STDIN = "-"
"""As a source: what comes by standard input."""


def check(source: str | Path) -> None:
    """Refuse a source that holds no table for sure, without reading it.

    Parameters
    ----------
    source : str or Path
        A path, ``-``, ``sample:NAME``, ``dataset:…`` for one of a public collection,
        or ``make:…`` for one that is made up.

    Raises
    ------
    DataError
        If there is no such file, nothing is piped in, or no table has such a name.

    Examples
    --------
    >>> check("sample:moons")
    >>> check("make:moons?rows=500")
    """
    if is_made(source):
        parse_made(str(source))
    elif is_dataset(source):
        parse(str(source))
    elif str(source) == STDIN:
        check_piped()
    else:
        locate(str(source))


def stamp(source: str | Path) -> tuple[int, int]:
    """Return what changes whenever the table of a source does.

    Parameters
    ----------
    source : str or Path
        As for `check`.

    Returns
    -------
    tuple of (int, int)
        Nanoseconds and bytes of its file; nothing changes about a made-up table, one
        of a public collection, or standard input.

    Raises
    ------
    DataError
        As `check` does.

    Examples
    --------
    >>> stamp("make:moons")
    (0, 0)
    """
    if is_made(source) or is_dataset(source) or str(source) == STDIN:
        check(source)
        return 0, 0
    found = locate(str(source))[0].stat()
    return found.st_mtime_ns, found.st_size


def is_path(source: str) -> bool:
    """Tell whether a source is a path: no name, nothing made, no standard input.

    Examples
    --------
    >>> is_path("rows.csv"), is_path("sample:moons"), is_path("-")
    (True, False, False)
    """
    if source == STDIN or source.startswith("sample:"):
        return False
    return not (is_made(source) or is_dataset(source))


def locate(text: str) -> tuple[Path, str]:
    """Return the file of a path or a sample, and what to call it.

    Parameters
    ----------
    text : str
        A path or ``sample:NAME``.

    Returns
    -------
    path : Path
        A regular file that can be read.
    name : str
        The file's name, or the sample's; ``table`` of one that a store keeps.

    Raises
    ------
    DataError
        If there is no such file, or it is a folder, a pipe or a device.

    Examples
    --------
    >>> locate("sample:moons")[1]
    'sample:moons'
    """
    if text.startswith("sample:"):
        return catalogue.path(catalogue.find(text.removeprefix("sample:"))), text
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # an unknown user
        path = Path(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise DataError(
            f"the name {shown!r} is no UTF-8 text", "rename the file or its folder"
        ) from None
    try:
        # Not waiting for whom it takes: it may be a pipe.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"cannot read {text!r}: {reason}",
            "give the path of a CSV or Parquet file, or sample:NAME",
            action="sample",
        ) from None
    mode = os.fstat(number).st_mode
    os.close(number)
    if stat.S_ISDIR(mode):
        raise DataError(f"{text!r} is a directory", "give the path of a file in it")
    if not stat.S_ISREG(mode):
        raise DataError(
            f"{text!r} is no regular file", "save the table to a file and give that"
        )
    return path, "table" if _KEPT.fullmatch(path.name) else path.name


def check_piped() -> None:
    """Refuse a standard input that is a terminal, or closed."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise DataError(
            "nothing is piped in: standard input is a terminal, or closed",
            "pipe a table into imbtui, or give the path of one",
        )


def with_absolute_paths(data: DataSpec, folder: str | None) -> DataSpec:
    """Return where a table is for a process in any folder; its paths began in one."""
    second = data.test_source
    return msgspec.structs.replace(
        data,
        source=_absolute(data.source, folder),
        test_source=None if second is None else _absolute(second, folder),
        mute=(),
    )


def _absolute(source: str, folder: str | None) -> str:
    # What stands for a user's home is no part of the folder.
    if folder is None or source.startswith("~") or not is_path(source):
        return source
    return str(Path(folder) / source)


INPUT: Final = "input-"
"""Begins the name of a file that is kept beside a store, named by its content."""
_KEPT: Final = re.compile(rf"{INPUT}[0-9a-f]{{16}}")
NO_FILES: Final = ("sample:", "dataset:", "make:")
"""How sources begin that are no files of the user's."""


def here() -> str | None:
    """Return the current folder, unless it is gone or its name is no text."""
    try:
        folder = str(Path.cwd())
        folder.encode()
    except (OSError, UnicodeEncodeError):
        return None
    return folder
