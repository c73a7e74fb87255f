"""What the quick tier asks of a small run, or of a stand-in, asked of the whole."""

import pytest

from tests.unit.engine.export.test_export_experiment import (  # noqa: F401
    test_a_run_from_the_file_says_the_same,
)
from tests.unit.engine.export.test_export_hostile import (  # noqa: F401
    test_a_folder_of_that_name_is_made_as_asked_or_refused,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def stored(two_classes):
    """Samplers, weights and an ensemble are run again from their file."""
    return two_classes


@pytest.fixture
def light():
    """The real tables are written."""
