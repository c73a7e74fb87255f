"""The rows that the focused arm gets wrong, and where they are."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal, TypeVar

import msgspec
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.explain import (
    KINDS,
    Contributions,
    ErrorGroups,
    ErrorRow,
    ErrorRows,
    GroupsShown,
    Importance,
    RowsShown,
)
from engine.core.views import errors as view
from tui.features import wording
from tui.features.commands import Command, both, turn
from tui.features.messages import ViewChosen
from tui.features.pane import there
from tui.features.questions import Question
from tui.features.results import operating, reading
from tui.features.results.compared import reference_of
from tui.features.results.operating import class_of
from tui.features.results.state import (
    PAGE,
    ErrorQuery,
    ErrorsChosen,
    ErrorsRequest,
    ExplainRequested,
)
from tui.features.session import Session
from tui.terminal.safe_text import clean, clip, content
from tui.text.grid import draw
from tui.widgets.prose import as_content
from tui.widgets.rows import Rows
from tui.widgets.sheet import Sheet, in_full

_Asked = TypeVar("_Asked", ErrorRows, ErrorGroups, Importance, Contributions)


# What is asked ----------------------------------------------------------------------


def current_arm(session: Session) -> str | None:
    """Return the focused arm, if it has a result."""
    row = reading.focused_row(session)
    return row.name if row is not None and row.arm.evaluated is not None else None


def others(session: Session) -> list[str]:
    """Return the other arms with a result, that it is compared with first."""
    done, now = session.run.result.done if session.run else (), current_arm(session)
    found = [arm.name for arm in done if arm.name != now]
    reference = reference_of(session, now or "")
    return sorted(found, key=lambda name: name != reference)


def against(session: Session) -> str | None:
    """Return the arm that is to call the rows otherwise."""
    chosen = session.explained.choice.against
    return chosen if chosen in others(session) else None


def columns(session: Session) -> tuple[str, ...]:
    """Return the columns of people that were named, and those learned from."""
    dataset = session.run.state.dataset if session.run else None
    roles = dataset.roles.items() if dataset else ()
    experiment = session.run.state.experiment if session.run else None
    named = (experiment.data.subgroups or ()) if experiment else ()
    learned = (name for name, role in roles if role == "feature")
    return tuple(dict.fromkeys((*named, *learned)))


def rows(session: Session) -> ErrorRows | None:
    """Return what asks for the rows; None if there is nothing to ask."""
    choice, other = session.explained.choice, against(session)
    order: Literal["best", "worst"] = "best" if choice.best else "worst"
    wish = _about(session, ErrorRows, order=order, count=PAGE, against=other)
    kind, where, start = choice.kind, choice.where, choice.start
    replace = msgspec.structs.replace
    return wish and replace(wish, kind=kind, where=where, start=start, sort=choice.sort)


def groups(session: Session) -> ErrorGroups | None:
    """Return what asks for the levels of the chosen column; None without one."""
    by = session.explained.choice.by
    return None if by is None else _about(session, ErrorGroups, column=by)


def importance(session: Session) -> Importance | None:
    """Return what asks for the worth of the columns."""
    wish = _about(session, Importance)
    # It is the same at every operating point, so it is asked for once.
    return wish and msgspec.structs.replace(wish, at=None, thresholds={})


def parts(session: Session) -> Contributions | None:
    """Return what takes the score of the chosen row apart; None without one."""
    row = session.explained.choice.row
    return None if row is None else _about(session, Contributions, row=row)


def _about(session: Session, question: type[_Asked], **more: Any) -> _Asked | None:
    """Return a question about the focused arm at the operating point; None without."""
    run, arm, klass = session.run, current_arm(session), class_of(session)
    if run is None or arm is None:
        return None
    return question(
        id=0,
        store="",
        run=run.id,
        arm=arm,
        at=operating.point_of(session),
        thresholds=dict(session.view.thresholds) if klass is None else {},
        klass=klass,
        **more,
    )


class ExplainedView(reading.ResultsView):
    """A view of what is asked of the service, drawn when an answer comes, too."""

    DRAWS = ("run", "view", "explain")

    def ask(self, wish: ErrorsRequest | None) -> None:
        """Ask for what is looked at, unless it was asked before."""
        session = self.session
        if wish is not None and session.explained.lacks(wish, session.evaluated):
            self.post_message(ExplainRequested(wish))

    def choose(self, **changes: Any) -> None:
        """Choose something else to look at; the rest stays."""
        self.post_message(ErrorsChosen(changes))


# Without an answer -------------------------------------------------------------------


def why_not(session: Session) -> str:
    """Say why nothing can be asked of the focused arm; nothing if it can."""
    run, row = session.run, reading.focused_row(session)
    if run is None or row is None:
        return "The run is starting …" if run and run.live else wording.NO_RESULTS
    if row.arm.evaluated is not None:
        return ""
    name = clip(row.name, 24)
    if row.arm.failed is not None:
        return f"{name} failed: it has no result to look at."
    if run.live:
        return f"{name} is still at work: its errors are known when it is done."
    return f"{name} has no result: the run ended before."


def waiting(slot: Question[Any, Any]) -> Content:
    """Say why a question has no answer, or that it is being answered."""
    if slot.problem is not None and not slot.pending:
        return wording.refusal(slot.problem.message, slot.problem.fix)
    return Content.styled(f"{slot.stage or 'looking at the test rows'} …", "dim")


def _is_done(session: Session) -> bool:
    return current_arm(session) is not None


def _groups(session: Session) -> bool:
    return _is_done(session) and session.explained.choice.by is not None


def _rows(session: Session) -> bool:
    return _is_done(session) and not _groups(session)


def _is_narrowed(session: Session) -> bool:
    narrowed = session.explained.choice.where or against(session)
    return _is_done(session) and narrowed is not None


def _some(session: Session) -> bool:
    """Tell whether there is a row to say more about."""
    shown = session.explained.rows.answer
    return _rows(session) and bool(shown and shown.total)


def _apart(session: Session) -> bool:
    # Where it is narrowed to another arm there may be rows with the next one.
    found = _rows(session) if against(session) else _some(session)
    return found and bool(others(session))


# Keys ---------------------------------------------------------------------------------

SIDEWAYS: Final = ("right", "left")
_BRACKETS: Final = ("right_square_bracket", "left_square_bracket")
KEYS: Final = (
    *both("results.errors_kind_{}", ("m", "M"), "kind of rows", "kind", "kind", _rows),
    Command(
        "results.errors_apart",
        "exclamation_mark",
        "Rows that another arm predicts differently",
        "differ",
        when=_apart,
    ),
    Command(
        "results.errors_by", "t", "By the levels of the column", "levels", when=_is_done
    ),
    Command("results.errors_order", "S", "The other end first", when=_rows),
    Command("results.errors_why", "enter", "Why this score", "why", when=_some),
    Command("results.errors_all", "backspace", "All rows again", when=_is_narrowed),
    *both("results.errors_column_{}", SIDEWAYS, "column", "column", "column", _groups),
    *both("results.errors_arm_{}", _BRACKETS, "arm", "arm", "arm", _is_done),
    *reading.POINTS,
    *reading.CLASSES,
)


# The rows, or their groups ------------------------------------------------------------

_LONGEST_CELL = 400


class ErrorsView(ExplainedView):
    """A page of rows, or a line per level of a column."""

    NAME = "errors"
    SHORT = 14
    BROAD = 96
    COPIED = "the rows"
    COMMANDS_HERE: ClassVar = KEYS

    _put: RowsShown | None = None
    _like: ErrorRows | None = None

    def compose(self) -> ComposeResult:
        """Lay out the rows or the levels, and a row or cell in full."""
        yield Static(id="errors-head")
        yield Static(id="errors-only")
        with Horizontal(id="errors-body"):
            yield Sheet(id="errors-rows")
            with VerticalScroll(id="errors-side", can_focus=False):
                yield Static(id="errors-row")
        yield Rows((), id="errors-levels")
        yield Static(id="errors-foot")

    # Drawing -----------------------------------------------------------------------

    def draw(self, session: Session) -> None:
        """Ask for what is looked at, and draw what is known of it."""
        if self._choice.by is not None:
            self.ask(groups(session))
            self._show_groups(session)
        else:
            self.ask(rows(session))
            self._show_rows(session)
        self.refresh_bindings()

    def _show_rows(self, session: Session) -> None:
        slot, wish = session.explained.rows, rows(session)
        shown, question = slot.answer, slot.answered
        # While another page of the same rows comes, this one stays.
        fits = wish is not None and question is not None and _same(question, wish)
        refused = slot.problem is not None and not slot.pending
        if shown is None or not fits or refused:
            self._say_nothing(session, slot)
            return
        at = wording.point_text(session, shown.at)
        only = filters(self._choice, shown, against(session))
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
                sheet.order = self._choice.sort
                sheet.action_edge(-1)
        if shown.total:
            self._show_cell()
        else:
            self.tell(foot=content(view.nothing_text(shown, at)))

    def _show_groups(self, session: Session) -> None:
        slot, wish = session.explained.groups, groups(session)
        shown = slot.answer
        if shown is None or slot.answered != wish or slot.problem is not None:
            self._say_nothing(session, slot)
            return
        self._lay_out(levels := self.query_one(Rows))
        levels.show_table(view.levels(shown))
        head = group_head(shown, wording.point_text(session, shown.at))
        foot = ranked(shown, self.content_size.width)
        self.tell(head=head, only=Content(""), foot=foot)

    def _say_nothing(self, session: Session, slot: Question[Any, Any]) -> None:
        """Say why there is nothing to be seen, or what is done for it."""
        why = why_not(session)
        self._lay_out(None)
        self._put = None
        arm = current_arm(session) if slot.problem is not None else None
        foot = Content.styled(why, "dim") if why else waiting(slot)
        head = content(clip(arm or "", 24), "bold")
        self.tell(head=head, only=Content(""), foot=foot)

    def _lay_out(self, shown: Sheet | Rows | None) -> None:
        """Show the rows, the levels or neither; the focus goes with them."""
        wanted, inside = shown or self, self.has_focus_within
        there(self.query_one("#errors-body"), isinstance(shown, Sheet))
        there(self.query_one(Rows), isinstance(shown, Rows))
        # Something must have the focus for the view's keys to work.
        self.can_focus = shown is None
        if inside and not wanted.has_focus:
            self.call_later(self.screen.set_focus, wanted)

    def _show_cell(self) -> None:
        """Show the row under the cursor in full, or its cell."""
        sheet, row = self.query_one(Sheet), self._row
        if sheet.column is None or row is None:
            self.tell(foot=Content("…" if self._put is not None else ""))
            return
        label = f"  actual {clip(row.label, 20)}, predicted {clip(row.predicted, 20)}"
        head = Content.assemble((f"row {row.number:,}", "bold"), (label, "dim"))
        if self.size.width >= self.BROAD and self._put is not None:
            names, (values,) = table(msgspec.structs.replace(self._put, rows=(row,)))
            lines = in_full(names[1:], values[1:], sheet.cursor[1] - 1)
            self.tell(row=wording.lines([head, *lines]), foot=Content(""))
            return
        known = "missing" if sheet.cell is None else sheet.cell
        cell, column = content(known, width=_LONGEST_CELL), clip(sheet.column, 40)
        full = Content.assemble(head, "  ", (column, "bold"), "  ", cell)
        # The first cell is the row's number.
        self.tell(foot=full if sheet.cursor[1] else head)

    @property
    def _row(self) -> ErrorRow | None:
        """The row under the cursor, if it is held."""
        if self._put is None or not self.query_one(Sheet).is_held:
            return None
        place = self.query_one(Sheet).cursor[0] - self._put.start
        rows = self._put.rows
        return rows[place] if 0 <= place < len(rows) else None

    # What the user does ------------------------------------------------------------

    @on(events.Resize)
    def _fit(self) -> None:
        if self._put is not None and self._put.total:
            self._show_cell()

    @on(Sheet.Wanted)
    def _wanted(self, event: Sheet.Wanted) -> None:
        event.stop()
        order, now = self.query_one(Sheet).order, self._choice
        if self._put is not None and (event.start, order) != (now.start, now.sort):
            self.choose(start=event.start, sort=order)

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
        self.choose(kind=lambda now: turn(KINDS, _chosen(now).kind, step), start=0)

    def action_errors_apart(self) -> None:
        """Go through the other arms, and back to all rows."""
        self.choose(
            against=lambda now: turn([*others(now), None], against(now)), start=0
        )

    def action_errors_order(self) -> None:
        """List the other end first."""
        if self._choice.sort is not None:
            self.query_one(Sheet).sort_back()
        else:
            self.choose(best=lambda now: not _chosen(now).best, start=0)

    def action_errors_all(self) -> None:
        """List all rows of the kind."""
        self.choose(where=None, against=None, start=0)

    def action_errors_by(self) -> None:
        """Count by the column under the cursor, or go back to the rows."""
        if self._choice.by is not None:
            self.choose(by=None)
            return
        sheet, put = self.query_one(Sheet), self._put
        column = next(iter(columns(self.session)), None)
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
        if order := list(dict.fromkeys([*ranked, *shown.columns])):
            self.choose(by=lambda now: turn(order, _chosen(now).by, step))

    def action_errors_why(self) -> None:
        """Take the row's score apart."""
        if (row := self._row) is not None:
            self.choose(row=row.number)
            self.post_message(ViewChosen("results", "reasons"))

    @property
    def _choice(self) -> ErrorQuery:
        return _chosen(self.session)

    @property
    def _grouped(self) -> GroupsShown | None:
        return self.session.explained.groups.answer


def _chosen(session: Session) -> ErrorQuery:
    return session.explained.choice


def _same(one: ErrorRows, other: ErrorRows) -> bool:
    """Tell whether two questions are about pages of the same rows, however sorted."""
    replace = msgspec.structs.replace
    any_page = {"start": 0, "count": 0, "sort": None}
    return replace(one, **any_page) == replace(other, **any_page)


# In words ---------------------------------------------------------------------------

LEAD: Final = 2
"""Columns before those of other arms: the row's number, and its score."""
_MOST_ROW_NAME: Final = 20


def head(shown: RowsShown, at: str) -> Content:
    """Say whose rows these are, and how many."""
    style = "bold $text-error" if view.is_wrong(shown.kind) else "bold"
    counted = (clean(view.count_text(shown)), style)
    if shown.threshold is not None:
        at = f"{at}  threshold {figures.threshold(shown.threshold)}"
    name = (clip(shown.arm, _MOST_ROW_NAME), "bold")
    return Content.assemble(name, "  ", counted, (f"  {at}", "dim"))


def filters(choice: ErrorQuery, shown: RowsShown, other: str | None) -> Content:
    """Say which of the rows are listed, and in what order."""
    where = choice.where[0] if choice.where is not None else ""
    only, order = view.selection_text(
        shown, where=where, against=other, best=choice.best
    )
    if choice.sort is not None:
        name = table(shown)[0][choice.sort[0]]
        order = f"{'largest' if choice.sort[1] else 'smallest'} {clip(name, 20)} first"
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


def group_head(shown: GroupsShown, at: str) -> Content:
    """Say whose misses are counted, and by what."""
    arm, column = (
        clip(name or "", _MOST_ROW_NAME) for name in (shown.arm, shown.column)
    )
    missed = f"\n{clean(view.missed_text(shown))}"
    name = Content.assemble((arm, "bold"), " by ", (column, "bold"))
    return Content.assemble(name, (f"  {at}", "dim"), missed)


def ranked(shown: GroupsShown, width: int) -> Content:
    """Say gaps, what is not listed, and where the misses stand out."""
    gaps, notes = (
        [content(note, "dim") for note in said]
        for said in (view.gap_notes(shown), view.levels(shown).notes)
    )
    found = as_content(draw(view.ranking(shown), width), width)
    return wording.lines([*gaps, found, *notes])
