"""The same experiment under every executor, and with a Dask worker killed in it.

The Dask cluster has as many workers of one thread as there are cores; it is up, and
its workers have imported the engine, before anything is timed. In `dask, killed` one
worker is killed when half of the trials are there. At last, empty tasks tell what
Dask's scheduler takes for each.

    python benchmarks/executors.py [DATA --target COL] [--methods A,B] [--trials 10]
        [--rounds 200] [--repeats 3] [--tasks 3000]
"""

from __future__ import annotations

import statistics
import tempfile
from typing import Any

import common

ARMS = "untreated,weights,smote,kmeans-smote"
KINDS = ("local", "processes", "dask", "dask, killed")


def _threads(told: dict[str, Any]) -> dict[str, Any]:
    import material

    wanted = material.experiment(told)
    return material.engine_run(wanted, told, executor=told["executor"])


def _cluster() -> tuple[Any, float]:
    """Start a cluster whose workers are warm; return it and what that took."""
    import time

    from distributed import Client, LocalCluster

    started = time.perf_counter()
    cluster = LocalCluster(
        n_workers=common.cores(),
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
    )
    with Client(cluster) as client:
        client.run(_warm)
    return cluster, time.perf_counter() - started


def _warm() -> None:
    import imblearn.combine  # noqa: F401
    import xgboost  # noqa: F401


def _dask(told: dict[str, Any]) -> dict[str, Any]:
    import os
    import signal

    import material

    from engine.core.events import TrialFinished

    wanted = material.experiment(told)
    cluster, start = _cluster()
    seen = killed = 0

    def on_event(event: Any) -> None:
        nonlocal seen, killed
        seen += isinstance(event, TrialFinished)
        if (
            told["kill"]
            and not killed
            and 2 * seen >= len(wanted.arms) * told["trials"]
        ):
            victim = cluster.workers[0].pid
            os.kill(victim, signal.SIGKILL)
            killed = victim

    with cluster:
        address = cluster.scheduler_address
        found = material.engine_run(
            wanted, told, executor="dask", scheduler=address, on_event=on_event
        )
    return {**found, "start_seconds": start, "killed": bool(killed)}


def _empty(told: dict[str, Any]) -> dict[str, Any]:
    """Time tasks that do nothing; client and scheduler share this process."""
    import time

    from distributed import Client

    cluster, start = _cluster()
    spent = []
    with cluster, Client(cluster) as client:
        for turn in range(told["repeats"] + 1):
            cpu, began = time.process_time(), time.perf_counter()
            keys = range(turn * told["tasks"], (turn + 1) * told["tasks"])
            client.gather(client.map(_nothing, keys))
            spent.append((time.perf_counter() - began, time.process_time() - cpu))
    wall, cpu = (statistics.median(column) for column in zip(*spent[1:], strict=True))
    return {
        "start_seconds": start,
        "tasks_per_second": told["tasks"] / wall,
        "ms_per_task": 1000 * wall / told["tasks"],
        "cpu_ms_per_task": 1000 * cpu / told["tasks"],
    }


def _nothing(number: int) -> int:
    return number


def measure(kind: str, told: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="imbtui-bench-") as cache:
        told = {**told, "cache": cache}
        if kind.startswith("dask"):
            return common.measured(__file__, "dask", {**told, "kill": "," in kind})
        return common.measured(__file__, "threads", {**told, "executor": kind})


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("data", nargs="?", default="sample:stroke")
    parser.add_argument("--target", default=None)
    parser.add_argument("--methods", type=common.names, default=common.names(ARMS))
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--space", default="wide")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=3000)
    args = parser.parse_args()
    names = ("data", "target", "methods", "trials", "folds", "rounds", "space")
    told = {name: getattr(args, name) for name in names}
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for repeat in range(args.repeats):
        for kind in KINDS:
            found[kind].append(measure(kind, told))
            seconds = found[kind][-1]["seconds"]
            common.say(f"{repeat + 1}/{args.repeats} {kind}: {seconds:.1f} s")
    load = {"tasks": args.tasks, "repeats": args.repeats}
    load |= common.measured(__file__, "empty", load)
    same = len({one["digest"] for all_ in found.values() for one in all_}) == 1
    median = {
        kind: {
            what: statistics.median(one[what] for one in all_)
            for what in ("seconds", "cpu", "peak_bytes", "first_score")
        }
        for kind, all_ in found.items()
    }
    base = median["local"]["seconds"]
    rows = [
        (
            kind,
            one["seconds"],
            one["seconds"] / base,
            one["cpu"],
            round(one["peak_bytes"] / 2**20),
            one["first_score"],
        )
        for kind, one in median.items()
    ]
    head = ("executor", "seconds", "÷ local", "CPU s", "peak MiB", "first score s")
    killed = all(one["killed"] for one in found["dask, killed"])
    text = [
        common.table(head, rows),
        f"all numbers the same to the last bit: {same}; a worker was killed: {killed}",
        f"cluster up in {load['start_seconds']:.1f} s; empty tasks: "
        f"{load['tasks_per_second']:.0f}/s, {load['ms_per_task']:.2f} ms each, "
        f"{load['cpu_ms_per_task']:.2f} ms CPU of scheduler and client",
    ]
    result = {
        "machine": common.machine(),
        "settings": told,
        "executors": median,
        "same_numbers": same,
        "worker_killed": killed,
        "scheduler": load,
        "goals": [
            common.goal("dask ÷ local", median["dask"]["seconds"] / base, "≤", 1.15),
            common.goal("executors that differ in a number", 1 - same, "≤", 0),
        ],
    }
    common.finish(result, "\n".join(text), args.json)


if __name__ == "__main__":
    common.main(main, {"threads": _threads, "dask": _dask, "empty": _empty})
