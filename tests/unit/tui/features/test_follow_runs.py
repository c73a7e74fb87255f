"""Followers: what they tell of a run, and how they hold back while nobody listens."""

from __future__ import annotations

import contextlib
import os
import threading
import time

import pytest

from engine.core import record
from engine.core.errors import StoreError
from engine.core.events import Progress, RunFinished
from engine.store import RunOptions, open_store, rows
from tests.support.console_samples import events, trial
from tui.features import messages as said
from tui.features import reducers
from tui.features.mail import JobMessage, Outbox
from tui.features.runs import follow as following_module
from tui.features.runs.follow import Follower, merge_news
from tui.features.session import Session

PATIENCE = 30.0


def waited(what):
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return found


class App:
    """Takes messages, at once or when it is told to; folds them into a session."""

    def __init__(self, listening=True):
        self.listening = listening
        self.posted: list[JobMessage] = []
        self.session = Session()
        self._lock = threading.RLock()

    def post(self, message):
        with self._lock:
            self.posted.append(message)
        if self.listening:
            self.take(message)

    def take(self, message):
        with self._lock:
            match message:
                case said.RunOpened(run=run):
                    self.session = reducers.follow(self.session, run)
                case said.RunEvents() as news:
                    self.session = reducers.run_events(
                        self.session,
                        news.run_id,
                        news.events,
                        news.status,
                        news.elapsed,
                        cancelling=news.cancelling,
                        silent=news.silent,
                    )
        if message.receipt is not None:
            message.receipt()

    def listen(self):
        """Take what was posted; what comes is taken at once."""
        self.listening = True
        for message in list(self.posted):
            self.take(message)

    def kinds(self):
        return [type(message).__name__ for message in self.posted]


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture
def stored(store):
    return store.create(events()[0].experiment, RunOptions(folder="/somewhere"))


@contextlib.contextmanager
def at_work(store, run_id):
    """Hold the lock of a run, as its process does."""
    held = rows.RunLock(store.folder, run_id)
    assert held.acquire()
    store.begin(run_id, os.getpid())
    try:
        yield
    finally:
        held.release()


@contextlib.contextmanager
def following(store, run_id, app):
    """Follow a run in a thread of its own, as the app does."""
    given_up = threading.Event()
    raised: list[BaseException] = []

    def work():
        with open_store(store.path) as own:
            try:
                Follower(own, run_id, app.post, given_up).work(started=True)
            except StoreError as error:
                raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield raised
    finally:
        given_up.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


# What waits


def note(text, run_id="a"):
    return said.RunEnded(run_id, text)


def test_one_message_is_under_way_and_those_that_wait_keep_their_order():
    posted = []
    outbox = Outbox(posted.append, lambda old, new: None)
    for text in ("one", "two", "three"):
        outbox.put(note(text))
    assert [message.status for message in posted] == ["one"]
    assert len(outbox._waiting) == 2
    for message in posted:  # grows meanwhile
        message.receipt()
    assert [message.status for message in posted] == ["one", "two", "three"]
    outbox.put(note("four"))
    assert [message.status for message in posted][-1] == "four"


def test_of_a_kind_that_waits_only_the_newest_is_sent():
    posted = []
    outbox = Outbox(posted.append)
    for number in range(600):
        outbox.put(note(str(number)))
    assert len(outbox._waiting) == 1
    posted[0].receipt()
    posted[1].receipt()
    assert [message.status for message in posted] == ["0", "599"]


def test_news_of_a_run_are_put_together_and_its_end_stays_behind_them():
    first = said.RunEvents("a", (trial("x", 0, 0.1),), "running", 1.0)
    more = said.RunEvents("a", (trial("x", 1, 0.1),), "running", 2.0, silent=21.0)
    both = merge_news(first, more)
    assert [event.number for event in both.events] == [0, 1]
    assert (both.elapsed, both.silent) == (2.0, 21.0)
    assert merge_news(both, note("done")) is None
    assert merge_news(note("done"), more) is None
    assert merge_news(first, said.RunEvents("b", (), "running", 1.0)) is None


def test_while_nobody_listens_news_wait_in_one_message(store, stored, monkeypatch):
    looks, version = [], following_module._version
    monkeypatch.setattr(following_module, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(
        following_module, "_version", lambda run: looks.append(run) or version(run)
    )
    app = App(listening=False)
    some = events()
    with at_work(store, stored.id), following(store, stored.id, app):
        waited(lambda: app.posted)
        for number, event in enumerate(some):
            store.append(stored.id, event)
            progress = Progress(arm="smote", stage="tune", done=number, total=99)
            store.append(stored.id, progress)
        waited(lambda: store.run(stored.id).status == "done")
        waited(lambda: len(looks) > 5)  # it looked at the store, after the end too
        assert app.kinds() == ["RunOpened"], "it went on posting"
        app.listen()
        waited(lambda: "RunEnded" in app.kinds())
    assert len(app.posted) <= 4
    told = [e for m in app.posted if isinstance(m, said.RunEvents) for e in m.events]
    assert [e for e in told if not isinstance(e, Progress)] == some
    assert sum(isinstance(event, Progress) for event in told) <= 2
    assert app.session.run.status == "done"
    shown, kept = app.session.run.state, store.state(stored.id)
    assert shown.compared == kept.compared
    assert [a.trials for a in shown.arms] == [a.trials for a in kept.arms]


# What is told


def test_two_followers_of_a_run_tell_the_same(store, stored):
    one, other = App(), App()
    with (
        at_work(store, stored.id),
        following(store, stored.id, one),
        following(store, stored.id, other),
    ):
        for event in events()[:8]:
            store.append(stored.id, event)
        waited(lambda: one.session.run and len(one.session.run.log) > 3)
        waited(
            lambda: (
                other.session.run and other.session.run.state == one.session.run.state
            )
        )
        assert one.session.run.folder == "/somewhere"


def test_a_process_that_is_not_heard_is_told_and_forgotten_once_it_is(
    store, stored, monkeypatch
):
    app = App()
    with at_work(store, stored.id), following(store, stored.id, app):
        epoch = store.run(stored.id).epoch
        waited(lambda: app.session.run and app.session.run.status == "running")
        assert app.session.run.silent is None
        monkeypatch.setattr(record, "STALL_SECONDS", 0.05)
        waited(lambda: app.session.run.silent is not None)
        assert app.session.run.live
        monkeypatch.setattr(record, "STALL_SECONDS", 60.0)
        store.heartbeat(stored.id, epoch)
        waited(lambda: app.session.run.silent is None)


def test_who_asks_for_the_end_does_not_matter(store, stored):
    app = App()
    with at_work(store, stored.id), following(store, stored.id, app):
        waited(lambda: app.session.run and app.session.run.status == "running")
        store.request_cancel(stored.id)
        waited(lambda: app.session.run.cancelling)
        store.append(stored.id, RunFinished(status="cancelled", seconds=1.0))
        waited(lambda: "RunEnded" in app.kinds())
    assert app.session.run.status == "cancelled"
    assert not app.session.run.cancelling


def test_a_run_that_is_resumed_elsewhere_is_followed_again(store, stored, monkeypatch):
    monkeypatch.setattr("tui.features.runs.follow.IDLE_SECONDS", 0.05)
    app = App()
    some = events(trials=2)
    with following(store, stored.id, app):
        with at_work(store, stored.id):
            store.append(stored.id, some[0])
            waited(lambda: app.session.run and app.session.run.state.arms)
        waited(lambda: app.session.run.status == "interrupted")
        assert app.session.run.resumable
        with at_work(store, stored.id):
            waited(lambda: app.session.run.status == "running")
            for event in some[1:]:
                store.append(stored.id, event)
            waited(lambda: app.session.run.status == "done")
    assert app.kinds().count("RunOpened") == 2


def test_a_store_whose_file_is_gone_ends_it_with_a_reason(store, stored, monkeypatch):
    monkeypatch.setattr("tui.features.runs.follow.IDLE_SECONDS", 0.05)
    app = App()
    store.append(stored.id, events()[0])
    store.append(stored.id, RunFinished(status="cancelled", seconds=1.0))
    with following(store, stored.id, app) as raised:
        waited(lambda: app.session.run)
        store.path.unlink()
        error = waited(lambda: raised and raised[0])
        assert "no longer exists" in error.message
        assert error.fix
