"""A run at work as plain lines, where there is no terminal to redraw."""

from __future__ import annotations

from engine.core import format as figures
from engine.core.format import folded
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Event,
    FoldPrepared,
    RunFinished,
    RunStarted,
    TrialFinished,
    Warned,
)
from engine.state import State, beats
from tui.console import progress
from tui.safe_text import clean


def plain(before: State, event: Event, *, elapsed: float) -> str | None:
    """Return the line of a log that an event is worth.

    Parameters
    ----------
    before : State
        Where the run was before the event.
    event : Event
        What happened.
    elapsed : float
        Seconds since the run began.

    Returns
    -------
    str or None
        None for an event that is worth no line: most trials, progress.
    """
    text = _said(before, event)
    return None if text is None else f"[{figures.clock(elapsed)}] {clean(text)}"


def so_far(state: State, *, elapsed: float) -> str:
    """Return the line with which a log of a run that is under way begins."""
    name = state.dataset.name if state.dataset else ""
    finished = sum(len(arm.trials) for arm in state.arms)
    trials = figures.plural(progress.trials(state) * len(state.arms), "trial")
    text = f"{name}: {finished:,} of {trials} so far"
    return f"[{figures.clock(elapsed)}] {clean(text)}"


def _said(before: State, event: Event) -> str | None:
    match event:
        case RunStarted():
            search = event.experiment.search
            trials = figures.plural(search.trials, "trial")
            dataset = event.dataset
            what = (
                f"{dataset.target} of {len(dataset.classes)} classes"
                if dataset.positive is None
                else f"{dataset.target}={dataset.positive} in "
                f"{dataset.classes.get(dataset.positive, 0):,}"
            )
            return (
                f"{dataset.name}: {dataset.rows:,} rows, {what}; "
                f"{figures.plural(len(event.experiment.arms), 'arm')}, {trials} each"
                f"{_expected(event)}"
            )
        case FoldPrepared():
            return _prepared(before, event)
        case TrialFinished():
            return _trial(before, event)
        case ArmEvaluated():
            point = progress.outcome(before, event)
            if point is None:
                return f"{event.arm}: evaluated"
            at = progress.point_name(before)
            _, rows = progress.called(before.dataset)
            return f"{event.arm}: missed {point[0]} {rows}, {point[1]} at {at}"
        case ArmFailed():
            fix = f". {event.fix}" if event.fix else ""
            return f"{event.arm}: failed: {event.message.rstrip('.')}{fix}"
        case Warned():
            lead = f"{event.arm}: " if event.arm else ""
            return f"{lead}warning: {event.message}"
        case RunFinished():
            error = event.error or {}
            cause = f": {error['message']}" if error.get("message") else ""
            seconds = before.seconds + event.seconds
            return f"{event.status} in {figures.clock(seconds)}{cause}"
        case _:
            return None


def _expected(event: RunStarted) -> str:
    """Say which arms' rows take a while to prepare."""
    slow = [
        f"{arm} {figures.about(seconds)}"
        for arm, seconds in event.estimates.items()
        if seconds >= progress.WORTH_SECONDS
    ]
    return f"; preparing takes {', '.join(slow)} on one core" if slow else ""


def _prepared(before: State, event: FoldPrepared) -> str | None:
    """Speak when the last fold is there, with the rows of that one."""
    arm = before.arm(event.arm)
    known = {p.fold for p in (*arm.prepared, event) if p.fold >= 0}
    folds = progress.folds(before)
    if event.fold < 0 or len(known) < folds:
        return None
    rows = f"{sum(event.before.values()):,} → {sum(event.after.values()):,} rows"
    name, called = progress.called(before.dataset)
    found = (event.before.get(name, 0), event.after.get(name, 0))
    text = (
        f"{event.arm}: {figures.plural(folds, 'fold')} prepared, {rows} each "
        f"({found[0]:,} → {found[1]:,} {called})"
    )
    repairs = folded(dict.fromkeys([*arm.repairs, *event.repairs]))
    return "; repaired: ".join([text, *repairs])


def _trial(before: State, event: TrialFinished) -> str | None:
    """Speak of a new best, and of the last."""
    arm = before.arm(event.arm)
    objective = before.experiment.search.objective if before.experiment else ""
    best = arm.best
    new = not event.failed and (best is None or beats(objective, event, best))
    number, all_of_them = len(arm.trials) + 1, progress.trials(before)
    if not new and number < all_of_them:
        return None
    said = f"{event.arm}: trial {number}/{all_of_them}"
    if event.failed:
        return f"{said} could not be made"
    told = "best so far" if new or best is None else f"best {best.score:.3f}"
    score = figures.decimals(event.score, 3)
    return f"{said}, {objective.replace('_', ' ')} {score}, {told}"
