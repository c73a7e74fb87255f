"""Estimates from a part of the rows: what is counted, not what a clock says."""

import numpy as np
import pytest

from engine.core.errors import ArmError
from engine.core.methods import grammar
from engine.core.methods.grammar import Step
from engine.resample import probe as probing
from engine.resample.neighbours import ExactNeighbors
from engine.resample.probe import LabelledRows, Searches, probe
from tests.support.each import for_each


def table(rows=6_000, positives=300, columns=6, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([0, 1], [rows - positives, positives]))
    X = rng.normal(size=(rows, columns)) + y[:, None]
    return X.astype(np.float32), y


class Clock:
    """Seconds that go by as they are told to, whatever the machine does."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def taking(monkeypatch, clock, each=1e-3, powers=None, **dearer):
    """Let a thousand rows take so many seconds, and more a power of that."""
    treated: list[tuple[str, int]] = []
    real = LabelledRows.treat

    def treat(self, arm, places):
        treated.append((arm.name, len(places)))
        name = arm.name.replace("-", "_")
        power = (powers or {}).get(name, 1.0)
        seconds = dearer.get(name, each) * (len(places) / 1_000) ** power
        clock.now += seconds
        few = places if len(places) <= 1_000 else self.part(1_000)
        return seconds, real(self, arm, few)[1]

    monkeypatch.setattr(LabelledRows, "treat", treat)
    return treated


def test_a_cheap_sampler_treats_all_rows_and_tells_the_truth():
    X, y = table(2_000, 200)
    found = probe([grammar.parse("smote")], X, y, seed=0, labels=("no", "yes"))["smote"]
    assert found.whole
    assert found.rows == found.total == 2_000
    assert np.bincount(found.treated.y).tolist() == [1_800, 1_800]


@for_each(("name", "power"), [("svm-smote", 3.0), ("condensed", 3.0), ("smote", 1.5)])
def test_growth_that_was_seen_goes_on(name, power, monkeypatch):
    X, y = table()
    clock, key = Clock(), name.replace("-", "_")
    taking(monkeypatch, clock, powers={key: power}, **{key: 0.5})
    found = probe([grammar.parse(name)], X, y, seed=0, budget=2.0, clock=clock)[name]
    assert not found.whole
    assert found.grows == pytest.approx(power, abs=0.01)
    assert found.seconds == pytest.approx(0.5 * 6**power, rel=0.05)


@for_each(
    ("name", "positives", "shown", "told"),
    [
        ("condensed", 300, 1.0, 2.0),
        ("svm-smote", 600, 2.0, 2.5),
        ("svm-smote", 300, 2.0, 2.0),
        ("svm-smote", 300, 1.0, 1.5),
        ("cluster-centroids", 300, 0.2, 1.35),
    ],
)
def test_what_slow_samplers_show_on_few_rows_is_half_believed(
    name, positives, shown, told, monkeypatch
):
    X, y = table(positives=positives)
    clock, key = Clock(), name.replace("-", "_")
    taking(monkeypatch, clock, powers={key: shown}, **{key: 0.5})
    found = probe([grammar.parse(name)], X, y, seed=0, budget=2.0, clock=clock)
    assert found[name].grows == pytest.approx(told, abs=0.01)


@for_each(
    ("name", "power"), [("enn", 1.5), ("tomek-links", 2.0), ("repeated-enn", 1.2)]
)
def test_the_time_of_a_cleaner_grows_as_its_search_of_neighbours(
    name, power, monkeypatch
):
    X, y = table()
    clock, key = Clock(), name.replace("-", "_")
    taking(monkeypatch, clock, powers={key: 1.0}, **{key: 0.5})

    class Search(ExactNeighbors):
        def fit(self, X, y=None):
            clock.now += 1e-8 * len(X) ** power
            return super().fit(X, y)

    monkeypatch.setattr(probing, "ExactNeighbors", Search)
    found = probe([grammar.parse(name)], X, y, seed=0, budget=2.0, clock=clock)[name]
    assert not found.whole
    assert found.seconds == pytest.approx(
        0.5 * found.rows / 1_000 * (6_000 / found.rows) ** power, rel=0.05
    )


def test_a_search_of_too_many_rows_is_asked_of_a_part(monkeypatch):
    X, y = table()
    monkeypatch.setattr(probing, "CELLS", 2_000 * X.shape[1])
    rows = LabelledRows(X, y, 0, None, None, (), Clock())
    assert 0 < Searches(rows).grows(Step("enn"), 1_000) <= 2.0
    assert Searches(rows).grows(Step("enn"), 4_000) == 2.0


def test_the_budget_is_kept_and_the_cheapest_go_first(monkeypatch):
    X, y = table()
    clock = Clock()
    dearer = {"condensed": 1.0, "svm_smote": 0.4, "adasyn": 0.1}
    treated = taking(monkeypatch, clock, **dearer)
    names = ("condensed", "smote", "random-under", "svm-smote", "adasyn")
    arms = [grammar.parse(name) for name in names]
    probe(arms, X, y, seed=0, budget=4.0, clock=clock)
    assert clock.now <= 4.6  # a part may have been treated twice at the end
    largest = {name: max(n for a, n in treated if a == name) for name in names}
    assert largest["random-under"] == largest["smote"] == 6_000
    assert largest["condensed"] < largest["adasyn"]


def test_what_no_time_is_left_for_is_not_known(monkeypatch):
    X, y = table()
    clock = Clock()
    taking(monkeypatch, clock, adasyn=9.0)
    arms = [grammar.parse("adasyn"), grammar.parse("instance-hardness")]
    found = probe(arms, X, y, seed=0, budget=1.0, clock=clock)
    assert found["instance-hardness"].seconds is None
    assert found["instance-hardness"].rows == 0
    assert found["adasyn"].seconds > 9


def test_a_part_has_its_share_of_each_class_and_grows_by_nesting():
    X, y = table()
    rows = LabelledRows(X, y, 0, None, None, (), Clock())
    small, large = rows.part(1_000), rows.part(3_000)
    assert np.bincount(y[small]).tolist() == [950, 50]
    assert set(small) < set(large)
    assert np.array_equal(rows.part(10**6), np.arange(6_000))


def test_an_error_of_all_rows_is_known_and_one_of_a_part_is_not():
    X, y = table(400, 40)
    X[y == 1] += 1_000
    found = probe([grammar.parse("adasyn")], X, y, seed=0)["adasyn"]
    assert isinstance(found.problem, ArmError)


def test_cleaners_are_told_by_a_part():
    X, y = table()
    arms = [grammar.parse(text) for text in ("enn", "smote-enn", "repeated-enn")]
    found = probe(arms, X, y, seed=0, budget=1.0)
    for one in found.values():
        assert one.seconds > 0
        assert one.given is not None
    assert found["repeated-enn"].seconds > found["enn"].seconds


def test_a_method_is_the_sum_of_its_steps():
    X, y = table(1_500, 150)
    both = grammar.parse("random-under:ratio=0.5+smote")
    found = probe([both, grammar.parse("smote")], X, y, seed=0)
    assert found[both.name].seconds < 10 * found["smote"].seconds
    assert found[both.name].treated is None


def test_controls_take_nothing():
    X, y = table(300, 30)
    assert probe([grammar.parse("untreated")], X, y, seed=0) == {}


@for_each("text", ["random-over:counts=1=250", "smote:counts=1=250"])
def test_counts_of_all_rows_have_their_share_in_a_part(text):
    X, y = table(1_200, 200)
    found = probe([grammar.parse(text)], X, y, seed=0, labels=("0", "1"))
    (one,) = found.values()
    assert one.whole
    assert np.bincount(one.treated.y).tolist() == [1_000, 250]


def test_steps_that_are_set_alike_are_tried_once(monkeypatch):
    X, y = table(1_000, 100)
    clock = Clock()
    treated = taking(monkeypatch, clock)
    step = Step("adasyn")
    arms = [grammar.parse("adasyn"), grammar.parse("adasyn+tomek-links")]
    assert arms[0].steps[0] == step
    probe(arms, X, y, seed=0, clock=clock)
    assert [n for a, n in treated if a == "adasyn"].count(1_000) <= 2
