"""Each piece of advice is given where there is cause for it, and not where none is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine.data import advice, cells, findings
from engine.data.advice_codes import CODES, markdown
from engine.data.load import Table
from engine.data.roles import prepare
from engine.events import Advice, Fix, Reader, Sampled
from engine.spec import DataSpec, SplitSpec
from engine.split import divide
from tests.support.experiments import make_table
from tests.support.paths import ROOT

ROWS = 1200


def _found(
    frame: pd.DataFrame,
    split: SplitSpec | None = None,
    *,
    sampled: Sampled | None = None,
    test_rows: int = 0,
    notes: tuple[str, ...] = (),
    **given: object,
) -> tuple[findings.Findings, DataSpec]:
    split = SplitSpec() if split is None else split
    reader = Reader(format="text", notes=notes)
    table = Table(frame, "t.csv", reader, sampled=sampled, test_rows=test_rows)
    spec = DataSpec(source="t.csv", target="sick", **given)  # type: ignore[arg-type]
    dataset = prepare(table, spec, split, multiclass=True)
    parted = divide(dataset, split, seed=1)
    return findings.find(
        table, dataset, parted, seed=1, apart=split.duplicates == "apart"
    ), spec


def _advice(
    frame: pd.DataFrame, split: SplitSpec | None = None, **given: object
) -> tuple[Advice, ...]:
    return advice.examine(*_found(frame, split, **given))  # type: ignore[arg-type]


def _of(told: tuple[Advice, ...], code: str) -> list[Advice]:
    return [a for a in told if a.code == code]


def _one(told: tuple[Advice, ...], code: str) -> Advice:
    found = _of(told, code)
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def frame() -> pd.DataFrame:
    return make_table(ROWS, share=0.3)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def _sick(frame: pd.DataFrame) -> np.ndarray:
    return (frame["sick"] == "yes").to_numpy()


# --- the whole -----------------------------------------------------------------------


def test_an_ordinary_table_gets_little_advice(frame: pd.DataFrame) -> None:
    assert {a.code for a in _advice(frame)} == {"IMB004", "IMB008", "IMB024"}


def test_every_piece_has_a_cause_and_a_remedy(frame: pd.DataFrame) -> None:
    frame["leak"] = frame["sick"].map({"yes": "a", "no": "b"})
    for one in _advice(frame, notes=("a note",)):
        assert one.cause == CODES[one.code].cause
        assert one.message
        assert one.remedy
        assert "\n" not in one.message + one.remedy


def test_what_can_make_a_result_wrong_comes_first(frame: pd.DataFrame) -> None:
    frame["leak"] = frame["sick"]
    told = _advice(frame, notes=("a note",))
    assert told[0].code == "IMB012"
    weights = [CODES[a.code].weight for a in told]
    assert weights == sorted(weights)
    assert _one(told, "IMB001").message == "a note"


def test_muted_advice_is_not_given_but_counted(frame: pd.DataFrame) -> None:
    frame["twin"], frame["other"] = frame["risk"], frame["risk"]
    found, spec = _found(frame)
    told = advice.everything(found, spec)
    assert [a.column for a in _of(told, "IMB026")] == ["twin", "other"]
    mute = ("IMB026:twin", "IMB008", "IMB999")
    kept = advice.unmuted(told, mute)
    assert [a.column for a in _of(kept, "IMB026")] == ["other"]
    assert len(kept) + advice.muted(told, mute) == len(told) == len(kept) + 2
    muted = DataSpec(source="t.csv", mute=mute)
    assert advice.examine(found, muted) == kept


def test_the_page_of_the_docs_is_the_table_of_codes() -> None:
    page = ROOT / "docs" / "advice.md"
    assert page.read_text(encoding="utf-8") == markdown()


def test_the_same_rows_give_the_same_advice_whatever_their_labels_are_called(
    frame: pd.DataFrame,
) -> None:
    frame.loc[_sick(frame) & (frame["age"] < 60), "dose"] = np.nan
    other = frame.assign(sick=frame["sick"].map({"yes": "1", "no": "0"}).astype(int))
    one, two = _found(frame)[0], _found(other)[0]
    assert [c.alone for c in one.columns] == [c.alone for c in two.columns]
    assert [c.missing_shares for c in one.columns] != [{}] * len(one.columns)
    told = [[(a.code, a.column) for a in _advice(f)] for f in (frame, other)]
    assert told[0] == told[1]


# --- columns that are the answer -----------------------------------------------------


def test_a_column_that_is_the_target_in_other_words_is_a_leak(
    frame: pd.DataFrame,
) -> None:
    frame["outcome"] = frame["sick"].map({"yes": "late", "no": "on time"})
    leak = _one(_advice(frame), "IMB012")
    assert (leak.column, leak.fix) == ("outcome", Fix(field="drop", value="outcome"))
    assert "in other words" in leak.message
    assert not _of(_advice(frame, drop=("outcome",)), "IMB012")


@pytest.mark.parametrize("noise", [0.3, 0.4])
def test_a_number_written_down_afterwards_is_suspected(
    frame: pd.DataFrame, rng: np.random.Generator, noise: float
) -> None:
    frame["days_in_bed"] = _sick(frame) + rng.normal(0, noise, ROWS)
    leak = _one(_advice(frame), "IMB012")
    assert leak.column == "days_in_bed"
    assert "ROC AUC 0.9" in leak.message
    assert "the next best column, 'risk'" in leak.message


def test_a_flag_that_half_of_the_positives_have_is_suspected(
    rng: np.random.Generator,
) -> None:
    frame = make_table(3000, share=0.05)
    frame["treated"] = (_sick(frame) & (rng.random(3000) < 0.7)).astype(int)
    leak = _one(_advice(frame), "IMB012")
    assert leak.column == "treated"
    assert "with a precision of 95 %" in leak.message


def test_the_best_column_of_all_is_no_suspect(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    """As the length of the last call in the bank's table: strong, but not alone."""
    frame["strong"] = 1.4 * _sick(frame) + rng.normal(0, 1, ROWS)
    found, spec = _found(frame)
    alone = found.column("strong").alone  # type: ignore[union-attr]
    assert alone is not None
    assert 0.8 < alone.roc_auc < 0.95
    assert not _of(advice.examine(found, spec), "IMB012")


def test_where_all_columns_are_strong_the_table_is_easy_not_leaking(
    rng: np.random.Generator,
) -> None:
    y = rng.random(2000) < 0.2
    frame = pd.DataFrame({f"x{n}": 3.0 * y + rng.normal(size=2000) for n in range(4)})
    frame["sick"] = np.where(y, "yes", "no")
    told = _advice(frame)
    assert not _of(told, "IMB012")
    assert "4 of 4 columns tell 'sick' almost alone" in _one(told, "IMB020").message


def test_a_ranking_of_a_handful_of_rows_proves_nothing(
    rng: np.random.Generator,
) -> None:
    frame = make_table(60, share=0.5).iloc[:, 1:]
    frame["sick"] = ["yes"] * 6 + ["no"] * 54
    frame["lucky"] = [1] * 6 + [0] * 54
    frame["noise"] = rng.normal(size=60)
    assert not _of(_advice(frame), "IMB012")


def test_test_rows_have_no_say(frame: pd.DataFrame) -> None:
    """A column that is the answer in the test rows only looks like any other."""
    frame["part"] = np.where(np.arange(ROWS) % 5 == 0, "test", "train")
    test = frame["part"] == "test"
    frame["odd"] = np.where(test, frame["sick"], frame["colour"])
    found, spec = _found(frame, SplitSpec(by="part"))
    one = found.column("odd").alone  # type: ignore[union-attr]
    frame["odd"] = frame["colour"]
    two = _found(frame, SplitSpec(by="part"))[0].column("odd").alone  # type: ignore[union-attr]
    assert one == two
    assert not _of(advice.examine(found, spec), "IMB012")


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
    flipped = np.where(_sick(frame), "no", "yes")
    other = frame.assign(sick=np.where(test, flipped, frame["sick"]))
    split = SplitSpec(by="part")
    found, two = (_found(f, split)[0] for f in (frame, other))
    assert found.equal == two.equal
    # Which of them share an id with a training row is counted by class.
    assert [_unshared(c) for c in found.columns] == [_unshared(c) for c in two.columns]
    dose = found.column("dose")
    assert dose is not None
    missing = frame.loc[~test & frame["dose"].isna(), "sick"].value_counts()
    assert dose.missing_by_class == missing.to_dict()
    assert dose.missing == frame["dose"].isna().sum()
    torn = frame.assign(sick=np.where(np.arange(1500) < 1200, frame["sick"], flipped))
    equal = _found(torn, split)[0].equal
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
    found = _found(frame, split)[0].column("ward")
    assert found is not None
    assert found.alone is not None
    assert 0.3 < found.alone.roc_auc < 0.7
    assert not _of(_advice(frame, split), "IMB012")
    assert _of(_advice(frame), "IMB012")


@pytest.mark.parametrize(("duplicates", "learned"), [("together", 0), ("apart", 1)])
def test_equal_rows_do_not_make_a_column_strong(
    rng: np.random.Generator, duplicates: str, learned: bool
) -> None:
    frame = pd.DataFrame({"code": [f"c{n}" for n in rng.permutation(150)]})
    frame["sick"] = np.where(rng.permutation(150) < 45, "yes", "no")
    frame = pd.concat([frame] * 3, ignore_index=True)
    split = SplitSpec(duplicates=duplicates)  # type: ignore[arg-type]
    found = _found(frame, split)[0].column("code")
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
    told = _advice(frame)
    assert "2 of 4 columns tell" in _one(told, "IMB020").message
    assert not _of(told, "IMB012")
    frame["answer"] = np.where(y, "died", "lived")
    told = _advice(frame)
    assert _one(told, "IMB020")
    assert _one(told, "IMB012").column == "answer"


# --- cells ---------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", ["risk", "age"])
def test_words_among_numbers_are_named_with_their_rows(
    frame: pd.DataFrame, numbers: str
) -> None:
    frame["lab"] = frame[numbers].astype(str)
    frame.loc[[4, 40], "lab"] = "n/k"
    frame.loc[9, "lab"] = "low"
    told = _advice(frame)
    mixed = _one(told, "IMB006")
    assert "3 cells among 1,197 numbers" in mixed.message
    assert "'n/k' (2 rows, the first is 5), 'low' (row 10)" in mixed.message
    assert mixed.fix == Fix(field="missing", value="n/k")
    # It is why the column looks like free text or has many levels: said once.
    assert not [a for a in told if a.column == "lab" and a.code != "IMB006"]


@pytest.mark.parametrize(
    "values", [["0", "1", "2", "3+"], ["red", "7", "8"], [str(n) for n in range(40)]]
)
def test_categories_with_a_number_or_two_are_no_mixed_types(
    frame: pd.DataFrame, values: list[str]
) -> None:
    frame["lab"] = np.resize(np.array(values, dtype=object), ROWS)
    assert not _of(_advice(frame), "IMB006")


def test_a_word_with_figures_is_to_be_corrected_not_lost(frame: pd.DataFrame) -> None:
    frame["lab"] = frame["age"].astype(str)
    frame.loc[7, "lab"] = "<5"
    mixed = _one(_advice(frame), "IMB006")
    assert mixed.fix is None
    assert "write them as numbers" in mixed.remedy


def test_a_level_that_may_mean_missing_is_told_once_per_word(
    frame: pd.DataFrame,
) -> None:
    frame["job"] = np.resize(np.array(["cook", "unknown", "clerk"]), ROWS)
    frame.loc[3, "colour"] = "unknown"
    one = _one(_advice(frame), "IMB025")
    assert "'unknown' is a level of 'colour' (1), 'job' (400)" in one.message
    assert (one.column, one.fix) == (None, Fix(field="missing", value="unknown"))


def test_missing_cells_that_tell_the_class_are_told(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    frame["dose"] = frame["dose"].fillna(0.0).mask(rng.random(ROWS) < 0.1)
    assert not _of(_advice(frame), "IMB023")
    frame["dose"] = frame["dose"].mask(_sick(frame) & (rng.random(ROWS) < 0.3))
    one = _one(_advice(frame), "IMB023")
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
    assert bool(_of(_advice(frame), "IMB018")) == told


def test_columns_that_say_the_same_are_told(frame: pd.DataFrame) -> None:
    frame["copy"] = frame["dose"]
    frame["hue"] = frame["colour"].map({"red": "r", "green": "g", "blue": "b"})
    frame["noise"] = np.random.default_rng(1).normal(size=ROWS)
    told = _of(_advice(frame), "IMB026")
    assert [(a.column, "same values" in a.message) for a in told] == [
        ("copy", True),
        ("hue", False),
    ]


def test_many_columns_that_say_the_same_are_one_line(frame: pd.DataFrame) -> None:
    for n in range(9):
        frame[f"not {n}"] = frame[f"flag {n}"] = (np.arange(ROWS) + n) % (n + 2) == 0
        frame[f"not {n}"] = np.where(frame[f"not {n}"], 0, 1)
        frame[f"flag {n}"] = frame[f"flag {n}"].astype(int)
    assert "9 columns say the same" in _one(_advice(frame), "IMB026").message


def test_one_of_a_thing_is_told_as_one(rng: np.random.Generator) -> None:
    frame = make_table(400, share=0.3)
    frame["lab"] = frame["age"].astype(str)
    frame.loc[4, "lab"] = "n/k"
    mixed = _one(_advice(frame), "IMB006")
    assert "because of 1 cell among 399 numbers" in mixed.message
    assert mixed.remedy.endswith("or correct the cell")
    twice = pd.concat([frame, frame.iloc[[7]]], ignore_index=True).drop(columns="id")
    copies = _one(_advice(twice), "IMB013")
    assert "1 row of 401 is equal to an earlier one" in copies.message
    tests = frame.iloc[[7, 7]].assign(sick=["no", "yes"], age=[frame["age"][7], 200])
    both = pd.concat([frame, tests], ignore_index=True).drop(columns=["id", "lab"])
    alone = _one(_advice(both, test_rows=2), "IMB013")
    assert "1 of 2 test rows is equal to a training row" in alone.message
    few = pd.DataFrame({"x": rng.normal(size=205), "sick": ["no"] * 200 + ["yes"] * 5})
    assert "1 test row is 'yes'" in _one(_advice(few), "IMB024").message


# --- rows and groups -----------------------------------------------------------------


def test_rows_of_one_patient_should_stay_together(frame: pd.DataFrame) -> None:
    order = frame.sort_values("sick").reset_index(drop=True)
    order["patient_id"] = np.arange(ROWS) // 4
    group = _one(_advice(order), "IMB019")
    assert group.fix == Fix(field="group", value="patient_id")
    assert "300 different values, of which 300 have several rows" in group.message
    assert "of one class throughout" in group.message
    kept = _advice(order, SplitSpec(group="patient_id"))
    assert not _of(kept, "IMB019")


def test_an_identifier_that_repeats_is_counted_over_the_split(
    frame: pd.DataFrame,
) -> None:
    """The second of two rows of an id differs in one cell: they are no copies."""
    twins = frame.iloc[:20].assign(dose=99.0)
    twice = pd.concat([frame, twins], ignore_index=True)
    found, spec = _found(twice)
    column = found.column("id")
    assert column is not None
    assert column.repeats is not None
    assert column.role == "id"
    told = _one(advice.examine(found, spec), "IMB019")
    table = Table(twice, "t.csv", Reader(format="text"))
    part = divide(prepare(table, spec), SplitSpec(), seed=1)
    train, test = twice.iloc[part.train], twice.iloc[part.test]
    shared = test[test["id"].isin(train["id"])]
    sick = (shared["sick"] == "yes").sum(), (test["sick"] == "yes").sum()
    assert 0 < sick[0] < len(shared)
    assert told.fix == Fix(field="group", value="id")
    assert "1,200 different values, of which 20 have several rows" in told.message
    assert (
        f"{len(shared)} of {len(test)} test rows, {sick[0]} of {sick[1]} positives, "
        "share their 'id' with a training row"
    ) in told.message
    said = _one(advice.examine(found, spec), "IMB004").message
    assert "a different value in nearly every row: ignored" in said
    gaps = twice.assign(id=twice["id"].mask(np.arange(len(twice)) % 2 == 0))
    said = _one(_advice(gaps), "IMB004").message
    assert "in nearly every row that has one: ignored" in said
    assert not _of(_advice(twice, SplitSpec(group="id")), "IMB019")


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
    told = _of(_advice(frame), "IMB019")
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
    told = _of(_advice(_failures()), "IMB029")
    assert [one.column for one in told] == ["wear", "heat", "power"]
    one = told[1]
    assert one.fix == Fix(field="drop", value="heat")
    assert "training rows with 'heat' = '1' are of class 'yes', where 3" in one.message
    assert one.message.startswith("all ")
    assert CODES["IMB029"].weight == 1


def test_a_flag_implies_nothing_by_a_few_rows_or_in_a_common_class(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    few = _failures()[["random", "torque", "sick"]]
    sick = np.flatnonzero(few["sick"] == "yes")
    few["seldom"] = np.isin(np.arange(len(few)), sick[:9]).astype(int)
    few["mixed"] = few["random"] | (np.arange(len(few)) % 5 == 0)
    assert not _of(_advice(few), "IMB029")
    common = make_table(ROWS, share=0.45)
    sick = np.flatnonzero(common["sick"] == "yes")
    common["flag"] = np.isin(np.arange(ROWS), sick[:60]).astype(int)
    assert not _of(_advice(common), "IMB029")


def test_what_a_column_in_other_words_implies_is_told_once(frame: pd.DataFrame) -> None:
    rare = make_table(ROWS, share=0.1)
    told = _advice(rare.assign(code=np.where(_sick(rare), 9, 4)))
    assert [one.column for one in _of(told, "IMB012")] == ["code"]
    assert not _of(told, "IMB029")


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
    one = _one(_advice(_classes(rng, no=no, yes=100)), "IMB030")
    assert one.message == (
        f"there are exactly {text}: the table may have been sampled by class"
    )
    assert one.remedy.startswith("find out the real share of 'yes'")


def test_of_a_table_balanced_by_repeating_rows_oversampling_is_the_cause(
    rng: np.random.Generator,
) -> None:
    frame = _classes(rng, no=500, yes=125)
    repeated = pd.concat([frame, *[frame[frame["sick"] == "yes"]] * 3])
    one = _one(_advice(repeated.reset_index(drop=True)), "IMB030")
    assert one.message == (
        "there are exactly as many rows of other classes as of 'yes' (500): with 375 "
        "rows of 1,000 equal to an earlier one, the likely cause is oversampling"
    )
    assert "before rows were repeated" in one.remedy


@pytest.mark.parametrize(("no", "yes"), [(501, 100), (495, 99), (2100, 100)])
def test_other_shares_are_no_sample_drawn_by_class(
    rng: np.random.Generator, no: int, yes: int
) -> None:
    told = _advice(_classes(rng, no=no, yes=yes))
    assert not _of(told, "IMB030")


@pytest.mark.parametrize("name", ["pain_index", "number", "rank", "person_weight"])
def test_a_name_that_is_of_no_group_is_none(frame: pd.DataFrame, name: str) -> None:
    frame[name] = np.arange(ROWS) // 4
    assert not _of(_advice(frame), "IMB019")


def test_duplicates_are_told_by_the_side_they_are_on(frame: pd.DataFrame) -> None:
    frame = pd.concat([frame, frame.iloc[:100]], ignore_index=True).drop(columns="id")
    together = _one(_advice(frame), "IMB013")
    assert "100 rows of 1,300 are equal to an earlier one" in together.message
    assert together.fix is None
    apart = _one(_advice(frame, SplitSpec(duplicates="apart")), "IMB013")
    assert apart.fix == Fix(field="duplicates", value="together")
    assert "test rows are equal to a training row" in apart.message
    assert not _of(_advice(frame.drop_duplicates()), "IMB013")


def test_equal_rows_of_few_patterns_are_no_copies(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(
        {"a": rng.integers(0, 6, 4000), "b": rng.choice(list("vwxyz"), 4000)}
    )
    frame["sick"] = np.where(rng.random(4000) < 0.2, "yes", "no")
    one = _one(_advice(frame), "IMB013")
    assert "800 of 800 test rows are equal to a training row" in one.message
    assert "too large to be copies are drawn like other rows" in one.message
    assert one.fix is None


def test_rows_that_contradict_each_other_are_shown(frame: pd.DataFrame) -> None:
    frame = frame.drop(columns="id")
    assert not _of(_advice(frame), "IMB014")
    torn = frame.iloc[:20].assign(sick=np.where(_sick(frame)[:20], "no", "yes"))
    one = _one(_advice(pd.concat([frame, torn], ignore_index=True)), "IMB014")
    assert "32 training rows (3.3 %" in one.message
    assert "rows 1 and 1,201, for example" in one.message


def test_row_numbers_are_those_of_the_file_though_rows_were_left_out(
    frame: pd.DataFrame,
) -> None:
    frame = frame.drop(columns="id")
    torn = frame.iloc[:20].assign(sick=np.where(_sick(frame)[:20], "no", "yes"))
    blank = frame.iloc[:1].assign(sick=None)
    whole = pd.concat([blank, frame, torn], ignore_index=True)
    assert "rows 2 and 1,202" in _one(_advice(whole), "IMB014").message


# --- classes and the split -----------------------------------------------------------


def _classes(rng: np.random.Generator, **counts: int) -> pd.DataFrame:
    labels = np.repeat(list(counts), list(counts.values()))
    return pd.DataFrame({"x": rng.normal(size=len(labels)), "sick": labels})


def test_a_class_too_rare_for_the_folds(rng: np.random.Generator) -> None:
    told = _advice(_classes(rng, no=200, yes=4))
    one = _one(told, "IMB015")
    assert "fewer training rows than 5 folds: 'yes' (3)" in one.message
    assert "take 3 folds" in one.remedy
    assert not _of(told, "IMB017")
    found, spec = _found(_classes(rng, no=200, yes=4))
    assert not _of(advice.examine(found, spec, folds=3), "IMB015")


@pytest.mark.parametrize(("positives", "told"), [(8, True), (30, False)])
def test_a_minority_smaller_than_its_neighbours(
    rng: np.random.Generator, positives: int, told: bool
) -> None:
    found = _of(_advice(_classes(rng, no=400, yes=positives)), "IMB017")
    assert bool(found) == told
    if told:
        assert "'yes' has 6 training rows, of which a fold leaves as few as 4" in (
            found[0].message
        )


def test_prevalence_says_what_always_no_scores(rng: np.random.Generator) -> None:
    one = _one(_advice(_classes(rng, no=980, yes=20)), "IMB016")
    assert "2 % of the rows are 'yes': always saying 'no' is right in 98 %" in (
        one.message
    )
    assert "average precision of 0.020" in one.message
    assert not _of(_advice(_classes(rng, no=700, yes=300)), "IMB016")


def test_few_test_positives_are_told_with_their_interval(
    rng: np.random.Generator,
) -> None:
    one = _one(_advice(_classes(rng, no=800, yes=200)), "IMB024")
    assert "40 test rows are 'yes': a recall of 0.50 is known to ± 0.15" in one.message
    assert not _of(_advice(_classes(rng, no=800, yes=600)), "IMB024")


def test_more_than_two_classes_are_examined_too(rng: np.random.Generator) -> None:
    frame = _classes(rng, a=600, b=150, c=12)
    told = _advice(frame)
    assert "'c' has 10 training rows" not in str(told)
    assert "1.6 % of the rows are 'c'" in _one(told, "IMB016").message
    assert "2 test rows are 'c'" in _one(told, "IMB024").message
    frame["copy"] = frame["sick"].map({"a": 1.5, "b": 2.5, "c": 3.5})
    assert _one(_advice(frame), "IMB012").column == "copy"


def test_numbers_that_look_interpolated_tell_that_rows_were_made_up(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    assert not _of(_advice(frame), "IMB020")
    made = _sick(frame) & (rng.random(ROWS) < 0.8)
    frame["age"] = frame["age"] + np.where(made, rng.random(ROWS), 0.0)
    one = _one(_advice(frame), "IMB020")
    assert one.column == "age"
    assert "rows of 'yes' look interpolated" in one.message


def test_halves_and_natural_decimals_do_not(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    frame["age"] = frame["age"] + np.where(_sick(frame), 0.5, 0.0)
    frame["weight"] = rng.normal(70, 10, ROWS)
    assert not _of(_advice(frame), "IMB020")


def test_exactly_balanced_classes_look_made(rng: np.random.Generator) -> None:
    even = _classes(rng, no=500, yes=500)
    assert "exactly 500 rows each" in _one(_advice(even), "IMB020").message
    assert not _of(_advice(_classes(rng, no=501, yes=500)), "IMB020")
    assert not _of(_advice(_classes(rng, no=50, yes=50)), "IMB020")
    assert not _of(_advice(even.assign(x=even["x"].mask(even["x"] > 2))), "IMB020")


def test_a_sample_is_told_and_has_no_row_numbers(frame: pd.DataFrame) -> None:
    frame["lab"] = frame["age"].astype(str)
    frame.loc[[4, 40], "lab"] = "n/k"
    told = _advice(frame, sampled=Sampled(rows=ROWS, of=90_000))
    assert "these are 1,200 of the 90,000 rows" in _one(told, "IMB022").message
    assert "'n/k' (2 rows)" in _one(told, "IMB006").message


# --- a test file ---------------------------------------------------------------------


def test_two_files_of_one_source_do_not_drift(frame: pd.DataFrame) -> None:
    assert not _of(_advice(frame, test_rows=400), "IMB021")


def test_what_differs_between_two_files_is_told(frame: pd.DataFrame) -> None:
    last = np.arange(ROWS) >= 800
    frame["patient_id"] = np.arange(ROWS) // 4
    frame["age"] = frame["age"] + np.where(last, 40, 0)
    frame.loc[last & (np.arange(ROWS) % 3 == 0), "colour"] = "violet"
    frame["dose"] = frame["dose"].mask(last & (np.arange(ROWS) % 2 == 0))
    rare = _sick(frame) & last & (np.arange(ROWS) % 4 != 0)
    frame.loc[rare, "sick"] = "no"
    told = {a.column: a for a in _of(_advice(frame, test_rows=400), "IMB021")}
    assert set(told) == {"age", "colour", "dose", "sick"}
    # Other patients have other numbers: that is no drift.
    assert "distributed otherwise" in told["age"].message
    assert "of levels that no training row has, such as 'violet'" in (
        told["colour"].message
    )
    assert "of the cells were missing, now" in told["dose"].message
    assert told["sick"].fix is None


def test_test_rows_that_are_in_the_training_file_are_told(frame: pd.DataFrame) -> None:
    frame = pd.concat([frame, frame.iloc[:30]], ignore_index=True).drop(columns="id")
    one = _one(_advice(frame, test_rows=230), "IMB013")
    assert "--test-size" not in str(_advice(frame, test_rows=230))
    assert "30 of 230 test rows are equal to a training row" in one.message
    assert "out of one of the two files" in one.remedy


# --- fixes of what is said elsewhere -------------------------------------------------


def test_fixes_of_dates_text_and_guesses(frame: pd.DataFrame) -> None:
    days = pd.date_range("2024-01-01", periods=ROWS, freq="h")
    frame["day"] = days
    frame["remark"] = [f"text {n % 900}" for n in range(ROWS)]
    told = _advice(frame)
    assert _one(told, "IMB005").fix == Fix(field="time", value="day")
    assert _one(told, "IMB003").fix == Fix(field="keep", value="remark")
    assert _one(told, "IMB008").fix == Fix(field="positive", value="no")
    assert not _of(_advice(frame, SplitSpec(time="day")), "IMB005")
