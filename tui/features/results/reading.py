"""How results are read: at which operating point, class, and moved thresholds.

The commands and their actions, for the results pane and every view of its picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.widget import Widget

from engine.core.views import FOCUSED
from engine.core.views.calibration import select_arms
from tui.features import reducers
from tui.features.commands import Command, both, turn
from tui.features.messages import Stepped
from tui.features.pane import Sized, View
from tui.features.results import operating
from tui.features.results.operating import OperatingRow, ScoredArm, class_of
from tui.features.session import Session
from tui.terminal.safe_text import clip

_BIG: Final = 25
"""The big step is a so-manieth part of the points, and never less than two."""


def _has_results(session: Session) -> bool:
    return session.evaluated > 0


def _movable(session: Session) -> bool:
    """Tell whether a threshold decides: not where a class is chosen out of many."""
    return _has_results(session) and not operating.whole(session)


def _has_classes(session: Session) -> bool:
    return _has_results(session) and class_of(session) is not None


def has_models(session: Session) -> bool:
    """Tell whether the run that is looked at has several models."""
    return session.run is not None and len({*session.run.families.values()}) > 1


def _states(session: Session) -> tuple[bool, ...]:
    tests = (_has_results, _movable, _has_classes, has_models)
    return tuple(test(session) for test in tests)


_THRESHOLD: Final = (
    *(
        Command(
            f"results.threshold_{name}",
            keys,
            f"{title} the threshold{' a lot' if 'far' in action else ''}",
            action=action,
            footer="threshold" if name == "up" else "",
            when=_movable,
        )
        for name, keys, title, action in (
            ("up", "right", "Raise", "threshold(1)"),
            ("down", "left", "Lower", "threshold(-1)"),
            ("up_far", "shift+right,greater_than_sign", "Raise", "threshold_far(1)"),
            ("down_far", "shift+left,less_than_sign", "Lower", "threshold_far(-1)"),
        )
    ),
    Command(
        "results.threshold_back", "0,backspace", "Put the threshold back", when=_movable
    ),
)
POINTS: Final = both(
    "results.point_{}", ("n", "N"), "operating point", "point", "point", _has_results
)
CLASSES: Final = both(
    "results.class_{}", ("c", "C"), "class", "klass", "class", _has_classes
)
_BY_MODEL: Final = Command(
    "results.by_model",
    "m",
    "List the arms by model, or by missed positives",
    "by model",
    when=has_models,
)
READING: Final = (*_THRESHOLD, *POINTS, *CLASSES)
"""What changes how all results are read."""
LISTING: Final = (*READING, _BY_MODEL)
"""For lists of all arms."""
ARMS: Final = both("results.arm_{}", ("down", "up"), "arm", "arm", when=_has_results)
"""For views that have no list of arms to move in."""
LOOKING: Final = (*ARMS, *POINTS, *CLASSES)
"""For those whose thresholds stay as they are, too."""


def focused_row(
    session: Session, rows: list[OperatingRow] | None = None
) -> OperatingRow | None:
    """Return the focused arm, else the recommended one, else the board's first."""
    found = operating.arm_rows(session) if rows is None else rows
    by_name, choice = {row.name: row for row in found}, None
    if session.run is not None and session.run.result.choice is not None:
        choice = session.run.result.choice.arm
    wanted = session.view.selected.get("results", ""), choice or ""
    rows = [by_name[name] for name in wanted if name in by_name]
    return next(iter(rows or found), None)


# By steps: of the newest session, which may be some keys ahead of what is drawn.


def step_threshold(session: Session, steps: int) -> Session:
    """Move the focused arm's threshold by points of its sweep."""
    row = focused_row(session)
    if row is None or row.threshold is None:
        return session
    place = operating.step(row.sweep, row.threshold, steps)
    if place in (None, row.threshold):
        return session
    return reducers.move_threshold(session, row.name, place)


def step_far(session: Session, steps: int) -> Session:
    """Move the focused arm's threshold by many points."""
    row = focused_row(session)
    many = max(2, len(row.sweep) // _BIG) if row is not None else 0
    return step_threshold(session, steps * many)


def put_back(session: Session, _: int) -> Session:
    """Put the focused arm's threshold back; all of them if it was not moved."""
    row, moved = focused_row(session), session.view.thresholds
    names = [row.name] if row is not None and row.name in moved else list(moved)
    for name in names:
        session = reducers.move_threshold(session, name, None)
    return session


def step_point(session: Session, steps: int) -> Session:
    """Read the results at a neighbouring operating point."""
    if not (known := operating.offered(session)):
        return session
    now = operating.point_of(session)
    return reducers.choose_point(session, turn(known, now, steps))


def step_class(session: Session, steps: int) -> Session:
    """Look at a neighbouring class, from the rarest to the most frequent."""
    klass = operating.neighbour(session, steps)
    return session if klass is None else reducers.choose_class(session, klass)


def turn_by_model(session: Session, steps: int) -> Session:
    """List the arms model by model, or by missed positives alone."""
    return reducers.looking(session, by_model=session.view.by_model != (steps % 2 == 1))


def step_arm(session: Session, steps: int) -> Session:
    """Focus a neighbouring arm of the board."""
    rows = operating.arm_rows(session)
    if (row := focused_row(session, rows)) is None:
        return session
    place = min(max(rows.index(row) + steps, 0), len(rows) - 1)
    return reducers.select(session, "results", rows[place].name)


class Reading(Widget):
    """Mixed into the pane and the views: the actions of `READING` and `ARMS`.

    No `SessionWidget` itself: with it, views first shown zoomed missed the classes that
    `Sized` gives them (`test_results_looks` sees it).
    """

    def rebind(self, session: Session, before: Session | None) -> None:
        """Let the footer know if other commands make sense now."""
        if before is None or _states(before) != _states(session):
            self.refresh_bindings()

    def action_threshold(self, steps: int) -> None:
        """Move the focused arm's threshold by points of its sweep."""
        self.post_message(Stepped(step_threshold, steps))

    def action_threshold_far(self, direction: int) -> None:
        """Move the focused arm's threshold by many points."""
        self.post_message(Stepped(step_far, direction))

    def action_threshold_back(self) -> None:
        """Put the focused arm's threshold back; all of them if it was not moved."""
        self.post_message(Stepped(put_back))

    def action_point(self, step: int) -> None:
        """Read the results at a neighbouring operating point."""
        self.post_message(Stepped(step_point, step))

    def action_klass(self, step: int) -> None:
        """Look at a neighbouring class, from the rarest to the most frequent."""
        self.post_message(Stepped(step_class, step))

    def action_by_model(self) -> None:
        """List the arms model by model, or by missed positives alone."""
        self.post_message(Stepped(turn_by_model))

    def action_arm(self, step: int) -> None:
        """Focus a neighbouring arm of the board."""
        self.post_message(Stepped(step_arm, step))


class ResultsView(View, Reading, Sized):
    """A view of the results, drawn anew when the run or the way it is read changes."""

    DRAWS: ClassVar[tuple[str, ...]] = ("run", "view")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        self.draw(session)
        self.rebind(session, before)

    def draw(self, session: Session) -> None:
        """Draw the view."""
        raise NotImplementedError

    def on_click(self) -> None:
        """Take the focus, so that the keys work."""
        if self.can_focus:
            self.focus()


def focused_arm(session: Session, arms: Sequence[ScoredArm]) -> str:
    """Return the arm in focus, as the pane marks it, else the board's first; of those.

    The pane may mark an arm that has nothing to draw: one that failed.
    """
    names, rows = {arm.name for arm in arms}, operating.arm_rows(session)
    order = (focused_row(session, rows), *rows)
    return next((one.name for one in order if one and one.name in names), "")


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
    if (run := session.run) is None or run.live:
        return f"The {what} {'comes' if one else 'come'} when the first arm is done."
    begin = f"There {'is' if one else 'are'} no {what}"
    ended = {"cancelled": "was cancelled", "failed": "failed"}.get(run.status, "ended")
    klass = class_of(session)
    if klass is not None and session.evaluated:
        return f"{begin}: no arm has a result for {clip(klass, 24)}."
    return f"{begin}: the run {ended} before an arm was done."


def few(arms: Sequence[ScoredArm], *wanted: str) -> list[ScoredArm]:
    """Return the arms that are drawn together, the wanted ones among them."""
    chosen = select_arms([arm.name for arm in arms], *wanted)
    return [arm for arm in arms if arm.name in chosen]


def label_of(arm: str, focused: str) -> str:
    """Return what a legend calls an arm."""
    return f"{FOCUSED if arm == focused else ''}{arm}"
