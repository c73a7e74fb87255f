import bz2
import gzip
import lzma
import os
import zipfile

import numpy as np
import pandas as pd
import pytest
import zstandard

from engine.core.errors import DataError
from engine.data.load import fingerprint, load
from tests.support.each import for_each
from tests.support.experiments import make_table

TEXT = "name,dose,y\nana,1.5,0\nbob,,1\n"


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(data):
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inner.csv", data)
    return buffer.getvalue()


@for_each(
    ("suffix", "pack"),
    [
        (".csv", lambda b: b),
        (".csv.gz", gzip.compress),
        (".csv.bz2", bz2.compress),
        (".csv.xz", lzma.compress),
        (".csv.zst", lambda b: zstandard.ZstdCompressor().compress(b)),
        (".zip", zipped),
        (".data", gzip.compress),  # told by its bytes, not by its name
    ],
)
def test_the_same_table_plain_and_compressed(tmp_path, suffix, pack):
    frame = make_table(50)
    path = write(tmp_path / f"t{suffix}", pack(frame.to_csv(index=False).encode()))
    read = load(path).frame
    pd.testing.assert_frame_equal(
        read, frame, check_dtype=False, check_column_type=False
    )


def test_parquet_gives_the_same_table_as_csv(tmp_path):
    frame = make_table(50)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    one, two = load(tmp_path / "t.parquet").frame, load(tmp_path / "t.csv").frame
    pd.testing.assert_frame_equal(one, two, check_dtype=False)


@for_each("delimiter", [",", ";", "\t", "|"])
@for_each("end", ["\n", "\r\n"])
def test_the_delimiter_is_found(tmp_path, delimiter, end):
    text = end.join(delimiter.join(r) for r in (["a b", "c", "y"], ["1,x", "x", "0"]))
    if delimiter == ",":
        text = text.replace("1,x", '"1,x"')
    read = load(write(tmp_path / "t.csv", text + end))
    assert read.reader.delimiter == delimiter
    assert read.frame.to_numpy().tolist()[0][0] == "1,x"


def test_blanks_are_missing_and_said(tmp_path):
    read = load(write(tmp_path / "t.csv", "a,b\n 1 ,x\n ,\n3, y \n"))
    assert read.frame["a"].dtype.kind == "f"
    assert read.frame["a"].isna().tolist() == [False, True, False]
    assert read.frame["b"].tolist()[2] == "y"
    assert any("1 blank cells" in note for note in read.notes)


def test_infinite_numbers_are_missing_and_said(tmp_path):
    read = load(write(tmp_path / "t.csv", "a,b\n1,1\ninf,2\n1e400,3\n"))
    assert read.frame["a"].isna().sum() == 2
    assert "2 infinite" in read.notes[0]


@for_each("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    read = load(write(tmp_path / "t.csv", "häagen,y\nfölk,1\n".encode(encoding)))
    assert read.frame.columns.tolist() == ["häagen", "y"]
    assert read.frame.iloc[0, 0] == "fölk"


@for_each(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"\n\n\n", "blank lines"),
        (b"a,b\n1,2\n1,2,3\n", "line 3"),
        (b'a,b\n"x",3\n"1,2\n', "line 3"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "PNG"),
        (gzip.compress(TEXT.encode() * 100, mtime=0)[:40], "whole|cannot be"),
        (b"PAR1" + b"\x00garbage" * 9, "Parquet"),
        (b"a,a\n1,2\n", None),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path, content, said):
    path = write(tmp_path / "t.csv", content)
    if said is None:
        assert load(path).frame.columns.tolist() == ["a", "a.2"]
        return
    with pytest.raises(DataError, match=said) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert "t.csv" in str(caught.value)


def test_a_folder_a_pipe_and_nothing_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, said in (
        (tmp_path, "directory"),
        (tmp_path / "pipe", "no regular file"),
        (tmp_path / "none.csv", "No such file"),
        ("a\x00b", "cannot read"),
    ):
        with pytest.raises(DataError, match=said):
            load(path)


def test_an_unknown_sample_suggests_one():
    with pytest.raises(DataError, match="stroke"):
        load("sample:strok")


def test_a_fingerprint_changes_with_any_cell_and_with_the_order():
    frame = make_table(30)
    before = fingerprint(frame)
    assert fingerprint(frame.copy()) == before
    assert fingerprint(frame.iloc[::-1]) != before
    changed = frame.copy()
    changed.loc[3, "risk"] = np.nextafter(changed.loc[3, "risk"], 1)
    assert fingerprint(changed) != before


def test_na_is_a_missing_number_and_a_level_of_words(tmp_path):
    text = "n,w,r\nNA,NA,EU\n1,x,NA\n2,y,EU\n"
    frame = load(write(tmp_path / "t.csv", text)).frame
    assert frame["n"].isna().tolist() == [True, False, False]
    assert frame["w"].tolist() == ["NA", "x", "y"]
    assert frame["r"].tolist() == ["EU", "NA", "EU"]


def test_lists_in_cells_are_refused(tmp_path):
    pd.DataFrame({"a": [[1], [2]], "b": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="holds lists"):
        load(tmp_path / "t.parquet")
