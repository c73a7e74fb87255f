"""Two apps on one run, in two terminals: both see it, one of them cancels, one dies.

In the end both show the same numbers. The run's process is stopped while they open it,
so that it does not end before they look.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from engine.service import runs as client
from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.ledger import intact, stop
from tests.support.pty_session import Terminal, restored, wait_until
from tests.support.terminals import line
from tests.support.warm import gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

PATIENCE = 120.0
ARMS = ("untreated", "smote")
LIVE = re.compile(r"▶ run 1 ")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture
def stopped(store, monkeypatch):
    """A run whose process has done something and is stopped."""
    experiment = small(
        "sample:moons", *ARMS, model__rounds=300, search__folds=3, search__trials=10
    )
    run = store.create(experiment, RunOptions(executor="inline"))
    pid = client.start(store, run)
    wait_until(lambda: trials(store), PATIENCE, "no trial ends")
    stop(pid, store.path)
    yield run, pid
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def trials(store):
    return sum(len(arm.trials) for arm in store.state(store.runs()[0].id).arms)


def ended(store):
    return store.runs()[0].status == "done"


def opened(tmp_path):
    """Start the app, which finds the run that works by itself, and open that."""
    terminal = Terminal(folder=tmp_path, columns=100, rows=30)
    terminal.wait_for("run 1 ")
    listed(terminal)
    terminal.wait_for(re.compile(r"[▶‖] run 1 "))
    return terminal


def listed(terminal):
    """Open the run from the list of all."""
    terminal.calm()
    terminal.press("5")
    terminal.wait_for(re.compile(r"(▶ running|‖ .+|✓ done)"))
    terminal.calm()
    terminal.press("enter")


def refused(store):
    """Ask for another writer by the command line."""
    imbtui = Path(sys.executable).with_name("imbtui")
    asked = subprocess.run(
        [imbtui, "resume", "last", "--store", store.path],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert asked.returncode == 2
    assert re.search("running already|has a process", asked.stderr), asked.stderr
    assert len(asked.stderr.splitlines()) <= 2


def judged(text):
    """Tell whether a screen shows every arm, and the verdict's mark at one of them."""
    shown = [line(text, arm) for arm in ARMS]
    return all(shown) and any("✓" in one for one in shown)


def service(terminal):
    """The process that reads tables for an app."""
    (pid,) = (
        p for p, what in terminal.processes().items() if "engine.service.main" in what
    )
    return pid


def test_two_apps_on_one_run(store, stopped, tmp_path):
    run, pid = stopped
    with opened(tmp_path) as one, opened(tmp_path) as two:
        refused(store)
        # Cancelled from the second, and seen in the first; although it was stopped.
        two.press("x")
        two.wait_for(re.compile("cancelling|cancelled|Trials finished"))
        if "Trials finished" in two.text:
            two.press("x")
        for terminal in (two, one):
            terminal.wait_for("cancelled after")
        wait_until(lambda: gone(pid), 5, "the process does not end")
        before = trials(store)
        assert intact(store.path, run.id, []).status == "cancelled"

        # Resumed from the first, and found by the second.
        one.press("R")
        one.wait_for(LIVE)
        listed(two)
        two.wait_for(LIVE)

        # The first dies, the second loses its service: the run does not mind.
        one.signal(signal.SIGKILL)
        os.kill(service(two), signal.SIGKILL)
        wait_until(lambda: two.pump(0.02) or trials(store) > before, PATIENCE, "stands")
        with Terminal(folder=tmp_path, columns=100, rows=30) as again:
            again.wait_for("run 1 ")
            listed(again)
            wait_until(
                lambda: two.pump(0.02) or again.pump(0.02) or ended(store),
                PATIENCE,
                "on",
            )
            numbers = []
            for terminal in (two, again):
                terminal.press("4")
                terminal.wait_for(judged)
                text = terminal.calm()
                numbers.append([line(text, arm) for arm in ARMS])
            assert numbers[0] == numbers[1]
            assert all(numbers[0])
            for terminal in (two, again):
                terminal.press("q")
                left = terminal.wait_exit(10)
                assert (left.code, left.same) == (0, True)
                assert restored(terminal.raw) == []
                assert "Traceback" not in terminal.raw.decode("utf-8", "replace")
    found = intact(store.path, run.id, [])
    assert (found.status, trials(store)) == ("done", 20)
