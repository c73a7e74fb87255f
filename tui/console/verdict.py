"""The verdict as text: what to do, why, and what speaks against it."""

from __future__ import annotations

from itertools import zip_longest

from tui.console.facts import Document
from tui.console.lines import Line, Span, line, wrap
from tui.safe_text import clip

__all__ = ["call", "verdict"]

_OF_COSTS = ("VRD202", "VRD113")
"""What a verdict says of the costs: assumed or not, and where other costs matter."""


def call(document: Document, *, width: int) -> list[Line]:
    """Say what the verdict comes to: the figures, and what to do.

    Parameters
    ----------
    document : mapping
        A result document.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        Empty without a verdict.
    """
    said = document.get("verdict")
    if not said:
        return []
    lines = wrap(said["headline"], width, first=" ", look="bold")
    return lines + wrap(said["recommendation"], width, first=Span(" → ", "chosen"))


def verdict(document: Document, *, width: int) -> list[Line]:
    """Say the verdict in full, then the command that exports it.

    Parameters
    ----------
    document : mapping
        A result document.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        The figures, what to do, what is said of the costs, reasons, doubts; the
        command only where the verdict recommends something.
    """
    lines, said = call(document, width=width), document.get("verdict") or {}
    texts: dict[str, list[str]] = {"costs": [], "why": [], "doubts": []}
    for title, key, codes in (
        ("doubts", "doubts", said.get("doubt_codes") or ()),
        ("why", "reasons", said.get("reason_codes") or ()),
    ):
        for text, code in zip_longest(said.get(key) or (), codes, fillvalue=""):
            texts["costs" if code in _OF_COSTS else title].append(text)
    for text in texts.pop("costs"):
        lines += wrap(text, width, first="   ")
    for (title, some), mark in zip(texts.items(), (" · ", " ? "), strict=True):
        if some:
            lines += [(), line(Span(f" {title}", "dim"))]
            for text in some:
                lines += wrap(text, width, first=Span(mark, "dim"))
    if said.get("choice") and document.get("run"):
        command = f"imbtui export {clip(document['run'], 24)} --as bundle"
        lines += [(), line(Span(" to use it: ", "dim"), Span(command, "bold"))]
    return lines
