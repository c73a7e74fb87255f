"""What the benchmarks share: children measured from outside, tables, goals, JSON.

A side of a comparison runs in a child process of its own, started by `measured`
with every native thread pool pinned to one thread. While it runs, the memory of its
process tree is read from /proc every 50 ms. Linux only; no science stack in here.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
TABLES = (
    f"{DATA}/stroke_43400.csv:stroke",
    f"{DATA}/telco_churn_7043.csv:Churn",
    f"{DATA}/bank_additional_41188.csv.gz:y",
    f"{DATA}/imblearn_thyroid_sick.csv.gz:target",
)
"""Four tables of more than one field, each with its target."""
PINNED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LIBRARIES = ("imbalanced-learn", "numpy", "optuna", "pandas", "scikit-learn", "dask")
MEMORY = (
    "peak memory: the anonymous pages of all processes of the side plus the largest "
    "shared part of one of them, every 50 ms"
)
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")

Side = Callable[[dict[str, Any]], dict[str, Any]]


class TimedOutError(Exception):
    """The child took longer than it was given."""


# Processes ----------------------------------------------------------------------------


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _stat(pid: int | str) -> list[str]:
    """Return what /proc says of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """Return the process and all of its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  # read twenty times a second
        if entry.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(entry)[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def resident(pids: Sequence[int]) -> int:
    """Return the bytes that processes hold together; see `MEMORY`."""
    own, shared = 0, [0]
    for pid in pids:
        with contextlib.suppress(OSError):
            pages = Path(f"/proc/{pid}/statm").read_text().split()
            own += int(pages[1]) - int(pages[2])
            shared.append(int(pages[2]))
    return (own + max(shared)) * _PAGE


def tree_cpu() -> float:
    """Return the processor seconds of this process and its descendants so far."""
    now = os.times()
    total = now.user + now.system + now.children_user + now.children_system
    for pid in tree(os.getpid())[1:]:
        with contextlib.suppress(OSError):
            total += sum(map(int, _stat(pid)[11:15])) / _TICK
    return total


@dataclass
class Spent:
    """Wall and processor seconds of a block, children included."""

    seconds: float = 0.0
    cpu: float = 0.0


@contextlib.contextmanager
def watch() -> Iterator[Spent]:
    """Measure a block."""
    spent = Spent()
    cpu, started = tree_cpu(), time.perf_counter()
    yield spent
    spent.seconds = time.perf_counter() - started
    spent.cpu = tree_cpu() - cpu


class _Meter(threading.Thread):
    """Follows the memory of a process tree."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._over = threading.Event()
        self.peak = 0

    def run(self) -> None:
        pids: list[int] = []
        turn = 0
        while not self._over.wait(0.05):
            if turn % 10 == 0:  # finding the processes costs more than reading them
                pids = tree(self._root)
            turn += 1
            self.peak = max(self.peak, resident(pids))

    def stop(self) -> int:
        self._over.set()
        self.join()
        return self.peak


def measured(
    script: str,
    side: str,
    params: dict[str, Any],
    *,
    timeout: float | None = None,
    python: str = sys.executable,
) -> dict[str, Any]:
    """Run a side of a script in a child; add its ``peak_bytes``.

    Raises
    ------
    TimedOutError
        If it took longer than `timeout` seconds; it is killed then.
    """
    # An interpreter of another environment finds the engine of this tree too.
    found = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **dict.fromkeys(PINNED, "1"), "PYTHONPATH": found}
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        told = json.dumps({**params, "spawned": time.time()})
        process = subprocess.Popen(
            [python, script, "--side", side, told, str(answer)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        meter = _Meter(process.pid)
        meter.start()
        try:
            said, _ = process.communicate(timeout=timeout)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise TimedOutError(side) from None
            raise
        finally:
            peak = meter.stop()
        if process.returncode or not answer.exists():
            text = said.decode("utf-8", "replace")[-3000:]
            raise SystemExit(f"{Path(script).name} {side} failed:\n{text}")
        return {**json.loads(answer.read_text()), "peak_bytes": peak}


def main(driver: Callable[[], None], sides: dict[str, Side]) -> None:
    """Run the driver, or a side if this is a child of `measured`."""
    if sys.argv[1:2] == ["--side"]:
        name, told, answer = sys.argv[2:5]
        result = sides[name](json.loads(told))
        Path(answer).write_text(json.dumps(result))
    else:
        driver()


# What is told -------------------------------------------------------------------------


def parser(doc: str) -> argparse.ArgumentParser:
    """Return a parser that knows ``--json`` and shows the script's docstring."""
    made = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", type=Path, default=None, help="write the result here")
    return made


def names(text: str) -> list[str]:
    """Read comma-separated names."""
    return [part for part in text.split(",") if part]


def split_table(text: str) -> tuple[str, str | None]:
    """Read ``DATA:TARGET``; of a sample the target is known.

    Examples
    --------
    >>> split_table("a.csv:y"), split_table("sample:stroke")
    (('a.csv', 'y'), ('sample:stroke', None))
    """
    data, _, column = text.rpartition(":")
    return (text, None) if data in ("", "sample") else (data, column)


def numbers(text: str) -> list[int]:
    """Read comma-separated whole numbers."""
    return [int(part) for part in names(text)]


def goal(what: str, value: float, sense: str, bound: float) -> dict[str, Any]:
    """Return one line of the table of goals; `sense` is ``≥`` or ``≤``."""
    met = value >= bound if sense == "≥" else value <= bound
    return {
        "what": what,
        "measured": value,
        "goal": f"{sense} {bound:g}",
        "met": bool(met),
    }


def goal_rows(goals: Sequence[dict[str, Any]]) -> str:
    """Return the table of goals."""
    rows = [
        (g["what"], f"{g['measured']:.3g}", g["goal"], "met" if g["met"] else "MISSED")
        for g in goals
    ]
    return table(("what", "measured", "goal", ""), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table whose columns line up as plain text too."""
    cells = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(head))]
    lines = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in cells]
    dashes = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    lines.insert(1, "| " + " | ".join(dashes) + " |")
    return "\n".join(lines)


def _aligned(row: list[str], widths: list[int]) -> list[str]:
    return [
        text.ljust(width) if i == 0 else text.rjust(width)
        for i, (text, width) in enumerate(zip(row, widths, strict=True))
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)


def machine() -> dict[str, Any]:
    """Return when and on what this was measured."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": cores(),
        "processor": models[0] if models else platform.machine(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * _PAGE / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in LIBRARIES}
        | {"xgboost": _xgboost()},
        "command": " ".join(["python", *sys.argv]),
    }


def _xgboost() -> str:
    for name in ("xgboost-cpu", "xgboost"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "?"


def finish(result: dict[str, Any], text: str, path: Path | None) -> None:
    """Print what was found, with the goals, and write it if asked."""
    print(text)
    if goals := result.get("goals"):
        print()
        print(goal_rows(goals))
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        print(f"\nwritten to {path}", file=sys.stderr)


def say(text: str) -> None:
    """Tell on the error channel what is going on."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
