"""Work in threads: what comes back, what goes wrong, what is dropped."""

from __future__ import annotations

import contextlib
import os
import threading
import time

import msgspec
import pytest

from engine.client import Failure, Load, Ready, Warming
from engine.client import runs as client
from engine.errors import StoreError
from engine.events import Progress, RunFinished, Warned
from engine.store import RunOptions, lock, open_store
from tests.support import fakes
from tests.support.console_samples import events, trial
from tests.support.fakes import press, run, screen_text, settle
from tui import errorlog
from tui import messages as say
from tui.app import ImbTuiApp
from tui.following import thinned
from tui.screens import ErrorDialog, Workbench


async def until(pilot, what, seconds=30.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.02)


# The service


def test_a_worker_that_raises_is_shown_and_the_app_lives_on():
    async def use(app, pilot):
        def fail():
            secret = "a row of the table"
            raise ZeroDivisionError(f"[/x] {len(secret)}")

        app.jobs.work("boom", fail)
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await settle(pilot)
        assert "ZeroDivisionError: [/x] 18" in screen_text(app)
        await press(pilot, "enter", "2")
        assert app.session.view.pane == "arms"
        log = errorlog.log_path().read_text()
        assert "ZeroDivisionError" in log
        assert "a row of the table" not in log.replace('secret = "a row', "")
        assert errorlog.log_path().stat().st_mode & 0o777 == 0o600

    run(fakes.app("sample:stroke"), use)


def test_a_service_that_raises_is_shown_too():
    async def use(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "RuntimeError: odd" in screen_text(app)

    def odd(_):
        raise RuntimeError("odd")

    service = fakes.FakeService()
    service.answers[Load] = odd
    run(fakes.app("sample:stroke", service=service), use)


def test_a_service_that_ends_is_said_and_comes_back():
    async def use(app, pilot):
        say_status = app.fake_service.on_status
        say_status(Failure(code="service-died", message="killed", remedy="wait"))
        await settle(pilot)
        assert app.session.service.phase == "gone"
        assert "service stopped" in screen_text(app)
        say_status(Warming(part="pandas", done=1, total=6))
        await settle(pilot)
        assert "getting ready 1/6" in screen_text(app)
        say_status(Ready())
        await settle(pilot)
        assert "getting ready" not in screen_text(app)

    run(fakes.app("sample:stroke"), use, size=(120, 30))


def test_a_service_that_starts_late_is_waited_for():
    begun = threading.Event()
    service = fakes.FakeService()

    def late(on_status):
        begun.wait(5)
        return service(on_status)

    async def use(app, pilot):
        await pilot.pause(0.1)
        assert app.session.load.busy
        begun.set()
        await until(pilot, lambda: app.session.load.table is not None)

    run(ImbTuiApp("sample:stroke", service=late, runs=fakes.FakeRuns), use)


def test_a_given_up_load_says_nothing():
    async def use(app, pilot):
        app.jobs.stop_load()
        await pilot.pause(0.1)
        assert app.session.load.busy
        assert isinstance(app.screen, Workbench)

    service = fakes.FakeService()
    service.let.clear()
    run(fakes.app("sample:stroke", service=service), use)


def test_progress_is_told_ten_times_a_second_at_most():
    from engine.client import LoadProgress

    seen = []

    class Chatty(fakes.FakeService):
        def request(self, request, on_reply=None, cancel=None):
            if on_reply is not None:
                for i in range(3_000):
                    on_reply(LoadProgress(stage="reading", done=i))
            return super().request(request, None, cancel)

    class Counting(ImbTuiApp):
        def post_message(self, message):
            if isinstance(message, say.LoadProgressed):
                seen.append(message)
            return super().post_message(message)

    async def use(app, pilot):
        await until(pilot, lambda: app.session.load.table is not None)

    run(Counting("sample:stroke", service=Chatty(), runs=fakes.FakeRuns), use)
    assert 1 <= len(seen) <= 10


# Runs, through a real store


@pytest.fixture
def store_path(tmp_path):
    return tmp_path / "runs.sqlite"


@pytest.fixture
def acted(monkeypatch):
    """A run's process that is this test: `start` only notes what was asked."""
    asked = []

    def start(store, stored, **_):
        asked.append(stored.id)
        store.queue(stored.id)
        return 0

    monkeypatch.setattr(client, "start", start)
    return asked


@contextlib.contextmanager
def acting(path, run_id):
    """Hold a run's lock, as its process would, and write its events."""
    with open_store(path) as store:
        held = lock.RunLock(store.folder, run_id)
        assert held.acquire()
        store.begin(run_id, os.getpid())
        try:
            yield store
        finally:
            held.release()


def real(path, source="sample:stroke"):
    return ImbTuiApp(source, store=path, service=fakes.FakeService())


def test_a_run_is_started_followed_and_ended(store_path, acted):
    some = events(trials=2)

    async def use(app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: app.session.run is not None)
        run_id = app.session.run.id
        assert acted == [run_id]
        assert app.session.run.status == "queued"
        with acting(store_path, run_id) as store:
            for event in some[:6]:
                store.append(run_id, event)
            store.append(run_id, Progress(arm="smote", stage="tune", done=1, total=2))
            await until(pilot, lambda: len(app.session.run.state.arms) == 4)
            await until(pilot, lambda: app.session.run.state.arm("smote").progress)
            assert app.session.run.status == "running"
            assert app.session.run.elapsed > 0
            for event in some[6:]:
                store.append(run_id, event)
        await until(pilot, lambda: not app.session.running)
        assert app.session.run.state.compared is not None
        assert app.session.run.elapsed == 192.0
        await until(
            pilot, lambda: app.session.stored and app.session.stored[0].headline
        )
        assert app.session.stored[0].headline.startswith("Chance")

    run(real(store_path), use)


def test_a_living_run_of_the_store_is_found_and_followed(store_path):
    some = events()
    with open_store(store_path) as store:
        stored = store.create(some[0].experiment, RunOptions())

    async def use(app, pilot):
        await until(pilot, lambda: app.session.run is not None)
        assert app.session.run.id == stored.id
        assert len(app.session.run.state.arms) == 4
        assert app.session.load.request.source == "sample:stroke"

    with acting(store_path, stored.id) as store:
        for event in some[:5]:
            store.append(stored.id, event)
        run(real(store_path), use)


def test_a_stored_run_is_opened_without_following_it(store_path, monkeypatch):
    some = events()
    followed = []
    monkeypatch.setattr(client, "follow", lambda *a, **k: followed.append(a) or ())
    with open_store(store_path) as store:
        stored = store.create(some[0].experiment, RunOptions())
        for event in some:
            store.append(stored.id, event)

    async def use(app, pilot):
        assert app.session.run is None
        app.post_message(say.OpenRunRequested(stored.id))
        await until(pilot, lambda: app.session.run is not None)
        await settle(pilot)
        assert app.session.run.status == "done"
        assert app.session.view.pane == "results"
        assert not followed

    run(real(store_path), use)


def test_the_list_knows_a_target_that_was_guessed(store_path):
    some = events()
    experiment = some[0].experiment
    data = msgspec.structs.replace(experiment.data, target=None)
    with open_store(store_path) as store:
        unsaid = msgspec.structs.replace(experiment, data=data)
        stored = store.create(unsaid, RunOptions())
        for event in some:
            store.append(stored.id, event)

    async def use(app, pilot):
        await until(pilot, lambda: app.session.stored)
        assert [one.target for one in app.session.stored] == ["stroke"]

    run(real(store_path), use)


def test_a_run_whose_process_is_gone_is_interrupted(store_path, acted):
    async def use(app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: app.session.run is not None)
        run_id = app.session.run.id
        with acting(store_path, run_id) as store:
            store.append(run_id, events(trials=10)[0])
            await until(pilot, lambda: app.session.run.status == "running")
        await until(pilot, lambda: app.session.run.status == "interrupted")

    run(real(store_path), use)


def test_a_run_is_cancelled_in_the_store(store_path, acted, monkeypatch):
    ended = []
    cancel = client.cancel

    def noted(store, stored):
        ended.append(stored.id)
        return cancel(store, stored)

    monkeypatch.setattr(client, "cancel", noted)

    async def use(app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: app.session.run is not None)
        run_id = app.session.run.id
        with acting(store_path, run_id) as store:
            store.append(run_id, events()[0])
            await press(pilot, "x")
            assert app.session.run.cancelling
            await until(pilot, lambda: store.cancel_asked(run_id))
            store.append(run_id, RunFinished(status="cancelled", seconds=1.0))
        await until(pilot, lambda: app.session.run.status == "cancelled")
        assert not app.session.run.cancelling
        assert ended == [run_id]

    run(real(store_path), use)


def test_a_message_that_comes_while_the_app_closes_is_dropped(store_path):
    app = real(store_path)

    async def use(app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: app.session.run is not None)

    run(app, use)
    before = app.session
    app._took(say.RunsListed(()))
    app._intended(say.PaneActivated(before.view.pane))
    assert app.session is before


def test_a_run_is_deleted_from_the_store(store_path):
    with open_store(store_path) as store:
        stored = store.create(events()[0].experiment, RunOptions())
        for event in events():
            store.append(stored.id, event)

    async def use(app, pilot):
        app.post_message(say.DeleteRunRequested(stored.id, confirmed=True))
        await until(pilot, lambda: app.session.stored == ())
        with open_store(store_path) as store:
            assert store.runs() == ()

    run(real(store_path), use)


def test_a_run_that_cannot_start_is_said_and_not_stored(store_path, monkeypatch):
    def refuse(store, stored, **_):
        raise StoreError("the log cannot be written", "free some room")

    monkeypatch.setattr(client, "start", refuse)

    async def use(app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "Free some room" in screen_text(app)
        with open_store(store_path) as store:
            assert store.runs() == ()

    run(real(store_path), use)


def test_a_store_that_is_none_is_said_and_tables_still_open(tmp_path):
    broken = tmp_path / "runs.sqlite"
    broken.write_text("this is no database, whatever its name says " * 100)

    async def use(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "store" in screen_text(app)
        while isinstance(app.screen, ErrorDialog):
            await press(pilot, "enter")
        await until(pilot, lambda: app.session.load.table is not None)

    run(real(broken), use)


def test_every_result_is_told_and_only_the_newest_progress():
    batch = [
        Progress(arm="a", stage="tune", done=1, total=9),
        trial("a", 0, 0.1),
        Progress(arm="a", stage="tune", done=2, total=9),
        Progress(arm="b", stage="tune", done=5, total=9),
        Warned(message="w"),
    ]
    assert thinned(batch) == tuple(batch[1:])


def test_a_stalled_screen_does_not_stall_the_follower(store_path, acted):
    """The follower only posts: with nobody handling messages it still goes on."""

    async def use(app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: app.session.run is not None)
        run_id = app.session.run.id
        with acting(store_path, run_id) as store:
            for event in events(trials=2)[:3]:
                store.append(run_id, event)
            time.sleep(0.5)  # the loop is blocked, as by a terminal nobody reads
            for event in events(trials=2)[3:]:
                store.append(run_id, event)
            time.sleep(0.5)
        await until(pilot, lambda: not app.session.running)
        assert len(app.session.run.state.arms[0].trials) == 2

    run(real(store_path), use)
