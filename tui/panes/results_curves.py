"""The results as curves: ROC and PR of all arms, and one arm's threshold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.charts.confusion import confusion
from tui.charts.curves import Series, precision_recall, roc, threshold_sweep
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import figures
from tui.messages import ViewChosen
from tui.panes import board, operating, wording
from tui.panes.base import Copied, View
from tui.panes.layout import Sized, say, there, words
from tui.panes.operating import Row
from tui.panes.reading import ARMS, READING, Reading, focused_row
from tui.panes.results_views import changed
from tui.safe_text import clean, clip
from tui.session import Session

__all__ = ["CurvesView", "ThresholdView"]

_NOTHING = "The curves come when the first arm is done."


class CurvesView(View, Sized, can_focus=True):
    """ROC and precision-recall curves of all arms, overlaid."""

    NAME = "curves"
    TITLE = "Curves"
    BROAD = 84
    HELP = """
    ## ROC and precision-recall curves

    Every arm on the test rows, at all thresholds at once. Where positives are rare the
    ROC curve flatters: the precision-recall curve shows what the false alarms cost; its
    dotted line is the prevalence, which is what guessing reaches.

    Where there is no room for both, `t` changes between them.
    """
    COMMANDS: ClassVar = (
        Command(
            "results.other_curve",
            "t",
            "ROC or precision-recall",
            "Changes between the two where there is room for one.",
            "other_curve",
            footer="ROC/PR",
        ),
    )

    def compose(self) -> ComposeResult:
        """Lay out both charts; which of them is seen follows from the size."""
        with Horizontal():
            yield ChartView(id="curves-pr")
            yield ChartView(id="curves-roc")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if before is not None and before.run is session.run:
            return
        rows = [row for row in operating.rows(session) if row.confusion is not None]
        self._draw_one("#curves-roc", roc, "roc_auc", "AUC", rows)
        self._draw_one("#curves-pr", precision_recall, "average_precision", "AP", rows)

    def _draw_one(
        self,
        name: str,
        draw: Callable[..., str],
        metric: str,
        short: str,
        rows: list[Row],
    ) -> None:
        chart = self.query_one(name, ChartView)
        first = next((row.confusion for row in rows if row.confusion), None)
        if first is None:
            chart.show(words(_NOTHING), _NOTHING)
            return
        series = [
            Series(
                row.name,
                row.arm.evaluated.sweep if row.arm.evaluated else (),
                f"{short} {figures.decimals(row.test(metric), 3)}",
            )
            for row in rows
        ]
        chart.show(
            partial(draw, series, first.fn + first.tp, first.tn + first.fp),
            (name, *((row.name, id(row.arm.evaluated)) for row in rows)),
        )

    def action_other_curve(self) -> None:
        """Change between the curves where only one is seen."""
        self.toggle_class("-roc")

    def copied(self) -> Copied:
        """Return the curves as text."""
        seen = [c.plain for c in self.query(ChartView) if c.size.width]
        return Copied("\n\n".join(seen), "the curves")


class ThresholdView(View, Reading, Sized, can_focus=True):
    """One arm's threshold, moved by the arrow keys."""

    NAME = "threshold"
    TITLE = "Threshold"
    SHORT = 16
    BROAD = 96
    COMMANDS: ClassVar = (*READING, *ARMS)
    HELP = """
    ## The threshold

    What the focused arm finds, misses and alarms at every threshold. `←` `→` move the
    threshold from one point to the next that changes a count, `shift` (or `<` `>`) by
    bigger steps; `0` puts it back; `↑` `↓` focus another arm.

    The thresholds of the operating points were chosen on the training rows. One that is
    moved here was chosen by looking at the test rows: what it shows is hopeful.
    """

    def compose(self) -> ComposeResult:
        """Lay out the curve, the matrix and the figures."""
        with Horizontal():
            yield ChartView(id="threshold-sweep")
            with Vertical(id="threshold-side"):
                yield ChartView(id="threshold-matrix")
                yield Static(id="threshold-figures")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if not changed(session, before):
            return
        row = focused_row(session)
        sweep = self.query_one("#threshold-sweep", ChartView)
        matrix = self.query_one("#threshold-matrix", ChartView)
        told = self.query_one("#threshold-figures", Static)
        evaluated = row.arm.evaluated if row else None
        nothing = row is None or row.confusion is None
        there(self.query_one("#threshold-side"), not nothing)
        if row is None or row.confusion is None or evaluated is None:
            sweep.show(words(_NOTHING), _NOTHING)
            matrix.show(words(""), "")
            say(told, board.about(session, row))
            return
        c = row.confusion
        labels = operating.labels(session.run)
        threshold = row.threshold if row.threshold is not None else 0.5
        sweep.show(
            partial(
                threshold_sweep,
                evaluated.sweep,
                c.fn + c.tp,
                c.tn + c.fp,
                threshold,
                label=clean(row.name),
            ),
            (row.name, id(evaluated), threshold),
        )
        matrix.show(
            partial(confusion, c.tn, c.fp, c.fn, c.tp, labels),
            (row.name, c, labels),
        )
        say(told, _figures(session, row))
        self.rebind(session, before)

    def on_click(self) -> None:
        """Take the focus, so that the arrow keys move the threshold."""
        self.focus()

    def action_results_board(self) -> None:
        """Go back to the board."""
        self.post_message(ViewChosen("results", "board"))

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
    alarms = row.alarms or (0, 0)
    lines = [
        Content.assemble(
            (f"threshold {at}", "bold"),
            (f"  {moved}", "$text-accent" if row.moved else "dim"),
        ),
        wording.titled("recall", _with(row.recall, row.recall_ci), 11),
        wording.titled("precision", _with(row.precision, row.precision_ci), 11),
        wording.titled("alarmed", f"{alarms[0]:,} of {alarms[1]:,} rows", 11),
        wording.titled("cost/1,000", wording.per_mille(row.cost), 11),
        wording.titled("specificity", figures.decimals(row.specificity, 3), 11),
        wording.titled("F1", figures.decimals(row.f1, 3), 11),
        wording.titled("MCC", figures.decimals(row.mcc, 3), 11),
    ]
    return wording.lines(lines)


def _with(value: float | None, limits: tuple[float, float] | None) -> str:
    return f"{figures.decimals(value, 3)} {figures.interval(limits)}"
