"""The leak demonstrator: the wrong way claims what it does not deliver."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.metrics import average_precision_score, f1_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from engine.core.errors import ArmError, SpecError, TargetError
from engine.core.experiment import DataSpec
from engine.core.lab import LeakShown
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm, Step
from engine.data import load_data
from engine.service import protocol as wire
from engine.train import leak
from tests.support.each import for_each
from tests.support.experiments import make_table


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """A table of numbers only, which scikit-learn alone can treat alike."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(1200, 4)), columns=list("abcd")).round(4)
    risk = frame["a"] + rng.normal(size=1200) * 2
    frame["sick"] = np.where(risk > np.quantile(risk, 0.94), "yes", "no")
    path = tmp_path_factory.mktemp("leak") / "numbers.csv"
    frame.to_csv(path, index=False)
    return path, frame


def shown(path, name, **given):
    data = DataSpec(source=str(path), target="sick")
    arm = name if isinstance(name, Arm) else grammar.parse(name)
    return leak.demonstrate(data, arm, **given)


def by_way(answer):
    return {score.way: score for score in answer.scores}


@for_each(("name", "sampler"), [("smote", SMOTE), ("random-over", RandomOverSampler)])
def test_it_is_what_a_notebook_would_do(numbers, name, sampler):
    path, frame = numbers
    y = (frame["sick"] == "yes").astype(int).to_numpy()
    rows = np.arange(len(y))
    inside, aside = train_test_split(rows, test_size=0.2, random_state=42, stratify=y)
    scaler = StandardScaler().fit(frame.iloc[inside, :4])
    X = scaler.transform(frame.iloc[:, :4]).astype(np.float32)
    after, labels = sampler(random_state=42).fit_resample(X[inside], y[inside])
    train, test = train_test_split(
        np.arange(len(labels)), test_size=0.2, random_state=42, stratify=labels
    )

    def model(chosen):
        made = XGBClassifier(tree_method="hist", n_jobs=1, random_state=42)
        return made.fit(after[chosen], labels[chosen])

    wrong, right = model(train), model(np.arange(len(labels)))
    ours = by_way(shown(path, name))
    for way, fitted, judged, truth in (
        ("wrong", wrong, after[test], labels[test]),
        ("delivered", wrong, X[aside], y[aside]),
        ("right", right, X[aside], y[aside]),
    ):
        said = fitted.predict_proba(judged)[:, 1]
        called = said >= 0.5
        assert ours[way].recall == pytest.approx(recall_score(truth, called))
        assert ours[way].f1 == pytest.approx(f1_score(truth, called))
        assert ours[way].average_precision == pytest.approx(
            average_precision_score(truth, said), abs=1e-4
        )


@for_each("name", ["smote", "random-over", "smote-enn"])
def test_the_wrong_way_claims_more_than_it_delivers(table_path, name):
    answer = shown(table_path, name)
    ways = by_way(answer)
    assert [score.way for score in answer.scores] == ["wrong", "delivered", "right"]
    assert ways["wrong"].recall > 0.8
    assert ways["delivered"].recall < ways["wrong"].recall - 0.15
    assert abs(ways["delivered"].recall - ways["right"].recall) < 0.3
    assert ways["delivered"].average_precision < ways["wrong"].average_precision - 0.3
    assert answer.positive == "yes"
    assert answer.prevalence == pytest.approx(0.14, abs=0.05)
    # Those set aside are rows of the table, as they are.
    for way in ("delivered", "right"):
        score = ways[way]
        assert score.tn + score.fp + score.fn + score.tp == 120
        assert (score.synthetic, score.copies) == (0, 0)


def test_rows_that_it_was_told_are_counted(table_path):
    over, smote = (by_way(shown(table_path, n))["wrong"] for n in NAMES)
    judged = over.tn + over.fp + over.fn + over.tp
    assert over.synthetic == 0
    # Every copied positive has a copy among the rows trained on.
    assert over.fn + over.tp == over.copies < judged
    assert 0 < smote.synthetic < smote.fn + smote.tp
    assert smote.synthetic <= smote.copies <= smote.fn + smote.tp
    under = by_way(shown(table_path, "random-under"))["wrong"]
    assert (under.synthetic, under.copies) == (0, 0)


NAMES = ("random-over", "smote")


def test_kin_are_copies_and_what_is_made_from_the_same_row():
    from engine.resample.method import Lineage, MethodRows

    origin = np.array([0, 1, 1, 2, -1, -1, 3, -1])
    first = np.array([-1, -1, -1, -1, 2, 4, -1, -1])
    second = np.array([-1, -1, -1, -1, 3, 4, -1, -1])
    lineage = Lineage(first, second, np.zeros(8), np.zeros(8), np.ones(8, bool))
    treated = MethodRows(np.zeros((8, 1)), np.zeros(8), origin, lineage=lineage)
    train, test = np.array([1, 4]), np.array([0, 2, 3, 5, 6, 7])
    # Row 2 is a copy of row 1; rows 3 and 6 are the parents of row 4.
    assert leak._count_known(treated, train, test) == (2, 3)


def test_the_same_seed_gives_the_same_scores_and_another_others(table_path):
    one, two = shown(table_path, "smote"), shown(table_path, "smote")
    assert one.scores == two.scores
    assert shown(table_path, "smote", seed=1).scores != one.scores


def test_a_table_that_is_read_already_is_not_read_again(table_path, monkeypatch):
    table = load_data(DataSpec(source=str(table_path), target="sick"))
    again = shown(table_path, "smote", table=table)
    assert again.scores == shown(table_path, "smote").scores
    line = wire.encode(again)
    assert isinstance(wire.decode_reply(line), LeakShown)


def test_settings_count_and_repairs_are_said(tmp_path):
    path = tmp_path / "few.csv"
    make_table(300, share=0.03).to_csv(path, index=False)
    steps = (Step(sampler="smote", params={"k_neighbors": 20}),)
    answer = shown(path, Arm(name="many", steps=steps))
    assert any("k_neighbors 20 →" in text for text in answer.repairs)


def test_what_cannot_leak_and_more_than_two_classes_are_refused(table_path):
    with pytest.raises(SpecError, match="nothing can leak"):
        shown(table_path, "weights")
    data = DataSpec(source=str(table_path), target="colour")
    with pytest.raises(TargetError, match="Name the one that matters"):
        leak.demonstrate(data, grammar.parse("smote"))
    one = DataSpec(source=str(table_path), target="colour", positive="blue")
    assert leak.demonstrate(one, grammar.parse("smote")).positive == "blue"


def test_too_few_rows_to_be_split_afterwards_are_refused(tmp_path):
    path = tmp_path / "tiny.csv"
    size = np.random.default_rng(0).normal(size=40).round(2)
    frame = pd.DataFrame({"size": size, "sick": ["yes"] * 3 + ["no"] * 37})
    frame.to_csv(path, index=False)
    with pytest.raises(ArmError, match="too few to be split afterwards") as caught:
        shown(path, "random-under")
    assert caught.value.fix
