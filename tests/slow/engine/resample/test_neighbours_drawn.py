"""Rows that were not fitted, drawn again and again."""

import pytest
from sklearn.neighbors import NearestNeighbors

from engine.resample.neighbours import ExactNeighbors
from tests.support.each import for_each
from tests.support.neighbour_tables import neighbour_table, same

pytestmark = pytest.mark.slow


@for_each("seed", range(1, 4))
@for_each("name", ["one-hot and numbers", "duplicated", "clustered"])
def test_rows_that_were_not_fitted_find_the_same_neighbours_too(name, seed):
    rows, asked = neighbour_table(name, seed), neighbour_table(name, seed + 10)
    stock = NearestNeighbors(n_neighbors=3).fit(rows)
    expected = stock.kneighbors(asked, return_distance=False)
    for method in ("tree", "pairs"):
        search = ExactNeighbors(3).fit(rows)
        search.method_ = method
        found = search.kneighbors(asked, return_distance=False)
        assert same(found, expected), method
