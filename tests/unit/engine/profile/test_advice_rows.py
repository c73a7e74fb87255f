"""Advice on rows, groups, classes and the split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.core.checks import CODES
from engine.core.events import FieldChange, Reader, Sampled
from engine.core.experiment import SplitSpec
from engine.data.load import Table
from engine.data.roles import prepare
from engine.profile import advice, cells
from engine.splits import divide
from tests.support.advised import ROWS, advise, classes, find, of, one_of, sick
from tests.support.experiments import make_table


@pytest.fixture
def frame() -> pd.DataFrame:
    return make_table(ROWS, share=0.3)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


# --- rows and groups -----------------------------------------------------------------


def test_rows_of_one_patient_should_stay_together(frame: pd.DataFrame) -> None:
    order = frame.sort_values("sick").reset_index(drop=True)
    order["patient_id"] = np.arange(ROWS) // 4
    group = one_of(advise(order), "IMB019")
    assert group.change == FieldChange(field="group", value="patient_id")
    assert "300 different values, of which 300 have several rows" in group.message
    assert "of one class throughout" in group.message
    kept = advise(order, SplitSpec(group="patient_id"))
    assert not of(kept, "IMB019")


def test_an_identifier_that_repeats_is_counted_over_the_split(
    frame: pd.DataFrame,
) -> None:
    """The second of two rows of an id differs in one cell: they are no copies."""
    twins = frame.iloc[:20].assign(dose=99.0)
    twice = pd.concat([frame, twins], ignore_index=True)
    found, spec = find(twice)
    column = found.column("id")
    assert column is not None
    assert column.repeats is not None
    assert column.role == "id"
    told = one_of(advice.examine(found, spec), "IMB019")
    table = Table(twice, "t.csv", Reader(format="text"))
    part = divide(prepare(table, spec), SplitSpec(), seed=1)
    train, test = twice.iloc[part.train], twice.iloc[part.test]
    shared = test[test["id"].isin(train["id"])]
    sick = (shared["sick"] == "yes").sum(), (test["sick"] == "yes").sum()
    assert 0 < sick[0] < len(shared)
    assert told.change == FieldChange(field="group", value="id")
    assert "1,200 different values, of which 20 have several rows" in told.message
    assert (
        f"{len(shared)} of {len(test)} test rows, {sick[0]} of {sick[1]} positives, "
        "share their 'id' with a training row"
    ) in told.message
    said = one_of(advice.examine(found, spec), "IMB004").message
    assert "a different value in nearly every row: ignored" in said
    gaps = twice.assign(id=twice["id"].mask(np.arange(len(twice)) % 2 == 0))
    said = one_of(advise(gaps), "IMB004").message
    assert "in nearly every row that has one: ignored" in said
    assert not of(advise(twice, SplitSpec(group="id")), "IMB019")


def test_rows_without_an_id_share_none(rng: np.random.Generator) -> None:
    codes = np.array([-1, 0, 0, 1, -1, 1])
    y = np.array([1, 0, 1, 0, 1, 1])
    train, test = np.array([0, 1, 3]), np.array([2, 4, 5])
    found = cells.repeats(codes, y, 2, train, test)
    assert found is not None
    assert found.sharing == (0, 2)


def test_a_number_of_persons_is_a_group_and_a_few_kinds_are_none(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    frame["patient_nbr"] = rng.integers(0, 900, ROWS) * 37
    frame["admission_type_id"] = np.arange(ROWS) % 8
    frame["site"] = np.arange(ROWS) % 25
    told = of(advise(frame), "IMB019")
    assert [one.column for one in told] == ["patient_nbr"]
    assert "positives, share their 'patient_nbr'" in told[0].message


def _failures(rows: int = 4000) -> pd.DataFrame:
    """Return machines that fail of three causes, each with its flag, and by chance."""
    rng = np.random.default_rng(3)
    causes = rng.random((rows, 3)) < [0.006, 0.01, 0.012]
    fails = causes.any(axis=1) | (rng.random(rows) < 0.004)
    flags = pd.DataFrame(causes.astype(int), columns=["wear", "heat", "power"])
    flags["random"] = (rng.random(rows) < 0.01).astype(int)
    flags["torque"] = rng.normal(size=rows).round(2) + fails
    return flags.assign(sick=np.where(fails, "yes", "no"))


def test_a_flag_that_is_part_of_the_target_is_told() -> None:
    told = of(advise(_failures()), "IMB029")
    assert [one.column for one in told] == ["wear", "heat", "power"]
    one = told[1]
    assert one.change == FieldChange(field="drop", value="heat")
    assert (
        "training rows with 'heat' = '1' are of class 'yes' (all training rows: 3"
        in one.message
    )
    assert one.message.startswith("all ")
    assert CODES["IMB029"].weight == 1


def test_a_flag_implies_nothing_by_a_few_rows_or_in_a_common_class(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    few = _failures()[["random", "torque", "sick"]]
    sick = np.flatnonzero(few["sick"] == "yes")
    few["seldom"] = np.isin(np.arange(len(few)), sick[:9]).astype(int)
    few["mixed"] = few["random"] | (np.arange(len(few)) % 5 == 0)
    assert not of(advise(few), "IMB029")
    common = make_table(ROWS, share=0.45)
    sick = np.flatnonzero(common["sick"] == "yes")
    common["flag"] = np.isin(np.arange(ROWS), sick[:60]).astype(int)
    assert not of(advise(common), "IMB029")


def test_what_a_column_in_other_words_implies_is_told_once(frame: pd.DataFrame) -> None:
    rare = make_table(ROWS, share=0.1)
    told = advise(rare.assign(code=np.where(sick(rare), 9, 4)))
    assert [one.column for one in of(told, "IMB012")] == ["code"]
    assert not of(told, "IMB029")


@pytest.mark.parametrize(
    ("no", "text"),
    [
        (500, "5 rows of other classes for every row of 'yes' (100)"),
        (250, "5 rows of other classes for every 2 rows of 'yes' (100)"),
        (2050, "41 rows of other classes for every 2 rows of 'yes' (100)"),
    ],
)
def test_a_sample_drawn_by_class_is_told(
    rng: np.random.Generator, no: int, text: str
) -> None:
    one = one_of(advise(classes(rng, no=no, yes=100)), "IMB030")
    assert one.message == (
        f"there are exactly {text}: the table may have been sampled by class"
    )
    assert one.fix.startswith("find out the real share of 'yes'")


def test_of_a_table_balanced_by_repeating_rows_oversampling_is_the_cause(
    rng: np.random.Generator,
) -> None:
    frame = classes(rng, no=500, yes=125)
    repeated = pd.concat([frame, *[frame[frame["sick"] == "yes"]] * 3])
    one = one_of(advise(repeated.reset_index(drop=True)), "IMB030")
    assert one.message == (
        "there are exactly as many rows of other classes as of 'yes' (500): with 375 "
        "rows of 1,000 equal to an earlier one, the likely cause is oversampling"
    )
    assert "before rows were repeated" in one.fix


@pytest.mark.parametrize(("no", "yes"), [(501, 100), (495, 99), (2100, 100)])
def test_other_shares_are_no_sample_drawn_by_class(
    rng: np.random.Generator, no: int, yes: int
) -> None:
    told = advise(classes(rng, no=no, yes=yes))
    assert not of(told, "IMB030")


@pytest.mark.parametrize("name", ["pain_index", "number", "rank", "person_weight"])
def test_a_name_that_is_of_no_group_is_none(frame: pd.DataFrame, name: str) -> None:
    frame[name] = np.arange(ROWS) // 4
    assert not of(advise(frame), "IMB019")


def test_duplicates_are_told_by_the_side_they_are_on(frame: pd.DataFrame) -> None:
    frame = pd.concat([frame, frame.iloc[:100]], ignore_index=True).drop(columns="id")
    together = one_of(advise(frame), "IMB013")
    assert "100 rows of 1,300 are equal to an earlier one" in together.message
    assert together.change is None
    apart = one_of(advise(frame, SplitSpec(duplicates="apart")), "IMB013")
    assert apart.change == FieldChange(field="duplicates", value="together")
    assert "test rows are equal to a training row" in apart.message
    assert not of(advise(frame.drop_duplicates()), "IMB013")


def test_equal_rows_of_few_patterns_are_no_copies(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(
        {"a": rng.integers(0, 6, 4000), "b": rng.choice(list("vwxyz"), 4000)}
    )
    frame["sick"] = np.where(rng.random(4000) < 0.2, "yes", "no")
    one = one_of(advise(frame), "IMB013")
    assert "800 of 800 test rows are equal to a training row" in one.message
    assert "too large to be copies are split like other rows" in one.message
    assert one.change is None


def test_rows_that_contradict_each_other_are_shown(frame: pd.DataFrame) -> None:
    frame = frame.drop(columns="id")
    assert not of(advise(frame), "IMB014")
    torn = frame.iloc[:20].assign(sick=np.where(sick(frame)[:20], "no", "yes"))
    one = one_of(advise(pd.concat([frame, torn], ignore_index=True)), "IMB014")
    assert "32 training rows (3.3 %" in one.message
    assert "rows 1 and 1,201, for example" in one.message


def test_row_numbers_are_those_of_the_file_though_rows_were_left_out(
    frame: pd.DataFrame,
) -> None:
    frame = frame.drop(columns="id")
    torn = frame.iloc[:20].assign(sick=np.where(sick(frame)[:20], "no", "yes"))
    blank = frame.iloc[:1].assign(sick=None)
    whole = pd.concat([blank, frame, torn], ignore_index=True)
    assert "rows 2 and 1,202" in one_of(advise(whole), "IMB014").message


# --- classes and the split -----------------------------------------------------------


def test_a_class_too_rare_for_the_folds(rng: np.random.Generator) -> None:
    told = advise(classes(rng, no=200, yes=4))
    one = one_of(told, "IMB015")
    assert "fewer training rows than 5 folds: 'yes' (3)" in one.message
    assert "take 3 folds" in one.fix
    assert not of(told, "IMB017")
    found, spec = find(classes(rng, no=200, yes=4))
    assert not of(advice.examine(found, spec, folds=3), "IMB015")


@pytest.mark.parametrize(("positives", "told"), [(8, True), (30, False)])
def test_a_minority_smaller_than_its_neighbours(
    rng: np.random.Generator, positives: int, told: bool
) -> None:
    found = of(advise(classes(rng, no=400, yes=positives)), "IMB017")
    assert bool(found) == told
    if told:
        assert "'yes' has 6 training rows; a fold leaves as few as 4" in (
            found[0].message
        )


def test_prevalence_says_what_always_no_scores(rng: np.random.Generator) -> None:
    one = one_of(advise(classes(rng, no=980, yes=20)), "IMB016")
    assert (
        "2 % of the rows are 'yes': always predicting 'no' has an accuracy of 98 %"
        in (one.message)
    )
    assert "average precision of 0.020" in one.message
    assert not of(advise(classes(rng, no=700, yes=300)), "IMB016")


def test_few_test_positives_are_told_with_their_interval(
    rng: np.random.Generator,
) -> None:
    one = one_of(advise(classes(rng, no=800, yes=200)), "IMB024")
    assert (
        "40 test rows are 'yes': the 95 % interval of a recall will be about ± 0.15"
        in one.message
    )
    assert not of(advise(classes(rng, no=800, yes=600)), "IMB024")
    assert one.change is None


def test_below_50_positives_several_splits_are_advised_where_rows_are_drawn(
    rng: np.random.Generator,
) -> None:
    one = one_of(advise(classes(rng, no=800, yes=49)), "IMB024")
    assert "10 test rows are 'yes', of 49 in all" in one.message
    assert one.change == FieldChange(field="splits", value="20")
    several = advice.examine(*find(classes(rng, no=800, yes=49)), splits=20)
    assert not one_of(several, "IMB024").change, "a run of 20 splits has them"
    assert not one_of(advise(classes(rng, no=800, yes=50)), "IMB024").change
    frame = classes(rng, no=800, yes=49)
    frame["when"] = rng.permutation(len(frame))
    latest = advise(frame, SplitSpec(time="when"))
    assert not one_of(latest, "IMB024").change, "other splits have the same test rows"


def test_more_than_two_classes_are_examined_too(rng: np.random.Generator) -> None:
    frame = classes(rng, a=600, b=150, c=12)
    told = advise(frame)
    assert "'c' has 10 training rows" not in str(told)
    assert "1.6 % of the rows are 'c'" in one_of(told, "IMB016").message
    assert "2 test rows are 'c'" in one_of(told, "IMB024").message
    frame["copy"] = frame["sick"].map({"a": 1.5, "b": 2.5, "c": 3.5})
    assert one_of(advise(frame), "IMB012").column == "copy"


def test_numbers_that_look_interpolated_tell_that_rows_were_made_up(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    assert not of(advise(frame), "IMB020")
    made = sick(frame) & (rng.random(ROWS) < 0.8)
    frame["age"] = frame["age"] + np.where(made, rng.random(ROWS), 0.0)
    one = one_of(advise(frame), "IMB020")
    assert one.column == "age"
    assert "rows of 'yes' look interpolated" in one.message


def test_halves_and_natural_decimals_do_not(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    frame["age"] = frame["age"] + np.where(sick(frame), 0.5, 0.0)
    frame["weight"] = rng.normal(70, 10, ROWS)
    assert not of(advise(frame), "IMB020")


def test_exactly_balanced_classes_look_made(rng: np.random.Generator) -> None:
    even = classes(rng, no=500, yes=500)
    assert "exactly 500 rows each" in one_of(advise(even), "IMB020").message
    assert not of(advise(classes(rng, no=501, yes=500)), "IMB020")
    assert not of(advise(classes(rng, no=50, yes=50)), "IMB020")
    assert not of(advise(even.assign(x=even["x"].mask(even["x"] > 2))), "IMB020")


def test_a_sample_is_told_and_has_no_row_numbers(frame: pd.DataFrame) -> None:
    frame["lab"] = frame["age"].astype(str)
    frame.loc[[4, 40], "lab"] = "n/k"
    told = advise(frame, sampled=Sampled(rows=ROWS, of=90_000))
    assert "these are 1,200 of the 90,000 rows" in one_of(told, "IMB022").message
    assert "'n/k' (2 rows)" in one_of(told, "IMB006").message
