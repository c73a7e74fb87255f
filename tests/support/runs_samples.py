"""Runs for the screens about stored ones: a list, and two side by side."""

from __future__ import annotations

import msgspec

from engine.core import build_result
from engine.core.compare_runs import Contrast, contrast
from engine.core.state import State, reduce
from tests.support import fakes, judged_samples
from tui.features.session import DiskUse

LONG = "/data/a name of a table that is rather long.csv"


def listed():
    """Runs of every status, the newest first."""
    s = fakes.summary
    return (
        s(12, status="running", seconds=None, headline=""),
        s(11, status="running", silent=25.0, seconds=None, headline=""),
        s(
            10,
            status="interrupted",
            tags=("paper", "v2"),
            note="first try with costs; see the mail of 3 May",
            seconds=None,
            headline="",
        ),
        s(9, source=LONG, target="the whole target", arms=("untreated", "weights")),
        s(8, status="failed", headline="No arm came to a result.", seconds=4.0),
        s(7, status="cancelled", headline=""),
        s(6, tags=("paper",)),
        s(5, status="unreadable", headline="written by another version"),
    )


def used():
    """The disk that they take."""
    return DiskUse(
        total=34_200_000,
        folds=12_000_000,
        free=20_100_000_000,
        runs={run.id: run.number * 400_000 for run in listed()},
    )


def document(number, some, status="done", **changes):
    """The document of a run; `changes` are of its experiment."""
    some = list(some)
    first = some[0]
    experiment = msgspec.structs.replace(first.experiment, **changes)
    some[0] = msgspec.structs.replace(first, experiment=experiment)
    state = State()
    for event in some:
        state = reduce(state, event)
    return build_result(state, run=f"run {number}", status=status)


def contrasted() -> Contrast:
    """A run that is done, and one of another seed that was cancelled."""
    some = judged_samples.events()
    return contrast(
        [document(6, some), document(7, some[:-6], "cancelled", seed=7)],
    )
