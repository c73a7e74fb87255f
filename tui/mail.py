"""The two directions that messages take; `tui.messages` has all of them.

Apart from those so that the app can be there before them: they bring the engine's
light side, which the first frame does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, dataclass_transform

from textual.message import Message


@dataclass_transform(field_specifiers=(field,))
class Mail(Message):
    """A message whose subclasses are dataclasses."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclass(cls)

    @property
    def values(self) -> tuple[Any, ...]:
        """What it says, in the order of its fields."""
        told = [one.name for one in fields(self) if one.init]  # type: ignore[arg-type]
        return tuple(getattr(self, name) for name in told)


class Intent(Mail):
    """Base of what the user wants; handled by the app."""


class JobMessage(Mail, bubble=False):
    """Base of what a job found out; posted to the app from any thread.

    Whoever posts often sets `receipt`, to hear when the app has taken it: see
    `tui.outbox`.
    """

    receipt: Callable[[], None] | None = field(
        default=None, init=False, repr=False, compare=False
    )
