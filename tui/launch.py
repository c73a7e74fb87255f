"""Running the app in a terminal, and leaving it for certain."""

from __future__ import annotations

import sys
from pathlib import Path

from tui.app import ImbTuiApp
from tui.terminal import Departure


def run_app(
    source: str | None = None,
    target: str | None = None,
    positive: str | None = None,
    store: Path | None = None,
) -> int:
    """Run the app until the person leaves.

    Parameters
    ----------
    source, target, positive : str or None, default=None
        Opens this table at once; the start view otherwise.
    store : Path or None, default=None
        The file with the runs; the default one when None.

    Returns
    -------
    int
        0, 128+n after signal n, 1 after an error, 2 without a terminal. The process
        is ended if it does not end by itself within 2 seconds after that.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write(
            "imbtui: the app needs a terminal. Try `imbtui run DATA` without one.\n"
        )
        return 2
    app = ImbTuiApp(source, target, positive, store)
    app.departure = departure = Departure()
    departure.install()
    app.run()
    code = departure.ended(app.return_code or 0)
    app.jobs.close()
    return code
