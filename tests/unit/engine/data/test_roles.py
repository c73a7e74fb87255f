import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from engine.core.errors import SpecError, TargetError
from engine.core.events import Reader
from engine.core.experiment import DataSpec, SplitSpec
from engine.data import profile
from engine.data.load import Table
from engine.data.roles import prepare
from engine.splits import divide
from tests.support.each import for_each
from tests.support.experiments import make_table


def table(frame, name="t.csv"):
    return Table(frame=frame, name=name, reader=Reader(format="text"))


def spec(**given):
    return DataSpec(source="t.csv", **given)


def codes(dataset):
    return {(a.code, a.column) for a in dataset.info.advice}


@for_each(
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
    # The order of the file is not known to a run, whose rows are drawn.
    assert profile.column(pd.Series(np.sort(values), name="row")).kind == "integer"


@for_each(
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


@for_each(
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


@for_each("given", ["1", "1.0"])
def test_a_number_may_be_written_either_way(given):
    frame = pd.DataFrame({"x": np.arange(12) % 5, "y": [1.0] * 3 + [0.0] * 9})
    assert prepare(table(frame), spec(target="y", positive=given)).y.sum() == 3


def test_more_classes_than_two_need_a_choice():
    frame = pd.DataFrame({"x": np.arange(12) % 5, "y": list("aaabbbbccccc")})
    with pytest.raises(
        TargetError,
        match=r"3 classes.*the one that matters",
    ):
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


@for_each(
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
        table(make_table()),
        spec(target="sick", drop=("dose",)),
        SplitSpec(group="colour"),
    )
    assert set(dataset.frame.columns) == {"risk", "age", "flag"}
    assert dataset.groups is not None
    assert len(np.unique(dataset.groups)) == 3


def test_a_table_of_a_target_only_is_refused():
    frame = make_table()[["id", "sick"]]
    with pytest.raises(TargetError, match="no column to learn from"):
        prepare(table(frame), spec(target="sick"))


@for_each("name", ["Unnamed: 0", "row", "x"])
def test_row_numbers_are_no_feature(name):
    """They tell how the file is sorted, often by class."""
    frame = make_table(200).rename(columns={"id": name})
    frame[name] = np.arange(200)
    dataset = prepare(table(frame.sort_values("sick")), spec(target="sick"))
    assert dataset.info.roles[name] == "id"
    assert prepare(table(frame), spec(target="sick")).info.roles[name] == "id"


def test_training_rows_decide_what_a_column_is():
    frame = make_table()
    frame["dose"] = frame["dose"].astype(object)
    frame.loc[5, "dose"] = "n/k"
    train = np.arange(100, len(frame))
    assert "dose" not in prepare(table(frame), spec(target="sick")).frame.columns
    dataset = prepare(table(frame), spec(target="sick"), train=train)
    assert np.isnan(dataset.frame.loc[5, "dose"])
    assert ("IMB011", "dose") in codes(dataset)


def days(rows):
    return pd.date_range("2024-01-01", periods=rows).astype(str)


def wide():
    """A table with a column of every kind that is ignored by itself."""
    frame = make_table()
    rows = len(frame)
    return frame.assign(
        day=days(rows),
        note=[f"w{i % 400}" for i in range(rows)],
        code=np.arange(rows) % 7,
        ward=np.where(np.arange(rows) % 3, "Yes", "no"),
        same=1,
    )


def features(dataset):
    return {column.name: column.kind for column in dataset.columns}


def test_what_is_kept_is_learned_from():
    kept = ("id", "day", "note", "same")
    dataset = prepare(table(wide()), spec(target="sick", keep=kept))
    found = features(dataset)
    assert {name: found[name] for name in kept} == {
        "id": "integer",
        "day": "integer",
        "note": "category",
        "same": "integer",
    }
    assert dataset.frame["day"].diff().dropna().eq(1).all()
    assert not codes(dataset) & {
        ("IMB004", "id"),
        ("IMB005", "day"),
        ("IMB003", "note"),
    }


@for_each(
    ("column", "kind", "values"),
    [
        ("code", "category", ["0", "1", "2"]),
        ("code", "number", [0, 1, 2]),
        ("ward", "boolean", [0, 1, 1]),
        ("flag", "number", None),
        ("day", "number", [19723, 19724, 19725]),
        ("day", "category", ["2024-01-01", "2024-01-02", "2024-01-03"]),
        ("note", "category", ["w0", "w1", "w2"]),
    ],
)
def test_a_column_may_be_said_to_be_of_another_kind(column, kind, values):
    dataset = prepare(table(wide()), spec(target="sick", kinds={column: kind}))
    assert features(dataset)[column] == kind
    if values is not None:
        assert dataset.frame[column].tolist()[:3] == values


@for_each("kind", ["id", "text", "date"])
def test_a_column_may_be_said_to_be_of_a_kind_that_is_ignored(kind):
    frame = wide().rename(columns={"note": "x", "day": "note"})
    dataset = prepare(table(frame), spec(target="sick", kinds={"note": kind}))
    assert dataset.info.roles["note"] == ("id" if kind == "id" else "ignored")
    assert "note" not in dataset.frame.columns


@for_each(
    ("kinds", "said"),
    [
        ({"colour": "number"}, "'colour' cannot be of kind number.*such as 'red'"),
        ({"risk": "integer"}, "'risk' cannot be of kind integer.*is not whole"),
        ({"code": "boolean"}, "'code' cannot be of kind boolean: 2 is neither"),
        ({"colour": "boolean"}, "'colour' cannot be of kind boolean.*such as 'red'"),
        ({"colour": "integer"}, "'colour' cannot be of kind integer.*such as 'red'"),
        ({"age": "date"}, "'age' cannot be of kind date.*since when"),
        ({"colour": "date"}, "'colour' cannot be of kind date"),
        ({"colour": "colour"}, "no kind of column 'colour'.*number, integer"),
        ({"nix": "number"}, "no column 'nix'"),
        ({"sick": "number"}, "'sick' is the target"),
    ],
)
def test_a_kind_that_cannot_be_is_refused(kinds, said):
    with pytest.raises(SpecError, match=said):
        prepare(table(wide()), spec(target="sick", kinds=kinds))


def test_few_cells_that_are_no_numbers_are_lost_and_said():
    frame = make_table()
    frame["dose"] = frame["dose"].astype(object)
    frame.loc[5:7, "dose"] = "n/k"
    kinds = {"dose": "number"}
    dataset = prepare(table(frame), spec(target="sick", kinds=kinds))
    assert features(dataset)["dose"] == "number"
    (said,) = [a for a in dataset.info.advice if a.code == "IMB011"]
    assert "3 cells that are not of kind number" in said.message
    assert "'n/k'" in said.message


def test_a_number_that_is_said_to_be_a_category_stays_one_in_a_run():
    """Its texts are numbers in all training rows."""
    frame = make_table().assign(code=np.arange(600) % 7)
    given = spec(target="sick", kinds={"code": "category"})
    dataset = prepare(table(frame), given, train=np.arange(100, 600))
    assert features(dataset)["code"] == "category"
    assert not any(code == "IMB011" for code, _ in codes(dataset))


@for_each(
    ("split", "role"),
    [
        (SplitSpec(group="colour"), ("colour", "group")),
        (SplitSpec(time="day"), ("day", "time")),
        (SplitSpec(by="ward"), ("ward", "split")),
    ],
)
def test_what_tells_the_split_is_no_feature(split, role):
    dataset = prepare(table(wide()), spec(target="sick"), split)
    column, name = role
    assert dataset.info.roles[column] == name
    assert column not in dataset.frame.columns
    told = (dataset.groups, dataset.times, dataset.test)
    assert sum(way is not None for way in told) == 1


@for_each(
    ("given", "split", "said"),
    [
        ({"keep": ("sick",)}, {}, "'sick' is the target and cannot be learned from"),
        ({}, {"group": "sick"}, "'sick' is the target and cannot be what tells"),
        (
            {"drop": ("age",), "keep": ("age",)},
            {},
            "'age' is both dropped and",
        ),
        ({}, {"time": "day", "by": "ward"}, "defined in 2 ways: time, by"),
        ({"keep": ("nix",)}, {}, "no column 'nix'"),
        ({}, {"by": "nix"}, "no column 'nix'"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(given, split, said):
    with pytest.raises(SpecError, match=said):
        prepare(table(wide()), spec(target="sick", **given), SplitSpec(**split))


def test_the_last_rows_are_those_of_a_second_file():
    frame = make_table()
    frame.loc[[3, 595], "sick"] = None  # these rows are left out
    given = Table(frame, "t.csv", Reader(format="text"), test_rows=100)
    dataset = prepare(given, spec(target="sick"))
    assert len(dataset.y) == 598
    np.testing.assert_array_equal(np.flatnonzero(dataset.test), np.arange(499, 598))


def test_a_second_file_without_a_target_is_no_test():
    frame = make_table()
    frame.loc[500:, "sick"] = None
    given = Table(frame, "t.csv", Reader(format="text"), test_rows=100)
    with pytest.raises(TargetError, match="no row of the second file has a target"):
        prepare(given, spec(target="sick"))


def test_the_file_may_say_what_its_target_is():
    frame = make_table()
    given = Table(frame, "t.arff", Reader(format="arff"), target="flag")
    dataset = prepare(given, spec())
    assert dataset.info.target == "flag"
    assert ("IMB007", "flag") in codes(dataset)
    assert prepare(given, spec(target="sick")).info.target == "sick"


def many():
    frame = make_table(300)
    frame["sick"] = np.repeat(["b", "c", "a"], [100, 150, 50])
    return table(frame)


def test_more_than_two_classes_are_kept_if_asked():
    dataset = prepare(many(), spec(target="sick"), multiclass=True)
    assert dataset.labels == ("c", "b", "a")
    assert dataset.info.classes == {"c": 150, "b": 100, "a": 50}
    assert dataset.info.positive is None
    assert np.bincount(dataset.y).tolist() == [150, 100, 50]
    assert dataset.labels[dataset.y[0]] == "b"


def test_a_positive_class_makes_two_of_more():
    dataset = prepare(many(), spec(target="sick", positive="b"), multiclass=True)
    assert dataset.labels == ("not b", "b")
    two = prepare(table(make_table()), spec(target="sick"), multiclass=True)
    assert two.info.positive == "yes"


@for_each("names", [("no", "yes"), ("well", "ill"), (0, 1), (1, 0)])
def test_what_classes_are_called_has_no_say_in_the_split(names):
    frame = make_table()
    ill = frame["sick"] == "yes"
    frame["sick"] = np.where(ill, names[1], names[0])
    dataset = prepare(table(frame), spec(target="sick"))
    split = divide(dataset, SplitSpec(), seed=42)
    _, test = train_test_split(
        np.arange(600), test_size=0.2, random_state=42, stratify=ill
    )
    np.testing.assert_array_equal(split.test, test)


def test_an_id_with_a_gap_in_its_first_row_is_an_id():
    whole = prepare(table(make_table()), spec(target="sick"))
    frame = make_table()
    frame["id"] = frame["id"].astype(float)
    frame.loc[0, "id"] = np.nan
    gap = prepare(table(frame), spec(target="sick"))
    assert gap.columns == whole.columns
    assert codes(gap) == codes(whole)


def test_rows_that_are_equal_in_every_feature_are_found_whatever_else_differs():
    frame = make_table()
    copy = frame.iloc[:50].assign(id=np.arange(50) + 10**6, sick="no")
    dataset = prepare(table(pd.concat([frame, copy])), spec(target="sick"))
    assert (dataset.equal_rows[600:] == dataset.equal_rows[:50]).all()
    split = divide(dataset, SplitSpec(), seed=1)
    numbers = dataset.equal_rows
    assert not set(numbers[split.train]) & set(numbers[split.test])
    apart = divide(dataset, SplitSpec(duplicates="apart"), seed=1)
    assert set(numbers[apart.train]) & set(numbers[apart.test])


def test_a_column_of_weights_is_no_feature():
    frame = make_table(200)
    frame["w"] = np.arange(200) / 7  # as an id would be
    frame.loc[3, ["sick", "w"]] = None  # a row that is left out
    dataset = prepare(table(frame), spec(weight="w"))
    assert dataset.info.roles["w"] == "weight"
    assert "w" not in dataset.frame.columns
    np.testing.assert_array_equal(dataset.weights, frame["w"].dropna())
    assert "w" not in {column for _, column in codes(dataset)}
    assert prepare(table(frame), spec()).weights is None
    train = np.arange(100)
    assert len(prepare(table(frame), spec(weight="w"), train=train).weights) == 199
    with pytest.raises(SpecError, match="is the target and cannot be the weight"):
        prepare(table(frame), spec(weight="sick", target="sick"))
    with pytest.raises(SpecError, match="no column 'v'") as caught:
        prepare(table(frame), spec(weight="v"))
    assert caught.value.field == "data.weight"


def test_columns_of_groups_are_no_features_unless_kept():
    frame = make_table(200)
    frame["sex"] = np.resize(["f", "m", "m"], 200)
    frame["name"] = [f"name {k % 120}" for k in range(200)]
    dataset = prepare(table(frame), spec(subgroups=("sex",)))
    assert (dataset.info.roles["sex"], "sex" in dataset.frame) == ("ignored", False)
    assert "sex" not in {column for _, column in codes(dataset)}
    kept = prepare(table(frame), spec(subgroups=("sex",), keep=("sex",)))
    assert (kept.info.roles["sex"], "sex" in kept.frame) == ("feature", True)
    for column, said in {
        "age_band": "no column 'age_band'",
        "sick": "is the target and cannot be what groups rows",
        "name": "has 120 values, and errors are compared by at most 50 groups",
    }.items():
        with pytest.raises(SpecError, match=said):
            prepare(table(frame), spec(target="sick", subgroups=(column,)))
