"""What the pictures of docs/ are made of: screens as lines of SVG."""

from __future__ import annotations

import html
import os
import re
import tempfile
from itertools import groupby

from rich.console import COLOR_SYSTEMS
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI

STEP, PATIENCE = 0.25, 900
CELL, LINE, FONT = 9, 18, 15
COMMON = "!-~\xa0-\xffΔ–—…─-▟"
PIECES = re.compile(f"[ {COMMON}]+|(?P<rare>[^ {COMMON}][^{COMMON}]*)")
"""Characters that a monospaced font has; others may be of another font and width, so
each of them is put in its place."""
BACK, FRONT = "#121212", "#d0d0d0"
ATTRIBUTES = (
    'xmlns="http://www.w3.org/2000/svg" xml:space="preserve" '
    f'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="{FONT}" '
    f'fill="{FRONT}"'
)


def leave_home():
    """Let nothing of the user who takes pictures be in them; return the new home."""
    home = tempfile.mkdtemp(prefix="imbtui-pictures-")
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = home
    be_terminal()
    return home


def be_terminal(**said):
    """Be a terminal that says these variables, by default one over SSH."""
    for name in ("COLORTERM", "NO_COLOR", "LC_ALL"):
        os.environ.pop(name, None)
    os.environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", **said}


def strips(app):
    """Return the lines on the screen, as a terminal is sent them."""
    return app.screen._compositor.render_strips()


def lines(app):
    """Return the lines on the screen as SVG without their places."""
    system = COLOR_SYSTEMS[app.console.color_system]
    return tuple(drawn(strip, system) for strip in strips(app))


def text(app):
    """Return what is on the screen."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in strips(app)
    )


async def until(pilot, wanted):
    """Wait until the screen says something."""
    for _ in range(int(PATIENCE / STEP)):
        await pilot.pause(STEP)
        if re.search(wanted, text(pilot.app)):
            return
    raise SystemExit(f"never seen: {wanted}\n{text(pilot.app)}")


def drawn(strip, system):
    """Return a line: backgrounds as boxes, runs of one look as texts."""
    boxes, texts, at, left = [], [], 0, 0
    shown = [
        (segment.text, *look(segment.style, system))
        for segment in strip
        if not segment.control
    ]
    for back, alike in groupby(shown, key=lambda part: part[1]):
        wide = sum(len(text) for text, *_ in alike)
        if back != BACK:
            box = f'width="{wide * CELL}" height="{LINE}" fill="{back}"'
            boxes.append(f'<rect x="{left * CELL}" {box}/>')
        left += wide
    for words, alike in groupby(shown, key=lambda part: part[2]):
        run = "".join(text for text, *_ in alike)
        for found in PIECES.finditer(run):
            cells = [at + n for n in range(*found.span()) if run[n] != " "]
            if found["rare"]:
                body = found[0].replace(" ", "")
                place = f'x="{" ".join(str(cell * CELL) for cell in cells)}"'
            elif body := found[0].strip(" "):
                place = f'x="{cells[0] * CELL}" textLength="{len(body) * CELL}"'
            else:
                continue
            # A browser draws several blanks as one, and stretches the rest.
            body = html.escape(body, quote=False).replace(" ", "&#160;")
            texts.append(f'<text y="{FONT - 1}" {place}{words}>{body}</text>')
        at += len(run)
    return "".join(boxes + texts)


def look(style, system):
    """Return the colour behind characters, and how they look as attributes of SVG."""
    style = style or Style()
    front = _hex(style.color, system) or FRONT
    back = _hex(style.bgcolor, system) or BACK
    if style.reverse:
        front, back = back, front
    words = f' fill="{front}"' if front != FRONT else ""
    words += ' font-weight="bold"' if style.bold else ""
    words += ' fill-opacity=".6"' if style.dim else ""
    words += ' text-decoration="underline"' if style.underline else ""
    return back, words


def _hex(colour, system):
    if colour is None or colour.is_default:
        return None
    return colour.downgrade(system).get_truecolor(DIMMED_MONOKAI).hex


def picture(app):
    """Return the screen as SVG."""
    width, height = app.size
    wide, high = width * CELL, height * LINE
    placed = (
        f'<g transform="translate(0 {n * LINE})">{line}</g>'
        for n, line in enumerate(lines(app))
        if line
    )
    return (
        f'<svg {ATTRIBUTES} viewBox="-8 -8 {wide + 16} {high + 16}">'
        f'<rect x="-8" y="-8" width="{wide + 16}" height="{high + 16}" rx="8" '
        f'fill="{BACK}"/>{"".join(placed)}</svg>\n'
    )
