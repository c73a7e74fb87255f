"""Leaving the real app by signals and lost terminals, idle and while a run works.

Whatever ends it: out within three seconds, the terminal as it was, no process left
but the run, which is one of its own and goes on.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from engine.store.store import open_store
from tests.conftest import make_table
from tests.tui.pty_session import Terminal, restored, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

SECONDS = 3.0
ENDINGS = ("TERM", "HUP", "INT", "closed", "closed without a signal")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    make_table(600).to_csv(path, index=False)
    return path


def opened(table, folder, **options):
    terminal = Terminal([str(table), "--target", "sick"], folder=folder, **options)
    terminal.wait_for("same rows")
    return terminal


def trained(terminal):
    """Start a run of many trials and wait until it has learnt something."""
    terminal.press("r")
    wait_until(lambda: the_run(terminal.store), 40, "no run is stored")
    terminal.wait_for(r := "/60 trials")
    wait_until(lambda: trials(terminal) > 0, 60, f"no trial of {r} ends")
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


def end(terminal, how):
    """End the app; return the exit code it should have, and when it was told."""
    if how.startswith("closed"):
        return 128 + signal.SIGHUP, terminal.hang_up()
    number = getattr(signal, f"SIG{how}")
    return 128 + number, terminal.signal(number)


def leaves_well(terminal, how, stay=()):
    code, told = end(terminal, how)
    gone = terminal.wait_exit(10, since=told)
    assert gone.code == code
    assert gone.seconds < SECONDS
    if not how.startswith("closed"):
        assert gone.same, "the terminal's settings are not what they were"
        assert restored(terminal.raw) == []
        assert "Traceback" not in terminal.raw.decode("utf-8", "replace")
    # The service notices by itself if the app could not tell it.
    left = SECONDS - gone.seconds + 1
    wait_until(
        lambda: not [pid for pid in terminal.processes() if not belongs(pid, stay)],
        left,
        f"left behind: {terminal.processes()}",
    )


def belongs(pid, stay):
    """Tell whether a process is one of a session that was asked to stay."""
    try:
        return os.getsid(pid) in stay
    except ProcessLookupError:
        return True


@pytest.mark.parametrize("how", ENDINGS)
def test_idle(how, table, tmp_path):
    with opened(table, tmp_path, apart=how == ENDINGS[-1]) as terminal:
        leaves_well(terminal, how)


@pytest.mark.parametrize("how", ENDINGS)
def test_while_training(how, table, tmp_path):
    with opened(table, tmp_path, apart=how == ENDINGS[-1]) as terminal:
        run = trained(terminal)
        leaves_well(terminal, how, stay=(run.pid,))
        # The run goes on, and the store has it.
        before = trials(terminal)
        wait_until(lambda: goes_on(terminal, before), 60, "the run stands still")


def test_a_run_that_went_on_is_found_and_can_be_cancelled(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        run = trained(terminal)
        leaves_well(terminal, "HUP", stay=(run.pid,))
        with Terminal(folder=tmp_path) as second:
            second.wait_for("▶")
            second.press("q")
            second.wait_for("still works")
            second.press("s")
            gone = second.wait_exit(10)
            assert (gone.code, gone.same) == (0, True)
            wait_until(lambda: not alive(run.pid), 2, "the run does not end")
        assert the_run(terminal.store).status == "cancelled"


def test_cancel_is_answered_and_the_process_is_gone(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        run = trained(terminal)
        terminal.press("x")
        terminal.wait_for("cancel", 5)
        terminal.wait_for(lambda text: "cancelling" in text or "cancelled" in text, 5)
        wait_until(lambda: not alive(run.pid), 5, "the run does not end")
        terminal.wait_for("cancelled")
        assert the_run(terminal.store).status == "cancelled"
        # The app lives on.
        terminal.press("1")
        terminal.wait_for("same rows")
        leaves_well(terminal, "INT")


def alive(pid):
    """Tell whether a process works; one that waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_question_does_not_keep_it(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        run = trained(terminal)
        terminal.press("q")
        terminal.wait_for("still works")
        leaves_well(terminal, "TERM", stay=(run.pid,))


def test_a_stalled_terminal_is_given_back(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        terminal.calm()
        # Nobody reads: drawing it all so often is more than a terminal can hold.
        for _ in range(60):
            terminal.press("f5")
            time.sleep(0.02)
        told = terminal.signal(signal.SIGTERM)
        gone = terminal.wait_exit(10, since=told, reading=False)
        assert gone.code == 128 + signal.SIGTERM
        assert gone.seconds < SECONDS
        assert gone.same, "the terminal's settings are not what they were"
        assert restored(terminal.raw) == []
        wait_until(lambda: not terminal.processes(), 2, "left behind")


def test_the_harness_notices_a_terminal_left_as_it_was(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        told = terminal.signal(signal.SIGKILL)
        gone = terminal.wait_exit(10, since=told)
        assert gone.code == -signal.SIGKILL
        assert not gone.same
        assert "the alternate screen" in restored(terminal.raw)
        # Nobody can help the terminal, but no process stays behind.
        wait_until(lambda: not terminal.processes(), 5, "left behind")


@pytest.mark.parametrize("given", ["nothing", "an ended pipe"])
def test_without_a_terminal_to_read_from_it_says_so(given, table, tmp_path):
    command = [str(Path(sys.executable).with_name("imbtui")), str(table)]
    if given == "nothing":
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30
        )
    else:
        done = subprocess.run(command, input=b"", capture_output=True, timeout=30)
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) <= 2
