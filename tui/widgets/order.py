"""The order of lines by a column: figures by their value, texts by their letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d+):(\d\d)$")
_FIGURE: Final = re.compile(r"[^\w−-]*([−-]?[\d,]*\.?\d+(?:[eE][+-]?\d+)?)\s*(\w*)")
_UNITS: Final = {
    "kb": 1e3,
    "mb": 1e6,
    "gb": 1e9,
    "tb": 1e12,
    "k": 1e3,
    "m": 1e6,
    "min": 60.0,
    "h": 3600.0,
}
_NOTHING: Final = ("", "—", "–", "·", "?")


def figure(text: str) -> float | None:
    """Return the value of a cell that begins with a figure; None if it does not.

    Examples
    --------
    >>> figure("1,024 rows"), figure("~02:05"), figure("10 /161"), figure("1.5 MB")
    (1024.0, 125.0, 10.0, 1500000.0)
    >>> figure("├──●┤ 0.81 (0.75–0.87)"), figure("−3.5"), figure("smote-5")
    (0.81, -3.5, None)
    """
    text = text.strip().lstrip("~≈≥≤<> ")
    if clock := _CLOCK.match(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(3600 * hours + 60 * minutes + seconds)
    if not (found := _FIGURE.match(text)):
        return None
    value = float(found[1].replace(",", "").replace("−", "-"))
    return value * _UNITS.get(found[2].lower(), 1.0)


def order(texts: Sequence[str], *, reverse: bool = False) -> list[int]:
    """Return the places of cells in their order; those with nothing come last.

    They are figures if all that have something are.

    Examples
    --------
    >>> order(["10", "9", "—", "1,000"]), order(["10", "9", ""], reverse=True)
    ([1, 0, 3, 2], [0, 1, 2])
    >>> order(["b", "A", "c10"])
    [1, 0, 2]
    """
    known = {place for place, text in enumerate(texts) if text.strip() not in _NOTHING}
    values = {place: figure(texts[place]) for place in known}
    if all(value is not None for value in values.values()):
        keys = {place: (value or 0.0, "") for place, value in values.items()}
    else:
        keys = {place: (0.0, texts[place].casefold()) for place in known}
    some = sorted(sorted(known), key=keys.__getitem__, reverse=reverse)
    return [*some, *(place for place in range(len(texts)) if place not in known)]
