"""Workbooks: cells as they are shown, or refused in one line."""

import datetime
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from unittest.mock import Mock

import openpyxl
import pandas as pd
import pytest

from engine.core.errors import DataError, TooBigError
from engine.core.experiment import ReadSpec
from engine.data.load import load
from engine.data.readers import excel
from engine.data.readers.raw import SourceFile
from tests.support.each import for_each
from tests.support.table_files import rows, write


def read_book(path, name, spec=None, **given):
    return excel.read(SourceFile(path, name, spec or ReadSpec(), **given))


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
    frame = read_book(*place).frame
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
    raw = read_book(path, name)
    assert raw.frame.columns.tolist() == ["id", "age", "y"]
    assert rows(raw.frame) == [[1, 50, "no"], [2, 60, "yes"]]
    assert raw.reader.skipped == 1
    assert "1 blank row left out" in raw.reader.notes


def test_a_table_may_stand_anywhere_in_its_sheet(tmp_path):
    place = workbook(
        tmp_path / "t.xlsx", S=[[], [None, None, "a", "b"], [None, None, 1, 2]]
    )
    frame = read_book(*place).frame
    assert frame.columns.tolist() == ["a", "b"]
    assert rows(frame) == [[1, 2]]


def test_the_first_sheet_with_cells_is_read_and_the_others_named(tmp_path):
    place = workbook(tmp_path / "t.xlsx", Empty=[], One=[["a"], [1]], Two=[["b"], [2]])
    raw = read_book(*place)
    assert (raw.reader.member, rows(raw.frame)) == ("One", [[1]])
    assert "'Two'" in raw.reader.notes[0]
    assert rows(read_book(*place, ReadSpec(member="Two")).frame) == [[2]]
    with pytest.raises(DataError, match="no sheet 'Twoo'") as caught:
        read_book(*place, ReadSpec(member="Twoo"))
    assert "'Two'" in caught.value.fix
    with pytest.raises(DataError, match="is empty"):
        read_book(*place, ReadSpec(member="Empty"))


def test_a_sheet_of_a_packed_workbook_is_chosen_too(tmp_path):
    path, _ = workbook(tmp_path / "t.xlsx", One=[["a"], [1]], Two=[["b"], [2]])
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.write(path, "in/t.xlsx")
    for member, cells in (("t.xlsx", [[1]]), ("Two", [[2]]), (None, [[1]])):
        table = load(tmp_path / "t.zip", ReadSpec(member=member))
        assert rows(table.frame) == cells
    with pytest.raises(DataError, match="no sheet 'Three'"):
        load(tmp_path / "t.zip", ReadSpec(member="Three"))


def test_errors_and_formulas_without_a_value_are_missing(tmp_path):
    path, _ = workbook(tmp_path / "t.xlsx", S=[["a", "b", "c"], [1, 2, 3], [4, 5, 6]])
    book = openpyxl.load_workbook(path)
    book["S"]["A2"].value, book["S"]["A2"].data_type = "#DIV/0!", "e"
    book["S"]["B2"] = "=A3*2"
    book["S"]["C2"].value, book["S"]["C2"].data_type = "#N/A", "s"
    book["S"]["C3"] = 7
    book["S"]["A4"] = 8
    book.save(path)
    table = load(path)
    assert rows(table.frame) == [[None] * 3, [4, 5, 7], [8, None, None]]
    assert any("'#N/A' read as missing" in note for note in table.notes)


def test_a_second_table_is_refused_with_its_row(tmp_path):
    block = [["a", "b"], *([i, i + 1.5] for i in range(4))]
    place = workbook(tmp_path / "t.xlsx", S=[*block, [], ["c", "d"], *block[1:]])
    with pytest.raises(DataError, match="row 7: a second table begins here"):
        read_book(*place)


def test_header_and_skip_are_obeyed(tmp_path):
    place = workbook(
        tmp_path / "t.xlsx", S=[["j", "y"], ["k", "z"], ["a", "b"], ["c", "d"]]
    )
    raw = read_book(*place, ReadSpec(skip=1, header=1))
    assert raw.frame.columns.tolist() == ["k", "z"]
    assert len(read_book(*place, ReadSpec(header=0)).frame) == 4


FAR = {
    "told": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "in a row without a number": '<row><c r="XFD1048576"><v>1</v></c></row>',
    "in another row": '<row r="51"><c r="XFD1048576"><v>1</v></c></row>',
    "in small letters": '<row r="60000"><c r="xfd60000"><v>1</v></c></row>',
    "beyond the last row": '<row r="99"><c r="A99999999999"><v>1</v></c></row>',
}


@for_each("where", FAR)
@for_each("file", ["sheet1.xml", "Sheet1.XML"])
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
        read_book(far, name)
    assert told.value.message.startswith("t.xlsx: ")
    assert "far from its table" in told.value.fix


def test_a_sheet_too_large_for_memory_is_refused(tmp_path):
    place = workbook(tmp_path / "t.xlsx", S=[["a"] * 3, *([[1, 2, 3]] * 300)])
    with pytest.raises(TooBigError, match="301 rows of 3 columns"):
        read_book(*place, limit=60_000)


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


@for_each(
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
    monkeypatch.setattr("engine.io.machine.limit_memory", lambda _: True)
    monkeypatch.setattr(sys, "argv", ["", str(path), name, "99999", "99999", ""])
    excel.main()
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
    monkeypatch.setattr("engine.io.machine.start", start)
    with pytest.raises(DataError) as told:
        read_book(*place, limit=99)
    assert said in str(told.value)
    assert "CSV" in told.value.fix


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    place = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError) as caught:
        read_book(*place)
    assert "pip install 'imbtui[excel]'" in caught.value.fix


def test_nothing_of_a_workbook_is_left_open(tmp_path):
    path, name = workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        read_book(path, name)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
