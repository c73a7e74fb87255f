"""The rows that the focused arm gets wrong, or where its misses are."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.explain import ErrorRow, ErrorRows, GroupsShown, RowsShown
from tui.explain import (
    KINDS,
    Choice,
    ExplainRequested,
    state_of,
    wanting,
)
from tui.messages import ViewChosen
from tui.panes import errors_words, results_wishes, wording
from tui.panes.base import Copied
from tui.panes.layout import there
from tui.panes.operating import class_of
from tui.safe_text import clip, content
from tui.session import Session
from tui.widgets.rows import Rows
from tui.widgets.sheet import Sheet

_LONGEST_CELL = 400


class ErrorsView(results_wishes.ExplainedView):
    """A page of rows, or a line per level of a column."""

    NAME = "errors"
    TITLE = "Errors"
    SHORT = 14
    HELP = "Errors"
    COMMANDS: ClassVar = results_wishes.KEYS

    _put: RowsShown | None = None
    _like: ErrorRows | None = None

    def compose(self) -> ComposeResult:
        """Lay out what is listed, the rows or the levels, and the cell in full."""
        yield Static(id="errors-head")
        yield Static(id="errors-only")
        yield Sheet(id="errors-rows")
        yield Rows(errors_words.LEVELS, id="errors-levels")
        yield Static(id="errors-foot")

    # Drawing -----------------------------------------------------------------------

    def draw(self, session: Session) -> None:
        """Ask for what is looked at, and draw what is known of it."""
        grouped = results_wishes.choice_of(session).by is not None
        wish: Any = (results_wishes.groups if grouped else results_wishes.rows)(session)
        wanted = wanting(session, wish)
        if wanted is not None:
            self.post_message(ExplainRequested(wanted))
        if grouped:
            self._show_groups(session)
        else:
            self._show_rows(session)
        self.refresh_bindings()

    def _show_rows(self, session: Session) -> None:
        slot, wish = state_of(session).rows, results_wishes.rows(session)
        shown = slot.answer
        asked = slot.answered
        # While another page of the same rows comes, this one stays.
        fits = wish is not None and asked is not None and _same(asked, wish)
        if shown is None or not fits:
            self._say_nothing(session, slot.problem is not None)
            return
        if slot.problem is not None and not slot.pending:
            self._say_nothing(session, True)
            return
        policy = wording.policy(session, shown.policy)
        self.tell(
            head=errors_words.head(shown, policy, class_of(session)),
            only=errors_words.filters(
                self._choice, shown, results_wishes.against(session)
            ),
        )
        sheet = self.query_one(Sheet)
        self._lay_out(rows=bool(shown.total), levels=False)
        if self._put is not shown:
            self._put = shown
            other = self._like is None or wish is None or not _same(self._like, wish)
            self._like = wish
            columns, cells = errors_words.table(shown)
            sheet.put(columns, shown.start, shown.total, cells)
            if other:
                sheet.action_edge(-1)
        if shown.total:
            self._show_cell()
        else:
            self.tell(foot=Content("There is no such row."))

    def _show_groups(self, session: Session) -> None:
        slot, wish = state_of(session).groups, results_wishes.groups(session)
        shown = slot.answer
        if shown is None or slot.answered != wish or slot.problem is not None:
            self._say_nothing(session, slot.problem is not None)
            return
        policy, klass = wording.policy(session, shown.policy), class_of(session)
        self._lay_out(rows=False, levels=True)
        self.query_one(Rows).update_items(errors_words.level_items(shown.levels))
        self.tell(
            head=errors_words.group_head(shown, policy, klass),
            only=Content(""),
            foot=errors_words.ranking(shown),
        )

    def _say_nothing(self, session: Session, refused: bool) -> None:
        """Say why there is nothing to be seen, or what is done for it."""
        state = state_of(session)
        slot = state.rows if state.choice.by is None else state.groups
        why = results_wishes.why_not(session)
        self._lay_out(rows=False, levels=False)
        self._put = None
        arm = results_wishes.looked_at(session)
        self.tell(
            head=content(clip(arm or "", 24), "bold") if refused else Content(""),
            only=Content(""),
            foot=Content.styled(why, "dim") if why else results_wishes.waiting(slot),
        )

    def _lay_out(self, *, rows: bool, levels: bool) -> None:
        """Show the rows, the levels or neither; the focus goes with them."""
        sheet, listed = self.query_one(Sheet), self.query_one(Rows)
        inside = self.has_focus_within
        there(sheet, rows)
        there(listed, levels)
        # Something must have the focus for the view's keys to work.
        self.can_focus = not (rows or levels)
        if inside:
            wanted = sheet if rows else listed if levels else self
            if not wanted.has_focus:
                self.call_after_refresh(self.screen.set_focus, wanted)

    def _show_cell(self) -> None:
        """Show the cell under the cursor in full."""
        sheet, row = self.query_one(Sheet), self._row
        if sheet.column is None or row is None:
            self.tell(foot=Content("…" if self._put is not None else ""))
            return
        value = sheet.cell
        said = f"is {clip(row.label, 20)}, called {clip(row.said, 20)}"
        text = Content.assemble((f"row {row.number:,}", "bold"), (f"  {said}", "dim"))
        if sheet.cursor[1]:  # The first cell is the row's number.
            text = Content.assemble(
                text,
                "  ",
                (clip(sheet.column, 40), "bold"),
                "  ",
                content("missing" if value is None else value, width=_LONGEST_CELL),
            )
        self.tell(foot=text)

    @property
    def _row(self) -> ErrorRow | None:
        """The row under the cursor, if it is held."""
        if self._put is None:
            return None
        place = self.query_one(Sheet).cursor[0] - self._put.start
        rows = self._put.rows
        return rows[place] if 0 <= place < len(rows) else None

    # What the person does ------------------------------------------------------------

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
        shown = self._grouped
        if shown is not None and shown.column is not None:
            level = shown.levels[int(event.key)].level
            self.choose(by=None, where=(shown.column, level), start=0)

    def action_errors_kind(self, step: int) -> None:
        """List rows of another kind."""
        place = KINDS.index(self._choice.kind) + step
        self.choose(kind=KINDS[place % len(KINDS)], start=0)

    def action_errors_apart(self) -> None:
        """Go through the other arms, and back to all rows."""
        arms = [*results_wishes.others(self.session), None]
        now = results_wishes.against(self.session)
        place = arms.index(now) + 1
        self.choose(against=arms[place % len(arms)], start=0)

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
        known = results_wishes.columns(self.session)
        sheet, put = self.query_one(Sheet), self._put
        under = None
        if put is not None and put.total:
            lead = len(errors_words.LEAD) + len(put.others)
            if sheet.cursor[1] >= lead and sheet.column != put.target:
                under = sheet.column
        column = under or next(iter(known), None)
        if column is not None:
            self.choose(by=column)

    def action_column(self, step: int) -> None:
        """Count by another column; those where misses stand out come first."""
        shown = self._grouped
        if shown is None:
            return
        ranked = [one.column for one in shown.ranking]
        rest = [name for name in shown.columns if name not in ranked]
        order = [*ranked, *rest]
        if order:
            here = order.index(shown.column) if shown.column in order else -1
            self.choose(by=order[(here + step) % len(order)])

    def action_errors_why(self) -> None:
        """Take the row's score apart."""
        row = self._row
        if row is not None:
            self.choose(row=row.number)
            self.post_message(ViewChosen("results", "reasons"))

    @property
    def _choice(self) -> Choice:
        return results_wishes.choice_of(self.session)

    @property
    def _grouped(self) -> GroupsShown | None:
        return state_of(self.session).groups.answer

    def copied(self) -> Copied:
        """Return the rows that are held, or the levels."""
        if self._choice.by is not None:
            return Copied(self.query_one(Rows).as_text(), "the levels")
        return Copied(self.query_one(Sheet).as_text(), "the rows")


def _same(one: ErrorRows, other: ErrorRows) -> bool:
    """Tell whether two questions are about pages of the same rows."""
    replace = msgspec.structs.replace
    return replace(one, start=0, count=0) == replace(other, start=0, count=0)
