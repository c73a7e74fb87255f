"""Where a run of the library is kept: in a store, or beside its result."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path

from engine.io.scratch import temporary_folder
from engine.store.store import Store, default_path, open_store


class RunPlace:
    """A store that is opened when it is needed.

    Parameters
    ----------
    path : Path or None
        The file; the one of the app and the command line when None.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = default_path() if path is None else path

    def open(self, *, create: bool = True) -> Store:
        """Open the store."""
        return open_store(self.path, create=create)

    def log(self, run: str) -> Path:
        """Return the log file of a run's process."""
        with self.open(create=False) as store:
            return store.log_path(run)


def open_place(store: str | Path | bool | None) -> RunPlace:
    """Return the place that is asked for; None is a temporary folder.

    That folder is removed with the last result that is in it, at the end of Python at
    the latest.
    """
    if store:
        return RunPlace(None if store is True else Path(store).expanduser())
    folder = temporary_folder("imbtui-run-")
    place = RunPlace(folder / "run.sqlite")
    weakref.finalize(place, shutil.rmtree, folder, ignore_errors=True)
    return place
