"""A line of titles, one of them current; a click chooses another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.safe_text import cells, clip

__all__ = ["Place", "Strip", "laid_out"]

_GAP = 1
_LEAST = 4
"""Cells of a shortened title."""
_MORE = "‹", "›"


class Place(NamedTuple):
    """A text of the line: the title of that place, or None of a mark."""

    text: str
    left: int
    title: int | None


class Strip(Widget, can_focus=False):
    """Titles side by side; it has no keys of its own, its owner has.

    Where they have no room the others than the current one are shortened, all alike;
    where that is not enough, those around the current one are seen.

    Parameters
    ----------
    titles : sequence of str
        Constant text.
    """

    DEFAULT_CSS = """
    Strip {
        height: 1;
        width: 1fr;
        color: $text-muted;
        & > .strip--current { color: $primary; text-style: bold underline; }
        & > .strip--other { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"strip--current", "strip--other"}

    @dataclass
    class Chosen(Message):
        """A title was clicked."""

        strip: Strip
        index: int

        @property
        def control(self) -> Strip:
            """The strip."""
            return self.strip

    active: reactive[int] = reactive(0)

    def __init__(
        self,
        titles: Sequence[str],
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._titles = tuple(titles)

    def render(self) -> Content:
        """Draw the titles; the current one is underlined, so no colour is needed."""
        parts: list[tuple[str, object] | str] = []
        for place in laid_out(self._titles, self.active, self.size.width):
            if place.title is None:
                parts.append((place.text, self.get_visual_style("strip--other")))
                continue
            here = place.title == self.active
            name = "strip--current" if here else "strip--other"
            parts.append(" " * (place.left - _width(parts)))
            parts.append((place.text, self.get_visual_style(name)))
        return Content.assemble(*parts)  # type: ignore[arg-type]

    def on_click(self, event: Click) -> None:
        """Choose the title under the pointer."""
        for place in laid_out(self._titles, self.active, self.size.width):
            right = place.left + cells(place.text)
            if place.title is not None and place.left <= event.x < right:
                event.stop()
                self.post_message(self.Chosen(self, place.title))
                return


def laid_out(titles: Sequence[str], active: int, width: int) -> list[Place]:
    """Return what stands where on a line.

    Parameters
    ----------
    titles : sequence of str
    active : int
        The one that is always seen whole.
    width : int
        Cells of the line; all stand in full where it is 0, as before the first layout.

    Returns
    -------
    list of Place

    Examples
    --------
    >>> [place.text for place in laid_out(("Board", "Matrices"), 0, 40)]
    [' Board ', ' Matrices ']
    >>> [place.text for place in laid_out(("Board", "Matrices"), 0, 11)]
    ['Board', 'Matr…']
    >>> [place.text for place in laid_out(("Board", "Matrices", "Curves"), 1, 14)]
    ['‹', 'Matrices', ' ›']
    """
    longest = max(map(cells, titles), default=0)
    padded = [f" {title} " for title in titles]
    for room in (None, *range(longest, _LEAST - 1, -1)):
        texts = padded
        if room is not None:
            texts = [
                title if i == active else clip(title, room)
                for i, title in enumerate(titles)
            ]
        if not width or _line(texts) <= width:
            return _placed(texts, 0, 0)
    texts = [t if i == active else clip(t, _LEAST) for i, t in enumerate(titles)]
    first, last = active, active + 1
    room = width - 2 * (cells(_MORE[0]) + _GAP)
    while last < len(texts) and _line(texts[first : last + 1]) <= room:
        last += 1
    while first and _line(texts[first - 1 : last]) <= room:
        first -= 1
    found = [Place(_MORE[0], 0, None)] if first else []
    left = cells(_MORE[0]) + _GAP
    found += _placed(texts[first:last], first, left)
    if last < len(texts):
        end = found[-1].left + cells(found[-1].text)
        found.append(Place(" " * _GAP + _MORE[1], end, None))
    return found


def _placed(texts: Sequence[str], first: int, left: int) -> list[Place]:
    found = []
    for index, text in enumerate(texts, first):
        found.append(Place(text, left, index))
        left += cells(text) + _GAP
    return found


def _line(texts: Sequence[str]) -> int:
    return sum(map(cells, texts)) + _GAP * (len(texts) - 1)


def _width(parts: Sequence[tuple[str, object] | str]) -> int:
    return sum(cells(part if isinstance(part, str) else part[0]) for part in parts)
