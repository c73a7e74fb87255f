"""Charts of the arms: two in colour, the others dim, and a crosshair to read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual import on

from engine.core.methods.samplers import CONTROL
from tui.charts.plane import CHOSEN, DIM, PLAIN
from tui.charts.view import ChartView
from tui.features import reducers
from tui.features.commands import Command, both, turn
from tui.features.messages import Stepped, ThresholdMoved
from tui.features.results.operating import (
    ScoredArm,
    Sweep,
    arm_rows,
    nearest,
    scored_arms,
)
from tui.features.results.reading import ResultsView, focused_arm
from tui.features.session import Session
from tui.terminal.safe_text import cells, clip

_GAP: Final = "  "


def _any(session: Session) -> bool:
    return bool(scored_arms(session))


def _many(session: Session) -> bool:
    return len(scored_arms(session)) > 2


COMPARING: Final = (
    *both(
        "results.beside_{}",
        ("right_square_bracket", "left_square_bracket"),
        "arm to compare with",
        "beside",
        "compare",
        _many,
    ),
    Command(
        "results.all_arms", "a", "All arms in colour, or two", "all arms", when=_many
    ),
)
CROSSING: Final = tuple(
    Command(
        f"results.cross_{name}",
        keys,
        f"Move the crosshair {side}",
        "crosshair" if name == "right" else "",
        f"cross({step})",
        when=_any,
    )
    for name, keys, side, step in (
        ("right", "right", "to the right", 1),
        ("left", "left", "to the left", -1),
        ("far_right", "shift+right,greater_than_sign", "far to the right", 10),
        ("far_left", "shift+left,less_than_sign", "far to the left", -10),
    )
)
"""For charts whose horizontal scale is no threshold."""


def beside(session: Session) -> str:
    """Return the arm beside the focused one: the control at first."""
    others = _others(session)
    wanted = (session.view.beside, CONTROL, *others)
    return next((name for name in wanted if name in others), "")


def _others(session: Session) -> list[str]:
    arms = scored_arms(session)
    focused, known = focused_arm(session, arms), {arm.name for arm in arms}
    names = [row.name for row in arm_rows(session) if row.name in known]
    return [name for name in names if name != focused]


def step_beside(session: Session, steps: int) -> Session:
    """Compare with an arm so many places further on the board."""
    if not (others := _others(session)):
        return session
    chosen = turn(others, beside(session), steps)
    return reducers.looking(session, beside=chosen, all_arms=False)


def turn_all(session: Session, steps: int) -> Session:
    """Have all arms in colour, or two again."""
    return reducers.looking(session, all_arms=session.view.all_arms != (steps % 2 == 1))


class Pointing(ResultsView):
    """A view with charts that can be pointed at, by the mouse or by keys."""

    pointed: tuple[str, float] | None = None
    """The id of the chart that is pointed at, and where on its horizontal scale."""

    @property
    def start(self) -> float | None:
        """Where the crosshair starts; None is the middle."""
        return None

    def read(self) -> None:
        """Show the crosshairs, and what is read at them."""
        raise NotImplementedError

    @on(ChartView.Resized)
    def _read_anew(self, event: ChartView.Resized) -> None:
        """Read as much as there is room for now."""
        event.stop()
        if self._drawn is not None:
            self.read()

    @on(ChartView.Pointed)
    def _point(self, event: ChartView.Pointed) -> None:
        event.stop()
        if event.x is not None:
            self.point_at(event.chart.id or "", event.x)
            if event.clicked:
                self.choose(event.x)

    def point_at(self, chart: str, x: float) -> None:
        """Move the crosshair."""
        self.pointed = chart, x
        self.read()

    def choose(self, x: float) -> None:
        """Do what a click there means."""

    def move_threshold(self, arm: str, sweep: Sweep, threshold: float | None) -> None:
        """Ask for the point of a sweep that is nearest to a threshold."""
        place = None if threshold is None else nearest(sweep, threshold)
        if place is not None:
            self.post_message(ThresholdMoved(arm, place))

    def action_cross(self, step: int) -> None:
        """Move the crosshair by columns."""
        chart = next(iter(self.query(ChartView)))
        if (area := chart.area) is None:
            return
        start = self.pointed[1] if self.pointed else self.start
        x = (area.x.low + area.x.high) / 2 if start is None else start
        self.point_at(chart.id or "", area.value(area.cell(x)[0] + step))


class Comparing(Pointing):
    """A view whose chart has two arms in colour, or all: the same in all such views."""

    def rank(self, arm: str, session: Session) -> int:
        """Return how an arm's line is drawn."""
        if arm == focused_arm(session, scored_arms(session)):
            return CHOSEN
        chosen = session.view.all_arms or arm == beside(session)
        return PLAIN if chosen else DIM

    def pair(self, session: Session) -> list[ScoredArm]:
        """Return the focused arm, and the one that it is compared with."""
        arms = {arm.name: arm for arm in scored_arms(session)}
        names = (focused_arm(session, list(arms.values())), beside(session))
        return [arms[name] for name in names if name in arms]

    def action_beside(self, step: int) -> None:
        """Compare with another arm."""
        self.post_message(Stepped(step_beside, step))

    def action_all_arms(self) -> None:
        """Show all arms in colour, or two again."""
        self.post_message(Stepped(turn_all))


def fit_items(head: str, items: Sequence[str], width: int) -> str:
    """Return a line of what was read, the last items left out where it has no room.

    Examples
    --------
    >>> fit_items("● smote at 0.442", ["recall 0.86", "FN 1"], 30)
    '● smote at 0.442  recall 0.86'
    """
    line = head
    for item in items:
        if cells(line + _GAP + item) > width:
            break
        line += _GAP + item
    return clip(line, width)
