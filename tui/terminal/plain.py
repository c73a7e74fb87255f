"""ASCII for terminals and encodings without box and braille characters.

Each character becomes one of the same width, so that nothing moves.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.cells import get_character_cell_size

_SAME: Final = {
    # Lines and what joins them.
    "-": "░─┄┈╌╴╶▁▔‒–—−⎯",
    "=": "━┅┉╍╸╺═",
    "|": "│┃┆┇┊┋╎╏╵╷╹╻║‖▏▎▍▌▐▕❘",
    "+": "┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋"
    "╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬╭╮╯╰✓✔†‡",
    # Bars, by how much of the cell is filled, and shades.
    "_": "▂",
    ".": "·…•▗▖▘▝",
    ":": "▒▃▄▅▚▞",
    "%": "◆",
    "#": "█▓▆▇▉▊▋■▛▜▙▟",
    '"': "▀“”",
    # Markers: those of series stay distinct.
    "o": "●",
    "^": "▲↑",
    "O": "○",
    "A": "△Δ",
    "D": "□",
    "V": "◇",
    "v": "▼↓▾",
    ">": "▶▸→›❯≥►",
    "<": "←‹◀◂≤◄",
    "*": "★▪⭘◌⁕√",
    "x": "×✗✕✘⨯",
    "!": "⚠≠",
    "/": "╱",
    "\\": "╲",
    "X": "╳",
    "~": "±≈∞↻↺⟳",
    "'": "‘’",
    "?": "␛␡␉␊",
}
_TABLE: Final = {char: plain for plain, chars in _SAME.items() for char in chars}
_SIGNS: Final = {"≥ ": ">=", "≤ ": "<=", "± ": "+-"}
"""Signs of two characters, which take the blank behind them."""
_BRAILLE: Final = " ..::**@@"
"""By how many of the eight dots are set."""


@lru_cache(4096)
def _plain(char: str) -> str:
    """Return ASCII as wide as a character."""
    if char.isascii():
        return char
    if (found := _TABLE.get(char)) is not None:
        return found
    if "\u2800" <= char <= "\u28ff":
        return _BRAILLE[(ord(char) & 0xFF).bit_count()]
    width = get_character_cell_size(char)
    base = unicodedata.normalize("NFKD", char)[:1]
    return base if base.isascii() and width == 1 else "?" * width


def to_ascii(text: str) -> str:
    """Return text in ASCII, each of its characters by one of the same width.

    Parameters
    ----------
    text : str
        What a terminal cannot show becomes question marks.

    Returns
    -------
    str

    Examples
    --------
    >>> to_ascii("╭─ ● smote → 漢é ±0.3 ⣿⠁")
    '+- o smote > ??e ~0.3 @.'
    >>> to_ascii("recall ≥ 0.8")
    'recall >=0.8'
    """
    if text.isascii():
        return text
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    return "".join(map(_plain, text))


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    end = error.end + error.object.startswith(" ", error.end)
    return to_ascii(error.object[error.start : end]), end


ASCII_ERRORS: Final = "imbtui.ascii"
"""How a stream of a narrow encoding writes what that lacks."""
codecs.register_error(ASCII_ERRORS, _replace)


def needs_ascii(environ: Mapping[str, str]) -> bool:
    """Tell whether a terminal is likely to show ASCII only.

    Parameters
    ----------
    environ : mapping of str to str
        The console of Linux and dumb terminals lack the characters of charts; a locale
        that names no UTF-8 says so itself. A locale that is not set says nothing.

    Returns
    -------
    bool

    Examples
    --------
    >>> needs_ascii({"TERM": "linux"}), needs_ascii({"LANG": "C"}), needs_ascii({})
    (True, True, False)
    >>> needs_ascii({"LANG": "de_DE.UTF-8"}), needs_ascii({"LC_ALL": "de.ISO-8859-1"})
    (False, True)
    """
    if environ.get("TERM") in ("linux", "dumb"):
        return True
    # Python itself sets this one, where the locale is C.
    own = environ.get("LC_CTYPE", "")
    ctype = "" if own in ("C.UTF-8", "C.utf8", "UTF-8") else own
    name = environ.get("LC_ALL") or ctype or environ.get("LANG") or ""
    charset = name.partition("@")[0].partition(".")[2].lower().replace("-", "")
    return name in ("C", "POSIX") or charset not in ("", "utf8")
