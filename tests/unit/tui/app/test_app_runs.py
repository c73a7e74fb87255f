"""The app and the runs of its store: attached, shared, cancelled, resumed, lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time

import msgspec
import pytest

from engine.client import Failure, Load
from engine.client import runs as client
from engine.events import RunFinished
from engine.store import RunOptions, lock, open_store, record
from tests.support import fakes
from tests.support.console_samples import events
from tests.support.fakes import notices, press, run, screen_text, settle
from tui import messages as say
from tui import run_messages as told
from tui.app import ImbTuiApp
from tui.screens import Choice, ErrorDialog, Runs, Workbench
from tui.session import Session, StoreInfo


async def until(pilot, what, seconds=60.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.02)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr("tui.following.IDLE_SECONDS", 0.1)
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


@contextlib.contextmanager
def at_work(path, run_id):
    """Hold a run's lock, as its process does."""
    with open_store(path) as store:
        held = lock.RunLock(store.folder, run_id)
        assert held.acquire()
        store.begin(run_id, os.getpid())
        try:
            yield store
        finally:
            held.release()


def real(path, source="sample:stroke", service=None):
    return ImbTuiApp(source, store=path, service=service or fakes.FakeService())


# Two on one run


def test_two_apps_show_one_run_and_only_one_process_writes_it(path, started):
    made = new_run(path)
    some = events(trials=2)

    async def go():
        one, other = real(path), real(path)
        async with one.run_test(size=(80, 24)) as p1, other.run_test() as p2:

            def runs():
                return [app.session.run for app in (one, other)]

            with at_work(path, made.id) as store:
                for event in some[:9]:
                    store.append(made.id, event)
                await until(p1, lambda: all(r and r.state.arms for r in runs()))
                await until(p1, lambda: runs()[0].state == runs()[1].state)
                assert runs()[0].status == "running"
                # The other cannot begin a second process.
                other.runs.resume(made.id)
                await until(p2, lambda: isinstance(other.screen, Choice))
                assert f"process {os.getpid()}, since" in other.screen._text
                assert not started
                await p2.press("f")
                await until(p2, lambda: isinstance(other.screen, Workbench))
                # An end asked for by one is seen by both.
                store.ask_cancel(made.id)
                await until(p1, lambda: all(r.cancelling for r in runs()))
                for event in some[9:-1]:
                    store.append(made.id, event)
                store.append(made.id, RunFinished(status="cancelled", seconds=9.0))
            await until(p1, lambda: all(r.status == "cancelled" for r in runs()))
            await until(p1, lambda: runs()[0].state == runs()[1].state)
            assert runs()[0].elapsed == runs()[1].elapsed == 9.0
            # What one deletes the other one says.
            one.post_message(say.DeleteRunRequested(made.id, confirmed=True))
            await until(p2, lambda: other.session.run is None)
            assert "deleted by another imbtui" in notices(other)
            assert "deleted by another" not in notices(one)

    asyncio.run(go())


# Left unfinished


def test_a_run_whose_process_is_gone_is_shown_and_one_key_resumes_it(path, started):
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

    run(real(path), use, size=(80, 24))


def test_an_old_run_that_was_left_does_not_come_back(path):
    new_run(path, events()[:8])
    new_run(path, events())

    async def use(app, pilot):
        await until(pilot, lambda: app.session.stored)
        assert [one.status for one in app.session.stored] == ["done", "interrupted"]
        assert app.session.run is None

    run(real(path), use)


def test_what_a_cancelled_run_has_is_labelled():
    async def use(app, pilot):
        some = [*events(trials=2)[:9], RunFinished(status="cancelled", seconds=5.0)]
        found = fakes.done_run(7, some, status="cancelled", elapsed=5.0)
        done, total = found.trials
        app.post_message(say.RunOpened(found, started=True))
        await press(pilot, "3")
        text = " ".join(screen_text(app).split())
        assert f"cancelled after 00:05 {done} of {total} trials are kept" in text
        assert "R resumes" in text

    run(fakes.app("sample:stroke"), use, size=(80, 24))


# Answers


def test_x_is_answered_before_any_work_is_done(path, monkeypatch):
    made = new_run(path)
    let = threading.Event()
    asked = []

    def slow(store, stored):
        asked.append(stored.id)
        let.wait(60)
        return stored

    monkeypatch.setattr(client, "cancel", slow)

    async def use(app, pilot):
        await until(pilot, lambda: app.session.running)
        app.desk.intend(say.CancelRequested())
        assert app.session.run.cancelling, "it must not wait for anything"
        app.desk.intend(say.CancelRequested())
        await pilot.pause()
        assert "cancelling" in screen_text(app)
        await until(pilot, lambda: asked)
        let.set()
        await until(pilot, lambda: "does not answer yet" in notices(app))
        assert asked == [made.id], "one wish at a time"

    with at_work(path, made.id):
        run(real(path), use)


def test_a_stalled_run_is_shown_everywhere_until_it_is_heard(path, monkeypatch):
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
            assert "not heard for" in text.splitlines()[0]
            assert "x ends it" in " ".join(text.split())
            await press(pilot, "5")
            app.runs.list()
            await until(pilot, lambda: app.session.stored[0].silent is not None)
            await settle(pilot)
            assert "‖ not heard" in screen_text(app)
            monkeypatch.setattr(record, "STALL_SECONDS", 60.0)
            store.beat(made.id, epoch)
            await until(pilot, lambda: app.session.run.silent is None)

        run(real(path), use, size=(100, 30))


# Tables of stored runs


def relative(experiment, source="mine.csv"):
    data = msgspec.structs.replace(experiment.data, source=source)
    return msgspec.structs.replace(experiment, data=data)


def test_a_relative_path_is_relative_to_the_folder_of_its_run(path, tmp_path):
    experiment = relative(events()[0].experiment)
    made = new_run(path, events(), experiment, folder=str(tmp_path / "far"))

    async def use(app, pilot):
        app.post_message(say.OpenRunRequested(made.id))
        await until(pilot, lambda: app.session.run is not None)
        await settle(pilot)
        wanted = str(tmp_path / "far" / "mine.csv")
        assert app.session.load.request.source == wanted
        asked = app.fake_service.requests
        assert any(getattr(one, "source", "") == wanted for one in asked)

    app = real(path)
    app.fake_service = app._makers[0]
    run(app, use)


def test_results_are_shown_although_the_table_is_gone(path, tmp_path):
    experiment = relative(events()[0].experiment)
    made = new_run(path, events(), experiment, folder=str(tmp_path))
    service = fakes.FakeService()
    gone = Failure(code="data", message="there is no file 'mine.csv'", remedy="find it")
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

    run(real(path, source=None, service=service), use, size=(140, 40))


# The store


def test_a_store_that_is_only_read_says_so_all_the_time():
    wrong = StoreInfo(
        path="/x/runs.sqlite",
        problem="the store '/x' was written by a newer imbtui: it is only read",
        remedy="update imbtui",
        notices=("a copy is in /x/runs.bak",),
    )

    async def use(app, pilot):
        for _ in range(2):
            app.post_message(told.StoreTold(wrong))
        await settle(pilot)
        assert notices(app).count("a copy is in /x/runs.bak") == 1
        assert "store only read" in screen_text(app).splitlines()[0]
        await press(pilot, "r")
        assert isinstance(app.screen, ErrorDialog)
        text = screen_text(app)
        assert "written by a newer imbtui" in text
        assert "Update imbtui" in text
        assert not any(call[0] == "start" for call in app.runs.calls)
        await press(pilot, "enter", "5")
        assert isinstance(app.screen, Runs)
        assert "! The store '/x' was written by a newer" in screen_text(app)

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_runs_that_are_kept_elsewhere_are_said_to_be():
    async def use(app, pilot):
        where = StoreInfo(path="/tmp/imbtui-0/runs.sqlite", elsewhere=True)
        app.post_message(told.StoreTold(where))
        await settle(pilot)
        assert "runs are kept in /tmp/imbtui-0 only" in screen_text(app)

    run(fakes.app("sample:stroke"), use, size=(100, 30))


def test_a_follower_that_fails_is_said_once_and_tries_again(path):
    made = new_run(path, events()[:8])

    async def use(app, pilot):
        await until(pilot, lambda: app.session.run is not None)
        away = path.with_name("away.sqlite")
        path.rename(away)
        await until(pilot, lambda: isinstance(app.screen, Choice))
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

    run(real(path), use, size=(100, 30))


# Hearing of the end


def test_the_bell_rings_when_a_followed_run_ends_if_that_is_wanted(monkeypatch):
    rung = []
    monkeypatch.setattr(ImbTuiApp, "bell", lambda self: rung.append("bell"))

    async def use(app, pilot):
        await press(pilot, "r")
        app.runs.end()
        await settle(pilot)
        assert not rung, "not unless it is wanted"
        app.action_next_notice()
        await settle(pilot)
        assert rung == ["bell"], "so that the person hears what it is like"
        assert app.settings.notify == "bell"
        from tui import config

        assert config.load(("dark",))[0].notify == "bell"
        app.post_message(say.RunOpened(fakes.done_run(3)))
        await settle(pilot)
        assert rung == ["bell"], "it had ended before it was opened"
        await press(pilot, "r")
        app.runs.end("failed")
        await settle(pilot)
        assert rung == ["bell"] * 2
        await press(pilot, "r")
        app.runs.end("cancelled")
        await settle(pilot)
        assert rung == ["bell"] * 2, "who cancels knows"

    run(fakes.app("sample:stroke"), use)


def test_what_is_told_of_a_run_that_is_not_looked_at_changes_nothing():
    before = Session()
    from tui import reducers
    from tui.draft import Problem

    assert reducers.lost(before, "x", Problem(message="m")) is before
    assert reducers.stored(before, ()).stored == ()
    once = reducers.stored(before, ())
    assert reducers.stored(once, ()) is once
