"""The results as tables: arms at matched operating points, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui.charts.base import Palette, message
from tui.charts.costs import CostSeries, Won, costs_by_ratio
from tui.charts.plane import TOO_SMALL
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console.costs import costs
from tui.console.lines import Line, wrap
from tui.console.matched import matched_tables
from tui.panes import operating, reading
from tui.panes.base import there, words
from tui.panes.operating import class_of, costs_against, scored_arms
from tui.session import Session
from tui.widgets.prose import Lined


class CostsView(reading.ResultsView, can_focus=True):
    """Which arm costs the least, by what a missed positive costs in false alarms."""

    NAME = "costs"
    TITLE = "Costs"
    SHORT = 24
    HELP = "Costs"
    COPIED = "the costs"
    COMMANDS: ClassVar = (
        Command("results.cost_side", "t", "Picture or tables", "tables"),
        *reading.POINTS,
        *reading.ARMS,
        *reading.CLASSES,
    )

    def compose(self) -> ComposeResult:
        """Lay out the picture and the tables."""
        yield ChartView(id="costs-ratio")
        yield Lined(id="costs-told")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        self._draw_chart(session)
        lined = self.query_one(Lined)
        there(lined, bool(scored_arms(session)))
        key = (_key(session), session.at)
        lined.put(partial(_cost_lines, session), key)

    def _draw_chart(self, session: Session) -> None:
        arms = scored_arms(session)
        chart = self.query_one(ChartView)
        if not arms:
            chart.show(words(reading.nothing(session, "costs")))
            return
        focused = reading.focused_arm(session, arms)
        series = [
            CostSeries(reading.label_of(arm.name, focused), arm.scored.cost_steps)
            for arm in reading.few(arms, focused)
        ]
        known = {arm.name for arm in arms if arm.scored.cost_steps}
        beside = reading.CONTROL in known and len(known) > 1
        paid, klass = costs_against(session), class_of(session)
        winners = session.run.result.cost_winners if session.run else ()
        won = [Won(w.arm, w.ratio, w.to) for w in winners if w.klass == klass]
        draw = partial(
            _drawn,
            series,
            *operating.tested(session),
            ratio=paid.ratio if paid else math.inf,
            won=won,
            against=reading.label_of(reading.CONTROL, focused) if beside else None,
        )
        chart.show(draw)

    def action_cost_side(self) -> None:
        """Change between the picture, with tables where there is room, and tables."""
        self.toggle_class("-told")
        if self.has_focus_within or self.has_focus:
            # What scrolls must have the focus to do so.
            told = self.query_one(Lined)
            self.screen.set_focus(told if self.has_class("-told") else self)


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


def _key(session: Session) -> tuple[object, ...]:
    """Return what tables of the arms depend on."""
    run, arms = session.run, scored_arms(session)
    compared = run.state.compared if run else None
    focused = reading.focused_arm(session, arms)
    return run and run.id, id(compared), len(arms), focused, class_of(session)


def _cost_lines(session: Session, width: int) -> list[Line]:
    """Lay out the costs at the point that is read."""
    if session.run is None:
        return []
    return costs(
        session.run.result,
        width=width,
        klass=class_of(session),
        at=operating.point_of(session),
        focused=reading.focused_arm(session, scored_arms(session)),
    )


class MatchedView(reading.ResultsView):
    """What differs where one thing is made equal."""

    NAME = "matched"
    TITLE = "Matched"
    COPIED = "the matches"
    HELP = "Matched arms"
    COMMANDS: ClassVar = (
        Command("results.other_match", "t", "Next match", "match"),
        *reading.CLASSES,
    )

    _place = 0

    def compose(self) -> ComposeResult:
        """Lay out the tables."""
        yield Lined()

    def draw(self, session: Session) -> None:
        """Draw the tables."""
        key = (_key(session), self._place, reading.nothing(session, "matches"))
        self.query_one(Lined).put(partial(_match_lines, session, self._place), key)

    def action_other_match(self) -> None:
        """Put the next match first."""
        self._place += 1
        self.draw(self.session)
        self.query_one(Lined).scroll_home(animate=False)


def _match_lines(session: Session, place: int, width: int) -> list[Line]:
    """Lay out the matches, that of a place first."""
    arms = scored_arms(session)
    if session.run is None or not arms:
        return wrap(reading.nothing(session, "matches"), width, look="dim")
    focused = reading.focused_arm(session, arms)
    klass = class_of(session)
    return matched_tables(
        session.run.result, width=width, klass=klass, focused=focused, first=place
    )
