"""What a service says of arms, without the libraries that treat rows.

`treated` and `leak` answer at once from a few lines of arithmetic; `served` lets a
scripted service pass everything on to a real desk, in this process.
"""

from __future__ import annotations

import math
from typing import Any

from engine.core.events import Quality
from engine.core.lab import (
    LeakDemo,
    LeakScore,
    LeakShown,
    SyntheticRow,
    Treat,
    TreatedRows,
)
from engine.core.messages import Failure, Load, PageRequest, PictureRequest
from engine.service import protocol as wire
from tests.support.console_samples import HOSTILE

PLASTIC = 0.7548776662466927
"""Its multiples and those of its square fill a square evenly."""
COLUMNS = ("gender", "age", "bmi", "smoking_status")
FEW, MANY = 200, 2_000


def points(count: int, shift: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A round cloud, the same each time."""
    turns = [(n * PLASTIC) % 1 * math.tau for n in range(count)]
    reach = [((n * PLASTIC * PLASTIC) % 1) ** 0.5 for n in range(count)]
    across = [
        round(shift + r * math.cos(t), 3) for r, t in zip(reach, turns, strict=True)
    ]
    up = [round(r * math.sin(t), 3) for r, t in zip(reach, turns, strict=True)]
    return tuple(across), tuple(up)


def row(number: int = 1, **changes: Any) -> SyntheticRow:
    """A synthetic row with two parents, which have another age each."""
    base: dict[str, Any] = {
        "method": "smote",
        "label": "1",
        "cells": ("Male", f"{60 + number}", "27.123456789012", None),
        "first": ("Male", "60", "26.5", None),
        "second": ("Female", "70", "28.1", "smokes"),
        "rows": (101 * number, 202 * number),
        "weight": 0.25,
    }
    return SyntheticRow(**(base | changes))


QUALITY = Quality(
    rows=1_800,
    of=1_800,
    intruding=0.31,
    duplicates=0.0,
    outside=0.12,
    separability=0.71,
)


def treated(request: Treat, **changes: Any) -> TreatedRows:
    """What an arm does: over-samplers add, under-samplers drop, the rest is still."""
    names = [step.sampler for step in request.arm.steps]
    over = bool(names) and "under" not in names[0] and "tomek" not in names[0]
    drops = bool(names) and not over
    base: dict[str, Any] = {
        "id": request.id,
        "arm": request.arm,
        "before": {"0": MANY, "1": FEW},
        "after": {"0": FEW if drops else MANY, "1": MANY if over else FEW},
        "synthetic": {"0": 0, "1": MANY - FEW if over else 0},
        "removed": {"0": MANY - FEW if drops else 0, "1": 0},
        "axes": request.axes or ("component 1 (31%)", "component 2 (15%)"),
        "choices": ("age", "bmi"),
        "kept": {"0": points(FEW if drops else 1_300, 0.0), "1": points(FEW, 0.8)},
        "made": {"1": points(1_500, 0.9)} if over else {},
        "dropped": {"0": points(1_500, 0.0)} if drops else {},
        "quality": QUALITY if over else None,
        "columns": COLUMNS,
        "lineage": tuple(row(n) for n in range(1, 21)) if over else (),
    }
    if request.column is not None:
        base |= {
            "column": request.column,
            "edges": (0.0, 20.0, 40.0, 60.0, 80.0),
            "bins_before": {"0": (500, 500, 500, 500), "1": (5, 15, 60, 120)},
            "bins_after": {"0": (500, 500, 500, 500), "1": (20, 130, 650, 1_200)},
        }
    return TreatedRows(**(base | changes))


def hostile(request: Treat) -> TreatedRows:
    """An answer whose every text is hostile."""
    evil = tuple(HOSTILE.values())
    label, other = HOSTILE["markup"], HOSTILE["clipboard"]
    counts = {label: MANY, other: FEW}
    one = SyntheticRow(
        method=HOSTILE["colours"],
        label=other,
        cells=evil,
        first=evil[::-1],
        second=evil,
        rows=(3, 4),
        weight=0.5,
        exact=False,
    )
    return treated(
        request,
        before=counts,
        after={label: MANY, other: MANY},
        synthetic={label: 0, other: MANY - FEW},
        removed={label: 0, other: 0},
        axes=(evil[0], evil[1]),
        choices=evil,
        kept={label: points(100, 0.0), other: points(20, 0.5)},
        made={other: points(100, 0.5)},
        columns=evil,
        lineage=(one, one),
        repairs=evil,
        notes=evil,
        column=request.column,
        edges=(),
        levels=evil if request.column else (),
        bins_before={k: tuple(range(len(evil))) for k in counts}
        if request.column
        else {},
        bins_after={k: tuple(range(len(evil))) for k in counts}
        if request.column
        else {},
    )


def leak(request: LeakDemo) -> LeakShown:
    """Scores as they are on the stroke table."""

    def score(way: Any, tn: int, fp: int, fn: int, tp: int, *of: float) -> LeakScore:
        ap, auc = of
        return LeakScore(
            way=way,
            tn=tn,
            fp=fp,
            fn=fn,
            tp=tp,
            recall=tp / (tp + fn),
            precision=tp / (tp + fp),
            f1=2 * tp / (2 * tp + fp + fn),
            average_precision=ap,
            roc_auc=auc,
            synthetic=6_696 if way == "wrong" else 0,
            copies=6_819 if way == "wrong" else 0,
        )

    return LeakShown(
        arm=request.arm,
        scores=(
            score("wrong", 6_460, 359, 424, 6_395, 0.99, 0.99),
            score("delivered", 8_116, 407, 125, 32, 0.06, 0.77),
            score("right", 8_107, 416, 127, 30, 0.05, 0.77),
        ),
        positive="1",
        prevalence=0.018,
    )


def served(service: Any) -> Any:
    """Let a scripted service ask a real desk; return it."""
    from engine.service import RequestHandler

    desk = RequestHandler(lambda _: None)
    for kind in (Load, PageRequest, PictureRequest, Treat, LeakDemo):
        service.answers[kind] = lambda request: desk.answer(wire.encode(request))
    return service


def refused(_: Treat) -> Failure:
    """Say why an arm cannot be tried."""
    return Failure(
        code="sampler",
        message="smoten works on categories only, 3 of the columns are numbers",
        fix="use smotenc",
    )
