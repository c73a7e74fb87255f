"""Support vectors of a rare class, drawn again and again."""

import numpy as np
import pytest
from sklearn.svm import SVC

from engine.resample.support import RareSVC
from tests.support.each import for_each
from tests.support.support_tables import CLOSE, ROUGH, support_table

pytestmark = pytest.mark.slow


@for_each("seed", range(1, 9))
@for_each("name", [*ROUGH, *CLOSE])
def test_the_rare_support_vectors_are_libsvms(name, seed):
    X, y = support_table(name, seed, rows=3_000 + 500 * seed)
    ours, stock = RareSVC().fit(X, y), SVC().fit(X, y)
    rare = stock.support_[y[stock.support_] == 1]
    np.testing.assert_array_equal(ours.support_[y[ours.support_] == 1], rare)
