"""Pane 4: what each arm misses, at an operating point, and what follows from it."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.events import Click, Resize
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from tui.charts.view import ChartView
from tui.features import wording
from tui.features.messages import ClassChosen, PointChosen
from tui.features.pane import Listing, Pane, Picture, say, there
from tui.features.results import board, operating, reading
from tui.features.results.band import VerdictBand, headline
from tui.features.results.curves import CalibrationView, CurvesView, ThresholdView
from tui.features.results.errors import ErrorsView
from tui.features.results.operating import OperatingRow, class_of
from tui.features.results.reading import (
    ARMS,
    LISTING,
    Reading,
    ResultsView,
    focused_row,
)
from tui.features.results.reasons import ReasonsView
from tui.features.results.tables import CostsView, MatchedView, VerdictView
from tui.features.session import Session
from tui.terminal.safe_text import cells, clean, clip, content
from tui.widgets.chooser import Chooser
from tui.widgets.rows import Rows, VariedRows
from tui.widgets.strip import BEFORE, BEHIND, Pick, fit


class _Matrices(ResultsView):
    """The line of operating points, a matrix per arm, and what is to be minded."""

    def draw_matrices(self, session: Session) -> list[OperatingRow]:
        """Draw them, and return the arms."""
        rows = operating.arm_rows(session)
        row, labels = focused_row(session, rows), operating.names(session)
        line = self.query_one(PointLine)
        there(line, bool(rows))
        line.put(session)
        empty = reading.nothing(session, "matrices")
        draw = board.matrices(rows, labels, row.name if row else None, empty)
        self.query_one(ChartView).show(draw)
        say(self.query_one(".results-about", Static), board.about(session, row))
        return rows


class BoardView(_Matrices, Listing):
    """The board, and the matrices of its arms."""

    NAME = "board"
    SHORT = 14
    COMMANDS_HERE: ClassVar = LISTING
    MORE = ("results", "verdict")
    HELP = "The board"
    COPIES = "Rows"

    def compose(self) -> ComposeResult:
        """Lay out operating points, board and matrices."""
        yield PointLine(id="board-point")
        yield VariedRows((), id="board-arms", empty=wording.NO_RESULTS)
        yield ChartView(id="board-matrices")
        yield Static(id="board-about", classes="results-about")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        rows = self.draw_matrices(session)
        there(self.query_one(ChartView), bool(rows))
        # Above is said how a run stands that has no arm yet.
        there(self.query_one(VariedRows), bool(rows) or session.run is None)
        row = focused_row(session, rows)
        table = board.table(session, rows)
        self.query_one(VariedRows).put(table, row.name if row else None)
        there(self.query_one("#board-about"), bool(board.about(session, row).plain))


class MatricesView(_Matrices, can_focus=True):
    """A confusion matrix per arm, as many as fit."""

    NAME = "matrices"
    BRIEF = "Matrix"
    COMMANDS_HERE: ClassVar = (*LISTING, *ARMS)
    HELP = "Confusion matrices"

    def compose(self) -> ComposeResult:
        """Lay out operating points and matrices."""
        yield PointLine()
        yield ChartView()
        yield Static(id="matrices-about", classes="results-about")

    def draw(self, session: Session) -> None:
        """Draw what changed."""
        self.draw_matrices(session)


BOARD: Final = (("results", "board"), ("results", ""))
"""Where the board is what is looked at."""
CHARTS: Final = tuple(
    ("results", view.NAME)
    for view in (CurvesView, ThresholdView, CalibrationView, CostsView)
)
"""Where a chart is, for which few lines are too few."""
_PICKED = "picked"
"""What the pointer finds on a name: the kind of thing, and its place."""
_TITLE = 7
_APART = 3
"""Blanks before what stands at the right end."""


class PointLine(Static):
    """The operating points side by side, the chosen one marked; below them the classes.

    Where not all fit, their names become shorter, then those around the chosen one are
    seen. Classes there are only of more than two.
    """

    ALLOW_SELECT = False

    _session = Session()

    def put(self, session: Session) -> None:
        """Show what the run can be read at, and how many rows are to be found."""
        self._session = session
        self.on_resize()

    def on_resize(self) -> None:
        """Choose anew what fits."""
        session, width = self._session, self.size.width
        known, chosen = operating.offered(session), operating.point_of(session)
        points = [
            Pick(wording.point_text(session, name), wording.point_short(session, name))
            for name in known
        ]
        place = known.index(chosen) if chosen in known else 0
        lines = [_line("point", points, place, width)]
        if (klass := class_of(session)) is not None:
            classes = operating.rarest_first(session.run)
            counts = session.run.result.test_rows if session.run else {}
            many = {one: f" ({counts.get(one, 0):,})" for one in classes}
            picks = [Pick(clip(one, 16) + many[one], clip(one, 8)) for one in classes]
            lines.append(_line("class", picks, classes.index(klass), width))
        tested = _positives(session)
        room = width - lines[0].cell_length
        if tested and room >= cells(tested) + _APART:
            gap = " " * (room - cells(tested))
            lines[0] = Content.assemble(lines[0], gap, content(tested, "dim"))
        say(self, wording.lines(lines))

    def on_click(self, event: Click) -> None:
        """Choose the point or the class under the pointer."""
        title, place = event.style.meta.get(_PICKED, ("", 0))
        if title == "point":
            self.post_message(PointChosen(operating.offered(self._session)[place]))
        elif title:
            classes = operating.rarest_first(self._session.run)
            self.post_message(ClassChosen(classes[place]))


def _positives(session: Session) -> str:
    run = session.run
    return clean(run.result.test_rows_text(class_of(session))) if run else ""


def _line(title: str, picks: list[Pick], chosen: int, width: int) -> Content:
    """Return what can be chosen of a kind, as far as there is room."""
    shown = fit(picks, chosen, (width or 1000) - _TITLE)
    names = Content(" " * shown.gap).join(
        (
            content(f"▸{name}", "bold") if place == chosen else content(f" {name}")
        ).stylize(Style.from_meta({_PICKED: (title, place)}))
        for place, name in enumerate(shown.names, shown.first)
    )
    head = f"{title:<{_TITLE - 1}} "
    if shown.more:
        head += BEFORE if shown.first else " " * len(BEFORE)
    after = BEHIND if shown.first + len(shown.names) < len(picks) else ""
    return Content.assemble((head, "dim"), names, (after, "dim"))


class ResultsPicture(Picture):
    """The results as pictures, the verdict in short above all of them."""

    PANE = "results"
    VIEWS = (
        BoardView,
        MatricesView,
        ErrorsView,
        ReasonsView,
        CurvesView,
        ThresholdView,
        CalibrationView,
        CostsView,
        MatchedView,
        VerdictView,
    )
    APART = (CurvesView, MatchedView, VerdictView)

    def compose(self) -> ComposeResult:
        """Lay out the verdict in short above the strip of views."""
        yield VerdictBand(id="results-band")
        yield from super().compose()

    def show(self, session: Session, before: Session | None) -> None:
        """Show verdict and view."""
        self.query_one(VerdictBand).put(session, self.size.height)
        super().show(session, before)

    def on_resize(self, event: Resize) -> None:
        """Give the verdict the lines that there is room for."""
        self.query_one(VerdictBand).put(self.session, event.size.height)


_ONE_LINE: Final = 56
"""Cells from which on what is said of an arm has a line, and not two."""


class ResultsPane(Pane, Reading, Listing, can_focus=True):
    """The arms by missed positives."""

    PANE = "results"
    PICTURE = ResultsPicture
    DRAWS = ("run", "view")
    BESIDE = ("outcome", "view")
    COPIED = "the board"
    COMMANDS_HERE: ClassVar = LISTING
    MORE = ("results", "verdict")

    def compose_body(self) -> ComposeResult:
        """Lay out the operating point, the arms, and what is special about one."""
        with Container(id="results-read"):
            with Horizontal(id="results-point"):
                yield Static("point", classes="results-label")
                yield Chooser(id="results-points")
            with Horizontal(id="results-class"):
                yield Static("class", classes="results-label")
                yield Chooser(id="results-classes")
        yield VariedRows((), id="results-arms")
        yield Static(id="results-chosen")
        yield Static(id="results-said")

    @property
    def first(self) -> Widget | None:
        """The arms rather than the chooser above them."""
        rows = self.query_one(Rows)
        return rows if rows.display else super().first

    def summary(self, session: Session) -> Content:
        """Return the best arm's misses, or what there is to say."""
        row = next((r for r in operating.arm_rows(session) if r.at), None)
        return board.summary(session, row) if row else headline(session)

    def subtitle(self, session: Session) -> Content:
        """Return how many positives there are to be found."""
        return Content(_positives(session))

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        rows = operating.arm_rows(session)
        row = focused_row(session, rows)
        listed = self.query_one(VariedRows)
        self.hold_focus(not rows)
        listed.display = self.query_one("#results-read").display = bool(rows)
        if rows:
            self._offer(session)
            listed.put(board.table(session, rows), row.name if row else None)
        # Beside the board one line of it is enough, and what the board does not say.
        place = "results", session.view.view_of("results") or ""
        self.set_class(bool(rows) and place in BOARD, "-beside")
        self.set_class(place in CHARTS, "-charted")
        say(self.query_one("#results-chosen", Static), board.chosen(session, row, rows))
        self._say_about(session)
        self.rebind(session, before)

    def on_resize(self) -> None:
        """Say as much of the arm as there is room for."""
        self._say_about(self.session)

    def _say_about(self, session: Session) -> None:
        """Say what is special about the arm; the verdict has its place elsewhere."""
        rows, width = operating.arm_rows(session), self.content_size.width
        row = focused_row(session, rows)
        text = board.about(session, row) if rows else headline(session)
        if rows and text.cell_length > width * (1 if width >= _ONE_LINE else 2):
            text = board.about(session, row, brief=True)
        foot = self.query_one("#results-said", Static)
        there(foot, bool(text.plain))
        say(foot, text)

    def _offer(self, session: Session) -> None:
        """Show what the arms can be read at."""
        known, chosen = operating.offered(session), operating.point_of(session)
        points = [(wording.point_in_pane(session, at), at) for at in known]
        self.query_one("#results-points", Chooser).offer(points, chosen)
        classes = [(name, name) for name in operating.rarest_first(session.run)]
        self.query_one("#results-class").display = bool(classes)
        if classes:
            chooser = self.query_one("#results-classes", Chooser)
            chooser.offer(classes, class_of(session))

    @on(Chooser.Picked, "#results-classes")
    def _class_chosen(self, event: Chooser.Picked) -> None:
        event.stop()
        if (klass := event.value) and klass != class_of(self.session):
            self.post_message(ClassChosen(klass))

    @on(Chooser.Picked, "#results-points")
    def _point_chosen(self, event: Chooser.Picked) -> None:
        event.stop()
        if (at := event.value) and at != operating.point_of(self.session):
            self.post_message(PointChosen(at))
