"""The app: it puts the features together and shows them."""

import os
from collections.abc import MutableMapping

from engine.core.lazy import public

SSH_FRAMES = 15
"""Frames a second at most where each of them goes over a network."""

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "help": "Help manual offered",
        "start": "Start",
        "workbench": "WORKBENCH Workbench pane_types",
    },
)


def set_textual_defaults(environ: MutableMapping[str, str]) -> None:
    """Set what Textual reads when it is imported: no animation, few frames over SSH.

    What is set already stays.

    Parameters
    ----------
    environ : mutable mapping
        The environment.

    Examples
    --------
    >>> environ = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    >>> set_textual_defaults(environ)
    >>> environ["TEXTUAL_FPS"], environ["TEXTUAL_ANIMATIONS"]
    ('15', 'none')
    """
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        environ.setdefault("TEXTUAL_FPS", str(SSH_FRAMES))


# Here: it must come before Textual, which the modules of the app bring.
set_textual_defaults(os.environ)
