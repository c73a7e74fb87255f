"""The results as curves: of all arms, one arm's threshold, and its calibration."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from engine.core import format as figures
from engine.core.arm_result import ArmAtPoint
from engine.core.outcome import Scored
from engine.core.views.calibration import (
    LABELS,
    MARK,
    MEASURES,
    REPAIRS,
    curves_of_arm,
    figure,
    judgement,
    select_repair,
    threshold_figures,
    warning,
)
from tui.charts import curves
from tui.charts.confusion import confusion
from tui.charts.curves import reliability
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.commands import Command, turn
from tui.features.pane import say, there, words
from tui.features.results import board, operating, reading
from tui.features.results.operating import (
    OperatingRow,
    ScoredArm,
    class_of,
    scored_arms,
)
from tui.features.results.reading import (
    ARMS,
    CLASSES,
    ResultsView,
    focused_arm,
    nothing,
)
from tui.features.session import Session
from tui.features.wording import lines
from tui.terminal.safe_text import clean, clip, content, pad

_KINDS: Final = tuple(LABELS)


class CurvesView(reading.ResultsView, can_focus=True):
    """Curves of the arms over all thresholds, overlaid."""

    NAME = "curves"
    BROAD = 84
    COMMANDS_HERE: ClassVar = (
        Command("results.other_curve", "t", "Another curve", "curve"),
        *reading.ARMS,
        *reading.CLASSES,
    )

    _place = 0

    def compose(self) -> ComposeResult:
        """Lay out both charts; whether both are seen follows from the size."""
        yield Static(id="curves-kinds")
        with Horizontal():
            yield ChartView(id="curves-first")
            yield ChartView(id="curves-second")

    def draw(self, session: Session) -> None:
        """Draw the curves that are seen."""
        arms = scored_arms(session)
        for place in ("#curves-kinds", "#curves-second"):
            there(self.query_one(place), bool(arms))
        focused = reading.focused_arm(session, arms)
        drawn = [_KINDS[place] for place in self._seen()]
        for chart, kind in zip(self.query(ChartView), drawn, strict=False):
            if not arms:
                chart.show(words(reading.nothing(session, "curves")))
                continue
            series = []
            for arm in reading.few(arms, focused):
                label, note = reading.label_of(arm.name, focused), _notes(arm, drawn)
                series.append(curves.Series(label, arm.scored.sweep, note[kind]))
            draw = partial(curves.DRAWN[kind], series, *operating.tested(session))
            chart.show(draw)
        say(self.query_one("#curves-kinds", Static), self._kinds(session))

    def _seen(self) -> tuple[int, ...]:
        """Return which curves are seen, in the order of their names."""
        if not self.has_class("-broad"):
            return (self._place,)
        first = min(self._place, len(_KINDS) - 2)
        return first, first + 1

    def _kinds(self, session: Session) -> Content:
        """Return the curves' names, those that are seen marked."""
        klass, titles = class_of(session), [label.title for label in LABELS.values()]
        kinds = wording.mark(titles, self._seen())
        rest = f"  {clip(klass, 24)} against the rest" if klass is not None else ""
        return Content.assemble(("curve ", "dim"), kinds, (rest, "dim"))

    def on_resize(self, event: Resize) -> None:
        """Draw one curve or two."""
        before = self._seen()
        super().on_resize(event)
        if before != self._seen() and self._drawn is not None:
            self.draw(self.session)

    def action_other_curve(self) -> None:
        """Go on to the curves after those that are seen."""
        place = self._place + len(self._seen())
        self._place = place if place < len(_KINDS) else 0
        self.draw(self.session)


def _notes(arm: ScoredArm, kinds: Sequence[str]) -> dict[str, str]:
    """Return the figure that belongs to each curve.

    It is as wide as that of the curve beside it, so that the legends of both are broken
    into as many lines, and the curves begin on the same one.
    """
    notes = {kind: LABELS[kind].figure(arm.scored.test) for kind in kinds}
    widest = max(map(len, notes.values()))
    return {kind: pad(note, widest) for kind, note in notes.items()}


class ThresholdView(reading.ResultsView, can_focus=True):
    """One arm's threshold, moved by the arrow keys."""

    NAME = "threshold"
    BRIEF = "Thresh."
    SHORT = 16
    BROAD = 96
    COMMANDS_HERE: ClassVar = (*reading.READING, *reading.ARMS)
    HELP = "The threshold"
    COPIED, COPIES = "the figures", "#threshold-matrix, #threshold-figures"

    def compose(self) -> ComposeResult:
        """Lay out the curve, the matrix and the figures."""
        with Horizontal():
            yield ChartView(id="threshold-sweep")
            with Vertical(id="threshold-side"):
                yield ChartView(id="threshold-matrix")
                yield Static(id="threshold-figures")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        row = reading.focused_row(session)
        sweep, matrix = self.query(ChartView)
        figures_text = self.query_one("#threshold-figures", Static)
        at = row.at if row else None
        there(self.query_one("#threshold-side"), at is not None)
        if row is None or at is None or row.threshold is None:
            sweep.show(words(reading.nothing(session, "curves")))
            matrix.show(words(""))
            say(figures_text, board.about(session, row))
            return
        c = at.counts
        counts = c.fn + c.tp, c.tn + c.fp
        draw = partial(curves.threshold_sweep, row.sweep, *counts, row.threshold)
        sweep.show(partial(draw, label=clean(row.name)))
        labels = operating.names(session)
        matrix.show(partial(confusion, c.tn, c.fp, c.fn, c.tp, labels))
        say(figures_text, _figures(session, row, at))


def _figures(session: Session, row: OperatingRow, at: ArmAtPoint) -> Content:
    """Return what the threshold comes to, in figures."""
    before = row.point.threshold if row.point else None
    moved_to, own = figures.distinct_thresholds(at.point.threshold, before)
    name = clip(wording.point_text(session, at.point.name), 20)
    head = Content.assemble(
        (f"threshold {moved_to}", "bold"),
        (f"  moved from {own}", "$text-accent") if row.moved else (f"  {name}", "dim"),
    )
    rows = [
        Content.assemble((pad(name, 11), "dim"), f" {text}")
        for name, text in threshold_figures(at).items()
    ]
    return wording.lines([head, *rows])


_MEASURE, _METHOD = 9, 6
_MOST_CLASS: Final = 24
_SLIM: Final = 66
"""Below so many cells there is no room for the picture beside the figures."""
_TIGHT: Final = 16
"""Below so many lines the figures come first, and the text scrolls."""


def _repairable(session: Session) -> bool:
    return any(len(arm.scored.calibration) > 1 for arm in scored_arms(session))


class CalibrationView(ResultsView, can_focus=True):
    """The focused arm's reliability curve, before and after a repair."""

    NAME = "calibration"
    BRIEF = "Calib."
    SHORT = 20
    BROAD = 96
    COMMANDS_HERE: ClassVar = (
        *ARMS,
        *CLASSES,
        Command(
            "results.calibration_repair",
            "t",
            "Another repair of the scores",
            "repair",
            when=_repairable,
        ),
    )
    COPIES = "ChartView, Static"

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
        """Lay out anew."""
        width, height = event.size
        self.set_class(width < _SLIM, "-slim")
        self.set_class(1 + len(MEASURES) <= height < _TIGHT, "-tight")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        arm = _find_arm(session)
        chart = self.query_one("#calibration-chart", ChartView)
        found = arm.scored.calibration if arm else ()
        there(self.query_one("#calibration-side"), bool(found))
        if arm is None or not found:
            chart.show(words(nothing(session, "calibration", one=True)))
            return
        drawn = select_repair(arm.scored, self._repair)
        chart.show(partial(reliability, curves_of_arm(arm.name, arm.scored, drawn)))
        sentence, warning, table = _texts(session, arm)
        self.tell(said=sentence, warning=warning, table=table)

    def action_calibration_repair(self) -> None:
        """Draw the scores after the next repair."""
        if (arm := _find_arm(self.session)) is not None and arm.scored.calibration:
            known: list[str] = [one.method for one in arm.scored.calibration]
            self._repair = turn(known, select_repair(arm.scored, self._repair))
            self.draw(self.session)


def _find_arm(session: Session) -> ScoredArm | None:
    """Return the arm in focus, of those with a result."""
    known = {arm.name: arm for arm in scored_arms(session)}
    return known.get(focused_arm(session, list(known.values())))


def _texts(session: Session, arm: ScoredArm) -> tuple[Content, Content, Content]:
    """Return the sentence, the warning and the table."""
    found, repair = arm.scored.calibration, arm.scored.repair
    sentence = content(judgement(arm.name, found, repair), "bold")
    if (klass := class_of(session)) is not None:
        head = content(f"{clip(klass, _MOST_CLASS)} against the rest", "dim")
        sentence = lines([head, sentence])
    text = warning(found, short=True)
    warned = content(f"⚠ {text}", "$text-warning") if text else Content("")
    return sentence, warned, _table(arm.scored)


def _table(scores: Scored) -> Content:
    """Return a column per repair and a line per measure."""
    titles = [pad("", _MEASURE)]
    for fit in scores.calibration:
        best = MARK if fit.method == scores.repair else ""
        titles.append(pad(f"{REPAIRS[fit.method].short}{best}", _METHOD, "right"))
    table = [content(" ".join(titles), "$text-muted")]
    for measure, column in MEASURES.items():
        title = pad(column.short or column.title, _MEASURE)
        parts: list[str | tuple[str, str]] = [(title, "dim")]
        for fit in scores.calibration:
            text = pad(figure(getattr(fit, measure), measure), _METHOD, "right")
            parts += [" ", (text, "bold" if fit.method == scores.repair else "")]
        table.append(Content.assemble(*parts))
    return lines(table)
