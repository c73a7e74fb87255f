"""What the evaluation looks like: a run of two classes, and one of three.

What is shown of two classes was worked out by the engine itself (`judged_samples`).
`pytest --snapshot-update` takes new pictures.
"""

from __future__ import annotations

import pytest

from tests.journeys.test_snapshots import _anywhere, looks  # noqa: F401  # fixtures
from tests.support import fakes, judged_samples, multiclass_samples
from tui import reducers
from tui.messages import PaneActivated, PolicyChosen, Selected, ViewChosen

SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
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


def look(view: str, events, arm: str):
    """Return what makes an app show a view of a finished run."""

    def before(app):
        run = fakes.done_run(1, list(events))
        app.desk.change(reducers.follow(app.session, run))
        for wish in (
            PaneActivated("results"),
            Selected("results", arm),
            ViewChosen("results", view),
        ):
            app.post_message(wish)

    return before


@SIZES
@pytest.mark.parametrize("view", VIEWS)
def test_two_classes(looks, view, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    events = judged_samples.events()
    keys = ("z",) if size == (80, 24) else ()
    looks(app, *keys, size=size, before=look(view, events, "smote"))


@SIZES
@pytest.mark.parametrize("view", [v for v in VIEWS if v not in ("matched", "reasons")])
def test_three_classes(looks, view, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    events = multiclass_samples.events()
    keys = ("z",) if size == (80, 24) else ()
    looks(app, *keys, size=size, before=look(view, events, "smote"))


@SIZES
def test_the_recommended_point(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    before = look("board", judged_samples.events(), "none")

    def recommended(app):
        before(app)
        app.post_message(PolicyChosen("recommended"))

    looks(app, size=size, before=recommended)


@SIZES
def test_costs_are_asked_for(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    before = look("verdict", judged_samples.events(), "none")
    looks(app, "dollar_sign", "2", "5", size=size, before=before)
