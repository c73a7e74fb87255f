"""The results as curves: of all arms, one arm's threshold, and its calibration."""

from __future__ import annotations

import math
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
from engine.core.costs import Costs, point_metrics, wilson
from engine.core.outcome import Confusion, Scored
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
from tui.charts.base import MARKERS
from tui.charts.confusion import confusion
from tui.charts.curves import reliability
from tui.charts.pointing import fit_items
from tui.charts.view import ChartView, Mark
from tui.features import wording
from tui.features.commands import Command, turn
from tui.features.pane import say, there, words
from tui.features.results import board, operating, reading
from tui.features.results.compared import (
    COMPARING,
    CROSSING,
    Comparing,
    Crossed,
    beside,
)
from tui.features.results.operating import (
    OperatingRow,
    ScoredArm,
    class_of,
    scored_arms,
)
from tui.features.results.reading import (
    ARMS,
    CLASSES,
    focused_arm,
    nothing,
)
from tui.features.session import Session
from tui.features.wording import lines
from tui.terminal.safe_text import clean, clip, content, pad

_KINDS: Final = tuple(LABELS)
_MOST_ARM: Final = 20
_APART: Final = 3
_HINT: Final = "a click sets the threshold"
_RATES: Final = {
    "recall": "recall",
    "precision": "precision",
    "FPR": "false_positive_rate",
}
_FIRST: Final = {
    "pr": ("recall", "precision", "FN", "FP"),
    "roc": ("FPR", "recall", "FN", "FP"),
    "det": ("FPR", "recall", "FN", "FP"),
    "lift": ("alert rate", "precision", "recall", "FN", "FP"),
    "gain": ("alert rate", "recall", "FN", "FP"),
    "threshold": ("FN", "FP", "recall", "precision", "alert rate"),
}
"""What is read of each curve first; all of it where there is room."""


class CurvesView(Comparing, can_focus=True):
    """Curves over all thresholds: the focused arm and one to compare it with."""

    NAME = "curves"
    SHORT = 16
    BROAD = 84
    COMMANDS_HERE: ClassVar = (
        Command("results.other_curve", "t", "Another curve", "curve"),
        *reading.READING,
        *reading.ARMS,
        *COMPARING,
    )

    _place = 0
    _at: tuple[str, float | None] | None = None

    def compose(self) -> ComposeResult:
        """Lay out both charts; whether both are seen follows from the size."""
        yield Static(id="curves-kinds")
        with Horizontal():
            yield ChartView(id="curves-first")
            yield ChartView(id="curves-second")
        yield Static(id="curves-read")

    def draw(self, session: Session) -> None:
        """Draw the curves that are seen."""
        arms = scored_arms(session)
        for part in ("#curves-kinds", "#curves-second", "#curves-read"):
            there(self.query_one(part), bool(arms))
        focused, drawn = reading.focused_arm(session, arms), self._drawn_kinds()
        for chart, kind in zip(self.query(ChartView), drawn, strict=False):
            if not arms:
                chart.show(words(reading.nothing(session, "curves")))
                continue
            series = []
            for arm in self._together(session):
                label, note = reading.label_of(arm.name, focused), _notes(arm, drawn)
                about = arm.scored.sweep, note[kind], self.rank(arm.name, session)
                series.append(curves.Series(label, *about))
            draw = partial(curves.DRAWN[kind], series, *operating.tested(session))
            chart.show(draw)
        row = _row_of(session, focused)
        at = focused, row.threshold if row else None
        if at != self._at:
            # The crosshair follows a threshold that is moved.
            self._at, self.pointed = at, None
        self.read()

    def _together(self, session: Session) -> list[ScoredArm]:
        arms = scored_arms(session)
        focused = reading.focused_arm(session, arms)
        return reading.few(arms, focused, beside(session))

    def _drawn_kinds(self) -> list[str]:
        return [_KINDS[place] for place in self._seen()]

    def _pointed_kind(self) -> tuple[str, float | None]:
        """Return the curve that is pointed at and where, or the first and None."""
        charts = [chart.id for chart in self.query(ChartView)]
        kinds = dict(zip(charts, self._drawn_kinds(), strict=False))
        chart, x, _ = self.pointed or ("", None, None)
        return (kinds[chart], x) if chart in kinds else (self._drawn_kinds()[0], None)

    def read(self) -> None:
        """Mark where the focused arm stands, and read both arms at that place."""
        session, kinds = self.session, self._drawn_kinds()
        (kind, x), tested = self._pointed_kind(), operating.tested(session)
        pair, lines, top = self.pair(session), list[Content](), self._kinds(session)
        marks: list[Mark | None] = [None] * len(kinds)
        together = [arm.name for arm in self._together(session)]
        for arm in pair:
            sweep, first = arm.scored.sweep, arm == pair[0]
            row = _row_of(session, arm.name) if x is None else None
            threshold = row.threshold if row else None
            if x is not None and (near := curves.point_at(kind, sweep, *tested, x)):
                threshold = near.threshold
            if threshold is None:
                continue
            counts = curves.counts_at(sweep, threshold)
            if first:
                found = [curves.place_at(one, *counts, *tested) for one in kinds]
                pointed = x is not None
                marks = [Mark(*place, pointed) if place else None for place in found]
                # The other arm is read at the same place of the scale.
                place = found[kinds.index(kind)]
                x = place[0] if place and x is None else x
            label = clip(reading.label_of(arm.name, pair[0].name), _MOST_ARM)
            head = f"{MARKERS[together.index(arm.name)]} {label} {_at(threshold)}"
            items = _items(kind, *counts, *tested)
            text = fit_items(head, items, self.size.width or 1000)
            lines.append(content(text, "bold" if first else ""))
            if first and self.has_class("-short"):
                # There is no other line for it.
                room = self.size.width - top.cell_length - _APART
                text = fit_items(_at(threshold), items, room)
                top = Content.assemble(top, " " * _APART, content(text, "bold"))
        say(self.query_one("#curves-kinds", Static), top)
        for chart, mark in zip(self.query(ChartView), marks, strict=False):
            chart.mark(*filter(None, [mark]))
        say(self.query_one("#curves-read", Static), wording.lines(lines))

    def choose(self, x: float) -> None:
        """Move the focused arm's threshold to the point that was clicked."""
        kind, _ = self._pointed_kind()
        for arm in self.pair(self.session)[:1]:
            tested = operating.tested(self.session)
            found = curves.point_at(kind, arm.scored.sweep, *tested, x)
            self.move_threshold(arm.name, arm.scored.sweep, found and found.threshold)

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
        rest = (
            f"  class {clip(klass, 24)} against the rest" if klass is not None else ""
        )
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
        self.pointed = None
        self.draw(self.session)


def _notes(arm: ScoredArm, kinds: Sequence[str]) -> dict[str, str]:
    """Return the figure that belongs to each curve.

    It is as wide as that of the curve beside it, so that the legends of both are broken
    into as many lines, and the curves begin on the same one.
    """
    notes = {kind: LABELS[kind].figure(arm.scored.test) for kind in kinds}
    widest = max(map(len, notes.values()))
    return {kind: pad(note, widest) for kind, note in notes.items()}


def _row_of(session: Session, arm: str) -> OperatingRow | None:
    return next((row for row in operating.arm_rows(session) if row.name == arm), None)


def _at(threshold: float) -> str:
    """Return where an arm is read."""
    # Beyond all scores no row is predicted positive.
    known = math.isfinite(threshold)
    return f"at {figures.threshold(threshold)}" if known else "above all scores"


def _items(kind: str, fp: int, tp: int, positives: int, negatives: int) -> list[str]:
    """Return what the counts come to, what the curve's scales have first."""
    counts = Confusion(tn=negatives - fp, fp=fp, fn=positives - tp, tp=tp)
    metrics = point_metrics(counts, Costs(cost_fn=0.0, cost_fp=0.0))
    rates = {"alert rate": figures.decimals((fp + tp) / (positives + negatives), 3)}
    for name, metric in _RATES.items():
        value = metrics[metric]
        rates[name] = figures.decimals(value if isinstance(value, float) else None, 3)
    named = {name: f"{name} {text}" for name, text in rates.items()}
    named |= {"FN": f"FN {counts.fn:,}", "FP": f"FP {fp:,}"}
    return [named[name] for name in dict.fromkeys((*_FIRST[kind], *named))]


class ThresholdView(Crossed, can_focus=True):
    """One arm's threshold, moved by the arrow keys or a click."""

    NAME = "threshold"
    BRIEF = "Thresh."
    SHORT = 16
    BROAD = 96
    COMMANDS_HERE: ClassVar = (*reading.READING, *reading.ARMS)
    HELP = "The threshold"
    COPIED, COPIES = "the figures", "#threshold-matrix, #threshold-figures"

    _at: tuple[str, float] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the curve, the matrix and the figures."""
        with Horizontal():
            with Vertical(id="threshold-main"):
                yield ChartView(id="threshold-sweep")
                yield Static(id="threshold-read")
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
        there(self.query_one("#threshold-read"), at is not None)
        if row is None or at is None or row.threshold is None:
            sweep.show(words(reading.nothing(session, "curves")))
            matrix.show(words(""))
            say(figures_text, board.about(session, row))
            return
        c = at.counts
        counts = c.fn + c.tp, c.tn + c.fp
        costs = operating.costs_against(session)
        negative = costs.weight_of_negative(*counts) if costs else 1.0
        draw = partial(curves.threshold_sweep, row.sweep, *counts, None)
        sweep.show(partial(draw, label=clean(row.name), negative=negative))
        if (row.name, row.threshold) != self._at:
            self._at, self.pointed = (row.name, row.threshold), None
        self.read()
        labels = operating.names(session)
        matrix.show(partial(confusion, c.tn, c.fp, c.fn, c.tp, labels))
        say(figures_text, _figures(session, row, at))

    def read(self) -> None:
        """Mark the threshold, and read what another one would come to."""
        row, chart = reading.focused_row(self.session), self.query_one(ChartView)
        if row is None or row.threshold is None:
            return
        marks, x = [Mark(row.threshold)], self.pointed and self.pointed.x
        text = content(_HINT, "dim")
        if x is not None and (at := operating.nearest(row.sweep, x)) is not None:
            marks.append(Mark(at, pointed=True))
            counts = curves.counts_at(row.sweep, at)
            items = _items("threshold", *counts, *operating.tested(self.session))
            text = content(fit_items(_at(at), items, chart.size.width))
        chart.mark(*marks)
        say(self.query_one("#threshold-read", Static), text)

    def choose(self, x: float) -> None:
        """Move the threshold to where it was clicked."""
        if (row := reading.focused_row(self.session)) is not None:
            self.move_threshold(row.name, row.sweep, x)


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


class CalibrationView(Crossed, can_focus=True):
    """The focused arm's reliability curve, before and after a repair."""

    NAME = "calibration"
    BRIEF = "Calib."
    SHORT = 20
    BROAD = 96
    COMMANDS_HERE: ClassVar = (
        *ARMS,
        *CLASSES,
        *CROSSING,
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
            with Vertical(id="calibration-main"):
                yield ChartView(id="calibration-chart")
                yield Static(id="calibration-read")
            with VerticalScroll(id="calibration-side", can_focus=False):
                yield Static(id="calibration-said")
                yield Static(id="calibration-warning")
                yield Static(id="calibration-table")

    def on_resize(self, event: Resize) -> None:
        """Lay out anew."""
        super().on_resize(event)
        width, height = event.size
        self.set_class(width < _SLIM, "-slim")
        self.set_class(1 + len(MEASURES) <= height < _TIGHT, "-tight")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        arm = _find_arm(session)
        chart = self.query_one("#calibration-chart", ChartView)
        found = arm.scored.calibration if arm else ()
        for part in ("#calibration-side", "#calibration-read"):
            there(self.query_one(part), bool(found))
        if arm is None or not found:
            chart.show(words(nothing(session, "calibration", one=True)))
            return
        drawn = select_repair(arm.scored, self._repair)
        chart.show(partial(reliability, curves_of_arm(arm.name, arm.scored, drawn)))
        sentence, warning, table = _texts(session, arm)
        self.tell(said=sentence, warning=warning, table=table)
        self.read()

    def read(self) -> None:
        """Mark the bin that is pointed at, and read both curves there."""
        arm, chart = _find_arm(self.session), self.query_one(ChartView)
        if arm is None or not arm.scored.calibration:
            return
        drawn = select_repair(arm.scored, self._repair)
        marks, lines = list[Mark](), list[Content]()
        for marker, curve in zip(
            MARKERS, curves_of_arm(arm.name, arm.scored, drawn), strict=False
        ):
            if self.pointed is None or not (curve.bins and chart.area):
                continue
            x, root = self.pointed.x, bool(chart.area.x.ticks)
            score = x * x if root else x
            one = min(curve.bins, key=lambda b: abs(b.score - score))
            if not marks:
                place = math.sqrt(one.score) if root else one.score
                marks.append(Mark(place, pointed=True))
            head = f"{marker} mean score {figures.decimals(one.score, 3)}"
            rate = figures.decimals(one.positives / one.rows, 3)
            counts = f"{one.positives:,} of {one.rows:,} rows"
            interval = figures.interval(wilson(one.positives, one.rows))
            items = (f"observed rate {rate}", counts, f"95 % CI {interval}")
            lines.append(content(fit_items(head, items, chart.size.width)))
        chart.mark(*marks)
        hint = content("← → or the mouse read the points", "dim")
        text = wording.lines(lines or [hint])
        say(self.query_one("#calibration-read", Static), text)

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
        head = content(f"class {clip(klass, _MOST_CLASS)} against the rest", "dim")
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
