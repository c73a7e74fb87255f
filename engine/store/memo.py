"""What is remembered of a store's file in its folder: good checks, and backups."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["recall", "remember"]

NAME = "checked.json"


def recall(folder: Path, key: str, signature: list[list[int]]) -> Any:
    """Return what was remembered of a file that is as it was then; None if nothing."""
    about = _read(folder).get(key)
    if not isinstance(about, list) or len(about) != 2 or about[0] != signature:
        return None
    return about[1]


def same_file(folder: Path, key: str, signature: list[list[int]]) -> Any:
    """Return what was remembered of a file, whatever was written to it since."""
    about = _read(folder).get(key)
    if not isinstance(about, list) or len(about) != 2:
        return None
    known, value = about
    number = known[0] if isinstance(known, list) and known else None
    same = isinstance(number, list) and number[:1] == signature[0][:1]
    return value if same else None


def remember(folder: Path, key: str, signature: list[list[int]], value: Any) -> None:
    """Remember something of a file as it is; a folder that is full forgets it."""
    known = {**_read(folder), key: [signature, value]}
    made = folder / f".{NAME}.{os.getpid()}"
    with suppress(OSError):
        try:
            made.write_text(json.dumps(known), "utf-8")
            made.chmod(0o600)
            made.replace(folder / NAME)
        finally:
            made.unlink(missing_ok=True)


def _read(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
