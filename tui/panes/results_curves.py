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

from tui.charts.confusion import confusion
from tui.charts.curves import (
    Series,
    det,
    gain,
    lift,
    precision_recall,
    roc,
    threshold_sweep,
)
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import figures
from tui.console.costs import per_mille
from tui.panes import board, operating, wording
from tui.panes.base import Copied
from tui.panes.deciding import ScoredArm, class_of, scored_arms, tested
from tui.panes.layout import say, there, words
from tui.panes.operating import Row
from tui.panes.reading import (
    ARMS,
    CLASSES,
    READING,
    ResultsView,
    few,
    focused_arm,
    focused_row,
    label_of,
    named_of,
    nothing,
)
from tui.safe_text import clean, clip, content, pad
from tui.session import Session


class _Kind(NamedTuple):
    """A curve: its name, how it is drawn, and the figure that sums it up."""

    title: str
    draw: Callable[..., str]
    metric: str = ""
    short: str = ""


_KINDS = (
    _Kind("PR", precision_recall, "average_precision", "AP"),
    _Kind("ROC", roc, "roc_auc", "AUC"),
    _Kind("DET", det),
    _Kind("lift", lift),
    _Kind("gain", gain),
)


class CurvesView(ResultsView, can_focus=True):
    """Curves of the arms over all thresholds, overlaid."""

    NAME = "curves"
    TITLE = "Curves"
    COPIED = "the curves"
    BROAD = 84
    HELP = "Curves"
    COMMANDS: ClassVar = (
        Command(
            "results.other_curve",
            "t",
            "Another curve",
            "Goes on: precision-recall, ROC, DET, lift, gain.",
            footer="curve",
        ),
        *ARMS,
        *CLASSES,
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
        focused = focused_arm(session, arms)
        shown = few(arms, focused)
        empty = nothing(session, "curves")
        drawn = [_KINDS[place] for place in self._seen()]
        for name, kind in zip(("first", "second"), drawn, strict=False):
            chart = self.query_one(f"#curves-{name}", ChartView)
            if not arms:
                chart.show(words(empty), empty)
                continue
            series = [
                Series(
                    label_of(arm.name, focused),
                    arm.scored.sweep,
                    _note(arm, kind, drawn),
                    named_of(arm.name, focused),
                )
                for arm in shown
            ]
            counts = tested(session)
            chart.show(
                partial(kind.draw, series, *counts),
                (
                    kind.title,
                    counts,
                    *((s.label, id(s.sweep), s.note, s.named) for s in series),
                ),
            )
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
    texts = {
        one.title: (
            f"{one.short} {figures.decimals(arm.scored.test.get(one.metric), 3)}"
            if one.metric
            else ""
        )
        for one in drawn
    }
    return pad(texts[kind.title], max(map(len, texts.values())))


class ThresholdView(ResultsView, can_focus=True):
    """One arm's threshold, moved by the arrow keys."""

    NAME = "threshold"
    TITLE = "Threshold"
    SHORT = 16
    BROAD = 96
    COMMANDS: ClassVar = (*READING, *ARMS)
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
        row = focused_row(session)
        sweep = self.query_one("#threshold-sweep", ChartView)
        matrix = self.query_one("#threshold-matrix", ChartView)
        told = self.query_one("#threshold-figures", Static)
        counted = row is not None and row.confusion is not None
        there(self.query_one("#threshold-side"), counted)
        if row is None or row.confusion is None:
            empty = nothing(session, "curves")
            sweep.show(words(empty), empty)
            matrix.show(words(""), "")
            say(told, board.about(session, row))
            return
        c = row.confusion
        labels = operating.names(session)
        threshold = row.threshold if row.threshold is not None else 0.5
        sweep.show(
            partial(
                threshold_sweep,
                row.sweep,
                c.fn + c.tp,
                c.tn + c.fp,
                threshold,
                label=clean(row.name),
            ),
            (row.name, id(row.sweep), threshold),
        )
        matrix.show(
            partial(confusion, c.tn, c.fp, c.fn, c.tp, labels),
            (row.name, c, labels),
        )
        say(told, _figures(session, row))

    def copied(self) -> Copied:
        """Return matrix and figures as text."""
        matrix = self.query_one("#threshold-matrix", ChartView).plain
        row = focused_row(self.session)
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
