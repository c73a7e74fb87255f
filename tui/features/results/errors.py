"""The rows that the focused arm gets wrong, or where its misses are."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.explain import KINDS, ErrorRow, ErrorRows, GroupsShown, RowsShown
from engine.core.views import errors as view
from tui.features import wording
from tui.features.messages import ViewChosen
from tui.features.pane import there, turn
from tui.features.questions import Question
from tui.features.results import reasons
from tui.features.results.explain import state_of
from tui.features.results.state import ErrorQuery
from tui.features.session import Session
from tui.terminal.safe_text import clean, clip, content
from tui.text.grid import draw
from tui.widgets.prose import as_content
from tui.widgets.rows import Rows
from tui.widgets.sheet import Sheet

_LONGEST_CELL = 400


class ErrorsView(reasons.ExplainedView):
    """A page of rows, or a line per level of a column."""

    NAME = "errors"
    SHORT = 14
    COPIED = "the rows"
    COMMANDS: ClassVar = reasons.KEYS

    _put: RowsShown | None = None
    _like: ErrorRows | None = None

    def compose(self) -> ComposeResult:
        """Lay out what is listed, the rows or the levels, and the cell in full."""
        yield Static(id="errors-head")
        yield Static(id="errors-only")
        yield Sheet(id="errors-rows")
        yield Rows((), id="errors-levels")
        yield Static(id="errors-foot")

    # Drawing -----------------------------------------------------------------------

    def draw(self, session: Session) -> None:
        """Ask for what is looked at, and draw what is known of it."""
        if self._choice.by is not None:
            self.ask(reasons.groups(session))
            self._show_groups(session)
        else:
            self.ask(reasons.rows(session))
            self._show_rows(session)
        self.refresh_bindings()

    def _show_rows(self, session: Session) -> None:
        slot, wish = state_of(session).rows, reasons.rows(session)
        shown, question = slot.answer, slot.answered
        # While another page of the same rows comes, this one stays.
        fits = wish is not None and question is not None and _same(question, wish)
        refused = slot.problem is not None and not slot.pending
        if shown is None or not fits or refused:
            self._say_nothing(session, slot)
            return
        at = wording.point_text(session, shown.at)
        only = filters(self._choice, shown, reasons.against(session))
        self.tell(head=head(shown, at), only=only)
        sheet = self.query_one(Sheet)
        self._lay_out(sheet if shown.total else None)
        if self._put is not shown:
            self._put = shown
            other = self._like is None or wish is None or not _same(self._like, wish)
            self._like = wish
            columns, cells = table(shown)
            sheet.put(columns, shown.start, shown.total, cells)
            if other:
                sheet.action_edge(-1)
        if shown.total:
            self._show_cell()
        else:
            self.tell(foot=Content("There are no such rows."))

    def _show_groups(self, session: Session) -> None:
        slot, wish = state_of(session).groups, reasons.groups(session)
        shown = slot.answer
        if shown is None or slot.answered != wish or slot.problem is not None:
            self._say_nothing(session, slot)
            return
        levels = self.query_one(Rows)
        self._lay_out(levels)
        levels.show_table(view.levels(shown))
        head = group_head(shown, wording.point_text(session, shown.at))
        foot = ranked(shown, self.content_size.width)
        self.tell(head=head, only=Content(""), foot=foot)

    def _say_nothing(self, session: Session, slot: Question[Any, Any]) -> None:
        """Say why there is nothing to be seen, or what is done for it."""
        why = reasons.why_not(session)
        self._lay_out(None)
        self._put = None
        arm = reasons.current_arm(session) if slot.problem is not None else None
        foot = Content.styled(why, "dim") if why else reasons.waiting(slot)
        head = content(clip(arm or "", 24), "bold")
        self.tell(head=head, only=Content(""), foot=foot)

    def _lay_out(self, shown: Sheet | Rows | None) -> None:
        """Show the rows, the levels or neither; the focus goes with them."""
        wanted, inside = shown or self, self.has_focus_within
        for one in (self.query_one(Sheet), self.query_one(Rows)):
            there(one, one is shown)
        # Something must have the focus for the view's keys to work.
        self.can_focus = shown is None
        if inside and not wanted.has_focus:
            self.call_after_refresh(self.screen.set_focus, wanted)

    def _show_cell(self) -> None:
        """Show the cell under the cursor in full."""
        sheet, row = self.query_one(Sheet), self._row
        if sheet.column is None or row is None:
            self.tell(foot=Content("…" if self._put is not None else ""))
            return
        known = "missing" if sheet.cell is None else sheet.cell
        cell, column = content(known, width=_LONGEST_CELL), clip(sheet.column, 40)
        label = f"  actual {clip(row.label, 20)}, predicted {clip(row.predicted, 20)}"
        head = Content.assemble((f"row {row.number:,}", "bold"), (label, "dim"))
        full = Content.assemble(head, "  ", (column, "bold"), "  ", cell)
        # The first cell is the row's number.
        self.tell(foot=full if sheet.cursor[1] else head)

    @property
    def _row(self) -> ErrorRow | None:
        """The row under the cursor, if it is held."""
        if self._put is None:
            return None
        place = self.query_one(Sheet).cursor[0] - self._put.start
        rows = self._put.rows
        return rows[place] if 0 <= place < len(rows) else None

    # What the user does ------------------------------------------------------------

    @on(Sheet.Wanted)
    def _wanted(self, event: Sheet.Wanted) -> None:
        event.stop()
        if self._put is not None and event.start != self._choice.start:
            self.choose(start=event.start)

    @on(Sheet.Moved)
    def _moved(self, event: Sheet.Moved) -> None:
        event.stop()
        self._show_cell()

    @on(Rows.Highlighted)
    def _highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()

    @on(Rows.Chosen)
    def _level_chosen(self, event: Rows.Chosen) -> None:
        """List the rows of a level."""
        event.stop()
        if (shown := self._grouped) is not None and shown.column is not None:
            level = shown.levels[int(event.key)].level
            self.choose(by=None, where=(shown.column, level), start=0)

    def action_kind(self, step: int) -> None:
        """List rows of another kind."""
        self.choose(kind=turn(KINDS, self._choice.kind, step), start=0)

    def action_errors_apart(self) -> None:
        """Go through the other arms, and back to all rows."""
        arms = [*reasons.others(self.session), None]
        self.choose(against=turn(arms, reasons.against(self.session)), start=0)

    def action_errors_order(self) -> None:
        """List the other end first."""
        self.choose(best=not self._choice.best, start=0)

    def action_errors_all(self) -> None:
        """List all rows of the kind."""
        self.choose(where=None, against=None, start=0)

    def action_errors_by(self) -> None:
        """Count by the column under the cursor, or go back to the rows."""
        if self._choice.by is not None:
            self.choose(by=None)
            return
        sheet, put = self.query_one(Sheet), self._put
        column = next(iter(reasons.columns(self.session)), None)
        inside = put and put.total and sheet.cursor[1] >= LEAD + len(put.others)
        if put is not None and inside and sheet.column != put.target:
            column = sheet.column
        if column is not None:
            self.choose(by=column)

    def action_column(self, step: int) -> None:
        """Count by another column; those where misses stand out come first."""
        if (shown := self._grouped) is None:
            return
        ranked = (one.column for one in shown.ranking)
        order = list(dict.fromkeys([*ranked, *shown.columns]))
        here = order.index(shown.column) if shown.column in order else -1
        if order:
            self.choose(by=order[(here + step) % len(order)])

    def action_errors_why(self) -> None:
        """Take the row's score apart."""
        if (row := self._row) is not None:
            self.choose(row=row.number)
            self.post_message(ViewChosen("results", "reasons"))

    @property
    def _choice(self) -> ErrorQuery:
        return reasons.choice_of(self.session)

    @property
    def _grouped(self) -> GroupsShown | None:
        return state_of(self.session).groups.answer


def _same(one: ErrorRows, other: ErrorRows) -> bool:
    """Tell whether two questions are about pages of the same rows."""
    replace = msgspec.structs.replace
    return replace(one, start=0, count=0) == replace(other, start=0, count=0)


LEAD: Final = 2
"""Columns before those of other arms: the row's number, and its score."""
_MOST_NAME: Final = 20


def head(shown: RowsShown, at: str) -> Content:
    """Say whose rows these are, and how many."""
    style = "bold $text-error" if view.is_wrong(shown.kind) else "bold"
    counted = (clean(view.count_text(shown)), style)
    if shown.threshold is not None:
        at = f"{at}  threshold {figures.threshold(shown.threshold)}"
    name = (clip(shown.arm, _MOST_NAME), "bold")
    return Content.assemble(name, "  ", counted, (f"  {at}", "dim"))


def filters(choice: ErrorQuery, shown: RowsShown, other: str | None) -> Content:
    """Say which of the rows are listed, and in what order."""
    where = choice.where[0] if choice.where is not None else ""
    only, order = view.selection_text(
        shown, where=where, against=other, best=choice.best
    )
    parts = (only, order, "" if only else view.disagreement_text(shown))
    return content("  ·  ".join(filter(None, parts)), "" if only else "dim")


def table(
    shown: RowsShown,
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    """Return columns and cells of a sheet: the row's number, its scores, its cells."""
    made, lead = view.rows(shown), LEAD + len(shown.others)
    columns = (*(one.title for one in made.columns[:lead]), *shown.columns)
    pairs = zip(made.rows, shown.rows, strict=True)
    cells = ((*(c.text for c in one.cells[:lead]), *row.cells) for one, row in pairs)
    return columns, tuple(cells)


# Groups ------------------------------------------------------------------------------


def group_head(shown: GroupsShown, at: str) -> Content:
    """Say whose misses are counted, and by what."""
    arm, column = (clip(name or "", _MOST_NAME) for name in (shown.arm, shown.column))
    missed = f"\n{clean(view.missed_text(shown))}"
    name = Content.assemble((arm, "bold"), " by ", (column, "bold"))
    return Content.assemble(name, (f"  {at}", "dim"), missed)


def ranked(shown: GroupsShown, width: int) -> Content:
    """Say what is not listed, and in which columns the misses stand out."""
    notes = [content(note, "dim") for note in view.levels(shown).notes]
    found = as_content(draw(view.ranking(shown), width), width)
    return wording.lines([*notes, found])
