"""A script without imbtui comes to the run's own numbers, whatever the arm."""

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


def test_other_operating_points(two, three, tmp_path):
    for run, last in ((two, 3), (three, 2)):
        for at in opened(run, "weights").chosen.point_names[1:last]:
            checked(run, "weights", tmp_path / "script.py", at=at)
