"""The results as curves: those of all arms, and one arm's threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from tui.charts import curves
from tui.charts.confusion import confusion
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import figures
from tui.console.costs import per_mille
from tui.panes import board, operating, reading, wording
from tui.panes.base import Copied
from tui.panes.layout import say, there, words
from tui.panes.operating import Row, ScoredArm, class_of, scored_arms
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
        Command("results.other_curve", "t", "Another curve", footer="curve"),
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
                    reading.named_of(arm.name, focused),
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

    def copied(self) -> Copied:
        """Return matrix and figures as text."""
        matrix = self.query_one("#threshold-matrix", ChartView).plain
        row = reading.focused_row(self.session)
        told = _figures(self.session, row).plain if row else ""
        return Copied(f"{matrix}\n\n{told}", "the figures")


def _figures(session: Session, row: Row) -> Content:
    """Return what the threshold comes to, in figures."""
    point = row.point
    policy = wording.policy(session, point.policy) if point else ""
    at, own = figures.apart(row.threshold, point.threshold if point else None)
    moved = f"moved from {own}" if row.moved else clip(policy, 20)
    alarms, rates = row.alarms or (0, 0), row.metrics
    head = Content.assemble(
        (f"threshold {at}", "bold"),
        (f"  {moved}", "$text-accent" if row.moved else "dim"),
    )
    told = {
        "recall": _with(rates, "recall"),
        "precision": _with(rates, "precision"),
        "alarmed": f"{alarms[0]:,} of {alarms[1]:,} rows",
        "cost/1,000": per_mille(row.cost),
        "specificity": figures.decimals(rates.get("specificity"), 3),
        "F1": figures.decimals(rates.get("f1"), 3),
        "MCC": figures.decimals(rates.get("mcc"), 3),
    }
    return wording.lines(
        [head, *(wording.titled(name, text, 11) for name, text in told.items())]
    )


def _with(rates: Mapping[str, Any], name: str) -> str:
    limits = figures.interval(rates.get(f"{name}_ci"))
    return f"{figures.decimals(rates.get(name), 3)} {limits}"
