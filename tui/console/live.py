"""A display that redraws its lines in place, and leaves the terminal as it was."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TextIO

from engine.state import State
from tui.console.progress import lines
from tui.console.style import Style, style_for
from tui.safe_text import cells, clean

FRAME_SECONDS = 0.1

_UP = "\x1b[{}A"
_CLEAR_LINE = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"


def can_redraw(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether a stream is a terminal on which lines can be redrawn.

    Parameters
    ----------
    stream : text stream
    environ : mapping, default=None
        The environment; the process's own when None.

    Returns
    -------
    bool
        False for a pipe or file, ``TERM=dumb``, and an encoding that has no bars.
    """
    env = os.environ if environ is None else environ
    if not stream.isatty() or env.get("TERM", "") in ("dumb", ""):
        return False
    try:
        "█░…→▸".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class LiveDisplay:
    """Shows a run at work on a terminal.

    Every frame is one write that begins and ends below the lines, with the cursor
    visible and at the left: whatever kills the process, nothing is to be restored.
    Only lines of its own are ever drawn over. A terminal that goes away
    ends the display, never the run.

    Parameters
    ----------
    stream : text stream
        A terminal, as a rule stderr.
    jobs : int
        Units of work at a time.
    elapsed : float, default=0.0
        Seconds since the run began, for one that is under way.
    style : Style or None, default=None
        What suits the stream when None.
    clock : callable, default=time.monotonic
        The time in seconds.
    size : callable, default=None
        The columns and lines of the terminal; asked of the system when None.

    Examples
    --------
    >>> import sys
    >>> with LiveDisplay(sys.stderr, jobs=2) as display:  # doctest: +SKIP
    ...     for event in events:
    ...         state = reduce(state, event)
    ...         display.show(state)
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        jobs: int,
        elapsed: float = 0.0,
        style: Style | None = None,
        clock: Callable[[], float] = time.monotonic,
        size: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        self._stream = stream
        self._jobs = jobs
        self._style = style_for(stream) if style is None else style
        self._clock = clock
        self._size = size or (lambda: _size(stream))
        self._began = clock() - elapsed
        self._drawn: list[int] = []
        self._last = -FRAME_SECONDS
        self._state: State | None = None
        self._gone = False

    def __enter__(self) -> LiveDisplay:
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    def show(self, state: State) -> None:
        """Draw the state, unless the last frame is younger than a tenth of a second.

        Parameters
        ----------
        state : State
            Where the run is; give the same again to let the clock go on.
        """
        self._state = state
        now = self._clock()
        if now - self._last >= FRAME_SECONDS:
            self._last = now
            self._draw(whole=False)

    def say(self, text: str) -> None:
        """Write a line above what is drawn, which then goes on below it."""
        if self._gone:
            return
        self._write(f"{self._back()}{_CLEAR_BELOW}{clean(text)}\n")
        self._drawn = []
        if self._state is not None:
            self._draw(whole=False)

    def close(self) -> None:
        """Draw the last state in full and leave it there; twice does no more."""
        if self._state is not None:
            self._draw(whole=True)
        self._state = None

    def _draw(self, *, whole: bool) -> None:
        state = self._state
        if self._gone or state is None:
            return
        columns, rows = self._size()
        # The last column is left free, where terminals differ in when they wrap,
        # and the last line, where the cursor waits.
        width = max(1, columns - 1)
        elapsed = self._clock() - self._began
        height = None if whole else max(1, rows - 1)
        draw = partial(lines, state, elapsed=elapsed, jobs=self._jobs)
        draw = partial(draw, width=width, height=height)
        frame = [_HIDE, self._back()]
        frame += [f"{text}{_CLEAR_LINE}\n" for text in draw(style=self._style)]
        frame += [_CLEAR_BELOW, _SHOW]
        self._drawn = [cells(text) for text in draw()]
        self._write("".join(frame))

    def _back(self) -> str:
        """Return what leads to where drawing began."""
        # A narrower terminal has folded the old lines, nobody knows how; they
        # stay as they are, rather than that something above them be lost.
        columns = self._size()[0]
        folded = any(taken >= columns for taken in self._drawn)
        up = 0 if folded else len(self._drawn)
        return f"{_UP.format(up) if up else ''}\r"

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._gone = True


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        size = shutil.get_terminal_size()
    return size.columns or 80, size.lines or 24
