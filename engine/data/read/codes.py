"""Whole numbers that are codes: what counting with them would change."""

from __future__ import annotations

from collections.abc import Collection

from engine.data.read.values import plain

__all__ = ["kept_as_text"]

EXACT = 2**53
"""Whole numbers above are not told apart by a float."""
DIGITS = 20
"""Characters that a whole number may have to be looked at as one."""


def kept_as_text(known: Collection[str]) -> str | None:
    """Return why whole numbers stay text, None if they need not.

    Parameters
    ----------
    known : collection of str
        The different cells of a column, stripped, none of them missing.

    Examples
    --------
    >>> kept_as_text(["00501", "90210"])
    'kept as text for the zeros in front (codes, not numbers)'
    >>> kept_as_text(["12345678901234567890"])
    'whole numbers too long to count with: kept as text'
    >>> kept_as_text(["501", "0"]), kept_as_text(["0.5", "007"])
    (None, None)
    """
    if not all(map(plain, known)):
        return None
    bare = [text.lstrip("+-") for text in known]
    if any(text[:1] == "0" and len(text) > 1 for text in bare):
        return "kept as text for the zeros in front (codes, not numbers)"
    if any(len(text) > DIGITS or abs(int(text)) > EXACT for text in known):
        return "whole numbers too long to count with: kept as text"
    return None
