"""The same cross-validated AP for less: what a search of one arm takes to reach it.

Sides, each in a child process of its own with one thread, in turn, `--repeats` times
with seeds of their own, on the engine's folds:

    sklearn    imblearn's Pipeline in RandomizedSearchCV, `--trials` settings of the
               engine's default space, all rounds
    optuna     the same Pipeline; TPE with a MedianPruner after each fold, until it
               reaches the target, `--most` trials at most
    flaml      FLAML's `xgboost` from its own space, until it reaches the target or has
               spent what sklearn did in all
    ours       the engine with its defaults and `--trials` trials
    ours-more  the same with `--most` trials

The target is sklearn's best mean AP over the folds less a quarter of its noise (the
standard deviation over the folds of its best trial ÷ √folds). Processor seconds count
from the table in memory on: encoding, sampling and matrices are in, reading the table
and imports are not. FLAML lives in an environment of its own, which is made in the
folder `--peers` where it is missing, beside the packages of this one.

    python benchmarks/search.py [DATA:TARGET …] [--methods untreated,smote]
        [--trials 10] [--most 40] [--repeats 3] [--sides A,B] [--peers DIR]
"""

from __future__ import annotations

import argparse
import math
import site
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import common

SIDES = "sklearn,optuna,flaml,ours,ours-more"
FLAML = "flaml==2.8.0"
ITERATIONS = 1000
"""Of FLAML at most: it stops by the target or by what it spent."""
NOISES = 0.25
"""Noises below sklearn's best that still count as the same score."""

Found = dict[str, dict[str, Any]]


def _side(name: str) -> common.Side:
    def side(told: dict[str, Any]) -> dict[str, Any]:
        import tuners

        return getattr(tuners, name)(told)

    return side


def peers(folder: Path) -> Path | None:
    """Return an interpreter that has FLAML beside what this one has.

    None where it cannot be installed.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        if subprocess.run([sys.executable, "-m", "venv", folder]).returncode:
            return None
        (own,) = folder.glob("lib/python*/site-packages")
        lines = [f"import site; site.addsitedir({p!r})" for p in site.getsitepackages()]
        (own / "beside.pth").write_text("\n".join(lines) + "\n")
    install = ["-m", "pip", "install", "--quiet", "--no-deps", FLAML]
    return None if subprocess.run([python, *install]).returncode else python


def target(found: Found) -> float:
    """Return the score that counts as sklearn's."""
    first = found["sklearn"]
    return first["best"] - NOISES * first["noise"]


def reached(one: dict[str, Any], target: float) -> float:
    """Return the processor seconds until the path reaches the target."""
    return next((cpu for cpu, best in one["path"] if best >= target), math.inf)


def measure(told: dict[str, Any], sides: list[str], args: argparse.Namespace) -> Found:
    """Run all sides once; sklearn first, since it sets the target."""
    found: Found = {}
    for side in sides:
        given, python = dict(told), sys.executable
        if side in ("optuna", "ours-more"):
            given["trials"] = args.most
        if side in ("optuna", "flaml"):
            given["wanted"] = target(found)
        if side == "flaml":
            python = str(args.python)
            given |= {"trials": ITERATIONS, "budget": found["sklearn"]["cpu"]}
        name = side.removesuffix("-more")
        found[side] = common.measured(__file__, name, given, python=python)
        one = found[side]
        common.say(
            f"{Path(told['data']).name} {told['arm']} {side}: "
            f"{one['cpu']:.1f} CPU s, {one['trials']} trials, AP {one['best']:.4f}"
        )
    return found


def figures(found: Found) -> dict[str, dict[str, float]]:
    """Return what each side took to the target, and relative to sklearn."""
    first, aim = found["sklearn"], target(found)
    own = reached(first, aim)
    return {
        side: {
            "cpu": one["cpu"],
            "trials": one["trials"],
            "rounds": one["rounds"],
            "best": one["best"],
            "target": aim,
            "to_target": reached(one, aim),
            "to_target/sklearn": reached(one, aim) / first["cpu"],
            "to_target/sklearn_to_target": reached(one, aim) / own,
            "cpu/sklearn": one["cpu"] / first["cpu"],
        }
        for side, one in found.items()
    }


def medians(all_: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the median of every figure over the repeats."""
    return {
        side: {
            what: statistics.median(one[side][what] for one in all_)
            for what in all_[0][side]
        }
        for side in all_[0]
    }


def goals(case: str, median: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    ours = median["ours"]["to_target"]
    ratio = median["ours"]["to_target/sklearn"]
    found = [common.goal(f"{case}: to sklearn's AP, ours ÷ sklearn", ratio, "≤", 0.25)]
    others = [median[s]["to_target"] for s in ("optuna", "flaml") if s in median]
    if others and min(others) < math.inf:
        beside = ours / min(others)
        found.append(
            common.goal(f"{case}: ours ÷ the faster of the others", beside, "≤", 1)
        )
    return found


def arguments() -> argparse.Namespace:
    parser = common.parser(__doc__)
    parser.add_argument(
        "tables", nargs="*", default=common.TABLES, metavar="DATA:TARGET"
    )
    parser.add_argument(
        "--methods", type=common.names, default=common.names("untreated,smote")
    )
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--sides", type=common.names, default=common.names(SIDES))
    parser.add_argument("--peers", type=Path, default=None, metavar="DIR")
    args = parser.parse_args()
    if args.sides[:1] != ["sklearn"]:
        parser.error("--sides begins with sklearn, which sets the target")
    args.python = peers(args.peers.resolve()) if args.peers else None
    if "flaml" in args.sides and args.python is None:
        why = "cannot be installed" if args.peers else "needs --peers DIR"
        common.say(f"without FLAML: it {why}")
        args.sides.remove("flaml")
    return args


def main() -> None:
    args = arguments()
    names = ("methods", "trials", "most", "repeats", "seed", "sides")
    result: dict[str, Any] = {
        "machine": common.machine(),
        "settings": {name: getattr(args, name) for name in names},
        "cases": {},
        "goals": [],
    }
    raw: dict[str, list[Found]] = {}
    for repeat in range(args.repeats):
        for data, column in map(common.split_table, args.tables):
            for arm in args.methods:
                told = {"data": data, "target": column, "arm": arm}
                told |= {"trials": args.trials, "seed": args.seed + repeat}
                found = measure(told, args.sides, args)
                raw.setdefault(f"{Path(data).name} {arm}", []).append(found)
    rows: list[tuple[Any, ...]] = []
    for case, all_ in raw.items():
        median = medians([figures(found) for found in all_])
        shown = {
            side: {k: None if math.isinf(v) else v for k, v in one.items()}
            for side, one in median.items()
        }
        result["cases"][case] = {"medians": shown, "runs": all_}
        result["goals"] += goals(case, median)
        rows += [
            (
                f"{case} {side}",
                round(one["trials"]),
                round(one["rounds"]),
                one["cpu"],
                f"{one['best']:.4f}",
                f"{one['target']:.4f}",
                *(_seconds(one[what]) for what in ("to_target", "to_target/sklearn")),
                _seconds(one["to_target/sklearn_to_target"]),
            )
            for side, one in median.items()
        ]
    head = (
        *("table, arm, side", "trials", "rounds", "CPU s", "best CV AP", "target"),
        *("CPU s to target", "÷ sklearn in all", "÷ sklearn to target"),
    )
    common.finish(result, common.table(head, rows), args.json)


def _seconds(value: float) -> float | str:
    return "never" if math.isinf(value) else value


SIDE_NAMES = {"sklearn": "random", "optuna": "tpe", "flaml": "flaml", "ours": "ours"}

if __name__ == "__main__":
    common.main(main, {side: _side(name) for side, name in SIDE_NAMES.items()})
