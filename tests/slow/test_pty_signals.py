"""Leaving the real app by signals and lost terminals, idle and while a run works.

Whatever ends it: it leaves soon, the terminal is as it was, and no process is left but
the run, which is one of its own and goes on. `tests/slow/test_signal_table.py` measures
the seconds that it takes, and again where the machine was busy.
"""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.experiments import make_table
from tests.support.pty_session import Terminal, restored, wait_until
from tests.support.terminals import belongs, goes_on, the_run, trained, trials

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

ENDINGS = ("TERM", "HUP", "INT", "QUIT", "closed", "closed without a signal")
IMBTUI = str(Path(sys.executable).with_name("imbtui"))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    make_table(600).to_csv(path, index=False)
    return path


def opened(table, folder, **options):
    terminal = Terminal([str(table), "--target", "sick"], folder=folder, **options)
    terminal.wait_for("duplicates")
    return terminal


def end(terminal, how):
    """End the app; return the exit code it should have, and when it was told."""
    if how.startswith("closed"):
        return 128 + signal.SIGHUP, terminal.hang_up()
    number = getattr(signal, f"SIG{how}")
    return 128 + number, terminal.signal(number)


def leaves_well(terminal, how, stay=()):
    code, told = end(terminal, how)
    gone = terminal.wait_exit(since=told)
    assert gone.code == code
    if not how.startswith("closed"):
        assert gone.same, "the terminal's settings are not what they were"
        assert restored(terminal.raw) == []
        assert "Traceback" not in terminal.raw.decode("utf-8", "replace")
    # The service notices by itself if the app could not tell it.
    wait_until(
        lambda: not [pid for pid in terminal.processes() if not belongs(pid, stay)],
        60,
        f"left behind: {terminal.processes()}",
    )


@pytest.mark.parametrize("how", ENDINGS)
def test_idle(how, table, tmp_path):
    with opened(table, tmp_path, apart=how == ENDINGS[-1]) as terminal:
        leaves_well(terminal, how)


@pytest.mark.parametrize("how", [how for how in ENDINGS if how != "HUP"])
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
        before = trials(terminal)
        wait_until(lambda: goes_on(terminal, before), 60, "the run stands still")
        with Terminal(folder=tmp_path) as second:
            second.wait_for("▶")
            second.press("q")
            second.wait_for("is still running")
            second.press("s")
            gone = second.wait_exit()
            assert (gone.code, gone.same) == (0, True)
            wait_until(lambda: not alive(run.pid), 60, "the run does not end")
        assert the_run(terminal.store).status == "cancelled"


def test_cancel_is_answered_and_the_process_is_gone(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        run = trained(terminal)
        terminal.press("x")
        terminal.wait_for(re.compile("cancelling|cancelled|Trials finished"))
        if "Trials finished" in terminal.text:
            terminal.press("x")
        terminal.wait_for(lambda text: "cancelling" in text or "cancelled" in text)
        wait_until(lambda: not alive(run.pid), 60, "the run does not end")
        terminal.wait_for("cancelled")
        assert the_run(terminal.store).status == "cancelled"
        # The app lives on.
        terminal.press("1")
        terminal.wait_for("duplicates")
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
        terminal.wait_for("is still running")
        leaves_well(terminal, "TERM", stay=(run.pid,))


def test_a_stalled_terminal_is_given_back(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        terminal.calm()
        # Nobody reads: drawing it all so often is more than a terminal can hold.
        for _ in range(60):
            terminal.press("f5")
            time.sleep(0.02)
        told = terminal.signal(signal.SIGTERM)
        gone = terminal.wait_exit(since=told, reading=False)
        assert gone.code == 128 + signal.SIGTERM
        assert gone.same, "the terminal's settings are not what they were"
        assert restored(terminal.raw) == []
        wait_until(lambda: not terminal.processes(), 60, "left behind")


def test_the_harness_notices_a_terminal_left_as_it_was(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        told = terminal.signal(signal.SIGKILL)
        gone = terminal.wait_exit(since=told)
        assert gone.code == -signal.SIGKILL
        assert not gone.same
        assert "the alternate screen" in restored(terminal.raw)
        # Nobody can help the terminal, but no process stays behind.
        wait_until(lambda: not terminal.processes(), 60, "left behind")


@pytest.mark.parametrize("command", ["run", "watch"])
def test_a_command_that_follows_a_run_leaves_no_mess(command, table, tmp_path):
    how = (
        "--preset",
        "quick",
        "--trials",
        "500",
        "--methods",
        "untreated",
        "--seed",
        "1",
    )
    begun = [str(table), "--target", "sick", *how]
    with Terminal(["run", *begun], folder=tmp_path) as first:
        first.wait_for("/500")
        run = the_run(first.store)
        if command == "watch":
            with Terminal(["watch", "last"], folder=tmp_path) as second:
                second.wait_for("/500")
                quits(second)
        quits(first)
        assert alive(run.pid)
        before = trials(first)
        wait_until(lambda: goes_on(first, before), 60, "the run stands still")


def quits(terminal):
    """End what follows a run by SIGQUIT; it has nothing to give back."""
    gone = terminal.wait_exit(since=terminal.signal(signal.SIGQUIT))
    assert (gone.code, gone.same) == (-signal.SIGQUIT, True)
    assert restored(terminal.raw) == []
    assert terminal.raw.endswith((b"\n", b"\x1b[J\x1b[?25h"))


LEADS = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""


@pytest.mark.parametrize(
    "command",
    [(IMBTUI,), (sys.executable, "-c", LEADS, IMBTUI)],
    ids=["a command of a shell that waits", "the leader of its session"],
)
def test_ctrl_z_without_a_shell_above_does_not_strand_it(command, table, tmp_path):
    with opened(table, tmp_path, command=command) as terminal:
        terminal.press("ctrl+z")
        terminal.wait_for("No shell to return to")
        terminal.press("5")
        terminal.wait_for("no runs yet")
        terminal.press("q")
        gone = terminal.wait_exit()
        assert (gone.code, gone.same) == (0, True)
        assert restored(terminal.raw) == []


@pytest.mark.parametrize("between", ["nothing", "bg"])
def test_ctrl_z_goes_back_to_a_shell_and_fg_returns(between, table, tmp_path):
    shell = ("bash", "--norc", "--noprofile", "--noediting", "-i")
    with Terminal(folder=tmp_path, command=shell, environ={"PS1": "%> "}) as terminal:
        terminal.wait_for("%>")
        terminal.type(f"stty -g > before; {IMBTUI} {table} --target sick\r")
        terminal.wait_for("duplicates")
        terminal.press("ctrl+z")
        terminal.wait_for("Stopped")
        assert restored(terminal.raw) == []
        # What is typed before the prompt is there stands above it, so that what is
        # printed must be told from it.
        terminal.type("stty -g > after; echo rea''dy\r")
        terminal.wait_for("ready")
        before, after = (tmp_path / name for name in ("before", "after"))
        assert after.read_text() == before.read_text()
        if between == "bg":
            terminal.type("clear; bg\r")
            terminal.calm(0.5)
            terminal.type("\r")
            terminal.wait_for("Stopped")
        terminal.type("fg\r")
        terminal.wait_for("duplicates")
        assert "No shell" not in terminal.text
        terminal.press("5")
        terminal.wait_for("no runs yet")
        terminal.press("q")
        terminal.wait_for("%>")
        terminal.type("stty -g > after; exit 7\r")
        assert terminal.wait_exit().code == 7
        assert after.read_text() == before.read_text()
        assert restored(terminal.raw) == []


def test_what_was_stopped_by_another_takes_the_terminal_again(table, tmp_path):
    with opened(table, tmp_path) as terminal:
        terminal.signal(signal.SIGSTOP)
        terminal.pause(0.5)
        terminal.signal(signal.SIGCONT)
        # What is typed while the terminal is taken again may be lost with its modes.
        terminal.until("5", "no runs yet")
        leaves_well(terminal, "TERM")


@pytest.mark.parametrize("given", ["nothing", "an ended pipe"])
def test_without_a_terminal_to_read_from_it_says_so(given, table, tmp_path):
    command = [IMBTUI, str(table)]
    if given == "nothing":
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
        )
    else:
        done = subprocess.run(command, input=b"", capture_output=True, timeout=120)
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) <= 2
