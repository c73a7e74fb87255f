"""The first line of a file: a misspelt target is refused before anything is read."""

from __future__ import annotations

import gzip

import pytest

from engine.core.errors import ChoiceError
from engine.core.experiment import DataSpec, ReadSpec
from engine.io.header import check_target, column_names
from tests.support.each import for_each

TEXT = "id;Chol;stroke\n1;5.0;no\n2;6.1;yes\n"


def write(folder, text, name="a.csv"):
    path = folder / name
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(path)


@for_each("name", ["a.csv", "a.tsv", "a.csv.gz"])
def test_a_misspelt_target_is_refused_with_what_may_be_meant(name, tmp_path):
    source = write(tmp_path, TEXT, name)
    with pytest.raises(ChoiceError, match="Did you mean 'stroke'") as found:
        check_target(DataSpec(source=source, target="stroek"))
    assert found.value.field == "data.target"
    check_target(DataSpec(source=source, target="stroke"))
    check_target(DataSpec(source=source))


def test_a_sample_is_looked_at_too():
    with pytest.raises(ChoiceError, match="'stroke'"):
        check_target(DataSpec(source="sample:stroke", target="strok3"))


@for_each(
    "text",
    [
        "1,2,3\n4,5,6\n",  # no header
        "a,a,b\n1,2,3\n",  # names that are made unique
        "a,,b\n1,2,3\n",
        '"a\nb",c\n1,2\n',  # a name of two lines
        "name\nx\ny\n",  # one column, or a delimiter that is not known
        "a,b",  # no whole line
        "made by zed\na,b,c\n1,2,3\n",  # zed is in the text: it may be a name
        b"\xff\xfea\x00,\x00b\x00\n\x00",  # another encoding
        b"na\xefve,b\n1,2\n",
    ],
)
def test_what_is_not_certain_is_left_to_the_reader(text, tmp_path):
    check_target(DataSpec(source=write(tmp_path, text), target="zed"))


def test_a_file_read_in_a_certain_way_is_left_to_the_reader(tmp_path):
    data = DataSpec(source=write(tmp_path, TEXT), target="z", read=ReadSpec(header=0))
    check_target(data)
    check_target(DataSpec(source=str(tmp_path / "none.csv"), target="z"))
    check_target(DataSpec(source=write(tmp_path, TEXT, "a.parquet"), target="z"))


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    source = write(tmp_path, "\ufeffy,x\n1,2\n")
    check_target(DataSpec(source=source, target="y"))
    assert column_names("y,x\r\n") == ("y", "x")
