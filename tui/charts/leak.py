"""The wrong way beside the right one, as bars and figures."""

from __future__ import annotations

from typing import Final

from engine.client.lab import LeakScore
from tui.charts.bars import across
from tui.charts.base import Palette
from tui.console import figures
from tui.safe_text import clip

FIGURES: Final = (
    ("missed", "missed positives"),
    ("alarms", "false alarms"),
    ("precision", "precision"),
    ("f1", "F1"),
    ("average_precision", "average precision"),
    ("roc_auc", "ROC AUC"),
)
_SHORT: Final = {"missed": "missed", "average_precision": "AP"}
"""Titles where there is little room."""
_VALUE: Final = 7
_WIDE: Final = 26


def recall_bar(score: LeakScore, width: int, height: int, palette: Palette) -> str:
    """Draw a recall as a bar; the wrong way's claim has the colour of what is made up.

    Parameters
    ----------
    score : LeakScore
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        A bar on a dotted line, in as many lines as there are, at most two.
    """
    if width <= 0 or height <= 0:
        return ""
    bar = across(score.recall or 0.0, width)
    colour = palette.accent if score.way == "wrong" else palette.minority
    rest = "·" * (width - len(bar))
    line = palette.paint(bar, colour) + palette.paint(rest, palette.muted)
    return "\n".join([line] * min(2, height))


def leak_figures(score: LeakScore, width: int, height: int, palette: Palette) -> str:
    """Write the other figures of a way below each other.

    Parameters
    ----------
    score : LeakScore
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        A line per figure, as many as there are lines.
    """
    if width <= _VALUE or height <= 0:
        return ""
    lines = []
    for name, title in FIGURES[:height]:
        value = value_text(score, name)
        title = title if width >= _WIDE else _SHORT.get(name, title)
        label = clip(title, width - _VALUE - 1).ljust(width - _VALUE - 1)
        bold = palette.paint(f" {value:>{_VALUE}}", bold=True)
        lines.append(palette.paint(label, palette.muted) + bold)
    return "\n".join(lines)


def value_text(score: LeakScore, name: str, digits: int = 2) -> str:
    """Write a figure: a count, or a share with so many digits."""
    if name == "missed":
        return figures.count(score.fn)
    if name == "alarms":
        return figures.count(score.fp)
    value: float | None = getattr(score, name)
    return figures.decimals(value, digits)
