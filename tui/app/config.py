"""What a user can set in a TOML file.

The file is `settings_path`::

    theme = "light"          # one of `tui.app.themes`, or a user's own
    ascii = true             # draw everything in ASCII
    notify = "bell"          # when a run ends: off, bell or osc9
    author = "A. Lovelace"   # who ran it, as reports say

    [keys]                   # other keys for a command; its id is in the help
    "run.start" = "f9"
    "run.cancel" = "f8,x"

`tui.app.settings` reads and writes it. A wrong setting is reported and ignored; it
never keeps the app from starting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

if TYPE_CHECKING:
    from engine.core.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set."""

    schema: Annotated[
        Literal[1], Doc("version of this file; a file without it has 1")
    ] = 1
    theme: Annotated[
        str,
        Doc(
            "colours of the app; auto: dark, or ansi where there are no more than 16; "
            "a file themes/NAME.toml beside this one adds NAME",
            example="light",
        ),
    ] = "auto"
    ascii: Annotated[
        bool | Literal["auto"],
        Doc("draw everything in ASCII; auto: where the terminal shows no more"),
    ] = "auto"
    notify: Annotated[
        Literal["off", "bell", "osc9"],
        Doc("how the terminal announces the end of a run"),
    ] = "off"
    author: Annotated[
        str,
        Doc("who ran it, as reports say", example="A. Lovelace"),
    ] = ""
    keys: Annotated[
        dict[str, str],
        Doc(
            "keys of a command, by the id that the help shows",
            example={"run.start": "f9"},
        ),
    ] = field(default_factory=dict)


def settings_path() -> Path:
    """Return where the settings are; the file may not exist."""
    # The app has these values before anything of the engine.
    from tui.terminal import files

    return files.settings("settings.toml")


def themes_path() -> Path:
    """Return the folder of a user's own themes; there may be none."""
    return settings_path().with_name("themes")


def has_settings() -> bool:
    """Tell whether there are settings or themes, or something that is in their way."""
    for path in (settings_path(), themes_path()):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            pass  # whoever reads it says what is wrong
        return True
    return False
