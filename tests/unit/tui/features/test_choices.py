"""Choices about a dataset: what follows from each, and what an experiment keeps."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.events import FieldChange
from engine.core.experiment import DataSpec, Experiment, ReadSpec, SplitSpec
from engine.core.messages import Load, Look
from engine.core.methods.grammar import Arm
from tests.support.fakes import loaded, preview
from tui.features import questions, reducers
from tui.features.arms.draft import Problem
from tui.features.dataset import state as choices
from tui.features.questions import Answered, Question, Refused
from tui.features.session import Session, experiment


def request(**given) -> Load:
    return Load(id=0, source="a.csv", **given)


@pytest.mark.parametrize("field", ["group", "time", "by"])
def test_test_rows_are_told_in_one_way(field):
    old = request(group="a", time="b", by="c", test_source="t.csv")
    new = choices.with_choice(old, field, "x")
    given = {f for f in ("group", "time", "by") if getattr(new, f) is not None}
    assert given == {field}


def test_groups_stay_whole_beside_a_second_file():
    new = choices.with_choice(request(group="patient"), "test_source", "t.csv")
    assert (new.group, new.test_source) == ("patient", "t.csv")
    assert choices.split_method(new) == "file"
    new = choices.with_choice(request(time="day"), "test_source", "t.csv")
    assert new.time is None


def test_a_column_has_one_role_at_a_time():
    found = request()
    for role in ("ignored", "group", "time", "split", "feature"):
        found = choices.with_role(found, "x", role)
        given = [
            name
            for name, value in (
                ("ignored", "x" in found.drop),
                ("group", found.group == "x"),
                ("time", found.time == "x"),
                ("split", found.by == "x"),
            )
            if value
        ]
        assert given == ([] if role == "feature" else [role])


@pytest.mark.parametrize(
    ("kind", "keep"),
    [("id", ("x",)), ("date", ("x",)), ("text", ("x",)), ("number", ())],
)
def test_what_its_kind_would_leave_out_is_kept_as_a_feature(kind, keep):
    new = choices.with_role(request(drop=("x",)), "x", "feature", kind)
    assert (new.drop, new.keep) == ((), keep)


@pytest.mark.parametrize(
    ("fix", "changed"),
    [
        (("drop", "x"), {"drop": ("x",)}),
        (("keep", "x"), {"keep": ("x",)}),
        (("group", "x"), {"group": "x"}),
        (("time", "x"), {"time": "x"}),
        (("duplicates", "apart"), {"duplicates": "apart"}),
        (("missing", "?"), {"read": ReadSpec(missing=("?",))}),
        (("target", "x"), {"target": "x"}),
        (("positive", "no"), {"positive": "no"}),
    ],
)
def test_a_fix_changes_what_it_names_and_nothing_else(fix, changed):
    field, value = fix
    new = choices.apply_fix(request(), FieldChange(field=field, value=value))
    assert new == msgspec.structs.replace(request(), **changed)


def test_a_fix_that_was_made_changes_nothing():
    session = reducers.reload(
        loaded(), choices.apply_fix, FieldChange(field="drop", value="age")
    )
    assert session.load.request.drop == ("age",)
    assert (
        reducers.reload(
            session, choices.apply_fix, FieldChange(field="drop", value="age")
        )
        is session
    )


def test_another_way_of_reading_forgets_what_was_chosen_for_other_columns():
    session = reducers.assign(loaded(), "age", "ignored")
    session = reducers.assign(session, "gone", "group")
    session = msgspec.structs.replace(
        session,
        load=msgspec.structs.replace(session.load, preview=Question(answer=preview())),
    )
    session = reducers.read_as(session, ReadSpec(header=0))
    assert session.load.request.read.header == 0
    assert session.load.request.drop == ("age",)
    assert session.load.request.group is None


# Going back


def test_choices_are_taken_back_one_by_one():
    start = loaded()
    session = reducers.assign(start, "age", "ignored")
    session = reducers.reload(session, choices.mute, "IMB004:id")
    session = reducers.choose(session, "duplicates", "apart")
    assert session.load.request.mute == ("IMB004:id",)
    session = reducers.undo(session)
    assert session.load.request.duplicates == "together"
    session = reducers.undo(reducers.undo(session))
    assert session.load.busy
    assert msgspec.structs.replace(session.load.request, id=1) == start.load.request
    assert reducers.undo(session) is session


def test_another_dataset_has_nothing_to_go_back_to():
    session = reducers.assign(loaded(), "age", "ignored")
    assert reducers.open_source(session, "other.csv").load.history == ()


def test_what_can_be_taken_back_is_bounded():
    session = loaded()
    for seed in range(reducers.MOST_UNDONE + 10):
        session = reducers.choose(session, "seed", seed)
    assert len(session.load.history) == reducers.MOST_UNDONE
    assert session.load.history[-1].seed == reducers.MOST_UNDONE + 8


# The experiment


def test_an_experiment_keeps_every_choice():
    data = DataSpec(
        source="a.csv",
        target="y",
        positive="1",
        drop=("a",),
        keep=("b",),
        subgroups=("sex", "b"),
        kinds={"c": "category"},
        mute=("IMB018:c",),
        test_source="t.csv",
        read=ReadSpec(delimiter=";", missing=("?",), rows=1000),
    )
    split = SplitSpec(test_size=0.3, stratify=False, group="g", duplicates="apart")
    wanted = Experiment(data=data, split=split, arms=(Arm(name="untreated"),), seed=7)
    session = reducers.open_experiment(Session(), wanted)
    made = experiment(session)
    assert (made.data, made.split, made.seed) == (data, split, 7)


# The first rows


def test_the_first_rows_are_those_of_the_newest_request():
    session = reducers.open_source(Session(), "a.csv")
    place, job = "load.preview", session.load.request.id
    old = Answered(place, job + 9, preview())
    assert questions.take(session, old) is session
    session = questions.take(session, Answered(place, job, preview()))
    assert session.load.preview.answer == preview()
    asked = questions.ask(session, place, Look(id=0, source="a.csv"))
    assert questions.take(asked, Answered(place, job, preview())) is asked
    problem = Problem(message="no table")
    failed = questions.take(asked, Refused(place, asked.jobs, problem))
    assert failed.load.preview.problem is problem
    assert failed.load.busy


def test_what_tells_the_split_has_no_kind_of_its_own():
    """A run would refuse it: such a column is no feature."""
    old = Load(id=0, source="a.csv", kinds={"day": "category", "zip": "category"})
    for new in (
        choices.with_choice(old, "time", "day"),
        choices.with_role(old, "day", "group"),
    ):
        assert new.kinds == {"zip": "category"}
    assert choices.with_choice(old, "test_source", "day").kinds == old.kinds


def test_advice_about_columns_that_are_gone_is_muted_no_longer():
    old = Load(id=0, source="a.csv", mute=("IMB016", "IMB018:a", "IMB018:b"))
    assert choices.forget_missing(old, ["a"]).mute == ("IMB016", "IMB018:a")


def test_weights_come_along_until_their_column_is_something_else():
    data = DataSpec(source="a.csv", weight="w")
    old = choices.to_request(data, SplitSpec(), 42)
    assert old.data == data
    assert choices.with_choice(old, "target", "y").data.weight == "w"
    for role in ("feature", "ignored", "target", "group", "time", "split"):
        assert not choices.with_role(old, "w", role).data.weight, role
    assert choices.forget_missing(old, ["w"]).data == data
    assert not choices.forget_missing(old, ["x"]).data.weight
    plain = choices.to_request(DataSpec(source="a.csv"), SplitSpec(), 42)
    assert choices.forget_missing(plain, ["x"]) == plain


# By which errors are compared


def by_group(session, *columns):
    return reducers.change_columns(session, columns, "errors-by")


def test_columns_are_groups_until_they_are_asked_for_again():
    session = by_group(loaded(), "gender", "age")
    assert session.load.busy
    assert experiment(session).data.subgroups == ("gender", "age")
    assert experiment(session).data.keep == ()
    session = by_group(session, "bmi", "age")
    assert experiment(session).data.subgroups == ("gender", "age", "bmi")
    session = by_group(session, "gender", "bmi")
    assert experiment(session).data.subgroups == ("age",)
    assert by_group(session, "age").load.request.data == loaded().load.request.data
    assert reducers.undo(session).load.request.subgroups == ("gender", "age", "bmi")


def test_a_group_is_a_feature_only_if_it_is_kept():
    session = reducers.assign(by_group(loaded(), "gender"), "gender", "feature")
    data = experiment(session).data
    assert (data.subgroups, data.keep) == (("gender",), ("gender",))
    # A feature as before, which nothing needs to keep; an identifier stays kept.
    assert by_group(session, "gender").load.request.data.keep == ()
    session = by_group(reducers.assign(loaded(), "id", "feature"), "id")
    assert experiment(by_group(session, "id")).data.keep == ("id",)
    ignored = reducers.assign(by_group(loaded(), "gender"), "gender", "ignored")
    data = experiment(ignored).data
    assert (data.subgroups, data.drop) == (("gender",), ("gender",))


def test_a_target_or_a_column_that_is_gone_groups_nothing():
    request = by_group(loaded(), "gender", "age").load.request
    assert choices.with_role(request, "gender", "target").subgroups == ("age",)
    assert choices.with_role(request, "gender", "group").subgroups == ("gender", "age")
    assert choices.forget_missing(request, ["gender"]).subgroups == ("gender",)
    assert choices.forget_missing(request, ["x"]).data.subgroups is msgspec.UNSET
