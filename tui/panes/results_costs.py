"""The results as tables: arms at matched operating points, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.events import Resize

from tui.charts.base import Palette, message
from tui.charts.costs import CostSeries, Won, costs_by_ratio
from tui.charts.plane import TOO_SMALL
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console.costs import CostFacts, cost_lines
from tui.console.lines import Line, wrap
from tui.console.matched import Match, MatchFacts, matched_lines, matches
from tui.panes import operating, wording
from tui.panes.base import Copied
from tui.panes.deciding import (
    ScoredArm,
    class_of,
    costs_against,
    scored_arms,
    tested,
)
from tui.panes.layout import there, words
from tui.panes.reading import (
    ARMS,
    CLASSES,
    CONTROL,
    POLICIES,
    ResultsView,
    few,
    focused_arm,
    label_of,
    named_of,
    nothing,
)
from tui.session import Session
from tui.widgets.prose import Lined


class CostsView(ResultsView, can_focus=True):
    """Which arm costs the least, by what a missed positive costs in false alarms."""

    NAME = "costs"
    TITLE = "Costs"
    SHORT = 24
    HELP = "Costs"
    COMMANDS: ClassVar = (
        Command(
            "results.cost_side",
            "t",
            "Picture or tables",
            "Changes between the two where there is room for one.",
            "other_side",
            footer="tables",
        ),
        Command(
            "results.cost_base",
            "b",
            "Beside none, or beside nobody and everybody",
            "Changes what a cost of 1 stands for in the picture.",
            "other_base",
            footer="beside",
        ),
        *POLICIES,
        *ARMS,
        *CLASSES,
    )

    _alone = False

    def compose(self) -> ComposeResult:
        """Lay out the picture and the tables."""
        yield ChartView(id="costs-ratio")
        yield Lined(id="costs-told")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        self._draw_chart(session)
        told, key = _told(session)
        lined = self.query_one(Lined)
        there(lined, bool(told.arms))
        lined.put(partial(cost_lines, told), key)

    def _draw_chart(self, session: Session) -> None:
        arms = scored_arms(session)
        chart = self.query_one(ChartView)
        if session.run is None or not arms:
            empty = nothing(session, "costs")
            chart.show(words(empty), empty)
            return
        focused = focused_arm(session, arms)
        series = [
            CostSeries(
                label_of(arm.name, focused),
                arm.scored.cost_steps,
                "",
                named_of(arm.name, focused),
            )
            for arm in few(arms, focused)
        ]
        known = {arm.name for arm in arms if arm.scored.cost_steps}
        against = None
        if CONTROL in known and not self._alone and len(known) > 1:
            against = label_of(CONTROL, focused)
        costs = costs_against(session)
        ratio = costs.ratio if costs else math.inf
        won = _won(session)
        chart.show(
            partial(
                _drawn,
                series,
                *tested(session),
                ratio=ratio,
                won=won,
                against=against,
            ),
            (*((s.label, id(s.steps)) for s in series), ratio, tuple(won), against),
        )

    def on_resize(self, event: Resize) -> None:
        """Have both, or one of them and the key that changes it."""
        before = self.has_class("-short")
        super().on_resize(event)
        if before != self.has_class("-short"):
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what changes sides where both are seen."""
        if action == "other_side" and not self.has_class("-short"):
            return False
        return super().check_action(action, parameters)

    def action_other_side(self) -> None:
        """Change between picture and tables where only one is seen."""
        self.toggle_class("-told")
        told = self.query_one(Lined)
        seen = self.has_class("-told") and self.has_class("-short")
        if self.has_focus_within or self.has_focus:
            # What scrolls must have the focus to do so.
            self.screen.set_focus(told if seen else self)

    def action_other_base(self) -> None:
        """Change what a cost of 1 stands for."""
        self._alone = not self._alone
        self._draw_chart(self.session)

    def copied(self) -> Copied:
        """Return picture and tables as text."""
        chart, told = self.query_one(ChartView).plain, self.query_one(Lined).plain
        return Copied(f"{chart}\n\n{told}".strip(), "the costs")


def _drawn(
    series: Sequence[CostSeries],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
    **about: Any,
) -> str:
    """Draw the costs; where there is no room say which keys show them."""
    text = costs_by_ratio(series, positives, negatives, width, height, palette, **about)
    if text.strip() != TOO_SMALL:
        return text
    more = f"{TOO_SMALL} z gives it the whole screen, t shows the tables."
    return message(more, width, height)


def _built(arms: list[ScoredArm]) -> list[dict[str, Any]]:
    """Return arms as a result document has them."""
    return [
        {
            "name": arm.name,
            "implied_cost_ratio": arm.scored.implied_cost_ratio,
            "operating_points": msgspec.to_builtins(arm.scored.operating_points),
        }
        for arm in arms
    ]


def _won(session: Session) -> list[Won]:
    """Return who costs the least, for the class in focus."""
    compared = session.run.state.compared if session.run else None
    klass = class_of(session)
    return [
        Won(one.arm, one.ratio, one.to)
        for one in (compared.cost_winners if compared else ())
        if one.klass == klass
    ]


def policy_of(session: Session, arms: list[ScoredArm]) -> str:
    """Return the policy that is read; one that the arms have."""
    points = [point.policy for arm in arms for point in arm.scored.operating_points]
    chosen = session.policy
    return chosen if chosen in points or not points else points[0]


def _told(session: Session) -> tuple[CostFacts, tuple[object, ...]]:
    """Return what the tables tell, and what that depends on."""
    arms, run, klass = scored_arms(session), session.run, class_of(session)
    compared = run.state.compared if run else None
    policy, focused = policy_of(session, arms), focused_arm(session, arms)
    costs = costs_against(session)
    told = CostFacts(
        arms=_built(arms),
        winners=[
            msgspec.to_builtins(one)
            for one in (compared.cost_winners if compared else ())
            if one.klass == klass
        ],
        costs=costs,
        policy=operating.followed(session, policy),
        called=wording.policy(session, policy, aimed=True),
        focused=focused,
    )
    return told, (run and run.id, id(compared), len(arms), policy, focused, klass)


class MatchedView(ResultsView):
    """What differs where one thing is made equal."""

    NAME = "matched"
    TITLE = "Matched"
    COPIED = "the matches"
    HELP = "Matched arms"
    COMMANDS: ClassVar = (
        Command(
            "results.other_match",
            "t",
            "Next match",
            "Puts the next thing that is made equal first.",
            footer="match",
        ),
        *CLASSES,
    )

    _place = 0

    def compose(self) -> ComposeResult:
        """Lay out the tables."""
        yield Lined()

    def draw(self, session: Session) -> None:
        """Draw the tables."""
        arms, run, klass = scored_arms(session), session.run, class_of(session)
        compared = run.state.compared if run else None
        focused, costs = focused_arm(session, arms), costs_against(session)
        told = MatchFacts(
            arms=_built(arms),
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
        self.query_one(Lined).put(partial(_matches, told, shown, empty), key)

    def action_other_match(self) -> None:
        """Put the next match first."""
        self._place += 1
        self.draw(self.session)
        self.query_one(Lined).scroll_home(animate=False)


def _matches(
    told: MatchFacts, shown: list[Match], empty: str, width: int
) -> list[Line]:
    if not told.arms:
        return wrap(empty, width, look="dim")
    return matched_lines(told, shown, width)
