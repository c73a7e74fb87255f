"""A file as one that any reader can open: packed, damaged, disguised, or no table."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import sqlite3
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import zstandard

from engine.core.errors import DataError, TooBigError
from engine.data.readers import open as opening
from engine.data.readers.magic import compression, kind
from engine.data.readers.open import holds, opened, spool
from tests.support.each import for_each

TEXT = b"a,b\n" + b"1,2\n" * 5000
PACKERS = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    "zip": lambda data: zipped({"inner.csv": data}),
}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Look at what is left among the temporary files: nothing may be."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def look(tmp_path, data, name="t.csv", **given):
    """Open a file and return what was said of it, with its content."""
    path = tmp_path / name
    path.write_bytes(data)
    with opened(path, name, **given) as file:
        return file, file.path.read_bytes()


def test_a_plain_file_is_opened_where_it_is(tmp_path):
    file, content = look(tmp_path, TEXT)
    assert file.path == tmp_path / "t.csv"
    assert (file.kind, file.compression, file.size) == ("text", None, len(TEXT))
    assert content == TEXT


@for_each("packing", PACKERS)
def test_a_packed_file_is_unpacked_for_its_owner_alone(tmp_path, packing):
    path = tmp_path / "t.bin"
    path.write_bytes(PACKERS[packing](TEXT))
    told = []
    with opened(path, "t", progress=lambda *step: told.append(step)) as file:
        assert file.path.read_bytes() == TEXT
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert (file.compression, file.size) == (packing, len(TEXT))
    assert not file.path.exists()
    size = path.stat().st_size
    assert told[0] == ("decompressing", 0, size)
    assert all(0 < done <= size for _, done, _ in told[1:])


def test_several_streams_in_a_row_are_one(tmp_path):
    for packing in ("gzip", "bz2", "xz", "zstd"):
        pack = PACKERS[packing]
        _, content = look(tmp_path, pack(TEXT[:100]) + pack(TEXT[100:]))
        assert content == TEXT


@for_each("packing", PACKERS)
@for_each("damage", ["torn", "flipped"])
def test_a_damaged_archive_is_one_line(tmp_path, packing, damage):
    data = bytearray(PACKERS[packing](TEXT))
    if damage == "torn":
        del data[len(data) * 2 // 3 :]
    else:
        data[len(data) // 2] ^= 0xFF
    with pytest.raises(DataError, match="cannot be decompressed") as caught:
        look(tmp_path, bytes(data))
    assert caught.value.fix == "is the file whole?"
    assert "\n" not in caught.value.message


@for_each("packing", PACKERS)
def test_a_bomb_is_stopped_at_the_limit(tmp_path, packing):
    data = PACKERS[packing](b"a,b\n" + b"0,1\n" * 500_000)
    assert len(data) < 100_000
    with pytest.raises(TooBigError, match=r"t\.csv holds more than 1\.0 MB"):
        look(tmp_path, data, limit=1_000_000)
    assert look(tmp_path, PACKERS[packing](TEXT), limit=len(TEXT))[1] == TEXT


def test_xz_with_a_window_of_gigabytes_is_refused(tmp_path):
    """The decoder takes as much memory as the header says, for a small file, too."""
    data = bytearray(lzma.compress(TEXT))
    size = (data[12] + 1) * 4
    header = data[12 : 12 + size]
    header[header.index(b"\x21\x01") + 2] = 40  # 4 GiB
    header[-4:] = struct.pack("<I", zlib.crc32(bytes(header[:-4])))
    data[12 : 12 + size] = header
    with pytest.raises(DataError, match="cannot be decompressed: Memory usage limit"):
        look(tmp_path, bytes(data))


def test_xz_streams_may_be_padded(tmp_path):
    data = lzma.compress(TEXT[:100]) + bytes(8) + lzma.compress(TEXT[100:]) + bytes(4)
    assert look(tmp_path, data)[1] == TEXT


NO_LINE = r"goes on for 1[67]\.. MB without a line of a table"
ENDLESS = {
    "zeros": (b"", b"\x00", "a NUL byte in line 1"),
    "zeros further down": (TEXT * 4, b"\x00", NO_LINE),
    "a pickle": (b"\x80\x04\x95", b"a" * 99, "a Python pickle"),
    "one line": (b"a,b\n1,", b"2", NO_LINE),
    "one field after the other": (b"a,b\n", b"1,", NO_LINE),
    "blank lines": (b"", b"\r\n", NO_LINE),
    "blank lines further down": (TEXT, b"\n", NO_LINE),
    "commas": (b"", b",", NO_LINE),
    "lines of commas": (b"\n", b",,,,\n", NO_LINE),
    "a gzip file": (gzip.compress(TEXT), b"\x00", "packed twice"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_is_plainly_no_table_is_not_unpacked_whole(tmp_path, temporary, what):
    start, more, said = ENDLESS[what]
    data = gzip.compress(start + more * (40_000_000 // len(more)), 1)
    sizes = []

    def measure(*_):
        sizes.append(sum(p.stat().st_size for p in temporary.iterdir()))

    with pytest.raises(DataError, match=said) as caught:
        look(tmp_path, data, progress=measure)
    assert "\n" not in str(caught.value)
    assert max(sizes) < 18_000_000
    assert not list(temporary.iterdir())


def test_a_long_line_that_may_be_of_a_table_is_unpacked(tmp_path):
    rows = b",".join(b'{"a":%d}' % n for n in range(1_600_000))
    for data in (b"a,b\n1," + b"x" * 16_000_000, b"[%b]" % rows):
        assert look(tmp_path, gzip.compress(data, 1))[1] == data
    wide = "a,b\nred,二\n".encode("utf-16-le") * 9_000
    assert look(tmp_path, gzip.compress(wide, 1))[1] == wide


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "RESERVE", 1 << 62)
    with pytest.raises(TooBigError, match="has no room") as caught:
        look(tmp_path, gzip.compress(TEXT))
    assert "TMPDIR" in caught.value.fix


def test_an_error_while_reading_leaves_no_file(tmp_path):
    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(TEXT))

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), opened(path, "t", progress=stop):
        pass


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path, temporary):
    """A temporary file of a reader is as old as a reading, one of stdin a process."""
    files = {"imbtui-text-x": 2, "imbtui-text-y": 0, "imbtui-stdin-x": 8, "other": 99}
    for name, days in {**files, "imbtui-stdin-y": 2}.items():
        (temporary / name).touch()
        before = time.time() - days * 86_400
        os.utime(temporary / name, (before, before))
    look(tmp_path, gzip.compress(TEXT))
    spool(io.BytesIO(TEXT)).unlink()
    left = sorted(path.name for path in temporary.iterdir())
    assert left == ["imbtui-stdin-y", "imbtui-text-y", "other"]
    for name in left:
        (temporary / name).unlink()


def test_one_file_of_an_archive_is_chosen_by_name(tmp_path):
    data = zipped({"x.csv": b"no", "in/y.csv": TEXT, "__MACOSX/y.csv": b"junk"})
    with pytest.raises(DataError, match="2 files") as caught:
        look(tmp_path, data)
    assert "'in/y.csv'" in caught.value.message
    assert caught.value.fix == "choose one, such as 'x.csv'"
    assert caught.value.field == "data.read.member"
    for member in ("y.csv", "in/y.csv"):
        file, content = look(tmp_path, data, member=member)
        assert content == TEXT
        assert file.member == "in/y.csv"
    with pytest.raises(DataError, match=r"no file 'z\.csv'"):
        look(tmp_path, data, member="z.csv")


def test_a_path_in_an_archive_is_never_followed(tmp_path):
    aim = tmp_path / "aim.csv"
    file, content = look(tmp_path, zipped({f"../../..{aim}": TEXT, "a/": b""}))
    assert content == TEXT
    assert not aim.exists()
    assert file.path.parent == Path(tempfile.gettempdir())


def test_a_locked_archive_is_refused(tmp_path):
    data = bytearray(zipped({"x.csv": TEXT}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="locked by a password"):
        look(tmp_path, bytes(data))


def test_a_member_of_what_has_none_is_refused(tmp_path):
    with pytest.raises(DataError, match="no parts to choose 'x'"):
        look(tmp_path, TEXT, member="x")
    with pytest.raises(DataError, match="no file 'x'"):
        look(tmp_path, zipped({"a.csv": TEXT}), member="x")


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        about = tarfile.TarInfo("a.csv")
        about.size = len(TEXT)
        archive.addfile(about, io.BytesIO(TEXT))
    return buffer.getvalue()


def arrays(save):
    buffer = io.BytesIO()
    save(buffer, np.arange(3))
    return buffer.getvalue()


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a)")
    try:
        return connection.serialize()
    finally:
        connection.close()


OTHERS = {
    "a tar archive": tarred(),
    "packed twice": gzip.compress(gzip.compress(TEXT)),
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\x00\x04",
    "a RAR archive": b"Rar!\x1a\x07\x00",
    "an SQLite database": database(),
    "a Python pickle": pickle.dumps({"a": [1]}),
    "an HDF5 file": b"\x89HDF\r\n\x1a\n\x00",
    "a NumPy array": arrays(np.save),
    "NumPy arrays": arrays(np.savez),
    "a Stata file": b"<stata_dta><header>",
    "an SPSS file": b"$FL2@(#) SPSS DATA FILE",
    "a SAS file": bytes(12) + b"\xc2\xea\x81\x60" + bytes(20),
    "an R data file": b"RDX3\nX\n",
    "an Avro file": b"Obj\x01\x04\x14",
    "a PNG picture": b"\x89PNG\r\n\x1a\n",
    "a PDF document": b"%PDF-1.4\n",
    "a web page": b"\n <!DOCTYPE html>\n<html><body>",
    "an XML file": b'\xef\xbb\xbf<?xml version="1.0"?>',
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "a Word document": zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
    "an archive of no files": zipped({}),
    "is empty (0 bytes)": b"",
    "holds nothing, unpacked": gzip.compress(b""),
}


@for_each("what", OTHERS)
def test_what_is_no_table_is_named(tmp_path, what):
    for data in (OTHERS[what], gzip.compress(OTHERS[what])):
        with pytest.raises(DataError) as caught:
            look(tmp_path, data)
        if data is OTHERS[what]:
            assert what in caught.value.message
        assert caught.value.fix


@for_each(
    ("head", "name", "found"),
    [
        (b"PAR1\x15\x04\x15", "t.csv", "parquet"),
        (b"PAR1,PAR2\n1,2\n", "t.csv", "text"),
        (b"BZh,y\n1,2\n", "t.csv", "text"),
        (b"ORCID,y\n1,2\n", "t.csv", "text"),
        (b"ARROW1\x00\x00\xff\xff\xff\xff", "t.bin", "feather"),
        (b"\xff\xff\xff\xff\x78\x00\x00\x00", "t", "feather"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "t.xls", "excel"),
        (b"a\tb\n1\t2\n", "t.xls", "text"),
        (b' [ {"a": 1}]', "t.csv", "jsonl"),
        (b'\xef\xbb\xbf{"a": 1}', "t.csv", "jsonl"),
        (b"[1, 2]", "t.json", "jsonl"),
        (b"[x];y\n1;2", "t.csv", "text"),
        (b"% made by\n\n@RELATION r\n", "t.txt", "arff"),
        ("@relation r\n".encode("utf-16"), "t", "arff"),
        (b"nothing known", "t.arff.gz", "arff"),
        (b"\x00\x01\x02", "t.parquet", "parquet"),
        ("a,b\n".encode("utf-16"), "t.csv", "text"),
    ],
)
def test_the_content_tells_the_kind_before_the_name_does(head, name, found):
    assert compression(head) is None
    assert kind(head, name) == found


def test_standard_input_is_copied_for_its_owner_alone(tmp_path):
    told = []
    path = spool(io.BytesIO(TEXT), progress=lambda *step: told.append(step))
    assert path.read_bytes() == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert told[-1] == ("reading standard input", len(TEXT), None)
    path.unlink()
    here = spool(io.BytesIO(TEXT), folder=tmp_path)
    assert here.parent == tmp_path


class Endless(io.RawIOBase):
    """A stream without an end."""

    def __init__(self, line):
        self.line, self.given = line, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = (self.line * (len(buffer) // len(self.line) + 1))[: len(buffer)]
        self.given += len(buffer)
        assert self.given < 50_000_000, "it is read for ever"
        return len(buffer)


@for_each(
    ("stream", "error", "said"),
    [
        (io.BytesIO(b""), DataError, "standard input is empty"),
        (Endless(b"\x00"), DataError, "a NUL byte"),
        (Endless(b","), DataError, NO_LINE),
        (Endless(b"y\n"), TooBigError, "more than 30.0 MB"),
    ],
)
def test_a_stream_that_is_no_table_is_refused_and_leaves_nothing(stream, error, said):
    with pytest.raises(error, match=said):
        spool(stream, 30_000_000)


def test_a_part_is_known_by_its_name(tmp_path: Path) -> None:
    packed = tmp_path / "t.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/", "")
        archive.writestr("in/a.csv", "x,y\n1,2\n")
        archive.writestr("b.csv", "x,y\n1,2\n")
    assert [holds(packed, m) for m in ("in/a.csv", "a.csv", "b.csv")] == [True] * 3
    assert not holds(packed, "c.csv")
    assert not holds(packed, "in")
    book = openpyxl.Workbook()
    book.create_sheet("March").append(["x", "y"])
    book.save(tmp_path / "t.xlsx")
    assert holds(tmp_path / "t.xlsx", "March")
    assert not holds(tmp_path / "t.xlsx", "xl/workbook.xml")
    plain = tmp_path / "t.csv"
    plain.write_text("x,y\n1,2\n")
    (tmp_path / "bad.zip").write_bytes(packed.read_bytes()[:60])
    for path in (plain, tmp_path / "bad.zip", tmp_path / "untreated"):
        assert not holds(path, "a.csv")
