"""How the user arranged the app, kept from one session to the next.

It is a part of the session (`session.view.remembered`), changed by reducers as all of
it. `Memory` keeps it in a small file of the app's own. A file that cannot be read, or
that has values that cannot be, is ignored and written anew; a view, a column or an
operating point that there is not is passed over by whoever looks for it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import OutputError
from tui.terminal.files import state, write_private

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.features.jobs import Jobs

SECONDS: Final = 1.0
"""How long changes are collected before they are written."""


class Sort(msgspec.Struct, frozen=True):
    """The column that a list is sorted by, by its name in that list."""

    column: str
    reverse: bool = False


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered.

    Parameters
    ----------
    left : int or None
        Cells of the left column where it is beside the picture; None follows the
        terminal's width.
    above : int or None
        Lines of the pane where it is above its picture; None follows what is in it.
    shown : dict of str to str
        The view of each pane's picture that was chosen last.
    sorts : dict of str to Sort
        Lists that were sorted, by their name; the others have the order they come in.
    at : str or None
        The operating point that was chosen last.
    """

    left: int | None = None
    above: int | None = None
    shown: dict[str, str] = {}
    sorts: dict[str, Sort] = {}
    at: str | None = None


class Memory:
    """Reads what is remembered, and writes what changes.

    Parameters
    ----------
    jobs : Jobs
        Writes in a thread.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._path = state("remembered.json")
        self._timer: Timer | None = None
        self._newest = Remembered()
        with suppress(OSError, msgspec.DecodeError, UnicodeError):
            text = self._path.read_bytes()
            self._newest = msgspec.json.decode(text, type=Remembered)

    @property
    def newest(self) -> Remembered:
        """What is remembered now."""
        return self._newest

    def note(self, remembered: Remembered) -> None:
        """Write this soon, together with what else changes until then."""
        if remembered == self._newest:
            return
        self._newest = remembered
        if self._timer is None:
            self._timer = self._jobs.app.set_timer(SECONDS, self._write_soon)

    def close(self) -> None:
        """Write at once what waits to be written."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._write(self._newest)

    def _write_soon(self) -> None:
        self._timer = None
        self._jobs.work("remembered", partial(self._write, self._newest))

    def _write(self, remembered: Remembered) -> None:
        with suppress(OutputError):  # no home, a full disk: the next start has defaults
            write_private(self._path, msgspec.json.encode(remembered).decode())
