"""Small files that unpack to far too much: refused before memory or disk is full."""

from __future__ import annotations

import bz2
import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tests.support.reader import read

pytestmark = pytest.mark.slow

FREE = 60_000_000
"""Bytes of memory that a reader of the small bombs finds free."""
MOST = 1_500_000_000
"""Bytes that a process with its children may take for any bomb."""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder for bombs and one for temporary files."""
    found = tmp_path / "bombs", tmp_path / "temporary"
    for folder in found:
        folder.mkdir()
    return found


def refused(folders, many, tell, words: dict[str, str]) -> None:
    """Have all bombs read, and look at what it took."""
    bombs, temporary = folders
    free = many(FREE, 100 * FREE)
    paths = sorted(bombs.iterdir())
    assert {path.name for path in paths} == set(words)
    for path, found in zip(paths, read(temporary, paths, free), strict=True):
        size = path.stat().st_size
        tell(
            f"{path.name} of {size:,} bytes: {found.temporary / 1e6:,.0f} MB on disk, "
            f"{found.peak / 1e6:,.0f} MB of memory"
        )
        assert found.error in ("data", "too-big"), found
        assert words[path.name] in found.said
        assert path.name in found.said
        assert found.temporary <= free // 2 + 2**20
        assert found.peak < many(MOST // 2, MOST), found
    assert not list(temporary.iterdir())


def test_words_that_stand_once_for_all_rows(folders, many, tell):
    bombs, _ = folders

    def table(rows: int, word: str) -> pa.Table:
        words = pa.DictionaryArray.from_arrays(np.zeros(rows, "int32"), [word])
        return pa.table({"s": words, "y": np.arange(rows, dtype="int8") % 2})

    long = table(many(300_000, 50_000_000), "x" * 1000)
    pq.write_table(long, bombs / "dictionary.parquet", compression="zstd")
    pq.write_table(long, bombs / "text.parquet", compression="zstd", store_schema=False)
    feather.write_feather(long, bombs / "dictionary.feather", compression="zstd")
    mega = table(many(500, 200_000), "x" * 1_000_000)
    pq.write_table(mega, bombs / "mega.parquet", compression="zstd", store_schema=False)
    names = ["dictionary.parquet", "text.parquet", "dictionary.feather", "mega.parquet"]
    refused(folders, many, tell, dict.fromkeys(names, "rows of 2 columns, which take"))


NO_LINE = "without a line of a table"
ENDLESS: dict[str, tuple[bytes, bytes, str]] = {
    "zeros.csv.bz2": (b"", b"\x00", "a NUL byte in line 1"),
    "zeros.csv.gz": (b"", b"\x00", "a NUL byte in line 1"),
    "line.csv.gz": (b"a,b\n1,", b"2", NO_LINE),
    "fields.csv.gz": (b"a,b\n", b"1,", NO_LINE),
    "newlines.csv.gz": (b"", b"\n", NO_LINE),
    "more newlines.csv.gz": (b"a,y\n1,2\n" * 99, b"\n", NO_LINE),
    "commas.csv.gz": (b"", b",", NO_LINE),
    "lines of commas.csv.gz": (b"", b",,,,\n", NO_LINE),
    "rows.csv.gz": (b"a,y\n", b"1,0\n2,1\n", "the most taken here"),
    "objects.jsonl.gz": (b"", b'{"a": 1, "y": 0}\n', "the most taken here"),
    "parquet.parquet.gz": (b"PAR1", b"\x00", "the most taken here"),
}


def test_streams_without_an_end(folders, many, tell):
    bombs, _ = folders
    for name, (start, more, _) in ENDLESS.items():
        opener: Any = bz2.open if name.endswith("bz2") else gzip.open
        block = more * (2**20 // len(more))
        with opener(bombs / name, "wb", compresslevel=1) as file:
            file.write(start)
            for _ in range(many(36, 5000)):
                file.write(block)
    refused(folders, many, tell, {name: said for name, (*_, said) in ENDLESS.items()})


SHARED = (
    '<Relationship Id="rIdText" Target="sharedStrings.xml" Type="http://schemas.'
    'openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
)
LAST = '<c r="XFD1048576"><v>1</v></c>'
CELLS = {
    "told": f'<row r="1048576">{LAST}</row>',
    "no row": f"<row>{LAST}</row>",
    "another row": f'<row r="51">{LAST}</row>',
    "small letters": '<row r="60000"><c r="xfd60000"><v>1</v></c></row>',
    "huge row": '<row r="99"><c r="A99999999999"><v>1</v></c></row>',
    "near": '<row r="9000"><c r="XFD9000"><v>1</v></c></row>',
}


def test_workbooks_that_take_more_than_their_file(folders, many, tell):
    bombs, _ = folders
    book = openpyxl.Workbook()
    book.active.append(["a", "y"])
    book.active.append([1, 0])
    book.save(bombs / "plain.xlsx")

    def made(name: str, more: str, file: str = "sheet1.xml") -> None:
        with (
            zipfile.ZipFile(bombs / "plain.xlsx") as old,
            zipfile.ZipFile(bombs / name, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for member in old.namelist():
                data = old.read(member)
                if member.endswith("sheet1.xml"):
                    member = member.replace("sheet1.xml", file)
                    end = b"</sheetData>"
                    data = data.replace(end, more.encode() + end)
                elif member.endswith("workbook.xml.rels"):
                    end = b"</Relationships>"
                    data = data.replace(end, SHARED.encode() + end)
                new.writestr(member, data)
            text = "x" * 32_000
            new.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>")

    for name, cells in CELLS.items():
        made(f"{name}.xlsx", cells)
    made("another case.xlsx", CELLS["told"], "Sheet1.XML")
    # Many cells share one long text.
    rows = range(3, many(30_000, 600_000))
    made(
        "text.xlsx", "".join(f'<row><c r="B{i}" t="s"><v>0</v></c></row>' for i in rows)
    )
    (bombs / "plain.xlsx").unlink()
    names = [path.name for path in bombs.iterdir()]
    refused(folders, many, tell, dict.fromkeys(names, "cannot be opened in"))
