"""The file of a source, whatever names it: fetched, or copied from standard input.

`engine.io.source` has the sources that are named without reading.
"""

from __future__ import annotations

import atexit
import sys
from pathlib import Path

from engine.core.cancel import Progress, silent
from engine.io import collection
from engine.io.collection import CollectionTable
from engine.io.source import STDIN, check_piped, locate

_piped: list[Path] = []  # where this process has put its standard input


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
    if collection.is_dataset(text):
        return fetch(collection.parse(text), progress=progress), text
    if text == STDIN:
        return _standard_input(progress), "standard input"
    return locate(text)


def fetch(wanted: CollectionTable, *, progress: Progress = silent) -> Path:
    """Return the file of a table, fetching it the first time.

    Parameters
    ----------
    wanted : CollectionTable
    progress : callable, optional
        Called with ``("fetching", 0, None)`` before something is fetched.

    Returns
    -------
    Path
        A Parquet file that names its target.

    Raises
    ------
    DataError
        If the collection cannot be reached, does not have it, or nothing can be kept.
    """
    file = wanted.file
    if file.exists():
        return file
    from engine.data import remote  # scikit-learn

    progress("fetching", 0, None)
    return remote.fetch(wanted, file)


def _standard_input(progress: Progress) -> Path:
    """Return the file that standard input was copied to; it can be read only once."""
    if not _piped:
        from engine.data.readers.open import spool

        check_piped()
        path = spool(sys.stdin.buffer, progress=progress)
        _piped.append(path)
        atexit.register(path.unlink, missing_ok=True)
    return _piped[0]
