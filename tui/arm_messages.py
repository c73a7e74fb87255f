"""Messages about recipes of one's own, and about many arms at once.

Like those of `tui.messages`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.spec import Arm
from tui.mail import Intent

__all__ = [
    "ArmAdded",
    "ArmCopied",
    "ArmRemoved",
    "RecipeAsked",
    "StepAdded",
    "StepAsked",
    "StepDropped",
    "TicksAsked",
    "TicksGiven",
]


@dataclass
class StepAsked(Intent):
    """Ask which sampler is to follow the steps of an arm."""

    arm: str


@dataclass
class StepAdded(Intent):
    """Let a sampler follow the steps of an arm.

    An arm of the registry stays; a recipe of one's own is made of it.
    """

    arm: str
    sampler: str


@dataclass
class StepDropped(Intent):
    """Take the last step of a recipe of one's own back."""

    arm: str


@dataclass
class RecipeAsked(Intent):
    """Ask for a recipe as text; it begins with what an arm does."""

    arm: str


@dataclass
class ArmAdded(Intent):
    """Offer an arm of one's own, ticked."""

    arm: Arm


@dataclass
class ArmCopied(Intent):
    """Offer the same arm once more, to be given other parameters."""

    arm: str


@dataclass
class ArmRemoved(Intent):
    """Offer a recipe of one's own no longer."""

    arm: str


@dataclass
class TicksAsked(Intent):
    """Ask which arms are to be ticked."""


@dataclass
class TicksGiven(Intent):
    """Tick these arms and no others; the control that is always in stays."""

    arms: tuple[str, ...]
