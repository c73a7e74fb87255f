"""Every test of the app is of one that holds still."""

import pytest


@pytest.fixture(autouse=True)
def _still(still):
    """See `still` in tests/conftest.py."""
