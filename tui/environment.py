"""What must be said to Textual before it is imported: it reads its settings once.

Import this module, and call `prepare`, before anything of Textual.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

SSH_FRAMES: Final = 15
"""Frames a second at most where each of them goes over a network."""


def prepare(environ: MutableMapping[str, str] | None = None) -> None:
    """Set what is not set yet: no animation, and fewer frames over SSH.

    Parameters
    ----------
    environ : mutable mapping or None, default=None
        The environment; that of the process when None.

    Examples
    --------
    >>> environ = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    >>> prepare(environ)
    >>> environ["TEXTUAL_FPS"], environ["TEXTUAL_ANIMATIONS"]
    ('15', 'none')
    """
    environ = os.environ if environ is None else environ
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        environ.setdefault("TEXTUAL_FPS", str(SSH_FRAMES))
