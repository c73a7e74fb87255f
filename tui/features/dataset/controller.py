"""The controller of the dataset: reading, columns, advice, generator, files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from engine.core.events import FieldChange
from engine.core.experiment import Experiment, ReadSpec
from engine.core.messages import Look, TableInfo, TableWritten, WriteMade
from tui.features import messages, reducers
from tui.features.arms.changes import change_budget
from tui.features.arms.draft import Problem
from tui.features.controller import Controller, Routes, copying
from tui.features.dataset import state
from tui.features.dataset.dialogs import (
    ChooseColumns,
    ColumnRole,
    ReadOptions,
)
from tui.features.dataset.generate import Generate
from tui.features.dataset.pick_path import OpenDataset, OpenTestRows, PickPath
from tui.features.dialogs import PickColumn
from tui.features.session import experiment

STOPPED = Problem(message="reading was cancelled", fix="i and enter read it again")
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


class DataController(Controller):
    """Handles messages about tables and experiment files."""

    def routes(self) -> Routes:
        """Return the handlers of messages about tables and experiment files."""
        return {
            "load.preview": self.take,
            "load.page": self.take,
            "load.column": self.take,
            "making.sketch": self.take,
            messages.OpenRequested: self._open,
            messages.LoadChoiceChanged: self.changes(reducers.choose),
            messages.RoleChanged: self.changes(reducers.assign),
            messages.LoadCancelRequested: self._stop_load,
            messages.LoadProgressed: self.changes(reducers.load_progressed),
            messages.TableLoaded: self._take_table,
            messages.LoadFailed: self._take_failure,
            messages.RecentListed: self.notes("recent"),
            messages.OpenExperimentRequested: self._open_experiment,
            messages.ExperimentOpened: self._take_experiment,
            messages.SaveExperimentRequested: self._save_experiment,
            messages.ExperimentSaved: self._note_saved,
            state.LookRequested: self._look,
            state.ReadDialogRequested: self._ask_reading,
            state.ReadChanged: self._read,
            state.SampleDialogRequested: self._ask_fit,
            state.ColumnsDialogRequested: self._ask_columns,
            state.TargetDialogRequested: self._ask_target,
            state.ColumnDialogRequested: self._ask_column,
            state.ColumnsChanged: self.changes(reducers.change_columns),
            state.SplitRequested: self._ask_split,
            state.FixApplied: self._fix,
            state.AdviceMuted: self.reloads(state.mute),
            state.UndoRequested: self._undo,
            state.MakeRequested: self._show_make,
            state.WriteMadeRequested: self._write_made,
        }

    def _open(
        self, source: str | None, target: str | None, positive: str | None
    ) -> None:
        if source is None:
            self.put(OpenDataset(), messages.OpenRequested)
        else:
            self.app.show_workbench()
            self.change(reducers.open_source(self.session, source, target, positive))

    def _read(self, read: ReadSpec) -> None:
        self.app.show_workbench()
        self.change(reducers.read_as(self.session, read))

    def _fix(self, fix: FieldChange) -> None:
        """Apply the fix of an advice, and say how it is undone."""
        before, undo = self.session, "u undoes it"
        if fix.field != "splits":
            self.change(reducers.reload(before, state.apply_fix, fix))
        elif before.draft.base.splits < int(fix.value):
            self.redraft(change_budget(before.draft, fix.field, fix.value))
            undo = "b in Arms changes it"
        same = self.session is before
        text = "no change: it is set already" if same else f"done; {undo}"
        self.app.tell(text, state.change_words(fix))

    def _undo(self) -> None:
        if self.session.load.history:
            self.change(reducers.undo(self.session))
            self.app.tell("the last choice was undone")

    def _stop_load(self) -> None:
        """Give up a load that is under way."""
        request = self.session.load.request
        if request is not None and self.session.load.busy:
            self.jobs.stop("load")
            self.change(reducers.load_failed(self.session, request.id, STOPPED))

    def _look(self, read: ReadSpec) -> None:
        """Fetch the first rows; what is read meanwhile would be for nothing."""
        request = self.session.load.request
        if request is not None:
            self._stop_load()
            self.ask("load.preview", Look(id=0, source=request.source, read=read))

    def _take_table(self, job: int, table: TableInfo) -> None:
        first, waits = self.session.load.table is None, self.session.load.run_waits
        self.change(reducers.table_loaded(self.session, job, table))
        if waits and not self.session.load.busy:
            self.app.post_message(messages.RunRequested())
        if first and self.session.load.table is not None:
            self.jobs.list_recent(opened=table.source)

    def _take_failure(self, job: int, problem: Problem) -> None:
        self.change(reducers.load_failed(self.session, job, problem))
        if self.session.load.problem is problem:
            self._fail_load(problem)

    def _fail_load(self, problem: Problem) -> None:
        """Say that a table cannot be had, and what can be done at once."""
        load, run = self.session.load, self.session.run
        if load.request and load.request.id == self.session.rerun_load and run:
            self.refuse(f"Run {run.number} is shown without its dataset", problem)
            return
        others = (
            ("open", "o", "Open another dataset", messages.OpenRequested()),
            ("copy", "y", "Copy the message", copying(problem)),
        )
        if problem.sample_rows:
            self._ask_fit()
        elif problem.readable:
            part = problem.field == "member"
            words = "Choose the part" if part else "Change how it is read"
            read = ("read", "i", words, state.ReadDialogRequested())
            self.choose("The dataset cannot be read", problem.text, read, *others)
        elif load.table is None:
            self.choose("The dataset cannot be opened", problem.text, *others)

    # Experiment files --------------------------------------------------------------

    def _open_experiment(self, path: str | None) -> None:
        if path is None:
            hint = "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up"
            dialog = PickPath("Open an experiment file", hint, (".toml",))
            self.put(dialog, messages.OpenExperimentRequested)
        else:
            self.jobs.read_experiment(path)

    def _take_experiment(self, path: str, opened: Experiment) -> None:
        self.app.show_workbench()
        self.change(reducers.open_experiment(self.session, opened, path))
        self.app.tell(path, "Experiment opened")

    def _save_experiment(self, path: str | None, overwrite: bool) -> None:
        if path is None:
            hint = "tab completes   enter saves   asks before it replaces a file"
            proposal = self.session.draft.path or "experiment.toml"
            title = "Save the experiment as TOML"
            dialog = PickPath(title, hint, (".toml",), proposal, new=True)
            self.ask_path(dialog, messages.SaveExperimentRequested)
        else:
            self.jobs.write_experiment(path, experiment(self.session), overwrite)

    def _note_saved(self, path: str) -> None:
        self.redraft(replace(self.session.draft, path=path))
        self.app.tell(path, "Experiment saved")

    # Made up -----------------------------------------------------------------------

    def _show_make(self) -> None:
        """Show the screen on which a table is made up."""
        self.app.show(Generate())

    def _write_made(self, source: str, path: str | None, overwrite: bool) -> None:
        if path is not None:
            path = str(Path(path).expanduser().absolute())
            write = WriteMade(id=0, source=source, path=path, overwrite=overwrite)
            self.jobs.order(write, "The table cannot be written", _written)
            return
        hint = "tab completes   enter writes   formats: .csv, .csv.gz, .parquet"
        value = f"{source.removeprefix('make:').partition('?')[0]}.csv"
        dialog = PickPath("Write the table", hint, SUFFIXES, value, new=True)
        self.ask_path(dialog, partial(state.WriteMadeRequested, source))

    # Dialogs -----------------------------------------------------------------------

    def _ask_reading(self) -> None:
        """Ask how the file is to be read, and show what that would give."""
        request = self.session.load.request
        if request is not None and not isinstance(self.app.screen, ReadOptions):
            dialog = ReadOptions(request.source, request.read)
            self.put(dialog, state.ReadChanged)

    def _ask_fit(self) -> None:
        """Ask what of a table that is too large is to be read."""
        problem, request = self.session.load.problem, self.session.load.request
        if problem is None or request is None or not (rows := problem.sample_rows):
            return
        fewer = state.ReadChanged(replace(request.read, rows=rows))
        columns = state.ColumnsDialogRequested()
        self.choose(
            "The table is too large to load whole",
            problem.text,
            ("sample", "s", f"Load a stratified sample of {rows:,} rows", fewer),
            ("columns", "c", "Choose the columns to load", columns),
        )

    def _ask_columns(self) -> None:
        """Ask which columns are to be read."""
        load, seen = self.session.load, self.session.load.preview.answer
        if load.request is None:
            return
        read = load.request.read
        table = tuple(c.name for c in load.table.columns) if load.table else ()
        names = (*(seen.columns if seen else ()), *table, *read.columns)
        target = load.request.target or (load.table.target if load.table else None)
        self.put(
            ChooseColumns(tuple(dict.fromkeys(names)), read.columns, target, seen),
            lambda names: state.ReadChanged(replace(read, columns=names)),
        )

    def _ask_target(self) -> None:
        """Ask which column is the target; those it may be come first."""
        if (table := self.session.load.table) is not None:
            found = table.target_candidates
            notes = {c.name: f"{c.rarest}: {c.rows:,}; {c.why}" for c in found}
            dialog = PickColumn("target", table.columns, notes)
            self.put(dialog, partial(messages.LoadChoiceChanged, "target"))

    def _ask_column(self, names: tuple[str, ...]) -> None:
        """Ask what columns are for, and of what kind they are."""
        table, request = self.session.load.table, self.session.load.request
        columns = [c for c in table.columns if c.name in names] if table else []
        if columns and request is not None:
            changed = not request.kinds.keys().isdisjoint(names)
            dialog = ColumnRole(columns, changed, request.subgroups or ())
            self.put(dialog, partial(state.ColumnsChanged, names))

    def _ask_split(self, way: state.Way) -> None:
        """Ask which column or file decides the test rows."""
        load = self.session.load
        if load.request is None or load.table is None:
            return
        if way == "random":
            self.change(reducers.reload(self.session, state.split_rows_at_random))
        elif way == "file":
            rows = OpenTestRows(load.request.source)
            self.put(rows, partial(messages.LoadChoiceChanged, "test_source"))
        else:
            dialog = PickColumn(way, load.table.columns)
            self.put(dialog, partial(messages.LoadChoiceChanged, way))


def _written(made: TableWritten) -> messages.Notice:
    return messages.Notice(f"{made.rows:,} rows are in {made.path}", "Table written")
