"""Damaged files, many more of them."""

import pytest

from tests.support.damaged_texts import check

pytestmark = pytest.mark.slow


def test_a_damaged_text_is_refused_or_has_the_shape_that_is_in_it(tmp_path, many):
    check(tmp_path, range(250, many(1_000, 20_000)))
