"""Tells what a terminal answers from what a person types.

A terminal that was asked who it is, by whatever ran before or over a slow line,
answers with an escape sequence. Textual hands one that it does not know on as keys:
``^``, ``[`` and the rest, which would change panes and roles.
"""

from __future__ import annotations

from typing import Final

__all__ = ["Replies"]

_OPENERS: Final = {
    "left_square_bracket",
    "right_square_bracket",
    "P",
    "underscore",
}
"""What follows the escape of an answer: CSI, OSC, DCS, APC."""
_TOGETHER: Final = 0.005
"""Seconds between two keys that came in one packet and were parsed at once."""
_REST: Final = 0.02
"""Seconds for which what follows belongs to the answer."""


class Replies:
    """Recognises the keys that an answer of the terminal was taken for."""

    def __init__(self) -> None:
        self._escaped = float("-inf")
        self._until = float("-inf")

    def drops(self, key: str, at: float) -> bool:
        """Tell whether a key is part of an answer.

        Parameters
        ----------
        key : str
            Textual's name of the key.
        at : float
            When it was parsed, in seconds.

        Returns
        -------
        bool

        Examples
        --------
        >>> keys = Replies()
        >>> sent = ("circumflex_accent", "left_square_bracket", "2", "c")
        >>> [keys.drops(key, 1.0) for key in sent], keys.drops("c", 2.0)
        ([False, True, True, True], False)
        """
        if at < self._until or (key in _OPENERS and at - self._escaped < _TOGETHER):
            self._until = at + _REST
            return True
        if key == "circumflex_accent":
            self._escaped = at
        return False
