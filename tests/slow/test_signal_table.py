"""The table of endings × states, in a real terminal.

Whatever ends the app and whatever it is doing: out within three seconds, with the code
that tells why, the terminal as it was, no process left but the run, which goes on, and
no half file. Idle and training are in `tests/slow/test_pty_signals.py`, too; here the
suite does one cell of each other row and each column, and `make stress` all of them.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from tests.support.experiments import make_table
from tests.support.pty_session import Terminal, restored, wait_until
from tests.support.terminals import SECONDS, belongs, goes_on, trained, trials

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

ENDINGS = ("TERM", "HUP", "INT", "QUIT", "end of input", "closed", "stalled")
"""Signals; a terminal that closes without and with one; one that nobody reads."""
DIAGONAL = (
    ("loading", "TERM"),
    ("writing", "HUP"),
    ("dialog", "closed"),
    ("runs", "end of input"),
    ("training", "stalled"),
)
ROWS = 100_000


@pytest.fixture(scope="module")
def small_table(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    make_table(600).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def large_table(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "large.csv"
    make_table(ROWS).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def larger_table(large_table):
    """One that takes long to read."""
    path = large_table.with_name("larger.csv")
    head, _, rows = large_table.read_bytes().partition(b"\n")
    path.write_bytes(head + b"\n" + rows * 5)
    return path


# States: each brings a terminal there, and returns the sessions that are to stay ------


def idle(terminal: Terminal) -> tuple[int, ...]:
    terminal.wait_for("duplicates")
    return ()


def loading(terminal: Terminal) -> tuple[int, ...]:
    terminal.wait_for("reading")
    terminal.pause(1.5)
    assert "duplicates" not in terminal.text
    return ()


def training(terminal: Terminal) -> tuple[int, ...]:
    terminal.wait_for("duplicates")
    return (trained(terminal).pid,)


def dialog(terminal: Terminal) -> tuple[int, ...]:
    terminal.wait_for("duplicates")
    terminal.press("o")
    terminal.wait_for("Open a dataset")
    return ()


def runs(terminal: Terminal) -> tuple[int, ...]:
    terminal.wait_for("duplicates")
    terminal.press("5")
    terminal.wait_for("no runs yet")
    return ()


def writing(terminal: Terminal) -> tuple[int, ...]:
    terminal.wait_for("duplicates")
    terminal.press("2")
    terminal.wait_for("▸ [▪] untreated")
    terminal.until("down", "▸ [ ] random-over")
    before = files(terminal.folder)
    terminal.press("W")
    terminal.wait_for("enter  Write")
    terminal.calm()
    terminal.press("enter")

    def begun() -> bool:
        terminal.pump(0.01)
        return files(terminal.folder) != before

    wait_until(begun, 120, "nothing is written")
    return ()


STATES: dict[str, Callable[[Terminal], tuple[int, ...]]] = {
    "idle": idle,
    "loading": loading,
    "training": training,
    "writing": writing,
    "dialog": dialog,
    "runs": runs,
}


def files(folder: Path) -> set[str]:
    """The tables in a folder, and what may become one."""
    return {
        entry.name
        for entry in folder.iterdir()
        if entry.is_file()
        and not entry.name.startswith(("terminal-", "runs.sqlite"))
        and entry.stat().st_size
    }


# Endings -----------------------------------------------------------------------------


def end(terminal: Terminal, how: str) -> tuple[int, float]:
    """End the app; return the code it should have, and when it was told."""
    if how in ("closed", "end of input"):
        return 128 + signal.SIGHUP, terminal.hang_up()
    if how == "stalled":
        # Nobody reads: drawn anew so often, it is more than a terminal can hold.
        for number in range(60):
            terminal.resize(80 + number % 2, 24)
            time.sleep(0.02)
        return 128 + signal.SIGTERM, terminal.signal(signal.SIGTERM)
    number = getattr(signal, f"SIG{how}")
    return 128 + number, terminal.signal(number)


def leave(terminal: Terminal, how: str, stay: tuple[int, ...]) -> float:
    """End the app, look at everything but the time, and return that."""
    code, told = end(terminal, how)
    gone = terminal.wait_exit(15, since=told, reading=how != "stalled")
    assert gone.code == code
    if how not in ("closed", "end of input"):
        assert gone.same, "the terminal's settings are not what they were"
        assert restored(terminal.raw) == []
        assert "Traceback" not in terminal.raw.decode("utf-8", "replace")

    def left() -> dict[int, str]:
        found = terminal.processes()
        return {pid: what for pid, what in found.items() if not belongs(pid, stay)}

    wait_until(lambda: not left(), 5, f"left behind: {left()}")
    return gone.seconds


def whole(folder: Path) -> None:
    """Assert that what has a table's name is a whole table.

    A hidden file may be left where the process was killed that wrote it.
    """
    for name in files(folder):
        if name.startswith("."):
            assert name.endswith(".part")
            continue
        rows = pd.read_csv(folder / name, low_memory=False)
        counts = rows["sick"].value_counts()
        if name.endswith("-test.csv"):
            # Rows that are equal stay together.
            assert abs(len(rows) - ROWS // 5) < ROWS // 200
        else:
            assert counts["yes"] == counts["no"]


@pytest.fixture
def measure(request, tmp_path):
    """End the app in a state, once; return the seconds it took."""
    tables = {"loading": "larger_table", "writing": "large_table"}

    def measure(state: str, how: str, number: int) -> float:
        table = request.getfixturevalue(tables.get(state, "small_table"))
        folder = tmp_path / str(number)
        with Terminal(
            [str(table), "--target", "sick"],
            folder=folder,
            apart=how == "end of input",
        ) as terminal:
            stay = STATES[state](terminal)
            seconds = leave(terminal, how, stay)
            whole(folder)
            if stay:
                before = trials(terminal)
                wait_until(lambda: goes_on(terminal, before), 60, "the run stands")
                for pid in stay:
                    with suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
        return seconds

    return measure


def pytest_generate_tests(metafunc):
    if "how" in metafunc.fixturenames:
        every = [(state, how) for state in STATES for how in ENDINGS]
        stress = metafunc.config.getoption("--stress")
        metafunc.parametrize(("state", "how"), every if stress else DIAGONAL)


def test_out_in_time_and_nothing_left(state, how, measure, many, tell):
    found = []
    for number in range(many(1, 4)):
        seconds = measure(state, how, number)
        if seconds >= SECONDS:
            # The machine may have been busy with something else for a moment.
            seconds = measure(state, how, number + 100)
        assert seconds < SECONDS
        found.append(seconds)
    tell(f"{state} × {how}: {', '.join(f'{s:.2f}' for s in found)} s")
