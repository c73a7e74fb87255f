"""What is written behind an option, as a value; a mistake is said by argparse."""

from __future__ import annotations

import argparse
import csv

__all__ = ["escape", "listed", "number", "pairs", "separator", "whole"]

SEPARATORS = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
}


def listed(text: str) -> tuple[str, ...]:
    """Return names separated by commas; one that holds a comma is quoted.

    Examples
    --------
    >>> listed('age, "income, net"')
    ('age', 'income, net')
    """
    fields = next(csv.reader([text], skipinitialspace=True), [])
    names = tuple(part.strip() for part in fields if part.strip())
    if not names:
        raise argparse.ArgumentTypeError("name at least one, separated by commas")
    return names


def pairs(text: str) -> dict[str, str]:
    """Return what is said of names, as in ``zip=category,sold=date``.

    Examples
    --------
    >>> pairs("zip=category, a=b=number")
    {'zip': 'category', 'a=b': 'number'}
    """
    found: dict[str, str] = {}
    for part in listed(text):
        name, mark, value = part.rpartition("=")
        if not mark or not name.strip() or not value.strip():
            raise argparse.ArgumentTypeError(f"{part!r} is not like COL=KIND")
        found[name.strip()] = value.strip()
    return found


def separator(text: str) -> str:
    """Return the character that a delimiter's name stands for."""
    if not text:
        raise argparse.ArgumentTypeError("give a character, tab or whitespace")
    return SEPARATORS.get(text.lower(), text)


def escape(text: str) -> str:
    r"""Return an escape character; ``backslash`` and ``\\`` are for a single one.

    Examples
    --------
    >>> escape("backslash"), escape("^")
    ('\\', '^')
    """
    return "\\" if text.lower() in ("backslash", "\\\\") else text


def whole(text: str) -> int:
    """Return a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def number(text: str) -> float:
    """Return a finite number."""
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if found != found or found in (float("inf"), float("-inf")):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return found
