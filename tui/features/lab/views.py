"""The training rows before and after the highlighted arm, as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final, Literal, TypeAlias

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Static

from engine.core.lab import Treat, TreatedRows
from engine.core.messages import ColumnInfo
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from tui.charts.bars import class_bars_before_after
from tui.charts.column import column_change
from tui.charts.pointing import Pointing, fit_items
from tui.charts.scatter import SIDES, Group, Side, groups_at, treated_points
from tui.charts.view import ChartView, Draw, Mark
from tui.features import wording
from tui.features.commands import Command, crossing, turn
from tui.features.dialogs import PickColumn
from tui.features.lab import words as lab
from tui.features.lab.state import BalanceDialogRequested, LeakScreenRequested
from tui.features.lab.words import missing, treated_head, treated_remarks
from tui.features.messages import Notice
from tui.features.pane import SessionWidget, Sized, View, say, there, words
from tui.features.questions import Ask
from tui.features.session import Session
from tui.terminal.safe_text import clip, content

PAUSE: Final = 0.2
"""Seconds that an arm is looked at before its treatment is asked for."""


def has_classes(session: Session) -> bool:
    """Tell whether an arm can be tried on the open table."""
    return not lab.why_not(session)


def _two(session: Session) -> bool:
    table = session.load.table
    return has_classes(session) and table is not None and len(table.train) == 2


TRIALS: Final = (
    Command(
        "arms.balance",
        "W",
        "Write the balanced training table",
        "write rows",
        when=has_classes,
    ),
    Command(
        "arms.leak",
        "L",
        "Show the leak: resampled before the split",
        "leak",
        when=_two,
    ),
)
"""What can be tried with the highlighted arm, wherever it is looked at."""


class Trying(SessionWidget):
    """Mixed into what an arm can be tried from, beside training it."""

    def action_balance(self) -> None:
        """Ask where the balanced training table is to be written."""
        arm = lab.current_arm(self.session)
        if arm.steps:
            self.post_message(BalanceDialogRequested(arm))
        else:
            text = "It resamples nothing: choose an arm that adds or drops rows."
            self.post_message(Notice(text, arm.name))

    def action_leak(self) -> None:
        """Show the wrong way beside the right one, with SMOTE if nothing is treated."""
        arm = lab.current_arm(self.session)
        self.post_message(
            LeakScreenRequested(arm if arm.steps else grammar.parse("smote"))
        )


class TreatedView(View):
    """A view of what the highlighted arm does to the training rows."""

    _timer: Timer | None = None

    @property
    def arm(self) -> Arm:
        """The arm that is looked at."""
        return lab.current_arm(self.session)

    def wanted(self) -> Treat:
        """Return what is to be seen of it."""
        return lab.treat(self.arm)

    def enough(self, asked: Treat) -> bool:
        """Tell whether an older question is as good as what is wanted now."""
        return asked == self.wanted()

    def _lacks(self) -> bool:
        """Tell whether something is still to be asked."""
        question = self.session.lab.treat.request
        known = question is not None and self.enough(question)
        return not known and has_classes(self.session)

    def ask(self) -> None:
        """Ask for what is wanted, once the user stays with it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._lacks():
            self._timer = self.set_timer(PAUSE, self._send)

    def _send(self) -> None:
        self._timer = None
        if self.seen and self._lacks():
            self.post_message(Ask("lab.treat", self.wanted()))


# Before and after -------------------------------------------------------------------

Kind: TypeAlias = Literal["points", "classes", "column"]
_MOST_BARS: Final = 4
KINDS: Final[tuple[Kind, ...]] = ("points", "column", "classes")
_SIDE_WORDS: Final[dict[Side, str]] = {
    "before": "before",
    "after": "after",
    "change": "added and dropped",
}


_do = partial(Command, when=has_classes)


_HINT: Final = "arrow keys or the mouse read the points"


class PreviewView(TreatedView, Sized, Pointing, can_focus=True):
    """Classes, points and a column before and after the highlighted arm."""

    NAME = "preview"
    TITLE = "Before and after"
    SHORT = 13
    ROOMY = 22
    COPIED, COPIES = "the picture", "#preview-head, #preview-picture"
    COMMANDS_HERE: ClassVar = (
        _do("arms.side", "a", "Before, after, or what changed", "before/after", "turn"),
        _do("arms.draw", "t", "Points, a column, or the classes", "draw"),
        _do("arms.axes", "c", "Choose what is drawn"),
        _do("arms.components", "m", "Principal components"),
        _do("arms.class", "n", "Next class", action="next_class"),
        *crossing("arms", has_classes, plane=True),
    )

    _side: Side = "after"
    _kind: Kind = "points"
    _axes: tuple[str, str] | None = None
    _column: str | None = None
    _label: str | None = None

    def compose(self) -> ComposeResult:
        """Lay out texts and pictures."""
        yield Static(id="preview-head")
        yield ChartView(id="preview-bars")
        yield Static(id="preview-side")
        yield ChartView(id="preview-picture")
        yield Static(id="preview-read")
        yield Static(id="preview-remarks")

    def on_resize(self, event: Resize) -> None:
        """Draw what there is room for."""
        super().on_resize(event)
        if self._drawn is not None:
            self._show()

    @property
    def _cramped(self) -> bool:
        """Whether points are wanted, and there is no room for them."""
        return self._kind == "points" and self.size.height < self.SHORT

    def show(self, session: Session, before: Session | None) -> None:
        """Ask for the highlighted arm and draw what is known of it."""
        self.ask()
        self._show()

    def wanted(self) -> Treat:
        """Return the highlighted arm, on the chosen axes."""
        column = self._shown_column() if self._kind == "column" else None
        numbers = {one.name for one in _numbers(self.session)}
        known = self._axes is not None and numbers.issuperset(self._axes)
        return lab.treat(self.arm, self._axes if known else None, column)

    def enough(self, asked: Treat) -> bool:
        """Tell whether an older question is as good: one with a column has the rest."""
        wanted = self.wanted()
        same = (asked.arm, asked.axes) == (wanted.arm, wanted.axes)
        return same and wanted.column in (None, asked.column)

    # Drawing -----------------------------------------------------------------------

    def _show(self) -> None:
        session, arm = self.session, self.arm
        rows = session.lab.of(arm)
        refused = session.lab.problem_of(arm)
        bars, picture = self.query(ChartView)
        for widget in (self.query_one("#preview-side"), bars):
            there(widget, rows is not None)
        there(self.query_one("#preview-read"), rows is not None and self._dotted)
        why = wording.refusal(refused.message, refused.fix) if refused else Content("")
        if rows is None:
            reason, _ = missing(session, arm)
            self.tell(head=why, remarks=Content(""))
            picture.show(words("" if refused is not None else reason))
            return
        # What is drawn is older if the columns asked for now cannot be seen.
        notes = [text for text in (why, treated_remarks(rows)) if text.plain]
        head, side = treated_head(rows, arm), self._choices(rows)
        self.tell(head=head, side=side, remarks=wording.lines(notes))
        kind = "classes" if self._cramped else self._kind
        there(bars, kind != "classes")
        bars.styles.height = 2 * min(len(rows.before), _MOST_BARS) + 3
        bars.show(self._picture(rows, "classes"))
        picture.show(self._picture(rows, kind))
        self.read()

    def _picture(self, rows: TreatedRows, kind: Kind) -> Draw:
        positive = self._positive
        if kind == "classes":
            bars = partial(class_bars_before_after, positive=positive)
            return partial(bars, rows.before, rows.after, rows.synthetic)
        if kind == "points":
            return partial(treated_points, rows, self._side, positive=positive)
        if rows.column != self._shown_column():
            return words("…" if self.session.lab.treat.pending else "")
        return partial(column_change, rows, self._shown_label(rows))

    @property
    def _dotted(self) -> bool:
        """Whether points are drawn, which can be read."""
        return self._kind == "points" and not self._cramped

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the crosshair where there are points."""
        shown = action != "cross" or self._dotted
        return shown and super().check_action(action, parameters)

    def read(self) -> None:
        """Mark the cell that is pointed at, and say what is in it."""
        chart = self.query_one("#preview-picture", ChartView)
        rows, text = self.session.lab.of(self.arm), content(_HINT, "dim")
        marks = list[Mark]()
        if self.pointed and rows and self._dotted and (area := chart.area):
            at = self.pointed.x, self.pointed.y
            marks = [Mark(*at, pointed=True)]
            found = groups_at(rows, self._side, area, at, self._positive)
            line = fit_items(*_read(rows.axes, found, at), self.size.width or 1000)
            text = content(line)
        chart.mark(*marks)
        say(self.query_one("#preview-read", Static), text)

    def _choices(self, rows: TreatedRows) -> Content:
        """Return which picture of which side is seen, and what `s` turns to."""
        if self._cramped:
            why = ("  Z: points, on the whole screen", "dim")
            return Content.assemble(("rows by class", "bold"), why)
        if self._kind == "points":
            sides = [_SIDE_WORDS[side] for side in SIDES]
            shown = wording.mark(sides, [SIDES.index(self._side)])
            return Content.assemble(shown, ("    c: axes", "dim"))
        if self._kind == "classes":
            return Content.styled("rows by class, before and after", "bold")
        label = self._shown_label(rows)
        more = "  n: next class  c: column" if len(rows.before) > 1 else "  c: column"
        name = f"{clip(self._shown_column() or '', 24)} in class {clip(label, 16)}"
        return Content.assemble((name, "bold"), (more, "dim"))

    @property
    def _positive(self) -> str | None:
        return self.session.load.table.positive if self.session.load.table else None

    def _shown_label(self, rows: TreatedRows) -> str:
        """Return the class whose distribution is drawn: the rare one at first."""
        for label in (self._label, self._positive):
            if label in rows.before:
                return label
        return min(rows.before, key=lambda label: (rows.before[label], label))

    def _shown_column(self) -> str | None:
        """Return the column whose distribution is drawn: the first at first."""
        known = [*_numbers(self.session), *_features(self.session)]
        names = [one.name for one in known]
        return self._column if self._column in names else next(iter(names), None)

    # Commands ----------------------------------------------------------------------

    def action_turn(self) -> None:
        """Turn to the next side."""
        if self._kind == "points":
            self._side = turn(SIDES, self._side)
        self._kind = "points"
        self._show()
        self.refresh_bindings()

    def action_draw(self) -> None:
        """Turn to the next kind of picture."""
        self._see(turn(KINDS, self._kind), self._axes)

    def action_next_class(self) -> None:
        """Draw the column in another class."""
        rows = self.session.lab.of(self.arm)
        if rows is not None and self._kind == "column":
            self._label = turn([*rows.before], self._shown_label(rows))
            self._show()

    def action_axes(self) -> None:
        """Ask for the axes, or for the column."""
        if self._kind == "column":
            features = _features(self.session)
            self.app.push_screen(PickColumn("shown", features), self._take_column)
            return
        columns = _numbers(self.session)
        if len(columns) < 2:
            self.notify("there are fewer than two number columns to draw")
            return

        def across(first: str | None) -> None:
            if first is not None:
                rest = [c for c in columns if c.name != first]
                self.app.push_screen(PickColumn("up", rest), partial(up, first))

        def up(first: str, second: str | None) -> None:
            if second is not None:
                self._see("points", axes=(first, second))

        self.app.push_screen(PickColumn("across", columns), across)

    def _take_column(self, name: str | None) -> None:
        if name is not None:
            self._column = name
            self._see("column", self._axes)

    def action_components(self) -> None:
        """Draw principal components again."""
        self._see("points", axes=None)

    def _see(self, kind: Kind, axes: tuple[str, str] | None) -> None:
        self._kind, self._axes, self.pointed = kind, axes, None
        self.ask()
        self._show()
        self.refresh_bindings()


def _read(
    axes: tuple[str, str], found: Sequence[Group], at: tuple[float, float]
) -> tuple[str, list[str]]:
    """Return what rows are in a cell, and their values on both axes."""
    points = [point for one in found for point in one.points] or [at]
    items = []
    for name, values in zip(axes, zip(*points, strict=True), strict=True):
        ends = dict.fromkeys(f"{end:.4g}" for end in (min(values), max(values)))
        items.append(f"{clip(name, 24)} {' to '.join(ends)}")
    texts = []
    for marker, label, kind, some in found:
        many = f"{len(some)} of " if len(points) > 1 else ""
        what = f"{marker} {many}class {clip(label, 16)}"
        texts.append(f"{what}, {kind}" if kind else what)
    if not found:
        return "no row here", items
    return "  ".join(texts), items


def _features(session: Session) -> list[ColumnInfo]:
    table = session.load.table
    return [c for c in table.columns if c.role == "feature"] if table else []


def _numbers(session: Session) -> list[ColumnInfo]:
    """Return the columns that can be an axis."""
    return [c for c in _features(session) if c.kind in ("number", "integer")]
