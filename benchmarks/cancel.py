"""A run is cancelled at random moments: how long until its last process is gone?

Each turn starts a run on a made-up table, large enough that samplers and boosters are
in native code nearly all the time, and cancels it after a random delay: some while the
table is read, most while units are under way. Told are the seconds from the request
until the process has heard of it, and until the last process of its session is gone;
and processes that are left. Warmed-up children of `tests/slow` stand in for the
seconds of imports.

    python benchmarks/cancel.py [--turns 100] [--rows 20000] [--seed 0] [--json PATH]

With `--data PATH:TARGET` it is that table, and `--latest` seconds the longest delay.
With `--requests` too, each request of the app about the table is cancelled after
several delays: until it has ended in the service's process, or the process is gone.
"""

from __future__ import annotations

import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import common

sys.path.insert(0, str(common.ROOT))

ARMS = (
    *("untreated", "weights", "smote", "kmeans-smote", "svm-smote", "smote-enn"),
    *("balanced-random-forest", "smote:ratio=0.3/1:k_neighbors=3/9"),
)
EXECUTORS = ("local", "processes", "inline")
FEATURES = 12
EARLY = 0.25
"""Share of the runs that are cancelled while the table is read."""
LATEST = 5.0
"""Seconds after which a run is cancelled at the latest."""
PATIENCE = 60.0
BOUND = 1.0


def make(path: Path, rows: int, seed: int) -> None:
    """Write a table of numbers, one row in twenty positive."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, FEATURES))
    score = X[:, 0] + 0.5 * X[:, 1] + rng.normal(size=rows)
    frame = pd.DataFrame(X, columns=[f"x{n}" for n in range(FEATURES)])
    frame["y"] = (score > np.quantile(score, 0.95)).astype(int)
    frame.to_csv(path, index=False)


def experiment(path: Path, target: str = "y") -> Any:
    from msgspec.structs import replace

    from engine.core.methods import grammar
    from engine.core.presets import preset

    base = preset("quick", source=str(path), target=target)
    return replace(
        base,
        arms=tuple(grammar.parse(text) for text in ARMS),
        model=replace(base.model, rounds=400),
        search=replace(base.search, trials=50),
    )


class Session:
    """Watches the processes of a session in a thread, from before the request on."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.last_seen = time.monotonic()
        self.left: list[int] = []
        self._thread.start()

    def _look(self) -> None:
        from engine.io import machine

        while True:
            self.left = machine.members(self._leader)
            if not self.left:
                return
            self.last_seen = time.monotonic()
            if self._over.wait(0.005):
                return

    def gone(self) -> bool:
        """Wait for the last process; return whether it ended."""
        self._thread.join(PATIENCE)
        self._over.set()
        return not self.left


def turn(
    store: Any, warm: Any, rng: random.Random, made: Any, latest: float
) -> dict[str, Any]:
    """Begin a run, cancel it after a while, and tell what that took."""
    from engine.service import client
    from engine.store.store import RunOptions

    executor = rng.choice(EXECUTORS)
    made = store.create(made, RunOptions(executor=executor, cache=False))
    log = store.log_path(made.id)
    pid = warm.start("run", store.path, made.id, log=str(log))
    early, delay = rng.random() < EARLY, rng.uniform(0.0, latest)
    wait(
        lambda: log.exists() and ("taken up" if early else "begun:") in log.read_text()
    )
    time.sleep(delay)
    at = under_way(log.read_text())
    watch = Session(pid)
    asked, clock = time.monotonic(), datetime.now()
    ended = client.cancel(store, store.run(made.id))
    answered = time.monotonic()
    gone = watch.gone()
    code = warm.end(pid)
    return {
        "executor": executor,
        "delay": delay,
        "at": at,
        "status": ended.status,
        "heard": heard(log.read_text(), clock),
        "answered": answered - asked,
        "seconds": max(0.0, watch.last_seen - asked),
        "killed": code == -signal.SIGKILL,
        "orphans": 0 if gone else len(watch.left),
    }


DELAYS = (0.1, 0.5, 1.5, 3.0, 6.0, 12.0)


def ask(path: Path, target: str) -> list[tuple[Any, ...]]:
    """Cancel each request about a table; return what ended it and after how long."""
    from engine.core import lab, messages
    from engine.core.methods.grammar import parse
    from engine.service.client import Service

    source, out = str(path), path.with_name("balanced.csv")
    load = messages.Load(id=0, source=source, target=target)
    other = messages.Load(id=0, source=source, target=target, seed=7, test_size=0.3)
    arms = tuple(parse(text) for text in ARMS[1:6])
    requests = {
        "read the table": load,
        "measure it for another split": other,
        "rows in the order of a column": messages.PageRequest(
            id=0, start=0, count=100, sort=(0, True)
        ),
        "picture of a column": messages.PictureRequest(id=0, column="x1"),
        "preview of smote": lab.Treat(id=0, arm=parse("smote")),
        "preview of svm-smote": lab.Treat(id=0, arm=parse("svm-smote")),
        "preview of smote-enn": lab.Treat(id=0, arm=parse("smote-enn")),
        "pre-flight": lab.Preflight(id=0, arms=arms),
        "balanced file": lab.Balance(id=0, arm=parse("smote"), path=str(out)),
        "wrong way": lab.LeakDemo(id=0, arm=parse("smote")),
    }
    rows = []
    for name, request in requests.items():
        found = []
        for delay in DELAYS:
            with Service.start() as service:
                if request is not load:
                    service.request(replaced(load, service.next_id()))
                took = end(service, replaced(request, service.next_id()), delay)
            if took is None:  # it had ended before
                break
            found.append(took)
        if found:
            ended = [seconds for seconds, _ in found]
            killed = sum(gone for _, gone in found)
            rows.append((name, len(found), max(ended), killed))
            common.say(f"{rows[-1]}")
    return rows


def replaced(request: Any, id: int) -> Any:
    """Return a request with another id."""
    from msgspec.structs import replace

    return replace(request, id=id)


def end(service: Any, request: Any, delay: float) -> tuple[float, bool] | None:
    """Cancel a request; return the seconds until it ended, and whether by a kill."""
    cancel, asked = threading.Event(), [0.0]
    child = service._child
    wait(lambda: child.alive)

    def stop() -> None:
        asked[0] = time.monotonic()
        cancel.set()

    timer = threading.Timer(delay, stop)
    timer.start()
    answer = service.request(request, None, cancel)
    if getattr(answer, "code", "") != "cancelled":
        timer.cancel()
        return None
    while child.alive and child.is_at(request.id):
        time.sleep(0.005)
    return time.monotonic() - asked[0], not child.alive


def wait(true: Callable[[], bool]) -> None:
    """Wait until something is so, or for long enough."""
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)


def under_way(log: str) -> list[str]:
    """Return the units that a log says were begun and have not ended."""
    at: set[str] = set()
    for line in log.splitlines():
        for mark, change in (("begun: ", at.add), ("ended: ", at.discard)):
            if mark in line:
                change(line.partition(mark)[2])
    return sorted(at) or ["reading and dividing"]


def heard(log: str, asked: datetime) -> float | None:
    """Return the seconds until the process knew; None if it was killed unaware."""
    for line in log.splitlines():
        if " INFO cancelled: " in line:
            when = datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f")
            return max(0.0, (when - asked).total_seconds())
    return None


def main(argv: list[str] | None = None) -> int:
    """Cancel many runs; return 1 if one took too long or left a process behind."""
    parser = common.parser(__doc__)
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data")
    parser.add_argument("--latest", type=float, default=LATEST)
    parser.add_argument("--requests", action="store_true")
    args = parser.parse_args(argv)
    if args.requests:
        path, _, target = args.data.rpartition(":")
        rows = ask(Path(path), target)
        head = ("request", "cancels", "max s", "killed")
        slowest = max(seconds for _, _, seconds, _ in rows)
        goal = common.goal("s until a request has ended", slowest, "≤", BOUND)
        result = {"machine": common.machine(), "requests": rows, "goals": [goal]}
        common.finish(result, common.table(head, rows), args.json)
        return 0 if goal["met"] else 1
    from engine.store import open_store
    from tests.support.warm import Warm

    rng = random.Random(args.seed)
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="imbtui-cancel-") as folder:
        if args.data is None:
            path, target = Path(folder) / "made.csv", "y"
            make(path, args.rows, args.seed)
        else:
            name, _, target = args.data.rpartition(":")
            path = Path(name)
        warm = Warm({"TMPDIR": folder})
        try:
            with open_store(Path(folder) / "runs.sqlite") as store:
                made = experiment(path, target)
                for number in range(args.turns):
                    found.append(turn(store, warm, rng, made, args.latest))
                    if (number + 1) % 10 == 0:
                        common.say(f"{number + 1}/{args.turns}")
        finally:
            warm.close()
    seconds = sorted(one["seconds"] for one in found)
    p99 = seconds[min(len(seconds) - 1, int(0.99 * len(seconds)))]
    orphans = sum(one["orphans"] for one in found)
    other = sum(one["status"] != "cancelled" for one in found)
    rows = [
        (
            executor,
            len(mine),
            statistics.median(one["seconds"] for one in mine),
            max(one["seconds"] for one in mine),
            sum(one["killed"] for one in mine),
        )
        for executor in EXECUTORS
        if (mine := [one for one in found if one["executor"] == executor])
    ]
    head = ("executor", "cancels", "median s", "max s", "killed")
    text = common.table(head, rows)
    stages = dict[str, list[float]]()
    for one in found:
        for kind in {unit.partition(" ")[0] for unit in one["at"]}:
            stages.setdefault(kind, []).append(one["seconds"])
    of_stages = [(kind, len(at), max(at)) for kind, at in sorted(stages.items())]
    text += "\n\n" + common.table(("under way", "cancels", "max s"), of_stages)
    known = [one["heard"] for one in found if one["heard"] is not None]
    text += (
        f"\n\nheard: median {statistics.median(known):.3f} s, max {max(known):.3f} s "
        f"({len(known)} of {len(found)} before they were killed)"
        f"\nall: median {statistics.median(seconds):.3f} s, p99 {p99:.3f} s, "
        f"max {seconds[-1]:.3f} s to the last process; "
        f"{sum(one['answered'] for one in found) / len(found):.3f} s until `cancel` "
        f"returned; {orphans} orphans; {other} not cancelled"
    )
    result = {
        "machine": common.machine(),
        "settings": {"turns": args.turns, "rows": args.rows, "seed": args.seed},
        "turns": found,
        "goals": [
            common.goal("cancel, p99 s to the last process", p99, "≤", BOUND),
            common.goal("processes left behind", orphans, "≤", 0),
            common.goal("runs that are not cancelled", other, "≤", 0),
        ],
    }
    common.finish(result, text, args.json)
    return 0 if all(goal["met"] for goal in result["goals"]) else 1


if __name__ == "__main__":
    sys.exit(main())
