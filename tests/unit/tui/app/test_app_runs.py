"""The app and the runs of its store: attached, shared, cancelled, resumed, lost."""

from __future__ import annotations

import msgspec
import pytest

from engine.core import record
from engine.core.events import RunFinished
from engine.core.messages import Failure, Load
from engine.service import runs as client
from engine.store import RunOptions, open_store
from tests.support import fakes
from tests.support.at_work import at_work
from tests.support.console_samples import events
from tests.support.controllers import Controllers
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.patience import until
from tui.app import Workbench, settings
from tui.features import ChoiceDialog, ErrorDialog, Runs, reducers
from tui.features import messages as say
from tui.features.arms.draft import Problem
from tui.features.runs import messages as told
from tui.features.session import Session, StoreInfo


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr("tui.features.runs.follow.IDLE_SECONDS", 0.1)
    return tmp_path / "runs.sqlite"


@pytest.fixture
def started(monkeypatch):
    """Processes that are asked for, and never come."""
    asked = []
    monkeypatch.setattr(
        client, "start", lambda store, stored, **_: asked.append(stored.id) or 0
    )
    return asked


def new_run(path, some=(), experiment=None, **options):
    """Store a run with some events."""
    with open_store(path) as store:
        made = store.create(experiment or events()[0].experiment, RunOptions(**options))
        for event in some:
            store.append(made.id, event)
        if some and not any(isinstance(event, RunFinished) for event in some):
            store.begin(made.id, 1)
    return made


# Left unfinished


def test_a_run_whose_process_is_gone_is_shown_and_one_key_resumes_it(
    shell, path, started
):
    new_run(path, events()[:8])

    async def use(app, pilot):
        await until(pilot, lambda: app.session.run is not None)
        assert app.session.run.status == "interrupted"
        await press(pilot, "3")
        text = screen_text(app)
        assert "its process is gone" in text
        assert "R resume" in text
        await press(pilot, "R")
        await until(pilot, lambda: started == [app.session.run.id])
        await until(pilot, lambda: app.session.run.status == "queued")

    shell.run(use, "sample:stroke", store=path, size=(80, 24))


def test_what_a_cancelled_run_has_is_labelled(shell):
    async def use(app, pilot):
        some = [*events(trials=2)[:9], RunFinished(status="cancelled", seconds=5.0)]
        found = fakes.done_run(7, some, status="cancelled", elapsed=5.0)
        done, total = found.trials
        app.post_message(say.RunOpened(found, started=True))
        await press(pilot, "3")
        text = " ".join(screen_text(app).split())
        assert f"cancelled after 00:05 {done} of {total} trials are kept" in text
        assert "R resumes" in text

    shell.run(use, "sample:stroke", size=(80, 24))


def test_a_stalled_run_is_shown_everywhere_until_it_is_heard(shell, path, monkeypatch):
    made = new_run(path)
    with at_work(path, made.id) as store:
        epoch = store.run(made.id).epoch

        async def use(app, pilot):
            await until(pilot, lambda: app.session.running)
            await press(pilot, "3")
            monkeypatch.setattr(record, "STALL_SECONDS", 0.01)
            await until(pilot, lambda: app.session.run.silent is not None)
            await settle(pilot)
            text = screen_text(app)
            assert "no heartbeat for" in text.splitlines()[0]
            assert "x ends it" in " ".join(text.split())
            await press(pilot, "5")
            app.runs.list()
            await until(pilot, lambda: app.session.stored[0].silent is not None)
            await settle(pilot)
            assert "‖ stalled" in screen_text(app)
            monkeypatch.setattr(record, "STALL_SECONDS", 60.0)
            store.heartbeat(made.id, epoch)
            await until(pilot, lambda: app.session.run.silent is None)

        shell.run(use, "sample:stroke", store=path, size=(100, 30))


# Tables of stored runs


def relative(experiment, source="mine.csv"):
    data = msgspec.structs.replace(experiment.data, source=source)
    return msgspec.structs.replace(experiment, data=data)


def test_results_are_shown_although_the_table_is_gone(shell, path, tmp_path):
    experiment = relative(events()[0].experiment)
    made = new_run(path, events(), experiment, folder=str(tmp_path))
    service = fakes.FakeService()
    gone = Failure(code="data", message="there is no file 'mine.csv'", fix="find it")
    service.answers[Load] = gone

    async def use(app, pilot):
        app.post_message(say.OpenRunRequested(made.id))
        await until(pilot, lambda: app.session.load.problem is not None)
        await settle(pilot)
        assert isinstance(app.screen, Workbench), "no question lies above the results"
        assert app.session.view.pane == "results"
        assert "no file 'mine.csv'" in notices(app)
        assert "smote-enn" in screen_text(app)
        await press(pilot, "1")
        assert "here is no file" in screen_text(app)

    shell.run(use, None, service=service, store=path, size=(140, 40))


# The store


def test_a_store_that_is_only_read_says_so_all_the_time(shell):
    wrong = StoreInfo(
        path="/x/runs.sqlite",
        problem="the store '/x' is only read: it cannot be written",
        fix="give another file",
        notices=("a copy is in /x/runs.bak",),
    )

    async def use(app, pilot):
        for _ in range(2):
            app.post_message(told.StoreStatus(wrong))
        await settle(pilot)
        assert notices(app).count("a copy is in /x/runs.bak") == 1
        assert "store read-only" in screen_text(app).splitlines()[0]
        await press(pilot, "r")
        assert isinstance(app.screen, ErrorDialog)
        text = screen_text(app)
        assert "is only read: it cannot" in text
        assert "Give another file" in text
        assert not any(call[0] == "start" for call in app.runs.calls)
        await press(pilot, "enter", "5")
        assert isinstance(app.screen, Runs)
        assert "! The store '/x' is only read" in screen_text(app)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_runs_that_are_kept_elsewhere_are_said_to_be(shell):
    async def use(app, pilot):
        where = StoreInfo(path="/tmp/imbtui-0/runs.sqlite", elsewhere=True)
        app.post_message(told.StoreStatus(where))
        await settle(pilot)
        assert "runs are stored in /tmp/imbtui-0" in screen_text(app)

    shell.run(use, "sample:stroke", size=(100, 30))


def test_a_follower_that_fails_is_said_once_and_tries_again(shell, path):
    made = new_run(path, events()[:8])

    async def use(app, pilot):
        await until(pilot, lambda: app.session.run is not None)
        away = path.with_name("away.sqlite")
        path.rename(away)
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await settle(pilot)
        assert "cannot be followed any more" in screen_text(app)
        assert app.session.run.lost is not None
        await press(pilot, "n")
        assert "not followed" in screen_text(app).splitlines()[0]
        path.unlink(missing_ok=True)
        away.rename(path)
        await press(pilot, "R")
        await until(pilot, lambda: app.session.run.lost is None)
        assert app.session.run.id == made.id

    shell.run(use, "sample:stroke", store=path, size=(100, 30))


# Hearing of the end


def test_the_bell_rings_when_a_followed_run_ends_if_that_is_wanted():
    app = Controllers("sample:stroke")
    app.say(say.RunRequested())
    app.runs.end()
    app.settle()
    assert not app.rung, "not unless it is wanted"
    app.action_next_notice()
    app.settle()
    assert app.rung == ["bell"], "so that the user hears what it is like"
    assert app.settings.notify == "bell"
    assert settings.load()[0].notify == "bell"
    app.say(say.RunOpened(fakes.done_run(3)))
    assert app.rung == ["bell"], "it had ended before it was opened"
    app.say(say.RunRequested(confirmed=True))
    app.runs.end("failed")
    app.settle()
    assert app.rung == ["bell"] * 2
    app.say(say.RunRequested(confirmed=True))
    app.runs.end("cancelled")
    app.settle()
    assert app.rung == ["bell"] * 2, "who cancels knows"


def test_what_is_told_of_a_run_that_is_not_looked_at_changes_nothing():
    before = Session()
    assert reducers.lose(before, "x", Problem(message="m")) is before
    assert reducers.list_runs(before, ()).stored == ()
    once = reducers.list_runs(before, ())
    assert reducers.list_runs(once, ()) is once
