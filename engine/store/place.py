"""Where runs are kept when nobody says where: the person's folder, or a temporary one.

A name that was given, with ``--store`` or ``IMBTUI_STORE``, is used or refused; only
the usual place has another one for the time when it cannot be had.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.errors import StoreError

VARIABLE = "IMBTUI_STORE"
MOUNTS = Path("/proc/self/mountinfo")

_SERVER = re.compile(r"//|[^/]*:")
"""How the source of a mount on another machine begins: ``host:/``, ``//host``."""


class Place(NamedTuple):
    """A store's file, and what the person should know about where it is.

    Attributes
    ----------
    path : Path
    notice : str or None
        Why it is not the usual one.
    usual : bool
        Whether another may take its place: nobody named it.
    """

    path: Path
    notice: str | None = None
    usual: bool = False


def choose() -> Place:
    """Return where runs are kept unless told otherwise; nothing is made.

    ``IMBTUI_STORE`` if set, else a file in the platform's folder for state; where that
    cannot be, one in the temporary folder.

    Raises
    ------
    StoreError
        If there is no place at all.
    """
    if given := os.environ.get(VARIABLE):
        return Place(Path(given))
    why = _homeless()
    if why is None:
        import platformdirs

        state = platformdirs.user_state_path("imbtui", appauthor=False)
        path = state / "runs.sqlite"
        why = unwritable(path) if path.is_absolute() else "HOME is no absolute path"
        if why is None:
            return Place(path, _left_behind(), usual=True)
    return aside(why)


def aside(why: str) -> Place:
    """Return the place in the temporary folder.

    Parameters
    ----------
    why : str
        What is wrong with the usual one.

    Raises
    ------
    StoreError
        If somebody else has taken that name, or there is no temporary folder.
    """
    try:
        path = _temporary()
    except OSError as error:
        raise StoreError(
            f"there is no place to keep runs: {why}, and {error.strerror or error}",
            "name a file with --store",
        ) from None
    if os.path.lexists(path.parent):
        secure(path.parent)
    return Place(
        path,
        f"{why}: runs are kept in {str(path)!r}, which the system may empty; "
        f"name a lasting file with {VARIABLE}",
    )


def secure(folder: Path) -> None:
    """Make a folder in a place that everybody may write to, or see that it is ours.

    Raises
    ------
    StoreError
        If it is somebody else's, or leads elsewhere.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        what = "no folder" if not stat.S_ISDIR(found.st_mode) else "not yours"
        raise StoreError(
            f"runs cannot be kept in {str(folder)!r}: it is {what}",
            "name a file with --store",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


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


def exposed(*files: Path) -> tuple[str, ...]:
    """Return one line for each file or folder that other users can change.

    Root can change all of them and is not meant.

    Examples
    --------
    >>> exposed(Path("/"), Path("/no/such/file"))
    ()
    """
    lines = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid not in (os.geteuid(), 0):
            lines.append(f"{str(file)!r} belongs to user {status.st_uid}, not to you")
        elif mode & (stat.S_IWGRP | stat.S_IWOTH):
            lines.append(
                f"{str(file)!r} can be written by other users (mode {mode:o}): "
                f"chmod go-w {shlex.quote(str(file))} ends that"
            )
    return tuple(lines)


def filesystem(folder: Path) -> tuple[str, bool]:
    """Return the kind of a folder's file system, and whether others may have it open.

    The kind is empty if it cannot be told.

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


def _homeless() -> str | None:
    if os.environ.get("XDG_STATE_HOME"):
        return None
    home = os.environ.get("HOME")
    if home is None:
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            return "this account has no home folder"
    return None if home else "HOME is empty"


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"imbtui-{os.geteuid()}" / "runs.sqlite"


def _left_behind() -> str | None:
    """Say that there are runs in the temporary folder from a worse time."""
    try:
        path = _temporary()
        if path.parent.lstat().st_uid == os.geteuid() and path.is_file():
            return f"there are other runs in {str(path)!r}: name it with --store"
    except OSError:
        pass
    return None
