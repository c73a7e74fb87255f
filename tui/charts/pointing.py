"""The crosshair of views with charts: the mouse or keys move it, the view reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from textual import on
from textual.widget import Widget

from tui.charts.view import ChartView
from tui.terminal.safe_text import cells, clip

_GAP: Final = "  "


class Crosshair(NamedTuple):
    """Where a crosshair is: the id of a chart, and a point on its scales."""

    chart: str
    x: float
    y: float


class Pointing(Widget):
    """Mixed into a view with charts that can be pointed at."""

    pointed: Crosshair | None = None
    _drawn: Any = None
    """What the view drew; None before."""

    @property
    def start(self) -> float | None:
        """Where the crosshair starts on the horizontal scale; None is the middle."""
        return None

    def read(self) -> None:
        """Show the crosshairs, and what is read at them."""
        raise NotImplementedError

    @on(ChartView.Resized)
    def _read_anew(self, event: ChartView.Resized) -> None:
        """Read as much as there is room for now."""
        event.stop()
        if self._drawn is not None:
            self.read()

    @on(ChartView.Pointed)
    def _point(self, event: ChartView.Pointed) -> None:
        event.stop()
        if event.x is not None:
            self.point_at(Crosshair(event.chart.id or "", event.x, event.y))
            if event.clicked:
                self.choose(event.x)

    def point_at(self, place: Crosshair) -> None:
        """Move the crosshair."""
        self.pointed = place
        self.read()

    def choose(self, x: float) -> None:
        """Do what a click there means."""

    @property
    def crossed(self) -> ChartView | None:
        """The chart that keys point at: the one pointed at, or the first."""
        known = [one for one in self.query(ChartView) if one.display and one.area]
        at = self.pointed.chart if self.pointed else ""
        return next((one for one in known if one.id == at), next(iter(known), None))

    def action_cross(self, across: int, up: int = 0) -> None:
        """Move the crosshair by cells."""
        chart = self.crossed
        if chart is None or (area := chart.area) is None:
            return
        x, y = ((axis.low + axis.high) / 2 for axis in (area.x, area.y))
        x = x if self.start is None else self.start
        _, x, y = self.pointed or ("", x, y)
        column, row = area.cell(x, y)
        place = Crosshair(chart.id or "", *area.point(column + across, row - up))
        self.point_at(place)


def fit_items(head: str, items: Sequence[str], width: int) -> str:
    """Return a line of what was read, the last items left out where it has no room.

    Examples
    --------
    >>> fit_items("● smote at 0.442", ["recall 0.86", "FN 1"], 30)
    '● smote at 0.442  recall 0.86'
    """
    line = head
    for item in items:
        if cells(line + _GAP + item) > width:
            break
        line += _GAP + item
    return clip(line, width)
