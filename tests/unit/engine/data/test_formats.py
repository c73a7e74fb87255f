"""One table in every format, and the options that a format has no use for."""

import pandas as pd
import pytest

from engine.core.errors import DataError
from engine.core.experiment import ReadSpec
from engine.data.load import load
from engine.data.readers import magic
from engine.data.readers.tables import refuse_unused
from tests.support.each import for_each
from tests.support.experiments import make_table
from tests.support.table_files import write


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


@for_each("name", WRITERS)
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


@for_each("name", sorted(set(WRITERS) - {"t.arff"}))  # any row may end that
def test_a_torn_file_is_one_line(tmp_path, name):
    WRITERS[name](make_table(200), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    for share in (0.1, 0.5, 0.9):
        write(tmp_path / name, whole[: int(len(whole) * share)].rstrip(b"\n"))
        with pytest.raises(DataError) as caught:
            load(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in caught.value.message


@for_each(
    ("given", "kind", "listed"),
    [
        ({"delimiter": ";"}, "parquet", "delimiter"),
        ({"delimiter": ";", "quote": "'"}, "jsonl", "delimiter, quote"),
        ({"header": 0, "skip": 3, "ragged": "drop"}, "arff", "header, skip, ragged"),
        ({"encoding": "cp1252"}, "feather", "encoding"),
        ({"encoding": "cp1252", "header": 1}, "excel", "encoding"),
        ({"header": 0}, "made", "header"),
    ],
)
def test_fields_that_mean_nothing_are_refused(given, kind, listed):
    with pytest.raises(DataError, match="Leave that out") as told:
        refuse_unused(ReadSpec(**given), kind, "t")
    assert told.value.message.endswith(f"no use for {listed}")
    fields = [f"data.read.{field}" for field in listed.split(", ")]
    assert told.value.field.split() == fields


@for_each("kind", magic.KINDS)
def test_options_that_every_format_minds_are_not(kind):
    spec = ReadSpec(format=kind, columns=("a",), rows=5, missing=("x",), decimal=",")
    refuse_unused(spec, kind, "t")
    everything = ReadSpec(delimiter=";", quote="'", header=1, skip=1, encoding="utf-8")
    refuse_unused(everything, "text", "t")
