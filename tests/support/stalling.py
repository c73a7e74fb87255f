"""A terminal that nobody reads for a while, as when a line hangs; a run trains."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from engine.service import runs as client
from engine.store import RunOptions, open_store
from tests.support.experiments import make_table, small
from tests.support.pty_session import Terminal

__all__ = ["Measured", "Phase", "measure"]

SHOWN = re.compile(r"▶ run 1 +([\d,]+)/")
MIB = 2**20


@dataclass(frozen=True)
class Phase:
    """What happened in a stretch of time.

    `back` is the time to the first frame after a stall, `stuck` whether the app waited
    to write when it ended; None where the system does not tell.
    """

    stalled: bool
    seconds: float
    trials: int
    memory: int
    back: float | None = None
    stuck: bool | None = None

    @property
    def rate(self) -> float:
        """Trials a second."""
        return self.trials / self.seconds


@dataclass
class Measured:
    """The phases of a run, and what the app was before and after them."""

    phases: list[Phase] = field(default_factory=list)
    memory_before: int = 0
    alive: bool = False
    raw: bytes = b""

    def rate(self, stalled: bool) -> float:
        """Trials a second over all phases of a kind."""
        chosen = [phase for phase in self.phases if phase.stalled is stalled]
        return sum(p.trials for p in chosen) / sum(p.seconds for p in chosen)

    @property
    def ratio(self) -> float:
        """Trials a second with a stalled terminal to those with one that is read."""
        return self.rate(True) / self.rate(False)

    @property
    def grown(self) -> int:
        """Bytes of memory that the app took more at most."""
        return max(p.memory for p in self.phases) - self.memory_before

    @property
    def back(self) -> float:
        """The longest time to the first frame after a stall."""
        return max(p.back for p in self.phases if p.back is not None)


def measure(folder: Path, order: Sequence[bool], seconds: float) -> Measured:
    """Let an app follow a run, and read its terminal or not.

    Parameters
    ----------
    folder : Path
    order : sequence of bool
        The phases: whether the terminal is stalled.
    seconds : float
        How long each takes.
    """
    table = folder / "table.csv"
    make_table(1500).to_csv(table, index=False)
    # Several arms: all have the same settings, and to find the next ones takes the
    # longer the more there were.
    experiment = small(
        table,
        *("untreated", "weights", "random-under", "random-over", "smote"),
        data__target="sick",
        model__rounds=100,
        search__folds=2,
        search__trials=100_000,
    )
    file = folder / "runs.sqlite"
    with open_store(file) as store:
        # One unit at a time: what draws has a core of its own.
        run = store.create(experiment, RunOptions(executor="inline"))
        process = client.start(store, run)
    try:
        with Terminal(folder=folder, columns=100, rows=30) as app:
            return _followed(app, file, order, seconds)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        client._children.pop(run.id).wait()


def _followed(
    app: Terminal, file: Path, order: Sequence[bool], seconds: float
) -> Measured:
    app.wait_for("run 1 ▶")
    app.calm()
    app.press("5")
    app.wait_for("▶ running")
    app.calm()
    app.press("enter")
    app.wait_for(lambda text: _shown(text) > 3)
    app.pause(3.0)  # what is built the first time is built
    found = Measured(memory_before=_memory(app.pid))
    with closing(sqlite3.connect(file)) as db:
        for stalled in order:
            found.phases.append(_phase(app, db, stalled, seconds))
    # It answers as before, and shows where the run is.
    app.press("1")
    app.wait_for("target")
    app.press("3")
    app.wait_for(lambda text: _shown(text) > 3)
    found.alive = True
    found.raw = bytes(app.raw)
    return found


def _phase(
    app: Terminal, db: sqlite3.Connection, stalled: bool, seconds: float
) -> Phase:
    before, started = _trials(db), time.monotonic()
    memory, back = 0, None
    while time.monotonic() - started < seconds:
        if stalled:
            time.sleep(0.1)
        else:
            app.pause(0.1)
        memory = max(memory, _memory(app.pid))
    took, after = time.monotonic() - started, _trials(db)
    stuck = _stuck(app.pid)
    if stalled:
        again = time.monotonic()
        app.wait_for(lambda text: _shown(text) >= after)
        back = time.monotonic() - again
        app.pause(1.0)
    return Phase(stalled, took, after - before, memory, back, stuck)


def _shown(text: str) -> int:
    found = SHOWN.search(text)
    return int(found[1].replace(",", "")) if found else 0


def _trials(db: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM events WHERE path LIKE '%/trial/%'"
    return int(db.execute(query).fetchone()[0])


def _stuck(pid: int) -> bool | None:
    """Tell whether a thread waits until a user reads what it writes."""
    try:
        doing = [
            (task / "syscall").read_text().split()
            for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except OSError:
        return None
    if os.uname().machine != "x86_64":
        return None
    return any(words[:1] == ["1"] and words[1] in ("0x1", "0x2") for words in doing)


def _memory(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
