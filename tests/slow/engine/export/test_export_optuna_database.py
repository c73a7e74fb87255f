"""A run's search in a database of Optuna's: as in a journal, in the quick tier."""

import pytest

from tests.unit.engine.export.test_export_optuna import (  # noqa: F401
    stored,
    test_the_dashboard_lists_them,
    test_what_no_space_holds_any_more_is_kept_as_it_was,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def end():
    return ".db"
