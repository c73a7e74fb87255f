"""What happens to messages about tables that are made up; a part of the desk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from engine.client.messages import Failure, Sketch, Sketched, WriteMade, Written
from tui import making
from tui.dialogs import Dialogs
from tui.draft import Problem
from tui.mail import Intent, Result
from tui.messages import JobFailed
from tui.spoken import spoken

if TYPE_CHECKING:
    from tui.jobs import Jobs
    from tui.session import Session


SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


class MakeDesk(Dialogs):
    """The part of the desk that knows about made-up tables."""

    jobs: Jobs

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def intend_make(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case making.MakeRequested():
                self.show_make()
            case making.MakeChanged(source=source):
                waits = self.session.making.busy
                self._change(source=source, busy=True)
                if not waits:
                    self._ask_points()
            case making.WriteMadeRequested(source=source, path=None):
                self._ask_path(source)
            case making.WriteMadeRequested(source, str(path), overwrite):
                whole = str(Path(path).expanduser().absolute())
                write = WriteMade(id=0, source=source, path=whole, overwrite=overwrite)
                self.jobs.work("write-made", partial(self._write, write))
            case _:
                return False
        return True

    def take_make(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        match message:
            case making.SketchLoaded(sketch=sketch):
                self._change(sketch=sketch, problem=None)
                self._answered(sketch.source)
            case making.SketchFailed(source=source, problem=problem):
                self._change(problem=problem)
                self._answered(source)
            case making.MadeWritten(path=path, rows=rows):
                self.app.tell(f"{rows:,} rows are in {path}", "Table written")
            case _:
                return False
        return True

    def show_make(self) -> None:
        """Show the screen on which a table is made up."""
        from tui.screens.generate import Generate

        if not isinstance(self.app.screen, Generate):
            self.app.open_screen(Generate())

    def _change(self, **changes: object) -> None:
        made = msgspec.structs.replace(self.session.making, **changes)
        self.change(msgspec.structs.replace(self.session, making=made))

    def _answered(self, source: str) -> None:
        """Ask on if there is a newer wish by now: of those that wait, only that."""
        if source != self.session.making.source:
            self._ask_points()
        else:
            self._change(busy=False)

    def _ask_points(self) -> None:
        source = self.session.making.source
        self.jobs.work("sketch", partial(self._sketch, source))

    def _sketch(self, source: str) -> None:
        answer = self.jobs.answer(Sketch(id=0, source=source))
        if isinstance(answer, Sketched):
            self.jobs.post(making.SketchLoaded(answer))
        elif isinstance(answer, Failure):
            self.jobs.post(making.SketchFailed(source, _problem(answer)))

    def _write(self, request: WriteMade) -> None:
        answer = self.jobs.answer(request)
        if isinstance(answer, Written):
            self.jobs.post(making.MadeWritten(answer.path, answer.rows))
        elif isinstance(answer, Failure):
            title = "The table cannot be written"
            self.jobs.post(JobFailed(title, _problem(answer)))

    def _ask_path(self, source: str) -> None:
        """Ask where a made-up table is to be written."""
        from tui.screens.pick_path import PickPath

        def chosen(path: str | None) -> None:
            if path is not None:
                write = making.WriteMadeRequested
                self.ask_replace(
                    [path], write(source, path), write(source, path, overwrite=True)
                )

        ask = PickPath(
            "Write the table",
            "tab completes   enter writes   .csv, .csv.gz or .parquet says the format",
            SUFFIXES,
            value=f"{source.removeprefix('make:').partition('?')[0]}.csv",
            new=True,
        )
        self.app.push_screen(ask, chosen)


def _problem(failure: Failure) -> Problem:
    return Problem(
        code=failure.code, message=failure.message, remedy=spoken(failure.remedy)
    )
