"""Progress of one command on standard error: a line redrawn, or a line per stage."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

from engine.core.views.progress import TASKS
from tui.cli.streams import tell
from tui.console.live import can_redraw
from tui.safe_text import clip

Progress: TypeAlias = Callable[[str, int, int | None], None]
_CLEAR = "\r\x1b[K"
_CELLS = 20


@contextlib.contextmanager
def stages(*, quiet: bool) -> Iterator[Progress]:
    """Yield what is told a stage, what is done of it, and of how much.

    Parameters
    ----------
    quiet : bool
        Whether nothing is to be said.
    """
    if quiet:
        yield lambda stage, done, total: None
    elif can_redraw(sys.stderr):
        try:
            yield _line()
        finally:
            tell(_CLEAR, end="")
    else:
        printed: set[str] = set()

        def say(stage: str, done: int, total: int | None) -> None:
            text = TASKS.get(stage, stage)
            if text not in printed:
                printed.add(text)
                tell(f"imbtui: {text}")

        yield say


def _line() -> Progress:
    """Return what writes a stage over the one before it."""
    shown = ""

    def say(stage: str, done: int, total: int | None) -> None:
        nonlocal shown
        text = TASKS.get(stage, stage)
        if total:
            part = min(1.0, done / total)
            full = round(_CELLS * part)
            bar = "█" * full + "░" * (_CELLS - full)
            text = f"{bar} {100 * part:3.0f} %  {text}"
        if text != shown:
            shown = text
            columns = shutil.get_terminal_size().columns
            tell(_CLEAR + clip(f" {text} …", max(1, columns - 1)), end="")

    return say
