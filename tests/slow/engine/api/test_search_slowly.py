"""All checks of scikit-learn, and nested cross-validation in several settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import check_estimator

from tests.support.searches import check_nested, check_outer_rows, search

pytestmark = pytest.mark.slow


# scikit-learn asks that `predict` is the largest probability: that is the point
# ``fixed``.
EASY = {"at": "fixed", "rounds": 10}
EQUIVALENCE = "check_sample_weight_equivalence_on_dense_data"


# On purpose some of its tables have classes of one row.
@pytest.mark.filterwarnings("ignore")
def test_the_checks_of_scikit_learn():
    check_estimator(search(confidence=1, **EASY))


@pytest.mark.filterwarnings("ignore")
def test_the_checks_of_scikit_learn_whatever_is_chosen():
    # A sampler sees no weights, and what balancing weighs rows by is rounded.
    check_estimator(
        search(None, **EASY), expected_failed_checks={EQUIVALENCE: "of other methods"}
    )


@given(seed=st.integers(0, 2**16))
def test_no_outer_test_row_has_a_say(seed):
    check_outer_rows(seed)


def test_nested_cross_validation_is_that_of_a_careful_person():
    found = set()
    for seed in range(4):
        for costs, confidence in ((None, 0.8), ((5, 1), 0.5), ((30, 1), 0.7)):
            how = {"costs": costs, "confidence": confidence, "seed": seed}
            found |= check_nested(500, outer=3, rounds=120, **how)
    assert found == {"untreated", "smote", "weights"}
