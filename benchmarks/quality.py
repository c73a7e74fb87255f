"""What the engine's defaults cost: test AP against the full search's, on four tables.

Each table is searched twice with the same split, folds and seed: at random with all
rounds of all trials (`full`), and by the engine's defaults (`defaults`: everything that
saves rounds is on). One test set moves by a hundredth by chance, so this is done for
`--seeds` splits, and for more of a table that is quick: up to `--most`, as long as its
searches took less than `--cpu` processor seconds. The difference is averaged over arms
and seeds, then over tables. Its standard error is that of a mean of tables whose seeds
are drawn: arms of one seed share their test rows and count as one.

    python benchmarks/quality.py [DATA:TARGET …] [--methods A,B] [--seeds 3]
        [--most 12] [--cpu 900] [--trials 10] [--rounds 300] [--space NAME]
"""

from __future__ import annotations

import argparse
import math
import statistics
from pathlib import Path
from typing import Any

import common

from engine.core.experiment import ModelSpec

ARMS = "untreated,smote,smote-enn"
SETTINGS = ("full", "defaults")
FIRST_SEED = 42

Runs = list[dict[str, dict[str, Any]]]
"""Of each seed both settings."""


def _search(told: dict[str, Any]) -> dict[str, Any]:
    import material

    found = material.engine_run(material.experiment(told), told)
    return {name: found[name] for name in ("seconds", "cpu", "arms", "work")}


def table(source: str, told: dict[str, Any], args: argparse.Namespace) -> Runs:
    """Search one table in both settings, with each seed."""
    data, column = common.split_table(source)
    found: Runs = []
    spent = 0.0
    while len(found) < args.seeds or (spent < args.cpu and len(found) < args.most):
        seed = FIRST_SEED + len(found)
        found.append({})
        for setting in SETTINGS:
            given = {**told, "data": data, "target": column, "seed": seed}
            given["defaults"] = setting == "defaults"
            one = found[-1][setting] = common.measured(__file__, "search", given)
            spent += one["cpu"]
            common.say(f"{Path(data).name} {seed} {setting}: {one['cpu']:.1f} CPU s")
    return found


def differences(runs: Runs, what: str, arms: list[str]) -> list[float]:
    """Return of each seed the mean over the arms of defaults - full."""
    return [
        statistics.mean(
            one["defaults"]["arms"][arm][what] - one["full"]["arms"][arm][what]
            for arm in arms
        )
        for one in runs
    ]


def pooled(by_table: list[list[float]]) -> tuple[float, float]:
    """Return the mean of the tables' means, and its standard error over the seeds."""
    mean = statistics.mean(map(statistics.mean, by_table))
    if any(len(values) < 2 for values in by_table):
        return mean, math.nan
    of_means = [statistics.variance(values) / len(values) for values in by_table]
    return mean, math.sqrt(sum(of_means)) / len(by_table)


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument(
        "tables", nargs="*", default=common.TABLES, metavar="DATA:TARGET"
    )
    parser.add_argument("--methods", type=common.names, default=common.names(ARMS))
    parser.add_argument("--seeds", type=int, default=3, help="of each table")
    parser.add_argument("--most", type=int, default=12, help="seeds of a quick table")
    parser.add_argument("--cpu", type=float, default=900, help="of a table, about")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=ModelSpec().rounds)
    parser.add_argument("--space", default=ModelSpec().space)
    args = parser.parse_args()
    told = {
        name: getattr(args, name)
        for name in ("methods", "trials", "folds", "rounds", "space")
    }
    result: dict[str, Any] = {"machine": common.machine(), "settings": told}
    runs = {name: table(name, told, args) for name in args.tables}
    rows: list[tuple[Any, ...]] = []
    for name, found in runs.items():
        for label, arms in {
            **{arm: [arm] for arm in args.methods},
            "mean": args.methods,
        }.items():
            mean, error = pooled([differences(found, "test", arms)])
            full = [one["full"]["arms"][arm] for one in found for arm in arms]
            rows.append(
                (
                    f"{Path(name).name} {label}",
                    len(found),
                    statistics.mean(one["test"] for one in full),
                    f"{mean:+.4f} ± {error:.4f}",
                    f"{pooled([differences(found, 'cv', arms)])[0]:+.4f}",
                    statistics.mean(one["noise"] for one in full),
                    *(_rounds(found, setting, arms) for setting in SETTINGS),
                )
            )
        rows[-1] += tuple(sum(one[s]["cpu"] for one in found) for s in SETTINGS)
    mean, error = pooled([differences(r, "test", args.methods) for r in runs.values()])
    rows.append(("all tables", None, None, f"{mean:+.4f} ± {error:.4f}"))
    result |= {"tables": runs, "mean_test_difference": mean, "standard_error": error}
    head = (
        *("table, arm", "seeds", "test AP, full", "defaults - full ± s. e."),
        *("CV AP, defaults - full", "CV noise", "rounds, full", "rounds, defaults"),
        *("CPU s, full", "CPU s, defaults"),
    )
    filled = [row + (None,) * (len(head) - len(row)) for row in rows]
    result["goals"] = [
        common.goal("mean difference of test AP, defaults - full", mean, "≥", -0.002)
    ]
    common.finish(result, common.table(head, filled), args.json)


def _rounds(runs: Runs, setting: str, arms: list[str]) -> int:
    return sum(one[setting]["arms"][arm]["rounds"] for one in runs for arm in arms)


if __name__ == "__main__":
    common.main(main, {"search": _search})
