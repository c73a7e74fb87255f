"""Every sampler at growing sizes: stock, and ours with the same rows.

A made table of 20 numeric columns with 1.8 % positives; one thread; a child process
per point. A point that would take longer than the cap, by the exponent of the step
before it, is not run, and the table says so. Where ours asks no search of its own it is
stock's, and is not run twice.

    python benchmarks/samplers.py [--rows 5000,43400,200000,1000000] [--cap 90]
        [--only SMOTEENN,SVMSMOTE] [--columns 20]
"""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import common

OVER, UNDER = "imblearn.over_sampling.", "imblearn.under_sampling."
COMBINED = "imblearn.combine."


class Case(NamedTuple):
    """A sampler of imbalanced-learn; `columns` of the table it needs as categories."""

    home: str
    given: dict[str, Any] = {}  # noqa: RUF012  # never changed
    label: str = ""
    columns: str = ""

    @property
    def name(self) -> str:
        return self.label or self.home.rpartition(".")[2]


CASES = (
    Case(OVER + "RandomOverSampler"),
    Case(OVER + "SMOTE"),
    Case(OVER + "SMOTENC", {"categorical_features": [0, 1]}, columns="two"),
    Case(OVER + "SMOTEN", columns="all"),
    Case(OVER + "BorderlineSMOTE", {"kind": "borderline-1"}, "BorderlineSMOTE1"),
    Case(OVER + "BorderlineSMOTE", {"kind": "borderline-2"}, "BorderlineSMOTE2"),
    Case(OVER + "SVMSMOTE"),
    Case(OVER + "KMeansSMOTE", {"cluster_balance_threshold": 0.001}),
    Case(OVER + "ADASYN"),
    Case(COMBINED + "SMOTEENN"),
    Case(COMBINED + "SMOTETomek"),
    Case(UNDER + "RandomUnderSampler"),
    Case(UNDER + "EditedNearestNeighbours"),
    Case(UNDER + "RepeatedEditedNearestNeighbours"),
    Case(UNDER + "AllKNN"),
    Case(UNDER + "CondensedNearestNeighbour"),
    Case(UNDER + "NeighbourhoodCleaningRule"),
    Case(UNDER + "OneSidedSelection"),
    Case(UNDER + "TomekLinks"),
    Case(UNDER + "NearMiss", {"version": 1}, "NearMiss1"),
    Case(UNDER + "NearMiss", {"version": 2}, "NearMiss2"),
    Case(UNDER + "NearMiss", {"version": 3}, "NearMiss3"),
    Case(UNDER + "ClusterCentroids"),
    Case(UNDER + "InstanceHardnessThreshold"),
)
BY_NAME = {case.name: case for case in CASES}
HALVED = (
    "SMOTEENN",
    "SMOTETomek",
    "EditedNearestNeighbours",
    "RepeatedEditedNearestNeighbours",
    "AllKNN",
    "NeighbourhoodCleaningRule",
)
"""Of these ours is to take half of stock's CPU, or less."""
SEARCHING = (*HALVED, "TomekLinks")
VARIANTS = ("stock", "ours")
AT = 43_400


def _registered(case: Case) -> Any:
    """Return the registry's entry of a case, if the app offers it."""
    from engine.core.methods import registry

    if case.label:
        return None
    return next((s for s in registry.SAMPLERS if s.home == case.home), None)


def _step(case: Case) -> Any:
    from engine.core.methods.grammar import Step

    entry = _registered(case)
    given = {k: v for k, v in case.given.items() if k in entry.parameter_names}
    return Step(sampler=entry.name, params=given)


def _build(case: Case, variant: str, y: Any, seed: int) -> Any:
    import importlib
    import inspect

    import material
    import numpy as np

    from engine.core.methods import registry
    from engine.resample import method

    if _registered(case) is not None:
        step = _step(case)
        params = registry.check_step(step)
        if variant == "stock":
            return material.stock(step.sampler, params, seed)
        counts = dict(enumerate(np.bincount(y).tolist()))
        return method.build(step.sampler, params, counts, seed=seed)
    module, _, attribute = case.home.rpartition(".")
    kind = getattr(importlib.import_module(module), attribute)
    given = dict(case.given)
    if "random_state" in inspect.signature(kind).parameters:
        given["random_state"] = seed
    return kind(**given)


def _table(case: Case, rows: int, columns: int) -> tuple[Any, Any]:
    import material
    import numpy as np

    X, y = material.made(rows, columns=columns)
    if case.columns:
        last = columns if case.columns == "all" else 2
        X[:, :last] = np.clip(np.rint(2 * X[:, :last]), -4, 4)
    return X, y


def _memory(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def _point(told: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    case, variant = BY_NAME[told["case"]], told["variant"]
    X, y = _table(case, told["rows"], told["columns"])
    sampler = _build(case, variant, y, 42)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    cpu, started = time.process_time(), time.perf_counter()
    after, labels = sampler.fit_resample(X, y)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = _memory("VmHWM") - before
    chance = np.random.default_rng(0)
    hashes = labels.astype(np.uint64)
    for column in np.ascontiguousarray(after, dtype=np.float32).view(np.uint32).T:
        factor = chance.integers(1, 2**63, dtype=np.uint64) | np.uint64(1)
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + column * factor
    np.save(told["keep"], hashes)
    return {
        "seconds": seconds,
        "cpu": cpu,
        "extra_bytes": peak,
        "rows_after": len(labels),
    }


def _same(one: Path, other: Path) -> tuple[bool, float]:
    """Return whether rows and their order are the same, and the share in common."""
    import numpy as np

    a, b = np.load(one), np.load(other)
    common_rows = len(np.intersect1d(a, b))
    return bool(np.array_equal(a, b)), common_rows / len(np.union1d(a, b))


def _exponent(steps: list[tuple[int, float]]) -> float | None:
    if len(steps) < 2:
        return None
    (n0, t0), (n1, t1) = steps[-2:]
    return math.log(t1 / t0) / math.log(n1 / n0)


def _predicted(steps: list[tuple[int, float]], rows: int) -> float:
    """Return what the next size will take; from one size alone, as its square."""
    if not steps:
        return 0.0
    growth = _exponent(steps) or 2.0
    last_rows, last = steps[-1]
    return last * (rows / last_rows) ** max(1.0, growth)


def measure(args: Any, folder: Path) -> list[dict[str, Any]]:
    """Return a line for every sampler, size and variant."""
    lines: list[dict[str, Any]] = []
    for name in args.only:
        steps: dict[str, list[tuple[int, float]]] = {v: [] for v in VARIANTS}
        over = set()
        for rows in args.rows:
            for variant in VARIANTS if name in SEARCHING else VARIANTS[:1]:
                line = {"case": name, "rows": rows, "variant": variant}
                lines.append(line)
                expected = _predicted(steps[variant], rows)
                if variant in over or expected > args.cap:
                    over.add(variant)
                    line["skipped"] = f"not run (≈{expected:.0f} s)"
                    continue
                told = {"case": name, "variant": variant, "rows": rows}
                told |= {"columns": args.columns, "keep": str(folder / variant)}
                try:
                    line |= common.measured(
                        __file__, "point", told, timeout=args.cap + 30
                    )
                except common.TimedOutError:
                    over.add(variant)
                    line["skipped"] = f"over {args.cap} s"
                    continue
                steps[variant].append((rows, line["seconds"]))
                line["exponent"] = _exponent(steps[variant])
                stock = folder / "stock.npy"
                if variant != "stock" and stock.exists():
                    line["same"], line["share"] = _same(
                        stock, folder / f"{variant}.npy"
                    )
                common.say(f"{name} {rows:,} {variant}: {line['seconds']:.2f} s")
            for kept in folder.glob("*.npy"):
                kept.unlink()
    return lines


def goals(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    at = {
        (one["case"], one["variant"]): one
        for one in lines
        if one["rows"] == AT and "cpu" in one
    }
    found = []
    for (name, variant), one in at.items():
        stock = at.get((name, "stock"))
        if stock is None or variant == "stock":
            continue
        ratio = stock["cpu"] / one["cpu"]
        what = f"{name} at {AT:,}: CPU of stock ÷ {variant}"
        if name in HALVED:
            found.append(common.goal(what, ratio, "≥", 2))
        differ = float(1 - one["share"]) if not one["same"] else 0.0
        found.append(
            common.goal(f"{name} at {AT:,}: share that differs", differ, "≤", 0)
        )
    return found


def main() -> None:
    parser = common.parser(__doc__)
    sizes = [5_000, AT, 200_000, 1_000_000]
    parser.add_argument("--rows", type=common.numbers, default=sizes)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--cap", type=float, default=90.0, help="seconds a point")
    parser.add_argument("--only", type=common.names, default=list(BY_NAME))
    args = parser.parse_args()
    if unknown := [name for name in args.only if name not in BY_NAME]:
        parser.error(f"no sampler {unknown[0]}; there are: {', '.join(BY_NAME)}")
    asked = {"cases": args.only, "rows": args.rows, "columns": args.columns}
    result: dict[str, Any] = {"machine": common.machine(), "settings": asked}
    with tempfile.TemporaryDirectory(prefix="imbtui-bench-") as folder:
        lines = result["points"] = measure(args, Path(folder))
    rows = []
    for one in lines:
        same = {True: "yes", False: "no", None: None}[one.get("same")]
        rows.append(
            (
                f"{one['case']} {one['variant']}",
                f"{one['rows']:,}",
                one.get("skipped") or one["seconds"],
                one.get("cpu"),
                round(one["extra_bytes"] / 2**20) if "extra_bytes" in one else None,
                one.get("exponent"),
                same if same != "no" else f"{one['share']:.3%} in common",
            )
        )
    head = (
        "sampler",
        "rows",
        "seconds",
        "CPU s",
        "MiB",
        "exponent",
        "stock's rows",
    )
    result["goals"] = goals(lines)
    common.finish(result, common.table(head, rows), args.json)


if __name__ == "__main__":
    common.main(main, {"point": _point})
