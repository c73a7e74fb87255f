"""Lines made of spans: laid out by cell width, and painted last.

A span is text with a look, which only ever repeats what the words and figures say
already. Whatever is built here may hold untrusted text: the layout measures it as it
will be shown, and `paint` cleans it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO, TypeAlias

from rich.cells import get_character_cell_size

from engine.core.views import Cell, Look
from tui.terminal.safe_text import cells, clean, clip, pad

# Looks --------------------------------------------------------------------------------

_CODES: Final[dict[Look, str]] = {
    "bold": "1",
    "dim": "2",
    "missed": "1;31",
    "alarm": "33",
    "chosen": "1;36",
    "good": "32",
    "bad": "1;31",
    "warn": "33",
}
"""The sixteen colours that every terminal has, in the user's own palette."""


@dataclass(frozen=True, slots=True)
class Style:
    """How looks are written.

    Parameters
    ----------
    color : bool, default=False
        Whether to write escape sequences at all, bold included.
    """

    color: bool = False

    def paint(self, text: str, look: Look) -> str:
        r"""Return the text in that look; as it is, without colour.

        Examples
        --------
        >>> Style(color=True).paint("63", "bold"), Style().paint("63", "bold")
        ('\x1b[1m63\x1b[0m', '63')
        """
        code = _CODES.get(look)
        if not self.color or code is None or not text.strip():
            return text
        return f"\x1b[{code}m{text}\x1b[0m"


PLAIN: Final = Style()


def style_for(stream: TextIO, environ: Mapping[str, str] | None = None) -> Style:
    """Return the style that suits a stream.

    Parameters
    ----------
    stream : text stream
        Where the text will go.
    environ : mapping, default=None
        The environment; the process's own when None.

    Returns
    -------
    Style
        Plain where the stream is no terminal, ``NO_COLOR`` is set and not empty,
        or ``TERM`` is ``dumb``.
    """
    env = os.environ if environ is None else environ
    if env.get("NO_COLOR") or env.get("TERM") == "dumb":
        return PLAIN
    return Style(color=stream.isatty())


# Lines --------------------------------------------------------------------------------

Span: TypeAlias = Cell
Line: TypeAlias = tuple[Span, ...]
MOST_LINES = 12


def line(*parts: str | Span) -> Line:
    """Return a line of these parts; a string has no look."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def measure(spans: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cells(span.text) for span in spans)


def fit(spans: Line, width: int) -> Line:
    """Return the line cut to at most `width` cells, with an ellipsis if cut."""
    if measure(spans) <= width:
        return spans
    out: list[Span] = []
    room = width - 1
    for text, look in spans:
        taken = cells(text)
        if taken > room:
            # The blank makes sure of an ellipsis where this span would just fit.
            out.append(Span(clip(text + " ", room + 1), look))
            break
        out.append(Span(text, look))
        room -= taken
    return tuple(out)


def paint(lines: Iterable[Line], style: Style, width: int) -> str:
    """Write lines: cut to the width, cleaned, in their looks.

    Parameters
    ----------
    lines : iterable of Line
        What to write.
    style : Style
        Whether looks become escape sequences.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    str
        Lines joined by newlines, without one at the end.
    """
    return "\n".join(
        "".join(
            style.paint(clean(text), look) for text, look in fit(spans, width)
        ).rstrip(" ")
        for spans in lines
    )


def wrap(
    text: str, width: int, *, first: str | Span = "", look: Look = ""
) -> list[Line]:
    """Break prose into lines.

    Parameters
    ----------
    text : str
        Prose; any run of white space in it is one place to break.
    width : int
        Cells that a line takes at most.
    first : str or Span, default=""
        What stands before the first line; the others are indented as much.
    look : Look, default=""
        The look of the prose.

    Returns
    -------
    list of Line
        At least one, and at most `MOST_LINES`; what is longer ends in an ellipsis.
    """
    lead = Span(first) if isinstance(first, str) else first
    indent = cells(lead.text)
    room = max(1, width - indent)
    rows: list[str] = []
    current = ""
    for word in _words(" ".join(text.split())[: 4 * MOST_LINES * room], room):
        joined = f"{current} {word}" if current else word
        if cells(joined) <= room:
            current = joined
            continue
        rows.append(current)
        current = word
        if len(rows) == MOST_LINES:
            rows[-1] = clip(f"{rows[-1]} …", room)
            break
    else:
        rows.append(current)
    blank = Span(" " * indent)
    return [(blank if i else lead, Span(row, look)) for i, row in enumerate(rows)]


def aside(text: str, width: int) -> list[Line]:
    """Break a note into lines."""
    return wrap(text, width, first=" ", look="dim")


def marks(
    texts: Iterable[str], width: int, mark: str | Span, look: Look = ""
) -> list[Line]:
    """Break texts into lines, each with a mark before it."""
    broken = (wrap(text, width, first=mark, look=look) for text in texts)
    return [line for lines in broken for line in lines]


def labels(
    names: Iterable[str], texts: Iterable[str], width: int, first: str = " "
) -> list[Line]:
    """Break texts into lines, each with its name before it."""
    names = list(names)
    head = max(map(cells, names), default=0)
    lines: list[Line] = []
    for name, text in zip(names, texts, strict=True):
        lines += wrap(text, width, first=Span(f"{first}{pad(name, head)}  ", "dim"))
    return lines


def flow(items: Sequence[Line], width: int, *, first: str = " ") -> list[Line]:
    """Set items side by side, three blanks apart, on as many lines as it takes.

    Parameters
    ----------
    items : sequence of Line
        None is broken inside.
    width : int
        Cells that a line takes at most.
    first : str, default=" "
        What stands before the first line; the others are indented as much.

    Returns
    -------
    list of Line
    """
    gap, blank = Span("   "), Span(" " * cells(first))
    rows: list[list[Span]] = []
    room = 0
    for item in items:
        taken = measure(item)
        if rows and taken + cells(gap.text) <= room:
            rows[-1] += [gap, *item]
            room -= cells(gap.text) + taken
        else:
            rows.append([blank if rows else Span(first), *item])
            room = width - cells(first) - taken
    return [tuple(row) for row in rows]


def align_right(left: Sequence[Line], right: Line, width: int) -> list[Line]:
    """Put a line at the right end of the last of others, or below if too wide."""
    *above, last = left or [()]
    room = width - measure(last) - measure(right)
    if room >= 3:
        return [*above, (*last, Span(" " * room), *right)]
    return [*left, (Span(" "), *right)]


def stack(parts: Iterable[Sequence[Line]]) -> list[Line]:
    """Set parts one below the other, a blank line apart; an empty one is left out."""
    lines: list[Line] = []
    for part in parts:
        if part:
            lines += [(), *part] if lines else part
    return lines


_WORD = re.compile(r"(?:p )?(?:[±=<→] )?[^ ]+(?: %[^ ]*)?")


def _words(text: str, room: int) -> Iterator[str]:
    """Yield what stays on one line: words, and figures with their signs."""
    for word in _WORD.findall(text):
        yield from _pieces(clean(word), room)


def _pieces(word: str, room: int) -> list[str]:
    """Cut a word that is wider than a line."""
    out, left = [""], room
    for char in word:
        wide = get_character_cell_size(char)
        if wide > left and out[-1]:
            out.append("")
            left = room
        out[-1] += char
        left -= wide
    return out
