"""The results as tables and text: costs, matched arms, the verdict in full."""

from __future__ import annotations

import math
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.curve import cost_curve
from engine.core.format import merge_texts
from engine.core.outcome import CostWinner
from engine.core.views.calibration import control_of
from engine.core.views.comparisons import winners_of
from engine.core.views.report import board as page
from engine.core.views.report.facts import Facts
from tui.charts.base import Palette, message
from tui.charts.costs import CostSeries, costs_by_ratio
from tui.charts.plane import TOO_SMALL
from tui.charts.pointing import fit_items
from tui.charts.view import ChartView, Draw, Mark
from tui.features import wording
from tui.features.commands import Command
from tui.features.pane import say, there, words
from tui.features.results import operating, reading
from tui.features.results.compared import (
    COMPARING,
    CROSSING,
    Comparing,
    beside,
    reference_of,
)
from tui.features.results.operating import (
    ScoredArm,
    class_of,
    costs_against,
    scored_arms,
)
from tui.features.results.reading import READING, ResultsView
from tui.features.session import CurrentRun, Session
from tui.features.training import progress
from tui.terminal.safe_text import clip, content
from tui.text.grid import draw_items
from tui.text.lines import Line, Span, marks, stack, wrap
from tui.text.report import proof, verdict
from tui.text.scores import (
    costs,
    differences,
    folds,
    matched_tables,
    resampling,
    review,
    splits,
)
from tui.widgets.prose import Lined, Made, Prose

_MOST_ARM: Final = 20


class CostsView(Comparing, can_focus=True):
    """Which arm costs the least, by what a missed positive costs in false alarms."""

    NAME = "costs"
    SHORT = 24
    COMMANDS_HERE: ClassVar = (
        Command("results.cost_side", "t", "Picture or tables", "tables"),
        *reading.LOOKING,
        *COMPARING,
        *CROSSING,
    )

    def compose(self) -> ComposeResult:
        """Lay out the picture, what is read of it, and the tables."""
        yield ChartView(id="costs-ratio")
        yield Static(id="costs-read")
        yield Lined(id="costs-told")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        arms, lined = scored_arms(session), self.query_one(Lined)
        for part in (lined, self.query_one("#costs-read")):
            there(part, bool(arms))
        lined.put(partial(_cost_lines, session), (_key(session), session.at))
        chart = self.query_one(ChartView)
        if not arms:
            chart.show(words(reading.nothing(session, "costs")))
            return
        focused = reading.focused_arm(session, arms)
        series = [
            CostSeries(
                reading.label_of(arm.name, focused),
                arm.scored.cost_steps,
                rank=self.rank(arm.name, session),
            )
            for arm in reading.few(arms, focused, beside(session))
        ]
        scored = {arm.name: arm.scored for arm in arms}
        named = control_of(scored, reference_of(session, focused))
        control = reading.label_of(named, focused) if named else None
        draw = partial(costs_by_ratio, series, *operating.tested(session))
        paid, won = costs_against(session), _won(session)
        draw = partial(draw, paid=paid, won=won, against=control)
        chart.show(partial(_draw_costs, draw), (draw.args, draw.keywords))
        self.read()

    @property
    def start(self) -> float | None:
        """The ratio of the run's costs."""
        paid = costs_against(self.session)
        known = paid is not None and 0 < paid.ratio < math.inf
        return math.log10(paid.ratio) if paid and known else None

    def read(self) -> None:
        """Mark the ratio that is pointed at, and read what both arms cost there."""
        session, chart = self.session, self.query_one(ChartView)
        place = self.pointed.x if self.pointed else self.start
        if place is None or not (pair := self.pair(session)):
            return
        ratio = 10**place
        chart.mark(*([Mark(self.pointed.x, pointed=True)] if self.pointed else ()))
        best = next((one.arm for one in _won(session)[::-1] if one.ratio <= ratio), "")
        of = " of its model" if reading.has_models(session) else ""
        items = [f"cheapest{of}: {best}"] if best else []
        arms = scored_arms(session)
        paid_by = {arm.name: _cost_at(session, arm, ratio) for arm in arms}
        for name, _ in pair:
            reference = reference_of(session, name)
            control = paid_by.get(reference)
            times = f" (× {paid_by[name] / control:.2f})" if control else ""
            text = f"{clip(name, _MOST_ARM)} {figures.per_mille(paid_by[name])}"
            items.append(text + times * (name != reference))
        items[-len(pair)] = f"cost/1,000: {items[-len(pair)]}"
        head = f"at {figures.ratio_text(ratio)}:1"
        text = fit_items(head, items, chart.size.width)
        say(self.query_one("#costs-read", Static), content(text))

    def action_cost_side(self) -> None:
        """Change between the picture, with tables where there is room, and tables."""
        self.toggle_class("-told")
        if self.has_focus_within or self.has_focus:
            # What scrolls must have the focus to do so.
            tables = self.query_one(Lined)
            self.screen.set_focus(tables if self.has_class("-told") else self)


def _draw_costs(draw: Draw, width: int, height: int, palette: Palette) -> str:
    """Draw the costs; where there is no room say which keys show them."""
    text = draw(width, height, palette)
    more = f"{TOO_SMALL} Z gives it the whole screen, t shows the tables."
    return text if text.strip() != TOO_SMALL else message(more, width, height)


def _cost_at(session: Session, arm: ScoredArm, ratio: float) -> float:
    """Return what 1,000 rows cost at a ratio, at the threshold of least cost."""
    tested, costs = operating.tested(session), costs_against(session)
    negative = costs.weight_of_negative(*tested) if costs else 1.0
    count = costs.count(tested[0]) if costs else None
    found = cost_curve(arm.scored.cost_steps, *tested, [ratio], negative, count)
    return found[0].cost if found else math.nan


def _won(session: Session) -> list[CostWinner]:
    """Return the arms that cost the least, of a class, of the focused arm's model."""
    run, focused = session.run, reading.focused_arm(session, scored_arms(session))
    return winners_of(run.result, class_of(session), focused) if run else []


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
    klass, at = class_of(session), operating.point_of(session)
    focused = reading.focused_arm(session, scored_arms(session))
    result = session.run.result
    told = costs(result, width=width, klass=klass, at=at, focused=focused)
    return stack([told, review(result, width=width, focused=focused)])


class MatchedView(reading.ResultsView):
    """What differs where one thing is made equal."""

    NAME = "matched"
    TITLE = "Same recall"
    BRIEF = "Same"
    COPIED = "the matches"
    COMMANDS_HERE: ClassVar = (
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
    focused, klass = reading.focused_arm(session, arms), class_of(session)
    result = session.run.result
    return matched_tables(
        result, width=width, klass=klass, focused=focused, first=place
    )


class VerdictView(ResultsView):
    """What the comparison supports."""

    NAME = "verdict"
    COMMANDS_HERE: ClassVar = READING
    HELP = "The verdict"

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def draw(self, session: Session) -> None:
        """Draw the text."""
        self.query_one(Prose).update(_verdict(session))


def _verdict(session: Session) -> list[Content | Made]:
    if (run := session.run) is None:
        return [Content.styled("No verdict yet: r starts a run.", "dim")]
    parts: list[Content | Made] = []
    if run.state.compared is None:
        ended = "There is no verdict: the run ended before it compared its arms."
        text = Content.styled(wording.NO_VERDICT if run.live else ended, "dim")
        parts += [progress.status(session), Content(""), text, Content("")]
    return [*parts, partial(_lines, session, run)]


def _lines(session: Session, run: CurrentRun, width: int) -> list[Line]:
    """Lay out the verdict, what went wrong, the differences, and what is checked."""
    result = run.result
    facts = Facts(result)
    failed = page.failures(facts)
    troubles = draw_items(failed, width, options=False, codes=False)
    troubles += draw_items(page.remarks(facts), width, "dim")
    troubles += marks(merge_texts(result.warnings), width, Span(" ! ", "warn"))
    paid = wording.costs_line(session)
    parts = [
        verdict(result, width=width, options=False, costs=paid),
        splits(result, width=width, at=operating.point_of(session)),
        troubles,
        differences(result, width=width, at=operating.point_of(session)),
    ]
    if not run.live:
        parts += [resampling(result, width=width), folds(result, width=width)]
        parts += [proof(result, width)] if result.proof else []
    return stack(parts)
