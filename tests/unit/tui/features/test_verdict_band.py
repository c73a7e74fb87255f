"""The verdict in a few lines: what it says, and that it fits anywhere."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import ArmEvaluated, Compared, RunFinished
from engine.core.outcome import Choice, ModelVerdict, Remark
from engine.core.views.verdict import TITLES, lead
from tests.support import fakes, multiclass_samples
from tests.support.console_samples import started
from tests.support.judged_samples import events
from tests.support.results_samples import swept
from tui.features import reducers
from tui.features.remembered import Remembered
from tui.features.results.band import band, headline
from tui.features.screen import news
from tui.features.session import Session, ViewState
from tui.terminal.safe_text import cells


def judged(known=None, **changes):
    """Return a session of a finished run whose verdict is another."""
    some = [
        msgspec.structs.replace(
            event, verdict=msgspec.structs.replace(event.verdict, **changes)
        )
        if isinstance(event, Compared)
        else event
        for event in known or events()
    ]
    return fakes.followed(some, "done")


def lines(session, width=98, most=3):
    return band(session, width, most).plain.split("\n")


def test_it_says_what_to_do_and_what_that_finds():
    first, *doubts = lines(judged())
    choice = judged().run.result.choice
    counts = choice.confusion
    assert first.startswith(
        f"DO NOT RESAMPLE   Use untreated at {choice.threshold:.3f}"
    )
    assert f"finds {counts.tp} of {counts.tp + counts.fn}, {counts.fp:,} false" in first
    assert first.endswith("enter why")
    assert len(doubts) == 2
    assert all(doubt.startswith("? ") for doubt in doubts)
    there = reducers.show(judged(), "results", "curves")
    assert lines(there)[0].endswith("g 0 why")
    there = reducers.show(judged(), "results", "verdict")
    assert lines(there)[0].endswith("false alarms")


def test_what_is_recommended_for_each_of_several_models_is_said():
    chosen = Choice(arm="smote@logistic", at="fixed", threshold=0.5)
    many = (
        ModelVerdict("xgboost", "VRD005", "", ""),
        ModelVerdict("logistic", "VRD001", "", "", choice=chosen),
    )
    session = judged(by_model=many, doubts=(Remark("VRD201", "Few positives."),))
    assert lines(session)[1:] == [
        "? Few positives.",
        "by model: xgboost — · logistic smote",
    ]
    # Where there is little room the doubt stays.
    assert lines(session, most=2)[1:] == ["? Few positives."]


def test_the_doubt_that_matters_most_comes_first():
    half = Remark("VRD220", "Do not use 0.5 with it: there `untreated` finds none.")
    few = Remark("VRD201", "Few positives.")
    session = judged(code="VRD005", doubts=(few, Remark("VRD204", "One split."), half))
    first, second, third = lines(session)
    assert first.startswith("TOO FEW TO TELL ARMS APART   Use untreated at ")
    assert second == "? Do not use 0.5 with it: there untreated finds none."
    assert third == "? One split."
    assert headline(session).plain == "TOO FEW TO TELL ARMS APART"


def test_the_key_for_own_costs_is_named_where_it_is_narrow_too():
    run = judged(doubts=(Remark("VRD202", "Costs were assumed."),)).run
    replace = msgspec.structs.replace
    decision = replace(run.state.experiment.decision, cost_fn=None, cost_fp=None)
    experiment = replace(run.state.experiment, decision=decision)
    state = replace(run.state, experiment=experiment)
    session = Session(run=replace(run, state=state))
    wide, narrow = lines(session, 98)[1], lines(session, 74)[1]
    assert wide.startswith("? Costs assumed, as balancing implies: a miss costs ")
    assert narrow.startswith("? Costs assumed: a miss costs ")
    assert wide.endswith("$ gives yours.")
    assert narrow.endswith("$ gives yours.")


def test_the_band_knows_the_view_that_is_remembered():
    """As after a start: the view was not chosen in this session."""
    session = judged()
    for shown in ("board", "curves"):
        view = ViewState(remembered=Remembered(shown={"results": shown}))
        first = lines(msgspec.structs.replace(session, view=view))[0]
        assert first.endswith("enter why" if shown == "board" else "g 0 why")


def test_every_recommendation_has_a_title():
    for code in ("VRD002", *TITLES):
        result = judged(code=code).run.result
        found = lead(result)
        assert found is not None
        assert found.title == found.title.upper() != "", code
    alone = judged(code="VRD008", choice=None, recommendation="Split again.")
    assert lines(alone)[0].startswith("TEST ROWS OF ONE CLASS ONLY   Split again.")


def test_of_several_classes_the_rarest_counts():
    some = multiclass_samples.events()
    point = next(e for e in some if isinstance(e, ArmEvaluated)).class_points[0]
    choice = Choice(
        "untreated", "recommended", weights=point.weights, confusion=point.confusion
    )
    session = judged(some, code="VRD004", choice=choice)
    found = lead(session.run.result)
    assert "with its class weights: finds " in found.use
    assert " of class hyper, " in found.use


def test_before_the_verdict_it_says_what_is_known():
    smote = next(e for e in swept() if isinstance(e, ArmEvaluated) and e.arm == "smote")
    live = fakes.followed([started(), smote])
    first, second = lines(live)
    assert first == "NO VERDICT YET   1 of 4 arms done; the verdict comes last"
    assert second.startswith("so far smote misses the fewest: ")
    ended = [started(), smote, RunFinished(status="cancelled", seconds=3.0, error=None)]
    (only,) = lines(fakes.followed(ended, "cancelled"))
    assert only.startswith("NO VERDICT   ")
    assert "cancelled" in only


@given(width=st.integers(30, 140), most=st.integers(1, 3))
def test_it_keeps_to_its_room(width, most):
    for session in (judged(), judged(code="VRD005")):
        found = lines(session, width, most)
        assert len(found) <= most
        assert all(cells(line) <= width for line in found)


def test_results_of_another_table_or_target_say_so():
    session = judged()
    assert session.apart == ""
    assert "not on what is open" not in lines(session)[1]
    for change, said in (
        ({"name": "other.csv"}, "on stroke.csv"),
        ({"target": "gender"}, "on target stroke"),
    ):
        table = msgspec.structs.replace(fakes.TABLE, **change)
        load = msgspec.structs.replace(session.load, table=table)
        other = msgspec.structs.replace(session, load=load)
        assert lines(other)[1] == f"? Run 42 is {said}, not on what is open now."
        assert news(other).plain == f"run 42 done {said}"
        # The table of a run that was just opened is still to come.
        load = msgspec.structs.replace(load, busy=True)
        assert msgspec.structs.replace(session, load=load).apart == ""
