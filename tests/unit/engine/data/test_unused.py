"""Options that mean nothing for a format are refused; a member serves both files."""

import zipfile

import pandas as pd
import pytest

from engine.core.errors import DataError
from engine.core.experiment import DataSpec, ReadSpec
from engine.data.load import load, load_data
from tests.support.each import for_each

FRAME = pd.DataFrame({"a": [1.5, 2.5, 3.5], "y": [0, 1, 0]})


@for_each(
    ("option", "value"),
    [
        ("delimiter", ";"),
        ("header", 1),
        ("skip", 2),
        ("quote", "'"),
        ("escape", "\\"),
        ("ragged", "drop"),
    ],
)
@for_each("suffix", ["parquet", "feather", "jsonl"])
def test_an_option_without_a_meaning_is_refused(tmp_path, suffix, option, value):
    path = tmp_path / f"t.{suffix}"
    match suffix:
        case "parquet":
            FRAME.to_parquet(path)
        case "feather":
            FRAME.to_feather(path)
        case _:
            FRAME.to_json(path, orient="records", lines=True)
    with pytest.raises(DataError, match=f"no use for {option}") as refused:
        load(path, ReadSpec(**{option: value}))
    assert refused.value.field == f"data.read.{option}"
    assert load(path).frame.shape == (3, 2)


def test_a_member_is_taken_of_the_test_file_too(tmp_path):
    train, test = tmp_path / "train.csv", tmp_path / "test.zip"
    FRAME.to_csv(train, index=False)
    with zipfile.ZipFile(test, "w") as archive:
        archive.writestr("b.csv", "a,y\n9,1\n")
        archive.writestr("c.csv", "a,y\n7,0\n8,1\n")
    read = ReadSpec(member="c.csv")
    data = DataSpec(source=str(train), test_source=str(test), read=read)
    table = load_data(data)
    assert table.test_rows == 2
    assert table.frame["a"].tolist() == [1.5, 2.5, 3.5, 7, 8]
