"""The results as pictures: the board with its matrices, and the matrices alone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Static

from tui.charts.view import ChartView
from tui.panes import board, operating
from tui.panes.base import Copied, View
from tui.panes.choosing import ClassLine, PolicyLine
from tui.panes.layout import ArmList, Sized, say, there
from tui.panes.reading import ARMS, READING, Reading, focused_row
from tui.session import Session
from tui.widgets.rows import Rows, VariedRows

__all__ = ["BoardView", "ClassLine", "MatricesView", "PolicyLine", "changed"]

_MOST_VERDICT, _SHORT_VERDICT = 3, 2
"""Lines of the verdict's sentence, as the style sheet has them."""


def changed(session: Session, before: Session | None) -> bool:
    """Tell whether a picture of the results must be drawn again."""
    return (
        before is None
        or before.run is not session.run
        or before.view is not session.view
    )


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
    marks the missed positives; then what the comparison supports. `✓` stands behind the
    arm that is recommended, `!` where there is a remark about the threshold.

    `↑` `↓` focus an arm, `←` `→` move its threshold (`shift` or `<` `>` by bigger
    steps, `0` back), `n` `N` read all arms at another operating point. `*` marks a
    threshold that was moved.

    Of more than two classes the missed rows are those of the class in focus, `▸`; `c`
    `C` choose another. Behind them stands the recall of each class, the rarest first,
    and their mean (macro). A row is called the class whose probability times its weight
    is the largest: the operating point chooses the weights.
    """

    def compose(self) -> ComposeResult:
        """Lay out policies, board, matrices and verdict."""
        yield PolicyLine(id="board-policy")
        yield VariedRows(
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
        self.query_one(VariedRows).put(board.table(session, rows), focused)
        labels = operating.names(session)
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
        there(self.query_one("#board-verdict"), bool(rows))
        self._say_verdict()
        self.rebind(session, before)

    def on_resize(self, event: Resize) -> None:
        """Cut the verdict where there is no room for all of it."""
        super().on_resize(event)
        self._say_verdict()

    def _say_verdict(self) -> None:
        verdict = self.query_one("#board-verdict", Static)
        most = _SHORT_VERDICT if self.has_class("-short") else _MOST_VERDICT
        said = board.headline(self.session)
        say(verdict, board.cut(said, self.size.width, most))

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

    Of more than two classes `▶` marks the greatest mistake of each row and `▸` the
    class in focus; `c` `C` choose another. More than eight are listed by what is taken
    for what.
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
        labels = operating.names(session)
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
