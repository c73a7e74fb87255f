"""A script without imbtui comes to the run's own numbers, whatever the arm."""

import ast

import numpy as np
import pytest

from engine.errors import DataError, SpecError
from engine.export import case as cases
from engine.export.write import plan, write
from engine.resample import registry
from engine.spec import Arm, Step
from tests.support.experiments import make_table
from tests.support.exported_scripts import (
    agrees,
    asked,
    checked,
    exported,
    opened,
    stored,
    table_of,
    warm,
)

TWO = (
    "none",
    "weights",
    "smote",
    "kmeans-smote",
    "svm-smote",
    "smote-enn",
    "random-under:ratio=0.2+smotenc",
    "repeated-enn",
    "cluster-centroids:ratio=0.3",
    "svm-smote-fast",
    "smote-enn-fast",
)
FOREST = Arm(
    name="forest", ensemble="balanced-random-forest", params={"n_estimators": 5}
)
EASY = Arm(
    name="easy", ensemble="easy-ensemble", params={"n_estimators": 3, "rounds": 5}
)
COSTS = Arm(name="costs", weights="cost")
BOOST = Arm(name="boost", ensemble="rus-boost", params={"n_estimators": 5})
ALONE = frozenset({"json", "os", "sys", "numpy", "pandas", "sklearn", "imblearn"})


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A run of two classes with gaps in numbers, flags and categories."""
    folder = tmp_path_factory.mktemp("two")
    frame = make_table(200, share=0.2, seed=5)
    rng = np.random.default_rng(5)
    frame["flag"] = frame["flag"].astype(float).mask(rng.random(200) < 0.05)
    frame["colour"] = frame["colour"].mask(rng.random(200) < 0.1)
    frame.to_csv(folder / "rows.csv", index=False)
    arms = [registry.arm(name) for name in TWO]
    few = Arm(name="few", steps=(Step("smote", {"k_neighbors": 50}),))
    others = (few, COSTS, EASY, FOREST)
    return stored(folder, folder / "rows.csv", *arms, *others, data__target="sick")


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    folder = tmp_path_factory.mktemp("three")
    rng = np.random.default_rng(1)
    frame = make_table(200, seed=2).drop(columns=["sick", "id"])
    score = frame["risk"] + rng.normal(scale=0.5, size=200)
    frame["level"] = np.where(score > 1.2, 3, np.where(score > 0.4, 2, 1))
    frame.to_csv(folder / "rows.csv", index=False)
    arms = ("none", "weights", "smote-tomek", BOOST, COSTS)
    return stored(folder, folder / "rows.csv", *arms, data__target="level")


@pytest.mark.parametrize("arm", [*TWO, "few", "costs", "easy", "forest"])
def test_two_classes(two, tmp_path, arm):
    name = registry.arm(arm).name if arm in TWO else arm
    if name == "smote-enn-fast":
        with pytest.raises(SpecError, match="without imbtui"):
            exported(two, name, tmp_path)
        return
    checked(two, name, tmp_path / "script.py")


@pytest.mark.parametrize("arm", ["weights", "smote-tomek", "boost", "costs"])
def test_three_classes(three, tmp_path, arm):
    checked(three, arm, tmp_path / "script.py")


def test_other_operating_points(two, three, tmp_path):
    for run, last in ((two, 3), (three, 2)):
        for policy in opened(run, "weights").chosen.policies[1:last]:
            checked(run, "weights", tmp_path / "script.py", policy=policy)


def test_a_script_needs_four_libraries_and_reads_another_file(two, tmp_path):
    path = exported(two, "smote", tmp_path)
    tree = ast.parse(path.read_text())
    used = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert used <= ALONE | {"xgboost"}
    assert path.read_text().isascii()
    assert max(map(len, path.read_text().splitlines())) <= 100
    copy = tmp_path / "moved.csv"
    copy.write_bytes(table_of(two).read_bytes())
    agrees(warm().told(path, str(copy)), opened(two, "smote"))


def test_it_is_told_before_it_is_made(two, monkeypatch):
    monkeypatch.setattr(cases, "lay", lambda *a, **k: pytest.fail("reads the table"))
    told = plan(asked(two, "smote"))
    assert told.path.endswith(f"{two[1]}-smote-script.py")
    assert [one.name for one in told.files] == ["script.py"]
    assert any("python SCRIPT.py TABLE" in note for note in told.notes)


def test_a_table_that_has_changed_is_refused(two, tmp_path):
    table = table_of(two)
    before = table.read_bytes()
    try:
        table.write_bytes(before.replace(b"red", b"rot"))
        with pytest.raises(DataError, match="has changed since the run"):
            write(asked(two, "smote", path=str(tmp_path / "a.py")))
    finally:
        table.write_bytes(before)
    assert not (tmp_path / "a.py").exists()
