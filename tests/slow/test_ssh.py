"""A job over a line that drops: a real SSH session is cut, and its run goes on.

With an SSH server on the loopback that is started for it and stopped after it.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from engine.store import open_store
from tests.support.experiments import make_table
from tests.support.ledger import intact
from tests.support.pty_session import Terminal, wait_until
from tests.support.ssh_server import Server, missing
from tests.support.warm import gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

PATIENCE = 120.0
PASSED = (
    *("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"),
    *("IMBTUI_STORE", "IMBTUI_TEST_TERMINAL", "LANG", "PYTHONPATH"),
)


@pytest.fixture
def server(tmp_path):
    if why := missing():
        pytest.skip(f"no SSH session: {why}")
    try:
        made = Server(tmp_path / "ssh")
    except OSError as error:
        pytest.skip(f"no SSH session: {error}")
    yield made
    made.stop()


@pytest.fixture
def log_in(server, tmp_path):
    """Start imbtui on the other side of a new connection."""

    def log_in(*arguments: str) -> Terminal:
        imbtui = Path(sys.executable).with_name("imbtui")
        words = shlex.join([str(imbtui), *arguments])
        return Terminal(
            folder=tmp_path / "person",
            command=server.command(f"cd {tmp_path}; exec {words}", *PASSED),
            columns=100,
            rows=30,
        )

    return log_in


def the_run(file):
    with open_store(file) as store:
        return next(iter(store.runs()), None)


def trials(file):
    with open_store(file) as store:
        return sum(len(arm.trials) for arm in store.state(store.runs()[0].id).arms)


def apps(terminal, run):
    """The processes on the other side, but for the run's own."""
    return [
        pid
        for pid, what in terminal.processes().items()
        if pid != run.pid and "/imbtui" in what and "ssh" not in what
    ]


def pytest_generate_tests(metafunc):
    if "cut" in metafunc.fixturenames:
        stress = metafunc.config.getoption("--stress")
        metafunc.parametrize("cut", ["client", "server"] if stress else ["client"])


def test_a_run_outlives_its_connection(cut, server, log_in, tmp_path):
    table = tmp_path / "table.csv"
    make_table(6_000).to_csv(table, index=False)  # a run of minutes
    with log_in(str(table), "--target", "sick") as first:
        first.wait_for("duplicates")
        first.press("r")
        first.wait_for("/60 trials")
        file = first.store
        wait_until(lambda: first.pump(0.02) or trials(file) > 0, PATIENCE, "no trial")
        run = the_run(file)
        assert run.status == "running"
        assert server.sessions()
        if cut == "client":
            first.signal(signal.SIGKILL)
        else:
            for pid in reversed(server.sessions()):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not apps(first, run), 30, f"left: {first.processes()}")
        assert not gone(run.pid)
        before = trials(file)
        wait_until(lambda: trials(file) > before, PATIENCE, "the run stands still")

        with log_in() as second:
            second.wait_for(re.compile(r"run 1 ▶ +\d+/60 trials"))
            second.calm()
            second.press("5")
            second.wait_for("▶ running")
            second.calm()
            second.press("enter")
            live = second.wait_for(re.compile(r"▶ run 1 +(\d+)/60"))
            seen = int(re.search(r"▶ run 1 +(\d+)/60", live)[1])
            assert seen > 0
            second.wait_for(
                lambda text: (
                    (found := re.search(r"▶ run 1 +(\d+)/60", text))
                    and int(found[1]) > seen
                )
            )
            second.press("x")
            second.wait_for("Trials finished")
            second.press("x")
            second.wait_for("cancelled after")
            wait_until(lambda: gone(run.pid), 10, "the run does not end")
            assert the_run(file).status == "cancelled"
            second.press("q")
            left = second.wait_exit(20)
            assert (left.code, left.same) == (0, True)
        assert intact(file, run.id, []).status == "cancelled"
        assert trials(file) >= seen
        wait_until(lambda: not server.sessions(), 20, "a session is left")
