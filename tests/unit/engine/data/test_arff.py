"""ARFF of Weka and of KEEL, dense and sparse: the header is law."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import DataError, TooBigError
from engine.core.experiment import ReadSpec
from engine.data.load import load
from engine.data.readers import arff
from engine.data.readers.raw import SourceFile
from tests.support.each import for_each
from tests.support.table_files import BIG, rows, write

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The file of an example is written over that of the last one."""

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
1,2.5,9007199254740993,"it's",'?',"2001-04-03 12:12",?
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
{2 'p, q', 0 ?}
"""


def read_arff(tmp_path, content, **given):
    path = write(tmp_path / "t.arff", content)
    return arff.read(SourceFile(path, "t.arff", ReadSpec(), **given))


@for_each("ending", ["\n", "\r\n", "\r"])
@for_each("encoding", ["utf-8", "utf-8-sig", "utf-16"])
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


def test_keel_names_its_target(tmp_path):
    path = write(tmp_path / "ecoli.dat", KEEL)
    table = load(path)
    assert table.target == "Class"
    assert rows(table.frame) == [[0.49, 29, "positive"], [0.07, None, "negative"]]
    assert table.reader.format == "arff"


def test_what_a_sparse_row_leaves_out_is_zero_or_the_first_value(tmp_path):
    frame = read_arff(tmp_path, SPARSE).frame
    assert rows(frame) == [[5, "y", None], [0, "x", None], [None, "x", "p, q"]]


@for_each(
    ("content", "said"),
    [
        (KEEL.replace("0.07", "0.07x"), "line 9: 'Mcg' is '0.07x', not a number"),
        (KEEL.replace("0.07", "1_000"), "line 9: 'Mcg' is '1_000', not a number"),
        (KEEL.replace("negative\n", "neg\n"), "line 9: 'Class' is 'neg', not one of"),
        (KEEL.replace(", negative\n", "\n"), "line 9: 2 values where the header has 3"),
        (KEEL.replace("@data", "@dta"), "line 7: '@dta' is no part"),
        (KEEL.split("@data")[0], "line 7: it ends without an @data line"),
        (KEEL.replace(" real", " complex"), "line 2: the type of 'Mcg' is 'complex'"),
        (KEEL.replace("negative}", "negative"), "line 4: the values of 'Class'"),
        (KEEL.replace("Gvh integer", "Gvh relational"), "line 3: the type of 'Gvh'"),
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
    assert "it is not UTF-8: read as cp1252" in raw.reader.notes[0]
    assert "empty values read as missing" in raw.reader.notes


@for_each("form", ["ww YYYY", "MM yyyy MM"])
def test_dates_that_nobody_can_read_are_refused(tmp_path, form):
    text = f"@relation r\n@attribute d date '{form}'\n@data\n'01 2020'\n"
    with pytest.raises(DataError, match=f"'d' is '01 2020', not a date like {form}"):
        read_arff(tmp_path, text)


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
    raw = read_arff(tmp_path, head + "{1 c}\n" * count, limit=100_000_000)
    assert raw.frame.memory_usage(deep=False).sum() < 20 * count
    assert rows(raw.frame.drop_duplicates()) == [[long, "c"]]


def test_words_count_as_they_come(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.data.readers.arff.CHUNK_CELLS", 100)
    cells = [f"t{i}" for i in range(1000)]
    text = "@relation r\n@attribute a string\n@data\n" + "\n".join(cells)
    with pytest.raises(TooBigError, match="1,000 rows of 1 column"):
        read_arff(tmp_path, text, limit=25_000)
    assert len(read_arff(tmp_path, text, limit=100_000).frame) == 1000


def test_columns_keep_one_type_over_many_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.data.readers.arff.CHUNK_CELLS", 4)
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


@ONE_FOLDER
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
