"""TOML files of people, read within limits: size, nesting, parts of a key. Light."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from engine.core.errors import SpecError

MOST_BYTES: Final = 1_000_000
"""Size of a file; an experiment that names 5,000 columns and 500 arms has 300,000."""
MOST_PARTS: Final = 32
"""Parts of a dotted key; the parser's time grows with their square."""

_AT: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_NO_KEY: Final = re.compile(
    r'"""(?:[^\\]|\\[\s\S])*?(?:"{3,5}|\Z)'
    r"|'''[\s\S]*?(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\.)*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*"
)
"""Strings and comments. One without an end is matched too, to stay linear."""
_BETWEEN: Final = re.compile(r"[\n=,\[\]{}]")


def read_text(file: Path, name: str) -> str:
    """Return the text of a TOML file.

    Parameters
    ----------
    file : Path
    name : str
        What to call it in an error.

    Raises
    ------
    SpecError
        If it is too large, or no UTF-8 text.
    OSError
        If it cannot be read.
    """
    with file.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _too_large(name, f"{max(len(data), file.stat().st_size):,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(f"{name} is no UTF-8 text", "save it as UTF-8") from None


def parse_toml(text: str, name: str) -> dict[str, object]:
    """Parse TOML; every TOML file that a user gives comes through here.

    Parameters
    ----------
    text : str
    name : str
        What to call it in an error.

    Raises
    ------
    SpecError
        If it is no TOML, with line and column, or beyond a limit.

    Examples
    --------
    >>> parse_toml("a.b = 1", "e.toml")
    {'a': {'b': 1}}
    """
    text = text.removeprefix("\ufeff")  # as Windows' editor begins a file
    if len(text) > MOST_BYTES:
        raise _too_large(name, f"{len(text):,} characters")
    keys = _NO_KEY.sub(lambda match: "\n" * match[0].count("\n"), text).split("\n")
    for number, line in enumerate(keys, 1):
        parts = 1 + max(one.count(".") for one in _BETWEEN.split(line))
        if parts > MOST_PARTS:
            raise SpecError(
                f"{name}, line {number}: a key of {parts:,} parts, {MOST_PARTS} are "
                "allowed",
                "quote a name that has dots",
            )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SpecError(
            f"{name} is no valid TOML: nested too deeply", "leave brackets out"
        ) from None
    except ValueError as error:
        raise _no_toml(str(error), text, name) from None


def _too_large(name: str, size: str) -> SpecError:
    return SpecError(
        f"{name} is too large: {size}, {MOST_BYTES:,} are allowed",
        "check that it is the file you mean",
    )


def _no_toml(reason: str, text: str, name: str) -> SpecError:
    """Return the error of a text that is no TOML, with line and column."""
    at = _AT.search(reason)
    if at is None:
        return SpecError(f"{name} is no valid TOML: {reason}")
    what = reason[: at.start()]
    what = what[:1].lower() + what[1:]
    if at[1]:
        return SpecError(f"{name}, line {at[1]}, column {at[2]}: no valid TOML: {what}")
    last = text.rstrip("\r\n").count("\n") + 1
    return SpecError(f"{name}, line {last}: no valid TOML: {what} at the file's end")
