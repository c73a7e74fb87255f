"""The two directions that messages take; `tui.messages` has all of them.

Apart from those so that the app can be there before them: they bring the engine's
light side, which the first frame does not need.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

__all__ = ["Intent", "Result"]


class Intent(Message):
    """Base of what the person wants; handled by the app."""


class Result(Message, bubble=False):
    """Base of what a job found out; posted to the app from any thread.

    Whoever posts often sets `receipt`, to hear when the app has taken it: see
    `tui.outbox`.
    """

    receipt: Callable[[], None] | None = None
