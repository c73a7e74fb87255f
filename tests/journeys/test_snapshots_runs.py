"""What the list of runs and two runs side by side look like.

`pytest --snapshot-update` takes new pictures.
"""

from __future__ import annotations

import pytest

from tests.journeys.test_snapshots import _anywhere, looks  # noqa: F401  # fixtures
from tests.support import fakes, runs_samples
from tui import messages as say
from tui import run_messages as told
from tui.session import StoreInfo

SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])


def with_runs(app):
    app.runs.stored = runs_samples.listed()
    app.runs.used = runs_samples.used()
    app.post_message(say.RunsRequested())


@SIZES
def test_the_list(looks, size):  # noqa: F811
    app = fakes.app("sample:stroke")
    looks(app, "down", "space", "down", "space", "up", size=size, before=with_runs)


@SIZES
def test_the_list_of_a_store_that_is_only_read(looks, size):  # noqa: F811
    def before(app):
        with_runs(app)
        wrong = (
            "the store '/x/runs' was written by a newer imbtui (version 9, this one "
            "knows 2): it is only read"
        )
        app.post_message(told.StoreTold(StoreInfo(path="/x/runs", problem=wrong)))

    app = fakes.app("sample:stroke")
    app.NOTIFICATION_TIMEOUT = 0
    looks(app, "slash", *"paper", size=size, before=before)


@SIZES
def test_side_by_side(looks, size):  # noqa: F811
    def before(app):
        ids = ("00000006", "00000007")
        app.post_message(told.CompareRequested(ids))
        app.post_message(told.RunsCompared(ids, runs_samples.contrasted()))

    app = fakes.app("sample:stroke")
    looks(app, size=size, before=before)


@SIZES
def test_a_run_that_was_interrupted(looks, size):  # noqa: F811
    def before(app):
        from tests.support.console_samples import events

        found = fakes.done_run(7, events()[:9], status="interrupted", elapsed=0.0)
        app.post_message(say.RunOpened(found, started=True))
        app.post_message(say.PaneActivated("training"))

    looks(fakes.app("sample:stroke"), size=size, before=before)


@SIZES
def test_a_run_that_is_not_heard(looks, size):  # noqa: F811
    def before(app):
        from tests.support.console_samples import events

        found = fakes.done_run(
            7, events()[:9], status="running", elapsed=95.0, silent=25.0
        )
        app.post_message(say.RunOpened(found, started=True))
        app.post_message(say.PaneActivated("training"))

    looks(fakes.app("sample:stroke"), size=size, before=before)
