"""The results as tables and text: costs, matched arms, the verdict in full."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from msgspec import UNSET
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.curve import cost_curve, decision_curve, treat_all
from engine.core.format import merge_texts
from engine.core.outcome import CostWinner
from engine.core.prevalence import equal_prevalence
from engine.core.views.calibration import control_of
from engine.core.views.comparisons import prevalence_here, winners_of
from engine.core.views.report import board as page
from engine.core.views.report.facts import Facts
from tui.charts.base import Palette, message
from tui.charts.benefit import net_benefit
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
    """Which arm costs the least, by what a miss costs and by how many positives."""

    NAME = "costs"
    SHORT = 24
    COMMANDS_HERE: ClassVar = (
        Command("results.cost_side", "t", "Next picture, or the tables", "picture"),
        *reading.LOOKING,
        *COMPARING,
        *CROSSING,
    )

    _place = 0

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
        paid, tested = costs_against(session), operating.tested(session)
        if self._kind == "benefit":
            draw: partial[str] = partial(net_benefit, series, *tested, paid=paid)
        else:
            scored = {arm.name: arm.scored for arm in arms}
            named = control_of(scored, reference_of(session, focused))
            control = reading.label_of(named, focused) if named else None
            here = _prevalence(session) if self._kind == "prevalence" else None
            draw = partial(costs_by_ratio, series, *tested, paid=paid)
            draw = partial(draw, won=_won(session), against=control, here=here)
        key = draw.func, draw.args, draw.keywords
        chart.show(partial(_draw_costs, draw), key)
        self.read()

    @property
    def _kind(self) -> str:
        """What is drawn."""
        return (*_pictures(self.session), "cost")[self._place]

    @property
    def start(self) -> float | None:
        """Where the run's costs stand."""
        paid = costs_against(self.session)
        if paid is None or not 0 < paid.ratio < math.inf:
            return None
        benefit = self._kind == "benefit"
        return 1 / (1 + paid.ratio) if benefit else math.log10(paid.ratio)

    def read(self) -> None:
        """Mark the place that is pointed at, and read both arms there."""
        session, chart = self.session, self.query_one(ChartView)
        place = self.pointed.x if self.pointed else self.start
        if place is None or not (pair := self.pair(session)):
            return
        chart.mark(*([Mark(self.pointed.x, pointed=True)] if self.pointed else ()))
        if self._kind == "benefit":
            head, items = _read_benefit(session, pair, place)
        else:
            here = _prevalence(session) if self._kind == "prevalence" else None
            names = [arm.name for arm in pair]
            head, items = _read_costs(session, names, 10**place, here)
        text = fit_items(head, items, chart.size.width)
        say(self.query_one("#costs-read", Static), content(text))

    def action_cost_side(self) -> None:
        """Go on to the next picture, beside tables if there is room, or to tables."""
        pictures = len(_pictures(self.session))
        told = self.has_class("-told")
        self._place = 0 if told else self._place + 1
        self.set_class(self._place == pictures, "-told")
        self.pointed = None
        self.draw(self.session)
        if self.has_focus_within or self.has_focus:
            # What scrolls must have the focus to do so.
            tables = self.query_one(Lined)
            self.screen.set_focus(tables if self.has_class("-told") else self)


def _pictures(session: Session) -> list[str]:
    """Return what can be drawn of the costs."""
    paid = costs_against(session)
    if paid is None or not 0 < paid.ratio < math.inf:
        return ["cost"]
    many = ["prevalence"] * (_prevalence(session) is not None)
    # Net benefit counts every positive alike.
    return ["cost", *many, *["benefit"] * (not paid.column)]


def _prevalence(session: Session) -> float | None:
    """Return the prevalence that the costs are for."""
    return prevalence_here(session.run.result) if session.run else None


def _read_costs(
    session: Session, pair: Sequence[str], ratio: float, here: float | None
) -> tuple[str, list[str]]:
    """Read the costs at a ratio, or at the prevalence that decides alike."""
    best = next((one.arm for one in _won(session)[::-1] if one.ratio <= ratio), "")
    of = " of its model" if reading.has_models(session) else ""
    items = [f"cheapest{of}: {best}"] if best else []
    head, there = f"at {figures.ratio_text(ratio)}:1", None
    if here is not None and (paid := costs_against(session)) is not None:
        there = equal_prevalence(here, ratio / paid.ratio)
        head = f"at a prevalence of {figures.share(there, 1)}"
    arms = scored_arms(session)
    paid_by = {arm.name: _cost_at(session, arm, ratio, there) for arm in arms}
    for name in pair:
        reference = reference_of(session, name)
        control = paid_by.get(reference)
        times = f" (× {paid_by[name] / control:.2f})" if control else ""
        text = f"{clip(name, _MOST_ARM)} {figures.per_mille(paid_by[name])}"
        items.append(text + times * (name != reference))
    items[-len(pair)] = f"cost/1,000: {items[-len(pair)]}"
    return head, items


def _read_benefit(
    session: Session, pair: Sequence[ScoredArm], place: float
) -> tuple[str, list[str]]:
    """Read the net benefit at a threshold probability."""
    paid, tested = costs_against(session), operating.tested(session)
    share = (paid.prevalence if paid else UNSET) or tested[0] / sum(tested)
    items = list[str]()
    for name, scored in pair:
        found = decision_curve(scored.cost_steps, *tested, [place], share)
        for point in found:
            value, *ci = (figures.decimals(x, 4) for x in (point.benefit, *point.ci))
            text = f"{clip(name, _MOST_ARM)} {value} ({' to '.join(ci)})"
            items.append(text if items else f"net benefit: {text}")
    items.append(f"all rows {figures.decimals(treat_all(share, place), 4)}")
    return f"at {figures.decimals(place, 3)}", items


def _draw_costs(draw: Draw, width: int, height: int, palette: Palette) -> str:
    """Draw the costs; where there is no room say which keys show them."""
    text = draw(width, height, palette)
    more = f"{TOO_SMALL} Z gives it the whole screen, t goes on to tables."
    return text if text.strip() != TOO_SMALL else message(more, width, height)


def _cost_at(
    session: Session, arm: ScoredArm, ratio: float, there: float | None
) -> float:
    """Return what 1,000 rows cost in false alarms, at the threshold of least cost.

    At the run's own ratio and another prevalence if that is given.
    """
    tested, costs = operating.tested(session), costs_against(session)
    negative = costs.weight_of_negative(*tested) if costs else 1.0
    count = costs.count(tested[0]) if costs else None
    found = cost_curve(arm.scored.cost_steps, *tested, [ratio], negative, count)
    if not found:
        return math.nan
    if there is None or costs is None:
        return found[0].cost
    # Equal decisions have equal shares of what the cheaper of all or no rows costs.
    miss = costs.ratio * costs.count(tested[0]) / tested[0]
    return 1000 * found[0].share * min(miss * there, 1 - there)


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
