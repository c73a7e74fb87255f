"""What the resampling lab looks like; the article's figures among it.

Those are real: the rows that the service's own desk treats. `pytest
--snapshot-update` takes new pictures.
"""

from __future__ import annotations

import pytest

from engine.client import Treat
from engine.resample import registry
from tests.journeys.test_snapshots import _anywhere, looks  # noqa: F401  # fixtures
from tests.support import fakes, lab_samples
from tui import lab_messages as told
from tui.messages import PaneActivated, Selected, ViewChosen

SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
FIGURES = pytest.mark.parametrize(
    ("table", "arm"),
    [("moons", "smote"), ("blobs", "kmeans-smote"), ("blobs", "svm-smote")],
    ids=["moons-smote", "blobs-kmeans-smote", "blobs-svm-smote"],
)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """What is looked at is asked for at once."""
    monkeypatch.setattr("tui.panes.arms_seen.PAUSE", 0.001)


def look(view: str, arm: str = "smote"):
    """Return what makes an app look at an arm in a view."""

    def before(app):
        for wish in (
            PaneActivated("arms"),
            Selected("arms", arm),
            ViewChosen("arms", view),
        ):
            app.post_message(wish)

    return before


@SIZES
@FIGURES
@pytest.mark.parametrize("side", ["after", "before"])
def test_the_articles_figures(looks, table, arm, side, size):  # noqa: F811
    service = lab_samples.served(fakes.FakeService())
    app = fakes.app(f"sample:{table}", service)
    keys = ("z",) if side == "after" else ("z", "s", "s")
    looks(app, *keys, size=size, before=look("preview", arm))


@SIZES
def test_before_and_after(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    looks(app, "p", size=size, before=look("preview", "random-under"))


@SIZES
def test_only_what_changed(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    looks(app, "z", "s", size=size, before=look("preview", "random-under"))


@SIZES
def test_a_column(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    looks(app, "z", "d", size=size, before=look("preview"))


@SIZES
def test_synthetic_rows(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    looks(app, "z", "down", size=size, before=look("lineage"))


@SIZES
def test_a_refusal(looks, size):  # noqa: F811
    service = fakes.FakeService()
    service.answers[Treat] = lab_samples.refused
    app = fakes.app("sample:stroke", service)
    looks(app, size=size, before=look("preview", "smoten"))


@SIZES
def test_balance(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    keys = ("p", "W", "down", "space", "down", "enter")
    looks(app, *keys, size=size, before=look("preview"))


@SIZES
def test_leak(looks, size):  # noqa: F811
    def before(app):
        app.post_message(told.LeakAsked(registry.arm("smote")))

    looks(fakes.app("sample:stroke"), size=size, before=before)
