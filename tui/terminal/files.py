"""The app's own files: settings, recent sources, a log of errors, what was copied.

Where they are never fails: without a home, or with one that cannot be written, what the
app remembers by itself goes to a private folder among the temporary files. Errors that
should not happen are written down without anybody's data.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Final

import platformdirs

from engine.core.errors import OutputError
from engine.io.files import put, write_error
from engine.io.logs import format_error
from engine.io.scratch import appending, make_folder, own_folder, sweep

# Files --------------------------------------------------------------------------------

_NOWHERE: Final = Path(os.devnull) / "imbtui"
"""Cannot be written: for whom there is no folder at all."""


def settings(name: str) -> Path:
    """Return where a file of the user's settings is; it may not exist.

    Examples
    --------
    >>> settings("settings.toml").is_absolute()
    True
    """
    return (_home("config") or _temporary()) / name


def state(name: str) -> Path:
    """Return where a file is that the app makes by itself; it may not exist.

    Examples
    --------
    >>> state("app.log").name
    'app.log'
    """
    home = _home("state")
    if home is None or not _takes(home):
        home = _temporary()
    return home / name


def ready(path: Path) -> Path:
    """Return a path of ours whose folder is there, without what killed processes left.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """
    if path.is_relative_to(_NOWHERE):
        raise OutputError(
            "there is no folder to keep files in",
            "set HOME, or TMPDIR, to a folder you may write to",
        )
    try:
        sweep(make_folder(path.parent))
    except OSError as error:
        raise write_error(path, error) from None
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file of the app's own, whole or not at all, over the older one.

    Only its owner may read it. What killed processes left beside it is removed.

    Parameters
    ----------
    path : Path
        The file, in a folder of ours, which is made if it is missing.
    text : str
        What goes in.

    Raises
    ------
    OutputError
        If the folder or the disk refuses; the older file is as it was then.
    """
    put(ready(path), text.encode(), overwrite=True)


def _home(kind: str) -> Path | None:
    """Return the platform's folder; None where there is no home."""
    if os.environ.get("HOME") == "" and not os.environ.get(f"XDG_{kind.upper()}_HOME"):
        return None  # it would be the root of all folders
    dirs = platformdirs.PlatformDirs("imbtui", appauthor=False)
    try:
        path = dirs.user_config_path if kind == "config" else dirs.user_state_path
    except (RuntimeError, KeyError):  # a user nobody knows
        return None
    return path if path.is_absolute() else None


def _takes(folder: Path) -> bool:
    """Tell whether a folder can be written; it is made if it is missing."""
    try:
        make_folder(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _temporary() -> Path:
    try:
        return own_folder()
    except OutputError:
        return _NOWHERE


# Logs ---------------------------------------------------------------------------------

_MOST_LOG_BYTES = 1_000_000


def log_path() -> Path:
    """Return where the log is."""
    return state("app.log")


def service_log() -> Path:
    """Return where the service child writes, in a folder that is there."""
    path = log_path().with_name("service.log")
    with contextlib.suppress(OSError):
        _make_room(path)
    return path


def log_error(error: BaseException | None = None) -> Path:
    """Append an error's traceback to the log.

    Parameters
    ----------
    error : BaseException or None, default=None
        What to write down; the exception that is being handled when None.

    Returns
    -------
    Path
        The log. A log that cannot be written is no second error.
    """
    path = log_path()
    error = error or sys.exc_info()[1]
    text = format_error(error) if error is not None else "no error"
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    with contextlib.suppress(OSError):
        _make_room(path)
        with os.fdopen(appending(path), "ab") as file:
            file.write(f"{stamp}\n{text}\n\n".encode(errors="replace"))
    return path


def _make_room(path: Path) -> None:
    """Make the log's folder, and put a log aside that has grown too long."""
    make_folder(path.parent)
    if path.exists() and path.stat().st_size > _MOST_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))


# Recent sources -----------------------------------------------------------------------

MOST_RECENT = 12


def recent_path() -> Path:
    """Return where they are remembered."""
    return state("recent.json")


def recent() -> list[str]:
    """Return the sources opened last, the newest first."""
    sources = None
    with contextlib.suppress(OSError, ValueError):
        sources = json.loads(recent_path().read_text(encoding="utf-8"))
    listed = sources if isinstance(sources, list) else []
    return [source for source in listed if isinstance(source, str)][:MOST_RECENT]


def remember(source: str) -> None:
    """Put a source in front of the recent ones; a failure is no matter.

    Parameters
    ----------
    source : str
        A path or ``sample:NAME``; a relative path is made absolute.
    """
    if not source.startswith(("sample:", "dataset:", "make:")):
        with contextlib.suppress(RuntimeError):  # no home
            source = str(Path(source).expanduser())
        with contextlib.suppress(OSError):  # no working folder
            source = str(Path(source).absolute())
    sources = [source, *(old for old in recent() if old != source)][:MOST_RECENT]
    with contextlib.suppress(OutputError):
        write_private(recent_path(), json.dumps(sources, indent=1))
