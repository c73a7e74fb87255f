"""The promises of a run at every moment, for every canary, with any number of jobs."""

import pytest

from tests.support.documents import build
from tests.support.finished import ENSEMBLE, finished
from tests.support.runs import (
    ARMS,
    CANARIES,
    changed,
    class_table,
    drain,
    four_arms,
    same_but_for_the_test_rows,
    timeless,
    told,
    with_canaries,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def straight():
    return four_arms()


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_the_number_of_jobs_changes_no_number(straight, jobs):
    state = drain(straight.experiment, executor="local", jobs=jobs)
    assert timeless(build(state, run="")) == straight.document


def test_resumed_from_any_moment_it_ends_in_the_same_document(straight):
    for stop, last in enumerate(straight.events[:-1], start=1):
        assert straight.resumed(stop) == straight.document, f"after {last}"


@pytest.mark.parametrize(("column", "canary"), CANARIES)
def test_a_canary_among_the_test_rows_changes_nothing_that_was_fitted(
    straight, tmp_path, column, canary
):
    """A test row of another kind: every trial, threshold and model is the same."""
    with_canaries((column, canary)).to_csv(tmp_path / "canary.csv", index=False)
    wild = changed(straight.experiment, data__source=str(tmp_path / "canary.csv"))
    kept = {}
    document = timeless(build(drain(wild, artifacts=kept), run=""))
    same_but_for_the_test_rows(straight, kept, document)
    if column != "id":  # which is not predicted from
        before, after = document["split"], straight.document["split"]
        assert before["test_fingerprint"] != after["test_fingerprint"]


# More than two classes ---------------------------------------------------------------


@pytest.fixture(scope="module")
def classes():
    arms = (*ARMS, "cost-weights", ENSEMBLE)
    changes = {"search__trials": 2, "search__folds": 3, "model__rounds": 20}
    return told(finished(class_table(), *arms, data__target="kind", **changes))


def test_of_more_classes_the_executor_changes_no_number(classes):
    state = drain(classes.experiment, executor="local", jobs=2)
    assert timeless(build(state, run="")) == classes.document


def test_of_more_classes_a_resumed_run_ends_in_the_same_document(classes):
    for cut in (3, len(classes.events) // 2, len(classes.events) - 2):
        assert classes.resumed(cut) == classes.document, f"after {cut} results"
