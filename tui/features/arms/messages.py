"""Messages about models, methods of one's own, and many arms at once.

Like those of `tui.features.messages`.
"""

from __future__ import annotations

from engine.core.methods.grammar import Arm
from tui.features.mail import Intent


class ModelToggled(Intent):
    """Tick or untick a model."""

    model: str


class StepDialogRequested(Intent):
    """Ask which sampler is to follow the steps of an arm."""

    arm: str


class StepAdded(Intent):
    """Append a sampler to the steps of an arm.

    An arm of the registry stays; a method of one's own is made of it.
    """

    arm: str
    sampler: str


class StepDropped(Intent):
    """Take the last step of a method of one's own back."""

    arm: str


class MethodDialogRequested(Intent):
    """Ask for a method as text; it begins with what an arm does."""

    arm: str


class ArmAdded(Intent):
    """Offer an arm of one's own, ticked."""

    arm: Arm


class ArmCopied(Intent):
    """Offer the same arm once more, to be given other parameters."""

    arm: str


class ArmRemoved(Intent):
    """Offer a method of one's own no longer."""

    arm: str


class TicksDialogRequested(Intent):
    """Ask which arms are to be ticked."""


class TicksChosen(Intent):
    """Tick these arms and no others; the control that is always in stays."""

    arms: tuple[str, ...]
