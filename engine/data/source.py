"""Where a table is: a file that can be read, or a sample. Light: no reading here."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.data import catalogue
from engine.errors import DataError

__all__ = ["resolve"]


def resolve(source: str | Path) -> tuple[Path, str]:
    """Return the file of a source and what to call it.

    Parameters
    ----------
    source : str or Path
        A path, or ``sample:NAME``.

    Returns
    -------
    path : Path
        A regular file that can be read.
    name : str
        The file's name, or ``sample:NAME``.

    Raises
    ------
    DataError
        If there is no such file, or it is a folder, a pipe or a device.

    Examples
    --------
    >>> resolve("sample:moons")[1]
    'sample:moons'
    """
    text = str(source)
    if text.startswith("sample:"):
        return catalogue.path(catalogue.find(text.removeprefix("sample:"))), text
    path = Path(text).expanduser()
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise DataError(
            f"the name {shown!r} is no UTF-8 text", "rename the file or its folder"
        ) from None
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"cannot read {text!r}: {reason}",
            "give the path of a CSV or Parquet file, or sample:NAME "
            "(imbtui sample lists them)",
        ) from None
    if stat.S_ISDIR(mode):
        raise DataError(f"{text!r} is a directory", "give the path of a file in it")
    if not stat.S_ISREG(mode):
        raise DataError(
            f"{text!r} is no regular file", "save the table to a file and give that"
        )
    try:
        path.open("rb").close()
    except OSError as error:
        raise DataError(
            f"cannot read {text!r}: {error.strerror}", "check its permissions"
        ) from None
    return path, path.name
