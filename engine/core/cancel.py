"""A flag that asks running work to end soon."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

from engine.core.errors import CancelledError


class CancelToken:
    """Set once, from any thread; looked at between units of work.

    Examples
    --------
    >>> token = CancelToken()
    >>> token.cancel("ctrl+c")
    >>> token.cancelled, token.reason
    (True, 'ctrl+c')
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason = ""

    def cancel(self, reason: str = "asked to") -> None:
        """Ask for the end; the first reason stays."""
        if not self._event.is_set():
            self._reason = reason
            self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether a user asked for the end."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long at most for a user to ask; return whether one has."""
        return self._event.wait(seconds)

    @property
    def reason(self) -> str:
        """Why, in the words of whoever asked."""
        return self._reason

    def raise_if_cancelled(self) -> None:
        """Raise if a user asked for the end.

        Raises
        ------
        CancelledError
            If `cancel` was called.
        """
        if self.cancelled:
            raise CancelledError(f"cancelled: {self._reason}")


Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told what is done now, how much of it, and of how much (None where unknown)."""


def silent(stage: str, done: int, total: int | None) -> None:
    """Tell nobody."""
