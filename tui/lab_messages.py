"""Messages about what remedies do to the open table. Like those of `tui.messages`."""

from __future__ import annotations

from dataclasses import dataclass

from engine.client import lab
from engine.spec import Arm
from tui.draft import Problem
from tui.lab import Wish
from tui.mail import Intent, Result

__all__ = [
    "BalanceAsked",
    "BalanceRequested",
    "BalanceWritten",
    "JudgeRequested",
    "JudgedRows",
    "LeakAsked",
    "LeakFailed",
    "LeakLeft",
    "LeakProgressed",
    "LeakRequested",
    "LeakTold",
    "TreatFailed",
    "TreatRequested",
    "TreatedShown",
]


@dataclass
class TreatRequested(Intent):
    """Show what an arm does to the training rows; it appears in `session.lab`."""

    wish: Wish


@dataclass
class JudgeRequested(Intent):
    """Find out what will become of arms; it appears in `session.lab.findings`."""

    arms: tuple[Arm, ...]
    folds: int = 5
    max_categories: int = 30


@dataclass
class BalanceAsked(Intent):
    """Ask where and how the balanced training table is to be written."""

    arm: Arm


@dataclass
class BalanceRequested(Intent):
    """Write the balanced training table."""

    arm: Arm
    path: str
    split: bool = True
    flag: str | None = None
    overwrite: bool = False


@dataclass
class LeakAsked(Intent):
    """Show the screen with the wrong way beside the right one."""

    arm: Arm


@dataclass
class LeakRequested(Intent):
    """Work out the wrong way beside the right one, for an arm."""

    arm: Arm


@dataclass
class LeakLeft(Intent):
    """Wait no longer for it."""


@dataclass
class TreatedShown(Result):
    """It is known what an arm does."""

    job: int
    wish: Wish
    treated: lab.TreatedRows


@dataclass
class TreatFailed(Result):
    """What an arm does cannot be shown."""

    job: int
    problem: Problem


@dataclass
class JudgedRows(Result):
    """It is known what will become of arms; None if it cannot be known."""

    job: int
    judged: lab.Judged | None


@dataclass
class BalanceWritten(Result):
    """The balanced training table is in a file."""

    balanced: lab.Balanced


@dataclass
class LeakProgressed(Result):
    """Where the work on them is, in a word or two."""

    job: int
    stage: str


@dataclass
class LeakTold(Result):
    """The wrong way and the right one were worked out."""

    job: int
    shown: lab.LeakShown


@dataclass
class LeakFailed(Result):
    """They cannot be."""

    job: int
    problem: Problem
