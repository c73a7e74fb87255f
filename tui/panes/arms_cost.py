"""What an arm's preparation will take, from the open table: pure functions."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import msgspec

from engine.client.messages import TableInfo
from engine.execute import machine
from engine.resample import cost
from engine.resample.cost import Estimate, Objection
from engine.spec import Arm
from tui.console import figures
from tui.session import Session

__all__ = ["Sizes", "objection", "preparation", "sizes", "spelled"]

WORTH = 5.0
"""Seconds below which nobody minds."""


class Sizes(NamedTuple):
    """The training rows, their rarer class, and columns as a sampler sees them."""

    rows: int
    minority: int
    features: int


def sizes(session: Session) -> Sizes | None:
    """Return the training rows of the open table, or None if there are no classes."""
    table = session.load.table
    if table is None or len(table.train) != 2 or not all(table.train.values()):
        return None
    most = session.draft.base.features.max_categories
    counts = table.train.values()
    return Sizes(sum(counts), min(counts), _features(table, most))


def preparation(session: Session, arm: Arm) -> Estimate | None:
    """Return what all preparations of an arm take, or None if nobody knows."""
    known = sizes(session)
    if known is None or not arm.steps:
        return None
    if any(step.sampler not in cost.MODELS for step in arm.steps):
        return None
    search = session.draft.base.search
    return cost.preparation(
        arm, **known._asdict(), folds=search.folds, repeats=search.repeats
    )


def objection(session: Session, arm: Arm) -> Objection | None:
    """Return why an arm should not be run as it is, or None."""
    known = sizes(session)
    if known is None:
        return None
    alone = msgspec.structs.replace(session.draft.base, arms=(arm,))
    found = cost.objections(
        alone,
        **known._asdict(),
        memory=_memory(),
        patience=alone.search.patience,
    )
    return found[0] if found else None


def spelled(session: Session, arm: Arm) -> str:
    """Say what an arm's preparations take, in a line; nothing if nobody knows."""
    found = preparation(session, arm)
    if found is None:
        return ""
    search = session.draft.base.search
    times = figures.plural(search.folds * search.repeats + 1, "time")
    memory = (
        f", {cost.spoken_size(found.bytes)} of memory" if found.bytes > 10**6 else ""
    )
    return f"prepared {times}: {cost.spoken(found.seconds)} on one core{memory}"


def _features(table: TableInfo, most: int) -> int:
    """Count columns as the features do: a level each, an indicator where missing."""
    total = 0
    for column in table.columns:
        if column.role != "feature":
            continue
        if column.kind == "category":
            total += min(most, column.levels + (column.missing > 0))
        else:
            total += 1 + (column.missing > 0)
    return max(1, total)


@cache
def _memory() -> int | None:
    """Return the bytes that a run may take, as there were when first asked."""
    free = machine.available()
    return None if free is None else int(machine.SHARE * free)
