"""What a user waits for: imports, the first frame, the first score on the screen.

Imports are timed inside a fresh interpreter, everything compiled before. The frames
are those of the real app in a pseudo-terminal (see app.py): the first one beside
that of an empty Textual app, and the first finished trial after `r` on a table,
with an empty home and so an empty cache.

    python benchmarks/imports.py [--repeats 5] [--data sample:stroke]
        [--target stroke] [--no-app]
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import app
import common

MODULES = (
    "engine",
    "tui.app.app",
    "textual.app",
    "plotext",
    "pandas",
    "sklearn",
    "xgboost",
    "imblearn.over_sampling",
    "optuna",
    "distributed",
    "engine.steps, engine.train.schedule, imblearn.combine, xgboost, optuna",
)
TIMED = (
    "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
)
READ = re.compile(rb"\d rows")
FIRST = re.compile(rb"[1-9]\d*/\d+ trials")


def imports(repeats: int, home: Path) -> dict[str, float]:
    """Return the median seconds of each import; the first time is not counted."""
    spent: dict[str, list[float]] = {module: [] for module in MODULES}
    for turn in range(repeats + 1):
        for module in MODULES:
            said = subprocess.run(
                [sys.executable, "-c", TIMED.format(module)],
                capture_output=True,
                check=True,
                cwd=common.ROOT,
                env=app.environment(home),
            )
            if turn:
                spent[module].append(float(said.stdout))
    return {module: statistics.median(times) for module, times in spent.items()}


def first_score(data: str, target: str, repeats: int) -> list[float]:
    """Return the seconds from `r` to the first finished trial on the screen."""
    found = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            command = [*app.IMBTUI, data, "--target", target]
            with app.Terminal(command, home) as terminal:
                terminal.wait(READ)  # until then there is nothing to run
                terminal.drain(1.0)
                since, pressed = len(terminal.data), time.perf_counter()
                terminal.press("r")
                found.append(terminal.wait(FIRST, since=since) - pressed)
                terminal.press("x")
                terminal.drain(1.0)
                terminal.press("\r")  # it asks, now that a trial is finished
                terminal.wait("cancelled", 30, since)
            app.settle(home)
    return found


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--data", default="sample:stroke")
    parser.add_argument("--target", default="stroke")
    parser.add_argument("--no-app", action="store_true", help="imports only")
    args = parser.parse_args()
    result: dict[str, Any] = {"machine": common.machine(), "goals": []}
    with tempfile.TemporaryDirectory() as folder:
        result["imports"] = imports(args.repeats, Path(folder))
        rows = list(result["imports"].items())
        text = [common.table(("import", "seconds"), rows)]
        if not args.no_app:
            frames = app.first_frames(args.repeats, Path(folder))
            result["first_frame"] = frames
            rows = list(frames["seconds"].items())
            text += ["", common.table(("first frame", "seconds"), rows)]
            goal = common.goal("first frame ÷ empty app", frames["ratio"], "≤", 1.3)
            result["goals"].append(goal)
    if not args.no_app:
        seconds = first_score(args.data, args.target, args.repeats)
        result["first_score"] = seconds
        median = statistics.median(seconds)
        result["goals"].append(common.goal("r to the first score, s", median, "≤", 8))
    common.finish(result, "\n".join(text), args.json)


if __name__ == "__main__":
    main()
