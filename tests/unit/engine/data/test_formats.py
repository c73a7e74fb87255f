"""Formats other than delimited text: read right and said, or refused in one line."""

import datetime
import decimal
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.load import load
from engine.data.read import arff, columnar, excel, jsonl, magic
from engine.data.read.arrow import held_bytes
from engine.data.read.unused import refuse_unused
from engine.data.read.workbook import main
from engine.errors import DataError, OutOfMemoryError, TooBigError
from engine.spec import ReadSpec
from tests.support.experiments import make_table

BIG = 2**53 + 1
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(frame):
    """Return the cells as lists, missing ones as None."""
    return [
        [None if pd.isna(cell) else cell for cell in row]
        for row in frame.astype(object).to_numpy().tolist()
    ]


# --- one table in every format --------------------------------------------------------


def as_arff(frame):
    lines = ["@relation t"]
    for name in frame:
        levels = ",".join(map(str, frame[name].dropna().unique()))
        kind = "numeric" if frame[name].dtype.kind in "if" else f"{{{levels}}}"
        lines.append(f"@attribute {name} {kind}")
    body = frame.to_csv(index=False, header=False, na_rep="?")
    return "\n".join([*lines, "@data", body])


WRITERS = {
    "t.parquet": lambda frame, path: frame.to_parquet(path),
    "t.feather": lambda frame, path: frame.to_feather(path),
    "t.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "t.json": lambda frame, path: frame.to_json(path, orient="records", indent=2),
    "t.arff": lambda frame, path: path.write_text(as_arff(frame)),
    "t.xlsx": lambda frame, path: frame.to_excel(path, index=False),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_table_in_every_format(tmp_path, name):
    frame = make_table(120)
    frame.to_csv(tmp_path / "t.csv", index=False)
    WRITERS[name](frame, tmp_path / name)
    one, two = load(tmp_path / "t.csv"), load(tmp_path / name)
    pd.testing.assert_frame_equal(one.frame, two.frame, check_dtype=False)
    assert two.reader.format != one.reader.format
    some = load(tmp_path / name, ReadSpec(columns=("sick", "age")))
    assert some.frame.columns.tolist() == ["age", "sick"]
    with pytest.raises(DataError, match="no column 'agee'"):
        load(tmp_path / name, ReadSpec(columns=("agee",)))


@pytest.mark.parametrize(
    "name", sorted(set(WRITERS) - {"t.arff"})
)  # any row may end that
def test_a_torn_file_is_one_line(tmp_path, name):
    WRITERS[name](make_table(200), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    for share in (0.1, 0.5, 0.9):
        write(tmp_path / name, whole[: int(len(whole) * share)].rstrip(b"\n"))
        with pytest.raises(DataError) as caught:
            load(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in caught.value.message


# --- Parquet and Arrow ----------------------------------------------------------------


def stored(path, table, kind):
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=2)
    elif kind == "feather":
        feather.write_feather(table, str(path), chunksize=2)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as stream:
            stream.write_table(table, max_chunksize=2)
    return path, "t", "parquet" if kind == "parquet" else "feather"


KINDS = pytest.mark.parametrize("kind", ["parquet", "feather", "stream"])


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
@pytest.mark.parametrize(
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
    sizes = [batch.num_rows for batch in columnar.batches(*place)]
    assert sum(sizes) == columnar.shape(*place).rows == 100
    assert kind == "parquet" or max(sizes) == 2


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
    assert "--rows" in told.value.remedy


WORDS = pa.array(["x" * 1000] * 20_000)


@pytest.mark.parametrize(
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
    parts = list(columnar.batches(tmp_path / "t.parquet", "t.parquet"))
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


# --- JSON Lines -----------------------------------------------------------------------


def read_json(tmp_path, content, **given):
    return jsonl.read(write(tmp_path / "t.jsonl", content), "t.jsonl", **given)


@pytest.mark.parametrize(
    ("content", "names", "cells"),
    [
        ('{"a":1}\n\n \n{"a":2}\r\n', ["a"], [[1], [2]]),
        ('{"a":1}\n{"b":"x"}', ["a", "b"], [[1, None], [None, "x"]]),
        (f'{{"a":{BIG}}}\n{{}}', ["a"], [[str(BIG)], [None]]),
        (f'{{"a":{10**30}}}\n{{"a":1.5}}', ["a"], [[1e30], [1.5]]),
        ('{"a":NaN}\n{"a":-Infinity}', ["a"], [[None], [None]]),
        ('{"a":1e400}', ["a"], [[None]]),
        ('{"a":true}\n{"a":null}', ["a"], [[True], [None]]),
        (
            '{"d":"2020-01-01"}\n{"d":"2020-01-01T00:00Z"}',
            ["d"],
            [["2020-01-01"], ["2020-01-01T00:00Z"]],
        ),
        ('[{"a":1},\n {"a":2}]', ["a"], [[1], [2]]),
        ('{\n "a": 1\n}\n{\n "a": 2\n}\n', ["a"], [[1], [2]]),
        ('\ufeff{"a":"é"}', ["a"], [["é"]]),
        ('{"a":"é"}\n'.encode("utf-16"), ["a"], [["é"]]),
        ('{"a":"\\ud83d\\ude00"}', ["a"], [["😀"]]),
    ],
)
def test_objects_become_rows(tmp_path, content, names, cells):
    frame = read_json(tmp_path, content).frame
    assert frame.columns.tolist() == names
    assert rows(frame) == cells


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a":1}\n{"a":1,"a":2}', "line 2: the key 'a' stands twice"),
        ('{"a":1}\n{"a":2,"b":[1]}', "line 2: column 'b' holds a list"),
        ('{"a":{"x":1}}', "line 1: column 'a' holds an object"),
        ('[\n{"a":1},\n{"a":[]}]', "line 3: column 'a' holds a list"),
        ('{"a":1}\n{"a":', "line 2"),
        ('{"a":1}{"a":2}', "line 1: something follows the object"),
        ('{"a":1}\n"x"', "line 2 is no JSON object"),
        ("[[1, 2]]", "line 1 is no JSON object"),
        ('[{"a":1}\n{"a":2}]', "line 2: expecting ','"),
        ('[{"a":1},]', "line 1: expecting ','"),
        ('[{"a":1}', "line 1: the list has no end"),
        ('[{"a":1}]\n?', "something follows the list"),
        (b'{"a":1}\n{"a":"\xff"}', "line 2: byte 0xff is no UTF-8"),
        ('{"a":"\\ud800"}', "line 1: half of a character"),
        ('{"a":' + "[" * 200_000, "line 1: values inside values"),
        ('{"a":1' + "0" * 5000 + "}", "line 1"),
        ("{'a': 1}", "line 1: expecting property name"),
    ],
)
def test_an_error_has_its_line(tmp_path, content, said):
    with pytest.raises(DataError) as caught:
        read_json(tmp_path, content)
    assert said in caught.value.message
    assert "\n" not in str(caught.value)


def test_mixed_types_are_text_and_said(tmp_path):
    raw = read_json(tmp_path, '{"a":"x"}\n{"a":1}\n{"a":null}\n{"a":true}')
    assert rows(raw.frame) == [["x"], ["1"], [None], ["True"]]
    assert "mixed: kept as text" in raw.reader.notes[0]


def test_keys_that_are_not_wanted_may_hold_anything(tmp_path):
    content = '{"a":1,"deep":[{"x":1}]}\n{"a":2}'
    assert rows(read_json(tmp_path, content, columns=["a"]).frame) == [[1], [2]]


def test_names_written_as_keys_do_not_fill_the_memory(tmp_path):
    content = "".join(f'{{"k{i}":1}}\n' for i in range(20_000))
    with pytest.raises(TooBigError, match=r"objects have [\d,]+ different keys"):
        read_json(tmp_path, content)


def test_an_encoding_is_taken_or_refused(tmp_path):
    content = '{"a":"é"}'.encode("cp1252")
    assert rows(read_json(tmp_path, content, encoding="cp1252").frame) == [["é"]]
    with pytest.raises(DataError, match="no encoding 'klingon'"):
        read_json(tmp_path, content, encoding="klingon")


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-9, 9),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["2020-01-01", "2020-01-01 10:00:00", "NaN", "", "1"]),
)
COLUMN = st.sampled_from(["a", "b", "", "a b", "é"])


@EXAMPLES
@given(st.lists(st.dictionaries(COLUMN, CELL), min_size=1, max_size=6))
def test_the_fast_reader_reads_what_the_exact_one_reads(tmp_path, objects):
    path = write(tmp_path / "t", "\n".join(map(json.dumps, objects)))
    frame, _ = jsonl._exact(path, "t", (), "utf-8", jsonl.silent)
    found = jsonl.read(path, "t").frame
    assert found.columns.tolist() == frame.columns.tolist()
    assert repr(rows(found)) == repr(rows(frame))


# --- ARFF -----------------------------------------------------------------------------

WEKA = r"""% made by hand
@RELATION 'a b'

@Attribute 'body mass' NUMERIC
@attribute dose REAL % mg
@attribute n integer
@attribute "cl'ass" {plain, 'with, comma', "it's", x\'y}
@attribute note string
@attribute at date 'yyyy-MM-dd HH:mm'
@attribute iso date
@DATA
% rows
5.5, 3 ,7,plain,'say \'hi\'','2001-04-03 12:12','2001-04-03T12:12:12'
?,?,?,?,?,?,?
1,2.5,9007199254740993,"it's",'?',"2001-04-03 12:12",?, {5}
"""
KEEL = """@relation ecoli
@attribute Mcg real [0.0, 0.89]
@attribute Gvh integer[16, 100]
@attribute Class {positive, negative}
@inputs Mcg, Gvh
@outputs Class
@data
0.49, 29, positive
0.07, <null>, negative
"""
SPARSE = """@relation s
@attribute a numeric
@attribute b {x,y,z}
@attribute c string
@data
{0 5, 1 y}
{}
{2 'p, q', 0 ?}, {5}
"""


def read_arff(tmp_path, content, **given):
    return arff.read(write(tmp_path / "t.arff", content), "t.arff", **given)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_wekas_header_is_law(tmp_path, ending, encoding):
    raw = read_arff(tmp_path, WEKA.replace("\n", ending).encode(encoding))
    noon = pd.Timestamp("2001-04-03 12:12")
    assert raw.frame.columns.tolist() == [
        *("body mass", "dose", "n", "cl'ass", "note", "at", "iso")
    ]
    assert rows(raw.frame) == [
        [5.5, 3, "7", "plain", "say 'hi'", noon, noon + pd.Timedelta(seconds=12)],
        [None] * 7,
        [1, 2.5, str(BIG), "it's", "?", noon, None],
    ]
    assert raw.target is None
    assert any("weights" in note for note in raw.reader.notes)


def test_keel_names_its_target(tmp_path):
    path = write(tmp_path / "ecoli.dat", KEEL)
    table = load(path)
    assert table.target == "Class"
    assert rows(table.frame) == [[0.49, 29, "positive"], [0.07, None, "negative"]]
    assert table.reader.format == "arff"


def test_what_a_sparse_row_leaves_out_is_zero_or_the_first_value(tmp_path):
    frame = read_arff(tmp_path, SPARSE).frame
    assert rows(frame) == [[5, "y", None], [0, "x", None], [None, "x", "p, q"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (KEEL.replace("0.07", "0.07x"), "line 9: 'Mcg' is '0.07x', not a number"),
        (KEEL.replace("0.07", "1_000"), "line 9: 'Mcg' is '1_000', not a number"),
        (KEEL.replace("negative\n", "neg\n"), "line 9: 'Class' is 'neg', not one of"),
        (KEEL.replace(", negative\n", "\n"), "line 9: 2 values where the header has 3"),
        (KEEL.replace("@data", "@dta"), "line 7: '@dta' is no part"),
        (KEEL.split("@data")[0], "without an @data line"),
        (KEEL.replace(" real", " complex"), "line 2: the type of 'Mcg' is 'complex'"),
        (KEEL.replace("negative}", "negative"), "line 4: the values of 'Class'"),
        (KEEL.replace("Gvh integer", "Gvh relational"), "line 3: 'Gvh' is relational"),
        (KEEL.replace("0.49", "'0.49"), "line 8: the quote before"),
        ("@relation x\n@data\n1", "line 2: @data comes before any @attribute"),
        (SPARSE + "{3 1}\n", "line 9: '3 1' is no value with its position"),
        (SPARSE + "{0 1, 0 2}\n", "line 9: '0 2' is no value with its position"),
        (SPARSE + "{0 1\n", "line 9: no closing }"),
        (WEKA.replace("2001-04-03 12:12", "2001-13-03 12:12"), "line 13: 'at' is"),
    ],
)
def test_what_does_not_fit_the_header_has_its_line(tmp_path, content, said):
    with pytest.raises(DataError) as caught:
        read_arff(tmp_path, content)
    assert said in caught.value.message


def test_an_old_encoding_and_empty_values_are_said(tmp_path):
    text = KEEL.replace("positive", "présent").replace("29", "")
    raw = read_arff(tmp_path, text.encode("cp1252"))
    assert rows(raw.frame)[0] == [0.49, None, "présent"]
    assert "not UTF-8: read as Windows-1252" in raw.reader.notes
    assert "empty values read as missing" in raw.reader.notes


@pytest.mark.parametrize("form", ["ww YYYY", "MM yyyy MM"])
def test_dates_that_nobody_can_read_stay_text_and_are_said(tmp_path, form):
    text = f"@relation r\n@attribute d date '{form}'\n@data\n'01 2020'\n"
    raw = read_arff(tmp_path, text)
    assert rows(raw.frame) == [["01 2020"]]
    assert "kept as text" in raw.reader.notes[0]


def test_a_wide_sparse_table_does_not_fill_the_memory(tmp_path):
    names = "".join(f"@attribute a{i} numeric\n" for i in range(2000))
    text = f"@relation r\n{names}@data\n" + "{}\n" * 5000
    told = []
    given = {"limit": 10_000_000, "progress": lambda *at: told.append(at)}
    with pytest.raises(TooBigError, match="5,000 rows of 2,000 columns"):
        read_arff(tmp_path, text, **given)
    assert not told  # before the first row


def test_a_long_value_of_a_nominal_attribute_is_held_once(tmp_path):
    long, count = "x" * 1000, 20_000
    head = f"@relation r\n@attribute a {{{long},b}}\n@attribute b string\n@data\n"
    path = write(tmp_path / "t.arff", head + "{1 c}\n" * count)
    raw = arff.read(path, "t.arff", limit=100_000_000)
    assert raw.frame.memory_usage(deep=False).sum() < 20 * count
    assert rows(raw.frame.drop_duplicates()) == [[long, "c"]]


@pytest.mark.parametrize("kind", ["string", "{'a long word of the header',b}"])
def test_words_count_as_they_come(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("engine.data.read.arff_cells.CHUNK_CELLS", 100)
    cells = ["{}" if "{" in kind else f"t{i}" for i in range(1000)]
    text = f"@relation r\n@attribute a {kind}\n@data\n" + "\n".join(cells)
    with pytest.raises(TooBigError, match="1,000 rows of 1 column"):
        read_arff(tmp_path, text, limit=25_000)
    assert len(read_arff(tmp_path, text, limit=100_000).frame) == 1000


def test_columns_keep_one_type_over_many_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.data.read.arff_cells.CHUNK_CELLS", 4)
    cells = ["1", "2", "3", "4.5", "?", "6", f"{BIG}"]
    head = "@relation r\n@attribute a numeric\n@attribute b numeric\n@data\n"
    text = head + "\n".join(f"{cell},{i}" for i, cell in enumerate(cells))
    frame = read_arff(tmp_path, text).frame
    assert frame["b"].tolist() == list(range(7))
    assert rows(frame[["a"]])[-1] == [str(BIG)]
    short = read_arff(tmp_path, head + "1,1\n2,2\n?,3\n4,4\n5,5\n").frame
    assert rows(short[["a"]]) == [[1], [2], [None], [4], [5]]


LEVEL = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=5
)


@EXAMPLES
@given(
    st.lists(
        LEVEL.filter(lambda t: t.strip() == t and t not in ("?", "<null>")),
        min_size=1,
        max_size=5,
        unique=True,
    )
)
def test_quoted_values_come_back_as_they_were(tmp_path, levels):
    def quoted(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    declared = ",".join(map(quoted, levels))
    body = "\n".join(f"{i},{quoted(level)}" for i, level in enumerate(levels))
    name = quoted(levels[0])
    head = f"@relation r\n@attribute i numeric\n@attribute {name} {{{declared}}}\n"
    text = f"{head}@data\n{body}\n"
    frame = read_arff(tmp_path, text).frame
    assert frame.columns[1] == levels[0]
    assert frame.iloc[:, 1].tolist() == levels


# --- workbooks ------------------------------------------------------------------------


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path, "t.xlsx"


DAY = datetime.date(2020, 1, 2)


def test_cells_have_the_types_they_show(tmp_path):
    place = workbook(
        tmp_path / "t.xlsx",
        S=[
            ["n", "x", "flag", "day", "clock", "word"],
            [1, 1.5, True, DAY, datetime.time(3, 4), "a"],
            [2, None, False, datetime.datetime(2020, 1, 2, 3), None, None],
        ],
    )
    frame = excel.read(*place).frame
    assert frame["n"].dtype == "int64"
    assert rows(frame) == [
        [1, 1.5, True, pd.Timestamp(DAY), "03:04:00", "a"],
        [2, None, False, pd.Timestamp("2020-01-02 03:00"), None, None],
    ]


def test_a_title_and_blank_rows_are_left_out_and_said(tmp_path):
    path, name = workbook(
        tmp_path / "t.xlsx",
        S=[["Report"], [], ["id", "age", "y"], [1, 50, "no"], [], [2, 60, "yes"]],
    )
    book = openpyxl.load_workbook(path)
    book["S"].merge_cells("A1:C1")
    book.save(path)
    raw = excel.read(path, name)
    assert raw.frame.columns.tolist() == ["id", "age", "y"]
    assert rows(raw.frame) == [[1, 50, "no"], [2, 60, "yes"]]
    assert raw.reader.skipped == 1
    assert "1 blank row left out" in raw.reader.notes


def test_a_table_may_stand_anywhere_in_its_sheet(tmp_path):
    place = workbook(
        tmp_path / "t.xlsx", S=[[], [None, None, "a", "b"], [None, None, 1, 2]]
    )
    frame = excel.read(*place).frame
    assert frame.columns.tolist() == ["a", "b"]
    assert rows(frame) == [[1, 2]]


def test_the_first_sheet_with_cells_is_read_and_the_others_named(tmp_path):
    place = workbook(tmp_path / "t.xlsx", Empty=[], One=[["a"], [1]], Two=[["b"], [2]])
    raw = excel.read(*place)
    assert (raw.reader.member, rows(raw.frame)) == ("One", [[1]])
    assert "'Two'" in raw.reader.notes[0]
    assert rows(excel.read(*place, member="Two").frame) == [[2]]
    with pytest.raises(DataError, match="no sheet 'Twoo'") as caught:
        excel.read(*place, member="Twoo")
    assert "'Two'" in caught.value.remedy
    with pytest.raises(DataError, match="is empty"):
        excel.read(*place, member="Empty")


def test_a_sheet_of_a_packed_workbook_is_chosen_too(tmp_path):
    path, _ = workbook(tmp_path / "t.xlsx", One=[["a"], [1]], Two=[["b"], [2]])
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.write(path, "in/t.xlsx")
    for member, cells in (("t.xlsx", [[1]]), ("Two", [[2]]), (None, [[1]])):
        table = load(tmp_path / "t.zip", ReadSpec(member=member))
        assert rows(table.frame) == cells
    with pytest.raises(DataError, match="no sheet 'Three'"):
        load(tmp_path / "t.zip", ReadSpec(member="Three"))


def test_errors_and_formulas_without_a_value_are_missing_and_said(tmp_path):
    path, name = workbook(
        tmp_path / "t.xlsx", S=[["a", "b", "c"], [1, 2, 3], [4, 5, 6]]
    )
    book = openpyxl.load_workbook(path)
    book["S"]["A2"].value, book["S"]["A2"].data_type = "#DIV/0!", "e"
    book["S"]["B2"] = "=A3*2"
    book["S"]["C2"].value, book["S"]["C2"].data_type = "#N/A", "s"
    book["S"]["C3"] = 7
    book["S"]["A4"] = 8
    book.save(path)
    raw = excel.read(path, name)
    assert rows(raw.frame) == [[None] * 3, [4, 5, 7], [8, None, None]]
    said = " ".join(raw.reader.notes)
    assert "1 error cell (like #DIV/0!)" in said
    assert "1 formula has no value" in said


def test_tags_that_are_never_closed_are_passed_over_once(tmp_path):
    path, name = workbook(tmp_path / "t.xlsx", S=[["a", "b"], [1, 2], [3, 4]])
    odd = b"<!--" + b"<c " * 50_000 + b'<x t="e"><f <x/></c>-->'
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "o", "w") as new:
        for one in old.namelist():
            content = old.read(one).replace(b"</sheetData>", b"</sheetData>" + odd)
            new.writestr(one, content)
    raw = excel.read(tmp_path / "o", name)
    assert rows(raw.frame) == [[1, 2], [3, 4]]
    assert raw.reader.notes == ()


def test_a_second_table_is_refused_with_its_row(tmp_path):
    block = [["a", "b"], *([i, i + 1.5] for i in range(4))]
    place = workbook(tmp_path / "t.xlsx", S=[*block, [], ["c", "d"], *block[1:]])
    with pytest.raises(DataError, match="row 7: a second table begins here"):
        excel.read(*place)


def test_header_and_skip_are_obeyed(tmp_path):
    place = workbook(
        tmp_path / "t.xlsx", S=[["j", "y"], ["k", "z"], ["a", "b"], ["c", "d"]]
    )
    raw = excel.read(*place, skip=1, header=1)
    assert raw.frame.columns.tolist() == ["k", "z"]
    assert len(excel.read(*place, header=0).frame) == 4


FAR = {
    "told": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "in a row without a number": '<row><c r="XFD1048576"><v>1</v></c></row>',
    "in another row": '<row r="51"><c r="XFD1048576"><v>1</v></c></row>',
    "in small letters": '<row r="60000"><c r="xfd60000"><v>1</v></c></row>',
    "beyond the last row": '<row r="99"><c r="A99999999999"><v>1</v></c></row>',
}


@pytest.mark.parametrize("where", FAR)
@pytest.mark.parametrize("file", ["sheet1.xml", "Sheet1.XML"])
def test_one_far_cell_does_not_fill_the_memory(tmp_path, where, file):
    path, name = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(far, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            if member.endswith("sheet1.xml"):
                member = member.replace("sheet1.xml", file)
                data = data.replace(
                    b"</sheetData>", FAR[where].encode() + b"</sheetData>"
                )
            new.writestr(member, data)
    with pytest.raises(TooBigError, match="sheet 'S' cannot be opened in") as told:
        excel.read(far, name)
    assert told.value.message.startswith("t.xlsx: ")
    assert "far from its table" in told.value.remedy


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path):
    place = workbook(tmp_path / "t.xlsx", S=[["a"] * 3, *([[1, 2, 3]] * 300)])
    with pytest.raises(TooBigError, match="unpacks to"):
        excel.read(*place, limit=5_000)
    with pytest.raises(TooBigError, match="301 rows of 3 columns"):
        excel.read(*place, limit=60_000)


MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest'
    ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type='
    '"application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry'
    ' manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def test_an_open_document_is_a_workbook_too(tmp_path):
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    spaces = " ".join(f'xmlns:{k}="{v}"' for k, v in names.items())
    cells = "".join(
        f"<table:table-row>{''.join(cell(value) for value in row)}</table:table-row>"
        for row in [["a", "y"], [1, "no"], [2, "yes"]]
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            '<?xml version="1.0"?>'
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="T">{cells}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    table = load(write(tmp_path / "t.ods", buffer.getvalue()))
    assert table.reader.format == "excel"
    assert rows(table.frame) == [[1, "no"], [2, "yes"]]


def cell(value):
    kind = '"string"' if isinstance(value, str) else f'"float" office:value="{value}"'
    return (
        f"<table:table-cell office:value-type={kind}>"
        f"<text:p>{value}</text:p></table:table-cell>"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + "EncryptedPackage".encode("utf-16-le"),
            "locked by a password",
        ),
    ],
)
def test_a_workbook_that_cannot_be_read_is_one_line(tmp_path, content, said):
    with pytest.raises(DataError, match=said) as caught:
        load(write(tmp_path / "t.xls", content))
    assert "\n" not in str(caught.value)


def test_a_panic_of_the_library_is_one_line(tmp_path, monkeypatch, capfdbinary):
    class PanicException(BaseException):
        """Rust's panics are no Exception."""

    def panic(*_):
        raise PanicException("index out of bounds")

    path, name = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    monkeypatch.setattr("python_calamine.CalamineWorkbook", Mock(from_filelike=panic))
    monkeypatch.setattr("engine.data.read.workbook.limit_memory", lambda _: True)
    monkeypatch.setattr(sys, "argv", ["", str(path), name, "99999", "read"])
    main()
    told = capfdbinary.readouterr().out
    assert b"t.xlsx looks like a workbook but cannot be read: index out of" in told


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os._exit(9)", "ends the process that opens it (9)"),
        ("os.abort()", "cannot be opened in 67.1 MB of memory"),
        ("os.write(1, bytes([9, 0, 0, 0, 1]))", "ends the process that opens it"),
    ],
)
def test_the_end_of_the_process_that_opens_it_is_one_line(
    tmp_path, monkeypatch, code, said
):
    def start(*_, **options):
        return subprocess.Popen([sys.executable, "-c", f"import os; {code}"], **options)

    place = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    monkeypatch.setattr("engine.children.start", start)
    with pytest.raises(DataError) as told:
        excel.read(*place, limit=99)
    assert said in str(told.value)
    assert "CSV" in told.value.remedy


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    place = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError) as caught:
        excel.read(*place)
    assert "pip install 'imbtui[excel]'" in caught.value.remedy


def test_nothing_of_a_workbook_is_left_open(tmp_path):
    path, name = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        excel.read(path, name)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize(
    ("cells", "found", "said"),
    [
        (["12345678901234567890", "1", "null"], ["12345678901234567890", "1", None], 1),
        # As the lines of a log may: no digit is lost to a NaN or an overflow beside it.
        (
            ["12345678901234567890", "NaN", "1e999"],
            ["12345678901234567890", None, None],
            2,
        ),
        (["1" + 400 * "0", "1", "2"], ["1" + 400 * "0", "1", "2"], 1),
        (["12345678901234567890", "1.5", "2"], [12345678901234567890.0, 1.5, 2.0], 1),
        (["1e999", "-Infinity", "1"], [None, None, 1.0], 1),
        (["1e999", '"a"', "3"], [None, "a", "3"], 2),
        (["NaN", "1", "2"], [None, 1.0, 2.0], 0),
    ],
)
def test_numbers_no_float_holds_stay_or_go_and_it_is_said(
    tmp_path, cells, found, said, as_list
):
    lines = [f'{{"a": {cell}, "y": {n}}}' for n, cell in enumerate(cells)]
    text = "[" + ",\n".join(lines) + "]" if as_list else "\n".join(lines)
    table = load(write(tmp_path / "t.jsonl", text))
    assert [row[0] for row in rows(table.frame)] == found
    assert len(table.notes) == said
    if count := cells.count("1e999") + cells.count("-Infinity"):
        assert f"a: {count} infinite made missing" in table.notes


# --- what a format has no use for -----------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kind", "listed"),
    [
        ({"delimiter": ";"}, "parquet", "--delimiter means"),
        ({"delimiter": ";", "quote": "'"}, "jsonl", "--delimiter and --quote mean"),
        ({"header": 0, "skip": 3, "ragged": "drop"}, "arff", "--header, --skip and --"),
        ({"encoding": "cp1252"}, "feather", "--encoding means"),
        ({"encoding": "cp1252", "header": 1}, "excel", "--encoding means"),
        ({"header": 0}, "made", "--header means"),
    ],
)
def test_options_that_mean_nothing_are_refused(given, kind, listed):
    with pytest.raises(DataError, match=r"Leave --.* out") as told:
        refuse_unused(ReadSpec(**given), kind, "t")
    assert listed in told.value.message


@pytest.mark.parametrize("kind", magic.KINDS)
def test_options_that_every_format_minds_are_not(kind):
    spec = ReadSpec(format=kind, columns=("a",), rows=5, missing=("x",), decimal=",")
    refuse_unused(spec, kind, "t")
    everything = ReadSpec(delimiter=";", quote="'", header=1, skip=1, encoding="utf-8")
    refuse_unused(everything, "text", "t")


def test_a_parquet_file_too_large_names_a_sample_once(tmp_path):
    path = tmp_path / "t.parquet"
    make_table().to_parquet(path)
    with pytest.raises(TooBigError) as told:
        columnar.read(path, "t", "parquet", limit=2_000)
    assert told.value.sample_rows > 0
    assert f"--rows {told.value.sample_rows})" in told.value.remedy
