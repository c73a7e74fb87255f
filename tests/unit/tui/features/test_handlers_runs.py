"""Runs through the handlers: message -> session -> calls, no screens, no store."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.experiment import Experiment
from engine.core.messages import Load, TargetCandidate
from engine.core.methods.grammar import Arm
from engine.core.presets import preset
from tests.support import fakes, runs_samples
from tests.support.console_samples import events
from tests.support.controllers import Controllers
from tui.app import Start, Workbench
from tui.features import ChoiceDialog, ErrorDialog, Runs
from tui.features import messages as say
from tui.features.arms.draft import Problem
from tui.features.dialogs import PickColumn
from tui.features.runs import messages as told
from tui.features.runs import start
from tui.features.session import StoreInfo
from tui.features.training import progress
from tui.terminal.clipboard import file_path


@pytest.fixture
def app():
    return Controllers("sample:stroke")


def calls(app, kind):
    return [what for name, what in app.runs.calls if name == kind]


# Started, ended


def test_a_run_is_started_on_what_is_set_up_and_its_training_is_shown(app):
    app.say(say.RunRequested())
    (experiment,) = calls(app, "start")
    assert isinstance(experiment, Experiment)
    assert (experiment.data.source, experiment.data.target) == (
        "sample:stroke",
        "stroke",
    )
    assert app.session.view.pane == "training"
    assert app.session.running


def guessed_table(**changes):
    """Two columns may be the target, and the first was taken."""
    found = tuple(
        TargetCandidate(name=name, why=f"its name says {name}", rarest="1", rows=rows)
        for name, rows in (("stroke", 783), ("gender", 11))
    )
    test = {"0": 8_519, "1": 4}
    return msgspec.structs.replace(
        fakes.TABLE, target_guessed=True, target_candidates=found, test=test, **changes
    )


def test_a_run_with_a_guessed_target_is_asked_about_once():
    app = Controllers("sample:stroke", fakes.FakeService(guessed_table()))
    app.say(say.RunRequested())
    assert not app.runs.calls
    dialog = app.top(ChoiceDialog)
    assert dialog.heading == "Run with a guessed target?"
    for part in (
        "'stroke' was taken: its name says stroke",
        "783 of 43,400 rows are '1'; 4 of the test rows",
        "others: gender (11)",
    ):
        assert part in dialog._text.plain
    app.answer("run")
    assert calls(app, "start")[0].data.target == "stroke"
    assert not app.session.load.guessed
    app.runs.end()
    app.settle()
    # What was agreed to is not asked again, after another choice neither.
    app.say(say.PaneActivated("dataset"), say.LoadChoiceChanged("test_size", 0.3))
    app.say(say.RunRequested())
    assert len(calls(app, "start")) == 2


def test_another_target_is_chosen_from_the_question():
    app = Controllers("sample:stroke", fakes.FakeService(guessed_table()))
    app.say(say.RunRequested())
    app.answer("target")
    finder = app.top(PickColumn)
    assert [item.key for item in finder.find(())][:3] == ["stroke", "gender", "age"]
    assert finder.find(())[1].cells[1][0] == "1: 11; its name says gender"
    app.answer("gender")
    assert app.session.load.request.target == "gender"
    app.say(say.RunRequested())
    assert len(calls(app, "start")) == 1


def while_reading(*messages):
    """Return an app that took messages while it read a table, and what it was then."""
    app, seen = Controllers(), []

    def read(_):
        for message in messages if not seen else ():
            app.post_message(message)
            app.hear()
            seen.append(app.session)

    app.fake_service.table = guessed_table()
    app.fake_service.answers[Load] = read
    app.say(say.OpenRequested("sample:stroke"))
    return app, seen


def test_a_run_waits_for_the_table_and_asks_its_question_then():
    other = say.LoadChoiceChanged("test_size", 0.3)
    app, seen = while_reading(say.RunRequested(), other)
    assert all(one.load.busy and one.load.run_waits for one in seen)
    assert progress.status(seen[0]).plain.endswith("then runs; esc: no run")
    assert "run starts when the table is read" in app.notices
    assert not app.session.load.run_waits
    assert app.top(ChoiceDialog).heading == "Run with a guessed target?"
    app.answer("run")
    (experiment,) = calls(app, "start")
    assert experiment.split.test_size == 0.3


@pytest.mark.parametrize(
    "change",
    [
        say.RunWithdrawn(),
        say.OpenRequested("sample:moons"),
        say.LoadCancelRequested(),
    ],
    ids=["taken back", "another table", "stopped"],
)
def test_a_run_that_waits_for_a_table_is_taken_back(change):
    app, (asked, withdrawn) = while_reading(say.RunRequested(), change)
    assert asked.load.run_waits
    assert not withdrawn.load.run_waits
    assert not any(isinstance(one, ChoiceDialog) for one in app.screens)
    assert not calls(app, "start")


@pytest.mark.parametrize("guessed", [True, False])
def test_a_target_that_was_given_is_not_asked_about(guessed):
    service = fakes.FakeService(guessed_table())
    given = "stroke" if guessed else None
    if not guessed:
        service.table = fakes.TABLE
    app = Controllers("sample:stroke", service, target=given)
    app.say(say.RunRequested())
    assert len(calls(app, "start")) == 1


def with_results(app):
    """Let a run end, and show its results."""
    app.say(say.RunRequested())
    app.runs.feed(*events())
    app.runs.end()
    app.settle()
    assert app.session.view.pane == "results"
    assert app.session.evaluated


def test_results_on_screen_are_not_replaced_without_a_question(app):
    with_results(app)
    first = len(calls(app, "start"))
    app.say(say.RunRequested())
    dialog = app.top(ChoiceDialog)
    assert dialog.heading == "Start another run?"
    assert "Run 42 stays stored: 5 lists the runs" in dialog._text.plain
    app.answer(None)
    assert len(calls(app, "start")) == first
    app.say(say.RunRequested())
    app.answer("run")
    assert len(calls(app, "start")) == first + 1


def test_elsewhere_only_the_same_experiment_is_asked_about(app):
    with_results(app)
    app.say(say.PaneActivated("arms"), say.RunRequested())
    assert "same as run 42" in app.top(ChoiceDialog)._text.plain
    app.answer(None)
    app.say(say.ArmToggled("adasyn"))
    app.say(say.RunRequested())
    assert len(calls(app, "start")) == 2


def test_a_next_run_is_told_by_what_it_changes():
    one = preset("quick", source="a.csv")
    more = msgspec.structs.replace(one, arms=(*one.arms, Arm(name="adasyn", steps=())))
    fewer = msgspec.structs.replace(one, arms=one.arms[1:])
    search = msgspec.structs.replace(one.search, trials=99)
    assert start.difference(one, one) == ""
    assert start.difference(one, more) == "+ adasyn"
    assert start.difference(one, fewer) == f"− {one.arms[0].name}"
    longer = start.difference(one, msgspec.structs.replace(one, search=search))
    assert longer == f"trials {one.search.trials} → 99"


def test_no_second_run_starts_while_one_works(app):
    app.say(say.RunRequested(), say.RunRequested())
    assert [call[0] for call in app.runs.calls] == ["start"]
    assert "already" in app.notices


def test_a_run_without_a_usable_target_is_refused_and_said():
    problem = "'stroke' has one class. Choose another"
    table = msgspec.structs.replace(fakes.TABLE, problem=problem)
    app = Controllers("sample:stroke", fakes.FakeService(table))
    app.say(say.RunRequested())
    assert not app.runs.calls
    assert "The run cannot start: " in app.notices
    assert "has one class" in app.notices


def test_the_end_of_a_run_shows_its_results_to_who_watches_it(app):
    app.say(say.RunRequested())
    app.runs.feed(*events()[:-1])
    app.runs.end()
    app.settle()
    assert app.session.view.pane == "results"
    assert app.session.run.status == "done"
    assert app.notices == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("done", "run 42 is done"),
        ("failed", "run 42 failed"),
        ("cancelled", "run 42 was cancelled; it can be resumed"),
        ("interrupted", "run 42 was interrupted; it can be resumed"),
    ],
)
def test_the_end_of_a_run_is_said_to_who_looks_elsewhere(app, status, said):
    app.say(say.RunRequested(), say.PaneActivated("arms"))
    app.runs.end(status)
    app.settle()
    assert app.told[-1] == (said, "", status == "failed")
    assert app.session.view.pane == "arms"


def test_a_run_is_cancelled_once_it_works(app):
    app.say(say.CancelRequested())
    assert not app.runs.calls
    app.say(say.RunRequested(), say.CancelRequested())
    assert calls(app, "cancel") == ["0000002a"]
    assert app.session.run.cancelling


def test_a_run_with_finished_trials_is_cancelled_after_a_question(app):
    app.say(say.RunRequested())
    some = events()[:6]
    app.say(say.RunEvents("0000002a", some, "running", 3.0))
    app.say(say.CancelRequested())
    dialog = app.top(ChoiceDialog)
    assert dialog.heading == "Cancel run 42?"
    assert "Trials finished: 2 of 8. What is finished is kept." in dialog._text
    assert not calls(app, "cancel")
    app.answer("continue")
    assert not calls(app, "cancel")
    app.say(say.CancelRequested())
    app.answer("cancel")
    assert calls(app, "cancel") == ["0000002a"]
    # Where it does not end, x tries again, without a question.
    app.say(say.CancelRequested())
    assert calls(app, "cancel") == ["0000002a"] * 2


def test_a_run_that_nobody_follows_is_cancelled_from_the_list(app):
    app.runs.stored = runs_samples.listed()
    app.say(told.RunsRefreshRequested())
    app.say(say.CancelRequested("0000000c"))
    assert app.top(ChoiceDialog).heading == "Cancel run 12?"
    app.answer("cancel")
    assert calls(app, "cancel") == ["0000000c"]


def test_a_run_that_was_lost_is_followed_again_and_another_one_is_resumed(app):
    app.say(say.RunRequested())
    app.say(told.RunLost("0000002a", Problem(message="no file")))
    assert app.session.run.lost is not None
    dialog = app.top(ChoiceDialog)
    assert "Run 42 cannot be followed" in dialog.heading
    app.answer("again")
    assert calls(app, "attach") == ["0000002a"]
    assert app.session.run.lost is None
    app.say(say.ResumeRequested("0000002a"))
    assert not calls(app, "resume"), "it works"
    assert "The run cannot be resumed" in app.notices
    app.runs.end("cancelled")
    app.settle()
    app.say(say.ResumeRequested("0000002a"))
    assert calls(app, "resume") == ["0000002a"]
    app.say(told.RunResumed("0000002a"))
    assert calls(app, "attach") == ["0000002a"] * 2
    assert app.session.view.pane == "training"


# Opened, deleted


def test_a_run_that_lives_is_opened_from_the_start_view_and_followed_elsewhere():
    for source, kind in ((None, "open"), ("sample:stroke", "attach")):

        def before(app):
            app.runs.living = fakes.done_run(7, events()[:4], status="running")

        app = Controllers(source, before=before)
        assert calls(app, kind) == ["00000007"]
        assert app.session.run.number == 7
        assert not any(isinstance(screen, Start) for screen in app.screens)


def test_an_opened_run_is_set_up_with_its_table(app):
    app.runs.known["00000008"] = fakes.done_run(8)
    app.say(say.OpenRunRequested("00000008"))
    assert app.session.run.number == 8
    assert app.session.view.pane == "results"
    assert app.session.load.request.source == "stroke.csv"
    assert [arm.name for arm in app.session.draft.arms][:2] == ["untreated", "smote"]


def test_deleting_the_run_that_is_looked_at_looks_at_none(app):
    app.runs.known["00000008"] = fakes.done_run(8)
    app.say(say.OpenRunRequested("00000008"))
    app.say(told.DeleteRunsRequested(("00000008",), confirmed=True))
    assert app.session.run is None
    assert app.notices == ""


def test_a_run_is_deleted_only_after_a_yes(app):
    app.runs.stored = runs_samples.listed()
    app.say(say.RunsRequested())
    app.top(Runs)
    app.say(told.DeleteRunsRequested(("00000006",)))
    dialog = app.top(ChoiceDialog)
    assert dialog._text == (
        "Run 6 on sample:stroke, 3 arms. Its results cannot be recovered."
    )
    app.answer(None)
    assert not calls(app, "delete")
    app.say(told.DeleteRunsRequested(("00000006",)))
    app.answer("yes")
    assert calls(app, "delete") == ["00000006"]


def test_a_run_is_set_up_again_without_its_results(app):
    app.runs.known["00000008"] = fakes.done_run(8)
    app.say(say.OpenRunRequested("00000008"), told.RerunRequested("00000008"))
    assert calls(app, "recall") == ["00000008"]
    assert app.session.run is None
    assert app.session.view.pane == "arms"
    assert "Run 8 again: edit it; r runs it" in app.notices


# The store


def test_notices_of_the_store_are_said_once_and_nothing_is_written_to_it(app):
    wrong = StoreInfo(
        path="/x",
        problem="it is only read",
        fix="update imbtui",
        notices=("a copy is in /x.bak",),
    )
    app.say(told.StoreStatus(wrong), told.StoreStatus(wrong))
    assert app.told == [
        ("a copy is in /x.bak", "Store of runs", True),
        ("it is only read", "The store is read-only", True),
    ]
    for message, title in (
        (say.RunRequested(), "The run cannot be stored"),
        (say.ResumeRequested("x"), "The run cannot be resumed"),
        (told.DeleteRunsRequested(("x",)), "Nothing can be changed"),
        (told.PruneRequested(), "Nothing can be changed"),
        (told.AnnotationDialogRequested("x", "note"), "Nothing can be changed"),
    ):
        app.say(message)
        dialog = app.top(ErrorDialog)
        assert (dialog.heading, dialog._problem) == (
            title,
            Problem(message="it is only read", fix="update imbtui"),
        )
        app.answer(None)
    assert not app.runs.calls


@pytest.mark.parametrize(
    ("freed", "status", "said"),
    [
        (12_000_000, "done", "12.0 MB of cached folds removed"),
        (0, "running", "nothing was removed: an active run needs them"),
        (0, "done", "there was nothing to remove"),
    ],
)
def test_what_was_removed_is_said(app, freed, status, said):
    app.runs.stored = (fakes.summary(status=status),)
    app.runs.list()
    app.say(told.Pruned(freed))
    assert app.told[-1][0] == said


# Copied, left


def test_what_is_too_much_for_the_clipboard_goes_to_a_file(app):
    app.say(say.CopyRequested("some", "the board"))
    assert app.clipboard == "some"
    assert "Copied: the board: 4 characters on the clipboard" in app.notices
    app.say(say.CopyRequested("x" * 70_000, "the board"))
    assert app.clipboard == "some"
    (file,) = file_path().parent.iterdir()
    assert f"Written to a file: the board is in {file}" in app.notices
    assert file.read_text() == "x" * 70_000
    assert file.stat().st_mode & 0o777 == 0o600


def test_leaving_asks_only_while_a_run_works_and_may_stop_it(app):
    app.action_leave()
    assert app.left == {}
    app.left = None
    app.say(say.RunRequested())
    app.action_leave()
    assert app.left is None
    app.top(ChoiceDialog)
    app.answer(None)
    assert app.left is None
    app.action_leave()
    app.answer("stop")
    assert calls(app, "cancel") == ["0000002a"]
    assert app.left is None, "it waits for the end"
    app.runs.end("cancelled")
    app.settle()
    assert app.left == {}


def test_who_leaves_may_keep_the_run_at_work(app):
    app.say(say.RunRequested())
    app.action_leave()
    app.answer("keep")
    assert app.left == {}
    assert not calls(app, "cancel")
    assert isinstance(app.screen, Workbench)
