"""Runs through a real store: message -> store -> session, without screens."""

from __future__ import annotations

import os
import threading

import msgspec
import pytest

from engine.core.errors import StoreError
from engine.core.events import Progress, RunFinished
from engine.service import runs as client
from engine.store import RunOptions, open_store
from tests.support.at_work import at_work
from tests.support.console_samples import events
from tests.support.controllers import Controllers
from tui.app import Workbench
from tui.features import ChoiceDialog, ErrorDialog, Runs
from tui.features import messages as say
from tui.features.runs import messages as told


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr("tui.features.runs.follow.IDLE_SECONDS", 0.05)
    monkeypatch.setattr("tui.features.runs.follow.POLL_SECONDS", 0.02)
    return tmp_path / "runs.sqlite"


@pytest.fixture
def begin(path):
    """Begin with the store; what follows a run ends with the test."""
    made = []

    def begin(source="sample:stroke", **more):
        made.append(Controllers(source, store=path, **more))
        return made[-1]

    yield begin
    for app in made:
        app.close()


@pytest.fixture
def started(monkeypatch):
    """Runs of which a process was asked for; it is this test's, if it wants."""
    asked = []

    def start(store, stored, **_):
        asked.append(stored.id)
        store.queue(stored.id)
        return 0

    monkeypatch.setattr(client, "start", start)
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


# From its start to its end


def test_a_run_is_started_followed_and_ended(path, begin, started):
    some = events(trials=2)
    app = begin()
    app.say(say.RunRequested())
    app.until(lambda: app.session.run)
    run_id = app.session.run.id
    assert started == [run_id]
    assert app.session.run.status == "queued"
    with at_work(path, run_id) as store:
        for event in some[:6]:
            store.append(run_id, event)
        store.append(run_id, Progress(arm="smote", stage="tune", done=1, total=2))
        app.until(lambda: len(app.session.run.state.arms) == 4)
        app.until(lambda: app.session.run.state.arm("smote").progress)
        assert app.session.run.status == "running"
        assert app.session.run.elapsed > 0
        for event in some[6:]:
            store.append(run_id, event)
    app.until(lambda: not app.session.running)
    assert app.session.run.state.compared is not None
    assert app.session.run.elapsed == 192.0
    app.until(lambda: app.session.stored and app.session.stored[0].headline)
    assert app.session.stored[0].headline.startswith("Chance")


def test_a_run_that_cannot_start_is_said_and_not_stored(path, begin, monkeypatch):
    def refuse(store, stored, **_):
        raise StoreError("the log cannot be written", "free some room")

    monkeypatch.setattr(client, "start", refuse)
    app = begin()
    app.say(say.RunRequested())
    app.until(lambda: isinstance(app.screen, ErrorDialog))
    dialog = app.top(ErrorDialog)
    assert dialog.heading == "The run cannot be started"
    assert dialog._problem.fix == "free some room"
    with open_store(path) as store:
        assert store.runs() == ()


def test_a_run_whose_process_is_gone_is_interrupted(path, begin, started):
    app = begin()
    app.say(say.RunRequested())
    app.until(lambda: app.session.run)
    run_id = app.session.run.id
    with at_work(path, run_id) as store:
        store.append(run_id, events(trials=10)[0])
        app.until(lambda: app.session.run.status == "running")
    app.until(lambda: app.session.run.status == "interrupted")


def test_a_screen_that_does_not_listen_does_not_stall_the_follower(
    path, begin, started
):
    """The follower only posts: with nobody handling messages it still goes on."""
    app = begin()
    app.say(say.RunRequested())
    app.until(lambda: app.session.run)
    run_id = app.session.run.id
    some = events(trials=2)
    with at_work(path, run_id) as store:
        # Nothing is settled here, as by a terminal nobody reads.
        for event in some:
            store.append(run_id, event)
    app.until(lambda: not app.session.running)
    assert len(app.session.run.state.arms[0].trials) == 2


# What is there at the start


def test_a_living_run_of_the_store_is_found_and_followed(path, begin):
    some = events()
    stored = new_run(path)
    with at_work(path, stored.id) as store:
        for event in some[:5]:
            store.append(stored.id, event)
        app = begin()
        app.until(lambda: app.session.run)
        assert app.session.run.id == stored.id
        assert len(app.session.run.state.arms) == 4
        assert app.session.load.request.source == "sample:stroke"


def test_an_old_run_that_was_left_does_not_come_back(path, begin):
    new_run(path, events()[:8])
    new_run(path, events())
    app = begin()
    app.until(lambda: app.session.stored)
    assert [one.status for one in app.session.stored] == ["done", "interrupted"]
    assert app.session.run is None


def test_the_list_knows_a_target_that_was_guessed(path, begin):
    some = events()
    data = msgspec.structs.replace(some[0].experiment.data, target=None)
    new_run(path, some, msgspec.structs.replace(some[0].experiment, data=data))
    app = begin()
    app.until(lambda: app.session.stored)
    assert [one.target for one in app.session.stored] == ["stroke"]


def test_a_store_that_is_none_is_said_and_tables_still_open(path, begin):
    path.write_text("this is no database, whatever its name says " * 100)
    app = begin()
    app.until(lambda: isinstance(app.screen, ErrorDialog))
    while isinstance(app.screen, ErrorDialog):
        assert app.screen.heading == "The store cannot be opened"
        app.answer(None)
    assert app.session.load.table is not None


# Opened, deleted


def test_a_stored_run_is_opened_without_following_it(path, begin, monkeypatch):
    followed = []
    monkeypatch.setattr(client, "follow", lambda *a, **k: followed.append(a) or ())
    stored = new_run(path, events())
    app = begin()
    assert app.session.run is None
    app.say(say.OpenRunRequested(stored.id))
    app.until(lambda: app.session.run)
    assert app.session.run.status == "done"
    assert app.session.view.pane == "results"
    app.top(Workbench)
    assert not followed


def test_a_relative_path_is_relative_to_the_folder_of_its_run(path, begin, tmp_path):
    experiment = events()[0].experiment
    data = msgspec.structs.replace(experiment.data, source="mine.csv")
    relative = msgspec.structs.replace(experiment, data=data)
    made = new_run(path, events(), relative, folder=str(tmp_path / "far"))
    app = begin()
    app.say(say.OpenRunRequested(made.id))
    app.until(lambda: app.session.run)
    wanted = str(tmp_path / "far" / "mine.csv")
    assert app.session.load.request.source == wanted
    asked = app.fake_service.requests
    assert any(getattr(one, "source", "") == wanted for one in asked)


def test_a_run_is_deleted_from_the_store(path, begin):
    stored = new_run(path, events())
    app = begin()
    app.say(say.RunsRequested())
    app.top(Runs)
    app.say(told.DeleteRunsRequested((stored.id,), confirmed=True))
    app.until(lambda: app.session.stored == ())
    with open_store(path) as store:
        assert store.runs() == ()


# Cancelled


def test_a_run_is_cancelled_in_the_store(path, begin, started, monkeypatch):
    ended = []
    cancel = client.cancel

    def noted(store, stored):
        ended.append(stored.id)
        assert app.session.run.cancelling, "it is said before it is done"
        found = cancel(store, stored)
        assert store.cancel_requested(run_id)
        store.append(run_id, RunFinished(status="cancelled", seconds=1.0))
        return found

    monkeypatch.setattr(client, "cancel", noted)
    app = begin()
    app.say(say.RunRequested())
    app.until(lambda: app.session.run)
    run_id = app.session.run.id
    with at_work(path, run_id) as store:
        store.append(run_id, events()[0])
        app.until(lambda: app.session.run.status == "running")
        app.say(say.CancelRequested())
    app.until(lambda: app.session.run.status == "cancelled")
    assert not app.session.run.cancelling
    assert ended == [run_id]


def test_x_is_answered_before_any_work_is_done(path, begin, monkeypatch):
    made = new_run(path)
    asked = []
    monkeypatch.setattr(
        client, "cancel", lambda store, stored: asked.append(stored.id) or stored
    )
    with at_work(path, made.id):
        app = begin()
        app.until(lambda: app.session.running)
        app.post_message(say.CancelRequested())
        app.hear()
        assert app.session.run.cancelling, "it must not wait for anything"
        app.post_message(say.CancelRequested())
        app.hear()
        assert not asked
        app.settle()
        assert asked == [made.id], "one wish at a time"
        assert "run 1: its process does not respond yet; x tries again" in app.notices
        app.say(say.CancelRequested())
        assert asked == [made.id] * 2, "and then it can be asked again"


# Two on one run


def test_two_apps_show_one_run_and_only_one_process_writes_it(path, begin, started):
    made = new_run(path)
    some = events(trials=2)
    with at_work(path, made.id) as store:
        one, other = begin(), begin()

        def both(holds):
            def what():
                other.settle()
                runs = [app.session.run for app in (one, other)]
                return all(runs) and holds(*runs)

            one.until(what)

        for event in some[:9]:
            store.append(made.id, event)
        both(lambda a, b: a.state.arms and a.state == b.state)
        assert one.session.run.status == "running"
        # The other cannot begin a second process.
        other.say(say.ResumeRequested(made.id))
        assert not isinstance(other.screen, ChoiceDialog), (
            "it works: there is no question"
        )
        other.runs.resume(made.id)
        other.until(lambda: isinstance(other.screen, ChoiceDialog))
        assert f"process {os.getpid()}, since" in other.screen._text
        keys = [(name, key) for name, key, _ in other.screen._answers]
        assert keys == [("follow", "f"), ("close", "n")]
        assert not started
        other.answer("follow")
        other.top(Workbench)
        # An end asked for by one is seen by both.
        store.request_cancel(made.id)
        both(lambda a, b: a.cancelling and b.cancelling)
        for event in some[9:-1]:
            store.append(made.id, event)
        store.append(made.id, RunFinished(status="cancelled", seconds=9.0))
    both(lambda a, b: a.status == b.status == "cancelled")
    both(lambda a, b: a.state == b.state)
    assert one.session.run.elapsed == other.session.run.elapsed == 9.0
    # What one deletes the other one says.
    one.say(told.DeleteRunsRequested((made.id,), confirmed=True))
    other.until(lambda: other.session.run is None)
    assert "deleted by another imbtui" in other.notices
    assert "deleted by another" not in one.notices


def test_a_second_wish_while_the_first_is_worked_on_changes_nothing(
    path, begin, monkeypatch
):
    made = new_run(path)
    let, asked = threading.Event(), []

    def slow(store, stored):
        asked.append(stored.id)
        let.set()
        app.runs.cancel(made.id)
        return stored

    monkeypatch.setattr(client, "cancel", slow)
    with at_work(path, made.id):
        app = begin()
        app.until(lambda: app.session.running)
        app.say(say.CancelRequested())
        assert let.is_set()
        assert asked == [made.id]
