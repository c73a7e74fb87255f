"""Pane 4: what each arm misses, at an operating point, and what follows from it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Select, Static

from tui.messages import ClassChosen, PolicyChosen
from tui.panes import board, deciding, operating, wording
from tui.panes.base import Copied, Pane, Picture
from tui.panes.deciding import class_of
from tui.panes.layout import ArmList, say
from tui.panes.reading import READING, Reading, focused_row
from tui.panes.results_calibration import CalibrationView
from tui.panes.results_costs import CostsView, MatchedView
from tui.panes.results_curves import CurvesView, ThresholdView
from tui.panes.results_errors import ErrorsView
from tui.panes.results_reasons import ReasonsView
from tui.panes.results_verdict import VerdictView
from tui.panes.results_views import BoardView, MatricesView
from tui.session import Session
from tui.widgets.chooser import Chooser
from tui.widgets.rows import Rows, VariedRows


class ResultsPicture(Picture):
    """The results as pictures, from the board to the verdict."""

    PANE = "results"
    VIEWS = (
        BoardView,
        MatricesView,
        MatchedView,
        CurvesView,
        ThresholdView,
        CalibrationView,
        CostsView,
        ErrorsView,
        ReasonsView,
        VerdictView,
    )


class ResultsPane(Pane, Reading, ArmList, can_focus=True):
    """The arms by missed positives."""

    PANE = "results"
    NUMBER = 4
    TITLE = "Results"
    HELP = "4 Results"
    COMMANDS: ClassVar = READING
    LOOKED = "results"
    MORE = "verdict"

    def compose_body(self) -> ComposeResult:
        """Lay out the policy, the arms, and the verdict in one sentence."""
        with Container(id="results-read"):
            with Horizontal(id="results-policy"):
                yield Static("point", classes="results-label")
                yield Chooser(id="results-policies")
            with Horizontal(id="results-class"):
                yield Static("class", classes="results-label")
                yield Chooser(id="results-classes")
        yield VariedRows(board.COLUMNS, id="results-arms")
        yield Static(id="results-said")

    def picture(self) -> Picture:
        """Return the results' picture."""
        return ResultsPicture()

    @property
    def first(self) -> Widget | None:
        """The arms rather than the chooser above them."""
        rows = self.query_one(Rows)
        return rows if rows.display else super().first

    def summary(self, session: Session) -> Content:
        """Return the best arm's misses, or what there is to say."""
        row = next((r for r in operating.rows(session) if r.confusion), None)
        if row is None:
            return board.headline(session)
        return board.summary(session, row)

    def subtitle(self, session: Session) -> Content:
        """Return how many positives there are to be found."""
        return Content(board.tested(session))

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if (
            before is not None
            and before.run is session.run
            and before.view is session.view
        ):
            return
        rows = operating.rows(session)
        row = focused_row(session, rows)
        there = bool(rows)
        listed = self.query_one(VariedRows)
        # Something must have the focus for the pane's keys to work.
        self.can_focus = not there
        if not there and self.has_focus_within:
            self.screen.set_focus(self)
        listed.display = self.query_one("#results-read").display = there
        if there and self.has_focus:
            self.screen.set_focus(listed)
        if there:
            self._offer(session)
            listed.put(board.table(session, rows), row.name if row else None)
        said = board.about(session, row)
        run = session.run
        # The verdict has its place in the picture.
        if not said.plain and (run is None or run.state.compared is None):
            said = board.headline(session)
        foot = self.query_one("#results-said", Static)
        foot.display = bool(said.plain)
        say(foot, said)
        self.rebind(session, before)

    def _offer(self, session: Session) -> None:
        """Show what the arms can be read at."""
        policies = [
            (wording.policy_in_pane(session, policy), policy)
            for policy in operating.offered(session)
        ]
        chosen = operating.point_of(session)
        self.query_one("#results-policies", Chooser).offer(policies, chosen)
        classes = [(name, name) for name in deciding.rarest_first(session.run)]
        self.query_one("#results-class").display = bool(classes)
        if classes:
            chooser = self.query_one("#results-classes", Chooser)
            chooser.offer(classes, class_of(session))

    @on(Select.Changed, "#results-classes")
    def _class_chosen(self, event: Select.Changed) -> None:
        event.stop()
        klass = str(event.value)
        if klass and klass != class_of(self.session):
            self.post_message(ClassChosen(klass))

    @on(Select.Changed, "#results-policies")
    def _policy_chosen(self, event: Select.Changed) -> None:
        event.stop()
        policy = str(event.value)
        if policy and policy != operating.point_of(self.session):
            self.post_message(PolicyChosen(policy))

    def copied(self) -> Copied:
        """Return the board as text."""
        return Copied(self.query_one(Rows).as_text(), "the board")
