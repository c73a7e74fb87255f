"""The objects of a JSON file, one by one, each with its line."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from engine.data.read.raw import Progress
from engine.errors import DataError, EngineError

__all__ = ["Nested", "Pairs", "objects"]

Pairs: TypeAlias = list[tuple[str, Any]]

TOLD_LINES = 20_000
_WIDE = re.compile(r"utf[-_]?(?:16|32|7)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]*")
_OBJECT = 'one JSON object per line, like {"age": 51, "sick": 1}'


class Nested(list[tuple[str, Any]]):
    """The pairs of an object; a class of its own tells it from a list."""


def objects(
    path: Path, name: str, encoding: str, progress: Progress
) -> Iterator[tuple[int, Pairs]]:
    """Yield the objects, each with the number of its first line.

    Parameters
    ----------
    path : Path
        A file of one object per line, of objects of several lines, or of one array.
    name : str
        What to call it.
    encoding : str
    progress : callable
        Called with ``("reading", bytes, of bytes)``.

    Yields
    ------
    line : int
    pairs : list of (str, object)
        Keys and values in order, repeated ones too.

    Raises
    ------
    DataError
        Naming the line of whatever is no object.
    """
    started = False
    for number, line in _lines(path, name, encoding, progress):
        text = line.strip(" \t\r\n")
        if not text:
            continue
        if not started and (text.startswith("[") or _goes_on(text)):
            whole = _whole(path, name, encoding)
            yield from _scanned(whole, name)
            return
        started = True
        yield number, _object(text, number, name)


def _lines(
    path: Path, name: str, encoding: str, progress: Progress
) -> Iterator[tuple[int, str]]:
    total, done = path.stat().st_size, 0
    progress("reading", 0, total)
    if _WIDE.match(encoding):
        yield from enumerate(_whole(path, name, encoding).split("\n"), 1)
        return
    # A line at a time, so that a character that cannot be read has its line.
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            done += len(line)
            if number % TOLD_LINES == 0:
                progress("reading", done, total)
            if number == 1 and encoding == "utf-8-sig":
                line = line.removeprefix(codecs.BOM_UTF8)
            yield number, _decoded(line, name, encoding, number)
    progress("reading", done, total)


def _whole(path: Path, name: str, encoding: str) -> str:
    return _decoded(path.read_bytes(), name, encoding, 1)


def _decoded(content: bytes, name: str, encoding: str, number: int) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        number += content.count(b"\n", 0, error.start)
        raise DataError(
            f"{name}, line {number:,}: byte {error.object[error.start]:#04x} is no "
            f"{encoding.removesuffix('-sig').upper()} text",
            "save it as UTF-8, or name its encoding with --encoding",
        ) from None
    except LookupError:
        raise DataError(
            f"there is no encoding {encoding!r}", "name one, like utf-8 or cp1252"
        ) from None


def _goes_on(text: str) -> bool:
    """Tell whether a first line is the beginning of an object of several lines."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return text.startswith("{") and error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def _object(text: str, number: int, name: str) -> Pairs:
    try:
        return _checked(_DECODER.decode(text), text, number, name)
    except (ValueError, RecursionError) as error:
        _refuse(error, name, number)


def _scanned(text: str, name: str) -> Iterator[tuple[int, Pairs]]:
    """Yield the objects of one array, or of several lines each."""
    place = _skip(text, 0)
    listed = text.startswith("[", place)
    place = _skip(text, place + listed)
    number, counted = 1, 0
    while place < len(text) and not (listed and text[place] == "]"):
        number += text.count("\n", counted, place)
        counted = place
        try:
            value, end = _DECODER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            _refuse(error, name, text.count("\n", 0, error.pos) + 1)
        except (ValueError, RecursionError) as error:
            _refuse(error, name, number)
        yield number, _checked(value, text[place:end], number, name)
        place = _skip(text, end)
        if listed and place < len(text) and text[place] != "]":
            after = _skip(text, place + 1)
            if text[place] != "," or text.startswith("]", after):
                here = text.count("\n", 0, place) + 1
                _refuse(ValueError("expecting ',' and an object, or ']'"), name, here)
            place = after
    if listed:
        last = text.count("\n") + 1
        if place >= len(text):
            _refuse(ValueError("the list has no end"), name, last)
        if _skip(text, place + 1) < len(text):
            _refuse(ValueError("something follows the list"), name, last)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _checked(value: object, text: str, number: int, name: str) -> Pairs:
    if not isinstance(value, Nested):
        raise DataError(f"{name}, line {number:,} is no JSON object", f"give {_OBJECT}")
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            _refuse(ValueError("half of a character (a lone surrogate)"), name, number)
    return value


def _refuse(error: Exception, name: str, number: int) -> NoReturn:
    if isinstance(error, EngineError):
        raise error
    if isinstance(error, json.JSONDecodeError):
        said = f"{error.msg[:1].lower()}{error.msg[1:]} (character {error.colno:,})"
        if error.msg == "Extra data":
            said = f"something follows the object (character {error.colno:,})"
    elif isinstance(error, RecursionError):
        said = "values inside values, too deep to read"
    else:
        said = str(error).partition(";")[0]
    raise DataError(f"{name}, line {number:,}: {said}", f"give {_OBJECT}") from None


_DECODER = json.JSONDecoder(object_pairs_hook=Nested)
