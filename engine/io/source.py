"""Where a table is: a file that can be read, or a name for one.

Nothing is read here, and nothing fetched: `engine.data.load.resolve` does.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import msgspec

from engine.core.errors import DataError
from engine.core.experiment import DataSpec
from engine.io import catalogue, collection
from engine.io.make_spec import is_made, parse

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
        parse(str(source))
    elif collection.is_dataset(source):
        collection.parse(str(source))
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
    if is_made(source) or collection.is_dataset(source) or source == STDIN:
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
    return not (is_made(source) or collection.is_dataset(source))


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
        The file's name, or the sample's.

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
    except RuntimeError:  # of a user nobody knows
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
    return path, path.name


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
