"""Reading a large table: `engine.data.load` beside the fastest readers there are.

Every side reads the same file, in the page cache, to a pandas frame, in a process of
its own that has imported what it needs; `load` also checks every line against a second
reader, finds delimiter, header, codes and missing cells, and cleans. `kept` is the same
the next time, when the table is found in the cache. Polars and DuckDB are tried if they
are installed (imbtui does not need them). The same tables are read from Parquet.

    python benchmarks/reading.py [--rows 1000000] [--repeats 5]
"""

from __future__ import annotations

import importlib.util
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import common

COLUMNS = 20
SIDES = ("ours", "kept", "pandas", "pandas-arrow", "arrow", "polars", "duckdb")
TEXT_ONLY = ("kept", "pandas-arrow")
NEEDS = {"polars": "polars", "duckdb": "duckdb"}


def _write(told: dict[str, Any]) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    rows = told["rows"]
    y = (random.random(rows) < 0.02).astype(int)
    numbers = {f"x{i}": random.normal(size=rows) for i in range(COLUMNS - 1)}
    words = np.array(["red", "light blue", "green", "yellow", "of another colour"])
    mixed = {f"n{i}": np.round(random.normal(size=rows) * 50, 2) for i in range(8)}
    mixed |= {f"i{i}": random.integers(0, 5000, rows) for i in range(6)}
    mixed |= {f"w{i}": words[random.integers(0, 5, rows)] for i in range(5)}
    for name, columns in (("numbers", numbers), ("mixed", mixed)):
        path = Path(told["folder"]) / f"{name}.csv"
        frame = pd.DataFrame({**columns, "y": y})
        frame.to_csv(path, index=False)
        frame.to_parquet(path.with_suffix(".parquet"), index=False)
    return {}


def _read(told: dict[str, Any]) -> dict[str, Any]:
    side, path = told["reader"], told["path"]
    import pandas as pd
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet

    parquet = path.endswith(".parquet")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    match side:
        case "ours" | "kept":
            from engine.core.messages import Look
            from engine.data.load import load
            from engine.service.previews import preview_file

            preview_file(Look(id=1, source="sample:blobs"))  # the service is warm
            started = time.perf_counter()
            preview_file(Look(id=1, source=path))
            previewed = time.perf_counter() - started
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

            if side == "kept":
                os.environ["XDG_CACHE_HOME"] = str(Path(path).parent)
                load(path)

            def read() -> pd.DataFrame:
                return load(path, keep=side == "kept").frame

        case "pandas":

            def read() -> pd.DataFrame:
                return (pd.read_parquet if parquet else pd.read_csv)(path)

        case "pandas-arrow":

            def read() -> pd.DataFrame:
                return pd.read_csv(path, engine="pyarrow")

        case "arrow":

            def read() -> pd.DataFrame:
                way = pyarrow.parquet.read_table if parquet else pyarrow.csv.read_csv
                return way(path).to_pandas(split_blocks=True, self_destruct=True)

        case "polars":
            import polars

            def read() -> pd.DataFrame:
                way = polars.read_parquet if parquet else polars.read_csv
                return way(path).to_pandas()

        case _:
            import duckdb

            def read() -> pd.DataFrame:
                way = duckdb.read_parquet if parquet else duckdb.read_csv
                return way(path).df()

    with common.watch() as spent:
        frame = read()
    return {
        "seconds": spent.seconds,
        "cpu": spent.cpu,
        "frame": int(frame.memory_usage().sum()),
        "base": before * 1024,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "preview": previewed if side == "ours" else None,
    }


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    sides = [s for s in SIDES if importlib.util.find_spec(NEEDS.get(s, "pandas"))]
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        common.measured(__file__, "write", {"rows": args.rows, "folder": folder})
        cases = [(n, f) for n in ("numbers", "mixed") for f in ("csv", "parquet")]
        for table, form in cases:
            path, name = str(Path(folder) / f"{table}.{form}"), f"{table}, {form}"
            of_form = [s for s in sides if form == "csv" or s not in TEXT_ONLY]
            # Once for the page cache.
            common.measured(__file__, "read", {"reader": "pandas", "path": path})
            found[name] = {side: [] for side in of_form}
            for _ in range(args.repeats):
                for side in of_form:  # in turn: what disturbs one disturbs all
                    told = {"reader": side, "path": path}
                    found[name][side].append(common.measured(__file__, "read", told))
            common.say(f"{name}: read {args.repeats} times by {', '.join(of_form)}")
    rows: list[tuple[Any, ...]] = []
    goals: list[tuple[Any, ...]] = []
    for name, by_side in found.items():
        seconds, cpu = (
            {s: statistics.median(r[what] for r in all_) for s, all_ in by_side.items()}
            for what in ("seconds", "cpu")
        )
        others = [side for side in by_side if side not in ("ours", "kept")]
        fastest, least = (min(of[s] for s in others) for of in (seconds, cpu))
        peaks = {
            side: statistics.median((r["peak"] - r["base"]) / r["frame"] for r in all_)
            for side, all_ in by_side.items()
        }
        rows += [
            (
                *(f"{name}, {side}", seconds[side], cpu[side]),
                *(seconds[side] / fastest, cpu[side] / least, peaks[side]),
            )
            for side in by_side
        ]
        preview = statistics.median(r["preview"] for r in by_side["ours"])
        goals += [
            common.goal(f"{name}: wall ÷ fastest", seconds["ours"] / fastest, "≤", 1.3),
            common.goal(f"{name}: CPU ÷ least", cpu["ours"] / least, "≤", 1.3),
            common.goal(f"{name}: peak ÷ frame", peaks["ours"], "≤", 3.0),
            common.goal(f"{name}: preview, seconds", preview, "≤", 0.5),
        ]
    text = common.table(
        (
            "table, reader",
            "seconds",
            "CPU s",
            "÷ fastest",
            "CPU ÷ least",
            "peak ÷ frame",
        ),
        rows,
    )
    result = {
        "machine": common.machine(),
        "rows": args.rows,
        "sides": found,
        "goals": goals,
    }
    common.finish(result, text, args.json)


if __name__ == "__main__":
    common.main(main, {"write": _write, "read": _read})
