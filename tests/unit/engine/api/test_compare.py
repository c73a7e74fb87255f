"""A comparison in one call: the run of the command line."""

import gc
import json

import msgspec
import numpy as np
import pandas as pd
import polars
import pytest

import imbtui
from engine.api import drive
from engine.core.errors import DataError, SpecError, TargetError
from engine.service.client import runs
from tests.support.commands import warm_runs
from tests.support.experiments import make_table
from tui.__main__ import main

SHORT = {"methods": ["untreated", "smote"], "trials": 1, "folds": 2, "progress": False}
TIMES = ("seconds", "run", "imbtui", "note", "tags")


@pytest.fixture(scope="module")
def table():
    frame = make_table()
    return frame.set_axis(frame.index[::-1] * 3 + 5, axis=0)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("runs") / "runs.sqlite"


@pytest.fixture(autouse=True)
def _warm(monkeypatch, warm):
    """Processes of runs import nothing anew, but for that of `made`."""
    warm_runs(monkeypatch, warm)


@pytest.fixture(scope="module")
def made(table, store):
    return imbtui.compare(table, "sick", store=store, **SHORT)


def figures(document):
    """All that a document says, without what each run has of its own."""
    known = json.loads(msgspec.json.encode(document))
    for name in TIMES:
        known.pop(name, None)
    for arm in known["arms"]:
        del arm["seconds"]
    for name in ("name", "reader"):
        known["dataset"].pop(name, None)
    del known["experiment"]["data"]["source"]
    return known


def test_it_is_the_run_of_the_command_line(made, table, tmp_path, capsys):
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    own = tmp_path / "own.sqlite"
    words = ["run", str(path), "--target", "sick", "--methods", "untreated,smote"]
    words += ["--trials", "1", "--folds", "2", "--quiet", "--store", str(own)]
    assert main(words) == 0
    capsys.readouterr()
    theirs = imbtui.open_run("last", store=own)
    pd.testing.assert_frame_equal(made.board(), theirs.board(), check_exact=True)
    assert figures(made.document) == figures(theirs.document)


def test_missed_rows_have_the_caller_s_labels(made, table):
    rows = made.missed()
    expected = table.loc[rows.index, ["risk", "age", "dose", "colour"]]
    found = rows[["risk", "age", "dose", "colour"]]
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_the_same_call_returns_at_once_from_a_store(made, table, store, monkeypatch):
    def refuse(*args, **more):
        raise AssertionError("a process was started")

    monkeypatch.setattr(runs, "start", refuse)
    again = imbtui.compare(table, "sick", store=store, **SHORT)
    assert again.run == made.run
    other = table.assign(risk=table["risk"] + 1)
    with pytest.raises(AssertionError, match="a process was started"):
        imbtui.compare(other, "sick", store=store, **SHORT)


def test_another_object_of_the_same_class_is_another_method(table, tmp_path):
    """Neither a run nor folds that a store keeps stand for it."""
    path, short = tmp_path / "runs.sqlite", SHORT | {"store": tmp_path / "runs.sqlite"}
    few, many = (
        imbtui.compare(table, "sick", **short | {"methods": [Repeat(times)]})
        for times in (1, 4)
    )
    assert few.run != many.run
    made = [result.document.arms[1].train_after["yes"] for result in (few, many)]
    before = few.document.arms[1].train_before["yes"]
    assert made == [2 * before, 5 * before]
    assert not (path.parent / f"{path.name}.d" / "folds").exists()


class Repeat:
    """A sampler that repeats the positives."""

    def __init__(self, times):
        self.times = times

    def fit_resample(self, X, y):
        more = np.repeat(np.flatnonzero(y == 1), self.times)
        return np.vstack([X, X[more]]), np.concatenate([y, y[more]])


def test_an_interrupt_cancels_and_the_rest_can_be_done(
    made, table, tmp_path, monkeypatch
):
    path, follow = tmp_path / "runs.sqlite", runs.follow

    def stop(*args, **more):
        for event in follow(*args, **more):
            if type(event).__name__ == "TrialFinished":
                raise KeyboardInterrupt
            yield event

    monkeypatch.setattr(drive.runs, "follow", stop)
    cut = imbtui.compare(table, "sick", store=path, **SHORT)
    assert cut.status == "cancelled"
    assert len(cut.trials())
    monkeypatch.setattr(drive.runs, "follow", follow)
    whole = cut.resume(progress=False)
    assert whole.status == "done"
    pd.testing.assert_frame_equal(whole.board(), made.board(), check_exact=True)


def test_a_result_takes_its_temporary_store_with_it(table):
    result = imbtui.compare(
        table, "sick", methods=[Kept()], trials=1, folds=2, progress=False
    )
    assert list(result.board()["arm"].sort_values()) == ["my-kept", "untreated"]
    kept = result.board().set_index("arm")
    assert kept.loc["my-kept", "missed"] == kept.loc["untreated", "missed"]
    folder = result._place.path.parent
    assert folder.exists()
    del result
    gc.collect()
    assert not folder.exists()


class Kept:
    """A sampler that leaves every row."""

    def fit_resample(self, X, y):
        return X, y


def test_what_cannot_be_run_is_said_and_not_kept(table, tmp_path):
    path = tmp_path / "runs.sqlite"
    with pytest.raises(TargetError, match="'maybe'"):
        imbtui.compare(table, "sick", positive="maybe", store=path, **SHORT)
    with pytest.raises(DataError):
        imbtui.compare(tmp_path / "none.csv", "sick", store=path, **SHORT)
    with pytest.raises(imbtui.EngineError, match="no run 'last'"):
        imbtui.open_run("last", store=path)
    with pytest.raises(SpecError, match="no model 'forest'"):
        imbtui.compare(table, "sick", models=["forest"], **SHORT)
    with pytest.raises(SpecError, match="models is empty"):
        imbtui.compare(table, "sick", models=[], **SHORT)
    with pytest.raises(SpecError, match="no cost 'miss'"):
        imbtui.compare(table, "sick", costs={"miss": 3}, **SHORT)
    with pytest.raises(SpecError, match="costs has 3 numbers"):
        imbtui.compare(table, "sick", costs=(1, 2, 3), **SHORT)
    with pytest.raises(SpecError, match="test is given as tuple beside a path"):
        imbtui.compare("sample:moons", "label", test=(1, 2), **SHORT)
    with pytest.raises(SpecError, match="groups is given as list beside a path"):
        imbtui.compare("sample:moons", "label", groups=[1, 2], **SHORT)


def test_frames_are_of_the_library_that_the_table_came_from():
    frame = polars.from_pandas(make_table())
    train, test = frame.head(450), frame.tail(150)
    result = imbtui.compare(
        train.drop("sick"),
        train["sick"],
        test=(test.drop("sick"), test["sick"]),
        **SHORT,
    )
    board, missed = result.board(), result.missed()
    assert isinstance(board, polars.DataFrame)
    positives = (test["sick"] == "yes").sum()
    assert set(board["missed"] + board["found"]) == {positives}
    assert missed.height == result.matrix().counts.fn
    assert set(missed["id"]) <= {*test.filter(polars.col("sick") == "yes")["id"]}


def test_rows_have_weights_and_negatives_are_left_out(table, made, store):
    given = {"sample_weight": table["age"].to_numpy(), "thin": 1}
    other = imbtui.compare(table, "sick", **given, store=store, **SHORT)
    assert other.document.split.thinned.ratio == 1
    roles = other.document.dataset.roles
    assert [n for n, role in roles.items() if role == "weight"] == ["weight"]
    assert not other.board().equals(made.board())
    with pytest.raises(SpecError, match="'risk' cannot weigh the rows"):
        imbtui.compare(table, "sick", sample_weight="risk", **SHORT)


def test_a_prevalence_and_groups_are_those_of_the_experiment(table):
    given = {"prevalence": 0.02, "subgroups": "colour"}
    result = imbtui.compare(table, "sick", **given, **SHORT)
    document = result.document
    assert document.costs.prevalence == 0.02
    assert document.experiment.data.subgroups == ("colour",)
    assert document.dataset.roles["colour"] != "feature"
    assert set(result.subgroups().frame()["level"]) == {"red", "green", "blue"}
    with pytest.raises(SpecError, match="prevalence"):
        imbtui.compare(table, "sick", prevalence=2, **SHORT)
    with pytest.raises(SpecError, match="sexx"):
        imbtui.compare(table, "sick", subgroups=["sexx"], **SHORT)
