"""Whether a file has a part of some name: a file of an archive, or a sheet."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from engine.data.read import magic

__all__ = ["holds"]


def holds(path: Path, member: str) -> bool:
    """Tell whether a name of a member chooses a part of a file.

    Parameters
    ----------
    path : Path
        A regular file.
    member : str
        The name of a file, whole or without folders, or that of a sheet.

    Returns
    -------
    bool
        False too for what has no parts, or cannot be read: its reader says why.
    """
    try:
        with path.open("rb") as file:
            head = file.read(magic.HEAD_BYTES)
        if magic.compression(head) == "zip" and not magic.workbook(path, path.name):
            with zipfile.ZipFile(path) as archive:
                names = [m.filename for m in archive.infolist() if not m.is_dir()]
            return member in names or member in [PurePosixPath(n).name for n in names]
        if magic.compression(head) in (None, "zip"):
            return member in _sheets(path, head)
    except Exception:
        return False
    return False


def _sheets(path: Path, head: bytes) -> list[str]:
    sheets = magic.compression(head) == "zip"
    if magic.kind(head, path.name, sheets=sheets) != "excel":
        return []
    from engine.data.read.excel import sheets as names

    return names(path, path.name)
