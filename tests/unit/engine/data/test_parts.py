"""A file that is read by parts, as by the workers of a cluster, is the same table."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from engine.core.errors import DataError
from engine.core.experiment import DataSpec, ReadSpec
from engine.data import thin
from engine.data.load import load_data
from engine.data.readers import classes, columnar
from tests.support.each import each

ROWS = 6_000


@pytest.fixture(autouse=True, scope="module")
def small():
    """Rows by the thousand are many here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(thin, "LARGE", 5_000)
        patched.setattr(thin, "EVEN_ROWS", 600)
        patched.setattr(thin, "EVEN_POSITIVES", 9)
        patched.setattr(thin, "EVEN_CELLS", 0)
        patched.setattr(columnar, "PART_ROWS", 900)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One table as a file of row groups, as files of other types, and as Feather."""
    home = tmp_path_factory.mktemp("parts")
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "number": np.arange(ROWS),
            "x": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(size=ROWS)),
            "word": rng.choice(["a", "b", None], ROWS),
            "y": np.where(rng.random(ROWS) < 0.02, 1.0, 0.0),
        }
    )
    frame.loc[::700, "y"] = np.nan
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, home / "one.parquet", row_group_size=400)
    (home / "many").mkdir()
    for at in range(0, ROWS, 2_000):
        some = table.slice(at, 2_000)
        if at:  # another order, and a wider type
            some = some.select(["y", "word", "x", "number"])
        else:
            whole = pa.array(frame["number"][:2_000], type=pa.int32())
            some = some.set_column(0, "number", whole)
        pq.write_table(some, home / "many" / f"p{at}.parquet", row_group_size=500)
    feather.write_feather(table, home / "one.feather", compression="lz4")
    words = frame.assign(y=frame["y"].map({0.0: "no", 1.0: "yes"}).astype("category"))
    words.to_parquet(home / "words.parquet", row_group_size=1_000, index=False)
    return home


def sent(function, *more):
    """Apply a function as a worker elsewhere does: to what was pickled."""
    for given in zip(*more, strict=True):
        at, *rest = pickle.loads(pickle.dumps((function, *given)))
        yield pickle.loads(pickle.dumps(at(*rest)))


def loaded(path, workers, **more):
    return load_data(DataSpec(source=str(path), target="y", **more), workers=workers)


@pytest.mark.parametrize(
    "name", ["one.parquet", "many", "many/p*.parquet", "one.feather", "words.parquet"]
)
def test_the_rows_are_those_that_one_machine_draws(home, name):
    asked = []

    def workers(path):
        asked.append(path)
        return sent

    ours, theirs = loaded(home / name, None), loaded(home / name, workers)
    assert len(asked) == 2  # the classes, and the rows
    assert theirs.drawn.rows == ROWS
    assert len(theirs.frame) < 0.5 * ROWS
    pd.testing.assert_frame_equal(theirs.frame, ours.frame, check_exact=True)
    assert (theirs.drawn.numbers == ours.drawn.numbers).all()
    assert (theirs.drawn.even == ours.drawn.even).all()
    assert theirs.drawn.classes == ours.drawn.classes
    assert theirs.notes == ours.notes
    assert theirs.reader == ours.reader


def test_some_columns_and_all_rows(home):
    read = ReadSpec(columns=("y", "x"))
    ours = loaded(home / "many", None, read=read)
    theirs = loaded(home / "many", lambda path: sent, read=read)
    pd.testing.assert_frame_equal(theirs.frame, ours.frame, check_exact=True)

    def refuse(path):
        raise AssertionError("all rows are read here")

    whole = loaded(home / "many", refuse, thin=0)
    assert len(whole.frame) == ROWS


def test_a_file_is_cut_between_its_row_groups(home):
    with columnar.opened(home / "one.parquet", "one") as file:
        parts = file.parts
    assert [part.rows for part in parts] == [800] * 7 + [400]
    assert [part.groups for part in parts][:2] == [range(2), range(2, 4)]
    with columnar.opened(home / "many", "many", columns=["number"]) as file:
        begins = [next(part.batches()).column(0)[0].as_py() for part in file.parts]
        assert sum(part.rows for part in file.parts) == file.rows
    assert begins == list(range(0, ROWS, 500))


def test_values_keep_their_order_and_too_many_are_no_classes():
    some = [pa.array(["b", None, "a"]), pa.array(["c", "b", "a"])]
    parts = [classes.encode([one]) for one in some]
    codes, values = classes._join(parts, pa.string())
    expected = classes.encode(some)
    assert (codes.tolist(), values) == (expected[0].tolist(), expected[1])
    assert classes._join([parts[0], None], pa.string()) is None


def test_a_file_that_was_changed_meanwhile_is_refused(home, tmp_path):
    path = tmp_path / "changed.parquet"
    table = pq.read_table(home / "one.parquet")
    pq.write_table(table, path, row_group_size=400)
    with columnar.opened(path, "changed.parquet") as file:
        parts = file.parts
    changes = {
        "fewer rows": table.slice(0, 5_900),
        "another type": table.set_column(0, "number", table["x"]),
    }
    with each() as row:
        for name, other in changes.items():
            pq.write_table(other, path, row_group_size=400)
            with row(name), pytest.raises(DataError, match="changed meanwhile"):
                parts[-1].take(np.array([0]))
