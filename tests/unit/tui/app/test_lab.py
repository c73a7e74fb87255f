"""What is known of remedies: the session's part, its words, and the work behind it."""

from __future__ import annotations

import msgspec
import pytest

from engine.client import Failure, Finding, Judge, Judged, Treat
from engine.events import Quality
from engine.resample import registry
from tests.support import fakes, lab_samples
from tests.support.controllers import Controllers
from tui import lab, reducers
from tui import lab_messages as told
from tui.draft import Problem
from tui.lab import Wish
from tui.panes import judgements
from tui.session import Session

SMOTE, TOMEK = (registry.arm(name) for name in ("smote", "tomek-links"))


def answer(wish: Wish):
    return lab_samples.treated(Treat(id=1, arm=wish.arm, axes=wish.axes))


# The session -----------------------------------------------------------------------


def test_only_the_answer_to_the_newest_wish_is_taken():
    first, second = Wish(arm=SMOTE), Wish(arm=TOMEK)
    session = lab.ask_treat(fakes.loaded(), first)
    old = session.lab.job
    session = lab.ask_treat(session, second)
    assert session.lab.pending
    assert lab.treated(session, old, first, answer(first)) is session
    session = lab.treated(session, session.lab.job, second, answer(second))
    assert not session.lab.pending
    assert session.lab.of(TOMEK) is not None
    assert session.lab.of(SMOTE) is None


def test_an_older_answer_stays_until_the_new_one_is_there_but_for_its_own_arm_only():
    wish = Wish(arm=SMOTE)
    session = lab.ask_treat(fakes.loaded(), wish)
    session = lab.treated(session, session.lab.job, wish, answer(wish))
    session = lab.ask_treat(session, Wish(arm=SMOTE, axes=("age", "bmi")))
    assert session.lab.of(SMOTE) is not None
    session = lab.treat_failed(session, session.lab.job, Problem(message="no"))
    assert session.lab.problem == Problem(message="no")
    assert lab.treat_failed(session, 1, Problem(message="old")) is session


def test_another_table_or_other_choices_forget_all():
    session = lab.ask_treat(fakes.loaded(), Wish(arm=SMOTE))
    session = lab.ask_judge(session)
    session = lab.judged(
        session,
        session.lab.judging,
        Judged(findings=(Finding(arm="a", status="runs"),)),
    )
    assert [*session.lab.findings] == ["a"]
    again = reducers.choose(session, "test_size", "0.3")
    assert again.load.request is not None
    again = reducers.table_loaded(again, again.load.request.id, fakes.TABLE)
    assert again.lab == lab.LabState()
    # What was asked about the table before is no answer about this one.
    late = lab.treated(again, session.lab.job, Wish(arm=SMOTE), answer(Wish(arm=SMOTE)))
    assert late is again


def test_why_no_arm_can_be_tried():
    assert "No dataset" in lab.why_not(Session())
    busy = reducers.open_source(Session(), "sample:stroke")
    assert lab.why_not(busy) == "Reading …"
    untargeted = msgspec.structs.replace(fakes.TABLE, target=None, train={})
    assert "No target" in lab.why_not(fakes.loaded(untargeted))
    refused = msgspec.structs.replace(fakes.TABLE, train={}, problem="one class only.")
    assert lab.why_not(fakes.loaded(refused)).endswith("one class only.")
    assert lab.why_not(fakes.loaded()) == ""


def test_a_leak_that_was_left_is_not_taken():
    session = lab.ask_leak(fakes.loaded(), SMOTE)
    job = session.lab.leak_job
    session = lab.leak_progressed(session, job, "scoring")
    assert session.lab.leak_stage == "scoring"
    left = lab.leak_ended(session)
    shown = lab_samples.leak(lab_samples.LeakDemo(id=1, arm=SMOTE))
    assert lab.leak_shown(left, job, shown) is left
    assert lab.leak_shown(session, job, shown).lab.leak is shown


# Words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "separability", "grades"),
    [
        (0.0, 0.5, (0, 0, 0, 0)),
        (0.1, 0.7, (1, 1, 1, 1)),
        (0.9, 0.99, (2, 1, 2, 2)),
        (None, 0.5, (0,)),
        (0.0, None, (0, 0, 0)),
    ],
)
def test_figures_are_graded_and_said_in_words(shares, separability, grades):
    quality = Quality(
        rows=1_000,
        of=9_000,
        intruding=shares,
        duplicates=shares,
        outside=shares,
        separability=separability,
    )
    found = judgements(quality)
    assert tuple(one.grade for one in found) == grades
    assert all(one.words for one in found)


# Work ------------------------------------------------------------------------------


def test_of_many_wishes_only_the_newest_is_sent():
    service = fakes.FakeService()
    wishes = [
        told.TreatRequested(Wish(arm=registry.arm(name)))
        for name in ("smote", "adasyn", "tomek-links", "random-under")
    ]

    def slow(request):
        while wishes:  # they come while the first is worked on
            app.post_message(wishes.pop(0))
            app.hear()
        return lab_samples.treated(request)

    service.answers[Treat] = slow
    app = Controllers("sample:stroke", service)
    app.say(wishes.pop(0))
    assert not app.session.lab.pending
    asked = [r.arm.name for r in service.requests if isinstance(r, Treat)]
    assert asked == ["smote", "random-under"]
    assert app.session.lab.of(registry.arm("random-under")) is not None


def test_a_refusal_comes_with_its_remedy():
    service = fakes.FakeService()
    service.answers[Treat] = Failure(
        code="sampler", message="too few", remedy="use weights"
    )
    app = Controllers("sample:stroke", service)
    app.say(told.TreatRequested(Wish(arm=SMOTE)))
    problem = app.session.lab.problem
    assert (problem.message, problem.remedy) == ("too few", "use weights")
    service.answers[Treat] = lab_samples.treated
    app.say(told.TreatRequested(Wish(arm=TOMEK)))
    assert app.session.lab.problem is None
    assert app.session.lab.of(TOMEK) is not None


def test_findings_are_kept_by_arm():
    service = fakes.FakeService()
    service.answers[Judge] = lambda request: Judged(
        findings=tuple(Finding(arm=a.name, status="runs") for a in request.arms)
    )
    app = Controllers("sample:stroke", service)
    app.say(told.JudgeRequested((SMOTE,), folds=3))
    asked = [r for r in service.requests if isinstance(r, Judge)]
    assert (asked[-1].arms, asked[-1].folds) == ((SMOTE,), 3)
    app.say(told.JudgeRequested((TOMEK,)))
    assert {"smote", "tomek-links"} <= {*app.session.lab.findings}
    assert app.session.lab.judging == 0
    service.answers[Judge] = Failure(code="internal", message="no", remedy="")
    app.say(told.JudgeRequested((TOMEK,)))
    assert app.session.lab.judging == 0
    assert "smote" in app.session.lab.findings
