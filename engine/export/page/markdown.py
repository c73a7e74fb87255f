"""The page as Markdown: the same without the drawings, and without any HTML."""

from __future__ import annotations

import re
from typing import Final

from engine.core.views.report import parts
from engine.core.visible import visible

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$@^])")
_STARTS: Final = re.compile(r"^(\s*\d{0,9})(?:([-+=])(?=[-+=\s]|$)|([.)])(?=\s|$))")
_ADDRESS: Final = re.compile(r"(?i)\b(https?|ftp)(:)|\b(www)(\.)")
_LOOKS: Final = {"call": "**→** ", "bad": "**✗** ", "warn": "**⚠** "}


def escape(text: object) -> str:
    r"""Return text of which Markdown makes no markup, no link and no HTML.

    Examples
    --------
    >>> print(escape("a|b_c <i> `x` www.x.y"))
    a\|b\_c \<i\> \`x\` www\.x.y
    """
    return _ADDRESS.sub(_break_address, _MARKUP.sub(r"\\\1", visible(text)))


def _guard_start(line: str) -> str:
    """Return a line, or an entry of a list, that does not begin another list."""
    return _STARTS.sub(lambda m: f"{m[1]}\\{m[2] or m[3]}", line.strip())


def _break_address(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]}\\{match[2] or match[4]}"


def _fence(text: str, least: int = 1) -> str:
    """Return backticks that a text does not hold so many of."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))


def _code(text: str, cell: bool) -> str:
    """Return text as code, whatever backticks are in it; pipes do not end a cell."""
    shown = visible(text)
    if cell:
        shown = shown.replace("|", "\\|")
    if not shown.strip():
        return escape(shown)
    fence = _fence(shown)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _span(span: parts.Span, cell: bool) -> str:
    match span:
        case parts.Code(text=text):
            return _code(text, cell)
        case parts.Strong(text=text):
            return f"**{escape(text)}**" if text.strip() else escape(text)
        case parts.Figure(text=text) | parts.Link(text=text):
            return escape(text)
    return escape(span)


def _spans(of: parts.Spans, cell: bool = False) -> str:
    """Return what stands in a line, or in a cell of a table."""
    return _guard_start("".join(_span(span, cell) for span in of))


def markdown(page: parts.Page) -> str:
    """Return the page as Markdown, as GitHub reads it.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        Tables for all that the page has in tables and matrices; charts are left out.
    """
    lines = [f"# {escape(page.title)}", "", _spans(page.about), ""]
    lines += ["## Verdict", ""]
    for block in page.top:
        lines += _block(block, 3)
    for section in page.sections:
        lines += [f"## {escape(section.title)}", ""]
        for block in section.blocks:
            lines += _block(block, 3)
    lines += ["---", "", _spans(page.foot), ""]
    return "\n".join(lines)


def _block(block: parts.Block, level: int) -> list[str]:
    match block:
        case parts.TextBlock():
            if block.look == "title":
                return _title("".join(map(str, block.spans)), level)
            return [_LOOKS.get(block.look, "") + _spans(block.spans), ""]
        case parts.FactList():
            facts = [
                f"- {_guard_start(escape(n))}: {_spans(s)}" for n, s in block.facts
            ]
            return [*facts, ""]
        case parts.Items():
            return [*_title(block.title, level), *_items(block), ""]
        case parts.PageTable():
            return _table(block, level)
        case parts.Matrices():
            out = _title(block.title, level)
            for matrix in block.matrices:
                out += _matrix(matrix)
            return [*out, *_note(block.note)]
        case parts.CodeBlock():
            lines = [visible(line) for line in block.lines]
            fence = _fence("\n".join(lines), 3)
            return [f"{fence}{block.language}", *lines, fence, ""]
        case parts.Details():
            out = _title(block.title, level)
            for inner in block.blocks:
                out += _block(inner, level + 1)
            return out
        case parts.Charts():
            # No drawing, but the figures that stand beside it.
            return [line for chart in block.charts for line in _legend(chart)]


def _legend(chart: parts.Chart) -> list[str]:
    spans = (span for key in chart.legend for span in key.note)
    if not any(isinstance(span, parts.Figure) for span in spans):
        return []
    entries = [f"{escape(key.name)} {_spans(key.note)}" for key in chart.legend]
    return [f"**{escape(chart.title)}**: {', '.join(entries)}.", ""]


def _title(text: str, level: int) -> list[str]:
    return [f"{'#' * min(6, level)} {escape(text)}", ""] if text else []


def _note(note: parts.Spans) -> list[str]:
    return [_spans(note), ""] if note else []


def _items(block: parts.Items) -> list[str]:
    out = []
    for item in block.items:
        code = f" ({escape(item.code)})" if item.code else ""
        mark = f"{_guard_start(escape(item.mark))} " if item.mark else ""
        out.append(f"- {mark}{_spans(item.spans)}{code}")
        if item.below:
            out[-1] += f" → {_spans(item.below)}"
    return out


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(block: parts.PageTable, level: int) -> list[str]:
    out = _title(block.title, level)
    out.append(_row([escape(column.title) or " " for column in block.columns]))
    out.append(_row(["---" if c.align == "left" else "---:" for c in block.columns]))
    for row in block.rows:
        out.append(_row([_spans(cell.spans, cell=True) or " " for cell in row]))
    return [*out, "", *_note(block.note)]


def _matrix(matrix: parts.Matrix) -> list[str]:
    heads = [f"predicted {escape(label)}" for label in matrix.predicted]
    out = [_row([f"**{escape(matrix.title)}**", *heads])]
    out.append(_row(["---", *("---:" for _ in matrix.predicted)]))
    for label, boxes in matrix.rows:
        cells = [
            f"{box.mark} {box.figure.text} ({_span(box.share, True)})".strip()
            for box in boxes
        ]
        out.append(_row([f"actual {escape(label)}", *cells]))
    return [*out, ""]
