"""The arms that change no row, as plain data. Light."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["CONTROL", "CONTROLS", "Control"]


class Control(NamedTuple):
    """An arm that changes no row."""

    name: str
    title: str
    summary: str
    weights: bool | Literal["cost"]
    when: str = ""
    when_not: str = ""
    source: str = ""


CONTROL = "none"
"""The arm that all others are compared with."""

CONTROLS: tuple[Control, ...] = (
    Control(
        CONTROL,
        "as it is",
        "Leaves the training rows alone.",
        weights=False,
        when="Always: what a remedy gains is told by its distance from this one, and "
        "with a threshold that suits the costs this often is the best.",
        when_not="Only the threshold 0.5 can be used: it finds few positives there.",
        source="Elkan 2001, IJCAI, pages 973-978",
    ),
    Control(
        "weights",
        "class weights",
        "Weighs each positive by the class ratio; no row is added or removed.",
        weights=True,
        when="As the remedy without a draw: what random oversampling does to the loss, "
        "at no cost.",
        when_not="Probabilities are wanted: all of them are raised.",
        source="XGBoost's scale_pos_weight",
    ),
    Control(
        "cost-weights",
        "cost weights",
        "Weighs each positive by the cost of a miss over that of a false alarm.",
        weights="cost",
        when="The two costs are known, and the threshold is to stay at 0.5.",
        when_not="The costs may change, or probabilities are wanted: move the "
        "threshold of `none` instead, which needs no new training.",
        source="Elkan 2001, IJCAI, pages 973-978",
    ),
)
