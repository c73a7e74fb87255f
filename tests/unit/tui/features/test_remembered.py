"""What the next session begins with: changed by reducers, kept in a file."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from engine.core.experiment import DecisionSpec
from tests.support.controllers import Controllers
from tests.support.fakes import done_run, loaded
from tui.features import messages as say
from tui.features import reducers
from tui.features.remembered import Sort
from tui.features.results.operating import offered, point_of
from tui.terminal.files import state


def read():
    return json.loads(state("remembered.json").read_text())


def reading(session, at):
    """Return the session with a run whose experiment names a point."""
    run = done_run()
    decision = DecisionSpec(at=at)
    return reducers.follow(
        session,
        replace(run, id=at, experiment=replace(run.experiment, decision=decision)),
    )


def test_the_next_session_begins_as_the_last_one_was_left():
    app = Controllers("sample:stroke")
    app.say(say.ViewChosen("results", "curves"), say.PointChosen("f1"))
    app.say(say.ListSorted("runs", "AP", True), say.ListSorted("columns", "kind"))
    app.say(say.ListSorted("columns", None), say.ZoomToggled("pane"))
    app.ring_timers()
    view = Controllers().session.view
    assert view.view_of("results") == "curves"
    assert view.remembered.sorts == {"runs": Sort("AP", reverse=True)}
    assert view.remembered.at == "f1"
    assert not view.zoomed
    assert "results" not in view.shown  # the table is a new one


def test_nothing_is_written_before_anything_was_changed():
    app = Controllers("sample:stroke")
    app.say(say.PaneActivated("arms"), say.Selected("arms", "smote"))
    app.ring_timers()
    assert not state("remembered.json").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"left": "wide"}', '{"sorts": {"a": 3}}', "\udc80"]
)
def test_a_broken_file_is_ignored_and_written_anew(text):
    path = state("remembered.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(errors="surrogateescape"))
    app = Controllers("sample:stroke")
    assert app.session.view.remembered.left is None
    assert not app.told
    app.say(say.ViewChosen("arms", "budget"))
    app.ring_timers()
    assert read()["shown"] == {"arms": "budget"}


def test_a_folder_that_cannot_be_written_is_no_problem():
    state("remembered.json").mkdir(parents=True)
    app = Controllers("sample:stroke")
    app.say(say.ViewChosen("arms", "budget"))
    app.ring_timers()
    assert not app.told


def test_what_waits_is_written_when_the_app_ends():
    app = Controllers("sample:stroke")
    app.say(say.ViewChosen("arms", "budget"))
    assert not state("remembered.json").exists()
    app.handlers.memory.close()
    assert read()["shown"] == {"arms": "budget"}


def test_a_point_that_the_results_lack_gives_way_to_the_experiment_s_own():
    session = reading(loaded(), "recommended")
    own = point_of(session)
    other = next(point for point in offered(session) if point != own)
    session = reducers.choose_point(session, other)
    again = replace(session, run=None)
    assert point_of(reading(again, "fixed")) == "fixed"  # it was named
    assert point_of(reading(again, "recommended")) == other
    lacking = reducers.remember(again, at="alerts<=3")
    assert point_of(reading(lacking, "recommended")) == own
