"""Messages about tables that are made up. Like those of `tui.messages`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.client.messages import Sketched
from tui.draft import Problem
from tui.mail import Intent, Result


@dataclass
class MakeRequested(Intent):
    """Show the screen on which a table is made up."""


@dataclass
class MakeChanged(Intent):
    """Show points of a table: a source ``make:…``, and two of its features.

    They appear in `session.making`.
    """

    source: str
    axes: tuple[str, str] | None = None


@dataclass
class WriteMadeRequested(Intent):
    """Write a made-up table to a file; without a path the person is asked for one."""

    source: str
    path: str | None = None
    overwrite: bool = False


@dataclass
class SketchLoaded(Result):
    """Points of a table came."""

    job: int
    sketch: Sketched


@dataclass
class SketchFailed(Result):
    """Points of a table could not be had."""

    job: int
    problem: Problem


@dataclass
class MadeWritten(Result):
    """A made-up table is in a file."""

    path: str
    rows: int
