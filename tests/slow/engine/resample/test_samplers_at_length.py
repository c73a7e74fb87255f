"""Every sampler of imbalanced-learn passes what is checked of other packages'."""

from contextlib import nullcontext

import pytest

from engine.core.conformance import NonconformingError
from engine.core.methods import registry
from engine.core.plugins import Offered
from engine.resample.conformance import CHECKS
from engine.service.part_check import check_part
from tests.support.each import each

pytestmark = pytest.mark.slow


INEXACT = {("instance-hardness", "check_counts")}
"""It keeps every row that ties at its percentile."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_sampler_passes_every_check(check):
    with each() as row:
        for sampler in registry.SAMPLERS:
            with row(sampler.name):
                inexact = (sampler.name, check.__name__) in INEXACT
                with pytest.raises(NonconformingError) if inexact else nullcontext():
                    check(sampler)


def test_a_sampler_of_ours_passes_all_that_is_checked_of_others():
    found = [*check_part(Offered("imbalanced-learn", "sampler", "smote"))]
    assert len(found) == len(CHECKS) + 1
    assert [one for one in found if one.problem] == []
