"""Random keys and random sizes while a run trains: the app lives, and has no errors."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path

import pytest

from tests.support.experiments import make_table
from tests.support.pty_session import KEYS, Terminal, restored
from tests.support.stalling import MIB

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

LEAVES = {"q", "ctrl+c", "ctrl+q", "ctrl+z", "ctrl+p", "f10"}
"""What ends or suspends the app, and what lists the commands that do."""
LETTERS = "abcdefghijklmnoprstuvwxyzBDGLRVW0123456789+-/<>?,.[] "
OFTEN = ("enter", "esc", "tab", "up", "down", "left", "right", "1", "2", "3", "4", "5")
SIZES = ((80, 24), (100, 30), (140, 40), (60, 18), (50, 12), (200, 50))


class Monkey:
    """Presses keys, and remembers the last of them."""

    def __init__(self, app: Terminal, rng) -> None:
        self._app, self._rng = app, rng
        self.pressed: deque[str] = deque(maxlen=300)
        self.count = 0
        self._keys = sorted(set(KEYS) - LEAVES)

    def press(self, key: str) -> None:
        self._app.type(KEYS.get(key, key))
        self.pressed.append(key)
        self.count += 1

    def go(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self._app.alive, self.told()
            chance = self._rng.random()
            if chance < 0.03:
                self._app.resize(*self._rng.choice(SIZES))
                self.pressed.append(f"{self._app.screen.columns} wide")
            elif chance < 0.05:
                # A command by its name, but for those that leave: it is not chosen.
                self.press("ctrl+p")
                for letter in self._rng.choices(LETTERS, k=4):
                    self.press(letter)
                self._app.pause(0.2)
                for _ in range(2):
                    self.press("esc")
                    self._app.pause(0.3)
            elif chance < 0.5:
                self.press(self._rng.choice(OFTEN))
            elif chance < 0.9:
                self.press(self._rng.choice(LETTERS))
            else:
                self.press(self._rng.choice(self._keys))
            self._app.pause(self._rng.random() * 0.1)

    def told(self) -> str:
        log = self._app.folder / "home" / "state" / "imbtui" / "app.log"
        said = log.read_text()[-3000:] if log.exists() else ""
        return f"{' '.join(self.pressed)}\n{self._app.text}\n{said}"


def weight(pid):
    """Bytes, threads and open files of a process."""
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    counts = (len(list((process / what).iterdir())) for what in ("task", "fd"))
    return pages * os.sysconf("SC_PAGE_SIZE"), *counts


def home(app):
    """Close whatever is open, until the workbench answers."""
    app.resize(100, 30)
    app.calm()
    for _ in range(8):
        app.press("esc")
        app.calm(0.2, 1.0)


def test_random_keys(many, rng, tell, tmp_path):
    table = tmp_path / "table.csv"
    make_table(600).to_csv(table, index=False)
    seconds = many(15.0, 240.0)
    with Terminal([str(table), "--target", "sick"], folder=tmp_path / "person") as app:
        app.wait_for("duplicates")
        app.press("r")
        app.wait_for("/60 trials")
        monkey = Monkey(app, rng)
        monkey.go(seconds / 3)
        first = weight(app.pid)
        monkey.go(seconds * 2 / 3)
        home(app)
        last = weight(app.pid)
        app.until("?", "─ Help ─", times=5)
        home(app)
        app.until("1", "1 Dataset", times=5)
        assert app.alive, monkey.told()
        log = tmp_path / "person" / "home" / "state" / "imbtui" / "app.log"
        assert not log.exists(), monkey.told()
        raw = app.raw.decode("utf-8", "replace")
        assert "Traceback" not in raw
        assert "internal error" not in raw
        tell(
            f"{monkey.count} keys in {seconds:g} s: 0 errors; memory "
            f"{(last[0] - first[0]) / MIB:+.1f} MiB, threads {first[1]} → {last[1]}, "
            f"files {first[2]} → {last[2]}"
        )
        # What is built once per view is built by then, as well as the pools of threads.
        assert last[0] - first[0] < 60 * MIB
        assert last[1] - first[1] < 16
        assert last[2] - first[2] < 24
        app.signal(15)
        gone = app.wait_exit(15)
        assert gone.code == 128 + 15
        assert gone.same
        assert restored(app.raw) == []
