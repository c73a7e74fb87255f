"""Charts of the arms: two in colour, the others dim, and a crosshair to read them."""

from __future__ import annotations

from typing import Final

from tui.charts.plane import CHOSEN, DIM, PLAIN
from tui.charts.pointing import Pointing
from tui.features import reducers
from tui.features.commands import Command, both, crossing, turn
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
CROSSING: Final = crossing("results", _any)
"""For charts whose horizontal scale is no threshold."""


def beside(session: Session) -> str:
    """Return the arm beside the focused one: what that is compared with at first."""
    others = _others(session)
    reference = reference_of(session, focused_arm(session, scored_arms(session)))
    wanted = (session.view.beside, reference, *others)
    return next((name for name in wanted if name in others), "")


def reference_of(session: Session, arm: str) -> str:
    """Return what an arm of the run is compared with; nothing if it has none."""
    return session.run.references.get(arm, "") if session.run is not None else ""


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


class Crossed(ResultsView, Pointing):
    """A view of the results whose charts can be pointed at."""

    def move_threshold(self, arm: str, sweep: Sweep, threshold: float | None) -> None:
        """Ask for the point of a sweep that is nearest to a threshold."""
        place = None if threshold is None else nearest(sweep, threshold)
        if place is not None:
            self.post_message(ThresholdMoved(arm, place))


class Comparing(Crossed):
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
