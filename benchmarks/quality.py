"""What early stopping and pruning cost: against the full search, on several tables.

Each table is searched three times with the same folds and seed: all rounds of all
trials; stopped early; stopped early and pruned. The folds are in the cache before,
so that the seconds are those of the search. A best CV score counts as kept if it is
no more than one fold noise (standard deviation ÷ √folds) below the full search's.

    python benchmarks/quality.py [DATA:TARGET …] [--methods A,B] [--trials 30]
        [--rounds 200] [--method tpe|random]
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import common

TABLES = common.ROOT.parent / "shared" / "data"
DEFAULT = (
    f"{TABLES}/stroke_43400.csv:stroke",
    f"{TABLES}/telco_churn_7043.csv:Churn",
    f"{TABLES}/bank_additional_41188.csv.gz:y",
    f"{TABLES}/imblearn_thyroid_sick.csv.gz:target",
)
ARMS = "untreated,weights,smote,kmeans-smote,random-under"
SETTINGS: dict[str, dict[str, Any]] = {
    "full": {"early_stopping": 0, "prune": False},
    "early": {"early_stopping": 50, "prune": False},
    "early+prune": {"early_stopping": 50, "prune": True},
}


def _search(told: dict[str, Any]) -> dict[str, Any]:
    import material

    return material.engine_run(material.experiment(told), told)


def table(source: str, told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Search one table in every setting."""
    data, _, column = source.rpartition(":")
    if data in ("", "sample"):
        data, column = source, ""
    found = {}
    with tempfile.TemporaryDirectory(prefix="imbtui-bench-") as cache:
        told = {**told, "data": data, "target": column or None, "cache": cache}
        common.measured(__file__, "search", {**told, "trials": 1, "rounds": 1})
        for setting, how in SETTINGS.items():
            found[setting] = common.measured(__file__, "search", {**told, **how})
            seconds = found[setting]["seconds"]
            common.say(f"{Path(data).name} {setting}: {seconds:.1f} s")
    return found


def compared(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line per setting, of the arm that is best by its CV score there."""
    full, lines = found["full"], []
    for setting, one in found.items():
        arms = one["arms"]
        best = max(arms, key=lambda arm, arms=arms: arms[arm]["cv"])
        noises = [
            (full["arms"][arm]["cv"] - arms[arm]["cv"]) / full["arms"][arm]["noise"]
            for arm in arms
        ]
        lower = [arm for arm in arms if arms[arm]["test"] < full["arms"][arm]["test"]]
        lines.append(
            {
                "setting": setting,
                "arm": best,
                **{name: arms[best][name] for name in ("cv", "noise", "test")},
                "worst_arm_below_in_noises": max(noises),
                "arms_with_lower_test": lower,
                "rounds": sum(arm["rounds"] for arm in arms.values()),
                "pruned": sum(arm["pruned"] for arm in arms.values()),
                "seconds": one["seconds"],
                "arms": arms,
            }
        )
    return lines


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("tables", nargs="*", default=DEFAULT, metavar="DATA:TARGET")
    parser.add_argument("--methods", type=common.names, default=common.names(ARMS))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--space", default="wide")
    parser.add_argument("--method", choices=("tpe", "random"), default="random")
    args = parser.parse_args()
    told = {
        name: getattr(args, name)
        for name in ("arms", "trials", "folds", "rounds", "space", "method")
    }
    result: dict[str, Any] = {"machine": common.machine(), "settings": told}
    result["tables"] = {name: compared(table(name, told)) for name in args.tables}
    rows, not_lower, worst = [], 0, 0.0
    for name, lines in result["tables"].items():
        full, last = lines[0], lines[-1]
        not_lower += last["test"] >= full["test"]
        worst = max(worst, (full["cv"] - last["cv"]) / full["noise"])
        rows += [
            (
                f"{Path(name).name} {line['setting']}",
                line["arm"],
                line["cv"],
                line["noise"],
                line["test"],
                line["worst_arm_below_in_noises"],
                f"{len(line['arms_with_lower_test'])} of {len(line['arms'])}",
                line["rounds"],
                line["pruned"],
                line["seconds"],
            )
            for line in lines
        ]
    head = (
        "table, setting",
        "best arm",
        "CV AP",
        "noise",
        "test AP",
        "worst arm, noises below",
        "arms with lower test AP",
        "rounds",
        "pruned",
        "seconds",
    )
    result["goals"] = [
        common.goal("best CV AP below the full search, in noises", worst, "≤", 1),
        common.goal("tables whose test AP is not lower", not_lower, "≥", 3),
    ]
    common.finish(result, common.table(head, rows), args.json)


if __name__ == "__main__":
    common.main(main, {"search": _search})
