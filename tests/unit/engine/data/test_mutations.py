"""Damaged files: refused, or read to the shape that Python's own reader finds."""

from tests.support.damaged_texts import check


def test_a_damaged_text_is_refused_or_has_the_shape_that_is_in_it(tmp_path):
    check(tmp_path, range(250))
