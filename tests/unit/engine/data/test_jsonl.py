"""JSON and JSON Lines: read to the digit, and an error has its line."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import DataError, SpecError, TooBigError
from engine.core.experiment import ReadSpec
from engine.data.load import load
from engine.data.readers import jsonl
from engine.data.readers.raw import SourceFile
from tests.support.each import for_each
from tests.support.table_files import BIG, rows, write

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The file of an example is written over that of the last one."""


def read_json(tmp_path, content, **given):
    path = write(tmp_path / "t.jsonl", content)
    return jsonl.read(SourceFile(path, "t.jsonl", ReadSpec(**given)))


@for_each(
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


@for_each(
    ("content", "said"),
    [
        ('{"a":1}\n{"a":1,"a":2}', "line 2: the key 'a' stands twice"),
        ('{"a":1}\n{"a":2,"b":[1]}', "line 2: column 'b' holds a list"),
        ('{"a":{"x":1}}', "line 1: column 'a' holds an object"),
        ('[\n{"a":1},\n{"a":[]}]', "line 3: column 'a' holds a list"),
        ('{"a":1}\n{"a":', "line 2"),
        ('{"a":1}{"a":2}', "line 1: something follows the object"),
        ('{"a":1}\n"x"', "line 2: there is no JSON object"),
        ("[[1, 2]]", "line 1: there is no JSON object"),
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
    assert rows(read_json(tmp_path, content, columns=("a",)).frame) == [[1], [2]]


def test_names_written_as_keys_do_not_fill_the_memory(tmp_path):
    content = "".join(f'{{"k{i}":1}}\n' for i in range(20_000))
    with pytest.raises(TooBigError, match=r"objects have [\d,]+ different keys"):
        read_json(tmp_path, content)


def test_an_encoding_is_taken_or_refused(tmp_path):
    content = '{"a":"é"}'.encode("cp1252")
    assert rows(read_json(tmp_path, content, encoding="cp1252").frame) == [["é"]]
    path = write(tmp_path / "t.jsonl", content)
    with pytest.raises(SpecError, match="no text encoding 'klingon'"):
        load(path, ReadSpec(encoding="klingon"))


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


@ONE_FOLDER
@given(st.lists(st.dictionaries(COLUMN, CELL), min_size=1, max_size=6))
def test_the_fast_reader_reads_what_the_exact_one_reads(tmp_path, objects):
    path = write(tmp_path / "t", "\n".join(map(json.dumps, objects)))
    frame, _ = jsonl._exact(path.read_text("utf-8"), "t", ())
    found = jsonl.read(SourceFile(path, "t", ReadSpec())).frame
    assert found.columns.tolist() == frame.columns.tolist()
    assert repr(rows(found)) == repr(rows(frame))


@for_each("as_list", [False, True])
@for_each(
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
