"""Names of files that are made from data, which may hold anything.

Light: stdlib only.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 60
MOST_SHOWN: Final = 160

_OTHER: Final = re.compile(r"[^A-Za-z0-9._-]+")
_RUNS: Final = re.compile(r"([._-])[._-]*")
_CONTROLS: Final = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff]"
)
"""What drives a terminal, or changes the order in which a text is read."""


def slug(text: str, *, fallback: str = "file", most: int = MOST_BYTES) -> str:
    """Return a text as a name that every file system takes, and no shell misreads.

    Letters without accents, digits, and single ``.``, ``-`` or ``_`` inside; never
    empty, hidden, an option, or a way out of a folder.

    Parameters
    ----------
    text : str
        Anything.
    fallback : str, default="file"
        The name of what holds no such letter.
    most : int, default=60
        Bytes that the name may have.

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
    return (name or fallback)[:most].rstrip("._-")


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
