"""What the pre-flight says of every sampler, against what it takes.

The pre-flight of all samplers runs in a process of its own, on the training rows of a
table; then each sampler treats all of them, in a process each, after five hundred
rows that do not count. All seconds are of one core: what others do on the machine at
the same time is on no side's clock.

    python benchmarks/preflight.py [DATA] [--target COL] [--only smote,enn]
        [--cap 1500]
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import common

FIRST = 500
TWICE = 2.0


def _told(told: dict[str, Any]) -> dict[str, Any]:
    """Judge all samplers, as `imbtui preflight` does."""
    import msgspec

    from engine.core.lab import Preflight
    from engine.core.methods import grammar
    from engine.resample.training_rows import forecast

    bench = _bench(told)
    arms = tuple(grammar.parse(name) for name in told["arms"])
    began = time.thread_time()
    answer = forecast(bench, Preflight(id=1, arms=arms))
    cpu = time.thread_time() - began
    return {
        "findings": msgspec.to_builtins(answer.findings),
        "cpu_seconds": cpu,
        "wall_seconds": answer.seconds,
    }


def _treated(told: dict[str, Any]) -> dict[str, Any]:
    """Treat all rows with one sampler."""
    import numpy as np

    from engine.core.errors import ArmError
    from engine.core.methods import grammar
    from engine.io.machine import one_thread
    from engine.resample import method

    bench = _bench(told)
    arm = grammar.parse(told["arm"])
    X, y = bench.rows(np.arange(len(bench.y))), bench.y

    def treat(rows: int) -> tuple[float, method.MethodRows]:
        began = time.thread_time()
        treated = method.apply(
            arm,
            X[:rows],
            y[:rows],
            seed=bench.seed,
            layout=bench.features.layout_,
            legalise=bench.features.legalise,
        )
        return time.thread_time() - began, treated

    try:
        with one_thread():
            treat(FIRST)
            seconds, treated = treat(len(y))
            if seconds < 1:
                seconds = statistics.median(
                    [seconds, treat(len(y))[0], treat(len(y))[0]]
                )
    except ArmError as error:
        return {"problem": str(error)}
    return {"seconds_once": seconds, "after": np.bincount(treated.y).tolist()}


def _bench(told: dict[str, Any]) -> Any:
    from engine.core.messages import Load
    from engine.data.load import load
    from engine.resample.training_rows import prepare_rows

    table = load(told["data"])
    return prepare_rows(table, Load(id=1, source=told["data"], target=told["target"]))


def main() -> None:
    from engine.core.methods import registry

    parser = common.parser(__doc__)
    parser.add_argument("data", nargs="?", default="sample:stroke")
    parser.add_argument("--target", default=None)
    parser.add_argument("--cap", type=float, default=1500.0, help="seconds a sampler")
    every = [sampler.name for sampler in registry.SAMPLERS]
    parser.add_argument("--only", type=common.names, default=every)
    args = parser.parse_args()
    asked = {"data": args.data, "target": args.target, "arms": args.only}
    said = common.measured(__file__, "told", asked)
    lines: list[dict[str, Any]] = []
    for finding in said["findings"]:
        one = {"arm": finding["arm"], "says": finding["seconds"]}
        one |= {
            "status": finding["status"],
            "expected": list(finding["after"].values()),
        }
        lines.append(one)
        told = asked | {"arm": finding["arm"]}
        try:
            one |= common.measured(__file__, "treated", told, timeout=args.cap)
        except common.TimedOutError:
            one["problem"] = f"given up after {args.cap:g} s"
        if "seconds_once" in one:
            one["ratio"] = one["says"] / one["seconds_once"]
        common.say(f"{one['arm']}: {one['says']:.3g} s, {one.get('seconds_once')}")
    known = [one["ratio"] for one in lines if "ratio" in one]
    near = sum(1 / TWICE <= ratio <= TWICE for ratio in known)
    result = {
        "machine": common.machine(),
        "settings": asked,
        "preflight": {k: said[k] for k in ("cpu_seconds", "wall_seconds")},
        "arms": lines,
        "goals": [
            common.goal("pre-flight of all, CPU s", said["cpu_seconds"], "≤", 5),
            common.goal("share told within a factor of 2", near / len(known), "≥", 0.9),
        ],
    }
    rows = [
        (
            one["arm"],
            one["says"],
            one.get("seconds_once") or one.get("problem"),
            one.get("ratio"),
            " / ".join(f"{n:,}" for n in one["expected"]),
            " / ".join(f"{n:,}" for n in one.get("after", [])),
        )
        for one in lines
    ]
    head = ("sampler", "says s", "took s", "ratio", "rows told", "rows")
    common.finish(result, common.table(head, rows), args.json)


if __name__ == "__main__":
    common.main(main, {"told": _told, "treated": _treated})
