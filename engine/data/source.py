"""Where a table is: a file that can be read, or a name for one.

Light: nothing is read here, and nothing fetched before a ``dataset:`` is resolved.
"""

from __future__ import annotations

import atexit
import os
import stat
import sys
from pathlib import Path

from engine.cancel import Progress, silent
from engine.data import catalogue, collection
from engine.data.make_spec import is_made, parse
from engine.errors import DataError

STDIN = "-"
"""As a source: what comes by standard input."""
_piped: list[Path] = []  # where this process has put its standard input


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
        _is_piped()
    else:
        resolve(source)


def stamp(source: str | Path) -> tuple[int, int]:
    """Return what changes whenever the table of a source does.

    Parameters
    ----------
    source : str or Path
        As for `check`.

    Returns
    -------
    tuple of (int, int)
        Nanoseconds and bytes of its file; nothing changes about a made-up table, or
        one of a public collection.

    Raises
    ------
    DataError
        As `check` does.

    Examples
    --------
    >>> stamp("make:moons")
    (0, 0)
    """
    if is_made(source) or collection.is_dataset(source):
        check(source)
        return 0, 0
    found = resolve(source)[0].stat()
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


def resolve(source: str | Path, progress: Progress = silent) -> tuple[Path, str]:
    """Return the file of a source and what to call it.

    Parameters
    ----------
    source : str or Path
        A path, ``sample:NAME``, ``dataset:…``, which is fetched if it is not kept
        here already, or ``-``, which is read to its end the first time.
    progress : callable, optional
        Called with ``("fetching", 0, None)`` or ``("reading standard input", bytes,
        None)``.

    Returns
    -------
    path : Path
        A regular file that can be read.
    name : str
        The file's name, or the source that names it.

    Raises
    ------
    DataError
        If there is no such file, it is a folder, a pipe or a device, or the dataset
        cannot be fetched.

    Examples
    --------
    >>> resolve("sample:moons")[1]
    'sample:moons'
    """
    text = str(source)
    if text.startswith("sample:"):
        return catalogue.path(catalogue.find(text.removeprefix("sample:"))), text
    if collection.is_dataset(text):
        return collection.fetch(collection.parse(text), progress=progress), text
    if text == STDIN:
        return _standard_input(progress), "standard input"
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


def _is_piped() -> None:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise DataError(
            "nothing is piped in: standard input is a terminal, or closed",
            "pipe a table into imbtui, or give the path of one",
        )


def _standard_input(progress: Progress) -> Path:
    """Return the file that standard input was copied to; it can be read only once."""
    if not _piped:
        from engine.data.read.open import spool

        _is_piped()
        path = spool(sys.stdin.buffer, progress=progress)
        _piped.append(path)
        atexit.register(path.unlink, missing_ok=True)
    return _piped[0]
