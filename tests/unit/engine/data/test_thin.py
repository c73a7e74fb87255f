"""Which rows of a large file are read: all positives, a part of the negatives."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import TooBigError
from engine.core.experiment import DataSpec, ReadSpec
from engine.data import load as loading
from engine.data import thin
from engine.data.load import fingerprint, load_data
from engine.data.readers import classes, columnar, text
from engine.data.verbatim import as_filed, as_read, as_written
from tests.support.each import each

ROWS = 6_000
EVEN, POSITIVES = 600, 9


@pytest.fixture(autouse=True, scope="module")
def small():
    """Rows by the thousand are many here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(thin, "LARGE", 5_000)
        patched.setattr(thin, "EVEN_ROWS", EVEN)
        patched.setattr(thin, "EVEN_POSITIVES", POSITIVES)
        patched.setattr(thin, "EVEN_CELLS", 0)
        patched.setattr(thin, "PIECE", 1_024)
        patched.setattr(columnar, "BATCH_ROWS", 500)
        patched.setattr(text, "BLOCK", 1 << 14)
        patched.setattr(text, "GATHERED", 3)
        yield


def made(rows=ROWS, share=0.02, labels=("no", "yes")):
    rng = np.random.default_rng(3)
    y = np.where(rng.random(rows) < share, labels[1], labels[0])
    return pd.DataFrame(
        {
            "number": np.arange(rows),
            "x": rng.normal(size=rows).round(4),
            "word": rng.choice(["a", "b", "c,d"], rows),
            "text": [f"w{n}" for n in rng.integers(0, 10**6, rows)],
            "y": y,
        }
    )


@pytest.fixture(scope="module")
def frame():
    return made()


@pytest.fixture(scope="module")
def home(frame, tmp_path_factory):
    """The same table in all formats that are thinned."""
    home = tmp_path_factory.mktemp("thin")
    frame.to_csv(home / "t.csv", index=False)
    frame.to_csv(home / "t.csv.gz", index=False, sep=";")
    frame.to_parquet(home / "t.parquet", row_group_size=700)
    frame.to_feather(home / "t.feather", chunksize=333)
    (home / "many").mkdir()
    for part in range(11):
        rows = frame.iloc[part * 600 : part * 600 + 600]
        rows.to_parquet(home / "many" / f"{part}.parquet", row_group_size=250)
    return home


FORMATS = ("t.csv", "t.csv.gz", "t.parquet", "t.feather", "many")


def expected(y, positive="yes", ratio=10):
    """Return by the rule as it is written which rows are kept, and which evenly."""
    numbers, positives = np.arange(len(y)), int((y == positive).sum())
    rate = 2 * ratio * positives / (len(y) - positives)
    share = max(EVEN / len(y), POSITIVES / positives)
    even = thin.uniform(numbers, thin.SALT_EVEN) < share
    few = thin.uniform(numbers, thin.SALT_NEGATIVES) < rate
    kept = even | few | (y == positive)
    return np.flatnonzero(kept), even[kept], share


def test_every_format_gives_the_rows_that_the_rule_says(home, frame):
    numbers, even, share = expected(frame["y"].to_numpy())
    positives = int((frame["y"] == "yes").sum())
    prints = set()
    with each() as case:
        for file in FORMATS:
            with case(file):
                table = load_data(DataSpec(source=str(home / file), target="y"))
                drawn = table.drawn
                assert drawn.numbers.tolist() == numbers.tolist()
                assert drawn.even.tolist() == even.tolist()
                assert drawn.even_share == share
                assert (drawn.rows, drawn.positive) == (ROWS, "yes")
                assert drawn.classes == {"no": ROWS - positives, "yes": positives}
                kept = (table.frame["y"] == "no").sum() / (ROWS - positives)
                assert drawn.negatives == pytest.approx(kept)
                real = frame.iloc[numbers].reset_index(drop=True)
                for name in real:
                    assert table.frame[name].tolist() == real[name].tolist(), name
                assert f"{len(numbers):,} of {ROWS:,} rows read" in table.notes[0]
                assert f"all {positives} of y=yes" in table.notes[0]
                assert table.sampled is None
                prints.add(fingerprint(table.frame))
    assert len(prints) == 1


@given(
    sizes=st.lists(st.integers(1, 2_000), min_size=1, max_size=20),
    group=st.integers(50, 4_000),
)
def test_where_batches_end_changes_no_row(tmp_path_factory, frame, sizes, group):
    folder = tmp_path_factory.mktemp("split")
    begin = 0
    for number, size in enumerate([*sizes, ROWS]):
        part = pa.Table.from_pandas(frame.iloc[begin : begin + size])
        pq.write_table(part, folder / f"{number}.parquet", row_group_size=group)
        begin += size
    data = DataSpec(
        source=str(folder), target="y", read=ReadSpec(columns=("number", "y"))
    )
    table = load_data(data)
    numbers, even, _ = expected(frame["y"].to_numpy())
    assert table.frame["number"].tolist() == table.drawn.numbers.tolist()
    assert table.drawn.numbers.tolist() == numbers.tolist()
    assert table.drawn.even.tolist() == even.tolist()


@pytest.mark.parametrize("file", ["t.csv", "t.parquet"])
def test_rows_that_are_all_read_are_read_as_before(home, frame, file):
    source = str(home / file)
    whole = fingerprint(loading.load(source).frame)
    with each() as case:
        for given_ in (
            {},
            {"target": "y", "thin": 0},
            {"target": "y", "thin": 1_000},
            {"target": "word"},
            {"target": "text"},
            {"target": "number"},
            {"target": "none-such"},
            {"target": "y", "positive": "no"},
            {"target": "y", "positive": "none-such"},
        ):
            with case(given_):
                table = load_data(DataSpec(source=source, **given_))
                assert table.drawn is None
                assert fingerprint(table.frame) == whole
    sample = load_data(DataSpec(source=source, target="y", read=ReadSpec(rows=100)))
    assert (sample.drawn, len(sample.frame)) == (None, 100)
    narrow = ReadSpec(columns=("x",))
    assert load_data(DataSpec(source=source, target="y", read=narrow)).drawn is None


def test_a_ratio_that_is_given_counts_for_smaller_files_too(tmp_path):
    frame = made(4_000)
    frame.to_parquet(tmp_path / "t.parquet")
    data = {"source": str(tmp_path / "t.parquet"), "target": "y"}
    assert load_data(DataSpec(**data)).drawn is None
    found = load_data(DataSpec(**data, thin=3)).drawn
    numbers, _, _ = expected(frame["y"].to_numpy(), ratio=3)
    assert found.numbers.tolist() == numbers.tolist()
    made(700).to_parquet(tmp_path / "few.parquet")
    few = DataSpec(source=str(tmp_path / "few.parquet"), target="y", thin=3)
    assert load_data(few).drawn is None


def test_classes_are_those_that_a_run_sees(tmp_path):
    rng = np.random.default_rng(1)
    y = (rng.random(ROWS) < 0.02).astype(int)
    gaps = rng.random(ROWS) < 0.01
    plain = pd.DataFrame({"x": np.arange(ROWS)})
    with each() as case:
        for what, cells, positive in (
            ("whole", y, None),
            ("floating", np.where(gaps, np.nan, y), "1"),
            ("bool", y == 1, None),
            ("texts", np.where(gaps, " NA ", np.where(y, "1.0 ", " 0")), "1"),
            ("turned", np.where(y, "no", "yes"), "no"),
            ("category", pd.Categorical(np.where(y, "b", "a"), ["c", "b", "a"]), None),
        ):
            with case(what):
                frame = plain.assign(y=cells)
                frame.to_parquet(tmp_path / "t.parquet")
                frame.to_csv(tmp_path / "t.csv", index=False)
                for file in ("t.parquet", "t.csv"):
                    source = str(tmp_path / file)
                    data = DataSpec(source=source, target="y", positive=positive)
                    table = load_data(data)
                    drawn, whole = table.drawn, loading.load(source).frame["y"]
                    counts = whole.map(loading.label, na_action="ignore").value_counts()
                    assert drawn.classes == counts.to_dict()
                    rarer = counts.index[-1]
                    assert drawn.positive == rarer
                    seen = table.frame["y"].map(loading.label, na_action="ignore")
                    assert (seen == rarer).sum() == counts[rarer]
                    left = whole.isna().to_numpy()
                    absent = table.frame["y"].isna().to_numpy()
                    assert absent.sum() == left[drawn.numbers].sum()
                    assert drawn.even[absent].all()


def test_rows_kept_evenly_have_the_shares_of_the_file():
    rows = 400_000
    codes = (np.random.default_rng(0).random(rows) < 0.01).astype(np.int8)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(thin, "EVEN_ROWS", 100_000)
        patched.setattr(thin, "PIECE", 77_777)
        found = thin.draw(codes, ("0", "1"), "1", 10, columns=1)
    even = codes[found.numbers[found.even]]
    assert abs(len(even) / rows - 0.25) < 4 * np.sqrt(0.25 * 0.75 / rows)
    assert abs(even.mean() - codes.mean()) < 4 * np.sqrt(0.01 / len(even))
    # Whether a row is kept evenly says nothing of whether it is kept as a negative.
    rate = 2 * 10 * codes.mean() / (1 - codes.mean())
    uneven = rows * (1 - 0.25) * rate * 0.99
    kept = np.count_nonzero(codes[found.numbers[~found.even]] == 0)
    assert abs(kept - uneven) < 4 * np.sqrt(uneven)


@pytest.mark.parametrize(
    ("rows", "positives", "columns", "share"),
    [
        (1_000_000, 10_000, 10, 0.1),  # rows, which have more positives than wanted
        (1_000_000, 2_000, 10, 0.25),  # the positives that are wanted
        (1_000_000, 2_000, 50, 0.2),  # as many as the cells allow
        (1_000_000, 2_000, 200, 0.1),  # rows again
        (1_000_000, 250, 200, 0.4),  # the fewest positives
    ],
)
def test_narrow_rows_are_kept_until_their_positives_are_enough(
    rows, positives, columns, share, monkeypatch
):
    limits = {
        "EVEN_ROWS": 100_000,
        "EVEN_POSITIVES": 100,
        "WANTED_POSITIVES": 500,
        "EVEN_CELLS": 10_000_000,
    }
    for name, value in limits.items():
        monkeypatch.setattr(thin, name, value)
    codes = np.zeros(rows, dtype=np.int8)
    codes[:: rows // positives] = 1
    found = thin.draw(codes, ("0", "1"), "1", 10, columns=columns)
    assert found.even_share == pytest.approx(share)
    assert found.even.sum() == pytest.approx(share * rows, rel=0.02)
    assert codes[found.numbers].sum() == positives


def test_how_wide_rows_are_is_counted_in_the_columns_that_are_read(
    home, frame, monkeypatch
):
    monkeypatch.setattr(thin, "EVEN_CELLS", 5 * EVEN * 2)  # twice EVEN of five columns
    of = (frame["y"] == "yes").sum()
    monkeypatch.setattr(thin, "WANTED_POSITIVES", of * 0.4)
    for file in FORMATS:
        for names, share in ((("number", "y"), 0.4), ((), 0.2)):
            read = ReadSpec(columns=names)
            data = DataSpec(source=str(home / file), target="y", read=read)
            found = load_data(data).drawn
            assert found.even_share == pytest.approx(share), (file, names)


def test_test_rows_of_a_second_file_stay_whole(home, frame):
    data = DataSpec(
        source=str(home / "t.parquet"), test_source=str(home / "t.csv"), target="y"
    )
    table = load_data(data)
    assert table.test_rows == ROWS
    assert len(table.frame) == ROWS + len(table.drawn.numbers)


def test_cells_of_a_part_are_those_that_were_read(home):
    for file in ("t.parquet", "t.csv"):
        data = DataSpec(source=str(home / file), target="y")
        table = load_data(data)
        assert as_filed(table, data) is None
        pd.testing.assert_frame_equal(as_written(table, data), as_read(table))


def test_a_float_that_turns_out_a_word_far_down_is_one(tmp_path, frame):
    table = frame.assign(x=frame["x"].astype(str))
    table.loc[5_500:, "x"] = "much"
    table.to_csv(tmp_path / "t.csv", index=False)
    drawn = load_data(DataSpec(source=str(tmp_path / "t.csv"), target="y"))
    real = table["x"].iloc[drawn.drawn.numbers]
    assert drawn.frame["x"].tolist() == real.tolist()


def test_files_put_together_are_read_whole(tmp_path, frame):
    text = frame.to_csv(index=False)
    (tmp_path / "t.csv").write_text(text + text)
    table = load_data(DataSpec(source=str(tmp_path / "t.csv"), target="y"))
    assert (table.drawn, len(table.frame)) == (None, 2 * ROWS)


@pytest.mark.parametrize("file", ["t.csv", "t.parquet"])
def test_a_table_beyond_memory_names_the_way(home, monkeypatch, file):
    source = str(home / file)
    monkeypatch.setattr(loading, "room", lambda: 550_000)
    assert load_data(DataSpec(source=source, target="y")).drawn is not None
    for given_, field in (
        ({"target": "y", "thin": 0}, "data.thin"),
        ({}, "data.target data.thin"),
    ):
        with pytest.raises(TooBigError, match="leave out most negatives") as caught:
            load_data(DataSpec(source=source, **given_))
        assert caught.value.field == f"data.read.rows data.read.columns {field}"
    monkeypatch.setattr(loading, "room", lambda: 25_000)
    with pytest.raises(TooBigError):
        load_data(DataSpec(source=source, target="y"))


def test_words_that_are_left_out_are_not_held():
    cells = pa.table({"0": pa.array([f"w{n}" for n in range(90)]).dictionary_encode()})
    part = text._taken(cells, np.array([80, 3, 3]))
    assert part.column(0).to_pylist() == ["w80", "w3", "w3"]
    assert len(part.column(0).chunk(0).dictionary) == 2


def test_a_column_of_many_values_has_no_codes():
    many = pa.array(range(classes.MOST_VALUES + 1))
    assert classes.encode([many]) is None
    assert classes.encode([many.slice(0, 60), many.slice(60)]) is None
    codes, values = classes.encode([many.slice(1), many.slice(1, 1)])
    assert (codes[-1], len(values)) == (0, classes.MOST_VALUES)
