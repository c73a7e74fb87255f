"""A table that is being made up: its part of the session, and its messages."""

from __future__ import annotations

import msgspec

from engine.client.messages import Sketched
from engine.data.make_spec import make
from tui.draft import Problem
from tui.mail import Intent, Result


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """A table that is being made up.

    Parameters
    ----------
    source : str
        ``make:…``, the newest wish.
    busy : bool
        Whether points are asked for; a wish that comes meanwhile waits for them.
    sketch : Sketched or None
        The newest points that came; of an older wish until its own are there.
    problem : Problem or None
        Why there are none.
    """

    source: str = make("moons").source
    busy: bool = False
    sketch: Sketched | None = None
    problem: Problem | None = None


class MakeRequested(Intent):
    """Show the screen on which a table is made up."""


class MakeChanged(Intent):
    """Show points of a table, a source ``make:…``, in `session.making`."""

    source: str


class WriteMadeRequested(Intent):
    """Write a made-up table to a file; without a path the person is asked for one."""

    source: str
    path: str | None = None
    overwrite: bool = False


class SketchLoaded(Result):
    """Points of a table came."""

    sketch: Sketched


class SketchFailed(Result):
    """Points of a table could not be had."""

    source: str
    problem: Problem


class MadeWritten(Result):
    """A made-up table is in a file."""

    path: str
    rows: int
