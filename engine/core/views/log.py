"""A run's log: a line per thing worth reading, worked out from its events."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.core import format as figures
from engine.core.events import (
    ArmEvaluated,
    ArmFailed,
    Compared,
    Event,
    FoldPrepared,
    RunFinished,
    RunStarted,
    TrialFinished,
    Warned,
)
from engine.core.format import merge_texts
from engine.core.state import FINAL_FOLD, State
from engine.core.views import progress

Tone: TypeAlias = Literal["plain", "good", "warn", "bad"]


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log; `text` and `arm` are untrusted.

    `arm` is empty for what concerns the whole run. What is `minor` is left out where
    nobody can scroll.
    """

    text: str
    arm: str = ""
    tone: Tone = "plain"
    minor: bool = False


def lines(event: Event, before: State, after: State) -> tuple[LogLine, ...]:
    """Return the lines that an event is worth, given the states around it."""
    match event:
        case RunStarted():
            return (LogLine(text=_start_text(event)),)
        case FoldPrepared():
            return _preparation_lines(before, event)
        case TrialFinished():
            return (_trial(event, after),)
        case ArmEvaluated():
            text, point = "evaluated", progress.outcome(before, event)
            if point is not None:
                rows = progress.focus_class(before.dataset)[1]
                at = progress.point_name(before)
                text = f"missed {point[0]} {rows}, {point[1]} at {at}"
            return (LogLine(arm=event.arm, text=text),)
        case ArmFailed():
            fix = f". {event.fix}" if event.fix else ""
            text = f"failed: {event.message.rstrip('.')}{fix}"
            return (LogLine(arm=event.arm, text=text, tone="bad"),)
        case Compared():
            return (LogLine(text=event.verdict.headline, tone="good", minor=True),)
        case Warned():
            return (LogLine(arm=event.arm or "", text=event.message, tone="warn"),)
        case RunFinished():
            error = event.error or {}
            cause = f": {error['message']}" if error.get("message") else ""
            time = figures.clock(before.seconds + event.seconds)
            text, good = f"{event.status} in {time}{cause}", event.status == "done"
            return (LogLine(text=text, tone="good" if good else "bad"),)
        case _:
            return ()


def _start_text(event: RunStarted) -> str:
    dataset = event.dataset
    what = f"{dataset.target} of {len(dataset.classes)} classes"
    if dataset.positive is not None:
        many = dataset.classes.get(dataset.positive, 0)
        what = f"{dataset.target}={dataset.positive} in {many:,}"
    arms = figures.plural(len(event.experiment.arms), "arm")
    trials = figures.plural(event.experiment.search.trials, "trial")
    text = f"{dataset.name}: {dataset.rows:,} rows, {what}; {arms}, {trials} each"
    slow = [
        f"{arm} {figures.about(seconds)}"
        for arm, seconds in event.estimates.items()
        if seconds >= progress.WORTH_SECONDS
    ]
    return f"{text}; preparing takes {', '.join(slow)} on one core" if slow else text


def _preparation_lines(before: State, event: FoldPrepared) -> tuple[LogLine, ...]:
    """Say what is new of the notes, and the rows once all folds, or all rows, are."""
    arm = before.arm(event.arm)
    lines = [
        LogLine(arm=event.arm, text=text, tone="warn", minor=True)
        for text in event.notes
        if text not in arm.notes
    ]
    known = {p.fold for p in (*arm.prepared, event) if p.fold >= 0}
    folds = progress.folds(before)
    if event.fold != FINAL_FOLD and len(known) < folds:
        return tuple(lines)
    rows = f"{sum(event.before.values()):,} → {sum(event.after.values()):,}"
    if event.fold == FINAL_FOLD:
        text = f"training rows {rows}, {event.synthetic:,} synthetic"
        text += ", found as an earlier run prepared them" if event.reused else ""
        return (*lines, LogLine(arm=event.arm, text=text, minor=True))
    name, noun = progress.focus_class(before.dataset)
    old, new = event.before.get(name, 0), event.after.get(name, 0)
    text = f"{figures.plural(folds, 'fold')} prepared, {rows} rows each "
    text += f"({old:,} → {new:,} {noun})"
    repairs = merge_texts(dict.fromkeys([*arm.repairs, *event.repairs]))
    text = "; repaired: ".join([text, *repairs])
    tone: Tone = "warn" if repairs else "plain"
    return (*lines, LogLine(arm=event.arm, text=text, tone=tone))


def _trial(event: TrialFinished, after: State) -> LogLine:
    """Say how good a trial is; all but a new best and the last one are minor."""
    arm, search = after.arm(event.arm), after.experiment and after.experiment.search
    total = progress.trials(after)
    number = len(arm.trials)
    text = f"trial {number}/{total}"
    if event.failed:
        text += f" could not be made: {event.failed}"
        minor = number < total
        return LogLine(arm=event.arm, text=text, tone="warn", minor=minor)
    objective = search.objective.replace("_", " ") if search else "score"
    text += f", {objective} {figures.decimals(event.score, 3)}"
    if arm.best is event:
        return LogLine(arm=event.arm, text=f"{text}, best so far", tone="good")
    if arm.best is not None:
        text += f", best {arm.best.score:.3f}"
    text += ", stopped: behind the earlier ones" if event.pruned else ""
    return LogLine(arm=event.arm, text=text, minor=number < total)
