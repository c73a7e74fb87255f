"""Text from data made visible and harmless: on screens, in pages, as names of files."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

MOST_MARKS: Final = 3
"""Marks of no width that one character may carry; more would climb over lines."""

# Drawn as nothing, or as a blank that is no space, without being of category C.
_BLANK: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)


def _hidden(char: str) -> bool:
    """Tell whether a character is not seen, or moves what is."""
    category = unicodedata.category(char)
    return category[0] == "C" or category in ("Zl", "Zp") or ord(char) in _BLANK


def shown_char(char: str) -> str:
    """Return a character, or what stands for one that hides or moves text."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"<U+{code:04X}>" if _hidden(char) else char


def visible(text: object) -> str:
    r"""Return text with every character that hides or reorders made visible.

    Control characters become their pictures, and what is drawn as nothing, turns the
    direction or is half a surrogate is named. A character keeps three marks.

    Parameters
    ----------
    text : object
        Anything that is no string goes through `str`.

    Returns
    -------
    str
        One line, which UTF-8 can hold. Doing it twice changes nothing more.

    Examples
    --------
    >>> visible("a\x1b[31mb\n"), visible("x\u202ey"), visible("\ud800")
    ('a␛[31mb␊', 'x<U+202E>y', '<U+D800>')
    """
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return raw
    out: list[str] = []
    marks = 0
    for char in raw:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        out.append(f"<U+{ord(char):04X}>" if marks > MOST_MARKS else shown_char(char))
    return "".join(out)


def toml_visible(text: str) -> str:
    r"""Return TOML that says the same, with hidden characters as its own escapes.

    They can only be in its strings, where an escape means the character.

    Examples
    --------
    >>> print(toml_visible('name = "a\u202eb"'))
    name = "a\u202Eb"
    """
    return "".join(
        char if char == "\n" or not _hidden(char) else toml_escape(char)
        for char in text
    )


def toml_escape(char: str) -> str:
    r"""Return a character as TOML escapes it, by its number.

    Examples
    --------
    >>> print(toml_escape("\u202e"))
    \u202E
    """
    code = ord(char)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


# Names of files and paths -------------------------------------------------------------

MOST_BYTES: Final = 60
"""Of a name that is made."""
MOST_SHOWN: Final = 160

_OTHER: Final = re.compile(r"[^A-Za-z0-9._-]+")
_RUNS: Final = re.compile(r"([._-])[._-]*")
_CONTROLS: Final = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff]"
)
"""What drives a terminal, or changes the order in which a text is read."""


def slug(text: str, *, fallback: str = "file") -> str:
    """Return a text as a name that every file system takes, and no shell misreads.

    Letters without accents, digits, and single ``.``, ``-`` or ``_`` inside; never
    empty, hidden, an option, or a way out of a folder.

    Parameters
    ----------
    text : str
        Anything.
    fallback : str, default="file"
        The name of what holds no such letter.

    Returns
    -------
    str

    Examples
    --------
    >>> slug("../../etc/passwd"), slug("Größe (cm)"), slug("…")
    ('etc-passwd', 'Grosse-cm', 'file')
    """
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("\0", "-"))
    bare = "".join(mark for mark in text if not unicodedata.combining(mark))
    name = _RUNS.sub(r"\1", _OTHER.sub("-", bare)).strip("._-")
    return (name or fallback)[:MOST_BYTES].rstrip("._-")


def shown(path: str | Path) -> str:
    """Return a path as a message says it: short enough, and in one line.

    Examples
    --------
    >>> shown(Path("a/b.csv")), len(shown("x" * 5_000)) < 200
    ('a/b.csv', True)
    """
    text = str(path)
    if len(text) > MOST_SHOWN:
        half = MOST_SHOWN // 2
        text = f"{text[:half]}…{text[-half:]}"
    return text


def escaped(text: str) -> str:
    r"""Return a text whose control characters are written as in a program.

    For names that come from data and go to a file that a user may print: ESC, other
    control characters but tab and newline, marks of the writing direction.

    Examples
    --------
    >>> escaped("Größe\x1b[31m"), escaped("患者 a\\b")
    ('Größe\\x1b[31m', '患者 a\\b')
    """
    return _CONTROLS.sub(lambda m: m[0].encode("unicode_escape").decode(), text)
