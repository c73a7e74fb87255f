"""Every arm against the textbook, in a run of its own with three folds."""

import pytest

from engine.core.methods import registry
from tests.support.experiments import make_table
from tests.support.textbook import check_scores, run_beside

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("arm", [n for n in registry.names() if n != "smoten"])
def test_fold_and_test_scores_equal_a_plain_pipelines(arm):
    check_scores(arm, run_beside(make_table(), arm, folds=3))
