"""The dataset through the handlers: message -> session -> requests, without screens."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

import pytest

from engine.core.events import FieldChange
from engine.core.experiment import ReadSpec
from engine.core.messages import Failure, Load, Look, PageRequest, PictureRequest
from tests.support import fakes
from tests.support.controllers import Controllers
from tests.support.fakes import FakeService
from tui.app import Start, Workbench
from tui.features import ChoiceDialog
from tui.features import messages as say
from tui.features.arms import messages as arm_messages
from tui.features.dataset import state as data
from tui.features.export import state as export_state
from tui.features.lab import state as lab_state
from tui.features.mail import Intent, JobMessage, Mail
from tui.features.questions import Ask
from tui.features.results import state as explain_state
from tui.features.runs import messages as run_messages
from tui.features.suite import state as benching
from tui.terminal import files


def asked(app, kind):
    return [r for r in app.fake_service.requests if isinstance(r, kind)]


# Opened


def test_without_a_source_the_start_view_is_seen_and_nothing_is_loaded():
    app = Controllers()
    app.top(Start)
    assert app.session.service.phase == "ready"
    assert app.fake_service.requests == []


def test_a_named_table_is_loaded_as_it_was_asked_for():
    app = Controllers("sample:stroke", target="y", positive="a")
    app.top(Workbench)
    (load,) = asked(app, Load)
    assert (load.source, load.target, load.positive) == ("sample:stroke", "y", "a")


def test_a_load_is_busy_until_its_table_is_there():
    app = Controllers("sample:stroke", settled=False)
    app.hear()
    assert app.session.load.busy
    app.settle()
    assert not app.session.load.busy
    assert app.session.load.table.rows == 43_400
    assert app.session.load.preview.answer is not None


def test_another_dataset_gives_the_load_up_that_still_reads():
    service = FakeService()

    def other(_):
        service.answers.clear()
        app.post_message(say.OpenRequested("other.csv"))
        app.hear()

    service.answers[Load] = other
    app = Controllers("sample:stroke", service, settled=False)
    app.settle()
    assert [load.source for load in asked(app, Load)] == ["sample:stroke", "other.csv"]
    assert app.session.load.table.source == "other.csv"


def test_a_wrong_choice_is_no_dialog():
    app = Controllers("sample:stroke")
    app.fake_service.answers[Load] = Failure(code="t", message="no", fix="")
    app.say(say.LoadChoiceChanged("target", "gender"))
    app.top(Workbench)
    assert app.session.load.problem.message == "no"
    assert app.session.load.table is not None


def test_a_dataset_that_cannot_be_opened_leads_to_another():
    service = FakeService()
    service.answers[Load] = Failure(code="data", message="no file", fix="find it")
    app = Controllers("/nowhere/t.csv", service)
    dialog = app.top(ChoiceDialog)
    assert "no file" in dialog._text
    assert [name for name, _, _ in dialog._answers] == ["open", "copy"]
    app.answer("copy")
    assert app.clipboard.startswith("no file")
    app.top(Workbench)


def test_rows_and_pictures_come_into_the_session():
    app = Controllers("sample:stroke")
    app.say(
        Ask("load.page", PageRequest(id=0, start=50, count=10)),
        Ask("load.column", PictureRequest(id=0, column="age")),
    )
    assert app.session.load.page.answer.start == 50
    assert len(app.session.load.page.answer.rows) == 10
    assert app.session.load.column.answer.column == "age"
    assert [(r.start, r.count) for r in asked(app, PageRequest)] == [(50, 10)]
    assert [r.column for r in asked(app, PictureRequest)] == ["age"]


def test_an_opened_table_is_remembered():
    app = Controllers("sample:stroke")
    assert files.recent() == ["sample:stroke"]
    assert app.session.recent == ("sample:stroke",)


# Looked at


def test_a_file_is_looked_at_once_and_not_for_every_choice():
    app = Controllers("patients.csv")
    app.say(say.LoadChoiceChanged("seed", 7))
    assert len(asked(app, Load)) == 2
    assert len(asked(app, Look)) == 1


@pytest.mark.parametrize("source", ["make:moons", "dataset:imblearn/ecoli"])
def test_what_takes_as_long_to_look_at_as_to_load_is_only_loaded(source):
    app = Controllers(source)
    assert len(asked(app, Load)) == 1
    assert asked(app, Look) == []


def test_another_reading_stops_the_one_that_is_under_way():
    service = FakeService()

    def look(_):
        app.post_message(data.LookRequested(ReadSpec(header=0)))
        app.hear()

    service.answers[Load] = look
    app = Controllers("patients.csv", service, settled=False)
    app.settle()
    assert not app.session.load.busy
    assert app.session.load.problem.message == "reading was cancelled"
    assert app.session.load.table is None
    assert asked(app, Look)[-1].read == ReadSpec(header=0)
    assert app.session.load.preview.answer is not None


def test_a_load_is_stopped_by_the_person():
    app = Controllers("patients.csv", settled=False)
    app.hear()
    app.say(say.LoadCancelRequested())
    assert app.session.load.problem.message == "reading was cancelled"
    assert asked(app, Load) == []
    app.say(say.LoadCancelRequested())
    assert app.session.load.problem.message == "reading was cancelled"


# Chosen


def test_a_run_takes_all_of_it():
    app = Controllers("patients.csv")
    app.say(
        say.RoleChanged("id", "group"),
        say.RoleChanged("bmi", "ignored"),
        data.ColumnsChanged(("age",), "kind-category"),
        data.AdviceMuted("IMB016"),
        say.LoadChoiceChanged("duplicates", "apart"),
        data.ReadChanged(ReadSpec(missing=("?",))),
        say.RunRequested(),
    )
    ((_, made),) = [c for c in app.runs.calls if c[0] == "start"]
    assert made.data.drop == ("bmi",)
    assert made.data.kinds == {"age": "category"}
    assert made.data.mute == ("IMB016",)
    assert made.data.read.missing == ("?",)
    assert (made.split.group, made.split.duplicates) == ("id", "apart")


def test_the_last_choice_is_taken_back_and_that_is_said():
    app = Controllers("sample:stroke")
    app.say(say.RoleChanged("bmi", "ignored"), data.UndoRequested())
    assert app.session.load.request.drop == ()
    assert "the last choice was undone" in app.notices
    before = app.notices
    app.say(data.UndoRequested())
    assert app.notices == before, "there is nothing to take back"


def test_a_fix_is_made_and_said_and_made_once():
    app = Controllers("sample:stroke")
    fix = fakes.TABLE.advice[0].change
    app.say(data.FixApplied(fix))
    assert app.session.load.request.keep == ("id",)
    assert "done; u undoes it" in app.notices
    app.say(data.FixApplied(fix))
    assert "no change: it is set already" in app.notices


def test_the_splits_that_advice_asks_for_are_set_in_the_budget():
    app = Controllers("sample:stroke")
    fix = FieldChange(field="splits", value="20")
    app.say(data.FixApplied(fix))
    assert app.session.draft.base.splits == 20
    assert "done; b in Arms changes it" in app.notices
    app.say(say.BudgetChanged("splits", 30), data.FixApplied(fix))
    assert app.session.draft.base.splits == 30, "more than were advised"
    assert "no change: it is set already" in app.notices


def test_a_split_at_random_takes_the_others_back():
    app = Controllers("sample:stroke")
    app.say(say.LoadChoiceChanged("time", "age"), data.SplitRequested("random"))
    assert app.session.load.request.time is None
    app.top(Workbench)


# The tables of the handlers


ROUTES = Controllers().handlers.routes


@pytest.mark.parametrize("kind", ROUTES, ids=str)
def test_a_message_says_what_its_handler_takes(kind):
    given = [object()]
    if not isinstance(kind, str):
        given = [object() for field in fields(kind) if field.init]
    signature(ROUTES[kind]).bind(*given)


def test_a_message_has_no_second_handler():
    handlers = Controllers().handlers
    with pytest.raises(ValueError, match="RunRequested"):
        handlers.register({say.RunRequested: print})


def test_every_message_has_a_handler():
    modules = (say, data, arm_messages, run_messages)
    modules += (lab_state, explain_state, export_state, benching)
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Mail)
    }
    assert kinds - {*ROUTES, Mail, Intent, JobMessage} == set()
