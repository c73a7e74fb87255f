"""Every test of the app is of one that holds still."""

import gc
from collections.abc import Iterator

import pytest

from tests.support.shell import Shell

# An app that stays up is a large graph: looking through it took a quarter of the time.
gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def _still(still):
    """See `still` in tests/conftest.py."""


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """The whole app, kept up for a module: see tests/support/shell.py."""
    made = Shell()
    yield made
    made.close()
