"""How the app looks: three themes. Charts choose their palette by them.

``dark`` and ``light`` bring their colours; ``ansi`` uses the terminal's own sixteen.
Under ``NO_COLOR`` Textual takes all colours away and charts use none, so nothing may
ever be said by colour alone.
"""

from __future__ import annotations

from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT: Final = "dark"

_DARK = Theme(
    name="dark",
    primary="#5fafd7",
    secondary="#87afaf",
    accent="#ffaf5f",
    warning="#ffaf5f",
    error="#ff8766",
    success="#87d7af",
    foreground="#d7dae0",
    background="#16181d",
    surface="#1c1f26",
    panel="#252a33",
    dark=True,
    variables={
        "border": "#4a5160",
        "border-blurred": "#4a5160",
        "block-cursor-background": "#5fafd7",
        "block-cursor-foreground": "#16181d",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#2d3542",
        "block-cursor-blurred-foreground": "#d7dae0",
        "block-cursor-blurred-text-style": "none",
        "input-selection-background": "#5fafd7 35%",
        "scrollbar": "#3a404d",
        "scrollbar-hover": "#5b6475",
        "scrollbar-active": "#5fafd7",
        "scrollbar-background": "#16181d",
        "scrollbar-background-hover": "#16181d",
        "scrollbar-background-active": "#16181d",
        "scrollbar-corner-color": "#16181d",
    },
)
_LIGHT = Theme(
    name="light",
    primary="#005f87",
    secondary="#5f6f7f",
    accent="#9a5200",
    warning="#9a5200",
    error="#b3261e",
    success="#00704d",
    foreground="#22262e",
    background="#fbfbf8",
    surface="#f2f2ee",
    panel="#e6e6e1",
    dark=False,
    variables={
        "border": "#a9adb5",
        "border-blurred": "#a9adb5",
        "block-cursor-background": "#005f87",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#dcdfe4",
        "block-cursor-blurred-foreground": "#22262e",
        "block-cursor-blurred-text-style": "none",
        "input-selection-background": "#005f87 25%",
        "scrollbar": "#c4c7cd",
        "scrollbar-hover": "#a0a4ac",
        "scrollbar-active": "#005f87",
        "scrollbar-background": "#fbfbf8",
        "scrollbar-background-hover": "#fbfbf8",
        "scrollbar-background-active": "#fbfbf8",
        "scrollbar-corner-color": "#fbfbf8",
    },
)
_ANSI_DARK = BUILTIN_THEMES["ansi-dark"]
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
        **_ANSI_DARK.variables,
        "border": "ansi_bright_black",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-text-style": "none",
    },
)

THEMES: Final[dict[str, Theme]] = {t.name: t for t in (_DARK, _LIGHT, _ANSI)}
NAMES: Final = tuple(THEMES)
