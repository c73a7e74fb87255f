"""The app's themes, and how one is made of its colours.

``dark`` and ``light`` are made of the 256 colours that every terminal has, so that
they look the same over SSH. ``ansi`` uses the terminal's own sixteen. A user's own
theme is a file ``themes/NAME.toml`` in the folder of the settings, with some or all
`KEYS`; what it leaves out is as in ``dark``, or in ``light`` with ``dark = false``::

    dark = true
    primary = "#88c0d0"      # the focus, headings, the first series of charts
    background = "#2e3440"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

KEYS: Final = {
    "primary": "the focus, headings, the first series of charts",
    "secondary": "what is second to it",
    "accent": "keys, warnings, the positive class",
    "error": "errors, missed positives",
    "success": "what is well, made rows",
    "text": "text",
    "background": "behind everything",
    "surface": "behind fields and dialogs",
    "panel": "behind the first and the last line",
    "border": "frames and scroll bars",
    "inactive": "behind the current line of a list without the focus",
}
"""The colours of a theme, and where each is used."""

_GIVEN: Final = {
    "dark": "5fafd7 87afaf ffaf5f ff875f 87d7af"
    " dadada 121212 1c1c1c 262626 4e4e4e 3a3a3a",
    "light": "005f87 5f5f87 875f00 af0000 005f00"
    " 262626 ffffff eeeeee e4e4e4 a8a8a8 d0d0d0",
    "nord": "88c0d0 97b5d3 ebcb8b e59aa2 a3be8c"
    " d8dee9 2e3440 333a47 3b4252 616e88 434c5e",
    "gruvbox": "8fb0a3 bdae93 fabd2f ff7b66 b8bb26"
    " fbf1c7 282828 32302f 3c3836 7c6f64 504945",
    "dracula": "bd93f9 9aa8d8 ffb86c ff7b7b 50fa7b"
    " f8f8f2 282a36 2e303e 343746 6272a4 44475a",
    "catppuccin-mocha": "89b4fa b4befe fab387 f38ba8 a6e3a1"
    " cdd6f4 1e1e2e 252536 313244 585b70 45475a",
    "solarized-light": "1a6397 1c6b66 8a5f00 b02522 556200"
    " 33454c fdf6e3 f4edda eee8d5 93a1a1 ddd6c1",
    "contrast": "00ffff ffffff ffff00 ff8787 87ff87"
    " ffffff 000000 000000 1c1c1c ffffff 444444",
}
_LIGHT: Final = {"light", "solarized-light"}


def make_theme(name: str, colours: Mapping[str, str], *, dark: bool = True) -> Theme:
    """Return a theme of the colours of `KEYS` and what is derived of them."""
    primary, back, text, panel, border = (
        colours[key] for key in ("primary", "background", "text", "panel", "border")
    )
    grounds = ("background", "background-hover", "background-active", "corner-color")
    return Theme(
        name,
        primary,
        colours["secondary"],
        colours["accent"],
        colours["error"],
        colours["success"],
        colours["accent"],
        text,
        back,
        colours["surface"],
        panel,
        dark=dark,
        variables={
            **{f"text-{key}": colours[key] for key in list(KEYS)[:5]},
            "text-warning": colours["accent"],
            "border": border,
            "border-blurred": border,
            "block-cursor-background": primary,
            "block-cursor-foreground": back,
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": colours["inactive"],
            "block-cursor-blurred-foreground": text,
            "block-cursor-blurred-text-style": "none",
            "block-hover-background": panel,
            "input-selection-background": f"{primary} 35%",
            "scrollbar": border,
            "scrollbar-hover": colours["secondary"],
            "scrollbar-active": primary,
            **{f"scrollbar-{ground}": back for ground in grounds},
        },
    )


def _known(name: str) -> dict[str, str]:
    return {
        key: f"#{colour}"
        for key, colour in zip(KEYS, _GIVEN[name].split(), strict=True)
    }


def read_theme(name: str, values: Mapping[str, object]) -> Theme:
    """Return the theme that a user's file holds.

    Parameters
    ----------
    name : str
        Of the theme.
    values : mapping
        Of the file.

    Returns
    -------
    Theme

    Raises
    ------
    ValueError
        Says in a line what is wrong.

    Examples
    --------
    >>> read_theme("mine", {"primary": "#ff00ff"}).primary
    '#ff00ff'
    >>> read_theme("mine", {"primary": "pink"})
    Traceback (most recent call last):
    ValueError: primary is 'pink': write colours like '#5fafd7'
    """
    if not isinstance(dark := values.get("dark", True), bool):
        raise ValueError(f"dark is {dark!r}: write true or false")
    colours = _known("dark" if dark else "light")
    for key, value in values.items():
        if key == "dark":
            continue
        if key not in KEYS:
            raise ValueError(f"no colour {key!r}: there are dark, {', '.join(KEYS)}")
        if not isinstance(value, str) or not re.fullmatch("#[0-9A-Fa-f]{6}", value):
            raise ValueError(f"{key} is {value!r}: write colours like '#5fafd7'")
        colours[key] = value
    return make_theme(name, colours, dark=dark)


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

THEMES: Final[dict[str, Theme]] = {
    **{n: make_theme(n, _known(n), dark=n not in _LIGHT) for n in _GIVEN},
    "ansi": _ANSI,
}
