"""The only gate for untrusted text on its way to a screen.

Untrusted is whatever a file, a library or a user's machine says: column names,
cells, class labels, file names, messages. Such text can hold escape sequences
that drive the terminal, and characters that hide or reorder what is read. Here
they become visible and harmless; everything else stays as it is.
"""

from __future__ import annotations

from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from rich.cells import cell_len, get_character_cell_size

from engine.core.visible import MOST_MARKS, shown_char

if TYPE_CHECKING:
    from textual.content import Content

    from engine.core.views import Align

ELLIPSIS = "…"
_REMEMBERED = 4096


class _Visible(dict[int, str]):
    """What `str.translate` puts for each code point."""

    def __missing__(self, code: int) -> str:
        shown = shown_char(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = shown
        return shown


_VISIBLE = _Visible()


def clean(text: object) -> str:
    r"""Return text with every dangerous or invisible character made visible.

    C0 controls and DEL become their control pictures (tab ``␉``, newline ``␊``,
    escape ``␛``). C1 controls, bidirectional and other format characters,
    zero-width characters, variation selectors, line and paragraph separators,
    lone surrogates, private and unassigned code points become ``<U+202E>``.
    A character keeps at most three marks that combine with it. Cleaning twice changes
    nothing more.

    Parameters
    ----------
    text : object
        What to show; anything that is no string goes through `str`.

    Returns
    -------
    str
        One line that any terminal can be given.

    Examples
    --------
    >>> clean("a\x1b[31mb\n"), clean("x\u202ey"), clean(3)
    ('a␛[31mb␊', 'x<U+202E>y', '3')
    """
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return raw
    shown = raw.translate(_VISIBLE)
    return shown if shown.isascii() else _few_marks(shown)


def _few_marks(text: str) -> str:
    """Give a mark without a base a dotted circle, and cut piles of marks."""
    out: list[str] = []
    marks = -1
    for char in text:
        if char < "\u0300" or get_character_cell_size(char):
            marks = 0
            out.append(char)
        else:
            if marks < 0:
                out.append("◌")
            marks = max(marks, 0) + 1
            out.append(char if marks <= MOST_MARKS else f"<U+{ord(char):04X}>")
    return "".join(out)


def cells(text: object) -> int:
    """Return how many terminal cells the cleaned text takes; CJK takes two each."""
    return cell_len(clean(text))


def clip(text: object, width: int) -> str:
    """Return the cleaned text, cut with an ellipsis to at most `width` cells.

    Parameters
    ----------
    text : object
        What to show; only as much of it is looked at as can be seen.
    width : int
        Cells at most; nothing fits into 0 or fewer.

    Returns
    -------
    str

    Examples
    --------
    >>> clip("kmeans-smote", 8), clip("漢字漢字", 5), clip("ok", 8)
    ('kmeans-…', '漢字…', 'ok')
    """
    if width <= 0:
        return ""
    # A cell is at most a base with its marks, so this much is always too wide.
    shown = clean(str(text)[: (MOST_MARKS + 1) * (width + 2)])
    if cell_len(shown) <= width:
        return shown
    used = accumulate(map(get_character_cell_size, shown))
    end = sum(1 for _ in takewhile(lambda cells: cells < width, used))
    return shown[:end] + ELLIPSIS


def clip_middle(text: object, width: int) -> str:
    """Return the cleaned text, cut in its middle to at most `width` cells.

    Parameters
    ----------
    text : object
        What to show; only as much of both ends is looked at as can be seen.
    width : int
        Cells at most; nothing fits into 0 or fewer.

    Returns
    -------
    str

    Examples
    --------
    >>> clip_middle("a_very_long_name_17", 12), clip_middle("ok", 8)
    ('a_very_…e_17', 'ok')
    """
    raw = str(text)
    most = (MOST_MARKS + 1) * (width + 2)
    shown = clean(raw if len(raw) <= 2 * most else raw[:most] + raw[-most:])
    if cell_len(shown) <= width:
        return shown
    if width < 5:
        return clip(text, width)
    end = (width - 1) // 3 + 1
    head = clip(shown, width - end)
    used, start = 0, len(shown)
    while start and used + get_character_cell_size(shown[start - 1]) <= end:
        start -= 1
        used += get_character_cell_size(shown[start])
    while start < len(shown) and not get_character_cell_size(shown[start]):
        start += 1  # a mark whose base is cut off
    return head + shown[start:]


def pad(text: object, width: int, align: Align = "left") -> str:
    """Return the cleaned text as exactly `width` cells, cut or filled with blanks.

    Parameters
    ----------
    text : object
        What to show.
    width : int
        Cells of the result.
    align : {"left", "right", "center"}, default="left"
        Where the text stands.

    Returns
    -------
    str

    Examples
    --------
    >>> pad("smote", 7) + "|", pad("漢字", 6, "right"), pad("1", 3, "center")
    ('smote  |', '  漢字', ' 1 ')
    """
    shown = clip(text, width)
    room = max(0, width - cell_len(shown))
    before = {"left": 0, "right": room, "center": room // 2}[align]
    return " " * before + shown + " " * (room - before)


def sentence(text: str) -> str:
    """Return a text with a capital letter.

    Examples
    --------
    >>> sentence("give another")
    'Give another'
    """
    return text[:1].upper() + text[1:]


def content(text: object, style: str = "", width: int | None = None) -> Content:
    """Return text for a Textual widget: no markup in it is ever obeyed.

    Parameters
    ----------
    text : object
        What to show.
    style : str, default=""
        A style for all of it, such as ``"bold $warning"``.
    width : int or None, default=None
        Cells at most; all of it when None.

    Returns
    -------
    textual.content.Content

    Examples
    --------
    >>> content("[@click=app.quit]x").plain
    '[@click=app.quit]x'
    """
    from textual.content import Content

    shown = clean(text) if width is None else clip(text, width)
    return Content.styled(shown, style) if style else Content(shown)
