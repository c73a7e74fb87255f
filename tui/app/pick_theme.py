"""The list of themes; each is seen on all that is behind it while one chooses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.timer import Timer

from tui.features.dialogs import Finder
from tui.features.screen import DIALOG_STYLE
from tui.widgets.rows import Item, ListColumn, Rows

_REST: Final = 0.05
"""Seconds that the cursor rests on a theme before all is styled by it."""


class PickTheme(Finder):
    """Asks for a theme; dismisses with its name, or with nothing.

    Parameters
    ----------
    themes : collection of str
        Their names.
    now : str
        The one that is in force, and marked.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, Path(__file__).with_name("pick_theme.tcss")]
    COLUMNS = (ListColumn("theme", 14, grow=40), ListColumn("now", 4))
    heading = "Theme"

    _soon: Timer | None = None

    def __init__(self, themes: Collection[str], now: str) -> None:
        super().__init__()
        self._themes, self._now = themes, now

    def find(self, words: Sequence[str]) -> list[Item]:
        """Return the themes whose names have all the words."""
        return [
            Item(name, (name, "now" if name == self._now else ""))
            for name in self._themes
            if all(word in name.lower() for word in words)
        ]

    def _narrow(self, typed: str) -> None:
        super()._narrow(typed)
        if not typed:
            self.query_one(Rows).highlight(self._now)
        self._wait()

    @on(Rows.Highlighted)
    def _wait(self) -> None:
        """Show the theme soon: all is styled anew, which takes longer than a key."""
        if self._soon is not None:
            self._soon.stop()
        self._soon = self.set_timer(_REST, self._preview)

    def _preview(self) -> None:
        name = self.query_one(Rows).highlighted
        if name is not None and self.is_current:
            self.app.theme = name
