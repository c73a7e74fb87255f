"""What tests of the app in a terminal look for: lines of the board, the stored run."""

import os
import re
from contextlib import closing

from engine.store import open_store
from tests.support.pty_session import wait_until

SECONDS = 3.0
"""Whatever ends the app, it is gone by then."""

BOARD = r"[│ ]*[▸ ] {arm}(?: [✓!⚠])* +(\d+) +\d\.\d\d \("


def line(text, arm):
    """The board's line of an arm, from its name on."""
    found = re.search(BOARD.format(arm=arm) + r".*", text)
    return found and found.group(0).strip(" │▸")


def trained(terminal):
    """Start a run of many trials and wait until it has learnt something."""
    terminal.press("r")
    wait_until(lambda: the_run(terminal.store), 120, "no run is stored")
    terminal.wait_for(r := "/60 trials")
    wait_until(lambda: trials(terminal) > 0, 120, f"no trial of {r} ends")
    run = the_run(terminal.store)
    assert run.status == "running"
    return run


def the_run(path):
    if not path.exists():
        return None
    with closing(open_store(path)) as store:
        return next(iter(store.runs()), None)


def trials(terminal):
    """Read what was written, so that the app is not held up, and count trials."""
    terminal.pump(0.02)
    with closing(open_store(terminal.store)) as store:
        return sum(len(arm.trials) for arm in store.state(store.runs()[0].id).arms)


def goes_on(terminal, before):
    """Tell whether a run has learnt more than it had, or has come to its end."""
    return trials(terminal) > before or the_run(terminal.store).status == "done"


def belongs(pid, stay):
    """Tell whether a process is one of a session that was asked to stay."""
    try:
        return os.getsid(pid) in stay
    except ProcessLookupError:
        return True
