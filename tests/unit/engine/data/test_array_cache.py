"""The folder of cached folds: what it keeps, and what it is not fooled by."""

import os
import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.data.array_cache import ArrayCache


class Facts(msgspec.Struct):
    notes: tuple[str, ...] = ()
    resamples: int = 0


ROWS = {"fit": np.arange(12, dtype=np.float32).reshape(4, 3), "y": np.zeros(4, np.int8)}


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "folds", largest=40_000)


def test_what_is_put_is_found_as_it_was(cache):
    assert cache.get("a" * 64, Facts) is None
    cache.put("a" * 64, ROWS, Facts(("one",), 2))
    arrays, facts = cache.get("a" * 64, Facts)
    for name, array in ROWS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
        assert not arrays[name].flags.writeable
    assert facts == Facts(("one",), 2)
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700


def test_putting_it_again_is_no_error_and_leaves_nothing_behind(cache):
    for _ in range(2):
        cache.put("a", ROWS, Facts())
    assert [p.name for p in cache.folder.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda home: (home / "fit.npy").write_bytes(b"short"),
        lambda home: (home / "fit.npy").unlink(),
        lambda home: (home / "facts.json").write_text("{"),
        lambda home: (home / "facts.json").write_text("[]"),
        lambda home: _flip(home / "fit.npy"),
    ],
)
def test_what_is_damaged_is_taken_away_not_believed(cache, spoil):
    cache.put("a", ROWS, Facts())
    spoil(cache.folder / "a")
    assert cache.get("a", Facts) is None
    cache.put("a", ROWS, Facts())
    assert cache.get("a", Facts) is not None


def _flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_what_was_used_longest_ago_goes_first(cache):
    big = {"fit": np.zeros(9_000, np.uint8)}
    for number, key in enumerate("abcd"):
        cache.put(key, big, Facts())
        os.utime(cache.folder / key, (number, number))
    cache.get("a", Facts)  # now used last
    cache.put("e", big, Facts())
    assert sorted(p.name for p in cache.folder.iterdir()) == ["a", "c", "d", "e"]


def test_one_that_would_push_out_the_others_is_not_kept(cache):
    cache.put("a", {"fit": np.zeros(20_000, np.uint8)}, Facts())
    assert cache.get("a", Facts) is None


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    cache = ArrayCache(tmp_path / "file" / "folds")
    cache.put("a", ROWS, Facts())
    assert cache.get("a", Facts) is None


def test_no_pickle_is_ever_read(cache):
    cache.put("a", ROWS, Facts())
    np.save(cache.folder / "a" / "fit.npy", np.array([Path()]), allow_pickle=True)
    assert cache.get("a", Facts) is None
