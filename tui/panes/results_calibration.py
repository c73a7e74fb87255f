"""Whether an arm's scores can be read as risks, as they are and repaired."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from engine.events import Calibration, Scored
from tui.charts.base import MARKERS
from tui.charts.reliability import Reliability, reliability
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import risks
from tui.console.risks import MARK, MEASURES, NAMES
from tui.panes.base import Copied
from tui.panes.layout import there, words
from tui.panes.operating import ScoredArm, class_of, scored_arms
from tui.panes.reading import ARMS, CLASSES, ResultsView, focused_arm, nothing
from tui.panes.wording import lines
from tui.safe_text import clip, content, pad
from tui.session import Session

_SHORT_NAMES: Final = NAMES | {"none": "as is", "isotonic": "isot."}
_SHORT_MEASURES: Final = {"in_the_large": "at large"}
_MOST_CLASS: Final = 24
_SLIM: Final = 66
"""Below so many cells there is no room for the picture beside the figures."""
_TABLE: Final = 1 + len(MEASURES)
_TIGHT: Final = 16
"""Below so many lines the figures come first, and what is said of them scrolls."""


def _repairable(session: Session) -> bool:
    return any(len(arm.scored.calibration) > 1 for arm in scored_arms(session))


class CalibrationView(ResultsView, can_focus=True):
    """The focused arm's reliability curve, before and after a repair."""

    NAME = "calibration"
    TITLE = "Calibration"
    SHORT = 20
    BROAD = 96
    COMMANDS: ClassVar = (
        *ARMS,
        *CLASSES,
        Command(
            "results.calibration_repair",
            "t",
            "Another repair of the scores",
            footer="repair",
            when=_repairable,
        ),
    )
    HELP = "Calibration"

    _repair: str | None = None
    """The method that was asked for; the recommended one while None."""

    def compose(self) -> ComposeResult:
        """Lay out the curve, what follows from it, and the figures."""
        with Horizontal():
            yield ChartView(id="calibration-chart")
            with VerticalScroll(id="calibration-side", can_focus=False):
                yield Static(id="calibration-said")
                yield Static(id="calibration-warning")
                yield Static(id="calibration-table")

    def on_resize(self, event: Resize) -> None:
        """Lay out anew; the table has longer words where there is room."""
        width, height = event.size
        self.set_class(width < _SLIM, "-slim")
        self.set_class(_TABLE <= height < _TIGHT, "-tight")
        if self._drawn is not None:
            self.draw(self.session)

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        arm = _focused(session)
        chart = self.query_one("#calibration-chart", ChartView)
        found = arm.scored.calibration if arm else ()
        there(self.query_one("#calibration-side"), bool(found))
        if arm is None or not found:
            chart.show(words(nothing(session, "calibration", one=True)))
            return
        drawn = _drawn(arm.scored, self._repair)
        curves = [
            _curve(arm, one) for one in found if one is found[0] or one.method == drawn
        ]
        chart.show(partial(reliability, curves))
        broad = self.size.width >= self.BROAD
        said, warning, table = _told(session, arm, drawn, broad=broad)
        self.tell(said=said, warning=warning, table=table)

    def action_calibration_repair(self) -> None:
        """Draw the scores after the next repair."""
        arm = _focused(self.session)
        if arm is None or not arm.scored.calibration:
            return
        known: list[str] = [one.method for one in arm.scored.calibration]
        place = known.index(_drawn(arm.scored, self._repair)) + 1
        self._repair = known[place % len(known)]
        self.draw(self.session)

    def copied(self) -> Copied:
        """Return curve, sentence and figures as text."""
        parts = [self.query_one("#calibration-chart", ChartView).plain]
        arm = _focused(self.session)
        if arm is not None and arm.scored.calibration:
            drawn = _drawn(arm.scored, self._repair)
            told = _told(self.session, arm, drawn, broad=True)
            parts += [text.plain for text in told if text.plain]
        return Copied("\n\n".join(parts), "the calibration")


def _focused(session: Session) -> ScoredArm | None:
    """Return the arm in focus, of those with a result."""
    known = {arm.name: arm for arm in scored_arms(session)}
    return known.get(focused_arm(session, list(known.values())))


def _drawn(scored: Scored, wanted: str | None) -> str:
    """Return the method that is drawn: that asked for, else the recommended one."""
    known = [one.method for one in scored.calibration]
    return next((name for name in (wanted, scored.repair) if name in known), known[0])


def _curve(arm: ScoredArm, one: Calibration) -> Reliability:
    """Return a curve with its words for the legend."""
    if one is arm.scored.calibration[0]:
        return Reliability(arm.name, one.bins, NAMES[one.method])
    mark = MARK if one.method == arm.scored.repair else ""
    return Reliability(NAMES[one.method], one.bins, mark)


def _told(
    session: Session, arm: ScoredArm, drawn: str, *, broad: bool
) -> tuple[Content, Content, Content]:
    """Return the sentence, the warning and the table."""
    found, repair = arm.scored.calibration, arm.scored.repair
    said = content(risks.judgement(arm.name, found, repair), "bold")
    klass = class_of(session)
    if klass is not None:
        head = content(f"{clip(klass, _MOST_CLASS)} against the rest", "dim")
        said = lines([head, said])
    text = risks.warning(found, short=not broad)
    warned = content(f"⚠ {text}", "$text-warning") if text else Content("")
    return said, warned, _table(found, repair, drawn, broad=broad)


def _table(
    found: Sequence[Calibration], repair: str, drawn: str, *, broad: bool
) -> Content:
    """Return a column per method and a line per measure."""
    names, wide, head = (NAMES, 9, 13) if broad else (_SHORT_NAMES, 6, 9)
    titles, marks = [pad("", head)], [pad("", head)]
    for one in found:
        best = MARK if one.method == repair else ""
        shown = one is found[0] or one.method == drawn
        marker = MARKERS[one is not found[0]] if shown else ""
        marks.append(pad(f"{marker} {best}".strip(), wide, "right"))
        # Where there is no line for the marks the legend of the picture has them.
        title = names[one.method] + ("" if broad else best)
        titles.append(pad(title, wide, "right"))
    table = [content(" ".join(titles), "$text-muted")]
    table += [content(" ".join(marks), "bold")] if broad else []
    for measure, name in MEASURES:
        called = name if broad else _SHORT_MEASURES.get(measure, name)
        parts: list[str | tuple[str, str]] = [(pad(called, head), "dim")]
        for one in found:
            text = pad(risks.figure(one, measure), wide, "right")
            parts += [" ", (text, "bold" if one.method == repair else "")]
        table.append(Content.assemble(*parts))
    return lines(table)
