"""What results look like: runs of two classes and of three, in every view and theme.

What is shown of two classes was worked out by the engine itself (`judged_samples`).
"""

from __future__ import annotations

import pytest

from tests.support import fakes, judged_samples, multiclass_samples
from tests.support.fakes import screen_text
from tests.support.journey import HUGE, LARGE, SMALL, WIDE, Journey, sizes
from tests.support.whole_runs import whole
from tui.charts import ChartView
from tui.features import reducers
from tui.features.messages import PointChosen, ViewChosen

BOTH, VIEWED = sizes(SMALL, LARGE), sizes(SMALL, WIDE)
VIEWS = (
    "board",
    "matrices",
    "matched",
    "curves",
    "calibration",
    "costs",
    "errors",
    "reasons",
    "verdict",
)
PICTURES = ("matrices", "curves", "calibration", "costs", "errors", "verdict")


def opened(journey, size) -> None:
    """Show a whole run."""
    journey.begin(size)
    journey.open(whole())
    journey.press("4")


@sizes(SMALL, LARGE, HUGE)
def test_results(journey, size):
    opened(journey, size)
    journey.look("results", picture=size == LARGE)


@BOTH
def test_matrices_and_curves(journey, size):
    opened(journey, size)
    journey.press("v")
    journey.look("results-matrices")
    journey.press("g", "5")
    journey.look("results-curves")


@BOTH
def test_threshold(journey, size):
    opened(journey, size)
    journey.press("g", "6", "right", "right", "right")
    journey.look("results-threshold", picture=size == LARGE)


def test_charts_have_most_of_a_screen_of_80_by_24(journey):
    follow(journey, SMALL, judged_samples.events(), "smote", "curves")
    least = {"threshold": 10, "calibration": 9, "costs": 8, "curves": 10}
    for view, lines in least.items():
        journey.choose("results", "smote", view)
        charts = f"{view.title()}View ChartView"

        def area(charts=charts):
            found = journey.app.screen.query(charts)
            return found.first(ChartView).area if found else None

        journey.wait(lambda area=area: area() is not None)
        # The axis is one of them.
        assert area().bottom - area().top + 1 >= lines, view
    # The focused arm is seen above, and read behind the names of the curves.
    text = screen_text(journey.app)
    assert "▸ smote " in text
    assert "gain   at 0." in text


@BOTH
def test_verdict(journey, size):
    opened(journey, size)
    journey.press("V")
    journey.look("results-verdict")


# The themes --------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_theme(journey, theme):
    opened(journey, LARGE)
    journey.act(lambda app: setattr(app, "theme", theme))
    journey.look(f"results-{theme}", picture=True)


def test_no_color(looks):
    with Journey(looks, LARGE, NO_COLOR="1") as plain:
        plain.open(whole())
        plain.press("4")
        plain.look("results-no-color", picture=True)


# Every view --------------------------------------------------------------------------


def follow(journey, size, events, arm, view) -> None:
    """Show a view of a finished run."""
    journey.begin(size)
    run = fakes.done_run(1, list(events))
    journey.act(lambda app: app.handlers.change(reducers.follow(app.session, run)))
    journey.choose("results", arm, view)


@VIEWED
@pytest.mark.parametrize("classes", ["two", "three"])
def test_views(journey, classes, size):
    samples = judged_samples if classes == "two" else multiclass_samples
    views = [v for v in VIEWS if classes == "two" or v not in ("matched", "reasons")]
    follow(journey, size, samples.events(), "smote", views[0])
    if size == SMALL:
        journey.press("Z")
    with journey.every():
        for view in views:
            journey.post(ViewChosen("results", view))
            seen = size == WIDE and view in PICTURES[: None if classes == "two" else 1]
            journey.look(f"{classes}-classes-{view}", picture=seen)


@VIEWED
def test_the_recommended_point(journey, size):
    follow(journey, size, judged_samples.events(), "untreated", "board")
    journey.post(PointChosen("recommended"))
    journey.look("recommended-point")


@VIEWED
def test_costs_are_asked_for(journey, size):
    follow(journey, size, judged_samples.events(), "untreated", "verdict")
    journey.press("dollar_sign", "2", "5")
    journey.look("costs-asked-for")
