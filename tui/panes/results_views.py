"""The results as pictures: the board with its matrices, and the matrices alone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from tui.charts.view import ChartView
from tui.messages import PolicyChosen
from tui.panes import board, operating, wording
from tui.panes.base import Copied, View
from tui.panes.layout import ArmList, Sized, say, there
from tui.panes.reading import ARMS, READING, Reading, focused_row
from tui.safe_text import cells, content
from tui.session import Session
from tui.widgets.rows import Rows

__all__ = ["BoardView", "MatricesView", "PolicyLine", "changed"]


def changed(session: Session, before: Session | None) -> bool:
    """Tell whether a picture of the results must be drawn again."""
    return (
        before is None
        or before.run is not session.run
        or before.view is not session.view
    )


class PolicyLine(Static):
    """The policies side by side, the chosen one marked; a click chooses another."""

    DEFAULT_CSS = """
    PolicyLine { height: auto; max-height: 2; width: 1fr; }
    """
    ALLOW_SELECT = False

    _spots: tuple[tuple[int, int, str], ...] = ()
    _session = Session()

    def put(self, session: Session) -> None:
        """Show the policies of the run, and how many positives there are."""
        self._session = session
        self._write()

    def on_resize(self) -> None:
        """Set the count of positives at the right end again."""
        self._write()

    def _write(self) -> None:
        session = self._session
        chosen = operating.point_of(session)
        parts: list[Content] = [Content.styled("policy ", "dim")]
        spots = []
        left = len("policy ")
        for policy in operating.policies(session.run):
            name = wording.policy(session, policy)
            here = policy == chosen
            shown = content(f"▸{name}" if here else f" {name}", "bold" if here else "")
            spots.append((left, left + shown.cell_length, policy))
            left += shown.cell_length + 2
            parts += [shown, Content("  ")]
        self._spots = tuple(spots)
        tested = board.tested(session)
        room = self.size.width - left
        if tested and room >= cells(tested):
            parts.append(Content(" " * (room - cells(tested))))
            parts.append(content(tested, "dim"))
        say(self, Content("").join(parts))

    def on_click(self, event: Click) -> None:
        """Choose the policy under the pointer."""
        for left, right, policy in self._spots:
            if event.y == 0 and left <= event.x < right:
                event.stop()
                self.post_message(PolicyChosen(policy))
                return


class BoardView(View, Reading, ArmList, Sized):
    """The board, the matrices of its arms, the verdict in one sentence."""

    NAME = "board"
    TITLE = "Board"
    SHORT = 14
    COMMANDS: ClassVar = READING
    LOOKED = "results"
    MORE = "verdict"
    HELP = """
    ## The board

    One line per arm, the fewest missed positives first. `recall` is what was found,
    with its 95 % interval; AP and Brier need no threshold. Below: a matrix per arm, `▶`
    marks the missed positives; then what the comparison supports.

    `↑` `↓` focus an arm, `←` `→` move its threshold (`shift` or `<` `>` by bigger
    steps, `0` back), `n` `N` read all arms at another operating point. `*` marks a
    threshold that was moved.
    """

    def compose(self) -> ComposeResult:
        """Lay out policies, board, matrices and verdict."""
        yield PolicyLine(id="board-policy")
        yield Rows(
            board.COLUMNS,
            id="board-arms",
            empty="No results yet: r runs the experiment.",
        )
        yield ChartView(id="board-matrices")
        yield Static(id="board-about")
        yield Static(id="board-verdict")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if not changed(session, before):
            return
        rows = operating.rows(session)
        row = focused_row(session, rows)
        line = self.query_one(PolicyLine)
        there(line, bool(rows))
        line.put(session)
        focused = row.name if row else None
        self.query_one(Rows).update_items(board.items(session, rows), focused)
        labels = operating.labels(session.run)
        chart = self.query_one(ChartView)
        there(chart, bool(rows))
        chart.show(
            board.matrices(rows, labels, focused, several=True),
            board.key_of(rows, labels, focused),
        )
        said = board.about(session, row)
        about = self.query_one("#board-about", Static)
        there(about, bool(said.plain))
        say(about, said)
        verdict = self.query_one("#board-verdict", Static)
        there(verdict, bool(rows))
        say(verdict, board.headline(session))
        self.rebind(session, before)

    def copied(self) -> Copied:
        """Return the board as text."""
        return Copied(self.query_one(Rows).as_text(), "the board")


class MatricesView(View, Reading, can_focus=True):
    """A confusion matrix per arm, as many as fit."""

    NAME = "matrices"
    TITLE = "Matrices"
    COMMANDS: ClassVar = (*READING, *ARMS)
    HELP = """
    ## Confusion matrices

    Rows are what a row is, columns what the arm said. Each cell has its count and its
    share of the row, which also shades it; `▶` marks the missed positives, `▸` the
    focused arm. `↑` `↓` focus another arm and turn the page, `←` `→` move its
    threshold.
    """

    def compose(self) -> ComposeResult:
        """Lay out policies and matrices."""
        yield PolicyLine()
        yield ChartView()
        yield Static(id="matrices-about")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if not changed(session, before):
            return
        rows = operating.rows(session)
        row = focused_row(session, rows)
        line = self.query_one(PolicyLine)
        there(line, bool(rows))
        line.put(session)
        labels = operating.labels(session.run)
        focused = row.name if row else None
        self.query_one(ChartView).show(
            board.matrices(rows, labels, focused, several=True),
            board.key_of(rows, labels, focused, "several"),
        )
        said = board.about(session, row)
        say(self.query_one("#matrices-about", Static), said)
        self.rebind(session, before)

    def copied(self) -> Copied:
        """Return the matrices as text."""
        return Copied(self.query_one(ChartView).plain, "the matrices")
