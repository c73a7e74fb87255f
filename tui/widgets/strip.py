"""A line of titles, one of them current; a click chooses another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.terminal.safe_text import cells, clip

_APART = "│"
_FULL = 3
"""Cells between two titles where there is room."""


class Tab(NamedTuple):
    """A title: its name, a shorter one, its key, and whether a group begins with it.

    Parameters
    ----------
    name : str
        Constant text.
    brief : str, default=""
        The name where there is no room for all in full; the same when empty.
    key : str, default=""
        A sign that is seen behind the name where there is room.
    apart : bool, default=False
    """

    name: str
    brief: str = ""
    key: str = ""
    apart: bool = False


class StripTitle(NamedTuple):
    """A text of the line, and the title that it stands for; -1 for none."""

    text: str
    left: int
    title: int
    key: str = ""


class Strip(Widget, can_focus=False):
    """Titles side by side; it has no keys of its own, its owner has.

    Where they have no room they are shortened; then those around the current one are
    seen.

    Parameters
    ----------
    tabs : sequence of Tab
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
    class Clicked(Message):
        """A title was clicked."""

        index: int

    active: reactive[int] = reactive(0)

    def __init__(
        self, tabs: Sequence[Tab], *, id: str | None = None, classes: str = ""
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._tabs = tuple(tabs)

    @property
    def titles(self) -> list[StripTitle]:
        """What stands where."""
        return lay_out(self._tabs, self.active, self.size.width)

    def render(self) -> Content:
        """Draw the titles; the current one is underlined, so no colour is needed."""
        line = Content("")
        for place in self.titles:
            name = "current" if place.title == self.active else "other"
            blank = " " * (place.left - line.cell_length)
            text = Content.styled(place.text, self.get_visual_style(f"strip--{name}"))
            if place.key:
                at = place.text.rindex(place.key)
                text = text.stylize("dim", at, at + len(place.key))
            line = Content.assemble(line, blank, text)
        return line

    def on_click(self, event: Click) -> None:
        """Choose the title under the pointer."""
        for place in self.titles:
            right = place.left + cells(place.text)
            if place.title >= 0 and place.left <= event.x < right:
                event.stop()
                self.post_message(self.Clicked(place.title))


def lay_out(tabs: Sequence[Tab], active: int, width: int) -> list[StripTitle]:
    """Return what stands where on a line.

    Parameters
    ----------
    tabs : sequence of Tab
    active : int
        The one that is always seen, whole.
    width : int
        Cells of the line; all stand in full where it is 0, as before the first layout.

    Returns
    -------
    list of StripTitle

    Examples
    --------
    >>> tabs = Tab("Board", key="¹"), Tab("Matrices", "Matr.", "²")
    >>> [place.text for place in lay_out(tabs, 0, 40)]
    [' Board¹ ', ' Matrices² ']
    >>> [place.text for place in lay_out(tabs, 0, 11)]
    ['Board', 'Matr.']
    """
    long = [tab.name for tab in tabs]
    short = [tab.brief or tab.name for tab in tabs]
    mixed = [*short[:active], *long[active : active + 1], *short[active + 1 :]]
    # Rather a shorter name than none of the keys, or names that read as a sentence.
    ways = itertools.product(((_FULL, 2), (1,)), (True, False), (long, mixed, short))
    for gaps, keyed, names in ways:
        for gap in gaps:
            places = _place(tabs, names, keyed, gap)
            last = places[-1] if places else StripTitle("", 0, 0)
            if not width or last.left + cells(last.text) <= width:
                return places
    shown = fit(list(map(Pick, long, short)), active, width)
    left, places = 0, []
    if shown.more:
        places.append(StripTitle(BEFORE if shown.first else "", 0, -1))
        left = cells(BEFORE)
    for title, name in enumerate(shown.names, shown.first):
        places.append(StripTitle(name, left + _MARK, title))
        left += _MARK + cells(name) + shown.gap
    if shown.first + len(shown.names) < len(tabs):
        places.append(StripTitle(BEHIND, left - shown.gap, -1))
    return places


def _place(
    tabs: Sequence[Tab], names: Sequence[str], keyed: bool, gap: int
) -> list[StripTitle]:
    """Lay out all names with so many blanks between two."""
    pad, left, places = " " * (gap == _FULL), 0, []
    for n, (tab, name) in enumerate(zip(tabs, names, strict=True)):
        if tab.apart and n:
            places.append(StripTitle(_APART, left + 1, -1))
            left += 2 + len(_APART)
        elif n:
            left += gap - 2 * len(pad)
        key = tab.key if keyed else ""
        text = f"{pad}{name}{key}{pad}"
        places.append(StripTitle(text, left, n, key))
        left += cells(text)
    return places


# Names on a line of which a part may be seen ------------------------------------------

BEFORE, BEHIND = "‹ ", " ›"
"""Say that there are more on that side."""
_MARK = 1
"""Cells before each, for the mark of the chosen one."""
_GAPS = (2, 1)
"""Cells between picks."""


class Pick(NamedTuple):
    """One of the things: its name, and a shorter one; both may be untrusted."""

    long: str
    short: str


class Shown(NamedTuple):
    """What is seen of them.

    `names` of those from `first` on, `gap` blanks apart; there are others before or
    behind where the line says so.
    """

    first: int
    names: tuple[str, ...]
    gap: int
    more: bool


def fit(picks: Sequence[Pick], chosen: int, room: int) -> Shown:
    """Choose what is seen: all by their names, or shorter, or a part of them.

    Parameters
    ----------
    picks : sequence of Pick
        In their order, which is kept.
    chosen : int
        The one that is always seen.
    room : int
        Cells.

    Returns
    -------
    Shown

    Examples
    --------
    >>> picks = [Pick("default 0.5", "0.5"), Pick("prevalence", "prev.")]
    >>> picks.append(Pick("f1", "f1"))
    >>> fit(picks, 1, 40).names, fit(picks, 1, 24).names
    (('default 0.5', 'prevalence', 'f1'), ('0.5', 'prevalence', 'f1'))
    >>> fit(picks, 2, 9)
    Shown(first=2, names=('f1',), gap=1, more=True)
    """
    if not picks:
        return Shown(0, (), _GAPS[-1], False)
    long = [pick.long for pick in picks]
    short = [pick.short for pick in picks]
    mixed = [*short[:chosen], long[chosen], *short[chosen + 1 :]]
    for names in (long, mixed, short):
        for gap in _GAPS:
            if _room_of(names, gap, _MARK) <= room:
                return Shown(0, tuple(names), gap, False)
    gap = _GAPS[-1]
    left = room - cells(BEFORE) - cells(BEHIND)
    first, last = chosen, chosen + 1
    # To the right first, then to the left, as one reads on.
    while last < len(short) and _room_of(short[first : last + 1], gap, _MARK) <= left:
        last += 1
    while first and _room_of(short[first - 1 : last], gap, _MARK) <= left:
        first -= 1
    names = short[first:last]
    if _room_of(names, gap, _MARK) > left:
        names = [clip(short[chosen], max(1, left - _MARK))]
    return Shown(first, tuple(names), gap, True)


def _room_of(names: Sequence[str], gap: int, mark: int = 0) -> int:
    return sum(mark + cells(name) for name in names) + gap * (len(names) - 1)
