"""Find on which line of a TOML text everything is. Light.

The standard library's parser says what a text means, and whether it is TOML at all; it
does not say where. This one walks through a text that is known to be good, and keeps
nothing but places.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, TypeAlias

__all__ = ["Path", "lines", "shown"]

Path: TypeAlias = tuple[str | int, ...]
"""Names of tables and places in arrays, from the outside in."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN: Final = re.compile(r"[^,\]}#\r\n]*")
_STRINGS: Final = (
    re.compile(r'"""(?:[^\\]|\\[\s\S])*?"{3,5}'),
    re.compile(r"'''[\s\S]*?'{3,5}"),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)")
_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def lines(text: str) -> dict[Path, int]:
    r"""Return the line of every table, key and item.

    Parameters
    ----------
    text : str
        That `tomllib.loads` takes.

    Returns
    -------
    dict of tuple to int
        From 1. That of a table is where it is first named.

    Examples
    --------
    >>> found = lines('a.b = [\n 1,\n 2]\n[[c]]\nd = {e = 1}')
    >>> found["a", "b", 1], found["c", 0], found["c", 0, "d", "e"]
    (3, 4, 5)
    """
    return _Walk(text).walk()


def shown(path: Path) -> str:
    """Return a path as people write it.

    Examples
    --------
    >>> shown(("arms", 2, "steps", 0, "params", "a b"))
    "arms[2].steps[0].params.'a b'"
    """
    parts = [
        f"[{part}]"
        if isinstance(part, int)
        else f".{part if _BARE_KEY.fullmatch(part) else ascii(part)}"
        for part in path
    ]
    return "".join(parts).removeprefix(".")


class _Walk:
    """One walk through a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [m.start() for m in re.finditer("\n", text)]
        self._found: dict[Path, int] = {}
        self._sizes: dict[Path, int] = {}  # of arrays of tables

    def walk(self) -> dict[Path, int]:
        table: Path = ()
        while self._next():
            line = self._line()
            if self._take("[["):
                *outer, last = self._key()
                array = (*self._inside((), outer, line), last)
                self._found.setdefault(array, line)
                number = self._sizes.get(array, 0)
                self._sizes[array] = number + 1
                table = (*array, number)
                self._found[table] = line
                self._take("]]")
            elif self._take("["):
                table = self._inside((), self._key(), line)
                self._take("]")
            else:
                self._pair(table)
        return self._found

    def _inside(self, path: Path, names: list[str], line: int) -> Path:
        """Go down the names of tables, into the last one of each array of them."""
        for name in names:
            path = (*path, name)
            self._found.setdefault(path, line)
            if path in self._sizes:
                path = (*path, self._sizes[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self._found.setdefault(path, line)
        self._take("=")
        self._next()
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._take("["):
            number = 0
            while self._next() and not self._take("]"):
                self._found[(*path, number)] = self._line()
                self._value((*path, number))
                number += 1
                self._next()
                self._take(",")
        elif self._take("{"):
            while self._next() and not self._take("}"):
                self._pair(path)
                self._next()
                self._take(",")
        elif self._text[self._at] in "\"'":
            self._string()
        else:
            self._at = self._matched(_PLAIN)

    def _key(self) -> list[str]:
        names: list[str] = []
        while True:
            self._next()
            if self._text[self._at] in "\"'":
                names.append(self._string())
            else:
                end = self._matched(_BARE_KEY)
                names.append(self._text[self._at : end])
                self._at = end
            self._next()
            if not self._take("."):
                return names

    def _string(self) -> str:
        start = self._at
        quotes = '"""', "'''", '"', "'"
        kind = next(n for n, q in enumerate(quotes) if self._text.startswith(q, start))
        self._at = self._matched(_STRINGS[kind])
        inside = self._text[start + 1 : self._at - 1]
        return _ESCAPE.sub(_escaped, inside) if kind == 2 else inside

    def _matched(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        if match is None or (match.end() == self._at and pattern is not _PLAIN):
            raise ValueError(f"no TOML at line {self._line()}")
        return match.end()

    def _next(self) -> bool:
        """Go to what comes next; tell whether anything does."""
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at < len(self._text)

    def _take(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "uUx" and len(code) > 1:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, code)
