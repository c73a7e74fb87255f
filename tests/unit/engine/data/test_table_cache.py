"""A table that was parsed once is found again as it was, while its file is the same."""

import os
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from engine.core.experiment import ReadSpec
from engine.data import table_cache
from engine.data.load import Table, load
from engine.data.readers import tables
from engine.data.thin import Thinning
from engine.io.source import folder


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """Have a cache of one's own, and keep tables of any size in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(table_cache, "SMALLEST", 0)
    return tmp_path


@pytest.fixture
def reads(monkeypatch):
    """Count how often a file is read."""
    seen = []
    read = tables.read

    def counted(*given, **named):
        seen.append(given[1])
        return read(*given, **named)

    monkeypatch.setattr(tables, "read", counted)
    return seen


def write(path, rows=400):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=rows).round(3),
            "gap": np.where(rng.random(rows) < 0.2, np.nan, rng.random(rows)),
            "whole": rng.integers(0, 9, rows),
            "word": rng.choice(["a", "ü\u2028", "", "1e3x"], rows),
            "day": pd.date_range("2026-01-01", periods=rows).strftime("%d/%m/%Y"),
            "note": [f"text {n}" for n in range(rows)],
            "sick": np.where(np.arange(rows) % 20, "no", "yes"),
        }
    )
    frame.to_csv(path, index=False)
    return path


def same(one: Table, other: Table) -> bool:
    pd.testing.assert_frame_equal(one.frame, other.frame, check_column_type="exact")
    plain = [f.name for f in fields(one) if f.name not in ("frame", "drawn")]
    return all(getattr(one, name) == getattr(other, name) for name in plain)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_the_second_time_nothing_is_read(kept, reads, name):
    path = write(kept / name)
    plain = load(path, keep=False)
    assert not list(folder("tables").iterdir())
    for _ in range(3):
        assert same(load(path), plain)
    assert len(reads) == 2
    assert {str(d) for d in plain.frame.dtypes} == {"float64", "int64", "object"} | {
        str(plain.frame["day"].dtype)
    }


def test_cells_are_mapped_and_nobody_can_change_them(kept):
    path = write(kept / "t.csv")
    column = load(path).frame["number"].to_numpy()
    assert not column.flags.writeable


def test_a_file_that_changed_is_read_again(kept, reads):
    path = write(kept / "t.csv")
    before = load(path)
    about = path.stat()
    text = path.read_text("utf-8")
    path.write_text(text.replace("yes", "Yes"), "utf-8")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))  # the size is the same
    after = load(path)
    assert len(reads) == 2
    assert set(before.frame["sick"]) != set(after.frame["sick"])


def test_another_way_to_read_is_another_table(kept, reads):
    path = write(kept / "t.csv")
    load(path)
    few = load(path, ReadSpec(columns=("whole", "sick")))
    part = load(path, ReadSpec(rows=100), target="sick")
    other = load(path, ReadSpec(rows=100), target="word")
    assert len(reads) == 4
    assert (few.frame.shape[1], len(part.frame)) == (2, 100)
    assert not part.frame.equals(other.frame)
    assert same(load(path, ReadSpec(rows=100), target="sick"), part)
    assert len(reads) == 4


def test_a_damaged_table_is_read_again(kept, reads):
    path = write(kept / "t.csv")
    whole = load(path)
    (home,) = folder("tables").iterdir()
    cells = home / "c0.npy"
    damaged = bytearray(cells.read_bytes())
    damaged[-1] ^= 1
    cells.unlink()
    cells.write_bytes(damaged)
    assert same(load(path), whole)
    assert len(reads) == 2


def test_a_whole_table_serves_whoever_would_not_draw_rows_of_it(
    kept, reads, monkeypatch
):
    path = write(kept / "t.csv")
    whole = load(path, target="sick", thinning=Thinning())
    assert same(load(path), whole)
    assert same(load(path, target="word", thinning=Thinning(0)), whole)
    assert len(reads) == 1
    monkeypatch.setattr("engine.data.thin.LARGE", 300)
    monkeypatch.setattr("engine.data.thin.EVEN_ROWS", 100)
    monkeypatch.setattr("engine.data.thin.EVEN_POSITIVES", 5)
    monkeypatch.setattr("engine.data.thin.EVEN_CELLS", 0)
    part = load(path, target="sick", thinning=Thinning(1))
    again = load(path, target="sick", thinning=Thinning(1))
    assert len(reads) == 2
    assert len(part.frame) < len(whole.frame)
    assert same(again, part)
    assert again.drawn.classes == part.drawn.classes
    for name in ("numbers", "even"):
        np.testing.assert_array_equal(
            getattr(again.drawn, name), getattr(part.drawn, name)
        )


def test_what_is_read_as_fast_as_it_is_found_is_not_kept(kept):
    path = kept / "t.parquet"
    pd.read_csv(write(kept / "t.csv")).to_parquet(path)
    load(path)
    assert not list(folder("tables").iterdir())


def test_without_room_nothing_is_kept(kept, monkeypatch):
    monkeypatch.setattr(table_cache, "FREE", 1e15)
    assert len(load(write(kept / "t.csv")).frame) == 400
    assert not list(folder("tables").iterdir())
