"""Every benchmark in turn, and one table of ratios with the goal beside each.

`quick` is the same scripts at small sizes, in less than ten minutes: it shows that
they work and about where the ratios lie. The goals are set for `full`, which takes
some hours and wants the machine for itself.

    python benchmarks [quick|full] [--only experiment,samplers]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import common

RESULTS = Path(__file__).resolve().parent / "results"
QUICK = (
    "experiment.py --cheap --trials 4 --rounds 100 --repeats 1",
    "experiment.py --trials 2 --rounds 100 --repeats 1 --sides textbook,memory,ours",
    "experiment.py --cheap --trials 6 --rounds 200 --repeats 1 --stop",
    "search.py sample:moons:label --trials 4 --most 6 --repeats 1",
    "quality.py sample:moons:label --seeds 2 --most 2 --trials 6 --rounds 100"
    " --methods untreated,smote",
    "folds.py --trials 2 --rounds 50 --repeats 3",
    "executors.py --trials 3 --rounds 50 --repeats 1 --methods untreated,smote "
    "--tasks 1000",
    "samplers.py --rows 5000,20000 --cap 10"
    " --only SMOTE,SVMSMOTE,SMOTEENN,SMOTETomek,EditedNearestNeighbours",
    "preflight.py --only smote,kmeans-smote,adasyn,enn,tomek-links,smote-enn",
    "growth.py --what rows,trials,jobs,memory --rows 10000,30000 --trials 2,4"
    " --large 200000 --few 2 --rounds 30 --trial-rounds 60",
    "reading.py --rows 200000 --repeats 3",
    "profiling.py --rows 200000 --wide 2000x500 --repeats 1",
    "imports.py --repeats 3",
    "visits.py",
    "verdict_chance.py --only drawn --runs 20",
    "carriero.py --scenario 3 --draws 4 --models logistic,xgboost --search 1",
)
FULL = (
    "experiment.py",
    "experiment.py --cheap --trials 10",
    "experiment.py --trials 20 --sides ours,boosting",
    "experiment.py --trials 10 --stop",
    "experiment.py --trials 30 --stop",
    "search.py --peers .venv-peers",
    "quality.py",
    "folds.py",
    "executors.py",
    "samplers.py",
    "preflight.py",
    "growth.py",
    "reading.py",
    "profiling.py",
    "imports.py --repeats 10",
    "visits.py",
    "verdict_chance.py",
    "carriero.py",
    "model_methods.py",
)


def measure(command: str) -> dict[str, Any]:
    """Run one script; return its result and what it took."""
    script, *arguments = command.split()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "result.json"
        subprocess.run(
            [
                sys.executable,
                str(Path(__file__).with_name(script)),
                *arguments,
                "--json",
                str(answer),
            ],
            check=True,
            cwd=common.ROOT,
        )
        found: dict[str, Any] = json.loads(answer.read_text())
    return {"took_seconds": time.perf_counter() - started, **found}


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("size", nargs="?", choices=("quick", "full"), default="quick")
    parser.add_argument("--only", type=common.names, default=None)
    args = parser.parse_args()
    commands = QUICK if args.size == "quick" else FULL
    chosen = [
        command
        for command in commands
        if args.only is None or command.partition(".py")[0] in args.only
    ]
    result: dict[str, Any] = {"machine": common.machine(), "size": args.size}
    result["scripts"] = {}
    started = time.perf_counter()
    path = args.json or RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{args.size}.json"
    for command in chosen:
        common.say(command)
        result["scripts"][command] = measure(command)
        print(flush=True)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    rows = [
        (goal["what"], f"{goal['measured']:.3g}", goal["goal"], _met(goal, args.size))
        for found in result["scripts"].values()
        for goal in found.get("goals", [])
    ]
    print(common.table(("what", "measured", "goal", ""), rows))
    minutes = (time.perf_counter() - started) / 60
    print(f"\n{args.size}: {minutes:.0f} min; all figures: {path}")


def _met(goal: dict[str, Any], size: str) -> str:
    if goal["met"]:
        return "met"
    return "MISSED" if size == "full" else "(full size only)"


if __name__ == "__main__":
    main()
