"""The training rows before and after the highlighted arm."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final, Literal, TypeAlias

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from engine.client.lab import Treat, TreatedRows
from engine.client.messages import ColumnInfo
from tui.charts.column import column_change
from tui.charts.distribution import class_bars_before_after
from tui.charts.scatter import SIDES, Side, treated_points
from tui.charts.view import ChartView, Draw
from tui.commands import Command
from tui.lab import treat
from tui.panes import wording
from tui.panes.arms_seen import TreatedView, has_classes, head, missing, remarks
from tui.panes.base import Sized, say, there, words
from tui.safe_text import clip
from tui.screens.columns import PickColumn
from tui.session import Session

Kind: TypeAlias = Literal["points", "classes", "column"]
_MOST_BARS: Final = 4
KINDS: Final[tuple[Kind, ...]] = ("points", "column", "classes")
_SIDE_WORDS: Final[dict[Side, str]] = {
    "before": "before",
    "after": "after",
    "change": "added and dropped",
}


class PreviewView(TreatedView, Sized, can_focus=True):
    """Classes, points and a column before and after the highlighted arm."""

    NAME = "preview"
    TITLE = "Before and after"
    SHORT = 13
    ROOMY = 22
    COPIED, COPIES = "the picture", "#preview-head, #preview-picture"
    COMMANDS: ClassVar = (
        Command(
            "arms.side",
            "s",
            "Before, after, or what changed",
            "before/after",
            "turn",
            when=has_classes,
        ),
        Command(
            "arms.draw",
            "d",
            "Points, a column, or the classes",
            "draw",
            when=has_classes,
        ),
        Command("arms.axes", "c", "Choose what is drawn", when=has_classes),
        Command("arms.components", "m", "Principal components", when=has_classes),
        Command("arms.class", "n", "Next class", action="next_class", when=has_classes),
    )

    _side: Side = "after"
    _kind: Kind = "points"
    _axes: tuple[str, str] | None = None
    _column: str | None = None
    _label: str | None = None

    def compose(self) -> ComposeResult:
        """Lay out what is said and the pictures."""
        yield Static(id="preview-head")
        yield ChartView(id="preview-bars")
        yield Static(id="preview-side")
        yield ChartView(id="preview-picture")
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
        return treat(self.arm, self._axes if known else None, column)

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
        top, side, below = (
            self.query_one(f"#preview-{name}", Static)
            for name in ("head", "side", "remarks")
        )
        picture = self.query_one("#preview-picture", ChartView)
        bars = self.query_one("#preview-bars", ChartView)
        for widget in (side, bars):
            there(widget, rows is not None)
        if rows is None:
            reason, fix = missing(session, arm)
            there(below, False)
            there(top, refused is not None)
            if refused is not None:
                say(top, wording.refusal(reason, fix))
            picture.show(words("" if refused is not None else reason))
            return
        said = remarks(rows)
        if refused is not None:
            # What is drawn is older: the columns asked for now cannot be seen.
            why = wording.refusal(refused.message, refused.fix)
            said = wording.lines([why, said])
        there(top, True)
        there(below, bool(said.plain))
        say(top, head(rows, arm))
        say(side, self._choices(rows))
        say(below, said)
        kind = "classes" if self._cramped else self._kind
        there(bars, kind != "classes")
        bars.styles.height = 2 * min(len(rows.before), _MOST_BARS) + 3
        bars.show(self._picture(rows, "classes"))
        picture.show(self._picture(rows, kind))

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

    def _choices(self, rows: TreatedRows) -> Content:
        """Return which picture of which side is seen, and what `s` turns to."""
        if self._cramped:
            return Content.assemble(
                ("rows by class", "bold"), ("  z: points, on the whole screen", "dim")
            )
        if self._kind == "points":
            sides = Content("  ").join(
                Content.styled(f"▸{_SIDE_WORDS[side]}", "bold")
                if side == self._side
                else Content.styled(f" {_SIDE_WORDS[side]}", "dim")
                for side in SIDES
            )
            return Content.assemble(sides, ("    c: axes", "dim"))
        if self._kind == "classes":
            return Content.styled("rows by class, before and after", "bold")
        label = self._shown_label(rows)
        more = "  n: next class  c: column" if len(rows.before) > 1 else "  c: column"
        name = clip(self._shown_column() or "", 24)
        return Content.assemble(
            (f"{name} in class {clip(label, 16)}", "bold"), (more, "dim")
        )

    @property
    def _positive(self) -> str | None:
        table = self.session.load.table
        return table.positive if table is not None else None

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
        if self._kind != "points":
            self._kind = "points"
        else:
            self._side = SIDES[(SIDES.index(self._side) + 1) % len(SIDES)]
        self._show()

    def action_draw(self) -> None:
        """Turn to the next kind of picture."""
        self._kind = KINDS[(KINDS.index(self._kind) + 1) % len(KINDS)]
        self.ask()
        self._show()

    def action_next_class(self) -> None:
        """Draw the column in another class."""
        rows = self.session.lab.of(self.arm)
        if rows is None or self._kind != "column":
            return
        labels = [*rows.before]
        label = self._shown_label(rows)
        self._label = labels[(labels.index(label) + 1) % len(labels)]
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
                done = partial(self._take_axes, first)
                self.app.push_screen(PickColumn("up", rest), done)

        self.app.push_screen(PickColumn("across", columns), across)

    def _take_axes(self, across: str, up: str | None) -> None:
        if up is not None:
            self._see_points((across, up))

    def _take_column(self, name: str | None) -> None:
        if name is not None:
            self._column = name
            self.ask()
            self._show()

    def action_components(self) -> None:
        """Draw principal components again."""
        self._see_points(None)

    def _see_points(self, axes: tuple[str, str] | None) -> None:
        self._axes, self._kind = axes, "points"
        self.ask()
        self._show()


def _features(session: Session) -> list[ColumnInfo]:
    table = session.load.table
    return [c for c in table.columns if c.role == "feature"] if table else []


def _numbers(session: Session) -> list[ColumnInfo]:
    """Return the columns that can be an axis."""
    return [c for c in _features(session) if c.kind in ("number", "integer")]
