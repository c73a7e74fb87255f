"""What the caller gives becomes one table, the same whatever library it is of."""

import datetime
import decimal
import io
import zoneinfo

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from pyarrow import csv

from engine.api.table import as_native, gather, write
from engine.core.errors import EngineError
from engine.core.experiment import DataSpec, SplitSpec
from engine.data import load_data, load_table, prepare_dataset
from engine.io.source import locate
from tests.support.each import each
from tests.support.exact_csv import EXACT

NOON = datetime.datetime(2024, 1, 31, 12)
BIG = 2**53 + 1
NAN, INF = float("nan"), float("inf")
FRAME = pd.DataFrame(
    {"age": [30, 41, 52, 63], "sex": list("mfmf"), "ill": ["no", "no", "yes", "no"]}
)
PAIRS = pd.MultiIndex.from_product([[1, 2], [3, 4]])
X, Y = FRAME[["age", "sex"]], FRAME["ill"]


def read(tmp_path, given, *args, **kwargs):
    """Return what the engine reads of what was gathered."""
    found = given if hasattr(given, "table") else gather(given, *args, **kwargs)
    path = tmp_path / "input"
    path.write_bytes(write(found.table).read())
    return load_table(path)


def cells(series):
    return [None if pd.isna(cell) else cell for cell in series.tolist()]


# The same from everywhere -----------------------------------------------------------


def _pandas(text):

    return pd.read_csv(io.BytesIO(text), **EXACT)


READERS = {
    "pandas": _pandas,
    "polars": lambda text: pl.read_csv(text, infer_schema_length=None),
    "pyarrow": lambda text: csv.read_csv(io.BytesIO(text)),
    "numpy": lambda text: _pandas(text).to_records(index=False),
}


def text_of_all_kinds(rows=300):
    """Cells that every library reads as the engine does."""
    random = np.random.default_rng(0)

    def drawn(*levels):
        return np.array(levels, dtype=object)[random.integers(len(levels), size=rows)]

    days = [
        NOON + datetime.timedelta(hours=int(h)) for h in random.integers(9e4, size=rows)
    ]
    columns = {
        "number": [repr(v) for v in random.normal(size=rows)],
        "small": [f"{v:.17e}" for v in random.normal(size=rows) * 1e-12],
        "whole": drawn("1", "2", "-3"),
        "gaps": drawn("1", "2", ""),
        "tenths": drawn("0.1", "2.0", ""),
        "infinite": drawn("1.5", "inf", "-inf"),
        "level": drawn("red", "blue", ""),
        "padded": drawn("red", " red", "blue "),
        "code": drawn("1", "2", "unknown"),
        "blank": drawn("1.5", "2", " "),
        "money": drawn('"1,234"', "5", '"6,789"'),
        "flag": drawn("True", "False"),
        "flag_gaps": drawn("True", "False", ""),
        "answer": drawn("Yes", "No"),
        "day": [str(d.date()) for d in days],
        "moment": [str(d) for d in days],
        "european": [d.strftime("%d.%m.%Y") for d in days],
        "clock": [f"{d.hour:02d}:30:00" for d in days],
        "empty": [""] * rows,
        "same": ["7"] * rows,
        "long": [str(BIG + i) for i in range(rows)],
        "id": [str(1000 + i) for i in range(rows)],
        "class": drawn("a", "a", "b"),
    }
    lines = [",".join(row) for row in zip(*columns.values(), strict=True)]
    return "\n".join([",".join(columns), *lines, ""]).encode()


def test_a_table_is_the_same_to_the_last_bit_from_a_file_and_from_every_library(
    tmp_path,
):
    ecoli = locate("sample:ecoli")[0].read_bytes()
    with each() as row:
        for name, text, target in (
            ("all kinds", text_of_all_kinds(), "class"),
            ("ecoli", ecoli, "class"),
        ):
            (tmp_path / "t.csv").write_bytes(text)
            file = load_table(tmp_path / "t.csv")
            spec = DataSpec(source="", target=target)
            wanted = prepare_dataset(file, spec)
            for library, reader in READERS.items():
                frame = reader(text)
                with row(name, library):
                    table = read(tmp_path, frame, target)
                    found = prepare_dataset(table, spec)
                    pd.testing.assert_frame_equal(
                        found.frame, wanted.frame, check_exact=True
                    )
                    assert found.info.fingerprint == wanted.info.fingerprint
                    assert found.info.roles == wanted.info.roles
                    assert found.profile == wanted.profile
                    assert found.labels == wanted.labels
                    assert found.y.tolist() == wanted.y.tolist()


def test_an_array_without_names_differs_by_them_alone(tmp_path):
    text = locate("sample:ecoli")[0].read_bytes()
    frame = pd.read_csv(io.BytesIO(text))
    array, y = frame.drop(columns="class").to_numpy(), frame["class"].to_numpy()
    assert array.dtype == "float64"
    table = read(tmp_path, array, y)
    assert table.frame.columns.tolist() == [f"x{i}" for i in range(7)] + ["target"]
    named = table.frame.set_axis(frame.columns, axis=1)
    file = load_table("sample:ecoli").frame
    pd.testing.assert_frame_equal(named, file, check_exact=True)


def test_equal_tables_have_equal_files_whatever_they_are_of():
    frame = pd.DataFrame(
        {
            "n": [1.5, NAN, 2.5],
            "i": np.array([1, 2, 3], "int32"),
            "t": ["a", None, "b"],
            "c": pd.Categorical(["x", "y", "x"]),
            "m": pd.to_datetime(["2024-01-31"] * 3),
        }
    )
    arrow = pa.Table.from_pandas(frame)
    chunked = pa.concat_tables([arrow.slice(0, 1), arrow.slice(1)])
    given = [frame, frame, pl.from_pandas(frame), arrow, chunked, frame.to_dict("list")]
    files = {write(gather(one, [0, 1, 0]).table).read() for one in given}
    assert len(files) == 1
    assert write(gather(frame, [0, 1, 1]).table).read() not in files


# Cells ------------------------------------------------------------------------------

TOKYO = NOON.replace(tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo"))
COLUMNS = {
    "category": (pd.Series(["b", None, "a"], dtype="category"), ["b", None, "a"]),
    "category of numbers": (pd.Series([7, None, 5], dtype="category"),
                            [7.0, None, 5.0]),
    "intervals": (pd.cut(pd.Series([1, 2, 3]), [0, 2, 3]),
                  ["(0, 2]", "(0, 2]", "(2, 3]"]),
    "periods": (pd.Series(pd.period_range("2024-01", periods=3, freq="M")),
                ["2024-01", "2024-02", "2024-03"]),
    "Int64": (pd.Series([1, None, 3], dtype="Int64"), [1.0, None, 3.0]),
    "Int64, full": (pd.Series([1, 2, 3], dtype="Int64"), [1, 2, 3]),
    "Float64": (pd.Series([1.5, None, 3], dtype="Float64"), [1.5, None, 3.0]),
    "boolean": (pd.Series([True, None, False], dtype="boolean"),
                ["True", None, "False"]),
    "string": (pd.Series(["a", None, ""], dtype="string"), ["a", None, None]),
    "of Arrow": (pd.Series(["a", None, "b"], dtype="string[pyarrow]"),
                 ["a", None, "b"]),
    "bool": (pd.Series([True, False, True]), ["True", "False", "True"]),
    "bool objects": (pd.Series([True, None, False], dtype=object),
                     ["True", None, "False"]),
    "moments": (pd.Series([NOON, None, NOON]),
                [pd.Timestamp(NOON), None, pd.Timestamp(NOON)]),
    "with a zone": (pd.Series([TOKYO] * 3), [pd.Timestamp(2024, 1, 31, 3)] * 3),
    "dates": (pd.Series([NOON.date(), None, NOON.date()], dtype=object),
              [pd.Timestamp(2024, 1, 31), None, pd.Timestamp(2024, 1, 31)]),
    "spans": (pd.Series(pd.to_timedelta([1, None, 2], unit="h")),
              [3600.0, None, 7200.0]),
    "decimals": (pd.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)],
                           dtype=object), [1.5, None, 2.0]),
    "surrogates": (pd.Series(["a\ud800", None, "b"], dtype=object),
                   ["a\\ud800", None, "b"]),
    "mixed": (pd.Series([1, "a", 2.5], dtype=object), ["1", "a", "2.5"]),
    "mixed numbers": (pd.Series([1, "2", 2.5], dtype=object), [1.0, 2.0, 2.5]),
    "ints and a gap": (pd.Series([1, None, 3], dtype=object), [1.0, None, 3.0]),
    "missing": (pd.Series([None, None, None], dtype=object), [None] * 3),
    "infinite": (pd.Series([1.5, INF, -INF]), [1.5, None, None]),
    "long": (pd.Series([BIG, 1, 2]), [str(BIG), "1", "2"]),
    "longer": (pd.Series([2**70, 1, 2], dtype=object), [str(2**70), "1", "2"]),
    "unsigned": (pd.Series([2**64 - 1, 1, 2], dtype="uint64"),
                 [str(2**64 - 1), "1", "2"]),
    "half": (pd.Series([1.5, NAN, 2], dtype="float16"), [1.5, None, 2.0]),
    "polars Enum": (pl.Series(["b", None, "a"], dtype=pl.Enum(["b", "a"])),
                    ["b", None, "a"]),
    "polars Categorical": (pl.Series(["b", None, "a"], dtype=pl.Categorical),
                           ["b", None, "a"]),
    "polars Decimal": (pl.Series([decimal.Decimal("1.5"), None, decimal.Decimal(2)]),
                       [1.5, None, 2.0]),
    "polars Boolean": (pl.Series([True, None, False]), ["True", None, "False"]),
    "polars Date": (pl.Series([NOON.date(), None, NOON.date()]),
                    [pd.Timestamp(2024, 1, 31), None, pd.Timestamp(2024, 1, 31)]),
    "polars Datetime": (pl.Series([TOKYO] * 3), [pd.Timestamp(2024, 1, 31, 3)] * 3),
    "polars Duration": (pl.Series([datetime.timedelta(hours=1)] * 3), [3600.0] * 3),
    "polars Time": (pl.Series([datetime.time(3, 4)] * 3), ["03:04:00"] * 3),
    "polars Int128": (pl.Series([2**70, 1, 2], dtype=pl.Int128),
                      [str(2**70), "1", "2"]),
    "polars Object": (pl.Series([1, "a", None], dtype=pl.Object), ["1", "a", None]),
    "polars NaN": (pl.Series([1.5, NAN, None]), [1.5, None, None]),
    "polars Null": (pl.Series([None, None, None]), [None] * 3),
    "objects": (np.array([1, "a", None], dtype=object), ["1", "a", None]),
    "objects, all numbers": (np.array([1, 2, 3], dtype=object), [1, 2, 3]),
    "texts": (np.array(["1", "2", "x"]), ["1", "2", "x"]),
    "whole floats": (np.array([1.0, 2, 3]), [1, 2, 3]),
    "whole floats with a gap": (np.array([1.0, NAN, 3]), [1.0, None, 3.0]),
    "huge floats": (np.array([1e18, 2, 3]), [1e18, 2.0, 3.0]),
    "masked": (np.ma.array([1, 2, 3], mask=[0, 1, 0]), [1.0, None, 3.0]),
    "datetime64": (np.array(["2024-01-31"] * 3, "datetime64[D]"),
                   [pd.Timestamp(2024, 1, 31)] * 3),
    "run ends": (pa.RunEndEncodedArray.from_arrays(pa.array([2, 3]), ["a", "b"]),
                 ["a", "a", "b"]),
    "views": (pa.array(["a", None, "b"], pa.string_view()), ["a", None, "b"]),
}  # fmt: skip


def test_cells_keep_what_they_say_in_a_frame_and_as_a_column_beside_it(tmp_path):
    y = [0, 1, 0]
    with each() as row:
        for name, (column, wanted) in COLUMNS.items():
            if isinstance(column, pl.Series):
                frame = pl.DataFrame({"x0": column})
            elif isinstance(column, pa.Array):
                frame = pa.table({"x0": column})
            elif isinstance(column, pd.Series):
                frame = pd.DataFrame({"x0": column})
            else:
                frame = column.reshape(-1, 1)
            with row(name):
                found = read(tmp_path, frame, y).frame["x0"]
                assert cells(found) == wanted
                assert list(map(type, cells(found))) == list(map(type, wanted))
                beside = read(tmp_path, [[0]] * 3, y, groups=column).frame["group"]
                pd.testing.assert_series_equal(beside, found, check_names=False)


NESTED = {
    "lists": ([[1], [2, 3]], "lists"),
    "lists among others": (["a", [1]], "lists"),
    "tuples": ([(1, 2), (3, 4)], "lists"),
    "dicts": ([{"a": 1}, {"a": 2}], "records|lists"),
    "sets": ([{1}, {2}], "lists"),
    "arrays": ([np.zeros(2), np.zeros(2)], "lists"),
    "bytes": ([b"a", b"b"], "bytes"),
}


def test_cells_of_several_values_are_refused_with_the_name_of_the_column():
    with each() as row:
        for name, (values, what) in NESTED.items():
            column = pd.Series(values, dtype=object)
            with row(name):
                with pytest.raises(EngineError, match=f"^X: .*({what}).*'odd'"):
                    gather(pd.DataFrame({"odd": column, "good": 1}), [0, 1])
                with pytest.raises(EngineError, match=f"^y: .*({what})"):
                    gather([[1], [2]], column)
    for frame in (
        pl.DataFrame({"good": [1, 2], "odd": [[1], [2]]}),
        pl.DataFrame({"good": [1, 2], "odd": [{"a": 1}, {"a": 2}]}),
        pa.table({"good": [1, 2], "odd": [[1], [2]]}),
    ):
        with pytest.raises(EngineError, match="'odd'"):
            gather(frame, [0, 1])


# Names ------------------------------------------------------------------------------


def test_names_become_text_and_differ():
    given = {
        "ints": (pd.DataFrame([[1, 2]] * 2, columns=[0, 7]), ["0", "7"]),
        "twice": (pd.DataFrame([[1, 2, 3]] * 2, columns=["a", "b", "a"]),
                  ["a", "b", "a.2"]),
        "levels": (pd.DataFrame([[1, 2]] * 2, columns=pd.MultiIndex.from_tuples(
            [("price", "mean"), ("price", "max")])), ["price mean", "price max"]),
        "blank": (pd.DataFrame([[1, 2]] * 2, columns=[" ", None]),
                  ["column 1", "column 2"]),
        "twice in Arrow": (pa.Table.from_arrays([pa.array([1, 2])] * 2, ["a", "a"]),
                           ["a", "a.2"]),
        "array": (np.zeros((2, 3)), ["x0", "x1", "x2"]),
        "lists": ([[1, "a"], [2, "b"]], ["x0", "x1"]),
        "records": ([{"a": 1, "b": 2}, {"a": 3}], ["a", "b"]),
        "structured": (np.array([(1, "a"), (2, "b")], [("n", int), ("t", "U1")]),
                       ["n", "t"]),
        "batch": (pa.record_batch({"a": [1, 2]}), ["a"]),
        "narwhals": (nw.from_native(pd.DataFrame({"a": [1, 2]})), ["a"]),
    }  # fmt: skip
    with each() as row:
        for name, (frame, wanted) in given.items():
            with row(name):
                found = gather(frame, [0, 1])
                assert found.table.column_names == [*wanted, "target"]
                assert found.table["target"].to_pylist() == [0, 1]


def test_added_columns_have_names_that_no_other_has():
    frame = pd.DataFrame({"target": [1, 2], "group": [3, 4], "group 2": [5, 6]})
    found = gather(frame, [0, 1], groups=["a", "b"], time=[2, 1], sample_weight=[1, 2])
    assert (found.target, found.group) == ("target 2", "group 3")
    assert (found.time, found.weight, found.by) == ("time", "weight", None)
    assert found.table.column_names[:3] == frame.columns.tolist()
    assert found.table["target"].to_pylist() == [1, 2]
    assert found.table["group 3"].to_pylist() == ["a", "b"]


def test_a_column_is_named_or_has_its_own_name():
    ints = FRAME.set_axis([0, 1, 2], axis=1)
    with each() as row:
        for given, target, name in (
            (FRAME, "ill", "ill"),
            ((FRAME, "ill"), None, "ill"),
            (ints, 2, "2"),
            (ints, "2", "2"),
            (X, Y, "ill"),
            (X, Y.to_frame(), "ill"),
            (X, pl.Series("ill", Y.to_list()), "ill"),
            (X, Y.rename(None), "target"),
            (X, Y.rename(5), "target"),
            (pl.from_pandas(FRAME), "ill", "ill"),
        ):
            with row(name):
                found = gather(given, target)
                assert found.target == name
                assert found.table[name].to_pylist() == Y.to_list()
                assert found.table.num_columns == 3
    assert gather(FRAME).target is None
    with pytest.raises(EngineError, match=r"y: no column 'il'.*mean 'ill'"):
        gather(FRAME, "il")
    with pytest.raises(EngineError, match="given twice"):
        gather((FRAME, "ill"), Y)


def test_a_series_that_is_a_column_of_the_frame_is_no_feature_beside_it():
    found = gather(FRAME, FRAME["ill"], groups=FRAME["sex"])
    assert (found.target, found.group) == ("ill", "sex")
    assert found.table.num_columns == 3
    coded = (FRAME["ill"] == "yes").rename("ill")
    with pytest.raises(EngineError, match=r"y is called 'ill'.*Drop that column"):
        gather(FRAME, coded)


# Rows -------------------------------------------------------------------------------


def test_rows_are_matched_by_place_and_labels_kept():
    labelled = X.set_axis([7, 3, 3, 9])
    for y in (
        Y.to_numpy(),
        Y.to_list(),
        Y.set_axis(labelled.index),
        Y.set_axis(range(4)),
    ):
        found = gather(labelled, y)
        assert found.table[found.target].to_pylist() == Y.to_list()
        assert found.table["age"].to_pylist() == X["age"].to_list()
        assert found.index.equals(labelled.index)
    assert gather(X.to_numpy(), Y).index.equals(pd.RangeIndex(4))
    assert gather(X.set_axis(PAIRS), Y).index.equals(PAIRS)
    assert gather(X, Y.set_axis(PAIRS)).target == "ill"
    assert gather(nw.from_native(labelled), Y).index.equals(labelled.index)
    assert gather(pl.from_pandas(X), Y.set_axis(list("abcd"))).target == "ill"
    assert gather(X, pd.Index(Y.tolist())).table["target"].to_pylist() == Y.to_list()
    assert gather(X, pd.Categorical(Y)).table["target"].to_pylist() == Y.to_list()


def test_labels_that_are_those_of_other_rows_are_refused():
    with each() as row:
        for rows, labels, how in (
            ([0, 1, 2, 3], [3, 2, 1, 0], "another order"),
            ([3, 1, 0, 2], [0, 1, 2, 3], "another order"),
            (list("abcd"), list("badc"), "another order"),
            (["a", "a", "b", "b"], ["a", "b", "a", "b"], "another order"),
            ([5, 6, 7, 9], [5, 6, 8, 9], "other ones"),
            (list("abcd"), PAIRS, "other ones"),
        ):
            with row(rows, labels):
                other = pd.Series([0, 1, 1, 1], index=labels)
                for part in ("groups", "time", "sample_weight", "test"):
                    with pytest.raises(EngineError, match=f"{part} .*{how}"):
                        gather(X.set_axis(rows), [0, 1, 1, 0], **{part: other})
                with pytest.raises(EngineError, match=r"give y\.loc\[X\.index\]|Give"):
                    gather(X.set_axis(rows), other)
                with pytest.raises(EngineError, match=how):
                    gather(X.set_axis(rows), other.to_frame())


def test_a_length_that_differs_is_said_with_both():
    for part in ("y", "groups", "time", "sample_weight", "test"):
        given = {"y": Y, part: [1, 2, 3]}
        with pytest.raises(EngineError, match=f"{part} has 3 values, X has 4 rows"):
            gather(X, given.pop("y"), **given)


REFUSED = {
    "sparse matrix": (scipy.sparse.csr_matrix(np.eye(2)), r"sparse.*X\.toarray\(\)"),
    "sparse array": (scipy.sparse.coo_array(np.eye(2)), r"sparse.*X\.toarray\(\)"),
    "sparse frame": (pd.DataFrame.sparse.from_spmatrix(scipy.sparse.eye(2)),
                     r"sparse columns: '0', '1'.*X\.sparse\.to_dense\(\)"),
    "lazy": (pl.LazyFrame({"a": [1, 2]}), r"lazy.*\.collect\(\)"),
    "Series": (pd.Series([1, 2]), "1 dimension where a table has 2"),
    "polars Series": (pl.Series([1, 2]), "1 dimension where"),
    "array": (np.zeros(2), r"1 dimension where.*reshape\(-1, 1\)"),
    "list": ([1, 2], "1 dimension where"),
    "ragged": ([[1], [2, 3]], "1 dimension where"),
    "cube": (np.zeros((2, 2, 2)), "3 dimensions where"),
    "scalar": (7, "0 dimensions where"),
    "nothing": (None, "0 dimensions where"),
    "no rows": (X.iloc[:0], "no rows"),
    "no rows in polars": (pl.DataFrame({"a": []}), "no rows"),
    "no columns": (X[[]], "no columns"),
    "empty array": (np.zeros((0, 3)), "no rows"),
}  # fmt: skip


def test_what_is_no_table_is_refused_with_what_to_do():
    with each() as row:
        for name, (given, told) in REFUSED.items():
            with row(name), pytest.raises(EngineError, match=told):
                gather(given, [0, 1])


def test_what_is_no_column_is_refused_with_what_to_do():
    rows = [[1], [2]]
    with each() as row:
        for name, y, told in (
            ("two columns", np.eye(2), "y has 2 dimensions"),
            ("frame", pd.DataFrame(np.eye(2)), "y has 2 columns"),
            ("sparse", scipy.sparse.eye(2).tocsc(), r"y\.toarray\(\)"),
            ("sparse Series", pd.arrays.SparseArray([0, 1]), "sparse"),
            ("lazy", pl.LazyFrame({"y": [0, 1]}), r"collect\(\)"),
            ("scalar", 1.5, "y has 0 dimensions"),
            ("set", {0, 1}, "y has 0 dimensions"),
            ("generator", iter([0, 1]), "y has 0 dimensions"),
        ):
            with row(name), pytest.raises(EngineError, match=told):
                gather(rows, y)
    assert gather(rows, np.array([[0], [1]])).table["target"].to_pylist() == [0, 1]


# Target, test rows ------------------------------------------------------------------


def test_classes_are_called_the_same_whatever_their_type(tmp_path):
    with each() as row:
        for name, y, labels in (
            ("ints", [0, 1] * 6, ("0", "1")),
            ("floats", np.array([0.0, 1.0] * 6), ("0", "1")),
            ("float Series", pd.Series([0.0, 1.0] * 6), ("0", "1")),
            ("booleans", np.array([False, True] * 6), ("False", "True")),
            ("nullable", pd.Series([False, True, None] * 4, dtype="boolean"),
             ("False", "True")),
            ("texts", ["no", "yes"] * 6, ("no", "yes")),
            ("numbers as text", np.array(["0", "1"] * 6), ("0", "1")),
            ("categories", pd.Categorical(["no", "yes"] * 6), ("no", "yes")),
            ("codes", pd.Series([-1, 1] * 6, dtype="category"), ("-1", "1")),
            ("Enum", pl.Series(["no", "yes"] * 6, dtype=pl.Enum(["yes", "no"])),
             ("no", "yes")),
            ("gap", [0, None, 1] * 4, ("0", "1")),
            ("NaN", np.array([0, NAN, 1] * 4), ("0", "1")),
        ):  # fmt: skip
            with row(name):
                found = gather(np.arange(12).reshape(-1, 1) % 5, y)
                table = read(tmp_path, found)
                known = [label for label in found.table["target"].to_pylist()
                         if label is not None]  # fmt: skip
                spec = DataSpec(source="", target="target", positive=labels[1])
                dataset = prepare_dataset(table, spec)
                assert dataset.labels == labels
                assert dataset.y.tolist() == [0, 1] * (len(known) // 2)


def test_test_rows_are_a_share_a_mark_or_rows_of_their_own(tmp_path):
    assert gather(X, Y, test=0.25).test_size == 0.25
    assert gather(X.assign(part=list("abab")), Y, test="part").by == "part"
    for marks in (np.array([False, True] * 2), ["train", "test"] * 2):
        found = gather(X, Y, test=marks)
        assert (found.by, found.test_size, found.test) == ("split", None, None)
        table = read(tmp_path, X, [0, 0, 1, 1], test=marks)
        spec, split = DataSpec(source="", target="target"), SplitSpec(by="split")
        dataset = prepare_dataset(table, spec, split)
        assert dataset.test.tolist() == [False, True] * 2
    new = pd.DataFrame({"sex": ["f", "m"], "more": [1, 2], "age": [9, 8]}, index=[5, 6])
    for given in ((new, ["yes", "no"]), (new, pd.Series(["yes", "no"], index=[5, 6]))):
        found = gather(X, Y, test=given)
        assert (
            found.test.column_names == ["age", "sex", "ill"] == found.table.column_names
        )
        assert found.test.to_pydict() == {
            "age": [9, 8], "sex": ["f", "m"], "ill": ["yes", "no"],
        }  # fmt: skip
        assert found.test_index.tolist() == [5, 6]
    whole = new.assign(ill=["yes", "no"])
    assert gather(FRAME, "ill", test=(whole, "ill")).test.equals(found.test)
    assert gather(X, Y, test=(whole, "ill")).test.equals(found.test)
    paths = []
    for table in (found.table, found.test):
        paths.append(tmp_path / str(len(paths)))
        paths[-1].write_bytes(write(table).read())
    both = load_data(DataSpec(source=str(paths[0]), test_source=str(paths[1])))
    assert (len(both.frame), both.test_rows) == (6, 2)


def test_test_rows_that_do_not_fit_are_refused():
    with each() as row:
        for name, told, kwargs in (
            ("column", "X_test has no 'sex', which X has", {"test": (X[["age"]], Y)}),
            ("length", "y_test has 2 values, X_test has 4 rows", {"test": (X, [0, 1])}),
            ("three", "test is a tuple of 3", {"test": (X, Y, Y)}),
            ("target", "test rows is 'sex', that of X is 'ill'",
             {"test": (FRAME, "sex")}),
            ("order", "y_test .*another order",
             {"test": (X, Y.set_axis([1, 0, 3, 2]).rename(None))}),
            ("groups", "groups has no values for the test rows.*both X and X_test",
             {"test": (X, Y), "groups": [1, 2, 3, 4]}),
        ):  # fmt: skip
            with row(name), pytest.raises(EngineError, match=told):
                gather(X, Y, **kwargs)


# Results ----------------------------------------------------------------------------


def test_results_are_of_the_library_that_came_in():
    frame = pd.DataFrame({"arm": ["smote"], "missed": [3], "ap": [0.5]}, index=[7])
    given = {"pandas": X, "polars": pl.from_pandas(X), "pyarrow": pa.table(X),
             "numpy": X.to_numpy()}  # fmt: skip
    for library, table in given.items():
        found = gather(table, Y.to_numpy()).library
        assert found == library
        native = as_native(frame, found)
        if library == "polars":
            assert native.equals(pl.DataFrame(frame.to_dict("list")))
        else:
            assert native is frame


def test_the_callers_table_is_not_changed():
    frame, y = FRAME.set_axis(["age", "age", 3], axis=1), Y.copy()
    before, other = frame.copy(), y.copy()
    gather(frame, y, groups=y.to_numpy(), test=0.5)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_series_equal(y, other)
