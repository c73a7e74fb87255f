"""What happens to messages about tables that are made up; a part of the desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.message import Message

from engine.client.messages import WriteMade, Written
from tui import making
from tui.dialogs import Dialogs
from tui.mail import Intent
from tui.messages import Said

if TYPE_CHECKING:
    from tui.jobs import Jobs


SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


class MakeDesk(Dialogs):
    """The part of the desk that knows about made-up tables."""

    jobs: Jobs

    def intend_make(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case making.MakeRequested():
                self.show_make()
            case making.WriteMadeRequested(source=source, path=None):
                self._ask_path(source)
            case making.WriteMadeRequested(source, str(path), overwrite):
                whole = str(Path(path).expanduser().absolute())
                write = WriteMade(id=0, source=source, path=whole, overwrite=overwrite)
                self.jobs.order(write, "The table cannot be written", _written)
            case _:
                return False
        return True

    def show_make(self) -> None:
        """Show the screen on which a table is made up."""
        from tui.screens.generate import Generate

        if not isinstance(self.app.screen, Generate):
            self.app.open_screen(Generate())

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


def _written(made: Written) -> Message:
    return Said(f"{made.rows:,} rows are in {made.path}", "Table written")
