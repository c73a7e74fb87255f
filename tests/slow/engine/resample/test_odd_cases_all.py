"""The sampler that trains forests, in every odd situation there is."""

import pytest

from tests.support.each import each
from tests.support.odd_tables import CASES, DEAR, SAMPLERS, check

pytestmark = pytest.mark.slow


def test_what_happened_is_said_or_why_it_cannot():
    assert DEAR in SAMPLERS
    with each() as row:
        for case in CASES:
            with row(DEAR, case):
                check(DEAR, case)
