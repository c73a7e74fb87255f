"""What a screen looked like, kept in files, and compared with what it looks like now.

A look is a text file ``screens/<module>/<name>-80x24.txt``; where colour is the point,
a picture of the same name beside it (``.svg``). `pytest --snapshot-update` writes them
anew, and removes those that no test of the module looks at any more.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

_IDS = re.compile(r"\bterminal-\d+-")
_MOST_LINES = 60


class Looks:
    """The looks of one test module.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    update : bool
        Whether to write them instead of comparing.
    """

    def __init__(self, folder: Path, update: bool = False) -> None:
        self.folder = folder
        self.update = update
        self.seen: set[Path] = set()

    def compare(self, name: str, now: str) -> str:
        """Return how a screen differs from the kept one, if it does.

        `name` ends in ``.txt`` or ``.svg``.
        """
        path, now = self.folder / name, _normal(name, now)
        assert path not in self.seen, f"{path.name} is looked at twice"
        self.seen.add(path)
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(now, "utf-8")
            return ""
        kept = self._kept(name)
        if kept is None:
            return f"{path.name} is not kept yet; --snapshot-update does that\n{now}"
        if kept == now:
            return ""
        lines = difflib.unified_diff(
            kept.splitlines(), now.splitlines(), "kept", "now", lineterm="", n=1
        )
        shown = [f"{path.name} looks different", *lines]
        if len(shown) > _MOST_LINES:
            shown[_MOST_LINES:] = [f"and {len(shown) - _MOST_LINES} lines more"]
        return "\n".join(shown)

    def same(self, name: str, now: str) -> bool:
        """Tell whether a screen looks as the kept one does; none is like any."""
        return self.update or self._kept(name) in (None, _normal(name, now))

    def _kept(self, name: str) -> str | None:
        path = self.folder / name
        return path.read_text("utf-8") if path.is_file() else None

    def leftover(self, size: str = "") -> Sequence[Path]:
        """Return files with this in their names that were not looked at.

        An update removes them.
        """
        kept = self.folder.glob("*") if self.folder.is_dir() else ()
        left = sorted(path for path in {*kept} - self.seen if size in path.name)
        if self.update:
            for path in left:
                path.unlink()
            return ()
        return left


def _normal(name: str, now: str) -> str:
    """Return a screen without what is no part of its look."""
    if name.endswith(".svg"):
        return _IDS.sub("terminal-", now)
    return "\n".join(line.rstrip() for line in now.splitlines()) + "\n"
