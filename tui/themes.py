"""How the app looks: three themes. Charts choose their palette by them.

``dark`` and ``light`` bring their colours; ``ansi`` uses the terminal's own sixteen.
Under ``NO_COLOR`` Textual takes all colours away and charts use none, so nothing may
ever be said by colour alone.
"""

from __future__ import annotations

from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT: Final = "dark"


def _variables(
    back: str, text: str, border: str, cursor: str, left: str, bars: tuple[str, str]
) -> dict[str, str]:
    """Return what is derived: borders, the cursor with and without focus, bars."""
    return {
        "border": border,
        "border-blurred": border,
        "block-cursor-background": cursor,
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": left,
        "block-cursor-blurred-foreground": text,
        "block-cursor-blurred-text-style": "none",
        "scrollbar": bars[0],
        "scrollbar-hover": bars[1],
        "scrollbar-active": cursor,
        "scrollbar-background": back,
        "scrollbar-background-hover": back,
        "scrollbar-background-active": back,
        "scrollbar-corner-color": back,
    }


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
        **_variables(
            *("#16181d", "#d7dae0", "#4a5160", "#5fafd7", "#2d3542"),
            bars=("#3a404d", "#5b6475"),
        ),
        "block-cursor-foreground": "#16181d",
        "input-selection-background": "#5fafd7 35%",
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
        **_variables(
            *("#fbfbf8", "#22262e", "#a9adb5", "#005f87", "#dcdfe4"),
            bars=("#c4c7cd", "#a0a4ac"),
        ),
        "block-cursor-foreground": "#ffffff",
        "input-selection-background": "#005f87 25%",
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
