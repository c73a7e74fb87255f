"""A folder or a pattern of Parquet or Feather files is one table."""

from contextlib import nullcontext
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import DataError, OutputError, TooBigError
from engine.core.experiment import DataSpec, ReadSpec
from engine.data.load import fingerprint, load, load_data
from engine.data.readers import columnar
from engine.data.readers.tables import draw_rows
from engine.data.verbatim import as_filed, as_written
from engine.io import source
from engine.io.balanced import check_paths
from tests.support.each import for_each
from tests.support.experiments import make_table

ROWS = 120
WRITERS = {"parquet": "to_parquet", "feather": "to_feather"}


def parts(folder, frame, counts=(30, 1, 0, 50), kind="parquet"):
    """Write a table in files whose numbers have no zeros in front."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = [0, *np.cumsum(counts), len(frame)]
    for number, (begin, end) in enumerate(pairwise(ends), 8):
        write = getattr(frame.iloc[begin:end].reset_index(drop=True), WRITERS[kind])
        write(folder / f"part-{number}.{kind}")
    return folder


def written(folder, **columns):
    """Write one file for each of several tables."""
    folder.mkdir()
    for place in range(len(next(iter(columns.values())))):
        cells = {name: each[place] for name, each in columns.items()}
        table = pa.table({n: c for n, c in cells.items() if c is not None})
        pq.write_table(table, folder / f"{place}.parquet")
    return folder


@pytest.fixture(scope="module")
def frame():
    return make_table(ROWS)


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    return parts(tmp_path_factory.mktemp("many") / "rows", frame)


@for_each("kind", ["parquet", "feather"])
def test_many_files_are_the_table_that_one_file_is(tmp_path, frame, kind):
    getattr(frame, WRITERS[kind])(tmp_path / f"one.{kind}")
    one = load(tmp_path / f"one.{kind}")
    for given_, name in (("many", "many"), (f"many/p*.{kind}", f"p*.{kind}")):
        many = load(parts(tmp_path / kind / "many", frame, kind=kind).parent / given_)
        assert many.name == name
        assert many.notes[0] == "5 files in the order of their names"
        assert fingerprint(many.frame) == fingerprint(one.frame)


@given(counts=st.lists(st.integers(0, ROWS // 4), max_size=4))
def test_where_files_end_changes_nothing(tmp_path_factory, frame, counts):
    folder = parts(tmp_path_factory.mktemp("split") / "rows", frame, counts)
    found = load(folder, ReadSpec(columns=tuple(frame.columns[:3]), rows=50))
    rows = draw_rows(frame.iloc[:, -1], 50)
    assert (found.sampled.rows, found.sampled.of) == (50, ROWS)
    for name in found.frame:
        expected = frame[name].iloc[rows].tolist()
        assert pd.Series(expected).equals(pd.Series(found.frame[name].tolist())), name


def test_hidden_files_and_other_ones_are_left_out(folder, frame):
    for name in ("_metadata.parquet", ".part-1.parquet", "_SUCCESS", "notes.txt"):
        (folder / name).write_bytes(b"no table")
    found = load(folder)
    assert len(found.frame) == ROWS
    assert found.notes[0].endswith("; 'notes.txt' left out")
    (folder / "notes.txt").unlink()


def test_whole_and_floating_numbers_widen_and_names_find_their_columns(tmp_path):
    folder = written(
        tmp_path / "d",
        a=[pa.array([1], pa.int8()), [2.5], [3]],
        word=[pa.nulls(1), ["x"], pa.array(["y"]).dictionary_encode()],
        at=[
            pa.array([5], pa.timestamp("s")),
            pa.array([7], pa.timestamp("us")),
            [None],
        ],
    )
    turned = pq.read_table(folder / "2.parquet").select(["at", "word", "a"])
    pq.write_table(turned, folder / "2.parquet")
    frame = load(folder).frame
    assert frame["a"].tolist() == [1.0, 2.5, 3.0]
    assert frame["word"].tolist() == [None, "x", "y"]
    assert frame["at"].iloc[0] == pd.Timestamp(5, unit="s")


@pytest.mark.parametrize(
    ("columns", "parts_of_the_message"),
    [
        (
            {"a": [[1], ["x"]], "b": [[1], [1]]},
            ("d: 1.parquet has 'a' of type string", "have int64", "one type"),
        ),
        ({"a": [[1], [1]], "b": [[1], None]}, ("1.parquet has no column 'b'", "same")),
        ({"a": [[1], [1]], "b": [None, [1]]}, ("0.parquet has no column 'b'", "same")),
        ({"a": [[1.5], [2**53 + 1]]}, ("1.parquet: column 'a' cannot be double",)),
    ],
)
def test_files_that_disagree_are_refused(tmp_path, columns, parts_of_the_message):
    folder = written(tmp_path / "d", **columns)
    with pytest.raises(DataError) as caught:
        load(folder)
    for part in parts_of_the_message:
        assert part in str(caught.value), part


def test_a_column_that_is_not_read_may_disagree(tmp_path):
    folder = written(tmp_path / "d", a=[[1], ["x"]], b=[[1], [2]])
    assert load(folder, ReadSpec(columns=("b",))).frame["b"].tolist() == [1, 2]


def test_what_is_no_table_of_many_files_is_refused(tmp_path, folder):
    mixed = parts(tmp_path / "mixed", make_table(9), ())
    make_table(9).to_feather(mixed / "part-9.feather")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.csv").write_text("a,b\n1,2\n")
    torn = parts(tmp_path / "torn", make_table(90))
    whole = (torn / "part-9.parquet").read_bytes()
    (torn / "part-9.parquet").write_bytes(whole[: len(whole) // 2])
    for given_, read, words in (
        (tmp_path, {}, ("is a directory without", ".parquet", "pattern")),
        (tmp_path / "no-*.parquet", {}, ("no file matches", "no-*.parquet")),
        (tmp_path / "texts" / "*.csv", {}, ("a.csv is neither", "one file")),
        (mixed, {}, ("part-8.parquet", "part-9.feather", "'*.parquet'")),
        (torn, {}, ("torn: part-9.parquet looks like Parquet", "whole")),
        (folder, {"format": "text"}, ("many files of parquet", "as text")),
        (folder, {"member": "a"}, ("no parts to choose 'a'",)),
        (folder, {"delimiter": ";"}, ("no use for delimiter",)),
    ):
        with pytest.raises(DataError) as caught:
            load(given_, ReadSpec(**read))
        for word in words:
            assert word in str(caught.value), (given_, word)


def test_memory_is_that_of_all_files(folder):
    with pytest.raises(TooBigError, match=f"{ROWS} rows"):
        columnar.read(folder, "rows", limit=1000)
    with columnar.opened(folder, "rows") as about:
        assert about.rows == ROWS
        assert all(batch.schema == about.schema for batch in about.batches())


def test_a_change_of_any_file_is_a_change(tmp_path, frame):
    folder = parts(tmp_path / "d", frame)
    pattern = str(folder / "part-*.parquet")
    seen = {(source.stamp(folder), source.stamp(pattern))}
    for change in (
        lambda: (folder / "part-9.parquet").touch(),
        lambda: (folder / "part-8.parquet").rename(folder / "part-7.parquet"),
        lambda: (folder / "part-10.parquet").unlink(),
    ):
        change()
        seen.add((source.stamp(folder), source.stamp(pattern)))
    assert len(seen) == 4
    (folder / "notes.txt").touch()
    assert (source.stamp(folder), source.stamp(pattern)) in seen


def test_no_table_of_many_files_is_written_over_or_into(folder):
    for given_, out, refused in (
        (folder, "part-8.parquet", True),
        (folder / "part-*.parquet", "part-8.parquet", True),
        (folder, "new.parquet", True),
        (folder, "new.csv", False),
    ):
        with pytest.raises(OutputError) if refused else nullcontext():
            check_paths(folder / out, [str(given_)], split=False, overwrite=True)


def test_a_pattern_is_no_pattern_where_a_file_is_called_so(tmp_path):
    make_table(9).to_csv(tmp_path / "t[1].csv", index=False)
    assert len(load(tmp_path / "t[1].csv").frame) == 9


def test_test_rows_and_cells_as_filed_are_of_all_files(tmp_path, folder, frame):
    two = load_data(DataSpec(source=str(folder), test_source=str(folder)))
    assert (len(two.frame), two.test_rows, two.name) == (2 * ROWS, ROWS, "rows + rows")
    data = DataSpec(source=str(folder))
    table = load_data(data)
    assert as_filed(table, data).num_rows == len(as_written(table, data)) == ROWS
