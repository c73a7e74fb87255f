"""What `y` copies, and where it goes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from textual.screen import Screen
from textual.widgets import Input

from tui.terminal import files

MOST_BYTES: Final = 64_000
"""Terminals take no more than some such amount by OSC 52."""


class Copied(NamedTuple):
    """What `y` puts on the clipboard, and what the notice calls it."""

    text: str
    what: str


def fits(text: str) -> bool:
    """Tell whether the terminal can be expected to take the text.

    The Linux console and Apple's Terminal take nothing.
    """
    named = os.environ.get("TERM"), os.environ.get("TERM_PROGRAM")
    able = named[0] != "linux" and named[1] != "Apple_Terminal"
    return able and len(text.encode("utf-8", "replace")) <= MOST_BYTES


def file_path() -> Path:
    """Return a path for what does not fit; there may be a file of that name."""
    return files.state("copied") / time.strftime("%Y%m%d-%H%M%S.txt")


def find_copy(screen: Screen[Any]) -> Copied | None:
    """Return what is to be copied: the selection, else what the focus is in.

    Anything but a selection and a field says itself, by its method ``copied``.
    """
    if selected := screen.get_selected_text():
        return Copied(selected, "the selection")
    node: Any = screen.focused or screen
    for owner in node.ancestors_with_self:
        if isinstance(owner, Input):
            return Copied(owner.value, "the value")
        if hasattr(owner, "copied"):
            text: Copied | None = owner.copied()
            if text is not None:
                return text
    return None
