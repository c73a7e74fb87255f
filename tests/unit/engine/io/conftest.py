"""What tests of files share."""

import os

import pytest


@pytest.fixture
def umask():
    """Sets the umask for one test."""
    before = os.umask(0o022)
    os.umask(before)
    yield os.umask
    os.umask(before)
