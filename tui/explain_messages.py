"""Messages about the mistakes of a finished arm. Like those of `tui.messages`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.client.explain import Shown
from tui.draft import Problem
from tui.explain import Asked, Choice
from tui.mail import Intent, Result

__all__ = [
    "ErrorsChosen",
    "ExplainFailed",
    "ExplainProgressed",
    "ExplainRequested",
    "Explained",
]


@dataclass
class ErrorsChosen(Intent):
    """Look at other rows, at their groups, or at one of them."""

    choice: Choice


@dataclass
class ExplainRequested(Intent):
    """Find something out about a finished arm; it appears in `session.explain`."""

    wish: Asked


@dataclass
class Explained(Result):
    """It was found out."""

    job: int
    wish: Asked
    answer: Shown


@dataclass
class ExplainProgressed(Result):
    """Where the work on it is, in a word or two."""

    job: int
    wish: Asked
    stage: str


@dataclass
class ExplainFailed(Result):
    """It cannot be found out."""

    job: int
    wish: Asked
    problem: Problem
