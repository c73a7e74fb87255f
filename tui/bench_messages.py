"""Messages about runs over many tables. Like those of `tui.messages`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.client.suite import SuiteShown
from tui.draft import Problem
from tui.mail import Intent, Result

__all__ = ["BenchAsked", "BenchFailed", "BenchRequested", "BenchTold"]


@dataclass
class BenchAsked(Intent):
    """Show the screen over many tables."""


@dataclass
class BenchRequested(Intent):
    """Work out what runs of equal settings come to; None is those of the newest run."""

    group: str | None
    metric: str


@dataclass
class BenchTold(Result):
    """It is known."""

    job: int
    shown: SuiteShown


@dataclass
class BenchFailed(Result):
    """It cannot be known."""

    job: int
    problem: Problem
