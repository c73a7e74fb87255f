"""Properties of the reader of delimited text, and what a user can tell it."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.core.errors import CancelledError, DataError, SpecError, TooBigError
from engine.core.experiment import DataSpec, ReadSpec
from engine.data import load as loading
from engine.data.load import load, load_data
from tests.support.each import for_each

WORDS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs", "S"]), max_size=12
)
ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The file of an example is written over that of the last one."""


def write(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(tmp_path, content, **read):
    with pytest.raises((DataError, SpecError)) as caught:
        load(write(tmp_path, content), ReadSpec(**read))
    return str(caught.value)


@ONE_FOLDER
@given(
    st.lists(st.tuples(WORDS, WORDS), min_size=5, max_size=30),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_texts_come_back_as_they_went(tmp_path, rows, delimiter, end):
    from engine.data.readers.values import TEXT_MISSING, looks

    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL
    )
    writer.writerows([("one", "two", "n"), *((a, b, "1.5") for a, b in rows)])
    assume(all(any(looks(r[i]) == "word" for r in rows) for i in (0, 1)))
    read = ReadSpec(delimiter=delimiter, quote='"', header=1)
    frame = load(write(tmp_path, out.getvalue()), read).frame
    assert frame.shape == (len(rows), 3)
    for place, name in enumerate(("one", "two")):
        expected = [
            None if r[place].strip() in TEXT_MISSING else r[place].strip() for r in rows
        ]
        assert [None if pd.isna(v) else v for v in frame[name]] == expected


@ONE_FOLDER
@given(
    st.lists(
        st.one_of(
            st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)
        ),
        min_size=3,
        max_size=40,
    )
)
def test_any_numbers_come_back_with_their_gaps(tmp_path, values):
    assume(any(v is not None for v in values))
    frame = pd.DataFrame({"x": values, "y": [i % 2 for i in range(len(values))]})
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    found = load(path).frame["x"].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.array(values, dtype=float), rtol=1e-14)


@ONE_FOLDER
@given(
    st.integers(0, 25_000),
    st.sampled_from(["2.5", "oops", "00501", "", "9007199254740993", "?"]),
)
def test_one_odd_cell_anywhere_tells(tmp_path, place, odd):
    cells = [str(10_000 + i) for i in range(25_001)]
    cells[place] = odd
    text = "a,y\n" + "\n".join(f"{c},{i % 2}" for i, c in enumerate(cells)) + "\n"
    table = load(write(tmp_path, text))
    assert len(table.frame) == 25_001
    value = table.frame["a"].iloc[place]
    if odd in ("", "?"):
        assert np.isnan(value)
    elif odd == "2.5":
        assert value == 2.5
    else:
        assert value == odd
        assert table.frame["a"].iloc[place - 1] == cells[place - 1]


def test_the_encoding_can_be_told(tmp_path):
    path = write(tmp_path, "stadt,y\n" + "Łódź,1\nKraków,0\n" * 5, "t.csv")
    path.write_bytes(path.read_text("utf-8").encode("cp1250"))
    frame = load(path, ReadSpec(encoding="cp1250")).frame
    assert frame["stadt"].tolist()[:2] == ["Łódź", "Kraków"]
    with pytest.raises(SpecError, match="no text encoding 'nonsense'"):
        load(path, ReadSpec(encoding="nonsense"))
    assert "line 3" in refused(tmp_path, "a,y\n1,2\né,2\n", encoding="ascii")


def test_what_a_person_says_goes_before_what_is_guessed(tmp_path):
    text = "made today\na;b\n1,5;x\n2,5;y\n"
    read = ReadSpec(delimiter=";", header=1, skip=1, decimal=",", quote="none")
    table = load(write(tmp_path, text), read)
    assert table.frame["a"].tolist() == [1.5, 2.5]
    assert (table.reader.skipped, table.reader.quoting) == (1, "none")
    whole = load(
        write(tmp_path, text), ReadSpec(delimiter=",", header=0, skip=0, ragged="fill")
    )
    assert whole.frame.shape == (4, 2)


def test_further_words_can_mean_missing(tmp_path):
    text = "a,w,y\n1,x,0\n999,-9,1\nbad,z,0\n3,z,1\n"
    table = load(write(tmp_path, text), ReadSpec(missing=("bad", "-9")))
    assert table.frame["a"].isna().tolist() == [False, False, True, False]
    assert table.frame["w"].isna().tolist() == [False, True, False, False]
    assert any("'bad'" in note for note in table.notes)


def test_a_number_can_mean_missing(tmp_path):
    text = "v,w,c,y\n1,-9.5,x,0\n-9,2,-9,1\n3,2.5,z,0\n-9,-9,q,1\n"
    table = load(write(tmp_path, text), ReadSpec(missing=("-9",)))
    assert table.frame["v"].isna().tolist() == [False, True, False, True]
    assert table.frame["w"].isna().tolist() == [False, False, False, True]
    assert table.frame["c"].isna().tolist() == [False, True, False, False]
    assert any("v" in n and "2 cells '-9' read as missing" in n for n in table.notes)


@for_each(
    ("read", "said"),
    [
        ({"header": 5}, "a header of 5 lines where there are 3"),
        ({"skip": 50}, "no line is left after the 50 to skip"),
        ({"delimiter": '"'}, "cannot separate"),
        ({"delimiter": "\x00"}, "cannot separate"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, read, said):
    assert said in refused(tmp_path, "a,b\n1,2\n3,4\n", **read)


def test_one_column_of_files_put_together(tmp_path):
    rows = "".join(f"{i},{i % 2}\n" for i in range(20))
    path = write(tmp_path, f"a,y\n{rows}a,y\n{rows}")
    frame = load(path, ReadSpec(columns=("y",))).frame
    assert frame.columns.tolist() == ["y"]
    assert set(frame["y"]) == {0, 1}
    assert load(path, ReadSpec(rows=20)).frame["y"].isin([0, 1]).all()


@for_each("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_beginning_of_wide_texts_can_be_looked_at(tmp_path, encoding):
    from engine.core.messages import Look
    from engine.service import preview_file

    text = "a,word,y\n" + "1,ĊĊ,0\n2,red,1\n" * 60_000
    path = write(tmp_path, text.encode(encoding))
    preview = preview_file(Look(id=1, source=str(path)))
    assert preview.columns == ("a", "word", "y")
    assert preview.rows[0] == ("1", "ĊĊ", "0")


@for_each(("ragged", "rows"), [("drop", 2), ("fill", 3)])
def test_ragged_lines_can_be_left_out_or_filled(tmp_path, ragged, rows):
    text = "a,b,y\n1,2,0\n3\n4,5,1\n"
    assert "line 3" in refused(tmp_path, text)
    table = load(write(tmp_path, text), ReadSpec(ragged=ragged))
    assert len(table.frame) == rows
    assert any("1 lines with other numbers of fields" in n for n in table.notes)


def test_a_text_of_which_every_line_is_left_out_has_no_rows(tmp_path):
    text = "This is a letter, of sorts.\nIt has lines; and commas.\n\nYours, truly\n"
    assert "no rows" in refused(tmp_path, text, ragged="drop")


def test_a_line_too_long_cannot_be_filled(tmp_path):
    assert "line 3" in refused(tmp_path, "a,b\n1,2\n1,2,3\n", ragged="fill")


def test_rows_without_a_value_are_counted(tmp_path):
    text = "a,b,y\n1,x,0\n,,\n2, ,1\n , ,\n,,1\n"
    table = load(write(tmp_path, text))
    assert table.frame["y"].count() == 3
    assert "2 rows have no value in any column" in table.notes
    assert not load(write(tmp_path, "a,b\n1,\n,2\n")).notes


def test_a_text_of_empty_rows_only_says_so(tmp_path):
    said = refused(tmp_path, ",,,\n" * 50)
    assert "only empty rows" in said
    assert "--skip" not in said


def test_a_table_of_one_column_says_so(tmp_path):
    said = "it has one column only"
    path = write(tmp_path, "a\n1\n2\n")
    assert any(said in note for note in load(path).notes)
    path = write(tmp_path, "a,b\n1,2\n2,3\n")
    assert not any(said in note for note in load(path, ReadSpec(columns=("a",))).notes)


@for_each("cells", [("TRUE", "FALSE"), ("low", "mid"), None])
def test_names_that_are_numbers_above_words_are_a_header(tmp_path, cells):
    names = ["id", "100022", "100025", "7"]
    rows = [
        [f"id{i}"] + [cells[(i + j) % 2] if cells else f"w{i}{j}" for j in range(3)]
        for i in range(6)
    ]
    text = "\n".join(",".join(row) for row in [names, *rows]) + "\n"
    table = load(write(tmp_path, text))
    assert table.frame.columns.tolist() == names
    assert len(table.frame) == 6


@for_each(
    ("names", "row"),
    [
        ("label,0,1,2,3,4", "{j},{a},{b},{c},{a},{b}"),
        ("label,1,2,3", "{j},{a},{b},{c}"),
        ("0,1,2,3,target", "0.{a},0.{b},0.{c},0.{a},{j}"),
        ("0,1,target", "0.{a},0.{b},{j}"),
        ("0,1,2,target", "0.{a},0.{b},0.{c},k{j}"),
        (",0,1,2,target", "{i},0.{a},0.{b},0.{c},{j}"),
        (",0,1,2", "{i},{a},{b},{c}"),
    ],
)
def test_running_numbers_beside_a_word_are_a_header(tmp_path, names, row):
    lines = [row.format(**given) for given in NUMBERS]
    table = load(write(tmp_path, "\n".join([names, *lines]) + "\n"))
    assert table.frame.shape == (len(lines), names.count(",") + 1)
    assert table.frame.columns.tolist()[1:] == names.split(",")[1:]
    assert any("was taken for the header" in note for note in table.notes)


@for_each(
    ("first", "row"),
    [
        ("0,1,2,3,k1", "{a},{b},{c},{a},k{j}"),
        ("k1,0,1,2", "k{j},{a},{b},{c}"),
        ("0,1,2,k", "{a},{b},{c},k{i}"),
        ("1,2,3,k", "1,2,3,k{j}"),
        ("0,1,k", "{a},{b},k{j}"),
        (",0,1,2", "0.{i},{a},{b},{c}"),
    ],
)
def test_running_numbers_that_the_rows_below_contradict_stay(tmp_path, first, row):
    lines = [row.format(**given) for given in NUMBERS]
    table = load(write(tmp_path, "\n".join([first, *lines]) + "\n"))
    assert len(table.frame) == len(lines) + 1


NUMBERS = [
    {"i": 10 + i, "j": i % 2, "a": i * 7 % 20, "b": i * 3 % 20, "c": i * i % 50}
    for i in range(20)
]


@for_each("odd", ["9", "0.5", "word"])
def test_numbers_without_a_header_stay_rows(tmp_path, odd):
    rows = [[str(i * 3.5), str(i * i), odd, "abc"[i % 3]] for i in range(6)]
    table = load(write(tmp_path, "\n".join(map(",".join, rows)) + "\n"))
    assert table.frame.shape == (6, 4)


ROWS = [f"r{i},{i}.5,{i * i}" for i in range(6)]
GROUP = [f"{i},y,z" for i in range(5, 11)]


@for_each(
    ("between", "second", "line", "skip"),
    [
        ([",,", "Deaths,,"], "region,2019,2020", 10, 10),
        ([",,", "Deaths,,"], "ward,men,women", 10, 10),
        (["", "Deaths"], "ward,men,women", 10, 10),
        (["Deaths,,"], "ward,men,women", 9, 9),
        ([""], "ward,men,women", 10, 9),
    ],
)
def test_a_second_table_is_refused_with_its_line(tmp_path, between, second, line, skip):
    lines = ["Admissions,,", "region,2019,2020", *ROWS, *between, second, *ROWS]
    text = "\n".join(lines) + "\n"
    said = refused(tmp_path, text)
    assert f"line {line}: a second table begins here" in said
    assert f"skip {skip} lines to read" in said
    table = load(write(tmp_path, text), ReadSpec(skip=skip))
    assert table.frame.shape == (6, 3)
    assert list(table.frame.columns) == second.split(",")
    whole = ReadSpec(header=1, ragged="drop")
    assert len(load(write(tmp_path, text), whole).frame) > 12


@for_each(
    ("lines", "shape"),
    [
        (["a,b,c", *ROWS, "", "a,b,c", *ROWS], (12, 3)),  # files put together
        (["a,b,c", *ROWS, "", *ROWS], (12, 3)),
        (["n,b,c", "1,u,v", "2,u,v", "3,u,v", "", "4,w,x", *GROUP], (10, 3)),
        (["a,b,c", *ROWS, "x,,", "y,n/k,3", *ROWS], (14, 3)),
        (["Report,,", "", ",in thousands,", "", "of 2021,,", "a,b,c", *ROWS], (6, 3)),
        (["a,b", "x,1", "", "y,n/k", "z,2", "", "u,n/k", "v,3"], (5, 2)),
    ],
)
def test_gaps_and_sparse_rows_make_no_second_table(tmp_path, lines, shape):
    assert load(write(tmp_path, "\n".join(lines) + "\n")).frame.shape == shape


def test_words_that_are_no_dates_cost_no_try(tmp_path, monkeypatch):
    tries = []
    monkeypatch.setattr(pd, "to_datetime", lambda *a, **k: tries.append(a))
    rows = [",".join(f"row {i} col {j}" for j in range(9)) for i in range(9)]
    path = write(tmp_path, ",".join("abcdefghi") + "\n" + "\n".join(rows) + "\n")
    assert load(path).frame.shape == (9, 9)
    assert not tries


def test_some_columns_can_be_read(tmp_path):
    text = "a,b,y\n1,2,0\n3,4,1\n"
    table = load(write(tmp_path, text), ReadSpec(columns=("y", "a")))
    assert table.frame.columns.tolist() == ["a", "y"]
    assert "Did you mean 'b'" in refused(tmp_path, text, columns=("bb",))


@for_each(
    ("given", "mark"), [("tab", "\t"), ("\\t", "\t"), ("semicolon", ";"), ("§", "§")]
)
def test_a_delimiter_can_be_named_or_be_any_character(tmp_path, given, mark):
    text = "a,b,y\n1,x,0\n2,y z,1\n".replace(",", mark)
    table = load(write(tmp_path, text), ReadSpec(delimiter=given))
    assert table.frame["b"].tolist() == ["x", "y z"]


def test_a_line_of_very_many_fields_is_no_row(tmp_path):
    assert "a line of 300,001 fields" in refused(tmp_path, "1," * 300_000 + "1\n" * 9)


def test_a_quote_is_one_character(tmp_path):
    assert "quote" in refused(tmp_path, "a,b\n1,2\n", quote="ab")


@for_each("quote", ['"', ""])
def test_an_escape_character_takes_the_meaning_of_what_follows(tmp_path, quote):
    cells = [f'{quote}x\\, y{i}\\\\ \\"z\\\n.{quote}' for i in range(5)]
    text = "a,b,y\n" + "".join(f"{i},{c},{i % 2}\n" for i, c in enumerate(cells))
    path = write(tmp_path, text)
    table = load(path, ReadSpec(escape="\\"))
    assert table.frame["b"].tolist() == [f'x, y{i}\\ "z\n.' for i in range(5)]
    assert table.reader.escape == "\\"
    read = pd.read_csv(path, escapechar="\\")
    assert table.frame["b"].tolist() == read["b"].tolist()


def test_a_line_with_escaped_delimiters_names_the_option(tmp_path):
    text = "a,b,y\n" + "1,x,0\n2,z,1\n" * 9 + "3,y\\, z,1\n"
    assert "line 20: 4 fields" in refused(tmp_path, text)
    assert "escape 'backslash'" in refused(tmp_path, text)
    table = load(write(tmp_path, text), ReadSpec(escape="\\"))
    assert table.frame["b"].iloc[-1] == "y, z"
    assert "cannot escape" in refused(tmp_path, text, escape="\\", delimiter="::")


def test_a_mark_of_several_characters_separates(tmp_path):
    table = load(
        write(tmp_path, "a::b::y\n1::x::0\n2::y z::1\n"), ReadSpec(delimiter="::")
    )
    assert table.frame["b"].tolist() == ["x", "y z"]


def test_a_sample_keeps_the_shares_of_the_classes(tmp_path):
    rows = [f"{i},{i % 50 == 0:d}" for i in range(5000)]
    path = write(tmp_path, "a,y\n" + "\n".join(rows) + "\n")
    table = load(path, ReadSpec(rows=500), target="y")
    assert (table.sampled.rows, table.sampled.of) == (500, 5000)
    assert table.frame["y"].sum() == 10
    assert table.frame["a"].is_monotonic_increasing
    pd.testing.assert_frame_equal(table.frame, load(path, ReadSpec(rows=500)).frame)
    assert load(path, ReadSpec(rows=9000)).sampled is None


def test_a_table_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = write(tmp_path, "a,y\n" + "1.5,0\n" * 50_000)
    monkeypatch.setattr(loading, "room", lambda: 200_000)
    with pytest.raises(TooBigError) as caught:
        load(path)
    assert 0 < caught.value.sample_rows < 50_000
    assert f"a sample of {caught.value.sample_rows} of" in caught.value.fix
    table = load(path, ReadSpec(rows=caught.value.sample_rows))
    assert len(table.frame) == caught.value.sample_rows


def test_test_rows_come_below_and_are_matched_by_name(tmp_path):
    one = write(tmp_path, "a,w,y\n1,x,0\n2,y,1\n", "train.csv")
    two = write(tmp_path, "y,w,more,a\n1,z,9,oops\n", "test.csv")
    table = load_data(DataSpec(source=str(one), test_source=str(two)))
    assert table.test_rows == 1
    assert table.frame["a"].tolist() == ["1", "2", "oops"]
    assert table.frame["w"].tolist() == ["x", "y", "z"]
    assert any("more left out" in note for note in table.notes)
    with pytest.raises(DataError, match="has no column 'w'"):
        load_data(
            DataSpec(
                source=str(one),
                test_source=str(write(tmp_path, "a,y\n1,0\n", "t2.csv")),
            )
        )


def test_reading_tells_how_far_it_is(tmp_path):
    path = write(tmp_path, "a,y\n" + "1.5,0\n" * 200_000)
    told = []
    load(path, progress=lambda *step: told.append(step))
    reading = [(done, total) for stage, done, total in told if stage == "reading text"]
    assert len(reading) > 3
    assert reading == sorted(reading)
    assert reading[-1][0] == reading[-1][1] == pytest.approx(200_000, rel=1e-3)
    assert told[-1][0] == "cleaning"


def test_a_foreign_byte_far_down_a_large_file_is_seen(tmp_path):
    path = write(
        tmp_path, b"w,y\n" + b"plain,0\n" * 50_000 + "Köln,1\n".encode("cp1252")
    )
    table = load(path)
    assert table.frame["w"].iloc[-1] == "Köln"
    assert any("not UTF-8" in note for note in table.notes)


def test_a_reader_that_is_stopped_stops_and_leaves_no_file_open(tmp_path):
    path = write(tmp_path, "a,y\n" + "1.5,0\n" * 600_000)

    def stop(stage, done, total):
        if stage == "reading text" and done > 10:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        load(path, progress=stop)
