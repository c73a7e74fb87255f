"""A table that is being made up: its part of the session, and its messages."""

from __future__ import annotations

import msgspec

from engine.client.messages import Sketch, Sketched
from engine.data.make_spec import make
from tui.mail import Intent
from tui.questions import Question


class MakeState(msgspec.Struct, frozen=True, kw_only=True):
    """A table that is being made up: `sketch` has points of it."""

    sketch: Question[Sketch, Sketched] = Question()

    @property
    def source(self) -> str:
        """``make:…``, the newest wish."""
        asked = self.sketch.request
        return make("moons").source if asked is None else asked.source


class MakeRequested(Intent):
    """Show the screen on which a table is made up."""


class WriteMadeRequested(Intent):
    """Write a made-up table to a file; without a path the person is asked for one."""

    source: str
    path: str | None = None
    overwrite: bool = False
