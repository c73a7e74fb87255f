"""The app as a user feels it: first frame, keys while a run trains, bytes over SSH.

All in one go, in a pseudo-terminal of 80×24, with the real engine:

- the time to the first frame of `imbtui`, in turn with an empty Textual app;
- the time from a key to the frame that answers it, while a run trains on every core,
  beside that of a Textual app that does nothing else at the same time;
- the bytes written to the terminal meanwhile, when nobody touches it;
- the processor time that the app and its processes take while nothing happens.

    python benchmarks/app.py [--repeats 10] [--keys 300] [--seconds 20] [--idle 30]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS, ROWS = 80, 24
ROOT = Path(__file__).resolve().parents[1]
IMBTUI = [sys.executable, "-m", "tui"]
EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("first frame")

Empty().run()
"""
BARE = "empty Textual app"
ECHO = """
from textual.app import App
from textual.widgets import Static

class Echo(App):
    presses = 0
    def compose(self):
        yield Static("echo ready")
    def on_key(self):
        self.presses += 1
        self.query_one(Static).update(f"echo number {self.presses}.")

Echo().run()
"""
GOALS = {
    "first frame": ("ratio", 1.3),
    "keys": ("p99 ms", 50.0),
    "bytes": ("KB/s", 5.0),
    "idle": ("% of a core", 0.5),
}
NO_RESULT = re.compile(rb"missed|the first arm")
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A command in a pseudo-terminal; nothing is drawn, bytes are only read."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.data = bytearray()
        self._master, slave = os.openpty()
        termios.tcsetwinsize(slave, (ROWS, COLUMNS))
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=ROOT,
            env=environment(home),
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        while self._process.poll() is None:
            self.read(0.02)
        os.close(self._master)

    def read(self, seconds: float) -> bytes:
        """Return what comes within so long; as soon as something does."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            found = os.read(self._master, 1 << 16)
        except OSError:
            return b""
        self.data += found
        return found

    def worked(self) -> float:
        """Return the processor time that its process has had."""
        return ticks(self._process.pid)

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def wait(
        self, what: str | re.Pattern[bytes], seconds: float = 120.0, since: int = 0
    ) -> float:
        """Read until something was written; return when that was."""
        wanted = re.compile(re.escape(what.encode())) if isinstance(what, str) else what
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            self.read(deadline - time.perf_counter())
            now = time.perf_counter()
            if wanted.search(ESCAPES.sub(b"", self.data[since:])):
                return now
        tail = ESCAPES.sub(b"", self.data[-3000:]).decode("utf-8", "replace")
        raise SystemExit(f"{what!r} was not seen; the last was:\n{tail}")

    def drain(self, seconds: float) -> int:
        """Read for so long; return how many bytes came."""
        before, deadline = len(self.data), time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self.read(left)
        return len(self.data) - before


def environment(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TEXTUAL", "SSH_", "TMUX", "XDG_"))
        and name not in ("NO_COLOR", "COLORTERM", "PYTHONDONTWRITEBYTECODE")
    }
    return {
        **kept,
        "HOME": str(home),
        "IMBTUI_STORE": str(home / "runs.sqlite"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


# The first frame ----------------------------------------------------------------------


def first_frames(repeats: int, home: Path) -> dict[str, object]:
    """Start each in turn, with everything compiled before."""
    sides = {
        BARE: ([sys.executable, "-c", EMPTY], "first frame", ""),
        "imbtui": (IMBTUI, "imbtui", "which method"),
        "imbtui DATA": ([*IMBTUI, "sample:stroke"], "sample:stroke", "1 Dataset"),
    }
    spent: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
    for turn in range(repeats + 1):
        for name, (command, first, usable) in sides.items():
            with Terminal(command, home) as terminal:
                seen = terminal.wait(first, 30) - terminal.started
                worked = terminal.worked()
                there = terminal.wait(usable, 30) - terminal.started if usable else seen
            settle(home)
            if turn:  # the first compiles, and fills the disk's cache
                spent[name].append((seen, worked, there))
    seen, worked, there = (
        {n: statistics.median(times[i] for times in all_) for n, all_ in spent.items()}
        for i in (0, 1, 2)
    )
    return {
        "seconds": {name: round(value, 3) for name, value in seen.items()},
        "seconds to the whole screen": {
            n: round(value, 3) for n, value in there.items()
        },
        "processor seconds": {name: round(value, 3) for name, value in worked.items()},
        "ratio": round(seen["imbtui"] / seen[BARE], 2),
        "ratio with data": round(seen["imbtui DATA"] / seen[BARE], 2),
        "processor ratio": round(worked["imbtui"] / worked[BARE], 2),
    }


def settle(home: Path) -> None:
    """Wait until no child of an app is left to take its share of the cores."""
    mark = f"HOME={home}".encode()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and processes(mark):
        time.sleep(0.02)


def ticks(pid: int) -> float:
    """Return the processor seconds of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return sum(int(value) for value in stat.split()[11:13]) / os.sysconf("SC_CLK_TCK")


def processes(mark: bytes) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                variables = (entry / "environ").read_bytes().split(b"\0")
                if mark in variables:
                    found.append(int(entry.name))
    return found


# While it trains ----------------------------------------------------------------------


@dataclass
class Kind:
    """Keys to press in turn, each with what must be written then."""

    keys: tuple[tuple[str, str | re.Pattern[bytes]], ...]
    milliseconds: list[float] = field(default_factory=list)


def kinds() -> dict[str, Kind]:
    down, up = "\x1b[B", "\x1b[A"
    return {
        "cursor in a list": Kind(((down, "▸ [■] weights"), (up, "▸ [▪] untreated"))),
        "pane 3 or 4": Kind((("3", "cancel"), ("4", NO_RESULT))),
        "pane 1 or 2": Kind((("1", "43,400 rows"), ("2", "[▪] untreated"))),
    }


def answer(terminal: Terminal, key: str, shown: str | re.Pattern[bytes]) -> float:
    """Press a key; return the milliseconds until the frame that answers it."""
    since, pressed = len(terminal.data), time.perf_counter()
    terminal.press(key)
    return 1000 * (terminal.wait(shown, 20, since) - pressed)


def training(home: Path, keys: int, seconds: float, idle: float) -> dict[str, object]:
    """Run the article's experiment; touch nothing, then press keys."""
    command = [*IMBTUI, "sample:stroke", "--target", "stroke"]
    echo_command = [sys.executable, "-c", ECHO]
    with Terminal(command, home) as app, Terminal(echo_command, home) as echo:
        echo.wait("echo ready")
        app.wait("43,400 rows")
        app.drain(5.0)
        nothing = Busy(home, b"")
        app.drain(idle)
        at_rest = nothing.cores()
        app.press("r")
        # On its way: the stack is imported, the folds are prepared, trials end.
        app.wait(re.compile(rb"[1-9]\d*/60 trials"))
        busy = Busy(home, b"engine.service.run_process", b"multiprocessing")
        before = time.perf_counter()
        written = app.drain(seconds)
        still = time.perf_counter() - before
        cores = busy.cores()
        app.press("2")
        app.wait("[▪] untreated")
        app.drain(0.5)
        measured = kinds()
        chance = random.Random(0)
        bare = Kind(())
        while sum(len(kind.milliseconds) for kind in measured.values()) < keys:
            shown = f"echo number {len(bare.milliseconds) + 1}."
            bare.milliseconds.append(answer(echo, "a", shown))
            for kind in measured.values():
                for key, shown in kind.keys:
                    # Anywhere between two frames of the running display.
                    app.drain(chance.uniform(0.02, 0.12))
                    kind.milliseconds.append(answer(app, key, shown))
                    echo.read(0)
        if b"run 1 done" in app.data:
            raise SystemExit("the run ended too soon: fewer keys, or a slower machine")
        app.press("x")
        app.drain(1.0)
        app.press("\r")
        app.wait("cancelled", 20, len(app.data))
    settle(home)
    both = sorted(m for kind in measured.values() for m in kind.milliseconds)
    return {
        "idle": {"% of a core": round(100 * at_rest, 2), "seconds": idle},
        "bytes": {"KB/s": round(written / 1000 / still, 2), "seconds": round(still, 1)},
        "keys": {
            **figures(both),
            "kinds": {n: figures(sorted(k.milliseconds)) for n, k in measured.items()},
            "a Textual app that does nothing else": figures(sorted(bare.milliseconds)),
        },
        "cores busy with the run": round(cores, 2),
    }


class Busy:
    """How many cores the processes of a home keep busy that name one of these."""

    def __init__(self, home: Path, *named: bytes) -> None:
        self._home, self._named = home, named
        self._from = (time.perf_counter(), self._spent())

    def _spent(self) -> float:
        total = 0.0
        for pid in processes(f"HOME={self._home}".encode()):
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                if any(name in command for name in self._named):
                    total += ticks(pid)
        return total

    def cores(self) -> float:
        since, before = self._from
        return (self._spent() - before) / (time.perf_counter() - since)


def figures(milliseconds: list[float]) -> dict[str, float]:
    """Return what there is to say of sorted times."""
    last = len(milliseconds) - 1
    return {
        "keys": len(milliseconds),
        "p50 ms": round(statistics.median(milliseconds), 1),
        "p99 ms": round(milliseconds[min(last, round(0.99 * last))], 1),
        "most ms": round(milliseconds[-1], 1),
    }


# What is told -------------------------------------------------------------------------


def table(result: dict[str, dict[str, object]]) -> str:
    lines = [f"{'':34}{'measured':>10}{'goal':>9}"]
    frames, keys, sent = result["first frame"], result["keys"], result["bytes"]
    for name, spent in frames["seconds"].items():
        lines.append(f"first frame, {name:21}{spent:>8.3f} s")
    for name, spent in frames["seconds to the whole screen"].items():
        if name != BARE:
            lines.append(f"whole screen, {name:20}{spent:>8.3f} s")
    lines.append(line("first frame, ratio", frames["ratio"], "first frame"))
    lines.append(line("the same in processor time", frames["processor ratio"], ""))
    lines.append(line("first frame with DATA, ratio", frames["ratio with data"], ""))
    for name, kind in keys["kinds"].items():
        lines.append(
            f"key to frame, {name:20}{kind['p99 ms']:>7.1f} ms  p99 of {kind['keys']}"
        )
    lines.append(line("key to frame, all, p50 ms", keys["p50 ms"], ""))
    lines.append(line("key to frame, all, p99 ms", keys["p99 ms"], "keys"))
    lines.append(line("key to frame, the slowest, ms", keys["most ms"], ""))
    echo = keys["a Textual app that does nothing else"]
    lines.append(line("the least any app could, p99 ms", echo["p99 ms"], ""))
    lines.append(line("to the terminal, KB/s", sent["KB/s"], "bytes"))
    lines.append(line("idle, % of a core", result["idle"]["% of a core"], "idle"))
    lines.append(line("cores busy with the run", result["cores busy with the run"], ""))
    return "\n".join(lines)


def line(name: str, value: float, goal: str) -> str:
    text = f"{name:34}{value:>10}"
    if goal:
        most = GOALS[goal][1]
        text += f"{'≤ ' + format(most, 'g'):>9}  {'✓' if value <= most else '✗'}"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--idle", type=float, default=30.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        result: dict[str, object] = {
            "terminal": f"{COLUMNS}×{ROWS}",
            "cores": os.cpu_count(),
            "load before": round(os.getloadavg()[0], 2),
            "first frame": first_frames(args.repeats, home),
        }
        result |= training(home, args.keys, args.seconds, args.idle)
    print(table(result))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
