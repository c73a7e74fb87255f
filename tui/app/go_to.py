"""A list of all views: a digit, or letters of the name, go to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.widgets import Input

from tui.features.dialogs import Finder
from tui.features.pane import Pane
from tui.features.session import PaneId
from tui.widgets.rows import Item, ListColumn

BACK = "back"


class GoTo(Finder):
    """Asks for a view; dismisses with ``pane.view``, or with `BACK`.

    Parameters
    ----------
    panes : sequence of Pane types
        All of them.
    active : PaneId
        The one whose views have digits.
    """

    COLUMNS: ClassVar = (ListColumn("", 1), ListColumn("view", 18), ListColumn("", 10))
    TYPED = "a digit, or letters of a name"
    EMPTY = "No view has such a name."
    heading = "Go to a view"
    hint = "↑ ↓ choose   enter goes   g goes back to the view before"

    def __init__(self, panes: Sequence[type[Pane]], active: PaneId) -> None:
        super().__init__()
        first = sorted(panes, key=lambda pane: active != pane.PANE)
        self._views: list[tuple[str, str, Item]] = []
        for pane in first:
            for place, view in enumerate(pane.PICTURE.VIEWS, 1):
                digit = str(place % 10) if active == pane.PANE else ""
                cells = ((digit, "bold $accent"), view.TITLE, (pane.TITLE, "dim"))
                item = Item(f"{pane.PANE}.{view.NAME}", cells)
                self._views.append((view.TITLE.lower(), digit, item))

    def find(self, words: Sequence[str]) -> list[Item]:
        """Return the views with all words in their names."""
        return [
            item
            for title, _, item in self._views
            if all(word in title for word in words)
        ]

    @on(Input.Changed)
    def _go(self, event: Input.Changed) -> None:
        """Go at once where a digit, or the key again, says where."""
        typed = event.value.strip().lower()
        known = {digit: item.key for _, digit, item in self._views if digit}
        if typed == "g":
            self.dismiss(BACK)
        elif typed in known:
            self.dismiss(known[typed])
