"""Handlers of messages about the dataset: reading, columns, advice, generator."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from msgspec.structs import replace
from textual.message import Message

from engine.client.messages import Look, TableInfo, TableWritten, WriteMade
from engine.events import FieldChange
from engine.spec import Experiment, ReadSpec
from tui import choices, data_messages, messages, reducers
from tui.dialogs import Dialogs, HandlerTable, changes, copying, reloads
from tui.draft import Problem
from tui.session import experiment

STOPPED = Problem(message="reading was cancelled", fix="i and enter read it again")
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


class DataHandlers(Dialogs):
    """Handlers of messages about tables."""

    def _open(
        self, source: str | None, target: str | None, positive: str | None
    ) -> None:
        if source is None:
            self.ask_dataset()
        else:
            self.app.show_workbench()
            self.change(reducers.open_source(self.session, source, target, positive))

    def _read(self, read: ReadSpec) -> None:
        self.app.show_workbench()
        self.change(reducers.read_as(self.session, read))

    def _fix(self, fix: FieldChange) -> None:
        """Apply the fix of an advice, and say how it is undone."""
        from tui.panes.dataset_lists import change_words

        before = self.session
        self.change(reducers.reload(before, choices.apply_fix, fix))
        same = self.session is before
        text = "no change: it is set already" if same else "done; u undoes it"
        self.app.tell(text, change_words(fix))

    def _undo(self) -> None:
        if self.session.load.history:
            self.change(reducers.undo(self.session))
            self.app.tell("the last choice was undone")

    def stop_load(self) -> None:
        """Give up a load that is under way."""
        request = self.session.load.request
        if request is not None and self.session.load.busy:
            self.jobs.stop("load")
            self.change(reducers.load_failed(self.session, request.id, STOPPED))

    def _look(self, read: ReadSpec) -> None:
        """Fetch the first rows; what is read meanwhile would be for nothing."""
        request = self.session.load.request
        if request is not None:
            self.stop_load()
            self.ask("load.preview", Look(id=0, source=request.source, read=read))

    def _take_table(self, job: int, table: TableInfo) -> None:
        first = self.session.load.table is None
        self.change(reducers.table_loaded(self.session, job, table))
        if first and self.session.load.table is not None:
            self.jobs.list_recent(opened=table.source)

    def _take_failure(self, job: int, problem: Problem) -> None:
        self.change(reducers.load_failed(self.session, job, problem))
        if self.session.load.problem is problem:
            self.fail_load(problem)

    def fail_load(self, problem: Problem) -> None:
        """Say that a table cannot be had, and what can be done at once."""
        others = (
            ("open", "o", "Open another dataset", messages.OpenRequested()),
            ("copy", "y", "Copy the message", copying(problem)),
        )
        if problem.sample_rows:
            self.ask_fit()
        elif problem.readable:
            part = problem.field == "member"
            words = "Choose the part" if part else "Change how it is read"
            read = ("read", "i", words, data_messages.ReadDialogRequested())
            self.choose("The dataset cannot be read", problem.text, read, *others)
        elif self.session.load.table is None:
            self.choose("The dataset cannot be opened", problem.text, *others)

    # Experiment files --------------------------------------------------------------

    def _open_experiment(self, path: str | None) -> None:
        if path is None:
            self.ask_experiment()
        else:
            self.jobs.read_experiment(path)

    def _take_experiment(self, path: str, opened: Experiment) -> None:
        self.app.show_workbench()
        self.change(reducers.open_experiment(self.session, opened, path))
        self.app.tell(path, "Experiment opened")

    def _save_experiment(self, path: str | None, overwrite: bool) -> None:
        if path is None:
            self.ask_save()
        else:
            self.jobs.write_experiment(path, experiment(self.session), overwrite)

    def _note_saved(self, path: str) -> None:
        self.redraft(replace(self.session.draft, path=path))
        self.app.tell(path, "Experiment saved")

    # Made up -----------------------------------------------------------------------

    def show_make(self) -> None:
        """Show the screen on which a table is made up."""
        from tui.screens.generate import Generate

        self.app.show(Generate())

    def _write_made(self, source: str, path: str | None, overwrite: bool) -> None:
        from tui.screens.pick_path import PickPath

        if path is not None:
            path = str(Path(path).expanduser().absolute())
            write = WriteMade(id=0, source=source, path=path, overwrite=overwrite)
            self.jobs.order(write, "The table cannot be written", _written)
            return
        hint = "tab completes   enter writes   formats: .csv, .csv.gz, .parquet"
        value = f"{source.removeprefix('make:').partition('?')[0]}.csv"
        dialog = PickPath("Write the table", hint, SUFFIXES, value, new=True)
        self.ask_path(dialog, partial(data_messages.WriteMadeRequested, source))

    # Dialogs -----------------------------------------------------------------------

    def ask_reading(self) -> None:
        """Ask how the file is to be read, and show what that would give."""
        from tui.screens.read_options import ReadOptions

        request = self.session.load.request
        if request is not None and not isinstance(self.app.screen, ReadOptions):
            dialog = ReadOptions(request.source, request.read)
            self.put(dialog, data_messages.ReadChanged)

    def ask_fit(self) -> None:
        """Ask what of a table that is too large is to be read."""
        problem, request = self.session.load.problem, self.session.load.request
        if problem is None or request is None or not (rows := problem.sample_rows):
            return
        fewer = data_messages.ReadChanged(replace(request.read, rows=rows))
        columns = data_messages.ColumnsDialogRequested()
        self.choose(
            "The table is too large to load whole",
            problem.text,
            ("sample", "s", f"Load a stratified sample of {rows:,} rows", fewer),
            ("columns", "c", "Choose the columns to load", columns),
        )

    def ask_columns(self) -> None:
        """Ask which columns are to be read."""
        from tui.screens.columns import ChooseColumns

        load, seen = self.session.load, self.session.load.preview.answer
        if load.request is None:
            return
        read = load.request.read
        table = tuple(c.name for c in load.table.columns) if load.table else ()
        names = (*(seen.columns if seen else ()), *table, *read.columns)
        target = load.request.target or (load.table.target if load.table else None)
        self.put(
            ChooseColumns(tuple(dict.fromkeys(names)), read.columns, target, seen),
            lambda names: data_messages.ReadChanged(replace(read, columns=names)),
        )

    def ask_column(self, name: str) -> None:
        """Ask what a column is for, and of what kind it is."""
        from tui.screens.columns import ColumnRole, intent

        table, request = self.session.load.table, self.session.load.request
        columns = table.columns if table else ()
        column = next((column for column in columns if column.name == name), None)
        if column is not None and request is not None:
            dialog = ColumnRole(column, name in request.kinds)
            self.put(dialog, partial(intent, name))

    def ask_split(self, way: choices.Way) -> None:
        """Ask which column or file decides the test rows."""
        from tui.screens.columns import PickColumn
        from tui.screens.pick_path import OpenTestRows

        load = self.session.load
        if load.request is None or load.table is None:
            return
        if way == "random":
            self.change(reducers.reload(self.session, choices.split_rows_at_random))
        elif way == "file":
            rows = OpenTestRows(load.request.source)
            self.put(rows, partial(messages.LoadChoiceChanged, "test_source"))
        else:
            dialog = PickColumn(way, load.table.columns)
            self.put(dialog, partial(messages.LoadChoiceChanged, way))

    HANDLERS: ClassVar[HandlerTable] = {
        messages.OpenRequested: _open,
        messages.LoadChoiceChanged: changes(reducers.choose),
        messages.RoleChanged: changes(reducers.assign),
        messages.PresetChosen: changes(reducers.choose_preset),
        messages.LoadCancelRequested: stop_load,
        messages.LoadProgressed: changes(reducers.load_progressed),
        messages.TableLoaded: _take_table,
        messages.LoadFailed: _take_failure,
        messages.OpenExperimentRequested: _open_experiment,
        messages.ExperimentOpened: _take_experiment,
        messages.SaveExperimentRequested: _save_experiment,
        messages.ExperimentSaved: _note_saved,
        data_messages.LookRequested: _look,
        data_messages.ReadDialogRequested: ask_reading,
        data_messages.ReadChanged: _read,
        data_messages.SampleDialogRequested: ask_fit,
        data_messages.ColumnsDialogRequested: ask_columns,
        data_messages.ColumnDialogRequested: ask_column,
        data_messages.KindChanged: reloads(choices.with_kind),
        data_messages.SplitRequested: ask_split,
        data_messages.FixApplied: _fix,
        data_messages.AdviceMuted: reloads(choices.mute),
        data_messages.UndoRequested: _undo,
        data_messages.MakeRequested: show_make,
        data_messages.WriteMadeRequested: _write_made,
    }


def _written(made: TableWritten) -> Message:
    return messages.Notice(f"{made.rows:,} rows are in {made.path}", "Table written")
