"""What a run looks like while it works, and when it is interrupted or lost."""

from __future__ import annotations

from tests.support import fakes
from tests.support.console_samples import events
from tests.support.journey import HUGE, LARGE, SMALL, WIDE, sizes
from tests.support.whole_runs import half
from tui.features import messages as say

BOTH = sizes(SMALL, LARGE)


def working(journey, size) -> None:
    """Show a run that works."""
    journey.begin(size)
    journey.open(half(), "running")
    journey.press("3")


@sizes(SMALL, LARGE, HUGE)
def test_training(journey, size):
    working(journey, size)
    journey.look("training", picture=size == LARGE)


@BOTH
def test_views(journey, size):
    working(journey, size)
    with journey.every():
        for view in ("trials", "log"):
            journey.press("v")
            journey.look(f"training-{view}", picture=size == LARGE)


@BOTH
def test_leave(journey, size):
    working(journey, size)
    journey.press("q")
    journey.look("leave")


def stopped(journey, size, **changes) -> None:
    """Show a run that has come half way, and no further."""
    journey.begin(size)
    found = fakes.done_run(7, events()[:9], **changes)
    journey.post(say.RunOpened(found, started=True), say.PaneActivated("training"))


@sizes(SMALL, WIDE)
def test_a_run_that_was_interrupted(journey, size):
    stopped(journey, size, status="interrupted", elapsed=0.0)
    journey.look("interrupted")


@sizes(SMALL, WIDE)
def test_a_run_that_is_not_heard(journey, size):
    stopped(journey, size, status="running", elapsed=95.0, silent=25.0)
    journey.look("not-heard")
