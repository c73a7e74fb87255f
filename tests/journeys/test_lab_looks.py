"""What the resampling lab looks like; the article's figures among it.

Those are real: the rows that the service's own desk treats.
"""

from __future__ import annotations

import pytest

from engine.core.lab import Treat
from engine.core.methods import grammar
from tests.support import fakes, lab_samples
from tests.support.journey import SMALL, WIDE, sizes
from tui.features.lab import state as told

BOTH = sizes(SMALL, WIDE)


@pytest.fixture(scope="module")
def real():
    """What a real desk answers."""
    return lab_samples.served(fakes.FakeService()).answers


@BOTH
@pytest.mark.parametrize(
    ("table", "arm"),
    [("moons", "smote"), ("blobs", "kmeans-smote"), ("blobs", "svm-smote")],
)
def test_the_articles_figures(journey, real, table, arm, size):
    journey.begin(size, f"sample:{table}", lambda s: s.answers.update(real))
    journey.choose("arms", arm, "preview")
    # The first that asks a real desk waits for its libraries.
    journey.wait(lambda: journey.app.session.lab.treat.answered is not None)
    journey.press("Z")
    pictured = size == WIDE and arm == "smote"
    journey.look(f"{table}-{arm}-after", picture=pictured)
    journey.press("a", "a")
    journey.look(f"{table}-{arm}-before")


@BOTH
def test_before_and_after(journey, size):
    journey.begin(size)
    journey.choose("arms", "random-under", "preview")
    journey.press("p")
    journey.look("before-and-after", picture=size == WIDE)


@BOTH
def test_only_what_changed(journey, size):
    journey.begin(size)
    journey.choose("arms", "random-under", "preview")
    journey.press("Z", "a")
    journey.look("what-changed")


@BOTH
def test_a_column(journey, size):
    journey.begin(size)
    journey.choose("arms", "smote", "preview")
    journey.press("Z", "t")
    journey.look("column")


@BOTH
def test_synthetic_rows(journey, size):
    journey.begin(size)
    journey.choose("arms", "smote", "lineage")
    journey.press("Z", "down")
    journey.look("synthetic-rows", picture=size == WIDE)


@BOTH
def test_a_refusal(journey, size):
    journey.begin(
        size, prepare=lambda s: s.answers.update({Treat: lab_samples.refused})
    )
    journey.choose("arms", "smoten", "preview")
    journey.look("refusal")


@BOTH
def test_balance(journey, size):
    journey.begin(size)
    journey.choose("arms", "smote", "preview")
    journey.press("p", "W", "down", "space", "down", "enter")
    journey.look("balance")


@BOTH
def test_leak(journey, size):
    journey.begin(size)
    journey.post(told.LeakScreenRequested(grammar.parse("smote")))
    journey.look("leak", picture=size == WIDE)
