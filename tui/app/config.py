"""How the app looks, its three themes, and what a user can set in a TOML file.

The themes ``dark`` and ``light`` bring their colours; ``ansi`` uses the terminal's own
sixteen. Charts choose their palette by them. Under ``NO_COLOR`` Textual takes all
colours away and charts use none, so nothing may ever be said by colour alone.

The file of settings is `settings_path`::

    theme = "light"          # dark, light or ansi
    notify = "bell"          # when a run ends: off, bell or osc9

    [keys]                   # other keys for a command; its id is in the help
    "run.start" = "f9"
    "run.cancel" = "f8,x"

`tui.app.settings` reads and writes it. A wrong setting is reported and ignored; it
never keeps the app from starting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from engine.core.doc import Doc


def _theme(
    name: str, colours: str, *, on_cursor: str, select: str, left: str, lines: str
) -> Theme:
    """Return a theme of the colours of its roles and what is derived of them.

    `left` is behind the cursor without focus, `lines` are of borders and scroll bars.
    """
    primary, secondary, accent, error, success, *rest = colours.split()
    text, back, surface, panel, border, bar, hover = *rest, *lines.split()
    grounds = ("background", "background-hover", "background-active", "corner-color")
    return Theme(
        name,
        primary,
        secondary,
        warning=accent,
        error=error,
        success=success,
        accent=accent,
        foreground=text,
        background=back,
        surface=surface,
        panel=panel,
        dark=name == "dark",
        variables={
            "border": border,
            "border-blurred": border,
            "block-cursor-background": primary,
            "block-cursor-foreground": on_cursor,
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": left,
            "block-cursor-blurred-foreground": text,
            "block-cursor-blurred-text-style": "none",
            "input-selection-background": f"{primary} {select}",
            "scrollbar": bar,
            "scrollbar-hover": hover,
            "scrollbar-active": primary,
            **{f"scrollbar-{ground}": back for ground in grounds},
        },
    )


_DARK = _theme(
    "dark",
    "#5fafd7 #87afaf #ffaf5f #ff8766 #87d7af #d7dae0 #16181d #1c1f26 #252a33",
    on_cursor="#16181d",
    select="35%",
    left="#2d3542",
    lines="#4a5160 #3a404d #5b6475",
)
_LIGHT = _theme(
    "light",
    "#005f87 #5f6f7f #9a5200 #b3261e #00704d #22262e #fbfbf8 #f2f2ee #e6e6e1",
    on_cursor="#ffffff",
    select="25%",
    left="#dcdfe4",
    lines="#a9adb5 #c4c7cd #a0a4ac",
)
_ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "border": "ansi_bright_black",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-text-style": "none",
    },
)

THEMES: Final[dict[str, Theme]] = {t.name: t for t in (_DARK, _LIGHT, _ANSI)}

# Settings ---------------------------------------------------------------------------


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


def settings_path() -> Path:
    """Return where the settings are; the file may not exist."""
    # The app has these values before anything of the engine.
    from tui.terminal import files

    return files.settings("settings.toml")


def has_settings() -> bool:
    """Tell whether there is a file of settings, or something that is in its way."""
    try:
        settings_path().stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass  # whoever reads it says what is wrong
    return True
