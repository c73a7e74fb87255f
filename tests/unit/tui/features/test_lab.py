"""What is known of methods: the session's part, its words, and the work behind it."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.events import Quality
from engine.core.lab import (
    EstimateRun,
    Finding,
    LeakDemo,
    Preflight,
    PreflightReport,
    RunEstimate,
    Treat,
)
from engine.core.messages import Failure
from engine.core.methods import grammar
from tests.support import fakes, lab_samples
from tests.support.controllers import Controllers
from tui.features import judgements, questions, reducers
from tui.features.arms.draft import Problem
from tui.features.arms.pane import budget_sum
from tui.features.lab import words as lab
from tui.features.lab.state import EstimateRequested, LabState
from tui.features.messages import BudgetChanged
from tui.features.questions import Answered, Ask, Progressed, Refused
from tui.features.session import Session, experiment

SMOTE, TOMEK = (grammar.parse(name) for name in ("smote", "tomek-links"))


TREAT, JUDGE, LEAK = "lab.treat", "lab.judge", "lab.leak"


def asked(session, request, place=TREAT):
    return questions.ask(session, place, request)


def answered(session, answer, place=TREAT, job=None):
    job = session.jobs if job is None else job
    return questions.take(session, Answered(place, job, answer))


# The session -----------------------------------------------------------------------


def test_only_the_answer_to_the_newest_question_is_taken():
    first, second = lab.treat(SMOTE), lab.treat(TOMEK)
    session = asked(fakes.loaded(), first)
    old = session.lab.treat.job
    session = asked(session, second)
    assert session.lab.treat.pending
    assert answered(session, lab_samples.treated(first), job=old) is session
    session = answered(session, lab_samples.treated(second))
    assert not session.lab.treat.pending
    assert session.lab.of(TOMEK) is not None
    assert session.lab.of(SMOTE) is None


def test_an_older_answer_stays_until_the_new_one_is_there_but_for_its_own_arm_only():
    session = asked(fakes.loaded(), lab.treat(SMOTE))
    session = answered(session, lab_samples.treated(lab.treat(SMOTE)))
    session = asked(session, lab.treat(SMOTE, ("age", "bmi")))
    assert session.lab.of(SMOTE) is not None
    refused = Refused(TREAT, session.jobs, Problem(message="no"))
    session = questions.take(session, refused)
    assert session.lab.problem_of(SMOTE) == Problem(message="no")
    old = Refused(TREAT, 1, Problem(message="old"))
    assert questions.take(session, old) is session


def test_another_table_or_other_choices_forget_all():
    session = asked(fakes.loaded(), lab.treat(SMOTE))
    treat = session.jobs
    session = asked(session, Preflight(id=0, arms=(SMOTE,)), JUDGE)
    found = PreflightReport(findings=(Finding(arm="a", status="runs"),))
    session = lab.keep_findings(answered(session, found, JUDGE))
    assert [*session.lab.findings] == ["a"]
    again = reducers.choose(session, "test_size", "0.3")
    assert again.load.request is not None
    again = reducers.table_loaded(again, again.load.request.id, fakes.TABLE)
    assert again.lab == LabState()
    # What was asked about the table before is no answer about this one.
    assert answered(again, lab_samples.treated(lab.treat(SMOTE)), job=treat) is again


def test_why_no_arm_can_be_tried():
    assert "No dataset" in lab.why_not(Session())
    busy = reducers.open_source(Session(), "sample:stroke")
    assert lab.why_not(busy) == "Reading sample:stroke …"
    untargeted = msgspec.structs.replace(fakes.TABLE, target=None, train={})
    assert "No target" in lab.why_not(fakes.loaded(untargeted))
    refused = msgspec.structs.replace(fakes.TABLE, train={}, problem="one class only.")
    assert lab.why_not(fakes.loaded(refused)).endswith("one class only.")
    assert lab.why_not(fakes.loaded()) == ""


def test_a_leak_that_was_left_is_not_taken():
    request = LeakDemo(id=0, arm=SMOTE)
    session = asked(fakes.loaded(), request, LEAK)
    job = session.jobs
    session = questions.take(session, Progressed(LEAK, job, "scoring"))
    assert session.lab.leak.stage == "scoring"
    left = questions.stop(session, LEAK)
    shown = lab_samples.leak(request)
    assert answered(left, shown, LEAK, job) is left
    assert answered(session, shown, LEAK).lab.leak.answer is shown


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
        Ask(TREAT, lab.treat(grammar.parse(name)))
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
    assert not app.session.lab.treat.pending
    sent = [r.arm.name for r in service.requests if isinstance(r, Treat)]
    assert sent == ["smote", "random-under"]
    assert app.session.lab.of(grammar.parse("random-under")) is not None


def test_a_refusal_comes_with_its_fix():
    service = fakes.FakeService()
    service.answers[Treat] = Failure(
        code="sampler", message="too few", fix="use weights"
    )
    app = Controllers("sample:stroke", service)
    app.say(Ask(TREAT, lab.treat(SMOTE)))
    problem = app.session.lab.treat.problem
    assert (problem.message, problem.fix) == ("too few", "use weights")
    service.answers[Treat] = lab_samples.treated
    app.say(Ask(TREAT, lab.treat(TOMEK)))
    assert app.session.lab.treat.problem is None
    assert app.session.lab.of(TOMEK) is not None


def test_findings_are_kept_by_arm():
    service = fakes.FakeService()
    service.answers[Preflight] = lambda request: PreflightReport(
        findings=tuple(Finding(arm=a.name, status="runs") for a in request.arms)
    )
    app = Controllers("sample:stroke", service)
    app.say(Ask(JUDGE, Preflight(id=0, arms=(SMOTE,), folds=3)))
    sent = [r for r in service.requests if isinstance(r, Preflight)]
    assert (sent[-1].arms, sent[-1].folds) == ((SMOTE,), 3)
    app.say(Ask(JUDGE, Preflight(id=0, arms=(TOMEK,))))
    assert {"smote", "tomek-links"} <= {*app.session.lab.findings}
    assert not app.session.lab.judge.pending
    service.answers[Preflight] = Failure(code="internal", message="no", fix="")
    app.say(Ask(JUDGE, Preflight(id=0, arms=(TOMEK,))))
    assert not app.session.lab.judge.pending
    assert "smote" in app.session.lab.findings


# How long a run takes ----------------------------------------------------------------


def test_the_time_of_a_run_is_that_of_its_experiment_alone():
    service = fakes.FakeService()
    service.answers[EstimateRun] = RunEstimate(
        seconds=90.0, bytes=300_000_000, jobs=2, refused=("adasyn",)
    )
    app = Controllers("sample:stroke", service)
    app.say(EstimateRequested())
    text = str(budget_sum(app.session))
    assert "takes ~1.5 min on 2 cores, up to 300 MB; without adasyn, refused" in text
    app.say(BudgetChanged("trials", "7"))
    assert "takes" not in str(budget_sum(app.session))
    service.answers[EstimateRun] = RunEstimate(why="not told below 5,000 training rows")
    app.say(EstimateRequested())
    assert "not told below 5,000" in str(budget_sum(app.session))
    asked = [r for r in service.requests if isinstance(r, EstimateRun)]
    assert [r.experiment.search.trials for r in asked] == [10, 7]


def test_a_change_of_the_budget_ends_the_question_how_long_it_takes():
    app = Controllers("sample:stroke", fakes.FakeService())
    request = EstimateRun(id=0, experiment=experiment(app.session))
    app.handlers.change(questions.ask(app.session, "lab.estimate", request))
    assert "timing a run" in str(budget_sum(app.session))
    app.say(BudgetChanged("trials", "7"))
    assert not app.session.lab.estimate.pending
    assert "timing" not in str(budget_sum(app.session))
