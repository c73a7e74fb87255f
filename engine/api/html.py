"""Small pieces of HTML for a notebook's page: no script, no style sheet of its own.

Colours come of the page's text colour, so that a dark page stays dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from engine.core.visible import visible

NUMBER = "text-align:right"
_TABLE = (
    "border-collapse:collapse;font-size:inherit;font-variant-numeric:tabular-nums;"
    "margin:0.3em 0"
)
_CELL = (
    "padding:0.1em 0.5em 0.1em 0;border:none;background:none;text-align:left;"
    "white-space:nowrap"
)
_HEAD = f"{_CELL};font-weight:600;border-bottom:1px solid currentColor;opacity:0.75"


def div(*parts: str) -> str:
    """Return parts of HTML below one another."""
    inside = "".join(f"<div>{part}</div>" for part in parts)
    return f'<div style="line-height:1.4">{inside}</div>'


def said(text: str) -> str:
    """Return any text as HTML; between backticks is code.

    Examples
    --------
    >>> said("use `a<b`")
    'use <code>a&lt;b</code>'
    """
    parts = escape(visible(text)).split("`")
    if len(parts) % 2 == 0:  # one of them is a text's own
        return "`".join(parts)
    return "".join(
        f"<code>{part}</code>" if place % 2 else part
        for place, part in enumerate(parts)
    )


def rows(titles: Sequence[tuple[str, str]], cells: Iterable[Sequence[str]]) -> str:
    """Return a table of texts.

    Parameters
    ----------
    titles : sequence of (str, str)
        The heading of each column, and the style of its cells.
    cells : iterable of sequence of str
        Any text: it is escaped.
    """
    head = "".join(
        f'<th scope="col" style="{_HEAD};{style}">{escape(title)}</th>'
        for title, style in titles
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};{style}">{escape(text)}</td>'
            for text, (_, style) in zip(row, titles, strict=True)
        )
        + "</tr>"
        for row in cells
    )
    head, body = f"<thead><tr>{head}</tr></thead>", f"<tbody>{body}</tbody>"
    table = f'<table style="{_TABLE}">{head}{body}</table>'
    return f'<div style="overflow-x:auto">{table}</div>'
