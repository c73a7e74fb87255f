"""Every arm's bundle, as a folder and as an archive, says what the run said."""

import pytest

from tests.support.bundles import test_rows
from tests.support.exported_runs import ARMS
from tests.unit.engine.bundle.test_bundle import scores_as_in_the_run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", ["b", "b.zip"])
def test_the_test_rows_score_as_in_the_run(two_classes, tmp_path, arm, name):
    path = tmp_path / "test.csv"
    test_rows(two_classes, path)
    scores_as_in_the_run(two_classes, tmp_path / name, path, arm)
