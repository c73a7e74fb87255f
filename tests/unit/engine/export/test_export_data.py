"""The rows of a run as tables: the same values, and the origin of every treated row."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from engine.core.errors import DataError
from engine.core.experiment import DataSpec
from engine.data import load_data
from engine.export.data import ORIGIN, RunRows
from engine.export.tables import free, lines, put_table
from engine.store import open_store
from tests.support.exact_csv import EXACT
from tests.support.experiments import make_table
from tests.support.exported_runs import (
    ARMS,
    ENSEMBLE,
    RECIPES,
    csv,
    export,
    opened,
)
from tests.support.finished import finished


@pytest.fixture(scope="module")
def run(two_classes):
    return two_classes


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """Each arm's folder, what was said of it, and its case; nobody changes them."""
    home = tmp_path_factory.mktemp("data")
    return {
        arm: (
            home / arm,
            export(run, "data", home / arm, arm=arm),
            opened(run, arm=arm),
        )
        for arm in ARMS
    }


def read(path):
    return load_data(DataSpec(source=str(path))).frame


def test_train_and_test_are_the_runs_rows_in_the_order_of_its_split(run, exported):
    raw = csv(run.table)
    raw = raw[raw["sick"] != ""].reset_index(drop=True)
    bench = exported["untreated"][2].bench
    there = bench.table.frame[bench.table.frame["sick"].notna()].reset_index(drop=True)
    for name, part in (("train", bench.split.train), ("test", bench.split.test)):
        path = exported["untreated"][0] / f"{name}.csv"
        pd.testing.assert_frame_equal(csv(path), raw.iloc[part].reset_index(drop=True))
        pd.testing.assert_frame_equal(
            read(path), there.iloc[part].reset_index(drop=True), check_dtype=False
        )
        known = path.read_bytes()
        others = [out / path.name for out, *_ in exported.values()]
        assert not [one for one in others if one.read_bytes() != known]


@pytest.mark.parametrize("arm", RECIPES)
def test_treated_rows_are_those_the_model_was_fitted_on(run, exported, arm):
    out, _, one = exported[arm]
    found, raw = csv(out / "resampled.csv"), csv(run.table)
    after = next(a for a in one.result.arms if a.name == arm)
    assert found["sick"].value_counts().to_dict() == after.train_after
    kinds = found["imbtui_origin"]
    assert (kinds == "synthetic").sum() == after.synthetic_rows
    # A real row is the row of the table that it says it is, cell by cell.
    real = found[kinds != "synthetic"]
    rows = real["imbtui_row"].astype(int).to_numpy() - 1
    pd.testing.assert_frame_equal(
        real[[*raw.columns]].reset_index(drop=True),
        raw.iloc[rows].reset_index(drop=True),
    )
    assert kinds.eq("copy").sum() == len(real) - real["imbtui_row"].nunique()
    assert real["imbtui_row"][kinds == "real"].is_unique
    # Encoded again, in their order, they are the matrix that was fitted on.
    train = csv(out / "train.csv")
    numbers = csv(out / "rows.csv")["row"][: len(train)]
    assert set(real["imbtui_row"]) <= set(numbers)
    told = read(out / "resampled.csv")
    given = {c.name: told[c.name] for c in one.features().columns}
    X, kept = one.features().transform(pd.DataFrame(given)), one.rows().X
    assert X.shape == kept.shape
    same = kinds.to_numpy() != "synthetic"
    np.testing.assert_array_equal(X[same], kept[same])
    np.testing.assert_allclose(X[~same], kept[~same], atol=1e-3)


def test_a_synthetic_row_lies_between_the_rows_it_names(run, exported):
    found, raw = csv(exported["smote"][0] / "resampled.csv"), csv(run.table)
    made = found[found["imbtui_origin"] == "synthetic"]
    assert (made["imbtui_sampler"] == "smote").all()
    assert (made["imbtui_step"] == "1").all()
    assert (made["imbtui_reported"] == "exact").all()
    first, second = (
        raw.iloc[made[f"imbtui_parent_{n}"].astype(int) - 1] for n in (1, 2)
    )
    for parents in (first, second):
        assert (parents["sick"].to_numpy() == made["sick"].to_numpy()).all()
    a, b = (p["risk"].astype(float).to_numpy() for p in (first, second))
    weight = made["imbtui_weight"].astype(float).to_numpy()
    between = a + weight * (b - a)
    np.testing.assert_allclose(made["risk"].astype(float), between, atol=6e-4)
    assert (made["id"] == "").all()
    assert made["imbtui_row"].eq("").all()


def test_controls_and_ensembles_have_no_treated_table_and_say_so(exported):
    for arm, said in (
        ("untreated", "changes no row"),
        ("weights", "weighs them"),
        (ENSEMBLE, "draws rows"),
    ):  # fmt: skip
        out, written, _ = exported[arm]
        assert [f.name for f in written.files] == [
            "train.csv", "test.csv", "rows.csv", "README.md",
        ]  # fmt: skip
        assert said in written.notes[0]
        assert said in (out / "README.md").read_text()


def test_row_numbers_parts_and_folds(exported):
    out, _, one = exported["untreated"]
    rows, plan = csv(out / "rows.csv"), one.plan
    parts = rows["part"].tolist()
    assert parts == ["training"] * len(plan.split.train) + ["test"] * len(
        plan.split.test
    )
    # The row without a target is the twelfth.
    assert sorted(rows["row"].astype(int)) == [n for n in range(1, 901) if n != 12]
    for number, fold in enumerate(plan.folds):
        mine = rows["row"][rows["fold"] == str(number)].astype(int)
        assert sorted(mine) == sorted(RunRows(one).numbers[fold.validation])
    assert rows["fold"][rows["part"] == "test"].eq("").all()


def test_folds_that_are_drawn_twice_have_a_column_each(several_classes, tmp_path):
    export(several_classes, "data", tmp_path / "out", arm="smote")
    rows = csv(tmp_path / "out" / "rows.csv")
    assert list(rows) == ["row", "part", "fold_1", "fold_2"]
    train = rows[rows["part"] == "training"]
    assert set(train["fold_1"]) == set(train["fold_2"]) == {"0", "1"}
    assert (train["fold_1"] != train["fold_2"]).any()


def test_parquet_holds_the_same(run, exported, tmp_path):
    export(run, "data", tmp_path / "out", arm="smote", table="parquet")
    bench = exported["smote"][2].bench
    found = read(tmp_path / "out" / "test.parquet")
    there = bench.table.frame[bench.table.frame["sick"].notna()]
    pd.testing.assert_frame_equal(
        found, there.iloc[bench.split.test].reset_index(drop=True), check_dtype=False
    )
    told = pd.read_parquet(tmp_path / "out" / "resampled.parquet")
    assert set(told["imbtui_origin"]) == {"real", "synthetic"}
    assert told["imbtui_row"].dtype == "Int64" or told["imbtui_row"].dtype == "float64"


def test_columns_of_the_table_that_are_called_like_ours(run, tmp_path):
    one = opened(run, arm="smote")
    rows = RunRows(one)
    columns = rows._columns  # as if the table had one more
    columns["IMBTUI_ROW"] = next(iter(columns.values()))
    names = list(rows.resampled.columns)
    assert names[-8:] == [n if n != "imbtui_row" else "imbtui_row_2" for n in ORIGIN]
    assert len(names) == len(set(names))


CELLS = (
    (None, ""), (np.nan, ""), (pd.NA, ""), ("", '""'), (0.1, "0.1"), (3.0, "3"),
    (np.float32(0.1), "0.10000000149011612"), (1e300, "1e+300"), (-0.0, "-0"),
    (True, "True"), (7, "7"), ("=1+1", "=1+1"), ("a,b", '"a,b"'),
    ('"', '""""'), ("a\rb", '"a\rb"'), ("a\nb", '"a\nb"'), (" a ", " a "),
    (pd.Timestamp("2024-02-29"), "2024-02-29 00:00:00"), ("\ud800", "?"),
)  # fmt: skip


def test_cells(tmp_path):
    failures = []
    for cell, text in CELLS:
        frame = pd.DataFrame({"a": pd.Series([cell], dtype=object), "b": ["x"]})
        with (tmp_path / "a.csv").open("wb") as file:
            put_table(file, frame)
        found = (tmp_path / "a.csv").read_bytes().decode()
        if found != f"a,b\n{text},x\n":
            failures.append((cell, found))
    assert not failures


def test_floats_are_read_again_as_they_were(tmp_path):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 20_000, dtype=np.uint32).view(np.float32)
    singles = bits[np.isfinite(bits)]
    doubles = rng.integers(0, 2**63, len(singles), dtype=np.int64).view(np.float64)
    doubles[~np.isfinite(doubles)] = 0.5
    with (tmp_path / "f.csv").open("wb") as file:
        put_table(file, pd.DataFrame({"a": singles, "b": doubles}))
    found = pd.read_csv(tmp_path / "f.csv", **EXACT)
    np.testing.assert_array_equal(found["a"], singles.astype(np.float64))
    np.testing.assert_array_equal(found["b"], doubles)


def test_a_table_of_one_column_keeps_its_empty_rows():
    text = "".join(lines(pd.DataFrame({"a": ["x", None, "y"]})))
    assert text == 'a\nx\n""\ny\n'
    assert len(pd.read_csv(pd.io.common.StringIO(text))) == 3


def test_mixed_cells_become_text_in_parquet(tmp_path):
    frame = pd.DataFrame({"a": pd.Series([1, "x", None], dtype=object), "b": [1, 2, 3]})
    with (tmp_path / "m.parquet").open("wb") as file:
        put_table(file, frame, "parquet")
    found = pd.read_parquet(tmp_path / "m.parquet")
    assert found["a"].tolist()[:2] == ["1", "x"]
    assert found["a"].isna().tolist() == [False, False, True]
    assert found["b"].tolist() == [1, 2, 3]


def test_names_that_are_free():
    assert free(["a", "b"], ["A", "a_2"]) == ("a_3", "b")


def test_prepared_folds_are_looked_at_and_never_added_to(tmp_path):
    """What the run kept is taken; what is made now has no place there."""
    where = finished(
        make_table(),
        "untreated",
        "smote-enn",
        data__target="sick",
        options={"cache": True},
    ).copy(tmp_path)
    with open_store(Path(where.store)) as store:
        folds = store.folds
    before = sorted(folds.rglob("*"))
    assert before
    kept = opened(where, arm="smote-enn").rows(0)
    assert kept.event.reused
    shutil.rmtree(folds)
    made = opened(where, arm="smote-enn").rows(0)
    assert not made.event.reused
    assert not folds.exists()
    np.testing.assert_array_equal(made.X, kept.X)
    assert made.event.after == kept.event.after


def test_other_rows_than_the_runs_are_refused(run):
    one = opened(run, arm="smote")
    other = msgspec.structs.replace(one.chosen.state.final, synthetic=1)
    state = msgspec.structs.replace(one.chosen.state, prepared=(other,))
    one.chosen = one.chosen._replace(state=state)
    with pytest.raises(DataError, match="makes other rows here than in the run"):
        one.treated()
    with pytest.raises(DataError, match="makes other rows here than in the run"):
        one.rows()
