"""What happens to messages about tables that are made up; a part of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui import make_messages as made
from tui import making
from tui.dialogs import Dialogs
from tui.mail import Intent, Result
from tui.make_jobs import MakeJobs

if TYPE_CHECKING:
    from tui.session import Session

__all__ = ["MakeDesk"]


class MakeDesk(Dialogs):
    """The part of the desk that knows about made-up tables."""

    makes: MakeJobs

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def intend_make(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case made.MakeRequested():
                self.show_make()
            case made.MakeChanged(source=source, axes=axes):
                self.change(making.ask_sketch(self.session, source, axes))
                self.makes.sketch(self.session.making.job, source, axes)
            case made.WriteMadeRequested(source=source, path=None):
                self.ask_write(source)
            case made.WriteMadeRequested(source=source, path=str(path), overwrite=over):
                self.makes.write(source, path, over)
            case _:
                return False
        return True

    def take_make(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        session = self.session
        match message:
            case made.SketchLoaded(job=job, sketch=sketch):
                self.change(making.sketched(session, job, sketch))
            case made.SketchFailed(job=job, problem=problem):
                self.change(making.sketch_failed(session, job, problem))
            case made.MadeWritten(path=path, rows=rows):
                self.app.tell(f"{rows:,} rows are in {path}", "Table written")
            case _:
                return False
        return True

    def show_make(self) -> None:
        """Show the screen on which a table is made up."""
        from tui.screens.generate import Generate

        if not isinstance(self.app.screen, Generate):
            self.app.open_screen(Generate())

    def ask_write(self, source: str) -> None:
        """Ask where a made-up table is to be written."""
        from tui.screens.generate import WriteTable

        def chosen(path: str | None) -> None:
            if path is not None:
                write = made.WriteMadeRequested
                self.ask_replace(
                    [path], write(source, path), write(source, path, overwrite=True)
                )

        self.app.push_screen(WriteTable(source), chosen)
