"""The results as curves: of all arms, one arm's threshold, and its calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from engine.core import format as figures
from engine.core.views.calibration import MEASURES
from engine.outcome import Calibration, Scored
from tui.charts import curves
from tui.charts.confusion import confusion
from tui.charts.reliability import Reliability, reliability
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import risks
from tui.console.risks import MARK, NAMES
from tui.panes import board, operating, reading, wording
from tui.panes.base import say, there, words
from tui.panes.operating import OperatingRow, ScoredArm, class_of, scored_arms
from tui.panes.reading import ARMS, CLASSES, ResultsView, focused_arm, nothing
from tui.panes.wording import lines
from tui.safe_text import clean, clip, content, pad
from tui.session import Session


class _Kind(NamedTuple):
    """A curve: its name, how it is drawn, and the figure that sums it up."""

    title: str
    draw: Callable[..., str]
    metric: str = ""
    short: str = ""


_KINDS = (
    _Kind("PR", curves.precision_recall, "average_precision", "AP"),
    _Kind("ROC", curves.roc, "roc_auc", "AUC"),
    _Kind("DET", curves.det),
    _Kind("lift", curves.lift),
    _Kind("gain", curves.gain),
)


class CurvesView(reading.ResultsView, can_focus=True):
    """Curves of the arms over all thresholds, overlaid."""

    NAME = "curves"
    TITLE = "Curves"
    COPIED = "the curves"
    BROAD = 84
    HELP = "Curves"
    COMMANDS: ClassVar = (
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
        there(self.query_one("#curves-kinds"), bool(arms))
        focused = reading.focused_arm(session, arms)
        drawn = [_KINDS[place] for place in self._seen()]
        for chart, kind in zip(self.query(ChartView), drawn, strict=False):
            if not arms:
                chart.show(words(reading.nothing(session, "curves")))
                continue
            series = [
                curves.Series(
                    reading.label_of(arm.name, focused),
                    arm.scored.sweep,
                    _note(arm, kind, drawn),
                )
                for arm in reading.few(arms, focused)
            ]
            chart.show(partial(kind.draw, series, *operating.tested(session)))
        say(self.query_one("#curves-kinds", Static), self._kinds(session))

    def _seen(self) -> tuple[int, ...]:
        """Return which curves are seen, in the order of their names."""
        if not self.has_class("-broad"):
            return (self._place,)
        first = min(self._place, len(_KINDS) - 2)
        return first, first + 1

    def _kinds(self, session: Session) -> Content:
        """Return the curves' names, those that are seen marked."""
        seen = self._seen()
        parts = [Content.styled("curve ", "dim")]
        for place, kind in enumerate(_KINDS):
            mark = "▸" if place in seen else " "
            style = "bold" if place in seen else "dim"
            parts += [Content.styled(f"{mark}{kind.title}", style), Content("  ")]
        klass = class_of(session)
        if klass is not None:
            parts.append(content(f"{clip(klass, 24)} against the rest", "dim"))
        return Content("").join(parts)

    def on_resize(self, event: Resize) -> None:
        """Draw one curve or two."""
        before = self._seen()
        super().on_resize(event)
        if before != self._seen() and self._drawn is not None:
            self.draw(self.session)

    def action_other_curve(self) -> None:
        """Go on to the curves after those that are seen."""
        step = 2 if self.has_class("-broad") else 1
        place = self._place + step
        self._place = place if place < len(_KINDS) else 0
        self.draw(self.session)


def _note(arm: ScoredArm, kind: _Kind, drawn: Sequence[_Kind]) -> str:
    """Return the figure that belongs to a curve.

    It is as wide as that of the curve beside it, so that the legends of both are broken
    into as many lines, and the curves begin on the same one.
    """
    found = {one: figures.decimals(arm.scored.test.get(one.metric), 3) for one in drawn}
    texts = {one: f"{one.short} {found[one]}" if one.metric else "" for one in drawn}
    return pad(texts[kind], max(map(len, texts.values())))


class ThresholdView(reading.ResultsView, can_focus=True):
    """One arm's threshold, moved by the arrow keys."""

    NAME = "threshold"
    TITLE = "Threshold"
    SHORT = 16
    BROAD = 96
    COMMANDS: ClassVar = (*reading.READING, *reading.ARMS)
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
        sweep = self.query_one("#threshold-sweep", ChartView)
        matrix = self.query_one("#threshold-matrix", ChartView)
        told = self.query_one("#threshold-figures", Static)
        counted = row is not None and row.confusion is not None
        there(self.query_one("#threshold-side"), counted)
        if row is None or row.confusion is None:
            sweep.show(words(reading.nothing(session, "curves")))
            matrix.show(words(""))
            say(told, board.about(session, row))
            return
        c = row.confusion
        counts = c.fn + c.tp, c.tn + c.fp
        threshold = row.threshold if row.threshold is not None else 0.5
        draw = partial(curves.threshold_sweep, row.sweep, *counts, threshold)
        sweep.show(partial(draw, label=clean(row.name)))
        labels = operating.names(session)
        matrix.show(partial(confusion, c.tn, c.fp, c.fn, c.tp, labels))
        say(told, _figures(session, row))


def _figures(session: Session, row: OperatingRow) -> Content:
    """Return what the threshold comes to, in figures."""
    point = row.point
    at = wording.point_text(session, point.name) if point else ""
    moved_to, own = figures.distinct_thresholds(
        row.threshold, point.threshold if point else None
    )
    moved = f"moved from {own}" if row.moved else clip(at, 20)
    alarms, rates = row.alarms or (0, 0), row.metrics
    head = Content.assemble(
        (f"threshold {moved_to}", "bold"),
        (f"  {moved}", "$text-accent" if row.moved else "dim"),
    )
    told = {
        "recall": _with(rates, "recall"),
        "precision": _with(rates, "precision"),
        "alerts": f"{alarms[0]:,} of {alarms[1]:,} rows",
        "cost/1,000": figures.per_mille(row.cost),
        "specificity": figures.decimals(rates.get("specificity"), 3),
        "F1": figures.decimals(rates.get("f1"), 3),
        "MCC": figures.decimals(rates.get("mcc"), 3),
    }
    rows = [
        Content.assemble((pad(name, 11), "dim"), f" {text}")
        for name, text in told.items()
    ]
    return wording.lines([head, *rows])


def _with(rates: Mapping[str, Any], name: str) -> str:
    limits = figures.interval(rates.get(f"{name}_ci"))
    return f"{figures.decimals(rates.get(name), 3)} {limits}"


_SHORT_NAMES: Final = NAMES | {"none": "as is", "isotonic": "isot."}
_SHORT_MEASURES: Final = {"in_the_large": "at large"}
_MEASURE, _METHOD = 9, 6
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
            "repair",
            when=_repairable,
        ),
    )
    HELP = "Calibration"
    COPIED, COPIES = "the calibration", "ChartView, Static"

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
        self.set_class(_TABLE <= height < _TIGHT, "-tight")

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
        said, warning, table = _told(session, arm)
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


def _told(session: Session, arm: ScoredArm) -> tuple[Content, Content, Content]:
    """Return the sentence, the warning and the table."""
    found, repair = arm.scored.calibration, arm.scored.repair
    said = content(risks.judgement(arm.name, found, repair), "bold")
    klass = class_of(session)
    if klass is not None:
        head = content(f"{clip(klass, _MOST_CLASS)} against the rest", "dim")
        said = lines([head, said])
    text = risks.warning(found, short=True)
    warned = content(f"⚠ {text}", "$text-warning") if text else Content("")
    return said, warned, _table(found, repair)


def _table(found: Sequence[Calibration], repair: str) -> Content:
    """Return a column per method and a line per measure."""
    titles = [pad("", _MEASURE)]
    for one in found:
        best = MARK if one.method == repair else ""
        titles.append(pad(f"{_SHORT_NAMES[one.method]}{best}", _METHOD, "right"))
    table = [content(" ".join(titles), "$text-muted")]
    for measure, column in MEASURES.items():
        called = pad(_SHORT_MEASURES.get(measure, column.title), _MEASURE)
        parts: list[str | tuple[str, str]] = [(called, "dim")]
        for one in found:
            text = pad(risks.figure(one, measure), _METHOD, "right")
            parts += [" ", (text, "bold" if one.method == repair else "")]
        table.append(Content.assemble(*parts))
    return lines(table)
