"""How many files of the product run code for one thing that a user sees.

- trial: from a finished trial's message, posted in the app, to the drawn screen: the
  real app (`python -m tui`), headless at 120×40 with pane 3 active, follows a real
  run; the third message of nothing but trials is held until the app is calm;
- run: `imbtui run`, 600 rows of sample:stroke, two arms, in both of its processes.

A file is called if one of its functions runs: the goals are about these. It is only
imported if they run while a module of ours is imported, and not otherwise.

    python benchmarks/visits.py [--list] [--only trial,run] [--json PATH]
"""

from __future__ import annotations

import asyncio
import gzip
import inspect
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import common

OURS = tuple(f"{common.ROOT / name}{os.sep}" for name in ("engine", "imbtui", "tui"))
GOALS = {"trial": 29, "run": 109}  # the first version: 59 and 160
TRIAL, PROGRESS = "TrialFinished", "Progress"
RUN = "run x.csv --target stroke --methods untreated,smote --trials 3"
Visits = dict[str, list[str]]


def record(path: str) -> None:
    """Write a line, from now on, for each first visit of this process to a file."""
    seen: set[tuple[str, str]] = set()
    importing: Counter[int] = Counter()  # module bodies under way, by thread
    file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: PTH123, SIM115

    def note(frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(OURS):
            return
        thread = threading.get_ident()
        if code.co_name == "<module>" and frame.f_globals["__name__"] != "__main__":
            importing[thread] += 1 if event == "call" else -1
        elif code.co_flags & inspect.CO_OPTIMIZED:  # a function, not a class body
            visit = ("imported" if importing[thread] else "called", code.co_filename)
            if visit not in seen:
                seen.add(visit)
                file.write(f"{visit[0]} {os.path.relpath(visit[1], common.ROOT)}\n")

    threading.setprofile(note)
    sys.setprofile(note)


def visits(path: Path) -> Visits:
    """Return what a process visited."""
    lines = [line.split(" ", 1) for line in path.read_text("utf-8").splitlines()]
    called, imported = ({f for k, f in lines if k == w} for w in ("called", "imported"))
    return {"called": sorted(called), "imported": sorted(imported - called)}


def start(folder: Path, command: list[str], *paths: Path, **given: Any) -> int:
    """Run a command with an empty home and a table; return its process's number."""
    with gzip.open(common.ROOT / "sample_data" / "stroke.csv.gz", "rt") as file:
        head, *rows = file
    rows.sort(key=lambda row: not row.endswith(",1\n"))
    (folder / "x.csv").write_text(head + "".join(rows[:60] + rows[-540:]))
    store = {"HOME": str(folder), "IMBTUI_STORE": str(folder / "runs.sqlite")}
    found = os.pathsep.join(map(str, [*paths, common.ROOT]))
    environment = {**os.environ, **store, "PYTHONPATH": found}
    process = subprocess.Popen(command, cwd=folder, env=environment, **given)
    if process.wait(300):
        raise SystemExit(f"{command} failed")
    return process.pid


def trial(folder: Path) -> dict[str, Visits]:
    """Return what the app visits."""
    terminal = os.openpty()[1]
    command = [sys.executable, __file__, "--app"]
    start(folder, command, stdin=terminal, stdout=terminal, stderr=terminal)
    return {"app": visits(folder / "visits")}


def app() -> None:
    """Start the app as `python -m tui` does, with a pilot in place of a terminal."""
    from textual.app import App
    from textual.message_pump import MessagePump

    post, news, held = MessagePump.post_message, Counter[str](), []

    def post_or_hold(self: Any, message: Any) -> bool:
        kinds = {type(event).__name__ for event in getattr(message, "events", ())}
        news.update(kinds)
        news["trials"] += TRIAL in kinds <= {TRIAL, PROGRESS}
        if hasattr(message, "run_id") and news["trials"] > 2:
            held.append(message)  # what comes after the third is another story
            return True
        return post(self, message)

    async def drive(self: Any) -> None:
        async with self.run_test(size=(120, 40)) as pilot:
            while not news.total():  # refused until the table is read
                await pilot.press("r")
                await pilot.pause(4)
            while not held:
                await pilot.pause(0.1)
            await pilot.press("3")
            await pilot.pause(2)
            record("visits")
            post(self, held[0])
            await pilot.pause(1)  # charts are drawn four times a second at most
            os._exit(0)

    MessagePump.post_message = post_or_hold  # type: ignore[method-assign]
    App.run = lambda self, **_: asyncio.run(drive(self))  # type: ignore[assignment]
    sys.argv[1:] = ["x.csv", "--target", "stroke"]
    runpy.run_module("tui", run_name="__main__")


def run(folder: Path) -> dict[str, Visits]:
    """Return what each process of a run visits."""
    path = f"{folder}/visits-"
    code = f"import os, visits\nvisits.record({path!r} + str(os.getpid()))\n"
    (folder / "sitecustomize.py").write_text(code)
    command = [sys.executable, "-m", "tui", *RUN.split()]
    paths = (folder, Path(__file__).parent)
    pid = start(folder, command, *paths, stdout=subprocess.DEVNULL)
    found = {f"{file}": visits(file) for file in folder.glob("visits-*")}
    first = found.pop(f"{path}{pid}")
    return {"cli": first, **{f"run {i}": f for i, f in enumerate(found.values(), 1)}}


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--list", action="store_true", help="print the files")
    parser.add_argument("--only", type=common.names, default=[*GOALS])
    args = parser.parse_args()
    result: dict[str, Any] = {"goals": []}
    rows, text = [], []
    for name in args.only:
        with tempfile.TemporaryDirectory() as folder:
            found = result[name] = {"trial": trial, "run": run}[name](Path(folder))
        union = {file for process in found.values() for file in process["called"]}
        for process, files in found.items():
            rows.append((f"{name}: {process}", *(len(f) for f in files.values())))
            if args.list:
                text += [f"{p} {process}: {f}" for p, fs in files.items() for f in fs]
        goal = common.goal(f"{name}: files called", len(union), "≤", GOALS[name])
        result["goals"].append(goal)
    text += ["", common.table(("process", "called", "only imported"), rows)]
    common.finish(result, "\n".join(text), args.json)


if __name__ == "__main__":
    app() if sys.argv[1:2] == ["--app"] else main()
