"""Which classes a picture shows, in which order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def number(count: float) -> int:
    """Return a count, or 0 for what is none: negative, NaN, infinite.

    Examples
    --------
    >>> number(3), number(-1), number(float("nan")), number(float("inf"))
    (3, 0, 0, 0)
    """
    return int(count) if 0 < count < math.inf else 0


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts, with 0 for what is no count."""
    return {label: number(count) for label, count in counts.items()}


def largest_first(counts: Mapping[str, int]) -> list[str]:
    """Return the labels by count, then by name, whatever order they came in.

    Examples
    --------
    >>> largest_first({"b": 1, "c": 5, "a": 1})
    ['c', 'a', 'b']
    """
    return sorted(counts, key=lambda label: (-counts[label], label))


def shown(order: Sequence[str], special: str, room: int) -> list[str]:
    """Return the first so many labels, but never without the one that matters.

    Examples
    --------
    >>> shown(["c", "a", "b"], "b", 2)
    ['c', 'b']
    """
    found = list(order[: max(1, room)])
    if special not in found:
        found[-1] = special
    return found
