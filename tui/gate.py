"""The last gate before the terminal: whatever got this far is made harmless.

`tui.safe_text` makes untrusted text visible and harmless where it enters a widget.
This filter sees each finished line: a control or format character, a link or an
action that slipped through anywhere, in our code or in a library's, ends here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

__all__ = ["Gate"]

# Categories Cc, Cf, Cs, Co, Zl and Zp; a test holds it against `unicodedata`.
BAD: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ud800-\uf8ff\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f\U000f0000-\U0010ffff]"
)


class Gate(LineFilter):
    """Deletes what a line must not hold; everything else passes untouched."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line without control characters, links and click actions.

        Parameters
        ----------
        segments : list of Segment
            The line.
        background : Color
            Unused.

        Returns
        -------
        list of Segment
        """
        return [
            segment
            if segment.control or (_plain(segment.text) and _inert(segment.style))
            else Segment(BAD.sub("", segment.text), _stripped(segment.style))
            for segment in segments
        ]


def _plain(text: str) -> bool:
    return text.isprintable() if text.isascii() else BAD.search(text) is None


def _active(item: tuple[str, object]) -> bool:
    """Tell whether a mark does something: those of Textual's scroll bars may stay."""
    name, action = item
    return name.startswith("@") and (
        name != "@mouse.down" or action not in ("grab", "scroll_up", "scroll_down")
    )


@lru_cache(4096)
def _inert(style: Style | None) -> bool:
    if style is None:
        # Textual's own filters, which come after this one, need a style.
        return False
    return style.link is None and not any(map(_active, style.meta.items()))


@lru_cache(256)
def _stripped(style: Style | None) -> Style:
    """Return the style without its link and its actions."""
    if style is None:
        return Style.null()
    if _inert(style):
        return style
    meta = {k: v for k, v in style.meta.items() if not _active((k, v))}
    return style.clear_meta_and_links() + Style(meta=meta or None)
