"""A run with a cost for each row: what decides, what is shown, and what is refused."""

import msgspec
import numpy as np
import pytest

from engine import steps
from engine.core.errors import SpecError
from engine.core.result import build
from engine.core.sections import DecisionSpec
from engine.store import open_store
from tests.support.executors import plan_of
from tests.support.experiments import make_table, small
from tests.support.finished import finished

ARMS = ("untreated", "weights", "smote")
FIXED = {
    "data__target": "sick",
    "data__drop": ("amount", "twenty"),
    "decision__cost_fp": 3.0,
}


def table(seed=3):
    """A small table with an amount that is known of the positives only."""
    frame = make_table(rows=900, share=0.15, seed=seed)
    amounts = np.random.default_rng(seed).lognormal(3, 1, len(frame)).round(2)
    frame["amount"] = np.where(frame["sick"] == "yes", amounts, np.nan)
    frame["twenty"] = np.where(frame["sick"] == "yes", 20, 0)
    return frame


@pytest.fixture(scope="module")
def run():
    return finished(table(), *ARMS, decision__cost_fn_column="amount", **FIXED)


@pytest.fixture(scope="module")
def result(run):
    return build(run.state(), run=run.run)


def test_every_point_is_what_its_rows_cost(run, result):
    with open_store(run.store) as store:
        plan = plan_of(small(run.table, *ARMS, **FIXED))
        tested, y = plan.split.test, plan.dataset.y
        amounts = np.nan_to_num(table()["amount"].to_numpy())
        assert (amounts[y == 0] == 0).all()
        for arm in result.arms:
            scores = plan.scores(store.artifact(run.run, f"test/{arm.name}"))
            for point in arm.operating_points:
                missed = amounts[tested][(scores < np.float64(point.threshold))].sum()
                cost = 1000 * (missed + 3 * point.confusion.fp) / len(tested)
                assert point.cost == pytest.approx(cost), (arm.name, point.name)
                assert point.metric("missed_amount") == pytest.approx(missed)
                found = 1 - missed / amounts[tested].sum()
                assert point.metric("amount_recall") == pytest.approx(found)
        train = plan.split.train
        mean = amounts[train][y[train] == 1].mean()
    assert result.costs.cost_fn == pytest.approx(mean)
    assert (result.costs.column, result.costs.assumed) == ("amount", False)
    assert result.aim == "cost"
    assert result.dataset.roles["amount"] == "ignored"


def test_the_verdict_names_the_column_and_compares_costs_of_rows(result):
    verdict = result.verdict
    (cost,) = [one.text for one in verdict.reasons if one.code == "VRD112"]
    assert "costs per row of column `amount`" in cost
    assert "Of all that the positives cost by `amount`" in cost
    doubts = {one.code: one.text for one in verdict.doubts}
    assert "VRD202" not in doubts
    # Log-normal amounts of a few dozen positives.
    few = f"{result.split.miss_costs.effective:.0f} positives of equal costs"
    assert few in doubts["VRD226"]
    point = next(a for a in result.arms if a.name == verdict.choice.arm).at("cost")
    assert verdict.choice.cost == point.cost
    nobody = next(one for one in verdict.alternatives if one.name == "nobody")
    rows = sum(result.test_rows.values())
    assert nobody.cost == pytest.approx(1000 * result.split.miss_costs.test / rows)
    assert result.point_label("cost") == "cost by amount"


def test_a_column_of_one_value_is_that_cost_to_the_last_bit():
    by_column = finished(table(), *ARMS, decision__cost_fn_column="twenty", **FIXED)
    by_number = finished(table(), *ARMS, decision__cost_fn=20.0, **FIXED)
    first, second = by_column.document(), by_number.document()
    for document in (first, second):
        for name in ("experiment", "run", "seconds", "versions"):
            document.pop(name)
        for arm in document["arms"]:
            del arm["seconds"]
    assert first["costs"].pop("column") == "twenty"
    own = first["split"].pop("miss_costs")
    tested = first["split"]["test"]["yes"]
    known = {"mean": 20.0, "test": 20.0 * tested, "effective": tested, "free": 0}
    assert own == first["costs"].pop("miss_costs") == known
    extra = {"missed_amount", "amount_recall", "amount_recall_ci", "cost_per_1000_ci"}
    for arm in first["arms"]:
        for point in arm["operating_points"]:
            assert point["metrics"]["missed_amount"] == 20 * point["confusion"]["fn"]
        for step in arm["cost_steps"]:
            assert step.pop("missed") == step["fn"]
        for point in arm["operating_points"]:
            for name in extra:
                del point["metrics"][name]
    for point in first["matched"]:
        for name in extra:
            del point["metrics"][name]
    texts = [document["verdict"].pop("reasons") for document in (first, second)]
    headlines = [document["verdict"].pop("headline") for document in (first, second)]
    assert ["of their `twenty`" in text for text in headlines] == [True, False]
    assert [one["code"] for one in texts[0]] == [one["code"] for one in texts[1]]
    assert first == second


def test_a_prevalence_in_use_weighs_the_rows_with_their_costs(result):
    there = finished(
        table(),
        "untreated",
        decision__cost_fn_column="amount",
        decision__prevalence=0.02,
        **FIXED,
    )
    found = build(there.state(), run=there.run)
    sizes = found.test_rows["yes"], found.test_rows["no"]
    on = found.costs.of_rows(*sizes)
    for point in found.arms[0].operating_points:
        missed = point.metric("missed_amount") / found.costs.cost_fn
        total = on.cost_fn * missed + on.cost_fp * point.confusion.fp
        assert point.cost == pytest.approx(1000 * total / sum(sizes))


def begin(folder, frame, column):
    """Begin a run on a table with this column of costs."""
    path = folder / "rows.csv"
    frame.to_csv(path, index=False)
    decision = DecisionSpec(cost_fn_column=column)
    next(steps.run(small(path, "untreated", data__target="sick", decision=decision)))


def test_what_cannot_be_a_cost_is_refused(tmp_path):
    positive = "yes"
    cases = {
        "no column": ("nowhere", None, "no column"),
        "text": ("colour", None, "its cells are no numbers"),
        "target": ("sick", None, "is the target"),
        "empty": ("amount", np.nan, "an empty cell"),
        "negative": ("amount", -1.0, "'-1'"),
        "free": ("amount", 0.0, "costs anything"),
    }
    for name, (column, value, text) in cases.items():
        frame = table()
        rows = frame["sick"] == positive
        if name == "free":
            frame["amount"] = frame["amount"].where(~rows, 0.0)
        elif value is not None:
            frame.loc[np.flatnonzero(rows)[0], "amount"] = value
        with pytest.raises(SpecError, match=text) as caught:
            begin(tmp_path, frame, column)
        assert "cost_fn_column" in caught.value.field, name


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"cost_fn": 20.0}, "a miss costs 20, and what column 'amount' says"),
        ({"cost_tp": 2.0}, "Subtract it from the column"),
        ({"cost_review": 2.0}, "Give one cost of a miss"),
    ],
)
def test_a_miss_has_one_cost(given, text):
    with pytest.raises(SpecError, match=text):
        small("a.csv", "untreated",
              decision=DecisionSpec(cost_fn_column="amount", **given))  # fmt: skip


def test_several_classes_are_refused(tmp_path):
    frame = table()
    frame["sick"] = np.where(frame["age"] > 70, "perhaps", frame["sick"])
    with pytest.raises(SpecError, match="3 classes"):
        begin(tmp_path, frame, "age")


def test_an_experiment_without_it_is_what_it_was():
    plain = msgspec.json.encode(DecisionSpec())
    assert b"cost_fn_column" not in plain
    assert DecisionSpec(cost_fn_column=None) == DecisionSpec()
    assert DecisionSpec(at="f1", cost_fn_column="amount").aim == "cost"
