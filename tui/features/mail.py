"""The two directions that messages take, and how those that come often are held back.

`tui.features.messages` has all of them. Apart from those so that the app can be there
before them: they bring the engine's light side, which the first frame does not need.

A terminal that stalls stops the app's loop: everything posted meanwhile would pile
up. An `Outbox` has one message under way at most. What comes after it waits, merged
as far as it can be, until the app has taken that one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, dataclass_transform

from textual.message import Message


@dataclass_transform(field_specifiers=(field,))
class Mail(Message):
    """A message whose subclasses are dataclasses."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclass(cls)

    @property
    def topic(self) -> type[Mail] | str:
        """What its handler is registered for."""
        return type(self)

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of its fields, in their order."""
        names = [one.name for one in fields(self) if one.init]  # type: ignore[arg-type]
        return tuple(getattr(self, name) for name in names)


class Intent(Mail):
    """Base of what the user wants; handled by the app."""

    KINDS: ClassVar[dict[str, type[Intent]]] = {}
    """All of them by name: a key's command may post one that needs no values."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.KINDS[cls.__name__] = cls


class JobMessage(Mail, bubble=False):
    """Base of what a job found out; posted to the app from any thread.

    Whoever posts often sets `receipt`, to hear when the app has taken it: see
    `Outbox`.
    """

    receipt: Callable[[], None] | None = field(
        default=None, init=False, repr=False, compare=False
    )


Merge = Callable[[JobMessage, JobMessage], "JobMessage | None"]
"""From a message that waits and a newer one to both in one; None if they are two."""


def newest(waiting: JobMessage, new: JobMessage) -> JobMessage | None:
    """Only the newest of a kind matters."""
    return new if type(waiting) is type(new) else None


class Outbox:
    """Posts messages in order, one at a time.

    Parameters
    ----------
    post : callable
        Gives the app a message, from any thread.
    merge : Merge, default=newest
        What becomes of two messages that wait, one after the other.
    """

    def __init__(
        self, post: Callable[[JobMessage], object], merge: Merge = newest
    ) -> None:
        self._post = post
        self._merge = merge
        self._lock = threading.Lock()
        self._under_way = False
        self._waiting: list[JobMessage] = []

    def put(self, message: JobMessage) -> None:
        """Post a message, now or once the app has taken the one before."""
        with self._lock:
            if self._under_way:
                self._keep(message)
                return
            self._under_way = True
        self._send(message)

    def _keep(self, message: JobMessage) -> None:
        if self._waiting:
            both = self._merge(self._waiting[-1], message)
            if both is not None:
                self._waiting[-1] = both
                return
        self._waiting.append(message)

    def _send(self, message: JobMessage) -> None:
        message.receipt = self._send_next
        self._post(message)

    def _send_next(self) -> None:
        """Send what waits; called by the app."""
        with self._lock:
            self._under_way = bool(self._waiting)
            if not self._waiting:
                return
            message = self._waiting.pop(0)
        self._send(message)
