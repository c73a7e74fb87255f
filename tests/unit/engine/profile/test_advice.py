"""Each piece of advice is given where there is cause for it, and not where none is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.core.checks import CODES, PAGE
from engine.core.events import FieldChange
from engine.core.experiment import DataSpec, SplitSpec
from engine.profile import advice
from tests.support.advised import ROWS, advise, find, of, one_of, sick
from tests.support.experiments import make_table
from tests.support.paths import ROOT


@pytest.fixture
def frame() -> pd.DataFrame:
    return make_table(ROWS, share=0.3)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


# --- the whole -----------------------------------------------------------------------


def test_an_ordinary_table_gets_little_advice(frame: pd.DataFrame) -> None:
    assert {a.code for a in advise(frame)} == {"IMB004", "IMB008", "IMB024"}


def test_every_piece_has_a_cause_and_a_fix(frame: pd.DataFrame) -> None:
    frame["leak"] = frame["sick"].map({"yes": "a", "no": "b"})
    for one in advise(frame, notes=("a note",)):
        assert one.cause == CODES[one.code].cause
        assert one.message
        assert one.fix
        assert "\n" not in one.message + one.fix


def test_what_can_make_a_result_wrong_comes_first(frame: pd.DataFrame) -> None:
    frame["leak"] = frame["sick"]
    told = advise(frame, notes=("a note",))
    assert told[0].code == "IMB012"
    weights = [CODES[a.code].weight for a in told]
    assert weights == sorted(weights)
    assert one_of(told, "IMB001").message == "a note"


def test_muted_advice_is_not_given_but_counted(frame: pd.DataFrame) -> None:
    frame["twin"], frame["other"] = frame["risk"], frame["risk"]
    found, spec = find(frame)
    told = advice.everything(found, spec)
    assert [a.column for a in of(told, "IMB026")] == ["twin", "other"]
    mute = ("IMB026:twin", "IMB008", "IMB999")
    kept = advice.unmuted(told, mute)
    assert [a.column for a in of(kept, "IMB026")] == ["other"]
    assert len(kept) + advice.count_muted(told, mute) == len(told) == len(kept) + 2
    muted = DataSpec(source="t.csv", mute=mute)
    assert advice.examine(found, muted) == kept


def test_the_docs_are_the_page_of_the_codes() -> None:
    """Change engine/core/advice.md, and copy it: nothing in it is overlooked."""
    assert (ROOT / "docs" / "advice.md").read_text(encoding="utf-8") == PAGE
    assert PAGE.count("\n## ") == len(CODES) == 30
    assert list(CODES) == sorted(CODES)
    assert {about.weight for about in CODES.values()} == {1, 2, 3}


def test_the_same_rows_give_the_same_advice_whatever_their_labels_are_called(
    frame: pd.DataFrame,
) -> None:
    frame.loc[sick(frame) & (frame["age"] < 60), "dose"] = np.nan
    other = frame.assign(sick=frame["sick"].map({"yes": "1", "no": "0"}).astype(int))
    one, two = find(frame)[0], find(other)[0]
    assert [c.alone for c in one.columns] == [c.alone for c in two.columns]
    assert [c.missing_shares for c in one.columns] != [{}] * len(one.columns)
    told = [[(a.code, a.column) for a in advise(f)] for f in (frame, other)]
    assert told[0] == told[1]


# --- cells ---------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", ["risk", "age"])
def test_words_among_numbers_are_named_with_their_rows(
    frame: pd.DataFrame, numbers: str
) -> None:
    frame["lab"] = frame[numbers].astype(str)
    frame.loc[[4, 40], "lab"] = "n/k"
    frame.loc[9, "lab"] = "low"
    told = advise(frame)
    mixed = one_of(told, "IMB006")
    assert "3 cells among 1,197 numbers" in mixed.message
    assert "'n/k' (2 rows, the first is 5), 'low' (row 10)" in mixed.message
    assert mixed.change == FieldChange(field="missing", value="n/k")
    # It is why the column looks like free text or has many levels: said once.
    assert not [a for a in told if a.column == "lab" and a.code != "IMB006"]


@pytest.mark.parametrize(
    "values", [["0", "1", "2", "3+"], ["red", "7", "8"], [str(n) for n in range(40)]]
)
def test_categories_with_a_number_or_two_are_no_mixed_types(
    frame: pd.DataFrame, values: list[str]
) -> None:
    frame["lab"] = np.resize(np.array(values, dtype=object), ROWS)
    assert not of(advise(frame), "IMB006")


def test_a_word_with_figures_is_to_be_corrected_not_lost(frame: pd.DataFrame) -> None:
    frame["lab"] = frame["age"].astype(str)
    frame.loc[7, "lab"] = "<5"
    mixed = one_of(advise(frame), "IMB006")
    assert mixed.change is None
    assert "write them as numbers" in mixed.fix


def test_a_level_that_may_mean_missing_is_told_once_per_word(
    frame: pd.DataFrame,
) -> None:
    frame["job"] = np.resize(np.array(["cook", "unknown", "clerk"]), ROWS)
    frame.loc[3, "colour"] = "unknown"
    one = one_of(advise(frame), "IMB025")
    assert "'unknown' is a level of 'colour' (1), 'job' (400)" in one.message
    assert (one.column, one.change) == (
        None,
        FieldChange(field="missing", value="unknown"),
    )


def test_missing_cells_that_tell_the_class_are_told(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    frame["dose"] = frame["dose"].fillna(0.0).mask(rng.random(ROWS) < 0.1)
    assert not of(advise(frame), "IMB023")
    frame["dose"] = frame["dose"].mask(sick(frame) & (rng.random(ROWS) < 0.3))
    one = one_of(advise(frame), "IMB023")
    assert one.column == "dose"
    assert "of class 'yes', and in " in one.message


@pytest.mark.parametrize(
    ("levels", "rare", "told"), [(60, 1, True), (20, 1, False), (60, 30, False)]
)
def test_many_levels_are_told_if_many_cells_share_an_indicator(
    frame: pd.DataFrame, levels: int, rare: int, told: bool
) -> None:
    city = np.arange(ROWS) % levels
    # Of the rarest only every so many remain.
    city = np.where((city >= 20) & (np.arange(ROWS) // levels % rare > 0), 0, city)
    frame["city"] = [f"city {n}" for n in city]
    assert frame["city"].nunique() == levels
    assert bool(of(advise(frame), "IMB018")) == told


def test_columns_that_say_the_same_are_told(frame: pd.DataFrame) -> None:
    frame["copy"] = frame["dose"]
    frame["hue"] = frame["colour"].map({"red": "r", "green": "g", "blue": "b"})
    frame["noise"] = np.random.default_rng(1).normal(size=ROWS)
    told = of(advise(frame), "IMB026")
    assert [(a.column, "same values" in a.message) for a in told] == [
        ("copy", True),
        ("hue", False),
    ]


def test_many_columns_that_say_the_same_are_one_line(frame: pd.DataFrame) -> None:
    for n in range(9):
        frame[f"not {n}"] = frame[f"flag {n}"] = (np.arange(ROWS) + n) % (n + 2) == 0
        frame[f"not {n}"] = np.where(frame[f"not {n}"], 0, 1)
        frame[f"flag {n}"] = frame[f"flag {n}"].astype(int)
    assert (
        "9 columns are equal or equivalent" in one_of(advise(frame), "IMB026").message
    )


def test_one_of_a_thing_is_told_as_one(rng: np.random.Generator) -> None:
    frame = make_table(400, share=0.3)
    frame["lab"] = frame["age"].astype(str)
    frame.loc[4, "lab"] = "n/k"
    mixed = one_of(advise(frame), "IMB006")
    assert "because of 1 cell among 399 numbers" in mixed.message
    assert mixed.fix.endswith("or correct the cell")
    twice = pd.concat([frame, frame.iloc[[7]]], ignore_index=True).drop(columns="id")
    copies = one_of(advise(twice), "IMB013")
    assert "1 row of 401 is equal to an earlier one" in copies.message
    tests = frame.iloc[[7, 7]].assign(sick=["no", "yes"], age=[frame["age"][7], 200])
    both = pd.concat([frame, tests], ignore_index=True).drop(columns=["id", "lab"])
    alone = one_of(advise(both, test_rows=2), "IMB013")
    assert "1 of 2 test rows is equal to a training row" in alone.message
    few = pd.DataFrame({"x": rng.normal(size=205), "sick": ["no"] * 200 + ["yes"] * 5})
    assert "1 test row is 'yes'" in one_of(advise(few), "IMB024").message


# --- a test file ---------------------------------------------------------------------


def test_two_files_of_one_source_do_not_drift(frame: pd.DataFrame) -> None:
    assert not of(advise(frame, test_rows=400), "IMB021")


def test_what_differs_between_two_files_is_told(frame: pd.DataFrame) -> None:
    last = np.arange(ROWS) >= 800
    frame["patient_id"] = np.arange(ROWS) // 4
    frame["age"] = frame["age"] + np.where(last, 40, 0)
    frame.loc[last & (np.arange(ROWS) % 3 == 0), "colour"] = "violet"
    frame["dose"] = frame["dose"].mask(last & (np.arange(ROWS) % 2 == 0))
    rare = sick(frame) & last & (np.arange(ROWS) % 4 != 0)
    frame.loc[rare, "sick"] = "no"
    told = {a.column: a for a in of(advise(frame, test_rows=400), "IMB021")}
    assert set(told) == {"age", "colour", "dose", "sick"}
    # Other patients have other numbers: that is no drift.
    assert "its distribution changes" in told["age"].message
    assert "of levels that no training row has, such as 'violet'" in (
        told["colour"].message
    )
    assert "of the cells were missing, now" in told["dose"].message
    assert told["sick"].change is None


def test_test_rows_that_are_in_the_training_file_are_told(frame: pd.DataFrame) -> None:
    frame = pd.concat([frame, frame.iloc[:30]], ignore_index=True).drop(columns="id")
    one = one_of(advise(frame, test_rows=230), "IMB013")
    assert "--test-size" not in str(advise(frame, test_rows=230))
    assert "30 of 230 test rows are equal to a training row" in one.message
    assert "out of one of the two files" in one.fix


# --- fixes of what is said elsewhere -------------------------------------------------


def test_fixes_of_dates_text_and_guesses(frame: pd.DataFrame) -> None:
    days = pd.date_range("2024-01-01", periods=ROWS, freq="h")
    frame["day"] = days
    frame["remark"] = [f"text {n % 900}" for n in range(ROWS)]
    told = advise(frame)
    assert one_of(told, "IMB005").change == FieldChange(field="time", value="day")
    assert one_of(told, "IMB003").change == FieldChange(field="keep", value="remark")
    # Which class is the positive one is a choice, and no fault that is repaired.
    assert one_of(told, "IMB008").change is None
    assert not of(advise(frame, SplitSpec(time="day")), "IMB005")
