"""The engine against the textbook: the same transforms, sampler and XGBClassifier
in a plain imbalanced-learn Pipeline give the same scores.
"""

import pytest

from engine.core.methods import registry
from tests.support.experiments import make_table
from tests.support.textbook import check_scores, run_beside

COSTLY = ("condensed", "easy-ensemble", "instance-hardness")
"""These are in tests/slow/engine/train/test_textbook.py, with all others once more."""
ARMS = [n for n in registry.names() if n not in ("smoten", *COSTLY)]


@pytest.fixture(scope="module")
def done():
    """One run of all arms: no number of an arm depends on the others."""
    return run_beside(make_table(), *ARMS, folds=2)


@pytest.mark.parametrize("arm", ARMS)
def test_fold_and_test_scores_equal_a_plain_pipelines(arm, done):
    check_scores(arm, done)
