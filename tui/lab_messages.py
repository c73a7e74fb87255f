"""Messages about methods on the open table, apart from questions (`tui.questions`)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.client.lab import Balanced
from engine.spec import Arm
from tui.mail import Intent, Result


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
class LeakLeft(Intent):
    """Wait no longer for the wrong way beside the right one."""


@dataclass
class BalanceWritten(Result):
    """The balanced training table is in a file."""

    balanced: Balanced
