"""The list of themes; each is seen on all that is behind it while one chooses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on

from tui.features.dialogs import Finder
from tui.features.screen import DIALOG_STYLE
from tui.widgets.rows import Item, ListColumn, Rows


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

    def on_mount(self) -> None:
        """Begin at the theme in force."""
        super().on_mount()
        self.query_one(Rows).highlight(self._now)

    @on(Rows.Highlighted)
    def _try(self, event: Rows.Highlighted) -> None:
        self.app.theme = event.key
