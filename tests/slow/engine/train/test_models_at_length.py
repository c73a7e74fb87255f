"""Every model in whole runs: the same figures under every executor, and resumed."""

import pytest

from engine.core import models
from engine.core.plugins import Offered
from engine.service.part_check import check_part, execute
from engine.train.models.conformance import CHECKS, Subject, check_executors

pytestmark = pytest.mark.slow


ENTRIES = (*models.models(), *models.ensembles())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_model_comes_to_the_same_under_every_executor(entry):
    check_executors(Subject(entry, execute))


@pytest.mark.parametrize("entry", models.ensembles(), ids=lambda entry: entry.name)
def test_an_ensemble_passes_every_check(entry):
    for check in CHECKS:
        check(Subject(entry))


def test_a_model_of_ours_passes_all_that_is_checked_of_others():
    found = [*check_part(Offered("scikit-learn", "model", "logistic"))]
    assert len(found) > 8
    assert [one for one in found if one.problem] == []
