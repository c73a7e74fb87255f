"""What a service says of an arm's mistakes, without a run or a table.

`answered` makes an answer to any question at once, by a few lines of arithmetic.
"""

from __future__ import annotations

from typing import Any

from engine.core.explain import (
    ArmPair,
    ColumnImportance,
    Contribution,
    Contributions,
    ContributionsShown,
    ErrorGroups,
    ErrorRow,
    ErrorRows,
    GroupsShown,
    Importance,
    ImportanceShown,
    Level,
    RowsShown,
    Shown,
    Uneven,
)
from engine.core.outcome import Confusion
from tests.support.console_samples import COUNTS, NEGATIVES, POSITIVES

COLUMNS = ("id", "gender", "age", "bmi", "smoking_status", "stroke")
FEATURES = ("gender", "age", "bmi", "smoking_status")
ASKED = ErrorRows | ErrorGroups | Importance | Contributions


def counts(arm: str) -> Confusion:
    """Counts of an arm at 0.5."""
    fn, fp = COUNTS.get(arm, {"fixed": (80, 100)})["fixed"]
    return Confusion(tn=NEGATIVES - fp, fp=fp, fn=fn, tp=POSITIVES - fn)


def row(number: int, others: tuple[str, ...], **changes: Any) -> ErrorRow:
    """A missed positive with a missing cell."""
    base: dict[str, Any] = {
        "number": 100 + 7 * number,
        "cells": (
            str(50_000 + number),
            "Female" if number % 3 else "Male",
            f"{30 + number % 50}",
            f"{20 + number % 17}.{number % 10}",
            None if number % 4 == 0 else "never smoked",
            "1",
        ),
        "score": round(0.001 + 0.002 * number, 6),
        "label": "1",
        "predicted": "0",
        "others": tuple(0.25 + 0.001 * number for _ in others),
        "others_positive": tuple(number % 2 == 0 for _ in others),
    }
    return ErrorRow(**(base | changes))


def shown(request: ErrorRows, **changes: Any) -> RowsShown:
    """A page of the rows asked for."""
    arm = request.arm or "untreated"
    c = counts(arm)
    others = tuple(name for name in COUNTS if name != arm)[:2]
    of_kind = {"missed": c.fn, "alarms": c.fp, "found": c.tp, "left": c.tn}
    total = of_kind[request.kind]
    if request.against is not None:
        total //= 3
    if request.where is not None:
        total //= 2
    stop = min(total, request.start + request.count)
    base: dict[str, Any] = {
        "id": request.id,
        "arm": arm,
        "at": request.at or "fixed",
        "klass": request.klass or "1",
        "kind": request.kind,
        "threshold": 0.5,
        "confusion": c,
        "columns": COLUMNS,
        "rows": tuple(row(n, others) for n in range(request.start, stop)),
        "start": request.start,
        "total": total,
        "others": others,
        "pairs": tuple(
            ArmPair(a=arm, b=b, positives=(9, 8, 7, 6), negatives=(5, 4, 3, 2))
            for b in others
        ),
        "level": request.where[1] if request.where else "",
        "target": "stroke",
    }
    return RowsShown(**(base | changes))


LEVELS = (
    Level(
        level="over 44 to 60",
        rows=2_144,
        positives=28,
        missed=27,
        alarms=5,
        recall=1 / 28,
        recall_ci=(0.01, 0.18),
        alarm_rate=0.002,
        alarm_rate_ci=(0.001, 0.006),
        below=True,
    ),
    Level(
        level="up to 44",
        rows=4_000,
        positives=8,
        missed=8,
        alarms=0,
        recall=0.0,
        recall_ci=(0.0, 0.32),
        alarm_rate=0.0,
        alarm_rate_ci=(0.0, 0.001),
    ),
    Level(level="(missing)", rows=12, positives=0, missed=0, alarms=0, alarm_rate=0.0),
)
OVERALL = Level(
    level="all",
    rows=8_680,
    positives=161,
    missed=81,
    alarms=1_320,
    recall=0.5,
    recall_ci=(0.42, 0.57),
)


def grouped(request: ErrorGroups, **changes: Any) -> GroupsShown:
    """Levels of the column asked for; misses stand out by age."""
    uneven = Uneven(
        column="age",
        p=0.0001,
        adjusted_p=0.0004,
        level="over 44 to 60",
        missed=27,
        positives=28,
    )
    base: dict[str, Any] = {
        "id": request.id,
        "arm": request.arm or "untreated",
        "at": request.at or "fixed",
        "klass": request.klass or "1",
        "overall": OVERALL,
        "column": request.column,
        "levels": LEVELS,
        "cut": "cut at the quartiles of the training rows",
        "ranking": (uneven,),
        "columns": FEATURES,
    }
    return GroupsShown(**(base | changes))


WORTH = (
    ColumnImportance(column="age", gain=0.71, drop=0.091, sd=0.011),
    ColumnImportance(column="bmi", gain=0.2, drop=0.04, sd=0.004),
    ColumnImportance(column="gender", gain=0.08, drop=0.001, sd=0.001),
    ColumnImportance(column="smoking_status", gain=0.01, drop=-0.002, sd=0.003),
)


def weighed(request: Importance, **changes: Any) -> ImportanceShown:
    """Four columns, one of them worth nothing."""
    base: dict[str, Any] = {
        "id": request.id,
        "arm": request.arm or "untreated",
        "klass": request.klass or "1",
        "columns": WORTH,
        "average_precision": 0.13,
        "rows": 8_680,
        "of": 8_680,
        "repeats": request.repeats,
    }
    return ImportanceShown(**(base | changes))


PARTS = (
    Contribution(column="age", cell="33", value=-2.55),
    Contribution(column="bmi", cell="41.2", value=0.4),
    Contribution(column="smoking_status", cell=None, value=-0.02),
    Contribution(column="gender", cell="Female", value=0.0),
)


def apart(request: Contributions, **changes: Any) -> ContributionsShown:
    """A score that age decides."""
    base: dict[str, Any] = {
        "id": request.id,
        "arm": request.arm or "untreated",
        "at": request.at or "fixed",
        "klass": request.klass or "1",
        "row": request.row,
        "label": "1",
        "predicted": "0",
        "score": 0.0021,
        "threshold": 0.5,
        "margin": -6.17,
        "bias": -4.0,
        "parts": PARTS,
        "others": {"smote": 0.31},
    }
    return ContributionsShown(**(base | changes))


def answered(request: ASKED) -> Shown:
    """Return an answer to a question."""
    match request:
        case ErrorRows():
            return shown(request)
        case ErrorGroups():
            return grouped(request)
        case Importance():
            return weighed(request)
        case Contributions():
            return apart(request)
