"""Negatives that are left out: which, how many, and that nothing else has a say."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import SpecError
from engine.splits import thin as rooms
from engine.splits.holdout import Split
from engine.splits.thin import thin, uniform


def dataset(y, there=None):
    labels = tuple(map(str, range(int(max(y)) + 1)))
    there = np.ones(len(y), dtype=bool) if there is None else there
    return SimpleNamespace(
        y=np.asarray(y, dtype=np.int8),
        labels=labels,
        numbers=np.flatnonzero(there),
        even=None,
        negatives=1.0,
    )


def rare(rows=4000, share=0.02, seed=0):
    return (np.random.default_rng(seed).random(rows) < share).astype(np.int8)


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_all_positives_and_about_so_many_negatives_are_kept(ratio, seed):
    y = rare()
    train = np.flatnonzero(np.random.default_rng(seed).random(len(y)) < 0.8)
    found = thin(dataset(y), train, ratio, seed=seed)
    fit = Split(train, np.empty(0, dtype=int), thinning=found).fit
    assert y[fit].sum() == y[train].sum()
    wanted = ratio * y[train].sum()
    kept = len(fit) - y[fit].sum()
    assert abs(kept - wanted) < 6 * np.sqrt(wanted)
    assert found.share == kept / (len(train) - y[train].sum())
    assert np.isin(fit, train).all()


def test_more_negatives_include_those_that_fewer_keep():
    y, train = rare(), np.arange(4000)
    kept = [thin(dataset(y), train, ratio, seed=3).kept for ratio in (1, 5, 20)]
    assert (kept[0] <= kept[1]).all()
    assert (kept[1] <= kept[2]).all()
    assert (thin(dataset(y), train, 5, seed=4).kept != kept[1]).any()


def test_the_number_of_a_row_in_the_table_decides():
    """Not which other rows have a target, and so a place before it."""
    y, train = rare(), np.arange(4000)
    there = np.ones(5000, dtype=bool)
    there[::5] = False
    found = thin(dataset(y, there), train, 5, seed=3)
    drawn = uniform(np.flatnonzero(there), rooms.child(3, "thin"))
    rate = 5 * y.sum() / (len(y) - y.sum())
    np.testing.assert_array_equal(found.kept, (y == 1) | (drawn < rate))


@given(st.permutations(range(50)))
def test_a_number_is_drawn_alike_in_any_order(order):
    order = np.array(order)
    np.testing.assert_array_equal(uniform(np.arange(50), 9)[order], uniform(order, 9))


def test_numbers_are_spread_evenly_and_seeds_differ():
    drawn = uniform(np.arange(200_000), 1)
    counts = np.histogram(drawn, bins=100, range=(0, 1))[0]
    assert abs(counts - 2000).max() < 6 * np.sqrt(2000)
    for other in (uniform(np.arange(200_000), 2), uniform(np.arange(1, 200_001), 1)):
        assert abs(np.corrcoef(drawn, other)[0, 1]) < 0.02


def test_nothing_is_left_out_where_there_are_not_more():
    y, train = rare(), np.arange(4000)
    assert thin(dataset(y), train, 0, seed=1) is None
    assert thin(dataset(y), train, 1000, seed=1) is None
    assert thin(dataset(y), train, None, seed=1) is None
    split = Split(train, train[:0])
    assert split.fit is train
    assert split.to_validate(train) is train


def test_many_rows_are_thinned_unasked_and_a_part_of_them_validated(monkeypatch):
    monkeypatch.setattr(rooms, "MANY_ROWS", 1000)
    monkeypatch.setattr(rooms, "FEWEST", 30)
    y, train = rare(), np.arange(3500)
    found = thin(dataset(y), train, None, seed=1)
    assert found.ratio == rooms.NEGATIVES
    split = Split(train, np.arange(3500, 4000), thinning=found)
    held = split.to_validate(train)
    few = max(1000, 30 * 3500 // y[train].sum())
    assert abs(len(held) - few) < 6 * np.sqrt(few)
    # The classes as they are, not as they are fitted on.
    assert abs(y[held].mean() - y[train].mean()) < 0.02
    assert thin(dataset(y), train, 0, seed=1) is None


def test_of_many_even_rows_a_part_is_validated(monkeypatch):
    """Test rows are more where a file is read in part; folds need no more for it."""
    monkeypatch.setattr(rooms, "MANY_ROWS", 1000)
    monkeypatch.setattr(rooms, "FEWEST", 30)
    y, train = rare(9000), np.arange(8000)
    even = np.random.default_rng(1).random(9000) < 0.7
    table = SimpleNamespace(**(vars(dataset(y)) | {"even": even}))
    found = thin(table, train, None, seed=1)
    held = Split(train, np.arange(8000, 9000), thinning=found).to_validate(train)
    assert even[held].all()
    alike = train[even[train]]
    few = max(1000, 30 * len(alike) // y[alike].sum())
    assert few < 0.5 * len(alike)
    assert abs(len(held) - few) < 6 * np.sqrt(few)
    assert abs(y[held].mean() - y[alike].mean()) < 0.02
    monkeypatch.setattr(rooms, "MANY_ROWS", len(alike))
    whole = Split(train, train[:0], thinning=thin(table, train, None, seed=1))
    np.testing.assert_array_equal(whole.to_validate(train), alike)


def test_more_than_two_classes_are_refused_where_it_is_asked_for(monkeypatch):
    y = np.random.default_rng(0).integers(0, 3, 900)
    with pytest.raises(SpecError, match="3 classes") as caught:
        thin(dataset(y), np.arange(900), 5, seed=1)
    assert caught.value.field == "data.thin data.positive"
    monkeypatch.setattr(rooms, "MANY_ROWS", 100)
    assert thin(dataset(y), np.arange(900), None, seed=1) is None
