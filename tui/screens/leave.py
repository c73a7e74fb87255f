"""The question on leaving while a run works."""

from __future__ import annotations

from tui.screens.confirm import Choice

__all__ = ["Leave"]


class Leave(Choice):
    """What becomes of the run; dismisses with ``keep``, ``stop`` or nothing.

    Parameters
    ----------
    number : int
        The run's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Run {number} still works",
            "It is a process of its own: it can go on without imbtui, and the next "
            "start finds it again. Stopped, it keeps every finished trial and can be "
            "resumed.",
            (
                ("keep", "y", "Leave, keep it running"),
                ("stop", "s", "Leave and stop it"),
                ("stay", "n", "Stay"),
            ),
        )
