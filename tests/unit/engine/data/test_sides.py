import pandas as pd
import pytest

from engine.core.errors import SpecError
from engine.data.column_choices import instants, mark_test_rows
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
