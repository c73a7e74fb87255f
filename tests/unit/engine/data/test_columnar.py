"""Parquet and Arrow: nothing is lost, or it is said, or refused in one line."""

import datetime
import decimal
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from engine.core.errors import DataError, OutOfMemoryError, TooBigError
from engine.data.readers import columnar
from engine.data.readers.arrow import held_bytes
from tests.support.each import for_each
from tests.support.experiments import make_table
from tests.support.table_files import BIG, rows, write


def stored(path, table, kind):
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=2)
    elif kind == "feather":
        feather.write_feather(table, str(path), chunksize=2)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as stream:
            stream.write_table(table, max_chunksize=2)
    return path, "t", "parquet" if kind == "parquet" else "feather"


KINDS = for_each("kind", ["parquet", "feather", "stream"])
SMALL_DECIMAL = getattr(pa, "decimal32", pa.decimal128)  # pyarrow 19 has it


@KINDS
def test_every_type_of_column_loses_nothing(tmp_path, kind):
    moment = datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "gaps": [1, None, 3],
            "whole": [1, 2, 3],
            "big": [BIG, None, 1],
            "unsigned": pa.array([2**64 - 1, 0, 1], pa.uint64()),
            "bool": [True, False, True],
            "bool_gaps": [True, None, False],
            "half": pa.array([1.5, None, 2], pa.float32()),
            "text": ["a", None, ""],
            "level": pa.array(["x", None, "y"]).dictionary_encode(),
            "code": pa.array([5, 7, 5]).dictionary_encode(),
            "day": [datetime.date(2020, 1, 2), None, datetime.date(1, 1, 1)],
            "zone": pa.array([moment, None, moment], pa.timestamp("us", "Asia/Tokyo")),
            "money": [decimal.Decimal("1.25"), None, decimal.Decimal("2.50")],
            "coins": pa.array([decimal.Decimal("0.5"), None, 1], SMALL_DECIMAL(3, 1)),
            "exact": pa.array([decimal.Decimal(10**30), None, None]),
            "span": [datetime.timedelta(hours=1), None, None],
            "clock": [datetime.time(3, 4), None, None],
            "nothing": pa.nulls(3),
        }
    )
    frame = columnar.read(*stored(tmp_path / "t", table, kind)).frame
    found = {name: rows(frame[[name]]) for name in frame}
    first = {name: cells[0][0] for name, cells in found.items()}
    assert first["big"] == str(BIG)
    assert first["unsigned"] == str(2**64 - 1)
    assert first["exact"] == str(10**30)
    assert (first["day"], first["zone"]) == (
        pd.Timestamp("2020-01-02"),
        pd.Timestamp("2020-01-02 03:00"),
    )
    assert found["day"][2][0].year == 1
    assert (first["money"], first["span"], first["clock"]) == (1.25, 3600.0, "03:04:00")
    assert first["coins"] == 0.5
    assert [c[0] for c in found["bool_gaps"]] == [True, None, False]
    assert [c[0] for c in found["level"]] == ["x", None, "y"]
    assert [c[0] for c in found["nothing"]] == [None, None, None]
    assert frame["whole"].dtype == frame["code"].dtype == "int64"
    assert frame["gaps"].dtype == frame["half"].dtype == "float64"


@KINDS
def test_what_was_changed_is_said(tmp_path, kind):
    moment = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    table = pa.table(
        {"at": [moment], "price": [decimal.Decimal("1.5")], "__index_level_0__": [7]}
    )
    raw = columnar.read(*stored(tmp_path / "t", table, kind))
    said = " ".join(raw.reader.notes)
    for word in ("at: times with a zone", "price: exact decimals", "row labels"):
        assert word in said
    assert "__index_level_0__" in raw.frame


@KINDS
@for_each(
    ("cells", "what"),
    [
        ([[1], [2, 3]], "lists"),
        ([{"x": 1}, None], "records"),
        ([b"\x00", b"\x01"], "bytes"),
    ],
)
def test_columns_that_hold_no_single_values_are_named(tmp_path, kind, cells, what):
    place = stored(tmp_path / "t", pa.table({"odd": cells, "good": [1, 2]}), kind)
    with pytest.raises(DataError, match=f"holds {what}.*'odd'"):
        columnar.read(*place)
    assert rows(columnar.read(*place, columns=["good"]).frame) == [[1], [2]]


@KINDS
def test_columns_keep_their_names_whatever_order_they_stand_in(tmp_path, kind):
    table = pa.table({"z": [1, 2], "b": ["x", "y"], "a": [4, 5]})
    place = stored(tmp_path / "t", table, kind)
    for asked in (["a", "b"], ["b", "a"], ["a", "z"], ["z", "b", "a"]):
        frame = columnar.read(*place, columns=asked).frame
        assert frame.columns.tolist() == [n for n in table.column_names if n in asked]
        assert {n: frame[n].tolist() for n in frame} == {
            n: table[n].to_pylist() for n in frame
        }


@KINDS
def test_names_that_stand_twice_are_kept_for_others_to_repair(tmp_path, kind):
    table = pa.Table.from_arrays(
        [pa.array([1]), pa.array([2]), pa.array([3])], ["a", "a", "a.b"]
    )
    place = stored(tmp_path / "t", table, kind)
    assert columnar.read(*place).frame.columns.tolist() == ["a", "a", "a.b"]
    assert rows(columnar.read(*place, columns=["a.2", "a.b"]).frame) == [[2, 3]]


@KINDS
def test_a_table_too_large_is_told_before_it_is_read(tmp_path, kind):
    table = pa.table({"a": range(1000), "s": ["x"] * 1000})
    place = stored(tmp_path / "t", table, kind)
    told = []
    with pytest.raises(TooBigError, match="1,000 rows of 2 columns") as caught:
        columnar.read(*place, limit=20_000, progress=lambda *step: told.append(step))
    assert told == []
    assert 0 < caught.value.sample_rows < 1000
    wanted = np.arange(0, 1000, 1000 // caught.value.sample_rows + 1)
    assert len(columnar.read(*place, limit=20_000, rows=wanted).frame) == len(wanted)


@KINDS
def test_rows_are_picked_without_the_others(tmp_path, kind):
    place = stored(tmp_path / "t", pa.table({"a": range(100)}), kind)
    wanted = np.array([0, 1, 50, 99])
    assert columnar.read(*place, rows=wanted).frame["a"].tolist() == wanted.tolist()
    with columnar.opened(*place) as file:
        sizes = [batch.num_rows for batch in file.batches()]
    assert sum(sizes) == file.rows == 100
    assert kind == "parquet" or max(sizes) == 2


@KINDS
def test_what_comes_after_the_last_row_is_not_read(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(columnar, "BATCH_ROWS", 10)
    place = stored(tmp_path / "t", pa.table({"a": range(10_000)}), kind)
    told = []
    read = partial(columnar.read, *place, progress=lambda *step: told.append(step))
    assert read(rows=np.arange(3)).frame["a"].tolist() == [0, 1, 2]
    assert max(done for _, done, _ in told) <= 10
    assert read(rows=np.array([], dtype=int)).frame.shape == (0, 1)


def test_flipped_bits_are_found_by_their_checksum(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table({"a": np.arange(5000.0)})
    pq.write_table(table, path, write_page_checksum=True, compression="none")
    whole = path.read_bytes()
    for place in (200, 5_000, 20_000):
        torn = bytearray(whole)
        torn[place] ^= 1
        write(path, bytes(torn))
        with pytest.raises(DataError, match="cannot be read"):
            columnar.read(path, "t")


@pytest.mark.parametrize("error", [OSError, KeyError, UnicodeDecodeError])
def test_whatever_the_library_raises_is_one_line(tmp_path, monkeypatch, error):
    path, *_ = stored(tmp_path / "t", pa.table({"a": [1]}), "parquet")
    given = (
        ("utf-8", b"\xff", 0, 1, "bad\nbyte")
        if error is UnicodeDecodeError
        else ("x\ny",)
    )

    def fail(*_, **__):
        raise error(*given)

    monkeypatch.setattr(pq, "ParquetFile", fail)
    with pytest.raises(DataError, match="looks like Parquet") as caught:
        columnar.read(path, "t")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [MemoryError, pa.ArrowMemoryError])
def test_too_little_memory_is_no_damage(tmp_path, monkeypatch, error):
    path, *_ = stored(tmp_path / "t", pa.table({"a": [1]}), "parquet")

    def fail(*_, **__):
        raise error("malloc of size 8 failed")

    monkeypatch.setattr(pq, "ParquetFile", fail)
    with pytest.raises(OutOfMemoryError, match="not enough memory for reading") as told:
        columnar.read(path, "t")
    assert told.value.field == "data.read.rows data.read.columns"


WORDS = pa.array(["x" * 1000] * 20_000)


@for_each(
    ("kind", "words"),
    [
        ("parquet", WORDS),
        ("parquet", WORDS.dictionary_encode()),
        ("feather", WORDS.dictionary_encode()),
        ("feather", pc.run_end_encode(WORDS)),
    ],
)
def test_a_word_that_stands_once_in_a_file_counts_for_all_rows(tmp_path, kind, words):
    table = pa.table({"s": words, "y": range(20_000)})
    path = tmp_path / "t"
    (pq.write_table if kind == "parquet" else feather.write_feather)(table, path)
    place = (path, "t", kind)
    assert path.stat().st_size < 400_000
    with pytest.raises(TooBigError, match="20,000 rows of 2 columns, which take some"):
        columnar.read(*place, limit=2_000_000)
    assert len(columnar.read(*place, limit=2**28).frame) == 20_000
    if not pa.types.is_run_end_encoded(words.type):  # of these Arrow takes no rows
        wanted = np.arange(1000)
        assert len(columnar.read(*place, limit=2_000_000, rows=wanted).frame) == 1000


def test_long_words_after_short_ones_are_decoded_in_parts(tmp_path, monkeypatch):
    """The first rows of a group say nothing of what the others take."""
    words = ["a"] * 1000 + ["b" * 10_000] * 9000
    frame = pa.table({"word": words, "y": range(10_000)})
    pq.write_table(frame, tmp_path / "t.parquet", store_schema=False)
    assert (tmp_path / "t.parquet").stat().st_size < 100_000
    monkeypatch.setattr(columnar, "BATCH_BYTES", 1_000_000)
    with columnar.opened(tmp_path / "t.parquet", "t.parquet") as file:
        parts = list(file.batches())
    assert max(held_bytes(part) for part in parts) <= 1_000_000
    assert pa.Table.from_batches(parts).equals(frame)


def test_many_rows_of_long_words_are_not_read_to_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "t"
    pq.write_table(pa.table({"s": WORDS}), path)
    monkeypatch.setattr(columnar, "BATCH_BYTES", 100_000)
    monkeypatch.setattr(columnar, "PROOF_BYTES", 1_000_000)
    done = []
    with pytest.raises(TooBigError):
        columnar.read(
            path, "t", limit=9_000_000, progress=lambda _, n, __: done.append(n)
        )
    assert 500 < done[-1] < 2000


def test_a_stream_without_an_end_is_said(tmp_path):
    path, *_ = stored(tmp_path / "t", pa.table({"a": [1, 2, 3]}), "stream")
    write(path, path.read_bytes()[:-8])
    raw = columnar.read(path, "t", "feather")
    assert "rows may be missing" in raw.reader.notes[0]


def test_a_parquet_file_too_large_names_a_sample_once(tmp_path):
    path = tmp_path / "t.parquet"
    make_table().to_parquet(path)
    with pytest.raises(TooBigError) as told:
        columnar.read(path, "t", "parquet", limit=2_000)
    assert told.value.sample_rows > 0
    assert f"a sample of {told.value.sample_rows} of" in told.value.fix
