"""The settings: what can be set in a TOML file of the user's.

::

    theme = "light"          # dark, light or ansi
    notify = "bell"          # when a run ends: off, bell or osc9

    [keys]                   # other keys for a command; its id is in the help
    "run.start" = "f9"
    "run.cancel" = "f8,x"

The file is `settings_path`; `tui.app.settings` reads and writes it. A wrong setting is
reported and ignored; it never keeps the app from starting.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

if TYPE_CHECKING:
    from engine.core.doc import Doc

SSH_FRAMES: Final = 15
"""Frames a second at most where each of them goes over a network."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set."""

    theme: Annotated[Literal["dark", "light", "ansi"], Doc("colours of the app")] = (
        "dark"
    )
    notify: Annotated[
        Literal["off", "bell", "osc9"],
        Doc("how the terminal announces the end of a run"),
    ] = "off"
    keys: Annotated[
        dict[str, str],
        Doc(
            "keys of a command, by the id that the help shows",
            example={"run.start": "f9"},
        ),
    ] = field(default_factory=dict)


def has_settings() -> bool:
    """Tell whether there is a file of settings, or something that is in its way."""
    try:
        settings_path().stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass  # whoever reads it says what is wrong
    return True


def settings_path() -> Path:
    """Return where the settings are; the file may not exist."""
    # The app has these values before anything of the engine.
    from tui.terminal import files as places

    return places.settings("settings.toml")


def prepare(environ: MutableMapping[str, str] | None = None) -> None:
    """Set what Textual reads when it is imported: no animation, few frames over SSH.

    What is set already stays.

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
