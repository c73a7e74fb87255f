"""`imbtui profile` beside a bare read of the same file, and on tables of many columns.

The table has 14 numbers (one with 8 % missing), a flag, four categories of 3 to 20
levels and a target with 1.6 % positives. Both sides read it from the page cache in a
process of its own: pandas and pyarrow to a frame, imports left out; imbtui is the whole
command, its interpreter, its service and all imports counted; those are what 100 rows
cost. Read the processor seconds.

    python benchmarks/profiling.py [--rows 1000000] [--wide 2000x10000] [--repeats 3]
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import common

SIDES = ("bare", "ours")
LEVELS = (3, 5, 10, 20)
PR_SET_CHILD_SUBREAPER = 36


def _write(told: dict[str, Any]) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    rows, random = told["rows"], np.random.default_rng(0)
    y = random.random(rows) < 0.016
    columns: dict[str, Any] = {}
    for place in range(14):
        numbers = random.normal(size=rows) + (0.3 * y if place < 4 else 0.0)
        columns[f"x{place}"] = numbers if place < 7 else np.round(numbers, 4)
    columns["x5"][random.random(rows) < 0.08] = np.nan
    columns["flag"] = random.integers(0, 2, rows)
    for levels in LEVELS:
        words = np.array([f"level {level}" for level in range(levels)], dtype=object)
        columns[f"c{levels}"] = words[random.integers(0, levels, rows)]
    columns["y"] = np.where(y, "yes", "no")
    _save(pd.DataFrame(columns), told)
    return {}


def _write_wide(told: dict[str, Any]) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    rows, random = told["rows"], np.random.default_rng(0)
    cells = random.normal(size=(rows, told["columns"]))
    y = random.random(rows) < 0.1
    cells[:, :5] += y[:, None]
    names = [f"x{place}" for place in range(told["columns"])]
    frame = pd.DataFrame(cells, columns=names)
    _save(pd.concat([frame, pd.Series(y * 1, name="y")], axis=1), told)
    return {}


def _save(frame: Any, told: dict[str, Any]) -> None:
    path = Path(told["path"])
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)


def _read(told: dict[str, Any]) -> dict[str, Any]:
    if told["reader"] == "ours":
        command = [sys.executable, "-m", "tui", "profile", told["path"]]
        # The service may outlive the command by a second: its time counts as well.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        with common.watch() as spent:
            subprocess.run(
                [*command, "--target", "y", "--json", "--quiet"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            with contextlib.suppress(ChildProcessError):
                while os.wait():
                    pass
        return {"seconds": spent.seconds, "cpu": spent.cpu}
    import pandas as pd
    import pyarrow.parquet  # noqa: F401  # pandas would import it while it is timed

    is_text = told["path"].endswith(".csv")
    with common.watch() as spent:
        frame = (pd.read_csv if is_text else pd.read_parquet)(told["path"])
    size = int(frame.memory_usage().sum())
    return {"seconds": spent.seconds, "cpu": spent.cpu, "frame": size}


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--rows", type=common.numbers, default=[1_000_000, 5_000_000])
    parser.add_argument("--wide", type=common.names, default=["2000x10000"])
    parser.add_argument("--formats", type=common.names, default=["csv", "parquet"])
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    tables: list[tuple[str, tuple[int, ...]]]
    tables = [("write", (rows, 20)) for rows in [100, *args.rows]]
    tables += [("write_wide", tuple(map(int, w.split("x")))) for w in args.wide]
    lines, goals, found = [], [], {}
    for write, (rows, columns) in tables:
        for form in args.formats:
            name = f"{rows:,} × {columns:,}, {form}"
            with tempfile.TemporaryDirectory() as folder:
                told = {"path": f"{folder}/t.{form}", "rows": rows, "columns": columns}
                common.measured(__file__, write, told)
                sides: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
                for _ in range(args.repeats):
                    for side in SIDES:  # in turn: what disturbs one disturbs all
                        asked = {**told, "reader": side}
                        sides[side].append(common.measured(__file__, "read", asked))
            found[name] = sides
            bare, ours = (
                statistics.median(one["cpu"] for one in sides[side]) for side in SIDES
            )
            peak = statistics.median(one["peak_bytes"] for one in sides["ours"])
            lines.append((name, bare, ours, ours / bare, peak / 2**20))
            common.say(f"{name}: {ours:.3g} s, {ours / bare:.3g} × a bare read")
            if write == "write_wide":
                goals.append(common.goal(f"{name}: CPU s", ours, "≤", 20.0))
            elif rows in args.rows:
                goals.append(common.goal(f"{name}: ours ÷ bare", ours / bare, "≤", 4.0))
    head = ("table", "bare CPU s", "imbtui CPU s", "ratio", "peak MiB")
    result = {"machine": common.machine(), "tables": found, "goals": goals}
    common.finish(result, common.table(head, lines), args.json)


if __name__ == "__main__":
    common.main(main, {"write": _write, "write_wide": _write_wide, "read": _read})
