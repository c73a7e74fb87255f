"""Where errors that should not happen are written down, without anybody's data."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from engine.io.logs import format_error
from engine.io.scratch import appending, make_folder
from tui.terminal import files as places

MOST_BYTES = 1_000_000


def log_path() -> Path:
    """Return where the log is."""
    return places.state("app.log")


def service_log() -> Path:
    """Return where the service child writes, in a folder that is there."""
    path = log_path().with_name("service.log")
    with contextlib.suppress(OSError):
        _make_room(path)
    return path


def write(error: BaseException | None = None) -> Path:
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
    if path.exists() and path.stat().st_size > MOST_BYTES:
        path.replace(path.with_suffix(".log.1"))
