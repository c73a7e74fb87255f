"""The methods as data: what there is, its variants, and what is refused."""

import importlib
import inspect
import pickle

import numpy as np
import pytest

from engine.core.errors import SpecError
from engine.core.experiment import DataSpec, Experiment
from engine.core.methods import grammar, registry
from engine.core.methods.builtin import Fewer
from engine.core.methods.grammar import Arm, Step
from engine.core.methods.samplers import Parameter
from engine.core.presets import preset
from tests.support.each import for_each

THINGS = (*registry.SAMPLERS, *registry.ENSEMBLES)
PARAMETERS = [(thing, p) for thing in THINGS for p in thing.parameters]


def home_of(thing):
    module, _, name = thing.home.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_all_of_imbalanced_learn_is_there():
    found = {s.home.rpartition(".")[2] for s in registry.SAMPLERS}
    wanted = set()
    for name in ("over_sampling", "under_sampling", "combine"):
        wanted |= set(importlib.import_module(f"imblearn.{name}").__all__)
    assert found == wanted
    assert len(registry.SAMPLERS) == 21
    found = {e.home.rpartition(".")[2] for e in registry.ENSEMBLES}
    assert found == set(importlib.import_module("imblearn.ensemble").__all__)


def test_names_are_listed_once_controls_first_and_ensembles_last():
    names = registry.names()
    assert len(set(names)) == len(names)
    assert names[:3] == ("untreated", "weights", "cost-weights")
    assert names[-4:] == tuple(e.name for e in registry.ENSEMBLES)


@for_each("entry", registry.SAMPLERS)
def test_defaults_are_those_of_imbalanced_learn(entry):
    """Ours are the same, or a number for what is a word or nothing there."""
    said = {
        "shrinkage": (0.0, None),
        "kmeans_estimator": (8, None),
        "cluster_balance_threshold": (0.5, "auto"),
    }
    if entry.name in ("condensed", "one-sided-selection"):
        said["n_neighbors"] = (1, None)
    theirs = inspect.signature(home_of(entry)).parameters
    if entry.group == "combined":  # Its parts have them.
        parts = importlib.import_module("imblearn")
        theirs = {
            **inspect.signature(parts.over_sampling.SMOTE).parameters,
            **inspect.signature(
                parts.under_sampling.EditedNearestNeighbours
            ).parameters,
        }
    given = entry.to_library({p.name: p.default for p in entry.parameters})
    # What the cleaner behind SMOTE may drop: all classes, in both of them.
    assert given.pop("cleans", "all") == "all"
    for name, value in given.items():
        assert (value, theirs[name].default) == said.get(name, (value, value)), name


@for_each("entry", registry.SAMPLERS)
def test_a_sampler_is_described_and_asked_for_rows_in_two_ways(entry):
    assert entry.when
    assert entry.when_not
    assert entry.source or entry.name == "random-under"
    assert entry.has_ratio == ("counts" in entry.parameter_names)
    assert entry.has_ratio or entry.group == "under"
    assert entry.neighbors is None or entry.neighbors in entry.parameter_names


@for_each(("thing", "parameter"), PARAMETERS)
def test_values_are_within_their_own_bounds(thing, parameter):
    for value in (parameter.default, *parameter.tries):
        assert parameter.check(thing.name, value) == value
    assert parameter.effect
    assert len(set(parameter.tries)) == len(parameter.tries)
    assert len(parameter.tries) != 1
    if parameter.kind == "choice":
        assert parameter.default in parameter.choices
        assert set(parameter.tries) <= set(parameter.choices)


@for_each("entry", registry.ENSEMBLES)
def test_an_ensemble_takes_its_defaults_and_all_of_its_space(entry):
    from engine.train.models import ensembles
    from engine.train.models.fitted_trees import class_scores

    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [400, 100])
    X = rng.normal(size=(500, 3)).astype(np.float32) + y[:, None]
    defaults = {p.name: p.default for p in entry.parameters}
    smaller = {"n_estimators": 3} | ({"rounds": 3} if "rounds" in defaults else {})
    ends = [
        {n: getattr(r, end) for n, r in entry.space.items()} for end in ("low", "high")
    ]
    for params in (defaults, *ends):
        given = registry.check_ensemble(entry.name, params | smaller)
        model = ensembles.fit_ensemble(entry.name, given, X, y, seed=0)
        scores = class_scores(model, X)
        assert scores[y == 1].mean() > scores[y == 0].mean()
    for name, known in entry.space.items():
        parameter = next(p for p in entry.parameters if p.name == name)
        assert (parameter.kind == "integer") == known.whole
        assert known.low <= known.start <= known.high
        for value in (known.low, known.high):
            parameter.check(entry.name, value)


@for_each("name", ["balanced-random-forest", "rus-boost", "balanced-bagging"])
def test_an_ensemble_at_its_defaults_is_imbalanced_learns_own(name):
    from engine.train.models import ensembles

    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [170, 30])
    X = rng.normal(size=(200, 3)).astype(np.float32)
    entry = registry.ensemble(name)
    ours = ensembles.fit_ensemble(name, {}, X, y, seed=5)
    stock = home_of(entry)(random_state=5).fit(X, y)
    assert np.array_equal(ours.predict_proba(X), stock.predict_proba(X))


def test_what_an_ensemble_balances_to_survives_pickling_and_knows_several_classes():
    y = np.repeat([0, 1, 2], [50, 20, 10])
    fewer = pickle.loads(pickle.dumps(Fewer(0.5)))
    assert fewer(y) == {0: 20, 1: 20}
    assert Fewer(0.01, rarest=True)(y) == {0: 50, 1: 20, 2: 10}


@for_each("name", ["smote-fast", "repeated-enn-fast", "weights-fast"])
def test_what_has_no_fast_variant_is_no_arm(name):
    with pytest.raises(SpecError, match=f"no method '{name}'"):
        grammar.parse(name)


def test_what_is_like_nothing_is_referred_to_the_list():
    with pytest.raises(SpecError, match="one of the 28 there are"):
        grammar.parse("xyz")
    with pytest.raises(SpecError, match="There are: balanced-random-forest, easy-"):
        registry.ensemble("xyz")


@for_each("value", ["quick", 1, True, 2.5])
def test_a_choice_is_one_of_its_choices(value):
    with pytest.raises(SpecError, match=r"[Cc]hoose one of: all, mode"):
        registry.check_step(Step("enn", {"kind_sel": value}))
    given = registry.check_step(Step("enn", {"kind_sel": "mode"}))
    assert given == {"n_neighbors": 3, "kind_sel": "mode"}


def test_a_choice_of_numbers_takes_numbers_too():
    assert registry.check_step(Step("near-miss", {"version": 2}))["version"] == "2"
    half = Step("kmeans-smote", {"density_exponent": 0.5})
    assert registry.check_step(half)["density_exponent"] == "0.5"
    with pytest.raises(SpecError, match="Choose one of: 1, 2, 3"):
        registry.check_step(Step("near-miss", {"version": 4}))


def test_arguments_are_called_as_the_library_does():
    entry = registry.sampler("near-miss")
    given = entry.to_library(registry.check_step(Step("near-miss", {"version": "3"})))
    assert given == {"version": 3, "n_neighbors": 3, "n_neighbors_ver3": 3}
    given = registry.check_step(Step("random-under", {"replacement": "yes"}))
    assert registry.sampler("random-under").to_library(given) == {"replacement": True}
    assert registry.sampler("instance-hardness").to_library({"folds": 3}) == {"cv": 3}


def test_bounds_are_said_however_many_there_are():
    for low, high, said in (
        (1, None, "give a number of 1 at least"),
        (None, 1, "give a number of 1 at most"),
        (1, 2, "give a number from 1 to 2"),
    ):
        parameter = Parameter("x", "number", 1.0, low, high, "")
        with pytest.raises(SpecError) as caught:
            parameter.check("a", 0.5 if low else 1.5)
        assert caught.value.fix == said
    assert Parameter("x", "number", 1.0, None, None, "").check("a", -4) == -4.0


@for_each("value", [float("nan"), float("inf"), "1", None, True])
def test_a_number_is_a_finite_one(value):
    with pytest.raises(SpecError, match="ratio of smote is"):
        registry.check_step(Step("smote", {"ratio": value}))


@for_each(
    ("step", "said"),
    [
        (Step("smote", tune={"k": ()}), r"no parameter 'k'\. Did|no parameter 'k'"),
        (Step("smote", tune={"k_neighbors": (3, 0)}), "from 1 to 50"),
        (Step("smote", {"k_neighbors": 3}, {"k_neighbors": ()}), "both fixed and"),
        (Step("all-knn", tune={"allow_minority": ()}), "no default values to search"),
        (Step("smote", {"counts": "yes"}), "give rows per class|Give rows per class"),
        (Step("smote", {"counts": 3}), "as text"),
        (Step("smote", {"counts": "yes=9", "ratio": 0.5}), "a ratio and counts"),
        (Step("smote", {"counts": "yes=9"}, {"ratio": ()}), "a ratio and counts"),
    ],
)
def test_a_step_that_cannot_be_is_refused(step, said):
    with pytest.raises(SpecError, match=said):
        registry.check_step(step)


def test_values_to_try_are_those_given_or_the_registrys():
    step = Step("smote", tune={"k_neighbors": (3, 3.0, 7), "ratio": ()})
    assert registry.tries(step) == {
        "k_neighbors": (3, 7),
        "ratio": (0.1, 0.25, 0.5, 1.0),
    }
    assert registry.tries(Step("enn", tune={"kind_sel": ("all", "mode")})) == {
        "kind_sel": ("all", "mode")
    }


@for_each(
    ("arm", "said"),
    [
        (Arm(name="a", ensemble="forest"), "no ensemble 'forest'"),
        (Arm(name="a", ensemble="rus-boost", params={"depth": 3}), "'max_depth'"),
        (Arm(name="a", ensemble="rus-boost", params={"max_depth": 99}), "from 0 to 64"),
        (Arm(name="a", ensemble="rus-boost", weights=True), "weights and an ensemble"),
        (
            Arm(name="a", ensemble="rus-boost", steps=(Step("smote"),)),
            "steps and an ensemble",
        ),
        (Arm(name="smote", params={"max_depth": 3}), "params and no ensemble"),
        (Arm(name="untreated", ensemble="rus-boost"), "no untreated control"),
    ],
)
def test_an_arm_is_one_thing(arm, said):
    arms = (arm,) if arm.name == "untreated" else (grammar.parse("untreated"), arm)
    with pytest.raises(SpecError, match=said):
        registry.check(Experiment(data=DataSpec(source="a"), arms=arms))


def test_the_thorough_preset_keeps_its_arms():
    assert [arm.name for arm in preset("thorough", source="a.csv").arms] == [
        "untreated",
        "weights",
        "random-over",
        "smote",
        "kmeans-smote",
        "svm-smote",
        "random-under",
        "smote-enn",
    ]
