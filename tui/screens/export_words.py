"""How the export dialog says things: the forms, the files, the paths."""

from __future__ import annotations

import os
import textwrap
from typing import Final

from textual.content import Content

from engine.export.asked import Planned
from engine.export.kinds import Kind
from tui import exporting
from tui.panes import wording
from tui.safe_text import cells, clean, clip_middle, pad

__all__ = ["files", "listed", "sentence", "short", "whole"]

_ASIDE: Final = 60
"""Cells from which on a file stands on one line with what is in it."""


def listed(kind: Kind) -> Content:
    """Return a form as the list has it; greyed where something must be installed."""
    if exporting.lacking(kind):
        return Content.styled(f"{kind.title} ✗", "dim")
    return Content(kind.title)


def sentence(text: str) -> str:
    """Return a summary as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def files(kind: Kind, planned: Planned, width: int) -> Content:
    """Return the files with what is in each, then what is to be known."""
    written = exporting.files_of(kind, planned)
    room = max(12, width // 2 if width >= _ASIDE else width - 2)
    names = [clip_middle(file.name, room) for file in written]
    wide = max((cells(name) for name in names), default=0)
    parts: list[Content] = []
    for name, file in zip(names, written, strict=True):
        if width >= _ASIDE:
            told = textwrap.wrap(clean(file.what), max(20, width - wide - 3)) or [""]
            first, *more = told
            parts.append(
                Content.assemble(" ", (pad(name, wide), "$text-accent"), f"  {first}")
            )
            parts += [Content(" " * (wide + 3) + line) for line in more]
        else:
            parts.append(Content.assemble(" ", (name, "$text-accent")))
            told = textwrap.wrap(clean(file.what), width - 3)
            parts += [Content(f"   {line}") for line in told]
    for note in planned.notes:
        first, *more = textwrap.wrap(clean(note), width - 3) or [""]
        parts.append(Content.styled(f" · {first}", "$text-muted"))
        parts += [Content.styled(f"   {line}", "$text-muted") for line in more]
    return wording.lines(parts)


def whole(path: str) -> str:
    """Return a path that was typed, absolute where there is a folder to be in."""
    try:
        return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111
    except OSError:
        return path


def short(path: str) -> str:
    """Return a path with ``~`` for the home folder."""
    home = os.path.expanduser("~")  # noqa: PTH111
    return f"~{path[len(home) :]}" if path.startswith(f"{home}/") else path
