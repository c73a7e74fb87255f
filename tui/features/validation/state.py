"""What is known of a model on new labelled rows, and the messages about it."""

from __future__ import annotations

import msgspec

from engine.core.messages import AskValidation, ModelValidated
from tui.features.mail import Intent
from tui.features.questions import Question


class ValidationState(msgspec.Struct, frozen=True, kw_only=True):
    """The newest validation."""

    model: Question[AskValidation, ModelValidated] = Question()


class ValidationDialogRequested(Intent):
    """Ask which model is to be validated, and on which rows."""


class ValidationRequested(Intent):
    """Validate a bundle, or the recommended arm of a run without one."""

    data: str
    bundle: str = ""
    run: str | None = None
    keep_equal: bool = False


class ValidationClosed(Intent):
    """Wait no longer for a validation."""
