"""What happens to messages about the dataset: how it is read, columns, advice, split.

The part of the desk beside `tui.desk` for those of `tui.data_messages`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.client.messages import ColumnInfo, Look, Request
from engine.events import Fix
from engine.spec import ReadSpec
from tui import data_messages as data
from tui import messages as say
from tui import reducers
from tui.choices import Way
from tui.dialogs import Dialogs
from tui.draft import Problem
from tui.mail import Intent, Result
from tui.safe_text import clean
from tui.session import Session

if TYPE_CHECKING:
    from tui.jobs import Jobs


STOPPED = Problem(message="reading was stopped", remedy="i and enter read it again")


def is_fresh(before: Session, after: Session) -> bool:
    """Tell whether the newest request has a file read that was not, or not so."""
    old, new = before.load.request, after.load.request
    if new is None:
        return False
    return old is None or (old.source, old.read) != (new.source, new.read)


class DataDesk(Dialogs):
    """The part of the desk that knows about tables."""

    jobs: Jobs

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def ask(self, session: Session, place: str, request: Request) -> None:
        """Ask the service."""
        raise NotImplementedError

    def intend_data(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        session = self.session
        match message:
            case data.LookRequested(read=read):
                self._look(read)
            case data.ReadChanged(read=read):
                self.app.show_workbench()
                self.change(reducers.read_as(session, read))
            case data.KindChanged(column=column, kind=kind):
                self.change(reducers.assign_kind(session, column, kind))
            case data.FixApplied(fix=fix):
                self.change(reducers.apply_fix(session, fix))
                self._tell_fix(session, fix)
            case data.AdviceMuted(key=key, on=on):
                self.change(reducers.mute(session, key, on))
            case data.UndoRequested():
                self.change(reducers.undo(session))
                if self.session is not session:
                    self.app.tell("the last choice was taken back")
            case say.LoadCancelRequested():
                self.stop_load()
            case _:
                return self._ask(message)
        return True

    def _ask(self, message: Intent) -> bool:
        """Put up the dialog that is asked for; False if none is."""
        match message:
            case data.ReadAsked():
                self.ask_reading()
            case data.FitAsked():
                self.ask_fit()
            case data.ColumnsAsked():
                self.ask_columns()
            case data.ColumnAsked(column=column):
                self.ask_column(column)
            case data.SplitAsked(way=way):
                self.ask_split(way)
            case _:
                return False
        return True

    def take_data(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        session = self.session
        match message:
            case say.LoadFailed(job=job, problem=problem):
                self.change(reducers.load_failed(session, job, problem))
                if self.session.load.problem is problem:
                    self._failed(problem)
            case _:
                return False
        return True

    def _tell_fix(self, before: Session, fix: Fix) -> None:
        """Say what was done, and how it is taken back."""
        from tui.panes.dataset_advice import fix_words

        if self.session is before:
            self.app.tell("that is so already", fix_words(fix))
        else:
            self.app.tell("done; u takes it back", fix_words(fix))

    def stop_load(self) -> None:
        """Give up a load that is under way."""
        request = self.session.load.request
        if request is not None and self.session.load.busy:
            self.jobs.stop_load()
            self.change(reducers.load_failed(self.session, request.id, STOPPED))

    def _look(self, read: ReadSpec) -> None:
        """Fetch the first rows; what is read meanwhile would be for nothing."""
        request = self.session.load.request
        if request is None:
            return
        self.stop_load()
        look = Look(id=0, source=request.source, read=read)
        self.ask(self.session, "load.preview", look)

    def _failed(self, problem: Problem) -> None:
        """Say that a table cannot be had, and what can be done at once."""
        if problem.sample_rows:
            self.ask_fit()
        elif problem.readable:
            part = "Choose the part" if problem.field == "member" else ""
            read = ("read", "i", part or "Change how it is read")
            self._ask_repair("The dataset cannot be read", problem, read)
        elif self.session.load.table is None:
            self._ask_repair("The dataset cannot be opened", problem)

    # Dialogs -----------------------------------------------------------------------

    def _ask_repair(
        self, title: str, problem: Problem, *first: tuple[str, str, str]
    ) -> None:
        """Ask what becomes of a dataset that cannot be had as it was."""
        from tui.screens.dialogs import Choice

        answers = (
            *first,
            ("open", "o", "Open another dataset"),
            ("copy", "y", "Copy the message"),
        )
        then: dict[str, Intent] = {
            "read": data.ReadAsked(),
            "open": say.OpenRequested(),
            "copy": say.CopyRequested(clean(problem.text) + "\n", "the message"),
        }
        dialog = Choice(title, problem.text, answers)
        self.app.push_screen(dialog, self._posting(then.get))

    def ask_reading(self) -> None:
        """Ask how the file is to be read, and show what that would give."""
        from tui.screens.read_options import ReadOptions

        request = self.session.load.request
        if request is None or isinstance(self.app.screen, ReadOptions):
            return

        def answered(read: ReadSpec | None) -> None:
            if read is not None:
                self.app.post_message(data.ReadChanged(read))

        self.app.open_screen(ReadOptions(request.source, request.read), answered)

    def ask_fit(self) -> None:
        """Ask what of a table that is too large is to be read."""
        from tui.screens.dialogs import Choice

        load = self.session.load
        problem, request = load.problem, load.request
        if problem is None or request is None or not problem.sample_rows:
            return
        rows = problem.sample_rows
        answers = (
            (
                "sample",
                "s",
                f"Load {rows:,} rows, the classes in proportion",
            ),
            ("columns", "c", "Choose the columns to load"),
        )
        read = msgspec.structs.replace(request.read, rows=rows)
        then: dict[str, Intent] = {
            "sample": data.ReadChanged(read),
            "columns": data.ColumnsAsked(),
        }
        dialog = Choice("The table is too large to load whole", problem.text, answers)
        self.app.push_screen(dialog, self._posting(then.get))

    def ask_columns(self) -> None:
        """Ask which columns are to be read."""
        from tui.screens.columns import ChooseColumns

        load = self.session.load
        if load.request is None:
            return
        preview = load.preview.answer
        seen = preview.columns if preview else ()
        table = tuple(c.name for c in load.table.columns) if load.table else ()
        read = load.request.read
        names = tuple(dict.fromkeys((*seen, *table, *read.columns)))

        def answered(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                new = msgspec.structs.replace(read, columns=chosen)
                self.app.post_message(data.ReadChanged(new))

        target = load.request.target or (load.table.target if load.table else None)
        self.app.push_screen(
            ChooseColumns(names, read.columns, target, preview), answered
        )

    def ask_column(self, name: str) -> None:
        """Ask what a column is for, and of what kind it is."""
        from tui.screens.columns import ColumnRole, intent

        column = self._column(name)
        if column is None:
            return
        changed = column.name in self.session.load.request.kinds  # type: ignore[union-attr]
        dialog = ColumnRole(column, changed)
        self.app.push_screen(dialog, self._posting(lambda a: intent(name, a)))

    def _column(self, name: str) -> ColumnInfo | None:
        table = self.session.load.table
        columns = table.columns if table and self.session.load.request else ()
        return next((column for column in columns if column.name == name), None)

    def ask_split(self, way: Way) -> None:
        """Ask by which column or file the test rows are told."""
        load = self.session.load
        if load.request is None or load.table is None:
            return
        if way == "file":
            from tui.screens.pick_path import OpenTestRows

            done = self._posting(lambda p: say.LoadChoiceChanged("test_source", p))
            self.app.push_screen(OpenTestRows(load.request.source), done)
        elif way == "random":
            self.change(reducers.split_at_random(self.session))
        else:
            from tui.screens.columns import PickColumn

            field = way

            def chosen(column: str) -> Intent:
                return say.LoadChoiceChanged(field, column)

            dialog = PickColumn(field, load.table.columns)
            self.app.push_screen(dialog, self._posting(chosen))
