"""What an arm does to the training rows, as the app's service tells it."""

from __future__ import annotations

import threading
import time

import msgspec
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE

from engine.core import lab
from engine.core.errors import ArmError, DataError
from engine.core.messages import Failure, Load, TableInfo
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm, Step
from engine.core.methods.ratio import share_fairly
from engine.data import load_data
from engine.resample import method
from engine.resample import preview as previews
from engine.resample import training_rows as benches
from engine.resample.preview import Previewer, short
from engine.resample.training_rows import TrainingRows, prepare_rows
from engine.service import RequestHandler, Service
from engine.service import protocol as wire
from tests.support.each import for_each
from tests.support.experiments import make_table


def bench(source: str, target: str, **choices) -> TrainingRows:
    request = Load(id=1, source=str(source), target=target, **choices)
    return prepare_rows(load_data(request.data), request)


def treat(arm: str | Arm, **wish) -> lab.Treat:
    chosen = grammar.parse(arm) if isinstance(arm, str) else arm
    return lab.Treat(id=7, arm=chosen, **wish)


@pytest.fixture(scope="module")
def moons() -> Previewer:
    return Previewer(bench("sample:moons", "label"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Previewer:
    path = tmp_path_factory.mktemp("preview") / "mixed.csv"
    make_table().to_csv(path, index=False)
    return Previewer(bench(path, "sick"))


def many(cloud) -> int:
    return sum(len(across) for across, _ in cloud.values())


# What is counted and drawn -----------------------------------------------------------


def test_smote_adds_points_and_drops_none(moons):
    found = moons.preview(treat("smote"))
    assert found.id == 7
    assert found.before == {"0": 2000, "1": 200}
    assert found.after == {"0": 2000, "1": 2000}
    assert found.synthetic == {"0": 0, "1": 1800}
    assert sum(found.removed.values()) == found.copies == 0
    assert found.axes == ("feature1", "feature2") == found.choices
    assert (many(found.kept), many(found.made), found.dropped) == (1500, 1500, {})
    assert len(found.kept["1"][0]) == 200, "no class goes short"
    assert found.sampled is None


def test_points_are_those_of_the_table_and_of_smote(moons):
    found = moons.preview(treat("smote", points=100_000))
    given = moons.bench
    frame = given.dataset.frame.iloc[given.split.train]
    there = {tuple(map(short, row)) for row in frame.to_numpy()}
    drawn = {pair for cloud in found.kept.values() for pair in zip(*cloud, strict=True)}
    assert drawn == there
    # imbalanced-learn's own, on the same matrix, in the table's units again.
    X = given.rows(np.arange(len(given.y)))
    rows, _ = SMOTE(random_state=given.seed).fit_resample(X, given.y)
    expected = given.features.restore(rows[len(X) :]).to_numpy()
    made = [*zip(*found.made["1"], strict=True)]
    assert sorted(made) == sorted(tuple(map(short, row)) for row in expected)


def test_under_samplers_drop_and_cleaners_say_what(moons):
    found = moons.preview(treat("random-under"))
    assert found.removed == {"0": 1800, "1": 0}
    assert found.made == {}
    assert (len(found.kept["0"][0]), many(found.dropped)) == (200, 1500)
    cleaned = moons.preview(treat("tomek-links"))
    gone = sum(cleaned.removed.values())
    assert 0 < gone < 200
    assert many(cleaned.dropped) == gone


def test_random_over_repeats_rows_and_makes_none(moons):
    found = moons.preview(treat("random-over"))
    assert found.copies == 1800
    assert (found.made, found.lineage, found.quality) == ({}, (), None)


@for_each("arm", ["untreated", "weights", "balanced-random-forest"])
def test_an_arm_that_changes_no_row_shows_them_as_they_are(moons, arm):
    found = moons.preview(treat(arm))
    assert found.before == found.after == {"0": 2000, "1": 200}
    assert found.made == found.dropped == {}
    assert many(found.kept) == 1500


def test_more_than_two_classes_are_treated():
    source = "make:blobs?rows=400&classes=4&ratio=6&features=3"
    found = Previewer(bench(source, "label")).preview(treat("smote"))
    assert len(found.before) == 4
    assert set(found.after.values()) == {max(found.before.values())}
    assert found.synthetic == {
        label: found.after[label] - found.before[label] for label in found.before
    }
    assert [*found.kept] == [*found.before]
    assert {row.label for row in found.lineage} <= {*found.before}


# Axes and columns --------------------------------------------------------------------


def test_many_columns_are_laid_flat_in_two_components(mixed):
    found = mixed.preview(treat("smote"))
    assert [name.partition(" (")[0] for name in found.axes] == [
        "component 1",
        "component 2",
    ]
    assert found.choices == ("risk", "age", "dose")
    X = mixed.bench.rows(np.arange(len(mixed.bench.y))).astype(float)
    shares = np.linalg.eigvalsh(np.cov(X, rowvar=False))[::-1]
    told = [int(name.partition("(")[2].partition("%")[0]) for name in found.axes]
    assert told == [round(100 * share / shares.sum()) for share in shares[:2]]
    # Of all rows, the coordinates have no correlation and mean 0.
    whole = mixed.preview(treat("untreated", points=100_000))
    points = np.array([p for c in whole.kept.values() for p in zip(*c, strict=True)])
    assert abs(np.corrcoef(points.T)[0, 1]) < 1e-3
    assert abs(points.mean(axis=0)).max() < 1e-3


def test_components_of_many_columns_are_found_without_a_table_of_all_pairs(
    mixed, monkeypatch
):
    plain = mixed.preview(treat("smote"))
    monkeypatch.setattr(previews, "WIDE", 1)
    monkeypatch.setattr(np.linalg, "eigh", None)
    lean = mixed.preview(treat("smote"))
    assert lean.axes == plain.axes
    for label, clouds in plain.kept.items():
        assert np.allclose(lean.kept[label], clouds, rtol=0, atol=1e-3)


def test_chosen_axes_are_in_their_own_units(mixed):
    found = mixed.preview(treat("smote", axes=("age", "risk")))
    assert found.axes == ("age", "risk")
    ages = [value for across, _ in found.made.values() for value in across]
    assert all(value == round(value) and 18 <= value <= 89 for value in ages)
    # A row whose dose is missing has no place there.
    part = mixed.preview(treat("untreated", axes=("age", "dose"), points=100_000))
    frame = mixed.bench.dataset.frame.iloc[mixed.bench.split.train]
    assert many(part.kept) == frame["dose"].notna().sum()


@for_each("axes", [("age", "colour"), ("gone", "age")])
def test_an_axis_that_is_no_number_is_refused(mixed, axes):
    with pytest.raises(DataError, match="no number column"):
        mixed.preview(treat("smote", axes=axes))


def test_a_column_is_counted_on_the_same_bins_before_and_after(mixed):
    found = mixed.preview(treat("smote", column="age"))
    assert found.column == "age"
    for label in found.before:
        assert len(found.bins_before[label]) == len(found.edges) - 1
        assert sum(found.bins_before[label]) == found.before[label]
        assert sum(found.bins_after[label]) == found.after[label]
    levels = mixed.preview(treat("smote", column="colour"))
    assert set(levels.levels) == {"red", "green", "blue"}
    assert sum(levels.bins_after["yes"]) == levels.after["yes"]
    # What is missing is in no bin; a synthetic row may be missing, too.
    dose = mixed.preview(treat("smote", column="dose"))
    assert sum(dose.bins_before["no"]) < dose.before["no"]
    with pytest.raises(DataError, match="no feature column"):
        mixed.preview(treat("smote", column="sick"))


# Where rows come from ----------------------------------------------------------------


@for_each("arm", ["smote", "borderline-smote", "adasyn", "smote-enn"])
def test_parents_are_training_rows_of_the_class_and_the_row_lies_between(mixed, arm):
    found = mixed.preview(treat(arm))
    table = make_table()
    train = {*mixed.bench.numbers.tolist()}
    place = found.columns.index("risk")
    assert found.lineage
    for row in found.lineage:
        assert {number for number in row.rows if number is not None} <= train
        for number, cells in zip(row.rows, (row.first, row.second), strict=True):
            if number is None:
                assert cells == ()
                continue
            real = table.iloc[number - 1]
            assert real["sick"] == row.label
            named = dict(zip(found.columns, cells, strict=True))
            assert float(named["risk"]) == real["risk"]
            assert named["colour"] == real["colour"]
        if row.exact and row.weight is not None and row.first and row.second:
            first, second = float(row.first[place]), float(row.second[place])
            expected = first + row.weight * (second - first)
            assert float(row.cells[place]) == pytest.approx(expected, abs=2e-3)


def test_listed_rows_could_exist_and_are_as_many_as_asked_for(mixed):
    found = mixed.preview(treat("smote", rows=25))
    assert len(found.lineage) == 25
    for row in found.lineage:
        named = dict(zip(found.columns, row.cells, strict=True))
        assert named["colour"] in ("red", "green", "blue")
        assert named["flag"] in ("0", "1")
        assert float(named["age"]).is_integer()
    assert mixed.preview(treat("smote", rows=0)).lineage == ()


def test_row_numbers_count_rows_without_a_target_too(tmp_path):
    table = make_table()
    table.loc[:99, "sick"] = None
    path = tmp_path / "some.csv"
    table.to_csv(path, index=False)
    found = Previewer(bench(path, "sick")).preview(treat("smote"))
    for row in found.lineage:
        number = row.rows[0]
        assert number is not None
        assert number > 100
        risk = float(row.first[found.columns.index("risk")])
        assert risk == table.iloc[number - 1]["risk"]


def test_no_test_row_is_looked_at(tmp_path):
    """Test rows are made absurd; nothing that is shown changes."""
    table = make_table()
    first = tmp_path / "first.csv"
    table.to_csv(first, index=False)
    plain = bench(first, "sick")
    changed = table.copy()
    changed["risk"] = changed["risk"].astype(float)
    changed.loc[plain.split.test, "risk"] = 1e6
    second = tmp_path / "second.csv"
    changed.to_csv(second, index=False)
    shown = [
        Previewer(b).preview(treat("smote")) for b in (plain, bench(second, "sick"))
    ]
    same = [msgspec.structs.replace(one, seconds=0.0) for one in shown]
    assert same[0] == same[1]


# Patience and memory -----------------------------------------------------------------


def test_of_what_is_left_to_a_search_its_first_setting_is_seen(moons):
    tuned = Arm(name="a", steps=(Step("smote", tune={"ratio": (0.3, 0.5)}),))
    assert moons.preview(treat(tuned)).after == {"0": 2000, "1": 600}


def test_a_part_has_its_share_of_the_rows_asked_for(moons, monkeypatch):
    monkeypatch.setattr(benches, "FEW", 0)
    step = Step("random-under", {"counts": "0=1000"})
    found = moons.preview(treat(Arm(name="a", steps=(step,)), patience=0.0))
    assert found.sampled is not None
    share = found.sampled.rows / found.sampled.of
    assert found.before["1"] == pytest.approx(200 * share, abs=1)
    assert found.after["0"] == pytest.approx(1000 * share, abs=1)


def test_what_takes_long_is_tried_on_a_sample_that_spares_the_rare_class(
    moons, monkeypatch
):
    monkeypatch.setattr(benches, "FEW", 0)
    found = moons.preview(treat("smote-enn", patience=0.0))
    assert found.sampled is not None
    assert found.sampled.of == 2200
    assert found.sampled.rows == sum(found.before.values()) <= 200
    assert found.before["1"] >= 50
    whole = moons.preview(treat("smote-enn", patience=60.0))
    assert whole.sampled is None


def test_what_takes_far_longer_than_was_estimated_is_given_up(moons, monkeypatch):
    monkeypatch.setattr("engine.resample.preview.LEAST_SECONDS", 0.1)
    monkeypatch.setattr(
        "engine.resample.preview.method.apply", lambda *_, **__: time.sleep(30)
    )
    arm = Arm(name="slow", steps=(Step("smote", {"k_neighbors": 9}),))
    with pytest.raises(ArmError, match="given up after") as caught:
        moons.preview(treat(arm, patience=0.01))
    assert (caught.value.code, bool(caught.value.fix)) == ("too-slow", True)
    monkeypatch.undo()
    assert moons.preview(treat(arm)).made, "nothing of it was kept"


def test_another_look_treats_nothing_again(moons, monkeypatch):
    calls = []
    real = method.apply

    def counted(*args, **options):
        calls.append(args[0].name)
        return real(*args, **options)

    monkeypatch.setattr("engine.resample.preview.method.apply", counted)
    arm = Arm(name="mine", steps=(Step("smote", {"k_neighbors": 3}),))
    first = moons.preview(treat(arm))
    same = Arm(name="other", steps=arm.steps)
    second = moons.preview(
        treat(same, axes=("feature2", "feature1"), column="feature1")
    )
    assert calls == ["mine"]
    assert second.made["1"] == first.made["1"][::-1]
    assert second.arm == same
    for number in range(10, 17):
        steps = (Step("smote", {"k_neighbors": number}),)
        moons.preview(treat(Arm(name="x", steps=steps)))
    moons.preview(treat(arm))
    assert calls[-1] == "mine", "only the last few are kept"


def test_shares_of_a_room():
    assert share_fairly([10, 2], 600) == [10, 2]
    for counts in ([34_094, 626], [9_000, 300, 5_000], [1, 1, 50_000]):
        given = share_fairly(counts, 1_000)
        assert sum(given) <= 1_000
        least = 1_000 // (2 * len(counts))
        for have, count in zip(given, counts, strict=True):
            assert min(count, least) <= have <= count


# Through the service -----------------------------------------------------------------


@pytest.fixture
def desk(tmp_path) -> RequestHandler:
    made = RequestHandler(lambda _: None)
    path = tmp_path / "mixed.csv"
    make_table().to_csv(path, index=False)
    answer = made.answer(wire.encode(Load(id=1, source=str(path), target="sick")))
    assert isinstance(answer, TableInfo)
    return made


def ask(desk: RequestHandler, request):
    """Ask, with the answer sent as it would be."""
    answer = desk.answer(wire.encode(request))
    return wire.decode_reply(wire.encode(answer))


def test_the_desk_answers_about_the_loaded_table(desk):
    found = ask(desk, treat("smote", column="dose"))
    assert isinstance(found, lab.TreatedRows)
    assert found.after["yes"] == found.after["no"]
    # Other choices, other rows.
    choices = desk._handler._held.request
    ask(desk, msgspec.structs.replace(choices, id=2, test_size=0.5))
    other = ask(desk, treat("smote"))
    assert sum(other.before.values()) == 300


def test_the_desk_says_why_an_arm_cannot_be_tried(desk):
    assert (
        ask(RequestHandler(lambda _: None), treat("smote")).message
        == "no table is loaded"
    )
    refused = ask(desk, treat("smoten"))
    assert isinstance(refused, Failure)
    assert refused.code != "internal"
    assert refused.fix


def test_the_desk_writes_a_balanced_table(desk, tmp_path):
    out = tmp_path / "out.csv"
    wish = lab.Balance(
        id=3, arm=grammar.parse("smote"), path=str(out), split=True, flag="synthetic"
    )
    done = ask(desk, wish)
    assert isinstance(done, lab.Balanced)
    written = pd.read_csv(out)
    assert written["sick"].value_counts().to_dict() == done.after
    assert int(written["synthetic"].sum()) == done.synthetic
    test = pd.read_csv(done.test_path)
    assert len(test) == 120
    again = ask(desk, wish)
    assert isinstance(again, Failure)
    assert "exists" in again.message


def test_a_tuned_parameter_is_written_as_it_was_seen(desk, tmp_path):
    steps = (Step("smote", {}, tune={"k_neighbors": (3, 5)}),)
    arm = Arm(name="tuned", steps=steps)
    done = ask(desk, lab.Balance(id=3, arm=arm, path=str(tmp_path / "t.csv")))
    assert isinstance(done, lab.Balanced)


def test_the_desk_shows_the_leak(desk):
    said = []
    desk._say = said.append
    shown = ask(desk, lab.LeakDemo(id=4, arm=grammar.parse("smote")))
    assert isinstance(shown, lab.LeakShown)
    assert [score.way for score in shown.scores] == ["wrong", "delivered", "right"]
    wrong, delivered, _ = shown.scores
    assert wrong.recall > delivered.recall
    assert {reply.id for reply in said} == {4}


def test_what_nobody_waits_for_is_refused_before_it_begins(desk, monkeypatch):
    monkeypatch.setattr("engine.service.handlers.MOST_SECONDS", 0.0)
    monkeypatch.setattr(benches, "FEW", 0)
    refused = ask(desk, lab.LeakDemo(id=4, arm=grammar.parse("smote")))
    assert isinstance(refused, Failure)
    assert (refused.code, "takes about" in refused.message) == ("too-slow", True)


def test_the_desk_judges_arms_on_the_same_rows(desk):
    arms = tuple(grammar.parse(name) for name in ("smote", "smoten", "untreated"))
    found = ask(desk, lab.Preflight(id=9, arms=arms))
    assert isinstance(found, lab.PreflightReport)
    assert found.id == 9
    told = {one.arm: one for one in found.findings}
    assert [*told] == ["smote", "smoten", "untreated"]
    assert told["smoten"].status == "cannot"
    assert told["smote"].after["yes"] == told["smote"].after["no"]


# A real child ----------------------------------------------------------------------


def test_a_fresh_child_treats_the_table_that_was_loaded(tmp_path):
    with Service.start(tmp_path / "log") as service:
        load = Load(id=service.next_id(), source="sample:blobs", target="label")
        assert isinstance(service.request(load), TableInfo)
        service.restart()
        found = service.request(
            lab.Treat(id=service.next_id(), arm=grammar.parse("smote"))
        )
        assert isinstance(found, lab.TreatedRows)
        assert found.before == {"0": 200, "1": 40}
        # What takes long ends when nobody waits any more.
        cancel = threading.Event()
        cancel.set()
        wish = lab.LeakDemo(id=service.next_id(), arm=grammar.parse("smote"))
        given_up = service.request(wish, cancel=cancel)
        assert isinstance(given_up, Failure)
        assert given_up.code == "cancelled"
        again = service.request(lab.Treat(id=service.next_id(), arm=found.arm))
        assert isinstance(again, lab.TreatedRows)
        assert again.made == found.made
