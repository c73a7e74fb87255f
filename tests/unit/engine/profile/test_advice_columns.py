"""Columns that are the answer, and columns that only look like it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

from engine.core.events import FieldChange
from engine.core.experiment import SplitSpec
from engine.profile import advice
from engine.profile import measure as findings
from tests.support.advised import ROWS, advise, find, of, one_of, sick
from tests.support.experiments import make_table


@pytest.fixture
def frame() -> pd.DataFrame:
    return make_table(ROWS, share=0.3)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_a_column_that_is_the_target_in_other_words_is_a_leak(
    frame: pd.DataFrame,
) -> None:
    frame["outcome"] = frame["sick"].map({"yes": "late", "no": "on time"})
    leak = one_of(advise(frame), "IMB012")
    assert (leak.column, leak.change) == (
        "outcome",
        FieldChange(field="drop", value="outcome"),
    )
    assert "is equivalent to" in leak.message
    assert not of(advise(frame, drop=("outcome",)), "IMB012")


@pytest.mark.parametrize("noise", [0.3, 0.4])
def test_a_number_written_down_afterwards_is_suspected(
    frame: pd.DataFrame, rng: np.random.Generator, noise: float
) -> None:
    frame["days_in_bed"] = sick(frame) + rng.normal(0, noise, ROWS)
    leak = one_of(advise(frame), "IMB012")
    assert leak.column == "days_in_bed"
    assert "ROC AUC 0.9" in leak.message
    assert "the next best column, 'risk'" in leak.message


def test_a_flag_that_half_of_the_positives_have_is_suspected(
    rng: np.random.Generator,
) -> None:
    frame = make_table(3000, share=0.05)
    frame["treated"] = (sick(frame) & (rng.random(3000) < 0.7)).astype(int)
    leak = one_of(advise(frame), "IMB012")
    assert leak.column == "treated"
    assert "with a precision of 95 %" in leak.message


def test_the_best_column_of_all_is_no_suspect(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    """As the length of the last call in the bank's table: strong, but not alone."""
    frame["strong"] = 1.4 * sick(frame) + rng.normal(0, 1, ROWS)
    found, spec = find(frame)
    alone = found.column("strong").alone  # type: ignore[union-attr]
    assert alone is not None
    assert 0.8 < alone.roc_auc < 0.95
    assert not of(advice.examine(found, spec), "IMB012")


def test_where_all_columns_are_strong_the_table_is_easy_not_leaking(
    rng: np.random.Generator,
) -> None:
    y = rng.random(2000) < 0.2
    frame = pd.DataFrame({f"x{n}": 3.0 * y + rng.normal(size=2000) for n in range(4)})
    frame["sick"] = np.where(y, "yes", "no")
    told = advise(frame)
    assert not of(told, "IMB012")
    assert (
        "4 of 4 columns alone almost predict 'sick'" in one_of(told, "IMB020").message
    )


def test_a_ranking_of_a_handful_of_rows_proves_nothing(
    rng: np.random.Generator,
) -> None:
    frame = make_table(60, share=0.5).iloc[:, 1:]
    frame["sick"] = ["yes"] * 6 + ["no"] * 54
    frame["lucky"] = [1] * 6 + [0] * 54
    frame["noise"] = rng.normal(size=60)
    assert not of(advise(frame), "IMB012")


def test_test_rows_have_no_say(frame: pd.DataFrame) -> None:
    """A column that is the answer in the test rows only looks like any other."""
    frame["part"] = np.where(np.arange(ROWS) % 5 == 0, "test", "train")
    test = frame["part"] == "test"
    frame["odd"] = np.where(test, frame["sick"], frame["colour"])
    found, spec = find(frame, SplitSpec(by="part"))
    one = found.column("odd").alone  # type: ignore[union-attr]
    frame["odd"] = frame["colour"]
    two = find(frame, SplitSpec(by="part"))[0].column("odd").alone  # type: ignore[union-attr]
    assert one == two
    assert not of(advice.examine(found, spec), "IMB012")


def _unshared(column: findings.ColumnFacts) -> findings.ColumnFacts:
    found = column.repeats
    if found is None:
        return column
    return replace(column, repeats=replace(found, sharing=(sum(found.sharing),)))


def test_labels_of_test_rows_are_not_looked_at(frame: pd.DataFrame) -> None:
    """Whatever they are, the same is measured and told, but for the class counts."""
    frame = pd.concat([frame, frame.iloc[:300]], ignore_index=True).drop(columns="id")
    frame["part"] = np.where(np.arange(1500) % 7 == 0, "test", "train")
    frame["patient_id"] = np.arange(1500) % 1200 // 4
    test = (frame["part"] == "test").to_numpy()
    flipped = np.where(sick(frame), "no", "yes")
    other = frame.assign(sick=np.where(test, flipped, frame["sick"]))
    split = SplitSpec(by="part")
    found, two = (find(f, split)[0] for f in (frame, other))
    assert found.equal == two.equal
    # Which of them share an id with a training row is counted by class.
    assert [_unshared(c) for c in found.columns] == [_unshared(c) for c in two.columns]
    dose = found.column("dose")
    assert dose is not None
    missing = frame.loc[~test & frame["dose"].isna(), "sick"].value_counts()
    assert dose.missing_by_class == missing.to_dict()
    assert dose.missing == frame["dose"].isna().sum()
    torn = frame.assign(sick=np.where(np.arange(1500) < 1200, frame["sick"], flipped))
    equal = find(torn, split)[0].equal
    pairs = ~test[:300] & ~test[1200:]
    assert equal.contradictory == 2 * pairs.sum() < 600
    assert equal.example is not None
    assert not test[np.array(equal.example) - 1].any()


def test_rows_of_one_patient_do_not_make_a_column_suspect(
    rng: np.random.Generator,
) -> None:
    patient = np.repeat(np.arange(200), 6)
    frame = make_table(ROWS, share=0.3).drop(columns="id")
    frame["patient_id"] = patient
    frame["sick"] = np.where(rng.random(200) < 0.3, "yes", "no")[patient]
    frame["ward"] = [f"w{n}" for n in rng.permutation(200)[patient]]
    split = SplitSpec(group="patient_id")
    found = find(frame, split)[0].column("ward")
    assert found is not None
    assert found.alone is not None
    assert 0.3 < found.alone.roc_auc < 0.7
    assert not of(advise(frame, split), "IMB012")
    assert of(advise(frame), "IMB012")


@pytest.mark.parametrize(("duplicates", "learned"), [("together", 0), ("apart", 1)])
def test_equal_rows_do_not_make_a_column_strong(
    rng: np.random.Generator, duplicates: str, learned: bool
) -> None:
    frame = pd.DataFrame({"code": [f"c{n}" for n in rng.permutation(150)]})
    frame["sick"] = np.where(rng.permutation(150) < 45, "yes", "no")
    frame = pd.concat([frame] * 3, ignore_index=True)
    split = SplitSpec(duplicates=duplicates)  # type: ignore[arg-type]
    found = find(frame, split)[0].column("code")
    assert found is not None
    assert found.alone is not None
    assert (found.alone.roc_auc > 0.9) == learned


def test_in_an_easy_table_only_a_column_without_an_error_is_suspect(
    rng: np.random.Generator,
) -> None:
    """As the iris: the best of its strong columns is no leak."""
    y = rng.random(1000) < 0.3
    shifts = {"petal": 4.0, "sepal": 3.0, "length": 0.8, "width": 0.3}
    frame = pd.DataFrame(
        {k: shift * y + rng.normal(size=1000) for k, shift in shifts.items()}
    )
    frame["sick"] = np.where(y, "yes", "no")
    told = advise(frame)
    assert "2 of 4 columns alone almost predict" in one_of(told, "IMB020").message
    assert not of(told, "IMB012")
    frame["answer"] = np.where(y, "died", "lived")
    told = advise(frame)
    assert one_of(told, "IMB020")
    assert one_of(told, "IMB012").column == "answer"


def test_a_column_of_weights_is_no_leak_and_no_identifier(frame: pd.DataFrame) -> None:
    frame["answer"] = sick(frame) + 1
    frame["number_id"] = 1000 + np.arange(ROWS)
    for name, code in (("answer", "IMB012"), ("number_id", "IMB004")):
        assert name in {one.column for one in of(advise(frame), code)}
        assert name not in {one.column for one in advise(frame, weight=name)}
