import numpy as np
import pandas as pd
import pytest

from engine.core.errors import SpecError
from engine.data.column_choices import instants, mark_test_rows, row_weights
from tests.support.each import for_each


@for_each(
    "values",
    [
        [3, 1, 2, 1],
        [3.5, -1.0, 2.0, -1.0],
        ["2024-03-01", "2023-12-31", "2024-01-01", "2023-12-31"],
        [
            "2024-03-01T10:00",
            "2024-03-01T09:00",
            "2024-03-01T09:30",
            "2024-03-01T09:00",
        ],
        ["31/03/2024", "01/02/2024", "15/03/2024", "01/02/2024"],
        pd.to_datetime(["2024-03-01", "2023-12-31", "2024-01-01", "2023-12-31"]),
        pd.to_datetime(
            ["2024-03-01", "2023-12-31", "2024-01-01", "2023-12-31"]
        ).tz_localize("Asia/Tokyo"),
    ],
)
def test_moments_are_put_in_order(values):
    assert instants(pd.Series(values, name="when")).tolist() == [2, 0, 1, 0]


@for_each(
    ("values", "said"),
    [
        (["2024-01-01", "soon"], "'when'.*one holds 'soon'.*2024-01-31"),
        (["2024-01-01", None], "'when' is empty in 1 rows"),
        ([1.0, None, None], "empty in 2 rows"),
    ],
)
def test_what_is_no_moment_is_refused(values, said):
    with pytest.raises(SpecError, match=said):
        instants(pd.Series(values, name="when"))


@for_each(
    ("name", "values"),
    [
        ("part", ["train", "test"]),
        ("part", ["Train ", "TEST"]),
        ("part", ["training", "holdout"]),
        ("part", ["train", "validation"]),
        ("part", ["train", "2024"]),  # what is not for training is the test
        ("part", ["rest", "test"]),
        ("test", [0, 1]),
        ("test", [0.0, 1.0]),
        ("part", [False, True]),
        ("part", ["no", "yes"]),
        ("is_train", [1, 0]),
        ("isTrain", ["True", "False"]),
        ("benefit", [0, 1]),
    ],
)
def test_words_of_the_training_and_of_the_test_rows(name, values):
    series = pd.Series([values[0], values[1], values[0]], name=name)
    assert mark_test_rows(series).tolist() == [False, True, False]


@for_each(
    ("name", "values", "said"),
    [
        ("part", ["train", "test", "valid"], "3 different values.*train, test, valid"),
        ("part", ["train", "train"], "1 different values"),
        ("part", ["red", "blue"], "does not say.*'red' and 'blue'"),
        ("part", [1, 2], "does not say"),
        ("part", ["test", "holdout"], "does not say"),
        ("train_test", [0, 1], "does not say"),
        ("part", ["train", "test", None], "empty in 1 rows"),
    ],
)
def test_a_column_that_does_not_say_it_is_refused(name, values, said):
    with pytest.raises(SpecError, match=said):
        mark_test_rows(pd.Series(values, name=name))


@for_each(
    ("values", "weights"),
    [
        ([1, 0, 3], [1.0, 0.0, 3.0]),
        ([0.25, 1e-6, 1e9], [0.25, 1e-6, 1e9]),
        ([True, False, True], [1.0, 0.0, 1.0]),
        (["1", "2.5", "0"], [1.0, 2.5, 0.0]),
        (pd.array([1, 2, 3], dtype="Int64"), [1.0, 2.0, 3.0]),
    ],
)
def test_weights_of_rows(values, weights):
    found = row_weights(pd.Series(values, name="w"))
    assert found.dtype == np.float64
    assert found.tolist() == weights


@for_each(
    ("values", "said"),
    [
        ([1.0, None, None], "'w' cannot weigh the rows: 2 rows hold .*empty cell"),
        ([1.0, -0.5, 2.0], "1 row holds no number from 0 to 3e38, such as '-0.5'"),
        ([1.0, float("inf")], "1 row holds .*'inf'"),
        ([1.0, 1e39], "1 row holds .*'9999"),  # XGBoost's weights have 32 bits
        (["1", "heavy", "x"], "2 rows hold .*'heavy'"),
        (pd.array([1, None], dtype="Int64"), "1 row holds .*an empty cell"),
        ([0, 0, 0], "every row weighs 0"),
        ([1e-60, 0], "every row weighs 0"),
    ],
)
def test_what_weighs_no_rows_is_refused(values, said):
    with pytest.raises(SpecError, match=said) as caught:
        row_weights(pd.Series(values, name="w"))
    assert caught.value.field == "data.weight"
