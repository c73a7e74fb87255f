"""A disk that fills up in the middle of every form: as in the quick tier."""

import pytest

from tests.unit.engine.export.test_export_full_disk import (  # noqa: F401
    WAYS,
    known,
    named,
    test_a_disk_that_fills_up_in_the_middle,
    test_a_file_that_may_not_grow_so_large,
    test_an_older_export_is_as_it_was,
    wished,
)

pytestmark = pytest.mark.slow


@pytest.fixture(params=WAYS, ids=named)
def wish(request, two_classes, tmp_path):
    """A wish for each form that is a file, a folder or an archive."""
    return wished(*request.param, two_classes, tmp_path)
