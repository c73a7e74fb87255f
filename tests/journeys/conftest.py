"""Every test of the app is of one that holds still."""

import pytest


@pytest.fixture(autouse=True)
def _still(still):
    """See `still` in tests/conftest.py."""


@pytest.fixture
def fake():
    """The module with the scripted service, the scripted runs, and their apps."""
    from tests.support import fakes

    return fakes
