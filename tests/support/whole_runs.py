"""Runs that look like runs: with sweeps, whole, and half way through."""

from __future__ import annotations

import math

import msgspec

from engine.core.events import ArmEvaluated, Event, Progress
from tests.support.console_samples import NEGATIVES, POSITIVES, events


def sweep(fp: int, tp: int) -> tuple[tuple[float, int, int], ...]:
    """A plausible sweep through the counts at 0.5: higher thresholds, fewer alarms."""
    bend_fp = math.log(max(fp, 0.5) / NEGATIVES) / math.log(0.5)
    bend_tp = math.log(max(tp, 0.5) / POSITIVES) / math.log(0.5)
    points = []
    for step in range(1, 101):
        share = step / 100
        points.append(
            (
                round(1 - share, 2),
                round(NEGATIVES * share**bend_fp),
                round(POSITIVES * share**bend_tp),
            )
        )
    return tuple(points)


def whole() -> list[Event]:
    """Events of a whole run, with sweeps."""
    out: list[Event] = []
    for event in events():
        if isinstance(event, ArmEvaluated):
            counts = event.operating_points[0].confusion
            event = msgspec.structs.replace(event, sweep=sweep(counts.fp, counts.tp))
        out.append(event)
    return out


def half() -> list[Event]:
    """Events of a run that works: an arm done, one tuned, one prepared."""
    arms = [e.arm for e in whole() if isinstance(e, ArmEvaluated)]
    out: list[Event] = []
    for event in whole():
        arm = getattr(event, "arm", None)
        if arm is None and out:
            break
        if arm == arms[1] and isinstance(event, ArmEvaluated):
            break
        if arm not in (None, *arms[:2]):
            break
        out.append(event)
    curve = tuple((10 * i, 0.04 + 0.03 * (1 - math.exp(-i / 4))) for i in range(1, 13))
    at = Progress(arm=arms[1], stage="tune", done=2, total=10, trial=2, curve=curve)
    return [*out, at]
