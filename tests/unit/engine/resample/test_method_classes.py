"""Methods on more than two classes, on categories, with counts, and their lineage."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
from imblearn.under_sampling import RandomUnderSampler
from sklearn.datasets import make_classification

from engine.core.errors import ArmError
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.data import profile
from engine.features import Features
from engine.resample import method
from tests.support.each import for_each

LABELS = ("often", "seldom", "rare")


@pytest.fixture(scope="module")
def three():
    X, y = make_classification(
        600,
        5,
        n_informative=4,
        n_redundant=0,
        n_classes=3,
        n_clusters_per_class=1,
        weights=[0.7, 0.2],
        random_state=0,
    )
    return X.astype(np.float32), y


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 40])
    frame = pd.DataFrame(
        {
            "age": np.round(rng.normal(50 + 15 * y, 10)),
            "bmi": rng.normal(25, 4, size=340),
            "city": rng.choice(["a", "b", "c"], size=340),
            "sex": rng.choice(["f", "m"], size=340),
            "smoker": rng.random(340) < 0.3,
        }
    )
    features = Features(profile.columns(frame)).fit(frame)
    return features, features.transform(frame), y


def arm(*steps):
    return Arm(name="a", steps=steps)


def counts(y):
    return np.bincount(y).tolist()


def test_three_classes_come_to_the_rows_of_the_largest_as_in_imbalanced_learn(three):
    X, y = three
    treated = method.apply(grammar.parse("smote"), X, y, seed=3, labels=LABELS)
    expected, labels = SMOTE(random_state=3).fit_resample(X, y)
    np.testing.assert_array_equal(treated.X, expected)
    np.testing.assert_array_equal(treated.y, labels)
    treated = method.apply(grammar.parse("random-under"), X, y, seed=3)
    expected, _ = RandomUnderSampler(random_state=3).fit_resample(X, y)
    np.testing.assert_array_equal(treated.X, expected)


def test_a_ratio_is_between_each_class_and_the_largest(three):
    X, y = three
    many, some, few = counts(y)
    half = method.apply(arm(Step("smote", {"ratio": 0.5})), X, y, seed=0)
    assert counts(half.y) == [many, max(some, round(many / 2)), round(many / 2)]
    under = method.apply(arm(Step("random-under", {"ratio": 0.5})), X, y, seed=0)
    assert counts(under.y) == [2 * few, min(some, 2 * few), few]


@for_each(
    "name",
    [
        s.name
        for s in registry.SAMPLERS
        if s.columns == "any" and s.name != "instance-hardness"
    ],
)
def test_every_sampler_takes_three_classes_and_leaves_the_rarest_its_rows(name, three):
    X, y = three
    treated = method.apply(grammar.parse(name), X, y, seed=0, labels=LABELS, trace=True)
    before, after = counts(y), counts(treated.y)
    assert len(after) == 3
    assert min(after) > 0
    if registry.sampler(name).group == "under":
        assert after[2] == before[2]
    real = treated.origin >= 0
    np.testing.assert_array_equal(treated.X[real], X[treated.origin[real]])
    np.testing.assert_array_equal(treated.y[real], y[treated.origin[real]])


@for_each(
    "text",
    [
        *("smote+cluster-centroids", "smote+random-under:replacement=yes"),
        *("smote+near-miss", "smote+near-miss:version=3", "smote+instance-hardness"),
    ],
)
def test_a_class_that_has_the_asked_ratio_keeps_its_rows(text, three):
    """What is to drop rows draws none anew where there is none to drop."""
    X, y = three
    steps = grammar.parse(text).steps
    treated = method.apply(arm(*steps), X, y, seed=0, labels=LABELS)
    alone = method.apply(arm(steps[0]), X, y, seed=0, labels=LABELS)
    np.testing.assert_array_equal(treated.X, alone.X)
    np.testing.assert_array_equal(treated.origin, alone.origin)
    name = steps[1].sampler
    assert treated.notes == (
        f"{name}: changed nothing: the classes have the asked ratio already",
    )


@for_each("name", ["cluster-centroids", "random-under:replacement=yes"])
def test_of_several_classes_only_those_that_have_too_many_lose_rows(name, three):
    X, y = three
    few = np.flatnonzero(y == 2)
    same = np.flatnonzero(y == 1)[: len(few)]
    rows = np.sort(np.concatenate([np.flatnonzero(y == 0), same, few]))
    steps = grammar.parse(name).steps
    treated = method.apply(arm(*steps), X[rows], y[rows], seed=0, labels=LABELS)
    for label in (1, 2):
        kept = np.sort(treated.origin[treated.y == label])
        np.testing.assert_array_equal(kept, np.flatnonzero(y[rows] == label))
    assert counts(treated.y) == [len(few)] * 3


def test_what_a_step_cannot_bring_back_is_not_called_reached():
    X, y = np.random.default_rng(0).normal(size=(120, 2)), np.repeat([0, 1], [100, 20])
    steps = Step("smote", {"counts": "yes=300"}), Step("random-under")
    treated = method.apply(arm(*steps), X, y, seed=0, labels=("no", "yes"))
    assert counts(treated.y) == [100, 300]
    assert treated.notes == (
        "random-under: changed nothing: 'yes' was the rarest class at first, and loses "
        "no row",
    )


def test_counts_per_class_are_exact_and_scaled_to_a_part_of_the_rows(three):
    X, y = three
    many, some, few = counts(y)
    wanted = Step("smote", {"counts": f"seldom={some + 40}/rare={few + 100}"})
    treated = method.apply(arm(wanted), X, y, seed=0, labels=LABELS)
    assert counts(treated.y) == [many, some + 40, few + 100]
    # Said for twice as many rows.
    wanted = Step("smote", {"counts": "rare=400"})
    part = method.apply(arm(wanted), X, y, seed=0, labels=LABELS, whole=2 * len(y))
    assert counts(part.y) == [many, some, 200]


@for_each(
    ("step", "said"),
    [
        (Step("smote", {"counts": "rare=1"}), "only adds"),
        (Step("random-under", {"counts": "often=5000"}), "only drops"),
        (Step("smote", {"counts": "nobody=50"}), "'nobody'"),
    ],
)
def test_counts_that_cannot_be_are_refused(step, said, three):
    X, y = three
    with pytest.raises(ArmError, match=said) as caught:
        method.apply(arm(step), X, y, seed=0, labels=LABELS)
    assert caught.value.fix


def test_categories_are_taken_as_they_are(mixed):
    features, X, y = mixed
    layout = features.layout_
    codes = layout.collapse(X)
    treated = method.apply(
        grammar.parse("smotenc"), X, y, seed=5, layout=layout, trace=True
    )
    sampler = SMOTENC(layout.categorical.tolist(), random_state=5)
    expected, labels = sampler.fit_resample(codes, y)
    np.testing.assert_array_equal(layout.collapse(treated.X), expected)
    np.testing.assert_array_equal(treated.y, labels)
    # A row is legal before anything is rounded: every category has one level.
    for begin, end in layout.levels:
        assert (treated.X[:, begin:end].sum(axis=1) == 1).all()
    lineage = treated.lineage
    made = treated.origin < 0
    assert (lineage.first[made] >= 0).all()
    assert lineage.exact[made].all()
    ages = X[:, 0]
    steps = ages[lineage.second[made]] - ages[lineage.first[made]]
    middle = ages[lineage.first[made]] + lineage.weight[made] * steps
    np.testing.assert_allclose(treated.X[made, 0], middle, atol=1e-5)


def test_nothing_but_categories_is_taken_too(mixed):
    _, _, y = mixed
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {name: rng.choice(["a", "b", "c"], size=len(y)) for name in "pqr"}
    )
    features = Features(profile.columns(frame)).fit(frame)
    X, layout = features.transform(frame), features.layout_
    treated = method.apply(grammar.parse("smoten"), X, y, seed=5, layout=layout)
    expected, _ = SMOTEN(random_state=5).fit_resample(layout.collapse(X), y)
    np.testing.assert_array_equal(layout.collapse(treated.X), expected)


@for_each(("name", "fix"), [("smotenc", "Use smote"), ("smoten", "Use smote")])
def test_numbers_alone_are_refused_by_what_takes_categories(name, fix, three):
    X, y = three
    with pytest.raises(ArmError, match=fix) as caught:
        method.apply(grammar.parse(name), X, y, seed=0)
    assert caught.value.code == "columns"


def test_the_lineage_goes_through_all_steps(three):
    X, y = three
    steps = (Step("smote", {"ratio": 0.6}), Step("tomek-links"), Step("adasyn"))
    treated = method.apply(arm(*steps), X, y, seed=0, labels=LABELS, trace=True)
    lineage = treated.lineage
    real = treated.origin >= 0
    assert set(lineage.step[real]) == {-1}
    assert set(lineage.step[~real]) == {0, 2}
    by_smote = lineage.step == 0
    first, second = lineage.first[by_smote], lineage.second[by_smote]
    assert (first >= 0).all()
    assert (second >= 0).all()
    np.testing.assert_array_equal(y[first], treated.y[by_smote])
    weight = lineage.weight[by_smote][:, None]
    np.testing.assert_allclose(
        X[first] + weight * (X[second] - X[first]), treated.X[by_smote], atol=1e-4
    )
    # A synthetic row may be a parent, but it has no number among the fitting rows.
    by_adasyn = lineage.step == 2
    assert (lineage.first[by_adasyn] >= -1).all()
    assert not lineage.exact[by_adasyn].any()


def test_rows_are_the_same_whether_they_are_traced_or_not(three):
    X, y = three
    for name in ("smote", "svm-smote", "kmeans-smote", "smote-enn", "adasyn"):
        plain = method.apply(grammar.parse(name), X, y, seed=4)
        traced = method.apply(grammar.parse(name), X, y, seed=4, trace=True)
        np.testing.assert_array_equal(plain.X, traced.X)
        assert plain.lineage is None
