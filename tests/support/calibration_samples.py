"""Calibrations with the numbers of the stroke table, and runs that have them."""

from __future__ import annotations

import msgspec

from engine.core.events import ArmEvaluated, Event
from engine.core.outcome import (
    Calibration,
    CalibrationBin,
    CalibrationMap,
    ClassConfusion,
    ClassPoint,
    Scored,
)
from tests.support.console_samples import events

COUNTS = ((1085, 2), (664, 0), (883, 1), (840, 1), (874, 7))
COUNTS += ((862, 10), (868, 16), (877, 21), (859, 39), (868, 64))


def bins(*scores: float) -> tuple[CalibrationBin, ...]:
    """Return bins of these mean scores, with what was found in the stroke table."""
    return tuple(
        CalibrationBin(rows=rows, positives=positives, score=score)
        for (rows, positives), score in zip(COUNTS, scores, strict=False)
    )


RAW = bins(0.009, 0.01, 0.015, 0.037, 0.069, 0.096, 0.129, 0.174, 0.241, 0.353)
GOOD = bins(0.001, 0.001, 0.002, 0.004, 0.008, 0.012, 0.017, 0.027, 0.042, 0.073)

AS_IT_IS = Calibration(
    method="none",
    brier=0.0344,
    log_loss=0.1522,
    slope=1.114,
    intercept=-1.89,
    in_the_large=-2.04,
    expected_calibration_error=0.0945,
    bins=RAW,
)
PRIOR = Calibration(
    method="prior",
    brier=0.0183,
    log_loss=0.1005,
    slope=1.114,
    intercept=2.58,
    in_the_large=1.97,
    expected_calibration_error=0.0159,
    bins=bins(*(b.score / 30 for b in RAW)),
    map=CalibrationMap(intercept=-3.997),
)
PLATT = Calibration(
    method="platt",
    brier=0.0177,
    log_loss=0.0803,
    slope=0.9,
    intercept=-0.3,
    in_the_large=0.04,
    expected_calibration_error=0.0019,
    bins=GOOD,
    map=CalibrationMap(slope=1.2, intercept=-1.7),
)
ISOTONIC = Calibration(
    method="isotonic",
    brier=0.0177,
    log_loss=0.0811,
    slope=0.78,
    intercept=-0.69,
    in_the_large=0.04,
    expected_calibration_error=0.0027,
    bins=GOOD,
    map=CalibrationMap(scores=(0.1, 0.9), probabilities=(0.01, 0.1)),
)
RESAMPLED = (AS_IT_IS, PRIOR, PLATT, ISOTONIC)
UNTOUCHED = (
    msgspec.structs.replace(PLATT, method="none", map=CalibrationMap()),
    PLATT,
    ISOTONIC,
)


POINT = ClassPoint(
    name="argmax",
    weights={},
    confusion=ClassConfusion(labels=("a", "b", "c"), matrix=((9, 0, 0),) * 3),
    recall={},
    recall_ci={},
    precision={},
    metrics={},
)


def calibrated(klass: str | None = None) -> list[Event]:
    """Return a whole run whose arms are calibrated; of a class where one is given."""
    out: list[Event] = []
    for event in events():
        if isinstance(event, ArmEvaluated):
            found = UNTOUCHED if event.arm == "untreated" else RESAMPLED
            repair = "none" if event.arm == "untreated" else "platt"
            if klass is None:
                event = msgspec.structs.replace(event, calibration=found, repair=repair)
            else:
                one = Scored(
                    operating_points=event.operating_points,
                    test=event.test,
                    calibration=found,
                    repair=repair,
                )
                event = msgspec.structs.replace(
                    event, classes={klass: one}, class_points=(POINT,)
                )
        out.append(event)
    return out
