"""The arms at matched operating points: at equal recall or alerts, at their best."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import msgspec
from textual.app import ComposeResult

from tui.commands import Command
from tui.console.lines import Line, wrap
from tui.console.matched import Match, MatchFacts, matched_lines, matches
from tui.panes import wording
from tui.panes.base import Copied, View
from tui.panes.deciding import class_of, costs_against, scored_arms
from tui.panes.overlaid import CLASSES, focused_arm, nothing
from tui.panes.reading import Reading
from tui.panes.results_views import changed
from tui.session import Session
from tui.widgets.prose import Lined

__all__ = ["MatchedView"]


class MatchedView(View, Reading):
    """What differs where one thing is made equal."""

    NAME = "matched"
    TITLE = "Matched"
    HELP = """
    ## Matched arms

    At one threshold each, arms differ in everything at once. Here one thing is made
    equal and the rest compared: the false alarms at equal recall, what is found at
    equal alerts or equal precision; then each arm at its own best, by cost and by F1.

    The thresholds were chosen on the training rows, so that on the test rows what is
    equal comes out about equal. The difference from `none` at a recall or a number of
    alerts is not that of the counts beside it: for it each arm has another threshold,
    the one that just reaches the recall, or just keeps to the alerts, on the test rows.
    It has its 95 % interval; `~` says that chance alone could explain it. `!` marks an
    arm that cannot meet the policy, and why.

    `t` puts the next match first, `↑` `↓` scroll.
    """
    COMMANDS: ClassVar = (
        Command(
            "results.other_match",
            "t",
            "Next match",
            "Puts the next thing that is made equal first.",
            "other_match",
            footer="match",
        ),
        *CLASSES,
    )

    _place = 0

    def compose(self) -> ComposeResult:
        """Lay out the tables."""
        yield Lined()

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if changed(session, before):
            self._put(session)
            self.rebind(session, before)

    def _put(self, session: Session) -> None:
        arms, run, klass = scored_arms(session), session.run, class_of(session)
        compared = run.state.compared if run else None
        focused, costs = focused_arm(session, arms), costs_against(session)
        told = MatchFacts(
            arms=[
                {
                    "name": arm.name,
                    "operating_points": msgspec.to_builtins(
                        arm.scored.operating_points
                    ),
                }
                for arm in arms
            ],
            # Of more than two classes the comparisons are not about one of them.
            comparison=[
                msgspec.to_builtins(one)
                for one in (compared.comparison if compared and klass is None else ())
            ],
            costs=costs,
            focused=focused,
            scarce=wording.scarce(session) if klass is None else "",
        )
        found = matches(told.arms)
        place = self._place % len(found) if found else 0
        empty = nothing(session, "matches")
        key = (run and run.id, id(compared), len(arms), klass, focused, place, empty)
        shown = [*found[place:], *found[:place]]
        self.query_one(Lined).put(partial(_lines, told, shown, empty), key)

    def action_other_match(self) -> None:
        """Put the next match first."""
        self._place += 1
        self._put(self.session)
        self.query_one(Lined).scroll_home(animate=False)

    def copied(self) -> Copied:
        """Return the tables as text."""
        return Copied(self.query_one(Lined).plain, "the matches")


def _lines(told: MatchFacts, shown: list[Match], empty: str, width: int) -> list[Line]:
    if not told.arms:
        return wrap(empty, width, look="dim")
    return matched_lines(told, shown, width)
