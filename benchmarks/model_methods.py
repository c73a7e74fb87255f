"""Which model gains from which method, over ten small tables, by `imbtui bench`.

One experiment, the preset `classic` with a small budget, on each table: seven real
ones, some of them a sample of the rows, and three that are generated. Of every model
the result has the median over the tables without a method, and what each method adds:
the median difference, on how many tables it is better and worse, and Holm's p within
the model. The runs stay in the store: the same command goes on after an interrupt.

    python benchmarks/model_methods.py [--data ../shared/data] [--trials 3] [--folds 3]
        [--store PATH] [--json PATH]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import common

DATA = common.ROOT.parent / "shared" / "data"
STORE = Path(__file__).parent / "results" / "model_methods.db"
TABLES = """
[[table]]
path = "{data}/imblearn_ecoli.csv"
target = "target"
[[table]]
path = "{data}/keel_car-good.csv"
target = "Class"
[[table]]
path = "{data}/imblearn_thyroid_sick.csv.gz"
target = "target"
[[table]]
path = "{data}/telco_churn_7043.csv"
target = "Churn"
drop = ["customerID"]
rows = 4000
[[table]]
path = "{data}/bank_additional_41188.csv.gz"
target = "y"
drop = ["duration"]
rows = 4000
[[table]]
path = "{data}/heart2020_319795.csv.gz"
target = "HeartDisease"
rows = 4000
[[table]]
path = "{data}/stroke_43400.csv"
target = "stroke"
drop = ["id"]
rows = 6000
[[table]]
path = "make:moons?rows=2000&ratio=20&noise=0.4"
target = "label"
[[table]]
path = "make:blobs?rows=2000&ratio=30&features=10&noise=5"
target = "label"
[[table]]
path = "make:carriero?scenario=6"
target = "label"
"""
METRICS = ("average_precision", "roc_auc")


def compared(tables: Path, metric: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the comparison in a metric."""
    options = [text for k, v in settings.items() for text in (f"--{k}", str(v))]
    command = [sys.executable, "-m", "imbtui", "bench", str(tables), *options]
    command += ["--preset", "classic", "--metric", metric, "--json"]
    done = subprocess.run(command, cwd=common.ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a line per arm: its median, and how it differs from its control."""
    against = {one["arm"]: one for one in document["against_control"]}
    found = []
    for arm in document["arms"]:
        values = [table["values"].get(arm) for table in document["tables"]]
        known = [value for value in values if value is not None]
        one = against.get(arm, {})
        kept = ("median_difference", "wins", "losses", "adjusted_p")
        line = {"arm": arm, "median": median(known), "tables": len(known)}
        found.append(line | {key: one.get(key) for key in kept})
    return found


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=common.cores())
    parser.add_argument("--store", type=Path, default=STORE)
    args = parser.parse_args()
    names = ("trials", "folds", "jobs", "store")
    settings = {name: getattr(args, name) for name in names}
    settings["store"] = args.store.resolve()
    result: dict[str, Any] = {"machine": common.machine()}
    result["settings"] = {**settings, "store": str(args.store), "tables": TABLES}
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "tables.toml"
        tables.write_text(TABLES.format(data=args.data.resolve()))
        for metric in METRICS:
            document = compared(tables, metric, settings)
            values = {row["name"]: row["values"] for row in document["tables"]}
            result[metric] = {"lines": lines(document), "tables": values}
    rows = [
        (line["arm"], *_cells(line), *_cells(other))
        for line, other in zip(*(result[m]["lines"] for m in METRICS), strict=True)
    ]
    per = ("median", "difference", "better/worse", "p")
    head = ("arm", *(f"{short}: {what}" for short in ("AP", "AUC") for what in per))
    common.finish(result, common.table(head, rows), args.json)


def _cells(line: dict[str, Any]) -> tuple[str, ...]:
    middle = f"{line['median']:.3f}"
    if line["wins"] is None:
        return (middle, "–", "–", "–")
    gain = f"{line['median_difference']:+.3f}"
    return (
        middle,
        gain,
        f"{line['wins']}/{line['losses']}",
        f"{line['adjusted_p']:.2g}",
    )


if __name__ == "__main__":
    main()
