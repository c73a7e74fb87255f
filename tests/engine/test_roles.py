import numpy as np
import pandas as pd
import pytest

from engine.data import profile
from engine.data.load import Table
from engine.data.roles import prepare
from engine.errors import SpecError, TargetError
from engine.spec import DataSpec
from tests.conftest import make_table


def table(frame, name="t.csv"):
    return Table(frame=frame, name=name, reader={})


def spec(**given):
    return DataSpec(source="t.csv", **given)


def codes(dataset):
    return {(a.code, a.column) for a in dataset.info.advice}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.5, 1.5, np.nan] * 10, "number"),
        ([3, 1, 2] * 10, "integer"),
        ([0, 1, 1] * 10, "boolean"),
        ([0.0, 1.0, np.nan] * 10, "boolean"),
        (["a", "b", None] * 10, "category"),
        ([7] * 30, "constant"),
        ([None] * 30, "constant"),
        ([f"x{i}" for i in range(30)], "id"),
        ([f"w{i % 150}" for i in range(200)], "text"),
        (pd.date_range("2020-01-01", periods=30), "date"),
    ],
)
def test_kinds(values, kind):
    assert profile.column(pd.Series(values, name="c")).kind == kind


def test_a_quantity_that_never_repeats_is_no_id():
    rng = np.random.default_rng(0)
    values = rng.choice(10**7, 2000, replace=False)
    assert profile.column(pd.Series(values, name="income")).kind == "integer"
    assert profile.column(pd.Series(values, name="account_id")).kind == "id"
    assert profile.column(pd.Series(np.sort(values), name="row")).kind == "id"


@pytest.mark.parametrize(
    ("name", "rows", "kind"),
    [
        ("id", 40, "id"),
        ("customerID", 40, "id"),
        ("patient_id", 40, "id"),
        ("income", 40, "integer"),
        ("grid", 40, "integer"),
        ("income", 1000, "id"),
    ],
)
def test_whole_numbers_without_a_repeat(name, rows, kind):
    series = pd.Series(np.arange(rows) * 3 + 5, name=name)
    assert profile.column(series).kind == kind
    series.iloc[0] = np.nan  # a blank in the first row changes nothing
    assert profile.column(series.astype(float)).kind == (
        "integer" if rows == 1000 else kind
    )


def test_an_id_is_ignored_and_said():
    dataset = prepare(table(make_table()), spec(target="sick"))
    assert dataset.info.roles["id"] == "id"
    assert "id" not in dataset.frame.columns
    assert ("IMB004", "id") in codes(dataset)


def test_target_and_positive_class_are_guessed_and_said():
    frame = make_table().rename(columns={"sick": "outcome"})
    dataset = prepare(table(frame), spec())
    assert (dataset.info.target, dataset.info.positive) == ("outcome", "yes")
    assert {"IMB007", "IMB008"} <= {code for code, _ in codes(dataset)}


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        (["yes"] * 3 + ["no"] * 9, "yes"),
        (["good"] * 9 + ["bad"] * 3, "bad"),
        ([1] * 9 + [0] * 3, "0"),  # the rarer class, whatever it is called
        ([1] * 6 + [0] * 6, "1"),
        (["no"] * 6 + ["yes"] * 6, "yes"),
        ([1.0] * 3 + [0.0] * 9, "1"),
    ],
)
def test_the_positive_class(labels, positive):
    frame = pd.DataFrame({"x": np.arange(12) % 5, "y": labels})
    dataset = prepare(table(frame), spec(target="y"))
    assert dataset.info.positive == positive
    assert dataset.y.sum() == dataset.info.classes[positive]


@pytest.mark.parametrize("given", ["1", "1.0"])
def test_a_number_may_be_written_either_way(given):
    frame = pd.DataFrame({"x": np.arange(12) % 5, "y": [1.0] * 3 + [0.0] * 9})
    assert prepare(table(frame), spec(target="y", positive=given)).y.sum() == 3


def test_more_classes_than_two_need_a_choice():
    frame = pd.DataFrame({"x": np.arange(12) % 5, "y": list("aaabbbbccccc")})
    with pytest.raises(TargetError, match=r"3 classes.*--positive"):
        prepare(table(frame), spec(target="y"))
    dataset = prepare(table(frame), spec(target="y", positive="a"))
    assert dataset.info.classes == {"not a": 9, "a": 3}


def test_rows_without_a_target_are_left_out_and_said():
    frame = make_table()
    frame.loc[:4, "sick"] = None
    dataset = prepare(table(frame), spec(target="sick"))
    assert dataset.info.rows == len(frame) - 5
    assert len(dataset.frame) == len(dataset.y) == len(frame) - 5
    assert ("IMB009", "sick") in codes(dataset)


@pytest.mark.parametrize(
    ("change", "given", "error", "said"),
    [
        ({}, {"target": "sic"}, TargetError, "no column 'sic'.*Did you mean 'sick'"),
        ({"sick": "no"}, {"target": "sick"}, TargetError, "one class only"),
        ({"sick": None}, {"target": "sick"}, TargetError, "empty"),
        ({}, {"target": "age"}, TargetError, "different values"),
        ({}, {"target": "sick", "positive": "maybe"}, TargetError, "no class 'maybe'"),
        ({}, {"target": "sick", "drop": ("nix",)}, SpecError, "no column 'nix'"),
    ],
)
def test_an_unusable_target_says_why(change, given, error, said):
    with pytest.raises(error, match=said):
        prepare(table(make_table().assign(**change)), spec(**given))


def test_a_minority_of_one_says_why():
    frame = make_table()
    frame["sick"] = "no"
    frame.loc[0, "sick"] = "yes"
    with pytest.raises(TargetError, match="'yes' of 'sick' has 1 row"):
        prepare(table(frame), spec(target="sick"))


def test_dropped_columns_and_a_group_are_no_features():
    dataset = prepare(
        table(make_table()), spec(target="sick", drop=("dose",)), group="colour"
    )
    assert set(dataset.frame.columns) == {"risk", "age", "flag"}
    assert dataset.groups is not None
    assert len(np.unique(dataset.groups)) == 3


def test_a_table_of_a_target_only_is_refused():
    frame = make_table()[["id", "sick"]]
    with pytest.raises(TargetError, match="no column to learn from"):
        prepare(table(frame), spec(target="sick"))


@pytest.mark.parametrize("name", ["Unnamed: 0", "row", "x"])
def test_row_numbers_are_no_feature(name):
    """They tell how the file is sorted, often by class."""
    frame = make_table(200).rename(columns={"id": name})
    frame[name] = np.arange(200)
    dataset = prepare(table(frame.sort_values("sick")), spec(target="sick"))
    assert dataset.info.roles[name] == ("id" if name == "Unnamed: 0" else "feature")
    assert prepare(table(frame), spec(target="sick")).info.roles[name] == "id"


def test_a_third_class_called_na_is_missing_and_a_second_is_a_class():
    frame = make_table()
    frame.loc[:9, "sick"] = "NA"
    dataset = prepare(table(frame), spec(target="sick"))
    assert set(dataset.info.classes) == {"yes", "no"}
    assert ("IMB009", "sick") in codes(dataset)
    frame["sick"] = np.where(frame["sick"] == "yes", "NA", "EU")
    assert prepare(table(frame), spec(target="sick")).info.positive == "NA"


def test_training_rows_decide_what_a_column_is():
    frame = make_table()
    frame["dose"] = frame["dose"].astype(object)
    frame.loc[5, "dose"] = "n/k"
    train = np.arange(100, len(frame))
    assert "dose" not in prepare(table(frame), spec(target="sick")).frame.columns
    dataset = prepare(table(frame), spec(target="sick"), train=train)
    assert np.isnan(dataset.frame.loc[5, "dose"])
    assert ("IMB011", "dose") in codes(dataset)
