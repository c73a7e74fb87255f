"""The two directions that messages take; `tui.messages` has all of them.

Apart from those so that the app can be there before them: they bring the engine's
light side, which the first frame does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, dataclass_transform

from textual.message import Message


@dataclass_transform(field_specifiers=(field,))
class _Mail(Message):
    """A message whose subclasses are dataclasses."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclass(cls)


class Intent(_Mail):
    """Base of what the person wants; handled by the app."""


class Result(_Mail, bubble=False):
    """Base of what a job found out; posted to the app from any thread.

    Whoever posts often sets `receipt`, to hear when the app has taken it: see
    `tui.outbox`.
    """

    receipt: Callable[[], None] | None = field(
        default=None, init=False, repr=False, compare=False
    )
