"""A place in the result document: its value, and the way to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["At", "follow"]


@dataclass(frozen=True)
class At:
    """A value of a document and its path.

    Paths name what is ours, as in ``arms.2.test.brier``. Where keys are somebody
    else's words, as classes are, ``@1`` stands for the second of them: so no path holds
    text from data.

    Attributes
    ----------
    value : object
        None where there is nothing.
    path : str

    Examples
    --------
    >>> document = At({"classes": {"no": 9, "yes": 1}})
    >>> [(name, at.path, at.value) for name, at in document["classes"].items()]
    [('no', 'classes.@0', 9), ('yes', 'classes.@1', 1)]
    >>> document["split"]["test"].value is None
    True
    """

    value: Any
    path: str = ""

    def __bool__(self) -> bool:
        return bool(self.value)

    def __getitem__(self, key: str | int) -> At:
        found = None
        if isinstance(self.value, dict):
            found = self.value.get(key)
        elif isinstance(self.value, list) and isinstance(key, int):
            found = self.value[key] if key < len(self.value) else None
        return At(found, f"{self.path}.{key}" if self.path else str(key))

    def of(self, key: str) -> At:
        """Return what is under a key that is somebody else's word."""
        for name, at in self.items():
            if name == key:
                return at
        return At(None, f"{self.path}.?")

    def items(self) -> Iterator[tuple[str, At]]:
        """Yield keys that are somebody else's words, with their values."""
        for place, (key, value) in enumerate((self.value or {}).items()):
            yield str(key), At(value, f"{self.path}.@{place}")

    def each(self) -> Iterator[At]:
        """Yield the values of a list."""
        for place in range(len(self.value or ())):
            yield self[place]

    def text(self, key: str) -> str:
        """Return what is under a key as text; nothing if it is not there."""
        value = self[key].value
        return "" if value is None else str(value)


def follow(document: Any, path: str) -> Any:
    """Return the value that a path leads to.

    Raises
    ------
    LookupError
        If it leads nowhere.

    Examples
    --------
    >>> follow({"classes": {"no": 9, "yes": 1}}, "classes.@1")
    1
    """
    found = document
    for step in path.split("."):
        if step.startswith("@"):
            found = list(found.values())[int(step[1:])]
        elif isinstance(found, Sequence):
            found = found[int(step)]
        else:
            found = found[step]
    return found
