"""Runs whose test rows are told by equal rows, by time, by a column or by a file."""

import msgspec
import numpy as np
import pandas as pd
import pytest

from engine.core.errors import RunFailedError, SpecError
from engine.core.events import Progress
from engine.core.execution import CancelToken
from engine.core.experiment import SplitSpec
from engine.core.state import State, reduce
from engine.data import load_table as load
from engine.data import prepare_dataset as prepare
from engine.splits import cut, divide
from engine.steps import run
from engine.train.finish import out_of_fold
from engine.train.plan import Plan
from tests.support.documents import build
from tests.support.experiments import make_table, small
from tests.support.runs import drain, timeless

ARMS = ("untreated", "smote")


def written(frame, folder, name="t.csv"):
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def light(source, *arms, **changes):
    """One trial of few rounds: what is looked at here is which rows are where."""
    given = {"search__trials": 1, "model__rounds": 10, **changes}
    return small(source, *arms, **given)


def dated():
    frame = make_table()
    days = np.random.default_rng(3).permutation(300).repeat(2)
    return frame.assign(day=pd.Timestamp("2024-01-01") + pd.to_timedelta(days, "D"))


def timed(folder, **changes):
    path = written(dated(), folder)
    return light(path, *ARMS, data__target="sick", split__time="day", **changes)


def plan_of(experiment):
    table, data, way = load(experiment.data.source), experiment.data, experiment.split
    dataset = prepare(table, data, way)
    split = divide(dataset, way, seed=experiment.seed)
    folds = cut(dataset, split.train, experiment.search, way, seed=experiment.seed)
    return Plan(experiment, dataset, split, folds, {})


def test_scores_in_the_order_of_time_are_of_the_rows_that_are_judged(tmp_path):
    plan = plan_of(timed(tmp_path))
    times = plan.dataset.times
    assert (
        0.7 < len(plan.validation_rows) / len(plan.split.train) < 0.8
    )  # 3 of 4 stretches
    unjudged = np.setdiff1d(plan.split.train, plan.validation_rows)
    assert times[unjudged].max() < times[plan.validation_rows].min()
    scores = [fold.validation.astype(np.float32) for fold in plan.folds]
    np.testing.assert_array_equal(out_of_fold(plan, scores)[0], plan.validation_rows)


def test_a_run_by_time_ends_in_a_result_and_resumes(tmp_path):
    experiment = timed(tmp_path, search__repeats=2)
    kept = {}
    events = [e for e in run(experiment, artifacts=kept) if not isinstance(e, Progress)]
    state = State()
    for event in events:
        state = reduce(state, event)
    times = state.split.times
    assert times["train"][0] == "2024-01-01"
    assert times["test"][1] == "2024-10-26"
    assert times["train"][1] < times["test"][0]
    document = build(state, run="")
    assert document["status"] == "done"
    assert document["experiment"]["search"]["repeats"] == 1
    assert any("1 repeat instead of 2" in said for said in document["warnings"])
    assert document["proof"]["held_out_rows_learned_from"] == 0
    assert document["dataset"]["roles"]["day"] == "time"
    assert len(document["arms"][0]["folds"]) == 3
    sizes = [sum(f["before"].values()) for f in document["arms"][0]["folds"]]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 2
    again = State()
    for event in events[:6]:
        again = reduce(again, event)
    for event in run(experiment, history=events[:6], artifacts=dict(kept)):
        again = reduce(again, event)
    assert timeless(build(again, run="")) == timeless(document)


def test_no_equal_row_is_learned_from_and_judged(tmp_path):
    frame = make_table()
    frame = pd.concat([frame, frame.iloc[:150].assign(id=range(10**5, 10**5 + 150))])
    experiment = light(written(frame, tmp_path), "untreated", data__target="sick")
    plan = plan_of(experiment)
    numbers = plan.dataset.equal_rows
    assert len(np.unique(numbers)) == 600
    for fold in plan.all_folds:
        fit, judge = plan.indices(fold)
        assert not set(numbers[fit]) & set(numbers[judge])
    apart = msgspec.structs.replace(experiment, split=SplitSpec(duplicates="apart"))
    plan = plan_of(apart)
    assert all(
        set(numbers[fit]) & set(numbers[judge])
        for fit, judge in map(plan.indices, plan.all_folds)
    )


def test_a_run_says_which_rows_are_no_copies_and_what_groups_do(tmp_path):
    frame = make_table().drop(columns="id")
    ties = frame[frame["sick"] == "no"].iloc[[0] * 300]
    frame = pd.concat([frame, ties], ignore_index=True)
    path = written(frame, tmp_path)
    document = build(drain(light(path, "untreated", data__target="sick")), run="")
    assert sum(document["split"]["test"].values()) == 180
    assert any("too large to stay on one side" in w for w in document["warnings"])
    advice = [a for a in document["dataset"]["advice"] if a["code"] == "IMB013"]
    assert "split like other rows" in advice[0]["message"]
    path = written(frame.assign(ward=np.arange(900).clip(400)), tmp_path, "w.csv")
    grouped = light(path, "untreated", data__target="sick", split__group="ward")
    said = build(drain(grouped), run="")["warnings"]
    assert any("the largest group of 'ward' has 401 of 900 rows" in w for w in said)
    assert any("would be even, because of the groups" in w for w in said)


def test_a_run_says_that_an_oversampled_class_has_too_few_different_rows(tmp_path):
    frame = make_table().drop(columns="id")
    sick = frame[frame["sick"] == "yes"].iloc[:5]
    parts = [frame[frame["sick"] == "no"], *[sick] * 40]
    experiment = light(
        written(pd.concat(parts), tmp_path), "untreated", data__target="sick"
    )
    for number, said in ((3, False), (5, True)):
        search = msgspec.structs.replace(experiment.search, folds=number)
        run_of = msgspec.structs.replace(experiment, search=search)
        document = build(drain(run_of), run="")
        told = "fewer different training rows than there are folds (5)"
        assert any(told in w for w in document["warnings"]) == said
        assert not any("do not represent" in w for w in document["warnings"])


@pytest.fixture
def halves(tmp_path):
    """The first 450 rows, the other 150, and all of them with a column that says so."""
    frame = make_table()
    whole = frame.assign(part=np.where(np.arange(600) < 450, "train", "test"))
    return (
        written(frame[:450], tmp_path, "a.csv"),
        written(frame[450:], tmp_path, "b.csv"),
        written(whole, tmp_path, "whole.csv"),
    )


def test_two_files_and_a_column_are_the_same_split(halves):
    first, second, whole = halves
    one = light(first, *ARMS, data__target="sick", data__test_source=str(second))
    other = light(whole, *ARMS, data__target="sick", split__by="part")
    by_file, by_column = (build(drain(e), run="") for e in (one, other))
    assert sum(by_file["split"]["test"].values()) == 150
    assert by_file["split"] == by_column["split"]
    for ours, theirs in zip(by_file["arms"], by_column["arms"], strict=True):
        assert ours["cv"] == theirs["cv"]
        assert ours["test"] == theirs["test"]


def test_a_resumed_run_refuses_another_test_file(halves):
    first, second, _ = halves
    experiment = light(
        first, "untreated", data__target="sick", data__test_source=str(second)
    )
    kept = {}
    events = [e for e in run(experiment, artifacts=kept) if not isinstance(e, Progress)]
    pd.read_csv(second)[:-1].to_csv(second, index=False)
    with pytest.raises(RunFailedError, match="not the table this run began with"):
        list(run(experiment, history=events[:3], artifacts=kept))


def test_a_resumed_run_refuses_rows_that_change_sides(halves):
    """The table is the same, only where it is cut is not."""
    _, _, whole = halves
    experiment = light(whole, "untreated", data__target="sick", split__by="part")
    events = [e for e in run(experiment) if not isinstance(e, Progress)]
    other = msgspec.structs.replace(experiment, split=SplitSpec())
    began = msgspec.structs.replace(
        events[0],
        dataset=msgspec.structs.replace(
            events[0].dataset, fingerprint=next(iter(run(other))).dataset.fingerprint
        ),
    )
    with pytest.raises(RunFailedError, match=r"whole\.csv .* test rows are others"):
        list(run(other, history=[began], artifacts={}))


def test_what_the_classes_are_called_changes_no_number(tmp_path):
    frame = make_table()
    plain = light(written(frame, tmp_path), *ARMS, data__target="sick")
    one = build(drain(plain), run="")
    for names in (("healthy", "ill"), ("Negative", "Positive"), ("z", "a")):
        called = frame["sick"].map({"no": names[0], "yes": names[1]})
        path = written(frame.assign(sick=called), tmp_path, "n.csv")
        other = build(drain(light(path, *ARMS, data__target="sick")), run="")
        split = one["split"], other["split"]
        assert split[0]["test_fingerprint"] == split[1]["test_fingerprint"], names
        for ours, theirs in zip(one["arms"], other["arms"], strict=True):
            assert ours["cv"] == theirs["cv"], names
            assert ours["operating_points"] == theirs["operating_points"], names


def test_all_advice_and_the_sample_are_told(tmp_path):
    path = written(make_table(), tmp_path)
    experiment = light(path, "untreated", data__target="sick")
    data = experiment.data
    data = msgspec.structs.replace(
        data, read=msgspec.structs.replace(data.read, rows=300), mute=("IMB004",)
    )
    document = build(drain(msgspec.structs.replace(experiment, data=data)), run="")
    assert document["dataset"]["sampled"] == {"rows": 300, "of": 600}
    told = {a["code"] for a in document["dataset"]["advice"]}
    assert {"IMB008", "IMB022", "IMB016"} <= told
    assert "IMB004" not in told


def test_a_split_that_is_told_twice_is_refused_before_any_work():
    with pytest.raises(SpecError, match="2 ways: by, a test file"):
        light("a.csv", "untreated", split__by="x", data__test_source="b.csv")
    light("a.csv", "untreated", split__group="x", data__test_source="b.csv")


def test_reading_ends_when_the_run_is_cancelled(tmp_path):
    """A large file takes minutes; nothing has been done of the run by then."""
    token = CancelToken()
    token.cancel("on request")
    experiment = light(
        written(make_table(), tmp_path), "untreated", data__target="sick"
    )
    (only,) = run(experiment, cancel=token)
    assert only.status == "cancelled"
    state = drain(experiment, history=[only])
    assert state.status == "done"
