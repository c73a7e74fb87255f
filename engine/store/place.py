"""Where a store's file is, and what the file system there allows.

Light: a shell that completes the name of a run waits for it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.core.errors import OutputError, StoreError
from engine.io import scratch

VARIABLE = "IMBTUI_STORE"
MOUNTS = Path("/proc/self/mountinfo")

_SERVER = re.compile(r"//|[^/]*:")
"""How the source of a mount on another machine begins: ``host:/``, ``//host``."""


class StorePlace(NamedTuple):
    """A store's file, and what the user should know about where it is.

    Attributes
    ----------
    path : Path
    notice : str or None
        Why it is not the usual one.
    """

    path: Path
    notice: str | None = None


def choose() -> StorePlace:
    """Return where runs are kept by default.

    ``IMBTUI_STORE`` if set, else a file in the platform's folder for state; where that
    cannot be, one in the temporary folder.

    Raises
    ------
    StoreError
        If there is no place at all.
    """
    if given := os.environ.get(VARIABLE):
        return StorePlace(Path(given))
    why: str | None = "there is no home folder"
    home = os.path.expanduser("~")  # noqa: PTH111  # which never raises
    if os.environ.get("XDG_STATE_HOME") or home not in ("~", "/"):
        import platformdirs

        state = platformdirs.user_state_path("imbtui", appauthor=False)
        path = state / "runs.sqlite"
        why = unwritable(path) if path.is_absolute() else "HOME is no absolute path"
        if why is None:
            return StorePlace(path)
    try:
        path = scratch.own_folder() / "runs.sqlite"
    except OutputError as error:
        what = f"there is no place to keep runs: {why}, and {error.message}"
        raise StoreError(what, "name a file", field="store") from None
    return StorePlace(
        path,
        f"{why}: runs are kept in {str(path)!r}, which the system may empty; "
        f"name a lasting file with {VARIABLE}",
    )


def unwritable(path: Path) -> str | None:
    """Return why a file can be neither made nor written; None if it can.

    Examples
    --------
    >>> unwritable(Path("/dev/null/runs.sqlite"))
    "'/dev/null' is no folder"
    """
    if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):  # noqa: PTH110
        return f"{str(path)!r} cannot be written"
    near = path.parent
    while not os.path.lexists(near) and near != near.parent:
        near = near.parent
    if not os.path.isdir(near):  # noqa: PTH112  # also where it may not be looked at
        return f"{str(near)!r} is no folder"
    if not os.access(near, os.W_OK | os.X_OK):
        return f"{str(near)!r} cannot be written"
    return None


def filesystem(folder: Path) -> tuple[str, bool]:
    """Return the kind of a folder's file system, and whether others may have it open.

    The kind is empty if it is unknown.

    Examples
    --------
    >>> filesystem(Path("/proc/self"))
    ('proc', False)
    """
    try:
        device = folder.stat().st_dev
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return "", False
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        mount, _, about = line.partition(" - ")
        kind, source, *_ = [*about.split(" "), "", ""]
        if mount.split(" ")[2:3] == [wanted]:
            return kind, _SERVER.match(source) is not None
    return "", False


def own(path: Path) -> None:
    """Let SQLite's files beside a store be written, as the store itself can be.

    They got the rights that it had when they were made: it may only have been read.
    """
    for end in ("-wal", "-shm"):
        file = path.with_name(f"{path.name}{end}")
        with suppress(OSError):
            if not os.access(file, os.R_OK | os.W_OK):
                file.chmod(0o600)
