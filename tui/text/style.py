"""Looks, and whether they become escape sequences.

A look only ever repeats what the words and figures say already.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from engine.core import views
from engine.core.views import Look

# The sixteen colours that every terminal has, in the user's own palette.
_CODES: Final[dict[Look, str]] = {
    "bold": "1",
    "dim": "2",
    "missed": "1;31",
    "alarm": "33",
    "chosen": "1;36",
    "good": "32",
    "bad": "1;31",
    "warn": "33",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How looks are written.

    Parameters
    ----------
    color : bool, default=False
        Whether to write escape sequences at all, bold included.
    """

    color: bool = False

    def paint(self, text: str, look: Look) -> str:
        r"""Return the text in that look; as it is, without colour.

        Examples
        --------
        >>> Style(color=True).paint("63", "bold"), Style().paint("63", "bold")
        ('\x1b[1m63\x1b[0m', '63')
        """
        code = _CODES.get(look)
        if not self.color or code is None or not text.strip():
            return text
        return f"\x1b[{code}m{text}\x1b[0m"


STATUS: Final = views.STATUS
PLAIN: Final = Style()


def style_for(stream: TextIO, environ: Mapping[str, str] | None = None) -> Style:
    """Return the style that suits a stream.

    Parameters
    ----------
    stream : text stream
        Where the text will go.
    environ : mapping, default=None
        The environment; the process's own when None.

    Returns
    -------
    Style
        Plain where the stream is no terminal, ``NO_COLOR`` is set and not empty,
        or ``TERM`` is ``dumb``.
    """
    env = os.environ if environ is None else environ
    if env.get("NO_COLOR") or env.get("TERM") == "dumb":
        return PLAIN
    return Style(color=stream.isatty())
