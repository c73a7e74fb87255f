"""A script without imbtui comes to the run's own numbers, whatever the arm."""

import re

import numpy as np
import pytest

from engine.core.methods import grammar
from engine.core.methods.grammar import Arm, Step
from tests.support.experiments import make_table
from tests.support.exported_scripts import checked, opened, stored

pytestmark = pytest.mark.slow

TWO = (
    "untreated",
    "weights",
    "smote",
    "kmeans-smote",
    "svm-smote",
    "smote-enn",
    "random-under:ratio=0.2+smotenc",
    "repeated-enn",
    "cluster-centroids:ratio=0.3",
)
FEW = Arm(name="few", steps=(Step("smote", {"k_neighbors": 50}),))
FOREST = Arm(
    name="forest", ensemble="balanced-random-forest", params={"n_estimators": 5}
)
EASY = Arm(
    name="easy", ensemble="easy-ensemble", params={"n_estimators": 3, "rounds": 5}
)
COSTS = Arm(name="costs", weights="cost")
BOOST = Arm(name="boost", ensemble="rus-boost", params={"n_estimators": 5})


@pytest.fixture(scope="module")
def two():
    """A run of two classes with gaps in numbers, flags and categories."""
    frame = make_table(200, share=0.2, seed=5)
    rng = np.random.default_rng(5)
    frame["flag"] = frame["flag"].astype(float).mask(rng.random(200) < 0.05)
    frame["colour"] = frame["colour"].mask(rng.random(200) < 0.1)
    arms = [grammar.parse(name) for name in TWO]
    return stored(frame, *arms, FEW, COSTS, EASY, FOREST, data__target="sick")


@pytest.fixture(scope="module")
def three():
    rng = np.random.default_rng(1)
    frame = make_table(200, seed=2).drop(columns=["sick", "id"])
    score = frame["risk"] + rng.normal(scale=0.5, size=200)
    frame["level"] = np.where(score > 1.2, 3, np.where(score > 0.4, 2, 1))
    arms = ("untreated", "weights", "smote-tomek", BOOST, COSTS)
    return stored(frame, *arms, data__target="level")


@pytest.mark.parametrize("arm", [*TWO, "few", "costs", "easy", "forest"])
def test_two_classes(two, tmp_path, arm):
    name = grammar.parse(arm).name if arm in TWO else arm
    checked(two, name, tmp_path / "script.py")


@pytest.mark.parametrize("arm", ["weights", "smote-tomek", "boost", "costs"])
def test_three_classes(three, tmp_path, arm):
    checked(three, arm, tmp_path / "script.py")


def test_costs_at_a_prevalence(tmp_path):
    """The script's positives weigh what the run's did."""
    frame = make_table(200, share=0.2, seed=5)
    names = ("untreated", "untreated@logistic", "cost-weights@logistic")
    arms = [grammar.parse(name) for name in names]
    given = {"data__target": "sick", "decision__cost_fn": 30.0}
    run = stored(frame, *arms, COSTS, **given, decision__prevalence=0.02)
    plain = stored(frame, arms[0], COSTS, **given)
    texts = [checked(one, "costs", tmp_path / "script.py") for one in (run, plain)]
    weights = [
        float(re.search(r"scale_pos_weight\"\] = ([\d.e-]+)", text)[1])
        for text in texts
    ]
    counts = opened(run, "costs").state.split.train
    odds = counts["yes"] / counts["no"]
    assert weights == [pytest.approx(30 * 0.02 / 0.98 / odds), 30.0]
    assert "prevalence = 0.02  # share of positives in use" in texts[0]
    checked(run, "cost-weights@logistic", tmp_path / "script.py")


def test_other_operating_points(two, three, tmp_path):
    for run, last in ((two, 3), (three, 2)):
        for at in opened(run, "weights").chosen.point_names[1:last]:
            checked(run, "weights", tmp_path / "script.py", at=at)
