"""Searches of our own against scikit-learn's, which is the oracle."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors

from engine.resample.neighbours import SMALL, ExactNeighbors
from tests.support.each import for_each
from tests.support.neighbour_tables import NAMES, ROWS, neighbour_table, same


@pytest.fixture
def by_tree(monkeypatch):
    """Let the tree answer whether it is quicker or not."""
    monkeypatch.setattr(ExactNeighbors, "_quicker", lambda *_: True)


@for_each("count", [2, 4])
@for_each("name", NAMES)
@for_each("tree", [True, False])
def test_the_neighbours_are_scikit_learns(name, count, tree, request):
    if tree:
        request.getfixturevalue("by_tree")
    rows = neighbour_table(name)
    stock = NearestNeighbors(n_neighbors=count).fit(rows)
    for asked in (rows, rows[:700]):
        expected, named = stock.kneighbors(asked)
        apart, found = ExactNeighbors(count).fit(rows).kneighbors(asked)
        assert same(found, named)
        if np.abs(rows).max() < 1e5:
            np.testing.assert_allclose(apart, expected, rtol=1e-5, atol=1e-4)


@for_each("name", ["one-hot and numbers", "duplicated", "clustered"])
def test_rows_that_were_not_fitted_find_the_same_neighbours_too(name, by_tree):
    """Drawn once here; `tests/slow` has more draws."""
    rows, asked = neighbour_table(name, 0), neighbour_table(name, 10)
    stock = NearestNeighbors(n_neighbors=3).fit(rows)
    expected = stock.kneighbors(asked, return_distance=False)
    found = ExactNeighbors(3).fit(rows).kneighbors(asked, return_distance=False)
    assert same(found, expected)


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


def test_the_tree_answers_where_it_prunes_and_scikit_learn_where_rows_tie():
    rows = np.random.default_rng(0).normal(size=(20_000, 17))
    rows[:, 3:] = np.round(rows[:, 3:] / 9)
    assert ExactNeighbors(4).fit(rows.astype(np.float32)).method_ == "tree"
    assert ExactNeighbors(4).fit(neighbour_table("all alike")).method_ == "stock"


def test_few_questions_are_asked_twice_where_few_rows_tie(monkeypatch, by_tree):
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


def test_a_search_is_cloned_and_set_as_imbalanced_learn_does():
    search = clone(ExactNeighbors(7)).set_params(n_jobs=2)
    assert (search.n_neighbors, search.n_jobs) == (7, 2)
