"""A stored run opened again: its rows, as the file has them, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
import xgboost

from engine.core.errors import DataError, EngineError, RunFailedError, SpecError
from engine.core.messages import Failure, Load
from engine.core.presets import preset
from engine.evaluate import confusion_at
from engine.explain import stored_run
from engine.explain.model import open_model
from engine.service import ExplainHandler, RequestHandler
from engine.service import protocol as wire
from engine.store import RunOptions, open_store
from tests.support.explained import ENSEMBLE, ask, groups, parts, rows, worth
from tests.support.exported_runs import ARMS


@pytest.fixture(scope="module")
def made(two_classes):
    return two_classes


@pytest.fixture(scope="module")
def three(several_classes):
    return several_classes


@pytest.fixture(scope="module")
def desk():
    return ExplainHandler()


@pytest.fixture(scope="module")
def bench(made):
    with open_store(made[0]) as store:
        found = stored_run.open_run(store, made[1])
    return stored_run.reopen_run(Path(made[0]), found)


# The same as in the run --------------------------------------------------------------


def test_the_model_gives_the_stored_scores_bit_for_bit(bench):
    other = []
    for arm in ARMS:
        model = open_model(bench, arm)
        if model.scores(model.X).tobytes() != bench.artifact(f"test/{arm}"):
            other.append(arm)
    assert not other


def test_counts_are_those_of_the_run_at_every_point(bench, made, desk):
    for arm in bench.state.arms:
        for point in arm.evaluated.operating_points:
            shown = ask(desk, made, rows, arm=arm.name, at=point.name, count=1)
            assert shown.confusion == point.confusion
            assert shown.threshold == point.threshold


def test_missed_rows_are_the_rows_of_the_file(bench, made, desk):
    file = pd.read_csv(made[2], dtype=str, keep_default_na=False)
    shown = ask(desk, made, rows, arm="untreated", at="fixed", count=500)
    scores, threshold = bench.scores("untreated"), shown.threshold
    # One row of the file has no target, and is in neither part.
    places = np.flatnonzero(file["sick"] != "")[bench.split.test]
    missed = [
        int(place)
        for place, score in zip(places, scores, strict=True)
        if file["sick"][place] == "yes" and score < threshold
    ]
    assert shown.total == len(missed) == shown.confusion.fn > 3
    assert {row.number for row in shown.rows} == {place + 1 for place in missed}
    for row in shown.rows:
        cells = [cell or "" for cell in row.cells]
        assert cells == file.iloc[row.number - 1].tolist()
        assert row.label == "yes"
        assert row.predicted == "no"
    assert shown.columns == tuple(file.columns)
    assert [row.score for row in shown.rows] == sorted(row.score for row in shown.rows)


def test_pages_follow_each_other_in_either_order(made, desk):
    whole = ask(desk, made, rows, kind="left", arm="untreated", count=30).rows
    second = ask(desk, made, rows, kind="left", arm="untreated", start=10, count=10)
    assert second.start == 10
    assert second.rows == whole[10:20]
    every = ask(desk, made, rows, kind="missed", arm="untreated", count=500).rows
    best = ask(
        desk, made, rows, kind="missed", arm="untreated", count=500, order="best"
    )
    assert [r.score for r in best.rows] == [r.score for r in every][::-1]
    beyond = ask(desk, made, rows, arm="untreated", start=10**6, count=10)
    assert beyond.rows == ()
    assert beyond.total > 0


def test_rows_are_sorted_by_any_column_that_is_listed(made, desk):
    about = {"kind": "left", "arm": "untreated", "count": 500}
    plain = ask(desk, made, rows, **about)
    lead = 2 + len(plain.others)
    keys = {
        0: lambda row: row.number,
        1: lambda row: row.score,
        2: lambda row: row.others[0],
        lead: lambda row: (row.cells[0] is None, float(row.cells[0] or 0)),
    }
    for place, key in keys.items():
        shown = ask(desk, made, rows, sort=(place, False), **about)
        assert [r.number for r in shown.rows] == [
            r.number for r in sorted(plain.rows, key=key)
        ], place
    back = ask(desk, made, rows, sort=(0, True), **(about | {"start": 10, "count": 5}))
    found = sorted((row.number for row in plain.rows), reverse=True)
    assert [row.number for row in back.rows] == found[10:15]


def test_rows_of_every_kind_add_up(made, desk):
    names = {"missed": "fn", "alarms": "fp", "found": "tp", "left": "tn"}
    failures = []
    for kind, name in names.items():
        shown = ask(desk, made, rows, kind=kind, arm="smote", at="f1", count=500)
        wrong = kind in ("missed", "alarms")
        if shown.total != getattr(shown.confusion, name) or not all(
            (row.label != row.predicted) == wrong for row in shown.rows
        ):
            failures.append((kind, shown))
    assert not failures


def test_a_moved_threshold_counts_as_the_metrics_do(bench, made, desk):
    shown = ask(
        desk, made, rows, arm="untreated", thresholds={"untreated": 0.2}, count=1
    )
    y = (bench.y == 1).astype(int)
    assert shown.confusion == confusion_at(y, bench.scores("untreated"), 0.2)


# Other arms --------------------------------------------------------------------------


def test_disagreement_is_counted_on_both_sides(bench, made, desk):
    shown = ask(desk, made, rows, arm="smote", at="cost", count=500)
    at = {
        arm.name: next(
            p.threshold for p in arm.evaluated.operating_points if p.name == "cost"
        )
        for arm in bench.state.arms
    }
    said = {name: bench.scores(name) >= np.float64(at[name]) for name in at}
    truth = bench.y == 1
    names = [(pair.a, pair.b) for pair in shown.pairs]
    rest = [name for name in ARMS if name not in ("smote", "untreated")]
    assert names == [
        *(("smote", name) for name in ("untreated", *rest)),
        *((name, "untreated") for name in rest),
    ]
    for pair in shown.pairs:
        one, other = said[pair.a], said[pair.b]
        assert pair.positives == (
            (one & other & truth).sum(),
            (one & ~other & truth).sum(),
            (~one & other & truth).sum(),
            (~one & ~other & truth).sum(),
        )
        assert sum(pair.positives) + sum(pair.negatives) == len(truth)
    only = ask(desk, made, rows, arm="smote", at="cost", against="untreated", count=500)
    assert only.total == shown.pairs[0].positives[2]
    place = only.others.index("untreated")
    assert all(row.others_positive[place] for row in only.rows)


def test_the_recommended_arm_is_taken_if_none_is_named(bench, made, desk):
    choice = bench.state.compared.verdict.choice
    assert ask(desk, made, rows, at="cost").arm == choice.arm


# What is refused ---------------------------------------------------------------------


def test_what_is_not_there_is_named_with_what_is(made, desk):
    failures = []
    for wish, words in (
        ({"arm": "enn"}, "choose one of: untreated, weights, smote, smote-enn"),
        ({"at": "luck"}, "choose one of: recommended, fixed"),
        ({"klass": "no"}, "about 'yes' against the rest"),
        ({"against": "enn"}, "no result"),
        ({"where": ("colour", "pink")}, "it has: 'blue', 'red', 'green'"),
        ({"where": ("color", "red")}, "did you mean 'colour'"),
    ):
        with pytest.raises(SpecError) as refused:
            ask(desk, made, rows, **wish)
        if words not in (said := f"{refused.value.message} {refused.value.fix}"):
            failures.append((wish, said))
    assert not failures


def test_a_file_that_changed_or_went_is_told(made, tmp_path):
    mine = made.copy(tmp_path)
    desk = ExplainHandler()
    assert ask(desk, mine, rows).total >= 0
    before = mine.table.read_bytes()
    mine.table.write_bytes(before.replace(b"red", b"tan", 1))
    with pytest.raises(DataError, match="has changed since the run"):
        ask(desk, mine, rows)
    mine.table.write_text("risk\n1\n2\n")
    with pytest.raises(DataError, match="has changed since the run"):
        ask(desk, mine, rows)
    mine.table.unlink()
    with pytest.raises(DataError, match="no longer exists"):
        ask(desk, mine, rows)
    mine.table.write_bytes(before)
    assert ask(desk, mine, rows).total >= 0


def test_a_run_without_a_result_is_told(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as store:
        run = store.create(preset("quick", source="sample:moons"), RunOptions())
    where = (str(tmp_path / "runs.sqlite"), run.id)
    with pytest.raises(RunFailedError, match="has a result yet"):
        ask(ExplainHandler(), where, rows)
    with pytest.raises(EngineError, match="no run 'ffffffff'"):
        ask(ExplainHandler(), (where[0], "ffffffff"), rows)


def test_a_model_that_says_something_else_is_refused(bench, made, monkeypatch):
    other = bench.artifact("model/smote")
    true = type(bench).artifact
    monkeypatch.setattr(
        type(bench),
        "artifact",
        lambda self, name: other if name == "model/untreated" else true(self, name),
    )
    with pytest.raises(DataError, match="does not give the scores"):
        open_model(bench, "untreated")


def test_no_pickle_is_ever_opened(bench, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pickle of the store was opened")

    monkeypatch.setattr(pickle, "loads", refuse)
    monkeypatch.setattr(pickle, "load", refuse)
    assert open_model(bench, ENSEMBLE).scorer.trees > 1


def test_an_ensemble_has_no_contributions(made, desk):
    number = ask(desk, made, rows, arm=ENSEMBLE, kind="left", count=1).rows[0].number
    with pytest.raises(RunFailedError, match="of which contributions"):
        ask(desk, made, parts, arm=ENSEMBLE, row=number)


# The desk ----------------------------------------------------------------------------


def test_the_table_is_read_once_for_many_questions(made, monkeypatch):
    read = []
    true = stored_run.load_data

    def count(*args, **options):
        read.append(1)
        return true(*args, **options)

    monkeypatch.setattr(stored_run, "load_data", count)
    desk = ExplainHandler()
    ask(desk, made, rows, arm="untreated")
    ask(desk, made, rows, arm="smote", kind="alarms")
    ask(desk, made, groups, column="age")
    assert len(read) == 1
    desk.forget()
    ask(desk, made, rows, arm="untreated")
    assert len(read) == 2


def test_the_service_answers_and_takes_the_loaded_table(made, monkeypatch):
    told: list[object] = []
    desk = RequestHandler(told.append)
    load = Load(id=1, source=str(made[2]), target="sick")
    assert not isinstance(desk.answer(wire.encode(load)), Failure)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the table was read again")

    monkeypatch.setattr(stored_run, "load_data", refuse)
    request = rows(id=2, store=made[0], run=made[1], arm="untreated", count=2)
    reply = desk.answer(wire.encode(request))
    assert wire.decode_reply(wire.encode(reply)) == reply
    assert reply.id == 2
    assert len(reply.rows) == 2
    wrong = desk.answer(wire.encode(msgspec.structs.replace(request, arm="?")))
    assert isinstance(wrong, Failure)
    assert wrong.code == "spec"


# More than two classes ---------------------------------------------------------------


def test_a_class_is_missed_if_it_is_called_another(three, desk):
    for place, klass in enumerate(("low", "mid", "high")):
        shown = ask(desk, three, rows, klass=klass, at="cost", count=500)
        assert shown.klass == klass
        assert shown.threshold is None
        with open_store(three[0]) as store:
            state = store.state(three[1])
        counts = state.arm(shown.arm).evaluated.class_points[0].confusion
        here = counts.labels.index(klass)
        row = counts.matrix[here]
        assert shown.total == sum(row) - row[here] == shown.confusion.fn
        assert shown.confusion.fp == sum(r[here] for r in counts.matrix) - row[here]
        assert all(r.label == klass != r.predicted for r in shown.rows)
        assert place < 3
    assert ask(desk, three, rows, at="cost").klass == "high"
    with pytest.raises(SpecError, match="no class 'huge'"):
        ask(desk, three, rows, at="cost", klass="huge")


def test_contributions_of_a_class_add_up_to_its_margin(three, desk):
    shown = ask(desk, three, rows, kind="found", at="cost", klass="mid", arm="smote")
    row = shown.rows[0]
    told = ask(desk, three, parts, row=row.number, klass="mid", at="cost", arm="smote")
    assert told.compared
    bench = desk._bench
    model = open_model(bench, "smote")
    place = int(np.flatnonzero(bench.numbers == row.number)[0])
    matrix = xgboost.DMatrix(model.X[place : place + 1], nthread=1)
    margin = model.scorer.booster.predict(matrix, output_margin=True)[0]
    middle = bench.dataset.labels.index("mid")
    assert told.margin == pytest.approx(float(margin[middle]), abs=1e-5)
    assert told.score == pytest.approx(row.score)
    assert told.predicted == row.predicted == "mid"
    weighed = ask(desk, three, worth, klass="mid", at="cost", arm="smote")
    assert weighed.columns[0].column == "a"
    assert "all classes" in weighed.notes[0]
