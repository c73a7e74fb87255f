"""Runs side by side in the app: worked out in a thread, scrolled, copied."""

from __future__ import annotations

import pytest

from engine.core.events import RunFinished
from engine.store import RunOptions, open_store
from tests.support import runs_samples
from tests.support.console_samples import events
from tests.support.fakes import press, screen_text, settle
from tests.support.journey import SMALL, Journey
from tui.features.arms.draft import Problem
from tui.features.runs import messages as told
from tui.features.runs.follow import RunJobs
from tui.features.runs.screen import CompareRuns

IDS = ("00000006", "00000007")


class Direct:
    """Does at once what it is given, and keeps what is posted."""

    def __init__(self):
        self.posted = []

    def post(self, message):
        self.posted.append(message)
        if getattr(message, "receipt", None) is not None:
            message.receipt()

    def work(self, group, function, *_, **__):
        function()


@pytest.fixture
def jobs(tmp_path):
    direct = Direct()
    made = RunJobs(direct, tmp_path / "runs.sqlite")
    made.direct = direct
    yield made
    made.close()


def kept(jobs, some, status=None):
    with open_store(jobs.store) as store:
        run = store.create(events()[0].experiment, RunOptions())
        for event in some:
            store.append(run.id, event)
    return run.id


def test_runs_are_compared_as_far_as_they_have_come(jobs):
    ids = kept(jobs, events()), kept(jobs, events()[:8]), kept(jobs, [])
    jobs.compare(ids)
    answer = jobs.direct.posted[-1]
    assert isinstance(answer, told.RunsCompared)
    assert [one.id for one in answer.answer.runs] == ["run 1", "run 2", "run 3"]
    assert answer.answer.verdicts[0]
    assert answer.answer.verdicts[1] is None


def test_a_run_that_is_gone_is_said(jobs):
    jobs.compare((kept(jobs, events()), "ffffffff"))
    answer = jobs.direct.posted[-1]
    assert isinstance(answer, told.RunsCompared)
    assert "ffffffff" in answer.answer.message


def test_a_run_that_does_not_end_when_it_is_asked_to_is_said(jobs, monkeypatch):
    monkeypatch.setattr("tui.features.runs.follow.runs.cancel", lambda store, run: run)
    jobs.cancel(kept(jobs, []))
    said = jobs.direct.posted[-1]
    assert said.values == (
        "its process does not respond yet; x tries again",
        "run 1",
        True,
    )


def test_the_store_is_listed_measured_and_tidied(jobs):
    over = RunFinished(status="cancelled", seconds=1.0)
    ids = kept(jobs, events()), kept(jobs, [*events()[:8], over])
    jobs.list()
    listed = jobs.direct.posted[-1].runs
    assert [one.status for one in listed][1] == "done"
    assert listed[1].headline.startswith("Chance")
    jobs.annotate(ids[0], "a note", ("b", "a"))
    again = jobs.direct.posted[-1].runs
    assert (again[1].note, again[1].tags) == ("a note", ("a", "b"))
    with open_store(jobs.store) as store:
        store.folds.mkdir(parents=True)
        (store.folds / "x").write_bytes(b"0" * 5000)
    jobs.measure()
    usage = jobs.direct.posted[-1].usage
    assert usage.folds >= 5000
    assert set(usage.runs) == set(ids)
    assert usage.total > usage.folds
    jobs.prune()
    kinds = {type(message): message for message in jobs.direct.posted}
    assert kinds[told.Pruned].bytes >= 5000
    assert kinds[told.UsageMeasured].usage.folds == 0
    jobs.recall(ids[0])
    assert jobs.direct.posted[-1].experiment == events()[0].experiment


def test_a_run_that_ended_is_read_once_however_often_it_is_listed(jobs, monkeypatch):
    from engine.store import Store

    kept(jobs, events())
    read = []
    state = Store.state
    monkeypatch.setattr(
        Store, "state", lambda self, i: read.append(i) or state(self, i)
    )
    jobs.list()
    jobs.list()
    assert len(read) == 1


@pytest.fixture(scope="module")
def journey():
    with Journey() as made:
        yield made


def test_the_comparison_is_shown_scrolled_and_copied(journey):
    async def use(app, pilot):
        app.runs.stored = runs_samples.listed()
        await press(pilot, "5")
        app.post_message(told.CompareRequested(IDS))
        await settle(pilot)
        assert isinstance(app.screen, CompareRuns)
        assert "reading the runs" in screen_text(app)
        other = told.RunsCompared(("x", "y"), Problem(message="not mine"))
        app.post_message(other)
        await settle(pilot)
        assert "not mine" not in screen_text(app)
        app.post_message(told.RunsCompared(IDS, runs_samples.contrasted()))
        await settle(pilot)
        text = screen_text(app)
        assert text.index("what differs") < text.index("at the operating point")
        assert "seed   42" in text
        assert "\x1b" not in text
        await press(pilot, "y")
        assert "verdicts" in app.clipboard
        assert "\x1b" not in app.clipboard
        assert "verdicts" not in text, "it is longer than the screen"
        await press(pilot, "end")
        await settle(pilot)
        assert "verdicts" in screen_text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, CompareRuns)

    journey.begin(SMALL)
    journey.do(use)


def test_what_cannot_be_compared_says_why(journey):
    async def use(app, pilot):
        app.post_message(told.CompareRequested(IDS))
        await settle(pilot)
        problem = Problem(message="run 7 is [/x] damaged", fix="delete it")
        app.post_message(told.RunsCompared(IDS, problem))
        await settle(pilot)
        assert "run 7 is [/x] damaged" in screen_text(app)

    journey.begin(SMALL)
    journey.do(use)
