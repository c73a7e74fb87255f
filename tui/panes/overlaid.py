"""Which arms are overlaid in one picture, and how they are told apart in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.charts.costs import FOCUSED
from tui.panes import operating
from tui.panes.deciding import ScoredArm, class_of
from tui.panes.reading import READING, focused_row
from tui.safe_text import clean, clip
from tui.session import Session

__all__ = [
    "CLASSES",
    "CONTROL",
    "MOST",
    "POLICIES",
    "few",
    "focused_arm",
    "label_of",
    "named_of",
    "nothing",
]

CONTROL: Final = "none"
MOST: Final = 6
"""Arms in one picture: more lines are told apart by nobody."""
POLICIES: Final = tuple(c for c in READING if c.id.startswith("results.policy"))
CLASSES: Final = tuple(c for c in READING if c.id.startswith("results.class"))
"""Of the commands that read results those for policies, and those for classes."""


def focused_arm(session: Session, arms: Sequence[ScoredArm]) -> str:
    """Return the arm in focus, as the pane marks it, else the board's first; of those.

    The pane may mark an arm that has nothing to draw: one that failed.
    """
    names = {arm.name for arm in arms}
    rows = operating.rows(session)
    row = focused_row(session, rows)
    known = [one.name for one in (row, *rows) if one and one.name in names]
    return known[0] if known else ""


def nothing(session: Session, what: str, *, one: bool = False) -> str:
    """Say why there is nothing of a kind to show: not yet, or not any more.

    Parameters
    ----------
    session : Session
    what : str
        The kind, as "curves".
    one : bool, default=False
        Whether there is one of it.

    Returns
    -------
    str
    """
    run = session.run
    if run is None or run.live:
        return f"The {what} {'comes' if one else 'come'} when the first arm is done."
    begin = f"There {'is' if one else 'are'} no {what}"
    klass = class_of(session)
    if klass is not None and any(arm.evaluated for arm in run.state.arms):
        return f"{begin}: no arm has a result for {clip(klass, 24)}."
    return f"{begin}: the run ended before an arm was done."


def few(arms: Sequence[ScoredArm], focused: str) -> list[ScoredArm]:
    """Return at most so many arms as can be told apart, in their order.

    The control and the focused arm are among them, and then the first ones.
    """
    wanted = [arm for arm in arms if arm.name in (CONTROL, focused)]
    others = [arm for arm in arms if arm not in wanted]
    chosen = {arm.name for arm in [*wanted, *others][:MOST]}
    return [arm for arm in arms if arm.name in chosen]


def label_of(arm: str, focused: str) -> str:
    """Return what a legend calls an arm."""
    return f"{FOCUSED if arm == focused else ''}{arm}"


def named_of(arm: str, focused: str) -> str:
    """Return what stands at an arm's line: only few have a name there."""
    return clean(arm) if arm in (CONTROL, focused) else ""
