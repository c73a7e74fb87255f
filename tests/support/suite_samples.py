"""A comparison over many tables, made by the engine from figures set down here."""

from __future__ import annotations

import random

from engine.core.messages import SuiteGroup, SuiteShown
from engine.core.suite import Suite, TableRow
from engine.suite import aggregate_runs as aggregate

ARMS = ("untreated", "weights", "smote", "smote-enn", "kmeans-smote", "svm-smote")


def suite(
    arms: int = 4,
    tables: int = 7,
    *,
    step: float = 0.004,
    names: tuple[str, ...] = ARMS,
    metric: str = "average_precision",
    title: str = "table{}.csv",
) -> Suite:
    """Each arm `step` better than the one before, in some noise."""
    draw = random.Random(1)
    used = names[:arms]
    rows = [
        TableRow(
            name=title.format(n),
            source=f"/data/{n}.csv",
            run=f"{n:08x}",
            rows=1000 * n + 300,
            positives=40 * n + 13,
            values={
                arm: 0.3 + 0.02 * draw.random() + step * place
                for place, arm in enumerate(used)
            },
        )
        for n in range(tables)
    ]
    return aggregate(
        rows, arms=used, name=metric, rope=None, seed=1, bench={"source": "tables/"}
    )


def shown(made: Suite | None = None, groups: int = 2) -> SuiteShown:
    """An answer of the service."""
    made = made or suite()
    known = tuple(
        SuiteGroup(
            key=f"key{n}",
            arms=made.arms,
            tables=len(made.tables),
            trials=10,
            folds=5,
            seed=42 + n,
            created=1_700_000_000.0,
        )
        for n in range(groups)
    )
    return SuiteShown(groups=known, group="key0", suite=made)
