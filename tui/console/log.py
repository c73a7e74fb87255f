"""A run at work as plain lines, where there is no terminal to redraw."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine.core import format as figures
from engine.core.views import log, progress
from engine.events import ArmFailed, Event, Warned
from engine.state import State, reduce
from tui.console.options import add_options
from tui.safe_text import clean


def plain(before: State, event: Event, *, elapsed: float) -> Iterator[str]:
    """Yield the lines of a log that an event is worth: none for most trials.

    Parameters
    ----------
    before : State
        Where the run was before the event.
    event : Event
        What happened.
    elapsed : float
        Seconds since the run began.
    """
    after = reduce(before, event)
    if isinstance(event, ArmFailed):
        event = msgspec.structs.replace(event, fix=add_options(event.fix, event.field))
    for line in log.lines(event, before, after):
        if not line.minor:
            arm = f"{line.arm}: " if line.arm else ""
            arm += "warning: " if isinstance(event, Warned) else ""
            yield f"[{figures.clock(elapsed)}] {clean(arm + line.text)}"


def so_far(state: State, *, elapsed: float) -> str:
    """Return the line with which a log of a run that is under way begins."""
    name = state.dataset.name if state.dataset else ""
    finished = sum(len(arm.trials) for arm in state.arms)
    trials = figures.plural(progress.trials(state) * len(state.arms), "trial")
    text = f"{name}: {finished:,} of {trials} so far"
    return f"[{figures.clock(elapsed)}] {clean(text)}"
