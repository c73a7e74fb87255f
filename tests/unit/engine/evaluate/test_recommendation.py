"""That a recommendation can be followed: what issue 17 found on real runs, one each."""

import msgspec
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from engine.core.costs import Costs
from engine.core.events import ArmEvaluated
from engine.evaluate.board import Board, cross_fit
from engine.evaluate.bootstrap import mcnemar
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.metrics import ranking_metrics, score
from engine.evaluate.repeated import compare_folds
from engine.evaluate.threshold import Threshold, choose, operating_point
from engine.evaluate.verdict.rules import is_supported
from engine.evaluate.verdict.verdict import verdict
from tests.support.documents import build
from tests.support.each import for_each
from tests.support.experiments import make_table, small
from tests.support.runs import drain
from tests.support.verdict_samples import (
    COST,
    change,
    codes,
    everything,
    judge,
    over_folds,
)
from tests.support.verdict_samples import arm as made

GIVEN = {"decision__cost_fn": 10.0, "decision__cost_fp": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("recommendations")


@pytest.fixture(scope="module")
def enough(folder):
    """A finished run with costs and 40 positives to be tested on."""
    path = folder / "enough.csv"
    make_table(rows=2000, seed=3).to_csv(path, index=False)
    return drain(small(path, "untreated", "weights", "smote", **GIVEN))


@pytest.fixture(scope="module")
def few(folder):
    """A finished run with fewer than 20 positives to be tested on, and no costs."""
    path = folder / "few.csv"
    make_table(rows=600, seed=0).to_csv(path, index=False)
    return drain(small(path, "untreated", "weights", "random-under"))


def points(state, name):
    return {p.name: p for p in state.arm(name).evaluated.operating_points}


# 1. The recommended threshold copied a sampler's recall and ignored the costs.


def test_with_costs_the_least_cost_point_is_recommended(enough):
    said = enough.compared.verdict
    own = points(enough, said.choice.arm)
    assert said.choice.threshold == own["cost"].threshold
    assert said.choice.cost <= own["cost"].metrics["cost_per_1000"]
    assert f"{own['cost'].threshold:.3g}" in said.recommendation
    # It stands beside simpler decisions, each with its interval.
    assert [a.name for a in said.alternatives] == ["nobody", "everybody", "fixed"]
    assert all(a.ci is not None for a in said.alternatives)
    nobody = said.alternatives[0]
    counts = said.choice.confusion
    assert nobody.cost == pytest.approx(
        10_000 * (counts.fn + counts.tp) / sum(msgspec.structs.astuple(counts))
    )


# 2. Permuted labels still got a threshold.


@for_each("seed", range(4))
def test_labels_that_mean_nothing_get_no_threshold(folder, seed):
    """With early stopping, which chooses the luckiest look at the folds."""
    rng = np.random.default_rng(1000 + seed)
    frame = pd.DataFrame(rng.normal(size=(1000, 4)), columns=list("abcd"))
    frame["y"] = np.where(rng.random(1000) < 0.1, "yes", "no")
    path = folder / f"noise{seed}.csv"
    frame.to_csv(path, index=False)
    state = drain(small(path, "untreated", "smote", seed=seed))
    said = state.compared.verdict
    assert (said.code, said.choice) == ("VRD009", None)
    assert not state.compared.skill.shown


# 3. A gain in cost was confirmed by average precision.


def finds_the_hard_ones(rng, arm, rows=2000, positives=200):
    """Draw scores: `untreated` has purer top ranks, the other finds the hard positives.

    In truth the cost is a third lower at 50:1, and the average precision 0.07 lower.
    """
    y = (np.arange(rows) < positives).astype(int)
    hard, easy = (-0.5, 4.0) if arm == "untreated" else (1.5, 2.2)
    up = np.where(np.arange(rows) % 10 < 3, hard, easy)
    return y, expit(rng.normal(size=rows) + up * y)


def test_a_cheaper_arm_is_recommended_though_it_ranks_worse():
    """Whenever the test rows support it: the folds are asked about the cost itself."""
    costs, rng = Costs(cost_fn=50, cost_fp=1), np.random.default_rng(0)
    supported = recommended = 0
    for seed in range(12):
        judged, evaluated, folds = [], [], {}
        for arm in ("untreated", "smote"):
            y, oof = finds_the_hard_ones(rng, arm)
            rows = [np.arange(k, len(y), 5) for k in range(5)]
            chosen = choose("cost", y, oof, prevalence=0.1, costs=costs)
            y_test, scores = finds_the_hard_ones(rng, arm)
            points = {"fixed": 0.5, "recommended": chosen.threshold}
            points["cost"] = chosen.threshold
            judged.append(ArmScores(arm, y_test, scores, points))
            evaluated.append(
                ArmEvaluated(
                    arm=arm,
                    operating_points=tuple(
                        operating_point(
                            at,
                            Threshold(threshold),
                            before=oof,
                            y=y_test,
                            scores=scores,
                            costs=costs,
                            aim="cost",
                        )
                        for at, threshold in points.items()
                    ),
                    test=ranking_metrics(y_test, scores),
                )
            )
            folds[arm] = {
                "average_precision": [
                    score("average_precision", y[f], oof[f]) for f in rows
                ],
                "cost_per_1000": cross_fit(
                    "cost", y, oof, rows, costs=costs, prevalence=0.1
                ),
            }
        comparison = compare(judged, costs=costs, seed=seed, draws=400)
        board = Board(
            evaluated,
            comparison,
            kinds={"untreated": "control", "smote": "sampler"},
            costs=costs,
            folds=compare_folds(
                folds,
                control="untreated",
                metrics=("average_precision", "cost_per_1000"),
                train_share=0.8,
                repeats=1,
                rope=0.01,
            ),
        )
        said = verdict(board)
        (cost,) = [c for c in comparison if c.at == "cost"]
        if is_supported(cost) and cost.difference < 0:
            supported += 1
            recommended += said.choice.arm == "smote"
    assert supported >= 9
    assert recommended == supported


# 4. Losses without a guard, and figures that so few positives cannot give.


def test_fewer_than_20_positives_print_no_bootstrap(few):
    assert few.split.test["yes"] < 20
    comparison = few.compared.comparison
    assert comparison
    assert all(c.method.startswith("exact McNemar") for c in comparison)
    at_half = points(few, "untreated")["fixed"], points(few, "weights")["fixed"]
    (c,) = [
        c for c in comparison if (c.a, c.metric, c.at) == ("weights", "recall", "fixed")
    ]
    assert c.p >= mcnemar(at_half[1].confusion.tp - at_half[0].confusion.tp, 0)
    said = few.compared.verdict
    assert all(a.ci is None for a in said.alternatives)
    assert "adjusted p" not in everything(said)


@for_each(("agree", "told"), [(0.05, True), (0.4, False)])
def test_a_loss_needs_the_folds_and_no_dearer_arm_is_called_cheapest(agree, told):
    """`agree` is the probability over the folds that the arm is better in cost."""
    dearer = change("smote", *COST, "worse", size=43.1)
    folds = [
        over_folds("smote", "cost_per_1000", agree),
        over_folds("smote", "average_precision", 0.01),
    ]
    said = judge([made("untreated"), made("smote")], [dearer], folds=folds)
    text = " ".join(remark.text for remark in said.reasons)
    assert ("`smote` is worse than `untreated` in cost" in text) == told
    assert ("VRD213" in codes(said.doubts)) != told
    assert "cheapest" not in text
    (none_better,) = [
        r for r in said.reasons if r.text.startswith("No arm is shown to be")
    ]
    assert "smote" not in none_better.text


# 5. A frozen threshold delivered nothing, and nobody said so.


def test_a_plateau_that_moved_is_noted():
    """More than 5 % of rows share the top score, which another model puts lower."""
    rng = np.random.default_rng(0)
    y = (np.arange(1000) % 10 == 0).astype(int)
    before = np.where(rng.random(1000) < 0.04, 0.7108, 0.3 + 0.1 * y)
    chosen = choose(
        "alerts<=5%", y, before, prevalence=0.1, costs=Costs(cost_fn=10, cost_fp=1)
    )
    assert chosen.threshold == 0.7108
    after = np.where(before == 0.7108, 0.709, before)
    for at, aim in (("alerts<=5%", None), ("recommended", "alerts<=5%")):
        point = operating_point(
            at,
            chosen,
            before=before,
            y=y,
            scores=after,
            costs=Costs(cost_fn=10, cost_fp=1),
            aim=aim,
        )
        assert point.delivered.value == 0
        assert "on the test rows it is 0 %" in point.note
        assert "have this very score" in point.note


# 9. The verdict was prose: no arm, no operating point, no threshold.


@pytest.mark.parametrize("finished", ["enough", "few"])
def test_the_choice_is_data_of_the_document(finished, request):
    document = build(request.getfixturevalue(finished), run="x")
    chosen = document["verdict"]["choice"]
    (arm,) = [a for a in document["arms"] if a["name"] == chosen["arm"]]
    (point,) = [p for p in arm["operating_points"] if p["name"] == "recommended"]
    assert chosen["at"] == "recommended"
    assert chosen["threshold"] == point["threshold"]
    assert chosen["confusion"] == point["confusion"]
    assert chosen["cost"] == pytest.approx(point["metrics"]["cost_per_1000"])
    assert document["costs"]["assumed"] == (finished == "few")


# 11. With few positives nothing but "keep `untreated`" was said.


def test_few_positives_still_have_an_operating_point(few):
    said = few.compared.verdict
    assert (said.code, said.choice.arm) == ("VRD005", "untreated")
    own = points(few, "untreated")
    assert said.choice.confusion == own["recommended"].confusion
    assert own["recommended"].confusion.tp > own["fixed"].confusion.tp
    # Nobody gave costs: least cost is the greatest balanced accuracy out of fold.
    assert few.costs.assumed
    assert few.costs.ratio == pytest.approx(
        few.dataset.classes["no"] / few.dataset.classes["yes"]
    )


def test_a_threshold_counts_the_rows_that_it_says(enough):
    """What is told of the choice is what the document's own figures come to."""
    said = enough.compared.verdict
    counts = said.choice.confusion
    assert said.headline.startswith(f"{counts.tp:,} of {counts.fn + counts.tp:,} pos")
    rows = sum(enough.split.test.values())
    assert sum(msgspec.structs.astuple(counts)) == rows
