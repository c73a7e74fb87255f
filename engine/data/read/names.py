"""Names of columns: every one has one, and no two the same."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["settle"]


def settle(names: Sequence[object]) -> tuple[list[str], list[str]]:
    """Return names that tell columns apart, and what was changed.

    Parameters
    ----------
    names : sequence
        As written; blank ones and repeated ones may be among them.

    Returns
    -------
    names : list of str
    notes : list of str

    Examples
    --------
    >>> settle(["a", " a", "", "a.2"])[0]
    ['a', 'a.3', 'column 3', 'a.2']
    """
    written = [" ".join(str(n).split()) if n is not None else "" for n in names]
    taken = set(written)
    used: set[str] = set()
    settled: list[str] = []
    blank: list[str] = []
    again: list[str] = []
    for place, name in enumerate(written, 1):
        if not name:
            name = f"column {place}"
            while name in taken:
                name += "'"
            taken.add(name)
            blank.append(name)
        elif name in used:
            new = _next(name, taken)
            again.append(f"{name!r} again: {new!r}")
            taken.add(new)
            name = new
        used.add(name)
        settled.append(name)
    notes = []
    if blank and len(blank) < len(written):
        notes.append(f"without a name in the header: {_some(blank)}")
    if again:
        notes.append(f"names that stand twice were numbered: {_some(again)}")
    return settled, notes


def _next(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}.{number}" in taken:
        number += 1
    return f"{name}.{number}"


def _some(texts: list[str]) -> str:
    more = len(texts) - 5
    return ", ".join(texts[:5]) + (f" and {more:,} more" if more > 0 else "")
