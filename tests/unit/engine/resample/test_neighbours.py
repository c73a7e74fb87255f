"""Searches of our own against scikit-learn's, which is the oracle."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors

from engine.resample import neighbours as axes_module
from engine.resample.neighbours import SMALL, Axes, ExactNeighbors
from tests.support.each import for_each
from tests.support.neighbour_tables import NAMES, ROWS, neighbour_table, same


@for_each("count", [3])
@for_each("name", NAMES)
def test_the_neighbours_are_scikit_learns(name, count):
    rows = neighbour_table(name)
    stock = NearestNeighbors(n_neighbors=count).fit(rows)
    for asked in (rows, rows[:700]):
        expected, named = stock.kneighbors(asked)
        for method in ("tree", "pairs", None):
            search = ExactNeighbors(count).fit(rows)
            if method and search.method_ != "stock":
                search.method_ = method
            apart, found = search.kneighbors(asked)
            assert same(found, named), method
            if np.abs(rows).max() < 1e5:
                np.testing.assert_allclose(apart, expected, rtol=1e-5, atol=1e-4)


@for_each("name", ["one-hot and numbers", "duplicated", "clustered"])
def test_rows_that_were_not_fitted_find_the_same_neighbours_too(name):
    """Drawn once here; `tests/slow` has more draws."""
    rows, asked = neighbour_table(name, 0), neighbour_table(name, 10)
    stock = NearestNeighbors(n_neighbors=3).fit(rows)
    expected = stock.kneighbors(asked, return_distance=False)
    for method in ("tree", "pairs"):
        search = ExactNeighbors(3).fit(rows)
        search.method_ = method
        found = search.kneighbors(asked, return_distance=False)
        assert same(found, expected), method


@for_each("count", [1, 3, ROWS // 2, ROWS])
def test_any_number_of_neighbours_can_be_asked_for(count):
    rows = neighbour_table("normal")
    search = ExactNeighbors(3).fit(rows)
    stock = NearestNeighbors(n_neighbors=3).fit(rows)
    found = search.kneighbors(rows[:50], n_neighbors=count, return_distance=False)
    named = stock.kneighbors(rows[:50], n_neighbors=count, return_distance=False)
    assert same(found, named)
    graph = search.kneighbors_graph(rows[:5], n_neighbors=2)
    assert graph.shape == (5, ROWS)
    assert graph.sum() == 10


def test_without_a_query_a_row_is_not_its_own_neighbour():
    rows = neighbour_table("normal")
    found = ExactNeighbors(1).fit(rows).kneighbors(return_distance=False)
    assert (found[:, 0] != np.arange(ROWS)).all()


def test_a_few_rows_and_wrong_ones_are_left_to_scikit_learn():
    rows = neighbour_table("normal")[: SMALL - 1]
    search = ExactNeighbors(3).fit(rows)
    assert search.method_ == "stock"
    found = search.kneighbors(rows, return_distance=False)
    stock = NearestNeighbors(n_neighbors=3).fit(rows)
    np.testing.assert_array_equal(found, stock.kneighbors(rows, return_distance=False))
    with pytest.raises(ValueError, match="NaN"):
        ExactNeighbors(3).fit(np.full((ROWS, 2), np.nan))
    with pytest.raises(ValueError, match="n_neighbors"):
        ExactNeighbors(3).fit(rows[:2]).kneighbors(rows[:2])


def test_the_tree_answers_where_it_prunes_and_all_pairs_elsewhere():
    assert ExactNeighbors(4).fit(neighbour_table("few columns")).method_ == "tree"
    assert ExactNeighbors(4).fit(neighbour_table("normal")).method_ == "pairs"


def test_few_questions_are_asked_twice_where_few_rows_tie(monkeypatch):
    rows = neighbour_table("normal")
    rows[:30] = rows[30:60]
    asked = []
    search = ExactNeighbors(4).fit(rows)
    stock = search._stock.kneighbors
    monkeypatch.setattr(
        search._stock, "kneighbors", lambda X, *a: asked.append(len(X)) or stock(X, *a)
    )
    search.kneighbors(rows)
    # Some sixty, made up to the number from which scikit-learn orders ties another way.
    assert asked == [1_025]
    asked.clear()
    search.kneighbors(rows[:800])
    assert len(asked) == 1
    assert 60 <= asked[0] <= 90


@for_each("name", [n for n in NAMES if n not in ("beyond", "large")])
@for_each("scale", [1e-6, 1.0, 1e3])
def test_no_pair_within_the_bound_is_lost_to_32_bits(name, scale, monkeypatch):
    """The product is given the tightest bound there is: the truth."""
    monkeypatch.setattr(axes_module, "CROWD", ROWS)
    rows = neighbour_table(name)[:1_000].astype(np.float64) * scale
    axes = Axes(rows)
    asked = axes.rotated(rows[:128])
    bound = axes.nearest(asked, 4)[0][:, -1]
    buffer = np.empty((128, 8_192), dtype=np.float32)
    seen = np.zeros((128, 1_000), dtype=bool)
    seen[axes._pairs(asked, bound, buffer)] = True
    squares = np.square(asked[:, None] - axes._turned[None]).sum(axis=2)
    assert not ((squares <= bound[:, None] ** 2) & ~seen).any()


def test_the_bound_is_given_up_where_it_leaves_too_many_pairs():
    rows = neighbour_table("normal")
    rows[0] = 1e9
    search = ExactNeighbors(4).fit(rows)
    search.method_ = "pairs"
    assert search._axes.within(search._axes.rotated(rows), 5) is None
    found = search.kneighbors(rows, return_distance=False)
    stock = NearestNeighbors(n_neighbors=4).fit(rows)
    assert same(found, stock.kneighbors(rows, return_distance=False))


def test_a_search_is_cloned_and_set_as_imbalanced_learn_does():
    search = clone(ExactNeighbors(7)).set_params(n_jobs=2)
    assert (search.n_neighbors, search.n_jobs) == (7, 2)
