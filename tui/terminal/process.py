"""The terminal: left for certain, and filters of what goes to it and comes from it.

A signal asks the app to leave with exit code 128+n; a watchdog ends the process if it
has not left in time, since a stalled terminal stops the event loop itself. A terminal
that was closed without a signal is noticed too: Textual would spin for ever. Ctrl+Z
gives the terminal back and stops the process, unless nobody could continue it.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import Any, Final, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

WATCHDOG_SECONDS: Final = 2.0
"""Time the app has to leave before the process is ended."""
WAKE: Final = signal.SIGUSR1
"""Does nothing but interrupt what a thread waits for."""
SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)

_RESTORE: Final = (
    "\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Ends paste, mouse and focus reports and keyboard protocol, and shows the cursor."""


class Departure:
    """Watches for reasons to leave.

    Notes
    -----
    Made, and `install` called, before the app takes the terminal, so that it can be
    given back as it was.
    """

    def __init__(self) -> None:
        self._leave: Callable[[int], object] | None = None
        self._watched = False
        self._code: int | None = None
        self._gone = threading.Event()
        self._terminal = _attributes()

    def install(self) -> None:
        """Take over the signals, and begin to watch for them and the terminal."""
        for number in (*SIGNALS, WAKE):
            signal.signal(number, lambda *_: None)
        # A thread acts on them: a handler in Python runs in the main thread only, and
        # never if the signal comes just before that waits for a stalled terminal.
        numbers, told = os.pipe()
        os.set_blocking(told, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, args=(numbers,), daemon=True).start()

    def leave_by(self, leave: Callable[[int], object]) -> None:
        """Say how the app is asked to end with an exit code.

        Parameters
        ----------
        leave : callable
            Called in a thread of this object: it must only schedule.
        """
        self._leave = leave

    def hurry(self, code: int) -> None:
        """Say that the app is about to end: it must not take longer than it may."""
        if not self._watched:
            self._watched = True
            threading.Thread(target=self._watchdog, args=(code,), daemon=True).start()

    def ended(self, code: int) -> int:
        """Say that the app gave the terminal back; what is left must end soon.

        Parameters
        ----------
        code : int
            The exit code if there was no other reason to leave.

        Returns
        -------
        int
            The exit code. The process is ended if it has not done so in time.
        """
        self._gone.set()
        code = code if self._code is None else self._code
        self.hurry(code)
        return code

    def _watchdog(self, code: int) -> None:
        time.sleep(WATCHDOG_SECONDS)
        if not self._gone.is_set():
            # The terminal may be what hangs: it gets a moment, no more.
            thread = threading.Thread(target=self._restore, daemon=True)
            thread.start()
            thread.join(0.3)
        os._exit(code)

    def _restore(self) -> None:
        # The settings first: they wait for nobody, what is written may for ever.
        if self._terminal is not None:
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(0, termios.TCSANOW, self._terminal)
        with contextlib.suppress(termios.error, OSError):
            _write_over(2, _RESTORE.encode("ascii"))

    def _watch(self, numbers: int) -> None:
        """Leave at the first signal, as by a hang-up when the terminal is gone."""
        poll = select.poll()
        poll.register(numbers, select.POLLIN)
        # No event is asked for: that the other end is gone is always reported.
        poll.register(0, 0)
        while not self._gone.is_set():
            found = [fd for fd, _ in poll.poll(1000)]
            came = os.read(numbers, 64) if numbers in found else b""
            number = next((n for n in came if n in SIGNALS), None)
            if number is None and 0 in found:
                number = signal.SIGHUP
            if number is not None:
                self._depart(128 + number)
                return

    def _depart(self, code: int) -> None:
        self._code = code
        self.hurry(code)
        if self._leave is not None:
            self._leave(code)


Action: TypeAlias = Callable[[], object]


class Stop:
    """Stops the app by SIGTSTP, and takes the terminal again when it goes on.

    Parameters
    ----------
    suspend, resume : callable
        Give the terminal back, and take it; called in the main thread.
    refuse : callable
        Told that the system did not stop the process; it must only schedule.

    Notes
    -----
    Textual stops the process by SIGSTOP, which always works: without a shell above it
    (``ssh -t host imbtui``) nobody can continue it. The default action of SIGTSTP
    stops no process of an orphaned group.
    """

    def __init__(self, suspend: Action, resume: Action, refuse: Action) -> None:
        self._suspend, self._resume, self._refuse = suspend, resume, refuse
        self._busy = self._continued = False

    def install(self) -> None:
        """Take over both signals; Textual's driver has been made before."""
        signal.signal(signal.SIGTSTP, self._on_stop)
        signal.signal(signal.SIGCONT, self._on_continue)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        if self._busy:
            return
        self._busy = True
        self._suspend()
        self._continued = False
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        # To this thread, which is then stopped before it does anything else.
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._on_stop)
        if not self._continued:
            self._refuse()
        self._take()

    def _on_continue(self, number: int, frame: FrameType | None) -> None:
        self._continued = True
        if not self._busy:  # SIGSTOP stopped it: the terminal may have changed since
            self._busy = True
            self._suspend()
            self._take()

    def _take(self) -> None:
        """Take the terminal; again if `bg` continued the process, which stops it."""
        self._continued = False
        self._resume()
        while self._continued:
            self._suspend()
            self._continued = False
            self._resume()
        self._busy = False


def _write_over(fd: int, data: bytes) -> None:
    """Write to a terminal that may be full, in place of what it has not taken yet.

    What waits is thrown away: it would be drawn on a screen that is left anyway. It
    may end inside a sequence, so the first character cancels one. A thread that waits
    to write holds the terminal: it is woken by a signal, and its write fails.
    """
    threading.excepthook = lambda _: None
    blocking = os.get_blocking(fd)
    # Others share this setting, the shell among them: it is put back.
    os.set_blocking(fd, False)
    try:
        left = b"\x18" + data
        end = time.monotonic() + 0.25
        while left and time.monotonic() < end:
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and thread.ident:
                    with contextlib.suppress(OSError):
                        signal.pthread_kill(thread.ident, WAKE)
            termios.tcflush(fd, termios.TCOFLUSH)
            try:
                left = left[os.write(fd, left) :]
            except BlockingIOError:
                time.sleep(0.01)
    finally:
        os.set_blocking(fd, blocking)


def _attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        return None


# Categories Cc, Cf, Cs, Co, Zl and Zp; a test holds it against `unicodedata`.
BAD: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ud800-\uf8ff\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f\U000f0000-\U0010ffff]"
)


class OutputFilter(LineFilter):
    """Removes what could drive the terminal from lines; all else is unchanged."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line without control characters, links and click actions.

        Parameters
        ----------
        segments : list of Segment
            The line.
        background : Color
            Unused.

        Returns
        -------
        list of Segment
        """
        return [
            segment
            if segment.control or (_plain(segment.text) and _inert(segment.style))
            else Segment(BAD.sub("", segment.text), _strip(segment.style))
            for segment in segments
        ]


def _plain(text: str) -> bool:
    return text.isprintable() if text.isascii() else BAD.search(text) is None


def _active(item: tuple[str, object]) -> bool:
    """Tell whether a mark does something: those of Textual's scroll bars may stay."""
    name, action = item
    return name.startswith("@") and (
        name != "@mouse.down" or action not in ("grab", "scroll_up", "scroll_down")
    )


@lru_cache(4096)
def _inert(style: Style | None) -> bool:
    # Textual's own filters, which come after this one, need a style.
    return (
        style is not None
        and style.link is None
        and not any(map(_active, style.meta.items()))
    )


@lru_cache(256)
def _strip(style: Style | None) -> Style:
    """Return the style without its link and its actions."""
    if style is None or _inert(style):
        return style or Style.null()
    meta = {k: v for k, v in style.meta.items() if not _active((k, v))}
    return style.clear_meta_and_links() + Style(meta=meta or None)


_OPENERS: Final = {"left_square_bracket", "right_square_bracket", "P", "underscore"}
"""What follows the escape of an answer: CSI, OSC, DCS, APC."""
_TOGETHER: Final = 0.005
"""Seconds between two keys that came in one packet and were parsed at once."""
_REST: Final = 0.02
"""Seconds for which what follows belongs to the answer."""


class Replies:
    """Recognises the keys that an answer of the terminal was taken for."""

    def __init__(self) -> None:
        self._escaped = float("-inf")
        self._until = float("-inf")

    def drops(self, key: str, at: float) -> bool:
        """Tell whether a key is part of an answer.

        Parameters
        ----------
        key : str
            Textual's name of the key.
        at : float
            When it was parsed, in seconds.

        Returns
        -------
        bool

        Examples
        --------
        >>> keys = Replies()
        >>> sent = ("circumflex_accent", "left_square_bracket", "2", "c")
        >>> [keys.drops(key, 1.0) for key in sent], keys.drops("c", 2.0)
        ([False, True, True, True], False)
        """
        if at < self._until or (key in _OPENERS and at - self._escaped < _TOGETHER):
            self._until = at + _REST
            return True
        if key == "circumflex_accent":
            self._escaped = at
        return False
