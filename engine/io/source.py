"""Where a table is: files that can be read, or a name for one.

A folder of Parquet or Feather files, or a pattern of their names, is one table.
Nothing is read here, and nothing fetched: `engine.data.load.resolve` does. Tables of
public collections are fetched once and kept as Parquet:
``dataset:sklearn/breast_cancer``, ``dataset:imblearn/ecoli``,
``dataset:openml/NAME``, ``dataset:openml/NAME/VERSION``, ``dataset:openml/ID``.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from engine.core.errors import DataError
from engine.core.experiment import DataSpec
from engine.core.format import check_known
from engine.io import catalogue
from engine.io.files import flags
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


def folder(name: str = "datasets") -> Path:
    """Return where tables are kept: a folder in a cache of one's own.

    Parameters
    ----------
    name : {"datasets", "tables"}, default="datasets"
        Of those that are fetched, or of files that took long to read.

    Raises
    ------
    DataError
        If there is none, as without a home, or nothing can be written there.
    """
    import platformdirs

    try:
        home = platformdirs.user_cache_path("imbtui", appauthor=False) / name
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
        A path, a folder or a pattern, ``-``, ``sample:NAME``, ``dataset:…`` for one of
        a public collection, or ``make:…`` for one that is made up.

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
        When its file was changed last, in nanoseconds since 1970, and its bytes; of
        many files the last change, and a digest of their names, changes and bytes.
        Nothing changes about a made-up table, one of a public collection, or standard
        input.

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
    path = locate(str(source))[0]
    found = [(str(one), *_changed(one)) for one in files(path)]
    if path.is_file():
        return found[0][1:]
    digest = hashlib.sha256(repr(found).encode("utf-8", "surrogateescape"))
    last = max(changed for _, changed, _ in found)
    return last, int.from_bytes(digest.digest()[:8])


def _changed(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError as error:  # it is gone meanwhile
        raise _unreadable(str(file), error) from None
    return found.st_mtime_ns, found.st_size


def total_bytes(path: Path) -> int:
    """Return the bytes of the files of a table.

    Parameters
    ----------
    path : Path
        As for `files`.

    Raises
    ------
    DataError
        If there is none.
    """
    return sum(_changed(one)[1] for one in files(path))


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
        A path, a folder or a pattern, or ``sample:NAME``.

    Returns
    -------
    path : Path
        A regular file that can be read, or what `files` takes for many.
    name : str
        The name of the file or folder, the pattern, or the sample's name; ``table`` of
        one that a store keeps.

    Raises
    ------
    DataError
        If there is no such file, a folder has no Parquet or Feather file, or it is a
        pipe or a device.

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
        number = os.open(path, os.O_RDONLY | flags("NONBLOCK CLOEXEC"))
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and glob.has_magic(str(path)):
            files(path)
            return path, _pattern(path)
        raise _unreadable(text, error) from None
    mode = os.fstat(number).st_mode
    os.close(number)
    if stat.S_ISDIR(mode):
        files(path)
        return path, path.absolute().name or str(path)
    if not stat.S_ISREG(mode):
        raise DataError(
            f"{text!r} is no regular file", "save the table to a file and give that"
        )
    return path, "table" if _KEPT.fullmatch(path.name) else path.name


def _unreadable(text: str, error: OSError | ValueError) -> DataError:
    reason = getattr(error, "strerror", None) or str(error)
    return DataError(
        f"cannot read {text!r}: {reason}",
        "give the path of a CSV or Parquet file, or sample:NAME",
        action="sample",
    )


def _pattern(path: Path) -> str:
    """Return a pattern from the first folder on that stands for several."""
    first = next(at for at, part in enumerate(path.parts) if glob.has_magic(part))
    return "/".join(path.parts[first:])


MANY: Final = (".parquet", ".pq", ".feather", ".arrow", ".ipc")
"""Endings of the files of a folder that together are one table."""


def files(path: Path) -> tuple[Path, ...]:
    """Return the files of a table: one, or those of a folder or a pattern.

    Parameters
    ----------
    path : Path
        A file; a folder, of which files count that end as Parquet or Feather ones do;
        or a pattern of names with ``*``, ``?`` or ``[…]``.

    Returns
    -------
    tuple of Path
        In the natural order of their names: ``part-2`` stands before ``part-10``.
        Hidden files are left out, and those whose name begins with ``_``.

    Raises
    ------
    DataError
        If there is none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     for name in ("part-10.parquet", "part-2.parquet", "_metadata", "notes.txt"):
    ...         Path(home, name).touch()
    ...     [one.name for one in files(Path(home))]
    ['part-2.parquet', 'part-10.parquet']
    """
    if path.is_file():
        return (path,)
    folder = path.is_dir()
    try:
        found: Iterable[Path] = path.iterdir() if folder else _matching(path)
        kept = [
            one
            for one in found
            if not one.name.startswith((".", "_"))
            and (not folder or one.suffix.lower() in MANY)
            and one.is_file()
        ]
    except OSError as error:
        raise _unreadable(str(path), error) from None
    if kept:
        return tuple(sorted(kept, key=_natural))
    if folder:
        raise DataError(
            f"{str(path)!r} is a directory without a file that ends in "
            f"{', '.join(MANY[:-1])} or {MANY[-1]}",
            "give the path of a file in it, or a pattern of Parquet files in quotes",
        )
    raise DataError(
        f"no file matches {str(path)!r}",
        "check the folder and the pattern; names that begin with . or _ do not count",
    )


def _matching(pattern: Path) -> Iterable[Path]:
    return map(Path, glob.iglob(str(pattern)))  # noqa: PTH207


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Return what paths are ordered by: numbers by their value, the rest as text."""
    parts = re.split("([0-9]+)", str(path))
    numbered = [
        (int(part), "") if at % 2 else (0, part) for at, part in enumerate(parts)
    ]
    return numbered, str(path)


def exists(source: str | Path) -> bool:
    """Tell whether there is a file, a folder, or a file of a pattern.

    Examples
    --------
    >>> exists("none-there.csv"), exists("none-there-*.parquet")
    (False, False)
    """
    path = Path(source)
    return path.exists() or (
        glob.has_magic(str(path)) and any(one.is_file() for one in _matching(path))
    )


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
