"""How a run grows: with rows, trials, arms and cores; and the memory of a large one.

    rows    a made table, 20 numeric columns, 1.8 % positives; drawn as a chart
    trials  the slope in trials, beside the slope of boosting alone
    arms    one arm more at a time
    jobs    units at a time
    memory  the peak of one run on a large table beyond the interpreter with all
            imports loaded, as a multiple of the table in float32

All rounds are trained, nothing is pruned, and no fold is in the cache before.

    python benchmarks/growth.py [--what rows,trials,arms,jobs,memory]
        [--rows 10000,30000,100000,300000,1000000] [--trials 5,10,20,40]
        [--jobs 1,2] [--large 1000000] [--data sample:stroke] [--rounds 50]
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common

CHEAP = ("untreated", "weights", "random-under", "smote")
ARMS = ("untreated", "weights", "smote", "kmeans-smote", "svm-smote", "smote-enn")
COLUMNS = 20


def _run(told: dict[str, Any]) -> dict[str, Any]:
    import os

    import material

    base = common.resident([os.getpid()])
    found = material.engine_run(material.experiment(told), told)
    kept = ("seconds", "cpu", "work", "first_score")
    return {"base_bytes": base, **{name: found[name] for name in kept}}


def _boosting(told: dict[str, Any]) -> dict[str, Any]:
    from boosting import boosting

    return boosting(told)


def _write(told: dict[str, Any]) -> dict[str, Any]:
    import material

    material.write(told["rows"], Path(told["path"]), columns=COLUMNS)
    return {}


def run(told: dict[str, Any]) -> dict[str, Any]:
    """Run once with an empty cache."""
    with tempfile.TemporaryDirectory(prefix="imbtui-bench-") as cache:
        return common.measured(__file__, "run", {**told, "cache": cache})


def figures(one: dict[str, Any]) -> tuple[float, float, int]:
    return one["seconds"], one["cpu"], round(one["peak_bytes"] / 2**20)


def by_rows(args: argparse.Namespace, told: dict[str, Any]) -> tuple[str, Any]:
    points = []
    for rows in args.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"made.{args.format}"
            common.measured(__file__, "write", {"rows": rows, "path": str(path)})
            data = {"data": str(path), "target": "y", "methods": CHEAP}
            points.append({"rows": rows} | run({**told, **data, "trials": args.few}))
        common.say(f"{rows:,} rows: {points[-1]['seconds']:.1f} s")
    lines, last = [], None
    for point in points:
        exponent = None
        if last is not None:
            exponent = math.log(point["seconds"] / last["seconds"])
            exponent /= math.log(point["rows"] / last["rows"])
        lines.append((f"{point['rows']:,}", *figures(point), exponent))
        last = point
    head = ("rows", "seconds", "CPU s", "peak MiB", "exponent")
    text = common.table(head, lines)
    drawn = chart([p["rows"] for p in points], [p["seconds"] for p in points])
    return f"{text}\n\nseconds by rows, both logarithmic\n\n{drawn}", {"points": points}


def chart(x: list[float], y: list[float]) -> str:
    """Draw seconds by rows as text without colours."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(72, 18)
    plotext.plot([math.log10(v) for v in x], [math.log10(v) for v in y], marker="·")
    plotext.scatter([math.log10(v) for v in x], [math.log10(v) for v in y], marker="●")
    plotext.xticks([math.log10(v) for v in x], [f"{v:,}" for v in x])
    plotext.yticks([math.log10(v) for v in y], [f"{v:.3g} s" for v in y])
    drawn = plotext.uncolorize(plotext.build())
    return "\n".join(line.rstrip() for line in drawn.splitlines())


def by_trials(args: argparse.Namespace, told: dict[str, Any]) -> tuple[str, Any]:
    told = {**told, "data": args.data, "target": args.target}
    told |= {
        "methods": ("untreated", "smote", "kmeans-smote"),
        "rounds": args.trial_rounds,
    }
    points = []
    for trials in args.trials:
        points.append({"trials": trials} | run({**told, "trials": trials}))
        common.say(f"{trials} trials: {points[-1]['seconds']:.1f} s")
    alone = common.measured(__file__, "boosting", {**told, "trials": max(args.trials)})[
        "cpu_by_trial"
    ]
    bound = [sum(alone[:t]) / common.cores() for t in args.trials]
    ours = slope(args.trials, [p["seconds"] for p in points])
    theirs = slope(args.trials, bound)
    lines = [
        (str(p["trials"]), *figures(p), b, p["seconds"] / b)
        for p, b in zip(points, bound, strict=True)
    ]
    lines.append(("slope per trial", ours, None, None, theirs, ours / theirs))
    head = ("trials", "seconds", "CPU s", "peak MiB", "boosting CPU ÷ cores", "ratio")
    goal = common.goal("slope in trials ÷ slope of boosting", ours / theirs, "≤", 1.1)
    return common.table(head, lines), {"points": points, "goals": [goal]}


def slope(x: list[int], y: list[float]) -> float:
    """Return the least-squares slope."""
    across, up = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - across) * (b - up) for a, b in zip(x, y, strict=True))
    return above / sum((a - across) ** 2 for a in x)


def by_arms(args: argparse.Namespace, told: dict[str, Any]) -> tuple[str, Any]:
    told = {**told, "data": args.data, "target": args.target, "trials": args.few}
    points, lines = [], []
    for count in range(1, len(ARMS) + 1):
        points.append({"arms": count} | run({**told, "methods": ARMS[:count]}))
        lines.append((f"{count}: … {ARMS[count - 1]}", *figures(points[-1])))
        common.say(f"{count} arms: {points[-1]['seconds']:.1f} s")
    head = ("arms", "seconds", "CPU s", "peak MiB")
    return common.table(head, lines), {"points": points}


def by_jobs(args: argparse.Namespace, told: dict[str, Any]) -> tuple[str, Any]:
    told = {**told, "data": args.data, "target": args.target, "trials": args.few}
    points, lines = [], []
    for jobs in args.jobs:
        points.append({"jobs": jobs} | run({**told, "methods": CHEAP, "jobs": jobs}))
        ratio = points[0]["seconds"] / points[-1]["seconds"]
        lines.append((str(jobs), *figures(points[-1]), ratio))
        common.say(f"{jobs} jobs: {points[-1]['seconds']:.1f} s")
    head = ("jobs", "seconds", "CPU s", "peak MiB", "times as fast")
    return common.table(head, lines), {"points": points}


def memory(args: argparse.Namespace, told: dict[str, Any]) -> tuple[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{args.format}"
        common.measured(__file__, "write", {"rows": args.large, "path": str(path)})
        data = {"data": str(path), "target": "y", "methods": CHEAP, "trials": 2}
        one = run({**told, **data})
    table = 4 * COLUMNS * args.large
    times = (one["peak_bytes"] - one["base_bytes"]) / table
    mib = [round(b / 2**20) for b in (table, one["base_bytes"], one["peak_bytes"])]
    head = ("rows", "float32 table MiB", "interpreter MiB", "peak MiB", "tables beyond")
    text = common.table(head, [(f"{args.large:,}", *mib, times)])
    what = f"peak beyond the interpreter, in tables of {args.large:,} rows"
    return text, {"point": one, "goals": [common.goal(what, times, "≤", 4)]}


PARTS: dict[str, Callable[..., tuple[str, Any]]] = {
    "rows": by_rows,
    "trials": by_trials,
    "arms": by_arms,
    "jobs": by_jobs,
    "memory": memory,
}


def main() -> None:
    parser = common.parser(__doc__)
    million = [10_000, 30_000, 100_000, 300_000, 1_000_000]
    parser.add_argument("--what", type=common.names, default=list(PARTS))
    parser.add_argument("--rows", type=common.numbers, default=million)
    parser.add_argument("--trials", type=common.numbers, default=[5, 10, 20, 40])
    parser.add_argument("--jobs", type=common.numbers, default=[1, 2])
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--data", default="sample:stroke")
    parser.add_argument("--target", default=None)
    parser.add_argument("--few", type=int, default=3, help="trials but for `trials`")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=50, help="but for `trials`")
    parser.add_argument("--trial-rounds", type=int, default=200, help="of `trials`")
    parser.add_argument("--space", default="shallow")
    args = parser.parse_args()
    told = {name: getattr(args, name) for name in ("folds", "rounds", "space")}
    result: dict[str, Any] = {"machine": common.machine(), "settings": told}
    text, goals = [], []
    for what in args.what:
        shown, result[what] = PARTS[what](args, told)
        goals += result[what].pop("goals", [])
        text += [f"## {what}\n", shown, ""]
    text.append(common.MEMORY)
    result["goals"] = goals
    common.finish(result, "\n".join(text), args.json)


if __name__ == "__main__":
    common.main(main, {"run": _run, "boosting": _boosting, "write": _write})
