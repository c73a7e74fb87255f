"""Texts of a result that say the same with other numbers, put into one. Light."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["folded"]

_NUMBER: Final = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")


def folded(texts: Iterable[str]) -> list[str]:
    """Put texts that differ in their numbers only into one, with ranges.

    Examples
    --------
    >>> folded(["k 5 → 3: only 4 rows", "k 5 → 2: only 3 rows", "m → 9"])
    ['k 5 → 2–3: only 3–4 rows', 'm → 9']
    """
    variants: dict[tuple[str, ...], list[list[str]]] = {}
    for text in texts:
        words = tuple(_NUMBER.split(text))
        variants.setdefault(words, []).append(_NUMBER.findall(text))
    return [_joined(words, found) for words, found in variants.items()]


def _joined(words: tuple[str, ...], found: list[list[str]]) -> str:
    joined = words[0]
    for numbers, word in zip(zip(*found, strict=True), words[1:], strict=True):
        ends = sorted(set(numbers), key=lambda n: (float(n.replace(",", "")), n))
        joined += ends[0] if len(ends) == 1 else f"{ends[0]}–{ends[-1]}"
        joined += word
    return joined
