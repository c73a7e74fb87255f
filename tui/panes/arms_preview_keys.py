"""What can be done where the rows before and after an arm are seen."""

from __future__ import annotations

from typing import Final

from tui.commands import Command
from tui.panes.arms_seen import has_classes

__all__ = ["PREVIEW"]

PREVIEW: Final = (
    Command(
        "arms.side",
        "s",
        "Before, after, or what changed",
        "Turns to the next of the three.",
        "turn",
        footer="before/after",
        when=has_classes,
    ),
    Command(
        "arms.draw",
        "d",
        "Points, a column, or the classes",
        "Turns to the next kind of picture.",
        "draw",
        footer="draw",
        when=has_classes,
    ),
    Command(
        "arms.axes",
        "c",
        "Choose what is drawn",
        "Two number columns as axes; or the column whose distribution is drawn.",
        "choose",
        when=has_classes,
    ),
    Command(
        "arms.components",
        "m",
        "Principal components",
        "Draws all columns, laid flat in the two directions that tell the most.",
        "components",
        when=has_classes,
    ),
    Command(
        "arms.class",
        "n",
        "Next class",
        "Draws the column's distribution in another class.",
        "next_class",
        when=has_classes,
    ),
    Command(
        "arms.zoom_in",
        "plus,equals_sign",
        "Zoom in",
        "Shows half as much of the plane.",
        "scale(0.5)",
        when=has_classes,
    ),
    Command(
        "arms.zoom_out",
        "minus",
        "Zoom out",
        "Shows twice as much of the plane.",
        "scale(2.0)",
        when=has_classes,
    ),
    Command(
        "arms.zoom_off",
        "0",
        "Show all points",
        "Takes the zoom back.",
        "whole",
        when=has_classes,
    ),
    *(
        Command(
            f"arms.pan_{key}",
            key,
            f"Move {key}",
            "Moves about where the points are zoomed.",
            f"pan({right}, {up})",
            when=has_classes,
        )
        for key, right, up in (
            ("left", -1, 0),
            ("right", 1, 0),
            ("up", 0, 1),
            ("down", 0, -1),
        )
    ),
)
