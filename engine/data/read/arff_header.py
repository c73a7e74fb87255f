"""The header of an ARFF file: what its columns are called and what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from engine.errors import DataError

__all__ = ["Attribute", "Header", "header", "unquoted"]

Kind: TypeAlias = Literal["number", "integer", "nominal", "text", "date"]

_KINDS: dict[str, Kind] = {
    "numeric": "number",
    "real": "number",
    "integer": "integer",
    "string": "text",
    "date": "date",
}
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ATTRIBUTE = re.compile(
    rf"@attribute\s+(?P<name>{_QUOTED}|[^\s'\"{{][^\s{{]*)\s*(?P<kind>.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_KIND = re.compile(r"(?P<word>[A-Za-z]+)\s*(?P<rest>.*)\Z", re.DOTALL)
_VALUE = re.compile(rf"\s*(?P<value>{_QUOTED}|[^,'\"]*?)\s*(?:,|\Z)", re.DOTALL)
_RANGE = re.compile(r"\[[^\]]*\]\s*\Z")
_WEIGHT = re.compile(r"\{\s*[\d.eE+-]+\s*\}\s*\Z")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
MOST_ATTRIBUTES = 1_000_000


class Attribute(NamedTuple):
    """A column: its name, what it holds, and what that may be.

    Attributes
    ----------
    name : str
    kind : str
    values : tuple of str
        Those of a nominal attribute, as declared.
    format : str
        How the dates of a date attribute are written, in Java's letters.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    format: str = ""


class Header(NamedTuple):
    """All columns, and which of them KEEL names as inputs and outputs."""

    attributes: tuple[Attribute, ...]
    outputs: tuple[str, ...] = ()


def header(lines: Iterator[tuple[int, str]], name: str) -> Header:
    """Read the lines up to ``@data``.

    Parameters
    ----------
    lines : iterator of (int, str)
        Numbered lines; left where the data begins.
    name : str
        What to call the file.

    Raises
    ------
    DataError
        Naming the line.

    Examples
    --------
    >>> lines = ["@relation r", "@attribute 'a b' real", "@attribute c {x,'y z'}"]
    >>> found = header(enumerate([*lines, "@data"], 1), "t.arff")
    >>> [(a.name, a.kind, a.values) for a in found.attributes]
    [('a b', 'number', ()), ('c', 'nominal', ('x', 'y z'))]
    """
    attributes: list[Attribute] = []
    outputs: tuple[str, ...] = ()
    number = 0
    for number, line in lines:
        text = line.strip().removeprefix("\ufeff")
        if not text or text.startswith("%"):
            continue
        word = text.split(maxsplit=1)[0].lower()
        rest = text[len(word) :].strip()
        match word:
            case "@data":
                if not attributes:
                    raise _wrong(name, number, "@data comes before any @attribute")
                return Header(tuple(attributes), outputs)
            case "@attribute":
                attributes.append(_attribute(text, name, number))
                if len(attributes) > MOST_ATTRIBUTES:
                    raise _wrong(name, number, "there are too many attributes")
            case "@outputs" | "@output":
                outputs = tuple(_values(rest, name, number))
            case "@relation" | "@inputs" | "@input":
                continue
            case _:
                shown = text if len(text) <= 40 else f"{text[:40]}…"
                raise _wrong(name, number, f"{shown!r} is no part of an ARFF header")
    raise DataError(
        f"{name} ends at line {number:,} without an @data line", "is the file whole?"
    )


def unquoted(text: str) -> str:
    r"""Return a name or a value without its quotes and escapes.

    Examples
    --------
    >>> unquoted(r"'it\'s'"), unquoted("plain")
    ("it's", 'plain')
    """
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    what = found[1]
    if len(what) > 1:
        return chr(int(what[1:], 16))
    return _ESCAPES.get(what, what)


def _attribute(text: str, name: str, number: int) -> Attribute:
    found = _ATTRIBUTE.match(text)
    if found is None:
        raise _wrong(name, number, "the attribute has no name that can be read")
    called = unquoted(found["name"])
    # Weka may add a weight, KEEL a range; neither says what a column is.
    rest = found["kind"].strip()
    if rest.startswith("{"):
        end = _closing(rest)
        if end is None:
            raise _wrong(name, number, f"the values of {called!r} have no closing }}")
        values = _values(rest[1:end], name, number)
        return Attribute(called, "nominal", tuple(dict.fromkeys(values)))
    rest = _RANGE.sub("", _WEIGHT.sub("", rest)).strip()
    kind = _KIND.match(rest)
    word = kind["word"].lower() if kind else ""
    if word == "relational":
        raise _wrong(name, number, f"{called!r} is relational: tables inside a table")
    if kind is None or word not in _KINDS:
        shown = rest.split(maxsplit=1)[0] if rest else "nothing"
        raise _wrong(
            name,
            number,
            f"the type of {called!r} is {shown!r}, none of numeric, real, integer, "
            "string, date and {…}",
        )
    form = unquoted(kind["rest"].strip()) if word == "date" else ""
    return Attribute(called, _KINDS[word], (), form)


def _closing(text: str) -> int | None:
    """Return where the brace at the beginning is closed, quotes respected."""
    quote, escaped = "", False
    for place, letter in enumerate(text):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"" and text[:place].rstrip()[-1:] in ("{", ","):
            quote = letter
        elif letter == "}":
            return place
    return None


def _values(text: str, name: str, number: int) -> list[str]:
    values: list[str] = []
    place = 0
    while place < len(text):
        found = _VALUE.match(text, place)
        if found is None:
            # An apostrophe inside an unquoted value: take it as it stands.
            end = text.find(",", place)
            end = len(text) if end < 0 else end
            values.append(text[place:end].strip())
            place = end + 1
            continue
        values.append(unquoted(found["value"]))
        if found.end() == place:
            break
        place = found.end()
    return [value for value in values if value] or values


def _wrong(name: str, number: int, what: str) -> DataError:
    return DataError(f"{name}, line {number:,}: {what}", "mend that line of the header")
